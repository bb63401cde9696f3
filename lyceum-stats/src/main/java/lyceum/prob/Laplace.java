package lyceum.prob;

import lyceum.random.Rng;

/**
 * The Laplace distribution, {@code exp(-|x - location| / scale) / (2 scale)}.
 *
 * @param location finite; mean and median
 * @param scale positive
 */
public record Laplace(double location, double scale) implements UnivariateDistribution {
    public Laplace {
        Arguments.finite("Laplace", "location", location);
        Arguments.positive("Laplace", "scale", scale);
    }

    @Override public double logDensity(double x) { return -Math.abs(x - location) / scale - Math.log(2 * scale); }

    /** 0 at the location, where the density has a corner. */
    @Override public double logDensitySlope(double x) { return -Math.signum(x - location) / scale; }

    @Override public double cdf(double x) {
        double z = (x - location) / scale;
        return z > 0 ? 1 - 0.5 * Math.exp(-z) : 0.5 * Math.exp(z);
    }

    @Override public double survival(double x) { return cdf(2 * location - x); }

    @Override public double quantile(double p) {
        Arguments.probability("quantile", "p", p);
        return p < 0.5 ? location + scale * Math.log(2 * p) : location - scale * Math.log(2 * (1 - p));
    }

    @Override public double upperQuantile(double q) {
        Arguments.probability("upperQuantile", "q", q);
        return q < 0.5 ? location - scale * Math.log(2 * q) : location + scale * Math.log(2 * (1 - q));
    }

    @Override public double mean() { return location; }

    @Override public double variance() { return 2 * scale * scale; }

    @Override public double entropy() { return 1 + Math.log(2 * scale); }

    @Override public double low() { return Double.NEGATIVE_INFINITY; }

    @Override public double high() { return Double.POSITIVE_INFINITY; }

    @Override public boolean isDiscrete() { return false; }

    @Override public double sample(Rng rng) {
        double z = -scale * Math.log(rng.nextDoublePositive());
        return rng.nextInt(2) == 0 ? location - z : location + z;
    }
}
