package lyceum.learn.fairness;

import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Decisions, perhaps randomised, that came out of a {@link BiasMitigation}. */
@FunctionalInterface
public interface FairModel {
    /**
     * The probability of a positive decision for each row; 0 or 1 where decisions are not random.
     *
     * @param x (n x p)
     * @param groups (n); some models do not look at them
     */
    double[] acceptance(Tensor x, long[] groups);

    /** Draws decisions, 0 or 1 (n). Random models answer a row differently under another {@code rng}: draw once and keep the answer. */
    default long[] decide(Tensor x, Tensor groups, Rng rng) {
        double[] p = acceptance(x, groups.toLongArray());
        var decisions = new long[p.length];
        for (int i = 0; i < p.length; i++) decisions[i] = rng.nextDouble() < p[i] ? 1 : 0;
        return decisions;
    }

    /** Expected accuracy and gap on these rows. */
    default TradeOff tradeOff(Tensor x, Tensor labels, Tensor groups, FairnessCriterion criterion) {
        long[] group = groups.toLongArray();
        return TradeOff.of(labels.toLongArray(), acceptance(x, group), group, criterion);
    }
}
