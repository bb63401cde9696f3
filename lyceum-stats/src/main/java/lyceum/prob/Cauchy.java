package lyceum.prob;

import lyceum.random.Rng;

/**
 * The Cauchy distribution, {@code 1 / (pi scale (1 + ((x - location) / scale)^2))}: it has no mean, and an average of draws is distributed as
 * one of them.
 *
 * @param location finite; the median
 * @param scale positive; half of the distance between the quartiles
 */
public record Cauchy(double location, double scale) implements UnivariateDistribution {
    public Cauchy {
        Arguments.finite("Cauchy", "location", location);
        Arguments.positive("Cauchy", "scale", scale);
    }

    private double z(double x) { return (x - location) / scale; }

    @Override public double logDensity(double x) {
        double z = Math.abs(z(x));
        return (z > 1e8 ? -2 * Math.log(z) : -Math.log1p(z * z)) - Math.log(Math.PI * scale);
    }

    @Override public double logDensitySlope(double x) {
        double z = z(x);
        return -2 / (scale * (1 / z + z));
    }

    @Override public double cdf(double x) { return Math.atan2(1, -z(x)) / Math.PI; }

    @Override public double survival(double x) { return Math.atan2(1, z(x)) / Math.PI; }

    @Override public double quantile(double p) { return location - scale * cotangent(Arguments.probability("quantile", "p", p)); }

    @Override public double upperQuantile(double q) { return location + scale * cotangent(Arguments.probability("upperQuantile", "q", q)); }

    /** Of pi p. */
    private static double cotangent(double p) {
        if (p == 0 || p == 1) return p == 0 ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
        return p < 0.25 ? 1 / Math.tan(Math.PI * p) : p > 0.75 ? -1 / Math.tan(Math.PI * (1 - p)) : Math.tan(Math.PI * (0.5 - p));
    }

    /** NaN: there is none. */
    @Override public double mean() { return Double.NaN; }

    /** NaN: there is none. */
    @Override public double variance() { return Double.NaN; }

    @Override public double entropy() { return Math.log(4 * Math.PI * scale); }

    @Override public double low() { return Double.NEGATIVE_INFINITY; }

    @Override public double high() { return Double.POSITIVE_INFINITY; }

    @Override public boolean isDiscrete() { return false; }

    @Override public double sample(Rng rng) {
        double u = rng.nextDouble();
        while (u == 0) u = rng.nextDouble();
        return quantile(u);
    }
}
