package lyceum.models.graph;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.backend.Parallel;
import lyceum.memory.Memory;
import lyceum.models.graph.GatLayer.Scoring;
import lyceum.random.Rng;
import lyceum.tensor.ShapesOnly;
import lyceum.tensor.Tensor;
import lyceum.testing.Evidence;
import lyceum.testing.Bound;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What edges cost: scores without a row of features an edge, beside the same with one. */
class EdgeScoresTest {
    private static final double SLOPE = 0.2;

    /** Features of nodes for both ends, and a vector a head. Node 0 has zeros, and hears itself: there the slope is that below 0. */
    private record Case(GraphData graph, Tensor said, Tensor heard, Tensor vector, Tensor weights) {
        static Case of(int nodes, int heads, int width, Rng rng) {
            var graph = RandomGraphs.directed(nodes, 0.4, rng).withLoops();
            var alive = Tensor.arange(nodes).ne(0).to(DType.F64).unsqueeze(1);
            return new Case(graph, RandomGraphs.normal(rng, nodes, heads * width).mul(alive),
                    RandomGraphs.normal(rng, nodes, heads * width).mul(alive), RandomGraphs.normal(rng, heads, width),
                    RandomGraphs.normal(rng, graph.edges(), heads));
        }

        /** Scores, and the gradients of their weighted sum; those of floats without rows of edges. */
        Tensor[] run(DType type) {
            Tensor l = leaf(said, type), r = leaf(heard, type), a = leaf(vector, type);
            var scores = EdgeScores.of(graph, l, r, a, SLOPE);
            scores.mul(weights.to(type)).sum().backward();
            return new Tensor[] {scores.detach(), l.grad(), r.grad(), a.grad()};
        }

        private static Tensor leaf(Tensor x, DType type) { return x.detach().to(type).copy().compute().requiresGrad(); }

        /** {@code H v} of the squared scores' weighted sum by all three together. */
        Tensor curvature(DType type, Tensor direction) {
            Tensor l = said.detach().to(type), r = heard.detach().to(type), a = vector.detach().to(type), w = weights.to(type);
            long n = l.count();
            return Autograd.hvp(x -> {
                Tensor dl = x.narrow(0, 0, n).reshape(l.shape().toArray()), dr = x.narrow(0, n, n).reshape(r.shape().toArray()),
                        da = x.narrow(0, 2 * n, a.count()).reshape(a.shape().toArray());
                return EdgeScores.of(graph, l.add(dl), r.add(dr), a.add(da), SLOPE).square().mul(w).sum();
            }, Tensor.zeros(type, 2 * n + a.count()).compute(), direction.to(type));
        }
    }

    private static double gap(Tensor a, Tensor b) {
        assertThat(a.shape()).isEqualTo(b.shape());
        return a.to(DType.F64).sub(b.to(DType.F64)).abs().max().item() / (1 + b.to(DType.F64).abs().max().item());
    }

    @Test void scoresAndGradientsAreThoseOfRowsOfEdges() {
        for (int[] s : new int[][] {{3, 1, 1}, {9, 2, 3}, {12, 8, 8}, {20, 4, 24}, {30, 1, 64}}) {
            var c = Case.of(s[0], s[1], s[2], Rng.of(s[2]));
            Tensor[] found = c.run(DType.F32), wanted = c.run(DType.F64);
            for (int i = 0; i < 4; i++) assertThat(gap(found[i], wanted[i])).as("%d of %s heads", i, s[1]).isLessThan(2e-6);
            var direction = RandomGraphs.normal(Rng.of(7), 2 * c.said.count() + c.vector.count());
            assertThat(gap(c.curvature(DType.F32, direction), c.curvature(DType.F64, direction))).isLessThan(1e-5);
        }
    }

    private static final int NODES = 500, EDGES = 60_000, WIDTH = 256;

    private static Map<String, GraphLayer> layers() {
        var layers = new LinkedHashMap<String, GraphLayer>();
        layers.put("GCN", new GcnLayer(WIDTH, WIDTH, Rng.of(1)));
        layers.put("SAGE, sums", new SageLayer(WIDTH, WIDTH, Aggregation.SUM, Rng.of(1)));
        layers.put("SAGE, means", new SageLayer(WIDTH, WIDTH, Aggregation.MEAN, Rng.of(1)));
        layers.put("GIN", new GinLayer(WIDTH, WIDTH, DType.F32, Rng.of(1)));
        for (var scoring : Scoring.values())
            layers.put("GAT, " + scoring, new GatLayer(WIDTH, WIDTH / 4, 4, true, 0, scoring, true, 0, DType.F32, Rng.of(1)));
        return layers;
    }

    /** Bytes of tensors at once and of all arrays in a pass forward and backward. */
    private static long bytes(GraphLayer layer, GraphData graph, Tensor x) {
        var least = new long[] {Long.MAX_VALUE};
        Runnable step = () -> {
            layer.zeroGrad();
            layer.forward(graph, x).sum().backward();
        };
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Parallel.sequentially(() -> {
            step.run(); // the first one makes what the graph remembers
            for (int round = 0; round < 3; round++) { // until vectors are registers and no objects
                long before = threads.getCurrentThreadAllocatedBytes(), peak = Memory.peakOf(step);
                least[0] = Math.min(least[0], peak + threads.getCurrentThreadAllocatedBytes() - before);
            }
        });
        return least[0];
    }

    private static GraphData large(Rng rng) {
        int[] source = new int[EDGES], target = new int[EDGES];
        for (int e = 0; e < EDGES; e++) {
            source[e] = rng.nextInt(NODES);
            target[e] = rng.nextInt(NODES);
        }
        return GraphData.of(NODES, source, target);
    }

    /** Where there are no values there is no memory for them: a number an edge and head would be 4 bytes each. */
    @Test void aRunForShapesAloneTakesNoMemoryForEdges() {
        var graph = large(Rng.of(1));
        int seen = 0;
        for (var type : new DType[] {DType.F32, DType.F64}) {
            var x = Tensor.zeros(type, NODES, 16).copy().compute().requiresGrad();
            var layers = new ArrayList<GraphLayer>();
            for (var scoring : Scoring.values()) layers.add(new GatLayer(16, 4, 4, true, 0, scoring, true, 0, type, Rng.of(1)));
            if (type == DType.F32)
                for (var of : Aggregation.values()) if (of != Aggregation.ATTENTION) layers.add(new SageLayer(16, 16, of, Rng.of(1)));
            for (var layer : layers) {
                Runnable step = () -> ShapesOnly.run(() -> {
                    var out = layer.forward(graph, x);
                    out.sum().backward();
                    assertThat(out.shape().toArray()).containsExactly(NODES, 16);
                    assertThat(x.grad().shape()).isEqualTo(x.shape());
                    return null;
                });
                step.run(); // what is read from tables once
                assertThat(Memory.peakOf(step)).as("%s, %s", layer.getClass().getSimpleName(), type).isLessThan(4 * EDGES);
                seen++;
            }
        }
        assertThat(seen).isEqualTo(7);
    }

    @Tag("slow") // the second compiler is what it needs
    @Test void layersHoldNoRowOfFeaturesAnEdge() {
        var rng = Rng.of(1);
        var graph = large(rng);
        var x = Tensor.randn(rng, NODES, WIDTH).compute().requiresGrad();
        double rows = 4.0 * EDGES * WIDTH;
        layers().forEach((name, layer) -> Evidence.of(name + ": bytes of a step over those of a row an edge", bytes(layer, graph, x) / rows,
                Bound.below(0.9)));
        // What the count sees where there are rows.
        var apart = new GatLayer(WIDTH, WIDTH / 4, 4, true, 3, Scoring.DYNAMIC, false, 0, DType.F32, Rng.of(1));
        Evidence.of("with features of edges, which have rows", bytes(apart, graph.withFeatures(Tensor.ones(EDGES, 3)), x) / rows,
                Bound.above(1));
    }
}
