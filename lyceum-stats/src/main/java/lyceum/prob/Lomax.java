package lyceum.prob;

import lyceum.random.Rng;

/**
 * The Lomax distribution, a Pareto law from 0 on: {@code P(X > x) = (1 + x / scale)^-shape}. Also an exponential wait whose rate is gamma
 * distributed with this shape and rate {@code scale}.
 *
 * @param shape positive
 * @param scale positive
 */
public record Lomax(double shape, double scale) implements UnivariateDistribution {
    public Lomax {
        Arguments.positive("Lomax", "shape", shape);
        Arguments.positive("Lomax", "scale", scale);
    }

    @Override public double logDensity(double x) {
        return x >= 0 ? Math.log(shape / scale) - (shape + 1) * Math.log1p(x / scale) : x != x ? x : Double.NEGATIVE_INFINITY;
    }

    @Override public double logDensitySlope(double x) { return -(shape + 1) / (scale + x); }

    @Override public double cdf(double x) { return x > 0 ? -Math.expm1(-shape * Math.log1p(x / scale)) : x != x ? x : 0; }

    @Override public double survival(double x) { return x > 0 ? Math.exp(-shape * Math.log1p(x / scale)) : x != x ? x : 1; }

    @Override public double quantile(double p) {
        return scale * Math.expm1(-Math.log1p(-Arguments.probability("quantile", "p", p)) / shape);
    }

    @Override public double upperQuantile(double q) {
        return scale * Math.expm1(-Math.log(Arguments.probability("upperQuantile", "q", q)) / shape);
    }

    /** Infinite for a shape of at most 1. */
    @Override public double mean() { return shape > 1 ? scale / (shape - 1) : Double.POSITIVE_INFINITY; }

    /** Infinite for a shape of at most 2, NaN for one of at most 1. */
    @Override public double variance() {
        if (shape > 2) return scale * scale * shape / ((shape - 1) * (shape - 1) * (shape - 2));
        return shape > 1 ? Double.POSITIVE_INFINITY : Double.NaN;
    }

    @Override public double entropy() { return Math.log(scale / shape) + 1 + 1 / shape; }

    @Override public double low() { return 0; }

    @Override public double high() { return Double.POSITIVE_INFINITY; }

    @Override public boolean isDiscrete() { return false; }

    @Override public double sample(Rng rng) { return scale * Math.expm1(-Math.log(rng.nextDoublePositive()) / shape); }
}
