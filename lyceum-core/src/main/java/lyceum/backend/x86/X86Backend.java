package lyceum.backend.x86;

import lyceum.backend.Backend;
import lyceum.backend.Program;
import lyceum.backend.View;
import lyceum.backend.quant.Activations;
import lyceum.backend.quant.BlockMatrix;
import lyceum.backend.x86.quant.QuantisedProducts;

/**
 * Machine code made for the CPU it runs on. What has no generator yet, or a form that none covers, goes to {@code fallback}: {@code vector} where
 * the JVM has the module, else {@code scalar}.
 */
public final class X86Backend implements Backend {
    private final Backend fallback;
    private final Cpu cpu;
    private final QuantisedProducts quantised;

    /** @throws IllegalStateException with the reason, where machine code cannot run */
    public X86Backend(Backend fallback) { this(fallback, Cpu.current()); }

    /** With fewer features than the CPU has: see {@link Cpu#limitedTo}. */
    public X86Backend(Backend fallback, Cpu cpu) {
        this.fallback = fallback;
        this.cpu = cpu;
        this.quantised = new QuantisedProducts(cpu);
    }

    public Cpu cpu() { return cpu; }

    @Override public String name() { return "x86"; }

    @Override public String description() { return "machine code for " + cpu.level() + " on " + cpu.name() + ", else " + fallback.description(); }

    @Override public void run(Program program, View[] inputs, View[] outputs) { fallback.run(program, inputs, outputs); }

    @Override public void reduce(Reduction reduction, Program program, View[] inputs, boolean[] axes, View out) { fallback.reduce(reduction, program, inputs, axes, out); }

    @Override public void scan(Scan scan, View in, int axis, View out) { fallback.scan(scan, in, axis, out); }

    @Override public void matmul(View a, View b, View out) { fallback.matmul(a, b, out); }

    @Override public void matmulQuantised(View x, BlockMatrix weights, View bias, Activations activations, View out) {
        weights.check();
        if (!quantised.multiply(x, weights, bias, activations, out)) fallback.matmulQuantised(x, weights, bias, activations, out);
        java.lang.ref.Reference.reachabilityFence(bias);
    }

    @Override public void gather(View in, int axis, View index, View out) { fallback.gather(in, axis, index, out); }

    @Override public void scatter(Scatter rule, View in, int axis, View index, View out) { fallback.scatter(rule, in, axis, index, out); }

    @Override public void sort(View in, int axis, boolean descending, View values, View indices) { fallback.sort(in, axis, descending, values, indices); }
}
