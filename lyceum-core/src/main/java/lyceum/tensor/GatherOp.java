package lyceum.tensor;

import lyceum.backend.Backend;
import lyceum.backend.View;

/** Operand 0 at the places along an axis that operand 1 (I64) names. */
public record GatherOp(int axis) implements Operation {
    @Override public Tensor value(Tensor... in) {
        var out = Fusion.allocate(in[0].dtype(), in[1].shape());
        into(out, in);
        return new Tensor(out, in[1].shape());
    }

    @Override public void into(View out, Tensor... in) { Backend.current().gather(in[0].view(), axis, in[1].view(), out); }

    @Override public boolean isLinear() { return true; }

    @Override public int reads(int i) { return 2; }

    @Override public Tensor pullback(int i, Tensor g, Reading reading) {
        return Tensor.full(g.dtype(), 0, reading.shape(0).sizes()).scatterAdd(axis, reading.operand(1), g);
    }

    @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) {
        return new GatherOp(axis + 1).apply(Batch.spread(size, isBatched, in));
    }

    @Override public String text() { return "gather " + axis; }
}
