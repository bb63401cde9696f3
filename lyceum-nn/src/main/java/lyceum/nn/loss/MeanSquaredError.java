package lyceum.nn.loss;

import java.util.Arrays;
import java.util.Objects;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Squared error with its options: {@code sum c (prediction - target)^2 / sum c}, where the coefficient c of an element is the product of its
 * row's weight, its output's weight, and its mask.
 *
 * {@snippet :
 * var loss = new MeanSquaredError().withWeights(w).withMask(target.isNaN().not());
 * loss.of(prediction, target).backward();
 * new MeanSquaredError().perOutput(prediction, target);         // one number a column
 * double score = MeanSquaredError.value(prediction, target);    // as a metric: compensated sum, no gradient
 * }
 *
 * <p>The first axis are rows, the last axis of several are outputs. Masked elements count neither above nor below the line and may be NaN.
 *
 * @param reduction {@link Reduction#NONE} gives {@code c (prediction - target)^2} in the shape of the target
 * @param weights of rows (n), at least 0; null for equal ones
 * @param mask true where an element counts, of the target's shape; null for all
 * @param outputWeights (outputs), at least 0; null for equal ones
 */
@Withers
public record MeanSquaredError(Reduction reduction, Tensor weights, Tensor mask, Tensor outputWeights)
        implements MeanSquaredErrorWithers, Loss {
    public MeanSquaredError { Objects.requireNonNull(reduction, "reduction"); }

    /** The plain mean. */
    public MeanSquaredError() { this(Reduction.MEAN, null, null, null); }

    @Override public Tensor of(Tensor prediction, Tensor target) {
        var squares = squares(prediction, target);
        var c = coefficients(prediction);
        var weighted = c == null ? squares : squares.mul(c);
        return switch (reduction) {
            case NONE -> weighted;
            case SUM -> weighted.sum();
            case MEAN -> c == null ? squares.mean() : mean(squares, c.expand(squares.shape().toArray()));
        };
    }

    /** Weighted over the axes, all if none is named. F16 and BF16 are summed in F32, beyond whose like a sum of weights comes soon. */
    private static Tensor mean(Tensor values, Tensor weights, int... axes) {
        var wide = weights.to(values.dtype().accumulator());
        return values.mul(wide).sum(axes).div(wide.sum(axes)).to(values.dtype());
    }

    /**
     * The error of each output: (outputs), averaged over rows whatever the reduction. A target without outputs has one.
     *
     * @throws ShapeException for rank above 2
     */
    public Tensor perOutput(Tensor prediction, Tensor target) {
        if (prediction.rank() > 2)
            throw new ShapeException("mse.perOutput: prediction has shape " + prediction.shape() + "; it is (n) or (n, outputs)");
        var squares = squares(prediction, target);
        var c = withOutputWeights(null).coefficients(prediction);
        if (c == null) return (prediction.rank() == 1 ? squares.unsqueeze(1) : squares).mean(0);
        var sums = mean(squares, c.expand(squares.shape().toArray()), 0);
        return sums.rank() == 0 ? sums.unsqueeze(0) : sums;
    }

    /** Mean over outputs of the root of each output's error, as scikit-learn defines RMSE. With output weights, their weighted mean. */
    public Tensor root(Tensor prediction, Tensor target) {
        var roots = perOutput(prediction, target).sqrt();
        return outputWeights == null ? roots.mean() : mean(roots, outputWeights);
    }

    private Tensor squares(Tensor prediction, Tensor target) {
        if (!prediction.shape().equals(target.shape())) throw new ShapeException("mse: prediction " + prediction.shape() + " and target "
                + target.shape() + " differ; reshape one, losses do not broadcast");
        var residual = prediction.sub(target.to(prediction.dtype()));
        if (mask == null) return residual.square();
        if (!mask.shape().equals(target.shape()))
            throw new ShapeException("mse: mask " + mask.shape() + " for a target of shape " + target.shape());
        return mask.where(residual, residual.zerosLike()).square();
    }

    /** Broadcast against the elements; null for all ones. */
    private Tensor coefficients(Tensor prediction) {
        Tensor c = mask == null ? null : mask.to(prediction.dtype());
        if (weights != null) {
            if (prediction.rank() == 0 || weights.rank() != 1 || weights.size(0) != prediction.size(0))
                throw new ShapeException("mse: weights " + weights.shape() + " for predictions of shape " + prediction.shape());
            var shape = new long[prediction.rank()];
            Arrays.fill(shape, 1);
            shape[0] = weights.size(0);
            var w = weights.to(prediction.dtype()).reshape(shape);
            c = c == null ? w : c.mul(w);
        }
        if (outputWeights != null) {
            if (prediction.rank() < 2 || outputWeights.rank() != 1 || outputWeights.size(0) != prediction.size(-1))
                throw new ShapeException(
                        "mse: output weights " + outputWeights.shape() + " for predictions of shape " + prediction.shape());
            var w = outputWeights.to(prediction.dtype());
            c = c == null ? w : c.mul(w);
        }
        return c;
    }

    /** The mean squared error as a metric, in F64 with a compensated sum (Neumaier 1974): as exact at a million rows as at ten. */
    public static double value(Tensor prediction, Tensor target) { return value(prediction, target, null); }

    /** Like {@link #value(Tensor, Tensor)}, weighted by rows (n); null for equal weights. */
    public static double value(Tensor prediction, Tensor target, Tensor weights) {
        if (!prediction.shape().equals(target.shape()))
            throw new ShapeException("mse: prediction " + prediction.shape() + " and target " + target.shape() + " differ; reshape one");
        double[] p = prediction.toDoubleArray(), t = target.toDoubleArray(), w = weights == null ? null : weights.toDoubleArray();
        int width = w == null || w.length == 0 ? 1 : p.length / w.length;
        if (w != null && (prediction.rank() == 0 || w.length != prediction.size(0)))
            throw new ShapeException("mse: weights " + weights.shape() + " for predictions of shape " + prediction.shape());
        CompensatedSum sum = new CompensatedSum(), total = new CompensatedSum();
        for (int i = 0; i < p.length; i++) {
            double r = p[i] - t[i], c = w == null ? 1 : w[i / width];
            sum.addProduct(c * r, r);
            total.add(c);
        }
        return sum.value() / total.value();
    }
}
