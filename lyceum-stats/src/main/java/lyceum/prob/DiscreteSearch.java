package lyceum.prob;

import java.util.function.DoubleUnaryOperator;

/** Quantiles and entropies of discrete laws. */
final class DiscreteSearch {
    private DiscreteSearch() {}

    /** The least value whose cdf reaches p: doubling steps away from a guess, then bisection. */
    static double quantile(UnivariateDistribution d, double guess, double p) {
        if (p == 0) return d.low();
        if (p == 1) return d.high();
        double k = atMost(d, Math.clamp(Math.rint(guess), d.low(), d.high())), step = 1, below, above;
        if (d.cdf(k) >= p) {
            above = k;
            for (below = d.valueBelow(k); below > Double.NEGATIVE_INFINITY && d.cdf(below) >= p;) {
                above = below;
                step *= 2;
                double far = atMost(d, above - step);
                below = d.valueBelow(above);
                if (below > Double.NEGATIVE_INFINITY) below = far == Double.NEGATIVE_INFINITY ? d.low() : Math.min(far, below);
            }
            if (below == Double.NEGATIVE_INFINITY) return above;
        } else {
            below = k;
            above = Math.min(d.valueAbove(k), d.high());
            while (above < d.high() && d.cdf(above) < p) {
                below = above;
                step *= 2;
                above = Math.max(atMost(d, Math.min(d.high(), above + step)), d.valueAbove(above));
            }
        }
        while (d.valueAbove(below) < above) {
            double middle = below + (above - below) / 2, value = atMost(d, middle);
            if (!(middle > below && middle < above)) break;
            if (value > below && d.cdf(value) >= p) above = value;
            else below = middle;
        }
        return above;
    }

    /** The largest value that is at most x. */
    private static double atMost(UnivariateDistribution d, double x) { return d.valueBelow(Math.nextUp(x)); }

    /** A value near the mean. */
    static double middle(UnivariateDistribution d) {
        double mean = d.mean();
        return Double.isFinite(mean) ? atMost(d, Math.clamp(mean, d.low(), d.high())) : d.quantile(0.5);
    }

    /** Entropy by summation of {@code -p log p} outwards from the mean until the terms vanish. */
    static double entropy(UnivariateDistribution d) {
        double start = Math.clamp(Math.floor(d.mean()), d.low(), d.high());
        DoubleUnaryOperator term = k -> {
            double log = d.logDensity(k);
            return log == Double.NEGATIVE_INFINITY ? 0 : -Math.exp(log) * log;
        };
        double sum = 0;
        for (double k = start; k >= d.low(); k--) {
            double t = term.applyAsDouble(k);
            sum += t;
            if (t < 1e-20 && k < start - 3) break;
        }
        for (double k = start + 1; k <= d.high(); k++) {
            double t = term.applyAsDouble(k);
            sum += t;
            if (t < 1e-20 && k > start + 3) break;
        }
        return sum;
    }
}
