package lyceum.learn.gbdt;

import java.util.Arrays;
import lyceum.random.Rng;

/**
 * Categories as numbers: {@code (sum of y + a prior) / (count + a)} over the rows of the same category, with prior the mean of y.
 *
 * <p>Counted over all rows ({@link #greedy}) the row's own y is in the sum, and a category that occurs once gives it away. {@link #ordered}
 * counts only the rows before it in a random order, as CatBoost does; new rows are told by all training rows either way.
 *
 * @param column where the categories stand in the data
 * @param training the number of each training row
 * @param categories those seen, ascending
 * @param values their numbers for new rows
 * @param prior the number of a category never seen, and of a missing one
 * @see <a href="https://arxiv.org/abs/1706.09516">Prokhorenkova and others (2018), CatBoost</a>
 */
public record TargetStatistics(int column, double[] training, double[] categories, double[] values, double prior) {

    /** Every row by all rows of its category, itself among them. @param a the weight of the prior, above 0 */
    public static TargetStatistics greedy(double[] column, double[] y, double a) {
        var all = of(column, y, a);
        var training = new double[column.length];
        for (int i = 0; i < training.length; i++) training[i] = all.value(column[i]);
        return new TargetStatistics(0, training, all.categories, all.values, all.prior);
    }

    /** Every row by the rows of its category that come before it in a random order. */
    public static TargetStatistics ordered(double[] column, double[] y, double a, Rng rng) {
        var all = of(column, y, a);
        double[] training = new double[column.length], sums = new double[all.categories.length];
        var counts = new int[sums.length];
        for (int i : rng.permutation(column.length)) {
            int c = Arrays.binarySearch(all.categories, column[i] + 0.0);
            if (c < 0) {
                training[i] = all.prior;
                continue;
            }
            training[i] = (sums[c] + a * all.prior) / (counts[c] + a);
            sums[c] += y[i];
            counts[c]++;
        }
        return new TargetStatistics(0, training, all.categories, all.values, all.prior);
    }

    private static TargetStatistics of(double[] column, double[] y, double a) {
        if (!(a > 0)) throw new IllegalArgumentException("TargetStatistics: the prior's weight is " + a + "; it lies above 0");
        if (column.length != y.length || y.length == 0) throw new IllegalArgumentException(
                "TargetStatistics: " + column.length + " categories and " + y.length + " targets; as many, and at least 1");
        double prior = Arrays.stream(y).average().orElseThrow();
        double[] categories = Arrays.stream(column).filter(v -> v == v).map(v -> v + 0.0).distinct().sorted().toArray(),
                values = new double[categories.length];
        var counts = new int[categories.length];
        for (int i = 0; i < y.length; i++) {
            int c = Arrays.binarySearch(categories, column[i] + 0.0);
            if (c < 0) continue;
            values[c] += y[i];
            counts[c]++;
        }
        for (int c = 0; c < values.length; c++) values[c] = (values[c] + a * prior) / (counts[c] + a);
        return new TargetStatistics(0, new double[0], categories, values, prior);
    }

    /** The number of a category for a new row. */
    public double value(double category) {
        int c = Arrays.binarySearch(categories, category + 0.0);
        return c < 0 ? prior : values[c];
    }

    /** For this column, without the training rows' numbers: what a model keeps. */
    TargetStatistics forNewRows(int column) { return new TargetStatistics(column, new double[0], categories, values, prior); }
}
