package lyceum.prob;

import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Distributions whose parameters are tensors, one for each entry: what a network's outputs parameterise. The log density is differentiable in
 * parameters and points. {@link Reparameterized} ones also have draws that are.
 *
 * {@snippet :
 * var choice = TensorDistribution.categorical(logits);             // logits (batch, k)
 * Tensor action = choice.sample(rng);                              // (batch)
 * choice.logDensity(action).mul(reward).sum().neg().backward();    // REINFORCE
 * }
 */
public interface TensorDistribution {
    /** Of one draw from all of them. */
    long[] shape();

    /** How many of the last axes of {@link #shape} make one point: 0 for numbers, 1 for vectors. */
    default int pointAxes() { return 0; }

    /** Draws, unrecorded: shape {@code (count..., shape...)}. */
    Tensor sample(Rng rng, long... count);

    /** Of points {@code (..., shape...)}: one number each, {@code (...)} and the shape without its point axes. */
    Tensor logDensity(Tensor x);

    /** Zeros and ones. @param logits of a one, any shape */
    static TensorDistribution bernoulli(Tensor logits) { return new DiscreteDraws(logits, false); }

    /** Outcomes 0 to k - 1 as I64. @param logits (..., k), need not be normalised */
    static TensorDistribution categorical(Tensor logits) { return new DiscreteDraws(logits, true); }
}
