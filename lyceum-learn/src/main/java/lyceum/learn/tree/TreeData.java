package lyceum.learn.tree;

import lyceum.tensor.Tensor;

/**
 * Training rows of positive weight, column by column, and what each adds to the statistics of its node.
 *
 * <p>Statistics of classes are {@code size} class weights, of numbers {@code sum w, sum w y, sum w q(y)}. For the squared error targets are
 * centred, so that the variance is no small difference of large numbers.
 */
final class TreeData {
    final SplitCriterion criterion;
    final int n, p, size;
    final double[][] columns;
    final boolean[] categorical;
    final double[] weights;
    final boolean unitWeights;
    /** Class codes, or null. */
    final int[] codes;
    /** Targets as given, or null; and what they add to the statistics. */
    final double[] targets;
    final double[] weightedTargets, weightedExtras;
    final double totalWeight;
    /** Room for the ranks of a node's rows, see {@link AbsoluteError}. */
    final int[] ranks;

    TreeData(SplitCriterion criterion, Tensor x, double[] w, int[] labels, int classes, double[] y, TreeOptions options, String operation) {
        int all = (int) x.size(0);
        int[] kept = positive(w);
        this.criterion = criterion;
        this.n = kept.length;
        this.p = (int) x.size(1);
        this.size = labels != null ? classes : 3;
        this.columns = new double[p][n];
        double[] flat = x.toDoubleArray();
        for (int i = 0; i < n; i++) for (int j = 0, at = kept[i] * p; j < p; j++) columns[j][i] = flat[at + j] + 0.0; // -0.0 is 0.0
        this.weights = n == all ? w : pick(w, kept);
        this.categorical = new boolean[p];
        for (int column : options.categorical()) {
            if (column >= p)
                throw new IllegalArgumentException(operation + ": categorical column " + column + " but x has " + p + " columns");
            categorical[column] = true;
        }
        double total = 0;
        boolean unit = true;
        for (double v : weights) {
            total += v;
            unit &= v == 1;
        }
        this.totalWeight = total;
        this.unitWeights = unit;
        this.ranks = new int[criterion == SplitCriterion.ABSOLUTE_ERROR ? n : 0];
        this.codes = labels == null ? null : pick(labels, kept);
        this.targets = y == null ? null : pick(y, kept);
        this.weightedTargets = y == null ? null : new double[n];
        this.weightedExtras = y == null ? null : new double[n];
        if (y != null) fillTargets(operation);
    }

    private void fillTargets(String operation) {
        double mean = 0, seen = 0;
        if (criterion == SplitCriterion.SQUARED_ERROR) {
            for (int i = 0; i < n; i++) {
                seen += weights[i];
                mean += weights[i] / seen * (targets[i] - mean);
            }
        }
        double sum = 0;
        for (int i = 0; i < n; i++) {
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

    private static int[] positive(double[] w) {
        int count = 0;
        for (double v : w) if (v > 0) count++;
        var kept = new int[count];
        count = 0;
        for (int i = 0; i < w.length; i++) if (w[i] > 0) kept[count++] = i;
        return kept;
    }

    private static double[] pick(double[] values, int[] rows) {
        var out = new double[rows.length];
        for (int i = 0; i < rows.length; i++) out[i] = values[rows[i]];
        return out;
    }

    private static int[] pick(int[] values, int[] rows) {
        var out = new int[rows.length];
        for (int i = 0; i < rows.length; i++) out[i] = values[rows[i]];
        return out;
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
