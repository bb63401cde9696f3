package lyceum.learn.uncertainty;

import lyceum.ShapeException;
import lyceum.learn.metrics.Crps;
import lyceum.learn.conformal.PredictionIntervals;
import lyceum.prob.Normal;
import lyceum.tensor.Tensor;
import lyceum.train.uncertainty.NumberMixture;

/**
 * Means and variances of n numbers.
 *
 * @param mean of each row
 * @param total variance
 * @param aleatoric mean noise variance
 * @param epistemic variance of the mean
 */
public record NumberForecast(double[] mean, double[] total, double[] aleatoric, double[] epistemic) implements Forecast {
    /** A mixture of one number a row: (members, n), or (members, n, 1). */
    public static NumberForecast of(NumberMixture mixture) {
        if (mixture.mean().rank() > 2 || mixture.mean().rank() == 2 && mixture.mean().size(1) != 1)
            throw new ShapeException("NumberForecast: a mixture of shape " + mixture.mean().shape() + "; one number a row is forecast");
        return new NumberForecast(mixture.mean().toDoubleArray(), mixture.total().toDoubleArray(), mixture.aleatoric().toDoubleArray(),
                mixture.epistemic().toDoubleArray());
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
