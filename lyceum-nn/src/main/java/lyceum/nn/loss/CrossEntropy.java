package lyceum.nn.loss;

import java.util.Arrays;
import java.util.Objects;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;
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
 * <p>For an example with logits z and target distribution t, smoothed to {@code t' = (1 - e) t + e / classes}, the loss is
 * {@code sum_c w_c t'_c (lse(z) - z_c)} and its gradient {@code softmax(z) sum_c w_c t'_c - w t'}: one fused operation, finite for any finite
 * logits. Means follow PyTorch: over class numbers the divisor is the sum of the targets' class weights, over probabilities the number of
 * examples; ignored examples count nowhere, and a mean of nothing is NaN (with gradient 0).
 *
 * @param classWeights w (classes), at least 0; null for ones
 * @param labelSmoothing e in [0, 1] (Szegedy et al. 2016)
 * @param ignoreIndex a class number whose examples are left out; -100 by default, so that none is unless it is marked so
 * @param axis of the classes; {@link #AUTOMATIC} for 1, or 0 where there is no other
 * @param reduction {@link Reduction#NONE} gives one loss an example, in the shape of class numbers
 * @param chunk examples whose softmax is held at once, 0 for all: the result is the same, the memory beside logits and gradient is chunk x classes
 */
@Withers
public record CrossEntropy(Tensor classWeights, double labelSmoothing, long ignoreIndex, int axis, Reduction reduction, int chunk)
        implements CrossEntropyWithers, Loss {
    /** Axis 1, or 0 for logits of one example. */
    public static final int AUTOMATIC = Integer.MIN_VALUE;

    public CrossEntropy {
        if (!(labelSmoothing >= 0 && labelSmoothing <= 1))
            throw new IllegalArgumentException("CrossEntropy: labelSmoothing is " + labelSmoothing + "; it lies in [0, 1]");
        if (chunk < 0) throw new IllegalArgumentException("CrossEntropy: chunk is " + chunk + "; it is at least 1, or 0 for all at once");
        if (classWeights != null && classWeights.rank() != 1)
            throw new ShapeException("CrossEntropy: class weights have shape " + classWeights.shape() + "; they are a vector");
        Objects.requireNonNull(reduction, "reduction");
    }

    /** Equal weights, no smoothing, the mean. */
    public CrossEntropy() { this(null, 0, -100, AUTOMATIC, Reduction.MEAN, 0); }

    /**
     * The loss, in nats.
     *
     * @param logits of a float type
     * @param target class numbers (integers, the logits' shape without the class axis), or probabilities (floats, the logits' shape)
     * @throws ShapeException if shapes do not fit
     * @throws IllegalArgumentException if a class number is neither a class nor the ignored one: names it and its place
     */
    @Override public Tensor of(Tensor logits, Tensor target) {
        if (!logits.dtype().isFloat()) throw new lyceum.DTypeException("crossEntropy: logits are " + logits.dtype() + "; they are floats");
        if (logits.rank() == 0) throw new ShapeException("crossEntropy: logits are a scalar; they have a class axis");
        int classAxis = axis == AUTOMATIC ? Math.min(1, logits.rank() - 1) : logits.shape().axis(axis);
        long classes = logits.size(classAxis);
        if (classWeights != null && classWeights.size(0) != classes)
            throw new ShapeException("crossEntropy: " + classWeights.size(0) + " class weights for " + classes + " classes");
        boolean soft = target.dtype().isFloat();
        var outer = without(logits.shape().toArray(), classAxis);
        if (soft && !target.shape().equals(logits.shape()) || !soft && !Arrays.equals(target.shape().toArray(), outer))
            throw new ShapeException("crossEntropy: logits " + logits.shape() + " and target " + target.shape() + "; "
                    + (soft ? "probabilities have the shape of the logits" : "class numbers have that shape without axis " + classAxis));
        var rows = logits.moveAxis(classAxis, -1).reshape(-1, classes);
        var targets = soft ? soft(target.detach().to(logits.dtype()).moveAxis(classAxis, -1).reshape(-1, classes))
                : hard(target.toLongArray(), classes, logits.dtype());
        var losses = new FusedCrossEntropy(targets, chunk).of(rows);
        return switch (reduction) {
            case NONE -> losses.reshape(outer);
            case SUM -> losses.sum();
            // 0 / 0 by hand: dividing would make the gradient NaN as well.
            case MEAN -> targets.divisor() == 0 ? losses.sum().mul(0).add(Double.NaN) : losses.sum().div(targets.divisor());
        };
    }

    private FusedCrossEntropy.Targets soft(Tensor t) {
        long classes = t.size(1);
        if (labelSmoothing > 0) t = t.mul(1 - labelSmoothing).add(labelSmoothing / classes);
        if (classWeights != null) t = t.mul(classWeights.to(t.dtype()));
        return new FusedCrossEntropy.Soft(t.compute());
    }

    private FusedCrossEntropy.Targets hard(long[] target, long classes, DType type) {
        var numbers = new int[target.length];
        int counted = 0;
        for (int i = 0; i < target.length; i++) {
            if (target[i] == ignoreIndex) continue;
            if (target[i] < 0 || target[i] >= classes) throw new IllegalArgumentException("crossEntropy: target " + target[i] + " at " + i
                    + "; class numbers are 0 to " + (classes - 1) + ", and " + ignoreIndex + " is ignored");
            numbers[i] = (int) target[i];
            counted++;
        }
        var places = Tensor.of(numbers);
        var weights = labelSmoothing == 0 ? null : classWeights == null ? Tensor.ones(type, classes) : classWeights.to(type);
        double share = labelSmoothing / classes;
        if (classWeights == null && counted == target.length) // the same for all: no tensors that are to be read
            return new FusedCrossEntropy.Hard(places, Tensor.full(type, 1 - labelSmoothing, counted),
                    weights == null ? null : Tensor.full(type, share, counted), weights, counted);
        double[] w = classWeights == null ? null : classWeights.toDoubleArray();
        double[] own = new double[target.length], all = weights == null ? null : new double[target.length];
        double divisor = 0;
        for (int i = 0; i < target.length; i++) {
            if (target[i] == ignoreIndex) continue;
            double weight = w == null ? 1 : w[numbers[i]];
            own[i] = (1 - labelSmoothing) * weight;
            if (all != null) all[i] = share;
            divisor += weight;
        }
        return new FusedCrossEntropy.Hard(places, Tensor.of(own).to(type), all == null ? null : Tensor.of(all).to(type), weights, divisor);
    }

    private static long[] without(long[] shape, int axis) {
        var rest = new long[shape.length - 1];
        for (int i = 0, j = 0; i < shape.length; i++) if (i != axis) rest[j++] = shape[i];
        return rest;
    }
}
