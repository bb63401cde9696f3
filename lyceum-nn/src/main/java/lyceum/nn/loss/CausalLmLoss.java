package lyceum.nn.loss;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Next-token prediction: cross-entropy of the logits at position t and the id at t + 1, in nats.
 *
 * {@snippet :
 * var loss = new CausalLmLoss();
 * loss.of(logits, ids).backward();                                                // (batch, time, vocabulary), (batch, time): the mean
 *
 * var tokens = loss.withZLoss(1e-4).tokens(logits, CausalLabels.of(ids).withPadding(mask));
 * tokens.sum().div(tokensOfTheWholeBatch).backward();                             // of a micro-batch: exact, whatever its size
 * loss.withChunk(512).fused(hidden, head, CausalLabels.of(ids)).mean().backward(); // the logits of 512 positions at once
 * }
 *
 * <p>With the z-loss each counted position costs {@code z lse(logits)^2} more, which keeps logits from drifting (PaLM). F16 and BF16 are worked out in F32.
 *
 * @param ignoreIndex an id that is not predicted; -100 by default
 * @param zLoss z, at least 0
 * @param chunk positions whose logits exist at once in {@link #fused}; 0 for all
 */
@Withers
public record CausalLmLoss(long ignoreIndex, double zLoss, int chunk) implements CausalLmLossWithers, Loss {
    public CausalLmLoss {
        if (!(zLoss >= 0 && zLoss < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("CausalLmLoss: zLoss is " + zLoss + "; it is at least 0");
        if (chunk < 0) throw new IllegalArgumentException("CausalLmLoss: chunk is " + chunk + "; it is at least 1, or 0 for all at once");
    }

    /** -100 is ignored, no z-loss, all at once. */
    public CausalLmLoss() { this(-100, 0, 0); }

    /**
     * A loss that adds up over micro-batches.
     *
     * @param sum over counted tokens, each by its weight
     * @param weight the sum of the weights: the divisor of the mean
     * @param count how many tokens count
     */
    public record Tokens(Tensor sum, double weight, long count) {
        /** The sum over the weight; NaN, with gradient 0, where nothing counts. */
        public Tensor mean() { return weight == 0 ? sum.mul(0).detach().add(Double.NaN) : sum.div(weight); }
    }

    /** The mean over all predicted tokens. */
    @Override public Tensor of(Tensor logits, Tensor ids) { return tokens(logits, CausalLabels.of(ids)).mean(); }

    /** @param logits (batch, time, vocabulary) or (time, vocabulary); those of the last position are not read */
    public Tokens tokens(Tensor logits, CausalLabels labels) { return tokens("logits", logits, labels, logits.size(-1), this::loss); }

    /**
     * The same of {@code hidden head'}, of whose logits only {@link #chunk} positions exist at once. While gradients are recorded those of hidden and head
     * are made in the same pass, so that no logits are computed twice.
     *
     * @param hidden (batch, time, width) or (time, width)
     * @param head (vocabulary, width), as a Linear layer has its weight
     */
    public Tokens fused(Tensor hidden, Tensor head, CausalLabels labels) {
        if (head.rank() != 2 || hidden.rank() == 0 || head.size(1) != hidden.size(-1)) throw new ShapeException("CausalLmLoss: hidden "
                + hidden.shape() + " and head " + head.shape() + "; they are (batch, time, width) and (vocabulary, width)");
        return tokens("hidden", hidden, labels, head.size(0), (rows, targets, weights) -> {
            var counted = counted(rows, weights);
            return chunk == 0 ? loss(counted.matmul(head.transpose()), targets, weights)
                    : new ChunkedLmLoss(zLoss, chunk).of(counted, head, targets, weights);
        });
    }

    /** Zeros in the place of rows that do not count: zero times infinity is no zero. */
    private static Tensor counted(Tensor rows, Tensor weights) {
        for (double w : weights.toDoubleArray()) if (w == 0) return weights.eq(0).unsqueeze(1).where(rows.zerosLike(), rows);
        return rows;
    }

    /** The loss of rows, one for each predicted token. */
    private interface OfRows {
        Tensor sum(Tensor rows, Tensor targets, Tensor weights);
    }

    private Tokens tokens(String what, Tensor x, CausalLabels labels, long vocabulary, OfRows loss) {
        long[] shape = x.shape().toArray();
        if (x.rank() != labels.ids().rank() + 1 || !Arrays.equals(Arrays.copyOf(shape, shape.length - 1), labels.ids().shape().toArray()))
            throw new ShapeException(
                    "CausalLmLoss: " + what + " " + x.shape() + " for ids " + labels.ids().shape() + "; that shape with one more axis");
        Tensor targets = labels.targets(ignoreIndex), counts = labels.counts(x.dtype().accumulator(), ignoreIndex);
        check(targets, counts, vocabulary);
        var rows = x.narrow(-2, 0, x.size(-2) - 1).reshape(-1, x.size(-1));
        return new Tokens(loss.sum(rows, targets, counts), counts.to(DType.F64).sum().item(),
                Math.round(counts.ne(0).to(DType.F64).sum().item()));
    }

    /** A token without weight costs nothing, were its logits infinite. */
    private Tensor loss(Tensor logits, Tensor targets, Tensor weights) {
        var places = targets.to(DType.I32);
        if (zLoss == 0) return new FusedCrossEntropy(new FusedCrossEntropy.Hard(places, weights, null, null), 0).of(logits).sum();
        var z = counted(logits, weights).to(weights.dtype());
        var lse = z.logSumExp(1);
        var each = lse.sub(z.gather(1, targets.unsqueeze(1)).squeeze(1)).add(lse.square().mul(zLoss));
        return weights.eq(0).where(each.zerosLike(), each).mul(weights).sum();
    }

    private void check(Tensor targets, Tensor counts, long vocabulary) {
        long[] ids = targets.toLongArray();
        double[] weights = counts.toDoubleArray();
        for (int i = 0; i < ids.length; i++) {
            if (!(weights[i] >= 0)) throw new IllegalArgumentException("CausalLmLoss: weight " + weights[i] + "; weights are at least 0");
            if (ids[i] < 0 || ids[i] >= vocabulary) throw new IllegalArgumentException(
                    "CausalLmLoss: id " + ids[i] + "; ids are 0 to " + (vocabulary - 1) + ", and " + ignoreIndex + " is not predicted");
        }
    }
}
