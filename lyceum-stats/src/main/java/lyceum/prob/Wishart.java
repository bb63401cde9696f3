package lyceum.prob;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.linalg.Cholesky;
import lyceum.linalg.NotPositiveDefiniteException;
import lyceum.math.Special;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The Wishart distribution over positive definite matrices: of {@code sum x_i x_i'} for n normal vectors with mean 0 and covariance
 * {@code scale}; or of its inverse, by {@link #inverse}. Points are (d x d), tensors (..., d, d).
 *
 * @see <a href="https://doi.org/10.1002/9780470316559">Muirhead (1982), Aspects of Multivariate Statistical Theory, chapter 3</a>
 */
public final class Wishart implements Distribution {
    private final double degreesOfFreedom;
    private final double[][] scale, lower;
    private final boolean inverse;

    private Wishart(double degreesOfFreedom, double[][] scale, boolean inverse) {
        if (!(degreesOfFreedom > scale.length - 1) || degreesOfFreedom == Double.POSITIVE_INFINITY)
            throw new IllegalArgumentException("Wishart: degrees of freedom is " + degreesOfFreedom + "; for " + scale.length
                    + " dimensions it is above " + (scale.length - 1));
        this.degreesOfFreedom = degreesOfFreedom;
        this.scale = Arrays.stream(scale).map(double[]::clone).toArray(double[][]::new);
        this.lower = Cholesky.of(Tensor.of(this.scale)).lower().toRows();
        this.inverse = inverse;
    }

    /**
     * @param degreesOfFreedom n, above d - 1, need not be whole @param scale (d x d), symmetric and positive definite; the mean is n times
     * it
     */
    public Wishart(double degreesOfFreedom, double[][] scale) { this(degreesOfFreedom, scale, false); }

    /**
     * Of the inverse of a Wishart matrix with scale {@code scale^-1}: the conjugate prior of a covariance. Its mean is {@code scale / (n -
     * d - 1)}.
     */
    public static Wishart inverse(double degreesOfFreedom, double[][] scale) { return new Wishart(degreesOfFreedom, scale, true); }

    public double degreesOfFreedom() { return degreesOfFreedom; }

    public boolean isInverse() { return inverse; }

    /** A copy. */
    public double[][] scale() { return Arrays.stream(scale).map(double[]::clone).toArray(double[][]::new); }

    @Override public boolean isDiscrete() { return false; }

    /** {@code log gamma_d(a)}, the multivariate gamma function. */
    public static double logGamma(double a, int d) {
        double sum = d * (d - 1) / 4.0 * Math.log(Math.PI);
        for (int i = 0; i < d; i++) sum += Special.lgamma(a - i / 2.0);
        return sum;
    }

    /** Natural logarithm of the density at a symmetric matrix; {@code -Infinity} where it is not positive definite. */
    public double logDensity(double[][] x) {
        int d = scale.length;
        double n = degreesOfFreedom, logScale = Triangular.logDeterminant(lower), logX, trace = 0;
        double[][] other;
        try {
            other = Cholesky.of(Tensor.of(x)).lower().toRows();
        } catch (NotPositiveDefiniteException e) {
            return Double.NEGATIVE_INFINITY;
        }
        logX = Triangular.logDeterminant(other);
        // tr(scale^-1 x) or tr(scale x^-1), as the squared length of L1^-1 L2
        double[][] below = inverse ? other : lower, above = inverse ? lower : other;
        for (int j = 0; j < d; j++) {
            var column = new double[d];
            for (int i = j; i < d; i++) column[i] = above[i][j];
            for (double v : Triangular.solve(below, column)) trace += v * v;
        }
        double constant = -0.5 * n * d * Math.log(2) - logGamma(n / 2, d);
        return inverse ? constant + 0.5 * n * logScale - 0.5 * (n + d + 1) * logX - 0.5 * trace
                : constant - 0.5 * n * logScale + 0.5 * (n - d - 1) * logX - 0.5 * trace;
    }

    @Override public Tensor logDensity(Tensor x) {
        int d = scale.length;
        if (x.rank() < 2 || x.size(-1) != d || x.size(-2) != d)
            throw new ShapeException("logDensity: x has shape " + x.shape() + "; its last axes are (" + d + ", " + d + ")");
        long[] sizes = x.shape().toArray(), flat = Arrays.copyOf(sizes, sizes.length - 1);
        flat[flat.length - 1] = (long) d * d;
        return Elementwise.mapRows(x.reshape(flat), d * d, v -> {
            var matrix = new double[d][];
            for (int i = 0; i < d; i++) matrix[i] = Arrays.copyOfRange(v, i * d, (i + 1) * d);
            return logDensity(matrix);
        });
    }

    /** NaN where the inverse has none: at most d + 1 degrees of freedom. */
    public double[][] mean() {
        double factor = !inverse ? degreesOfFreedom
                : degreesOfFreedom > scale.length + 1 ? 1 / (degreesOfFreedom - scale.length - 1) : Double.NaN;
        return Arrays.stream(scale).map(row -> Arrays.stream(row).map(v -> factor * v).toArray()).toArray(double[][]::new);
    }

    @Override public double entropy() {
        int d = scale.length;
        double n = degreesOfFreedom, digamma = d * Math.log(2);
        for (int i = 0; i < d; i++) digamma += Special.digamma((n - i) / 2);
        // E log|X| is log|scale| and digamma, or less digamma of the inverse; E trace is n d
        double logScale = Triangular.logDeterminant(lower), constant = 0.5 * n * d * (Math.log(2) + 1) + logGamma(n / 2, d);
        return inverse ? constant - 0.5 * n * logScale + 0.5 * (n + d + 1) * (logScale - digamma)
                : constant + 0.5 * n * logScale - 0.5 * (n - d - 1) * (logScale + digamma);
    }

    /** One draw, (d x d), by Bartlett's (1933) triangular factor. */
    public double[][] sample(Rng rng) {
        int d = scale.length;
        double[][] t = new double[d][d], root = new double[d][d], x = new double[d][d];
        for (int i = 0; i < d; i++) {
            // For the inverse the factor is turned over, so that its inverse is lower triangular times an orthogonal matrix
            double freedom = degreesOfFreedom - (inverse ? d - 1 - i : i);
            t[i][i] = Math.sqrt(2) * Math.exp(0.5 * Gamma.logStandard(rng, freedom / 2));
            for (int j = 0; j < i; j++) t[i][j] = rng.nextGaussian();
        }
        for (int j = 0; j < d; j++) {
            var column = new double[d];
            if (inverse) {
                column[j] = 1;
                Triangular.solve(t, column); // L T^-1
            } else for (int i = j; i < d; i++) column[i] = t[i][j]; // L T
            for (int i = 0; i < d; i++) for (int k = j; k <= i; k++) root[i][j] += lower[i][k] * column[k];
        }
        for (int i = 0; i < d; i++) for (int j = 0; j <= i; j++) {
            for (int k = 0; k <= j; k++) x[i][j] += root[i][k] * root[j][k];
            x[j][i] = x[i][j];
        }
        return x;
    }

    /** {@code n} draws: (n, d, d), F64. */
    @Override public Tensor sample(Rng rng, int n) {
        Arguments.count("sample", "n", n);
        int d = scale.length;
        var flat = new double[Math.multiplyExact(n, d * d)];
        for (int i = 0; i < n; i++) {
            double[][] x = sample(rng);
            for (int j = 0; j < d; j++) System.arraycopy(x[j], 0, flat, (i * d + j) * d, d);
        }
        return Tensor.of(flat, n, d, d);
    }

    @Override public boolean equals(Object o) {
        return o instanceof Wishart w && degreesOfFreedom == w.degreesOfFreedom && inverse == w.inverse
                && Arrays.deepEquals(scale, w.scale);
    }

    @Override public int hashCode() { return 31 * Double.hashCode(degreesOfFreedom) + Arrays.deepHashCode(scale); }

    @Override public String toString() {
        return (inverse ? "Wishart.inverse" : "Wishart") + "[degreesOfFreedom=" + degreesOfFreedom + ", scale=" + Arrays.deepToString(scale)
                + "]";
    }
}
