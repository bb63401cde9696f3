package lyceum.learn.tree;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The pruning parameter by cross-validation (Breiman and others 1984, section 3.4): one candidate for each subtree of the whole data's pruning
 * path, the geometric mean of its interval of alphas, scored on held-out folds.
 *
 * @param alphas candidates, ascending
 * @param scores mean score of each over the folds: accuracy or R2
 * @param errors standard error of each mean
 */
public record PruningSearch(double[] alphas, double[] scores, double[] errors) {
    /** Accuracy by {@code folds} random folds. */
    public static PruningSearch of(DecisionTreeClassifier learner, Tensor x, Tensor labels, int folds, Rng rng) {
        var whole = learner.withPruningAlpha(0);
        return search(whole.fit(x, labels).tree(), (int) x.size(0), folds, rng, rows -> {
            var model = whole.fit(x.rows(rows[0]), labels.rows(rows[0]));
            Tensor heldX = x.rows(rows[1]), held = labels.rows(rows[1]);
            return alpha -> model.pruned(alpha).score(heldX, held);
        });
    }

    /** R2 by {@code folds} random folds. */
    public static PruningSearch of(DecisionTreeRegressor learner, Tensor x, Tensor y, int folds, Rng rng) {
        var whole = learner.withPruningAlpha(0);
        return search(whole.fit(x, y).tree(), (int) x.size(0), folds, rng, rows -> {
            var model = whole.fit(x.rows(rows[0]), y.rows(rows[0]));
            Tensor heldX = x.rows(rows[1]), held = y.rows(rows[1]);
            return alpha -> model.pruned(alpha).score(heldX, held);
        });
    }

    /** Fits on the rows of the first array and gives the score on the second's by alpha. */
    private interface Fold {
        DoubleUnaryOperator fit(int[][] rows);
    }

    private static PruningSearch search(DecisionTree tree, int n, int folds, Rng rng, Fold fold) {
        if (folds < 2 || folds > n)
            throw new IllegalArgumentException("PruningSearch: " + folds + " folds of " + n + " rows; 2 to " + n + " are possible");
        double[] alphas = candidates(tree.pruningPath().alphas()), sum = new double[alphas.length], squares = new double[alphas.length];
        int[] order = rng.permutation(n);
        for (int k = 0; k < folds; k++) {
            int from = (int) ((long) n * k / folds), to = (int) ((long) n * (k + 1) / folds);
            int[] held = Arrays.copyOfRange(order, from, to), rest = new int[n - held.length];
            System.arraycopy(order, 0, rest, 0, from);
            System.arraycopy(order, to, rest, from, n - to);
            var score = fold.fit(new int[][] {rest, held});
            for (int a = 0; a < alphas.length; a++) {
                double s = score.applyAsDouble(alphas[a]);
                sum[a] += s;
                squares[a] += s * s;
            }
        }
        double[] scores = new double[alphas.length], errors = new double[alphas.length];
        for (int a = 0; a < alphas.length; a++) {
            scores[a] = sum[a] / folds;
            errors[a] = Math.sqrt(Math.max(0, (squares[a] - folds * scores[a] * scores[a]) / (folds - 1)) / folds);
        }
        return new PruningSearch(alphas, scores, errors);
    }

    private static double[] candidates(double[] path) {
        double[] distinct = Arrays.stream(path).map(a -> Math.max(0, a)).sorted().distinct().toArray(), middle = distinct.clone();
        for (int i = 0; i + 1 < distinct.length; i++) middle[i] = Math.sqrt(distinct[i] * distinct[i + 1]);
        return middle;
    }

    /** A copy. */
    @Override public double[] alphas() { return alphas.clone(); }

    /** A copy. */
    @Override public double[] scores() { return scores.clone(); }

    /** A copy. */
    @Override public double[] errors() { return errors.clone(); }

    /** The alpha of the best mean score; the largest of equal ones, for the smallest tree. */
    public double best() { return alphas[bestIndex()]; }

    /** The largest alpha whose score is within one standard error of the best: a smaller tree that is not clearly worse. */
    public double oneStandardError() {
        int best = bestIndex();
        for (int a = alphas.length - 1; a > best; a--) if (scores[a] >= scores[best] - errors[best]) return alphas[a];
        return alphas[best];
    }

    private int bestIndex() {
        int best = 0;
        for (int a = 1; a < alphas.length; a++) if (scores[a] >= scores[best]) best = a;
        return best;
    }
}
