package lyceum.learn.fairness;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.prob.Normal;

/**
 * What each threshold would do to one group: the rates of its positives and negatives that lie above it.
 *
 * @param baseRate share of positives, strictly between 0 and 1
 * @param thresholds on the score, ascending
 * @param truePositiveRates of each threshold
 * @param falsePositiveRates of each threshold
 */
public record ScoredGroup(double baseRate, double[] thresholds, double[] truePositiveRates, double[] falsePositiveRates) {
    public ScoredGroup {
        if (!(baseRate > 0 && baseRate < 1))
            throw new IllegalArgumentException("ScoredGroup: base rate is " + baseRate + "; it lies between 0 and 1");
        if (thresholds.length != truePositiveRates.length || thresholds.length != falsePositiveRates.length)
            throw new ShapeException("ScoredGroup: " + thresholds.length + " thresholds, " + truePositiveRates.length + " true and "
                    + falsePositiveRates.length + " false positive rates");
    }

    /** Exact rates of the binormal model: scores are N(0, 1) for negatives and N(separation, 1) for positives. */
    public static ScoredGroup binormal(double separation, double baseRate, double[] thresholds) {
        return new ScoredGroup(baseRate, thresholds.clone(),
                Arrays.stream(thresholds).map(t -> Normal.STANDARD.survival(t - separation)).toArray(),
                Arrays.stream(thresholds).map(Normal.STANDARD::survival).toArray());
    }

    /** Rates of a sample; rows whose score is at least the threshold are positive. @param labels 0 or 1, both occurring */
    public static ScoredGroup of(double[] scores, long[] labels, double[] thresholds) {
        if (scores.length != labels.length)
            throw new ShapeException("ScoredGroup: " + scores.length + " scores and " + labels.length + " labels");
        double[][] side = new double[2][];
        for (int label = 0; label < 2; label++) {
            var values = new double[scores.length];
            int size = 0;
            for (int i = 0; i < scores.length; i++) if (labels[i] == label) values[size++] = scores[i];
            side[label] = Arrays.copyOf(values, size);
            Arrays.sort(side[label]);
        }
        int n = side[0].length + side[1].length;
        if (n != labels.length) throw new IllegalArgumentException("ScoredGroup: labels are 0 or 1; " + (labels.length - n) + " are not");
        if (side[0].length == 0 || side[1].length == 0)
            throw new IllegalArgumentException("ScoredGroup: all labels are " + (side[0].length == 0 ? 1 : 0) + "; both must occur");
        return new ScoredGroup((double) side[1].length / n, thresholds.clone(),
                Arrays.stream(thresholds).map(t -> shareAbove(side[1], t)).toArray(),
                Arrays.stream(thresholds).map(t -> shareAbove(side[0], t)).toArray());
    }

    private static double shareAbove(double[] sorted, double threshold) {
        int low = 0, high = sorted.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (sorted[middle] < threshold) low = middle + 1;
            else high = middle;
        }
        return (double) (sorted.length - low) / sorted.length;
    }

    /** The confusion matrix of a group of weight 1 under threshold number {@code k}. */
    public GroupCounts at(long group, int k) {
        double p = baseRate, tpr = truePositiveRates[k], fpr = falsePositiveRates[k];
        return new GroupCounts(group, p * tpr, p * (1 - tpr), (1 - p) * fpr, (1 - p) * (1 - fpr));
    }

    /** One rate under each threshold; NaN where it is of no rows. */
    public double[] rates(GroupRate rate) {
        var rates = new double[thresholds.length];
        for (int k = 0; k < rates.length; k++) rates[k] = at(0, k).rate(rate);
        return rates;
    }

    /** A copy. */
    @Override public double[] thresholds() { return thresholds.clone(); }

    /** A copy. */
    @Override public double[] truePositiveRates() { return truePositiveRates.clone(); }

    /** A copy. */
    @Override public double[] falsePositiveRates() { return falsePositiveRates.clone(); }
}
