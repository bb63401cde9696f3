package lyceum.prob;

import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A probability distribution: over numbers ({@link UnivariateDistribution}) or vectors ({@link MultivariateDistribution}).
 *
 * <p>Distributions are immutable and safe to share between threads; only sampling needs an {@link Rng}.
 */
public interface Distribution {
    /** Shannon entropy of a discrete distribution, differential entropy of a continuous one; in nats. */
    double entropy();

    /** True if it has a mass function; false if it has a density. */
    boolean isDiscrete();

    /**
     * Natural logarithm of density or mass: element by element for a univariate distribution, per row (last axis) for a multivariate one.
     * {@code -Infinity} outside the support. F32 stays F32, other types give F64.
     */
    Tensor logDensity(Tensor x);

    /** {@code n} draws: (n), or (n x dimensions) for a multivariate distribution; F64. */
    Tensor sample(Rng rng, int n);
}
