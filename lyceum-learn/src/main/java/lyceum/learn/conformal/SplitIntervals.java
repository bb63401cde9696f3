package lyceum.learn.conformal;

import java.util.Arrays;
import lyceum.stats.learner.RegressionModel;
import lyceum.tensor.Tensor;

/**
 * Intervals from rows that were kept apart: {@code [low - q s, high + q s]} with q the threshold of the scores {@code max(low - y, y - high) / s}.
 *
 * @param low lower end before calibration; the regression itself for plain bands
 * @param high upper end
 * @param spread s, the local size of errors; null for 1
 * @param scores of the calibrating rows
 */
public record SplitIntervals(RegressionModel low, RegressionModel high, RegressionModel spread, CalibrationScores scores) {

    static SplitIntervals of(RegressionModel low, RegressionModel high, RegressionModel spread, Tensor x, Tensor y) {
        ConformalPredictor.checkTargets("ConformalPredictor", x, y);
        double[] truth = y.toDoubleArray(), a = low.predict(x).toDoubleArray(), b = low == high ? a : high.predict(x).toDoubleArray(),
                s = spread(spread, x, a.length);
        for (int i = 0; i < truth.length; i++) truth[i] = Math.max(a[i] - truth[i], truth[i] - b[i]) / s[i];
        return new SplitIntervals(low, high, spread, new CalibrationScores(truth, null, null));
    }

    private static double[] spread(RegressionModel spread, Tensor x, int n) {
        var s = new double[n];
        if (spread == null) Arrays.fill(s, 1);
        else s = spread.predict(x).toDoubleArray();
        for (int i = 0; i < n; i++)
            if (!(s[i] > 0)) throw new IllegalArgumentException(
                    "ConformalPredictor: the model of the spread says " + s[i] + " in row " + i + "; it says positive numbers");
        return s;
    }

    /** Thresholds group by group, which cover each group as promised (Mondrian). @param groups of the calibrating rows */
    public SplitIntervals byGroup(int... groups) { return new SplitIntervals(low, high, spread, scores.withGroups(groups)); }

    /** Calibrating rows weighted for new ones whose x is distributed otherwise. @param ratios density of the new x over that of the calibrating, at each of those */
    public SplitIntervals weightedBy(double... ratios) { return new SplitIntervals(low, high, spread, scores.withWeights(ratios)); }

    /** @param alpha the miss rate, in (0, 1) */
    public PredictionIntervals intervals(Tensor x, double alpha) {
        var q = new double[(int) x.size(0)];
        Arrays.fill(q, scores.threshold(alpha));
        return intervals(x, q);
    }

    /** Of rows in groups, after {@link #byGroup}; infinite for a group with too few calibrating rows. */
    public PredictionIntervals intervals(Tensor x, int[] groups, double alpha) { return intervals(x, scores.thresholds(alpha, groups)); }

    /** Of rows with these density ratios, after {@link #weightedBy}. */
    public PredictionIntervals intervals(Tensor x, double[] ratios, double alpha) { return intervals(x, scores.thresholds(alpha, ratios)); }

    private PredictionIntervals intervals(Tensor x, double[] q) {
        CalibrationScores.checkRows(x, q.length);
        double[] a = low.predict(x).toDoubleArray(), b = low == high ? a.clone() : high.predict(x).toDoubleArray(),
                s = spread(spread, x, a.length);
        for (int i = 0; i < a.length; i++) {
            a[i] -= q[i] * s[i];
            b[i] += q[i] * s[i];
        }
        return new PredictionIntervals(a, b);
    }
}
