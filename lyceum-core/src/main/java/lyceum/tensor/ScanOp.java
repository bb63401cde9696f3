package lyceum.tensor;

import java.util.Locale;
import lyceum.backend.Backend;
import lyceum.backend.Backend.Scan;
import lyceum.backend.View;

/** A running sum, product, maximum or minimum along an axis. Extremes are not differentiable; the product's derivatives divide by the elements. */
public record ScanOp(Scan scan, int axis) implements Operation {
    static Tensor of(Scan scan, Tensor x, int axis) { return new ScanOp(scan, x.shape().axis(axis)).apply(x); }

    @Override public Tensor value(Tensor... in) {
        var out = Fusion.allocate(in[0].dtype(), in[0].shape());
        into(out, in);
        return new Tensor(out, in[0].shape());
    }

    @Override public void into(View out, Tensor... in) { Backend.current().scan(scan, in[0].view(), axis, out); }

    @Override public boolean isDifferentiable() { return scan == Scan.SUM || scan == Scan.PROD; }

    @Override public boolean isLinear() { return scan == Scan.SUM; }

    @Override public int reads(int i) { return scan == Scan.SUM ? 0 : 1 | RESULT; }

    @Override public Tensor pullback(int i, Tensor g, Reading reading) {
        return scan == Scan.SUM ? g.flip(axis).cumsum(axis).flip(axis)
                : g.mul(reading.result()).flip(axis).cumsum(axis).flip(axis).div(reading.operand(0));
    }

    @Override public Tensor pushforward(Tensor[] tangents, Tensor[] in, Tensor out) {
        return scan == Scan.SUM ? apply(tangents) : tangents[0].div(in[0]).cumsum(axis).mul(out);
    }

    @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) { return new ScanOp(scan, axis + 1).apply(in); }

    @Override public String text() { return "running " + scan.name().toLowerCase(Locale.ROOT) + " " + axis; }
}
