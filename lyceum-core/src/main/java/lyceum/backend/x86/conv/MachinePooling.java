package lyceum.backend.x86.conv;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Epilogue;
import lyceum.backend.Op;
import lyceum.backend.Parallel;
import lyceum.backend.Pooling;
import lyceum.backend.Program;
import lyceum.backend.ProgramBuilder;
import lyceum.backend.View;
import lyceum.backend.WindowGeometry;
import lyceum.backend.code.KernelCache;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.machine.Cpu;
import lyceum.memory.Allocator;

/**
 * Pooling in machine code. A mean is a depthwise convolution with ones, divided by how many elements count; a maximum has a kernel of its own, with
 * AVX-512. Each method returns false, having done nothing, where no kernel covers the sizes.
 */
public final class MachinePooling {
    /** Nanoseconds worth a piece of work for a thread, and the most of a call for which a collection may have to wait. */
    private static final double PIECE = 10_000, LONG_CALL = 50_000;

    private final Cpu cpu;
    private final Backend backend;
    private final MachineConvolution convolution;
    private final ThreadLocal<MemorySegment> perThread = Arguments.perThread();
    private final KernelCache<Cpu> kernels;

    /** @param backend casts and divides */
    public MachinePooling(Cpu cpu, Backend backend, MachineConvolution convolution) {
        this.cpu = cpu;
        this.kernels = new KernelCache<>(cpu);
        this.backend = backend;
        this.convolution = convolution;
    }

    /** See {@link Backend#maxPool}. */
    public boolean max(WindowGeometry g, View x, View y, View indices) {
        if (!cpu.has(Feature.AVX512) || x.size() == 0 || y.size() == 0 || !indices.isContiguous() || !PoolTables.suits(g)) return false;
        boolean brief = x.dtype() == DType.BF16 && y.dtype() == DType.BF16 && g.stride()[2] <= 2;
        var type = brief ? DType.BF16 : MachineConvolution.type(y.dtype());
        View in = convolution.dense(x, type), out = MachineConvolution.place(y, type);
        var element = type == DType.F64 ? Element.F64 : Element.F32;
        var form = new MaxPoolKernel(element, g.stride()[2], brief);
        var kernel = kernels.of(form);
        var tables = new PoolTables(g, form.bytes(), element.lanes(cpu));
        double nanos = (double) tables.lines() * tables.vectors() * (5 + g.taps());
        Parallel.range((long) g.batch() * g.inputs(), Math.max(1, (long) (PIECE / nanos)), nanos, (from, to) -> {
            var arguments = perThread.get();
            MaxPoolKernel.X.set(arguments, in.address() + form.bytes() * from * g.inVolume());
            MaxPoolKernel.Y.set(arguments, out.address() + form.bytes() * from * g.outVolume());
            MaxPoolKernel.INDEX.set(arguments, indices.address() + 8 * from * g.outVolume());
            MaxPoolKernel.PLANES.set(arguments, to - from);
            MaxPoolKernel.X_PLANE.set(arguments, (long) form.bytes() * g.inVolume());
            MaxPoolKernel.LINES.set(arguments, tables.lines());
            MaxPoolKernel.LINE_TABLE.set(arguments, tables.lineTable());
            MaxPoolKernel.VECTORS.set(arguments, tables.vectors());
            MaxPoolKernel.VECTOR_TABLE.set(arguments, tables.vectorTable());
            MaxPoolKernel.VECTOR_ENTRY.set(arguments, tables.entry());
            MaxPoolKernel.TAPS.set(arguments, g.kernel()[2]);
            if ((to - from) * nanos > LONG_CALL) kernel.callLong(arguments.address());
            else kernel.call(arguments.address());
        });
        convolution.copy(out, y);
        return true;
    }

    /** See {@link Backend#maxPoolBack}. */
    public boolean maxBack(View y, View indices, View x) {
        if (x.size() == 0 || y.size() == 0 || !indices.isContiguous()) return false;
        View gradient = convolution.dense(y), sums = convolution.place(x);
        var element = Element.of(sums.dtype());
        var kernel = kernels.of(new AddAtKernel(element));
        long planes = x.shape()[0] * x.shape()[1], in = x.size() / planes, out = y.size() / planes;
        double nanos = 0.1 * in + 1.5 * out;
        Parallel.range(planes, Math.max(1, (long) (PIECE / nanos)), nanos, (from, to) -> {
            sums.storage().segment().asSlice(sums.byteOffset() + element.bytes * from * in, element.bytes * (to - from) * in)
                    .fill((byte) 0);
            long source = gradient.address() + element.bytes * from * out, where = indices.address() + 8 * from * out,
                    target = sums.address() + element.bytes * from * in;
            if ((to - from) * nanos > LONG_CALL) kernel.callLong(source, where, target, out, element.bytes * in, to - from);
            else kernel.call(source, where, target, out, element.bytes * in, to - from);
        });
        convolution.copy(sums, x);
        return true;
    }

    /** See {@link Backend#averagePool}. */
    public boolean average(Pooling how, WindowGeometry g, View x, View y) {
        if (y.size() == 0 || x.dtype() == DType.F64 && g.stride()[2] > 1 && !isWhole(g)) return false; // doubles apart are copied one by one
        var sums = convolution.place(y);
        if (isWhole(g)) sum(convolution.dense(x), sums);
        else if (!convolution.forward(g, convolution.dense(x), ones(g, sums.dtype()), null, Epilogue.NONE, sums)) return false;
        divide(sums, how.counts(g), y);
        return true;
    }

    /** See {@link Backend#averagePoolBack}. */
    public boolean averageBack(Pooling how, WindowGeometry g, View y, View x) {
        if (isWhole(g) && y.dtype().bytes() >= 4 && y.dtype() == x.dtype()) {
            var strides = y.strides().clone();
            Arrays.fill(strides, 2, strides.length, 0);
            divide(y.with(x.shape(), strides), how.counts(g), x);
            return true;
        }
        if (x.dtype() == DType.F64 && g.stride()[2] > 1) return false;
        var type = MachineConvolution.type(y.dtype());
        var shares = new View(type, Allocator.allocate(y.size() * type.bytes()), 0, y.shape(), View.contiguousStrides(y.shape()));
        if (y.size() > 0) divide(convolution.dense(y), how.counts(g), shares);
        return convolution.back(g, shares, ones(g, type), Epilogue.NONE, x);
    }

    /** One window over all of the image. */
    private static boolean isWhole(WindowGeometry g) {
        boolean whole = true;
        for (int axis = 0; axis < 3; axis++) whole &= g.out()[axis] == 1 && g.before()[axis] == 0 && g.kernel()[axis] == g.in()[axis];
        return whole;
    }

    private void sum(View x, View y) {
        long planes = y.size();
        var rows = new View(x.dtype(), x.storage(), x.offset(), new long[] {planes, x.size() / planes}, new long[] {x.size() / planes, 1});
        backend.reduce(Backend.Reduction.SUM, Program.copy(x.dtype()), new View[] {rows}, new boolean[] {false, true},
                new View(y.dtype(), y.storage(), y.offset(), new long[] {planes}, new long[] {1}));
    }

    private static View ones(WindowGeometry g, DType type) {
        long[] shape = {g.inputs(), 1, g.kernel()[0], g.kernel()[1], g.kernel()[2]};
        return filled(type, shape, View.contiguousStrides(shape), new double[] {1}, g.inputs() * g.taps());
    }

    /** {@code y = x / counts}, rounded once more. */
    private void divide(View x, double[] counts, View y) {
        var shape = y.shape();
        boolean same = true;
        for (double count : counts) same &= count == counts[0];
        var strides = same ? new long[shape.length] : View.contiguousStrides(shape);
        strides[0] = strides[1] = 0;
        var type = x.dtype();
        var divisors = filled(type, shape, strides, counts, same ? 1 : counts.length);
        var p = new ProgramBuilder();
        int quotient = p.of(Op.DIV, type, p.load(type, 0), p.load(type, 1));
        backend.run(p.build(p.cast(y.dtype(), quotient)), new View[] {x, divisors}, new View[] {y});
    }

    private static View filled(DType type, long[] shape, long[] strides, double[] values, int n) {
        var storage = Allocator.allocate((long) n * type.bytes());
        for (int i = 0; i < n; i++)
            Element.of(type).set(storage.segment(), storage.base() + (long) i * type.bytes(), values[i % values.length]);
        return new View(type, storage, 0, shape, strides);
    }
}
