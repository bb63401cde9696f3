package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.linalg.Qr;
import lyceum.linalg.Svd;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class QkvProjectionTest {
    private static double distance(Tensor a, Tensor b) { return a.to(DType.F64).sub(b.to(DType.F64)).abs().max().item(); }

    @Acceptance(topic = "qkv", clause = 1)
    @Test void everyLayoutGivesTheSameBits() {
        long differ = 0, compared = 0;
        int shapes = 0;
        for (; shapes < 50; shapes++) {
            var rng = Rng.of(shapes);
            int keyHeads = 1 + rng.nextInt(4), heads = keyHeads * (1 + rng.nextInt(3)), d = 1 + rng.nextInt(8), width = 1 + rng.nextInt(40);
            Tensor q = Tensor.randn(rng, heads * d, width).compute(), k = Tensor.randn(rng, keyHeads * d, width).compute(),
                    v = Tensor.randn(rng, keyHeads * d, width).compute();
            Tensor qb = Tensor.randn(rng, heads * d).compute(), kb = Tensor.randn(rng, keyHeads * d).compute(),
                    vb = Tensor.randn(rng, keyHeads * d).compute();
            var x = Tensor.randn(rng, 2, 1 + rng.nextInt(9), width).compute();
            // The reference: three layers, and heads cut out one by one.
            var expected = new Tensor[] {new Linear(q, qb).forward(x), new Linear(k, kb).forward(x), new Linear(v, vb).forward(x)};
            var separate = QkvProjection.of(d, q, k, v, qb, kb, vb);
            for (var from : QkvProjection.Layout.values()) for (var to : QkvProjection.Layout.values()) {
                var split = separate.to(from).to(to).split(x, Pass.inference());
                Tensor[] parts = {split.q(), split.k(), split.v()};
                for (int i = 0; i < 3; i++) {
                    double[] ours = parts[i].transpose(1, 2).reshape(x.size(0), x.size(1), -1).toDoubleArray(),
                            theirs = expected[i].toDoubleArray();
                    for (int j = 0; j < ours.length; j++)
                        if (Double.doubleToRawLongBits(ours[j]) != Double.doubleToRawLongBits(theirs[j])) differ++;
                    compared += ours.length;
                }
            }
        }
        Evidence.of("shapes", shapes, exactly(50));
        Evidence.of("numbers that differ of " + compared, differ, exactly(0));
    }

    /** The layouts as checkpoints write them, by their definitions: which row of the fused weight is which. */
    @Test void layoutsAreThoseOfTheCheckpoints() {
        int heads = 4, keyHeads = 2, d = 3, width = 5;
        Tensor q = Tensor.arange(heads * d * width).reshape(heads * d, width).to(DType.F32),
                k = Tensor.arange(keyHeads * d * width).reshape(keyHeads * d, width).to(DType.F32).add(1000),
                v = Tensor.arange(keyHeads * d * width).reshape(keyHeads * d, width).to(DType.F32).add(2000);
        var separate = QkvProjection.of(d, q, k, v, null, null, null);
        double[][] falcon = rows(separate.to(QkvProjection.Layout.INTERLEAVED).weight()), qs = rows(q), ks = rows(k), vs = rows(v);
        for (int group = 0; group < keyHeads; group++) for (int row = 0; row < d; row++) {
            int base = group * 4 * d;
            assertThat(falcon[base + row]).isEqualTo(qs[2 * group * d + row]);
            assertThat(falcon[base + d + row]).isEqualTo(qs[(2 * group + 1) * d + row]);
            assertThat(falcon[base + 2 * d + row]).isEqualTo(ks[group * d + row]);
            assertThat(falcon[base + 3 * d + row]).isEqualTo(vs[group * d + row]);
        }
        double[][] gpt = rows(separate.to(QkvProjection.Layout.FUSED_TRANSPOSED).weight().transpose());
        assertThat(gpt[heads * d]).isEqualTo(ks[0]);
        assertThatThrownBy(() -> QkvProjection.of(QkvProjection.Layout.FUSED, 4, 2, 3, q, null)).hasMessageContaining("axis 0 has 24");
    }

    private static double[][] rows(Tensor t) {
        var rows = new double[(int) t.size(0)][];
        for (int i = 0; i < rows.length; i++) rows[i] = t.get(i).toDoubleArray();
        return rows;
    }

    @Acceptance(topic = "qkv", clause = 2)
    @Acceptance(topic = "qkv", clause = 3)
    @Test void sharpQueriesLookValuesUp() {
        double worst = 0, together = 0, alone = Double.POSITIVE_INFINITY;
        int lookUps = 0;
        for (int trial = 0; trial < 50; trial++) {
            var rng = Rng.of(trial);
            Tensor keys = Qr.of(Tensor.randn(rng, DType.F64, 20, 20)).q(), values = Tensor.randn(rng, DType.F64, 20, 6).compute();
            int[] asked = rng.permutation(20);
            var dictionary = new Attention().withScale(50);
            // A projection that takes its states, a key beside a value, apart: queries and keys are the first twenty numbers, values the rest.
            Tensor first = Tensor.concat(1, Tensor.eye(DType.F64, 20), Tensor.zeros(DType.F64, 20, 6)),
                    rest = Tensor.concat(1, Tensor.zeros(DType.F64, 6, 20), Tensor.eye(DType.F64, 6), Tensor.zeros(DType.F64, 6, 0));
            var projection = QkvProjection.of(20, first, first, Tensor.concat(0, rest, Tensor.zeros(DType.F64, 14, 26)), null, null, null)
                    .to(QkvProjection.Layout.INTERLEAVED);
            var states = Tensor.concat(1, keys, values).unsqueeze(0);
            var heads = projection.split(states, Pass.inference());
            var found = dictionary.of(heads.q().get(0).get(0).rows(asked), heads.k().get(0).get(0), heads.v().get(0).get(0)).narrow(1, 0,
                    6);
            worst = Math.max(worst, distance(found, values.rows(asked)));
            lookUps += asked.length;
            int[] order = rng.permutation(20);
            together = Math.max(together, distance(dictionary.of(keys.rows(asked), keys.rows(order), values.rows(order)), found));
            var wrong = dictionary.of(keys.rows(asked), keys.rows(order), values);
            for (int i = 0; i < 20; i++)
                if (order[asked[i]] != asked[i] && indexOf(order, asked[i]) != asked[i])
                    alone = Math.min(alone, distance(wrong.get(i), found.get(i)));
        }
        Evidence.of("look-ups", lookUps, exactly(1000));
        Evidence.of("largest distance from the value under the key", worst, below(1e-6));
        Evidence.of("largest change when keys and values are permuted together", together, below(1e-6));
        Evidence.of("least change of a moved key's value when keys are permuted alone", alone, above(0.01));
    }

    private static int indexOf(int[] order, int item) {
        for (int i = 0; i < order.length; i++) if (order[i] == item) return i;
        return -1;
    }

    @Acceptance(topic = "projection-matrix", clause = 1)
    @Test void linearEqualsPyTorchs() {
        var gap = Gap.relativeBeyondOne();
        var cases = Golden.load("golden/projection-matrix.json").list("cases");
        for (var c : cases) {
            int[] n = c.ints("input.sizes");
            var twin = new Twin((long) c.number("input.seed"));
            var layer = twin.fill(new Linear(n[1], n[2], c.flag("input.bias"), DType.F64, Init.zeros(), Rng.of(0)));
            var x = twin.draw(2, n[0], n[1]).requiresGrad();
            twin.compare(gap, c, layer.parameters(), List.of(x), List.of(layer.forward(x)));
        }
        Evidence.of("layers", cases.size(), exactly(30));
        Evidence.of("largest gap of outputs and gradients", gap, below(1e-6));
    }

    @Acceptance(topic = "projection-matrix", clause = 2)
    @Test void aHeadsQkMatrixHasTheRankOfItsWidth() {
        double beyond = 0, last = Double.POSITIVE_INFINITY, told = 0;
        int heads = 0;
        for (int trial = 0; heads < 100; trial++) {
            var rng = Rng.of(trial);
            int d = 2 + rng.nextInt(7), count = 4 + rng.nextInt(4);
            var layer = new MultiHeadAttention(new AttentionConfig(count * d, count).withDtype(DType.F64), rng);
            for (int h = 0; h < count && heads < 100; h++, heads++) {
                var x = Tensor.randn(rng, DType.F64, 1, 5, (long) count * d).compute();
                var alone = Module.with(layer, withoutBiases(layer));
                var scores = x.get(0).matmul(layer.head(h).qk()).matmul(x.get(0).transpose()).div(Math.sqrt(d));
                var weights = alone.weights(x, x).values().get(0);
                told = Math.max(told, distance(scores.softmax(-1), weights.get(h)));
                if (h == 0) {
                    var sum = Tensor.zeros(DType.F64, 5, (long) count * d);
                    for (int i = 0; i < count; i++) sum = sum.add(weights.get(i).matmul(x.get(0)).matmul(layer.head(i).ov()));
                    told = Math.max(told, distance(sum, alone.forward(x).get(0)));
                }
                for (var matrix : List.of(layer.head(h).qk(), layer.head(h).ov())) {
                    double[] spectrum = Svd.of(matrix).s().toDoubleArray();
                    beyond = Math.max(beyond, spectrum[d] / spectrum[0]);
                    last = Math.min(last, spectrum[d - 1] / spectrum[0]);
                }
            }
        }
        Evidence.of("heads", heads, exactly(100));
        Evidence.of("largest singular value beyond the head's width, over the first", beyond, below(1e-6));
        Evidence.of("least one within it", last, above(1e-6));
        Evidence.of("weights and outputs by these matrices, from the layer's own", told, below(1e-10));
    }

    private static Map<String, Tensor> withoutBiases(Module layer) {
        var zeros = new HashMap<String, Tensor>();
        layer.state().forEach((name, tensor) -> { if (name.endsWith("bias")) zeros.put(name, tensor.zerosLike()); });
        return zeros;
    }

    @Acceptance(topic = "projection-matrix", clause = 3)
    @Test void onlyTheProductOfQueryAndKeyMatricesCounts() {
        double worst = 0, wrong = Double.POSITIVE_INFINITY;
        for (int trial = 0; trial < 50; trial++) {
            var rng = Rng.of(trial);
            int d = 8;
            var layer = new MultiHeadAttention(new AttentionConfig(24, 3).withBias(false), rng);
            var x = Tensor.randn(rng, DType.F32, 1, 9, 24).compute();
            var y = layer.forward(x);
            Tensor wq = layer.state().get("q_proj.weight").detach().to(DType.F64),
                    wk = layer.state().get("k_proj.weight").detach().to(DType.F64);
            // A = U diag(s) V' with s between 1 and 8: its condition number is below 10.
            Tensor u = Qr.of(Tensor.randn(rng, DType.F64, d, d)).q(), v = Qr.of(Tensor.randn(rng, DType.F64, d, d)).q(),
                    s = Tensor.rand(rng, DType.F64, d).mul(7).add(1);
            Tensor a = u.mul(s).matmul(v.transpose()), inverseTransposed = u.div(s).matmul(v.transpose());
            // Column form: W_Q A acts on row vectors; rows of the weight are its transpose.
            var changed = new HashMap<String, Tensor>();
            changed.put("q_proj.weight", Tensor.concat(0, a.transpose().matmul(wq.narrow(0, 0, d)), wq.narrow(0, d, 2L * d)).to(DType.F32));
            changed.put("k_proj.weight",
                    Tensor.concat(0, inverseTransposed.transpose().matmul(wk.narrow(0, 0, d)), wk.narrow(0, d, 2L * d)).to(DType.F32));
            worst = Math.max(worst, distance(Module.with(layer, changed).forward(x), y));
            wrong = Math.min(wrong, distance(Module.with(layer, Map.of("q_proj.weight", changed.get("q_proj.weight"))).forward(x), y));
        }
        Evidence.of("largest change of the output", worst, below(1e-4));
        Evidence.of("least change where the keys stay", wrong, above(1e-3));
    }
}
