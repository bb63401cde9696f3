package lyceum.learn.fairness;

import java.util.Arrays;
import lyceum.learn.fairness.ThresholdRule.RandomThreshold;

/** The upper convex hull of one group's ROC curve, from (0, 0) to (1, 1), with the threshold of each corner. */
final class RocHull {
    private final double positives, negatives;
    /** Of each corner, from the strictest threshold on; rates do not fall. */
    private final double[] falsePositiveRates, truePositiveRates, thresholds;

    private RocHull(double positives, double negatives, double[] fpr, double[] tpr, double[] thresholds) {
        this.positives = positives;
        this.negatives = negatives;
        falsePositiveRates = fpr;
        truePositiveRates = tpr;
        this.thresholds = thresholds;
    }

    static RocHull of(double[] scores, long[] labels, int[] codes, int code, long group) {
        int n = 0, positives = 0;
        for (int c : codes) if (c == code) n++;
        var keyed = new double[n][];
        for (int i = 0, at = 0; i < codes.length; i++) {
            if (codes[i] != code) continue;
            if (!(scores[i] < Double.POSITIVE_INFINITY)) throw new IllegalArgumentException(
                    "ThresholdRule: score " + i + " is " + scores[i] + "; scores are numbers, since an infinite threshold accepts none");
            keyed[at++] = new double[] {scores[i], labels[i]};
            positives += (int) labels[i];
        }
        int negatives = n - positives;
        if (positives == 0 || negatives == 0) throw new IllegalArgumentException(
                "ThresholdRule: all labels of group " + group + " are " + (positives == 0 ? 0 : 1) + "; both must occur");
        Arrays.sort(keyed, (a, b) -> Double.compare(b[0], a[0]));
        double[] fpr = new double[n + 1], tpr = new double[n + 1], cut = new double[n + 1];
        cut[0] = Double.POSITIVE_INFINITY;
        int size = 1, tp = 0, fp = 0;
        for (int i = 0; i < n; i++) {
            if (keyed[i][1] == 1) tp++;
            else fp++;
            if (i + 1 < n && keyed[i + 1][0] == keyed[i][0]) continue;
            double x = (double) fp / negatives, y = (double) tp / positives;
            // Corners that the new point makes concave are no corners of the hull.
            while (size > 1
                    && (fpr[size - 1] - fpr[size - 2]) * (y - tpr[size - 2]) >= (tpr[size - 1] - tpr[size - 2]) * (x - fpr[size - 2]))
                size--;
            fpr[size] = x;
            tpr[size] = y;
            cut[size++] = keyed[i][0];
        }
        return new RocHull(positives, negatives, Arrays.copyOf(fpr, size), Arrays.copyOf(tpr, size), Arrays.copyOf(cut, size));
    }

    /** The value that groups must share, at each corner; ascending. */
    double[] corners(FairnessCriterion criterion) {
        return switch (criterion) {
            case EQUALISED_ODDS -> falsePositiveRates;
            case EQUAL_OPPORTUNITY -> truePositiveRates;
            default -> {
                var selected = new double[thresholds.length];
                for (int k = 0; k < selected.length; k++)
                    selected[k] = (positives * truePositiveRates[k] + negatives * falsePositiveRates[k]) / (positives + negatives);
                yield selected;
            }
        };
    }

    /** Expected rows of the group that are decided rightly at these rates. */
    double right(double fpr, double tpr) {
        return positives * tpr + negatives * (1 - fpr);
    }

    /** The best point of the hull where the criterion's value is {@code shared}. */
    Point at(FairnessCriterion criterion, double shared) {
        double[] value = corners(criterion);
        int last = value.length - 1, k;
        if (criterion == FairnessCriterion.EQUAL_OPPORTUNITY) {
            // Of several points with this true positive rate the leftmost.
            k = 0;
            while (k < last && value[k] < shared) k++;
            k = Math.max(0, k - 1);
        } else {
            // Of several with this false positive rate the topmost.
            k = last;
            while (k > 0 && value[k] > shared) k--;
            k = Math.min(k, last - 1);
        }
        double share = Math.clamp((shared - value[k]) / (value[k + 1] - value[k]), 0, 1);
        return new Point(thresholds[k], thresholds[k + 1], share,
                falsePositiveRates[k] + share * (falsePositiveRates[k + 1] - falsePositiveRates[k]),
                truePositiveRates[k] + share * (truePositiveRates[k + 1] - truePositiveRates[k]));
    }

    /** A point on an edge of the hull. */
    record Point(double stricter, double looser, double share, double falsePositiveRate, double truePositiveRate) {
        RandomThreshold threshold(double keep, double coin) { return new RandomThreshold(stricter, looser, share, keep, coin); }

        /** Straight down to a lower true positive rate, towards the diagonal, by tossing a coin instead of looking. */
        RandomThreshold loweredTo(double tpr) {
            double above = truePositiveRate - falsePositiveRate;
            double keep = above <= 0 ? 1 : Math.clamp((tpr - falsePositiveRate) / above, 0, 1);
            return threshold(keep, falsePositiveRate);
        }
    }
}
