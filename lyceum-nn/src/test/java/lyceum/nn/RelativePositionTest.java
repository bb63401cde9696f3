package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

/** Shaw's, T5's and Transformer-XL's offsets. */
class RelativePositionTest {
    private static Tensor normal(long seed, long... shape) { return Tensor.randn(Rng.of(seed), DType.F64, shape).compute(); }

    private static double distance(Tensor a, Tensor b) { return a.sub(b).abs().max().item(); }

    private static MultiHeadAttention layer(RelativePosition positions, int width, int heads, long seed) {
        var layer = new MultiHeadAttention(new AttentionConfig(width, heads).withDtype(DType.F64).withPositions(positions), Rng.of(seed));
        return new Twin(seed).fill(layer, 0.5);
    }

    private static final List<RelativePosition> KINDS = List.of(RelativePosition.shaw(5), new RelativePosition.Buckets(8, 20, true, false),
            new RelativePosition.Buckets(8, 20, false, false), RelativePosition.transformerXl());

    @Acceptance(topic = "relative-position-encoding", clause = 1)
    @Test void logitsDependOnTheDifferenceOfPositions() {
        double worst = 0, given = 0, moved = Double.POSITIVE_INFINITY;
        var rng = Rng.of(1);
        for (var kind : KINDS) for (int trial = 0; trial < 25; trial++) {
            int n = 2 + rng.nextInt(30), shift = 1 + rng.nextInt(200);
            var layer = layer(kind, 12, 2, trial);
            Tensor q = normal(trial, 1, 2, n, 6), k = normal(trial + 99, 1, 2, n, 6), far = normal(trial + 7, 1, 2, shift, 6);
            var logits = logits(layer, q, k, new Attention());
            // All positions later: as many keys stand before.
            var later = logits(layer, q, Tensor.concat(2, far, k), new Attention()).narrow(3, shift, n);
            worst = Math.max(worst, distance(logits, later));
            var starts = new Attention().withQueryStarts(Tensor.of(new long[] {shift}));
            given = Math.max(given, distance(logits, logits(layer, q, Tensor.concat(2, far, k), starts).narrow(3, shift, n)));
            // Queries alone later.
            var alone = new Attention().withQueryStarts(Tensor.of(new long[] {2}));
            moved = Math.min(moved, distance(logits, logits(layer, q, k, alone)));
        }
        Evidence.of("largest change of logits under a common shift", worst, below(1e-5));
        Evidence.of("the same with positions given", given, below(1e-5));
        Evidence.of("least change when queries alone move by 2", moved, above(1e-3));
    }

    private static Tensor logits(MultiHeadAttention layer, Tensor q, Tensor k, Attention mask) {
        var content = layer.positions().content(q).matmul(k.transpose()).div(Math.sqrt(q.size(-1)));
        return content.add(layer.positions().scores(q, k.size(2), mask));
    }

    @Acceptance(topic = "relative-position-encoding", clause = 2)
    @Test void bucketsEqualTheReleasedCode() {
        long wrong = 0, seen = 0;
        for (var c : Golden.load("golden/relative-positions.json").cases("buckets")) {
            var buckets = new RelativePosition.Buckets(c.integer("input.count"), c.integer("input.furthest"), c.flag("input.bidirectional"),
                    true).buckets(-256, 256);
            long[] expected = c.longs("expected");
            for (int i = 0; i < expected.length; i++) if (buckets[i] != expected[i]) wrong++;
            seen += expected.length;
        }
        Evidence.of("buckets compared: four sizes, both directions", seen, exactly(8 * 513));
        Evidence.of("that differ", wrong, exactly(0));
    }

    /** Offsets gathered pair by pair, straight from the definitions. */
    private static double naive(RelativePosition kind, MultiHeadAttention layer, double[] q, int head, int d, int p, int j) {
        var state = layer.state();
        double sum = 0;
        switch (kind) {
            case RelativePosition.Offsets shaw -> {
                double[] keys = state.get("positions.keys").toDoubleArray();
                int row = Math.min(shaw.clip(), Math.max(-shaw.clip(), j - p)) + shaw.clip();
                for (int c = 0; c < d; c++) sum += q[c] * keys[row * d + c];
                return sum / Math.sqrt(d);
            }
            case RelativePosition.Buckets t5 -> {
                double[] table = state.get("positions.weight").toDoubleArray();
                return table[(int) t5.buckets(j - p, j - p)[0] * layer.config().heads() + head];
            }
            case RelativePosition.Content xl -> {
                double[] w = state.get("positions.r_proj.weight").toDoubleArray(), v = state.get("positions.v").toDoubleArray();
                int width = layer.config().width(), waves = (width + 1) / 2;
                for (int c = 0; c < d; c++) {
                    double r = 0;
                    for (int i = 0; i < width; i++) {
                        double angle = (p - j) * Math.pow(10_000, -2.0 * (i % waves) / width);
                        r += w[(head * d + c) * width + i] * (i < waves ? Math.sin(angle) : Math.cos(angle));
                    }
                    sum += (q[c] + v[head * d + c]) * r;
                }
                return sum / Math.sqrt(d);
            }
        }
    }

    @Acceptance(topic = "relative-position-encoding", clause = 3)
    @Test void theSkewEqualsTheNaiveGather() {
        double worst = 0, values = 0, given = 0;
        int shapes = 0;
        var rng = Rng.of(3);
        for (int trial = 0; trial < 100; trial++) {
            int heads = 1 + rng.nextInt(3), d = 1 + rng.nextInt(7), queries = 1 + rng.nextInt(12), keys = queries + rng.nextInt(12);
            var kind = KINDS.get(trial % 4);
            var layer = layer(kind, heads * d, heads, trial);
            var q = normal(trial, 2, heads, queries, d);
            double[] all = q.toDoubleArray(), scores = new double[2 * heads * queries * keys];
            for (int b = 0; b < 2 * heads; b++) for (int i = 0; i < queries; i++) for (int j = 0; j < keys; j++) {
                var one = Arrays.copyOfRange(all, (b * queries + i) * d, (b * queries + i + 1) * d);
                scores[(b * queries + i) * keys + j] = naive(kind, layer, one, b % heads, d, keys - queries + i, j);
            }
            var expected = Tensor.of(scores, 2, heads, queries, keys);
            worst = Math.max(worst, distance(layer.positions().scores(q, keys, new Attention()), expected));
            var starts = new Attention().withQueryStarts(Tensor.of(new long[] {keys - queries, keys - queries}));
            given = Math.max(given, distance(layer.positions().scores(q, keys, starts), expected));
            if (kind instanceof RelativePosition.Offsets shaw) {
                var weights = normal(trial + 5, 2, heads, queries, keys);
                double[] w = weights.toDoubleArray(), table = layer.state().get("positions.values").toDoubleArray(),
                        found = new double[2 * heads * queries * d];
                for (int row = 0; row < 2 * heads * queries; row++) for (int j = 0; j < keys; j++) {
                    int offset = Math.clamp(j - (keys - queries + row % queries), -shaw.clip(), shaw.clip()) + shaw.clip();
                    for (int c = 0; c < d; c++) found[row * d + c] += w[row * keys + j] * table[offset * d + c];
                }
                for (var mask : List.of(new Attention(), starts))
                    values = Math.max(values, distance(layer.positions().found(weights, mask), Tensor.of(found, 2, heads, queries, d)));
            }
            shapes++;
        }
        Evidence.of("shapes, of Shaw's, T5's and Transformer-XL's", shapes, exactly(100));
        Evidence.of("largest distance of skewed scores from gathered ones", worst, below(1e-6));
        Evidence.of("of scores at given positions", given, below(1e-6));
        Evidence.of("of what Shaw's values add", values, below(1e-6));
    }

    /** A whole layer with Shaw's vectors, and one with u of Transformer-XL, by their definitions; gradients by differences. */
    @Test void layersEqualTheirDefinitionsAndHaveGradients() {
        for (var kind : KINDS) {
            var layer = layer(kind, 6, 2, 3);
            var x = normal(4, 1, 5, 6);
            Tensor q = heads(x, layer, "q_proj"), k = heads(x, layer, "k_proj"), v = heads(x, layer, "v_proj");
            var u = layer.state().get("positions.u");
            var weights = (u == null ? q : q.add(u.unsqueeze(1))).matmul(k.transpose()).div(Math.sqrt(3))
                    .add(layer.positions().scores(q, 5, new Attention())).softmax(-1);
            var found = weights.matmul(v);
            if (kind instanceof RelativePosition.Offsets) found = found.add(layer.positions().found(weights, new Attention()));
            var y = found.transpose(1, 2).reshape(1, 5, 6).matmul(layer.state().get("o_proj.weight").transpose())
                    .add(layer.state().get("o_proj.bias"));
            assertThat(distance(layer.forward(x), y)).isLessThan(1e-12);
            assertThat(distance(layer.weights(x, x).values(), weights)).isLessThan(1e-12);
            layer.forward(x).square().sum().backward();
            for (var name : layer.parameters("positions.*").keySet()) {
                var p = layer.parameters().get(name);
                var place = Tensor.zeros(DType.F64, p.count()).scatter(0, Tensor.of(new long[] {p.count() / 2}), Tensor.ones(DType.F64, 1))
                        .reshape(p.shape().toArray());
                double slope = (loss(layer, name, p.detach().add(place.mul(1e-5)), x)
                        - loss(layer, name, p.detach().sub(place.mul(1e-5)), x)) / 2e-5;
                assertThat(p.grad().mul(place).sum().item()).as(kind + " " + name).isCloseTo(slope, within(1e-6));
            }
        }
    }

    private static double loss(Module layer, String name, Tensor value, Tensor x) {
        return Module.with(layer, Map.of(name, value)).forward(x).square().sum().item();
    }

    private static Tensor heads(Tensor x, Module layer, String name) {
        var y = x.matmul(layer.state().get(name + ".weight").transpose()).add(layer.state().get(name + ".bias"));
        return y.reshape(1, x.size(1), 2, 3).transpose(1, 2);
    }

    @Test void aStackSharesT5sTableAndCountsItsParameters() {
        var config = TransformerConfig.original(8, 2, 16).positioned(RelativePosition.t5(true));
        var encoder = new TransformerEncoder(config, 3, Rng.of(1));
        assertThat(encoder.parameters().keySet().stream().filter(n -> n.contains("positions")))
                .containsExactly("layers.0.attention.positions.weight");
        var own = new TransformerEncoder(config.positioned(new RelativePosition.Buckets(32, 128, true, false)), 3, Rng.of(1));
        assertThat(own.parameters("*positions*")).hasSize(3);
        for (var kind : KINDS) {
            var block = config.positioned(kind);
            assertThat(new TransformerBlock(block, Rng.of(1)).parameterCount()).isEqualTo(block.blockParameters());
        }
    }

    @Test void badOptionsAreRefused() {
        assertThatThrownBy(() -> RelativePosition.shaw(0)).hasMessageContaining("clip is 0");
        assertThatThrownBy(() -> new RelativePosition.Buckets(3, 20, true, true)).hasMessageContaining("3 buckets");
        assertThatThrownBy(() -> new RelativePosition.Buckets(32, 8, true, true)).hasMessageContaining("8 near ones");
        assertThatThrownBy(() -> RelativeBias.skewed(normal(1, 2, 3, 4), 3, 3)).hasMessageContaining("queries + keys - 1");
    }
}
