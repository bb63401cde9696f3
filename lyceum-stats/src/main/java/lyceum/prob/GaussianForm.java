package lyceum.prob;

import java.util.Arrays;
import lyceum.linalg.Cholesky;
import lyceum.linalg.Linalg;
import lyceum.linalg.NotPositiveDefiniteException;
import lyceum.tensor.Tensor;

/** The multivariate normal family; its natural parameters hold the upper triangle of the precision matrix, off-diagonal entries once. */
final class GaussianForm {
    private static final double LOG_SQRT_2PI = 0.91893853320467274178;

    private GaussianForm() {}

    static NaturalForm<MultivariateNormal> of(int d) {
        if (d < 1) throw new IllegalArgumentException("multivariateNormal: dimensions is " + d + "; at least 1 is needed");
        int size = d + d * (d + 1) / 2;
        Tensor precision = unpacking(d, -2, -1);
        return new NaturalForm<>("multivariate normal", size, d, n -> natural(n.mean(), n.covariance()), e -> {
            var covariance = Cholesky.of(matrix(precision, Tensor.of(e), d)).inverse();
            return new MultivariateNormal(covariance.matmul(Tensor.of(e).narrow(0, 0, d)).toDoubleArray(), symmetric(covariance));
        }, e -> isPositiveDefinite(matrix(precision, Tensor.of(e), d)), x -> {
            var t = new double[size];
            for (int i = 0, at = d; i < d; i++) {
                t[i] = x[i];
                for (int j = i; j < d; j++) t[at++] = x[i] * x[j];
            }
            return t;
        }, x -> -d * LOG_SQRT_2PI, e -> {
            Tensor p = matrix(precision, e, d), h = e.narrow(0, 0, d);
            return h.mul(Linalg.solve(p, h)).sum().sub(Linalg.logDet(p)).mul(0.5);
        }, e -> -d * LOG_SQRT_2PI, m -> isPositiveDefinite(Tensor.of(spread(m, d))), m -> natural(Arrays.copyOf(m, d), spread(m, d)));
    }

    private static double[] natural(double[] mean, double[][] covariance) {
        int d = mean.length;
        var p = symmetric(Cholesky.of(Tensor.of(covariance)).inverse());
        var eta = new double[d + d * (d + 1) / 2];
        for (int i = 0, at = d; i < d; i++) {
            for (int j = 0; j < d; j++) eta[i] += p[i][j] * mean[j];
            for (int j = i; j < d; j++) eta[at++] = i == j ? -0.5 * p[i][i] : -p[i][j];
        }
        return eta;
    }

    /** The covariance with mean statistic m. */
    private static double[][] spread(double[] m, int d) {
        var s = new double[d][d];
        for (int i = 0, at = d; i < d; i++) for (int j = i; j < d; j++) s[i][j] = s[j][i] = m[at++] - m[i] * m[j];
        return s;
    }

    /** (d^2 x d(d+1)/2): what turns the packed triangle into a symmetric matrix, row by row. */
    private static Tensor unpacking(int d, double diagonal, double other) {
        var u = new double[d * d][d * (d + 1) / 2];
        for (int i = 0, at = 0; i < d; i++) {
            for (int j = i; j < d; j++, at++) u[i * d + j][at] = u[j * d + i][at] = i == j ? diagonal : other;
        }
        return Tensor.of(u);
    }

    private static Tensor matrix(Tensor unpacking, Tensor eta, int d) {
        return unpacking.matmul(eta.narrow(0, d, d * (d + 1) / 2)).reshape(d, d);
    }

    private static double[][] symmetric(Tensor a) { return a.add(a.transpose()).mul(0.5).toRows(); }

    private static boolean isPositiveDefinite(Tensor a) {
        try {
            Cholesky.of(a);
            return true;
        } catch (NotPositiveDefiniteException e) {
            return false;
        }
    }
}
