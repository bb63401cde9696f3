package lyceum.prob;

import lyceum.math.Incomplete;
import lyceum.random.Rng;

/**
 * The beta-binomial distribution: successes in trials that share a probability drawn from {@code Beta(alpha, beta)}. Cdf, quantile and
 * entropy are
 * sums over up to all counts.
 *
 * @param trials at least 0
 * @param alpha positive
 * @param beta positive
 */
public record BetaBinomial(long trials, double alpha, double beta) implements UnivariateDistribution {
    public BetaBinomial {
        if (trials < 0) throw new IllegalArgumentException("BetaBinomial: trials is " + trials + "; it cannot be negative");
        Arguments.positive("BetaBinomial", "alpha", alpha);
        Arguments.positive("BetaBinomial", "beta", beta);
    }

    @Override public double logDensity(double k) {
        if (k != k) return k;
        if (k < 0 || k > trials || k != Math.rint(k)) return Double.NEGATIVE_INFINITY;
        return Incomplete.logChoose(trials, k) + Incomplete.logBeta(alpha + k, beta + trials - k) - Incomplete.logBeta(alpha, beta);
    }

    @Override public double cdf(double k) { return k != k ? k : k < 0 ? 0 : k >= trials ? 1 : Math.min(1, sum(0, Math.floor(k))); }

    @Override public double survival(double k) {
        return k != k ? k : k < 0 ? 1 : k >= trials ? 0 : Math.min(1, sum(Math.floor(k) + 1, trials));
    }

    private double sum(double from, double to) {
        double sum = 0;
        for (double k = from; k <= to; k++) sum += density(k);
        return sum;
    }

    @Override public double quantile(double p) {
        Arguments.probability("quantile", "p", p);
        if (p == 1) return trials;
        double sum = 0;
        for (long k = 0; k < trials; k++) if ((sum += density(k)) >= p) return k;
        return trials;
    }

    @Override public double mean() { return trials * (alpha / (alpha + beta)); }

    @Override public double variance() {
        double n = alpha + beta;
        return trials * (alpha / n) * (beta / n) * (n + trials) / (n + 1);
    }

    @Override public double entropy() { return DiscreteSearch.entropy(this); }

    @Override public double low() { return 0; }

    @Override public double high() { return trials; }

    @Override public boolean isDiscrete() { return true; }

    @Override public double sample(Rng rng) { return new Binomial(trials, new Beta(alpha, beta).sample(rng)).sample(rng); }
}
