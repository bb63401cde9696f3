package lyceum.learn.metrics;

import lyceum.ShapeException;
import lyceum.math.Incomplete;
import lyceum.prob.Normal;
import lyceum.stats.Interval;
import lyceum.tensor.Tensor;

/**
 * The sampling error of an area under the ROC curve, without assumptions on the scores.
 *
 * <p>The area is a mean over pairs of a positive and a negative row; its variance follows from how much each single row contributes. Midranks
 * give all contributions in O(n log n).
 *
 * @param auc the area
 * @param variance of the area
 * @see <a href="https://doi.org/10.2307/2531595">DeLong, DeLong and Clarke-Pearson (1988)</a>; <a href="https://doi.org/10.1109/LSP.2014.2337313">Sun and Xu (2014)</a>
 */
public record DeLong(double auc, double variance) {

    /** @throws IllegalArgumentException if there are fewer than two rows of a class */
    public static DeLong of(boolean[] positive, double[] scores) {
        var parts = Contributions.of(positive, scores);
        return new DeLong(parts.auc, covariance(parts, parts));
    }

    /** Normal interval {@code auc -+ z * standard error}, cut to [0, 1]. @param level such as 0.95, in (0, 1) */
    public Interval interval(double level) {
        if (!(level > 0 && level < 1))
            throw new IllegalArgumentException("DeLong.interval: level is " + level + "; it lies between 0 and 1, such as 0.95");
        double half = Normal.STANDARD.upperQuantile((1 - level) / 2) * Math.sqrt(variance);
        return new Interval(Math.max(0, auc - half), Math.min(1, auc + half));
    }

    /** The z statistic of the difference of two areas on the same rows; 0 where both are equal in every row. */
    public static double pairedZ(boolean[] positive, double[] scores, double[] otherScores) {
        var a = Contributions.of(positive, scores);
        var b = Contributions.of(positive, otherScores);
        double variance = covariance(a, a) + covariance(b, b) - 2 * covariance(a, b);
        return variance <= 0 ? 0 : (a.auc - b.auc) / Math.sqrt(variance);
    }

    /** Two-sided p-value of {@link #pairedZ}: "both scores rank equally well". */
    public static double pairedPValue(boolean[] positive, double[] scores, double[] otherScores) {
        return 2 * Incomplete.normalCdf(-Math.abs(pairedZ(positive, scores, otherScores)));
    }

    /** For each positive row the share of negatives below it, and for each negative the share of positives above it. */
    private record Contributions(double auc, double[] ofPositives, double[] ofNegatives) {
        static Contributions of(boolean[] positive, double[] scores) {
            if (positive.length != scores.length)
                throw new ShapeException("DeLong: " + positive.length + " labels and " + scores.length + " scores");
            int m = 0;
            for (boolean p : positive) if (p) m++;
            int n = positive.length - m;
            if (m < 2 || n < 2)
                throw new IllegalArgumentException("DeLong: " + m + " positive and " + n + " negative rows; two of each are needed");
            double[] x = new double[m], y = new double[n];
            int i = 0, j = 0;
            for (int row = 0; row < positive.length; row++) if (positive[row]) x[i++] = scores[row];
            else y[j++] = scores[row];
            var all = new double[m + n];
            System.arraycopy(x, 0, all, 0, m);
            System.arraycopy(y, 0, all, m, n);
            double[] among = midranks(all), inX = midranks(x), inY = midranks(y);
            double[] p = new double[m], q = new double[n];
            double sum = 0;
            for (i = 0; i < m; i++) {
                p[i] = (among[i] - inX[i]) / n;
                sum += p[i];
            }
            for (j = 0; j < n; j++) q[j] = 1 - (among[m + j] - inY[j]) / m;
            return new Contributions(sum / m, p, q);
        }
    }

    private static double[] midranks(double[] values) {
        var order = Tensor.of(values).argsort(0).toIntArray();
        var ranks = new double[values.length];
        for (int i = 0; i < order.length;) {
            int end = i;
            while (end < order.length && values[order[end]] == values[order[i]]) end++;
            for (int k = i; k < end; k++) ranks[order[k]] = (i + end + 1) / 2.0;
            i = end;
        }
        return ranks;
    }

    private static double covariance(Contributions a, Contributions b) {
        return covariance(a.ofPositives, a.auc, b.ofPositives, b.auc) / a.ofPositives.length
                + covariance(a.ofNegatives, a.auc, b.ofNegatives, b.auc) / a.ofNegatives.length;
    }

    private static double covariance(double[] a, double meanA, double[] b, double meanB) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += (a[i] - meanA) * (b[i] - meanB);
        return sum / (a.length - 1);
    }
}
