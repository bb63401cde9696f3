package lyceum.models.sequence;

import lyceum.DType;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * How much pairs of neurons have moved together, the past fading at a rate that each pair learns:
 *
 * <pre>
 * S_t = (sum over s &lt;= t of exp(-r (t - s)) z_i,s z_j,s) / sqrt(sum over s &lt;= t of exp(-r (t - s)))        r >= 0
 * </pre>
 *
 * computed by two recurrences. Parameters: {@code decay} (pairs); a negative one counts as 0, and its gradient is that at 0, so that it may return.
 *
 * @see <a href="https://arxiv.org/abs/2505.05522">Darlow et al. (2025), section 2.4</a>
 */
public final class Synchronisation extends Module {
    private final Tensor decay, left, right;

    /** Sums so far: of products (batch, pairs), and of weights (pairs); null before the first. */
    public record State(Tensor products, Tensor weights) {
        /** {@code S} (batch, pairs). */
        public Tensor value() { return products.div(weights.sqrt()); }
    }

    /** Random pairs of neurons; decays of 0.01 at first. */
    public Synchronisation(int neurons, int pairs, DType dtype, Rng rng) {
        long[] i = new long[pairs], j = new long[pairs];
        for (int p = 0; p < pairs; p++) {
            i[p] = rng.nextInt(neurons);
            j[p] = rng.nextInt(neurons);
        }
        left = Tensor.of(i);
        right = Tensor.of(j);
        decay = Tensor.full(dtype, 0.01, pairs).compute().requiresGrad();
    }

    /** The pairs: (pairs) and (pairs). */
    public Tensor[] pairs() { return new Tensor[] {left, right}; }

    /** One more tick. @param before null at first @param z (batch, neurons) */
    public State step(State before, Tensor z) {
        var product = z.indexSelect(1, left).mul(z.indexSelect(1, right));
        if (before == null) return new State(product, decay.onesLike());
        var kept = decay.add(decay.neg().relu().detach()).neg().exp();
        return new State(before.products.mul(kept).add(product), before.weights.mul(kept).add(1.0));
    }

    /** After one tick. */
    @Override protected Tensor compute(Tensor z, Pass pass) { return step(null, z).value(); }
}
