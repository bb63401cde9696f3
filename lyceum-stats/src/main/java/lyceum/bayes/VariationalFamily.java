package lyceum.bayes;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.prob.MultivariateDistribution;
import lyceum.prob.Normal;
import lyceum.prob.Quadrature;
import lyceum.random.Rng;

/**
 * A density that is a standard normal e pushed through a triangular map:
 * {@code z_i = m_i + exp(a_i + sum_{j<i} B_ij tanh e_j) e_i + sum_{j<i} (L_ij e_j + Q_ij (e_j^2 - 1))}.
 *
 * <p>The mean-field family has m and a alone, the full-rank one L as well (any normal distribution), and the flow also the bends Q and the changing
 * widths B: bananas and funnels. Each draw, density, gradient and moment has a closed form. Parameters are flat: m, a, then the lower triangles of L, Q
 * and B row by row, as many as the kind has. Immutable.
 *
 * {@snippet :
 * var q = VariationalFamily.fullRank(2).with(1, -1, 0, 0.5, 0.3);     // means, log widths, and how z_1 leans on e_0
 * q.mean();
 * q.covariance();
 * }
 *
 * @see <a href="https://arxiv.org/abs/1606.04934">Kingma, Salimans, Jozefowicz, Chen, Sutskever and Welling (2016), inverse autoregressive flows</a>
 */
public final class VariationalFamily implements MultivariateDistribution {
    private static final double LOG_2PI = Math.log(2 * Math.PI);
    private final int d, triangles;
    private final double[] lambda;

    private VariationalFamily(int d, int triangles, double[] lambda) {
        if (d < 1) throw new IllegalArgumentException("VariationalFamily: dimensions is " + d + "; at least 1 is needed");
        this.d = d;
        this.triangles = triangles;
        this.lambda = lambda;
    }

    private static VariationalFamily of(int d, int triangles) {
        return new VariationalFamily(d, triangles, new double[2 * Math.max(d, 0) + triangles * d * (d - 1) / 2]);
    }

    /** Independent normals, at first standard ones. */
    public static VariationalFamily meanField(int dimensions) { return of(dimensions, 0); }

    /** Normals with any covariance, at first the standard one. */
    public static VariationalFamily fullRank(int dimensions) { return of(dimensions, 1); }

    /** Normals that are bent and pinched along the coordinates before. */
    public static VariationalFamily flow(int dimensions) { return of(dimensions, 3); }

    /** The same kind with other parameters. */
    public VariationalFamily with(double... parameters) {
        if (parameters.length != lambda.length)
            throw new ShapeException("VariationalFamily: " + parameters.length + " parameters for " + lambda.length);
        for (double v : parameters) if (!Double.isFinite(v)) throw new IllegalArgumentException("VariationalFamily: a parameter is " + v);
        return new VariationalFamily(d, triangles, parameters.clone());
    }

    /** The same, moved to a mean with standard deviations: somewhere to start. */
    public VariationalFamily at(double[] mean, double[] deviations) {
        double[] moved = lambda.clone();
        for (int i = 0; i < d; i++) {
            moved[i] = mean[i];
            moved[d + i] = Math.log(deviations[i]);
        }
        return with(moved);
    }

    /** A copy. */
    public double[] parameters() { return lambda.clone(); }

    @Override public int dimensions() { return d; }

    /** Where entry (i, j), j below i, of the k-th triangle stands. */
    private int at(int k, int i, int j) { return 2 * d + k * d * (d - 1) / 2 + i * (i - 1) / 2 + j; }

    private double width(double[] e, int i) {
        double log = lambda[d + i];
        if (triangles == 3) for (int j = 0; j < i; j++) log += lambda[at(2, i, j)] * Math.tanh(e[j]);
        return Math.exp(log);
    }

    private double shift(double[] e, int i) {
        double z = lambda[i];
        if (triangles > 0) for (int j = 0; j < i; j++) z += lambda[at(0, i, j)] * e[j];
        if (triangles == 3) for (int j = 0; j < i; j++) z += lambda[at(1, i, j)] * (e[j] * e[j] - 1);
        return z;
    }

    /** z of e. */
    double[] push(double[] e) {
        var z = new double[d];
        for (int i = 0; i < d; i++) z[i] = shift(e, i) + width(e, i) * e[i];
        return z;
    }

    /** e of z. */
    double[] pull(double[] z) {
        if (z.length != d) throw new ShapeException("VariationalFamily: a point of " + z.length + " numbers; it has " + d);
        var e = new double[d];
        for (int i = 0; i < d; i++) e[i] = (z[i] - shift(e, i)) / width(e, i);
        return e;
    }

    /** {@code log q} of the point that e becomes. */
    double logDensityAt(double[] e) {
        double log = -0.5 * d * LOG_2PI;
        for (int i = 0; i < d; i++) log -= 0.5 * e[i] * e[i] + Math.log(width(e, i));
        return log;
    }

    @Override public double logDensity(double[] x) { return logDensityAt(pull(x)); }

    @Override public double[] sample(Rng rng) { return push(noise(rng)); }

    double[] noise(Rng rng) {
        var e = new double[d];
        for (int i = 0; i < d; i++) e[i] = rng.nextGaussian();
        return e;
    }

    /** Adds to {@code gradient} that of {@code slope . z(e) + entropy * sum log width(e)} by the parameters, at fixed e. */
    void addGradient(double[] e, double[] slope, double entropy, double[] gradient) {
        for (int i = 0; i < d; i++) {
            double log = slope[i] * width(e, i) * e[i] + entropy;
            gradient[i] += slope[i];
            gradient[d + i] += log;
            if (triangles > 0) for (int j = 0; j < i; j++) gradient[at(0, i, j)] += slope[i] * e[j];
            if (triangles == 3) for (int j = 0; j < i; j++) {
                gradient[at(1, i, j)] += slope[i] * (e[j] * e[j] - 1);
                gradient[at(2, i, j)] += log * Math.tanh(e[j]);
            }
        }
    }

    /** The gradient of {@code log q(z)} by z, at the z that e becomes: {@code J^-T} times that by e. */
    double[] slope(double[] e) {
        var g = new double[d];
        for (int i = 0; i < d; i++) {
            g[i] = -e[i];
            if (triangles == 3) for (int k = i + 1; k < d; k++) g[i] -= lambda[at(2, k, i)] * bend(e[i]);
        }
        for (int i = d - 1; i >= 0; i--) {
            double w = width(e, i);
            g[i] /= w;
            if (triangles > 0) for (int j = 0; j < i; j++) {
                double slope = lambda[at(0, i, j)];
                if (triangles == 3) slope += 2 * lambda[at(1, i, j)] * e[j] + w * e[i] * lambda[at(2, i, j)] * bend(e[j]);
                g[j] -= slope * g[i];
            }
        }
        return g;
    }

    private static double bend(double e) { return 1 - Math.tanh(e) * Math.tanh(e); }

    /** The gradient of {@code log q(z)} by the parameters, at fixed z. */
    double[] score(double[] e) {
        double[] slope = slope(e), gradient = new double[lambda.length];
        addGradient(e, slope, 1, gradient);
        for (int i = 0; i < gradient.length; i++) gradient[i] = -gradient[i];
        return gradient;
    }

    @Override public double[] mean() { return Arrays.copyOf(lambda, d); }

    @Override public double[][] covariance() {
        double[] widths = new double[d], squares = new double[d];
        for (int i = 0; i < d; i++) {
            widths[i] = Math.exp(lambda[d + i]);
            squares[i] = Math.exp(2 * lambda[d + i]);
            if (triangles == 3) for (int j = 0; j < i; j++) {
                double b = lambda[at(2, i, j)];
                widths[i] *= expectedExp(b);
                squares[i] *= expectedExp(2 * b);
            }
        }
        var c = new double[d][d];
        for (int i = 0; i < d; i++) for (int k = 0; k <= i; k++) {
            double sum = i == k ? squares[i] : triangles > 0 ? widths[k] * lambda[at(0, i, k)] : 0;
            if (triangles > 0) for (int j = 0; j < k; j++) sum += lambda[at(0, i, j)] * lambda[at(0, k, j)];
            if (triangles == 3) for (int j = 0; j < k; j++) sum += 2 * lambda[at(1, i, j)] * lambda[at(1, k, j)];
            c[i][k] = c[k][i] = sum;
        }
        return c;
    }

    private static double expectedExp(double b) {
        return b == 0 ? 1 : Quadrature.expectation(new Normal(0, 1), e -> Math.exp(b * Math.tanh(e)));
    }

    @Override public double entropy() {
        double sum = 0.5 * d * (1 + LOG_2PI);
        for (int i = 0; i < d; i++) sum += lambda[d + i];
        return sum;
    }
}
