package lyceum.tensor;

import java.util.Arrays;

/** What batching rules share. A batched operand has the batch as its first axis. */
final class Batch {
    private Batch() {}

    /** With a first axis for the batch: a view that repeats what is the same for every entry. */
    static Tensor spread(long size, boolean isBatched, Tensor x) {
        if (isBatched) return x;
        var sizes = new long[x.rank() + 1];
        sizes[0] = size;
        System.arraycopy(x.shape().sizes(), 0, sizes, 1, x.rank());
        return x.expand(sizes);
    }

    static Tensor[] spread(long size, boolean[] isBatched, Tensor... in) {
        var wide = new Tensor[in.length];
        for (int i = 0; i < in.length; i++) wide[i] = spread(size, isBatched[i], in[i]);
        return wide;
    }

    /** Axes of 1 behind the batch, so that operands broadcast as their entries do. */
    static Tensor[] aligned(boolean[] isBatched, Tensor... in) {
        int rank = 0;
        for (int i = 0; i < in.length; i++) rank = Math.max(rank, in[i].rank() - (isBatched[i] ? 1 : 0));
        var aligned = in.clone();
        for (int i = 0; i < in.length; i++) if (isBatched[i]) aligned[i] = aligned(in[i], rank);
        return aligned;
    }

    /** A batched operand whose entries have at least {@code rank} axes. */
    static Tensor aligned(Tensor x, int rank) {
        int missing = rank - (x.rank() - 1);
        if (missing <= 0) return x;
        var sizes = new long[rank + 1];
        Arrays.fill(sizes, 1);
        sizes[0] = x.size(0);
        System.arraycopy(x.shape().sizes(), 1, sizes, 1 + missing, x.rank() - 1);
        return x.reshape(sizes);
    }

    /** The batch and {@code axis} before it, as one axis in that one's place: entry b's index i is {@code b n + i}. */
    static Tensor merged(Tensor x, int axis) {
        var moved = x.moveAxis(0, axis);
        var sizes = new long[x.rank() - 1];
        for (int i = 0; i < sizes.length; i++) sizes[i] = i == axis ? moved.size(i) * moved.size(i + 1) : moved.size(i < axis ? i : i + 1);
        return moved.reshape(sizes);
    }

    /** Undoes {@link #merged}. */
    static Tensor parted(Tensor x, long size, int axis) {
        var sizes = new long[x.rank() + 1];
        for (int i = 0; i < sizes.length; i++)
            sizes[i] = i == axis ? size : i == axis + 1 ? x.size(axis) / Math.max(1, size) : x.size(i < axis ? i : i - 1);
        return x.reshape(sizes).moveAxis(axis, 0);
    }

    /** {@code size} and then {@code sizes}. */
    static Shape shape(long size, Shape entry) {
        var sizes = new long[entry.rank() + 1];
        sizes[0] = size;
        System.arraycopy(entry.sizes(), 0, sizes, 1, entry.rank());
        return Shape.adopt(sizes);
    }

    /** The rest of a batched operand's sizes. */
    static Shape entry(Tensor x) { return Shape.adopt(Arrays.copyOfRange(x.shape().sizes(), 1, x.rank())); }

    /** Entry after entry: for an operation of which no rule is known. */
    static Tensor loop(Operation operation, long size, boolean[] isBatched, Tensor... in) {
        var results = new Tensor[Math.toIntExact(size)];
        for (int b = 0; b < results.length; b++) {
            var operands = in.clone();
            for (int i = 0; i < in.length; i++) if (isBatched[i]) operands[i] = in[i].select(0, b);
            results[b] = operation.apply(operands);
        }
        return Tensor.stack(0, results);
    }
}
