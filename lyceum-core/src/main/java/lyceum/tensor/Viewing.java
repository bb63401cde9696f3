package lyceum.tensor;

import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.backend.Program;
import lyceum.backend.View;
import lyceum.tensor.History.Rule;

/** How views are made: new strides on the same memory, and the gradient that undoes them. */
final class Viewing {
    private Viewing() { }

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
            if (known == 0 || x.count() % known != 0) throw new ShapeException("reshape: " + x.count() + " elements of shape " + x.shape() + " do not divide by " + known);
            resolved[unknown] = x.count() / known;
        }
        var shape = Shape.of(resolved);
        if (shape.count() != x.count()) throw new ShapeException("reshape: shape " + x.shape() + " has " + x.count() + " elements, " + shape + " has " + shape.count());
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

    static Program copyProgram(Tensor x) { return new Program(java.util.List.of(Program.Instruction.load(x.dtype(), 0)), 0); }

    /** {@code x} stretched to {@code shape}: a view, or where x is pending a pending value, for what is read once. */
    static Tensor stretch(Tensor x, Shape shape) {
        var pending = x.deferred();
        if (pending == null || pending.op() == lyceum.backend.Op.CONST || Tracing.on()) return x.expand(shape.sizes());
        var result = Fusion.apply(lyceum.backend.Op.CAST, x.dtype(), shape, x, null, null);
        return History.wanted(x) ? History.record("expand", result, (i, g) -> g, x) : result;
    }

    private static Tensor view(Operation operation, Tensor x, View v, Rule rule) {
        var result = new Tensor(v, Shape.adopt(v.shape()));
        if (Tracing.on()) Tracing.made(operation, result, x);
        return History.wanted(x) ? History.record(operation.text(), result, rule, x) : result;
    }

    static Tensor permute(Tensor x, int[] order, int[] inverse) {
        var v = x.view();
        var shape = new long[order.length];
        var strides = new long[order.length];
        for (int i = 0; i < order.length; i++) {
            shape[i] = v.shape()[order[i]];
            strides[i] = v.strides()[order[i]];
        }
        return view(new Operation.Permute(Storing.list(order)), x, v.with(shape, strides), (i, g) -> g.permute(inverse));
    }

    static Tensor slice(Tensor x, int axis, long start, long stop, long step) {
        long size = x.size(axis);
        if (step == 0) throw new ShapeException("slice: the step is 0");
        long from = start < 0 ? start + size : start, to = stop < 0 && step > 0 ? stop + size : stop;
        // Backwards, -1 is the place before the first element, so that the first can be reached.
        boolean inside = step > 0 ? from >= 0 && from <= to && to <= size : from >= Math.min(0, size - 1) && from < size && to >= -1;
        if (!inside) throw new ShapeException("slice: " + start + " to " + stop + " is out of range for axis " + axis + " of shape " + x.shape());
        long length = step > 0 ? to > from ? (to - from - 1) / step + 1 : 0 : from > to ? (to - from + 1) / step + 1 : 0;
        var v = x.view();
        var shape = v.shape().clone();
        var strides = v.strides().clone();
        shape[axis] = length;
        if (length > 1) strides[axis] *= step;
        var cut = new View(v.dtype(), v.storage(), length == 0 ? v.offset() : v.offset() + from * v.strides()[axis], shape, strides);
        var result = view(new Operation.Slice(axis, start, stop, step), x, cut, (i, g) -> place(g, x.shape(), axis, from, step));
        if (step == 1 && result.history() != null) result.history().part = new History.Part(axis, from, v.strides());
        return result;
    }

    /** Zeros of {@code shape} with {@code g} at indices {@code from, from + step, ...} of an axis. */
    private static Tensor place(Tensor g, Shape shape, int axis, long from, long step) {
        if (step == 1) return g.pad(axis, from, shape.size(axis) - from - g.size(axis), 0);
        var target = Tensor.full(g.dtype(), 0, shape.sizes());
        return target.indexAdd(axis, Tensor.arange(g.size(axis)).mul(step).add(from), g);
    }

    static Tensor flip(Tensor x, int axis) {
        var v = x.view();
        var strides = v.strides().clone();
        strides[axis] = -strides[axis];
        long offset = v.offset() + (x.size(axis) - 1) * v.strides()[axis];
        return view(new Operation.Flip(axis), x, new View(v.dtype(), v.storage(), x.count() == 0 ? v.offset() : offset, v.shape(), strides), (i, g) -> g.flip(axis));
    }

    static Tensor diagonal(Tensor x, long k) {
        int rank = x.rank();
        if (rank < 2) throw new ShapeException("diagonal: shape " + x.shape() + " has no two axes");
        var v = x.view();
        long rows = x.size(-2), columns = x.size(-1), length = Math.max(0, k >= 0 ? Math.min(rows, columns - k) : Math.min(rows + k, columns));
        var shape = java.util.Arrays.copyOf(v.shape(), rank - 1);
        var strides = java.util.Arrays.copyOf(v.strides(), rank - 1);
        shape[rank - 2] = length;
        strides[rank - 2] = v.strides()[rank - 2] + v.strides()[rank - 1];
        long shift = length == 0 ? 0 : k >= 0 ? k * v.strides()[rank - 1] : -k * v.strides()[rank - 2];
        return view(new Operation.Diagonal(k), x, new View(v.dtype(), v.storage(), v.offset() + shift, shape, strides), (i, g) -> {
            var row = Tensor.arange(rows).reshape(rows, 1);
            var column = Tensor.arange(columns);
            var on = column.sub(row).eq(k);
            // Element (r, c) of the gradient is g[min(r, c)-ish] on the diagonal: stretch g over the rows or columns and mask.
            var wide = k >= 0 ? g.pad(-1, 0, rows - length, 0).unsqueeze(-1) : g.pad(-1, 0, columns - length, 0).unsqueeze(-2);
            return on.where(wide, wide.zerosLike());
        });
    }

    static Tensor unfold(Tensor x, int axis, long size, long step) {
        if (size < 1 || step < 1 || size > x.size(axis)) throw new ShapeException("unfold: windows of " + size + ", " + step + " apart, do not fit axis " + axis + " of shape " + x.shape());
        var v = x.view();
        int rank = x.rank();
        var shape = java.util.Arrays.copyOf(v.shape(), rank + 1);
        var strides = java.util.Arrays.copyOf(v.strides(), rank + 1);
        long windows = (x.size(axis) - size) / step + 1;
        shape[axis] = windows;
        strides[axis] *= step;
        shape[rank] = size;
        strides[rank] = v.strides()[axis];
        return view(new Operation.Unfold(axis, size, step), x, v.with(shape, strides), (i, g) -> {
            var sum = Tensor.full(g.dtype(), 0, x.shape().sizes());
            var starts = Tensor.arange(windows).mul(step);
            for (long j = 0; j < size; j++) sum = sum.indexAdd(axis, starts.add(j), g.select(-1, j));
            return sum;
        });
    }

    static Tensor triangle(Tensor x, long k, boolean lower) {
        if (x.rank() < 2) throw new ShapeException((lower ? "tril" : "triu") + ": shape " + x.shape() + " has no two axes");
        var difference = Tensor.arange(x.size(-1)).sub(Tensor.arange(x.size(-2)).reshape(-1, 1));
        var keep = lower ? difference.le(k) : difference.ge(k);
        return keep.where(x, x.zerosLike());
    }
}
