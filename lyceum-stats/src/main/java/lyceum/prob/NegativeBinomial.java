package lyceum.prob;

import lyceum.math.Incomplete;
import lyceum.math.SaddlePoint;
import lyceum.random.Rng;

/**
 * The negative binomial distribution: failures before so many successes, {@code choose(k + size - 1, k) p^size (1 - p)^k}. Also a Poisson
 * count whose
 * rate is gamma distributed with this shape and rate {@code p / (1 - p)}.
 *
 * @param size positive, need not be whole
 * @param probability of a success, in (0, 1]
 */
public record NegativeBinomial(double size, double probability) implements UnivariateDistribution {
    public NegativeBinomial {
        Arguments.positive("NegativeBinomial", "size", size);
        Arguments.positive("NegativeBinomial", "probability", Arguments.probability("NegativeBinomial", "probability", probability));
    }

    @Override public double logDensity(double k) {
        if (k != k) return k;
        if (k < 0 || k != Math.rint(k) || k == Double.POSITIVE_INFINITY) return Double.NEGATIVE_INFINITY;
        if (probability == 1) return k == 0 ? 0 : Double.NEGATIVE_INFINITY;
        return Math.log(size / (size + k)) + SaddlePoint.logBinomial(size, k, probability, 1 - probability);
    }

    @Override public double cdf(double k) {
        if (k != k) return k;
        return k < 0 ? 0 : k == Double.POSITIVE_INFINITY ? 1 : Incomplete.beta(size, Math.floor(k) + 1, probability, 1 - probability);
    }

    @Override public double survival(double k) {
        if (k != k) return k;
        return k < 0 ? 1 : k == Double.POSITIVE_INFINITY ? 0 : Incomplete.beta(Math.floor(k) + 1, size, 1 - probability, probability);
    }

    @Override public double quantile(double p) { return DiscreteSearch.quantile(this, mean(), Arguments.probability("quantile", "p", p)); }

    @Override public double mean() { return size * (1 - probability) / probability; }

    @Override public double variance() { return size * (1 - probability) / probability / probability; }

    /** By summation. */
    @Override public double entropy() { return DiscreteSearch.entropy(this); }

    @Override public double low() { return 0; }

    @Override public double high() { return probability == 1 ? 0 : Double.POSITIVE_INFINITY; }

    @Override public boolean isDiscrete() { return true; }

    @Override public double sample(Rng rng) {
        double rate = Math.exp(Gamma.logStandard(rng, size)) * (1 - probability) / probability;
        return rate > 0 ? new Poisson(rate).sample(rng) : 0;
    }
}
