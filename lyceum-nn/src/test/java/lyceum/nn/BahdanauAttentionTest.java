package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class BahdanauAttentionTest {
    private static final Golden GOLDEN = Golden.load("golden/bahdanau-attention.json");

    private static Tensor normal(long seed, DType type, long... shape) { return Tensor.randn(Rng.of(seed), type, shape).compute(); }

    private static double distance(Tensor a, Tensor b) { return a.sub(b).abs().max().item(); }

    /** BOOL (batch, places) of zeros and ones; null for none. */
    static Tensor seen(int[] flags, int batch, int places) {
        return flags.length == 0 ? null : Tensor.of(flags).ne(0).reshape(batch, places);
    }

    @Acceptance(topic = "bahdanau-attention", clause = 1)
    @Test void contextWeightsAndGradientsEqualPyTorchAndMaskedPlacesWeighNothing() {
        var gap = Gap.relativeBeyondOne();
        double sums = 0;
        int hidden = 0, weighing = 0;
        for (var c : GOLDEN.cases("bahdanau")) {
            int[] n = c.ints("input.sizes");
            var twin = new Twin((long) c.number("input.seed"));
            var attention = twin.fill(new BahdanauAttention(n[3], n[4], n[5], c.flag("input.covered"), DType.F64, Rng.of(0)));
            Tensor q = twin.draw(n[0], n[1], n[3]).requiresGrad(), h = twin.draw(n[0], n[2], n[4]).requiresGrad();
            var coverage = c.flag("input.covered") ? Tensor.of(twin.uniforms(n[0] * n[2]), n[0], 1, n[2]) : null;
            var seen = seen(c.ints("input.seen"), n[0], n[2]);
            var read = attention.read(q, attention.source(h, seen), coverage, Pass.inference());
            twin.compare(gap, c, attention.parameters(), List.of(q, h), List.of(read.context(), read.weights()));
            sums = Math.max(sums, distance(read.weights().sum(-1), Tensor.ones(DType.F64, n[0], n[1])));
            if (seen == null) continue;
            double[] weights = read.weights().toDoubleArray();
            boolean[] flags = seen.unsqueeze(1).expand(n[0], n[1], n[2]).contiguous().toBooleanArray();
            for (int i = 0; i < flags.length; i++) if (!flags[i]) {
                hidden++;
                if (weights[i] != 0) weighing++;
            }
        }
        Evidence.of("cases", GOLDEN.cases("bahdanau").size(), exactly(24));
        Evidence.of("largest gap of contexts, weights and gradients", gap, below(1e-6));
        Evidence.of("masked places", hidden, above(50));
        Evidence.of("masked places whose weight is not exactly 0", weighing, exactly(0));
        Evidence.of("largest distance of a sum of weights from 1", sums, below(1e-12));
    }

    @Acceptance(topic = "bahdanau-attention", clause = 2)
    @Test void aSourcePreparedOnceReadsAsTheDirectPath() {
        double worst = 0;
        int readings = 0;
        for (var type : List.of(DType.F32, DType.F64)) for (int seed = 0; seed < 10; seed++) {
            var attention = new BahdanauAttention(5, 7, 6, false, type, Rng.of(seed));
            var direct = new AttentionScore.Additive(5, 7, 6, type, Rng.of(99));
            var values = new LinkedHashMap<String, Tensor>();
            attention.parameters().forEach((name, p) -> values.put(name.substring("score.".length()), p));
            direct.load(values);
            var h = normal(seed, type, 3, 9, 7);
            var seen = Tensor.rand(Rng.of(seed), DType.F32, 3, 9).lt(0.7).or(Tensor.arange(9).eq(0));
            var source = attention.source(h, seen);
            for (int t = 0; t < 6; t++) {
                var q = normal(100 * seed + t, type, 3, 1, 5);
                var read = attention.read(q, source, null, Pass.inference());
                var whole = new AttentionMechanism(direct);
                worst = Math.max(worst, distance(read.context(), whole.of(q, h, h, seen.unsqueeze(1), Pass.inference())));
                worst = Math.max(worst, distance(read.weights(), whole.weights(q, h, seen.unsqueeze(1)).values()));
                readings++;
            }
        }
        Evidence.of("readings", readings, exactly(120));
        Evidence.of("largest distance of contexts and weights", worst, below(1e-7));
    }

    @Test void aDecoderReadsWithTheStateBeforeTheStep() {
        int batch = 2, places = 5;
        for (boolean coverage : new boolean[] {false, true}) {
            var attention = new BahdanauAttention(4, 6, 3, coverage, DType.F64, Rng.of(1));
            var inner = new GruCell(2 + 6, 4, true, true, DType.F64, Rng.of(2));
            var decoder = new Rnn(new RnnConfig(2, 4).withDtype(DType.F64), (inputs, r) -> new BahdanauCell(inner, attention), Rng.of(3));
            Tensor x = normal(4, DType.F64, batch, 7, 2), h = normal(5, DType.F64, batch, places, 6),
                    first = normal(6, DType.F64, batch, 4);
            var seen = Tensor.of(new boolean[] {true, true, true, true, true, true, true, true, false, false}, batch, places);
            var cell = (BahdanauCell) decoder.cell("l0");
            var begin = cell.begin(RecurrentState.of("h", first), h, seen);
            var out = decoder.run(x, RecurrentState.join(new LinkedHashMap<>(Map.of("l0", begin))), Pass.inference());
            var source = attention.source(h, seen);
            var s = first;
            Tensor covered = null;
            for (int t = 0; t < 7; t++) {
                var read = attention.read(s.unsqueeze(1), source, covered, Pass.inference());
                covered = read.coverage();
                var context = read.context().squeeze(1);
                s = inner.step(Tensor.concat(1, x.select(1, t), context), RecurrentState.of("h", s), Pass.inference()).get("h");
                assertThat(distance(out.outputs().select(1, t), Tensor.concat(1, s, context))).isLessThan(1e-14);
                if (t == 6) assertThat(distance(out.state().get("l0.weights"), read.weights().squeeze(1))).isLessThan(1e-15);
            }
            assertThat(out.state().rows(1, 0, 0).get("l0.source").size(0)).isEqualTo(3);
            assertThat(decoder.outputs()).isEqualTo(10);
            if (coverage)
                assertThat(distance(out.state().get("l0.coverage").sum(-1).squeeze(), Tensor.full(DType.F64, 7, 2))).isLessThan(1e-12);
        }
    }

    @Test void coverageCountsWhatWasReadBefore() {
        var attention = new BahdanauAttention(4, 6, 3, true, DType.F64, Rng.of(1));
        var source = attention.source(normal(2, DType.F64, 2, 5, 6), null);
        var q = normal(3, DType.F64, 2, 1, 4);
        var once = attention.read(q, source, null, Pass.inference());
        assertThat(once.repeated().toDoubleArray()).containsOnly(0);
        var twice = attention.read(q, source, once.coverage(), Pass.inference());
        assertThat(distance(twice.weights(), once.weights())).isGreaterThan(1e-3);
        assertThat(distance(twice.repeated(), once.weights().minimum(twice.weights()).sum(-1))).isLessThan(1e-14);
        assertThat(distance(twice.coverage(), once.weights().add(twice.weights()))).isLessThan(1e-15);
    }

    @Test void whatDoesNotFitIsNamed() {
        var attention = new BahdanauAttention(4, 6, 3, Rng.of(1));
        assertThatThrownBy(() -> attention.source(Tensor.ones(2, 5, 7), null)).isInstanceOf(ShapeException.class)
                .hasMessageContaining("(2, 5, 7)");
        assertThatThrownBy(() -> attention.source(Tensor.ones(2, 5, 6), Tensor.ones(2, 4).ne(0)))
                .hasMessageContaining("seen has shape (2, 4)");
        var source = attention.source(Tensor.ones(2, 5, 6), null);
        assertThatThrownBy(() -> attention.read(Tensor.ones(2, 4), source, null, Pass.inference()))
                .hasMessageContaining("(batch, queries, 4)");
        assertThatThrownBy(() -> attention.read(Tensor.ones(2, 1, 4), source, null, Pass.inference()).repeated())
                .hasMessageContaining("no coverage");
        var cell = new BahdanauCell(new GruCell(2 + 6, 4, true, true, DType.F32, Rng.of(1)), attention);
        assertThatThrownBy(() -> cell.initial(2)).isInstanceOf(IllegalStateException.class).hasMessageContaining("begin");
        assertThatThrownBy(() -> new BahdanauCell(new GruCell(8, 5, true, true, DType.F32, Rng.of(1)), attention))
                .hasMessageContaining("5 outputs for queries of width 4");
    }
}
