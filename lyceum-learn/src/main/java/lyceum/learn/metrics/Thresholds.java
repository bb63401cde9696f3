package lyceum.learn.metrics;

import java.util.Arrays;
import lyceum.prob.Binomial;
import lyceum.stats.ProportionInterval;

/**
 * Where to cut a score: thresholds for a wanted recall, precision or false-positive rate, for the best F-beta, and with a guarantee for new data.
 *
 * {@snippet :
 * var cut = Thresholds.forPrecision(spam, scores, 0.99, 0.90);   // 90% sure that precision is at least 0.99
 * boolean block = score >= cut.threshold();
 * }
 *
 * <p>Choose on rows that were not trained on, and measure on others again. Every method takes O(n log n).
 */
public final class Thresholds {
    private Thresholds() {}

    /** The point of largest precision among those with at least this recall; of equal ones that of larger recall. */
    public static OperatingPoint forRecall(boolean[] positive, double[] scores, double recall) {
        checkShare("forRecall", "recall", recall);
        var sweep = ScoreSweep.withPositives("forRecall", positive, scores, null);
        int best = sweep.size() - 1;
        for (int i = best; i >= 0 && sweep.recall(i) >= recall; i--) if (sweep.precision(i) > sweep.precision(best)) best = i;
        return sweep.point(best);
    }

    /** The point of largest recall among those with at least this precision; if there is none, infinity, which flags nothing. */
    public static OperatingPoint forPrecision(boolean[] positive, double[] scores, double precision) {
        checkShare("forPrecision", "precision", precision);
        var sweep = ScoreSweep.withPositives("forPrecision", positive, scores, null);
        int i = sweep.size() - 1;
        while (sweep.precision(i) < precision) i--;
        return sweep.point(i);
    }

    /**
     * The point of largest recall whose precision has a one-sided Clopper-Pearson bound of at least {@code precision}. The first crossing of a point
     * estimate may rest on a handful of rows; this one does not. The bound holds for one threshold, and choosing among many costs a little of it.
     *
     * @param confidence such as 0.90, in (0.5, 1)
     */
    public static OperatingPoint forPrecision(boolean[] positive, double[] scores, double precision, double confidence) {
        checkShare("forPrecision", "precision", precision);
        checkConfidence("forPrecision", confidence);
        var sweep = ScoreSweep.withPositives("forPrecision", positive, scores, null);
        int i = sweep.size() - 1;
        while (i > 0 && (sweep.precision(i) < precision
                || ProportionInterval.clopperPearson(sweep.truePositives()[i], sweep.flagged(i), 2 * confidence - 1).low() < precision))
            i--;
        return sweep.point(i);
    }

    /** The point of largest recall among those that flag at most this share of the negatives. */
    public static OperatingPoint forFalsePositiveRate(boolean[] positive, double[] scores, double rate) {
        checkShare("forFalsePositiveRate", "rate", rate);
        var sweep = ScoreSweep.withPositives("forFalsePositiveRate", positive, scores, null);
        int i = sweep.size() - 1;
        while (sweep.point(i).falsePositiveRate() > rate) i--;
        while (i > 0 && sweep.recall(i - 1) == sweep.recall(i)) i--;
        return sweep.point(i);
    }

    /**
     * A threshold whose recall on new data is at least {@code recall}, with probability at least {@code confidence} over the positives that it was
     * chosen from; nothing is assumed but that those and the new ones come from one distribution.
     *
     * <p>Of m positive scores the (k + 1)-th smallest, for the largest k with {@code P(Bin(m, recall) >= m - k) <= 1 - confidence}. Where m is too
     * small even for k = 0, the threshold is {@code -Infinity}: everything is flagged, as the guarantee demands.
     *
     * @param positiveScores scores of positive rows that were not trained on; negatives are not needed
     * @see "Wilks (1941), Determination of sample sizes for setting tolerance limits"
     */
    public static double guaranteeingRecall(double[] positiveScores, double recall, double confidence) {
        checkShare("guaranteeingRecall", "recall", recall);
        checkConfidence("guaranteeingRecall", confidence);
        double[] sorted = positiveScores.clone();
        Arrays.sort(sorted);
        int m = sorted.length;
        if (m > 0 && Double.isNaN(sorted[m - 1])) throw new IllegalArgumentException("guaranteeingRecall: a score is NaN");
        var missed = new Binomial(m, 1 - recall);
        int k = -1;
        while (k + 1 < m && missed.cdf(k + 1) <= 1 - confidence) k++;
        return k < 0 ? Double.NEGATIVE_INFINITY : sorted[k];
    }

    /** The point of least cost {@code falseAlarm FP + miss FN} on these rows, by trying all; the highest threshold of several. */
    public static OperatingPoint minimisingCost(boolean[] positive, double[] scores, double falseAlarm, double miss) {
        checkCosts(falseAlarm, miss);
        var sweep = ScoreSweep.of("minimisingCost", positive, scores, null);
        int best = 0;
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < sweep.size(); i++) {
            double cost = falseAlarm * sweep.falsePositives()[i] + miss * (sweep.positives() - sweep.truePositives()[i]);
            if (cost >= least) continue;
            least = cost;
            best = i;
        }
        return sweep.point(best);
    }

    static void checkCosts(double falseAlarm, double miss) {
        if (!(falseAlarm >= 0) || !(miss >= 0) || !(falseAlarm + miss > 0) || falseAlarm + miss == Double.POSITIVE_INFINITY)
            throw new IllegalArgumentException(
                    "costs of " + falseAlarm + " for a false alarm and " + miss + " for a miss; finite, not negative, not both 0");
    }

    /** A threshold and the F-beta that it has, or is expected to have. */
    public record Best(double threshold, double fBeta) {}

    /** The threshold with the largest F-beta on these rows, by trying all; the highest of several. */
    public static Best maximisingFBeta(boolean[] positive, double[] scores, double beta) {
        return maximisingFBeta(positive, scores, null, beta);
    }

    /** @param weights of the rows, or null for 1 */
    public static Best maximisingFBeta(boolean[] positive, double[] scores, double[] weights, double beta) {
        checkBeta(beta);
        var sweep = ScoreSweep.withPositives("maximisingFBeta", positive, scores, weights);
        int best = 0;
        for (int i = 1; i < sweep.size(); i++) if (sweep.fBeta(i, beta) > sweep.fBeta(best, beta)) best = i;
        return new Best(sweep.thresholds()[best], sweep.fBeta(best, beta));
    }

    /**
     * The threshold that maximises F-beta if {@code probabilities} are right, without any label: {@code F* / (1 + beta^2)}, half of the best value for F1.
     * The best value F* is that of flagging the k most probable rows, {@code (1 + beta^2) sum of their p / (k + beta^2 sum of all p)}, largest over k.
     *
     * @param probabilities calibrated, in [0, 1]
     * @see <a href="https://arxiv.org/abs/1402.1892">Lipton, Elkan and Narayanaswamy (2014)</a>
     */
    public static Best plugInFBeta(double[] probabilities, double beta) {
        checkBeta(beta);
        double[] sorted = probabilities.clone();
        double all = 0;
        for (double p : sorted) {
            checkShare("plugInFBeta", "a probability", p);
            all += p;
        }
        if (all == 0)
            throw new IllegalArgumentException("plugInFBeta: all " + sorted.length + " probabilities are 0; no row can be positive");
        Arrays.sort(sorted);
        double b = beta * beta, sum = 0, best = 0;
        for (int k = 1; k <= sorted.length; k++) {
            sum += sorted[sorted.length - k];
            best = Math.max(best, (1 + b) * sum / (k + b * all));
        }
        return new Best(best / (1 + b), best);
    }

    private static void checkShare(String operation, String what, double value) {
        if (!(value >= 0 && value <= 1))
            throw new IllegalArgumentException(operation + ": " + what + " is " + value + "; it lies between 0 and 1");
    }

    private static void checkConfidence(String operation, double value) {
        if (!(value > 0.5 && value < 1))
            throw new IllegalArgumentException(operation + ": confidence is " + value + "; it lies strictly between 0.5 and 1");
    }

    static void checkBeta(double beta) {
        if (!(beta >= 0 && beta < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("fBeta: beta is " + beta + "; it is finite and at least 0");
    }
}
