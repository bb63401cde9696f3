package lyceum.prob;

import lyceum.random.Rng;

/**
 * The log-normal distribution, of {@code exp(z)} for a normal z.
 *
 * @param mu mean of the logarithm, finite
 * @param sigma standard deviation of the logarithm, positive
 */
public record LogNormal(double mu, double sigma) implements UnivariateDistribution {
    public LogNormal {
        Arguments.finite("LogNormal", "mu", mu);
        Arguments.positive("LogNormal", "sigma", sigma);
    }

    private Normal log() { return new Normal(mu, sigma); }

    @Override public double logDensity(double x) {
        if (!(x > 0) || x == Double.POSITIVE_INFINITY) return x != x ? x : Double.NEGATIVE_INFINITY;
        return log().logDensity(Math.log(x)) - Math.log(x);
    }

    @Override public double logDensitySlope(double x) { return -(1 + (Math.log(x) - mu) / (sigma * sigma)) / x; }

    @Override public double cdf(double x) { return x > 0 ? log().cdf(Math.log(x)) : x != x ? x : 0; }

    @Override public double survival(double x) { return x > 0 ? log().survival(Math.log(x)) : x != x ? x : 1; }

    @Override public double quantile(double p) { return Math.exp(log().quantile(p)); }

    @Override public double upperQuantile(double q) { return Math.exp(log().upperQuantile(q)); }

    @Override public double mean() { return Math.exp(mu + sigma * sigma / 2); }

    @Override public double variance() { return Math.expm1(sigma * sigma) * Math.exp(2 * mu + sigma * sigma); }

    @Override public double entropy() { return log().entropy() + mu; }

    @Override public double low() { return 0; }

    @Override public double high() { return Double.POSITIVE_INFINITY; }

    @Override public boolean isDiscrete() { return false; }

    @Override public double sample(Rng rng) { return Math.exp(mu + sigma * rng.nextGaussian()); }
}
