package lyceum.stats.learner;

/** A way in which a learner deviates from the common contract; generic tools and {@code LearnerContract} read it. */
public enum Tag {
    /** NaN in {@code x} is data (a missing value) and not an error. */
    ALLOWS_NAN,
    /** The result depends on a seed among the hyper-parameters. */
    RANDOMISED,
    /** {@code x} must not hold negative values. */
    POSITIVE_ONLY,
    /** Sample weights are refused. */
    NO_WEIGHTS,
    /** Sample weights work, but weight 2 is not exactly the row twice (stochastic order, neighbours, bootstrap). */
    WEIGHTS_ARE_NOT_COPIES,
    /** The result depends on the order of the rows. */
    ORDER_DEPENDENT,
    /** Several targets at once: {@code y} may be (n x m). */
    MULTI_OUTPUT,
    /** Two classes only. */
    BINARY_ONLY,
    /** Classes are predicted without probabilities. */
    NO_PROBABILITIES,
    /** The model knows the rows that it was fitted on only ({@code labels()}), it cannot predict new ones. */
    TRANSDUCTIVE,
    /** Nothing is learned from the data but its width. */
    STATELESS,
    /** {@code x} is a square matrix of distances or kernel values between the rows. */
    PAIRWISE,
    /** The fitted model cannot be saved. */
    NOT_SAVABLE,
    /** A transformer or clusterer that wants {@code y} too. */
    SUPERVISED
}
