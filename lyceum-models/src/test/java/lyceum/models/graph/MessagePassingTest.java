package lyceum.models.graph;

import static lyceum.models.graph.RandomGraphs.directed;
import static lyceum.models.graph.RandomGraphs.distance;
import static lyceum.models.graph.RandomGraphs.edgeAt;
import static lyceum.models.graph.RandomGraphs.featured;
import static lyceum.models.graph.RandomGraphs.moved;
import static lyceum.models.graph.RandomGraphs.normal;
import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.ShapesOnly;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class MessagePassingTest {

    /** Attention by scores that a bilinear form gives. */
    static final class Asking extends MessagePassing {
        private final Tensor query, self;

        Asking(int width, Rng rng) {
            super(Aggregation.ATTENTION);
            query = normal(rng, width, width).requiresGrad();
            self = normal(rng, width, width).requiresGrad();
        }

        @Override protected Tensor scores(GraphData g, Tensor h, Tensor said, Pass pass) { return g.products(h.matmul(query), h, 1); }

        @Override protected Tensor update(Tensor h, Tensor heard, Pass pass) { return h.matmul(self).add(heard); }
    }

    private static Map<String, GraphLayer> layers(int width, int features, Rng rng) {
        var all = new LinkedHashMap<String, GraphLayer>();
        for (var a : List.of(Aggregation.SUM, Aggregation.MEAN, Aggregation.MAX)) {
            all.put("SAGE " + a, new SageLayer(width, width, a, a == Aggregation.MEAN, DType.F64, rng));
            all.put("MPNN " + a, new MpnnLayer(width, features, 5, a, DType.F64, rng));
        }
        all.put("GIN", new GinLayer(width, width, DType.F64, rng));
        all.put("attention", new Asking(width, rng));
        return all;
    }

    @Acceptance(topic = "message-passing", clause = 1)
    @Test void layersEqualDenseFormulasAndCommuteWithPermutations() {
        double gap = 0, moving = 0, size = 0;
        int compared = 0, permutations = 0;
        for (int seed = 1; seed <= 25; seed++) {
            var rng = Rng.of(seed);
            int n = 2 + seed % 9, width = 4;
            var g = featured(directed(n, 0.35, rng), width, rng);
            var h = normal(rng, n, width);
            for (var entry : layers(width, width, rng).entrySet()) {
                var y = entry.getValue().forward(g, h);
                gap = Math.max(gap, distance(y, Tensor.of(DenseLayers.applied(entry.getValue(), g, h.toRows()))));
                size = Math.max(size, y.abs().max().item());
                compared++;
                for (int k = 0; k < 8; k++) {
                    int[] to = rng.permutation(n);
                    moving = Math.max(moving, distance(entry.getValue().forward(g.renumbered(to), moved(h, to)), moved(y, to)));
                    permutations++;
                }
            }
        }
        Evidence.of("layers on graphs compared", compared, exactly(8 * 25));
        Evidence.of("largest entry of an output", size, above(1));
        Evidence.of("largest distance from the dense formula", gap, below(1e-6));
        Evidence.of("permutations of each layer", permutations / 8.0, exactly(200));
        Evidence.of("largest distance from the permuted output", moving, below(1e-6));
    }

    /** By hand: 0 tells 1, 0 and 1 tell 2, 2 tells 3; edges are told apart by their weights, in the order that they were given. */
    @Test void whatIsSaidGoesFromTheSourceToTheTarget() {
        var g = GraphData.of(4, new int[] {0, 2, 1, 0}, new int[] {1, 3, 2, 2});
        double[][] adjacency = {{0, 0, 0, 0}, {1, 0, 0, 0}, {1, 1, 0, 0}, {0, 0, 1, 0}}, h = {{1, 10}, {2, 20}, {3, 30}, {4, 40}};
        var heard = g.gather(Aggregation.SUM, Tensor.of(h));
        assertThat(distance(heard, Tensor.of(adjacency).matmul(Tensor.of(h)))).isZero();
        assertThat(g.source().toLongArray()).hasSameSizeAs(g.target().toLongArray());
        int[][] at = edgeAt(g);
        for (int v = 0; v < 4; v++) for (int u = 0; u < 4; u++) assertThat(at[v][u] >= 0).isEqualTo(adjacency[v][u] == 1);
        for (var entry : layers(2, 2, Rng.of(1)).entrySet()) {
            var layer = entry.getValue();
            var featured = featured(g, 2, Rng.of(2));
            var slope = Autograd.jacobian(x -> layer.forward(featured, x), Tensor.of(h)).reshape(4, 2, 4, 2).abs().max(1, 3).toRows();
            for (int v = 0; v < 4; v++)
                for (int u = 0; u < 4; u++)
                    if (u != v && adjacency[v][u] == 0) assertThat(slope[v][u]).as(entry.getKey() + " " + u + " to " + v).isZero();
        }
        var mean = new SageLayer(2, 2, Aggregation.SUM, false, DType.F64, Rng.of(3));
        var slope = Autograd.jacobian(x -> mean.forward(g, x), Tensor.of(h)).reshape(4, 2, 4, 2).abs().max(1, 3).toRows();
        for (int v = 0; v < 4; v++)
            for (int u = 0; u < 4; u++) if (u != v) assertThat(slope[v][u] != 0).as(u + " to " + v).isEqualTo(adjacency[v][u] == 1);
    }

    /** Nodes from which v is reached along at most k arrows, v among them, by breadth-first search. */
    private static boolean[][] ball(GraphData g, int k) {
        int n = g.nodes();
        var reach = new boolean[n][n];
        for (int v = 0; v < n; v++) {
            reach[v][v] = true;
            var front = List.of(v);
            for (int hop = 0; hop < k; hop++) {
                var next = new ArrayList<Integer>();
                for (int at : front) for (int u : g.neighbours(at)) {
                    if (reach[v][u]) continue;
                    reach[v][u] = true;
                    next.add(u);
                }
                front = next;
            }
        }
        return reach;
    }

    @Acceptance(topic = "message-passing", clause = 2)
    @Test void theJacobianIsNonzeroExactlyWithinKHops() {
        int wrong = 0, outside = 0, pairs = 0, beyond = 0, missing = 0;
        int f = 2;
        for (int seed = 1; seed <= 50; seed++) {
            var rng = Rng.of(100 + seed);
            int n = 8, k = 1 + seed % 3;
            var g = directed(n, 0.17, rng);
            var ball = ball(g, k);
            var h = normal(rng, n, f);
            for (var how : Aggregation.values()) {
                var stack = IntStream.range(0, k)
                        .mapToObj(i -> how == Aggregation.ATTENTION ? new Asking(f, rng) : new SageLayer(f, f, how, false, DType.F64, rng))
                        .toList();
                var slope = Autograd.jacobian(x -> {
                    for (var layer : stack) x = layer.forward(g, x).tanh();
                    return x;
                }, h).reshape(n, f, n, f);
                var size = slope.abs().max(1, 3).toRows();
                for (int v = 0; v < n; v++) for (int u = 0; u < n; u++) {
                    boolean depends = size[v][u] != 0;
                    if (how == Aggregation.MAX) {
                        if (depends && !ball[v][u]) outside++;
                        if (!depends && ball[v][u]) missing++;
                    } else {
                        if (depends != ball[v][u]) wrong++;
                        pairs++;
                        if (!ball[v][u]) beyond++;
                    }
                }
            }
        }
        Evidence.of("pairs of nodes, sum, mean and attention", pairs, exactly(50 * 3 * 64));
        Evidence.of("those beyond K hops", beyond, atLeast(2000));
        Evidence.of("pairs where the Jacobian and the ball disagree", wrong, exactly(0));
        Evidence.of("for the maximum: dependences outside of the ball", outside, exactly(0));
        Evidence.of("for the maximum: pairs in the ball without one, so that the subset is proper", missing, above(0));
    }

    private static Tensor readout(List<GinLayer> layers, GraphData g) {
        var h = Tensor.ones(DType.F64, g.nodes(), 16);
        for (var layer : layers) h = layer.forward(g, h);
        return g.pool(Aggregation.SUM, h);
    }

    @Acceptance(topic = "message-passing", clause = 3)
    @Test void sumsTellAStarFromAPathButNotARingFromTwoTriangles() {
        double same = 0, apart = Double.POSITIVE_INFINITY;
        for (int seed = 1; seed <= 10; seed++) {
            var rng = Rng.of(seed);
            var layers = IntStream.range(0, 3).mapToObj(i -> new GinLayer(16, 16, DType.F64, rng)).toList();
            same = Math.max(same, distance(readout(layers, RandomGraphs.cycle(6)), readout(layers, RandomGraphs.twoTriangles())));
            var star = GraphData.undirected(6, new int[5], new int[] {1, 2, 3, 4, 5});
            apart = Math.min(apart, distance(readout(layers, star), readout(layers, RandomGraphs.path(6))));
        }
        Evidence.of("ring and triangles: largest distance over 10 networks", same, exactly(0));
        Evidence.of("star and path: least distance", apart, above(1e-3));
    }

    @Acceptance(topic = "message-passing", clause = 4)
    @Test void samplingAllNeighboursEqualsTheWholeGraph() {
        double worst = 0, sampled = 0;
        int compared = 0, smaller = 0;
        for (int seed = 1; seed <= 10; seed++) {
            var rng = Rng.of(seed);
            int n = 60;
            var g = featured(directed(n, 0.04, rng), 4, rng);
            var h = normal(rng, n, 4);
            int[] asked = rng.sample(n, 5);
            for (int depth = 1; depth <= 3; depth++) {
                int[] all = new int[depth], few = new int[depth];
                Arrays.fill(all, NeighbourLoader.ALL);
                Arrays.fill(few, 1);
                var batch = new NeighbourLoader(g, all).sample(asked, rng);
                var thin = new NeighbourLoader(g, few).sample(asked, rng);
                if (batch.graph().nodes() < n) smaller++;
                for (var layer : layers(4, 4, rng).values()) {
                    Tensor whole = h, part = h.rows(batch.nodes()), thinned = h.rows(thin.nodes());
                    for (int k = 0; k < depth; k++) {
                        whole = layer.forward(g, whole);
                        part = layer.forward(batch.graph(), part);
                        thinned = layer.forward(thin.graph(), thinned);
                    }
                    worst = Math.max(worst, distance(part.narrow(0, 0, 5), whole.rows(asked)));
                    sampled = Math.max(sampled, distance(thinned.narrow(0, 0, 5), whole.rows(asked)));
                    compared++;
                }
            }
        }
        Evidence.of("networks compared", compared, exactly(10 * 3 * 8));
        Evidence.of("parts smaller than the graph", smaller, above(10));
        Evidence.of("largest distance with every neighbour", worst, below(1e-6));
        Evidence.of("largest distance with one neighbour each", sampled, above(1e-3));
    }

    @Test void sumsAndTheirGradientsAreThoseOfTheEdges() {
        for (var type : List.of(DType.F32, DType.F64)) {
            var rng = Rng.of(3);
            var g = directed(7, 0.4, rng);
            Tensor w = normal(rng, g.edges(), 2).to(type).compute().requiresGrad(), h = normal(rng, 7, 6).to(type).compute().requiresGrad();
            var up = normal(rng, 7, 6).to(type).compute();
            var slow = h.indexSelect(0, g.source()).reshape(g.edges(), 2, 3).mul(w.unsqueeze(2)).reshape(g.edges(), 6)
                    .segmentSum(g.target(), 7);
            var fast = g.attend(w, h);
            double bound = type == DType.F32 ? 1e-5 : 1e-12;
            assertThat(distance(fast, slow)).isLessThan(bound);
            Tensor[] a = Autograd.gradients(fast.tanh().mul(up).sum(), new Tensor[] {w, h}, true),
                    b = Autograd.gradients(slow.tanh().mul(up).sum(), new Tensor[] {w, h}, true);
            for (int i = 0; i < 2; i++) assertThat(distance(a[i], b[i])).isLessThan(bound);
            Tensor[] a2 = Autograd.gradients(a[0].square().sum().add(a[1].square().sum()), new Tensor[] {w, h}, false),
                    b2 = Autograd.gradients(b[0].square().sum().add(b[1].square().sum()), new Tensor[] {w, h}, false);
            for (int i = 0; i < 2; i++) assertThat(distance(a2[i], b2[i])).isLessThan(10 * bound);
        }
    }

    @Test void aBatchIsItsGraphsAndReadOutsKeepApart() {
        var rng = Rng.of(4);
        var parts = List.of(featured(directed(4, 0.5, rng), 4, rng), featured(directed(1, 0, rng), 4, rng),
                featured(directed(6, 0.3, rng), 4, rng));
        var all = GraphData.batch(parts);
        var h = normal(rng, 11, 4);
        for (var layer : layers(4, 4, rng).values()) {
            var y = layer.forward(all, h);
            int from = 0, i = 0;
            for (var part : parts) {
                var own = layer.forward(part, h.narrow(0, from, part.nodes()));
                assertThat(distance(own, y.narrow(0, from, part.nodes()))).isLessThan(1e-12);
                for (var how : List.of(Aggregation.SUM, Aggregation.MEAN, Aggregation.MAX)) {
                    var expected = switch (how) {
                        case SUM -> own.sum(0);
                        case MEAN -> own.mean(0);
                        default -> own.max(0);
                    };
                    assertThat(distance(all.pool(how, y).select(0, i), expected)).isLessThan(1e-12);
                }
                from += part.nodes();
                i++;
            }
        }
    }

    @Test void edgesToUnknownNodesEmptyGraphsAndWrongRowsAreToldOrWork() {
        assertThatThrownBy(() -> GraphData.of(3, new int[] {0, 1}, new int[] {1, 3})).isInstanceOf(ShapeException.class)
                .hasMessageContaining("edge 1 goes from 1 to 3");
        assertThatThrownBy(() -> GraphData.of(3, new int[] {0}, new int[0])).isInstanceOf(ShapeException.class);
        var g = RandomGraphs.path(3);
        assertThatThrownBy(() -> g.withWeights(Tensor.ones(3))).hasMessageContaining("(3,) for 4 edges");
        assertThatThrownBy(() -> new GinLayer(4, 4, DType.F32, Rng.of(1)).forward(g, Tensor.ones(2, 4))).hasMessageContaining("3 nodes");
        assertThatThrownBy(() -> GraphData.batch(List.of(g, g.withWeights(Tensor.ones(4))))).hasMessageContaining("weights");
        assertThatThrownBy(() -> new NeighbourLoader(g, 2).sample(new int[] {1, 1}, Rng.of(1))).hasMessageContaining("twice");
        var rng = Rng.of(1);
        for (var none : List.of(GraphData.of(0, new int[0], new int[0]), GraphData.of(2, new int[0], new int[0])))
            for (var layer : layers(4, 4, rng).values()) {
                var bare = none.withFeatures(Tensor.zeros(DType.F64, 0, 4));
                var y = layer.forward(bare, Tensor.ones(DType.F64, none.nodes(), 4));
                assertThat(y.shape().toArray()).containsExactly(none.nodes(), 4);
                assertThat(y.isFinite().all().item()).isEqualTo(1);
            }
    }

    @Test void loopsAreAddedOnceAndHearTheMeanOfTheFeatures() {
        var g = GraphData.of(3, new int[] {0, 1, 1}, new int[] {1, 1, 0}).withFeatures(Tensor.of(new double[] {1, 2, 5}, 3, 1));
        var looped = g.withLoops();
        assertThat(looped.edges()).isEqualTo(5);
        assertThat(looped.features().flatten().toDoubleArray()).containsExactly(5, 5, 1, 2, 0);
        assertThat(looped.withLoops()).isSameAs(looped);
    }

    /** What a graph remembers of itself has values: that of a run for shapes alone has none, and ends with it. */
    @Test void aRunForShapesAloneLeavesNothingThatAGraphRemembers() {
        var rng = Rng.of(11);
        var g = directed(9, 0.4, rng);
        var weighted = g.withWeights(Tensor.rand(rng, DType.F32, g.edges()).add(0.5).compute());
        Tensor h = normal(rng, 9, 4).to(DType.F32).compute();
        for (var graph : List.of(g, weighted)) {
            ShapesOnly.run(() -> List.of(graph.source(), graph.target(), graph.normalised(true), graph.normalised(false), graph.withLoops(),
                    graph.gather(Aggregation.SUM, h)));
            var twin = graph.renumbered(IntStream.range(0, 9).toArray()); // remembers nothing yet
            assertThat(graph.source().toIntArray()).isEqualTo(twin.source().toIntArray());
            assertThat(graph.target().toIntArray()).isEqualTo(twin.target().toIntArray());
            for (boolean loops : new boolean[] {false, true})
                assertThat(graph.normalised(loops).weights().toDoubleArray()).isEqualTo(twin.normalised(loops).weights().toDoubleArray());
            assertThat(graph.withLoops().edges()).isEqualTo(twin.withLoops().edges());
            assertThat(graph.gather(Aggregation.SUM, h).toFloatArray()).isEqualTo(twin.gather(Aggregation.SUM, h).toFloatArray());
        }
    }

    /** Sums by one weight an edge go through a sparse product that is kept. */
    @Test void weightsThatMoveAreSeenAndStatesThatLackANodeRefused() {
        var rng = Rng.of(8);
        for (var type : new DType[] {DType.F32, DType.F64}) {
            var g = directed(9, 0.4, rng);
            Tensor h = normal(rng, 9, 4).to(type).compute(), w = Tensor.rand(rng, type, g.edges()).add(0.5).compute(),
                    dw = normal(rng, g.edges()).to(type).compute(), sums = g.withWeights(w).gather(Aggregation.SUM, h).compute();
            var along = Autograd.jvp(v -> g.withWeights(v).gather(Aggregation.SUM, h), w, dw);
            assertThat(distance(along, g.withWeights(dw).gather(Aggregation.SUM, h))).isLessThan(1e-5);
            var weighted = g.withWeights(w.copy().compute());
            weighted.gather(Aggregation.SUM, h).compute();
            weighted.weights().mul_(Tensor.full(type, 2));
            assertThat(distance(weighted.gather(Aggregation.SUM, h), sums.mul(2))).isLessThan(1e-5);
            assertThatThrownBy(() -> g.gather(Aggregation.SUM, h.narrow(0, 0, 8)).compute()).isInstanceOf(ShapeException.class)
                    .hasMessageContaining("(8, 4)");
        }
    }
}
