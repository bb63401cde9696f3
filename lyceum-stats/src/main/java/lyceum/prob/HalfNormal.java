package lyceum.prob;

import lyceum.math.Special;
import lyceum.random.Rng;

/**
 * The half-normal distribution, of the absolute value of a normal variable of mean 0.
 *
 * @param scale standard deviation of that variable, positive
 */
public record HalfNormal(double scale) implements UnivariateDistribution {
    public HalfNormal {
        Arguments.positive("HalfNormal", "scale", scale);
    }

    private Normal whole() { return new Normal(0, scale); }

    @Override public double logDensity(double x) {
        return x >= 0 ? whole().logDensity(x) + Math.log(2) : x != x ? x : Double.NEGATIVE_INFINITY;
    }

    @Override public double logDensitySlope(double x) { return -x / (scale * scale); }

    @Override public double cdf(double x) { return x > 0 ? Special.erf(x / (scale * Math.sqrt(2))) : x != x ? x : 0; }

    @Override public double survival(double x) { return x > 0 ? 2 * whole().survival(x) : x != x ? x : 1; }

    @Override public double quantile(double p) { return scale * Math.sqrt(2) * Special.erfinv(Arguments.probability("quantile", "p", p)); }

    @Override public double upperQuantile(double q) { return whole().upperQuantile(Arguments.probability("upperQuantile", "q", q) / 2); }

    @Override public double mean() { return scale * Math.sqrt(2 / Math.PI); }

    @Override public double variance() { return scale * scale * (1 - 2 / Math.PI); }

    @Override public double entropy() { return whole().entropy() - Math.log(2); }

    @Override public double low() { return 0; }

    @Override public double high() { return Double.POSITIVE_INFINITY; }

    @Override public boolean isDiscrete() { return false; }

    @Override public double sample(Rng rng) { return scale * Math.abs(rng.nextGaussian()); }
}
