package lyceum.prob;

import lyceum.math.Incomplete;
import lyceum.random.Rng;

/**
 * The inverse Gaussian (Wald) distribution: when a Brownian motion with drift first reaches a level. Density
 * {@code sqrt(shape / (2 pi x^3)) exp(-shape (x - mean)^2 / (2 mean^2 x))} for x above 0.
 *
 * @param mean positive
 * @param shape positive; the variance is mean^3 / shape
 */
public record InverseGaussian(double mean, double shape) implements UnivariateDistribution {
    public InverseGaussian {
        Arguments.positive("InverseGaussian", "mean", mean);
        Arguments.positive("InverseGaussian", "shape", shape);
    }

    @Override public double logDensity(double x) {
        if (!(x > 0) || x == Double.POSITIVE_INFINITY) return x != x ? x : Double.NEGATIVE_INFINITY;
        double z = (x - mean) / mean;
        return 0.5 * (Math.log(shape / (2 * Math.PI)) - 3 * Math.log(x)) - shape * z * z / (2 * x);
    }

    @Override public double logDensitySlope(double x) { return -1.5 / x - shape / 2 * (1 / (mean * mean) - 1 / (x * x)); }

    @Override public double cdf(double x) {
        if (!(x > 0) || x == Double.POSITIVE_INFINITY) return x != x ? x : x > 0 ? 1 : 0;
        double root = Math.sqrt(shape / x), a = root * (x / mean - 1), b = root * (x / mean + 1);
        return Incomplete.normalCdf(a) + Math.exp(-a * a / 2) * mills(b);
    }

    @Override public double survival(double x) {
        if (!(x > 0) || x == Double.POSITIVE_INFINITY) return x != x ? x : x > 0 ? 0 : 1;
        double root = Math.sqrt(shape / x), a = root * (x / mean - 1), b = root * (x / mean + 1), e = Math.exp(-a * a / 2);
        return a > 0 ? e * (mills(a) - mills(b)) : Incomplete.normalCdf(-a) - e * mills(b);
    }

    /** {@code exp(b^2 / 2) P(Z > b)} for b of at least 0, which does not underflow. */
    private static double mills(double b) {
        if (b < 20) return Math.exp(b * b / 2) * Incomplete.normalCdf(-b);
        double s = 1 / (b * b), sum = 1;
        for (int k = 15; k >= 1; k -= 2) sum = 1 - k * s * sum;
        return sum / (b * Math.sqrt(2 * Math.PI));
    }

    @Override public double quantile(double p) {
        Arguments.probability("quantile", "p", p);
        return p == 0 ? 0 : p == 1 ? Double.POSITIVE_INFINITY : Bisection.positive(mean, x -> cdf(x) < p);
    }

    @Override public double upperQuantile(double q) {
        Arguments.probability("upperQuantile", "q", q);
        return q == 1 ? 0 : q == 0 ? Double.POSITIVE_INFINITY : Bisection.positive(mean, x -> survival(x) > q);
    }

    @Override public double variance() { return mean * mean * mean / shape; }

    /** By quadrature. */
    @Override public double entropy() { return Quadrature.expectation(this, x -> -logDensity(x)); }

    @Override public double low() { return 0; }

    @Override public double high() { return Double.POSITIVE_INFINITY; }

    @Override public boolean isDiscrete() { return false; }

    @Override public double sample(Rng rng) {
        // Michael, Schucany and Haas (1976): the smaller root of a chi-square variable, or the larger with the rest of the probability
        double y = rng.nextGaussian(), r = mean * y * y / (2 * shape), x = mean / (1 + r + Math.sqrt(r * (2 + r)));
        return rng.nextDouble() * (mean + x) <= mean ? x : mean / x * mean;
    }
}
