package lyceum.linalg;

import java.util.Arrays;
import lyceum.LyceumException;
import lyceum.ShapeException;
import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.Matrices;
import lyceum.linalg.dense.Rows;
import lyceum.tensor.Tensor;

/**
 * {@code min |A x - b|, x >= 0} by the active sets of Lawson and Hanson (1974), chapter 23: the columns whose x is above 0 are solved for by QR, and one joins or
 * leaves at a time, until {@code A'(b - A x)} is 0 on them and not above 0 on the others.
 *
 * {@snippet :
 * Tensor a = Tensor.of(new double[][] {{1, 0.2}, {0.5, 1}, {0, 0.4}}), b = Tensor.of(1.0, 0.1, -0.3);
 * Tensor x = NonNegativeLeastSquares.solve(a, b);     // (0.84, 0)
 * }
 */
public final class NonNegativeLeastSquares {
    private NonNegativeLeastSquares() {}

    /**
     * @param a (m, n)
     * @param b (m), or (m, k) for k problems
     * @return x, (n) or (n, k)
     * @throws LyceumException if 30 n changes of the set do not end, which dependent columns can do
     */
    public static Tensor solve(Tensor a, Tensor b) {
        if (a.rank() != 2 || b.rank() < 1 || b.rank() > 2 || a.size(0) != b.size(0)) throw new ShapeException(
                "nonnegative least squares: A " + a.shape() + " and b " + b.shape() + "; they are (m, n) and (m) or (m, k)");
        if (b.rank() == 2) {
            var columns = new Tensor[(int) b.size(1)];
            for (int k = 0; k < columns.length; k++) columns[k] = solve(a, b.select(1, k)).unsqueeze(1);
            return Tensor.concat(1, columns);
        }
        double[][] rows = Matrices.rows("nonnegative least squares", a);
        double[] side = Matrices.vector("nonnegative least squares", b, rows.length);
        int n = (int) a.size(1), changes = 0;
        double[] x = new double[n];
        var free = new boolean[n];
        double[] gradient = gradient(rows, side, x, n);
        double tolerance = 1e-14 * rows.length * Rows.norm(side, 0, side.length);
        for (int j = 0; j < n; j++) tolerance = Math.max(tolerance, 1e-14 * Math.abs(gradient[j]));
        while (true) {
            int best = -1;
            for (int j = 0; j < n; j++) if (!free[j] && gradient[j] > tolerance && (best < 0 || gradient[j] > gradient[best])) best = j;
            if (best < 0) return Matrices.tensor(x, Matrices.resultType(a));
            free[best] = true;
            while (true) {
                if (++changes > 30 * n)
                    throw new LyceumException("nonnegative least squares: no end after " + changes + " changes of the set");
                double[] z = onSet(a, b, free, n);
                double step = 1;
                for (int j = 0; j < n; j++) if (free[j] && z[j] <= 0) step = Math.min(step, x[j] / (x[j] - z[j]));
                for (int j = 0; j < n; j++) x[j] += step * (z[j] - x[j]);
                if (step == 1) break;
                for (int j = 0; j < n; j++) if (free[j] && x[j] <= 1e-15 * Math.abs(z[j])) {
                    free[j] = false;
                    x[j] = 0;
                }
            }
            gradient = gradient(rows, side, x, n);
        }
    }

    /** {@code A'(b - A x)}. */
    private static double[] gradient(double[][] a, double[] b, double[] x, int n) {
        double[] r = b.clone();
        Rows.axpy(-1, Dense.times(a, x), r, 0, r.length);
        return Dense.transposeTimes(a, r, n);
    }

    private static double[] onSet(Tensor a, Tensor b, boolean[] free, int n) {
        int[] columns = new int[n];
        int count = 0;
        for (int j = 0; j < n; j++) if (free[j]) columns[count++] = j;
        columns = Arrays.copyOf(columns, count);
        double[] part = new LeastSquares(LeastSquares.Method.QR).fit(a.transpose().rows(columns).transpose(), b).coefficients()
                .toDoubleArray(), z = new double[n];
        for (int k = 0; k < count; k++) z[columns[k]] = part[k];
        return z;
    }
}
