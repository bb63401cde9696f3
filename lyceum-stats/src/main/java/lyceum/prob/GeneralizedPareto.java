package lyceum.prob;

import lyceum.random.Rng;

/**
 * The generalised Pareto distribution of excesses over a high threshold: {@code P(X > x) = (1 + shape x / scale)^(-1/shape)} for x of at
 * least 0; exponential for a shape of 0, and up to {@code -scale / shape} for a negative one.
 *
 * @param shape finite; moments of order 1 / shape and above are infinite
 * @param scale positive
 * @see <a href="https://doi.org/10.1214/aos/1176343003">Pickands (1975), Statistical Inference Using Extreme Order Statistics</a>
 */
public record GeneralizedPareto(double shape, double scale) implements UnivariateDistribution {
    public GeneralizedPareto {
        Arguments.finite("GeneralizedPareto", "shape", shape);
        Arguments.positive("GeneralizedPareto", "scale", scale);
    }

    /** {@code -log P(X > x)}. */
    private double hazard(double x) {
        if (x >= high()) return Double.POSITIVE_INFINITY;
        return shape == 0 ? x / scale : Math.log1p(shape * x / scale) / shape;
    }

    private double fromHazard(double h) { return shape == 0 ? scale * h : scale * Math.expm1(shape * h) / shape; }

    @Override public double logDensity(double x) {
        if (!(x >= 0 && x <= high())) return x != x ? x : Double.NEGATIVE_INFINITY;
        if (x == high()) return shape < -1 ? Double.POSITIVE_INFINITY : shape == -1 ? -Math.log(scale) : Double.NEGATIVE_INFINITY;
        return -(1 + shape) * hazard(x) - Math.log(scale);
    }

    @Override public double logDensitySlope(double x) { return -(1 + shape) / (scale + shape * x); }

    @Override public double cdf(double x) { return x > 0 ? -Math.expm1(-hazard(x)) : x != x ? x : 0; }

    @Override public double survival(double x) { return x > 0 ? Math.exp(-hazard(x)) : x != x ? x : 1; }

    @Override public double quantile(double p) { return fromHazard(-Math.log1p(-Arguments.probability("quantile", "p", p))); }

    @Override public double upperQuantile(double q) { return fromHazard(-Math.log(Arguments.probability("upperQuantile", "q", q))); }

    /** Infinite for a shape of at least 1. */
    @Override public double mean() { return shape < 1 ? scale / (1 - shape) : Double.POSITIVE_INFINITY; }

    /** Infinite for a shape of at least 1/2, NaN for one of at least 1. */
    @Override public double variance() {
        if (shape < 0.5) return scale * scale / ((1 - shape) * (1 - shape) * (1 - 2 * shape));
        return shape < 1 ? Double.POSITIVE_INFINITY : Double.NaN;
    }

    @Override public double entropy() { return Math.log(scale) + shape + 1; }

    @Override public double low() { return 0; }

    @Override public double high() { return shape < 0 ? -scale / shape : Double.POSITIVE_INFINITY; }

    @Override public boolean isDiscrete() { return false; }

    @Override public double sample(Rng rng) { return fromHazard(-Math.log(rng.nextDoublePositive())); }
}
