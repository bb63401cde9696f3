package lyceum.tensor;

import lyceum.ShapeException;

/**
 * One entry in the square brackets of NumPy, for {@link Tensor#get(Index...)}.
 *
 * {@snippet :
 * x.get(Index.at(0));                              // x[0]
 * x.get(Index.all(), Index.range(1, -1));          // x[:, 1:-1]
 * x.get(Index.rest(), Index.at(3));                // x[..., 3]
 * x.get(Index.of(Tensor.of(2, 0, 2)), Index.newAxis());
 * }
 */
public sealed interface Index {
    record At(long index) implements Index { }

    record Range(long start, long stop, long step) implements Index { }

    record All() implements Index { }

    record NewAxis() implements Index { }

    record Rest() implements Index { }

    record Of(Tensor indices) implements Index { }

    /** One index; the axis is dropped. */
    static Index at(long index) { return new At(index); }

    static Index range(long start, long stop) { return new Range(start, stop, 1); }

    /** {@code start, start + step, ...} below {@code stop}; negative bounds count from the end. Backwards, a stop of -1 is before the first. */
    static Index range(long start, long stop, long step) { return new Range(start, stop, step); }

    /** From {@code start} to the end. */
    static Index from(long start) { return new Range(start, Long.MAX_VALUE, 1); }

    /** The whole axis. */
    static Index all() { return new All(); }

    /** A new axis of size 1. */
    static Index newAxis() { return new NewAxis(); }

    /** All axes between those named before and after: the ellipsis. */
    static Index rest() { return new Rest(); }

    /** Entries by number; a BOOL vector selects where it is true. */
    static Index of(Tensor indices) { return new Of(indices); }

    /** Applies the entries axis by axis. */
    static Tensor apply(Tensor x, Index... indices) {
        int used = 0;
        for (var index : indices) if (!(index instanceof NewAxis) && !(index instanceof Rest)) used++;
        if (used > x.rank()) throw new ShapeException("get: " + used + " indices for shape " + x.shape());
        int axis = 0;
        var result = x;
        for (var index : indices) {
            switch (index) {
                case At at -> result = result.select(axis, at.index);
                case Range range -> {
                    long size = result.size(axis);
                    long stop = range.stop == Long.MAX_VALUE ? size : range.stop;
                    result = result.slice(axis++, Math.min(range.start, range.step > 0 ? size : size - 1), range.step > 0 ? Math.min(stop, size) : stop, range.step);
                }
                case All all -> axis++;
                case NewAxis newAxis -> result = result.unsqueeze(axis++);
                case Rest rest -> axis += x.rank() - used;
                case Of of -> {
                    var numbers = of.indices.dtype() == lyceum.DType.BOOL ? mask(of.indices, result.size(axis)) : of.indices;
                    result = result.indexSelect(axis++, numbers);
                }
            }
        }
        return result;
    }

    private static Tensor mask(Tensor mask, long size) {
        if (mask.rank() != 1 || mask.count() != size) throw new ShapeException("get: a mask of shape " + mask.shape() + " for an axis of " + size);
        return mask.nonZeroFlat();
    }
}
