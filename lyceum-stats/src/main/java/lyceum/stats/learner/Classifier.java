package lyceum.stats.learner;

import lyceum.tensor.Tensor;

/**
 * Learns which of several classes a row belongs to.
 *
 * <p>Labels are integers of any value ({@code 0 1}, {@code -1 1}, {@code 3 7 9}); predictions use the same. Implementations narrow the
 * returned type to their own model.
 */
public interface Classifier extends Learner {
    /** {@link #fit(Tensor, Tensor, Tensor)} with equal weights. */
    default ClassificationModel fit(Tensor x, Tensor labels) { return fit(x, labels, null); }

    /**
     * Fits to rows and their labels.
     *
     * @param x (n x p), F64 or F32 (integers are converted to F64), finite unless the learner {@linkplain Tag#ALLOWS_NAN says otherwise}
     * @param labels (n) of an integer type or BOOL
     * @param weights (n), non-negative and not all zero; {@code null} for equal ones. Weight 2 counts a row twice, weight 0 leaves it out
     * @throws IllegalArgumentException if shapes, types or values do not fit; the message names them
     */
    ClassificationModel fit(Tensor x, Tensor labels, Tensor weights);
}
