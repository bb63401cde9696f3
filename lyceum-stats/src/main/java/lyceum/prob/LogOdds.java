package lyceum.prob;

import lyceum.math.Incomplete;
import lyceum.math.Special;

/**
 * Probabilities on a line where evidence adds: {@code logit p = log(p / (1 - p))}, undone by the sigmoid.
 *
 * {@snippet :
 * double ill = LogOdds.logit(0.01);                  // -4.595
 * ill = LogOdds.add(ill, LogOdds.evidence(0.9, 0.05)); // a positive test: + log 18
 * LogOdds.probability(ill);                          // 0.154
 * LogOdds.ratio(40, 10, 20, 30, 0.95);                // an odds ratio, 6, with its interval
 * }
 *
 * @see <a href="https://doi.org/10.1080/01621459.1944.10500699">Berkson (1944), Application of the Logistic Function to Bio-Assay</a>
 */
public final class LogOdds {
    private LogOdds() {}

    /** {@code log(p / (1 - p))}: {@code -Infinity} at 0, {@code Infinity} at 1; to the last digits near both. */
    public static double logit(double p) {
        Arguments.probability("logit", "p", p);
        // Near 1/2 the quotient is near 1, where its rounding would be all that is left of the logarithm.
        return p >= 0.25 && p <= 0.75 ? Math.log1p((2 * p - 1) / (1 - p)) : Math.log(p) - Math.log1p(-p);
    }

    /** As {@link #logit(double)} of p cut to {@code [least, 1 - least]}: finite, and at most {@code log((1 - least) / least)} in size. */
    public static double logit(double p, double least) {
        if (!(least > 0 && least < 0.5)) throw new IllegalArgumentException("logit: cut at " + least + "; the cut lies between 0 and 1/2");
        return logit(Math.clamp(Arguments.probability("logit", "p", p), least, 1 - least));
    }

    /** {@code 1 / (1 + exp(-z))}. */
    public static double probability(double logit) { return Special.sigmoid(logit); }

    /** {@code p / (1 - p)}. */
    public static double odds(double p) { return Arguments.probability("odds", "p", p) / (1 - p); }

    /** {@code o / (1 + o)}; 1 for infinite odds. */
    public static double fromOdds(double odds) {
        if (!(odds >= 0)) throw new IllegalArgumentException("fromOdds: the odds are " + odds + "; they are at least 0");
        return odds > 1 ? 1 / (1 + 1 / odds) : odds / (1 + odds);
    }

    /** {@code log P(e | h) - log P(e | not h)}: what a piece of evidence adds to the logit of h. */
    public static double evidence(double ifTrue, double ifFalse) {
        return Math.log(Arguments.probability("evidence", "P(e | h)", ifTrue))
                - Math.log(Arguments.probability("evidence", "P(e | not h)", ifFalse));
    }

    /**
     * Bayes' rule: the prior logit plus evidence, pieces of it independent given the hypothesis and given its opposite.
     *
     * @throws IllegalArgumentException if one piece rules the hypothesis out and another proves it
     */
    public static double add(double prior, double... evidence) {
        double sum = prior;
        for (int i = 0; i < evidence.length; i++) {
            double next = sum + evidence[i];
            if (Double.isNaN(next)) throw new IllegalArgumentException(
                    "add: evidence " + i + " is " + evidence[i] + " where the logit is " + sum + "; they contradict each other");
            sum = next;
        }
        return sum;
    }

    /** Logits of classes from their probabilities: logarithms, moved to mean 0. Zeros give {@code -Infinity} and are no part of the mean. */
    public static double[] logits(double... probabilities) {
        var logits = new double[probabilities.length];
        for (int i = 0; i < logits.length; i++) logits[i] = Math.log(Arguments.probability("logits", "p " + i, probabilities[i]));
        return centred(logits);
    }

    /** The same logits with mean 0 over the finite ones: a constant more or less changes no probability. */
    public static double[] centred(double... logits) {
        double sum = 0;
        int n = 0;
        for (double z : logits) if (z != Double.NEGATIVE_INFINITY) {
            sum += z;
            n++;
        }
        var centred = logits.clone();
        for (int i = 0; i < centred.length; i++) centred[i] -= sum / n;
        return centred;
    }

    /** {@code softmax(logits)}. */
    public static double[] probabilities(double... logits) { return Categorical.ofLogits(logits).probabilities(); }

    /** The logit of "class i, and not j": {@code z_i - z_j = log(p_i / p_j)}. */
    public static double difference(double[] logits, int i, int j) { return logits[i] - logits[j]; }

    /** The logit of class i against all others together: {@code z_i - log sum_(j != i) exp(z_j)}. */
    public static double against(double[] logits, int i) {
        double most = Double.NEGATIVE_INFINITY, sum = 0;
        for (int j = 0; j < logits.length; j++) if (j != i) most = Math.max(most, logits[j]);
        if (most == Double.NEGATIVE_INFINITY) return Double.POSITIVE_INFINITY;
        for (int j = 0; j < logits.length; j++) if (j != i) sum += Math.exp(logits[j] - most);
        return logits[i] - most - Math.log(sum);
    }

    /** An odds ratio, {@code ad / bc}, with Woolf's interval {@code exp(log ratio +- z sqrt(1/a + 1/b + 1/c + 1/d))}. */
    public record OddsRatio(double ratio, double low, double high, double standardError) {
        /** The two-sided p value of a ratio of 1, by the normal approximation of its logarithm. */
        public double pValue() { return 2 * new Normal(0, 1).survival(Math.abs(Math.log(ratio)) / standardError); }
    }

    /**
     * From a table of counts: exposed with and without the outcome, others with and without it.
     *
     * @param level of confidence, such as 0.95
     * @throws IllegalArgumentException if a count is 0; adding 1/2 to all four (Haldane and Anscombe) is the usual way out
     */
    public static OddsRatio ratio(double a, double b, double c, double d, double level) {
        double[] counts = {a, b, c, d};
        for (double n : counts)
            if (!(n > 0) || n == Double.POSITIVE_INFINITY) throw new IllegalArgumentException(
                    "ratio: a count is " + n + "; counts are positive, and 1/2 added to all four makes them so");
        if (!(level > 0 && level < 1))
            throw new IllegalArgumentException("ratio: level is " + level + "; it lies strictly between 0 and 1");
        double log = Math.log(a) + Math.log(d) - Math.log(b) - Math.log(c), error = Math.sqrt(1 / a + 1 / b + 1 / c + 1 / d);
        double half = -Incomplete.normalQuantile((1 - level) / 2) * error;
        return new OddsRatio(a * d / (b * c), Math.exp(log - half), Math.exp(log + half), error);
    }
}
