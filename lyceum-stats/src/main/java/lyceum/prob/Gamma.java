package lyceum.prob;

import lyceum.math.Incomplete;
import lyceum.math.SaddlePoint;
import lyceum.math.Special;
import lyceum.random.Rng;

/**
 * The gamma distribution, {@code rate^shape x^(shape-1) exp(-rate x) / gamma(shape)} for x of at least 0.
 *
 * @param shape positive
 * @param rate positive; the scale is 1 / rate and the mean shape / rate
 */
public record Gamma(double shape, double rate) implements UnivariateDistribution {
    public Gamma {
        Arguments.positive("Gamma", "shape", shape);
        Arguments.positive("Gamma", "rate", rate);
    }

    @Override public double logDensity(double x) {
        if (!(x >= 0)) return x != x ? x : Double.NEGATIVE_INFINITY;
        if (x == 0) return shape < 1 ? Double.POSITIVE_INFINITY : shape == 1 ? Math.log(rate) : Double.NEGATIVE_INFINITY;
        if (x == Double.POSITIVE_INFINITY) return Double.NEGATIVE_INFINITY;
        // So far out that rate x would lose its digits the power is everything, and nothing cancels
        if (rate * x < 1e-290) return shape * Math.log(rate) + (shape - 1) * Math.log(x) - Special.lgamma(shape);
        // f(x) = poisson(shape - 1; rate x) rate, or by one step of the recurrence where shape - 1 is negative
        if (shape >= 1) return SaddlePoint.logPoisson(shape - 1, rate * x) + Math.log(rate);
        return SaddlePoint.logPoisson(shape, rate * x) + Math.log(shape / x);
    }

    @Override public double logDensitySlope(double x) { return (shape - 1) / x - rate; }

    @Override public double cdf(double x) { return Incomplete.regularisedGammaP(shape, rate * x); }

    @Override public double survival(double x) { return Incomplete.regularisedGammaQ(shape, rate * x); }

    @Override public double quantile(double p) { return Incomplete.inverseGammaP(shape, Arguments.probability("quantile", "p", p)) / rate; }

    @Override public double upperQuantile(double q) {
        return Incomplete.inverseGammaQ(shape, Arguments.probability("upperQuantile", "q", q)) / rate;
    }

    @Override public double mean() { return shape / rate; }

    @Override public double variance() { return shape / (rate * rate); }

    @Override public double entropy() {
        // a + lgamma(a) + (1 - a) digamma(a), by what is left of both functions beside their logarithms: those cancel for large a
        double a = shape;
        return 0.5 * Math.log(2 * Math.PI * a) - Math.log(rate) + SaddlePoint.stirlingError(a) + (a - 1) * Special.logMinusDigamma(a);
    }

    /** {@code (dx/dshape, dx/drate)}: how a draw x moves with the parameters at a fixed cdf, which makes draws differentiable. */
    public double[] pathwise(double x) {
        if (!(x > 0 && x < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("pathwise: x is " + x + "; it must be positive and finite");
        return new double[] {x * FixedCdf.gammaSlope(shape, Math.log(rate * x)), -x / rate};
    }

    @Override public double low() { return 0; }

    @Override public double high() { return Double.POSITIVE_INFINITY; }

    @Override public boolean isDiscrete() { return false; }

    @Override public double sample(Rng rng) { return Math.exp(logStandard(rng, shape)) / rate; }

    /** The logarithm of a draw of rate 1: for small shapes the draw itself may underflow. Marsaglia and Tsang (2000). */
    static double logStandard(Rng rng, double shape) {
        // gamma(a) = gamma(a + 1) u^(1/a)
        if (shape < 1) return logStandard(rng, shape + 1) + Math.log(rng.nextDoublePositive()) / shape;
        double d = shape - 1.0 / 3, c = 1 / Math.sqrt(9 * d);
        while (true) {
            double z = rng.nextGaussian(), v = 1 + c * z;
            if (v <= 0) continue;
            v = v * v * v;
            double u = rng.nextDoublePositive();
            if (Math.log(u) < 0.5 * z * z + d - d * v + d * Math.log(v)) return Math.log(d * v);
        }
    }
}
