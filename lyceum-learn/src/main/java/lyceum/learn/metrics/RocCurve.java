package lyceum.learn.metrics;

import java.util.Arrays;
import java.util.Locale;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/**
 * The receiver operating characteristic: true-positive rate against false-positive rate as the threshold on a score falls.
 *
 * {@snippet :
 * var roc = RocCurve.of(truth, scores);
 * roc.auc();
 * roc.thresholdByYouden();
 * }
 *
 * <p>Starts at (0, 0) with threshold infinity. Points between two equal steps are dropped, since they change neither curve nor area. The record
 * holds counts rather than rates, so that areas of unweighted rows are exact.
 *
 * @param falsePositives weight of the negatives that score at least the threshold, ascending from 0 to all of them
 * @param truePositives likewise of the positives
 * @param thresholds a row is positive if its score is at least this; descending
 * @see <a href="https://doi.org/10.1016/j.patrec.2005.10.010">Fawcett (2006)</a>
 */
public record RocCurve(double[] falsePositives, double[] truePositives, double[] thresholds) {

    /** Truth is 0 or 1 (BOOL too), the scores floats. */
    public static RocCurve of(Tensor truth, Tensor scores) { return of(positives(truth.toLongArray()), scores.toDoubleArray(), null); }

    static boolean[] positives(long[] truth) {
        var positive = new boolean[truth.length];
        for (int i = 0; i < truth.length; i++) {
            if (truth[i] != 0 && truth[i] != 1)
                throw new IllegalArgumentException("RocCurve: label " + truth[i] + " in row " + i + "; labels are 0 and 1");
            positive[i] = truth[i] == 1;
        }
        return positive;
    }

    public static RocCurve of(boolean[] positive, double[] scores, double[] weights) { return of(positive, scores, weights, true); }

    /**
     * @param weights of the rows, or null for 1
     * @param dropCollinear false keeps a point for every distinct score
     * @throws IllegalArgumentException if a score is NaN or one of the classes has no weight
     */
    public static RocCurve of(boolean[] positive, double[] scores, double[] weights, boolean dropCollinear) {
        var sweep = ScoreSweep.of("RocCurve", positive, scores, weights);
        if (!(sweep.positives() > 0 && sweep.negatives() > 0)) {
            throw new IllegalArgumentException(
                    "RocCurve: there are no " + (sweep.positives() == 0 ? "positive" : "negative") + " rows; both classes are needed");
        }
        double[] fp = sweep.falsePositives(), tp = sweep.truePositives(), at = sweep.thresholds();
        int points = at.length, kept = dropCollinear && points > 3 ? drop(fp, tp, at, points) : points;
        return new RocCurve(Arrays.copyOf(fp, kept), Arrays.copyOf(tp, kept), Arrays.copyOf(at, kept));
    }

    /** Share of the negatives at or above each threshold: the horizontal axis. */
    public double[] falsePositiveRate() { return rates(falsePositives); }

    /** Share of the positives at or above each threshold: the vertical axis. */
    public double[] truePositiveRate() { return rates(truePositives); }

    private static double[] rates(double[] counts) {
        var rates = new double[counts.length];
        for (int i = 0; i < rates.length; i++) rates[i] = counts[i] / counts[counts.length - 1];
        return rates;
    }

    /** Keeps the origin, the first and the last point, and those at which a step differs from the one before. */
    private static int drop(double[] fp, double[] tp, double[] at, int points) {
        int kept = 2;
        var keep = new boolean[points];
        for (int i = 2; i < points - 1; i++)
            keep[i] = fp[i + 1] - fp[i] - (fp[i] - fp[i - 1]) != 0 || tp[i + 1] - tp[i] - (tp[i] - tp[i - 1]) != 0;
        keep[points - 1] = true;
        for (int i = 2; i < points; i++) {
            if (!keep[i]) continue;
            fp[kept] = fp[i];
            tp[kept] = tp[i];
            at[kept++] = at[i];
        }
        return kept;
    }

    /**
     * Area under the curve by trapezoids: the probability that a positive row scores above a negative one, ties counted half. Without weights
     * it equals {@link lyceum.stats.MannWhitney#probability()} to the last bit.
     */
    public double auc() {
        double pairs = 0;
        int last = thresholds.length - 1;
        for (int i = 1; i <= last; i++)
            pairs += (falsePositives[i] - falsePositives[i - 1]) * (truePositives[i] + truePositives[i - 1]) / 2;
        return pairs / (falsePositives[last] * truePositives[last]);
    }

    /**
     * Area up to a false-positive rate, rescaled so that chance is 1/2 and perfection 1 (McClish 1989).
     *
     * @param maxFpr in (0, 1]
     */
    public double partialAuc(double maxFpr) {
        if (!(maxFpr > 0 && maxFpr <= 1)) throw new IllegalArgumentException("partialAuc: maxFpr is " + maxFpr + "; it lies in (0, 1]");
        if (maxFpr == 1) return auc();
        double area = 0;
        double[] falsePositiveRate = falsePositiveRate(), truePositiveRate = truePositiveRate();
        for (int i = 1; i < thresholds.length; i++) {
            double x0 = falsePositiveRate[i - 1], x1 = falsePositiveRate[i], y0 = truePositiveRate[i - 1], y1 = truePositiveRate[i];
            if (x1 > maxFpr) {
                double y = y0 + (y1 - y0) * (maxFpr - x0) / (x1 - x0);
                area += (maxFpr - x0) * (y + y0) / 2;
                break;
            }
            area += (x1 - x0) * (y0 + y1) / 2;
        }
        double least = maxFpr * maxFpr / 2;
        return 0.5 * (1 + (area - least) / (maxFpr - least));
    }

    /** The threshold with the largest {@code tpr - fpr} (Youden 1950). */
    public double thresholdByYouden() { return thresholdByCost(0.5, 1, 1); }

    /**
     * The threshold with the least expected cost {@code prevalence * costMiss * (1 - tpr) + (1 - prevalence) * costAlarm * fpr}.
     *
     * @param prevalence share of positives where the threshold will be used
     */
    public double thresholdByCost(double prevalence, double costMiss, double costAlarm) {
        int best = 0;
        double[] falsePositiveRate = falsePositiveRate(), truePositiveRate = truePositiveRate();
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < thresholds.length; i++) {
            double cost = prevalence * costMiss * (1 - truePositiveRate[i]) + (1 - prevalence) * costAlarm * falsePositiveRate[i];
            if (cost < least) {
                least = cost;
                best = i;
            }
        }
        return thresholds[best];
    }

    /** The curve, with the diagonal of chance. */
    public Plot figure(String title) {
        return Figure.line(title, falsePositiveRate(), truePositiveRate()).line("chance", new double[] {0, 1}, new double[] {0, 1}).dashed()
                .axes("false-positive rate", "true-positive rate")
                .describedAs(String.format(Locale.ROOT, "True against false positives as the threshold falls; the area is %.3f.", auc()));
    }
}
