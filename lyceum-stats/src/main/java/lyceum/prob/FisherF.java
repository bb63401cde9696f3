package lyceum.prob;

import lyceum.math.Incomplete;
import lyceum.math.SaddlePoint;
import lyceum.math.Special;
import lyceum.random.Rng;

/**
 * Fisher's F distribution: the ratio of two independent chi-square variables, each over its degrees of freedom.
 *
 * @param numerator degrees of freedom above the line, positive
 * @param denominator degrees of freedom below the line, positive
 */
public record FisherF(double numerator, double denominator) implements UnivariateDistribution {
    public FisherF {
        Arguments.positive("FisherF", "numerator degrees of freedom", numerator);
        Arguments.positive("FisherF", "denominator degrees of freedom", denominator);
    }

    /** d1 x / (d1 x + d2): the beta variable that belongs to x. */
    private double share(double x) {
        double ratio = numerator * x / denominator;
        return ratio == Double.POSITIVE_INFINITY ? 1 : ratio / (1 + ratio);
    }

    private double rest(double x) { return 1 / (1 + numerator * x / denominator); }

    @Override public double logDensity(double x) {
        if (!(x >= 0)) return x != x ? x : Double.NEGATIVE_INFINITY;
        if (x == 0) return numerator < 2 ? Double.POSITIVE_INFINITY : numerator == 2 ? 0 : Double.NEGATIVE_INFINITY;
        if (x == Double.POSITIVE_INFINITY) return Double.NEGATIVE_INFINITY;
        double a = numerator / 2, b = denominator / 2;
        return SaddlePoint.logBinomial(a, b, share(x), rest(x)) + Math.log(a) - Math.log1p(a / b) - Math.log(x);
    }

    @Override public double logDensitySlope(double x) {
        return (numerator / 2 - 1) / x - (numerator + denominator) / 2 / (x + denominator / numerator);
    }

    @Override public double cdf(double x) {
        return x > 0 ? Incomplete.beta(numerator / 2, denominator / 2, share(x), rest(x)) : x != x ? x : 0;
    }

    @Override public double survival(double x) {
        return x > 0 ? Incomplete.beta(denominator / 2, numerator / 2, rest(x), share(x)) : x != x ? x : 1;
    }

    @Override public double quantile(double p) {
        Arguments.probability("quantile", "p", p);
        return from(Incomplete.inverseBeta(numerator / 2, denominator / 2, p, 1 - p));
    }

    @Override public double upperQuantile(double q) {
        Arguments.probability("upperQuantile", "q", q);
        return from(Incomplete.inverseBeta(numerator / 2, denominator / 2, 1 - q, q));
    }

    private double from(double[] z) { return z[1] == 0 ? Double.POSITIVE_INFINITY : denominator / numerator * (z[0] / z[1]); }

    /** Infinite for at most two denominator degrees of freedom. */
    @Override public double mean() { return denominator > 2 ? denominator / (denominator - 2) : Double.POSITIVE_INFINITY; }

    /** Infinite for two to four denominator degrees of freedom, NaN for at most two. */
    @Override public double variance() {
        double a = numerator, b = denominator;
        if (b > 4) return 2 * b * b * (a + b - 2) / (a * (b - 2) * (b - 2) * (b - 4));
        return b > 2 ? Double.POSITIVE_INFINITY : Double.NaN;
    }

    @Override public double entropy() {
        // log(b / a) + log B(a, b) + (1 - a) digamma(a) - (1 + b) digamma(b) + n digamma(n), by what is left of each function beside its logarithms
        double a = numerator / 2, b = denominator / 2, n = a + b;
        double stirling = SaddlePoint.stirlingError(a) + SaddlePoint.stirlingError(b) - SaddlePoint.stirlingError(n);
        return 0.5 * (Math.log(2 * Math.PI) + Math.log(n / a) - Math.log(b)) + stirling + (a - 1) * Special.logMinusDigamma(a)
                + (b + 1) * Special.logMinusDigamma(b) - n * Special.logMinusDigamma(n);
    }

    @Override public double low() { return 0; }

    @Override public double high() { return Double.POSITIVE_INFINITY; }

    @Override public boolean isDiscrete() { return false; }

    @Override public double sample(Rng rng) {
        double above = Gamma.logStandard(rng, numerator / 2), below = Gamma.logStandard(rng, denominator / 2);
        return denominator / numerator * Math.exp(above - below);
    }
}
