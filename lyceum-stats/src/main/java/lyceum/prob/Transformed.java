package lyceum.prob;

import lyceum.random.Rng;

/**
 * {@code Y = g(X)} for a monotone g: quantiles move along, and the density changes with the scale, {@code p_Y(y) = p_X(x) / |g'(x)|} at
 * {@code x = g^-1(y)}. A discrete X keeps its masses.
 *
 * {@snippet :
 * var logNormal = new Transformed(new Normal(0, 1), Bijection.EXP);
 * var logitNormal = new Transformed(new Normal(0, 1), Bijection.SIGMOID);
 * }
 *
 * @param base of X
 * @param map g, defined on the support of X
 */
public record Transformed(UnivariateDistribution base, Bijection map) implements UnivariateDistribution {

    private double back(double y) { return map.inverse().applyAsDouble(y); }

    private boolean isInside(double y) { return y >= low() && y <= high(); }

    @Override public double logDensity(double y) {
        if (!isInside(y)) return y != y ? y : Double.NEGATIVE_INFINITY;
        double x = back(y), log = base.logDensity(x);
        return base.isDiscrete() || log == Double.NEGATIVE_INFINITY ? log : log - map.logSlope().applyAsDouble(x);
    }

    @Override public double logDensitySlope(double y) {
        double x = back(y);
        // d/dy = (dx/dy) d/dx
        return (base.logDensitySlope(x) - map.bend().applyAsDouble(x)) * (map.isIncreasing() ? 1 : -1)
                * Math.exp(-map.logSlope().applyAsDouble(x));
    }

    @Override public double cdf(double y) {
        if (!isInside(y)) return y != y ? y : y < low() ? 0 : 1;
        return map.isIncreasing() ? base.cdf(back(y)) : fromAbove(back(y));
    }

    @Override public double survival(double y) {
        if (!isInside(y)) return y != y ? y : y < low() ? 1 : 0;
        return map.isIncreasing() ? base.survival(back(y)) : strictlyBelow(back(y));
    }

    private double fromAbove(double x) { return base.isDiscrete() ? base.survival(x) + base.density(x) : base.survival(x); }

    private double strictlyBelow(double x) { return base.isDiscrete() ? base.cdf(x) - base.density(x) : base.cdf(x); }

    @Override public double quantile(double p) {
        return map.apply(map.isIncreasing() ? base.quantile(p) : base.upperQuantile(Arguments.probability("quantile", "p", p)));
    }

    @Override public double upperQuantile(double q) {
        return map.apply(map.isIncreasing() ? base.upperQuantile(q) : base.quantile(Arguments.probability("upperQuantile", "q", q)));
    }

    /** By quadrature over the base, as is the variance. */
    @Override public double mean() { return Quadrature.expectation(base, map::apply); }

    @Override public double variance() {
        double mean = mean();
        return Quadrature.expectation(base, x -> Math.pow(map.apply(x) - mean, 2));
    }

    /** Of the base, and {@code E log |g'(X)|} for a continuous one. */
    @Override public double entropy() {
        return base.isDiscrete() ? base.entropy() : base.entropy() + Quadrature.expectation(base, map.logSlope());
    }

    @Override public double low() { return map.apply(map.isIncreasing() ? base.low() : base.high()); }

    @Override public double high() { return map.apply(map.isIncreasing() ? base.high() : base.low()); }

    @Override public boolean isDiscrete() { return base.isDiscrete(); }

    @Override public double sample(Rng rng) { return map.apply(base.sample(rng)); }
}
