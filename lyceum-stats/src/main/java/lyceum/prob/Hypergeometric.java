package lyceum.prob;

import lyceum.math.SaddlePoint;
import lyceum.random.Rng;

/**
 * The hypergeometric distribution: successes among so many draws without replacement.
 *
 * @param population how many there are to draw from, at least 0
 * @param successes of them, at most the population
 * @param draws at most the population
 */
public record Hypergeometric(long population, long successes, long draws) implements UnivariateDistribution {
    public Hypergeometric {
        if (successes < 0 || draws < 0 || successes > population || draws > population)
            throw new IllegalArgumentException("Hypergeometric: " + successes + " successes and " + draws + " draws of a population of "
                    + population + "; both lie between 0 and that");
    }

    @Override public double logDensity(double k) {
        if (!(k >= low() && k <= high()) || k != Math.rint(k)) return k != k ? k : Double.NEGATIVE_INFINITY;
        if (low() == high()) return 0;
        // Three binomial masses of any one probability: Loader (2000)
        double p = (double) draws / population, q = (double) (population - draws) / population;
        double failures = population - successes, missed = draws - k;
        return SaddlePoint.logBinomial(k, successes - k, p, q) + SaddlePoint.logBinomial(missed, failures - missed, p, q)
                - SaddlePoint.logBinomial(draws, population - draws, p, q);
    }

    /** Sum of the masses from a up to b, from the smaller end. */
    private double sum(double a, double b) {
        double sum = 0;
        if (b <= mean()) for (double k = a; k <= b; k++) sum += density(k);
        else for (double k = b; k >= a; k--) sum += density(k);
        return Math.min(1, sum);
    }

    /** By summation of the shorter side. */
    @Override public double cdf(double k) {
        if (!(k >= low())) return k != k ? k : 0;
        if (k >= high()) return 1;
        return k <= mean() ? sum(low(), Math.floor(k)) : 1 - survival(k);
    }

    @Override public double survival(double k) {
        if (!(k < high())) return k != k ? k : 0;
        if (k < low()) return 1;
        return k > mean() ? sum(Math.floor(k) + 1, high()) : 1 - cdf(k);
    }

    @Override public double quantile(double p) { return DiscreteSearch.quantile(this, mean(), Arguments.probability("quantile", "p", p)); }

    @Override public double mean() { return population == 0 ? 0 : (double) draws * successes / population; }

    @Override public double variance() {
        if (population <= 1) return 0;
        double n = population, share = successes / n;
        return draws * share * (1 - share) * ((n - draws) / (n - 1));
    }

    /** By summation. */
    @Override public double entropy() { return DiscreteSearch.entropy(this); }

    @Override public double low() { return Math.max(0, draws + successes - population); }

    @Override public double high() { return Math.min(draws, successes); }

    @Override public boolean isDiscrete() { return true; }

    @Override public double sample(Rng rng) {
        // Draw after draw from an urn of what is left
        long left = population, good = successes, found = 0;
        for (long i = 0; i < draws && good > 0; i++, left--) if (rng.nextDouble() * left < good) {
            good--;
            found++;
        }
        return found;
    }
}
