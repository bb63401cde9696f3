package lyceum.learn.manifold;

import lyceum.backend.Parallel;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/** The fuzzy graph of near rows. */
final class UmapGraph {
    /** A width is at least so much of a row's mean distance, where copies of a row leave none that fits. */
    private static final double LEAST_WIDTH = 1e-3;

    private UmapGraph() {}

    /**
     * {@code exp(-max(0, d_ij - r_i) / s_i)} with r the distance to the nearest row that is no copy, and s such that a row sums to {@code log2 k}.
     *
     * @param distances (n k), ascending in every row
     */
    static double[] memberships(double[] distances, int n, int k) {
        var p = new double[n * k];
        double wanted = Math.log(k) / Math.log(2);
        Parallel.range(n, 32, (from, to) -> { for (int i = (int) from; i < to; i++) row(distances, i * k, k, wanted, p); });
        return p;
    }

    private static void row(double[] distances, int at, int k, double wanted, double[] p) {
        double nearest = 0, mean = 0;
        for (int j = at; j < at + k && nearest == 0; j++) nearest = distances[j];
        for (int j = at; j < at + k; j++) mean += distances[j] / k;
        double low = 0, high = Double.POSITIVE_INFINITY, width = mean > 0 ? mean : 1;
        for (int step = 0; step < 200; step++) {
            double sum = 0;
            for (int j = at; j < at + k; j++) sum += p[j] = Math.exp(-Math.max(0, distances[j] - nearest) / width);
            if (Math.abs(sum - wanted) < 1e-10) return;
            if (sum > wanted) high = width;
            else low = width;
            double next = high == Double.POSITIVE_INFINITY ? 2 * width : (low + high) / 2;
            if (next == width || next == Double.POSITIVE_INFINITY) return;
            if (next < LEAST_WIDTH * mean) next = LEAST_WIDTH * mean;
            if (next == width) return;
            width = next;
        }
    }

    /** The memberships as a matrix (n x n). */
    static Csr directed(NeighborLists lists) {
        int n = lists.size(), k = lists.k();
        var owner = new int[n * k];
        for (int e = 0; e < owner.length; e++) owner[e] = e / k;
        return Csr.fromEntries(n, n, owner, lists.rows(), memberships(lists.distances(), n, k));
    }

    /** {@code mix (p + q - p q) + (1 - mix) p q} with q the transpose: a fuzzy union, or for mix 0 an intersection. */
    static Csr union(Csr p, double mix) {
        var q = p.transpose();
        var both = p.mul(q);
        var union = p.add(q).sub(both);
        return mix == 1 ? union : union.mul(mix).add(both.mul(1 - mix)).withoutZeros();
    }

    /**
     * The graph with edges between different labels weakened by {@code exp(-far)}, with unknown ones (below 0) by {@code exp(-1)}; rows are then stretched until
     * their largest weight is 1 again, and joined.
     */
    static Csr supervised(Csr graph, long[] labels, double far) {
        int n = (int) graph.rows();
        double[] w = graph.values().toDoubleArray();
        for (int i = 0; i < n; i++) {
            double most = 0;
            for (int e = graph.rowStart(i); e < graph.rowStart(i + 1); e++) {
                long a = labels[i], b = labels[graph.column(e)];
                if (a < 0 || b < 0) w[e] *= Math.exp(-1);
                else if (a != b) w[e] *= Math.exp(-far);
                most = Math.max(most, w[e]);
            }
            for (int e = graph.rowStart(i); e < graph.rowStart(i + 1); e++) w[e] /= most > 0 ? most : 1;
        }
        return union(graph.withValues(Tensor.of(w)), 1);
    }
}
