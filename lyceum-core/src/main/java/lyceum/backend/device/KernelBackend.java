package lyceum.backend.device;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicLong;
import lyceum.DType;
import lyceum.backend.Program;
import lyceum.backend.View;
import lyceum.backend.scalar.ScalarBackend;
import lyceum.backend.simt.Buffer;
import lyceum.backend.simt.Dim;
import lyceum.backend.simt.Kernel;
import lyceum.backend.simt.Kernels;
import lyceum.backend.simt.Launcher;
import lyceum.backend.simt.Simt;

/**
 * Operators by kernels: element-wise programs of F32 and matrix products of F32 are launched, what else there is runs in plain loops. Operands are copied
 * into buffers and back at each call. {@code LYCEUM_BACKEND=simt} runs under the interpreter, hundreds of times slower than the CPU itself: for looking
 * at what a card would do, and for tests.
 */
public class KernelBackend extends ScalarBackend {
    private static final ValueLayout.OfInt WORD = ValueLayout.JAVA_INT_UNALIGNED;
    private static final int THREADS = 128, TILE = 16;
    /** Elements that one launch takes: its indices are 32 bits. */
    private static final long MOST = 1 << 28;

    private final String name, description;
    private final Launcher launcher;
    private final Kernel product = Kernels.matmul(TILE);
    private final ProgramKernels programs = new ProgramKernels();
    private final AtomicLong launches = new AtomicLong();

    /** Under the interpreter, without a look for races. */
    public KernelBackend() {
        this("simt", "kernels under the SIMT interpreter, else plain Java loops", new Simt().withRaces(false)::launch);
    }

    /** With another launcher, as a card. */
    public KernelBackend(String name, String description, Launcher launcher) {
        this.name = name;
        this.description = description;
        this.launcher = launcher;
    }

    @Override public String name() { return name; }

    @Override public String description() { return description; }

    /** Kernels launched so far; what no kernel did was left to the CPU. */
    public long launches() { return launches.get(); }

    @Override public void run(Program program, View[] inputs, View[] outputs) {
        long n = outputs[0].size();
        var kernel = n == 0 || n > MOST ? null : programs.of(program, inputs.length).orElse(null);
        if (kernel == null) {
            super.run(program, inputs, outputs);
            return;
        }
        var arguments = new ArrayList<Object>();
        for (var input : inputs) arguments.add(read(input));
        for (var output : outputs) arguments.add(output.dtype() == DType.BOOL ? Buffer.ints((int) n) : Buffer.floats((int) n));
        arguments.add((int) n);
        arguments.addAll(ProgramKernels.constants(program));
        launches.incrementAndGet();
        launcher.launch(kernel, Dim.covering(n, THREADS), new Dim(THREADS), arguments.toArray());
        for (int i = 0; i < outputs.length; i++) write((Buffer) arguments.get(inputs.length + i), outputs[i]);
        keepReachable(inputs, outputs);
    }

    @Override public void matmul(View a, View b, View out) {
        int rank = out.shape().length;
        long m = out.shape()[rank - 2], n = out.shape()[rank - 1], inner = a.shape()[a.shape().length - 1];
        boolean small = Math.max(m * n, Math.max(m * inner, inner * n)) <= MOST;
        if (a.dtype() != DType.F32 || b.dtype() != DType.F32 || out.dtype() != DType.F32 || out.size() == 0 || inner == 0 || !small) {
            super.matmul(a, b, out);
            return;
        }
        var grid = new Dim(Math.toIntExact(Math.ceilDiv(n, TILE)), Math.toIntExact(Math.ceilDiv(m, TILE)));
        for (long batch = 0; batch < out.size() / (m * n); batch++) {
            View left = matrix(a, batch), right = matrix(b, batch), result = matrix(out, batch);
            var c = Buffer.floats((int) (m * n));
            launches.incrementAndGet();
            launcher.launch(product, grid, new Dim(TILE, TILE), read(left), read(right), c, (int) m, (int) n, (int) inner);
            write(c, result);
        }
        keepReachable(a, b, out);
    }

    /** Matrix number {@code batch} of the leading axes. */
    private static View matrix(View view, long batch) {
        int rank = view.shape().length;
        long offset = view.offset(), rest = batch;
        for (int axis = rank - 3; axis >= 0; axis--) {
            offset += rest % view.shape()[axis] * view.strides()[axis];
            rest /= view.shape()[axis];
        }
        return new View(view.dtype(), view.storage(), offset, new long[] {view.shape()[rank - 2], view.shape()[rank - 1]},
                new long[] {view.strides()[rank - 2], view.strides()[rank - 1]});
    }

    private static Buffer read(View view) {
        boolean truth = view.dtype() == DType.BOOL;
        var buffer = truth ? Buffer.ints((int) view.size()) : Buffer.floats((int) view.size());
        var memory = view.storage().segment();
        for (int i = 0; i < buffer.length(); i++) {
            long at = place(view, i);
            buffer.words()[i] = truth ? memory.get(ValueLayout.JAVA_BYTE, at) : memory.get(WORD, at);
        }
        return buffer;
    }

    private static void write(Buffer buffer, View view) {
        MemorySegment memory = view.storage().segment();
        for (int i = 0; i < buffer.length(); i++) {
            if (view.dtype() == DType.BOOL) memory.set(ValueLayout.JAVA_BYTE, place(view, i), (byte) buffer.words()[i]);
            else memory.set(WORD, place(view, i), buffer.words()[i]);
        }
    }

    /** The byte of element {@code i} in row-major order. */
    private static long place(View view, long i) {
        long offset = 0;
        for (int axis = view.shape().length - 1; axis >= 0; axis--) {
            offset += i % view.shape()[axis] * view.strides()[axis];
            i /= view.shape()[axis];
        }
        return view.byteOffset() + offset * view.dtype().bytes();
    }
}
