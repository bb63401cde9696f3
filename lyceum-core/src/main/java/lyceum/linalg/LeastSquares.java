package lyceum.linalg;

import lyceum.ShapeException;
import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.Matrices;
import lyceum.linalg.dense.Rows;
import lyceum.tensor.Tensor;

/**
 * Ordinary and weighted least squares in closed form: {@code b} minimises {@code sum_i w_i (y_i - a_i b)^2}, and is the shortest such vector
 * when the columns of A are dependent.
 *
 * {@snippet :
 * var fit = LeastSquares.solve(a, y);                       // chooses by conditioning
 * var safe = new LeastSquares(LeastSquares.Method.SVD).fit(a, y);
 * fit.coefficients(); fit.residuals(); fit.rank(); fit.condition();
 * }
 *
 * <p>{@link Method#NORMAL} (Cholesky of {@code A^T A} with columns scaled to length 1) is the fastest and loses twice the digits that the
 * condition number costs; {@link Method#QR} (Householder with column pivoting, completed to a minimum-norm solution when the rank falls short)
 * loses them once; {@link Method#SVD} costs most and names the rank most reliably. {@link Method#AUTO} takes NORMAL when there are four times more rows than
 * columns and the estimated condition number of {@code A^T A} is below 1e6, so that ten digits are left, else QR.
 *
 * <p>Shapes: {@code a (m, n)}, {@code y (m)} or {@code (m, k)}, coefficients {@code (n)} or {@code (n, k)}, {@code weights (m)}, not negative.
 *
 * <p>The rank is that of A with its columns scaled to one length, since rounding of the input is relative to its column: units do not change it. Everything is
 * computed in F64; for F32 input eps is that of F32, because dependent columns stay dependent only to its rounding.
 *
 * @param method AUTO by default
 * @param rcond pivots or singular values of the scaled A up to rcond times the largest count as 0; NaN (default) means {@code max(m, n) eps}
 * @see <a href="https://doi.org/10.1137/1.9781611971484">Bjorck, Numerical Methods for Least Squares Problems (1996)</a>
 */
public record LeastSquares(Method method, double rcond) {
    /** See {@link LeastSquares}. */
    public enum Method {
        AUTO, NORMAL, QR, SVD
    }

    public LeastSquares {
        if (rcond < 0 || rcond >= 1) throw new IllegalArgumentException("least squares: rcond is " + rcond + "; it lies between 0 and 1");
    }

    public LeastSquares(Method method) { this(method, Double.NaN); }

    public LeastSquares() { this(Method.AUTO); }

    public LeastSquares withRcond(double rcond) { return new LeastSquares(method, rcond); }

    /** Slope of the line through n points that is least squares best: of logarithms, the exponent of a power law. NaN if all x are equal. */
    public static double slope(double[] x, double[] y) {
        if (x.length != y.length) throw new ShapeException("slope: " + x.length + " places for " + y.length + " values");
        double mx = 0, my = 0, xy = 0, xx = 0;
        for (int i = 0; i < x.length; i++) {
            mx += x[i] / x.length;
            my += y[i] / x.length;
        }
        for (int i = 0; i < x.length; i++) {
            xy += (x[i] - mx) * (y[i] - my);
            xx += (x[i] - mx) * (x[i] - mx);
        }
        return xx == 0 ? Double.NaN : xy / xx;
    }

    /** With the automatic choice of method. */
    public static LeastSquaresFit solve(Tensor a, Tensor y) { return new LeastSquares().fit(a, y); }

    public LeastSquaresFit fit(Tensor a, Tensor y) { return fit(a, y, null); }

    /**
     * @param weights {@code (m)}, not negative; null for ones
     * @throws NotPositiveDefiniteException for NORMAL when the columns are dependent to rounding; QR and SVD handle any rank
     */
    public LeastSquaresFit fit(Tensor a, Tensor y, Tensor weights) {
        var rows = Matrices.rows("least squares", a);
        int m = rows.length, n = (int) a.size(1);
        var sides = Matrices.RightSides.of("least squares", y, m);
        double[] root = roots(weights, m);
        var scaled = Dense.copy(rows);
        if (root != null) {
            for (int i = 0; i < m; i++) {
                Rows.scale(root[i], scaled[i], 0, n);
                Rows.scale(root[i], sides.b()[i], 0, sides.columns());
            }
        }
        double tolerance = Double.isNaN(rcond) ? Svd.defaultTolerance(m, n, Matrices.resultType(a)) : rcond;
        var problem = new LeastSquaresProblem(scaled, n, sides, tolerance);
        var chosen = method;
        if (chosen == Method.AUTO) chosen = problem.normalIsSafe() ? Method.NORMAL : Method.QR;
        switch (chosen) {
            case NORMAL -> problem.byNormalEquations();
            case SVD -> problem.bySvd();
            default -> problem.byQr();
        }
        return new LeastSquaresFit(problem, chosen, rows, y, root, Matrices.resultType(a));
    }

    private static double[] roots(Tensor weights, int m) {
        if (weights == null) return null;
        if (weights.rank() != 1 || weights.size(0) != m)
            throw new ShapeException("least squares: weights of shape " + weights.shape() + " for " + m + " rows");
        double[] root = Matrices.vector("least squares weights", weights, m);
        for (int i = 0; i < m; i++) {
            if (root[i] < 0)
                throw new IllegalArgumentException("least squares: weight " + i + " is " + root[i] + "; weights are not negative");
            root[i] = Math.sqrt(root[i]);
        }
        return root;
    }
}
