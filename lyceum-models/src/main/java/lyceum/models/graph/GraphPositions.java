package lyceum.models.graph;

import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.linalg.Eigen;
import lyceum.memory.Scope;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Where each node stands in its graph, for a network that sees no edges: eigenvectors of the Laplacian, return probabilities of random walks, and numbers of hops.
 * Computed once a graph and kept; {@link #batch} puts those of several beside one another.
 *
 * {@snippet :
 * var positions = GraphPositions.of(graph, 4, 8);
 * positions.walks();                                       // (nodes, 8): the chance to be back after 1 to 8 steps
 * positions.hops(0, 3);                                    // the fewest edges from node 0 to node 3, or -1
 * }
 *
 * <p>Cost: n^3 a graph of n nodes, memory n^2. Immutable.
 *
 * @see <a href="https://arxiv.org/abs/2012.09699">Dwivedi and Bresson (2021), for eigenvectors</a>
 * @see <a href="https://arxiv.org/abs/2110.07875">Dwivedi et al. (2022), for walks</a>
 */
public final class GraphPositions {
    private final Tensor eigenvectors, walks;
    private final List<Paths> paths;

    /** Of one graph: hops (n, n), -1 for none, the number of shortest paths, (n, n), and its edges. */
    record Paths(int n, int[] hops, double[] count, int[] source, int[] target) {

        int hops(int i, int j) { return hops[i * n + j]; }

        /** The share of the shortest paths from i to j that take edge e; such a path takes it as its step {@code hops(i, source) + 1}. */
        double share(int i, int j, int e) {
            int u = source[e], v = target[e], before = hops(i, u), after = hops(v, j);
            if (before < 0 || after < 0 || before + 1 + after != hops(i, j)) return 0;
            return count[i * n + u] * count[v * n + j] / count[i * n + j];
        }
    }

    private GraphPositions(Tensor eigenvectors, Tensor walks, List<Paths> paths) {
        this.eigenvectors = eigenvectors;
        this.walks = walks;
        this.paths = paths;
    }

    /**
     * Of a graph that is no batch.
     *
     * @param eigenvectors of the smallest eigenvalues of {@code I - D^-1/2 A D^-1/2} but the first one, edges taken both ways; columns of 0 where there are fewer
     * @param walks powers 1 to that of {@code D^-1 A}, A's row u the weights of the edges that leave u, whose diagonals are taken
     * @throws IllegalArgumentException for a batch: take its graphs one by one
     */
    public static GraphPositions of(GraphData g, int eigenvectors, int walks) {
        if (g.graphs() != 1)
            throw new IllegalArgumentException("GraphPositions: a batch of " + g.graphs() + " graphs; take its graphs one by one");
        try (var outside = Scope.outside()) {
            int n = g.nodes();
            var a = new double[n][n];
            double[] w = g.weights() == null ? null : g.weights().detach().toDoubleArray();
            for (int e = 0; e < g.edges(); e++) a[g.source[e]][g.target[e]] += w == null ? 1 : w[e];
            return new GraphPositions(spectrum(a, eigenvectors), returns(a, walks), List.of(paths(g)));
        }
    }

    /** In the order in which the graphs stand in {@link GraphData#batch}. */
    public static GraphPositions batch(List<GraphPositions> parts) {
        return new GraphPositions(Tensor.concat(0, parts.stream().map(p -> p.eigenvectors).toArray(Tensor[]::new)),
                Tensor.concat(0, parts.stream().map(p -> p.walks).toArray(Tensor[]::new)),
                parts.stream().flatMap(p -> p.paths.stream()).toList());
    }

    private static Tensor spectrum(double[][] a, int k) {
        int n = a.length;
        if (k == 0 || n == 0) return Tensor.zeros(DType.F64, n, k);
        var root = new double[n];
        for (int i = 0; i < n; i++) {
            double d = 0;
            for (int j = 0; j < n; j++) d += (a[i][j] + a[j][i]) / 2;
            root[i] = d > 0 ? 1 / Math.sqrt(d) : 0;
        }
        var l = new double[n][n];
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) l[i][j] = (i == j ? 1 : 0) - root[i] * root[j] * (a[i][j] + a[j][i]) / 2;
        var vectors = Eigen.symmetric(Tensor.of(l)).vectors().toRows(); // eigenvalues ascend
        var x = new double[n * k];
        for (int c = 0; c < Math.min(k, n - 1); c++) for (int i = 0; i < n; i++) x[i * k + c] = vectors[i][c + 1];
        return Tensor.of(x, n, k);
    }

    private static Tensor returns(double[][] a, int k) {
        int n = a.length;
        for (var row : a) {
            double d = Arrays.stream(row).sum();
            if (d != 0) for (int j = 0; j < n; j++) row[j] /= d;
        }
        if (n == 0) return Tensor.zeros(DType.F64, 0, k);
        Tensor p = Tensor.of(a), power = p;
        var x = new Tensor[k];
        for (int r = 0; r < k; r++) {
            x[r] = power.diagonal();
            if (r + 1 < k) power = power.matmul(p);
        }
        return k == 0 ? Tensor.zeros(DType.F64, n, 0) : Tensor.stack(1, x).compute();
    }

    private static Paths paths(GraphData g) {
        int n = g.nodes();
        var out = g.side(true);
        int[] hops = new int[n * n], queue = new int[n];
        var count = new double[n * n];
        Arrays.fill(hops, -1);
        for (int from = 0; from < n; from++) {
            int head = 0, tail = 0, row = from * n;
            hops[row + from] = 0;
            count[row + from] = 1;
            queue[tail++] = from;
            while (head < tail) {
                int u = queue[head++];
                for (int j = out.start()[u]; j < out.start()[u + 1]; j++) {
                    int v = out.from()[j];
                    if (hops[row + v] < 0) {
                        hops[row + v] = hops[row + u] + 1;
                        queue[tail++] = v;
                    }
                    if (hops[row + v] == hops[row + u] + 1) count[row + v] += count[row + u];
                }
            }
        }
        return new Paths(n, hops, count, g.source, g.target);
    }

    public int nodes() { return (int) walks.size(0); }

    public int graphs() { return paths.size(); }

    /** (nodes, eigenvectors), F64; a column's sign means nothing. */
    public Tensor eigenvectors() { return eigenvectors; }

    /** The eigenvectors with the sign of each column drawn anew, graph by graph: what training should see. */
    public Tensor flipped(Rng rng) {
        int k = (int) eigenvectors.size(1), at = 0;
        var sign = new double[nodes() * k];
        for (var p : paths) {
            for (int c = 0; c < k; c++) {
                double s = rng.nextDouble() < 0.5 ? -1 : 1;
                for (int i = 0; i < p.n; i++) sign[(at + i) * k + c] = s;
            }
            at += p.n;
        }
        return eigenvectors.mul(Tensor.of(sign, nodes(), k));
    }

    /** (nodes, walks), F64. */
    public Tensor walks() { return walks; }

    /** The fewest edges on a way from node i to node j of the first graph, following the arrows; -1 if there is none. */
    public int hops(int i, int j) { return paths.getFirst().hops(i, j); }

    List<Paths> paths() { return paths; }

    /** The same nodes with other numbers: node i becomes {@code to[i]}. Of one graph; eigenvectors go with their nodes, hops and walks too. */
    public GraphPositions renumbered(GraphData renumbered, int... to) {
        var from = new int[to.length];
        for (int i = 0; i < to.length; i++) from[to[i]] = i;
        return new GraphPositions(eigenvectors.rows(from), walks.rows(from), List.of(paths(renumbered)));
    }
}
