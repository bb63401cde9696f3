package lyceum.prob;

import lyceum.random.Rng;

/**
 * The chi-square distribution: the sum of squares of that many standard normal variables.
 *
 * @param degreesOfFreedom positive, need not be whole
 */
public record ChiSquare(double degreesOfFreedom) implements UnivariateDistribution {
    public ChiSquare { Arguments.positive("ChiSquare", "degrees of freedom", degreesOfFreedom); }

    private Gamma gamma() { return new Gamma(degreesOfFreedom / 2, 0.5); }

    @Override public double logDensity(double x) { return gamma().logDensity(x); }

    @Override public double logDensitySlope(double x) { return gamma().logDensitySlope(x); }

    @Override public double cdf(double x) { return gamma().cdf(x); }

    @Override public double survival(double x) { return gamma().survival(x); }

    @Override public double quantile(double p) { return gamma().quantile(p); }

    @Override public double upperQuantile(double q) { return gamma().upperQuantile(q); }

    @Override public double mean() { return degreesOfFreedom; }

    @Override public double variance() { return 2 * degreesOfFreedom; }

    @Override public double entropy() { return gamma().entropy(); }

    @Override public double low() { return 0; }

    @Override public double high() { return Double.POSITIVE_INFINITY; }

    @Override public boolean isDiscrete() { return false; }

    @Override public double sample(Rng rng) { return gamma().sample(rng); }
}
