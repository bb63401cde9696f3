package lyceum.learn.manifold;

import java.util.Arrays;
import lyceum.tensor.Tensor;

/** Squared distances of a row to all rows, from columns, so that they are vector code. */
record PairDistances(double[][] columns) {
    static PairDistances of(Tensor x) { return new PairDistances(x.transpose().toRows()); }

    int size() { return columns[0].length; }

    /** From row {@code i} to every row. */
    void squares(int i, double[] out) {
        Arrays.fill(out, 0);
        for (double[] column : columns) add(column, column[i], out);
    }

    private static void add(double[] column, double at, double[] out) {
        for (int j = 0; j < out.length; j++) {
            double d = column[j] - at;
            out[j] += d * d;
        }
    }

    /** The {@code chosen.length} rows nearest to {@code i}, nearest first; of equally far ones the earlier. */
    static void nearest(double[] distances, int i, int[] chosen) {
        int k = chosen.length, count = 0;
        for (int j = 0; j < distances.length; j++) {
            if (j == i || count == k && distances[j] >= distances[chosen[k - 1]]) continue;
            int at = count < k ? count++ : k - 1;
            for (; at > 0 && distances[chosen[at - 1]] > distances[j]; at--) chosen[at] = chosen[at - 1];
            chosen[at] = j;
        }
    }

    /** 1 for the nearest row to {@code i}. */
    static int rank(double[] distances, int i, int j) {
        int rank = 1;
        double d = distances[j];
        for (int l = 0; l < j; l++) if (distances[l] <= d) rank++;
        for (int l = j + 1; l < distances.length; l++) if (distances[l] < d) rank++;
        // The row itself is no neighbour.
        return distances[i] < d || distances[i] == d && i < j ? rank - 1 : rank;
    }
}
