package lyceum.prob;

import lyceum.math.Incomplete;
import lyceum.math.SaddlePoint;
import lyceum.math.Special;
import lyceum.random.Rng;

/**
 * The Poisson distribution, {@code rate^k exp(-rate) / k!} for k = 0, 1, 2, ...
 *
 * @param rate positive; mean and variance
 */
public record Poisson(double rate) implements UnivariateDistribution {
    public Poisson { Arguments.positive("Poisson", "rate", rate); }

    /** Maximum likelihood: the mean count. @param counts at least one number, whole and at least 0, not all of them 0 */
    public static Poisson fit(double... counts) {
        double sum = 0;
        for (double k : counts) {
            if (!(k >= 0) || k != Math.rint(k))
                throw new IllegalArgumentException("fit: the count " + k + " is not a whole number of at least 0");
            sum += k;
        }
        if (!(sum > 0)) throw new IllegalArgumentException(
                "fit: " + counts.length + " counts have the sum 0; the likelihood has no maximum at a positive rate");
        return new Poisson(sum / counts.length);
    }

    @Override public double logDensity(double k) {
        if (k != k) return k;
        return k < 0 || k != Math.rint(k) || k == Double.POSITIVE_INFINITY ? Double.NEGATIVE_INFINITY : SaddlePoint.logPoisson(k, rate);
    }

    @Override public double cdf(double k) { return k < 0 ? 0 : Incomplete.regularisedGammaQ(Math.floor(k) + 1, rate); }

    @Override public double survival(double k) { return k < 0 ? 1 : Incomplete.regularisedGammaP(Math.floor(k) + 1, rate); }

    @Override public double quantile(double p) {
        Arguments.probability("quantile", "p", p);
        // Cornish and Fisher's first correction for skewness
        double z = Incomplete.normalQuantile(p);
        return DiscreteSearch.quantile(this, rate + Math.sqrt(rate) * z + (z * z - 1) / 6, p);
    }

    @Override public double mean() { return rate; }

    @Override public double variance() { return rate; }

    /** By summation: about {@code 20 sqrt(rate)} terms. */
    @Override public double entropy() { return DiscreteSearch.entropy(this); }

    @Override public double low() { return 0; }

    @Override public double high() { return Double.POSITIVE_INFINITY; }

    @Override public boolean isDiscrete() { return true; }

    /** Products of uniforms for small rates, else transformed rejection (Hoermann 1993, PTRS). */
    @Override public double sample(Rng rng) {
        if (rate < 10) {
            double limit = Math.exp(-rate), product = rng.nextDouble();
            int k = 0;
            for (; product > limit; k++) product *= rng.nextDouble();
            return k;
        }
        double b = 0.931 + 2.53 * Math.sqrt(rate), a = -0.059 + 0.02483 * b, inverseAlpha = 1.1239 + 1.1328 / (b - 3.4),
                vr = 0.9277 - 3.6224 / (b - 2);
        while (true) {
            double u = rng.nextDouble() - 0.5, v = rng.nextDoublePositive(), us = 0.5 - Math.abs(u);
            double k = Math.floor((2 * a / us + b) * u + rate + 0.43);
            if (us >= 0.07 && v <= vr) return k;
            if (k < 0 || us < 0.013 && v > us) continue;
            if (Math.log(v * inverseAlpha / (a / (us * us) + b)) <= k * Math.log(rate) - rate - Special.lgamma(k + 1)) return k;
        }
    }
}
