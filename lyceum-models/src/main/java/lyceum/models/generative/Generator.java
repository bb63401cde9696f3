package lyceum.models.generative;

import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Draws new data: what every trained generative model gives, whatever it is inside. */
@FunctionalInterface
public interface Generator {
    /**
     * New items, the same for the same stream.
     *
     * @param n at least 1
     * @return (n, ..)
     */
    Tensor sample(int n, Rng rng);
}
