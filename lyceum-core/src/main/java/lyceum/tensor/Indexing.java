package lyceum.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.stream.LongStream;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.backend.Backend.Scatter;
import lyceum.backend.scalar.Elements;

/** Checks and plumbing of index tensors. */
final class Indexing {
    private Indexing() {}

    /** A vector of indices seen along {@code axis} of {@code shape}. */
    static Tensor alongAxis(String operation, Tensor index, int axis, Shape shape) {
        if (index.rank() != 1 || index.count() != shape.size(axis))
            throw new ShapeException(operation + ": an index of shape " + index.shape() + " for the " + shape.size(axis)
                    + " entries of axis " + axis + " of " + shape + "; it is a vector with a number for each");
        var sizes = new long[shape.rank()];
        Arrays.fill(sizes, 1);
        sizes[axis] = index.count();
        return index.reshape(sizes).expand(shape.sizes());
    }

    /** See {@link IndexOps#get(Tensor...)}: the axes that are indexed become one, and so do their numbers. */
    static Tensor paired(Tensor x, Tensor... indices) {
        if (indices.length == 0 || indices.length > x.rank()) throw new ShapeException(
                "get: " + indices.length + " index arrays for shape " + x.shape() + "; there is one for each axis from the first");
        Tensor place = Tensor.zeros(DType.I64), outside = Tensor.zeros(DType.BOOL);
        long count = 1;
        for (int axis = 0; axis < indices.length; axis++) {
            var index = indices[axis];
            if (index.dtype() == DType.BOOL || index.dtype().isFloat()) throw new DTypeException(
                    "get: index " + axis + " is " + index.dtype() + "; it must be I32 or I64, and for a mask use maskedSelect");
            long size = x.size(axis);
            var given = index.to(DType.I64);
            refuseOutside(given, axis, x.shape());
            place = place.mul(size).add(given.lt(0).where(given.add(size), given));
            outside = outside.or(given.lt(-size)).or(given.ge(size));
            count *= size;
        }
        // In a batch only the first entry's numbers have been seen: those of others must not become places of other rows.
        var flat = outside.where(Tensor.full(DType.I64, count), place);
        long[] sizes = x.shape().sizes(), rest = Arrays.copyOfRange(sizes, indices.length, sizes.length);
        var rows = x.reshape(joined(new long[] {count}, rest)).indexSelect(0, flat.flatten());
        return rows.reshape(joined(flat.shape().sizes(), rest));
    }

    /** See {@link IndexOps#rows}: few of them one by one, where nobody records or listens; null elsewhere, and for numbers that are refused there. */
    static Tensor fewRows(Tensor x, int... numbers) {
        if (x.rank() == 0 || numbers.length == 0 || x.count() == 0 || !Formula.isQuiet(x)) return null;
        long rows = x.size(0), each = x.count() / rows;
        if (each * numbers.length > Formula.FEW) return null;
        var from = x.view();
        if (!from.isContiguous()) return null;
        for (int number : numbers) if (number < 0 || number >= rows) return null;
        var sizes = x.shape().toArray();
        sizes[0] = numbers.length;
        var shape = Shape.adopt(sizes);
        var out = Fusion.allocate(x.dtype(), shape);
        long bytes = each * x.dtype().bytes();
        for (int i = 0; i < numbers.length; i++)
            MemorySegment.copy(from.storage().segment(), from.byteOffset() + numbers[i] * bytes, out.storage().segment(),
                    out.byteOffset() + i * bytes, bytes);
        Reference.reachabilityFence(x);
        return new Tensor(out, shape);
    }

    /** The same of numbers in a vector of integers. */
    static Tensor fewRows(Tensor x, Tensor index) {
        if (index.dtype() != DType.I32 && index.dtype() != DType.I64 || !Formula.isQuiet(x, index)) return null;
        var v = index.view();
        long step = v.strides()[0] * v.dtype().bytes();
        if (index.count() > Formula.FEW) return null;
        var numbers = new int[(int) index.count()];
        for (int i = 0; i < numbers.length; i++) {
            long number = Elements.getLong(v.dtype(), v.storage().segment(), v.byteOffset() + i * step);
            numbers[i] = number < 0 || number > Integer.MAX_VALUE ? -1 : (int) number; // refused elsewhere, or taken from the end
        }
        Reference.reachabilityFence(index);
        return fewRows(x, numbers);
    }

    private static void refuseOutside(Tensor index, int axis, Shape shape) {
        if (index.count() == 0) return;
        double least = Tracing.untold(() -> index.min().item()), most = Tracing.untold(() -> index.max().item());
        double worst = least < -shape.size(axis) ? least : most;
        if (worst < -shape.size(axis) || worst >= shape.size(axis))
            throw new ShapeException("get: index " + (long) worst + " is out of range for axis " + axis + " of shape " + shape);
    }

    private static long[] joined(long[] a, long[] b) { return LongStream.concat(Arrays.stream(a), Arrays.stream(b)).toArray(); }

    /** The index as I64; whether its values are in range is for the backend to see. @throws ShapeException if shapes do not agree */
    static Tensor checked(String operation, Tensor index, Shape target, int axis, Shape other) {
        if (index.dtype() == DType.BOOL || index.dtype().isFloat())
            throw new DTypeException(operation + ": the index is " + index.dtype() + "; it must be I32 or I64");
        if (index.rank() != target.rank())
            throw new ShapeException(operation + ": index " + index.shape() + " and tensor " + target + " differ in rank");
        for (int i = 0; i < target.rank(); i++) {
            if (i != axis && index.size(i) != target.size(i))
                throw new ShapeException(operation + ": index " + index.shape() + " and tensor " + target + " differ in axis " + i);
        }
        if (!index.shape().equals(other))
            throw new ShapeException(operation + ": index " + index.shape() + " and source " + other + " differ");
        return index.dtype() == DType.I64 ? index : once(index).to(DType.I64).expand(index.shape().sizes());
    }

    /** Axes that repeat one value shortened to it: an index that was stretched over rows is converted once. */
    private static Tensor once(Tensor index) {
        var strides = index.view().strides();
        var result = index;
        for (int i = 0; i < index.rank(); i++)
            if (strides[i] == 0 && index.size(i) > 1) result = new ViewOps.Slice(i, 0, 1, 1).apply(result);
        return result;
    }

    /** {@code segments} rows as those of {@code x}, of one value. */
    static Tensor empty(String operation, Tensor x, long segments, double value) {
        if (x.rank() == 0 || segments < 0) throw new ShapeException(operation + ": " + segments + " segments of shape " + x.shape()
                + "; there are rows to begin with, and no fewer than 0 segments");
        var sizes = x.shape().toArray();
        sizes[0] = segments;
        return Tensor.full(x.dtype(), value, sizes);
    }

    /** See {@link IndexOps#segmentMax}. */
    static Tensor segmentExtreme(Scatter rule, Tensor x, Tensor index, long segments) {
        var name = rule == Scatter.MAX ? "segmentMax" : "segmentMin";
        if (!x.dtype().isFloat()) throw new DTypeException(name + ": the rows are " + x.dtype() + "; convert them to a float type");
        var none = empty(name, x, segments, rule == Scatter.MAX ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY);
        return scatter(name, rule, none, 0, alongAxis(name, index, 0, x.shape()), x);
    }

    static Tensor scatter(String operation, Scatter rule, Tensor x, int axis, Tensor index, Tensor source) {
        var i64 = checked(operation, index, x.shape(), axis, source.shape());
        if (source.dtype() != x.dtype())
            throw new DTypeException(operation + ": source is " + source.dtype() + ", tensor " + x.dtype() + "; convert one with to()");
        // many small terms into one place would stop counting at 2,048 (F16) or 256 (BF16)
        if (rule == Scatter.ADD && x.dtype().isFloat() && x.dtype().bytes() < 4)
            return new ScatterOp(rule, axis).apply(x.to(DType.F32), i64, source.to(DType.F32)).to(x.dtype());
        return new ScatterOp(rule, axis).apply(x, i64, source);
    }
}
