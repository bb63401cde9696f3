package lyceum.backend.x86.recurrence;

import java.lang.foreign.MemorySegment;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Parallel;
import lyceum.backend.View;
import lyceum.backend.code.KernelCache;
import lyceum.backend.x86.gemm.TransposeKernel;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.Lanes;
import lyceum.memory.Allocator;
import lyceum.memory.Storage;

/** Where a selective scan arrives. A task is a sequence's vector of channels, so that bits do not depend on the threads. */
public final class SelectiveScans {
    /** Nanoseconds of a state of a vector of channels; states from which on a collection should not wait. */
    private static final double NANOS = 4;
    private static final long LONG = 1 << 13;

    private final KernelCache<Cpu> kernels;
    private final Lanes lanes;

    public SelectiveScans(Cpu cpu) {
        kernels = new KernelCache<>(cpu);
        lanes = Lanes.of(cpu);
    }

    /** See {@link Backend#selectiveScan}; false for other types and layouts. Operands are kept reachable by the caller. */
    public boolean scan(View u, View d, View a, View b, View c, View state, View y) {
        for (var view : new View[] {u, d, a, b, c, state, y})
            if (view.dtype() != DType.F32 || !view.isContiguous() || view.size() == 0 || !view.storage().segment().isNative()) return false;
        int batch = (int) u.shape()[0], channels = (int) u.shape()[2], states = (int) a.shape()[1], width = lanes.count();
        long length = u.shape()[1], row = 4L * channels;
        int strips = Math.ceilDiv(channels, width), most = Math.min(batch * strips, Parallel.threads());
        var turn = kernels.of(new TransposeKernel.Form(Float.BYTES));
        double nanos = NANOS * length * states;
        // A share of the strips has memory of its own: arguments, and rates and states as vectors.
        long bytes = 64 * Math.ceilDiv(SelectiveScanKernel.PARAMETERS, 64) + 2L * states * lanes.bytes();
        var memory = Allocator.allocate(bytes * most);
        // Made before the first of them writes: one that cannot be made changes nothing.
        var whole = kernels.of(new SelectiveScanKernel.Form(false));
        var part = channels % width == 0 ? whole : kernels.of(new SelectiveScanKernel.Form(true));
        int all = batch * strips;
        Parallel.range(most, 1, nanos * all / most, (first, end) -> {
            for (long share = first; share < end; share++)
                for (int strip = (int) (share * all / most); strip < (share + 1) * all / most; strip++) {
                    int s = strip / strips, k = strip % strips * width, count = Math.min(width, channels - k);
                    var block = block(memory, bytes * share);
                    if (count < width) block.asSlice(0, bytes).fill((byte) 0); // what memory held may be denormal numbers, which are slow
                    long rates = block.address() + bytes - 2L * states * lanes.bytes(), held = rates + (long) states * lanes.bytes(),
                            place = state.address() + 4L * ((long) s * channels + k) * states, at = s * length * row + 4L * k,
                            step = s * length * 4 * states;
                    turn.move((long) count * states, a.address() + 4L * k * states, 4L * states, rates, lanes.bytes(), count, states);
                    turn.move((long) count * states, place, 4L * states, held, lanes.bytes(), count, states);
                    SelectiveScanKernel.U.set(block, u.address() + at);
                    SelectiveScanKernel.D.set(block, d.address() + at);
                    SelectiveScanKernel.Y.set(block, y.address() + at);
                    SelectiveScanKernel.B.set(block, b.address() + step);
                    SelectiveScanKernel.C.set(block, c.address() + step);
                    SelectiveScanKernel.U_STEP.set(block, row);
                    SelectiveScanKernel.D_STEP.set(block, row);
                    SelectiveScanKernel.Y_STEP.set(block, row);
                    SelectiveScanKernel.B_STEP.set(block, 4L * states);
                    SelectiveScanKernel.C_STEP.set(block, 4L * states);
                    SelectiveScanKernel.RATES.set(block, rates);
                    SelectiveScanKernel.STATE.set(block, held);
                    SelectiveScanKernel.STEPS.set(block, length);
                    SelectiveScanKernel.STATES.set(block, states);
                    SelectiveScanKernel.LANES.set(block, lanes.partial(count));
                    var kernel = count < width ? part : whole;
                    if (length * states > LONG) kernel.callLong(block.address());
                    else kernel.call(block.address());
                    turn.move((long) count * states, held, lanes.bytes(), place, 4L * states, states, count);
                }
        });
        return true;
    }

    private static MemorySegment block(Storage memory, long at) { return memory.segment().asSlice(memory.base() + at); }
}
