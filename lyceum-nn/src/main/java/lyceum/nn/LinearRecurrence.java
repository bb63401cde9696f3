package lyceum.nn;

import java.util.ArrayList;
import lyceum.DType;
import lyceum.tensor.Tensor;

/**
 * {@code y_t = q_t S_t} with a matrix {@code S_t = g S_(t-1) + k_t' v_t} for each head, or, by the delta rule, {@code S_t = S_(t-1) + b_t k_t' (v_t - k_t S_(t-1))};
 * rows of q and k (batch, heads, T, d), of v (batch, heads, T, e). A chunk of positions is done at once from the state before it, so that chunks of 1 are
 * the recurrence and one chunk of all the parallel form.
 *
 * @param decays g of each head; null for 1
 * @param chunk positions of a chunk
 */
record LinearRecurrence(double[] decays, int chunk) {
    private static final int LEAF = 8;

    record Run(Tensor y, Tensor state) {}

    /** As sums over many positions are kept: F16 and BF16 as F32. */
    static Tensor wide(Tensor x) { return x.dtype().bytes() < 4 ? x.to(DType.F32) : x; }

    /**
     * @param beta (batch, heads, T, 1) of the delta rule; null for sums
     * @param state (batch, heads, d, e); null for zeros
     */
    Run of(Tensor q, Tensor k, Tensor v, Tensor beta, Tensor state) {
        long length = q.size(2);
        var parts = new ArrayList<Tensor>();
        for (long from = 0; from < length; from += chunk) {
            long n = Math.min(chunk, length - from), at = from;
            var run = chunk(q.narrow(2, at, n), k.narrow(2, at, n), v.narrow(2, at, n), beta == null ? null : beta.narrow(2, at, n), state);
            parts.add(run.y);
            state = run.state;
        }
        return new Run(parts.size() == 1 ? parts.getFirst() : Tensor.concat(2, parts.toArray(Tensor[]::new)), state);
    }

    private Run chunk(Tensor q, Tensor k, Tensor v, Tensor beta, Tensor state) {
        if (beta != null) return delta(q, k, v, beta, state);
        long n = q.size(2);
        var scores = q.matmul(k.transpose());
        if (decays == null) {
            Tensor y = scores.tril().matmul(v), sum = k.transpose().matmul(v);
            return state == null ? new Run(y, sum) : new Run(y.add(q.matmul(state)), state.add(sum));
        }
        var places = Tensor.arange(n).to(DType.F64);
        // Powers of differences: an outer product of powers would overflow.
        var within = powers(places.unsqueeze(1).sub(places).maximum(0.0), q.dtype()).tril();
        var left = powers(places.rsub(n - 1.0).unsqueeze(1), q.dtype());
        Tensor y = scores.mul(within).matmul(v), sum = k.mul(left).transpose().matmul(v);
        if (state == null) return new Run(y, sum);
        var since = powers(places.add(1.0).unsqueeze(1), q.dtype());
        return new Run(y.add(q.mul(since).matmul(state)), state.mul(powers(Tensor.full(DType.F64, n, 1, 1), q.dtype())).add(sum));
    }

    /** g to those exponents, for each head: (heads, ..). */
    private Tensor powers(Tensor exponents, DType type) {
        var logs = new double[decays.length];
        for (int h = 0; h < logs.length; h++) logs[h] = Math.log(decays[h]);
        return Tensor.of(logs).reshape(-1, 1, 1).mul(exponents).exp().to(type);
    }

    /**
     * What position i adds is {@code k_i' u_i}, where {@code u_i = b_i (v_i - k_i S - sum over j < i of (k_i k_j') u_j)}: one triangular system.
     *
     * @see <a href="https://arxiv.org/abs/2406.06484">Yang et al. (2024), section 3</a>
     */
    private static Run delta(Tensor q, Tensor k, Tensor v, Tensor beta, Tensor state) {
        var missing = state == null ? v : v.sub(k.matmul(state));
        var u = inverse(k.mul(beta).matmul(k.transpose()).tril(-1)).matmul(missing.mul(beta));
        Tensor y = q.matmul(k.transpose()).tril().matmul(u), sum = k.transpose().matmul(u);
        return state == null ? new Run(y, sum) : new Run(y.add(q.matmul(state)), state.add(sum));
    }

    /** {@code (I + a)^-1} of strictly lower triangles (.., n, n), by halves; small ones by {@code (I - a)(I + a^2)(I + a^4)}. */
    static Tensor inverse(Tensor a) {
        long n = a.size(-1), half = n / 2;
        if (n <= LEAF) {
            var one = Tensor.eye(a.dtype(), n);
            var product = one.sub(a);
            for (long power = 2; power < n; power *= 2) {
                a = a.matmul(a);
                product = product.matmul(one.add(a));
            }
            return product;
        }
        Tensor upper = inverse(a.narrow(-2, 0, half).narrow(-1, 0, half)),
                lower = inverse(a.narrow(-2, half, n - half).narrow(-1, half, n - half));
        var corner = lower.matmul(a.narrow(-2, half, n - half).narrow(-1, 0, half)).matmul(upper).neg();
        return Tensor.concat(-2, upper.pad(-1, 0, n - half, 0), Tensor.concat(-1, corner, lower));
    }
}
