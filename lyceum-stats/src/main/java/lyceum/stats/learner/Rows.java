package lyceum.stats.learner;

import java.util.Arrays;
import lyceum.random.Rng;

/** Some of a matrix's rows, by their numbers. */
public final class Rows {
    private Rows() {}

    /** Those of positive weight, ascending. */
    public static int[] ofWeight(double[] weights) { return ofWeight(weights, null, 0, weights.length); }

    private static int[] ofWeight(double[] weights, int[] order, int from, int to) {
        var rows = new int[to - from];
        int count = 0;
        for (int i = from; i < to; i++) {
            int row = order == null ? i : order[i];
            if (weights[row] > 0) rows[count++] = row;
        }
        rows = Arrays.copyOf(rows, count);
        if (order != null) Arrays.sort(rows);
        return rows;
    }

    /** {@code out[i] = values[rows[i]]}. */
    public static double[] pick(double[] values, int[] rows) {
        var out = new double[rows.length];
        for (int i = 0; i < rows.length; i++) out[i] = values[rows[i]];
        return out;
    }

    /** {@code out[i] = values[rows[i]]}. */
    public static int[] pick(int[] values, int[] rows) {
        var out = new int[rows.length];
        for (int i = 0; i < rows.length; i++) out[i] = values[rows[i]];
        return out;
    }

    /**
     * Rows to learn from and rows to judge by, both ascending and of positive weight.
     *
     * @param judged none if nothing is held out
     */
    public record HeldOut(int[] kept, int[] judged) {}

    /**
     * Holds out a share of the rows, drawn without replacement.
     *
     * @param share in [0, 1); 0 holds out none and draws nothing
     * @throws IllegalArgumentException if a part of the split has no row of positive weight
     */
    public static HeldOut holdOut(String operation, double[] weights, double share, Rng rng) {
        int n = weights.length, held = (int) Math.round(share * n);
        int[] order = held == 0 ? null : rng.permutation(n);
        var split = new HeldOut(ofWeight(weights, order, held, n), held == 0 ? new int[0] : ofWeight(weights, order, 0, held));
        if (share > 0 && (split.kept.length == 0 || split.judged.length == 0))
            throw new IllegalArgumentException(operation + ": validationShare " + share + " of " + n + " rows leaves a part empty");
        return split;
    }
}
