package lyceum.tensor;

import java.util.Arrays;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.backend.Backend.Scatter;

/** Picking elements by index. Index tensors are I64 or I32; each is checked where it is read, and where one is out of range there is no result. */
sealed interface IndexOps permits Tensor {

    private Tensor self() { return (Tensor) this; }

    /** Element or sub-tensor by one index an axis, from the first: {@code x.get(2)} is the third row. */
    default Tensor get(long... index) {
        var x = self();
        if (index.length > x.rank()) throw new ShapeException("get: " + index.length + " indices for shape " + x.shape());
        for (long i : index) x = x.select(0, i);
        return x;
    }

    /** As NumPy's square brackets: {@code x.get(Index.all(), Index.range(0, 3), Index.at(-1))}. */
    default Tensor get(Index... indices) { return Index.apply(self(), indices); }

    /** Rows (or entries of another axis) by number, in the given order, repeated if so asked. A copy. */
    default Tensor indexSelect(int axis, Tensor index) {
        var x = self();
        int a = x.shape().axis(axis);
        if (index.rank() != 1) throw new ShapeException("indexSelect: the index has shape " + index.shape() + "; it must be a vector");
        var sizes = x.shape().toArray();
        sizes[a] = index.count();
        var wide = Indexing.alongAxis(index, a, Shape.adopt(sizes));
        return gather(a, wide);
    }

    /** Rows by number. */
    default Tensor rows(int... numbers) { return indexSelect(0, Tensor.of(numbers)); }

    /** {@code result[.., j, ..] = this[.., index[.., j, ..], ..]}: shapes agree but along {@code axis}. A copy. */
    default Tensor gather(int axis, Tensor index) {
        var x = self();
        int a = x.shape().axis(axis);
        var i64 = Indexing.checked("gather", index, x.shape(), a, index.shape());
        return new GatherOp(a).apply(x, i64);
    }

    /** A copy in which {@code source[.., j, ..]} stands at {@code index[.., j, ..]} of {@code axis}; the last of several wins. */
    default Tensor scatter(int axis, Tensor index, Tensor source) {
        return Indexing.scatter(Scatter.SET, self(), self().shape().axis(axis), index, source);
    }

    /** A copy to which {@code source[.., j, ..]} is added at {@code index[.., j, ..]} of {@code axis}. */
    default Tensor scatterAdd(int axis, Tensor index, Tensor source) {
        return Indexing.scatter(Scatter.ADD, self(), self().shape().axis(axis), index, source);
    }

    /** A copy to which {@code source} is added at the entries {@code index} (a vector) of {@code axis}. */
    default Tensor indexAdd(int axis, Tensor index, Tensor source) {
        int a = self().shape().axis(axis);
        return scatterAdd(a, Indexing.alongAxis(index, a, source.shape()), source);
    }

    /**
     * The sums of rows (entries of the first axis) that share a number: {@code out[s] = sum of x[j] with index[j] = s}, shape (segments, ...). Zeros where
     * there is no row. The index is a vector; it need not be sorted, but rows that are near in it are near in memory.
     */
    default Tensor segmentSum(Tensor index, long segments) {
        return Indexing.empty("segmentSum", self(), segments, 0).indexAdd(0, index, self());
    }

    /** The means of rows that share a number; zeros where there is none. @see #segmentSum */
    default Tensor segmentMean(Tensor index, long segments) {
        var x = self();
        if (x.dtype().isFloat() && x.dtype().bytes() < 4) return x.to(DType.F32).segmentMean(index, segments).to(x.dtype()); // a narrow one does not count far
        var sum = segmentSum(index, segments);
        var sizes = new long[sum.rank()];
        Arrays.fill(sizes, 1);
        sizes[0] = segments;
        var counts = Tensor.zeros(DType.F64, segments).indexAdd(0, index, Tensor.full(DType.F64, 1, index.count()));
        return sum.div(counts.maximum(1).to(sum.dtype().toFloat()).reshape(sizes));
    }

    /**
     * The largest elements of rows that share a number, NaN if one is; the least of the type (-inf) where there is no row. Of several largest each
     * gets an equal share of the gradient.
     *
     * @see #segmentSum
     */
    default Tensor segmentMax(Tensor index, long segments) { return Indexing.segmentExtreme(Scatter.MAX, self(), index, segments); }

    /** The least elements of rows that share a number; the greatest of the type where there is no row. @see #segmentMax */
    default Tensor segmentMin(Tensor index, long segments) { return Indexing.segmentExtreme(Scatter.MIN, self(), index, segments); }

    /** The elements where {@code mask} (this shape, BOOL) is true, as a vector. */
    default Tensor maskedSelect(Tensor mask) {
        if (mask.dtype() != DType.BOOL) throw new DTypeException("maskedSelect: the mask is " + mask.dtype() + ", not BOOL");
        var wide = mask.expand(self().shape().sizes());
        return self().flatten().indexSelect(0, wide.flatten().nonZeroFlat());
    }

    /** Row-major numbers of the elements that are not zero, I64. */
    default Tensor nonZeroFlat() {
        Tracing.reading("the places that are not zero", self());
        var flags = Tracing.untold(() -> self().ne(0).toBooleanArray());
        int n = 0;
        for (boolean flag : flags) if (flag) n++;
        var found = new long[n];
        n = 0;
        for (int i = 0; i < flags.length; i++) if (flags[i]) found[n++] = i;
        return Tensor.of(found);
    }

    /** Indices of the elements that are not zero: shape (how many, rank). */
    default Tensor nonZero() {
        var flat = nonZeroFlat();
        var columns = new Tensor[self().rank()];
        for (int axis = self().rank() - 1; axis >= 0; axis--) {
            columns[axis] = flat.mod(Math.max(1, self().size(axis)));
            flat = flat.floorDiv(Math.max(1, self().size(axis)));
        }
        return columns.length == 0 ? Tensor.zeros(DType.I64, flat.count(), 0) : Tensor.stack(1, columns);
    }

    /** A last axis of length {@code classes}: 1 at the element's value, 0 elsewhere, in {@code type}. */
    default Tensor oneHot(DType type, long classes) {
        var x = self();
        if (x.dtype().isFloat()) throw new DTypeException("oneHot: classes are integers, not " + x.dtype());
        if (x.count() > 0 && Tracing.untold(() -> x.min().item() < 0 || x.max().item() >= classes)) throw new IllegalArgumentException(
                "oneHot: values from " + (long) x.min().item() + " to " + (long) x.max().item() + " for " + classes + " classes");
        return x.unsqueeze(-1).eq(Tensor.arange(classes)).to(type);
    }
}
