package lyceum.prob;

import java.util.Arrays;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Zeros and ones, or outcomes by the largest of Gumbel-perturbed logits. */
record DiscreteDraws(Tensor logits, boolean isCategorical) implements TensorDistribution {
    @Override public long[] shape() {
        long[] all = logits.shape().toArray();
        return isCategorical ? Arrays.copyOf(all, all.length - 1) : all;
    }

    @Override public Tensor sample(Rng rng, long... count) {
        return Autograd.noGrad(() -> {
            long[] full = Draws.joined(count, logits.shape().toArray());
            if (!isCategorical) return Draws.noise(rng, logits.dtype(), full, r -> r.nextDouble()).lt(logits.sigmoid()).to(logits.dtype());
            return Draws.noise(rng, logits.dtype(), full, GumbelMax::noise).add(logits).argmax(-1);
        });
    }

    @Override public Tensor logDensity(Tensor x) {
        if (!isCategorical) return Bernoulli.logMass(logits, x);
        var log = logits.logSoftmax(-1);
        long k = logits.size(-1);
        return log.mul(x.oneHot(logits.dtype(), k)).sum(-1);
    }
}
