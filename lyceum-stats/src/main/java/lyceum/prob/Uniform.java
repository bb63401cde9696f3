package lyceum.prob;

import lyceum.random.Rng;

/**
 * The uniform distribution on [low, high].
 *
 * @param low finite
 * @param high finite, above {@code low}
 */
public record Uniform(double low, double high) implements UnivariateDistribution {
    public Uniform {
        Arguments.finite("Uniform", "low", low);
        Arguments.finite("Uniform", "high", high);
        if (!(low < high))
            throw new IllegalArgumentException("Uniform: low is " + low + " and high is " + high + "; low must be the smaller");
    }

    @Override public double logDensity(double x) {
        return x >= low && x <= high ? -Math.log(high - low) : x != x ? x : Double.NEGATIVE_INFINITY;
    }

    @Override public double density(double x) { return x >= low && x <= high ? 1 / (high - low) : x != x ? x : 0; }

    @Override public double logDensitySlope(double x) { return 0; }

    @Override public double cdf(double x) { return Math.clamp((x - low) / (high - low), 0, 1); }

    @Override public double survival(double x) { return Math.clamp((high - x) / (high - low), 0, 1); }

    @Override public double quantile(double p) {
        Arguments.probability("quantile", "p", p);
        return p == 1 ? high : low + p * (high - low);
    }

    @Override public double mean() { return 0.5 * low + 0.5 * high; }

    @Override public double variance() { return (high - low) * (high - low) / 12; }

    @Override public double entropy() { return Math.log(high - low); }

    @Override public boolean isDiscrete() { return false; }

    @Override public double sample(Rng rng) { return low + (high - low) * rng.nextDouble(); }
}
