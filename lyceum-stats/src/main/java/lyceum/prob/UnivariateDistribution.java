package lyceum.prob;

import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A distribution over real numbers or integers.
 *
 * {@snippet :
 * var normal = new Normal(0, 1);
 * normal.density(0.5);
 * double within = normal.cdf(1.96) - normal.cdf(-1.96);   // 0.95
 * normal.quantile(0.975);                  // 1.96
 * normal.sample(Rng.of(1), 1000).mean();
 * normal.logDensity(Tensor.of(0, 1, 2));   // element by element
 * }
 */
public interface UnivariateDistribution extends Distribution {
    /** Natural logarithm of the density, or of the mass; {@code -Infinity} outside the support. */
    double logDensity(double x);

    /** The density at x, or the mass of x. */
    default double density(double x) { return Math.exp(logDensity(x)); }

    /**
     * {@code d log p(x) / dx} of a continuous distribution inside its support: what makes {@link #logDensity(Tensor)} differentiable.
     *
     * @throws UnsupportedOperationException if it has none, as a discrete one
     */
    default double logDensitySlope(double x) {
        throw new UnsupportedOperationException("logDensitySlope: " + this + " has no slope; it is discrete, or does not tell it");
    }

    /** {@code P(X <= x)}. */
    double cdf(double x);

    /** {@code P(X > x)}, accurate where it is small. */
    double survival(double x);

    /**
     * The least x with {@code cdf(x) >= p}.
     *
     * @throws IllegalArgumentException if p is not in [0, 1]
     */
    double quantile(double p);

    /** The least x with {@code survival(x) <= q}: {@code quantile(1 - q)}, accurate for small q. */
    default double upperQuantile(double q) { return quantile(1 - Arguments.probability("upperQuantile", "q", q)); }

    double mean();

    double variance();

    default double standardDeviation() { return Math.sqrt(variance()); }

    /** The least value that it takes; may be {@code -Infinity}. */
    double low();

    /** The largest value that it takes; may be {@code Infinity}. */
    double high();

    /**
     * Of a discrete distribution the least value above x, {@code Infinity} if there is none. By default the values are the whole numbers from
     * {@link #low()} to {@link #high()}.
     */
    default double valueAbove(double x) {
        double value = Math.max(Math.floor(x) + 1, low());
        return value > high() ? Double.POSITIVE_INFINITY : value;
    }

    /** Of a discrete distribution the largest value below x, {@code -Infinity} if there is none. */
    default double valueBelow(double x) {
        double value = Math.min(Math.ceil(x) - 1, high());
        return value < low() ? Double.NEGATIVE_INFINITY : value;
    }

    /** Where it can lie, and how to get there from the whole line. */
    default Support support() { return new Support(low(), high(), isDiscrete()); }

    /** One draw. */
    double sample(Rng rng);

    @Override default Tensor sample(Rng rng, int n) {
        Arguments.count("sample", "n", n);
        var draws = new double[n];
        for (int i = 0; i < n; i++) draws[i] = sample(rng);
        return Tensor.of(draws);
    }

    /** Differentiable in x, once, if continuous: by {@link #logDensitySlope}. */
    @Override default Tensor logDensity(Tensor x) {
        if (isDiscrete()) return Elementwise.map(x, this::logDensity);
        double low = low(), high = high();
        return Elementwise.map("log density", x, this::logDensity,
                (in, out) -> Elementwise.once(in, v -> v >= low && v <= high ? logDensitySlope(v) : Double.NaN));
    }

    /** Differentiable in x if continuous. */
    default Tensor density(Tensor x) { return isDiscrete() ? Elementwise.map(x, this::density) : logDensity(x).exp(); }

    /** Differentiable in x if continuous. */
    default Tensor cdf(Tensor x) {
        return isDiscrete() ? Elementwise.map(x, this::cdf) : Elementwise.map("cdf", x, this::cdf, (in, out) -> density(in));
    }

    /** Differentiable in x if continuous. */
    default Tensor survival(Tensor x) {
        return isDiscrete() ? Elementwise.map(x, this::survival)
                : Elementwise.map("survival", x, this::survival, (in, out) -> density(in).neg());
    }

    /** Differentiable in p if continuous. */
    default Tensor quantile(Tensor p) {
        return isDiscrete() ? Elementwise.map(p, this::quantile)
                : Elementwise.map("quantile", p, this::quantile, (in, out) -> density(out).reciprocal());
    }
}
