package lyceum.prob;

import java.util.function.DoublePredicate;
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

    /** The x of y; of a discrete base the value that leads to y, which the inverse may miss by rounding. */
    private double back(double y) {
        double x = map.inverse().applyAsDouble(y);
        if (!base.isDiscrete() || !Double.isFinite(x) || map.apply(x) == y && base.density(x) > 0) return x;
        double above = base.valueAbove(x), below = base.valueBelow(x);
        return map.apply(above) == y ? above : map.apply(below) == y ? below : x;
    }

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

    private double fromAbove(double x) { return base.survival(base.isDiscrete() ? base.valueBelow(x) : x); }

    private double strictlyBelow(double x) { return base.cdf(base.isDiscrete() ? base.valueBelow(x) : x); }

    @Override public double quantile(double p) {
        if (map.isIncreasing()) return map.apply(base.quantile(p));
        double x = base.upperQuantile(Arguments.probability("quantile", "p", p));
        // the least y is the largest x with P(X >= x) >= p: one further where that holds exactly
        return map.apply(base.isDiscrete() && p > 0 ? furthest(x, further -> fromAbove(further) >= p) : x);
    }

    @Override public double upperQuantile(double q) {
        if (map.isIncreasing()) return map.apply(base.upperQuantile(q));
        double x = base.quantile(Arguments.probability("upperQuantile", "q", q));
        return map.apply(base.isDiscrete() && q < 1 ? furthest(x, further -> strictlyBelow(further) <= q) : x);
    }

    private double furthest(double x, DoublePredicate holds) {
        for (double next = base.valueAbove(x); Double.isFinite(next) && holds.test(next); next = base.valueAbove(x)) x = next;
        return x;
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

    @Override public double valueAbove(double y) {
        if (y < low()) return low();
        if (y >= high()) return Double.POSITIVE_INFINITY;
        double x = back(y);
        return map.apply(map.isIncreasing() ? base.valueAbove(x) : base.valueBelow(x));
    }

    @Override public double valueBelow(double y) {
        if (y > high()) return high();
        if (y <= low()) return Double.NEGATIVE_INFINITY;
        double x = back(y);
        return map.apply(map.isIncreasing() ? base.valueBelow(x) : base.valueAbove(x));
    }

    @Override public boolean isDiscrete() { return base.isDiscrete(); }

    @Override public double sample(Rng rng) { return map.apply(base.sample(rng)); }
}
