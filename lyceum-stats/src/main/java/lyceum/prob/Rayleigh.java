package lyceum.prob;

import lyceum.random.Rng;

/**
 * The Rayleigh distribution, of the length of two independent normals of mean 0: {@code P(X > x) = exp(-x^2 / (2 scale^2))}.
 *
 * @param scale positive; the mode
 */
public record Rayleigh(double scale) implements UnivariateDistribution {
    public Rayleigh {
        Arguments.positive("Rayleigh", "scale", scale);
    }

    private Weibull weibull() { return new Weibull(2, Math.sqrt(2) * scale); }

    @Override public double logDensity(double x) { return weibull().logDensity(x); }

    @Override public double logDensitySlope(double x) { return 1 / x - x / (scale * scale); }

    @Override public double cdf(double x) { return weibull().cdf(x); }

    @Override public double survival(double x) { return weibull().survival(x); }

    @Override public double quantile(double p) { return weibull().quantile(p); }

    @Override public double upperQuantile(double q) { return weibull().upperQuantile(q); }

    @Override public double mean() { return scale * Math.sqrt(Math.PI / 2); }

    @Override public double variance() { return (2 - Math.PI / 2) * scale * scale; }

    @Override public double entropy() { return weibull().entropy(); }

    @Override public double low() { return 0; }

    @Override public double high() { return Double.POSITIVE_INFINITY; }

    @Override public boolean isDiscrete() { return false; }

    @Override public double sample(Rng rng) { return weibull().sample(rng); }
}
