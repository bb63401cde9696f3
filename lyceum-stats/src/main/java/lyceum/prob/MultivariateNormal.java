package lyceum.prob;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.linalg.Cholesky;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** The normal distribution over vectors. */
public final class MultivariateNormal implements MultivariateDistribution {
    private static final double LOG_2PI = 1.83787706640934548356;

    private final double[] mean;
    private final double[][] covariance, factor;

    /**
     * @param mean (d), finite
     * @param covariance (d x d), symmetric and positive definite
     * @throws lyceum.linalg.NotPositiveDefiniteException if it is not positive definite
     * @throws IllegalArgumentException if it is not symmetric, or shapes differ
     */
    public MultivariateNormal(double[] mean, double[][] covariance) {
        int d = mean.length;
        if (d == 0) throw new ShapeException("MultivariateNormal: the mean is empty");
        if (covariance.length != d) throw new ShapeException(
                "MultivariateNormal: the mean has " + d + " entries but the covariance " + covariance.length + " rows");
        this.mean = mean.clone();
        this.covariance = new double[d][];
        for (int i = 0; i < d; i++) {
            Arguments.finite("MultivariateNormal", "mean " + i, mean[i]);
            if (covariance[i].length != d) throw new ShapeException(
                    "MultivariateNormal: row " + i + " of the covariance has " + covariance[i].length + " entries; it needs " + d);
            this.covariance[i] = covariance[i].clone();
            for (int j = 0; j < i; j++) {
                double a = covariance[i][j], b = covariance[j][i];
                if (!(Math.abs(a - b) <= 1e-10 * Math.max(Math.abs(a), Math.abs(b)) + 1e-300)) {
                    throw new IllegalArgumentException("MultivariateNormal: the covariance is not symmetric: (" + i + ", " + j + ") is " + a
                            + " but (" + j + ", " + i + ") is " + b);
                }
            }
        }
        factor = Cholesky.of(Tensor.of(this.covariance)).lower().toRows();
    }

    @Override public int dimensions() { return mean.length; }

    @Override public double[] mean() { return mean.clone(); }

    @Override public double[][] covariance() {
        var copy = new double[mean.length][];
        for (int i = 0; i < copy.length; i++) copy[i] = covariance[i].clone();
        return copy;
    }

    /** {@code log det covariance}. */
    public double logDeterminant() { return Triangular.logDeterminant(factor); }

    /** {@code (x - mean)' covariance^-1 (x - mean)}. */
    public double squaredMahalanobis(double[] x) {
        if (x.length != mean.length)
            throw new ShapeException("squaredMahalanobis: the point has " + x.length + " entries; it needs " + mean.length);
        var z = new double[mean.length];
        for (int i = 0; i < z.length; i++) z[i] = x[i] - mean[i];
        Triangular.solve(factor, z);
        double sum = 0;
        for (double v : z) sum += v * v;
        return sum;
    }

    @Override public double logDensity(double[] x) { return -0.5 * (squaredMahalanobis(x) + mean.length * LOG_2PI + logDeterminant()); }

    @Override public double entropy() { return 0.5 * (mean.length * (1 + LOG_2PI) + logDeterminant()); }

    /**
     * {@code KL(this || other)}, in nats: half of {@code tr(S2^-1 S1) + (m2-m1)' S2^-1 (m2-m1) - d + log det S2 - log det S1}.
     *
     * @throws ShapeException if the dimensions differ
     */
    public double klDivergence(MultivariateNormal other) {
        if (other.mean.length != mean.length)
            throw new ShapeException("klDivergence: dimensions " + mean.length + " and " + other.mean.length + " differ");
        double trace = 0;
        for (int j = 0; j < mean.length; j++) {
            // the columns of L2^-1 L1
            var column = new double[mean.length];
            for (int i = j; i < mean.length; i++) column[i] = factor[i][j];
            Triangular.solve(other.factor, column);
            for (double v : column) trace += v * v;
        }
        return 0.5 * (trace - mean.length + other.squaredMahalanobis(mean) + other.logDeterminant() - logDeterminant());
    }

    @Override public double[] sample(Rng rng) {
        int d = mean.length;
        double[] z = new double[d], x = mean.clone();
        for (int i = 0; i < d; i++) z[i] = rng.nextGaussian();
        for (int i = 0; i < d; i++) for (int k = 0; k <= i; k++) x[i] += factor[i][k] * z[k];
        return x;
    }

    @Override public boolean equals(Object o) {
        return o instanceof MultivariateNormal n && Arrays.equals(mean, n.mean) && Arrays.deepEquals(covariance, n.covariance);
    }

    @Override public int hashCode() { return 31 * Arrays.hashCode(mean) + Arrays.deepHashCode(covariance); }

    @Override public String toString() {
        return "MultivariateNormal[mean=" + Arrays.toString(mean) + ", covariance=" + Arrays.deepToString(covariance) + "]";
    }
}
