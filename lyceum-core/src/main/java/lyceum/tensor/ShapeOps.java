package lyceum.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.backend.PadMode;

/** Operations that rearrange without computing. All are views that share memory with their origin, except where noted. */
sealed interface ShapeOps permits Tensor {

    private Tensor self() { return (Tensor) this; }

    /** The same elements in row-major order under another shape; one size may be -1. A view where strides allow, else a copy. */
    default Tensor reshape(long... sizes) {
        var x = self();
        var shape = ViewOps.resolve(x, sizes);
        return shape.equals(x.shape()) ? x : new ViewOps.Reshape(shape).apply(x);
    }

    /** Flattens to one axis. */
    default Tensor flatten() { return reshape(-1); }

    /** The same elements row-major and without gaps: this tensor if it is already so, else a copy. */
    default Tensor contiguous() { return self().view().isContiguous() ? self() : copy(); }

    /** A copy with its own memory. */
    default Tensor copy() { return new ViewOps.Copy().apply(self()); }

    /** Reorders the axes: axis {@code i} of the result is axis {@code axes[i]} of this. */
    default Tensor permute(int... axes) {
        var x = self();
        if (axes.length != x.rank()) throw new ShapeException("permute: " + axes.length + " axes for shape " + x.shape());
        var order = new int[axes.length];
        var named = new boolean[axes.length];
        for (int i = 0; i < axes.length; i++) {
            order[i] = x.shape().axis("permute", axes[i]);
            if (named[order[i]]) throw new ShapeException("permute: axis " + axes[i] + " is named twice for shape " + x.shape());
            named[order[i]] = true;
        }
        return new ViewOps.Permute(Axes.adopt(order)).apply(x);
    }

    /** The last two axes swapped: the transpose of a matrix, or of each in a batch. @throws ShapeException below rank 2 */
    default Tensor transpose() {
        if (self().rank() < 2) throw new ShapeException("transpose: shape " + self().shape() + " has no two axes to swap");
        return transpose(-2, -1);
    }

    default Tensor transpose(int a, int b) {
        int first = self().shape().axis("transpose", a), second = self().shape().axis("transpose", b);
        if (!Tracing.on() && !(self().isTracked() && GradMode.isRecording())) return ViewOps.swapped(self(), first, second);
        var order = new int[self().rank()];
        for (int i = 0; i < order.length; i++) order[i] = i == first ? second : i == second ? first : i;
        return new ViewOps.Permute(Axes.adopt(order)).apply(self());
    }

    /** Moves an axis to another place; the others keep their order. */
    default Tensor moveAxis(int from, int to) {
        int source = self().shape().axis("moveAxis", from), target = self().shape().axis("moveAxis", to);
        var order = new ArrayList<Integer>();
        for (int i = 0; i < self().rank(); i++) if (i != source) order.add(i);
        order.add(target, source);
        return permute(order.stream().mapToInt(Integer::intValue).toArray());
    }

    /** Stretches axes of size 1, and adds leading axes, to {@code sizes}; -1 keeps a size. */
    default Tensor expand(long... sizes) {
        var x = self();
        int extra = sizes.length - x.rank();
        var wanted = sizes.clone();
        for (int i = 0; i < wanted.length; i++) if (wanted[i] == -1 && i >= extra) wanted[i] = x.size(i - extra);
        var shape = Shape.of(wanted);
        if (extra < 0 || !Shape.broadcast("expand", x.shape(), shape).equals(shape))
            throw new ShapeException("expand: shape " + x.shape() + " does not stretch to " + shape);
        return shape.equals(x.shape()) ? x : new ViewOps.Expand(shape, false).apply(x);
    }

    /** A new axis of size 1 at {@code axis}. */
    default Tensor unsqueeze(int axis) {
        int rank = self().rank() + 1, a = axis < 0 ? axis + rank : axis;
        if (a < 0 || a >= rank) throw new ShapeException("unsqueeze: axis " + axis + " is not a place in shape " + self().shape());
        var sizes = new long[rank];
        for (int i = 0, at = 0; i < rank; i++) sizes[i] = i == a ? 1 : self().size(at++);
        return reshape(sizes);
    }

    /** Drops an axis of size 1. */
    default Tensor squeeze(int axis) {
        int a = self().shape().axis("squeeze", axis);
        if (self().size(a) != 1)
            throw new ShapeException("squeeze: axis " + axis + " of shape " + self().shape() + " has size " + self().size(a) + ", not 1");
        var sizes = new long[self().rank() - 1];
        for (int i = 0, at = 0; i < self().rank(); i++) if (i != a) sizes[at++] = self().size(i);
        return reshape(sizes);
    }

    /** Drops all axes of size 1. */
    default Tensor squeeze() { return reshape(Arrays.stream(self().shape().sizes()).filter(s -> s != 1).toArray()); }

    /** {@code length} indices of an axis from {@code start}. */
    default Tensor narrow(int axis, long start, long length) {
        long size = self().size(self().shape().axis("narrow", axis)), from = start < 0 ? start + size : start;
        if (from < 0 || length < 0 || length > size - from) throw new ShapeException(
                "narrow: " + length + " indices from " + start + " are out of range for axis " + axis + " of shape " + self().shape());
        return slice(axis, from, from + length, 1);
    }

    /**
     * Index {@code start}, {@code start + step}, ... below {@code stop} of an axis, above it for a negative step. Bounds are those of
     * {@link Index#range(long, long, long)}: negative ones count from the end, and {@link Index#OPEN} is the end of the axis, so that
     * {@code slice(0, OPEN, OPEN, -1)} reverses. Unlike there, a bound beyond the axis is an error.
     *
     * @throws ShapeException if a bound lies beyond the axis, or a step forward goes from a larger bound to a smaller
     */
    default Tensor slice(int axis, long start, long stop, long step) {
        return ViewOps.Slice.of(self(), self().shape().axis("slice", axis), start, stop, step).apply(self());
    }

    /** One index of an axis, which is dropped. */
    default Tensor select(int axis, long index) {
        int a = self().shape().axis("select", axis);
        long size = self().size(a), at = index < 0 ? index + size : index;
        if (at < 0 || at >= size)
            throw new ShapeException("select: index " + index + " is out of range for axis " + axis + " of shape " + self().shape());
        return narrow(a, at, 1).squeeze(a);
    }

    /** Reverses the order along the axes. */
    default Tensor flip(int... axes) {
        var x = self();
        for (int axis : axes) x = new ViewOps.Flip(x.shape().axis("flip", axis)).apply(x);
        return x;
    }

    /** The diagonal of the last two axes, as the last axis; {@code offset} above 0 is right of the main one. */
    default Tensor diagonal(long offset) {
        if (self().rank() < 2) throw new ShapeException("diagonal: shape " + self().shape() + " has no two axes");
        return new ViewOps.Diagonal(offset).apply(self());
    }

    default Tensor diagonal() { return diagonal(0); }

    /** Sliding windows of {@code size} along {@code axis}, {@code step} apart, as a new last axis: the heart of a convolution. */
    default Tensor unfold(int axis, long size, long step) {
        int a = self().shape().axis("unfold", axis);
        if (size < 1 || step < 1 || size > self().size(a)) throw new ShapeException(
                "unfold: windows of " + size + ", " + step + " apart, do not fit axis " + axis + " of shape " + self().shape());
        return new ViewOps.Unfold(a, size, step).apply(self());
    }

    /** A copy with {@code before} and {@code after} elements of {@code value} added along {@code axis}. */
    default Tensor pad(int axis, long before, long after, double value) {
        return ConcatOp.pad(self(), self().shape().axis("pad", axis), before, after, value);
    }

    /** A copy with {@code before} and {@code after} elements added along {@code axis}, as the mode says. @throws ShapeException if there is nothing to repeat */
    default Tensor pad(int axis, long before, long after, PadMode mode) {
        return ConcatOp.pad(self(), self().shape().axis("pad", axis), before, after, mode);
    }

    /**
     * A copy that repeats the whole {@code times} along {@code axis}: what NumPy calls {@code tile}, and PyTorch {@code repeat}.
     *
     * @see #repeatInterleave what NumPy calls {@code repeat}
     */
    default Tensor repeat(int axis, int times) {
        if (times < 0) throw new IllegalArgumentException("repeat: times is " + times + "; it is at least 0");
        if (times == 0) return narrow(axis, 0, 0).copy();
        var parts = new Tensor[times];
        Arrays.fill(parts, self());
        return ConcatOp.concat(axis, parts);
    }

    /** Each entry of {@code axis} {@code times} times, side by side: what NumPy calls {@code repeat}. A view where strides allow, else a copy. */
    default Tensor repeatInterleave(int axis, int times) {
        if (times < 0) throw new IllegalArgumentException("repeatInterleave: times is " + times + "; it is at least 0");
        int a = self().shape().axis("repeatInterleave", axis);
        var sizes = self().shape().toArray();
        var wide = new long[sizes.length + 1];
        for (int i = 0; i < wide.length; i++) wide[i] = i == a + 1 ? times : sizes[i <= a ? i : i - 1];
        sizes[a] = Math.multiplyExact(sizes[a], times);
        return unsqueeze(a + 1).expand(wide).reshape(sizes);
    }

    /** A copy shifted by {@code by} along {@code axis}; what leaves at one end enters at the other. */
    default Tensor roll(int axis, long by) {
        int a = self().shape().axis("roll", axis);
        long n = self().size(a);
        if (n == 0) return self().copy();
        long shift = Math.floorMod(by, n);
        return shift == 0 ? self().copy() : ConcatOp.concat(a, narrow(a, n - shift, shift), narrow(a, 0, n - shift));
    }

    /** Parts of the given sizes along {@code axis}. */
    default Tensor[] split(int axis, long... sizes) {
        var parts = new Tensor[sizes.length];
        long at = 0;
        for (int i = 0; i < sizes.length; i++) {
            parts[i] = narrow(axis, at, sizes[i]);
            at += sizes[i];
        }
        if (at != self().size(axis)) throw new ShapeException(
                "split: sizes add up to " + at + ", axis " + axis + " of shape " + self().shape() + " has " + self().size(axis));
        return parts;
    }

    /** {@code n} parts along {@code axis}, in order; if the axis does not divide evenly, the first parts have one entry more. */
    default Tensor[] chunk(int axis, int n) {
        if (n < 1) throw new ShapeException("chunk: axis " + axis + " of shape " + self().shape() + " into " + n + " parts; at least 1");
        long size = self().size(axis);
        var sizes = new long[n];
        for (int i = 0; i < n; i++) sizes[i] = size / n + (i < size % n ? 1 : 0);
        return split(axis, sizes);
    }

    /** Zero above diagonal {@code k} of the last two axes. */
    default Tensor tril(long k) { return ViewOps.triangle(self(), k, true); }

    default Tensor tril() { return tril(0); }

    /** Zero below diagonal {@code k} of the last two axes. */
    default Tensor triu(long k) { return ViewOps.triangle(self(), k, false); }

    default Tensor triu() { return triu(0); }
}
