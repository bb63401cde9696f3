package lyceum.nn.loss;

import lyceum.ShapeException;
import lyceum.DType;
import lyceum.tensor.Tensor;

/**
 * Each query's logits over its candidates, one of which is its partner: what {@link InfoNce} makes of embeddings, and what can be read from it.
 *
 * {@snippet :
 * var contrast = new InfoNce(0.07).inBatch(queries, keys);
 * contrast.loss().backward();
 * contrast.informationBound();      // nats, at most log(candidates)
 * Contrast.of(scores).loss();       // (k, k) scores of a critic, partners on the diagonal
 * }
 *
 * @param logits (n, candidates); minus infinity for one that does not count
 * @param partners (n), the place of each query's partner
 * @param reduction of the losses
 */
public record Contrast(Tensor logits, Tensor partners, Reduction reduction) {
    public Contrast {
        if (logits.rank() != 2 || partners.rank() != 1 || partners.size(0) != logits.size(0)) throw new ShapeException(
                "Contrast: logits " + logits.shape() + " and partners " + partners.shape() + "; they are (n, candidates) and (n)");
    }

    /** From square scores (k, k), in nats, whose diagonal has the partners. */
    public static Contrast of(Tensor scores) {
        if (scores.rank() != 2 || scores.size(0) != scores.size(1))
            throw new ShapeException("Contrast: scores have shape " + scores.shape() + "; partners on the diagonal want a square");
        return new Contrast(scores, Tensor.arange(scores.size(0)), Reduction.MEAN);
    }

    /** Softmax cross-entropy of picking the partner out. */
    public Tensor loss() { return new CrossEntropy().withReduction(reduction).of(logits, partners); }

    public long candidates() { return logits.size(1); }

    /**
     * {@code log(candidates) - mean loss}, in nats: on average over batches a lower bound of the mutual information of query and partner where the
     * other candidates are independent draws, and never above {@code log(candidates)}, where those that a mask hides do not count (Poole et al. 2019).
     */
    public double informationBound() {
        var seen = logits.detach().gt(Double.NEGATIVE_INFINITY).to(DType.F64).sum(-1).log().mean().item();
        return seen - new CrossEntropy().of(logits.detach(), partners).item();
    }

    /** Share of queries whose partner has the highest logit. */
    public double accuracy() { return logits.detach().argmax(1).eq(partners).to(DType.F64).mean().item(); }
}
