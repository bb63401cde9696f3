package lyceum.kernel;

import lyceum.backend.Parallel;
import lyceum.tensor.Tensor;

/** Squared Euclidean distances of rows: by a matrix product where that keeps the digits. */
final class SquaredDistances {
    private SquaredDistances() {}

    static double of(double[] x, double[] z) {
        double sum = 0;
        for (int j = 0; j < x.length; j++) {
            double d = x[j] - z[j];
            sum += d * d;
        }
        return sum;
    }

    /**
     * {@code |a|^2 + |b|^2 - 2 a.b} after moving the rows of b to the origin. The difference cancels where points are near beside their
     * lengths; such pairs are computed again from the differences, so that every distance is right to 12 digits and equal points have
     * distance 0. Of rows with themselves ({@code a == b}) what stands above the diagonal is left open.
     */
    static double[][] of(double[][] a, double[][] b) {
        int n = a.length, m = b.length, p = n == 0 ? 0 : a[0].length;
        if (p < 8 || (long) n * m < 256) return direct(a, b);
        var centre = new double[p];
        for (double[] row : b) for (int j = 0; j < p; j++) centre[j] += row[j] / m;
        double[][] u = minus(a, centre), v = minus(b, centre), s = Tensor.of(u).matmul(Tensor.of(v).transpose()).toRows();
        double[] uu = lengths(u), vv = lengths(v);
        Parallel.range(n, 8, 4.0 * m, (from, to) -> {
            for (int i = (int) from; i < to; i++) {
                for (int j = 0; j < m; j++) {
                    double both = uu[i] + vv[j], d = both - 2 * s[i][j];
                    s[i][j] = d < 1e-3 * both ? of(a[i], b[j]) : d;
                }
            }
        });
        return s;
    }

    private static double[][] direct(double[][] a, double[][] b) {
        var s = new double[a.length][b.length];
        Parallel.range(a.length, 8, (a.length == 0 ? 0 : a[0].length) * (double) b.length, (from, to) -> {
            for (int i = (int) from; i < to; i++) for (int j = 0, end = a == b ? i + 1 : b.length; j < end; j++) s[i][j] = of(a[i], b[j]);
        });
        return s;
    }

    private static double[][] minus(double[][] rows, double[] centre) {
        var out = new double[rows.length][centre.length];
        for (int i = 0; i < out.length; i++) for (int j = 0; j < centre.length; j++) out[i][j] = rows[i][j] - centre[j];
        return out;
    }

    private static double[] lengths(double[][] rows) {
        var out = new double[rows.length];
        for (int i = 0; i < out.length; i++) for (double v : rows[i]) out[i] += v * v;
        return out;
    }
}
