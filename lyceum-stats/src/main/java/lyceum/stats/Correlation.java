package lyceum.stats;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.math.Incomplete;
import lyceum.prob.StudentT;

/**
 * Correlations with tests of "none".
 *
 * {@snippet :
 * var r = Correlation.pearson(x, y);
 * r.statistic();      // the correlation
 * r.pValue();
 * r.interval();       // by Fisher's transform
 * Correlation.kendall(x, y).pValue();
 * }
 *
 * <p>Statistic, effect size and estimate are the correlation; p-values are two-sided. At least 3 pairs of finite numbers; NaN where one variable is
 * constant.
 */
public final class Correlation {
    /** SciPy's switch from the exact law to the normal one. */
    private static final int EXACT_UP_TO = 33;

    private Correlation() {}

    /** Pearson's r: how well a line describes the pairs. p by the t law, exact for normal pairs; the interval needs 4 pairs. */
    public static TestResult pearson(double[] x, double[] y) {
        check("Pearson", x, y);
        return student("Pearson", Descriptive.correlation(x, y), x.length);
    }

    /** Spearman's (1904) rho: Pearson's of ranks. p and interval by the same laws, approximately. */
    public static TestResult spearman(double[] x, double[] y) {
        check("Spearman", x, y);
        return student("Spearman", Descriptive.rankCorrelation(x, y), x.length);
    }

    private static TestResult student(String test, double r, int n) {
        double t = Math.abs(r) * Math.sqrt((n - 2) / ((1 - r) * (1 + r)));
        double p = Double.isNaN(r) ? Double.NaN : Double.isInfinite(t) ? 0 : Math.min(1, 2 * new StudentT(n - 2).survival(t));
        return new TestResult(test, r, p, n - 2, r, r,
                n > 3 && !Double.isNaN(r) ? ConfidenceInterval.correlation(r, n, 0.95) : TestResult.NO_INTERVAL);
    }

    /**
     * Kendall's (1938) tau-b: pairs in the same order less those in the opposite one, corrected for ties. {@code O(n log n)} (Knight 1966). p exact up
     * to 33 pairs without ties, else normal.
     */
    public static TestResult kendall(double[] x, double[] y) {
        check("Kendall", x, y);
        int n = x.length;
        double[] rx = Ranks.of(x), ry = Ranks.of(y);
        // by x, then y: exchanges that sort y are the discordant pairs
        double[] key = new double[n], sorted = new double[n];
        for (int i = 0; i < n; i++) key[i] = rx[i] * (4.0 * n) + ry[i];
        int[] order = Ranks.order(key);
        for (int i = 0; i < n; i++) sorted[i] = ry[order[i]];
        double all = n * (n - 1.0) / 2, discordant = exchanges(sorted.clone(), new double[n], 0, n);
        Ties tx = Ties.of(x), ty = Ties.of(y), joint = Ties.of(key);
        double difference = all - tx.pairs - ty.pairs + joint.pairs - 2 * discordant;
        double tau = Math.clamp(difference / Math.sqrt(all - tx.pairs) / Math.sqrt(all - ty.pairs), -1, 1), p;
        if (Double.isNaN(tau)) p = Double.NaN;
        else if (tx.pairs == 0 && ty.pairs == 0 && (n <= EXACT_UP_TO || Math.min(discordant, all - discordant) <= 1))
            p = exact(n, (int) Math.min(discordant, all - discordant));
        else {
            double m = n * (n - 1.0), variance = (m * (2 * n + 5) - tx.third - ty.third) / 18 + 2 * tx.pairs * ty.pairs / m
                    + tx.triples * ty.triples / (9 * m * (n - 2));
            p = 2 * Incomplete.normalCdf(-Math.abs(difference) / Math.sqrt(variance));
        }
        return new TestResult("Kendall", tau, p, Double.NaN, tau, tau, TestResult.NO_INTERVAL);
    }

    /** Sums over groups of t equal values. */
    private record Ties(double pairs, double triples, double third) {
        static Ties of(double[] values) {
            double[] v = values.clone();
            Arrays.sort(v);
            double pairs = 0, triples = 0, third = 0;
            for (int i = 0; i < v.length;) {
                int end = i;
                while (end < v.length && v[end] == v[i]) end++;
                double t = end - i;
                pairs += t * (t - 1) / 2;
                triples += t * (t - 1) * (t - 2);
                third += t * (t - 1) * (2 * t + 5);
                i = end;
            }
            return new Ties(pairs, triples, third);
        }
    }

    /** Sorts by merging and counts pairs out of order. */
    private static double exchanges(double[] v, double[] spare, int from, int to) {
        if (to - from < 2) return 0;
        int middle = (from + to) >>> 1, i = from, j = middle, at = from;
        double count = exchanges(v, spare, from, middle) + exchanges(v, spare, middle, to);
        while (i < middle || j < to) {
            if (j == to || i < middle && v[i] <= v[j]) spare[at++] = v[i++];
            else {
                spare[at++] = v[j++];
                count += middle - i;
            }
        }
        System.arraycopy(spare, from, v, from, to - from);
        return count;
    }

    /** Twice the probability of at most c inversions in a random permutation. */
    private static double exact(int n, int c) {
        if (4 * c == n * (n - 1)) return 1;
        // law[k]: chance of k inversions, one element after another
        var law = new double[c + 1];
        law[0] = 1;
        for (int m = 2; m <= n; m++) {
            for (int k = 1; k <= c; k++) law[k] += law[k - 1];
            for (int k = c; k >= m; k--) law[k] -= law[k - m];
            for (int k = 0; k <= c; k++) law[k] /= m;
        }
        return Math.min(1, 2 * Descriptive.sum(law));
    }

    private static void check(String test, double[] x, double[] y) {
        if (x.length != y.length) throw new ShapeException(test + ": pairs of " + x.length + " and " + y.length + " values");
        Tails.atLeast(test, x, 3);
        Tails.atLeast(test, y, 3);
    }
}
