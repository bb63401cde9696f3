package lyceum.bench;

import java.util.Map;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/** Causal attention of twelve heads of 64 beside {@code scaled_dot_product_attention}. */
final class AttentionSuite implements Suite {
    private static final int HEADS = 12, WIDTH = 64;

    @Override public void measure(SideBySide bench) {
        for (boolean backward : new boolean[] {false, true}) {
            for (int time : new int[] {128, 512, 1024, 2048, 4096}) {
                attention(bench, time, DType.F32, backward, 1);
                attention(bench, time, DType.BF16, backward, 2);
            }
        }
    }

    private static void attention(SideBySide bench, int time, DType type, boolean backward, double target) {
        // Half of two products forward, of five backward.
        double operations = 2.0 * HEADS * time * time * WIDTH * (backward ? 7 : 2) / 2;
        var c = new Case("causal attention" + (backward ? " with its gradient" : ""), HEADS + " heads, T " + time + ", d " + WIDTH, type,
                Unit.gflops(operations))
                .beside("attention", Map.of("heads", HEADS, "time", time, "width", WIDTH, "dtype", type.name(), "backward", backward))
                .atLeast(target);
        bench.measure(c, () -> calls(time, type, backward));
    }

    private static Supplier<?> calls(int time, DType type, boolean backward) {
        Tensor q = randn(1, time, type), k = randn(2, time, type), v = randn(3, time, type);
        var attention = new Attention().withCausal(true);
        return Sweep.of(backward, in -> attention.of(in[0], in[1], in[2]), q, k, v);
    }

    private static Tensor randn(long seed, int time, DType type) {
        return Tensor.randn(Rng.of(seed), 1, HEADS, time, WIDTH).to(type).compute();
    }
}
