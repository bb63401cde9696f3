package lyceum.tensor;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Backend.Reduction;
import lyceum.backend.Backend.Scan;

/**
 * Operations that combine elements along axes. With no axis named, all are reduced; negative axes count from the last; {@code keepDims} leaves reduced
 * axes with size 1: {@code x.sum(1, true)}, or for several {@code x.sum(new int[] {0, 1}, true)}. Sums of BOOL and integers are I64; float sums are
 * accumulated in double; results in F16 and BF16 are computed in F32 and rounded once.
 */
sealed interface ReductionOps permits Tensor {

    private Tensor self() { return (Tensor) this; }

    /** This tensor as a float. */
    private Tensor asFloat() { return self().to(self().dtype().toFloat()); }

    default Tensor sum(int... axes) { return sum(axes, false); }

    default Tensor sum(int axis, boolean keepDims) { return sum(new int[] {axis}, keepDims); }

    default Tensor sum(int[] axes, boolean keepDims) { return ReduceOp.of(Reduction.SUM, Autocast.high(self()), axes, keepDims); }

    /** Arithmetic mean; integers give {@link DType#toFloat()}. NaN for no elements. */
    default Tensor mean(int... axes) { return mean(axes, false); }

    default Tensor mean(int axis, boolean keepDims) { return mean(new int[] {axis}, keepDims); }

    default Tensor mean(int[] axes, boolean keepDims) {
        var x = Autocast.high(asFloat());
        double n = Axes.count("mean", x.shape(), axes);
        return RowOps.wide(x).sum(axes, keepDims).div(n).to(x.dtype());
    }

    /** Variance with divisor n - 1. */
    default Tensor var(int... axes) { return var(axes, 1, false); }

    default Tensor var(int axis, boolean keepDims) { return var(new int[] {axis}, 1, keepDims); }

    default Tensor var(int axis, double correction, boolean keepDims) { return var(new int[] {axis}, correction, keepDims); }

    /** Mean squared distance from the mean with divisor {@code n - correction}, in two passes. */
    default Tensor var(int[] axes, double correction, boolean keepDims) {
        return wideVariance("var", axes, correction, keepDims).to(self().dtype().toFloat());
    }

    private Tensor wideVariance(String operation, int[] axes, double correction, boolean keepDims) {
        var x = RowOps.wide(asFloat());
        double n = Axes.count(operation, x.shape(), axes);
        return x.sub(x.mean(axes, true)).square().sum(axes, keepDims).div(Math.max(0, n - correction));
    }

    /** Standard deviation with divisor n - 1. Its gradient is 0 where all elements are equal, as in PyTorch. */
    default Tensor std(int... axes) { return std(axes, 1, false); }

    default Tensor std(int axis, boolean keepDims) { return std(new int[] {axis}, 1, keepDims); }

    default Tensor std(int axis, double correction, boolean keepDims) { return std(new int[] {axis}, correction, keepDims); }

    /** Standard deviation with divisor {@code n - correction}. */
    default Tensor std(int[] axes, double correction, boolean keepDims) {
        return rootOrZero(wideVariance("std", axes, correction, keepDims)).to(self().dtype().toFloat());
    }

    /** The root of a sum of squares: at 0, where each square has slope 0 and the root an infinite one, every derivative is 0 and not their product NaN. */
    private static Tensor rootOrZero(Tensor squares) {
        var s = squares.to(squares.dtype().toFloat());
        var zero = s.eq(0);
        return zero.where(s.zerosLike(), zero.where(s.onesLike(), s).sqrt());
    }

    default Tensor prod(int... axes) { return prod(axes, false); }

    default Tensor prod(int axis, boolean keepDims) { return prod(new int[] {axis}, keepDims); }

    /** Product. Its gradient is exact even with zeros among the factors. */
    default Tensor prod(int[] axes, boolean keepDims) { return ReduceOp.of(Reduction.PROD, self(), axes, keepDims); }

    default Tensor max(int... axes) { return max(axes, false); }

    default Tensor max(int axis, boolean keepDims) { return max(new int[] {axis}, keepDims); }

    /** Largest element, NaN if there is one. The gradient is shared equally among ties. @throws ShapeException for no elements */
    default Tensor max(int[] axes, boolean keepDims) { return ReduceOp.of(Reduction.MAX, self(), axes, keepDims); }

    default Tensor min(int... axes) { return min(axes, false); }

    default Tensor min(int axis, boolean keepDims) { return min(new int[] {axis}, keepDims); }

    default Tensor min(int[] axes, boolean keepDims) { return ReduceOp.of(Reduction.MIN, self(), axes, keepDims); }

    /** Index of the first largest element of the whole tensor, row-major. */
    default Tensor argmax() { return ReduceOp.of(Reduction.ARGMAX, self(), new int[0], false); }

    /** Index (I64) of the first largest element along {@code axis}, or of the first NaN if there is one. */
    default Tensor argmax(int axis) { return argmax(axis, false); }

    default Tensor argmax(int axis, boolean keepDims) { return ReduceOp.of(Reduction.ARGMAX, self(), new int[] {axis}, keepDims); }

    /** Index of the first smallest element of the whole tensor, or of the first NaN if there is one. */
    default Tensor argmin() { return ReduceOp.of(Reduction.ARGMIN, self(), new int[0], false); }

    default Tensor argmin(int axis) { return argmin(axis, false); }

    default Tensor argmin(int axis, boolean keepDims) { return ReduceOp.of(Reduction.ARGMIN, self(), new int[] {axis}, keepDims); }

    /** True if any element is not zero. */
    default Tensor any(int... axes) { return any(axes, false); }

    default Tensor any(int axis, boolean keepDims) { return any(new int[] {axis}, keepDims); }

    default Tensor any(int[] axes, boolean keepDims) { return counted("any", self().ne(0).to(DType.U8), axes, keepDims).ne(0); }

    /** True if no element is zero. */
    default Tensor all(int... axes) { return all(axes, false); }

    default Tensor all(int axis, boolean keepDims) { return all(new int[] {axis}, keepDims); }

    default Tensor all(int[] axes, boolean keepDims) { return counted("all", self().eq(0).to(DType.U8), axes, keepDims).eq(0); }

    default Tensor countNonZero(int... axes) { return countNonZero(axes, false); }

    default Tensor countNonZero(int axis, boolean keepDims) { return countNonZero(new int[] {axis}, keepDims); }

    default Tensor countNonZero(int[] axes, boolean keepDims) { return counted("countNonZero", self().ne(0), axes, keepDims); }

    private static Tensor counted(String operation, Tensor flags, int[] axes, boolean keepDims) {
        Axes.mask(operation, flags.shape(), axes);
        return flags.sum(axes, keepDims);
    }

    /** Euclidean norm of all elements. Its gradient is 0 where all are 0, as in PyTorch. */
    default Tensor norm() { return rootOrZero(RowOps.wide(asFloat()).square().sum()).to(self().dtype().toFloat()); }

    default Tensor norm(int axis, boolean keepDims) { return norm(new int[] {axis}, keepDims); }

    /** Euclidean norms along the axes; the gradient as that of {@link #norm()}. */
    default Tensor norm(int[] axes, boolean keepDims) {
        return rootOrZero(RowOps.wide(asFloat()).square().sum(axes, keepDims)).to(self().dtype().toFloat());
    }

    /**
     * {@code log sum exp(x)} along the axes, without overflow: infinite only where the true value is. A row of {@code -inf} alone gives {@code -inf}, and so does one without
     * elements.
     */
    default Tensor logSumExp(int... axes) { return logSumExp(axes, false); }

    default Tensor logSumExp(int axis, boolean keepDims) { return logSumExp(new int[] {axis}, keepDims); }

    default Tensor logSumExp(int[] axes, boolean keepDims) {
        var x = Autocast.high(asFloat());
        if (axes.length == 1) return new RowOps.LogSumExp(x.shape().axis("logSumExp", axes[0]), keepDims).apply(x);
        var shift = RowOps.finiteTop(x.detach(), axes);
        var sum = RowOps.wide(x).sub(shift).exp().sum(axes, true).log().add(shift).to(x.dtype());
        return keepDims ? sum : sum.reshape(Axes.without(x.shape(), Axes.mask("logSumExp", x.shape(), axes)).sizes());
    }

    /** {@code exp(x) / sum exp(x)} along {@code axis}. A row of {@code -inf} alone (fully masked) gives zeros; a row with {@code +inf} gives NaN. */
    default Tensor softmax(int axis) {
        var x = Autocast.high(asFloat());
        return new RowOps.Softmax(x.shape().axis("softmax", axis)).apply(x);
    }

    /** Softmax over the places where {@code mask} (BOOL, broadcast) is true; zeros elsewhere, and throughout a fully masked row. */
    default Tensor softmax(int axis, Tensor mask) { return asFloat().maskedFill(mask.not(), Double.NEGATIVE_INFINITY).softmax(axis); }

    /**
     * Softmax of {@code x / temperature}: sharper below 1, flatter above. At 0 the largest elements share everything, at infinity all have the
     * same share.
     *
     * @see Temperature
     */
    default Tensor softmax(int axis, double temperature) { return new Temperature(temperature).shares(self(), axis); }

    /** {@code x - logSumExp(x)} along {@code axis}, computed after subtracting the largest element. */
    default Tensor logSoftmax(int axis) {
        var x = Autocast.high(asFloat());
        return new RowOps.LogSoftmax(x.shape().axis("logSoftmax", axis)).apply(x);
    }

    /**
     * Each row of the last axis shifted to mean 0 and scaled to variance 1, then {@code * weight + bias}: {@code (x - mean) / sqrt(var + epsilon)},
     * with the variance that divides by n. F16 and BF16 are computed in F32.
     *
     * @param weight a vector of the row's length, or null for ones; {@code bias} likewise, or null for zeros
     * @see <a href="https://arxiv.org/abs/1607.06450">Ba, Kiros and Hinton (2016)</a>
     */
    default Tensor layerNorm(Tensor weight, Tensor bias, double epsilon) { return NormOp.layerNorm(self(), weight, bias, epsilon); }

    /**
     * Each row of the last axis divided by its root mean square, then {@code * weight}: {@code x / sqrt(mean x^2 + epsilon)}. F16 and BF16 are
     * computed in F32.
     *
     * @param weight a vector of the row's length, or null for ones
     * @see <a href="https://arxiv.org/abs/1910.07467">Zhang and Sennrich (2019)</a>
     */
    default Tensor rmsNorm(Tensor weight, double epsilon) { return NormOp.rmsNorm(self(), weight, epsilon); }

    /** Running sum along {@code axis}. */
    default Tensor cumsum(int axis) { return ScanOp.of(Scan.SUM, self().dtype().isFloat() ? self() : self().to(DType.I64), axis); }

    /** Running product along {@code axis}. Its gradient is exact even with zeros among the factors. */
    default Tensor cumprod(int axis) { return ScanOp.of(Scan.PROD, self().dtype().isFloat() ? self() : self().to(DType.I64), axis); }

    /** Running maximum along {@code axis}; not differentiable. */
    default Tensor cummax(int axis) { return ScanOp.of(Scan.MAX, self(), axis); }

    /** Running minimum along {@code axis}; not differentiable. */
    default Tensor cummin(int axis) { return ScanOp.of(Scan.MIN, self(), axis); }

    /** Sorted elements along an axis, and where each came from. */
    record Sorted(Tensor values, Tensor indices) {}

    /** Stable sort along {@code axis}, ascending. NaN counts as the largest: it comes last, or first in descending order. */
    default Sorted sort(int axis) { return sort(axis, false); }

    default Sorted sort(int axis, boolean descending) { return ArgsortOp.of(self(), axis, descending, -1); }

    /** The permutation (I64) of {@link #sort(int)}. */
    default Tensor argsort(int axis) { return argsort(axis, false); }

    default Tensor argsort(int axis, boolean descending) { return ArgsortOp.checked(self(), axis, descending, -1).apply(self()); }

    /** The k largest elements along {@code axis} in descending order, NaN first, and their indices. A few of many are selected without a full sort. */
    default Sorted topk(int k, int axis) {
        int a = self().shape().axis("topk", axis);
        if (k < 0 || k > self().size(a))
            throw new ShapeException("topk: k is " + k + "; axis " + axis + " of shape " + self().shape() + " has " + self().size(a));
        return ArgsortOp.of(self(), a, true, k);
    }
}
