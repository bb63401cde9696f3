package lyceum.nn;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * How well keys fit queries: from q (.., queries, d) and k (.., keys, e) to raw scores (.., queries, keys), before any mask or softmax. Leading axes
 * broadcast.
 *
 * {@snippet :
 * Tensor scores = AttentionScore.scaledDot().of(q, k);
 * Tensor capped = AttentionScore.scaledDot().softCapped(50).plus(bias).of(q, k);
 * var additive = new AttentionScore.Additive(16, 24, 32, DType.F32, rng);      // a module: its parameters are trained
 * }
 *
 * <p>Scores are left as they are, so that an {@link AttentionMask} and the softmax come after; {@link AttentionMechanism} puts them together. For
 * the scaled dot product {@link lyceum.tensor.Attention} does all of it in one kernel.
 */
@FunctionalInterface
public interface AttentionScore {
    /** The scores (.., queries, keys). @throws ShapeException if widths do not fit */
    Tensor of(Tensor q, Tensor k);

    /** {@code q . k} (Luong, Pham and Manning 2015). */
    static AttentionScore dot() { return scaledDot(1); }

    /** {@code q . k / sqrt(d)}: the variance of a score stays that of one product (Vaswani et al. 2017). */
    static AttentionScore scaledDot() { return (q, k) -> products(q, k).mul(1 / Math.sqrt(q.size(-1))); }

    /** {@code scale q . k}. @throws IllegalArgumentException unless finite */
    static AttentionScore scaledDot(double scale) {
        if (!Double.isFinite(scale)) throw new IllegalArgumentException("AttentionScore: scale is " + scale + "; it is a finite number");
        return (q, k) -> scale == 1 ? products(q, k) : products(q, k).mul(scale);
    }

    /** {@code q . k / d}: learning rates then carry over from one width to another (Yang et al. 2022, maximal update parametrisation). */
    static AttentionScore widthScaled() { return (q, k) -> products(q, k).mul(1.0 / q.size(-1)); }

    /**
     * {@code q . k / sqrt(d) * log(keys) / log(reference)}: as sharp over many keys as over {@code reference} of them (Su 2021; Chiang and Cholak 2022).
     *
     * @param reference a number of keys, at least 2
     */
    static AttentionScore lengthScaled(int reference) {
        if (reference < 2) throw new IllegalArgumentException("AttentionScore: reference is " + reference + "; it is at least 2 keys");
        return (q, k) -> products(q, k).mul(Math.log(k.size(-2)) / Math.log(reference) / Math.sqrt(q.size(-1)));
    }

    /** {@code -scale |q - k|^2}; with 1/2 the weights are those of a Gaussian kernel of width 1 (Nadaraya and Watson 1964). */
    static AttentionScore negativeSquaredDistance(double scale) {
        if (!Double.isFinite(scale)) throw new IllegalArgumentException("AttentionScore: scale is " + scale + "; it is a finite number");
        return (q, k) -> {
            fit(q, k);
            return q.unsqueeze(-2).sub(k.unsqueeze(-3)).square().sum(-1).mul(-scale);
        };
    }

    /** These scores and a bias by position, which broadcasts to (.., queries, keys). */
    default AttentionScore plus(Tensor bias) { return (q, k) -> of(q, k).add(bias); }

    /** {@code cap tanh(score / cap)}: within (-cap, cap), as Gemma 2 caps them. @throws IllegalArgumentException unless positive */
    default AttentionScore softCapped(double cap) {
        if (!(cap > 0 && cap < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("AttentionScore: cap is " + cap + "; it is positive");
        return (q, k) -> of(q, k).div(cap).tanh().mul(cap);
    }

    private static Tensor products(Tensor q, Tensor k) {
        fit(q, k);
        return q.matmul(k.transpose());
    }

    private static void fit(Tensor q, Tensor k) {
        if (q.rank() < 2 || k.rank() < 2 || q.size(-1) != k.size(-1)) throw new ShapeException(
                "AttentionScore: q " + q.shape() + " and k " + k.shape() + "; both are (.., length, d) of one width d");
    }

    /** A score with parameters. Its own input, where it is run as a layer, is both queries and keys. */
    abstract sealed class Learned extends Module implements AttentionScore {
        @Override protected Tensor compute(Tensor x, Pass pass) { return of(x, x); }
    }

    /** {@code factor q . k} with a factor that is learned; it begins at {@code 1 / sqrt(d)}. */
    final class Scaled extends Learned {
        private final Tensor factor;

        public Scaled(int width, DType dtype) { factor = Tensor.full(dtype, 1 / Math.sqrt(width)).compute().requiresGrad(); }

        @Override public Tensor of(Tensor q, Tensor k) { return products(q, k).mul(factor); }
    }

    /** {@code q' W k}, which Luong et al. call general; W (d, e) lets widths differ. */
    final class Bilinear extends Learned {
        private final Tensor weight;

        public Bilinear(int queryWidth, int keyWidth, DType dtype, Rng rng) {
            this(Init.glorotUniform().sample(rng, dtype, queryWidth, keyWidth));
        }

        /** From a given matrix (d, e), which becomes a parameter. */
        public Bilinear(Tensor weight) { this.weight = weight.copy().requiresGrad(); }

        @Override public Tensor of(Tensor q, Tensor k) {
            if (q.size(-1) != weight.size(0) || k.size(-1) != weight.size(1))
                throw new ShapeException("Bilinear: q " + q.shape() + " and k " + k.shape() + " for a matrix " + weight.shape());
            return q.matmul(weight).matmul(k.transpose());
        }
    }

    /**
     * {@code v . tanh(W q + U k)}: a small network looks at both (Bahdanau, Cho and Bengio 2015). Memory is queries times keys times hidden units;
     * {@link #project} takes what depends on the keys alone out of a loop over queries.
     */
    final class Additive extends Learned {
        private final Linear query, key;
        private final Tensor v;

        public Additive(int queryWidth, int keyWidth, int hidden, DType dtype, Rng rng) {
            this(queryWidth, keyWidth, hidden, true, dtype, rng);
        }

        /** @param bias false for {@code v . tanh(W q + U k)} as it stands, which is also {@code v . tanh(W [q; k])}, Luong's concat */
        public Additive(int queryWidth, int keyWidth, int hidden, boolean bias, DType dtype, Rng rng) {
            query = new Linear(queryWidth, hidden, false, dtype, Init.glorotUniform(), rng);
            key = new Linear(keyWidth, hidden, bias, dtype, Init.glorotUniform(), rng);
            v = Init.torchLinear(hidden).sample(rng, dtype, hidden).compute().requiresGrad();
        }

        /** {@code U k + b} (.., keys, hidden), to be kept while queries come one by one. */
        public Tensor project(Tensor k) { return key.forward(k); }

        /** The scores of queries against projected keys. */
        public Tensor ofProjected(Tensor q, Tensor projected) {
            return query.forward(q).unsqueeze(-2).add(projected.unsqueeze(-3)).tanh().mul(v).sum(-1);
        }

        @Override public Tensor of(Tensor q, Tensor k) { return ofProjected(q, project(k)); }
    }

    /** {@code factor cos(q, k)} with a factor that is learned, as its logarithm so that it stays positive (Henry et al. 2020). Zero vectors score zero. */
    final class Cosine extends Learned {
        private static final double TINY = 1e-24;
        private final Tensor log_factor;

        /** @param factor to begin with, positive: 10 tells cosines apart that differ by a tenth */
        public Cosine(double factor, DType dtype) {
            if (!(factor > 0 && factor < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException("Cosine: factor is " + factor + "; it is positive");
            log_factor = Tensor.full(dtype, Math.log(factor)).compute().requiresGrad();
        }

        @Override public Tensor of(Tensor q, Tensor k) { return products(unit(q), unit(k)).mul(log_factor.exp()); }

        private static Tensor unit(Tensor x) {
            var wide = x.to(x.dtype().accumulator()); // a tiny number is 0 in F16
            return wide.mul(wide.square().sum(-1, true).add(TINY).rsqrt()).to(x.dtype());
        }
    }

    /** {@code W q}: where to look follows from the query alone, key {@code j} has the j-th number (Luong et al. 2015). */
    final class Location extends Learned {
        private final Linear place;

        /** @param keys at most */
        public Location(int queryWidth, int keys, DType dtype, Rng rng) {
            place = new Linear(queryWidth, keys, false, dtype, Init.glorotUniform(), rng);
        }

        @Override public Tensor of(Tensor q, Tensor k) {
            var all = place.forward(q);
            if (k.size(-2) > all.size(-1))
                throw new ShapeException("Location: " + k.size(-2) + " keys; there are places for " + all.size(-1));
            return all.narrow(-1, 0, k.size(-2));
        }
    }
}
