package lyceum.prob;

import java.util.Arrays;
import lyceum.linalg.LeastSquares;
import lyceum.tensor.Tensor;

/**
 * AR(p): {@code x_t = c + phi_1 x_(t-1) + ... + phi_p x_(t-p) + e_t} with independent normal {@code e_t}.
 *
 * {@snippet :
 * double[] series = new LinearAutoregression(0, new double[] {1.3, -0.6}, 1).sample(Rng.of(1), 200, 0, 0);
 * var model = LinearAutoregression.fit(series, 3);
 * model.forecast(series, 12);
 * model.isStationary();                        // every root of 1 - phi_1 z - ... lies outside the unit circle
 * model.sample(Rng.of(1), 500, 0, 0, 0);       // begins with three zeros
 * }
 *
 * @see <a href="https://doi.org/10.1098/rsta.1927.0007">Yule (1927), On a Method of Investigating Periodicities in Disturbed Series</a>
 */
public final class LinearAutoregression implements Autoregressive {
    private final double constant, deviation;
    private final double[] phi;

    /**
     * @param constant c
     * @param phi coefficients, of the last value first; none is white noise
     * @param deviation of the shocks, positive
     */
    public LinearAutoregression(double constant, double[] phi, double deviation) {
        this.constant = Arguments.finite("LinearAutoregression", "the constant", constant);
        this.deviation = Arguments.positive("LinearAutoregression", "the deviation of the shocks", deviation);
        this.phi = phi.clone();
        for (double f : phi) Arguments.finite("LinearAutoregression", "a coefficient", f);
    }

    /**
     * Least squares on lagged columns, which is maximum likelihood given the first p values; the variance of the shocks is the mean squared
     * residual. Estimates of positive coefficients from short series are too small on average.
     *
     * @param order p, at least 0; the series has more than {@code 2p + 1} values
     */
    public static LinearAutoregression fit(double[] series, int order) {
        Arguments.count("fit", "order", order);
        int n = series.length - order;
        if (n <= order + 1) throw new IllegalArgumentException(
                "fit: order " + order + " on " + series.length + " values; it takes at least " + (2 * order + 2));
        var lagged = new double[n * (order + 1)];
        for (int t = 0; t < n; t++) {
            lagged[t * (order + 1)] = 1;
            for (int lag = 1; lag <= order; lag++) lagged[t * (order + 1) + lag] = series[order + t - lag];
        }
        var solution = LeastSquares.solve(Tensor.of(lagged, n, order + 1), Tensor.of(Arrays.copyOfRange(series, order, series.length)));
        double[] b = solution.coefficients().toDoubleArray();
        double variance = solution.residualSumOfSquares().item() / n;
        if (!(variance > 0))
            throw new IllegalArgumentException("fit: the series follows its past without a residual; there are no shocks to estimate");
        return new LinearAutoregression(b[0], Arrays.copyOfRange(b, 1, order + 1), Math.sqrt(variance));
    }

    public double constant() { return constant; }

    /** Of the last value first. A copy. */
    public double[] coefficients() { return phi.clone(); }

    /** Of the shocks. */
    public double deviation() { return deviation; }

    /** The order p: that many first values are given. */
    @Override public int start() { return phi.length; }

    @Override public Normal next(double... past) {
        if (past.length < phi.length)
            throw new IllegalArgumentException("next: order " + phi.length + " needs as many past values, not " + past.length);
        return new Normal(expected(past, past.length), deviation);
    }

    private double expected(double[] x, int t) {
        double mean = constant;
        for (int lag = 1; lag <= phi.length; lag++) mean += phi[lag - 1] * x[t - lag];
        return mean;
    }

    /** The means of the next {@code steps} values: each forecast is used as a value by those after it. */
    public double[] forecast(double[] past, int steps) {
        Arguments.count("forecast", "steps", steps);
        if (past.length < phi.length)
            throw new IllegalArgumentException("forecast: order " + phi.length + " needs as many past values, not " + past.length);
        var x = Arrays.copyOf(past, past.length + steps);
        for (int t = past.length; t < x.length; t++) x[t] = expected(x, t);
        return Arrays.copyOfRange(x, past.length, x.length);
    }

    /** Whether the series settles down. By the partial correlations (Levinson's recursion run backwards), all of which must lie within (-1, 1). */
    public boolean isStationary() {
        double[] a = phi.clone();
        for (int k = a.length - 1; k >= 0; k--) {
            double r = a[k];
            if (!(Math.abs(r) < 1)) return false;
            var less = new double[k];
            for (int i = 0; i < k; i++) less[i] = (a[i] + r * a[k - 1 - i]) / (1 - r * r);
            a = less;
        }
        return true;
    }

    /** The mean that a stationary series settles at: {@code c / (1 - sum phi)}. */
    public double mean() {
        if (!isStationary()) throw new IllegalStateException("mean: this autoregression is not stationary; it settles at no mean");
        return constant / (1 - Arrays.stream(phi).sum());
    }

    @Override public String toString() {
        return "AR(" + phi.length + ") with constant " + constant + ", phi " + Arrays.toString(phi) + ", deviation " + deviation;
    }
}
