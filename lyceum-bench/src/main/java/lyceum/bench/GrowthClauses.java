package lyceum.bench;

import java.util.function.LongFunction;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.nn.FeatureMap;
import lyceum.nn.LinearAttention;
import lyceum.nn.LongConvolution;
import lyceum.nn.SlidingWindowAttention;
import lyceum.nn.SparseAttention;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/** How the time of what mixes a sequence grows when the sequence is twice as long. */
final class GrowthClauses {
    private static final int HEADS = 8, WIDTH = 64;

    private final AcceptanceSuite suite;
    private final int thousand;

    /** @param thousand positions that stand for the clauses' thousand */
    GrowthClauses(AcceptanceSuite suite, int thousand) {
        this.suite = suite;
        this.thousand = thousand;
    }

    void measure() {
        grows("linear-attention", 3, "linear", thousand, 2.4, x -> LinearAttention.of(FeatureMap.elu(), x, x, x, true, 64));
        int n = thousand;
        Tensor x = heads(n), twice = heads(2 * n);
        var softmax = new Attention().withCausal(true);
        suite.ratio("linear-attention", 3, "linear-attention:softmax", "softmax, once over twice the length", n + " positions", DType.F32,
                1 / 3.2, 10, 15, () -> softmax.of(x, x, x).compute(), () -> softmax.of(twice, twice, twice).compute());
        var window = new SlidingWindowAttention(Math.min(128, n / 4));
        grows("sliding-window-attention", 4, "window", 4 * n, 2.3, y -> window.of(y, y, y));
        growsMade("longformer-bigbird", 2, "longformer", 2 * n, 2.3, _ -> {
            var pattern = SparseAttention.longformer(Math.min(256, n / 2), 0);
            return y -> pattern.of(y, y, y);
        });
        growsMade("longformer-bigbird", 2, "bigbird", 2 * n, 2.3, length -> {
            var pattern = SparseAttention.bigBird((int) length, Math.min(64, n / 8), 3, 3, 2, Rng.of(length));
            return y -> pattern.of(y, y, y);
        });
        growsMade("hyena", 3, "long convolution", 4 * n, 2.4, length -> {
            var filter = Tensor.randn(Rng.of(3), HEADS * WIDTH, length).compute();
            return y -> LongConvolution.of(y.reshape(1, HEADS * WIDTH, length), filter, LongConvolution.Method.FFT);
        });
    }

    private void grows(String topic, int clause, String name, int n, double limit, UnaryOperator<Tensor> f) {
        growsMade(topic, clause, name, n, limit, _ -> f);
    }

    /** @param of makes what is timed for a length */
    private void growsMade(String topic, int clause, String name, int n, double limit, LongFunction<UnaryOperator<Tensor>> of) {
        Tensor x = heads(n), twice = heads(2 * n);
        UnaryOperator<Tensor> once = of.apply(n), again = of.apply(2L * n);
        suite.ratio(topic, clause, topic + ":" + name, name + ", twice the length over once", n + " positions", DType.F32, limit, 10, 15,
                () -> Autograd.noGrad(() -> again.apply(twice).compute()), () -> Autograd.noGrad(() -> once.apply(x).compute()));
    }

    private static Tensor heads(int n) { return Tensor.randn(Rng.of(n), 1, HEADS, n, WIDTH).compute(); }
}
