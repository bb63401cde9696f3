package lyceum.tensor;

import java.util.Arrays;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.backend.Backend.Scatter;

/** Selecting elements by index. Index tensors are I64 or I32; each index is checked when it is read, and one out of range is an error. */
sealed interface IndexOps permits Tensor {

    private Tensor self() { return (Tensor) this; }

    /** An element or sub-tensor, by one index per axis from the first on: {@code x.get(2)} is the third row. */
    default Tensor get(long... index) {
        var x = self();
        if (index.length > x.rank()) throw new ShapeException("get: " + index.length + " indices for shape " + x.shape());
        for (long i : index) x = x.select(0, i);
        return x;
    }

    /** NumPy's square brackets: {@code x.get(Index.all(), Index.range(0, 3), Index.at(-1))}. */
    default Tensor get(Index... indices) { return Index.apply(self(), indices); }

    /**
     * Elements by tuples of indices, like NumPy's {@code x[i, j]} with index arrays: one array for each axis from the first; they broadcast together, and
     * {@code out[k] = x[i[k], j[k]]}, of their shape and then the other axes of this. Negative numbers count from the end. A copy.
     *
     * @throws ShapeException if there are more arrays than axes, or a number is out of range
     * @see Index#of every combination instead
     */
    default Tensor get(Tensor... indices) { return Indexing.paired(self(), indices); }

    /** Rows (or entries of another axis) by number, in the given order; a number may repeat. A copy. */
    default Tensor indexSelect(int axis, Tensor index) {
        var x = self();
        int a = x.shape().axis("indexSelect", axis);
        if (index.rank() != 1) throw new ShapeException("indexSelect: the index has shape " + index.shape() + "; it must be a vector");
        var few = a == 0 ? Indexing.fewRows(x, index) : null;
        if (few != null) return few;
        var sizes = x.shape().toArray();
        sizes[a] = index.count();
        var wide = Indexing.alongAxis("indexSelect", index, a, Shape.adopt(sizes));
        return gather(a, wide);
    }

    /** Rows by number. */
    default Tensor rows(int... numbers) {
        var few = Indexing.fewRows(self(), numbers);
        return few != null ? few : indexSelect(0, Tensor.of(numbers));
    }

    /** {@code result[.., j, ..] = this[.., index[.., j, ..], ..]}. Along the other axes the index may be shorter: the first entries are taken. A copy. */
    default Tensor gather(int axis, Tensor index) {
        var x = self();
        int a = x.shape().axis("gather", axis);
        if (index.rank() == x.rank())
            for (int i = 0; i < x.rank(); i++) if (i != a && index.size(i) < x.size(i)) x = x.narrow(i, 0, index.size(i));
        var i64 = Indexing.checked("gather", index, x.shape(), a, index.shape());
        return new GatherOp(a).apply(x, i64);
    }

    /** A copy with {@code source[.., j, ..]} written at {@code index[.., j, ..]} of {@code axis}; the last of several wins. */
    default Tensor scatter(int axis, Tensor index, Tensor source) {
        return Indexing.scatter("scatter", Scatter.SET, self(), self().shape().axis("scatter", axis), index, source);
    }

    /** A copy to which {@code source[.., j, ..]} is added at {@code index[.., j, ..]} of {@code axis}. */
    default Tensor scatterAdd(int axis, Tensor index, Tensor source) {
        return Indexing.scatter("scatterAdd", Scatter.ADD, self(), self().shape().axis("scatterAdd", axis), index, source);
    }

    /** A copy to which {@code source} is added at the entries {@code index} (a vector) of {@code axis}. */
    default Tensor indexAdd(int axis, Tensor index, Tensor source) {
        int a = self().shape().axis("indexAdd", axis);
        return Indexing.scatter("indexAdd", Scatter.ADD, self(), a, Indexing.alongAxis("indexAdd", index, a, source.shape()), source);
    }

    /**
     * The sums of rows (entries of the first axis) that share a number: {@code out[s] = sum of x[j] with index[j] = s}, shape (segments, ...). Zeros where
     * there is no row. The index is a vector; it need not be sorted, but rows with nearby numbers are then close in memory.
     */
    default Tensor segmentSum(Tensor index, long segments) {
        var none = Indexing.empty("segmentSum", self(), segments, 0);
        return Indexing.scatter("segmentSum", Scatter.ADD, none, 0, Indexing.alongAxis("segmentSum", index, 0, self().shape()), self());
    }

    /** The means of rows that share a number; zeros where there is no row. @see #segmentSum */
    default Tensor segmentMean(Tensor index, long segments) {
        var x = self();
        var type = x.dtype().accumulator();
        if (type != x.dtype()) return x.to(type).segmentMean(index, segments).to(x.dtype()); // a narrow one does not count far
        var sum = segmentSum(index, segments);
        var sizes = new long[sum.rank()];
        Arrays.fill(sizes, 1);
        sizes[0] = segments;
        var counts = Tensor.zeros(DType.F64, segments).indexAdd(0, index, Tensor.full(DType.F64, 1, index.count()));
        return sum.div(counts.maximum(1).to(sum.dtype().toFloat()).reshape(sizes));
    }

    /**
     * The largest elements of rows that share a number, NaN if one is; the least of the type (-inf) where there is no row. Tied elements each
     * get an equal share of the gradient.
     *
     * @see #segmentSum
     */
    default Tensor segmentMax(Tensor index, long segments) { return Indexing.segmentExtreme(Scatter.MAX, self(), index, segments); }

    /** The smallest elements of rows that share a number; the type's largest value where there is no row. @see #segmentMax */
    default Tensor segmentMin(Tensor index, long segments) { return Indexing.segmentExtreme(Scatter.MIN, self(), index, segments); }

    /** The elements where {@code mask} (this shape, BOOL) is true, as a vector. */
    default Tensor maskedSelect(Tensor mask) {
        if (mask.dtype() != DType.BOOL) throw new DTypeException("maskedSelect: the mask is " + mask.dtype() + ", not BOOL");
        if (!Shape.broadcast("maskedSelect", self().shape(), mask.shape()).equals(self().shape()))
            throw new ShapeException("maskedSelect: mask " + mask.shape() + " does not stretch to " + self().shape());
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
