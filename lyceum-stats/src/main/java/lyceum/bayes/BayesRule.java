package lyceum.bayes;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import lyceum.prob.UnivariateDistribution;

/**
 * Beliefs about hypotheses that exclude each other and cover everything, and what evidence makes of them:
 * {@code P(h | D) = P(D | h) P(h) / sum_j P(D | h_j) P(h_j)}.
 *
 * {@snippet :
 * var ill = BayesRule.prior(0.01, 0.99).update(0.9, 0.05);   // a positive test of sensitivity 0.9 and specificity 0.95
 * ill.probability(0);                     // 0.154
 * ill.update(0.9, 0.05).probability(0);   // a second, independent one: 0.77
 *
 * var coin = BayesRule.grid(0, 1, 2_000, p -> 0).updateLog(p -> 7 * Math.log(p) + 3 * Math.log1p(-p));
 * coin.mean();                            // 0.667
 * }
 *
 * <p>Works in logarithms, whose sums are compensated: thousands of observations neither underflow nor depend on their order. A hypothesis of
 * probability 0 keeps it for good. Immutable.
 */
public final class BayesRule {
    /** What the hypotheses say about a number, such as a coin's bias; null where they have no numbers. */
    private final double[] values;
    private final double[] prior, log, compensation;
    /** Normalised. */
    private final double[] posterior;
    private final double logEvidence;

    private BayesRule(double[] values, double[] prior, double[] log, double[] compensation) {
        this.values = values;
        this.prior = prior;
        this.log = log;
        this.compensation = compensation;
        double most = Double.NEGATIVE_INFINITY, sum = 0;
        for (int h = 0; h < log.length; h++) most = Math.max(most, log[h] + compensation[h]);
        posterior = new double[log.length];
        for (int h = 0; h < log.length; h++) sum += posterior[h] = Math.exp(log[h] - most + compensation[h]);
        for (int h = 0; h < log.length; h++) posterior[h] /= sum;
        logEvidence = most == Double.NEGATIVE_INFINITY ? most : most + Math.log(sum);
    }

    /**
     * Beliefs before any evidence.
     *
     * @throws IllegalArgumentException if a probability is negative or not a number, or their sum is not 1 to 1e-9
     */
    public static BayesRule prior(double... probabilities) {
        double sum = 0;
        for (int h = 0; h < probabilities.length; h++) {
            if (!(probabilities[h] >= 0)) throw new IllegalArgumentException(
                    "BayesRule: the prior probability of hypothesis " + h + " is " + probabilities[h] + "; it is at least 0");
            sum += probabilities[h];
        }
        if (!(Math.abs(sum - 1) <= 1e-9)) throw new IllegalArgumentException(
                "BayesRule: the prior probabilities sum to " + sum + "; hypotheses that cover everything sum to 1");
        return start(null, Arrays.stream(probabilities).map(Math::log).toArray());
    }

    /** Equal beliefs in {@code n} hypotheses. */
    public static BayesRule uniform(int n) {
        if (n < 1) throw new IllegalArgumentException("BayesRule: " + n + " hypotheses; at least 1 is needed");
        var log = new double[n];
        Arrays.fill(log, -Math.log(n));
        return start(null, log);
    }

    /**
     * A number between {@code low} and {@code high}, by the midpoints of {@code n} equal cells.
     *
     * @param logDensity of the prior, up to a constant: {@code p -> 0} for a flat one
     * @throws IllegalArgumentException if it is infinite or NaN upwards, or {@code -Infinity} everywhere
     */
    public static BayesRule grid(double low, double high, int n, DoubleUnaryOperator logDensity) {
        if (!(low < high) || Double.isInfinite(high - low))
            throw new IllegalArgumentException("BayesRule: a grid from " + low + " to " + high);
        if (n < 1) throw new IllegalArgumentException("BayesRule: a grid of " + n + " points; at least 1 is needed");
        double[] values = new double[n], log = new double[n];
        for (int h = 0; h < n; h++) log[h] = logDensity.applyAsDouble(values[h] = low + (high - low) * (h + 0.5) / n);
        return start(values, log);
    }

    /** A prior family on its own range, which must be finite. */
    public static BayesRule grid(UnivariateDistribution prior, int n) { return grid(prior.low(), prior.high(), n, prior::logDensity); }

    /** Normalised, so that the evidence so far is 1. */
    private static BayesRule start(double[] values, double[] log) {
        check("the prior's logarithm", log);
        double scale = new BayesRule(values, null, log, new double[log.length]).logEvidence;
        if (scale == Double.NEGATIVE_INFINITY) throw new IllegalArgumentException("BayesRule: the prior is 0 everywhere");
        var normalised = new double[log.length];
        for (int h = 0; h < log.length; h++) normalised[h] = log[h] - scale;
        return new BayesRule(values, normalised, normalised, new double[log.length]);
    }

    private static void check(String what, double[] log) {
        for (int h = 0; h < log.length; h++)
            if (!(log[h] < Double.POSITIVE_INFINITY)) throw new IllegalArgumentException(
                    "BayesRule: " + what + " of hypothesis " + h + " is " + log[h] + "; it is a number, or -Infinity");
    }

    /**
     * Beliefs after a piece of evidence that is independent of the earlier ones, given the hypothesis.
     *
     * @param likelihoods probability, or density, of the evidence under each hypothesis
     * @throws IllegalArgumentException if no hypothesis that is still possible allows the evidence
     */
    public BayesRule update(double... likelihoods) {
        for (int h = 0; h < likelihoods.length; h++)
            if (!(likelihoods[h] >= 0)) throw new IllegalArgumentException(
                    "BayesRule: the likelihood of hypothesis " + h + " is " + likelihoods[h] + "; it is at least 0");
        return updateLog(Arrays.stream(likelihoods).map(Math::log).toArray());
    }

    /** Like {@link #update}, by logarithms. */
    public BayesRule updateLog(double... logLikelihoods) {
        if (logLikelihoods.length != log.length)
            throw new IllegalArgumentException("BayesRule: " + logLikelihoods.length + " likelihoods for " + log.length + " hypotheses");
        check("the log likelihood", logLikelihoods);
        double[] next = new double[log.length], rest = new double[log.length];
        for (int h = 0; h < next.length; h++) {
            double a = log[h], b = logLikelihoods[h], s = a + b;
            next[h] = s;
            // Neumaier's compensated sum; infinities have no rest.
            rest[h] = s == Double.NEGATIVE_INFINITY ? 0 : compensation[h] + (Math.abs(a) >= Math.abs(b) ? a - s + b : b - s + a);
        }
        var after = new BayesRule(values, prior, next, rest);
        if (after.logEvidence == Double.NEGATIVE_INFINITY)
            throw new IllegalArgumentException("BayesRule: no hypothesis of positive probability allows this evidence; the list lacks one");
        return after;
    }

    /** On a grid: {@link #updateLog} with the log likelihood as a function of the number. */
    public BayesRule updateLog(DoubleUnaryOperator logLikelihood) {
        return updateLog(Arrays.stream(values()).map(logLikelihood).toArray());
    }

    /** Number of hypotheses. */
    public int size() { return log.length; }

    /** {@code P(h | D)}. */
    public double probability(int h) { return posterior[h]; }

    /** All of them. A copy. */
    public double[] probabilities() { return posterior.clone(); }

    /** {@code P(a | D) / P(b | D)}; infinite if b is impossible. */
    public double odds(int a, int b) { return Math.exp(logOf(a) - logOf(b)); }

    /** {@code P(D | a) / P(D | b)}: what all evidence so far has multiplied the odds by. NaN if one was impossible from the start. */
    public double bayesFactor(int a, int b) { return Math.exp(logOf(a) - prior[a] - (logOf(b) - prior[b])); }

    private double logOf(int h) { return log[h] + compensation[h]; }

    /** {@code log P(D)}, of all evidence so far: to compare lists of hypotheses. */
    public double logEvidence() { return logEvidence; }

    /** The most probable hypothesis, the first of equals. */
    public int best() {
        int best = 0;
        for (int h = 1; h < log.length; h++) if (logOf(h) > logOf(best)) best = h;
        return best;
    }

    /** Probability of an event: {@code sum_h P(event | h) P(h | D)}. @param probabilities of the event under each hypothesis */
    public double predictive(double... probabilities) {
        if (probabilities.length != log.length)
            throw new IllegalArgumentException("BayesRule: " + probabilities.length + " probabilities for " + log.length + " hypotheses");
        double sum = 0;
        for (int h = 0; h < log.length; h++) if (posterior[h] > 0) sum += posterior[h] * probabilities[h];
        return sum;
    }

    /** On a grid: the mean of a function of the number. */
    public double expectation(DoubleUnaryOperator f) { return predictive(Arrays.stream(values()).map(f).toArray()); }

    /** On a grid: the posterior mean. */
    public double mean() { return predictive(values()); }

    /** The grid's midpoints. A copy. */
    public double[] values() {
        if (values == null) throw new IllegalStateException("BayesRule: these hypotheses have no numbers; begin with grid(...)");
        return values.clone();
    }

    /** On a grid: the posterior density at the midpoints, probability over width. */
    public double[] density() {
        double width = values().length == 1 ? Double.NaN : values[1] - values[0];
        return Arrays.stream(posterior).map(p -> p / width).toArray();
    }
}
