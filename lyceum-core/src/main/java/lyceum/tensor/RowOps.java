package lyceum.tensor;

import lyceum.DType;
import lyceum.backend.Backend.Reduction;

/**
 * Softmax and its logarithms. Along the last axis each is one pass over memory, and so is its gradient: the reductions stay pending, and what
 * reads them becomes one row program ({@link lyceum.backend.Program}) with them. F16 and BF16 are worked out in F32.
 */
public final class RowOps {
    private static final int[] LAST = {-1};

    private RowOps() {}

    /** Shares that add up to 1 along an axis. */
    public record Softmax(int axis) implements Operation {
        @Override public Tensor value(Tensor... in) { return Tracing.inside(() -> formula(in[0], in[0])); }

        private Tensor formula(Tensor x, Tensor forShift) {
            int[] a = {axis};
            var e = wide(x).sub(shift(forShift, axis)).exp();
            var sum = e.sum(a, true);
            return e.mul(sum.eq(0).where(sum.onesLike(), sum).reciprocal()).to(x.dtype()); // a product for each element: quotients take longer
        }

        @Override public int reads(int i) { return RESULT; }

        @Override public Tensor pullback(int i, Tensor g, Reading reading) { return slope(g, reading.result()); }

        @Override public Tensor pushforward(Tensor[] tangents, Tensor[] in, Tensor out) { return slope(tangents[0], out); }

        /** The Jacobian {@code diag(p) - p p'} is symmetric. */
        private Tensor slope(Tensor g, Tensor p) {
            var wide = wide(g);
            return wide.sub(wide.mul(p).sum(new int[] {axis}, true)).mul(p).to(p.dtype());
        }

        @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) { return new Softmax(axis + 1).apply(in); }

        @Override public Tensor composed(Tensor... in) { return formula(in[0], in[0].detach()); }

        @Override public boolean isComposed() { return true; }

        @Override public long operations(Form out, Form... in) { return 5 * out.shape().count(); }
    }

    /** The logarithm of the softmax. */
    public record LogSoftmax(int axis) implements Operation {
        @Override public Tensor value(Tensor... in) { return Tracing.inside(() -> formula(in[0], in[0])); }

        private Tensor formula(Tensor x, Tensor forShift) {
            int[] a = {axis};
            var z = wide(x).sub(shift(forShift, axis));
            return z.sub(z.exp().sum(a, true).log()).to(x.dtype());
        }

        @Override public int reads(int i) { return RESULT; }

        @Override public Tensor pullback(int i, Tensor g, Reading reading) {
            var wide = wide(g);
            return wide.sub(wide(reading.result()).exp().mul(wide.sum(new int[] {axis}, true)));
        }

        @Override public Tensor pushforward(Tensor[] tangents, Tensor[] in, Tensor out) {
            var t = wide(tangents[0]);
            return t.sub(wide(out).exp().mul(t).sum(new int[] {axis}, true)).to(out.dtype());
        }

        @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) { return new LogSoftmax(axis + 1).apply(in); }

        @Override public Tensor composed(Tensor... in) { return formula(in[0], in[0].detach()); }

        @Override public boolean isComposed() { return true; }

        @Override public long operations(Form out, Form... in) { return 5 * out.shape().count(); }

        @Override public String text() { return "log softmax"; }
    }

    /** {@code log sum exp(x)} along an axis, which is kept with size 1 or dropped. */
    public record LogSumExp(int axis, boolean keep) implements Operation {
        @Override public Tensor value(Tensor... in) { return Tracing.inside(() -> formula(in[0], in[0])); }

        private Tensor formula(Tensor x, Tensor forShift) {
            int[] a = {axis};
            var shift = finiteTop(stored(forShift, axis), a);
            var kept = wide(x).sub(shift).exp().sum(a, true).log().add(shift).to(x.dtype());
            return keep ? kept : kept.squeeze(axis);
        }

        @Override public int reads(int i) { return 1; }

        @Override public Tensor pullback(int i, Tensor g, Reading reading) {
            return wide(reading.operand(0)).softmax(axis).mul(keep ? g : g.unsqueeze(axis));
        }

        @Override public Tensor pushforward(Tensor[] tangents, Tensor[] in, Tensor out) {
            return wide(in[0]).softmax(axis).mul(tangents[0]).sum(new int[] {axis}, keep).to(out.dtype());
        }

        @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) { return new LogSumExp(axis + 1, keep).apply(in); }

        @Override public Tensor composed(Tensor... in) { return formula(in[0], in[0].detach()); }

        @Override public boolean isComposed() { return true; }

        @Override public long operations(Form out, Form... in) { return 4 * in[0].shape().count(); }

        @Override public String text() { return "log sum exp " + axis + (keep ? " kept" : ""); }
    }

    /** The place of each row's first extreme, or of its first NaN. */
    static Tensor place(Reduction reduction, Tensor x, boolean keep) {
        return Tracing.inside(() -> {
            boolean most = reduction == Reduction.ARGMAX;
            var best = most ? x.max(LAST, true) : x.min(LAST, true);
            var type = x.dtype().bytes() < 4 ? DType.F32 : x.dtype(); // a narrow one has too few places
            var places = Tensor.arange(x.size(-1)).to(type);
            return x.eq(best).or(x.ne(x)).where(places, Tensor.scalar(Double.POSITIVE_INFINITY).to(type)).min(LAST, keep).to(DType.I64);
        });
    }

    /** Computed, but where a row is one pass: else it would be computed for the maximum and again for what follows. */
    private static Tensor stored(Tensor x, int axis) { return axis == x.rank() - 1 ? x : x.compute(); }

    /** F16 and BF16 as F32. */
    static Tensor wide(Tensor x) { return x.to(x.dtype().accumulator()); }

    /** What keeps exp from overflowing: the largest along the axis, and for {@code -inf} alone, from which it cannot be taken, a finite number. */
    private static Tensor shift(Tensor x, int axis) {
        var top = wide(top(stored(x, axis), new int[] {axis}));
        return top.maximum(top.dtype() == DType.F64 ? -Double.MAX_VALUE : -Float.MAX_VALUE);
    }

    /** The largest along the axes, or 0 where that is infinite or NaN. */
    static Tensor finiteTop(Tensor x, int[] axes) {
        var top = top(x, axes);
        return top.isFinite().where(top, top.zerosLike());
    }

    /** The largest along the axes, {@code -inf} of nothing. */
    private static Tensor top(Tensor x, int[] axes) {
        if (x.count() > 0) return x.max(axes, true);
        return Tensor.full(x.dtype(), Double.NEGATIVE_INFINITY, Axes.kept(x.shape(), Axes.mask("max", x.shape(), axes)).sizes());
    }
}
