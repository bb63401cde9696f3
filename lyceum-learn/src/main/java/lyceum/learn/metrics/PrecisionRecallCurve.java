package lyceum.learn.metrics;

import java.util.Arrays;
import java.util.Locale;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/**
 * Precision against recall as the threshold on a score falls. True negatives enter neither, so a flood of easy ones cannot flatter the curve.
 *
 * {@snippet :
 * var truth = Tensor.of(new int[] {1, 0, 1, 1, 0, 0, 1, 0, 0, 0});
 * var scores = Tensor.arange(10).neg();                      // the rows stand in order already
 * var curve = PrecisionRecallCurve.of(truth, scores);
 * curve.averagePrecision();                                  // (1 + 2/3 + 3/4 + 4/7) / 4
 * curve.atRecall(0.75).threshold();
 * }
 *
 * <p>One point for each distinct score, after a first one at threshold infinity that flags nothing and has precision 1 and recall 0. The record
 * holds counts rather than shares.
 *
 * @param falsePositives weight of the negatives that score at least the threshold, ascending
 * @param truePositives likewise of the positives
 * @param thresholds a row is positive if its score is at least this; descending
 * @see <a href="https://doi.org/10.1145/1143844.1143874">Davis and Goadrich (2006)</a>
 */
public record PrecisionRecallCurve(double[] falsePositives, double[] truePositives, double[] thresholds) {

    /** Truth is 0 or 1 (BOOL too), the scores floats. */
    public static PrecisionRecallCurve of(Tensor truth, Tensor scores) {
        return of(RocCurve.positives(truth.toLongArray()), scores.toDoubleArray(), null);
    }

    /**
     * @param weights of the rows, or null for 1
     * @throws IllegalArgumentException if a score is NaN or the positives have no weight
     */
    public static PrecisionRecallCurve of(boolean[] positive, double[] scores, double[] weights) {
        return of(ScoreSweep.withPositives("PrecisionRecallCurve", positive, scores, weights));
    }

    static PrecisionRecallCurve of(ScoreSweep sweep) {
        return new PrecisionRecallCurve(sweep.falsePositives(), sweep.truePositives(), sweep.thresholds());
    }

    private ScoreSweep sweep() { return new ScoreSweep(thresholds, falsePositives, truePositives); }

    /** Share of the flagged rows that are positive, at each threshold; 1 where none is flagged. */
    public double[] precision() {
        var p = new double[thresholds.length];
        Arrays.setAll(p, sweep()::precision);
        return p;
    }

    /** Share of the positives that are flagged, at each threshold. */
    public double[] recall() {
        var r = new double[thresholds.length];
        Arrays.setAll(r, sweep()::recall);
        return r;
    }

    /** Average precision, {@code sum_k (R_k - R_{k-1}) P_k}: the mean, over the positive rows, of the precision at their score. */
    public double averagePrecision() {
        double area = 0;
        var sweep = sweep();
        for (int k = 1; k < thresholds.length; k++) area += (truePositives[k] - truePositives[k - 1]) * sweep.precision(k);
        return area / sweep.positives();
    }

    /**
     * Area under straight lines between the points. Too large wherever precision falls, most of all with few distinct scores:
     * between two thresholds precision follows a hyperbola, not a chord. For comparison with tools that report it.
     */
    public double trapezoidArea() {
        double area = 0;
        var sweep = sweep();
        for (int k = 1; k < thresholds.length; k++)
            area += (truePositives[k] - truePositives[k - 1]) * (sweep.precision(k) + sweep.precision(k - 1)) / 2;
        return area / sweep.positives();
    }

    /**
     * Area where tied rows come in at random: true and false positives grow together from one threshold to the next,
     * and precision follows the hyperbola between them (Davis and Goadrich 2006).
     */
    public double hyperbolicArea() {
        double area = 0;
        for (int k = 1; k < thresholds.length; k++)
            area += underHyperbola(truePositives[k - 1], falsePositives[k - 1], truePositives[k], falsePositives[k]);
        return area / sweep().positives();
    }

    /** Precision summed over the true positives from a to b, false ones growing along in proportion. */
    static double underHyperbola(double a, double falseBefore, double b, double falseAfter) {
        if (b == a) return 0;
        // With s false positives a true one: integral of t / (t + fp + s (t - a)) = t / (1 + s) - m / (1 + s)^2 log((1 + s) t + m).
        double s = (falseAfter - falseBefore) / (b - a), m = falseBefore - s * a, area = (b - a) / (1 + s);
        return m == 0 ? area : area - m / ((1 + s) * (1 + s)) * Math.log(((1 + s) * b + m) / ((1 + s) * a + m));
    }

    /** Area where precision is made monotone: at each recall the largest precision at this recall or beyond. Detection benchmarks report it. */
    public double interpolatedArea() {
        double area = 0, best = 0;
        var sweep = sweep();
        for (int k = thresholds.length - 1; k > 0; k--) {
            best = Math.max(best, sweep.precision(k));
            area += (truePositives[k] - truePositives[k - 1]) * best;
        }
        return area / sweep.positives();
    }

    /**
     * The mean of the monotone precision at equally spaced recalls from 0 to 1.
     *
     * @param levels 11 as in the VOC challenge of 2007, 101 as in COCO; at least 2
     */
    public double interpolatedMean(int levels) {
        if (levels < 2) throw new IllegalArgumentException("interpolatedMean: " + levels + " levels; at least 2, usually 11 or 101");
        double sum = 0, best = 0;
        int k = thresholds.length - 1;
        var sweep = sweep();
        for (int level = levels - 1; level >= 0; level--) {
            double recall = level / (levels - 1.0);
            for (; k > 0 && sweep.recall(k) >= recall; k--) best = Math.max(best, sweep.precision(k));
            sum += best;
        }
        return sum / levels;
    }

    /** The threshold with the largest F-beta; the highest of several. */
    public OperatingPoint atBestFBeta(double beta) {
        Thresholds.checkBeta(beta);
        var sweep = sweep();
        int best = 0;
        for (int k = 1; k < thresholds.length; k++) if (sweep.fBeta(k, beta) > sweep.fBeta(best, beta)) best = k;
        return sweep.point(best);
    }

    /** The highest threshold with at least this recall, in [0, 1]. */
    public OperatingPoint atRecall(double recall) {
        if (!(recall >= 0 && recall <= 1))
            throw new IllegalArgumentException("atRecall: recall is " + recall + "; it lies between 0 and 1");
        var sweep = sweep();
        int k = 0;
        while (sweep.recall(k) < recall) k++;
        return sweep.point(k);
    }

    /** The curve as steps, with the line of chance, which is the share of positives. */
    public Plot figure(String title) {
        double prevalence = sweep().precision(thresholds.length - 1);
        return Figure.line(title, recall(), precision()).line("chance", new double[] {0, 1}, new double[] {prevalence, prevalence}).dashed()
                .axes("recall", "precision").limitY(0, 1)
                .describedAs(String.format(Locale.ROOT,
                        "Precision against recall as the threshold falls; average precision is %.3f, the share of positives %.3f.",
                        averagePrecision(), prevalence));
    }
}
