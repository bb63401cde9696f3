package lyceum.prob;

import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A relaxed one-hot choice: {@code softmax((logits + g) / temperature)} with Gumbel noise g. Its largest entry is a categorical draw; as the temperature
 * falls the others vanish, the bias with them, and the gradient's variance grows. {@link #straightThrough} gives the choice itself forward and the
 * relaxed gradient backward.
 *
 * @param logits (..., k), need not be normalised
 * @param temperature positive
 * @see <a href="https://arxiv.org/abs/1611.01144">Jang, Gu and Poole (2017)</a>
 * @see <a href="https://arxiv.org/abs/1611.00712">Maddison, Mnih and Teh (2017), The Concrete Distribution</a>
 */
public record GumbelSoftmax(Tensor logits, double temperature) implements Reparameterized {
    public GumbelSoftmax {
        Arguments.positive("GumbelSoftmax", "temperature", temperature);
        logits = logits.to(Elementwise.type(logits));
    }

    @Override public long[] shape() { return logits.shape().toArray(); }

    @Override public int pointAxes() { return 1; }

    @Override public Tensor rsample(Rng rng, long... count) { return rsample(noise(rng, count)); }

    private Tensor noise(Rng rng, long... count) {
        return Draws.noise(rng, logits.dtype(), Draws.joined(count, shape()), GumbelMax::noise);
    }

    @Override public Tensor rsample(Tensor noise) { return logits.add(noise).div(temperature).softmax(-1); }

    /** One-hot draws whose gradient is that of the relaxed ones: biased. */
    public Tensor straightThrough(Rng rng, long... count) { return straightThrough(noise(rng, count)); }

    /** The one-hot draws that given Gumbel noise becomes. */
    public Tensor straightThrough(Tensor noise) {
        var soft = rsample(noise);
        var hard = soft.detach().argmax(-1).oneHot(soft.dtype(), soft.size(-1));
        // soft - soft is 0 to the bit, so that the value stays one-hot
        return hard.add(soft.sub(soft.detach()));
    }

    @Override public Tensor logDensity(Tensor x) {
        long k = logits.size(-1);
        double factorials = 0;
        for (long i = 2; i < k; i++) factorials += Math.log(i);
        var log = x.log();
        return logits.sub(log.mul(temperature + 1)).sum(-1).sub(logits.sub(log.mul(temperature)).logSumExp(-1).mul(k))
                .add(factorials + (k - 1) * Math.log(temperature));
    }
}
