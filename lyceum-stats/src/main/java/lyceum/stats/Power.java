package lyceum.stats;

import java.util.function.DoubleUnaryOperator;
import java.util.function.IntToDoubleFunction;
import java.util.function.ToDoubleFunction;
import lyceum.math.Incomplete;
import lyceum.prob.Binomial;
import lyceum.prob.FisherF;
import lyceum.prob.ChiSquare;
import lyceum.prob.StudentT;
import lyceum.random.Rng;

/**
 * The probability that a test finds an effect of given size, and the sample that it needs.
 *
 * {@snippet :
 * Power.twoSampleT(0.5, 64, 64, 0.05, Alternative.TWO_SIDED);                               // 0.8015
 * Power.sampleSize(n -> Power.twoSampleT(0.5, n, n, 0.05, Alternative.TWO_SIDED), 0.8);     // 64
 * Power.simulate(rng -> myTest(draw(rng)).pValue(), 0.05, 10_000, Rng.of(1));               // for tests without a formula
 * }
 *
 * <p>Effects are standardised: a difference in means over the standard deviation of a value (Cohen 1988).
 */
public final class Power {
    private Power() {}

    /** The two-sample t test with groups of m and n, by the noncentral t law. */
    public static double twoSampleT(double effect, int m, int n, double alpha, Alternative alternative) {
        if (m < 2 || n < 2) throw new IllegalArgumentException("power: groups of " + m + " and " + n + "; each needs at least 2");
        return t(effect * Math.sqrt((double) m * n / (m + n)), m + n - 2, alpha, alternative);
    }

    /** The t test of a mean, or of n paired differences. */
    public static double oneSampleT(double effect, int n, double alpha, Alternative alternative) {
        if (n < 2) throw new IllegalArgumentException("power: a sample of " + n + "; it needs at least 2");
        return t(effect * Math.sqrt(n), n - 1, alpha, alternative);
    }

    private static double t(double shift, double degrees, double alpha, Alternative alternative) {
        Tails.level("power", alpha);
        var law = new StudentT(degrees);
        return switch (alternative) {
            case GREATER -> 1 - Noncentral.t(law.upperQuantile(alpha), degrees, shift);
            case LESS -> Noncentral.t(law.quantile(alpha), degrees, shift);
            case TWO_SIDED -> {
                double critical = law.upperQuantile(alpha / 2);
                yield 1 - Noncentral.t(critical, degrees, shift) + Noncentral.t(-critical, degrees, shift);
            }
        };
    }

    /** The z test of a mean of n values. */
    public static double z(double effect, int n, double alpha, Alternative alternative) {
        Tails.level("power", alpha);
        double shift = effect * Math.sqrt(n), z = -Incomplete.normalQuantile(alternative == Alternative.TWO_SIDED ? alpha / 2 : alpha);
        double above = Incomplete.normalCdf(shift - z), below = Incomplete.normalCdf(-z - shift);
        return alternative == Alternative.GREATER ? above : alternative == Alternative.LESS ? below : above + below;
    }

    /** Analysis of variance of k groups of n each. @param effect Cohen's f: deviation of the group means over that of a value */
    public static double anova(double effect, int groups, int n, double alpha) {
        Tails.level("power", alpha);
        double total = (double) groups * n, numerator = groups - 1, denominator = total - groups;
        return 1 - Noncentral.f(new FisherF(numerator, denominator).upperQuantile(alpha), numerator, denominator, effect * effect * total);
    }

    /** Chi-square tests. @param effect Cohen's w */
    public static double chiSquare(double effect, double degreesOfFreedom, int n, double alpha) {
        Tails.level("power", alpha);
        return 1 - Noncentral.chiSquare(new ChiSquare(degreesOfFreedom).upperQuantile(alpha), degreesOfFreedom, n * effect * effect);
    }

    /** The exact two-sided binomial test of {@code null} when the probability is {@code truth}: its rejecting counts are added up. */
    public static double binomial(double nullProbability, double truth, int n, double alpha) {
        Tails.level("power", alpha);
        var law = new Binomial(n, truth);
        double sum = 0;
        for (int k = 0; k <= n; k++)
            if (HypothesisTest.binomial(k, n, nullProbability, Alternative.TWO_SIDED).rejects(alpha)) sum += law.density(k);
        return sum;
    }

    /** The share of {@code runs} in which {@code pValue} of fresh data is at most alpha. Each run has a stream of its own. */
    public static double simulate(ToDoubleFunction<Rng> pValue, double alpha, int runs, Rng rng) {
        if (runs < 1) throw new IllegalArgumentException("power: " + runs + " runs; at least 1 is needed");
        int rejected = 0;
        for (int r = 0; r < runs; r++) if (pValue.applyAsDouble(rng.split(r)) <= alpha) rejected++;
        return (double) rejected / runs;
    }

    /**
     * The least n from 2 at which a power that grows with n reaches {@code target}.
     *
     * @throws IllegalArgumentException if it does not by n = 100,000,000
     */
    public static int sampleSize(IntToDoubleFunction power, double target) {
        Tails.level("sample size", target);
        int low = 1, high = 2;
        while (power.applyAsDouble(high) < target) {
            if (high >= 100_000_000) throw new IllegalArgumentException(
                    "sample size: the power is below " + target + " at n = " + high + "; is there an effect?");
            low = high;
            high *= 2;
        }
        while (high - low > 1) {
            int middle = (low + high) >>> 1;
            if (power.applyAsDouble(middle) < target) low = middle;
            else high = middle;
        }
        return high;
    }

    /** The effect at which a power that grows with it reaches {@code target}: what a sample can find. */
    public static double detectableEffect(DoubleUnaryOperator power, double target) {
        Tails.level("detectable effect", target);
        double low = 0, high = 1e-3;
        while (power.applyAsDouble(high) < target) {
            low = high;
            if ((high *= 2) > 1e6)
                throw new IllegalArgumentException("detectable effect: the power is below " + target + " for every effect");
        }
        for (int i = 0; i < 60; i++) {
            double middle = (low + high) / 2;
            if (power.applyAsDouble(middle) < target) low = middle;
            else high = middle;
        }
        return high;
    }
}
