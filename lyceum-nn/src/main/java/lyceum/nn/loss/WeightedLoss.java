package lyceum.nn.loss;

import java.util.Arrays;
import java.util.Objects;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * A loss of one value an element, and what all such losses share: weights, a mask, an ignored class, and how the values become one number.
 *
 * {@snippet :
 * Loss.huber(1).withWeights(w).of(prediction, target).backward();
 * Loss.l1().withMask(target.isNaN().not()).of(prediction, target);            // masked elements may be NaN
 * Loss.focal(2).withClassWeights(Tensor.of(0.75, 0.25)).withReduction(Reduction.SUM).of(logits, target);
 * double[] values = Loss.hinge().each(scores, labels).toDoubleArray();
 * new WeightedLoss((p, t) -> p.sub(t).square().square());                     // one's own formula
 * }
 *
 * <p>With values l and coefficients c, the product of an element's weight and its class's weight, 0 where it does not count: the sum is
 * {@code sum c l}, and the mean {@code sum c l / sum c}, so that a weight of 3 is the same as three copies. A target that does not count is
 * replaced by 0 before the formula sees it, and so is a prediction that stands at the same place: no NaN of theirs reaches a value or a
 * gradient. A mean of nothing is NaN, with gradient 0. F16 and BF16 are summed in F32.
 *
 * <p>Weights and masks either have the rank of the values, each size equal or 1, or fewer axes, which then are the first ones: (n) weights
 * rows.
 *
 * @param formula the values, without reduction
 * @param weights at least 0, constants; null for ones
 * @param classWeights (classes), chosen by integer targets; of float targets (2): the second where the target is above 0; null for ones
 * @param mask BOOL, true where an element counts; null for all
 * @param ignoreIndex a class number that does not count; {@link #NONE}, or -100 for the factories whose targets are class numbers
 * @param normalized whether the mean divides by the sum of coefficients; else by the number of elements that count, as PyTorch's binary
 *        cross-entropy and torchvision's focal loss do
 */
@Withers
public record WeightedLoss(Loss formula, Tensor weights, Tensor classWeights, Tensor mask, long ignoreIndex, boolean normalized,
        Reduction reduction) implements WeightedLossWithers, Loss {
    /** No target is ignored. */
    public static final long NONE = Long.MIN_VALUE;

    public WeightedLoss {
        Objects.requireNonNull(formula, "formula");
        Objects.requireNonNull(reduction, "reduction");
        if (classWeights != null && classWeights.rank() != 1)
            throw new ShapeException("WeightedLoss: class weights have shape " + classWeights.shape() + "; they are a vector");
        if (mask != null && mask.dtype() != DType.BOOL)
            throw new DTypeException("WeightedLoss: the mask is " + mask.dtype() + "; it is BOOL, true where an element counts");
    }

    /** The plain mean. */
    public WeightedLoss(Loss formula) { this(formula, null, null, null, NONE, true, Reduction.MEAN); }

    /** The values: one an element or example, without weights; 0 where it does not count. */
    public Tensor each(Tensor prediction, Tensor target) {
        return new WeightedLoss(formula, null, null, mask, ignoreIndex, true, Reduction.NONE).of(prediction, target);
    }

    @Override public Tensor of(Tensor prediction, Tensor target) {
        var counts = counts(target);
        if (counts == null) return reduced(formula.of(prediction, target), null, target, prediction.dtype());
        if (formula instanceof Overlap overlap) return overlapping(overlap, prediction, target, counts);
        // What does not count is made harmless first: zero times the slope at a NaN would still be NaN.
        Tensor at = aligned("mask", counts, target), t = at.where(target, target.zerosLike());
        var values = formula.of(prediction.rank() == target.rank() ? at.where(prediction, prediction.zerosLike()) : prediction, t);
        var here = aligned("mask", counts, values).expand(values.shape().toArray());
        return reduced(here.where(values, values.zerosLike()), here, t, prediction.dtype());
    }

    /** One value of many places: it counts if one of them does. */
    private Tensor overlapping(Overlap overlap, Tensor prediction, Tensor target, Tensor counts) {
        var at = aligned("mask", counts, target).expand(target.shape().toArray());
        var t = at.where(target, target.zerosLike());
        var values = overlap.of(prediction, t, at);
        var any = target.rank() == 0 ? at : at.reshape(target.size(0), -1).to(DType.I32).sum(1).gt(0);
        var here = aligned("mask", any, values).expand(values.shape().toArray());
        return reduced(here.where(values, values.zerosLike()), here, values.rank() == target.rank() ? t : values, prediction.dtype());
    }

    private Tensor reduced(Tensor values, Tensor counts, Tensor target, DType type) {
        var wide = values.to(values.dtype().accumulator());
        var c = coefficients(wide, target);
        if (counts != null) c = c == null ? counts.to(wide.dtype()) : counts.where(c, c.zerosLike());
        Tensor divisor;
        if (c == null || counts == null && !normalized) divisor = Tensor.scalar(values.count());
        else divisor = (normalized ? c : counts).to(DType.F64).expand(values.shape().toArray()).sum();
        return reduction.of(c == null ? wide : wide.mul(c), divisor).to(type.isFloat() ? type : values.dtype());
    }

    private Tensor counts(Tensor target) {
        Tensor told = ignoreIndex == NONE || target.dtype().isFloat() || target.dtype() == DType.BOOL ? null : target.ne(ignoreIndex);
        if (mask == null) return told;
        return told == null ? mask : told.and(aligned("mask", mask, target));
    }

    private Tensor coefficients(Tensor values, Tensor target) {
        Tensor c = weights == null ? null : aligned("weights", weights.detach().to(values.dtype()), values);
        if (classWeights == null) return c;
        var number = target.dtype().isFloat() ? target.gt(0).to(DType.I32) : target.to(DType.I64);
        var byClass = aligned("targets",
                classWeights.detach().to(values.dtype()).indexSelect(0, number.flatten()).reshape(target.shape().toArray()), values);
        return c == null ? byClass : c.mul(byClass);
    }

    private static Tensor aligned(String what, Tensor c, Tensor values) {
        var axes = axes(c, values);
        if (axes == null) throw new ShapeException("loss: " + what + " " + c.shape() + " for values of shape " + values.shape()
                + "; of fewer axes they are the first ones, else each size is equal or 1");
        return c.reshape(axes);
    }

    /** The shape of {@code c} with as many axes as {@code x}, or null if it does not fit. */
    private static long[] axes(Tensor c, Tensor x) {
        if (c.rank() > x.rank()) return null;
        var axes = Arrays.copyOf(c.shape().toArray(), x.rank());
        Arrays.fill(axes, c.rank(), x.rank(), 1);
        for (int i = 0; i < c.rank(); i++) if (axes[i] != x.size(i) && !(axes[i] == 1 && c.rank() == x.rank())) return null;
        return axes;
    }
}
