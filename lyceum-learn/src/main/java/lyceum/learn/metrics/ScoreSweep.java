package lyceum.learn.metrics;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * What every threshold on a score would flag: one entry for each distinct score, descending, after a first one at infinity that flags nothing.
 * Rows of weight 0 count nowhere. Takes O(n log n).
 *
 * @param falsePositives weight of the negatives that score at least the threshold
 * @param truePositives likewise of the positives
 */
record ScoreSweep(double[] thresholds, double[] falsePositives, double[] truePositives) {

    /** @param weights of the rows, or null for 1 */
    static ScoreSweep of(String operation, boolean[] positive, double[] scores, double[] weights) {
        int n = scores.length;
        if (positive.length != n || weights != null && weights.length != n) {
            throw new ShapeException(operation + ": " + positive.length + " labels, " + n + " scores"
                    + (weights == null ? "" : ", " + weights.length + " weights"));
        }
        for (int i = 0; i < n; i++) if (Double.isNaN(scores[i])) throw new IllegalArgumentException(operation + ": score " + i + " is NaN");
        var order = Tensor.of(scores).argsort(0).toIntArray();
        double[] fp = new double[n + 1], tp = new double[n + 1], at = new double[n + 1];
        at[0] = Double.POSITIVE_INFINITY;
        int points = 1;
        double falsePositives = 0, truePositives = 0;
        for (int i = n - 1; i >= 0; i--) {
            int row = order[i];
            double w = weights == null ? 1 : weights[row];
            if (!(w >= 0 && w < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException(operation + ": weight " + row + " is " + w + "; weights are finite and at least 0");
            if (w == 0) continue;
            // A row of the same score as the last one adds to its entry.
            if (points == 1 || at[points - 1] != scores[row]) points++;
            if (positive[row]) truePositives += w;
            else falsePositives += w;
            fp[points - 1] = falsePositives;
            tp[points - 1] = truePositives;
            at[points - 1] = scores[row];
        }
        return new ScoreSweep(Arrays.copyOf(at, points), Arrays.copyOf(fp, points), Arrays.copyOf(tp, points));
    }

    /** {@link #of} where there must be positives. */
    static ScoreSweep withPositives(String operation, boolean[] positive, double[] scores, double[] weights) {
        var sweep = of(operation, positive, scores, weights);
        if (sweep.positives() == 0) throw new IllegalArgumentException(
                operation + ": none of the " + positive.length + " rows is positive; at least one is needed");
        return sweep;
    }

    int size() { return thresholds.length; }

    double positives() { return truePositives[size() - 1]; }

    double negatives() { return falsePositives[size() - 1]; }

    double flagged(int i) { return truePositives[i] + falsePositives[i]; }

    /** 1 where nothing is flagged: no alarm was false. */
    double precision(int i) {
        return flagged(i) == 0 ? 1 : truePositives[i] / flagged(i);
    }

    double recall(int i) { return truePositives[i] / positives(); }

    double fBeta(int i, double beta) {
        double b = beta * beta;
        return (1 + b) * truePositives[i] / (b * positives() + flagged(i));
    }

    OperatingPoint point(int i) {
        return new OperatingPoint(thresholds[i], precision(i), recall(i), negatives() == 0 ? 0 : falsePositives[i] / negatives());
    }
}
