package lyceum.prob;

import java.util.function.DoubleUnaryOperator;
import lyceum.random.Rng;

/**
 * A distribution, given that it lies in [low, high]. Probabilities and draws are taken from whichever tail of the base is the smaller, so that
 * an interval far out keeps its digits.
 *
 * {@snippet :
 * new Truncated(Normal.STANDARD, 10, Double.POSITIVE_INFINITY).mean();      // 10.098
 * }
 */
public final class Truncated implements UnivariateDistribution {
    private final UnivariateDistribution base;
    private final double low, high, mass;
    /** What the base has below and above the interval. */
    private final double below, above;

    /**
     * @param base over numbers or integers; a {@link FiniteDistribution} has {@code given} of its own
     * @param low may be {@code -Infinity}
     * @param high may be {@code Infinity}
     * @throws IllegalArgumentException if the interval has no mass that a double can hold
     */
    public Truncated(UnivariateDistribution base, double low, double high) {
        if (base instanceof FiniteDistribution)
            throw new IllegalArgumentException("Truncated: " + base + " may take steps of any length; use its given(...)");
        if (!(low <= high))
            throw new IllegalArgumentException("Truncated: low is " + low + " and high " + high + "; low is not above high");
        this.base = base;
        boolean steps = base.isDiscrete();
        this.low = Math.max(base.low(), steps && low > Double.NEGATIVE_INFINITY ? base.valueAbove(Math.nextDown(low)) : low);
        this.high = Math.min(base.high(), steps && high < Double.POSITIVE_INFINITY ? base.valueBelow(Math.nextUp(high)) : high);
        double before = steps ? base.valueBelow(this.low) : this.low;
        below = before == Double.NEGATIVE_INFINITY ? 0 : base.cdf(before);
        above = this.high == Double.POSITIVE_INFINITY ? 0 : base.survival(this.high);
        mass = below > 0.5 ? base.survival(before) - above : base.cdf(this.high) - below;
        if (!(this.low <= this.high && mass > 0)) throw new IllegalArgumentException(
                "Truncated: " + base + " has no mass that a double can hold between " + low + " and " + high);
    }

    public UnivariateDistribution base() { return base; }

    /** {@code P(low <= X <= high)} of the base. */
    public double mass() { return mass; }

    @Override public double logDensity(double x) {
        return x >= low && x <= high ? base.logDensity(x) - Math.log(mass) : x != x ? x : Double.NEGATIVE_INFINITY;
    }

    @Override public double logDensitySlope(double x) { return base.logDensitySlope(x); }

    @Override public double cdf(double x) {
        if (!(x >= low && x < high)) return x != x ? x : x < low ? 0 : 1;
        return below > 0.5 ? 1 - survival(x) : Math.clamp((base.cdf(x) - below) / mass, 0, 1);
    }

    @Override public double survival(double x) {
        if (!(x >= low && x < high)) return x != x ? x : x < low ? 1 : 0;
        double beyond = base.cdf(x) > 0.5 || below > 0.5 ? base.survival(x) - above : base.cdf(high) - base.cdf(x);
        return Math.clamp(beyond / mass, 0, 1);
    }

    @Override public double quantile(double p) {
        Arguments.probability("quantile", "p", p);
        if (p == 0 || p == 1) return p == 0 ? low : high;
        if (!isDiscrete())
            return below > 0.5 ? fromAbove(mass * (1 - p)) : Math.clamp(base.quantile(Math.min(1, below + mass * p)), low, high);
        double guess = below > 0.5 ? base.upperQuantile(Math.min(1, above + mass * (1 - p))) : base.quantile(Math.min(1, below + mass * p));
        return DiscreteSearch.quantile(this, guess, p);
    }

    @Override public double upperQuantile(double q) {
        Arguments.probability("upperQuantile", "q", q);
        if (isDiscrete() || q == 0 || q == 1) return quantile(1 - q);
        return above < 0.5 ? fromAbove(mass * q) : quantile(1 - q);
    }

    /** Where so much of the base's mass is left up to the upper end. */
    private double fromAbove(double rest) { return Math.clamp(base.upperQuantile(Math.min(1, above + rest)), low, high); }

    /** By quadrature or summation, as are variance and entropy. */
    @Override public double mean() { return expectation(x -> x); }

    @Override public double variance() {
        double mean = mean();
        return expectation(x -> (x - mean) * (x - mean));
    }

    @Override public double entropy() {
        return expectation(x -> {
            double log = logDensity(x);
            return log == Double.NEGATIVE_INFINITY ? 0 : -log;
        });
    }

    private double expectation(DoubleUnaryOperator f) {
        if (!isDiscrete()) return Quadrature.expectation(this, f);
        double mean = base.mean(), start = Double.isFinite(mean) ? Math.clamp(mean, low, high) : quantile(0.5);
        return Quadrature.sum(this, base.valueBelow(Math.nextUp(start)), f);
    }

    @Override public double low() { return low; }

    @Override public double high() { return high; }

    @Override public double valueAbove(double x) {
        double value = x < low ? low : base.valueAbove(x);
        return value > high ? Double.POSITIVE_INFINITY : value;
    }

    @Override public double valueBelow(double x) {
        double value = x > high ? high : base.valueBelow(x);
        return value < low ? Double.NEGATIVE_INFINITY : value;
    }

    @Override public boolean isDiscrete() { return base.isDiscrete(); }

    /** By the quantile of a uniform draw: never outside, however far out the interval is. */
    @Override public double sample(Rng rng) {
        double u = rng.nextDouble();
        while (u == 0) u = rng.nextDouble();
        return quantile(u);
    }

    @Override public String toString() { return "Truncated[base=" + base + ", low=" + low + ", high=" + high + "]"; }
}
