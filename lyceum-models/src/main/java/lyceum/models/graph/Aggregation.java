package lyceum.models.graph;

/** How what many say becomes one vector, whoever spoke first. Of nothing each gives 0. */
public enum Aggregation {
    /** The weighted sum: it alone tells {1, 2} from {1, 1, 2, 2}. */
    SUM,
    /** The weighted sum over the sum of the weights. */
    MEAN,
    /** The largest, feature by feature; of several the first one has the gradient. */
    MAX,
    /** A sum with weights that are the softmax of scores. Weights of the edges do not enter. */
    ATTENTION
}
