package lyceum.learn.uncertainty;

import lyceum.ShapeException;
import lyceum.learn.metrics.Crps;
import lyceum.learn.conformal.PredictionIntervals;
import lyceum.prob.Normal;
import lyceum.tensor.Tensor;

/**
 * Means and variances of n numbers.
 *
 * @param mean of each row
 * @param total variance
 * @param aleatoric mean noise variance
 * @param epistemic variance of the mean
 */
public record NumberForecast(double[] mean, double[] total, double[] aleatoric, double[] epistemic) implements Forecast {
    /**
     * @param means (members x n)
     * @param variances (members x n)
     */
    public static NumberForecast ofMembers(double[][] means, double[][] variances) {
        if (means.length == 0 || variances.length != means.length)
            throw new ShapeException("NumberForecast: " + means.length + " members with means and " + variances.length + " with variances");
        int n = means[0].length;
        double[] mean = new double[n], total = new double[n], aleatoric = new double[n], epistemic = new double[n];
        double[] mu = new double[means.length], variance = new double[means.length];
        for (int i = 0; i < n; i++) {
            for (int m = 0; m < mu.length; m++) {
                mu[m] = means[m][i];
                variance[m] = variances[m][i];
            }
            var parts = PredictiveVariance.of(mu, variance);
            mean[i] = parts.mean();
            total[i] = parts.total();
            aleatoric[i] = parts.aleatoric();
            epistemic[i] = parts.epistemic();
        }
        return new NumberForecast(mean, total, aleatoric, epistemic);
    }

    /** {@code mean +- z sd} of a normal forecast that misses a share alpha. */
    public PredictionIntervals intervals(double alpha) {
        if (!(alpha > 0 && alpha < 1)) throw new IllegalArgumentException("intervals: alpha is " + alpha + "; it lies between 0 and 1");
        double z = new Normal(0, 1).quantile(1 - alpha / 2);
        double[] low = new double[mean.length], high = new double[mean.length];
        for (int i = 0; i < low.length; i++) {
            low[i] = mean[i] - z * Math.sqrt(total[i]);
            high[i] = mean[i] + z * Math.sqrt(total[i]);
        }
        return new PredictionIntervals(low, high);
    }

    /** Squared errors (n). */
    public double[] errors(Tensor y) {
        double[] truth = truth(y), out = new double[truth.length];
        for (int i = 0; i < out.length; i++) out[i] = (truth[i] - mean[i]) * (truth[i] - mean[i]);
        return out;
    }

    /** Mean {@code -log density} of a normal forecast with these means and total variances, in nats. */
    public double logScore(Tensor y) {
        double[] truth = truth(y);
        double sum = 0;
        for (int i = 0; i < truth.length; i++) sum -= new Normal(mean[i], Math.sqrt(total[i])).logDensity(truth[i]) / truth.length;
        return sum;
    }

    /** Mean continuous ranked probability score of the same forecast, in the unit of y. */
    public double crps(Tensor y) {
        double[] truth = truth(y);
        double sum = 0;
        for (int i = 0; i < truth.length; i++) sum += Crps.of(new Normal(mean[i], Math.sqrt(total[i])), truth[i]) / truth.length;
        return sum;
    }

    private double[] truth(Tensor y) {
        if (y.rank() != 1 || y.size(0) != mean.length)
            throw new ShapeException("NumberForecast: " + mean.length + " forecasts but y has shape " + y.shape());
        return y.toDoubleArray();
    }
}
