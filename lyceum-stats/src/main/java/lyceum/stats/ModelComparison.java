package lyceum.stats;

import java.util.function.ToDoubleFunction;
import lyceum.ShapeException;
import lyceum.math.Incomplete;
import lyceum.prob.Binomial;
import lyceum.prob.ChiSquare;
import lyceum.prob.FisherF;
import lyceum.prob.StudentT;
import lyceum.random.Rng;

/**
 * Two classifiers on the same items: the items on which they agree cannot speak for either, so compare in pairs.
 *
 * {@snippet :
 * var comparison = ModelComparison.of(labels, first, second);
 * comparison.mcNemarExact().pValue();
 * comparison.bootstrap(10_000, Rng.of(1)).percentile(0.95);                                   // of the difference in accuracy
 * ModelComparison.bootstrap(labels, first, second, (y, p) -> f1(y, p), 10_000, Rng.of(1));    // of any metric
 * }
 *
 * <p>Differences are first less second. None of this is about the recipes that made the models: for those, {@link #fiveByTwo} or several seeds.
 *
 * @param both items that both get right
 * @param firstOnly items that only the first gets right
 * @param secondOnly items that only the second gets right
 * @param neither items that both get wrong
 */
public record ModelComparison(int both, int firstOnly, int secondOnly, int neither) {

    /** A score of predictions, such as accuracy or F1. It must not keep or change the arrays. */
    @FunctionalInterface
    public interface Metric {
        double of(int[] labels, int[] predictions);

        /** The share of predictions that equal their label. */
        Metric ACCURACY = (labels, predictions) -> {
            int right = 0;
            for (int i = 0; i < labels.length; i++) if (labels[i] == predictions[i]) right++;
            return right / (double) labels.length;
        };
    }

    public ModelComparison {
        if (Math.min(Math.min(both, firstOnly), Math.min(secondOnly, neither)) < 0) throw new IllegalArgumentException(
                "model comparison: a count of " + both + ", " + firstOnly + ", " + secondOnly + ", " + neither + " is negative");
        if ((long) both + firstOnly + secondOnly + neither == 0) throw new IllegalArgumentException("model comparison: there are no items");
    }

    /** Counts who is right. @throws ShapeException if the arrays differ in length: join predictions by item first */
    public static ModelComparison of(int[] labels, int[] first, int[] second) {
        check(labels, first, second);
        var counts = new int[4];
        for (int i = 0; i < labels.length; i++) counts[(first[i] == labels[i] ? 0 : 2) + (second[i] == labels[i] ? 0 : 1)]++;
        return new ModelComparison(counts[0], counts[1], counts[2], counts[3]);
    }

    private static void check(int[] labels, int[] first, int[] second) {
        if (labels.length == 0 || labels.length != first.length || labels.length != second.length)
            throw new ShapeException("model comparison: " + labels.length + " labels but " + first.length + " and " + second.length
                    + " predictions; each item needs both");
    }

    public int items() { return both + firstOnly + secondOnly + neither; }

    /** Accuracy of the first less that of the second. */
    public double difference() { return (firstOnly - secondOnly) / (double) items(); }

    /**
     * McNemar's test by the binomial law: each disagreement is a fair coin. Statistic: the smaller count. Effect size: the log of
     * {@code firstOnly / secondOnly}; the interval is for the difference in accuracy.
     */
    public TestResult mcNemarExact() {
        int n = firstOnly + secondOnly, least = Math.min(firstOnly, secondOnly);
        return result("exact McNemar", least, n == 0 ? 1 : Math.min(1, 2 * new Binomial(n, 0.5).cdf(least)));
    }

    /**
     * McNemar's (1947) test: {@code (b - c)^2 / (b + c)}, or {@code (|b - c| - 1)^2 / (b + c)} with continuity correction, against chi-square. The
     * corrected one is taken as it is printed where b = c too: {@code 1 / (b + c)}, as in statsmodels; R has 0.
     */
    public TestResult mcNemar(boolean corrected) {
        int n = firstOnly + secondOnly, gap = Math.abs(firstOnly - secondOnly);
        double d = corrected ? gap - 1 : gap, chi = n == 0 ? 0 : d * d / n;
        return result("McNemar", chi, new ChiSquare(1).survival(chi));
    }

    private TestResult result(String test, double statistic, double p) {
        // Wald's for paired proportions
        double n = items(), d = difference(),
                half = -Incomplete.normalQuantile(0.025) * Math.sqrt((firstOnly + secondOnly - n * d * d) / (n * n));
        return new TestResult(test, statistic, p, test.equals("McNemar") ? 1 : Double.NaN, Math.log(firstOnly / (double) secondOnly), d,
                new Interval(d - half, d + half));
    }

    /** The paired bootstrap of the difference in accuracy; draws the four counts, which is drawing items. */
    public Bootstrap bootstrap(int resamples, Rng rng) {
        int n = items();
        double[] shares = {firstOnly / (double) n, secondOnly / (double) Math.max(1, n - firstOnly)};
        return Bootstrap.parametric(difference(), r -> {
            double a = new Binomial(n, shares[0]).sample(r);
            return new double[] {a, new Binomial((long) (n - a), Math.min(1, shares[1])).sample(r)};
        }, d -> (d[0] - d[1]) / n, resamples, rng);
    }

    /** The paired bootstrap of the difference in any metric: both models are scored on the same draw of items. */
    public static Bootstrap bootstrap(int[] labels, int[] first, int[] second, Metric metric, int resamples, Rng rng) {
        check(labels, first, second);
        return Bootstrap.rows(ResamplingPlan.independent(labels.length), difference(labels, first, second, metric), resamples, rng);
    }

    /** The same by clusters of items, such as documents. */
    public static Bootstrap bootstrap(int[] labels, int[] first, int[] second, Metric metric, ResamplingPlan plan, int resamples, Rng rng) {
        check(labels, first, second);
        return Bootstrap.rows(plan, difference(labels, first, second, metric), resamples, rng);
    }

    private static ToDoubleFunction<int[]> difference(int[] labels, int[] first, int[] second, Metric metric) {
        return rows -> {
            int[] y = new int[rows.length], a = new int[rows.length], b = new int[rows.length];
            for (int i = 0; i < rows.length; i++) {
                y[i] = labels[rows[i]];
                a[i] = first[rows[i]];
                b[i] = second[rows[i]];
            }
            return metric.of(y, a) - metric.of(y, b);
        };
    }

    /** Two-sided p-value of a bootstrap of a difference: twice the smaller share of values on one side of 0, those at 0 counted with both. */
    public static double pValue(Bootstrap differences) {
        double below = 0, above = 0, n = 0;
        for (double v : differences.values()) {
            if (v <= 0) below++;
            if (v >= 0) above++;
            n++;
        }
        return Math.min(1, 2 * (Math.min(below, above) + 1) / (n + 1));
    }

    /**
     * The permutation test of a metric (Fisher 1935; approximate randomisation of Noreen 1989): exchanges the predictions of each item by a fair coin.
     * Two-sided, the data themselves counted as one of the ways.
     */
    public static TestResult permutation(int[] labels, int[] first, int[] second, Metric metric, int resamples, Rng rng) {
        check(labels, first, second);
        if (resamples < 1) throw new IllegalArgumentException("permutation test: " + resamples + " resamples; at least 1 is needed");
        int[] a = first.clone(), b = second.clone();
        double seen = metric.of(labels, first) - metric.of(labels, second), slack = 1e-12 * Math.abs(seen);
        int extreme = 1;
        for (int r = 0; r < resamples; r++) {
            long coins = 0;
            for (int i = 0; i < a.length; i++) {
                if (i % 64 == 0) coins = rng.nextLong();
                boolean exchange = (coins >>> i & 1) == 1;
                a[i] = exchange ? second[i] : first[i];
                b[i] = exchange ? first[i] : second[i];
            }
            if (Math.abs(metric.of(labels, a) - metric.of(labels, b)) >= Math.abs(seen) - slack) extreme++;
        }
        return new TestResult("paired permutation", seen, extreme / (resamples + 1.0), Double.NaN, Double.NaN, seen,
                TestResult.NO_INTERVAL);
    }

    /**
     * Dietterich's (1998) 5 x 2 cross-validated t test of two learners.
     *
     * @param differences in score, two folds of each of five random halvings: (5 x 2)
     */
    public static TestResult fiveByTwo(double[][] differences) {
        double spread = spread(differences), t = differences[0][0] / Math.sqrt(spread / 5);
        return new TestResult("5x2cv t", t, Tails.pValue(new StudentT(5), t, Alternative.TWO_SIDED), 5);
    }

    /** Alpaydin's (1999) F test on the same differences, which uses all ten. */
    public static TestResult fiveByTwoF(double[][] differences) {
        double spread = spread(differences), squares = 0;
        for (var pair : differences) squares += pair[0] * pair[0] + pair[1] * pair[1];
        double f = squares / (2 * spread);
        return new TestResult("5x2cv F", f, new FisherF(10, 5).survival(f), 5);
    }

    private static double spread(double[][] differences) {
        if (differences.length != 5) throw new ShapeException("5x2cv: " + differences.length + " halvings; there are five");
        double sum = 0;
        for (var pair : differences) {
            if (pair.length != 2) throw new ShapeException("5x2cv: " + pair.length + " folds of a halving; there are two");
            sum += (pair[0] - pair[1]) * (pair[0] - pair[1]) / 2;
        }
        if (!(sum > 0))
            throw new IllegalArgumentException("5x2cv: the two folds of each halving agree exactly; there is no spread to test by");
        return sum;
    }

    /**
     * Items that McNemar's test needs (Connor 1987).
     *
     * @param difference in accuracy that should be found
     * @param discordance share of items on which exactly one is right; at least the difference
     */
    public static int sampleSize(double difference, double discordance, double alpha, double power) {
        Tails.level("sample size", alpha);
        Tails.level("sample size", power);
        double d = Math.abs(difference);
        if (!(d > 0 && d <= discordance && discordance <= 1)) throw new IllegalArgumentException("sample size: a difference of "
                + difference + " with a discordance of " + discordance + "; 0 < |difference| <= discordance <= 1");
        double root = -Incomplete.normalQuantile(alpha / 2) * Math.sqrt(discordance)
                + Incomplete.normalQuantile(power) * Math.sqrt(discordance - d * d);
        return (int) Math.ceil(root * root / (d * d));
    }
}
