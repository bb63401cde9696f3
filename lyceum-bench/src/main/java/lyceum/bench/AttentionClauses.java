package lyceum.bench;

import java.util.function.Supplier;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Attention.Method;
import lyceum.tensor.Tensor;

/** Clauses about time of flash-attention-2-3 and memory-efficient-attention. */
final class AttentionClauses {
    private static final int RUNS = 7, GRID_RUNS = 15, PICKS = 20;
    /** Seconds of a side before it is measured: short calls are interpreted at first. */
    private static final double WARM_UP = 0.4;

    private final AcceptanceSuite suite;
    /** Positions of a sequence; 2,048 in the clause. */
    private final int length;

    /** @param n a quarter of the length that the clause names */
    AttentionClauses(AcceptanceSuite suite, int n) {
        this.suite = suite;
        this.length = 4 * n;
    }

    void measure() {
        materialised(true, 1 / 1.5);
        materialised(false, 1 / 1.1);
        for (boolean back : new boolean[] {false, true}) {
            chosen(1, 12, length / 16, length / 16, 64, DType.F32, true, back);
            chosen(1, 8, length / 4, length / 4, 64, DType.F32, false, back);
            chosen(1, 4, length / 2, length, 64, DType.F32, true, back);
            chosen(2, 4, length / 8, length / 8, 40, DType.F64, true, back);
            chosen(1, 2, length / 2, length / 2, 64, DType.F64, false, back);
        }
        chosen(1, 8, 1, length, 64, DType.F64, true, false);
        chosen(1, 8, 1, length, 64, DType.F32, true, true);
    }

    /** Clause 6: one head of 64; the kernel behind {@link Attention}, which is what programs call, beside two products and a softmax. */
    private void materialised(boolean causal, double limit) {
        Tensor q = normal(1, DType.F32, 1, 1, length, 64), k = normal(2, DType.F32, 1, 1, length, 64),
                v = normal(3, DType.F32, 1, 1, length, 64);
        var options = new Attention().withCausal(causal);
        var how = causal ? "causal" : "full";
        Supplier<?> naive = () -> options.withMethod(Method.NAIVE).of(q, k, v);
        suite.ratio("flash-attention-2-3", 6, "attention:" + how, "attention's kernel, " + how + ", over materialised",
                "T " + length + ", d 64", DType.F32, limit, 20, RUNS, () -> options.withMethod(Method.TILED).of(q, k, v), naive);
    }

    /** Clause 4 of memory-efficient-attention: what is chosen takes at most 1.15 times as long as the fastest method. */
    private void chosen(int batch, int heads, int queries, int keys, int width, DType type, boolean causal, boolean back) {
        Tensor q = normal(1, type, batch, heads, queries, width), k = normal(2, type, batch, heads, keys, width),
                v = normal(3, type, batch, heads, keys, width);
        var options = new Attention().withCausal(causal);
        Supplier<?> fastest = null;
        double best = Double.POSITIVE_INFINITY;
        for (var method : new Method[] {Method.NAIVE, Method.CHUNKED, Method.TILED}) {
            var call = call(options.withMethod(method), back, q, k, v);
            double least = Double.POSITIVE_INFINITY;
            for (int i = 0; i < PICKS; i++) least = Math.min(least, AcceptanceSuite.seconds(call));
            if (least < best) {
                best = least;
                fastest = call;
            }
        }
        var shape = batch + "x" + heads + "x" + queries + "x" + keys + ", d " + width + (causal ? ", causal" : "")
                + (back ? ", gradients" : "");
        suite.ratio("memory-efficient-attention", 4, "attention:choice:" + shape + " " + type, "attention's choice over the fastest method",
                shape, type, 1.15, (int) Math.clamp(WARM_UP / best, 10, 5000), GRID_RUNS, call(options, back, q, k, v), fastest);
    }

    private static Supplier<?> call(Attention options, boolean back, Tensor... in) {
        return () -> {
            if (!back) return options.of(in[0], in[1], in[2]);
            Tensor q = in[0].detach().requiresGrad(), k = in[1].detach().requiresGrad(), v = in[2].detach().requiresGrad();
            var y = options.of(q, k, v);
            y.backward(y.detach());
            return q.grad();
        };
    }

    private static Tensor normal(long seed, DType type, long... shape) {
        return Tensor.randn(Rng.of(seed), DType.F64, shape).to(type).compute();
    }
}
