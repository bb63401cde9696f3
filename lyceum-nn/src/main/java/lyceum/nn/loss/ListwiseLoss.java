package lyceum.nn.loss;

import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Losses for learning to rank: of the scores of all items of one query at once. Both ignore a constant added to all scores of a query.
 *
 * {@snippet :
 * var relevance = Tensor.of(3.0, 0.0, 2.0, 0.0, 1.0);
 * var scores = Tensor.of(0.2, 1.1, 0.4, -0.3, 0.0);
 * ListwiseLoss.MLE.of(scores, relevance);
 * }
 *
 * <p>Scores and relevance have one shape, (items) or (queries, items); the result is the mean over queries, in nats.
 */
public enum ListwiseLoss implements Loss {
    /**
     * ListNet: cross-entropy from the softmax of the relevance to the softmax of the scores, the chances of each item to stand first.
     *
     * @see <a href="https://doi.org/10.1145/1273496.1273513">Cao, Qin, Liu, Tsai and Li (2007)</a>
     */
    NET {
        @Override Tensor ofLists(Tensor s, Tensor relevance) { return relevance.softmax(1).mul(s.logSoftmax(1)).sum(1).neg(); }
    },
    /**
     * ListMLE: minus the log likelihood of the order by relevance, {@code -sum_i (s_i - log sum_{j >= i} exp(s_j))} with items in that order (Plackett and Luce).
     * Items of equal relevance are taken in the order in which they stand. O(items^2) memory.
     *
     * @see <a href="https://doi.org/10.1145/1390156.1390306">Xia, Liu, Wang, Zhang and Li (2008)</a>
     */
    MLE {
        @Override Tensor ofLists(Tensor s, Tensor relevance) {
            var ideal = s.gather(1, relevance.argsort(1, true));
            long n = s.size(1);
            // Row i holds the scores of items i and later: a running sum of exponentials would lose the last ones where scores are far apart.
            var later = Tensor.ones(s.dtype(), n, n).triu().gt(0.5);
            var rows = later.unsqueeze(0).where(ideal.unsqueeze(1), Tensor.full(s.dtype(), Double.NEGATIVE_INFINITY, 1));
            return rows.logSumExp(2).sub(ideal).sum(1);
        }
    };

    abstract Tensor ofLists(Tensor scores, Tensor relevance);

    @Override public Tensor of(Tensor scores, Tensor relevance) {
        if (!scores.shape().equals(relevance.shape()) || scores.rank() < 1 || scores.rank() > 2 || scores.count() == 0)
            throw new ShapeException("ListwiseLoss: scores " + scores.shape() + " and relevance " + relevance.shape()
                    + "; both are (items) or (queries, items), not empty");
        var y = relevance.to(scores.dtype());
        return scores.rank() == 2 ? ofLists(scores, y).mean() : ofLists(scores.unsqueeze(0), y.unsqueeze(0)).mean();
    }
}
