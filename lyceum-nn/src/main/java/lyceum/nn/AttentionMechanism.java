package lyceum.nn;

import java.util.Objects;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Attention with any score: {@code normaliser(mask(score(q, k))) v}, in tensor operations, quadratic in the lengths. Where the score is the scaled dot
 * product, {@link lyceum.tensor.Attention} does it in one kernel.
 *
 * {@snippet :
 * var gaussian = new AttentionMechanism(AttentionScore.negativeSquaredDistance(0.5));
 * Tensor y = gaussian.of(q, k, v);
 * AttentionWeights look = gaussian.weights(q, k, null);
 * }
 *
 * @param score of keys for queries
 * @param normaliser of each query's scores
 * @param dropout share of the weights that are dropped while learning
 * @see <a href="https://arxiv.org/abs/1409.0473">Bahdanau, Cho and Bengio (2015)</a>
 * @see <a href="https://arxiv.org/abs/1602.02068">Martins and Astudillo (2016): sparsemax</a>
 */
@Withers
public record AttentionMechanism(AttentionScore score, Normaliser normaliser, double dropout) implements AttentionMechanismWithers {

    /** Scores to weights: non-negative, of sum 1 in each row. */
    public enum Normaliser {
        /** Every key that is seen has a weight above zero. */
        SOFTMAX,
        /** The nearest point of the simplex: most weights are exactly zero. */
        SPARSEMAX
    }

    public AttentionMechanism {
        Objects.requireNonNull(score, "score");
        Objects.requireNonNull(normaliser, "normaliser");
        new Dropout(dropout);
    }

    /** Softmax, without dropout. */
    public AttentionMechanism(AttentionScore score) { this(score, Normaliser.SOFTMAX, 0); }

    /** Attends to all keys, predicting. See {@link #of(Tensor, Tensor, Tensor, Tensor, Pass)}. */
    public Tensor of(Tensor q, Tensor k, Tensor v) { return of(q, k, v, null, Pass.inference()); }

    /**
     * Attends.
     *
     * @param q (.., queries, d)
     * @param k (.., keys, e)
     * @param v (.., keys, width)
     * @param seen BOOL, broadcasts to (.., queries, keys): true where a key is seen; or null. A query that sees nothing gives zeros
     * @return (.., queries, width)
     */
    public Tensor of(Tensor q, Tensor k, Tensor v, Tensor seen, Pass pass) {
        return new Dropout(dropout).forward(normal(score.of(q, k), seen), pass).matmul(v);
    }

    /** The weights alone (.., queries, keys). */
    public AttentionWeights weights(Tensor q, Tensor k, Tensor seen) { return new AttentionWeights(normal(score.of(q, k), seen)); }

    private Tensor normal(Tensor scores, Tensor seen) {
        if (seen == null) return normaliser == Normaliser.SOFTMAX ? scores.softmax(-1) : Sparsemax.of(scores);
        if (normaliser == Normaliser.SOFTMAX) return AttentionMask.weights(scores, seen);
        // Two below the largest is outside of every support.
        var low = seen.where(scores.detach(), Tensor.full(scores.dtype(), AttentionMask.hidden(scores.dtype()), 1)).max(-1, true).sub(2);
        return seen.where(Sparsemax.of(seen.where(scores, low)), Tensor.zeros(scores.dtype(), 1));
    }
}
