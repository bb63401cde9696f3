package lyceum.backend.x86;

import lyceum.DType;
import java.lang.ref.Reference;
import java.util.function.BooleanSupplier;
import lyceum.backend.AttentionOptions;
import lyceum.backend.Backend;
import lyceum.backend.Convolution;
import lyceum.backend.Epilogue;
import lyceum.backend.Pooling;
import lyceum.backend.Precision;
import lyceum.backend.Program;
import lyceum.backend.RightMatrix;
import lyceum.backend.SparseRows;
import lyceum.backend.View;
import lyceum.backend.WindowGeometry;
import lyceum.backend.WindowWeight;
import lyceum.backend.quant.Activations;
import lyceum.backend.quant.BlockMatrix;
import lyceum.backend.x86.attention.X86Attention;
import lyceum.backend.x86.conv.MachineConvolution;
import lyceum.backend.x86.conv.MachinePooling;
import lyceum.backend.x86.fourier.FourierTransforms;
import lyceum.backend.x86.fuse.FusedPrograms;
import lyceum.backend.x86.fuse.FusedReductions;
import lyceum.backend.x86.gemm.Gemm;
import lyceum.backend.x86.gemm.SplitProducts;
import lyceum.backend.x86.index.IndexOperations;
import lyceum.backend.x86.machine.CodeMemory;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.quant.QuantisedProducts;
import lyceum.backend.x86.recurrence.SelectiveScans;
import lyceum.backend.x86.sparse.SparseProducts;
import lyceum.memory.Scope;

/**
 * Machine code made for the CPU it runs on. What has no generator yet, or a form that none covers, goes to {@code fallback}: {@code vector} where
 * the JVM has the module, else {@code scalar}.
 */
public final class X86Backend implements Backend {
    private final Backend fallback;
    private final Cpu cpu;
    private final FusedPrograms fused;
    private final FusedReductions reductions;
    private final Gemm gemm;
    private volatile Specialists specialists;

    /** What many programs never ask for: loading these classes is a tenth of a start. */
    private record Specialists(SplitProducts splits, X86Attention attention, MachineConvolution convolution, MachinePooling pooling,
            QuantisedProducts quantised, IndexOperations indices, FourierTransforms fourier, SelectiveScans scans, SparseProducts sparse) {}

    /** @throws IllegalStateException with the reason, where machine code cannot run */
    public X86Backend(Backend fallback) { this(fallback, Cpu.current()); }

    /** With fewer features than the CPU has: see {@link Cpu#limitedTo}. */
    public X86Backend(Backend fallback, Cpu cpu) {
        this.fallback = fallback;
        this.cpu = cpu;
        this.fused = new FusedPrograms(cpu);
        this.reductions = new FusedReductions(fused);
        this.gemm = new Gemm(cpu, this);
    }

    private Specialists specialists() {
        if (specialists == null) {
            synchronized (this) {
                if (specialists != null) return specialists;
                var convolution = new MachineConvolution(cpu, this);
                var splits = new SplitProducts(this, gemm);
                specialists = new Specialists(splits, new X86Attention(cpu, this), convolution, new MachinePooling(cpu, this, convolution),
                        new QuantisedProducts(cpu, this, splits), new IndexOperations(cpu), new FourierTransforms(cpu),
                        new SelectiveScans(cpu), new SparseProducts(cpu));
            }
        }
        return specialists;
    }

    public Cpu cpu() { return cpu; }

    /** The element-wise programs that have been met. */
    public FusedPrograms programs() { return fused; }

    @Override public String name() { return "x86"; }

    @Override public String description() {
        return "machine code for " + cpu.level() + " on " + cpu.name() + ", else " + fallback.description();
    }

    @Override public void run(Program program, View[] inputs, View[] outputs) {
        boolean turned = program.length() == 1 && made(() -> gemm.transposition().run(program, inputs, outputs));
        if (!turned && !fused.run(program, inputs, outputs) && !onRows(program, inputs, outputs)) fallback.run(program, inputs, outputs);
        hold(inputs, outputs);
    }

    /** Elements of two bytes that lie apart are no operands of code. */
    private boolean onRows(Program program, View[] inputs, View[] outputs) {
        return madeInScratch(() -> gemm.transposition().runOnRows(program, inputs, outputs, this), inputs, outputs);
    }

    @Override public void reduce(Reduction reduction, Program program, View[] inputs, boolean[] axes, View out) {
        if (!reductions.reduce(reduction, program, inputs, axes, out)) fallback.reduce(reduction, program, inputs, axes, out);
        hold(inputs, out);
    }

    @Override public void scan(Scan scan, View in, int axis, View out) {
        if (!made(() -> specialists().indices.scan(scan, in, axis, out), in, out)) fallback.scan(scan, in, axis, out);
    }

    @Override public void matmul(View a, View b, View out) {
        if (!made(() -> gemm.multiply(a, b, out), a, b, out)) fallback.matmul(a, b, out);
    }

    @Override public void matmul(View a, View b, Program then, View[] others, View... outputs) {
        if (!made(() -> gemm.multiply(a, b, then, others, outputs), a, b, others, outputs))
            Backend.super.matmul(a, b, then, others, outputs);
    }

    @Override public void subtractProduct(View a, View b, View out) {
        if (!made(() -> gemm.subtract(a, b, out), a, b, out)) Backend.super.subtractProduct(a, b, out);
    }

    @Override public int substitutes() { return gemm.substitution().rows(); }

    @Override public void substitute(View l, boolean unit, View b) {
        if (!made(() -> gemm.substitution().solve(l, unit, b), l, b)) Backend.super.substitute(l, unit, b);
    }

    @Override public void matmul(View a, View b, Precision precision, View out) {
        if (precision == Precision.F32 || !madeInScratch(() -> specialists().splits.multiply(a, b, precision, out), a, b, out))
            matmul(a, b, out);
    }

    @Override public void matmul(View a, RightMatrix b, View out) {
        boolean done = made(() -> {
            if (!gemm.readsPanels(a, b.view(), out)) return false;
            var packed = b.arranged(this, gemm::pack);
            boolean multiplied = packed != null && gemm.multiply(a, packed, out);
            hold(packed); // b may have been arranged for others meanwhile
            return multiplied;
        }, a, b, out);
        if (!done) matmul(a, b.view(), out);
    }

    /** What machine code has done, operands held until then; false as well where there is no memory left for the code. */
    private static boolean made(BooleanSupplier kernels, Object... operands) {
        try {
            return kernels.getAsBoolean();
        } catch (CodeMemory.Refused full) {
            return false;
        } finally {
            hold(operands);
        }
    }

    /** The same, giving back at the end what the kernels have allocated for themselves. */
    private static boolean madeInScratch(BooleanSupplier kernels, Object... operands) {
        try (var scratch = Scope.open("scratch of a kernel")) {
            return made(kernels, operands);
        }
    }

    /**
     * The fence: kernels work on addresses, which keep nothing from the collector, so operands are reachable up to here, where kernels have returned. What
     * an operation allocates for itself or takes from a cache is held by the scope that it runs in, blocks of arguments by their threads, code by its
     * {@link lyceum.backend.x86.machine.Kernel}.
     */
    private static void hold(Object... operands) { Reference.reachabilityFence(operands); }

    @Override public void convolve(Convolution how, View x, View weight, Epilogue epilogue, View y) {
        convolve(how, x, weight, null, epilogue, y);
    }

    @Override public void convolve(Convolution how, View x, WindowWeight weight, Epilogue epilogue, View y) {
        convolve(how, x, weight.view(), weight, epilogue, y);
    }

    /** @param packed the weight if it takes part in many convolutions, else null */
    private void convolve(Convolution how, View x, View weight, WindowWeight packed, Epilogue epilogue, View y) {
        var geometry = WindowGeometry.of(how, x.shape(), weight.shape(), y.shape());
        if (madeInScratch(() -> specialists().convolution.forward(geometry, x, weight, packed, epilogue, y), x, weight, epilogue, y))
            return;
        fallback.convolve(how, x, weight, Epilogue.NONE, y);
        epilogue.applyTo(y, this); // with this backend's functions, fused or not
    }

    @Override public void convolveBack(Convolution how, View y, View weight, Epilogue epilogue, View x) {
        var geometry = WindowGeometry.of(how, x.shape(), weight.shape(), y.shape());
        if (madeInScratch(() -> specialists().convolution.back(geometry, y, weight, epilogue, x), y, weight, epilogue, x)) return;
        fallback.convolveBack(how, y, weight, Epilogue.NONE, x);
        epilogue.applyTo(x, this);
    }

    @Override public void convolveWeight(Convolution how, View x, View y, View weight) {
        var geometry = WindowGeometry.of(how, x.shape(), weight.shape(), y.shape());
        if (!madeInScratch(() -> specialists().convolution.weight(geometry, x, y, weight), x, y, weight))
            fallback.convolveWeight(how, x, y, weight);
    }

    @Override public void maxPool(Pooling how, View x, View y, View indices) {
        if (!madeInScratch(() -> specialists().pooling.max(WindowGeometry.of(how, x.shape(), y.shape()), x, y, indices), x, y, indices))
            fallback.maxPool(how, x, y, indices);
    }

    @Override public void maxPoolBack(View y, View indices, View x) {
        if (!madeInScratch(() -> specialists().pooling.maxBack(y, indices, x), y, indices, x)) fallback.maxPoolBack(y, indices, x);
    }

    @Override public void averagePool(Pooling how, View x, View y) {
        if (!madeInScratch(() -> specialists().pooling.average(how, WindowGeometry.of(how, x.shape(), y.shape()), x, y), x, y))
            fallback.averagePool(how, x, y);
    }

    @Override public void averagePoolBack(Pooling how, View y, View x) {
        if (!madeInScratch(() -> specialists().pooling.averageBack(how, WindowGeometry.of(how, x.shape(), y.shape()), y, x), y, x))
            fallback.averagePoolBack(how, y, x);
    }

    @Override public void matmulQuantised(View x, BlockMatrix weights, View bias, Activations activations, View out) {
        weights.check();
        if (!made(() -> specialists().quantised.multiply(x, weights, bias, activations, out), x, weights, bias, out))
            fallback.matmulQuantised(x, weights, bias, activations, out);
    }

    @Override public boolean hasAttention(DType type) { return type.isFloat() && type != DType.F64; }

    @Override public void attention(AttentionOptions options, View q, View k, View v, View out, View logSumExp) {
        boolean done = made(() -> specialists().attention.forward(options, q, k, v, out, logSumExp), options, q, k, v, out, logSumExp);
        if (!done) fallback.attention(options, q, k, v, out, logSumExp);
    }

    @Override public void attentionGradient(AttentionOptions options, View q, View k, View v, View out, View logSumExp, View outGradient,
            View qGradient, View kGradient, View vGradient) {
        boolean done = made(
                () -> specialists().attention.backward(options, q, k, v, out, logSumExp, outGradient, qGradient, kGradient, vGradient),
                options, q, k, v, out, logSumExp, outGradient, qGradient, kGradient, vGradient);
        if (!done) fallback.attentionGradient(options, q, k, v, out, logSumExp, outGradient, qGradient, kGradient, vGradient);
    }

    @Override public boolean fourier(View re, View im, View outRe, View outIm) {
        return made(() -> specialists().fourier.transform(re, im, outRe, outIm), re, im, outRe, outIm);
    }

    @Override public boolean selectiveScan(View u, View d, View a, View b, View c, View state, View y) {
        return madeInScratch(() -> specialists().scans.scan(u, d, a, b, c, state, y), u, d, a, b, c, state, y);
    }

    @Override public void sparseProduct(SparseRows a, View x, View y) {
        if (!made(() -> specialists().sparse.multiply(a, x, y), a, x, y)) Backend.super.sparseProduct(a, x, y);
    }

    @Override public void gather(View in, int axis, View index, View out) {
        if (!made(() -> specialists().indices.gather(in, axis, index, out), in, index, out)) fallback.gather(in, axis, index, out);
    }

    @Override public void scatter(Scatter rule, View in, int axis, View index, View out) {
        if (!made(() -> specialists().indices.scatter(rule, in, axis, index, out), in, index, out))
            fallback.scatter(rule, in, axis, index, out);
    }

    @Override public void sort(View in, int axis, boolean descending, View values, View indices) {
        fallback.sort(in, axis, descending, values, indices);
    }
}
