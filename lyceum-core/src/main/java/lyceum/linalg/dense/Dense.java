package lyceum.linalg.dense;

import java.util.Arrays;

/** Creation, copies and norms of matrices stored as rows. */
public final class Dense {
    private static final int TILE = 32;

    private Dense() {}

    public static double[][] zeros(int m, int n) { return new double[m][n]; }

    public static double[][] identity(int m, int n) {
        var a = new double[m][n];
        for (int i = 0; i < Math.min(m, n); i++) a[i][i] = 1;
        return a;
    }

    public static double[][] copy(double[][] a) {
        var c = new double[a.length][];
        for (int i = 0; i < a.length; i++) c[i] = a[i].clone();
        return c;
    }

    /** Rows {@code [i0, i1)} and columns {@code [j0, j1)}, copied. */
    public static double[][] block(double[][] a, int i0, int i1, int j0, int j1) {
        var c = new double[i1 - i0][];
        for (int i = i0; i < i1; i++) c[i - i0] = Arrays.copyOfRange(a[i], j0, j1);
        return c;
    }

    public static double[][] ofRowMajor(double[] flat, int m, int n) {
        var a = new double[m][];
        for (int i = 0; i < m; i++) a[i] = Arrays.copyOfRange(flat, i * n, (i + 1) * n);
        return a;
    }

    public static double[] toRowMajor(double[][] a, int n) {
        var flat = new double[Math.multiplyExact(a.length, n)];
        for (int i = 0; i < a.length; i++) System.arraycopy(a[i], 0, flat, i * n, n);
        return flat;
    }

    /** The transpose of an {@code m x n} matrix; {@code n} is given because no row tells it when {@code m} is 0. */
    public static double[][] transpose(double[][] a, int n) {
        int m = a.length;
        var t = new double[n][m];
        for (int i0 = 0; i0 < m; i0 += TILE) {
            for (int j0 = 0; j0 < n; j0 += TILE) {
                int i1 = Math.min(m, i0 + TILE), j1 = Math.min(n, j0 + TILE);
                for (int j = j0; j < j1; j++) {
                    double[] row = t[j];
                    for (int i = i0; i < i1; i++) row[i] = a[i][j];
                }
            }
        }
        return t;
    }

    public static double[] column(double[][] a, int j) {
        var c = new double[a.length];
        for (int i = 0; i < a.length; i++) c[i] = a[i][j];
        return c;
    }

    public static double maxAbs(double[][] a) {
        double max = 0;
        for (double[] row : a) for (double v : row) max = Math.max(max, Math.abs(v));
        return max;
    }

    public static double frobenius(double[][] a) {
        double max = maxAbs(a);
        if (max == 0 || Double.isInfinite(max) || Double.isNaN(max)) return max;
        double unit = Math.scalb(1.0, -Math.getExponent(max)), sum = 0;
        for (double[] row : a) {
            double part = 0;
            for (double v : row) part += (v * unit) * (v * unit);
            sum += part;
        }
        return Math.sqrt(sum) / unit;
    }

    public static double oneNorm(double[][] a, int n) {
        var sums = new double[n];
        for (double[] row : a) for (int j = 0; j < n; j++) sums[j] += Math.abs(row[j]);
        double max = 0;
        for (double s : sums) max = Math.max(max, s);
        return max;
    }

    public static double infinityNorm(double[][] a) {
        double max = 0;
        for (double[] row : a) {
            double sum = 0;
            for (double v : row) sum += Math.abs(v);
            max = Math.max(max, sum);
        }
        return max;
    }

    /** {@code y = A x}. */
    public static double[] times(double[][] a, double[] x) {
        var y = new double[a.length];
        for (int i = 0; i < y.length; i++) y[i] = Rows.dot(a[i], x, 0, x.length);
        return y;
    }

    /** {@code y = A^T x} for an {@code m x n} matrix. */
    public static double[] transposeTimes(double[][] a, double[] x, int n) {
        var y = new double[n];
        int i = 0;
        for (; i + 3 < a.length; i += 4) Rows.axpy4(y, a[i], a[i + 1], a[i + 2], a[i + 3], x[i], x[i + 1], x[i + 2], x[i + 3], 0, n);
        for (; i < a.length; i++) Rows.axpy(x[i], a[i], y, 0, n);
        return y;
    }

    /** {@code sqrt(x^2 + y^2)}, at a tenth of the price of {@link Math#hypot} where neither square is near the ends of the range. */
    static double length(double x, double y) {
        double square = x * x + y * y;
        return square > 1e-280 && square < 1e280 ? Math.sqrt(square) : Math.hypot(x, y);
    }

    /** {@code sign} with the sign of zero taken as plus. */
    public static double sign(double x) { return x < 0 ? -1 : 1; }
}
