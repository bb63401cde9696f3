package lyceum.nn.loss;

import java.util.Arrays;
import java.util.Objects;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;
import lyceum.tensor.Tracing;
import lyceum.withers.Withers;

/**
 * Softmax cross-entropy over logits, with its options.
 *
 * {@snippet :
 * var loss = new CrossEntropy().withClassWeights(w).withLabelSmoothing(0.1).withIgnoreIndex(0);
 * loss.of(logits, classNumbers).backward();                     // (n, classes, ..) and (n, ..)
 * loss.of(logits, probabilities).backward();                    // soft targets of the logits' shape
 * }
 *
 * <p>For an example with logits z and target distribution t, smoothed to {@code t' = (1 - e) t + e u}, the loss is {@code sum_c w_c t'_c
 * (lse(z) - z_c)} and its gradient {@code softmax(z) sum_c w_c t'_c - w t'}: one fused operation, finite for any finite logits. Means
 * follow PyTorch: over class numbers the divisor is the sum of the targets' class weights, over probabilities the number of examples;
 * ignored examples count nowhere, and a mean of nothing is NaN (with gradient 0).
 *
 * @param classWeights w (classes), at least 0, constants to every derivative; null for ones
 * @param labelSmoothing e in [0, 1] (Szegedy et al. 2016)
 * @param smoothedTo u (classes), where the smoothed mass goes: probabilities, constants; null for {@code 1 / classes} each
 * @param ignoreIndex a class number whose examples are left out; -100 by default, so that none is unless it is marked so
 * @param axis of the classes; {@link #AUTOMATIC} for 1, or 0 if it is the only one
 * @param reduction {@link Reduction#NONE} gives one loss an example, in the shape of class numbers
 * @param chunk examples whose softmax is held at once, 0 for all: the result is the same, the memory beside logits and gradient is chunk x
 *        classes
 */
@Withers
public record CrossEntropy(Tensor classWeights, double labelSmoothing, Tensor smoothedTo, long ignoreIndex, int axis, Reduction reduction,
        int chunk) implements CrossEntropyWithers, Loss {
    /** Axis 1, or 0 for logits of one example. */
    public static final int AUTOMATIC = Integer.MIN_VALUE;

    public CrossEntropy {
        if (!(labelSmoothing >= 0 && labelSmoothing <= 1))
            throw new IllegalArgumentException("CrossEntropy: labelSmoothing is " + labelSmoothing + "; it lies in [0, 1]");
        if (chunk < 0) throw new IllegalArgumentException("CrossEntropy: chunk is " + chunk + "; it is at least 1, or 0 for all at once");
        if (classWeights != null && classWeights.rank() != 1)
            throw new ShapeException("CrossEntropy: class weights have shape " + classWeights.shape() + "; they are a vector");
        if (smoothedTo != null
                && (smoothedTo.rank() != 1 || smoothedTo.lt(0).sum().item() > 0 || !(Math.abs(smoothedTo.sum().item() - 1) < 1e-5)))
            throw new IllegalArgumentException(
                    "CrossEntropy: smoothedTo is " + smoothedTo + "; it is a vector of probabilities that add up to 1");
        Objects.requireNonNull(reduction, "reduction");
    }

    /** Equal weights, no smoothing, the mean. */
    public CrossEntropy() { this(null, 0, null, -100, AUTOMATIC, Reduction.MEAN, 0); }

    /**
     * The loss, in nats.
     *
     * @param logits of a float type
     * @param target class numbers (integers, the logits' shape without the class axis), or probabilities (floats, the logits' shape), which
     *        gradients reach as they reach the logits
     * @throws ShapeException if shapes do not fit
     * @throws IllegalArgumentException if a class number is neither a class nor the ignored one: names it and its place
     */
    @Override public Tensor of(Tensor logits, Tensor target) {
        if (!logits.dtype().isFloat()) throw new DTypeException("crossEntropy: logits are " + logits.dtype() + "; they are floats");
        if (logits.rank() == 0) throw new ShapeException("crossEntropy: logits are a scalar; they have a class axis");
        int classAxis = axis == AUTOMATIC ? Math.min(1, logits.rank() - 1) : logits.shape().axis(axis);
        long classes = logits.size(classAxis);
        if (classWeights != null && classWeights.size(0) != classes)
            throw new ShapeException("crossEntropy: " + classWeights.size(0) + " class weights for " + classes + " classes");
        if (smoothedTo != null && smoothedTo.size(0) != classes)
            throw new ShapeException("crossEntropy: smoothedTo has " + smoothedTo.size(0) + " probabilities for " + classes + " classes");
        boolean soft = target.dtype().isFloat();
        var outer = without(logits.shape().toArray(), classAxis);
        if (soft && !target.shape().equals(logits.shape()) || !soft && !Arrays.equals(target.shape().toArray(), outer))
            throw new ShapeException("crossEntropy: logits " + logits.shape() + " and target " + target.shape() + "; "
                    + (soft ? "probabilities have the shape of the logits" : "class numbers have that shape without axis " + classAxis));
        var rows = logits.moveAxis(classAxis, -1).reshape(-1, classes);
        var wide = logits.dtype().accumulator();
        if (soft) {
            var probabilities = target.to(wide).moveAxis(classAxis, -1).reshape(-1, classes);
            var losses = new FusedCrossEntropy(soft(probabilities), chunk).of(rows).reshape(outer);
            return reduction.of(losses, Tensor.scalar(rows.size(0))).to(logits.dtype());
        }
        check(target, classes);
        Tensor number = target.to(DType.I64).flatten(), ignored = number.eq(ignoreIndex);
        var places = ignored.where(number.zerosLike(), number).to(DType.I32);
        // In a batch or a graph these were the first entry's numbers: those of others shall not pass for a class either.
        var weight = number.lt(0).or(number.ge(classes)).where(Tensor.full(wide, Double.NaN), weightOf(places, wide));
        var counted = ignored.where(weight.zerosLike(), weight);
        var losses = new FusedCrossEntropy(hard(places, ignored, counted, classes), chunk).of(rows).reshape(outer);
        return reduction.of(losses, counted.to(DType.F64).sum()).to(logits.dtype());
    }

    private FusedCrossEntropy.Targets soft(Tensor t) {
        long classes = t.size(1);
        if (labelSmoothing > 0) t = t.mul(1 - labelSmoothing).add(smoothedTo == null ? Tensor.full(t.dtype(), labelSmoothing / classes)
                : smoothedTo.detach().to(t.dtype()).mul(labelSmoothing));
        if (classWeights != null) t = t.mul(classWeights.detach().to(t.dtype()));
        return new FusedCrossEntropy.Soft(t);
    }

    private FusedCrossEntropy.Targets hard(Tensor places, Tensor ignored, Tensor counted, long classes) {
        var type = counted.dtype();
        if (labelSmoothing == 0) return new FusedCrossEntropy.Hard(places, counted, null, null);
        var share = ignored.where(counted.zerosLike(), Tensor.full(type, smoothedTo == null ? labelSmoothing / classes : labelSmoothing));
        var weights = classWeights == null ? Tensor.ones(type, classes) : classWeights.detach().to(type);
        return new FusedCrossEntropy.Hard(places, counted.mul(1 - labelSmoothing), share,
                smoothedTo == null ? weights : weights.mul(smoothedTo.detach().to(type)));
    }

    private Tensor weightOf(Tensor places, DType type) {
        return classWeights == null ? Tensor.ones(type, places.count()) : classWeights.detach().to(type).indexSelect(0, places);
    }

    private void check(Tensor target, long classes) {
        long[] numbers = Tracing.untold(target::toLongArray);
        for (int i = 0; i < numbers.length; i++)
            if (numbers[i] != ignoreIndex && (numbers[i] < 0 || numbers[i] >= classes))
                throw new IllegalArgumentException("crossEntropy: target " + numbers[i] + " at " + i + "; class numbers are 0 to "
                        + (classes - 1) + ", and " + ignoreIndex + " is ignored");
    }

    private static long[] without(long[] shape, int axis) {
        var rest = new long[shape.length - 1];
        for (int i = 0, j = 0; i < shape.length; i++) if (i != axis) rest[j++] = shape[i];
        return rest;
    }
}
