package lyceum.nn;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * The weights of an attention, to look at: where each query looks, how spread its look is, and whether the weights are weights at all.
 *
 * {@snippet :
 * var look = new MultiHeadAttention(new AttentionConfig(64, 4), rng).weights(x, memory);
 * look.entropy();                                       // nats, per query
 * look.effectiveSupport().mean();                       // exp of it: on how many keys it rests
 * look.rowGap();                                        // 0.3: somebody masked after the softmax
 * }
 *
 * @param values (.., heads, queries, keys)
 */
public record AttentionWeights(Tensor values) {
    public AttentionWeights {
        if (values.rank() < 2) throw new ShapeException("AttentionWeights: " + values.shape() + "; weights are (.., heads, queries, keys)");
    }

    /** The heads' average (.., queries, keys). */
    public Tensor headMean() { return values.mean(-3, false); }

    /** {@code -sum w log w} of each row (.., queries), in nats: 0 for one key, {@code log n} for n alike. */
    public Tensor entropy() {
        var zero = values.eq(0);
        return values.mul(zero.where(values.onesLike(), values).log()).sum(-1).neg();
    }

    /** {@code exp(entropy)} of each row (.., queries): on how many keys, if they weighed alike, it rests. */
    public Tensor effectiveSupport() { return entropy().exp(); }

    /**
     * How far the sum of a row is from 1, at most; rows of zeros (nothing was seen) are left out. Above rounding, weights were changed after they were
     * normalised: masked or dropped.
     */
    public double rowGap() {
        var sums = values.detach().to(DType.F64).sum(-1);
        return sums.eq(0).where(sums.zerosLike(), sums.sub(1).abs()).max().item();
    }
}
