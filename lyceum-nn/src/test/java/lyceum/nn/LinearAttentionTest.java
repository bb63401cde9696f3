package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.linalg.LeastSquares;
import lyceum.nn.LinearAttentionConfig.Features;
import lyceum.nn.LinearAttentionConfig.Update;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class LinearAttentionTest {

    private static Tensor normal(long seed, DType type, long... shape) { return SlidingWindowAttentionTest.normal(seed, type, shape); }

    private static double gap(Tensor a, Tensor b) { return SlidingWindowAttentionTest.gap(a, b); }

    private static LinearAttentionConfig kind(int trial, DType type) {
        return new LinearAttentionConfig(12, 3).withFeatures(trial % 3 == 1 ? Features.FAVOR : Features.ELU).withFeatureCount(7)
                .withUpdate(trial % 3 == 2 ? Update.DELTA : Update.SUM).withDtype(type);
    }

    /** A head at a time, a position at a time, in loops: features of queries and keys (n, m), values (n, e), the step of the delta rule or null. */
    private static double[][] byDefinition(double[][] q, double[][] k, double[][] v, double[] beta) {
        int n = q.length, m = q[0].length, e = v[0].length;
        double[][] s = new double[m][e], y = new double[n][e];
        var z = new double[m];
        for (int t = 0; t < n; t++) {
            var old = new double[e];
            if (beta != null) for (int i = 0; i < m; i++) for (int c = 0; c < e; c++) old[c] += s[i][c] * k[t][i];
            for (int i = 0; i < m; i++) {
                z[i] += k[t][i];
                for (int c = 0; c < e; c++) s[i][c] += (beta == null ? 1 : beta[t]) * k[t][i] * (v[t][c] - old[c]);
            }
            double sum = 0;
            for (int i = 0; i < m; i++) sum += q[t][i] * z[i];
            for (int c = 0; c < e; c++) {
                for (int i = 0; i < m; i++) y[t][c] += q[t][i] * s[i][c];
                if (beta == null) y[t][c] /= sum;
            }
        }
        return y;
    }

    private static double[][] features(Tensor x, LinearAttention layer, boolean toOne) {
        double[][] rows = x.toRows(), out = new double[rows.length][];
        double[][] w = layer.state().containsKey("directions") ? layer.state().get("directions").to(DType.F64).toRows() : null;
        for (int t = 0; t < rows.length; t++) {
            int d = rows[t].length;
            out[t] = new double[w == null ? d : w.length];
            double sum = 0;
            for (int i = 0; i < out[t].length; i++) {
                if (w == null) out[t][i] = rows[t][i] > 0 ? rows[t][i] + 1 : Math.exp(rows[t][i]);
                else {
                    double scale = Math.pow(d, -0.25), dot = 0, square = 0;
                    for (int c = 0; c < d; c++) {
                        dot += w[i][c] * rows[t][c] * scale;
                        square += rows[t][c] * rows[t][c] * scale * scale;
                    }
                    out[t][i] = Math.exp(dot - square / 2);
                }
                sum += out[t][i];
            }
            if (toOne) for (int i = 0; i < out[t].length; i++) out[t][i] /= sum;
        }
        return out;
    }

    /** What the heads of a layer find, by the loops. */
    private static Tensor heads(LinearAttention layer, Tensor x) {
        var p = layer.state();
        int n = (int) x.size(1), heads = layer.config().heads(), d = layer.config().headWidth();
        boolean delta = layer.config().update() == Update.DELTA;
        var all = new ArrayList<Tensor>();
        for (int b = 0; b < x.size(0); b++) for (int h = 0; h < heads; h++) {
            var in = x.get(b).to(DType.F64);
            var parts = new Tensor[4];
            var names = List.of("q_proj", "k_proj", "v_proj", "beta_proj");
            for (int i = 0; i < (delta ? 4 : 3); i++) {
                int width = i == 3 ? 1 : d;
                parts[i] = in.matmul(p.get(names.get(i) + ".weight").to(DType.F64).narrow(0, (long) h * width, width).transpose())
                        .add(p.get(names.get(i) + ".bias").to(DType.F64).narrow(0, (long) h * width, width));
            }
            all.add(Tensor.of(byDefinition(features(parts[0], layer, delta), features(parts[1], layer, delta), parts[2].toRows(),
                    delta ? parts[3].sigmoid().flatten().toDoubleArray() : null)));
        }
        return Tensor.stack(0, all.toArray(Tensor[]::new)).reshape(x.size(0), heads, n, d);
    }

    @Acceptance(topic = "linear-attention", clause = 1)
    @Test void recurrentChunkedAndParallelFormsAgree() {
        double parallel = 0, chunked = 0, recurrent = 0, steps = 0, definition = 0;
        int cases = 0;
        for (int trial = 0; trial < 102; trial++) {
            var rng = Rng.of(trial);
            int n = 1 + rng.nextInt(60), chunk = 1 + rng.nextInt(20);
            var config = kind(trial, DType.F32);
            var x = normal(trial, DType.F32, 2, n, 12);
            var all = config.withChunk(LinearAttentionConfig.PARALLEL).build(Rng.of(trial));
            var hooks = Hooks.of(all);
            var seen = hooks.capture("z");
            var whole = all.forward(x, Pass.inference().with(hooks));
            definition = Math.max(definition, gap(seen.get("z"), heads(all, x)));
            chunked = Math.max(chunked, gap(config.withChunk(chunk).build(Rng.of(trial)).forward(x), whole));
            var loop = config.withChunk(1).build(Rng.of(trial));
            recurrent = Math.max(recurrent, gap(loop.forward(x), whole));
            var state = loop.start();
            for (int t = 0; t < n; t++)
                steps = Math.max(steps, gap(loop.forward(x.narrow(1, t, 1), state, Pass.inference()), whole.narrow(1, t, 1)));
            parallel = Math.max(parallel, whole.abs().max().item());
            cases++;
        }
        Evidence.of("cases of elu, FAVOR+ and the delta rule", cases, atLeast(100));
        Evidence.of("largest output", parallel, above(1));
        Evidence.of("parallel form: largest gap from loops by definition", definition, below(1e-5));
        Evidence.of("chunks: largest gap from the parallel form", chunked, below(1e-5));
        Evidence.of("recurrence: largest gap", recurrent, below(1e-5));
        Evidence.of("state passed step by step: largest gap", steps, below(1e-5));
    }

    @Acceptance(topic = "linear-attention", clause = 2)
    @Test void positiveFeaturesAreUnbiasedAndTheirErrorFallsWithTheRoot() {
        int d = 8, draws = 5000;
        for (boolean orthogonal : new boolean[] {false, true}) for (int pair = 0; pair < 5; pair++) {
            Tensor q = normal(pair, DType.F64, 1, d).mul(0.5), k = normal(pair + 50, DType.F64, 1, d).mul(0.5);
            double sum = 0, squares = 0;
            for (int i = 0; i < draws; i++) {
                var map = PositiveFeatures.draw(d, d, orthogonal, DType.F64, Rng.of(100_000L * pair + i));
                double estimate = map.of(q).matmul(map.of(k).transpose()).item();
                sum += estimate;
                squares += estimate * estimate;
            }
            double mean = sum / draws, error = Math.sqrt((squares / draws - mean * mean) / (draws - 1)),
                    truth = Math.exp(q.mul(k).sum().item());
            Evidence.of((orthogonal ? "orthogonal" : "independent") + " directions, pair " + pair + ": standard errors from exp(q k')",
                    Math.abs(mean - truth) / error, atMost(4));
            assertThat(error / truth).isLessThan(0.05);
        }
        int[] counts = {16, 32, 64, 128, 256, 512, 1024};
        double[] logs = new double[counts.length], errors = new double[counts.length];
        // Short queries and keys: where the error is as large as the values it can grow no further, and no slope shows.
        Tensor q = normal(7, DType.F64, 1, 1, 40, d).mul(0.25), k = normal(8, DType.F64, 1, 1, 40, d).mul(0.25),
                v = normal(9, DType.F64, 1, 1, 40, d);
        var exact = new Attention().withScale(1).of(q, k, v);
        for (int i = 0; i < counts.length; i++) {
            double square = 0;
            for (int draw = 0; draw < 40; draw++) {
                var map = PositiveFeatures.draw(counts[i], d, true, DType.F64, Rng.of(1000L * i + draw));
                square += LinearAttention.of(map, q, k, v, false, 1).sub(exact).square().mean().item() / 40;
            }
            logs[i] = Math.log(counts[i]);
            errors[i] = Math.log(square) / 2;
        }
        Evidence.of("slope of the attention's error in the number of features", LeastSquares.slope(logs, errors), between(-0.6, -0.4));
    }

    @Acceptance(topic = "linear-attention", clause = 4)
    @Test void linformerOfFullRankIsSoftmaxAttentionForPermutationsAlone() {
        double identity = 0, permuted = 0, mixed = Double.POSITIVE_INFINITY;
        int layers = 0;
        for (int trial = 0; trial < 50; trial++) {
            var rng = Rng.of(trial);
            int n = 3 + rng.nextInt(20);
            var layer = new Linformer(new LinformerConfig(12, 3, n, n).withShared(trial % 2 == 0), rng);
            var softmax = new MultiHeadAttention(new AttentionConfig(12, 3), rng);
            layer.state().forEach(
                    (name, t) -> { if (softmax.state().containsKey(name)) Autograd.noGrad(() -> softmax.state().get(name).copy_(t)); });
            var x = normal(trial, DType.F32, 2, n, 12);
            var expected = softmax.forward(x);
            identity = Math.max(identity, gap(mixing(layer, Tensor.eye(n)).forward(x), expected));
            permuted = Math.max(permuted, gap(mixing(layer, Tensor.eye(n).rows(Rng.of(trial).permutation(n))).forward(x), expected));
            mixed = Math.min(mixed, gap(mixing(layer, Tensor.eye(n).add(Tensor.randn(rng, n, n).div(Math.sqrt(n)))).forward(x), expected));
            layers++;
        }
        Evidence.of("layers", layers, exactly(50));
        Evidence.of("identity: largest gap from softmax attention", identity, below(1e-5));
        Evidence.of("a random permutation: largest gap", permuted, below(1e-5));
        Evidence.of("a random invertible matrix: least gap", mixed, above(1e-2));
    }

    private static Linformer mixing(Linformer layer, Tensor e) {
        Autograd.noGrad(() -> layer.parameters("?_proj").values().forEach(p -> p.copy_(e)));
        return layer;
    }

    @Test void theInverseOfATriangleIsStableWhereItsPowersAreNot() {
        // Keys that are all alike: the powers of such a matrix reach 1e18.
        var a = Tensor.ones(DType.F32, 64, 64).tril(-1);
        var x = LinearRecurrence.inverse(a);
        assertThat(gap(Tensor.eye(64).add(a).matmul(x), Tensor.eye(64))).isLessThan(1e-6);
        var random = normal(1, DType.F64, 2, 37, 37).mul(0.3).tril(-1);
        assertThat(gap(Tensor.eye(DType.F64, 37).add(random).matmul(LinearRecurrence.inverse(random)), Tensor.eye(DType.F64, 37)))
                .isLessThan(1e-10);
    }

    @Test void theDeltaRuleOverwritesWhereSumsPileUp() {
        // One key written twice: a sum holds both values, the rule with a step of one the last.
        Tensor k = Tensor.of(1.0, 0, 1, 0, 0, 1).reshape(1, 1, 3, 2), v = Tensor.of(5.0, 7, 1).reshape(1, 1, 3, 1),
                q = Tensor.of(1.0, 0, 1, 0, 1, 0).reshape(1, 1, 3, 2), beta = Tensor.ones(DType.F64, 1, 1, 3, 1);
        assertThat(new LinearRecurrence(null, 2).of(q, k, v, beta, null).y().toDoubleArray()).containsExactly(5, 7, 7);
        assertThat(new LinearRecurrence(null, 2).of(q, k, v, null, null).y().toDoubleArray()).containsExactly(5, 12, 12);
    }

    @Test void gradientsOfAllFormsAgree() {
        for (int trial = 0; trial < 3; trial++) {
            var gradients = new ArrayList<List<Tensor>>();
            for (int chunk : new int[] {LinearAttentionConfig.PARALLEL, 5, 1}) {
                var layer = kind(trial, DType.F64).withChunk(chunk).build(Rng.of(trial));
                var x = normal(1, DType.F64, 2, 17, 12).requiresGrad();
                layer.forward(x).mul(normal(2, DType.F64, 2, 17, 12)).sum().backward();
                var all = new ArrayList<>(layer.parameters().values().stream().map(Tensor::grad).toList());
                all.add(x.grad());
                gradients.add(all);
            }
            for (int i = 0; i < gradients.getFirst().size(); i++)
                for (int form = 1; form < 3; form++)
                    assertThat(gap(gradients.get(form).get(i), gradients.getFirst().get(i))).isLessThan(1e-11);
        }
    }

    @Test void statesForkAndAreOfOneSizeAndBidirectionalLayersHaveNone() {
        var decoder = new TransformerDecoder(TransformerConfig.original(12, 3, 16).withMixer(kind(2, DType.F32)), 2, Rng.of(1));
        assertThat(decoder.parameterCount()).isEqualTo(2 * decoder.layers().getFirst().config().blockParameters());
        var x = normal(1, DType.F32, 3, 11, 12);
        var whole = decoder.forward(x);
        var state = decoder.start(null, null, Pass.inference());
        decoder.forward(x.narrow(1, 0, 7), state, Pass.inference());
        long bytes = state.bytes();
        var fork = state.fork(2, 0);
        decoder.forward(x.narrow(1, 7, 3), state, Pass.inference());
        assertThat(state.bytes()).isEqualTo(bytes);
        assertThat(gap(decoder.forward(x.rows(2, 0).narrow(1, 7, 1), fork, Pass.inference()), whole.rows(2, 0).narrow(1, 7, 1)))
                .isLessThan(1e-5);
        assertThatThrownBy(() -> state.truncate(3)).isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("fork the state");
        state.truncate(0);
        assertThat(gap(decoder.forward(x, state, Pass.inference()), whole)).isLessThan(1e-5);
        var both = new LinearAttentionConfig(12, 3).withCausal(false).build(Rng.of(1));
        assertThat(gap(both.forward(x.flip(1)).flip(1), both.forward(x))).isLessThan(1e-6);
        assertThatThrownBy(both::start).hasMessageContaining("needs causal");
        var layer = decoder.layers().getFirst();
        assertThatThrownBy(layer::attention).isInstanceOf(IllegalStateException.class).hasMessageContaining("LinearAttention");
        assertThatThrownBy(() -> layer.forward(x, new TransformerBlock.Context().withMask(new Attention()), Pass.inference()))
                .hasMessageContaining("no mask beside its own");
    }

    @Test void sumsOfNarrowTypesAreKeptInF32() {
        for (var mixer : List.<MixerConfig>of(kind(0, DType.BF16), kind(1, DType.BF16), kind(2, DType.BF16),
                new RetentionConfig(12, 3).withDtype(DType.BF16))) {
            var layer = mixer.build(Rng.of(1));
            var x = normal(1, DType.BF16, 1, 200, 12);
            var state = (MixerSummary) layer.start();
            var y = layer.forward(x, state, Pass.inference());
            assertThat(y.dtype()).isEqualTo(DType.BF16);
            assertThat(state.tensors().get("s").dtype()).isEqualTo(DType.F32);
            assertThat(gap(y, layer.forward(x))).isLessThan(0.05);
        }
    }

    @Test void directionsAreABufferThatCanBeDrawnAgain() {
        var layer = kind(1, DType.F32).build(Rng.of(1));
        assertThat(layer.parameters()).doesNotContainKey("directions");
        var before = layer.state().get("directions").toDoubleArray();
        layer.redraw(Rng.of(2));
        assertThat(layer.state().get("directions").toDoubleArray()).isNotEqualTo(before);
        // Orthogonal in blocks of the width.
        var w = PositiveFeatures.draw(10, 4, true, DType.F64, Rng.of(3)).directions();
        for (int from : new int[] {0, 4}) {
            var gram = w.narrow(0, from, 4).matmul(w.narrow(0, from, 4).transpose());
            assertThat(gap(gram, gram.mul(Tensor.eye(DType.F64, 4)))).isLessThan(1e-12);
        }
        assertThatThrownBy(() -> kind(0, DType.F32).build(Rng.of(1)).redraw(Rng.of(2))).hasMessageContaining("only FAVOR");
        assertThatThrownBy(() -> new LinearAttentionConfig(12, 3).withUpdate(Update.DELTA).withCausal(false))
                .hasMessageContaining("needs causal");
        assertThatThrownBy(() -> new LinearAttentionConfig(12, 3).withChunk(0)).hasMessageContaining("chunk 0");
        var linformer = new Linformer(new LinformerConfig(12, 3, 5, 2), Rng.of(1));
        assertThat(linformer.forward(normal(1, DType.F32, 1, 4, 12)).shape().toArray()).containsExactly(1, 4, 12);
        assertThatThrownBy(() -> linformer.forward(normal(1, DType.F32, 1, 6, 12))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("at most 5");
    }
}
