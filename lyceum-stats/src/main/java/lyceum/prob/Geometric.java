package lyceum.prob;

import lyceum.random.Rng;

/**
 * The geometric distribution: failures before the first success, {@code probability (1 - probability)^k}.
 *
 * @param probability of a success, in (0, 1]
 */
public record Geometric(double probability) implements UnivariateDistribution {
    public Geometric {
        Arguments.positive("Geometric", "probability", Arguments.probability("Geometric", "probability", probability));
    }

    /** {@code log P(failure)}. */
    private double logFailure() { return Math.log1p(-probability); }

    @Override public double logDensity(double k) {
        if (!(k >= 0) || k != Math.rint(k) || k == Double.POSITIVE_INFINITY) return k != k ? k : Double.NEGATIVE_INFINITY;
        return Math.log(probability) + (k == 0 ? 0 : k * logFailure());
    }

    @Override public double cdf(double k) { return k >= 0 ? -Math.expm1((Math.floor(k) + 1) * logFailure()) : k != k ? k : 0; }

    @Override public double survival(double k) { return k >= 0 ? Math.exp((Math.floor(k) + 1) * logFailure()) : k != k ? k : 1; }

    @Override public double quantile(double p) {
        Arguments.probability("quantile", "p", p);
        return DiscreteSearch.quantile(this, Math.ceil(Math.log1p(-p) / logFailure()) - 1, p);
    }

    @Override public double mean() { return (1 - probability) / probability; }

    @Override public double variance() { return (1 - probability) / (probability * probability); }

    @Override public double entropy() {
        return probability == 1 ? 0 : -Math.log(probability) - (1 - probability) / probability * logFailure();
    }

    @Override public double low() { return 0; }

    @Override public double high() { return probability == 1 ? 0 : Double.POSITIVE_INFINITY; }

    @Override public boolean isDiscrete() { return true; }

    @Override public double sample(Rng rng) { return probability == 1 ? 0 : Math.floor(Math.log(rng.nextDoublePositive()) / logFailure()); }
}
