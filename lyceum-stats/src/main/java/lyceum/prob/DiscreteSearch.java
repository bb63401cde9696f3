package lyceum.prob;

import java.util.function.DoubleUnaryOperator;

/** Quantiles and entropies of integer-valued families. */
final class DiscreteSearch {
    private DiscreteSearch() {}

    /** The least integer k of {@code low .. high} whose cdf reaches p: doubling steps away from a guess, then bisection. */
    static double quantile(UnivariateDistribution d, double guess, double p) {
        if (p == 0) return d.low();
        if (p == 1) return d.high();
        double k = Math.clamp(Math.rint(guess), d.low(), d.high()), step = 1, below, above;
        if (d.cdf(k) >= p) {
            above = k;
            below = k - 1;
            while (below >= d.low() && d.cdf(below) >= p) {
                above = below;
                step *= 2;
                below = Math.max(d.low() - 1, below - step);
            }
        } else {
            below = k;
            above = k + 1;
            while (above < d.high() && d.cdf(above) < p) {
                below = above;
                step *= 2;
                above = Math.min(d.high(), above + step);
            }
        }
        while (above - below > 1) {
            double middle = Math.floor((below + above) / 2);
            if (d.cdf(middle) >= p) above = middle;
            else below = middle;
        }
        return above;
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
