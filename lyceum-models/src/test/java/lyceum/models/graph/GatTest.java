package lyceum.models.graph;

import static lyceum.models.graph.RandomGraphs.directed;
import static lyceum.models.graph.RandomGraphs.distance;
import static lyceum.models.graph.RandomGraphs.normal;
import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.data.scenes.BlockGraphs;
import lyceum.models.graph.GatLayer.Scoring;
import lyceum.nn.Activation;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class GatTest {
    private static final Golden GOLDEN = Golden.load("golden/gat.json");

    private static GatLayer layer(Scoring scoring, int inputs, int width, int heads, boolean concat, int features, Rng rng) {
        return new GatLayer(inputs, width, heads, concat, features, scoring, true, 0, DType.F64, rng);
    }

    @Acceptance(topic = "gat", clause = 1)
    @Test void coefficientsOfANodeSumToOne() {
        double worst = 0, uneven = 0;
        int nodes = 0;
        for (int seed = 1; seed <= 20; seed++) for (var scoring : Scoring.values()) {
            var rng = Rng.of(seed);
            int n = 3 + seed;
            var g = directed(n, 0.3, rng);
            var looks = layer(scoring, 4, 3, 2, true, 0, rng).attention(g, normal(rng, n, 4).mul(30.0));
            double[] share = looks.shares().toDoubleArray();
            var sum = new double[2 * n];
            long[] target = looks.graph().target().toLongArray();
            assertThat(looks.graph().edges()).isEqualTo(g.edges() + n);
            for (int e = 0; e < target.length; e++) for (int h = 0; h < 2; h++) {
                sum[(int) target[e] * 2 + h] += share[2 * e + h];
                uneven = Math.max(uneven, share[2 * e + h] * looks.graph().inDegree((int) target[e]));
            }
            for (double s : sum) worst = Math.max(worst, Math.abs(s - 1));
            nodes += 2 * n;
        }
        Evidence.of("sums", nodes, above(500));
        Evidence.of("largest share times degree, 1 for a plain mean", uneven, above(2));
        Evidence.of("largest distance of a sum from 1", worst, below(1e-6));
    }

    @Acceptance(topic = "gat", clause = 2)
    @Test void layersEqualADensePyTorch() {
        for (var scoring : Scoring.values()) {
            var gap = Gap.relativeBeyondOne();
            double shares = 0;
            int cases = 0;
            for (var c : GOLDEN.cases(scoring.name())) {
                int[] size = c.ints("input.sizes");
                int n = c.integer("input.nodes");
                var layer = layer(scoring, size[0], size[2], size[1], c.flag("input.concat"), size[3], Rng.of(1));
                var features = size[3] == 0 ? null : DenseTwin.read(c, "features", c.ints("input.source").length, size[3]);
                var g = DenseTwin.graph(c, null, features);
                var x = DenseTwin.read(c, "x", n, size[0]);
                DenseTwin.compare(gap, c, layer, g, x,
                        features == null ? new LinkedHashMap<>() : new LinkedHashMap<>(Map.of("features", features)));
                var looks = layer.attention(g, x);
                double[] alpha = c.doubles("expected.alpha"), own = looks.shares().toDoubleArray();
                int[][] at = RandomGraphs.edgeAt(looks.graph());
                for (int v = 0; v < n; v++)
                    for (int u = 0; u < n; u++)
                        for (int h = 0; h < size[1]; h++)
                            shares = Math.max(shares,
                                    Math.abs(alpha[(v * n + u) * size[1] + h] - (at[v][u] < 0 ? 0 : own[at[v][u] * size[1] + h])));
                cases++;
            }
            Evidence.of(scoring + ": layers", cases, exactly(4));
            Evidence.of(scoring + ": largest gap of outputs and gradients", gap, below(1e-6));
            Evidence.of(scoring + ": largest gap of coefficients", shares, below(1e-6));
        }
    }

    @Acceptance(topic = "gat", clause = 3)
    @Test void aZeroVectorGivesThePlainMean() {
        double worst = 0, other = Double.POSITIVE_INFINITY;
        for (int seed = 1; seed <= 10; seed++) for (var scoring : Scoring.values()) {
            var rng = Rng.of(seed);
            int n = 3 + seed;
            var g = directed(n, 0.4, rng);
            var h = normal(rng, n, 4);
            var layer = layer(scoring, 4, 3, 2, true, 0, rng);
            var w = layer.state().get(scoring == Scoring.STATIC ? "lin.weight" : "lin_l.weight");
            var said = h.matmul(w.transpose()).detach();
            if (scoring == Scoring.DYNAMIC) said = said.add(layer.state().get("lin_l.bias")).detach();
            var mean = new double[n][];
            for (int v = 0; v < n; v++) {
                int[] all = Arrays.copyOf(g.neighbours(v), g.inDegree(v) + 1);
                all[all.length - 1] = v;
                mean[v] = said.rows(all).mean(0).toDoubleArray();
            }
            other = Math.min(other, distance(layer.forward(g, h), Tensor.of(mean)));
            var zero = new LinkedHashMap<>(layer.state());
            zero.replaceAll((name, t) -> name.startsWith("att") ? t.zerosLike() : t.detach().copy());
            layer.load(zero);
            worst = Math.max(worst, distance(layer.forward(g, h), Tensor.of(mean)));
        }
        Evidence.of("least distance from the mean before", other, above(1e-3));
        Evidence.of("largest distance from the mean", worst, below(1e-6));
    }

    /** Keys 0 to 9 with a value each, and 10 nodes that each ask for a key: every key is heard by everyone who asks. */
    private static final int KEYS = 10;

    private static GraphData dictionary() {
        int[] from = new int[KEYS * KEYS], to = new int[KEYS * KEYS];
        for (int i = 0; i < from.length; i++) {
            from[i] = i % KEYS;
            to[i] = KEYS + i / KEYS;
        }
        return GraphData.of(2 * KEYS, from, to);
    }

    private static Tensor features(int[] values) {
        var x = new float[2 * KEYS * 2 * KEYS];
        for (int i = 0; i < KEYS; i++) {
            x[i * 2 * KEYS + i] = 1;
            x[i * 2 * KEYS + KEYS + values[i]] = 1;
            x[(KEYS + i) * 2 * KEYS + i] = 1;
        }
        return Tensor.of(x, 2 * KEYS, 2 * KEYS);
    }

    static double lookup(Scoring scoring, int width, int steps, long seed) {
        var rng = Rng.of(seed);
        int batch = 8;
        var layer = new GatLayer(2 * KEYS, width, 1, true, 0, scoring, false, 0, DType.F32, rng);
        var head = new Linear(width, KEYS, true, DType.F32, Init.glorotUniform(), rng);
        var model = new GraphStack(List.of(layer), Activation.IDENTITY, 0, false, Aggregation.MEAN, head);
        var one = dictionary();
        var g = GraphData.batch(Collections.nCopies(batch, one));
        int[] asking = new int[batch * KEYS];
        for (int i = 0; i < asking.length; i++) asking[i] = i / KEYS * 2 * KEYS + KEYS + i % KEYS;
        Learning.train(model, (rows, pass) -> {
            var x = new Tensor[batch];
            var y = new int[batch * KEYS];
            for (int b = 0; b < batch; b++) {
                int[] values = pass.rng().split(b).permutation(KEYS);
                x[b] = features(values);
                System.arraycopy(values, 0, y, b * KEYS, KEYS);
            }
            var h = layer.forward(g, Tensor.concat(0, x), pass).rows(asking);
            return Loss.crossEntropy(head.forward(h, pass), Tensor.of(y));
        }, 1, steps, 0.03, 0, rng.split(5));
        int right = 0, tests = 50;
        for (int t = 0; t < tests; t++) {
            int[] values = Rng.of(1_000_003 + t).permutation(KEYS);
            var found = head.forward(layer.forward(one, features(values)).narrow(0, KEYS, KEYS)).argmax(1).toIntArray();
            for (int i = 0; i < KEYS; i++) if (found[i] == values[i]) right++;
        }
        return (double) right / (tests * KEYS);
    }

    @Acceptance(topic = "gat", clause = 4)
    @Test void onlyDynamicAttentionLooksUpADictionary() {
        double least = 1, best = 0;
        for (int seed = 1; seed <= 3; seed++) {
            least = Math.min(least, lookup(Scoring.DYNAMIC, 64, 300, seed));
            best = Math.max(best, lookup(Scoring.STATIC, 64, 300, seed));
        }
        Evidence.of("untrained", lookup(Scoring.DYNAMIC, 64, 1, 1), below(0.3));
        Evidence.of("dynamic, on unseen assignments, least of 3 seeds", least, exactly(1));
        Evidence.of("static, on unseen assignments, best of 3 seeds", best, atMost(0.6));
    }

    @Acceptance(topic = "gat", clause = 5)
    @Test void trainedOnOneGraphItKnowsOthers() {
        var blocks = new BlockGraphs();
        var data = blocks.sample(Rng.of(1));
        var gat = Gat.create(new GatConfig(16, 4).withHeads(4).withWidth(8).withDropout(0.3), Rng.of(1));
        int[] labelled = Learning.labelled(data, 60);
        double untrained = 0, least = 1;
        for (int seed = 2; seed <= 6; seed++) {
            var other = blocks.sample(Rng.of(seed));
            untrained = Math.max(untrained, Learning.accuracy(gat.classes(Learning.graph(other), other.features()), other));
        }
        Learning.train(gat, Learning.nodes(gat, Learning.graph(data), data, labelled), labelled.length, 60, 0.01, 5e-4, Rng.of(2));
        for (int seed = 2; seed <= 6; seed++) {
            var other = blocks.sample(Rng.of(seed));
            least = Math.min(least, Learning.accuracy(gat.classes(Learning.graph(other), other.features()), other));
        }
        Evidence.of("best untrained accuracy on 5 unseen graphs", untrained, below(0.6));
        Evidence.of("least accuracy on 5 unseen graphs", least, atLeast(0.9));
    }

    @Acceptance(topic = "gat", clause = 6)
    @Test void falseEdgesWeighLess() {
        double[] found = falseEdges(1);
        Evidence.of("before training", found[0], below(1.3));
        Evidence.of("mean share of true edges over that of added ones", found[1], atLeast(1.5));
    }

    static double[] falseEdges(int seed) {
        var clean = new BlockGraphs().withSignal(3).withBetween(0).sample(Rng.of(seed));
        var data = BlockGraphs.withFalseEdges(clean, (int) (0.4 * clean.edges()), Rng.of(seed + 100));
        var gat = Gat.create(new GatConfig(16, 4).withLayers(1).withOutputHeads(4).withLoops(false), Rng.of(seed));
        var g = Learning.graph(data);
        double before = ratio(gat, g, data.labels(), data.features());
        int[] labelled = Learning.labelled(data, 40);
        Learning.train(gat, Learning.nodes(gat, g, data, labelled), labelled.length, 100, 0.01, 5e-4, Rng.of(seed));
        return new double[] {before, ratio(gat, g, data.labels(), data.features())};
    }

    private static double ratio(Gat gat, GraphData g, int[] label, Tensor x) {
        var looks = gat.layer(0).attention(g, x);
        var share = looks.shares().mean(1).toDoubleArray();
        long[] from = looks.graph().source().toLongArray(), to = looks.graph().target().toLongArray();
        double same = 0, other = 0;
        int n = 0, m = 0;
        for (int e = 0; e < share.length; e++) {
            if (from[e] == to[e]) continue;
            if (label[(int) from[e]] == label[(int) to[e]]) {
                same += share[e];
                n++;
            } else {
                other += share[e];
                m++;
            }
        }
        return same / n / (other / m);
    }

    @Test void headsAreJoinedOrAveragedAndSharesDroppedInTrainingOnly() {
        var rng = Rng.of(1);
        var g = directed(6, 0.4, rng);
        var h = normal(rng, 6, 4);
        GatLayer joined = layer(Scoring.DYNAMIC, 4, 3, 2, true, 0, Rng.of(2)), mean = layer(Scoring.DYNAMIC, 4, 3, 2, false, 0, Rng.of(2));
        assertThat(distance(joined.forward(g, h).reshape(6, 2, 3).mean(1), mean.forward(g, h))).isLessThan(1e-12);
        var dropping = new GatLayer(4, 3, 2, true, 0, Scoring.DYNAMIC, true, 0.5, DType.F64, Rng.of(2));
        assertThat(distance(dropping.forward(g, h), joined.forward(g, h))).isZero();
        assertThat(distance(dropping.forward(g, h, Pass.training(Rng.of(1))), joined.forward(g, h))).isGreaterThan(1e-3);
        assertThatThrownBy(() -> layer(Scoring.STATIC, 4, 3, 2, true, 2, rng).forward(g, h)).hasMessageContaining("no features");
        assertThatThrownBy(() -> new GatConfig(4, 2).withAttentionDropout(-1)).hasMessageContaining("attention -1.0");
        var graphs = Gat.create(new GatConfig(4, 3).withTask(GraphTask.GRAPH), Rng.of(1));
        assertThat(graphs.forward(GraphData.batch(List.of(g, g)), Tensor.ones(12, 4)).shape().toArray()).containsExactly(2, 3);
        assertThat(Gat.create(new GatConfig(4, 3).withFeatures(2), Rng.of(1))
                .forward(g.withFeatures(Tensor.ones(g.edges(), 2)), Tensor.ones(6, 4)).size(1)).isEqualTo(3);
    }
}
