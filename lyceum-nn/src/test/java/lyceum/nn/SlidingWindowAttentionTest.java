package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class SlidingWindowAttentionTest {

    static Tensor normal(long seed, DType type, long... shape) { return Tensor.randn(Rng.of(seed), type, shape).compute(); }

    static double gap(Tensor a, Tensor b) { return a.to(DType.F64).sub(b.to(DType.F64)).abs().max().item(); }

    /** Attention by its definition, a query and a key at a time, in doubles. */
    static Tensor byDefinition(Tensor q, Tensor k, Tensor v, AttentionMask.Rule seen) {
        int b = (int) q.size(0), h = (int) q.size(1), n = (int) q.size(2), m = (int) k.size(2), d = (int) q.size(3), e = (int) v.size(3),
                kv = (int) k.size(1);
        double[] qs = q.to(DType.F64).toDoubleArray(), ks = k.to(DType.F64).toDoubleArray(), vs = v.to(DType.F64).toDoubleArray(),
                out = new double[b * h * n * e];
        for (int x = 0; x < b * h; x++) for (int i = 0; i < n; i++) {
            int head = x / h * kv + x % h / (h / kv);
            double sum = 0;
            for (int j = 0; j < m; j++) {
                if (!seen.sees(m - n + i, j)) continue;
                double dot = 0;
                for (int c = 0; c < d; c++) dot += qs[(x * n + i) * d + c] * ks[(head * m + j) * d + c];
                double weight = Math.exp(dot / Math.sqrt(d));
                sum += weight;
                for (int c = 0; c < e; c++) out[(x * n + i) * e + c] += weight * vs[(head * m + j) * e + c];
            }
            if (sum > 0) for (int c = 0; c < e; c++) out[(x * n + i) * e + c] /= sum;
        }
        return Tensor.of(out, b, h, n, e);
    }

    @Acceptance(topic = "sliding-window-attention", clause = 1)
    @Test void equalsFullAttentionUnderABand() {
        for (boolean causal : new boolean[] {true, false}) for (boolean withGlobals : new boolean[] {false, true}) {
            double worst = 0;
            int cases = 0;
            for (int trial = 0; trial < 100; trial++) {
                var rng = Rng.of(trial);
                int n = 1 + rng.nextInt(150), w = 1 + rng.nextInt(40), g = withGlobals ? 1 + rng.nextInt(5) : 0;
                var type = trial % 2 == 0 ? DType.F32 : DType.F64;
                Tensor q = normal(trial, type, 1, 2, n, 8), k = normal(trial + 500, type, 1, 1, n, 8),
                        v = normal(trial + 900, type, 1, 1, n, 5);
                var full = byDefinition(q, k, v, (p, j) -> {
                    boolean before = !causal || j <= p, near = Math.max(p - j, j - p) <= w - 1;
                    return before && (near || j < g || p < g);
                });
                worst = Math.max(worst, gap(new SlidingWindowAttention(w, causal, g).of(q, k, v), full));
                cases++;
            }
            var name = (causal ? "causal" : "symmetric") + (withGlobals ? ", with global positions: " : ": ");
            Evidence.of(name + "lengths and windows", cases, atLeast(100));
            Evidence.of(name + "largest gap", worst, below(1e-6));
        }
    }

    @Acceptance(topic = "sliding-window-attention", clause = 2)
    @Test void aRollingCacheEqualsAFullOneUnderAMask() {
        double worst = 0, chunks = 0;
        int sequences = 0;
        for (int window : new int[] {1, 2, 5, 8, 16})
            for (int globals : new int[] {0, 3}) for (boolean rotary : new boolean[] {false, true}) {
                int n = 10 * (window + globals) + 7, seed = 100 * window + globals;
                var band = new SlidingWindowAttention(window).withGlobals(globals);
                var config = new AttentionConfig(16, 4).withKeyHeads(2).withRotary(rotary ? new RotaryEmbedding(4, 10_000) : null);
                var rolling = new MultiHeadAttention(config.withPattern(band), Rng.of(seed));
                var mask = AttentionMask.of((p, j) -> j <= p && (j > p - window || j < globals)).seen(n, n).reshape(1, 1, n, n);
                var full = new MultiHeadAttention(config, Rng.of(seed));
                var x = normal(seed, DType.F32, 2, n, 16);
                var cache = KvCache.contiguous();
                var state = rolling.start();
                for (int t = 0; t < n; t++) {
                    var masked = full.forward(x.narrow(1, t, 1), cache, new Attention().withBias(mask.narrow(2, t, 1).narrow(3, 0, t + 1)),
                            Pass.inference());
                    worst = Math.max(worst, gap(rolling.forward(x.narrow(1, t, 1), state, Pass.inference()), masked));
                }
                Evidence.of("window " + window + ", " + globals + " global: positions that the cache has room for",
                        state.reservedBytes() / (2.0 * 2 * 2 * 4 * 4), exactly(window + globals));
                assertThat(state.bytes()).isEqualTo(state.reservedBytes());
                // A prompt, then chunks of any size, then steps.
                var whole = full.forward(x, x, new Attention().withBias(mask), Pass.inference());
                var parts = rolling.start();
                var rng = Rng.of(seed);
                for (int t = 0, m; t < n; t += m) {
                    m = Math.min(n - t, t == 0 ? 1 + rng.nextInt(3 * window) : 1 + rng.nextInt(4));
                    chunks = Math.max(chunks, gap(rolling.forward(x.narrow(1, t, m), parts, Pass.inference()), whole.narrow(1, t, m)));
                }
                chunks = Math.max(chunks, gap(rolling.forward(x), whole));
                sequences++;
            }
        Evidence.of("sequences of ten windows and more", sequences, exactly(20));
        Evidence.of("step by step: largest gap from the full cache under a mask", worst, below(1e-5));
        Evidence.of("prompt, chunks and whole: largest gap", chunks, below(1e-5));
    }

    @Acceptance(topic = "sliding-window-attention", clause = 3)
    @Test void theLastOutputSeesLayersTimesTheWindowAndNoFurther() {
        int stacks = 0;
        for (int layers : new int[] {1, 2, 3}) for (int window : new int[] {2, 5, 9}) for (boolean kernel : new boolean[] {true, false}) {
            int n = 40;
            var band = new SlidingWindowAttention(window);
            var attention = new AttentionConfig(8, 2).withPattern(kernel ? band : new SparseAttention(band, 4));
            var decoder = new TransformerDecoder(TransformerConfig.original(8, 2, 12).withAttention(attention), layers, Rng.of(window));
            var x = normal(layers, DType.F32, 1, n, 8).requiresGrad();
            decoder.forward(x).get(0, n - 1).mul(normal(5, DType.F32, 8)).sum().backward();
            var size = x.grad().abs().sum(-1).flatten().toDoubleArray();
            int reach = layers * (window - 1);
            double beyond = 0;
            for (int i = 0; i < n - 1 - reach; i++) beyond = Math.max(beyond, size[i]);
            var name = layers + " layers, window " + window + (kernel ? "" : ", tiles") + ": gradient ";
            Evidence.of(name + "further back than " + reach, beyond, exactly(0));
            Evidence.of(name + "at that distance", size[n - 1 - reach], above(0));
            assertThat(band.reach(layers)).isEqualTo(reach);
            stacks++;
        }
        Evidence.of("stacks", stacks, exactly(18));
    }

    @Test void gradientsEqualThoseUnderAMask() {
        for (int globals : new int[] {0, 2}) {
            var band = new SlidingWindowAttention(6, true, globals);
            var gradients = new ArrayList<List<Tensor>>();
            for (boolean own : new boolean[] {true, false}) {
                var in = List.of(normal(1, DType.F64, 2, 2, 30, 4).requiresGrad(), normal(2, DType.F64, 2, 2, 30, 4).requiresGrad(),
                        normal(3, DType.F64, 2, 2, 30, 4).requiresGrad());
                var y = own ? band.of(in.get(0), in.get(1), in.get(2))
                        : new Attention().withBias(band.seen(30, 30).reshape(1, 1, 30, 30)).of(in.get(0), in.get(1), in.get(2));
                y.mul(normal(4, DType.F64, 2, 2, 30, 4)).sum().backward();
                gradients.add(in.stream().map(Tensor::grad).toList());
            }
            for (int i = 0; i < 3; i++) assertThat(gap(gradients.get(0).get(i), gradients.get(1).get(i))).isLessThan(1e-12);
        }
    }

    @Test void dropoutAndHooksSeeTheBand() {
        var layer = new MultiHeadAttention(new AttentionConfig(8, 2).withPattern(new SlidingWindowAttention(3, true, 1)), Rng.of(1));
        var x = normal(2, DType.F32, 1, 9, 8);
        var hooks = Hooks.of(layer);
        var seen = hooks.capture("weights");
        assertThat(gap(layer.forward(x, Pass.inference().with(hooks)), layer.forward(x))).isLessThan(1e-6);
        var weights = seen.get("weights");
        assertThat(weights.item(0, 0, 8, 5)).isZero();
        assertThat(weights.item(0, 0, 8, 0)).isPositive();
        assertThat(gap(layer.weights(x, x).values(), weights)).isZero();
    }

    @Test void aRollingCacheForksReordersAndGoesBackWhileNothingIsGone() {
        var band = new SlidingWindowAttention(6);
        var layer = new MultiHeadAttention(new AttentionConfig(8, 2).withPattern(band), Rng.of(1));
        var x = normal(2, DType.F32, 2, 20, 8);
        var whole = layer.forward(x);
        Autograd.noGrad(() -> {
            var state = layer.start();
            layer.forward(x.narrow(1, 0, 5), state, Pass.inference());
            state.truncate(3);
            layer.forward(x.narrow(1, 3, 9), state, Pass.inference());
            var fork = state.fork(1, 0, 1);
            layer.forward(x.narrow(1, 12, 1), state, Pass.inference());
            var y = layer.forward(x.rows(1, 0, 1).narrow(1, 12, 1), fork, Pass.inference());
            assertThat(gap(y, whole.rows(1, 0, 1).narrow(1, 12, 1))).isLessThan(1e-6);
            fork.reorder(1, 0);
            assertThat(gap(layer.forward(x.narrow(1, 13, 1), fork, Pass.inference()), whole.narrow(1, 13, 1))).isLessThan(1e-6);
            assertThat(fork.length()).isEqualTo(14);
            assertThat(fork.past().keys().size(2)).isEqualTo(6);
            assertThat(fork.to(DType.BF16).bytes()).isEqualTo(fork.bytes() / 2);
            assertThatThrownBy(() -> fork.truncate(10)).isInstanceOf(UnsupportedOperationException.class).hasMessageContaining("are gone");
            fork.truncate(0);
            assertThat(fork.bytes()).isZero();
        });
        assertThatThrownBy(() -> new SlidingWindowAttention(0)).hasMessageContaining("window 0");
        assertThatThrownBy(() -> new SlidingWindowAttention(3, false, 0).cache()).hasMessageContaining("causal");
        var plain = new MultiHeadAttention(new AttentionConfig(8, 2), Rng.of(1));
        assertThatThrownBy(() -> plain.forward(x, band.cache(), Pass.inference()))
                .hasMessageContaining("goes with causal attention in that window");
        var windowed = new MultiHeadAttention(new AttentionConfig(8, 2).withAttention(new Attention().withCausal(true).withWindow(6)),
                Rng.of(1));
        var rolling = band.cache();
        for (int t = 0; t < 20; t++)
            assertThat(gap(windowed.forward(x.narrow(1, t, 1), rolling, Pass.inference()), whole.narrow(1, t, 1))).isLessThan(1e-6);
    }
}
