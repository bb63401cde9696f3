package lyceum.learn.ensemble;

import java.util.Arrays;
import lyceum.backend.Parallel;
import lyceum.learn.tree.DecisionTree;
import lyceum.learn.tree.SplitCriterion;
import lyceum.learn.tree.TreeColumns;
import lyceum.learn.tree.TreeOptions;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Rows;

/**
 * Grows a forest on the rows of positive weight.
 *
 * @param forest what grew
 * @param unseen for each row the mean answer of the trees that have not seen it; NaN if all have
 */
record ForestFit(RandomForest forest, double[] unseen) {

    /** @param codes and {@code classes}, or null and 0 for {@code targets} */
    static ForestFit of(LearnerInput input, SplitCriterion criterion, TreeOptions tree, ForestOptions options, int[] codes, int classes,
            double[] targets, double[] w) {
        int[] kept = Rows.ofWeight(w);
        int n = kept.length, k = codes == null ? 1 : classes;
        double[] weights = Rows.pick(w, kept), y = targets == null ? null : Rows.pick(targets, kept);
        int[] labels = codes == null ? null : Rows.pick(codes, kept);
        if (options.balance() == ClassBalance.OVERALL) ClassBalance.apply(weights, labels, k);
        var x = n == w.length ? input.x() : input.x().rows(kept);
        TreeColumns columns = options.columns(x, tree);
        var trees = new DecisionTree[options.trees()];
        var seen = new boolean[trees.length][n];
        Parallel.range(trees.length, 1, (from, to) -> {
            for (int b = (int) from; b < to; b++) {
                var rng = Rng.of(tree.seed()).split(b);
                int[] counts = options.counts(rng, n);
                var own = new double[n];
                for (int i = 0; i < n; i++) {
                    own[i] = counts[i] * weights[i];
                    seen[b][i] = counts[i] > 0;
                }
                if (options.balance() == ClassBalance.PER_TREE) ClassBalance.apply(own, labels, k);
                trees[b] = y == null ? columns.grow(criterion, labels, k, own, rng.key()) : columns.grow(criterion, y, own, rng.key());
            }
        });
        var unseen = new double[w.length * k];
        Arrays.fill(unseen, Double.NaN);
        if (options.isDrawn()) ask(trees, seen, x.toDoubleArray(), (int) x.size(1), k, kept, unseen);
        return new ForestFit(new RandomForest(Arrays.asList(trees)), unseen);
    }

    private static void ask(DecisionTree[] trees, boolean[][] seen, double[] rows, int p, int k, int[] kept, double[] unseen) {
        Parallel.range(kept.length, 64, 40.0 * trees.length, (from, to) -> {
            var sum = new double[k];
            for (int i = (int) from; i < to; i++) {
                Arrays.fill(sum, 0);
                int count = 0;
                for (int b = 0; b < trees.length; b++) {
                    if (seen[b][i]) continue;
                    RandomForest.add(trees[b], trees[b].leaf(rows, i * p), sum, 0, k);
                    count++;
                }
                for (int c = 0; c < k; c++) unseen[kept[i] * k + c] = sum[c] / count;
            }
        });
    }
}
