package lyceum.nn;

import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/** Shaw's vectors: {@code keys} and {@code values}, (2 clip + 1, d) each. */
final class OffsetBias extends RelativeBias {
    private final int clip;
    private final Tensor keys, values;

    OffsetBias(RelativePosition.Offsets options, AttentionConfig config, Rng rng) {
        clip = options.clip();
        keys = vectors(config, rng);
        values = options.values() ? vectors(config, rng) : null;
    }

    private Tensor vectors(AttentionConfig config, Rng rng) {
        return Init.glorotUniform().sample(rng, config.dtype(), 2L * clip + 1, config.headWidth()).compute().requiresGrad();
    }

    @Override Tensor byOffset(Tensor q, long lowest, long highest, double scale) {
        return q.matmul(of(keys, lowest, highest).to(q.dtype()).transpose()).mul(scale);
    }

    @Override boolean hasValues() { return values != null; }

    @Override Tensor found(Tensor weights, Attention mask) {
        long queries = weights.size(-2), count = weights.size(-1);
        if (mask.queryStarts() == null) return unskewed(weights).matmul(of(values, 1 - count, queries - 1).to(weights.dtype()));
        var numbers = offsets(mask, queries, count).clamp(-clip, clip).add(clip).expand(weights.shape().toArray());
        var sums = Tensor.zeros(weights.dtype(), weights.size(0), weights.size(1), queries, 2L * clip + 1).scatterAdd(-1, numbers, weights);
        return sums.matmul(values.to(weights.dtype()));
    }

    private Tensor of(Tensor vectors, long lowest, long highest) {
        return vectors.indexSelect(0, Tensor.arange(lowest, highest + 1, 1).clamp(-clip, clip).add(clip));
    }
}
