package lyceum.train;

import java.util.Objects;
import lyceum.nn.Module;
import lyceum.nn.loss.ListwiseLoss;
import lyceum.optim.Adam;
import lyceum.optim.UpdateRule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Fits a scorer of items to relevance judgements, whole queries at a time.
 *
 * {@snippet :
 * var rng = Rng.of(1);
 * var scorer = new Linear(3, 1, rng);
 * var features = Tensor.randn(rng, 20, 3);
 * var relevance = features.select(1, 0);
 * int[][] queries = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {10, 11, 12, 13, 14, 15, 16, 17, 18, 19}};      // rows of each query
 * new ListwiseFit(ListwiseLoss.MLE).fit(scorer, features, relevance, queries, rng);
 * }
 *
 * @param loss of one query
 * @param rule of the steps
 * @param epochs passes over the queries
 * @param batchSize queries a step
 */
@Withers
public record ListwiseFit(ListwiseLoss loss, UpdateRule rule, int epochs, int batchSize) implements ListwiseFitWithers {
    public ListwiseFit {
        Objects.requireNonNull(loss, "loss");
        Objects.requireNonNull(rule, "rule");
        if (epochs < 1 || batchSize < 1)
            throw new IllegalArgumentException("ListwiseFit: " + epochs + " epochs with batches of " + batchSize + "; both are at least 1");
    }

    /** Adam at 0.01, 50 epochs, 8 queries a step. */
    public ListwiseFit(ListwiseLoss loss) { this(loss, new Adam(0.01), 50, 8); }

    /** {@link #fit(Module, Tensor, Tensor, int[][], Rng, Progress)} in silence. */
    public History fit(Module scorer, Tensor features, Tensor relevance, int[][] queries, Rng rng) {
        return fit(scorer, features, relevance, queries, rng, Progress.SILENT);
    }

    /**
     * Trains from the present parameters on.
     *
     * @param scorer any differentiable one: (items, features) to (items) or (items, 1)
     * @param features (n, features)
     * @param relevance (n), larger is better
     * @param queries the rows of each query, none empty; queries differ in length
     */
    public History fit(Module scorer, Tensor features, Tensor relevance, int[][] queries, Rng rng, Progress progress) {
        for (int q = 0; q < queries.length; q++)
            if (queries[q].length == 0)
                throw new IllegalArgumentException("ListwiseFit: query " + q + " has no rows; at least one is needed");
        return new Trainer(rule, epochs).withBatchSize(Math.min(batchSize, Math.max(1, queries.length)))
                .start(scorer, queries.length, (batch, pass) -> {
                    Tensor sum = null;
                    for (int q : batch) {
                        var scores = scorer.forward(features.rows(queries[q]), pass).reshape(-1);
                        var one = loss.of(scores, relevance.rows(queries[q]));
                        sum = sum == null ? one : sum.add(one);
                    }
                    return sum.div(batch.length);
                }, null, rng).finish(progress);
    }
}
