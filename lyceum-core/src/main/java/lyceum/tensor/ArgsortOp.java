package lyceum.tensor;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.tensor.ReductionOps.Sorted;

/**
 * The permutation that sorts an axis, stably.
 *
 * @param count how many of it, or -1 for all
 */
public record ArgsortOp(int axis, boolean descending, long count) implements Operation {

    /** Values and places come from one kernel; the values are what is gathered at the places. */
    static Sorted of(Tensor x, int axis, boolean descending, long count) {
        var op = checked(x, axis, descending, count);
        var sorted = op.sorted(x);
        Tracing.made(op, sorted.indices(), null, x);
        Tracing.made(new GatherOp(op.axis), sorted.values(), null, x, sorted.indices());
        return sorted;
    }

    static ArgsortOp checked(Tensor x, int axis, boolean descending, long count) {
        if (x.rank() == 0) throw new ShapeException("sort: a scalar has no axis; reshape it to (1,)");
        int a = x.shape().axis(axis);
        if (x.size(a) > Integer.MAX_VALUE - 8)
            throw new ShapeException("sort: axis " + axis + " of shape " + x.shape() + " is longer than " + (Integer.MAX_VALUE - 8));
        return new ArgsortOp(a, descending, count);
    }

    private Sorted sorted(Tensor x) {
        var sizes = x.shape().toArray();
        if (count >= 0) sizes[axis] = count;
        var shape = Shape.adopt(sizes);
        var values = Fusion.allocate(x.dtype(), shape);
        var indices = Fusion.allocate(DType.I64, shape);
        Backend.current().sort(x.view(), axis, descending, values, indices);
        return new Sorted(new Tensor(values, shape), new Tensor(indices, shape));
    }

    @Override public Tensor value(Tensor... in) { return sorted(in[0]).indices(); }

    @Override public boolean isDifferentiable() { return false; }

    @Override public Tensor pullback(int i, Tensor g, Reading reading) { return null; }

    @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) {
        return new ArgsortOp(axis + 1, descending, count).apply(in);
    }

    @Override public long operations(Form out, Form... in) { return in[0].shape().count(); }

    @Override public String text() { return "argsort " + axis; }
}
