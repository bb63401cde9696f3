package lyceum.stats;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import java.util.function.ToDoubleBiFunction;
import lyceum.prob.ChiSquare;
import lyceum.prob.FisherF;
import lyceum.prob.Normal;
import lyceum.prob.StudentT;
import lyceum.prob.UnivariateDistribution;
import lyceum.random.Rng;

/**
 * Tests of a null hypothesis, each with its effect size and, where one is customary, an interval.
 *
 * {@snippet :
 * var test = HypothesisTest.welch(treated, control, Alternative.TWO_SIDED);
 * test.pValue();
 * test.interval();       // of the difference in means
 * test.effectSize();     // in standard deviations
 * Power.sampleSize(n -> Power.twoSampleT(0.5, n, n, 0.05, Alternative.TWO_SIDED), 0.8);    // 64
 * }
 *
 * <p>A {@code GREATER} alternative says that x (or its mean, its odds, its values) is above y or above the null's value. Samples hold finite
 * numbers; too few are refused. Two-sided p-values double the smaller tail unless said otherwise. Definitions are SciPy's.
 */
public final class HypothesisTest {
    private HypothesisTest() {}

    /**
     * Mean against {@code mean}, the standard deviation of a value being known. Effect size: {@code (mean of x - mean) / deviation}; the interval
     * is for the mean.
     */
    public static TestResult z(double[] x, double mean, double standardDeviation, Alternative alternative) {
        Tails.atLeast("z test", x, 1);
        if (!(standardDeviation > 0))
            throw new IllegalArgumentException("z test: the standard deviation is " + standardDeviation + "; it must be positive");
        double m = Descriptive.mean(x), z = (m - mean) / (standardDeviation / Math.sqrt(x.length));
        return new TestResult("z", z, Tails.pValue(Normal.STANDARD, z, alternative), Double.NaN, (m - mean) / standardDeviation, m,
                ConfidenceInterval.meanZ(x, standardDeviation, 0.95));
    }

    /** Student's (1908) test of a mean against {@code mean}. Effect size: {@code (mean of x - mean) / s}; the interval is for the mean. */
    public static TestResult t(double[] x, double mean, Alternative alternative) {
        Tails.atLeast("t test", x, 2);
        double m = Descriptive.mean(x), s = Descriptive.standardDeviation(x), t = (m - mean) / (s / Math.sqrt(x.length));
        return student("t", t, x.length - 1, alternative, (m - mean) / s, m, s / Math.sqrt(x.length));
    }

    /** The t test of the differences {@code x[i] - y[i]} against 0. Effect size: their mean over their deviation. */
    public static TestResult paired(double[] x, double[] y, Alternative alternative) {
        var r = t(Tails.differences("paired t test", x, y), 0, alternative);
        return new TestResult("paired t", r.statistic(), r.pValue(), r.degreesOfFreedom(), r.effectSize(), r.estimate(), r.interval());
    }

    /**
     * Two means by Student's test with pooled variance, which supposes equal ones. Effect size: Cohen's d, difference over pooled deviation; the
     * interval is for the difference.
     */
    public static TestResult t(double[] x, double[] y, Alternative alternative) {
        Tails.atLeast("t test", x, 2);
        Tails.atLeast("t test", y, 2);
        double m = x.length, n = y.length, difference = Descriptive.mean(x) - Descriptive.mean(y), pooled = pooledDeviation(x, y);
        double error = pooled * Math.sqrt(1 / m + 1 / n);
        return student("two-sample t", difference / error, m + n - 2, alternative, difference / pooled, difference, error);
    }

    /** Two means by Welch's (1947) test, which lets variances differ. Effect size and interval as in the pooled test. */
    public static TestResult welch(double[] x, double[] y, Alternative alternative) {
        Tails.atLeast("Welch's test", x, 2);
        Tails.atLeast("Welch's test", y, 2);
        double a = Descriptive.variance(x) / x.length, b = Descriptive.variance(y) / y.length,
                difference = Descriptive.mean(x) - Descriptive.mean(y);
        double error = Math.sqrt(a + b);
        return student("Welch t", difference / error, welchDegrees(a, x.length, b, y.length), alternative,
                difference / pooledDeviation(x, y), difference, error);
    }

    /** Satterthwaite's (1946) degrees of freedom of {@code a + b}, squared standard errors of means of m and n values. */
    static double welchDegrees(double a, int m, double b, int n) { return (a + b) * (a + b) / (a * a / (m - 1) + b * b / (n - 1)); }

    static double pooledDeviation(double[] x, double[] y) {
        return Math.sqrt(((x.length - 1) * Descriptive.variance(x) + (y.length - 1) * Descriptive.variance(y)) / (x.length + y.length - 2));
    }

    private static TestResult student(String test, double t, double degrees, Alternative alternative, double effect, double estimate,
            double error) {
        if (!Double.isFinite(t) || !(degrees > 0)) throw new IllegalArgumentException(
                test + ": the samples have no spread, their standard error is " + error + "; there is nothing to test by");
        var law = new StudentT(degrees);
        double half = law.upperQuantile(0.025) * error;
        return new TestResult(test, t, Tails.pValue(law, t, alternative), degrees, effect, estimate,
                new Interval(estimate - half, estimate + half));
    }

    /**
     * One-way analysis of variance: do all groups share their mean (Fisher 1925)? Effect size and estimate: eta squared, the share of variance
     * between groups; its interval inverts the noncentral F law.
     */
    public static TestResult anova(double[]... groups) {
        if (groups.length < 2) throw new IllegalArgumentException("anova: " + groups.length + " groups; it compares at least 2");
        int n = 0;
        for (var g : groups) {
            Tails.atLeast("anova", g, 1);
            n += g.length;
        }
        double k = groups.length, between = 0, within = 0;
        var all = new double[n];
        int at = 0;
        for (var g : groups) {
            System.arraycopy(g, 0, all, at, g.length);
            at += g.length;
        }
        if (n <= k)
            throw new IllegalArgumentException("anova: " + n + " values in " + groups.length + " groups; one group needs at least 2");
        double grand = Descriptive.mean(all);
        for (var g : groups) {
            double m = Descriptive.mean(g);
            between += g.length * (m - grand) * (m - grand);
            for (double v : g) within += (v - m) * (v - m);
        }
        double f = between / (k - 1) / (within / (n - k)), eta = between / (between + within);
        var law = new FisherF(k - 1, n - k);
        double size = n, rest = n - k;
        return new TestResult("anova", f, f != f ? Double.NaN : law.survival(f), n - k, eta, eta,
                Noncentral.interval(lambda -> Noncentral.f(f, k - 1, rest, lambda), lambda -> lambda / (lambda + size)));
    }

    /**
     * Pearson's (1900) test of counts against expected ones of the same sum. Effect size and estimate: Cohen's w,
     * {@code sqrt(chi^2 / n)}; its interval inverts the noncentral law.
     */
    public static TestResult chiSquare(double[] observed, double[] expected) { return CountTests.goodnessOfFit(observed, expected); }

    /**
     * Independence of rows and columns of a table of counts. Effect size and estimate: Cramér's V.
     *
     * @param corrected Yates' continuity correction, which acts on 2 x 2 tables only
     */
    public static TestResult chiSquare(double[][] table, boolean corrected) { return CountTests.independence(table, corrected); }

    /**
     * Fisher's (1935) exact test of the 2 x 2 table {@code {{a, b}, {c, d}}} given its margins. Statistic and estimate: the odds ratio
     * {@code a d / (b c)}, with Woolf's interval; effect size: its logarithm. Two-sided p: all tables that are at most as probable.
     */
    public static TestResult fisher(int[][] table, Alternative alternative) { return CountTests.fisher(table, alternative); }

    /**
     * {@code successes} of {@code trials} against a probability, exactly. Estimate: the proportion, with Clopper and Pearson's interval; effect
     * size: Cohen's h. Two-sided p: all counts that are at most as probable.
     */
    public static TestResult binomial(int successes, int trials, double probability, Alternative alternative) {
        return CountTests.binomial(successes, trials, probability, alternative);
    }

    /** {@link MannWhitney}. Effect size: rank-biserial correlation; estimate: {@code P(X > Y) + P(X = Y) / 2}, with an interval by placements. */
    public static TestResult mannWhitney(double[] x, double[] y, Alternative alternative) {
        return RankTests.mannWhitney(x, y, alternative);
    }

    /**
     * Wilcoxon's (1945) signed ranks: are the differences {@code x[i] - y[i]} symmetric about 0? Zeros are dropped. Statistic: the sum of positive
     * ranks, two-sided the smaller of both sums. Exact up to 50 differences, ties included; beyond, normal without continuity correction. Effect
     * size: matched rank-biserial correlation; estimate: the Hodges-Lehmann median of pairwise means, with the interval that inverts the test.
     */
    public static TestResult wilcoxon(double[] x, double[] y, Alternative alternative) { return RankTests.wilcoxon(x, y, alternative); }

    /** Kruskal and Wallis' (1952) analysis of variance of ranks, corrected for ties. Effect size: epsilon squared, {@code H / (n - 1)}. */
    public static TestResult kruskal(double[]... groups) { return RankTests.kruskal(groups); }

    /**
     * Kolmogorov's test of a sample against a continuous law. Statistic and effect size: the largest distance of the distribution functions;
     * {@code GREATER} takes the largest by which the sample's is above. Exact up to 1,000 values.
     */
    public static TestResult kolmogorovSmirnov(double[] x, UnivariateDistribution law, Alternative alternative) {
        return kolmogorovSmirnov(x, law::cdf, alternative);
    }

    /** The same against any continuous distribution function. */
    public static TestResult kolmogorovSmirnov(double[] x, DoubleUnaryOperator cdf, Alternative alternative) {
        return KolmogorovSmirnov.oneSample(x, cdf, alternative);
    }

    /** Smirnov's test of two samples: exact while the product of their sizes is at most 10,000,000. {@code GREATER}: the distribution function of x is above. */
    public static TestResult kolmogorovSmirnov(double[] x, double[] y, Alternative alternative) {
        return KolmogorovSmirnov.twoSamples(x, y, alternative);
    }

    /**
     * A permutation test: is the statistic extreme among those of all ways to deal the values to x and y? All ways are tried if there are at
     * most {@code resamples}, else so many random ones, and the sample itself counts as one of them. Estimate: the statistic.
     */
    public static TestResult permutation(double[] x, double[] y, ToDoubleBiFunction<double[], double[]> statistic, int resamples, Rng rng,
            Alternative alternative) {
        Tails.atLeast("permutation test", x, 1);
        Tails.atLeast("permutation test", y, 1);
        if (resamples < 1) throw new IllegalArgumentException("permutation test: " + resamples + " resamples; at least 1 is needed");
        double[] values = RankTests.joined(x, y), first = new double[x.length], second = new double[y.length];
        double seen = statistic.applyAsDouble(x, y), slack = 100 * Math.ulp(1.0) * Math.abs(seen), ways = 1;
        for (int i = 1; i <= x.length && ways <= resamples; i++) ways = ways * (y.length + i) / i;
        boolean exact = ways <= resamples;
        long below = 0, above = 0, count = 0;
        int[] order = new int[values.length], chosen = new int[x.length];
        for (int i = 0; i < order.length; i++) order[i] = i;
        for (int i = 0; i < chosen.length; i++) chosen[i] = i;
        do {
            if (!exact) rng.shuffle(order);
            else {
                int a = 0, b = x.length;
                for (int i = 0; i < order.length; i++) {
                    if (a < chosen.length && chosen[a] == i) order[a++] = i;
                    else order[b++] = i;
                }
            }
            for (int i = 0; i < order.length; i++) {
                if (i < first.length) first[i] = values[order[i]];
                else second[i - first.length] = values[order[i]];
            }
            double value = statistic.applyAsDouble(first, second);
            if (value <= seen + slack) below++;
            if (value >= seen - slack) above++;
            count++;
        } while (exact ? advance(chosen, order.length) : count < resamples);
        // The sample itself is one of the equally likely ways: without it a p-value of 0 could be had.
        double self = exact ? 0 : 1, p = Tails.pValue((below + self) / (count + self), (above + self) / (count + self), alternative);
        return new TestResult("permutation", seen, p, Double.NaN, Double.NaN, seen, TestResult.NO_INTERVAL);
    }

    /** The next of the k-subsets of {@code 0 .. n - 1} in lexical order; false after the last. */
    private static boolean advance(int[] chosen, int n) {
        int k = chosen.length, i = k - 1;
        while (i >= 0 && chosen[i] == n - k + i) i--;
        if (i < 0) return false;
        chosen[i]++;
        for (int j = i + 1; j < k; j++) chosen[j] = chosen[j - 1] + 1;
        return true;
    }

    /** The difference in means, for {@link #permutation}. */
    public static double meanDifference(double[] x, double[] y) {
        return Arrays.stream(x).sum() / x.length - Arrays.stream(y).sum() / y.length;
    }

    static TestResult chiSquare(String test, double statistic, double degrees, double n, double scale) {
        double p = degrees == 0 ? 1 : new ChiSquare(degrees).survival(statistic), size = Math.sqrt(statistic / (n * scale));
        return new TestResult(test, statistic, p, degrees, size, size, degrees == 0 ? TestResult.NO_INTERVAL : Noncentral
                .interval(lambda -> Noncentral.chiSquare(statistic, degrees, lambda), lambda -> Math.sqrt(lambda / (n * scale))));
    }
}
