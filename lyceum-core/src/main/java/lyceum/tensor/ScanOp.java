package lyceum.tensor;

import java.util.Locale;
import lyceum.backend.Backend;
import lyceum.backend.Backend.Scan;
import lyceum.backend.View;

/** A running sum, product, maximum or minimum along an axis. Extremes are not differentiable. */
public record ScanOp(Scan scan, int axis) implements Operation {
    static Tensor of(Scan scan, Tensor x, int axis) { return new ScanOp(scan, x.shape().axis(name(scan), axis)).apply(x); }

    private static String name(Scan scan) { return "cum" + scan.name().toLowerCase(Locale.ROOT); }

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
        if (scan == Scan.SUM) return g.flip(axis).cumsum(axis).flip(axis);
        // sum over k >= i of g_k times the product of x_j, j <= k but i: the product before i, times s_i = g_i + x_(i+1) s_(i+1)
        var s = recurrence(before(reading.operand(0).flip(axis)), g.flip(axis)).flip(axis);
        return s.mul(before(reading.result()));
    }

    @Override public Tensor pushforward(Tensor[] tangents, Tensor[] in, Tensor out) {
        return scan == Scan.SUM ? apply(tangents) : recurrence(in[0], tangents[0].mul(before(out)));
    }

    /** Each element's predecessor, and 1 for the first. */
    private Tensor before(Tensor x) {
        long n = x.size(axis);
        return n == 0 ? x : Tensor.concat(axis, x.narrow(axis, 0, 1).onesLike(), x.narrow(axis, 0, n - 1));
    }

    /**
     * {@code t_k = b_k + a_k t_(k-1)} without a division, which zeros would not allow: in rounds that double how far back each element has seen.
     * See Kogge and Stone (1973), <i>A Parallel Algorithm for the Efficient Solution of a General Class of Recurrence Equations</i>.
     */
    private Tensor recurrence(Tensor a, Tensor b) {
        long n = a.size(axis);
        for (long seen = 1; seen < n; seen *= 2) {
            Tensor early = a.narrow(axis, 0, n - seen), late = a.narrow(axis, seen, n - seen);
            b = Tensor.concat(axis, b.narrow(axis, 0, seen), late.mulAdd(b.narrow(axis, 0, n - seen), b.narrow(axis, seen, n - seen)));
            a = Tensor.concat(axis, a.narrow(axis, 0, seen), late.mul(early));
        }
        return b;
    }

    @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) { return new ScanOp(scan, axis + 1).apply(in); }

    @Override public String text() { return "running " + scan.name().toLowerCase(Locale.ROOT) + " " + axis; }
}
