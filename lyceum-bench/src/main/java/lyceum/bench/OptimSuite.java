package lyceum.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.optim.AdamW;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** A step of AdamW over ten million parameters: 50 matrices and 100 vectors. */
final class OptimSuite implements Suite {
    private static final int MATRICES = 50, VECTORS = 100, VECTOR = 1696;
    private static final long[] MATRIX = {384, 512};

    @Override public void measure(SideBySide bench) {
        step(bench, "AdamW", false, 1.5);
        step(bench, "AdamW beside fused=True", true, Double.NaN);
    }

    private static void step(SideBySide bench, String name, boolean fused, double target) {
        var sizes = new ArrayList<Long>();
        for (int i = 0; i < MATRICES; i++) sizes.add(MATRIX[0] * MATRIX[1]);
        for (int i = 0; i < VECTORS; i++) sizes.add((long) VECTOR);
        var c = new Case(name, "10M in " + sizes.size() + " tensors", DType.F32, Unit.MILLISECONDS)
                .beside("adamw", Map.of("tensors", sizes, "fused", fused)).atLeast(target);
        bench.measure(c, () -> {
            var optimizer = new AdamW(1e-3).over(parameters());
            return () -> {
                optimizer.step();
                return optimizer;
            };
        });
    }

    /** With gradients. */
    private static List<Tensor> parameters() {
        var all = new ArrayList<Tensor>();
        for (int i = 0; i < MATRICES + VECTORS; i++) {
            var shape = i < MATRICES ? MATRIX : new long[] {VECTOR};
            var x = Tensor.randn(Rng.of(i), shape).compute().requiresGrad();
            x.mul(Tensor.randn(Rng.of(1000 + i), shape)).sum().backward();
            x.grad().compute();
            all.add(x);
        }
        return all;
    }
}
