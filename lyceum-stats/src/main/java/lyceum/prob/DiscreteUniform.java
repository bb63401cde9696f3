package lyceum.prob;

import lyceum.random.Rng;

/**
 * The uniform distribution on the integers from low to high, both among them.
 *
 * @param first the least
 * @param last the largest, at least the first
 */
public record DiscreteUniform(long first, long last) implements UnivariateDistribution {
    public DiscreteUniform {
        if (first > last)
            throw new IllegalArgumentException("DiscreteUniform: from " + first + " to " + last + "; the first is not above the last");
    }

    private double size() { return (double) last - first + 1; }

    @Override public double logDensity(double k) {
        return k >= first && k <= last && k == Math.rint(k) ? -Math.log(size()) : k != k ? k : Double.NEGATIVE_INFINITY;
    }

    @Override public double cdf(double k) { return k != k ? k : Math.clamp((Math.floor(k) - first + 1) / size(), 0, 1); }

    @Override public double survival(double k) { return k != k ? k : Math.clamp((last - Math.floor(k)) / size(), 0, 1); }

    @Override public double quantile(double p) {
        Arguments.probability("quantile", "p", p);
        return DiscreteSearch.quantile(this, first + Math.ceil(p * size()) - 1, p);
    }

    @Override public double mean() { return 0.5 * first + 0.5 * last; }

    @Override public double variance() { return (size() * size() - 1) / 12; }

    @Override public double entropy() { return Math.log(size()); }

    @Override public double low() { return first; }

    @Override public double high() { return last; }

    @Override public boolean isDiscrete() { return true; }

    @Override public double sample(Rng rng) { return first + rng.nextLong(last - first + 1); }
}
