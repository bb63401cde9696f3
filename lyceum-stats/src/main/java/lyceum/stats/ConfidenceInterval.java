package lyceum.stats;

import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import lyceum.math.Incomplete;
import lyceum.prob.Binomial;
import lyceum.prob.ChiSquare;
import lyceum.prob.FisherF;
import lyceum.prob.StudentT;
import lyceum.random.Rng;

/**
 * Confidence intervals with two equal tails: means, differences, variances, rates, correlations, and anything with a likelihood. Proportions
 * have {@link ProportionInterval}, statistics without a formula {@link Bootstrap}.
 *
 * {@snippet :
 * ConfidenceInterval.mean(accuracies, 0.95);            // Student's, also for 3 seeds
 * ConfidenceInterval.welch(treated, control, 0.95);     // of the difference in means
 * ConfidenceInterval.coverage(rng -> mean(draw(rng), 0.95), truth, 20_000, Rng.of(1));
 * }
 *
 * <p>Levels lie strictly between 0 and 1. An interval of level 0.95 covers the truth in 95% of repetitions, where its assumptions hold.
 */
public final class ConfidenceInterval {
    private ConfidenceInterval() {}

    /** Mean of normal values of known deviation: {@code mean +- z sd / sqrt(n)}. */
    public static Interval meanZ(double[] x, double standardDeviation, double level) {
        Tails.atLeast("mean interval", x, 1);
        return around(Descriptive.mean(x), normal(level) * standardDeviation / Math.sqrt(x.length));
    }

    /** Mean of normal values: {@code mean +- t s / sqrt(n)} (Student 1908). */
    public static Interval mean(double[] x, double level) {
        Tails.atLeast("mean interval", x, 2);
        return around(Descriptive.mean(x), student(x.length - 1, level) * Descriptive.standardDeviation(x) / Math.sqrt(x.length));
    }

    /** Mean of the differences {@code x[i] - y[i]}. */
    public static Interval paired(double[] x, double[] y, double level) { return mean(Tails.differences("paired interval", x, y), level); }

    /** Difference of two means, variances being equal. */
    public static Interval pooled(double[] x, double[] y, double level) {
        Tails.atLeast("pooled interval", x, 2);
        Tails.atLeast("pooled interval", y, 2);
        double error = HypothesisTest.pooledDeviation(x, y) * Math.sqrt(1.0 / x.length + 1.0 / y.length);
        return around(Descriptive.mean(x) - Descriptive.mean(y), student(x.length + y.length - 2, level) * error);
    }

    /** Difference of two means (Welch 1947). */
    public static Interval welch(double[] x, double[] y, double level) {
        Tails.atLeast("Welch interval", x, 2);
        Tails.atLeast("Welch interval", y, 2);
        double a = Descriptive.variance(x) / x.length, b = Descriptive.variance(y) / y.length;
        return around(Descriptive.mean(x) - Descriptive.mean(y),
                student(HypothesisTest.welchDegrees(a, x.length, b, y.length), level) * Math.sqrt(a + b));
    }

    /** Difference of two proportions from the ends of their Wilson intervals (Newcombe 1998): stays inside -1 and 1, and has width at 0 of n. */
    public static Interval proportionDifference(double k1, double n1, double k2, double n2, double level) {
        Interval a = ProportionInterval.wilson(k1, n1, level), b = ProportionInterval.wilson(k2, n2, level);
        double p = k1 / n1, q = k2 / n2;
        return new Interval(p - q - Math.hypot(p - a.low(), b.high() - q), p - q + Math.hypot(a.high() - p, q - b.low()));
    }

    /** Variance of normal values: {@code (n - 1) s^2} over quantiles of chi-square. */
    public static Interval variance(double[] x, double level) {
        Tails.atLeast("variance interval", x, 2);
        var law = new ChiSquare(x.length - 1);
        double sum = (x.length - 1) * Descriptive.variance(x), tail = tail(level);
        return new Interval(sum / law.upperQuantile(tail), sum / law.quantile(tail));
    }

    /** Variance of x over that of y, both normal. */
    public static Interval varianceRatio(double[] x, double[] y, double level) {
        Tails.atLeast("variance ratio interval", x, 2);
        Tails.atLeast("variance ratio interval", y, 2);
        var law = new FisherF(x.length - 1, y.length - 1);
        double ratio = Descriptive.variance(x) / Descriptive.variance(y), tail = tail(level);
        return new Interval(ratio / law.upperQuantile(tail), ratio / law.quantile(tail));
    }

    /** Rate of a Poisson process with {@code events} in {@code exposure}; exact (Garwood 1936): covers at least its level. */
    public static Interval rate(int events, double exposure, double level) {
        if (events < 0 || !(exposure > 0))
            throw new IllegalArgumentException("rate interval: " + events + " events in an exposure of " + exposure);
        double tail = tail(level);
        return new Interval(events == 0 ? 0 : new ChiSquare(2.0 * events).quantile(tail) / 2 / exposure,
                new ChiSquare(2.0 * events + 2).upperQuantile(tail) / 2 / exposure);
    }

    /** Pearson's correlation of n pairs by Fisher's (1921) {@code artanh r +- z / sqrt(n - 3)}. */
    public static Interval correlation(double r, int n, double level) {
        if (!(Math.abs(r) <= 1) || n < 4)
            throw new IllegalArgumentException("correlation interval: r = " + r + " of " + n + " pairs; it needs 4 pairs");
        double half = normal(level) / Math.sqrt(n - 3.0), z = 0.5 * (Math.log1p(r) - Math.log1p(-r));
        return Math.abs(r) == 1 ? new Interval(r, r) : new Interval(Math.tanh(z - half), Math.tanh(z + half));
    }

    /**
     * The parameters whose profile log likelihood is within half a chi-square quantile of the best (Wilks 1938); an end where it stays so is that
     * of the range.
     *
     * @param profile log likelihood as a function of the parameter, the others maximised; rises to {@code estimate} and falls behind it
     * @param low least value that the parameter can have, may be infinite
     */
    public static Interval profileLikelihood(DoubleUnaryOperator profile, double estimate, double low, double high, double level) {
        if (!(low <= estimate && estimate <= high))
            throw new IllegalArgumentException("profile likelihood: the estimate " + estimate + " is not between " + low + " and " + high);
        double z = normal(level), bar = profile.applyAsDouble(estimate) - z * z / 2;
        return new Interval(crossing(profile, bar, estimate, low, -1), crossing(profile, bar, estimate, high, 1));
    }

    private static double crossing(DoubleUnaryOperator profile, double bar, double estimate, double end, int side) {
        double inside = estimate, outside = end, step = 1e-3 * Math.max(Math.abs(estimate), 1e-3);
        for (;; step *= 2) {
            double next = estimate + side * step;
            if (side * (next - end) >= 0) {
                if (end == estimate || profile.applyAsDouble(end) >= bar) return end;
                break;
            }
            // NaN counts as outside: a likelihood is not defined there
            if (!(profile.applyAsDouble(next) >= bar)) {
                outside = next;
                break;
            }
            inside = next;
            if (Double.isInfinite(next)) return end;
        }
        for (int i = 0; i < 200; i++) {
            double middle = inside + (outside - inside) / 2;
            if (middle == inside || middle == outside) break;
            if (profile.applyAsDouble(middle) >= bar) inside = middle;
            else outside = middle;
        }
        return inside;
    }

    /** The share of {@code runs} whose interval contains {@code truth}. Each run has a stream of its own. */
    public static double coverage(Function<Rng, Interval> interval, double truth, int runs, Rng rng) {
        if (runs < 1) throw new IllegalArgumentException("coverage: " + runs + " runs; at least 1 is needed");
        int covered = 0;
        for (int r = 0; r < runs; r++) if (interval.apply(rng.split(r)).contains(truth)) covered++;
        return (double) covered / runs;
    }

    /** Exact coverage of a proportion's interval at each of {@code probabilities}: the chances of the counts whose interval contains it, added up. */
    public static double[] coverage(ProportionInterval kind, int trials, double level, double... probabilities) {
        var intervals = new Interval[trials + 1];
        for (int k = 0; k <= trials; k++) intervals[k] = kind.of(k, trials, level);
        var coverage = new double[probabilities.length];
        for (int i = 0; i < coverage.length; i++) {
            var law = new Binomial(trials, probabilities[i]);
            for (int k = 0; k <= trials; k++) if (intervals[k].contains(probabilities[i])) coverage[i] += law.density(k);
        }
        return coverage;
    }

    private static Interval around(double centre, double half) { return new Interval(centre - half, centre + half); }

    private static double tail(double level) {
        Tails.level("confidence interval", level);
        return (1 - level) / 2;
    }

    private static double normal(double level) { return -Incomplete.normalQuantile(tail(level)); }

    private static double student(double degrees, double level) { return new StudentT(degrees).upperQuantile(tail(level)); }
}
