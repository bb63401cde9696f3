package lyceum.tensor;

import lyceum.ShapeException;

/**
 * One entry of NumPy's square brackets, for {@link Tensor#get(Index...)}.
 *
 * {@snippet :
 * x.get(Index.at(0));                              // x[0]
 * x.get(Index.all(), Index.range(1, -1));          // x[:, 1:-1]
 * x.get(Index.rest(), Index.at(3));                // x[..., 3]
 * x.get(Index.of(Tensor.of(2, 0, 2)), Index.newAxis());
 * }
 */
public sealed interface Index {
    /** An omitted bound of a range or of {@link Tensor#slice}: the end of the axis. */
    long OPEN = Long.MIN_VALUE;

    record At(long index) implements Index {}

    record Range(long start, long stop, long step) implements Index {}

    record All() implements Index {}

    record NewAxis() implements Index {}

    record Rest() implements Index {}

    record Of(Tensor indices) implements Index {}

    /** One index; the axis is dropped. */
    static Index at(long index) { return new At(index); }

    /** {@code start} to {@code stop - 1}, as {@code x[start:stop]}. */
    static Index range(long start, long stop) { return new Range(start, stop, 1); }

    /**
     * {@code start, start + step, ...} up to but not including {@code stop}, as Python's {@code x[start:stop:step]}: negative bounds count from the end
     * (so -1 is the last, backwards too; {@link #OPEN} stands for an omitted bound), and bounds beyond the axis are moved to its ends.
     */
    static Index range(long start, long stop, long step) { return new Range(start, stop, step); }

    /** From {@code start} to the end. */
    static Index from(long start) { return new Range(start, OPEN, 1); }

    /** Every {@code step}-th entry of the whole axis, from the end for a negative step: {@code x[::step]}. */
    static Index every(long step) { return new Range(OPEN, OPEN, step); }

    /** The whole axis. */
    static Index all() { return new All(); }

    /** A new axis of size 1. */
    static Index newAxis() { return new NewAxis(); }

    /** All axes between those named before and after: the ellipsis. */
    static Index rest() { return new Rest(); }

    /**
     * Entries by number; a BOOL vector selects where it is true. Several such entries select every combination, as NumPy's {@code ix_}; for pairs, as
     * NumPy's {@code x[i, j]}, see {@link Tensor#get(Tensor...)}.
     */
    static Index of(Tensor indices) { return new Of(indices); }

    /** Applies the entries axis by axis. */
    static Tensor apply(Tensor x, Index... indices) {
        int used = 0;
        for (var index : indices) if (!(index instanceof NewAxis) && !(index instanceof Rest)) used++;
        if (used > x.rank()) throw new ShapeException("get: " + used + " indices for shape " + x.shape());
        int axis = 0;
        var result = x;
        for (var index : indices) {
            // A switch over types costs a program's start some milliseconds where it runs first.
            if (index instanceof At at) result = result.select(axis, at.index);
            else if (index instanceof Range range) result = cut(result, axis++, range);
            else if (index instanceof All) axis++;
            else if (index instanceof NewAxis) result = result.unsqueeze(axis++);
            else if (index instanceof Rest) axis += x.rank() - used;
            else if (index instanceof Of of) {
                var numbers = of.indices.dtype() == lyceum.DType.BOOL ? mask(of.indices, result.size(axis)) : of.indices;
                result = result.indexSelect(axis++, numbers);
            } else throw new AssertionError(index);
        }
        return result;
    }

    /** Python's rule for the bounds of a slice. */
    private static Tensor cut(Tensor x, int axis, Range range) {
        if (range.step == 0) throw new ShapeException("get: the step of a range is 0");
        boolean up = range.step > 0;
        long size = x.size(axis), low = up ? 0 : -1, high = up ? size : size - 1;
        long start = bound(range.start, up ? low : high, size, low, high), stop = bound(range.stop, up ? high : low, size, low, high);
        boolean empty = up ? stop <= start : stop >= start;
        return empty ? x.slice(axis, 0, 0, 1) : new ViewOps.Slice(axis, start, stop, range.step).apply(x);
    }

    private static long bound(long given, long open, long size, long low, long high) {
        if (given == OPEN) return open;
        return Math.clamp(given < 0 ? given + size : given, low, high);
    }

    private static Tensor mask(Tensor mask, long size) {
        if (mask.rank() != 1 || mask.count() != size)
            throw new ShapeException("get: a mask of shape " + mask.shape() + " for an axis of " + size);
        return mask.nonZeroFlat();
    }
}
