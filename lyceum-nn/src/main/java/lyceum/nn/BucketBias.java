package lyceum.nn;

import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** T5's table: {@code weight} (buckets, heads). */
final class BucketBias extends RelativeBias {
    private final RelativePosition.Buckets options;
    private final Tensor weight;

    BucketBias(RelativePosition.Buckets options, AttentionConfig config, Rng rng) {
        this.options = options;
        weight = Init.normal(1 / Math.sqrt(config.width())).sample(rng, config.dtype(), options.count(), config.heads()).compute()
                .requiresGrad();
    }

    @Override Tensor byOffset(Tensor q, long lowest, long highest, double scale) {
        var numbers = weight.indexSelect(0, Tensor.of(options.buckets(lowest, highest)));
        return numbers.transpose().unsqueeze(0).unsqueeze(2);
    }
}
