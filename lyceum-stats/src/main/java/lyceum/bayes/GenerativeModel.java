package lyceum.bayes;

import lyceum.random.Rng;

/**
 * Parameters with a prior, data given the parameters, and a kernel for the parameters given data: all that {@link GewekeTest} needs to find out
 * whether the three belong together.
 */
public interface GenerativeModel {
    /** Parameters from the prior, and whatever else the kernel's state holds. */
    double[] prior(Rng rng);

    /** Data given the state. */
    double[] data(double[] state, Rng rng);

    /** Leaves the posterior given data unchanged. */
    TransitionKernel posterior(double[] data);
}
