package lyceum.llm.weights;

import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Trim, elect sign, merge: of each model's change of a tensor the largest entries are kept, each entry's sign is elected by total mass, and those that agree
 * with it are averaged: {@code W = W_0 + lambda sum_t w_t d_t [sign d_t = g] / sum_t w_t [sign d_t = g]} with {@code g = sign sum_t w_t d_t}. Where votes
 * cancel or nobody votes the base stays.
 *
 * {@snippet :
 * var merged = new ModelMerger(new TiesMerging()).merge(base, List.of(first, second, third));
 * }
 *
 * <p>Trimming is by tensor, as in mergekit, so that tensors can be merged one at a time; the paper trims over all of a model's numbers at once. Entries as
 * large as the smallest one kept are kept too.
 *
 * @param density share of entries that are <em>kept</em>, in (0, 1], rounded to whole entries, at least one
 * @param lambda what the merged change is multiplied by
 * @param weights of the models, positive; none for all alike
 * @see <a href="https://arxiv.org/abs/2306.01708">Yadav, Tam, Choshen, Raffel and Bansal (2023)</a>
 */
@Withers
public record TiesMerging(double density, double lambda, List<Double> weights) implements MergeMethod, TiesMergingWithers {
    public TiesMerging {
        weights = List.copyOf(weights);
        if (!(density > 0 && density <= 1))
            throw new IllegalArgumentException("TiesMerging: density is " + density + "; the share kept lies in (0, 1]");
        if (!Double.isFinite(lambda)) throw new IllegalArgumentException("TiesMerging: lambda is " + lambda + "; it is finite");
        for (double w : weights)
            if (!(w > 0 && w < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException("TiesMerging: weights are " + weights + "; they are positive");
    }

    /** A fifth is kept, as in the paper, the merged change as it is. */
    public TiesMerging() { this(0.2, 1, List.of()); }

    @Override public boolean needsBase() { return true; }

    @Override public Tensor merge(Slot slot) {
        var changes = slot.models().stream().map(w -> trimmed(w.sub(slot.base()))).toList();
        return slot.base().add(agreed(changes).mul(lambda));
    }

    /** A change without its smaller entries. */
    public Tensor trimmed(Tensor change) {
        int n = Math.toIntExact(change.count()), kept = (int) Math.max(1, Math.rint(density * n));
        if (n == 0 || kept >= n) return change;
        var sizes = change.detach().abs().to(DType.F64).toDoubleArray();
        Arrays.parallelSort(sizes);
        var size = change.abs();
        return size.ge(sizes[n - kept]).where(change, change.zerosLike()).compute();
    }

    /** For each entry -1, 0 or 1, by the sum of trimmed changes. */
    public Tensor elected(List<Tensor> trimmed) {
        var w = MergeMethod.weightsFor("TiesMerging", weights, trimmed.size());
        Tensor sum = null;
        for (int t = 0; t < w.length; t++) {
            var vote = trimmed.get(t).mul(w[t]);
            sum = sum == null ? vote : sum.add(vote);
        }
        return sum.sign();
    }

    /** The mean of those trimmed changes that have the elected sign. */
    public Tensor agreed(List<Tensor> trimmed) {
        var w = MergeMethod.weightsFor("TiesMerging", weights, trimmed.size());
        Tensor sign = elected(trimmed).compute(), sum = null, count = null;
        for (int t = 0; t < w.length; t++) {
            var agrees = trimmed.get(t).mul(sign).gt(0).to(sign.dtype()).mul(w[t]);
            var part = trimmed.get(t).mul(agrees);
            sum = sum == null ? part : sum.add(part);
            count = count == null ? agrees : count.add(agrees);
        }
        return count.gt(0).where(sum.div(count), sum.zerosLike());
    }
}
