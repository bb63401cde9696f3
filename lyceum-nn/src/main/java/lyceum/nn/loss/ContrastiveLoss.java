package lyceum.nn.loss;

import java.util.Objects;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Pairs that belong together are drawn together, others are pushed apart until they are a margin away: with {@code D} the distance, {@code D^2 / 2} for a
 * matching pair and {@code max(0, margin - D)^2 / 2} for a mismatch.
 *
 * {@snippet :
 * Tensor same = labels.eq(otherLabels);                                   // (n), booleans: no convention of 0 and 1 to confuse
 * new ContrastiveLoss().of(anchor, other, same).backward();               // (n, d) each
 * }
 *
 * @param margin m, above 0; 1 by default
 * @param distance Euclidean by default, with PyTorch's epsilon
 * @param reduction {@link Reduction#NONE} gives one loss a pair
 * @see <a href="https://doi.org/10.1109/CVPR.2006.100">Hadsell, Chopra and LeCun (2006)</a>
 */
@Withers
public record ContrastiveLoss(double margin, PairDistance distance, Reduction reduction) implements ContrastiveLossWithers {
    public ContrastiveLoss {
        if (!(margin > 0 && margin < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("ContrastiveLoss: margin is " + margin + "; it is above 0");
        Objects.requireNonNull(distance, "distance");
        Objects.requireNonNull(reduction, "reduction");
    }

    /** Margin 1, Euclidean, the mean. */
    public ContrastiveLoss() { this(1, PairDistance.norm(2), Reduction.MEAN); }

    /**
     * @param first (n, d)
     * @param second (n, d)
     * @param same (n), booleans: true for a matching pair
     */
    public Tensor of(Tensor first, Tensor second, Tensor same) {
        if (first.rank() != 2 || !first.shape().equals(second.shape()) || same.rank() != 1 || same.size(0) != first.size(0))
            throw new ShapeException("ContrastiveLoss: " + first.shape() + " and " + second.shape() + ", same " + same.shape()
                    + "; they are (n, d), (n, d) and (n)");
        if (same.dtype() != DType.BOOL)
            throw new IllegalArgumentException("ContrastiveLoss: same is " + same.dtype() + "; it is boolean, true for a matching pair");
        var apart = distance.between(first, second);
        return reduction.of(same.where(apart.square(), apart.rsub(margin).relu().square()).mul(0.5));
    }
}
