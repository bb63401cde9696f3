package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.nn.LuongConfig.Scope;
import lyceum.nn.LuongConfig.Score;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class LuongAttentionTest {
    private static final Golden GOLDEN = Golden.load("golden/luong-attention.json");

    private static Tensor normal(long seed, long... shape) { return Tensor.randn(Rng.of(seed), DType.F64, shape).compute(); }

    private static double distance(Tensor a, Tensor b) { return a.sub(b).abs().max().item(); }

    @Acceptance(topic = "luong-attention", clause = 1)
    @Test void everyScoreInEveryScopeAndItsGradientsEqualPyTorch() {
        for (var score : Score.values()) {
            var gap = Gap.relativeBeyondOne();
            int cases = 0;
            for (var c : GOLDEN.cases("luong")) {
                if (!c.text("input.score").equals(score.name())) continue;
                int[] n = c.ints("input.sizes");
                var twin = new Twin((long) c.number("input.seed"));
                var config = new LuongConfig(n[3], n[4], n[6], score, Scope.valueOf(c.text("input.scope")), n[7], n[5], 12, DType.F64);
                var attention = twin.fill(new LuongAttention(config, Rng.of(0)));
                Tensor h = twin.draw(n[0], n[1], n[3]).requiresGrad(), s = twin.draw(n[0], n[2], n[4]).requiresGrad();
                var read = attention.read(h, s, BahdanauAttentionTest.seen(c.ints("input.seen"), n[0], n[2]), null, Pass.inference());
                twin.compare(gap, c, attention.parameters(), List.of(h, s),
                        List.of(read.hidden(), read.context(), read.weights(), attention.scores(h, s)));
                cases++;
            }
            Evidence.of(score + ": cases", cases, exactly(9));
            Evidence.of(score + ": largest gap of scores, weights, contexts, states and gradients", gap, below(1e-5));
        }
    }

    private static LuongConfig config(Score score, Scope scope, int radius) {
        return new LuongConfig(6, 6).withScore(score).withScope(scope).withRadius(radius).withOutputs(4).withDtype(DType.F64);
    }

    @Acceptance(topic = "luong-attention", clause = 2)
    @Test void aWindowOverTheWholeSourceIsGlobal() {
        double worst = 0, narrow = Double.POSITIVE_INFINITY;
        int seen = 0;
        for (var score : Score.values()) for (int seed = 0; seed < 10; seed++) {
            int places = 3 + seed, queries = 2 + seed % 4;
            Tensor h = normal(seed, 2, queries, 6), s = normal(seed + 50, 2, places, 6);
            var global = new LuongAttention(config(score, Scope.GLOBAL, 1), Rng.of(seed)).read(h, s, null, null, Pass.inference());
            // The window of every step reaches from the first place to the last one.
            var local = new LuongAttention(config(score, Scope.LOCAL_M, Math.max(places, queries)), Rng.of(seed)).read(h, s, null, null,
                    Pass.inference());
            worst = Math.max(worst, Math.max(distance(local.weights(), global.weights()), distance(local.hidden(), global.hidden())));
            var one = new LuongAttention(config(score, Scope.LOCAL_M, 1), Rng.of(seed)).read(h, s, null, null, Pass.inference());
            narrow = Math.min(narrow, distance(one.weights(), global.weights()));
            seen++;
        }
        Evidence.of("sources", seen, exactly(40));
        Evidence.of("largest distance of weights and states", worst, below(1e-6));
        Evidence.of("least distance where the radius is 1", narrow, above(1e-3));
    }

    @Acceptance(topic = "luong-attention", clause = 3)
    @Test void nothingWeighsOutsideOfTheWindowAndTheGaussianFallsFromItsCentre() {
        int outside = 0, weighing = 0, inside = 0;
        double worst = 0;
        for (var score : Score.values()) for (var scope : List.of(Scope.LOCAL_M, Scope.LOCAL_P)) for (int seed = 0; seed < 10; seed++) {
            int places = 12, queries = 5, radius = 1 + seed % 4;
            Tensor h = normal(seed, 1, queries, 6).mul(2), s = normal(seed + 50, 1, places, 6);
            var attention = new LuongAttention(config(score, scope, radius), Rng.of(seed));
            double[] w = attention.read(h, s, null, null, Pass.inference()).weights().toDoubleArray(),
                    raw = attention.scores(h, s).toDoubleArray();
            for (int t = 0; t < queries; t++) {
                double p = scope == Scope.LOCAL_M ? t : centre(attention, h.get(0).get(t), places);
                double total = 0;
                for (int j = 0; j < places; j++) if (Math.abs(j - p) <= radius) total += Math.exp(raw[t * places + j]);
                for (int j = 0; j < places; j++) {
                    if (Math.abs(j - p) > radius) {
                        outside++;
                        if (w[t * places + j] != 0) weighing++;
                        continue;
                    }
                    double sigma = radius / 2.0, factor = scope == Scope.LOCAL_M ? 1 : Math.exp(-(j - p) * (j - p) / (2 * sigma * sigma));
                    worst = Math.max(worst, Math.abs(w[t * places + j] - Math.exp(raw[t * places + j]) / total * factor));
                    inside++;
                }
            }
        }
        Evidence.of("places outside of a window", outside, above(1000));
        Evidence.of("those that weigh anything", weighing, exactly(0));
        Evidence.of("places inside", inside, above(1000));
        Evidence.of("largest distance from the softmax in the window times the Gaussian", worst, below(1e-6));
    }

    /** {@code S sigmoid(v . tanh(W h))} in plain numbers. */
    private static double centre(LuongAttention attention, Tensor h, int places) {
        double[] w = attention.parameters().get("position.weight").toDoubleArray(),
                v = attention.parameters().get("centre").toDoubleArray(), x = h.toDoubleArray();
        double sum = 0;
        for (int i = 0; i < v.length; i++) {
            double inner = 0;
            for (int k = 0; k < x.length; k++) inner += w[i * x.length + k] * x[k];
            sum += v[i] * Math.tanh(inner);
        }
        return places / (1 + Math.exp(-sum));
    }

    @Test void aDecoderFeedsItsAttentionalStateBack() {
        for (boolean feeding : new boolean[] {true, false}) {
            var config = config(Score.GENERAL, Scope.LOCAL_M, 2);
            var attention = new LuongAttention(config, Rng.of(1));
            var inner = new LstmCell(feeding ? 3 + 4 : 3, 6, new LstmVariant(), true, DType.F64, Rng.of(2));
            var decoder = new Rnn(new RnnConfig(3, 6).withDtype(DType.F64), (inputs, r) -> new LuongCell(inner, attention, feeding),
                    Rng.of(3));
            Tensor x = normal(4, 2, 5, 3), source = normal(5, 2, 6, 6);
            var cell = (LuongCell) decoder.cell("l0");
            var begin = cell.begin(inner.initial(2), source, null);
            var out = decoder.run(x, RecurrentState.join(new LinkedHashMap<>(Map.of("l0", begin))), Pass.inference());
            var state = inner.initial(2);
            var fed = Tensor.zeros(DType.F64, 2, 4);
            for (int t = 0; t < 5; t++) {
                state = inner.step(feeding ? Tensor.concat(1, x.select(1, t), fed) : x.select(1, t), state, Pass.inference());
                var read = attention.read(state.get("h").unsqueeze(1), source, null, Tensor.of(t).reshape(1, 1), Pass.inference());
                fed = read.hidden().squeeze(1);
                assertThat(distance(out.outputs().select(1, t), fed)).isLessThan(1e-14);
            }
            if (feeding) continue;
            // Without input feeding all steps may be asked at once.
            var states = new Rnn(new RnnConfig(3, 6).withDtype(DType.F64), (inputs, r) -> inner, Rng.of(3)).forward(x);
            assertThat(distance(attention.read(states, source, null, null, Pass.inference()).hidden(), out.outputs())).isLessThan(1e-14);
        }
    }

    @Test void aWindowBeyondTheSourceReadsNothing() {
        var attention = new LuongAttention(config(Score.DOT, Scope.LOCAL_M, 1), Rng.of(1));
        var read = attention.read(normal(1, 1, 9, 6), normal(2, 1, 3, 6), null, null, Pass.inference());
        assertThat(read.context().get(0).get(8).toDoubleArray()).containsOnly(0);
        assertThat(read.weights().get(0).get(2).sum().item()).isCloseTo(1, within(1e-12));
    }

    @Test void whatDoesNotFitIsNamed() {
        assertThatThrownBy(() -> new LuongConfig(4, 5).withScore(Score.DOT)).hasMessageContaining("widths 4 and 5");
        assertThatThrownBy(() -> new LuongConfig(4, 5).withRadius(0)).hasMessageContaining("radius is 0");
        var attention = new LuongAttention(new LuongConfig(4, 5), Rng.of(1));
        assertThatThrownBy(() -> attention.read(Tensor.ones(2, 3, 5), Tensor.ones(2, 6, 5), null, null, Pass.inference()))
                .isInstanceOf(ShapeException.class).hasMessageContaining("states (2, 3, 5)");
        assertThatThrownBy(
                () -> attention.read(Tensor.ones(2, 3, 4), Tensor.ones(2, 6, 5), Tensor.ones(2, 5).ne(0), null, Pass.inference()))
                .hasMessageContaining("seen has shape (2, 5)");
        assertThatThrownBy(() -> new LuongAttention(new LuongConfig(4, 5).withScore(Score.LOCATION).withLongest(3), Rng.of(1))
                .scores(Tensor.ones(1, 1, 4), Tensor.ones(1, 6, 5))).hasMessageContaining("6 keys");
        assertThatThrownBy(() -> new LuongCell(new GruCell(8, 5, true, true, DType.F32, Rng.of(1)), attention, true))
                .hasMessageContaining("5 outputs for queries of width 4");
    }
}
