package lyceum.prob;

import lyceum.math.Incomplete;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The normal distribution, {@code exp(-(x - mean)^2 / (2 sd^2)) / (sd sqrt(2 pi))}.
 *
 * @param mean any finite number
 * @param standardDeviation positive
 */
public record Normal(double mean, double standardDeviation) implements UnivariateDistribution {
    private static final double LOG_SQRT_2PI = 0.91893853320467274178;

    public static final Normal STANDARD = new Normal(0, 1);

    public Normal {
        Arguments.finite("Normal", "mean", mean);
        Arguments.positive("Normal", "standard deviation", standardDeviation);
    }

    private double z(double x) { return (x - mean) / standardDeviation; }

    @Override public double logDensity(double x) {
        double z = z(x);
        return -0.5 * z * z - Math.log(standardDeviation) - LOG_SQRT_2PI;
    }

    /** Differentiable in x. */
    @Override public Tensor logDensity(Tensor x) {
        return x.to(Elementwise.type(x)).sub(mean).div(standardDeviation).square().mul(-0.5)
                .sub(Math.log(standardDeviation) + LOG_SQRT_2PI);
    }

    @Override public double logDensitySlope(double x) { return -z(x) / standardDeviation; }

    @Override public double cdf(double x) { return Incomplete.normalCdf(z(x)); }

    @Override public double survival(double x) { return Incomplete.normalCdf(-z(x)); }

    @Override public double quantile(double p) {
        return mean + standardDeviation * Incomplete.normalQuantile(Arguments.probability("quantile", "p", p));
    }

    @Override public double upperQuantile(double q) {
        return mean - standardDeviation * Incomplete.normalQuantile(Arguments.probability("upperQuantile", "q", q));
    }

    @Override public double variance() { return standardDeviation * standardDeviation; }

    @Override public double entropy() { return 0.5 + LOG_SQRT_2PI + Math.log(standardDeviation); }

    @Override public double low() { return Double.NEGATIVE_INFINITY; }

    @Override public double high() { return Double.POSITIVE_INFINITY; }

    @Override public boolean isDiscrete() { return false; }

    @Override public double sample(Rng rng) { return mean + standardDeviation * rng.nextGaussian(); }
}
