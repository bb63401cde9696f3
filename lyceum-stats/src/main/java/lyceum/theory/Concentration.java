package lyceum.theory;

import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import lyceum.math.Incomplete;
import lyceum.random.Rng;
import lyceum.stats.Descriptive;

/**
 * How far the mean of n independent variables strays from its expectation, at every n: a bound of {@code P(mean - mu >= t)}, and what follows from it.
 *
 * {@snippet :
 * var hoeffding = Concentration.hoeffding(1);      // values in [0, 1]
 * hoeffding.tail(1_000, 0.01);                     // 0.82
 * hoeffding.radius(1_000, 0.05);                   // 0.039: the mean is below mu + 0.039 in 95% of samples
 * hoeffding.samples(0.01, 0.05);                   // 14,979
 * Concentration.bernstein(0.0099, 1).tail(1_000, 0.01);                    // 0.023: the variance is known to be small
 * Concentration.empiricalBernsteinRadius(values, 1, 0.05);                 // the variance is estimated
 * Concentration.mcdiarmid(differences, t);                                 // any function of independent inputs
 * Concentration.sequenceRadius(1, n, 0.05);                                // valid at all n at once
 * }
 *
 * <p>Bounds are of one side. For {@code |mean - mu|} double the tail, or halve delta; Chebyshev's holds for both sides as it is.
 *
 * @see <a href="https://doi.org/10.1093/acprof:oso/9780199535255.001.0001">Boucheron, Lugosi and Massart (2013)</a>
 */
@FunctionalInterface
public interface Concentration {

    /** Bounds {@code P(mean - mu >= t)} for n values and {@code t > 0}. Falls as n or t grows. */
    double tail(long n, double t);

    /** The t whose tail is delta: with probability {@code 1 - delta} the mean is below {@code mu + t}. Infinite where no t is enough. */
    default double radius(long n, double delta) {
        arguments(n, delta);
        double high = 1;
        while (tail(n, high) > delta && high < Double.MAX_VALUE) high *= 2;
        if (tail(n, high) > delta) return Double.POSITIVE_INFINITY;
        double low = 0;
        while (true) {
            double middle = 0.5 * (low + high);
            if (middle <= low || middle >= high) return high;
            if (tail(n, middle) <= delta) high = middle;
            else low = middle;
        }
    }

    /**
     * The least n whose tail at epsilon is at most delta.
     *
     * @throws IllegalArgumentException if no n below {@code 2^62} is enough: Markov's inequality does not gain by more values
     */
    default long samples(double epsilon, double delta) {
        arguments(1, delta);
        if (!(epsilon > 0)) throw new IllegalArgumentException("Concentration: epsilon is " + epsilon + "; it is above 0");
        long high = 1;
        while (tail(high, epsilon) > delta) {
            if (high >= 1L << 61)
                throw new IllegalArgumentException("Concentration: no n brings the tail at " + epsilon + " down to " + delta);
            high *= 2;
        }
        long low = high / 2; // not enough, or 0
        while (high - low > 1) {
            long middle = low + (high - low) / 2;
            if (tail(middle, epsilon) <= delta) high = middle;
            else low = middle;
        }
        return high;
    }

    private static void arguments(long n, double delta) {
        if (n < 1) throw new IllegalArgumentException("Concentration: " + n + " values; at least 1 is needed");
        if (!(delta > 0 && delta < 1)) throw new IllegalArgumentException("Concentration: delta is " + delta + "; it lies between 0 and 1");
    }

    private static double atLeastZero(String name, double value) {
        if (!(value >= 0)) throw new IllegalArgumentException("Concentration: the " + name + " is " + value + "; it is at least 0");
        return value;
    }

    /** Markov's, for values of at least 0: {@code mu / (mu + t)}, at every n. */
    static Concentration markov(double mean) {
        atLeastZero("mean", mean);
        return (n, t) -> mean / (mean + t);
    }

    /** Chebyshev's, {@code v / (n t^2)}, for any values of variance v. Bounds both sides together. */
    static Concentration chebyshev(double variance) {
        atLeastZero("variance", variance);
        return (n, t) -> Math.min(1, variance / (n * t * t));
    }

    /** Chernoff's, {@code exp(-n kl(mu + t, mu))}, for values in [0, 1]: no better exponent holds for coins. Hoeffding (1963), theorem 1. */
    static Concentration chernoff(double mean) {
        if (!(mean >= 0 && mean <= 1)) throw new IllegalArgumentException("Concentration: the mean is " + mean + "; values lie in [0, 1]");
        // Above 1 by rounding is 1: there the tail is mean^n, not nothing.
        return (n, t) -> mean + t > 1 + 1e-12 ? 0 : Math.exp(-n * kl(Math.min(1, mean + t), mean));
    }

    /** {@code q ln(q / p) + (1 - q) ln((1 - q) / (1 - p))}, between two coins. */
    private static double kl(double q, double p) { return Incomplete.klTerm(q, p) + Incomplete.klTerm(1 - q, 1 - p); }

    /** Hoeffding's, {@code exp(-2 n t^2 / range^2)}, for values that span at most a range. */
    static Concentration hoeffding(double range) {
        atLeastZero("range", range);
        return (n, t) -> Math.exp(-2 * n * (t / range) * (t / range));
    }

    /** Bernstein's, {@code exp(-n t^2 / (2 v + 2 range t / 3))}, for values of variance at most v that exceed their mean by at most a range. */
    static Concentration bernstein(double variance, double range) {
        atLeastZero("variance", variance);
        atLeastZero("range", range);
        return (n, t) -> Math.exp(-n * t * t / (2 * variance + 2 * range * t / 3));
    }

    /**
     * Radius about the mean of a sample whose variance V is taken from it: {@code sqrt(2 V ln(2/delta) / n) + 7 range ln(2/delta) / (3 (n - 1))}.
     * With probability {@code 1 - delta} mu is below the mean plus this.
     *
     * @param values independent, at least 2, that span at most the range
     * @see <a href="https://arxiv.org/abs/0907.3740">Maurer and Pontil (2009), theorem 4</a>
     */
    static double empiricalBernsteinRadius(double[] values, double range, double delta) {
        arguments(values.length - 1, delta);
        double log = Math.log(2 / delta);
        int n = values.length;
        return Math.sqrt(2 * Descriptive.variance(values) * log / n) + 7 * range * log / (3 * (n - 1.0));
    }

    /**
     * McDiarmid's: bounds {@code P(f - E f >= t)} by {@code exp(-2 t^2 / sum c_i^2)} for a function f of independent inputs.
     *
     * @param differences the most that f changes when input i alone does
     */
    static double mcdiarmid(double[] differences, double t) {
        double sum = 0;
        for (double c : differences) sum += c * c;
        return Math.exp(-2 * t * t / sum);
    }

    /**
     * The largest change of f that was seen when input i alone was drawn anew, for each i. Never more than the true difference: a check of one that was
     * derived, or a first guess at it.
     *
     * @param law draws all inputs
     * @param rounds samples, in each of which every input is replaced once
     */
    static double[] measuredDifferences(ToDoubleFunction<double[]> f, Function<Rng, double[]> law, int rounds, Rng rng) {
        double[] most = null;
        for (int round = 0; round < rounds; round++) {
            double[] x = law.apply(rng), other = law.apply(rng);
            if (most == null) most = new double[x.length];
            double at = f.applyAsDouble(x);
            for (int i = 0; i < x.length; i++) {
                double kept = x[i];
                x[i] = other[i];
                most[i] = Math.max(most[i], Math.abs(f.applyAsDouble(x) - at));
                x[i] = kept;
            }
        }
        if (most == null) throw new IllegalArgumentException("Concentration: " + rounds + " rounds; at least 1 is needed");
        return most;
    }

    /**
     * Radius of a confidence sequence: with probability {@code 1 - delta} the mean of the first n values is within it of mu at every n at once, both
     * sides, so that one may look after each value and stop when one likes. {@code 1.7 sigma sqrt((ln ln 2n + 0.72 ln(10.4 / delta)) / n)}, sigma
     * half the range.
     *
     * @see <a href="https://arxiv.org/abs/1810.08240">Howard, Ramdas, McAuliffe and Sekhon (2021), equation 2</a>
     */
    static double sequenceRadius(double range, long n, double delta) {
        arguments(n, delta);
        return 1.7 * range / 2 * Math.sqrt((Math.log(Math.log(2.0 * n)) + 0.72 * Math.log(10.4 / delta)) / n);
    }
}
