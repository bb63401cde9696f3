package lyceum.prob;

import lyceum.math.Special;
import lyceum.random.Rng;

/**
 * The logistic distribution, whose cdf is {@code 1 / (1 + exp(-(x - location) / scale))}.
 *
 * @param location finite; mean and median
 * @param scale positive
 */
public record Logistic(double location, double scale) implements UnivariateDistribution {
    public Logistic {
        Arguments.finite("Logistic", "location", location);
        Arguments.positive("Logistic", "scale", scale);
    }

    private double z(double x) { return (x - location) / scale; }

    @Override public double logDensity(double x) {
        double z = Math.abs(z(x));
        return -z - 2 * Math.log1p(Math.exp(-z)) - Math.log(scale);
    }

    @Override public double logDensitySlope(double x) { return -Math.tanh(z(x) / 2) / scale; }

    @Override public double cdf(double x) { return Special.sigmoid(z(x)); }

    @Override public double survival(double x) { return Special.sigmoid(-z(x)); }

    @Override public double quantile(double p) {
        Arguments.probability("quantile", "p", p);
        return location + scale * (Math.log(p) - Math.log1p(-p));
    }

    @Override public double upperQuantile(double q) {
        Arguments.probability("upperQuantile", "q", q);
        return location + scale * (Math.log1p(-q) - Math.log(q));
    }

    @Override public double mean() { return location; }

    @Override public double variance() { return Math.PI * Math.PI / 3 * scale * scale; }

    @Override public double entropy() { return Math.log(scale) + 2; }

    @Override public double low() { return Double.NEGATIVE_INFINITY; }

    @Override public double high() { return Double.POSITIVE_INFINITY; }

    @Override public boolean isDiscrete() { return false; }

    @Override public double sample(Rng rng) {
        double u = rng.nextDouble();
        while (u == 0) u = rng.nextDouble();
        return quantile(u);
    }
}
