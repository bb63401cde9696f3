package lyceum.backend.x86;

import java.lang.ref.Reference;
import lyceum.backend.Backend;
import lyceum.backend.Convolution;
import lyceum.backend.Epilogue;
import lyceum.backend.Pooling;
import lyceum.backend.Program;
import lyceum.backend.View;
import lyceum.backend.quant.Activations;
import lyceum.backend.quant.BlockMatrix;
import lyceum.backend.scalar.Matmul;
import lyceum.backend.x86.gemm.Gemm;
import lyceum.backend.x86.gemm.Operand;

/**
 * Machine code made for the CPU it runs on. What has no generator yet, or a form that none covers, goes to {@code fallback}: {@code vector} where
 * the JVM has the module, else {@code scalar}.
 */
public final class X86Backend implements Backend {
    private final Backend fallback;
    private final Cpu cpu;
    private final Gemm gemm;

    /** @throws IllegalStateException with the reason, where machine code cannot run */
    public X86Backend(Backend fallback) { this(fallback, Cpu.current()); }

    /** With fewer features than the CPU has: see {@link Cpu#limitedTo}. */
    public X86Backend(Backend fallback, Cpu cpu) {
        this.fallback = fallback;
        this.cpu = cpu;
        this.gemm = new Gemm(cpu);
    }

    public Cpu cpu() { return cpu; }

    @Override public String name() { return "x86"; }

    @Override public String description() { return "machine code for " + cpu.level() + " on " + cpu.name() + ", else " + fallback.description(); }

    @Override public void run(Program program, View[] inputs, View[] outputs) { fallback.run(program, inputs, outputs); }

    @Override public void reduce(Reduction reduction, Program program, View[] inputs, boolean[] axes, View out) { fallback.reduce(reduction, program, inputs, axes, out); }

    @Override public void scan(Scan scan, View in, int axis, View out) { fallback.scan(scan, in, axis, out); }

    @Override public void matmul(View a, View b, View out) {
        boolean empty = a.shape()[a.shape().length - 1] == 0;
        if (empty || a.dtype() != b.dtype() || a.dtype() != out.dtype() || !Gemm.supports(out.dtype())) {
            fallback.matmul(a, b, out);
            return;
        }
        Matmul.batched(a, b, out, (x, y, z, m, n, k) -> gemm.multiply(out.dtype(), operand(x), operand(y), operand(z), m, n, k));
        Reference.reachabilityFence(a);
        Reference.reachabilityFence(b);
        Reference.reachabilityFence(out);
    }

    private static Operand operand(Matmul.Matrix x) {
        int bytes = x.view().dtype().bytes();
        return new Operand(x.view().storage().segment().address() + x.at(), x.rowStride() * bytes, x.columnStride() * bytes);
    }

    @Override public void convolve(Convolution how, View x, View weight, Epilogue epilogue, View y) { fallback.convolve(how, x, weight, epilogue, y); }

    @Override public void convolveBack(Convolution how, View y, View weight, Epilogue epilogue, View x) { fallback.convolveBack(how, y, weight, epilogue, x); }

    @Override public void convolveWeight(Convolution how, View x, View y, View weight) { fallback.convolveWeight(how, x, y, weight); }

    @Override public void maxPool(Pooling how, View x, View y, View indices) { fallback.maxPool(how, x, y, indices); }

    @Override public void averagePool(Pooling how, View x, View y) { fallback.averagePool(how, x, y); }

    @Override public void averagePoolBack(Pooling how, View y, View x) { fallback.averagePoolBack(how, y, x); }

    @Override public void matmulQuantised(View x, BlockMatrix weights, View bias, Activations activations, View out) { fallback.matmulQuantised(x, weights, bias, activations, out); }

    @Override public void gather(View in, int axis, View index, View out) { fallback.gather(in, axis, index, out); }

    @Override public void scatter(Scatter rule, View in, int axis, View index, View out) { fallback.scatter(rule, in, axis, index, out); }

    @Override public void sort(View in, int axis, boolean descending, View values, View indices) { fallback.sort(in, axis, descending, values, indices); }
}
