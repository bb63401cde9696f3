package lyceum.models.sequence;

import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.tensor.Shape;
import lyceum.tensor.Tensor;

/**
 * RWKV-4's attention without queries, a recurrence for each channel:
 *
 * <pre>
 * y_t = (sum over i &lt; t of exp(k_i - (t - 1 - i) w) v_i + exp(u + k_t) v_t) / (the same with 1 for v)
 * </pre>
 *
 * <p>Numerator and denominator are kept over {@code exp(p)}, where p is the largest exponent so far, so that no key overflows. Gradients take p for a
 * constant: what follows depends on {@code a exp(p)} and {@code b exp(p)} alone.
 *
 * @see <a href="https://arxiv.org/abs/2305.13048">Peng et al. (2023), section 3.2 and appendix D</a>
 */
public final class Wkv {
    /** The p of no positions: exp of it is 0, and it can be added to. */
    public static final double NOTHING = -1e30;

    private Wkv() {}

    /** {@code y} (batch, T, channels) and what to go on from, (batch, channels) each. */
    public record Result(Tensor y, Tensor a, Tensor b, Tensor p) {}

    /**
     * @param k (batch, T, channels)
     * @param v (batch, T, channels)
     * @param w decay of a step, positive, (channels)
     * @param u bonus of the present position, (channels)
     * @param a numerator so far over {@code exp(p)}, (batch, channels)
     * @param b denominator
     * @param p exponent of both, {@link #NOTHING} at the beginning
     */
    public static Result of(Tensor k, Tensor v, Tensor w, Tensor u, Tensor a, Tensor b, Tensor p) {
        long batch = k.size(0), length = k.size(1), channels = k.size(2);
        Shape row = Shape.of(channels), state = Shape.of(batch, channels);
        if (!v.shape().equals(k.shape()) || !w.shape().equals(row) || !u.shape().equals(row) || !a.shape().equals(state)
                || !b.shape().equals(state) || !p.shape().equals(state))
            throw new ShapeException("Wkv: k " + k.shape() + ", v " + v.shape() + ", w " + w.shape() + ", u " + u.shape() + ", a "
                    + a.shape() + ", b " + b.shape() + ", p " + p.shape()
                    + "; they are (batch, T, channels) twice, (channels) twice, (batch, channels)");
        var loops = new Loops((int) batch, (int) length, (int) channels);
        var done = new FusedLoops("wkv", null, loops::forward, loops::backward, Wkv::stepByStep)
                .apply(new Shape[] {k.shape(), state, state, state}, k, v, w, u, a, b, p.detach());
        return new Result(done[0], done[1], done[2], done[3].detach());
    }

    private static Tensor[] stepByStep(Tensor[] in) {
        Tensor w = in[2], u = in[3], a = in[4], b = in[5], p = in[6].detach();
        int length = (int) in[0].size(1);
        var y = new Tensor[length];
        for (int t = 0; t < length; t++) {
            Tensor k = in[0].select(1, t), v = in[1].select(1, t), now = u.add(k), q = p.maximum(now).detach();
            Tensor before = p.sub(q).exp(), here = now.sub(q).exp();
            y[t] = before.mul(a).add(here.mul(v)).div(before.mul(b).add(here));
            q = p.sub(w).maximum(k).detach();
            before = p.sub(w).sub(q).exp();
            here = k.sub(q).exp();
            a = before.mul(a).add(here.mul(v));
            b = before.mul(b).add(here);
            p = q;
        }
        return new Tensor[] {Tensor.stack(1, y), a, b, p};
    }

    /** Operands k, v, w, u, a, b, p; results y, a, b, p. */
    private record Loops(int batch, int length, int channels) {

        void forward(double[][] in, double[][] out) {
            Parallel.range((long) batch * channels, 8, 60.0 * length, (from, to) -> {
                var past = new double[3][length + 1];
                for (int row = (int) from; row < to; row++) {
                    run(in, row, past, out[0]);
                    for (int i = 0; i < 3; i++) out[1 + i][row] = past[i][length];
                }
            });
        }

        /** All states of a channel, (a, b, p) before each step and after the last; outputs if they are wanted. */
        private void run(double[][] in, int row, double[][] past, double[] y) {
            double w = in[2][row % channels], u = in[3][row % channels];
            double[] a = past[0], b = past[1], p = past[2];
            a[0] = in[4][row];
            b[0] = in[5][row];
            p[0] = in[6][row];
            for (int t = 0; t < length; t++) {
                int at = (row / channels * length + t) * channels + row % channels;
                double k = in[0][at], v = in[1][at];
                if (y != null) {
                    double q = Math.max(p[t], u + k), before = Math.exp(p[t] - q), here = Math.exp(u + k - q);
                    y[at] = (before * a[t] + here * v) / (before * b[t] + here);
                }
                double q = Math.max(p[t] - w, k), before = Math.exp(p[t] - w - q), here = Math.exp(k - q);
                a[t + 1] = before * a[t] + here * v;
                b[t + 1] = before * b[t] + here;
                p[t + 1] = q;
            }
        }

        void backward(double[][] in, double[][] upstream, double[][] gradients) {
            var shares = new double[2][batch * channels];
            Parallel.range((long) batch * channels, 8, 150.0 * length, (from, to) -> {
                var past = new double[3][length + 1];
                for (int row = (int) from; row < to; row++) back(in, upstream, gradients, row, past, shares);
            });
            for (int row = 0; row < batch * channels; row++) for (int i = 0; i < 2; i++) gradients[2 + i][row % channels] += shares[i][row];
        }

        /** The gradients of the true numerator and denominator are {@code ga exp(s)} and {@code gb exp(s)}; no exponent below is positive up to rounding. */
        private void back(double[][] in, double[][] upstream, double[][] gradients, int row, double[][] past, double[][] shares) {
            run(in, row, past, null);
            double w = in[2][row % channels], u = in[3][row % channels];
            double ga = upstream[1][row], gb = upstream[2][row], s = -past[2][length];
            for (int t = length - 1; t >= 0; t--) {
                int at = (row / channels * length + t) * channels + row % channels;
                double k = in[0][at], v = in[1][at], a = past[0][t], b = past[1][t], p = past[2][t];
                double written = Math.exp(k + s), kept = Math.exp(p - w + s);
                double q = Math.max(p, u + k), before = Math.exp(p - q), here = Math.exp(u + k - q), below = before * b + here;
                double gn = upstream[0][at] / below, gd = -gn * (before * a + here * v) / below;
                double bonus = here * (gn * v + gd);
                gradients[0][at] = bonus + written * (ga * v + gb);
                gradients[1][at] = here * gn + written * ga;
                shares[0][row] -= kept * (ga * a + gb * b);
                shares[1][row] += bonus;
                double next = Math.max(s - w, -q), old = Math.exp(s - w - next), fresh = Math.exp(-q - next);
                ga = old * ga + fresh * gn;
                gb = old * gb + fresh * gd;
                s = next;
            }
            double scale = Math.exp(s + past[2][0]);
            gradients[4][row] = ga * scale;
            gradients[5][row] = gb * scale;
        }
    }
}
