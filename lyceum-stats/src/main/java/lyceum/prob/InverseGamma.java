package lyceum.prob;

import lyceum.math.Special;
import lyceum.random.Rng;

/**
 * The inverse gamma distribution, of one over a gamma variable of this shape and rate {@code scale}: density
 * {@code scale^shape x^(-shape-1) exp(-scale/x) / gamma(shape)} for x above 0.
 *
 * @param shape positive
 * @param scale positive
 */
public record InverseGamma(double shape, double scale) implements UnivariateDistribution {
    public InverseGamma {
        Arguments.positive("InverseGamma", "shape", shape);
        Arguments.positive("InverseGamma", "scale", scale);
    }

    private Gamma inverse() { return new Gamma(shape, scale); }

    @Override public double logDensity(double x) {
        return x > 0 ? inverse().logDensity(1 / x) - 2 * Math.log(x) : x != x ? x : Double.NEGATIVE_INFINITY;
    }

    @Override public double logDensitySlope(double x) { return (scale / x - shape - 1) / x; }

    @Override public double cdf(double x) { return x > 0 ? inverse().survival(1 / x) : x != x ? x : 0; }

    @Override public double survival(double x) { return x > 0 ? inverse().cdf(1 / x) : x != x ? x : 1; }

    @Override public double quantile(double p) { return 1 / inverse().upperQuantile(p); }

    @Override public double upperQuantile(double q) { return 1 / inverse().quantile(q); }

    /** Infinite for a shape of at most 1. */
    @Override public double mean() { return shape > 1 ? scale / (shape - 1) : Double.POSITIVE_INFINITY; }

    /** Infinite for a shape of at most 2, NaN for one of at most 1. */
    @Override public double variance() {
        if (shape > 2) return mean() * mean() / (shape - 2);
        return shape > 1 ? Double.POSITIVE_INFINITY : Double.NaN;
    }

    @Override public double entropy() { return inverse().entropy() + 2 * (Math.log(scale) - Special.digamma(shape)); }

    @Override public double low() { return 0; }

    @Override public double high() { return Double.POSITIVE_INFINITY; }

    @Override public boolean isDiscrete() { return false; }

    @Override public double sample(Rng rng) { return scale * Math.exp(-Gamma.logStandard(rng, shape)); }
}
