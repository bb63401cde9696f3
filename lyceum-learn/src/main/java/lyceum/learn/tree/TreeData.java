package lyceum.learn.tree;

import lyceum.stats.learner.Rows;

/**
 * The training rows of one tree, those of positive weight, and what each adds to the statistics of its node. Arrays are indexed by the
 * rows' numbers in {@link TreeColumns}.
 *
 * <p>Statistics of classes are {@code size} class weights, of numbers {@code sum w, sum w y, sum w q(y)}. For the squared error targets are
 * centred, so that the variance is no small difference of large numbers.
 */
final class TreeData {
    final SplitCriterion criterion;
    final TreeColumns given;
    /** Rows of positive weight, ascending, and their number. */
    final int[] rows;
    final int n, p, size;
    final double[][] columns;
    final boolean[] categorical;
    final double[] weights;
    /** Class codes, or null. */
    final int[] codes;
    /** Targets as given, or null; and what they add to the statistics. */
    final double[] targets;
    final double[] weightedTargets, weightedExtras;
    final double totalWeight;
    /** Room for the ranks of a node's rows, see {@link AbsoluteError}. */
    final int[] ranks;

    TreeData(SplitCriterion criterion, TreeColumns given, double[] w, int[] labels, int classes, double[] y, String operation) {
        this.criterion = criterion;
        this.given = given;
        this.rows = Rows.ofWeight(w);
        this.n = rows.length;
        if (n == 0) throw new IllegalArgumentException(operation + ": all weights are 0; at least one must be positive");
        this.p = given.p;
        this.size = labels != null ? classes : 3;
        this.columns = given.columns;
        this.categorical = given.categorical;
        this.weights = w;
        double total = 0;
        for (int row : rows) total += w[row];
        this.totalWeight = total;
        this.ranks = new int[criterion == SplitCriterion.ABSOLUTE_ERROR ? w.length : 0];
        this.codes = labels;
        this.targets = y;
        this.weightedTargets = y == null ? null : new double[w.length];
        this.weightedExtras = y == null ? null : new double[w.length];
        if (y != null) fillTargets(operation);
    }

    private void fillTargets(String operation) {
        double mean = 0, seen = 0;
        if (criterion == SplitCriterion.SQUARED_ERROR) {
            for (int i : rows) {
                seen += weights[i];
                mean += weights[i] / seen * (targets[i] - mean);
            }
        }
        double sum = 0;
        for (int i : rows) {
            double y = targets[i] - mean, w = weights[i];
            if (criterion == SplitCriterion.POISSON && y < 0)
                throw new IllegalArgumentException(operation + ": target " + y + "; the Poisson criterion needs counts of at least 0");
            weightedTargets[i] = w * y;
            weightedExtras[i] = criterion == SplitCriterion.POISSON ? w * SplitCriterion.xLogX(y) : w * y * y;
            sum += y;
        }
        if (criterion == SplitCriterion.POISSON && !(sum > 0))
            throw new IllegalArgumentException(operation + ": all targets are 0; the Poisson criterion needs a positive one");
    }

    /** Adds a row to the statistics at {@code v[at]}. */
    void add(double[] v, int at, int row) {
        if (codes != null) {
            v[at + codes[row]] += weights[row];
        } else {
            v[at] += weights[row];
            v[at + 1] += weightedTargets[row];
            v[at + 2] += weightedExtras[row];
        }
    }

    double weight(double[] v, int at) {
        if (codes == null) return v[at];
        double weight = 0;
        for (int c = at; c < at + size; c++) weight += v[c];
        return weight;
    }

    /** What a node of these rows answers: class shares, mean or median. */
    double[] answer(double[] v, int[] rows, int from, int to) {
        if (codes != null) {
            double weight = weight(v, 0);
            var shares = v.clone();
            for (int c = 0; c < size; c++) shares[c] /= weight;
            return shares;
        }
        if (criterion == SplitCriterion.ABSOLUTE_ERROR) return new double[] {new AbsoluteError(this, rows, from, to).median()};
        double mean = 0, seen = 0;
        for (int i = from; i < to; i++) {
            seen += weights[rows[i]];
            mean += weights[rows[i]] / seen * (targets[rows[i]] - mean);
        }
        return new double[] {mean};
    }

    /** Whether all rows agree, so that nothing is left to ask. */
    boolean isPure(int[] rows, int from, int to) {
        for (int i = from + 1; i < to; i++) {
            if (codes != null ? codes[rows[i]] != codes[rows[from]] : targets[rows[i]] != targets[rows[from]]) return false;
        }
        return true;
    }
}
