package lyceum.nn.loss;

import lyceum.tensor.Tensor;

/** How the losses of examples become one number. */
public enum Reduction {
    /** Their (weighted) average. */
    MEAN,
    /** Their (weighted) sum. */
    SUM,
    /** None: each example keeps its own. */
    NONE;

    /** Losses of equal weight, made one number or left alone; the mean of none is NaN. */
    public Tensor of(Tensor losses) {
        return switch (this) {
            case MEAN -> losses.mean();
            case SUM -> losses.sum();
            case NONE -> losses;
        };
    }
}
