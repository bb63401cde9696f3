package lyceum.tensor;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Backend.Reduction;
import lyceum.backend.Backend.Scan;

/**
 * Operations that combine elements along axes. No axis named means all; negative axes count from the last; {@code keepDims} leaves reduced
 * axes with size 1. Sums of BOOL and integers are I64; float sums are accumulated in double.
 */
sealed interface ReductionOps permits Tensor {

    private Tensor self() { return (Tensor) this; }

    default Tensor sum(int... axes) { return sum(axes, false); }

    default Tensor sum(int[] axes, boolean keepDims) { return ReduceOp.of(Reduction.SUM, self(), axes, keepDims); }

    /** Arithmetic mean; integers give {@link DType#toFloat()}. NaN for no elements. */
    default Tensor mean(int... axes) { return mean(axes, false); }

    default Tensor mean(int[] axes, boolean keepDims) {
        var x = self().to(self().dtype().toFloat());
        return x.sum(axes, keepDims).div(Axes.count("mean", x.shape(), axes));
    }

    /** Variance with divisor n - 1. */
    default Tensor var(int... axes) { return var(axes, 1, false); }

    /** Mean squared distance from the mean with divisor {@code n - correction}, in two passes. */
    default Tensor var(int[] axes, double correction, boolean keepDims) {
        var x = self().to(self().dtype().toFloat());
        return x.sub(x.mean(axes, true)).square().sum(axes, keepDims).div(Math.max(0, Axes.count("var", x.shape(), axes) - correction));
    }

    /** Standard deviation with divisor n - 1. */
    default Tensor std(int... axes) { return var(axes).sqrt(); }

    default Tensor std(int[] axes, double correction, boolean keepDims) { return var(axes, correction, keepDims).sqrt(); }

    default Tensor prod(int... axes) { return prod(axes, false); }

    /** Product. Its gradient is exact with zeros among the factors. */
    default Tensor prod(int[] axes, boolean keepDims) { return ReduceOp.of(Reduction.PROD, self(), axes, keepDims); }

    default Tensor max(int... axes) { return max(axes, false); }

    /** Largest element, NaN if there is one. The gradient is shared equally among ties. @throws ShapeException for no elements */
    default Tensor max(int[] axes, boolean keepDims) { return ReduceOp.of(Reduction.MAX, self(), axes, keepDims); }

    default Tensor min(int... axes) { return min(axes, false); }

    default Tensor min(int[] axes, boolean keepDims) { return ReduceOp.of(Reduction.MIN, self(), axes, keepDims); }

    /** Index of the first largest element of the whole tensor, row-major. */
    default Tensor argmax() { return ReduceOp.of(Reduction.ARGMAX, self(), new int[0], false); }

    /** Index (I64) of the first largest element along {@code axis}; NaN counts as largest. */
    default Tensor argmax(int axis) { return ReduceOp.of(Reduction.ARGMAX, self(), new int[] {axis}, false); }

    default Tensor argmin() { return ReduceOp.of(Reduction.ARGMIN, self(), new int[0], false); }

    default Tensor argmin(int axis) { return ReduceOp.of(Reduction.ARGMIN, self(), new int[] {axis}, false); }

    /** True if any element is not zero. */
    default Tensor any(int... axes) { return self().ne(0).to(DType.U8).sum(axes).ne(0); }

    /** True if no element is zero. */
    default Tensor all(int... axes) { return self().eq(0).to(DType.U8).sum(axes).eq(0); }

    default Tensor countNonZero(int... axes) { return self().ne(0).sum(axes); }

    /** Euclidean norm of all elements. */
    default Tensor norm() { return self().square().sum().sqrt(); }

    /**
     * {@code log sum exp(x)} along the axes, without overflow: infinite only where the true value is. All {@code -inf} gives {@code -inf}.
     */
    default Tensor logSumExp(int... axes) { return logSumExp(axes, false); }

    default Tensor logSumExp(int[] axes, boolean keepDims) {
        var x = self().to(self().dtype().toFloat());
        if (axes.length == 1) return new RowOps.LogSumExp(x.shape().axis(axes[0]), keepDims).apply(x);
        var top = x.detach().max(axes, true);
        var shift = top.isFinite().where(top, top.zerosLike());
        var sum = x.sub(shift).exp().sum(axes, true).log().add(shift);
        return keepDims ? sum : sum.reshape(Axes.without(x.shape(), Axes.mask("logSumExp", x.shape(), axes)).sizes());
    }

    /** {@code exp(x) / sum exp(x)} along {@code axis}. A row of {@code -inf} alone (fully masked) gives zeros. */
    default Tensor softmax(int axis) {
        var x = self().to(self().dtype().toFloat());
        return new RowOps.Softmax(x.shape().axis(axis)).apply(x);
    }

    /** Softmax over the places where {@code mask} (BOOL, broadcast) is true; zeros elsewhere, and in a row that is masked whole. */
    default Tensor softmax(int axis, Tensor mask) {
        return self().to(self().dtype().toFloat()).maskedFill(mask.not(), Double.NEGATIVE_INFINITY).softmax(axis);
    }

    /** Softmax of {@code x / temperature}: sharper below 1, flatter above. */
    default Tensor softmax(int axis, double temperature) {
        if (!(temperature > 0)) throw new IllegalArgumentException("softmax: temperature is " + temperature + "; it must be positive");
        return self().div(temperature).softmax(axis);
    }

    /** {@code x - logSumExp(x)} along {@code axis}, the largest element taken off first. */
    default Tensor logSoftmax(int axis) {
        var x = self().to(self().dtype().toFloat());
        return new RowOps.LogSoftmax(x.shape().axis(axis)).apply(x);
    }

    /**
     * Each row of the last axis shifted to mean 0 and scaled to variance 1, then {@code * weight + bias}: {@code (x - mean) / sqrt(var + epsilon)},
     * with the variance that divides by n. F16 and BF16 are computed in F32.
     *
     * @param weight a vector of the row's length, or null for ones; likewise {@code bias}, or null for zeros
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

    /** Running product along {@code axis}; its gradient divides by the elements, which must not be zero. */
    default Tensor cumprod(int axis) { return ScanOp.of(Scan.PROD, self().dtype().isFloat() ? self() : self().to(DType.I64), axis); }

    /** Running maximum along {@code axis}; not differentiable. */
    default Tensor cummax(int axis) { return ScanOp.of(Scan.MAX, self(), axis); }

    /** Running minimum along {@code axis}; not differentiable. */
    default Tensor cummin(int axis) { return ScanOp.of(Scan.MIN, self(), axis); }

    /** Elements in order along an axis, and where each came from. */
    record Sorted(Tensor values, Tensor indices) {}

    /** Stable ascending sort along {@code axis}; NaN comes last. */
    default Sorted sort(int axis) { return sort(axis, false); }

    default Sorted sort(int axis, boolean descending) { return ArgsortOp.of(self(), axis, descending, -1); }

    /** The permutation (I64) of {@link #sort(int)}. */
    default Tensor argsort(int axis) { return argsort(axis, false); }

    default Tensor argsort(int axis, boolean descending) { return ArgsortOp.checked(self(), axis, descending, -1).apply(self()); }

    /** The k largest elements along {@code axis} in descending order, and their indices. For few of many they are selected, not sorted. */
    default Sorted topk(int k, int axis) {
        int a = self().shape().axis(axis);
        if (k < 0 || k > self().size(a))
            throw new ShapeException("topk: k is " + k + "; axis " + axis + " of shape " + self().shape() + " has " + self().size(a));
        return ArgsortOp.of(self(), a, true, k);
    }
}
