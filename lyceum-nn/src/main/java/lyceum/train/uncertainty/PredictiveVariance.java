package lyceum.train.uncertainty;

import lyceum.ShapeException;

/**
 * The variance of a mixture of forecasts with equal weights, taken apart by the law of total variance:
 *
 * <pre>
 * Var[y]  =  mean sigma_m^2  +  variance of the means mu_m
 *  total      aleatoric          epistemic
 * </pre>
 *
 * Each is computed on its own; the total is the mixture's second moment about the first member's mean less the square of its mean there.
 *
 * @param mean of the mixture
 */
public record PredictiveVariance(double mean, double total, double aleatoric, double epistemic) {
    /**
     * @param means mu of each member
     * @param variances sigma^2 of each member, at least 0
     */
    public static PredictiveVariance of(double[] means, double[] variances) {
        int m = means.length;
        if (m == 0 || variances.length != m) throw new ShapeException(
                "PredictiveVariance: " + m + " means and " + variances.length + " variances; as many, and at least one");
        double about = means[0], first = 0, second = 0, noise = 0;
        for (int i = 0; i < m; i++) {
            if (!(variances[i] >= 0))
                throw new IllegalArgumentException("PredictiveVariance: a variance is " + variances[i] + "; it is at least 0");
            double d = means[i] - about;
            first += d / m;
            second += (d * d + variances[i]) / m;
            noise += variances[i] / m;
        }
        double mean = about + first, spread = 0;
        for (double mu : means) spread += (mu - mean) * (mu - mean) / m;
        return new PredictiveVariance(mean, second - first * first, noise, spread);
    }
}
