package lyceum.stats.learner;

import lyceum.tensor.Tensor;

/**
 * Learns to predict numbers: {@code new Ridge(1.0).fit(x, y).predict(z)}.
 *
 * <p>Implementations narrow the returned type to their own model.
 */
public interface Regressor extends Learner {
    /** {@link #fit(Tensor, Tensor, Tensor)} with equal weights. */
    default RegressionModel fit(Tensor x, Tensor y) { return fit(x, y, null); }

    /**
     * Fits to rows and their targets.
     *
     * @param x (n x p), F64 or F32 (integers are converted to F64), finite unless the learner {@linkplain Tag#ALLOWS_NAN says otherwise}
     * @param y (n), or (n x m) where the learner has {@link Tag#MULTI_OUTPUT}
     * @param weights (n), non-negative and not all zero; {@code null} for equal ones. Weight 2 counts a row twice, weight 0 leaves it out
     * @throws IllegalArgumentException if shapes, types or values do not fit; the message names them
     */
    RegressionModel fit(Tensor x, Tensor y, Tensor weights);
}
