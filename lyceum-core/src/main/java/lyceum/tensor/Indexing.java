package lyceum.tensor;

import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.backend.Backend.Scatter;
import lyceum.backend.Op;
import lyceum.tensor.History.Saved;

/** Checks and plumbing of index tensors. */
final class Indexing {
    private Indexing() { }

    /** A vector of indices seen along {@code axis} of {@code shape}. */
    static Tensor alongAxis(Tensor index, int axis, Shape shape) {
        if (index.rank() != 1 || index.count() != shape.size(axis)) throw new ShapeException("an index of shape " + index.shape() + " for the " + shape.size(axis) + " entries of axis " + axis + " of " + shape + "; it is a vector with a number for each");
        var sizes = new long[shape.rank()];
        java.util.Arrays.fill(sizes, 1);
        sizes[axis] = index.count();
        return index.reshape(sizes).expand(shape.sizes());
    }

    /** The index as I64; whether its values are in range is for the backend to see. @throws ShapeException if shapes do not agree */
    static Tensor checked(String operation, Tensor index, Shape target, int axis, Shape other) {
        if (index.dtype() == DType.BOOL || index.dtype().isFloat()) throw new DTypeException(operation + ": the index is " + index.dtype() + "; it must be I32 or I64");
        if (index.rank() != target.rank()) throw new ShapeException(operation + ": index " + index.shape() + " and tensor " + target + " differ in rank");
        for (int i = 0; i < target.rank(); i++) {
            if (i != axis && index.size(i) != target.size(i)) throw new ShapeException(operation + ": index " + index.shape() + " and tensor " + target + " differ in axis " + i);
        }
        if (!index.shape().equals(other)) throw new ShapeException(operation + ": index " + index.shape() + " and source " + other + " differ");
        return index.dtype() == DType.I64 ? index : once(index).to(DType.I64).expand(index.shape().sizes());
    }

    /** Axes that repeat one value shortened to it: an index that was stretched over rows is converted once. */
    private static Tensor once(Tensor index) {
        var strides = index.view().strides();
        var result = index;
        for (int i = 0; i < index.rank(); i++) if (strides[i] == 0 && index.size(i) > 1) result = Viewing.slice(result, i, 0, 1, 1);
        return result;
    }

    /** The gradient of what was scattered: zero for a source that a later one at the same place has replaced. */
    static Tensor fromWinners(Tensor g, int axis, Tensor index) {
        var number = Tensor.arange(index.count()).reshape(index.shape().sizes());
        var last = Tensor.zeros(DType.I64, g.shape().sizes()).scatter(axis, index, number).gather(axis, index);
        var taken = g.gather(axis, index);
        return last.eq(number).where(taken, taken.zerosLike());
    }

    /** {@code segments} rows as those of {@code x}, of one value. */
    static Tensor empty(String operation, Tensor x, long segments, double value) {
        if (x.rank() == 0 || segments < 0) throw new ShapeException(operation + ": " + segments + " segments of shape " + x.shape() + "; there are rows to begin with, and no fewer than 0 segments");
        var sizes = x.shape().toArray();
        sizes[0] = segments;
        return Tensor.full(x.dtype(), value, sizes);
    }

    /** See {@link IndexOps#segmentMax}. */
    static Tensor segmentExtreme(Scatter rule, Tensor x, Tensor index, long segments) {
        var name = rule == Scatter.MAX ? "segmentMax" : "segmentMin";
        if (!x.dtype().isFloat()) throw new DTypeException(name + ": the rows are " + x.dtype() + "; convert them to a float type");
        var none = empty(name, x.detach(), segments, rule == Scatter.MAX ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY);
        return extreme(rule, none, 0, alongAxis(index, 0, x.shape()), x);
    }

    /** A copy of {@code x} with the largest (or least) of each element and what {@code source} has for it. Those that are equal to the result share its gradient. */
    static Tensor extreme(Scatter rule, Tensor x, int axis, Tensor index, Tensor source) {
        var name = "scatter " + rule;
        var result = scatter(rule, x, axis, index, source);
        if (!History.wanted(x, source)) return result;
        Saved own = Saved.of(x, name), others = Saved.of(source, name), best = Saved.of(result, name), at = Saved.of(index, name);
        return History.record(name, result, (i, g) -> {
            var type = g.dtype().bytes() < 4 ? DType.F32 : g.dtype(); // a narrow one does not count far
            Tensor stays = own.get().eq(best.get()).to(type), wins = others.get().eq(best.get().gather(axis, at.get())).to(type);
            var share = g.div(stays.scatterAdd(axis, at.get(), wins).maximum(1)).to(g.dtype());
            return i == 0 ? stays.to(g.dtype()).mul(share) : wins.to(g.dtype()).mul(share.gather(axis, at.get()));
        }, x, source);
    }

    /** Memory of its own to write to. Of a constant nothing is stored twice: {@code zeros(..).scatterAdd(..)} is how gradients begin. */
    private static Tensor ownCopy(Tensor x) {
        var pending = x.deferred();
        if (pending == null || pending.op() != Op.CONST || !x.dtype().isFloat()) return Viewing.copyOf(x);
        return Creation.full(x.dtype(), Double.longBitsToDouble(pending.immediate()), x.shape()).compute();
    }

    static Tensor scatter(Scatter rule, Tensor x, int axis, Tensor index, Tensor source) {
        var i64 = checked("scatter", index, x.shape(), axis, source.shape());
        if (source.dtype() != x.dtype()) throw new DTypeException("scatter: source is " + source.dtype() + ", tensor " + x.dtype() + "; convert one with to()");
        var result = ownCopy(x);
        Backend.current().scatter(rule, source.view(), axis, i64.view(), result.view());
        return Tracing.on() ? Tracing.made(new Operation.Scatter(rule, axis), result, x, i64, source) : result;
    }
}
