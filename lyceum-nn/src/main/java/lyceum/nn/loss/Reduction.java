package lyceum.nn.loss;

/** How the losses of examples become one number. */
public enum Reduction {
    /** Their (weighted) average. */
    MEAN,
    /** Their (weighted) sum. */
    SUM,
    /** None: each example keeps its own. */
    NONE
}
