package lyceum.tensor;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.backend.Backend.Reduction;
import lyceum.backend.Backend.Scan;
import lyceum.tensor.History.Saved;

/**
 * Operations that combine elements along axes. No axis named means all; negative axes count from the last; {@code keepDims} leaves reduced
 * axes with size 1. Sums of BOOL and integers are I64; float sums are accumulated in double.
 */
sealed interface ReductionOps permits Tensor {

    private Tensor self() { return (Tensor) this; }

    default Tensor sum(int... axes) { return sum(axes, false); }

    default Tensor sum(int[] axes, boolean keepDims) {
        var x = self();
        var type = x.dtype().isFloat() ? x.dtype() : DType.I64;
        var reduced = Reducing.mask("sum", x, axes);
        var result = Reducing.reduce(Reduction.SUM, x, reduced, type, keepDims);
        if (!History.wanted(x)) return result;
        Shape kept = Reducing.kept(x, reduced), whole = x.shape();
        return History.record("sum", result, (i, g) -> Viewing.stretch(g.reshape(kept.sizes()), whole), x);
    }

    /** Arithmetic mean; integers give {@link DType#toFloat()}. NaN for no elements. */
    default Tensor mean(int... axes) { return mean(axes, false); }

    default Tensor mean(int[] axes, boolean keepDims) {
        var x = self().to(self().dtype().toFloat());
        return x.sum(axes, keepDims).div(Reducing.count("mean", x, axes));
    }

    /** Variance with divisor n - 1. */
    default Tensor var(int... axes) { return var(axes, 1, false); }

    /** Mean squared distance from the mean with divisor {@code n - correction}, in two passes. */
    default Tensor var(int[] axes, double correction, boolean keepDims) {
        var x = self().to(self().dtype().toFloat());
        return x.sub(x.mean(axes, true)).square().sum(axes, keepDims).div(Math.max(0, Reducing.count("var", x, axes) - correction));
    }

    /** Standard deviation with divisor n - 1. */
    default Tensor std(int... axes) { return var(axes).sqrt(); }

    default Tensor std(int[] axes, double correction, boolean keepDims) { return var(axes, correction, keepDims).sqrt(); }

    default Tensor prod(int... axes) { return prod(axes, false); }

    /** Product. Its gradient is exact with zeros among the factors. */
    default Tensor prod(int[] axes, boolean keepDims) {
        var x = self();
        var type = x.dtype().isFloat() ? x.dtype() : DType.I64;
        var reduced = Reducing.mask("prod", x, axes);
        var result = Reducing.reduce(Reduction.PROD, x, reduced, type, keepDims);
        if (!History.wanted(x)) return result;
        var kept = Reducing.kept(x, reduced);
        var saved = Saved.of(x, "prod");
        return History.record("prod", result, (i, g) -> g.reshape(kept.sizes()).mul(Reducing.productOfOthers(saved.get(), reduced)), x);
    }

    default Tensor max(int... axes) { return max(axes, false); }

    /** Largest element, NaN if there is one. The gradient is shared equally among ties. @throws ShapeException for no elements */
    default Tensor max(int[] axes, boolean keepDims) { return Reducing.extreme(Reduction.MAX, self(), axes, keepDims); }

    default Tensor min(int... axes) { return min(axes, false); }

    default Tensor min(int[] axes, boolean keepDims) { return Reducing.extreme(Reduction.MIN, self(), axes, keepDims); }

    /** Index of the first largest element of the whole tensor, row-major. */
    default Tensor argmax() { return Reducing.arg(Reduction.ARGMAX, self(), new int[0]); }

    /** Index (I64) of the first largest element along {@code axis}; NaN counts as largest. */
    default Tensor argmax(int axis) { return Reducing.arg(Reduction.ARGMAX, self(), new int[] {axis}); }

    default Tensor argmin() { return Reducing.arg(Reduction.ARGMIN, self(), new int[0]); }

    default Tensor argmin(int axis) { return Reducing.arg(Reduction.ARGMIN, self(), new int[] {axis}); }

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
        if (axes.length == 1 && !Tracing.on()) return Rowwise.logSumExp(x, x.shape().axis(axes[0]), keepDims);
        var top = x.detach().max(axes, true);
        var shift = top.isFinite().where(top, top.zerosLike());
        var sum = x.sub(shift).exp().sum(axes, true).log().add(shift);
        return keepDims ? sum : sum.reshape(Reducing.without(x, Reducing.mask("logSumExp", x, axes)).sizes());
    }

    /** {@code exp(x) / sum exp(x)} along {@code axis}. A row of {@code -inf} alone (fully masked) gives zeros. */
    default Tensor softmax(int axis) {
        var x = self().to(self().dtype().toFloat());
        return Rowwise.softmax(x, x.shape().axis(axis));
    }

    /** Softmax over the places where {@code mask} (BOOL, broadcast) is true; zeros elsewhere, and in a row that is masked whole. */
    default Tensor softmax(int axis, Tensor mask) { return self().to(self().dtype().toFloat()).maskedFill(mask.not(), Double.NEGATIVE_INFINITY).softmax(axis); }

    /** Softmax of {@code x / temperature}: sharper below 1, flatter above. */
    default Tensor softmax(int axis, double temperature) {
        if (!(temperature > 0)) throw new IllegalArgumentException("softmax: temperature is " + temperature + "; it must be positive");
        return self().div(temperature).softmax(axis);
    }

    /** {@code x - logSumExp(x)} along {@code axis}, the largest element taken off first. */
    default Tensor logSoftmax(int axis) {
        var x = self().to(self().dtype().toFloat());
        return Rowwise.logSoftmax(x, x.shape().axis(axis));
    }

    /**
     * Each row of the last axis shifted to mean 0 and scaled to variance 1, then {@code * weight + bias}: {@code (x - mean) / sqrt(var + epsilon)},
     * with the variance that divides by n. F16 and BF16 are computed in F32.
     *
     * @param weight a vector of the row's length, or null for ones; likewise {@code bias}, or null for zeros
     * @see <a href="https://arxiv.org/abs/1607.06450">Ba, Kiros and Hinton (2016)</a>
     */
    default Tensor layerNorm(Tensor weight, Tensor bias, double epsilon) { return Normalizing.layerNorm(self(), weight, bias, epsilon); }

    /**
     * Each row of the last axis divided by its root mean square, then {@code * weight}: {@code x / sqrt(mean x^2 + epsilon)}. F16 and BF16 are
     * computed in F32.
     *
     * @param weight a vector of the row's length, or null for ones
     * @see <a href="https://arxiv.org/abs/1910.07467">Zhang and Sennrich (2019)</a>
     */
    default Tensor rmsNorm(Tensor weight, double epsilon) { return Normalizing.rmsNorm(self(), weight, epsilon); }

    /** Running sum along {@code axis}. */
    default Tensor cumsum(int axis) {
        var x = self().dtype().isFloat() ? self() : self().to(DType.I64);
        var result = Reducing.scan(Scan.SUM, x, axis);
        if (!History.wanted(x)) return result;
        return History.record("cumsum", result, (i, g) -> g.flip(axis).cumsum(axis).flip(axis), x);
    }

    /** Running product along {@code axis}; its gradient divides by the elements, which must not be zero. */
    default Tensor cumprod(int axis) {
        var x = self().dtype().isFloat() ? self() : self().to(DType.I64);
        var result = Reducing.scan(Scan.PROD, x, axis);
        if (!History.wanted(x)) return result;
        var in = Saved.of(x, "cumprod");
        var out = Saved.of(result, "cumprod");
        return History.record("cumprod", result, (i, g) -> g.mul(out.get()).flip(axis).cumsum(axis).flip(axis).div(in.get()), x);
    }

    /** Running maximum along {@code axis}; not differentiable. */
    default Tensor cummax(int axis) { return Reducing.scan(Scan.MAX, self().detach(), axis); }

    /** Running minimum along {@code axis}; not differentiable. */
    default Tensor cummin(int axis) { return Reducing.scan(Scan.MIN, self().detach(), axis); }

    /** Elements in order along an axis, and where each came from. */
    record Sorted(Tensor values, Tensor indices) { }

    /** Stable ascending sort along {@code axis}; NaN comes last. */
    default Sorted sort(int axis) { return sort(axis, false); }

    default Sorted sort(int axis, boolean descending) { return sorted(self(), axis, descending, -1); }

    /** The first {@code k} in order, or all for -1. */
    private static Sorted sorted(Tensor x, int axis, boolean descending, int k) {
        if (x.rank() == 0) throw new ShapeException("sort: a scalar has no axis; reshape it to (1,)");
        int a = x.shape().axis(axis);
        if (x.size(a) > Integer.MAX_VALUE - 8) throw new ShapeException("sort: axis " + axis + " of shape " + x.shape() + " is longer than " + (Integer.MAX_VALUE - 8));
        var sizes = x.shape().toArray();
        if (k >= 0) sizes[a] = k;
        var shape = Shape.adopt(sizes);
        var values = Fusion.allocate(x.dtype(), shape);
        var indices = Fusion.allocate(DType.I64, shape);
        Backend.current().sort(x.view(), a, descending, values, indices);
        var order = new Tensor(indices, shape);
        if (Tracing.on()) Tracing.made(new Operation.Argsort(a, descending), order, x);
        return new Sorted(History.wanted(x) || Tracing.on() ? x.gather(a, order) : new Tensor(values, shape), order);
    }

    /** The permutation (I64) of {@link #sort(int)}. */
    default Tensor argsort(int axis) { return self().detach().sort(axis).indices(); }

    default Tensor argsort(int axis, boolean descending) { return self().detach().sort(axis, descending).indices(); }

    /** The k largest elements along {@code axis} in descending order, and their indices. For few of many they are selected, not sorted. */
    default Sorted topk(int k, int axis) {
        int a = self().shape().axis(axis);
        if (k < 0 || k > self().size(a)) throw new ShapeException("topk: k is " + k + "; axis " + axis + " of shape " + self().shape() + " has " + self().size(a));
        if (!Tracing.on()) return sorted(self(), a, true, k);
        var sorted = self().sort(a, true);
        return new Sorted(sorted.values().narrow(a, 0, k), sorted.indices().narrow(a, 0, k));
    }
}
