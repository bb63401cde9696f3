package lyceum.tensor;

import java.util.function.Supplier;
import lyceum.DType;
import lyceum.backend.Backend.Reduction;
import lyceum.tensor.History.Saved;

/**
 * Softmax and its logarithms. Along the last axis each is one pass over memory, and so is its gradient: the reductions stay pending, and what
 * reads them becomes one row program ({@link lyceum.backend.Program}) with them.
 */
final class Rowwise {
    private static final int[] LAST = {-1};

    private Rowwise() { }

    static Tensor softmax(Tensor x, int axis) {
        int[] a = {axis};
        var result = Tracing.untold(() -> unrecorded(() -> {
            var e = x.sub(shift(x, a)).exp();
            var sum = e.sum(a, true);
            return e.mul(sum.eq(0).where(sum.onesLike(), sum).reciprocal()); // a product for each element: quotients take longer
        }));
        if (Tracing.on()) Tracing.made(new Operation.Softmax(axis), result, x);
        if (!History.wanted(x)) return result;
        var p = Saved.of(result, "softmax");
        return History.record("softmax", result, (i, g) -> g.sub(g.mul(p.get()).sum(a, true)).mul(p.get()), x);
    }

    static Tensor logSoftmax(Tensor x, int axis) {
        int[] a = {axis};
        if (Tracing.on()) return lessLogSum(x.sub(shift(x.detach(), a)), a);
        var result = unrecorded(() -> lessLogSum(x.sub(shift(x, a)), a));
        if (!History.wanted(x)) return result;
        var log = Saved.of(result, "logSoftmax");
        return History.record("logSoftmax", result, (i, g) -> g.sub(log.get().exp().mul(g.sum(a, true))), x);
    }

    private static Tensor lessLogSum(Tensor z, int[] axis) { return z.sub(z.exp().sum(axis, true).log()); }

    static Tensor logSumExp(Tensor x, int axis, boolean keepDims) {
        int[] a = {axis};
        var kept = unrecorded(() -> {
            var shift = shift(x, a);
            return x.sub(shift).exp().sum(a, true).log().add(shift);
        });
        var wide = kept.shape();
        var result = keepDims ? kept : unrecorded(() -> kept.reshape(Reducing.without(x, Reducing.mask("logSumExp", x, a)).sizes()));
        if (!History.wanted(x)) return result;
        var in = Saved.of(x, "logSumExp");
        return History.record("logSumExp", result, (i, g) -> softmax(in.get(), axis).mul(g.reshape(wide.sizes())), x);
    }

    /** The place of each row's first extreme, or of its first NaN. */
    static Tensor arg(Reduction reduction, Tensor x) {
        return unrecorded(() -> {
            boolean most = reduction == Reduction.ARGMAX;
            var best = most ? x.max(LAST, true) : x.min(LAST, true);
            var type = x.dtype().bytes() < 4 ? DType.F32 : x.dtype(); // a narrow one has too few places
            var places = Tensor.arange(x.size(-1)).to(type);
            return x.eq(best).or(x.ne(x)).where(places, Tensor.scalar(Double.POSITIVE_INFINITY).to(type)).min(LAST, false).to(DType.I64);
        });
    }

    /** What keeps exp from overflowing: the largest of the row, or 0 where that is infinite or NaN. */
    private static Tensor shift(Tensor x, int[] axis) {
        if (axis[0] != x.rank() - 1) x.compute(); // else it would be computed for the maximum and again for what follows
        var top = x.max(axis, true);
        return top.isFinite().where(top, top.zerosLike());
    }

    private static Tensor unrecorded(Supplier<Tensor> body) { return GradMode.with(false, body); }
}
