package lyceum.models.generative.adversarial;

import java.util.Objects;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Items that one side of the game lays before the critic.
 *
 * @param x (n, ..)
 * @param condition (n, ..), such as class numbers; null where there is none
 * @param weights (n), probabilities of the items where they are all that there are: the game is exact then; null for a sample, each item of which counts alike
 */
public record GanBatch(Tensor x, Tensor condition, Tensor weights) {
    public GanBatch {
        Objects.requireNonNull(x, "x");
        if (weights != null && (weights.rank() != 1 || weights.size(0) != x.size(0)))
            throw new ShapeException("GanBatch: weights " + weights.shape() + " of items " + x.shape() + "; they are (n)");
    }

    /** A sample without conditions. */
    public GanBatch(Tensor x) { this(x, null, null); }

    /** Without the history of the generator: what the critic learns from. */
    public GanBatch detach() { return new GanBatch(x.detach(), condition, weights == null ? null : weights.detach()); }

    /** The mean over items of values (n, ..), which are averaged over any further axes. */
    Tensor mean(Tensor values) { return weights == null ? values.mean() : values.reshape(x.size(0), -1).mean(1).mul(weights).sum(); }
}
