package lyceum.models.graph;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Graphs for tests, and their matrices by definition. */
final class RandomGraphs {
    private RandomGraphs() {}

    /** Each ordered pair of different nodes with this probability, in random order. */
    static GraphData directed(int nodes, double p, Rng rng) {
        var pairs = new ArrayList<int[]>();
        for (int k : rng.permutation(nodes * nodes)) {
            int u = k / nodes, v = k % nodes;
            if (u != v && rng.nextDouble() < p) pairs.add(new int[] {u, v});
        }
        return GraphData.of(nodes, pairs.stream().mapToInt(e -> e[0]).toArray(), pairs.stream().mapToInt(e -> e[1]).toArray());
    }

    static GraphData undirected(int nodes, double p, Rng rng) {
        var pairs = new ArrayList<int[]>();
        for (int u = 0; u < nodes; u++) for (int v = u + 1; v < nodes; v++) if (rng.nextDouble() < p) pairs.add(new int[] {u, v});
        return GraphData.undirected(nodes, pairs.stream().mapToInt(e -> e[0]).toArray(), pairs.stream().mapToInt(e -> e[1]).toArray());
    }

    static GraphData cycle(int nodes) {
        int[] a = new int[nodes], b = new int[nodes];
        for (int i = 0; i < nodes; i++) {
            a[i] = i;
            b[i] = (i + 1) % nodes;
        }
        return GraphData.undirected(nodes, a, b);
    }

    static GraphData twoTriangles() { return GraphData.undirected(6, new int[] {0, 1, 2, 3, 4, 5}, new int[] {1, 2, 0, 4, 5, 3}); }

    static GraphData path(int nodes) {
        int[] a = new int[nodes - 1], b = new int[nodes - 1];
        for (int i = 0; i + 1 < nodes; i++) {
            a[i] = i;
            b[i] = i + 1;
        }
        return GraphData.undirected(nodes, a, b);
    }

    static Tensor normal(Rng rng, long... shape) { return Tensor.randn(rng, DType.F64, shape).compute(); }

    /** Features for the edges and weights in (0.5, 1.5). */
    static GraphData featured(GraphData g, int features, Rng rng) {
        return g.withWeights(Tensor.rand(rng, DType.F64, g.edges()).add(0.5).compute()).withFeatures(normal(rng, g.edges(), features));
    }

    /** {@code A[v][u]} is the number of the edge u -> v, or -1. */
    static int[][] edgeAt(GraphData g) {
        var at = new int[g.nodes()][g.nodes()];
        for (var row : at) Arrays.fill(row, -1);
        long[] from = g.source().toLongArray(), to = g.target().toLongArray();
        for (int e = 0; e < g.edges(); e++) at[(int) to[e]][(int) from[e]] = e;
        return at;
    }

    /** Rows of h in the places where a renumbering puts them. */
    static Tensor moved(Tensor h, int[] to) {
        var from = new int[to.length];
        for (int i = 0; i < to.length; i++) from[to[i]] = i;
        return h.rows(from);
    }

    static double distance(Tensor a, Tensor b) { return a.sub(b).abs().max().item(); }
}
