package lyceum.stats;

import java.util.function.DoubleUnaryOperator;
import lyceum.math.Incomplete;
import lyceum.prob.Beta;
import lyceum.prob.ChiSquare;
import lyceum.prob.Poisson;
import lyceum.prob.Quadrature;

/** Distribution functions of t, chi-square and F when the null does not hold: what power is computed from. */
final class Noncentral {
    private Noncentral() {}

    /** {@code P(T <= t)} for {@code T = (Z + shift) / s}, {@code s^2 = chi^2_n / n}: the mean of {@code Phi(t s - shift)} over s. */
    static double t(double t, double n, double shift) {
        var chi = new ChiSquare(n);
        double low = Math.sqrt(chi.quantile(1e-18) / n), high = Math.sqrt(chi.upperQuantile(1e-18) / n),
                mode = Math.sqrt(Math.max(n - 1, 0.0) / n);
        // density of s: 2 n s times that of n s^2
        DoubleUnaryOperator f = s -> 2 * n * s * chi.density(n * s * s) * Incomplete.normalCdf(t * s - shift);
        double[] cuts = {low, Math.clamp(mode, low, high), high};
        return Math.min(1, Quadrature.integrate(f, cuts, 1e-13, 1e-14));
    }

    /** {@code P(X <= x)}: central laws of {@code degrees + 2 j}, j Poisson of mean {@code lambda / 2}. */
    static double chiSquare(double x, double degrees, double lambda) { return mixture(lambda, j -> new ChiSquare(degrees + 2 * j).cdf(x)); }

    /** {@code P(F <= f)}. */
    static double f(double f, double numerator, double denominator, double lambda) {
        double y = numerator * f / (numerator * f + denominator);
        return mixture(lambda, j -> new Beta(numerator / 2 + j, denominator / 2).cdf(y));
    }

    private static double mixture(double lambda, DoubleUnaryOperator cdf) {
        if (lambda == 0) return cdf.applyAsDouble(0);
        double half = lambda / 2, reach = 9 * Math.sqrt(half) + 20, sum = 0;
        var weights = new Poisson(half);
        for (double j = Math.max(0, Math.floor(half - reach)); j <= half + reach; j++) sum += weights.density(j) * cdf.applyAsDouble(j);
        return Math.min(1, sum);
    }

    /** The effects between those that would leave 2.5% below and above what was seen (Steiger and Fouladi 1997). */
    static Interval interval(DoubleUnaryOperator cdfByLambda, DoubleUnaryOperator effect) {
        return new Interval(effect.applyAsDouble(invert(cdfByLambda, 0.975)), effect.applyAsDouble(invert(cdfByLambda, 0.025)));
    }

    /** The lambda at which a distribution function that falls with lambda reaches p; 0 if it starts below. */
    private static double invert(DoubleUnaryOperator cdf, double p) {
        double at = cdf.applyAsDouble(0);
        if (at != at) return Double.NaN;
        if (at <= p) return 0;
        double low = 0, high = 1;
        while (cdf.applyAsDouble(high) > p) {
            low = high;
            high *= 2;
            if (high > 1e5) return Double.NaN;
        }
        for (int i = 0; i < 50 && high - low > 1e-10 * high; i++) {
            double middle = (low + high) / 2;
            if (cdf.applyAsDouble(middle) > p) low = middle;
            else high = middle;
        }
        return (low + high) / 2;
    }
}
