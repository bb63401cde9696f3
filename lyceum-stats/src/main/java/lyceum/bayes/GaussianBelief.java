package lyceum.bayes;

import lyceum.ShapeException;
import lyceum.linalg.Eigen;
import lyceum.linalg.Linalg;
import lyceum.linalg.NotPositiveDefiniteException;
import lyceum.linalg.dense.CholeskySteps;
import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.HouseholderQr;
import lyceum.linalg.dense.Product;
import lyceum.linalg.dense.TriangularSolve;
import lyceum.prob.MultivariateNormal;
import lyceum.tensor.Tensor;

/**
 * A normal distribution of a state, whose covariance may be singular: what a Kalman filter passes from step to step.
 *
 * <p>It holds the covariance, or in the square-root form a factor S with {@code S S' = covariance}, and makes the other when asked. Immutable.
 */
public final class GaussianBelief {
    private final double[] mean;
    private final double[][] covariance, factor;

    private GaussianBelief(double[] mean, double[][] covariance, double[][] factor) {
        this.mean = mean;
        this.covariance = covariance;
        this.factor = factor;
    }

    /** @param covariance symmetric, no eigenvalue below 0 by more than rounding */
    public static GaussianBelief of(double[] mean, double[][] covariance) {
        requireSymmetric("GaussianBelief", covariance, mean.length);
        squareRoot("GaussianBelief", covariance);
        return new GaussianBelief(mean.clone(), Dense.copy(covariance), null);
    }

    static GaussianBelief ofCovariance(double[] mean, double[][] covariance) { return new GaussianBelief(mean, covariance, null); }

    static GaussianBelief ofFactor(double[] mean, double[][] factor) { return new GaussianBelief(mean, null, factor); }

    /** Length of the state. */
    public int dimensions() { return mean.length; }

    /** A copy. */
    public double[] mean() { return mean.clone(); }

    /** A copy. */
    public double[][] covariance() { return Dense.copy(p()); }

    /** Square roots of the covariance's diagonal. */
    public double[] standardDeviations() {
        double[][] p = p();
        var sd = new double[mean.length];
        for (int i = 0; i < sd.length; i++) sd[i] = Math.sqrt(Math.max(0, p[i][i]));
        return sd;
    }

    /** As a distribution. @throws NotPositiveDefiniteException if the covariance is singular */
    public MultivariateNormal distribution() { return new MultivariateNormal(mean, p()); }

    double[] m() { return mean; }

    double[][] p() { return covariance != null ? covariance : gram(factor); }

    double[][] root() { return factor != null ? factor : squareRoot("GaussianBelief", covariance); }

    static void requireSymmetric(String what, double[][] a, int n) {
        if (a.length != n) throw new ShapeException(what + ": " + a.length + " rows of a covariance for " + n + " dimensions");
        for (int i = 0; i < n; i++) {
            if (a[i].length != n)
                throw new ShapeException(what + ": row " + i + " of a covariance has " + a[i].length + " entries, not " + n);
            for (int j = 0; j <= i; j++)
                if (!(Math.abs(a[i][j] - a[j][i]) <= 1e-10 * Math.max(Math.abs(a[i][j]), Math.abs(a[j][i]))))
                    throw new IllegalArgumentException(what + ": the covariance is not symmetric and finite: (" + i + ", " + j + ") is "
                            + a[i][j] + ", (" + j + ", " + i + ") is " + a[j][i]);
        }
    }

    /** S with {@code S S' = a}: by Cholesky, or by eigenvectors where a is singular. */
    static double[][] squareRoot(String what, double[][] a) {
        double[][] l = Dense.copy(a);
        if (CholeskySteps.factor(l) < 0) {
            for (int i = 0; i < l.length; i++) for (int j = i + 1; j < l.length; j++) l[i][j] = 0;
            return l;
        }
        var eigen = Eigen.symmetric(Tensor.of(a));
        double[] values = eigen.values().toDoubleArray();
        double[][] s = eigen.vectors().toRows();
        double most = 0;
        for (double v : values) most = Math.max(most, Math.abs(v));
        for (int j = 0; j < values.length; j++) {
            if (values[j] < -1e-10 * most)
                throw new IllegalArgumentException(what + ": a covariance has the eigenvalue " + values[j] + "; none is negative");
            for (int i = 0; i < s.length; i++) s[i][j] *= Math.sqrt(Math.max(0, values[j]));
        }
        return s;
    }

    /** {@code S S'}. */
    static double[][] gram(double[][] s) { return symmetric(Product.timesTransposed(s, s, s[0].length)); }

    /** {@code A P A' + Q}. */
    static double[][] sandwich(double[][] a, double[][] p, double[][] q) {
        double[][] moved = Product.timesTransposed(Product.of(a, p, p.length), a, p.length);
        if (q != null) for (int i = 0; i < moved.length; i++) for (int j = 0; j < moved.length; j++) moved[i][j] += q[i][j];
        return symmetric(moved);
    }

    /** Overwrites a with its symmetric part. */
    static double[][] symmetric(double[][] a) {
        for (int i = 0; i < a.length; i++) for (int j = 0; j < i; j++) a[i][j] = a[j][i] = 0.5 * (a[i][j] + a[j][i]);
        return a;
    }

    /** Lower L with {@code L L' = A A'} for A given by the rows of its transpose, as many as there are. */
    static double[][] lower(double[][] transposed, int n) {
        double[][] r = HouseholderQr.of(transposed, n).r(), l = new double[n][n];
        for (int j = 0; j < Math.min(n, r.length); j++) {
            double sign = r[j][j] < 0 ? -1 : 1;
            for (int i = j; i < n; i++) l[i][j] = sign * r[j][i];
        }
        return l;
    }

    /** {@code B P^-1} of a symmetric P, by Cholesky or, where P is singular, by its pseudo-inverse. */
    static double[][] rightDivide(double[][] b, double[][] p) {
        double[][] l = Dense.copy(p), x = Dense.copy(b);
        if (CholeskySteps.factor(l) >= 0) return Product.of(b, Linalg.pinv(Tensor.of(p)).toRows(), p.length);
        for (var row : x) {
            TriangularSolve.lower(l, false, row, row.length);
            TriangularSolve.lowerTransposed(l, false, row, row.length);
        }
        return x;
    }
}
