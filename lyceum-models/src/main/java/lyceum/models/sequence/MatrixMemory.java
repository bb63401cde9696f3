package lyceum.models.sequence;

import java.util.ArrayList;
import lyceum.ShapeException;
import lyceum.tensor.Shape;
import lyceum.tensor.Tensor;

/**
 * The memory of an mLSTM, a matrix C and a normaliser n for each head, with an exponential input gate:
 *
 * <pre>
 * C_t = f_t C_(t-1) + i_t k_t' v_t      n_t = f_t n_(t-1) + i_t k_t      y_t = q_t C_t / max(|q_t . n_t|, 1)
 * </pre>
 *
 * <p>C and n are kept over {@code exp(m)}, where {@code m_t = max(log f_t + m_(t-1), log i_t)}, and 1 becomes {@code exp(-m)}: no gate overflows, and the same
 * function is computed. A chunk of positions is done at once from the state before it, so that chunks of 1 are the recurrence and one of all the parallel
 * form. m is a constant to gradients, since what is read does not depend on it.
 *
 * @param chunk positions of a chunk
 * @see <a href="https://arxiv.org/abs/2405.04517">Beck et al. (2024), section 2.3 and appendix A.3</a>
 */
public record MatrixMemory(int chunk) {
    /** The m of an empty memory. */
    public static final double NOTHING = -1e30;

    public MatrixMemory {
        if (chunk < 1) throw new IllegalArgumentException("MatrixMemory: chunk is " + chunk + "; it is at least 1");
    }

    /** What is stored: c (batch, heads, d, e), n (batch, heads, d), m (batch, heads). */
    public record State(Tensor c, Tensor n, Tensor m) {
        /** Of nothing, for keys and values like these. */
        public static State empty(Tensor k, Tensor v) {
            long batch = k.size(0), heads = k.size(1);
            return new State(Tensor.zeros(k.dtype(), batch, heads, k.size(3), v.size(3)), Tensor.zeros(k.dtype(), batch, heads, k.size(3)),
                    Tensor.full(k.dtype(), NOTHING, batch, heads));
        }
    }

    /** What was read at each position (batch, heads, T, e), and what is stored after the last. */
    public record Run(Tensor y, State state) {}

    /**
     * @param q (batch, heads, T, d), scaled by whoever wants it
     * @param k (batch, heads, T, d)
     * @param v (batch, heads, T, e)
     * @param input logarithms of the input gates (batch, heads, T)
     * @param forget logarithms of the forget gates
     * @param state null for an empty memory
     */
    public Run of(Tensor q, Tensor k, Tensor v, Tensor input, Tensor forget, State state) {
        if (q.rank() != 4 || !k.shape().equals(q.shape()) || v.rank() != 4
                || !input.shape().equals(Shape.of(q.size(0), q.size(1), q.size(2))) || !forget.shape().equals(input.shape())
                || v.size(0) != q.size(0) || v.size(1) != q.size(1) || v.size(2) != q.size(2))
            throw new ShapeException("MatrixMemory: q " + q.shape() + ", k " + k.shape() + ", v " + v.shape() + ", gates " + input.shape()
                    + " and " + forget.shape() + "; they are (batch, heads, T, d) twice, (batch, heads, T, e) and (batch, heads, T) twice");
        var parts = new ArrayList<Tensor>();
        if (state == null) state = State.empty(k, v);
        for (long from = 0, n; from < q.size(2); from += n) {
            n = Math.min(chunk, q.size(2) - from);
            var run = chunk(q.narrow(2, from, n), k.narrow(2, from, n), v.narrow(2, from, n), input.narrow(2, from, n),
                    forget.narrow(2, from, n), state);
            parts.add(run.y);
            state = run.state;
        }
        return new Run(parts.size() == 1 ? parts.getFirst() : Tensor.concat(2, parts.toArray(Tensor[]::new)), state);
    }

    private static Run chunk(Tensor q, Tensor k, Tensor v, Tensor input, Tensor forget, State before) {
        long n = q.size(2);
        var since = forget.cumsum(2); // log of all forget gates up to here
        var written = input.sub(since);
        // What position j has left at i, and what the state before has.
        var left = since.unsqueeze(3).add(written.unsqueeze(2));
        var ahead = Tensor.arange(n).reshape(-1, 1).lt(Tensor.arange(n));
        left = left.maskedFill(ahead, Double.NEGATIVE_INFINITY);
        var old = since.add(before.m.unsqueeze(2));
        var m = left.max(3, false).maximum(old).detach();
        var scores = q.matmul(k.transpose()).mul(left.sub(m.unsqueeze(3)).exp());
        var kept = q.mul(old.sub(m).exp().unsqueeze(3));
        var above = scores.matmul(v).add(kept.matmul(before.c));
        var below = scores.sum(3, true).add(kept.matmul(before.n.unsqueeze(3)));
        var y = above.div(below.abs().maximum(m.neg().exp().unsqueeze(3)));
        var all = since.select(2, n - 1);
        var weights = written.add(all.unsqueeze(2));
        var last = weights.max(2, false).maximum(all.add(before.m)).detach();
        var stays = all.add(before.m).sub(last).exp().unsqueeze(2);
        var keys = k.mul(weights.sub(last.unsqueeze(2)).exp().unsqueeze(3));
        return new Run(y,
                new State(before.c.mul(stays.unsqueeze(3)).add(keys.transpose().matmul(v)), before.n.mul(stays).add(keys.sum(2)), last));
    }
}
