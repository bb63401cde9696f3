package lyceum.learn.manifold;

import java.util.Arrays;
import lyceum.learn.neighbors.Metric;
import lyceum.learn.neighbors.NearestNeighbors;
import lyceum.learn.neighbors.NeighborIndex;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * The k nearest other rows of each row.
 *
 * @param index over the rows
 * @param k how many
 * @param rows numbers (n k), nearest first
 * @param distances (n k)
 */
record NeighborLists(NeighborIndex index, int k, int[] rows, double[] distances) {
    static NeighborLists of(LearnerInput input, Metric metric, int k) {
        if (k >= input.rows())
            throw new IllegalArgumentException(input.operation() + ": " + k + " neighbours of each row are asked, but x has " + input.rows()
                    + " row" + (input.rows() == 1 ? "" : "s") + "; ask for fewer");
        return of(new NearestNeighbors().withMetric(metric).fit(input.x()), input.x(), k);
    }

    /** @param x the rows of the index */
    static NeighborLists of(NeighborIndex index, Tensor x, int k) {
        var found = index.neighbors(x, k + 1);
        int n = index.size();
        int[] all = found.indices().toIntArray(), rows = new int[n * k];
        double[] far = found.distances().toDoubleArray(), distances = new double[n * k];
        for (int i = 0; i < n; i++) {
            int from = i * (k + 1), self = k;
            // Of copies of the row others may stand before it, or fill all places.
            for (int j = 0; j <= k; j++) if (all[from + j] == i) self = j;
            for (int j = 0, at = i * k; j <= k; j++) {
                if (j == self) continue;
                rows[at] = all[from + j];
                distances[at++] = far[from + j];
            }
        }
        return new NeighborLists(index, k, rows, distances);
    }

    int size() { return rows.length / k; }

    int[] of(int i) { return Arrays.copyOfRange(rows, i * k, (i + 1) * k); }
}
