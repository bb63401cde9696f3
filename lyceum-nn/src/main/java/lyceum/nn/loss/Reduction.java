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
    public Tensor of(Tensor losses) { return of(losses, Tensor.scalar(losses.count())); }

    /** Weighted losses as they are, summed, or their sum over {@code divisor}; a mean of nothing is NaN with gradient 0. */
    Tensor of(Tensor losses, Tensor divisor) {
        return switch (this) {
            case NONE -> losses;
            case SUM -> losses.sum();
            case MEAN -> {
                // 0 / 0 by hand: dividing would make the gradient NaN as well.
                var none = divisor.eq(0);
                var mean = losses.sum().div(none.where(divisor.onesLike(), divisor).to(losses.dtype()));
                yield none.where(Tensor.full(losses.dtype(), Double.NaN), mean);
            }
        };
    }
}
