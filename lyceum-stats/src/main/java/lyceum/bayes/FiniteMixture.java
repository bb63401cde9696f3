package lyceum.bayes;

import lyceum.ShapeException;
import lyceum.math.Special;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A mixture of independent coins, of counts, or of Gaussians with variances of their own along each axis: a model for {@link ExpectationMaximization}.
 *
 * <p>Parameters are flat: k weights, then for each component its numbers. A prior of {@code pseudoCounts} acts as so many more observations, spread
 * evenly over components and outcomes (of Gaussians: with the data's overall variance); without it the fit is maximum likelihood, and a Gaussian on a
 * single point has variance 0 and likelihood without end.
 *
 * {@snippet :
 * var coins = FiniteMixture.bernoulli(heads, 2);
 * var fit = new ExpectationMaximization().best(coins, coins::randomStart, 20, Rng.of(1));
 * double[][] whose = coins.responsibilities(fit.theta());
 * }
 */
public final class FiniteMixture implements EmModel {
    private enum Kind {
        BERNOULLI, MULTINOMIAL, GAUSSIAN
    }

    private final Kind kind;
    private final double[][] x;
    private final int components, dimensions;
    private final double pseudoCounts;
    private final double[] spread;

    private FiniteMixture(Kind kind, double[][] x, int components, double pseudoCounts) {
        if (x.length == 0) throw new ShapeException("FiniteMixture: there are no observations");
        if (components < 1) throw new IllegalArgumentException("FiniteMixture: " + components + " components; at least 1 is needed");
        if (!(pseudoCounts >= 0))
            throw new IllegalArgumentException("FiniteMixture: pseudoCounts is " + pseudoCounts + "; it is at least 0");
        this.kind = kind;
        this.x = x;
        this.components = components;
        this.dimensions = x[0].length;
        this.pseudoCounts = pseudoCounts;
        spread = new double[dimensions];
        for (int j = 0; j < dimensions; j++) {
            double mean = 0;
            for (var row : x) mean += row[j] / x.length;
            for (var row : x) spread[j] += (row[j] - mean) * (row[j] - mean) / x.length;
        }
    }

    /** Of d coins at once. @param x (n, d), zeros and ones */
    public static FiniteMixture bernoulli(Tensor x, int components) {
        var rows = rows(x);
        for (int i = 0; i < rows.length; i++)
            for (double v : rows[i])
                if (v != 0 && v != 1) throw new IllegalArgumentException("FiniteMixture: row " + i + " has " + v + "; coins fall 0 or 1");
        return new FiniteMixture(Kind.BERNOULLI, rows, components, 0);
    }

    /**
     * Of counts over d outcomes. {@link #objective} and {@link #bound} are those of the single draws in their order, without the multinomial
     * coefficients, which no parameter changes: add {@link #logCoefficients} to compare with a likelihood of the counts.
     *
     * @param x (n, d), whole and not negative
     */
    public static FiniteMixture multinomial(Tensor x, int components) {
        var rows = rows(x);
        for (int i = 0; i < rows.length; i++)
            for (double v : rows[i])
                if (!(v >= 0) || v != Math.rint(v))
                    throw new IllegalArgumentException("FiniteMixture: row " + i + " has " + v + "; counts are whole, from 0");
        return new FiniteMixture(Kind.MULTINOMIAL, rows, components, 0);
    }

    /** Of Gaussians with diagonal covariance. @param x (n, d) */
    public static FiniteMixture gaussian(Tensor x, int components) { return new FiniteMixture(Kind.GAUSSIAN, rows(x), components, 0); }

    private static double[][] rows(Tensor x) {
        if (x.rank() != 2) throw new ShapeException("FiniteMixture: data " + x.shape() + "; they are (n, d)");
        return x.toRows();
    }

    /** The same data under a prior worth so many observations: a MAP fit. */
    public FiniteMixture withPseudoCounts(double pseudoCounts) { return new FiniteMixture(kind, x, components, pseudoCounts); }

    @Override public int size() { return x.length; }

    /** Numbers of one component: probabilities, or means and then variances. */
    private int width() { return kind == Kind.GAUSSIAN ? 2 * dimensions : dimensions; }

    private int at(int component) { return components + component * width(); }

    /** Weights equal; components at random observations (Gaussians) or random probabilities. */
    public double[] randomStart(Rng rng) {
        var theta = new double[at(components)];
        for (int k = 0; k < components; k++) {
            theta[k] = 1.0 / components;
            double[] row = x[rng.nextInt(x.length)];
            double sum = 0;
            for (int j = 0; j < dimensions; j++) switch (kind) {
                case BERNOULLI -> theta[at(k) + j] = 0.25 + 0.5 * rng.nextDouble();
                case MULTINOMIAL -> sum += theta[at(k) + j] = 0.2 + rng.nextDouble();
                case GAUSSIAN -> {
                    theta[at(k) + j] = row[j] + 0.1 * Math.sqrt(spread[j]) * rng.nextGaussian();
                    theta[at(k) + dimensions + j] = spread[j];
                }
            }
            if (kind == Kind.MULTINOMIAL) for (int j = 0; j < dimensions; j++) theta[at(k) + j] /= sum;
        }
        return theta;
    }

    @Override public boolean allows(double[] theta) {
        if (theta.length != at(components)) return false;
        double weights = 0;
        for (int k = 0; k < components; k++) {
            if (!(theta[k] >= 0)) return false;
            weights += theta[k];
            double sum = 0;
            for (int j = 0; j < dimensions; j++) {
                double v = theta[at(k) + j];
                boolean fine = switch (kind) {
                    case BERNOULLI -> v >= 0 && v <= 1;
                    case MULTINOMIAL -> v >= 0;
                    case GAUSSIAN -> Double.isFinite(v) && theta[at(k) + dimensions + j] > 0;
                };
                if (!fine) return false;
                sum += v;
            }
            if (kind == Kind.MULTINOMIAL && Math.abs(sum - 1) > 1e-9) return false;
        }
        return Math.abs(weights - 1) <= 1e-9;
    }

    /** {@code log weight_k p_k(x_i)}. */
    private double logJoint(double[] theta, int k, double[] row) {
        double log = Math.log(theta[k]);
        for (int j = 0; j < dimensions; j++) {
            double p = theta[at(k) + j], v = row[j];
            log += switch (kind) {
                case BERNOULLI -> Math.log(v == 1 ? p : 1 - p);
                case MULTINOMIAL -> v == 0 ? 0 : v * Math.log(p);
                case GAUSSIAN -> {
                    double variance = theta[at(k) + dimensions + j];
                    yield -0.5 * ((v - p) * (v - p) / variance + Math.log(2 * Math.PI * variance));
                }
            };
        }
        return log;
    }

    /** {@code log sum_k exp(logs_k)}; turns the logs into shares. */
    private static double normalise(double[] logs) {
        double most = Double.NEGATIVE_INFINITY, sum = 0;
        for (double log : logs) most = Math.max(most, log);
        if (most == Double.NEGATIVE_INFINITY) return most;
        for (int k = 0; k < logs.length; k++) sum += logs[k] = Math.exp(logs[k] - most);
        for (int k = 0; k < logs.length; k++) logs[k] /= sum;
        return most + Math.log(sum);
    }

    private double[] logs(double[] theta, double[] row) {
        var logs = new double[components];
        for (int k = 0; k < components; k++) logs[k] = logJoint(theta, k, row);
        return logs;
    }

    /** {@code P(component | x_i)}: (n, k). */
    public double[][] responsibilities(double[] theta) {
        var r = new double[x.length][];
        for (int i = 0; i < x.length; i++) normalise(r[i] = logs(theta, x[i]));
        return r;
    }

    /** For each component: its mass, and sums of x and x^2 weighted by responsibility. */
    @Override public double[] expectation(double[] theta, int from, int to) {
        int width = 1 + 2 * dimensions;
        var statistics = new double[components * width];
        for (int i = from; i < to; i++) {
            double[] r = logs(theta, x[i]);
            normalise(r);
            for (int k = 0; k < components; k++) {
                statistics[k * width] += r[k];
                for (int j = 0; j < dimensions; j++) {
                    statistics[k * width + 1 + j] += r[k] * x[i][j];
                    statistics[k * width + 1 + dimensions + j] += r[k] * x[i][j] * x[i][j];
                }
            }
        }
        return statistics;
    }

    @Override public double[] maximisation(double[] statistics) {
        int width = 1 + 2 * dimensions;
        var theta = new double[at(components)];
        double total = 0, share = pseudoCounts / components;
        for (int k = 0; k < components; k++) total += statistics[k * width] + share;
        for (int k = 0; k < components; k++) {
            double mass = statistics[k * width], counts = 0;
            theta[k] = (mass + share) / total;
            for (int j = 0; j < dimensions; j++) counts += statistics[k * width + 1 + j] + share / dimensions;
            for (int j = 0; j < dimensions; j++) {
                double sum = statistics[k * width + 1 + j];
                switch (kind) {
                    case BERNOULLI -> theta[at(k) + j] = (sum + share / 2) / (mass + share);
                    case MULTINOMIAL -> theta[at(k) + j] = (sum + share / dimensions) / counts;
                    case GAUSSIAN -> {
                        double mean = sum / mass, squares = statistics[k * width + 1 + dimensions + j] - mass * mean * mean;
                        theta[at(k) + j] = mean;
                        theta[at(k) + dimensions + j] = (squares + share * spread[j]) / (mass + share);
                    }
                }
            }
        }
        return theta;
    }

    @Override public double objective(double[] theta) {
        double sum = logPrior(theta);
        for (var row : x) sum += normalise(logs(theta, row));
        return sum;
    }

    @Override public double bound(double[] theta, double[] under) {
        double sum = logPrior(theta);
        for (var row : x) {
            double[] q = logs(under, row);
            normalise(q);
            for (int k = 0; k < components; k++) if (q[k] > 0) sum += q[k] * (logJoint(theta, k, row) - Math.log(q[k]));
        }
        return sum;
    }

    /** Logarithm of the prior whose mode the pseudo-counts make, up to a constant. */
    private double logPrior(double[] theta) {
        if (pseudoCounts == 0) return 0;
        double share = pseudoCounts / components, sum = 0;
        for (int k = 0; k < components; k++) {
            sum += share * Math.log(theta[k]);
            for (int j = 0; j < dimensions; j++) {
                double v = theta[at(k) + j];
                sum += switch (kind) {
                    case BERNOULLI -> share / 2 * (Math.log(v) + Math.log1p(-v));
                    case MULTINOMIAL -> share / dimensions * Math.log(v);
                    case GAUSSIAN -> {
                        double variance = theta[at(k) + dimensions + j];
                        yield -share / 2 * (Math.log(variance) + spread[j] / variance);
                    }
                };
            }
        }
        return sum;
    }

    /** {@code sum over rows of log(n! / prod x_j!)}, the multinomial coefficients that {@link #objective} leaves out; 0 for the other kinds. */
    public double logCoefficients() {
        if (kind != Kind.MULTINOMIAL) return 0;
        double sum = 0;
        for (var row : x) {
            double n = 0;
            for (double v : row) {
                n += v;
                sum -= Special.lgamma(v + 1);
            }
            sum += Special.lgamma(n + 1);
        }
        return sum;
    }
}
