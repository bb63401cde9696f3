package lyceum.learn.tree;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.stats.learner.Labels;

/**
 * How often each value of a feature meets each label.
 *
 * @param values number of distinct values of the feature
 * @param labels number of distinct labels
 * @param cells weight of rows with value v and label l at {@code v * labels + l}
 */
public record SplitTable(int values, int labels, double[] cells) {
    public SplitTable {
        if (cells.length != values * labels)
            throw new ShapeException("SplitTable: " + cells.length + " cells for " + values + " values and " + labels + " labels");
        double sum = 0;
        for (double c : cells) {
            if (!(c >= -1e-9) || c == Double.POSITIVE_INFINITY)
                throw new IllegalArgumentException("SplitTable: a cell is " + c + "; weights are finite and at least 0");
            sum += c;
        }
        if (!(sum > 0)) throw new IllegalArgumentException("SplitTable: all cells are 0; at least one row is needed");
    }

    /** Counts of two columns, integers of any value. */
    public static SplitTable of(int[] feature, int[] labels) { return of(feature, labels, null); }

    /** Weights of two columns. @param weights one a row, or null for equal ones */
    public static SplitTable of(int[] feature, int[] labels, double[] weights) {
        if (feature.length != labels.length || weights != null && weights.length != labels.length) {
            throw new ShapeException("SplitTable: " + feature.length + " feature values, " + labels.length + " labels"
                    + (weights == null ? "" : " and " + weights.length + " weights"));
        }
        Labels f = Labels.of(Arrays.stream(feature).asLongStream().toArray()),
                l = Labels.of(Arrays.stream(labels).asLongStream().toArray());
        var cells = new double[f.count() * l.count()];
        for (int i = 0; i < labels.length; i++) cells[f.codes()[i] * l.count() + l.codes()[i]] += weights == null ? 1 : weights[i];
        return new SplitTable(f.count(), l.count(), cells);
    }

    static SplitTable ofCells(int values, int labels, double[] cells) { return new SplitTable(values, labels, cells); }

    /** A copy. */
    @Override public double[] cells() { return cells.clone(); }

    /** The weight of all rows. */
    public double total() { return Arrays.stream(cells).sum(); }

    double valueWeight(int value) {
        double sum = 0;
        for (int l = 0; l < labels; l++) sum += cells[value * labels + l];
        return sum;
    }

    /** The weight of each value's rows. */
    public double[] valueWeights() {
        var sums = new double[values];
        for (int v = 0; v < values; v++) sums[v] = valueWeight(v);
        return sums;
    }

    /** The weight of each label's rows. */
    public double[] labelWeights() {
        var sums = new double[labels];
        for (int i = 0; i < cells.length; i++) sums[i % labels] += cells[i];
        return sums;
    }
}
