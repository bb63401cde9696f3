package lyceum.prob;

import lyceum.random.Rng;

/**
 * The Gumbel distribution of maxima, whose cdf is {@code exp(-exp(-(x - location) / scale))}.
 *
 * @param location finite; the mode
 * @param scale positive
 */
public record Gumbel(double location, double scale) implements UnivariateDistribution {
    public Gumbel {
        Arguments.finite("Gumbel", "location", location);
        Arguments.positive("Gumbel", "scale", scale);
    }

    static final double EULER = 0.57721566490153286061;

    private double z(double x) { return (x - location) / scale; }

    @Override public double logDensity(double x) {
        double z = z(x), e = Math.exp(-z);
        return e == Double.POSITIVE_INFINITY ? Double.NEGATIVE_INFINITY : -z - e - Math.log(scale);
    }

    @Override public double logDensitySlope(double x) { return Math.expm1(-z(x)) / scale; }

    @Override public double cdf(double x) { return Math.exp(-Math.exp(-z(x))); }

    @Override public double survival(double x) { return -Math.expm1(-Math.exp(-z(x))); }

    @Override public double quantile(double p) { return location - scale * Math.log(-Math.log(Arguments.probability("quantile", "p", p))); }

    @Override public double upperQuantile(double q) {
        return location - scale * Math.log(-Math.log1p(-Arguments.probability("upperQuantile", "q", q)));
    }

    @Override public double mean() { return location + scale * EULER; }

    @Override public double variance() { return Math.PI * Math.PI / 6 * scale * scale; }

    @Override public double entropy() { return Math.log(scale) + EULER + 1; }

    @Override public double low() { return Double.NEGATIVE_INFINITY; }

    @Override public double high() { return Double.POSITIVE_INFINITY; }

    @Override public boolean isDiscrete() { return false; }

    @Override public double sample(Rng rng) { return location + scale * GumbelMax.noise(rng); }
}
