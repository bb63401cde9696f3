package lyceum.learn.manifold;

import java.util.Arrays;
import lyceum.linalg.Eigen;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/**
 * The cost of modified locally linear embedding. A row's local Gram matrix has s small eigenvalues, and any weights from their eigenvectors V are nearly
 * as good as the best: s sets {@code W_i = V H + (1 - a) w 1^T} with {@code a = |V^T 1| / sqrt(s)} and the reflection H that makes their sums 1.
 *
 * @see <a href="https://papers.nips.cc/paper/3132-mlle-modified-locally-linear-embedding-using-multiple-weights">Zhang and Wang (2006)</a>
 */
final class ModifiedWeights {
    /** Added to eigenvalues for w, times their sum. */
    private static final double RIDGE = 1e-3, TINY = 1e-12;

    private ModifiedWeights() {}

    static Csr cost(Tensor x, NeighborLists lists, int components) {
        int n = lists.size(), k = lists.k(), p = (int) x.size(1), rank = Math.min(p, k);
        double[] points = x.toDoubleArray();
        double[][] d = new double[k][p], c = new double[k][k], values = new double[n][];
        var vectors = new double[n][][];
        var ratios = new double[n];
        for (int i = 0; i < n; i++) {
            Barycentres.differences(points, i, points, lists.rows(), k, p, d);
            Barycentres.gram(d, c);
            var eigen = Eigen.symmetric(Tensor.of(c));
            double[] ascending = eigen.values().toDoubleArray();
            double[][] columns = eigen.vectors().transpose().toRows();
            values[i] = new double[rank];
            vectors[i] = new double[k][];
            for (int e = 0; e < k; e++) {
                if (e < rank) values[i][e] = Math.max(0, ascending[k - 1 - e]);
                vectors[i][e] = columns[k - 1 - e];
            }
            double small = 0, large = 0;
            for (int e = 0; e < rank; e++) {
                if (e < components) large += values[i][e];
                else small += values[i][e];
            }
            ratios[i] = large > 0 ? small / large : 0;
        }
        double[] sorted = ratios.clone();
        Arrays.sort(sorted);
        double limit = n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
        var entries = new Entries(n * ((k + 1) * (k + 1)));
        for (int i = 0; i < n; i++) {
            int s = Math.max(1, k - rank + few(values[i], limit));
            double[][] w = weights(vectors[i], values[i], k, s);
            for (int a = 0; a < k; a++) {
                int row = lists.rows()[i * k + a];
                double sum = 0;
                for (int t = 0; t < s; t++) sum += w[a][t];
                entries.add(i, row, -sum);
                entries.add(row, i, -sum);
                for (int b = 0; b < k; b++) {
                    double dot = 0;
                    for (int t = 0; t < s; t++) dot += w[a][t] * w[b][t];
                    entries.add(row, lists.rows()[i * k + b], dot);
                }
            }
            entries.add(i, i, s);
        }
        return Csr.fromEntries(n, n, Arrays.copyOf(entries.row, entries.count), Arrays.copyOf(entries.column, entries.count),
                Arrays.copyOf(entries.value, entries.count));
    }

    /** The most eigenvalues, of the last, whose sum is below {@code limit} times the sum of those before them. */
    private static int few(double[] values, double limit) {
        double total = Arrays.stream(values).sum(), last = 0;
        int s = 0;
        while (s < values.length - 1) {
            last += values[values.length - 1 - s];
            if (!(total / (total - last) - 1 < limit)) break;
            s++;
        }
        return s;
    }

    /** (k x s). */
    private static double[][] weights(double[][] vectors, double[] values, int k, int s) {
        double total = Arrays.stream(values).sum(), ridge = total > 0 ? RIDGE * total : RIDGE, sum = 0;
        var best = new double[k];
        for (int e = 0; e < k; e++) {
            double ones = 0;
            for (double v : vectors[e]) ones += v;
            double factor = ones / ((e < values.length ? values[e] : 0) + ridge);
            for (int j = 0; j < k; j++) best[j] += factor * vectors[e][j];
        }
        for (double v : best) sum += v;
        var h = new double[s];
        double alpha = 0, norm = 0;
        for (int t = 0; t < s; t++) {
            for (double v : vectors[k - s + t]) h[t] -= v;
            alpha += h[t] * h[t];
        }
        alpha = Math.sqrt(alpha / s);
        for (int t = 0; t < s; t++) {
            h[t] += alpha;
            norm += h[t] * h[t];
        }
        var w = new double[k][s];
        for (int j = 0; j < k; j++) {
            double along = 0;
            for (int t = 0; t < s; t++) along += vectors[k - s + t][j] * h[t];
            for (int t = 0; t < s; t++)
                w[j][t] = vectors[k - s + t][j] + (1 - alpha) * best[j] / sum - (Math.sqrt(norm) < TINY ? 0 : 2 * along * h[t] / norm);
        }
        return w;
    }

    private static final class Entries {
        final int[] row, column;
        final double[] value;
        int count;

        Entries(int most) {
            row = new int[most];
            column = new int[most];
            value = new double[most];
        }

        void add(int i, int j, double v) {
            row[count] = i;
            column[count] = j;
            value[count++] = v;
        }
    }
}
