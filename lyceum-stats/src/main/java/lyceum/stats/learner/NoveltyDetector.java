package lyceum.stats.learner;

import lyceum.tensor.Tensor;

/** Learns from normal rows alone what is normal. Implementations narrow the returned type to their own model. */
public interface NoveltyDetector extends Learner {
    /** {@link #fit(Tensor, Tensor)} with equal weights. */
    default NoveltyModel fit(Tensor x) { return fit(x, null); }

    /**
     * @param x (n x p), F64 or F32, finite
     * @param weights (n), non-negative and not all zero; {@code null} for equal ones
     * @throws IllegalArgumentException if shapes, types or values do not fit; the message names them
     */
    NoveltyModel fit(Tensor x, Tensor weights);
}
