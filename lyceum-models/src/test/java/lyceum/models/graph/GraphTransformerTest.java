package lyceum.models.graph;

import static lyceum.models.graph.RandomGraphs.directed;
import static lyceum.models.graph.RandomGraphs.distance;
import static lyceum.models.graph.RandomGraphs.moved;
import static lyceum.models.graph.RandomGraphs.normal;
import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.BiFunction;
import lyceum.DType;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class GraphTransformerTest {

    private static GraphTransformerConfig everything() {
        return new GraphTransformerConfig(3, 8, 2, 2, 4).withWalks(4).withHops(3).withDegrees(3).withFeatures(2).withLocal(true)
                .withDtype(DType.F64);
    }

    private static GraphData featured(int n, Rng rng) {
        var g = directed(n, 0.3, rng);
        return g.withFeatures(normal(rng, g.edges(), 2));
    }

    @Acceptance(topic = "graph-transformer", clause = 1)
    @Test void outputsPermuteWithTheNodesAndIgnoreOtherGraphs() {
        double recomputed = 0, carried = 0, alone = 0, moving = 0;
        int permutations = 0;
        for (int seed = 1; seed <= 10; seed++) {
            var rng = Rng.of(seed);
            int n = 4 + seed;
            GraphData g = featured(n, rng), other = featured(3 + 2 * seed, rng);
            Tensor x = normal(rng, n, 3), y = normal(rng, other.nodes(), 3);
            var walking = GraphTransformer.create(everything(), rng);
            var spectral = GraphTransformer.create(everything().withEigenvectors(3), rng);
            GraphPositions at = walking.positions(g), spectrum = spectral.positions(g);
            Tensor out = walking.forward(g, x), out2 = spectral.forward(g, x, spectrum, Pass.inference());
            for (int k = 0; k < 10; k++) {
                int[] to = rng.permutation(n);
                var h = g.renumbered(to);
                recomputed = Math.max(recomputed, distance(walking.forward(h, moved(x, to)), moved(out, to)));
                carried = Math.max(carried,
                        distance(spectral.forward(h, moved(x, to), spectrum.renumbered(h, to), Pass.inference()), moved(out2, to)));
                moving = Math.max(moving, distance(out, moved(out, to)));
                permutations++;
            }
            var all = GraphData.batch(List.of(g, other, g));
            var together = spectral.forward(all, Tensor.concat(0, x, y, x),
                    GraphPositions.batch(List.of(spectrum, spectral.positions(other), spectrum)), Pass.inference());
            alone = Math.max(alone,
                    Math.max(distance(together.narrow(0, 0, n), out2), distance(together.narrow(0, n + other.nodes(), n), out2)));
            alone = Math.max(alone, distance(together.narrow(0, n, other.nodes()), spectral.forward(other, y)));
            assertThat(at.graphs()).isEqualTo(1);
        }
        Evidence.of("permutations", permutations, exactly(100));
        Evidence.of("how far outputs differ from node to node", moving, above(0.1));
        Evidence.of("walks and hops recomputed: distance from the permuted output", recomputed, below(1e-6));
        Evidence.of("eigenvectors carried along: distance", carried, below(1e-6));
        Evidence.of("distance alone and in a batch", alone, below(1e-6));
    }

    @Acceptance(topic = "graph-transformer", clause = 2)
    @Test void hopsEqualFloydWarshallAndWalksThePowers() {
        int wrong = 0, pairs = 0, none = 0;
        double worst = 0;
        for (int seed = 1; seed <= 30; seed++) {
            var rng = Rng.of(seed);
            int n = 3 + seed % 12;
            var g = directed(n, 0.2, rng);
            if (seed % 2 == 0) g = g.withWeights(Tensor.rand(rng, DType.F64, g.edges()).add(0.1).compute());
            int[][] at = RandomGraphs.edgeAt(g);
            var d = new double[n][n];
            var a = new double[n][n];
            for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) {
                boolean edge = at[j][i] >= 0;
                d[i][j] = i == j ? 0 : edge ? 1 : Double.POSITIVE_INFINITY;
                a[i][j] = edge ? g.weights() == null ? 1 : g.weights().item(at[j][i]) : 0;
            }
            for (int k = 0; k < n; k++)
                for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) d[i][j] = Math.min(d[i][j], d[i][k] + d[k][j]);
            var p = GraphPositions.of(g, 0, 6);
            for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) {
                if (Double.isInfinite(d[i][j])) none++;
                if (p.hops(i, j) != (Double.isInfinite(d[i][j]) ? -1 : (int) d[i][j])) wrong++;
                pairs++;
            }
            for (var row : a) {
                double sum = 0;
                for (double v : row) sum += v;
                for (int j = 0; j < n && sum > 0; j++) row[j] /= sum;
            }
            var power = a;
            for (int r = 0; r < 6; r++) {
                for (int i = 0; i < n; i++) worst = Math.max(worst, Math.abs(p.walks().item(i, r) - power[i][i]));
                var next = new double[n][n];
                for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) for (int k = 0; k < n; k++) next[i][j] += power[i][k] * a[k][j];
                power = next;
            }
        }
        Evidence.of("pairs", pairs, above(2000));
        Evidence.of("of them without a path", none, above(100));
        Evidence.of("hops that differ from Floyd-Warshall", wrong, exactly(0));
        Evidence.of("walks: largest distance from the diagonal of the power", worst, below(1e-10));
    }

    @Acceptance(topic = "graph-transformer", clause = 3)
    @Test void walksTellTwoTrianglesFromAHexagon() {
        double apart = Double.POSITIVE_INFINITY, same = 0;
        GraphData two = RandomGraphs.twoTriangles(), ring = RandomGraphs.cycle(6);
        var x = Tensor.ones(DType.F64, 6, 3);
        for (int seed = 1; seed <= 5; seed++) {
            var model = GraphTransformer.create(
                    new GraphTransformerConfig(3, 16, 2, 2, 8).withWalks(4).withHops(0).withTask(GraphTask.GRAPH).withDtype(DType.F64),
                    Rng.of(seed));
            apart = Math.min(apart, distance(model.forward(two, x), model.forward(ring, x)));
            var gcn = Gcn.create(new GcnConfig(3, 16, 8).withTask(GraphTask.GRAPH).withDropout(0).withDtype(DType.F64), Rng.of(seed));
            same = Math.max(same, distance(gcn.forward(two, x), gcn.forward(ring, x)));
        }
        Evidence.of("with walks: least distance of embeddings", apart, above(1e-2));
        Evidence.of("GCN: largest distance", same, below(1e-9));
    }

    private static final int PATH = 10;

    /** Labels, 0 or 1, of the 11 nodes of paths of 10 edges: only the ends count. */
    private static Tensor features(int[] labels) {
        var x = new float[2 * labels.length];
        for (int i = 0; i < labels.length; i++) x[2 * i + labels[i]] = 1;
        return Tensor.of(x, labels.length, 2);
    }

    private static int[] labels(int paths, Rng rng) { return rng.ints((long) paths * (PATH + 1), 0, 2).toArray(); }

    private static Tensor answers(int[] labels) {
        var y = new int[labels.length / (PATH + 1)];
        for (int i = 0; i < y.length; i++) y[i] = labels[i * (PATH + 1)] == labels[i * (PATH + 1) + PATH] ? 1 : 0;
        return Tensor.of(y);
    }

    private static int[] ends(int paths) {
        var ends = new int[paths];
        for (int i = 0; i < paths; i++) ends[i] = i * (PATH + 1);
        return ends;
    }

    /** Accuracy on 1,000 new paths; {@code forward} takes labels and a pass. */
    private static double comparing(Module model, BiFunction<int[], Pass, Tensor> forward, int steps) {
        Learning.train(model, (rows, pass) -> {
            int[] labels = labels(32, pass.rng().split(1));
            return Loss.crossEntropy(forward.apply(labels, pass).rows(ends(32)), answers(labels));
        }, 1, steps, 5e-3, 0, Rng.of(1));
        int right = 0, n = 0;
        for (int part = 0; part < 1000; part += 100) {
            int[] labels = labels(100, Rng.of(1_000_003 + part));
            int[] found = forward.apply(labels, Pass.inference()).rows(ends(100)).argmax(1).toIntArray(), y = answers(labels).toIntArray();
            for (int i = 0; i < y.length; i++, n++) if (found[i] == y[i]) right++;
        }
        assertThat(n).isEqualTo(1000);
        return (double) right / n;
    }

    static double transformer(int layers, int steps, int seed) {
        var path = RandomGraphs.path(PATH + 1);
        var model = GraphTransformer.create(new GraphTransformerConfig(2, 32, 4, layers, 2).withHops(PATH), Rng.of(seed));
        var at = model.positions(path);
        return comparing(model, (labels, pass) -> {
            int n = labels.length / (PATH + 1);
            return model.forward(GraphData.batch(Collections.nCopies(n, path)), features(labels),
                    GraphPositions.batch(Collections.nCopies(n, at)), pass);
        }, steps);
    }

    @Acceptance(topic = "graph-transformer", clause = 4)
    @Test void attentionComparesTheEndsOfAPathThatMessagesDoNotReach() {
        var path = RandomGraphs.path(PATH + 1);
        var gcn = Gcn.create(new GcnConfig(2, 32, 2).withLayers(3).withDropout(0), Rng.of(1));
        Evidence.of("transformer", transformer(1, 300, 1), atLeast(0.95));
        Evidence.of("GCN of 3 layers", comparing(gcn, (labels, pass) -> {
            int n = labels.length / (PATH + 1);
            return gcn.forward(GraphData.batch(Collections.nCopies(n, path)), features(labels), pass);
        }, 300), atMost(0.65));
    }

    /** A score's bias by definition: a table by hops, and the mean over a shortest path's edges of their products with the step's vector. */
    @Test void scoresAreBiasedByDistanceAndByEdgesAlongThePath() {
        var rng = Rng.of(5);
        var path = GraphData.of(4, new int[] {0, 1, 2}, new int[] {1, 2, 3}).withFeatures(normal(rng, 3, 2));
        var config = new GraphTransformerConfig(3, 4, 1, 1, 2).withWalks(0).withHops(2).withFeatures(2).withDtype(DType.F64);
        var model = GraphTransformer.create(config, rng);
        var state = model.state();
        var values = new LinkedHashMap<String, Tensor>();
        state.forEach((name, t) -> values.put(name, name.contains("qkv") ? t.zerosLike() : t.detach().copy()));
        values.put("hops", normal(rng, 5, 1));
        values.put("path", normal(rng, 2, 2));
        model.load(values);
        var w = model.attention(path, normal(rng, 4, 3), model.positions(path), 0);
        double[] b = values.get("hops").toDoubleArray();
        double[][] e = path.features().toRows(), step = values.get("path").toRows();
        double first = e[0][0] * step[0][0] + e[0][1] * step[0][1], second = e[1][0] * step[1][0] + e[1][1] * step[1][1];
        double[] score = {b[0], b[1] + first, b[2] + (first + second) / 2, b[3] + (first + second) / 2};
        double total = 0;
        for (double s : score) total += Math.exp(s);
        for (int j = 0; j < 4; j++) assertThat(w.item(0, 0, 0, j)).isCloseTo(Math.exp(score[j]) / total, within(1e-12));
        // From the last node nothing is in reach.
        double far = 3 * Math.exp(b[4]) + Math.exp(b[0]);
        assertThat(w.item(0, 0, 3, 0)).isCloseTo(Math.exp(b[4]) / far, within(1e-12));
    }

    @Test void eigenvectorsAreTheLaplaciansAndSignsAreDrawnInTrainingOnly() {
        var ring = RandomGraphs.path(6);
        var p = GraphPositions.of(ring, 3, 2);
        for (int k = 0; k < 3; k++) {
            var v = p.eigenvectors().select(1, k);
            double[] x = v.toDoubleArray();
            double lambda = 0, gap = 0;
            var lx = new double[6];
            for (int i = 0; i < 6; i++) {
                lx[i] = x[i];
                for (int u : ring.neighbours(i)) lx[i] -= x[u] / Math.sqrt(ring.inDegree(i) * ring.inDegree(u));
                lambda += x[i] * lx[i];
            }
            for (int i = 0; i < 6; i++) gap = Math.max(gap, Math.abs(lx[i] - lambda * x[i]));
            assertThat(gap).isLessThan(1e-10);
            assertThat(lambda).isCloseTo(1 - Math.cos(Math.PI * (k + 1) / 5), within(1e-10));
        }
        var flipped = p.flipped(Rng.of(3));
        assertThat(distance(flipped.abs(), p.eigenvectors().abs())).isZero();
        var model = GraphTransformer.create(GraphTransformerConfig.gps(2, 8, 2, 1, 2, 0).withDtype(DType.F64), Rng.of(1));
        var x = normal(Rng.of(2), 6, 2);
        var at = model.positions(ring);
        assertThat(distance(model.forward(ring, x, at, Pass.training(Rng.of(1))), model.forward(ring, x, at, Pass.training(Rng.of(4)))))
                .isGreaterThan(1e-4);
        assertThat(distance(model.forward(ring, x), model.forward(ring, x, at, Pass.inference()))).isZero();
    }

    @Test void everyParameterHasAGradientAndMisfitsAreTold() {
        var rng = Rng.of(1);
        var g = featured(9, rng);
        for (var task : List.of(GraphTask.NODE, GraphTask.GRAPH)) {
            var model = GraphTransformer.create(everything().withEigenvectors(2).withTask(task), rng);
            model.forward(g, normal(rng, 9, 3)).square().sum().backward();
            model.parameters().forEach((name, t) -> assertThat(t.grad()).as(name).isNotNull());
        }
        var model = GraphTransformer.create(everything(), rng);
        assertThatThrownBy(() -> model.forward(g, Tensor.ones(DType.F64, 9, 4))).hasMessageContaining("(9, 4)");
        assertThatThrownBy(() -> model.forward(directed(9, 0.3, rng), Tensor.ones(DType.F64, 9, 3))).hasMessageContaining("no 2 features");
        assertThatThrownBy(() -> model.forward(g, Tensor.ones(DType.F64, 9, 3), GraphPositions.of(g, 0, 2), Pass.inference()))
                .hasMessageContaining("2 walks");
        assertThatThrownBy(() -> everything().withHeads(3)).hasMessageContaining("width 8 for 3 heads");
        var links = model.links(g, normal(rng, 9, 3), model.positions(g), new int[] {0, 1}, new int[] {2, 1}, Pass.inference());
        assertThat(links.count()).isEqualTo(2);
    }
}
