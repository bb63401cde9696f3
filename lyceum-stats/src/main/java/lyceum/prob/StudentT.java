package lyceum.prob;

import lyceum.math.Incomplete;
import lyceum.math.SaddlePoint;
import lyceum.math.Special;
import lyceum.random.Rng;

/**
 * Student's t distribution, shifted and scaled.
 *
 * @param degreesOfFreedom positive, need not be whole
 * @param location its centre
 * @param scale positive
 */
public record StudentT(double degreesOfFreedom, double location, double scale) implements UnivariateDistribution {
    public StudentT {
        Arguments.positive("StudentT", "degrees of freedom", degreesOfFreedom);
        Arguments.finite("StudentT", "location", location);
        Arguments.positive("StudentT", "scale", scale);
    }

    /** The standard form: location 0, scale 1. */
    public StudentT(double degreesOfFreedom) { this(degreesOfFreedom, 0, 1); }

    @Override public double logDensity(double x) {
        double n = degreesOfFreedom, t = (x - location) / scale, square = t * t;
        // Ratio of gamma functions without cancellation, as in Loader (2000)
        double constant = SaddlePoint.stirlingError((n + 1) / 2) - SaddlePoint.stirlingError(n / 2)
                - SaddlePoint.deviance(n / 2, (n + 1) / 2);
        double tail = square == Double.POSITIVE_INFINITY ? n * Math.log(Math.abs(t) / Math.sqrt(n)) : n / 2 * Math.log1p(square / n);
        double spread = square == Double.POSITIVE_INFINITY ? Math.log(Math.abs(t) / Math.sqrt(n)) : 0.5 * Math.log1p(square / n);
        return constant - tail - spread - 0.5 * Math.log(2 * Math.PI) - Math.log(scale);
    }

    @Override public double logDensitySlope(double x) {
        double away = x - location;
        return -(degreesOfFreedom + 1) * away / (degreesOfFreedom * scale * scale + away * away);
    }

    /** {@code P(T > |t|)}. */
    private double tail(double t) {
        double n = degreesOfFreedom, square = t * t, sum = n + square;
        if (square == Double.POSITIVE_INFINITY) return 0;
        return 0.5 * Incomplete.beta(n / 2, 0.5, n / sum, square / sum);
    }

    @Override public double cdf(double x) {
        double t = (x - location) / scale;
        return t > 0 ? 1 - tail(t) : tail(t);
    }

    @Override public double survival(double x) {
        double t = (x - location) / scale;
        return t > 0 ? tail(t) : 1 - tail(t);
    }

    @Override public double quantile(double p) {
        Arguments.probability("quantile", "p", p);
        return p <= 0.5 ? location - scale * fromTail(p) : location + scale * fromTail(1 - p);
    }

    @Override public double upperQuantile(double q) {
        Arguments.probability("upperQuantile", "q", q);
        return q <= 0.5 ? location + scale * fromTail(q) : location - scale * fromTail(1 - q);
    }

    /** The t of at least 0 that is exceeded with probability p of at most one half. */
    private double fromTail(double p) {
        if (p == 0.5) return 0;
        double[] z = Incomplete.inverseBeta(degreesOfFreedom / 2, 0.5, 2 * p, 1 - 2 * p);
        return z[0] == 0 ? Double.POSITIVE_INFINITY : Math.sqrt(degreesOfFreedom * (z[1] / z[0]));
    }

    /** NaN for at most one degree of freedom. */
    @Override public double mean() { return degreesOfFreedom > 1 ? location : Double.NaN; }

    /** Infinite for at most two degrees of freedom, NaN for at most one. */
    @Override public double variance() {
        if (degreesOfFreedom > 2) return scale * scale * degreesOfFreedom / (degreesOfFreedom - 2);
        return degreesOfFreedom > 1 ? Double.POSITIVE_INFINITY : Double.NaN;
    }

    @Override public double entropy() {
        // y (digamma(y) - digamma(x)) + log(B(x, 1/2) sqrt(n)), by what is left of each function beside its logarithms: those cancel for large n
        double x = degreesOfFreedom / 2, y = x + 0.5;
        return 0.5 * Math.log1p(0.5 / x) + y * (Special.logMinusDigamma(x) - Special.logMinusDigamma(y)) + SaddlePoint.stirlingError(x)
                - SaddlePoint.stirlingError(y) + 0.5 * (1 + Math.log(2 * Math.PI)) + Math.log(scale);
    }

    @Override public double low() { return Double.NEGATIVE_INFINITY; }

    @Override public double high() { return Double.POSITIVE_INFINITY; }

    @Override public boolean isDiscrete() { return false; }

    @Override public double sample(Rng rng) {
        double z = rng.nextGaussian(), half = degreesOfFreedom / 2;
        return location + scale * z * Math.exp(0.5 * (Math.log(half) - Gamma.logStandard(rng, half)));
    }
}
