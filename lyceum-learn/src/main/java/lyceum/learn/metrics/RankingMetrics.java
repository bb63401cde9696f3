package lyceum.learn.metrics;

import lyceum.ShapeException;

/**
 * How good the top of a ranking is. Rows of equal score are taken to stand in random order, and every measure is its expectation over that order:
 * it neither rewards nor punishes the order in which rows happen to be stored.
 */
public final class RankingMetrics {
    private RankingMetrics() {}

    /** Share of positives among the {@code k} rows of highest score. O(n log n). */
    public static double precisionAtK(boolean[] positive, double[] scores, int k) {
        return positivesAtK("precisionAtK", positive, scores, k) / k;
    }

    /** Share of all positives that stand among the {@code k} rows of highest score; NaN if there are none. */
    public static double recallAtK(boolean[] positive, double[] scores, int k) {
        double found = positivesAtK("recallAtK", positive, scores, k);
        int all = 0;
        for (boolean p : positive) if (p) all++;
        return all == 0 ? Double.NaN : found / all;
    }

    /** The positives above the k-th row's score, and of the rows that tie with it the share that gets in. */
    private static double positivesAtK(String operation, boolean[] positive, double[] scores, int k) {
        int n = scores.length;
        if (positive.length != n) throw new ShapeException(operation + ": " + positive.length + " labels and " + n + " scores");
        if (k < 1 || k > n) throw new IllegalArgumentException(operation + ": k is " + k + "; it lies between 1 and the " + n + " rows");
        var sweep = ScoreSweep.of(operation, positive, scores, null);
        int i = 1;
        while (sweep.flagged(i) < k) i++;
        double before = sweep.flagged(i - 1), tied = sweep.flagged(i) - before;
        return sweep.truePositives()[i - 1] + (sweep.truePositives()[i] - sweep.truePositives()[i - 1]) * (k - before) / tied;
    }
}
