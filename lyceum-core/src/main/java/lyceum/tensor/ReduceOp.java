package lyceum.tensor;

import java.util.Arrays;
import java.util.Locale;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.backend.Backend.Reduction;
import lyceum.backend.Op;
import lyceum.backend.View;

/**
 * A reduction over {@code axes}: of a scalar over none.
 *
 * @param keep leaves the axes with size 1, else they are dropped
 */
public record ReduceOp(Reduction reduction, Axes axes, boolean keep) implements Operation {

    /** The reduction of what a call names; no axes means all. */
    static Tensor of(Reduction reduction, Tensor x, int[] axes, boolean keep) {
        var op = new ReduceOp(reduction, Axes.adopt(Axes.named(Axes.mask(name(reduction), x.shape(), axes))), keep);
        if (reduction != Reduction.SUM && reduction != Reduction.PROD && Axes.count(name(reduction), x.shape(), axes) == 0)
            throw new ShapeException(name(reduction) + ": shape " + x.shape() + " has no elements to choose from");
        return op.apply(x);
    }

    private static String name(Reduction reduction) { return reduction.name().toLowerCase(Locale.ROOT); }

    private boolean isPlace() { return reduction == Reduction.ARGMAX || reduction == Reduction.ARGMIN; }

    private DType type(Tensor x) {
        return switch (reduction) {
            case SUM, PROD -> x.dtype().isFloat() ? x.dtype() : DType.I64;
            case MAX, MIN -> x.dtype();
            case ARGMAX, ARGMIN -> DType.I64;
        };
    }

    /** Along the last axis it stays pending, so that what reads it along the rows becomes one program with it. */
    @Override public Tensor value(Tensor... in) {
        var x = in[0];
        if (axes.count() == 0) return isPlace() ? Tensor.zeros(DType.I64, x.shape().sizes()) : ViewOps.copyOf(x).to(type(x));
        var mask = axes.mask(x.rank());
        if (isLastAxis(mask)) {
            if (isPlace() && x.dtype().isFloat() && Fusion.takesRows(x)) return RowOps.place(reduction, x, keep);
            var pending = x.pending();
            var op = keep || pending != null && pending.reducesRows() ? rowOp() : null;
            var rows = op == null ? null : Fusion.rows(op, x);
            if (rows != null) return keep ? rows : new Tensor(withoutAxes(rows.view(), mask), Axes.without(x.shape(), mask));
        }
        var shape = keep ? Axes.kept(x.shape(), mask) : Axes.without(x.shape(), mask);
        var out = Fusion.allocate(type(x), shape);
        Fusion.reduce(reduction, x, mask, keep ? withoutAxes(out, mask) : out);
        return new Tensor(out, shape);
    }

    private static View withoutAxes(View kept, boolean[] mask) {
        var sizes = Axes.without(Shape.adopt(kept.shape()), mask).sizes();
        return kept.with(sizes, View.contiguousStrides(sizes));
    }

    private static boolean isLastAxis(boolean[] mask) {
        for (int i = 0; i < mask.length - 1; i++) if (mask[i]) return false;
        return mask.length > 0 && mask[mask.length - 1];
    }

    private Op rowOp() {
        return switch (reduction) {
            case SUM -> Op.ROW_SUM;
            case MAX -> Op.ROW_MAX;
            case MIN -> Op.ROW_MIN;
            default -> null;
        };
    }

    @Override public void into(View out, Tensor... in) {
        var mask = axes.mask(in[0].rank());
        if (axes.count() == 0) Storing.copy(apply(in), out);
        else Fusion.reduce(reduction, in[0], mask, keep ? withoutAxes(out, mask) : out);
    }

    @Override public boolean isDifferentiable() { return !isPlace(); }

    @Override public boolean isLinear() { return reduction == Reduction.SUM; }

    @Override public int reads(int i) { return reduction == Reduction.SUM ? 0 : reduction == Reduction.PROD ? 1 : 1 | RESULT; }

    @Override public Tensor pullback(int i, Tensor g, Reading reading) {
        var mask = axes.mask(reading.shape(0).rank());
        var wide = g.reshape(Axes.kept(reading.shape(0), mask).sizes());
        return switch (reduction) {
            case SUM -> ViewOps.stretch(wide, reading.shape(0));
            case PROD -> wide.mul(productOfOthers(RowOps.wide(reading.operand(0)), mask));
            default -> share(reading.operand(0), reading.result()).mul(wide);
        };
    }

    @Override public Tensor pushforward(Tensor[] tangents, Tensor[] in, Tensor out) {
        return switch (reduction) {
            case SUM -> apply(tangents[0]);
            case PROD -> sum(tangents[0].mul(productOfOthers(RowOps.wide(in[0]), axes.mask(in[0].rank())))).to(out.dtype());
            default -> sum(tangents[0].mul(share(in[0], out))).to(out.dtype());
        };
    }

    private Tensor sum(Tensor x) { return new ReduceOp(Reduction.SUM, axes, keep).apply(x); }

    /** What each element has of its group's extreme: ties share it equally. */
    private Tensor share(Tensor x, Tensor extreme) {
        var winners = x.eq(extreme.reshape(Axes.kept(x.shape(), axes.mask(x.rank())).sizes())).to(x.dtype().accumulator());
        return axes.count() == 0 ? winners : winners.div(winners.sum(axes.numbers(), true));
    }

    @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) {
        if (isPlace() && axes.count() > 1)
            return new ReduceOp(reduction, Axes.of(1), false).apply(in[0].reshape(size, Batch.entry(in[0]).count())); // places are numbered through
        return new ReduceOp(reduction, axes.shifted(), keep).apply(in);
    }

    @Override public long operations(Form out, Form... in) { return in[0].shape().count(); }

    @Override public String text() { return name(reduction) + " " + axes + (keep ? " kept" : ""); }

    /** For each element the product of all others of its group, by running products from both sides: exact with zeros. */
    private static Tensor productOfOthers(Tensor x, boolean[] mask) {
        var axes = Axes.named(mask);
        var order = new int[x.rank()];
        int n = 0;
        for (int i = 0; i < mask.length; i++) if (!mask[i]) order[n++] = i;
        int kept = n;
        for (int axis : axes) order[n++] = axis;
        var moved = x.permute(order);
        var sizes = Arrays.copyOf(moved.shape().toArray(), kept + 1);
        sizes[kept] = -1;
        if (x.count() == 0) return x;
        var flat = moved.reshape(sizes);
        long length = flat.size(kept);
        var parts = new Tensor[(int) length];
        // One product per position keeps the formula differentiable in turn; the groups of a product are short.
        Tensor before = flat.narrow(kept, 0, 1).onesLike();
        for (int j = 0; j < length; j++) {
            parts[j] = before;
            before = before.mul(flat.narrow(kept, j, 1));
        }
        Tensor after = flat.narrow(kept, 0, 1).onesLike();
        for (int j = (int) length - 1; j >= 0; j--) {
            parts[j] = parts[j].mul(after);
            after = after.mul(flat.narrow(kept, j, 1));
        }
        var inverse = new int[order.length];
        for (int i = 0; i < order.length; i++) inverse[order[i]] = i;
        return Tensor.concat(kept, parts).reshape(moved.shape().sizes()).permute(inverse);
    }
}
