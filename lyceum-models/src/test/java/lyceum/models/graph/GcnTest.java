package lyceum.models.graph;

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

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.data.scenes.BlockGraphs;
import lyceum.linalg.Eigen;
import lyceum.models.graph.GcnLayer.Propagation;
import lyceum.nn.Activation;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GcnTest {
    private static final Golden GOLDEN = Golden.load("golden/gcn.json");

    private static GcnConfig plain(int inputs, int hidden, int outputs) {
        return new GcnConfig(inputs, hidden, outputs).withDropout(0).withDtype(DType.F64);
    }

    @Acceptance(topic = "gcn", clause = 1)
    @Test void outputsAndGradientsEqualADensePyTorch() {
        var gap = Gap.relativeBeyondOne();
        int cases = 0;
        for (var c : GOLDEN.cases("")) {
            int[] size = c.ints("input.sizes");
            var model = Gcn.create(plain(size[0], size[1], size[2]).withPropagation(Propagation.valueOf(c.text("input.kind"))), Rng.of(1));
            var weights = DenseTwin.read(c, "weights", c.ints("input.source").length);
            DenseTwin.compare(gap, c, model, DenseTwin.graph(c, weights, null), DenseTwin.read(c, "x", c.integer("input.nodes"), size[0]),
                    new LinkedHashMap<>(Map.of("weights", weights)));
            cases++;
        }
        Evidence.of("networks", cases, exactly(12));
        Evidence.of("largest gap of outputs and gradients", gap, below(1e-6));
    }

    @Acceptance(topic = "gcn", clause = 2)
    @Test void renumberingTheNodesRenumbersTheOutputs() {
        double worst = 0, moved = 0;
        int count = 0;
        for (int seed = 1; seed <= 20; seed++) {
            var rng = Rng.of(seed);
            int n = 4 + seed;
            var g = RandomGraphs.undirected(n, 0.3, rng);
            var h = normal(rng, n, 3);
            var model = Gcn.create(plain(3, 8, 4), rng);
            var y = model.forward(g, h);
            for (int k = 0; k < 10; k++) {
                int[] to = rng.permutation(n);
                worst = Math.max(worst, distance(model.forward(g.renumbered(to), moved(h, to)), moved(y, to)));
                moved = Math.max(moved, distance(y, moved(y, to)));
                count++;
            }
        }
        Evidence.of("permutations", count, exactly(200));
        Evidence.of("how far outputs differ from node to node", moved, above(0.1));
        Evidence.of("largest distance from the permuted output", worst, below(1e-6));
    }

    /** {@code L - I = -D^-1/2 A D^-1/2}, the scaled Laplacian for lambda_max = 2, of a matrix, by definition. */
    private static Tensor scaled(Tensor a) {
        var d = a.sum(1);
        var root = d.gt(0).where(d.pow(-0.5), d.zerosLike());
        var laplacian = Tensor.eye(DType.F64, a.size(0)).sub(a.mul(root).mul(root.unsqueeze(1)));
        return laplacian.mul(2.0 / 2.0).sub(Tensor.eye(DType.F64, a.size(0)));
    }

    private static Tensor adjacency(GraphData g) {
        int[][] at = RandomGraphs.edgeAt(g);
        return Tensor
                .of(Arrays.stream(at).map(row -> Arrays.stream(row).mapToDouble(e -> e < 0 ? 0 : 1).toArray()).toArray(double[][]::new));
    }

    @Acceptance(topic = "gcn", clause = 3)
    @Test void bothOperatorsAreFirstDegreeChebyshevFilters() {
        double first = 0, self = 0, layers = 0, higher = 0, size = Double.POSITIVE_INFINITY;
        for (int seed = 1; seed <= 20; seed++) {
            var rng = Rng.of(seed);
            int n = 5 + seed;
            var g = RandomGraphs.undirected(n, 0.3, rng);
            Tensor x = normal(rng, n, 3), theta = normal(rng, 4, 3), a = adjacency(g), eye = Tensor.eye(DType.F64, n);
            var plain = new GcnLayer(3, 4, Propagation.FIRST_ORDER, false, DType.F64, rng);
            plain.load(Map.of("lin.weight", theta));
            // theta0 T0 + theta1 T1 with theta1 = -theta0.
            var filter = x.matmul(theta.transpose()).sub(scaled(a).matmul(x).matmul(theta.transpose()));
            first = Math.max(first, distance(plain.forward(g, x), filter));
            size = Math.min(size, filter.abs().max().item());
            var renormalised = new GcnLayer(3, 4, Propagation.RENORMALISED, false, DType.F64, rng);
            renormalised.load(Map.of("lin.weight", theta));
            self = Math.max(self, distance(renormalised.forward(g, x), scaled(a.add(eye)).matmul(x).matmul(theta.transpose()).neg()));
            // The same by the layer of the library, whose own terms are checked to the third degree.
            var chebyshev = new ChebyshevLayer(3, 4, 1, 2, false, DType.F64, rng);
            chebyshev.load(Map.of("lins.0.weight", theta, "lins.1.weight", theta.neg()));
            layers = Math.max(layers, distance(plain.forward(g, x), chebyshev.forward(g, x)));
            chebyshev.load(Map.of("lins.0.weight", theta.zerosLike(), "lins.1.weight", theta.neg()));
            layers = Math.max(layers, distance(renormalised.forward(g, x), chebyshev.forward(g.withLoops(), x)));
            var cubic = new ChebyshevLayer(3, 4, 3, 2, false, DType.F64, rng);
            cubic.load(Map.of("lins.0.weight", theta.zerosLike(), "lins.1.weight", theta.zerosLike(), "lins.2.weight", theta,
                    "lins.3.weight", theta));
            var l = scaled(a);
            var t2 = l.matmul(l).mul(2.0).sub(eye);
            var t3 = l.matmul(l).matmul(l).mul(4.0).sub(l.mul(3.0));
            higher = Math.max(higher, distance(cubic.forward(g, x), t2.add(t3).matmul(x).matmul(theta.transpose())));
        }
        Evidence.of("least size of a filter's output", size, above(0.1));
        Evidence.of("without renormalisation: distance from the dense filter", first, below(1e-10));
        Evidence.of("with self-loops: distance from the dense filter", self, below(1e-10));
        Evidence.of("distance from ChebyshevLayer", layers, below(1e-10));
        Evidence.of("ChebyshevLayer: distance of degrees 2 and 3 from the polynomials", higher, below(1e-10));
    }

    @Acceptance(topic = "gcn", clause = 4)
    @Test void neighboursMakeUpForWeakFeatures() {
        double least = 1, best = 0;
        for (int seed = 1; seed <= 5; seed++) {
            var data = new BlockGraphs().sample(Rng.of(seed));
            int[] labelled = Learning.labelled(data, 5);
            assertThat(labelled).hasSize(20);
            var y = Tensor.of(data.labels()).rows(labelled);
            var gcn = Gcn.create(new GcnConfig(16, 16, 4), Rng.of(seed));
            var g = Learning.graph(data);
            Learning.train(gcn, Learning.nodes(gcn, g, data, labelled), 20, 100, 0.01, 5e-4, Rng.of(seed));
            least = Math.min(least, Learning.accuracy(gcn.classes(g, data.features()), data, labelled));
            var mlp = new Mlp(MlpConfig.classifier(16, 4, 16).withDropout(0.5), Rng.of(seed));
            var x = data.features().rows(labelled).compute();
            Learning.train(mlp, (rows, pass) -> Loss.crossEntropy(mlp.forward(x, pass), y), 20, 100, 0.01, 5e-4, Rng.of(seed));
            best = Math.max(best, Learning.accuracy(mlp.classes(data.features()), data, labelled));
        }
        Evidence.of("least accuracy of the GCN, 5 seeds", least, atLeast(0.9));
        Evidence.of("best accuracy of the MLP, 5 seeds", best, atMost(0.7));
    }

    /** The second largest modulus of the eigenvalues of {@code D~^-1/2 (A + I) D~^-1/2}. */
    private static double second(GraphData g) {
        var s = scaled(adjacency(g).add(Tensor.eye(DType.F64, g.nodes()))).neg();
        var modulus = Arrays.stream(Eigen.symmetricValues(s).toDoubleArray()).map(Math::abs).sorted().toArray();
        return modulus[modulus.length - 2];
    }

    @Acceptance(topic = "gcn", clause = 5)
    @Test void depthSmoothsEverythingAway() {
        double least = Double.POSITIVE_INFINITY, off = 0, reference = 0;
        for (int seed = 1; seed <= 5; seed++) {
            var g = Learning.graph(new BlockGraphs(100, 2, 0.2, 0.02, 2, 1).sample(Rng.of(seed)));
            var h = normal(Rng.of(seed + 10), 100, 4);
            var layer = new GcnLayer(4, 4, Propagation.RENORMALISED, false, DType.F64, Rng.of(1));
            layer.load(Map.of("lin.weight", Tensor.eye(DType.F64, 4)));
            var s = scaled(adjacency(g).add(Tensor.eye(DType.F64, 100))).neg();
            double first = Gcn.energy(g, h), before = first, ratio = 0;
            for (int k = 0; k < 16; k++) {
                h = layer.forward(g, h).compute();
                // tr H' (I - S) H, by matrices.
                double trace = h.mul(h.sub(s.matmul(h))).sum().item(), energy = Gcn.energy(g, h);
                reference = Math.max(reference, Math.abs(energy / trace - 1));
                ratio = energy / before;
                before = energy;
            }
            least = Math.min(least, first / before);
            double lambda = second(g);
            assertThat(lambda).isBetween(0.3, 0.999); // 1 would be a graph in two parts
            off = Math.max(off, Math.abs(ratio / (lambda * lambda) - 1));
        }
        Evidence.of("largest relative distance of the energy from its trace form", reference, below(1e-9));
        Evidence.of("least fall of the energy over 16 layers", least, atLeast(10));
        Evidence.of("last ratio against the squared second eigenvalue: relative distance", off, below(0.1));
    }

    @Test void optionsDoWhatTheySay(@TempDir Path folder) throws Exception {
        var rng = Rng.of(1);
        var parts = List.of(RandomGraphs.undirected(5, 0.5, rng), RandomGraphs.undirected(3, 0.5, rng));
        var all = GraphData.batch(parts);
        var x = normal(rng, 8, 3);
        var graphs = Gcn.create(plain(3, 6, 2).withTask(GraphTask.GRAPH).withReadout(Aggregation.MAX), rng);
        assertThat(distance(graphs.forward(all, x).narrow(0, 1, 1), graphs.forward(parts.get(1), x.narrow(0, 5, 3)))).isLessThan(1e-12);
        assertThat(graphs.classes(all, x).count()).isEqualTo(2);
        var edges = Gcn.create(plain(3, 6, 4).withTask(GraphTask.EDGE), rng);
        var h = edges.forward(all, x);
        assertThat(edges.links(all, x, new int[] {0, 7}, new int[] {4, 2}, Pass.inference()).item(1))
                .isCloseTo(h.get(7).mul(h.get(2)).sum().item(), within(1e-12));
        var deep = plain(4, 4, 4).withLayers(3).withActivation(Activation.TANH);
        Tensor z = normal(rng, 8, 4);
        var net = Gcn.create(deep.withResidual(true), Rng.of(3));
        var by = z;
        for (int i = 0; i < 3; i++) {
            var y = net.layers().get(i).forward(all, by);
            by = by.add(i < 2 ? y.tanh() : y);
        }
        assertThat(distance(net.forward(all, z), by)).isLessThan(1e-12);
        assertThat(distance(net.forward(all, z), Gcn.create(deep, Rng.of(3)).forward(all, z))).isGreaterThan(1e-3);
        var dropping = Gcn.create(deep.withDropout(0.5), Rng.of(3));
        assertThat(distance(dropping.forward(all, z), dropping.forward(all, z))).isZero();
        assertThat(distance(dropping.forward(all, z, Pass.training(Rng.of(1))), dropping.forward(all, z, Pass.training(Rng.of(2)))))
                .isGreaterThan(1e-3);
        net.save(folder.resolve("gcn.safetensors"));
        var loaded = Gcn.create(deep.withResidual(true), Rng.of(9));
        loaded.load(folder.resolve("gcn.safetensors"));
        assertThat(distance(loaded.forward(all, z), net.forward(all, z))).isZero();
        assertThat(net.parameters().keySet()).contains("layers.0.lin.weight", "layers.2.bias");
    }

    @Test void isolatedNodesKeepToThemselvesAndBadConfigsAreTold() {
        var g = GraphData.undirected(3, new int[] {0}, new int[] {1});
        var x = Tensor.of(new double[] {1, 2, 3}, 3, 1);
        var layer = new GcnLayer(1, 1, Propagation.RENORMALISED, false, DType.F64, Rng.of(1));
        layer.load(Map.of("lin.weight", Tensor.ones(DType.F64, 1, 1)));
        assertThat(layer.forward(g, x).toDoubleArray()).containsExactly(new double[] {1.5, 1.5, 3}, within(1e-15));
        var first = new GcnLayer(1, 1, Propagation.FIRST_ORDER, false, DType.F64, Rng.of(1));
        first.load(Map.of("lin.weight", Tensor.ones(DType.F64, 1, 1)));
        assertThat(first.forward(g, x).toDoubleArray()).containsExactly(3, 3, 3);
        assertThatThrownBy(() -> new GcnConfig(0, 1, 1)).hasMessageContaining("0 inputs");
        assertThatThrownBy(() -> new GcnConfig(1, 1, 1).withDropout(1)).hasMessageContaining("dropout is 1.0");
        assertThatThrownBy(() -> layer.forward(x)).isInstanceOf(IllegalStateException.class).hasMessageContaining("no graph");
    }
}
