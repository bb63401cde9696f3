package lyceum.learn.selection;

import java.util.Arrays;
import lyceum.backend.Parallel;
import lyceum.data.Strata;
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
        var order = new Shuffles((int) x.size(0), validation.groups());
        var permuted = new double[permutations];
        var done = new Finished(progress, "shuffle", permutations);
        Parallel.range(permutations, 1, (from, to) -> {
            for (int r = (int) from; r < to; r++) {
                if (progress.isCancelled()) throw new CancelledException("ScorePermutationTest: stopped before shuffle " + r);
                permuted[r] = validation.score(learner, x, y.rows(order.draw(Rng.of(seed).split(r))), scorer).mean(scorer);
                done.one();
            }
        });
        long better = Arrays.stream(permuted).filter(p -> !scorer.prefers(score, p)).count(); // so that a score of NaN beats none
        return new Found(score, permuted, (1.0 + better) / (1 + permutations));
    }

    /** Rows that may exchange their targets. Groups are collected once: time in {@code n log n}, and in n for a shuffle, however many there are. */
    static final class Shuffles {
        private final int n;
        private final int[][] members;
        private final int[] groups;

        Shuffles(int n, int[] groups) {
            this.n = n;
            if (groups == null) {
                this.groups = null;
                members = null;
                return;
            }
            var strata = Strata.of(groups);
            members = new int[strata.size()][];
            this.groups = new int[members.length];
            for (int g = 0; g < members.length; g++) {
                members[g] = strata.rows(g);
                this.groups[g] = groups[members[g][0]];
            }
        }

        /** The row that each row takes its target from. */
        int[] draw(Rng rng) {
            if (members == null) return rng.permutation(n);
            var order = new int[n];
            for (int g = 0; g < members.length; g++) {
                int[] rows = members[g], places = rng.split(groups[g]).permutation(rows.length);
                for (int i = 0; i < rows.length; i++) order[rows[i]] = rows[places[i]];
            }
            return order;
        }
    }
}
