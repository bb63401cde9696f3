package lyceum.tensor;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.backend.Op;
import lyceum.backend.Program;
import lyceum.backend.View;

/** Views, which are new strides on the same memory, and the copy. All are linear: their push-forwards are themselves. */
public final class ViewOps {
    static final Stop STOP = new Stop();
    private static final Program[] COPIES = Arrays.stream(DType.values()).map(Program::copy).toArray(Program[]::new);

    private ViewOps() {}

    /** A copy in memory of its own. */
    public record Copy() implements Operation {
        @Override public Tensor value(Tensor... in) { return copyOf(in[0]); }

        @Override public void into(View out, Tensor... in) { Storing.copy(in[0], out); }

        @Override public boolean isLinear() { return true; }

        @Override public Tensor pullback(int i, Tensor g, Reading reading) { return g; }

        @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) { return apply(in); }
    }

    /** The same elements in row-major order under another shape: a view where strides allow, else a copy. */
    public record Reshape(Shape shape) implements Operation {
        @Override public Tensor value(Tensor... in) {
            var v = in[0].view();
            var strides = reshapeStrides(v, shape.sizes());
            if (strides == null) v = copyOf(in[0]).view();
            return new Tensor(v.with(shape.sizes(), strides != null ? strides : View.contiguousStrides(shape.sizes())), shape);
        }

        @Override public boolean isLinear() { return true; }

        @Override public Tensor pullback(int i, Tensor g, Reading reading) { return g.reshape(reading.shape(0).sizes()); }

        @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) {
            return in[0].reshape(Batch.shape(size, shape).sizes());
        }

        @Override public Memory memory() { return Memory.IN_ORDER; }

        @Override public String text() { return "reshape " + Arrays.toString(shape.sizes()); }
    }

    /**
     * Axes stretched.
     *
     * @param late leaves a pending operand pending, for what is read once
     */
    public record Expand(Shape shape, boolean late) implements Operation {
        @Override public Tensor value(Tensor... in) {
            var x = in[0];
            var pending = x.pending();
            return late && pending != null && pending.op() != Op.CONST ? Fusion.apply(Op.CAST, x.dtype(), shape, x, null, null)
                    : new Tensor(Fusion.broadcast(x, shape), shape);
        }

        @Override public boolean isLinear() { return true; }

        @Override public Tensor pullback(int i, Tensor g, Reading reading) { return g; } // the sweep sums back to the operand's shape

        @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) {
            return Batch.aligned(in[0], shape.rank()).expand(Batch.shape(size, shape).sizes());
        }

        @Override public Memory memory() { return Memory.STRIDED; }

        @Override public String text() { return "expand " + Arrays.toString(shape.sizes()); }
    }

    /** Axes in another order: axis {@code i} of the result is axis {@code order[i]} of the operand. */
    public record Permute(Axes order) implements Operation {
        @Override public Tensor value(Tensor... in) {
            var v = in[0].view();
            var order = this.order.numbers();
            var shape = new long[order.length];
            var strides = new long[order.length];
            for (int i = 0; i < order.length; i++) {
                shape[i] = v.shape()[order[i]];
                strides[i] = v.strides()[order[i]];
            }
            return seen(v.with(shape, strides));
        }

        @Override public boolean isLinear() { return true; }

        @Override public Tensor pullback(int i, Tensor g, Reading reading) {
            var inverse = new int[order.count()];
            for (int j = 0; j < inverse.length; j++) inverse[order.numbers()[j]] = j;
            return new Permute(Axes.adopt(inverse)).apply(g);
        }

        @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) { return new Permute(order.behindFirst()).apply(in); }

        @Override public Memory memory() { return Memory.STRIDED; }

        @Override public String text() { return "permute " + order; }
    }

    /** Part of an axis, from {@code start} to before {@code stop}. */
    public record Slice(int axis, long start, long stop, long step) implements Operation {

        /** Bounds below 0 count from the end; {@link Index#OPEN} is an end of the axis, backwards the place before its first element. */
        static Slice of(Tensor x, int axis, long start, long stop, long step) {
            long size = x.size(axis);
            if (step == 0) throw new ShapeException("slice: the step is 0");
            boolean up = step > 0;
            long from = bound(start, up ? 0 : size - 1, size), to = bound(stop, up ? size : -1, size);
            boolean inside = up ? from >= 0 && from <= to && to <= size
                    : from >= Math.min(0, size - 1) && from < size && (to >= 0 || stop == Index.OPEN);
            if (!inside) throw new ShapeException(
                    "slice: " + text(start) + " to " + text(stop) + " is out of range for axis " + axis + " of shape " + x.shape());
            return new Slice(axis, from, to, step);
        }

        private static long bound(long given, long open, long size) {
            return given == Index.OPEN ? open : given < 0 ? given + size : given;
        }

        private static String text(long bound) { return bound == Index.OPEN ? "the end" : bound + ""; }

        private long length() {
            return step > 0 ? stop > start ? (stop - start - 1) / step + 1 : 0 : start > stop ? (stop - start + 1) / step + 1 : 0;
        }

        @Override public Tensor value(Tensor... in) {
            var v = in[0].view();
            var shape = v.shape().clone();
            var strides = v.strides().clone();
            long length = length();
            shape[axis] = length;
            if (length > 1) strides[axis] *= step;
            return seen(
                    new View(v.dtype(), v.storage(), length == 0 ? v.offset() : v.offset() + start * v.strides()[axis], shape, strides));
        }

        @Override public boolean isLinear() { return true; }

        @Override public int gradientLiesAs() { return 0; }

        @Override public Tensor pullback(int i, Tensor g, Reading reading) { return place(g, reading.shape(0), axis, start, step); }

        @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) {
            return new Slice(axis + 1, start, stop, step).apply(in);
        }

        @Override public Memory memory() { return Memory.STRIDED; }

        @Override public String text() { return "slice " + axis + " " + start + ":" + stop + ":" + step; }
    }

    /** An axis backwards. */
    public record Flip(int axis) implements Operation {
        @Override public Tensor value(Tensor... in) {
            var v = in[0].view();
            var strides = v.strides().clone();
            strides[axis] = -strides[axis];
            long offset = v.offset() + (in[0].size(axis) - 1) * v.strides()[axis];
            return seen(new View(v.dtype(), v.storage(), in[0].count() == 0 ? v.offset() : offset, v.shape(), strides));
        }

        @Override public boolean isLinear() { return true; }

        @Override public Tensor pullback(int i, Tensor g, Reading reading) { return g.flip(axis); }

        @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) { return new Flip(axis + 1).apply(in); }

        @Override public Memory memory() { return Memory.STRIDED; }

        @Override public String text() { return "flip " + axis; }
    }

    /** A diagonal of the last two axes, as the last axis; {@code offset} above 0 is right of the main one. */
    public record Diagonal(long offset) implements Operation {
        @Override public Tensor value(Tensor... in) {
            var v = in[0].view();
            int rank = in[0].rank();
            long rows = in[0].size(-2), columns = in[0].size(-1),
                    length = Math.max(0, offset >= 0 ? Math.min(rows, columns - offset) : Math.min(rows + offset, columns));
            var shape = Arrays.copyOf(v.shape(), rank - 1);
            var strides = Arrays.copyOf(v.strides(), rank - 1);
            shape[rank - 2] = length;
            strides[rank - 2] = v.strides()[rank - 2] + v.strides()[rank - 1];
            long shift = length == 0 ? 0 : offset >= 0 ? offset * v.strides()[rank - 1] : -offset * v.strides()[rank - 2];
            return seen(new View(v.dtype(), v.storage(), v.offset() + shift, shape, strides));
        }

        @Override public boolean isLinear() { return true; }

        @Override public Tensor pullback(int i, Tensor g, Reading reading) {
            long rows = reading.shape(0).size(-2), columns = reading.shape(0).size(-1);
            var row = Tensor.arange(rows).reshape(rows, 1);
            var on = Tensor.arange(columns).sub(row).eq(offset);
            // Element (r, c) of the gradient is g[min(r, c)-ish] on the diagonal: stretch g over the rows or columns and mask.
            var wide = offset >= 0 ? g.pad(-1, 0, rows - g.size(-1), 0).unsqueeze(-1) : g.pad(-1, 0, columns - g.size(-1), 0).unsqueeze(-2);
            return on.where(wide, wide.zerosLike());
        }

        @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) { return apply(in); }

        @Override public Memory memory() { return Memory.STRIDED; }

        @Override public String text() { return "diagonal " + offset; }
    }

    /** Sliding windows of {@code size} along an axis, {@code step} apart, as a new last axis. */
    public record Unfold(int axis, long size, long step) implements Operation {
        @Override public Tensor value(Tensor... in) {
            var v = in[0].view();
            int rank = in[0].rank();
            var shape = Arrays.copyOf(v.shape(), rank + 1);
            var strides = Arrays.copyOf(v.strides(), rank + 1);
            shape[axis] = windows(in[0].shape());
            strides[axis] *= step;
            shape[rank] = size;
            strides[rank] = v.strides()[axis];
            return seen(v.with(shape, strides));
        }

        private long windows(Shape x) { return (x.size(axis) - size) / step + 1; }

        @Override public boolean isLinear() { return true; }

        @Override public Tensor pullback(int i, Tensor g, Reading reading) {
            var sum = Tensor.full(g.dtype(), 0, reading.shape(0).sizes());
            var starts = Tensor.arange(windows(reading.shape(0))).mul(step);
            for (long j = 0; j < size; j++) sum = sum.indexAdd(axis, starts.add(j), g.select(-1, j));
            return sum;
        }

        @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) {
            return new Unfold(axis + 1, this.size, step).apply(in);
        }

        @Override public Memory memory() { return Memory.STRIDED; }

        @Override public String text() { return "unfold " + axis + " " + size + " " + step; }
    }

    /** The value, through which no derivative passes. */
    public record Stop() implements Operation {
        @Override public Tensor value(Tensor... in) { return in[0].shared(); }

        @Override public boolean isDifferentiable() { return false; }

        @Override public Tensor pullback(int i, Tensor g, Reading reading) { return null; }

        @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) { return apply(in); }

        @Override public Memory memory() { return Memory.SAME; }
    }

    /** The value under another name, through which derivatives pass: where a derivative by it, and not by what it came from, begins or ends. */
    public record Same() implements Operation {
        @Override public Tensor value(Tensor... in) { return in[0].shared(); }

        @Override public boolean isLinear() { return true; }

        @Override public Tensor pullback(int i, Tensor g, Reading reading) { return g; }

        @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) { return apply(in); }

        @Override public Memory memory() { return Memory.SAME; }
    }

    /** Two axes in each other's place, of a tensor whose operations nobody records: every product with a weight begins with that. */
    static Tensor swapped(Tensor x, int a, int b) {
        var v = x.view();
        long[] shape = v.shape().clone(), strides = v.strides().clone();
        shape[a] = v.shape()[b];
        shape[b] = v.shape()[a];
        strides[a] = v.strides()[b];
        strides[b] = v.strides()[a];
        return seen(v.with(shape, strides));
    }

    private static Tensor seen(View v) { return new Tensor(v, Shape.adopt(v.shape())); }

    static Shape resolve(Tensor x, long... sizes) {
        long known = 1;
        int unknown = -1;
        for (int i = 0; i < sizes.length; i++) {
            if (sizes[i] == -1) {
                if (unknown >= 0) throw new ShapeException("reshape: more than one size is -1");
                unknown = i;
            } else {
                known *= sizes[i];
            }
        }
        var resolved = sizes.clone();
        if (unknown >= 0) {
            if (known == 0 || x.count() % known != 0)
                throw new ShapeException("reshape: " + x.count() + " elements of shape " + x.shape() + " do not divide by " + known);
            resolved[unknown] = x.count() / known;
        }
        var shape = Shape.own(resolved);
        if (shape.count() != x.count())
            throw new ShapeException("reshape: shape " + x.shape() + " has " + x.count() + " elements, " + shape + " has " + shape.count());
        return shape;
    }

    /** Strides that show the same elements under another shape, or null if no view can. */
    static long[] reshapeStrides(View v, long[] shape) {
        if (v.isContiguous()) return View.contiguousStrides(shape);
        var strides = new long[shape.length];
        int oldEnd = v.shape().length, newEnd = shape.length;
        // Walk groups of axes from the right: old axes that are contiguous among themselves may be cut anew.
        while (newEnd > 0) {
            int oldStart = oldEnd, newStart = newEnd;
            long oldCount = 1, newCount = 1;
            do {
                if (newCount <= oldCount && newStart > 0) newCount *= shape[--newStart];
                else if (oldStart > 0) oldCount *= v.shape()[--oldStart];
                else return null;
            } while (newCount != oldCount);
            while (oldStart > 0 && v.shape()[oldStart - 1] == 1) oldStart--;
            long stride = -1, expected = -1;
            for (int i = oldEnd - 1; i >= oldStart; i--) {
                if (v.shape()[i] == 1) continue;
                if (stride < 0 && expected == -1) stride = v.strides()[i];
                else if (v.strides()[i] != expected) return null;
                expected = v.strides()[i] * v.shape()[i];
            }
            if (expected == -1) stride = 1;
            for (int i = newEnd - 1; i >= newStart; i--) {
                strides[i] = stride;
                stride *= shape[i];
            }
            oldEnd = oldStart;
            newEnd = newStart;
        }
        return strides;
    }

    static Tensor copyOf(Tensor x) {
        var out = Fusion.allocate(x.dtype(), x.shape());
        Backend.current().run(copyProgram(x), new View[] {x.view()}, new View[] {out});
        return new Tensor(out, x.shape());
    }

    static Program copyProgram(Tensor x) { return COPIES[x.dtype().ordinal()]; }

    /** {@code x} stretched to {@code shape}: a view, or where x is pending a pending value, for what is read once. */
    static Tensor stretch(Tensor x, Shape shape) { return x.shape().equals(shape) ? x : new Expand(shape, true).apply(x); }

    /** Zeros of {@code shape} with {@code g} at indices {@code from, from + step, ...} of an axis. */
    private static Tensor place(Tensor g, Shape shape, int axis, long from, long step) {
        if (step == 1) return g.pad(axis, from, shape.size(axis) - from - g.size(axis), 0);
        var target = Tensor.full(g.dtype(), 0, shape.sizes());
        return target.indexAdd(axis, Tensor.arange(g.size(axis)).mul(step).add(from), g);
    }

    static Tensor triangle(Tensor x, long k, boolean lower) {
        if (x.rank() < 2) throw new ShapeException((lower ? "tril" : "triu") + ": shape " + x.shape() + " has no two axes");
        var difference = Tensor.arange(x.size(-1)).sub(Tensor.arange(x.size(-2)).reshape(-1, 1));
        var keep = lower ? difference.le(k) : difference.ge(k);
        return keep.where(x, x.zerosLike());
    }
}
