package lyceum.tensor;

import java.util.Locale;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Backend.Scatter;
import lyceum.backend.Op;
import lyceum.backend.View;

/**
 * A copy of operand 0 to which operand 2 is written, added or compared at the places along an axis that operand 1 (I64) names. Of several written to
 * one place the last wins; those that are equal to an extreme share its derivative.
 */
public record ScatterOp(Scatter rule, int axis) implements Operation {
    @Override public Tensor value(Tensor... in) {
        var result = ownCopy(in[0]);
        Backend.current().scatter(rule, in[2].view(), axis, in[1].view(), result.view());
        return result;
    }

    /** Memory of its own to write to. Of a constant nothing is stored twice: {@code zeros(..).scatterAdd(..)} is how gradients begin. */
    private static Tensor ownCopy(Tensor x) {
        var pending = x.pending();
        if (pending == null || pending.op() != Op.CONST || !x.dtype().isFloat()) return ViewOps.copyOf(x);
        return Creation.full(x.dtype(), Double.longBitsToDouble(pending.immediate()), x.shape()).compute();
    }

    @Override public void into(View out, Tensor... in) {
        Storing.copy(in[0], out);
        Backend.current().scatter(rule, in[2].view(), axis, in[1].view(), out);
    }

    private boolean isExtreme() { return rule == Scatter.MAX || rule == Scatter.MIN; }

    @Override public boolean isLinear() { return !isExtreme(); }

    @Override public int reads(int i) { return isExtreme() ? 7 | RESULT : rule == Scatter.ADD && i == 0 ? 0 : 2; }

    @Override public Tensor pullback(int i, Tensor g, Reading reading) {
        if (isExtreme()) return ofExtreme(i, g, reading.operand(0), reading.operand(1), reading.operand(2), reading.result());
        if (rule == Scatter.ADD) return i == 2 ? g.gather(axis, reading.operand(1)) : g;
        return i == 2 ? fromWinners(g, reading.operand(1))
                : g.scatter(axis, reading.operand(1), Creation.full(g.dtype(), 0, reading.shape(2)));
    }

    /** The gradient of what was written: zero for a source that a later one at the same place has replaced. */
    private Tensor fromWinners(Tensor g, Tensor index) {
        var number = Tensor.arange(index.count()).reshape(index.shape().sizes());
        var last = Tensor.zeros(DType.I64, g.shape().sizes()).scatter(axis, index, number).gather(axis, index);
        var taken = g.gather(axis, index);
        return last.eq(number).where(taken, taken.zerosLike());
    }

    private Tensor ofExtreme(int i, Tensor g, Tensor x, Tensor at, Tensor source, Tensor best) {
        var type = g.dtype().bytes() < 4 ? DType.F32 : g.dtype(); // a narrow one does not count far
        Tensor stays = x.eq(best).to(type), wins = source.eq(best.gather(axis, at)).to(type);
        var share = g.div(stays.scatterAdd(axis, at, wins).maximum(1)).to(g.dtype());
        return i == 0 ? stays.to(g.dtype()).mul(share) : wins.to(g.dtype()).mul(share.gather(axis, at));
    }

    @Override public Tensor pushforward(Tensor[] tangents, Tensor[] in, Tensor out) {
        var operands = Tangents.orZero(tangents, in);
        if (!isExtreme()) return apply(operands);
        var type = out.dtype().bytes() < 4 ? DType.F32 : out.dtype();
        Tensor stays = in[0].eq(out).to(type), wins = in[2].eq(out.gather(axis, in[1])).to(type);
        var sum = stays.mul(operands[0]).scatterAdd(axis, in[1], wins.mul(operands[2].to(type)));
        return sum.div(stays.scatterAdd(axis, in[1], wins).maximum(1));
    }

    @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) {
        return new ScatterOp(rule, axis + 1).apply(Batch.spread(size, isBatched, in));
    }

    @Override public long operations(Form out, Form... in) { return out.shape().count() + in[2].shape().count(); }

    @Override public String text() { return "scatter " + rule.name().toLowerCase(Locale.ROOT) + " " + axis; }
}
