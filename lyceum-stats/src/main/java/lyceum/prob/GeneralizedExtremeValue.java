package lyceum.prob;

import lyceum.math.Special;
import lyceum.random.Rng;

/**
 * The generalised extreme value distribution of the largest of many: {@code P(X <= x) = exp(-(1 + shape z)^(-1/shape))} with
 * {@code z = (x - location) / scale}. Gumbel's for a shape of 0, heavy above for a positive one (Frechet), bounded above for a negative one
 * (reversed Weibull).
 *
 * @param shape finite
 * @param location finite
 * @param scale positive
 * @see <a href="https://doi.org/10.1007/978-1-4471-3675-0">Coles (2001), An Introduction to Statistical Modeling of Extreme Values, chapter 3</a>
 */
public record GeneralizedExtremeValue(double shape, double location, double scale) implements UnivariateDistribution {
    public GeneralizedExtremeValue {
        Arguments.finite("GeneralizedExtremeValue", "shape", shape);
        Arguments.finite("GeneralizedExtremeValue", "location", location);
        Arguments.positive("GeneralizedExtremeValue", "scale", scale);
    }

    /** {@code -log -log P(X <= x)}: a standard Gumbel variable. */
    private double gumbel(double x) {
        double z = (x - location) / scale;
        if (shape == 0) return z;
        if (1 + shape * z <= 0) return shape > 0 ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
        return Math.log1p(shape * z) / shape;
    }

    private double fromGumbel(double y) { return location + scale * (shape == 0 ? y : Math.expm1(shape * y) / shape); }

    @Override public double logDensity(double x) {
        double y = gumbel(x), e = Math.exp(-y);
        return Double.isInfinite(y) || e == Double.POSITIVE_INFINITY ? Double.NEGATIVE_INFINITY : -(1 + shape) * y - e - Math.log(scale);
    }

    @Override public double logDensitySlope(double x) { return (Math.exp(-gumbel(x)) - 1 - shape) / (scale + shape * (x - location)); }

    @Override public double cdf(double x) { return Math.exp(-Math.exp(-gumbel(x))); }

    @Override public double survival(double x) { return -Math.expm1(-Math.exp(-gumbel(x))); }

    @Override public double quantile(double p) { return fromGumbel(-Math.log(-Math.log(Arguments.probability("quantile", "p", p)))); }

    @Override public double upperQuantile(double q) {
        return fromGumbel(-Math.log(-Math.log1p(-Arguments.probability("upperQuantile", "q", q))));
    }

    /** Infinite for a shape of at least 1. */
    @Override public double mean() {
        if (shape == 0) return location + scale * Gumbel.EULER;
        return shape < 1 ? location + scale * Math.expm1(Special.lgamma(1 - shape)) / shape : Double.POSITIVE_INFINITY;
    }

    /** Infinite for a shape of at least 1/2, NaN for one of at least 1. */
    @Override public double variance() {
        if (shape == 0) return Math.PI * Math.PI / 6 * scale * scale;
        if (shape >= 0.5) return shape < 1 ? Double.POSITIVE_INFINITY : Double.NaN;
        double first = Special.lgamma(1 - shape), second = Special.lgamma(1 - 2 * shape);
        return scale * scale * Math.exp(2 * first) * Math.expm1(second - 2 * first) / (shape * shape);
    }

    @Override public double entropy() { return Math.log(scale) + Gumbel.EULER * (1 + shape) + 1; }

    @Override public double low() { return shape > 0 ? location - scale / shape : Double.NEGATIVE_INFINITY; }

    @Override public double high() { return shape < 0 ? location - scale / shape : Double.POSITIVE_INFINITY; }

    @Override public boolean isDiscrete() { return false; }

    @Override public double sample(Rng rng) { return fromGumbel(GumbelMax.noise(rng)); }
}
