package lyceum.theory;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.math.Incomplete;

/**
 * Bounds on the error of predictors that are drawn at random: P is a distribution over hypotheses fixed before the data, Q any other, chosen after them. With
 * probability {@code 1 - delta} over n samples, for all Q at once, the expected error R(Q) of a hypothesis drawn from Q is at most what {@link Bound} says of its
 * expected training error and of {@code KL(Q | P)} in nats.
 *
 * {@snippet :
 * PacBayes.Bound.seeger().of(0.02, 500, 10_000, 0.05);        // 0.0995
 * PacBayes.Bound.mcAllester().of(0.02, 500, 10_000, 0.05);    // 0.179: never the smaller of the two
 *
 * double[] prior = {0.25, 0.25, 0.25, 0.25}, trainingErrors = {0.1, 0.2, 0.2, 0.5};
 * double[] posterior = PacBayes.gibbs(prior, trainingErrors, 20);
 * double error = PacBayes.gibbsRisk(posterior, trainingErrors);
 * }
 *
 * <p>A prior may be learnt from data as long as the bound is taken over other rows, n their number. {@link GaussianPacBayes} has normal distributions over weights.
 *
 * @see <a href="https://arxiv.org/abs/cs/0411099">Maurer (2004)</a>
 * @see <a href="https://arxiv.org/abs/0712.0248">Catoni (2007)</a>
 */
public final class PacBayes {
    private PacBayes() {}

    /** A bound on the true risk of Q, for losses in [0, 1]. */
    @FunctionalInterface
    public interface Bound {
        /**
         * @param risk expected training error of Q, in [0, 1]
         * @param kl of Q from P in nats
         * @param n samples
         * @param delta probability that it fails
         */
        double of(double risk, double kl, long n, double delta);

        /** {@code risk + sqrt((KL + ln(2 sqrt(n) / delta)) / (2n))}, McAllester's form with Maurer's constant; may be above 1. */
        static Bound mcAllester() { return (risk, kl, n, delta) -> risk + Math.sqrt(complexity(risk, kl, n, delta) / 2); }

        /** The largest p with {@code kl(risk, p) <= (KL + ln(2 sqrt(n) / delta)) / n}, kl between two coins: Seeger's, with Maurer's constant. For n of 8 or more. */
        static Bound seeger() { return (risk, kl, n, delta) -> klInverse(risk, complexity(risk, kl, n, delta)); }

        /** {@code (1 - exp(-c risk - (KL + ln(1 / delta)) / n)) / (1 - exp(-c))} for a c above 0 fixed before the data: Catoni's, theorem 1.2.1. May be above 1. */
        static Bound catoni(double c) {
            if (!(c > 0)) throw new IllegalArgumentException("PacBayes: Catoni's c is " + c + "; it is above 0");
            return (risk, kl, n, delta) -> {
                check(risk, kl, n, delta);
                return Math.expm1(-c * risk - (kl - Math.log(delta)) / n) / Math.expm1(-c);
            };
        }
    }

    /** What a distance from the prior costs: {@code (KL + ln(2 sqrt(n) / delta)) / n}. */
    static double complexity(double risk, double kl, long n, double delta) {
        check(risk, kl, n, delta);
        return (kl + Math.log(2 * Math.sqrt(n) / delta)) / n;
    }

    private static void check(double risk, double kl, long n, double delta) {
        if (!(risk >= 0 && risk <= 1) || !(kl >= 0) || n < 1 || !(delta > 0 && delta < 1))
            throw new IllegalArgumentException("PacBayes: risk " + risk + ", divergence " + kl + ", " + n + " samples, delta " + delta
                    + "; they are in [0, 1], at least 0, at least 1, in (0, 1)");
    }

    /** {@code q ln(q / p) + (1 - q) ln((1 - q) / (1 - p))}, between two coins; 0 for equal ones, infinite where p rules out what q does not. */
    public static double kl(double q, double p) { return Incomplete.klTerm(q, p) + Incomplete.klTerm(1 - q, 1 - p); }

    /** The largest p with {@code kl(q, p) <= c}, to the last bits: by bisection, as it rises from 0 at q. */
    public static double klInverse(double q, double c) {
        if (!(q >= 0 && q <= 1) || !(c >= 0))
            throw new IllegalArgumentException("PacBayes: klInverse of q " + q + " and c " + c + "; they are in [0, 1] and at least 0");
        if (q == 0) return -Math.expm1(-c);
        double low = q, high = 1;
        while (true) {
            double middle = low + (high - low) / 2;
            if (middle <= low || middle >= high) return low;
            if (kl(q, middle) <= c) low = middle;
            else high = middle;
        }
    }

    /** {@code Q proportional to P exp(-temperature risk)}: of all Q the one with the least {@code risk + KL / temperature}. The higher, the closer to the best hypothesis. */
    public static double[] gibbs(double[] prior, double[] risks, double temperature) {
        sameLength(prior.length, risks.length);
        double least = Arrays.stream(risks).min().orElseThrow(), sum = 0;
        var q = new double[prior.length];
        for (int i = 0; i < q.length; i++) sum += q[i] = prior[i] * Math.exp(-temperature * (risks[i] - least));
        for (int i = 0; i < q.length; i++) q[i] /= sum;
        return q;
    }

    private static void sameLength(int hypotheses, int others) {
        if (hypotheses != others || hypotheses == 0)
            throw new ShapeException("PacBayes: weights of " + hypotheses + " hypotheses, risks of " + others + "; as many of each");
    }

    /** {@code sum Q_i risk_i}: of a hypothesis drawn for every input anew. */
    public static double gibbsRisk(double[] posterior, double[] risks) {
        sameLength(posterior.length, risks.length);
        double sum = 0;
        for (int i = 0; i < risks.length; i++) sum += posterior[i] * risks[i];
        return sum;
    }

    /**
     * Share of the points at which at least half of Q's weight is wrong: of the majority vote between two classes. At most twice the Gibbs risk.
     *
     * @param wrong [hypothesis][point]
     */
    public static double majorityRisk(double[] posterior, boolean[][] wrong) {
        sameLength(posterior.length, wrong.length);
        int points = wrong[0].length, lost = 0;
        for (int x = 0; x < points; x++) {
            double weight = 0;
            for (int i = 0; i < wrong.length; i++) if (wrong[i][x]) weight += posterior[i];
            if (weight >= 0.5) lost++;
        }
        return (double) lost / points;
    }
}
