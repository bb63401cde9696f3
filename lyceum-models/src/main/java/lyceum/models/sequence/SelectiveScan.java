package lyceum.models.sequence;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.backend.Parallel;
import lyceum.backend.View;
import lyceum.memory.Allocator;
import lyceum.memory.Storage;
import lyceum.nn.LinearScan;
import lyceum.tensor.Shape;
import lyceum.tensor.Tensor;

/**
 * Mamba's recurrence, in which step and weights come with each token:
 *
 * <pre>
 * h_t = exp(d_t A) h_(t-1) + W_t B_t u_t        y_t = C_t . h_t
 * W = d                       {@link Hold#EULER}, the published code
 * W = (exp(d A) - 1) / A      {@link Hold#ZERO_ORDER}, an input that is held between samples
 * </pre>
 *
 * @see <a href="https://arxiv.org/abs/2312.00752">Gu and Dao (2023), sections 2 and 3.3</a>
 */
public final class SelectiveScan {
    /** Channels that a thread takes at once; their shares of the gradients of B and C are added in order. */
    private static final int BLOCK = 8;

    private SelectiveScan() {}

    /** How the input enters between two samples. */
    public enum Hold {
        /** {@code d B}. */
        EULER,
        /** {@code (exp(d A) - 1) A^-1 B}. */
        ZERO_ORDER
    }

    /** How it is computed; all agree within rounding. */
    public enum Method {
        /** Step by step in one pass for each channel, channels side by side (of F32 by a kernel where the backend has one); states stay in cache and are computed again for the gradient. */
        FUSED,
        /** By {@link LinearScan}: {@code 2 log T} rounds over tensors (T, batch, channels, state). */
        TREE
    }

    /** {@code y} (batch, T, channels) and the last state (batch, channels, state). */
    public record Result(Tensor y, Tensor state) {}

    /** The factor and the weight of a step. */
    public record Discrete(Tensor factor, Tensor weight) {}

    /** {@code exp(d A)} and what B is multiplied by; shapes broadcast. A may be 0. */
    public static Discrete discretised(Tensor d, Tensor a, Hold hold) {
        var x = d.mul(a);
        if (hold == Hold.EULER) return new Discrete(x.exp(), d);
        var still = a.eq(0);
        return new Discrete(x.exp(), still.where(d, x.expm1().div(still.where(a.onesLike(), a))));
    }

    /**
     * @param u (batch, T, channels)
     * @param d steps, positive, (batch, T, channels)
     * @param a (channels, state), negative for a state that fades
     * @param b (batch, T, state)
     * @param c (batch, T, state)
     * @param initial (batch, channels, state)
     */
    public static Result of(Tensor u, Tensor d, Tensor a, Tensor b, Tensor c, Tensor initial, Hold hold, Method method) {
        long batch = u.size(0), length = u.size(1), channels = u.size(2), n = a.size(1);
        if (!d.shape().equals(u.shape()) || !a.shape().equals(Shape.of(channels, n)) || !b.shape().equals(Shape.of(batch, length, n))
                || !c.shape().equals(b.shape()) || !initial.shape().equals(Shape.of(batch, channels, n)))
            throw new ShapeException("SelectiveScan: u " + u.shape() + ", d " + d.shape() + ", a " + a.shape() + ", b " + b.shape() + ", c "
                    + c.shape() + ", initial " + initial.shape()
                    + "; they are (batch, T, channels) twice, (channels, state), (batch, T, state) twice and (batch, channels, state)");
        if (method == Method.TREE) {
            var done = tree(hold, u, d, a, b, c, initial);
            return new Result(done[0], done[1]);
        }
        var loops = new Loops((int) batch, (int) length, (int) channels, (int) n, hold == Hold.ZERO_ORDER);
        var done = new FusedLoops("selective scan", hold == Hold.EULER ? SelectiveScan::byKernel : null, loops::forward, loops::backward,
                p -> tree(hold, p[0], p[1], p[2], p[3], p[4], p[5]))
                .apply(new Shape[] {u.shape(), initial.shape()}, u, d, a, b, c, initial);
        return new Result(done[0], done[1]);
    }

    private static Tensor byKernel(Tensor[] in) {
        if (in[0].dtype() != DType.F32 || in[0].count() == 0 || in[5].count() == 0) return null;
        long size = in[0].count(), all = size + in[5].count();
        var out = Allocator.allocate(Math.multiplyExact(all, Float.BYTES));
        View y = place(out, 0, in[0].shape()), state = place(out, size, in[5].shape()), initial = in[5].values(DType.F32);
        MemorySegment.copy(initial.storage().segment(), initial.byteOffset(), out.segment(), state.byteOffset(),
                Float.BYTES * in[5].count());
        Reference.reachabilityFence(initial);
        boolean done = Backend.current().selectiveScan(in[0].values(DType.F32), in[1].values(DType.F32), in[2].values(DType.F32),
                in[3].values(DType.F32), in[4].values(DType.F32), state, y);
        return done ? Tensor.on(out, 0, DType.F32, all) : null;
    }

    private static View place(Storage out, long at, Shape shape) {
        return new View(DType.F32, out, at, shape.toArray(), View.contiguousStrides(shape.toArray()));
    }

    private static Tensor[] tree(Hold hold, Tensor u, Tensor d, Tensor a, Tensor b, Tensor c, Tensor initial) {
        var step = discretised(d.transpose(0, 1).unsqueeze(3), a, hold);
        var added = step.weight.mul(u.transpose(0, 1).unsqueeze(3)).mul(b.transpose(0, 1).unsqueeze(2));
        var states = LinearScan.of(step.factor, added, initial);
        return new Tensor[] {states.mul(c.transpose(0, 1).unsqueeze(2)).sum(3).transpose(0, 1), states.select(0, u.size(1) - 1)};
    }

    /** Operands u, d, a, b, c, initial; results y, state. */
    private record Loops(int batch, int length, int channels, int n, boolean held) {

        private double cost() { return 4.0 * length * n; }

        /** {@code (exp(d a) - 1) / a}, of which the difference near 0 would lose digits: there by its series. */
        private double weight(double step, double factor, double a) {
            if (!held) return step;
            double x = step * a;
            if (Math.abs(x) < 1e-4) return step * (1 + x / 2 * (1 + x / 3 * (1 + x / 4)));
            return (Math.abs(x) < 0.1 ? Math.expm1(x) : factor - 1) / a;
        }

        /** Its slope in a: {@code (d exp(d a) - w) / a}. */
        private double bend(double step, double factor, double w, double a) {
            double x = step * a;
            return Math.abs(x) < 1e-4 ? step * step * (0.5 + x / 3 + x * x / 8) : (step * factor - w) / a;
        }

        /** exp(d A) of a sequence (T, channels, n): by a kernel, which is faster than {@link Math#exp}. */
        private double[] factors(double[] d, double[] a, int s) {
            int size = length * channels;
            return Tensor.of(Arrays.copyOfRange(d, s * size, (s + 1) * size), length, channels, 1).mul(Tensor.of(a, channels, n)).exp()
                    .toDoubleArray();
        }

        void forward(double[][] in, double[][] out) {
            for (int s = 0; s < batch; s++) {
                int sequence = s;
                double[] factors = factors(in[1], in[2], s);
                Parallel.range(channels, BLOCK, cost(), (from, to) -> {
                    for (int k = (int) from; k < to; k++) forward(in, out, factors, sequence, k);
                });
            }
        }

        private void forward(double[][] in, double[][] out, double[] factors, int s, int k) {
            double[] u = in[0], d = in[1], a = in[2], b = in[3], c = in[4], h = out[1];
            int row = (s * channels + k) * n;
            System.arraycopy(in[5], row, h, row, n);
            for (int t = 0; t < length; t++) {
                int at = (s * length + t) * channels + k, bc = (s * length + t) * n, f = (t * channels + k) * n;
                double step = d[at], x = u[at], y = 0;
                for (int i = 0; i < n; i++) {
                    h[row + i] = factors[f + i] * h[row + i] + weight(step, factors[f + i], a[k * n + i]) * x * b[bc + i];
                    y += c[bc + i] * h[row + i];
                }
                out[0][at] = y;
            }
        }

        void backward(double[][] in, double[][] upstream, double[][] gradients) {
            int blocks = Math.ceilDiv(channels, BLOCK), size = length * n;
            for (int s = 0; s < batch; s++) {
                int sequence = s;
                double[] factors = factors(in[1], in[2], s);
                var shares = new double[blocks][2 * size];
                Parallel.range(channels, BLOCK, 3 * cost(), (from, to) -> {
                    var states = new double[size + n];
                    for (int k = (int) from; k < to; k++)
                        backward(in, upstream, gradients, factors, sequence, k, states, shares[(int) from / BLOCK]);
                });
                for (var share : shares) for (int i = 0; i < size; i++) {
                    gradients[3][s * size + i] += share[i];
                    gradients[4][s * size + i] += share[size + i];
                }
            }
        }

        /** States again, then back: {@code worth} is the gradient of the state. */
        private void backward(double[][] in, double[][] upstream, double[][] gradients, double[] factors, int s, int k, double[] states,
                double[] share) {
            double[] u = in[0], d = in[1], a = in[2], b = in[3], c = in[4], rates = gradients[2], worth = gradients[5];
            int row = (s * channels + k) * n, size = length * n;
            System.arraycopy(in[5], row, states, 0, n);
            for (int t = 0; t < length; t++) {
                int at = (s * length + t) * channels + k, bc = (s * length + t) * n, f = (t * channels + k) * n;
                for (int i = 0; i < n; i++)
                    states[(t + 1) * n + i] = factors[f + i] * states[t * n + i]
                            + weight(d[at], factors[f + i], a[k * n + i]) * u[at] * b[bc + i];
            }
            System.arraycopy(upstream[1], row, worth, row, n);
            for (int t = length - 1; t >= 0; t--) {
                int at = (s * length + t) * channels + k, bc = (s * length + t) * n, f = (t * channels + k) * n;
                double g = upstream[0][at], step = d[at], x = u[at], du = 0, dd = 0;
                for (int i = 0; i < n; i++) {
                    double rate = a[k * n + i], factor = factors[f + i], w = weight(step, factor, rate), before = states[t * n + i];
                    share[size + t * n + i] += g * states[(t + 1) * n + i];
                    double up = worth[row + i] + g * c[bc + i];
                    share[t * n + i] += up * w * x;
                    du += up * w * b[bc + i];
                    double entered = up * b[bc + i] * x;
                    dd += up * rate * factor * before + entered * (held ? factor : 1);
                    rates[k * n + i] += up * step * factor * before;
                    if (held) rates[k * n + i] += entered * bend(step, factor, w, rate);
                    worth[row + i] = up * factor;
                }
                gradients[0][at] = du;
                gradients[1][at] = dd;
            }
        }
    }
}
