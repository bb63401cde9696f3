package lyceum.stats.learner;

import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** A fitted {@link Density}. */
public interface DensityModel extends Model {
    /** Natural logarithm of the density at the rows of {@code x} (n x p): (n). */
    Tensor logDensity(Tensor x);

    /** The mean of {@link #logDensity} over the rows. */
    default double score(Tensor x) { return logDensity(x).mean().item(); }

    /** {@code n} rows drawn from the model. @throws UnsupportedOperationException if it cannot */
    Tensor sample(Rng rng, int n);
}
