package lyceum.prob;

import lyceum.math.Special;
import lyceum.random.Rng;

/**
 * The Weibull distribution: {@code P(X > x) = exp(-(x / scale)^shape)}.
 *
 * @param shape positive; failures become rarer with age below 1, more frequent above
 * @param scale positive
 */
public record Weibull(double shape, double scale) implements UnivariateDistribution {
    public Weibull {
        Arguments.positive("Weibull", "shape", shape);
        Arguments.positive("Weibull", "scale", scale);
    }

    @Override public double logDensity(double x) {
        if (!(x >= 0)) return x != x ? x : Double.NEGATIVE_INFINITY;
        if (x == 0) return shape < 1 ? Double.POSITIVE_INFINITY : shape == 1 ? -Math.log(scale) : Double.NEGATIVE_INFINITY;
        double log = Math.log(x / scale);
        return x == Double.POSITIVE_INFINITY ? Double.NEGATIVE_INFINITY
                : Math.log(shape / scale) + (shape - 1) * log - Math.exp(shape * log);
    }

    @Override public double logDensitySlope(double x) { return (shape - 1 - shape * Math.pow(x / scale, shape)) / x; }

    @Override public double cdf(double x) { return x > 0 ? -Math.expm1(-Math.pow(x / scale, shape)) : x != x ? x : 0; }

    @Override public double survival(double x) { return x > 0 ? Math.exp(-Math.pow(x / scale, shape)) : x != x ? x : 1; }

    @Override public double quantile(double p) {
        return scale * Math.pow(-Math.log1p(-Arguments.probability("quantile", "p", p)), 1 / shape);
    }

    @Override public double upperQuantile(double q) {
        return scale * Math.pow(-Math.log(Arguments.probability("upperQuantile", "q", q)), 1 / shape);
    }

    @Override public double mean() { return scale * Math.exp(Special.lgamma(1 + 1 / shape)); }

    @Override public double variance() {
        double first = Special.lgamma(1 + 1 / shape), second = Special.lgamma(1 + 2 / shape);
        return scale * scale * Math.exp(2 * first) * Math.expm1(second - 2 * first);
    }

    @Override public double entropy() { return Gumbel.EULER * (1 - 1 / shape) + Math.log(scale / shape) + 1; }

    @Override public double low() { return 0; }

    @Override public double high() { return Double.POSITIVE_INFINITY; }

    @Override public boolean isDiscrete() { return false; }

    @Override public double sample(Rng rng) { return scale * Math.pow(-Math.log(rng.nextDoublePositive()), 1 / shape); }
}
