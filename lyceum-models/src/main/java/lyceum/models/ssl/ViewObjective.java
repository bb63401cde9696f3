package lyceum.models.ssl;

import lyceum.tensor.Tensor;

/**
 * What two views of the same things shall have in common, and what keeps the answer from being a constant. A value: settings and a formula;
 * {@link TwoViewLearner} has the networks. {@link SimClr}, {@link MoCo}, {@link Byol}, {@link SimSiam}, {@link BarlowTwins}, {@link VicReg} and
 * {@link AlignmentUniformity} are such; another one is a record that says what it needs and computes its loss.
 */
@FunctionalInterface
public interface ViewObjective {
    /** Where the other view's answer comes from. */
    enum Target {
        /** The same network: gradients flow into both views. */
        ITSELF,
        /** The same network, without gradients. */
        STOPPED,
        /** A copy that {@linkplain EmaTeacher follows}, without gradients. */
        TEACHER
    }

    /**
     * What the networks made of a batch's two views, (n, d) each, row i of the same thing.
     *
     * @param first the online network's answer to the first view: the predictor's where there is one, else the projection
     * @param second to the second view; null unless {@link #isSymmetric}
     * @param firstTarget the target's projection of the first view; null unless {@link #isSymmetric}
     * @param secondTarget of the second view
     * @param negatives keys of earlier batches, oldest first (k, d); null if there are none
     */
    record Outputs(Tensor first, Tensor second, Tensor firstTarget, Tensor secondTarget, Tensor negatives) {}

    /** A scalar to be minimised. */
    Tensor loss(Outputs seen);

    default Target target() { return Target.ITSELF; }

    /** Whether a predictor stands on the online network's projection. */
    default boolean isPredicting() { return false; }

    /** Whether both views pass the online network; else the first one alone does, and only the second one's target is needed. */
    default boolean isSymmetric() { return true; }

    /** Keys of earlier batches that are kept; 0 for none. */
    default int queue() { return 0; }

    /** The share of itself that the teacher keeps after a step, in [0, 1]. */
    default double momentum(long step, long steps) { return 1; }
}
