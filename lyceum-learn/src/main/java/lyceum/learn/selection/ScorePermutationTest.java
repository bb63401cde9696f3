package lyceum.learn.selection;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import lyceum.backend.Parallel;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.stats.learner.Learner;
import lyceum.tensor.Tensor;

/**
 * Whether a cross-validated score is better than what the same recipe finds where there is nothing to find: targets change rows at random, and
 * the whole validation is done again.
 *
 * {@snippet :
 * var rows = Datasets.iris();
 * var test = new ScorePermutationTest(new CrossValidation(new StratifiedKFold(5).shuffled(1)), 99, 1);
 * var found = test.of(NaiveBayes.gaussian(), rows.x(), rows.y(), Scorer.ACCURACY);
 * found.pValue();                                  // 0.01: no shuffle came near
 * }
 *
 * <p>Where the validation has groups, targets change rows within a group alone. The hypothesis is that targets and columns are independent; a small
 * p says that the recipe found a dependence, not that the model is of use. Costs {@code (permutations + 1)} cross-validations, which run in
 * parallel; results do not depend on the number of threads.
 *
 * @param validation what is done each time
 * @param permutations such as 99; p cannot be less than {@code 1 / (permutations + 1)}
 * @param seed of the shuffles
 * @see <a href="https://www.jmlr.org/papers/v11/ojala10a.html">Ojala and Garriga (2010), Permutation Tests for Studying Classifier Performance,
 *      test 1</a>
 */
public record ScorePermutationTest(CrossValidation validation, int permutations, long seed) {
    public ScorePermutationTest {
        if (permutations < 1)
            throw new IllegalArgumentException("ScorePermutationTest: " + permutations + " permutations; at least 1 is needed");
    }

    /**
     * What came out.
     *
     * @param score with the targets as they are, the mean of the folds
     * @param permuted the scores of the shuffles
     * @param pValue {@code (1 + shuffles that score as well or better) / (1 + shuffles)}
     */
    public record Found(double score, double[] permuted, double pValue) {}

    /** {@link #of(Learner, Tensor, Tensor, Scorer, Progress)} in silence. */
    public Found of(Learner learner, Tensor x, Tensor y, Scorer scorer) { return of(learner, x, y, scorer, Progress.SILENT); }

    /** @param progress hears of each shuffle and can stop the work between them */
    public Found of(Learner learner, Tensor x, Tensor y, Scorer scorer, Progress progress) {
        double score = validation.score(learner, x, y, scorer).mean(scorer);
        var permuted = new double[permutations];
        int n = (int) x.size(0);
        long[] byGroup = byGroup(validation.groups(), n);
        var done = new AtomicInteger();
        Parallel.range(permutations, 1, (from, to) -> {
            for (int r = (int) from; r < to; r++) {
                if (progress.isCancelled()) throw new CancelledException("ScorePermutationTest: stopped before shuffle " + r);
                permuted[r] = validation.score(learner, x, y.rows(order(n, byGroup, Rng.of(seed).split(r))), scorer).mean(scorer);
                progress.step("shuffle", done.incrementAndGet(), permutations);
            }
        });
        long better = Arrays.stream(permuted).filter(p -> !scorer.prefers(score, p)).count(); // so that a score of NaN beats none
        return new Found(score, permuted, (1.0 + better) / (1 + permutations));
    }

    /** Rows in order of their groups: a group in the upper half, a row in the lower. Null where all are one group. */
    static long[] byGroup(int[] groups, int n) {
        if (groups == null) return null;
        var rows = new long[n];
        for (int i = 0; i < n; i++) rows[i] = (long) groups[i] << 32 | i;
        Arrays.sort(rows);
        return rows;
    }

    /** The row that each row takes its target from. */
    static int[] order(int n, long[] byGroup, Rng rng) {
        if (byGroup == null) return rng.permutation(n);
        var order = new int[n];
        for (int from = 0, to; from < n; from = to) {
            long group = byGroup[from] >> 32;
            to = from + 1;
            while (to < n && byGroup[to] >> 32 == group) to++;
            int[] places = rng.split(group).permutation(to - from);
            for (int k = 0; k < places.length; k++) order[(int) byGroup[from + k]] = (int) byGroup[from + places[k]];
        }
        return order;
    }
}
