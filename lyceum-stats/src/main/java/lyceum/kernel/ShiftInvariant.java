package lyceum.kernel;

import lyceum.random.Rng;

/**
 * A kernel of the difference of its points. By Bochner's theorem it is the characteristic function of a distribution over frequencies,
 * from which {@link RandomFourierFeatures} draws.
 */
public sealed interface ShiftInvariant extends KernelFunction permits Stationary, Laplacian {
    /** A frequency {@code omega} (p) with {@code E cos(omega . (x - z)) = k(x, z)}, as k(x, x) is 1. */
    double[] frequency(Rng rng, int p);
}
