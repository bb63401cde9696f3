package lyceum.prob;

import lyceum.random.Rng;

/**
 * The exponential distribution, {@code rate exp(-rate x)} for x of at least 0.
 *
 * @param rate positive; the mean is 1 / rate
 */
public record Exponential(double rate) implements UnivariateDistribution {
    public Exponential { Arguments.positive("Exponential", "rate", rate); }

    @Override public double logDensity(double x) { return x >= 0 ? Math.log(rate) - rate * x : x != x ? x : Double.NEGATIVE_INFINITY; }

    @Override public double cdf(double x) { return x > 0 ? -Math.expm1(-rate * x) : x != x ? x : 0; }

    @Override public double survival(double x) { return x > 0 ? Math.exp(-rate * x) : x != x ? x : 1; }

    @Override public double quantile(double p) { return -Math.log1p(-Arguments.probability("quantile", "p", p)) / rate; }

    @Override public double upperQuantile(double q) { return -Math.log(Arguments.probability("upperQuantile", "q", q)) / rate; }

    @Override public double mean() { return 1 / rate; }

    @Override public double variance() { return 1 / (rate * rate); }

    @Override public double entropy() { return 1 - Math.log(rate); }

    @Override public double low() { return 0; }

    @Override public double high() { return Double.POSITIVE_INFINITY; }

    @Override public boolean isDiscrete() { return false; }

    @Override public double sample(Rng rng) { return -Math.log(rng.nextDoublePositive()) / rate; }
}
