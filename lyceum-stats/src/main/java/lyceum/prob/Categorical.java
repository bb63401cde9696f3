package lyceum.prob;

import java.util.Arrays;
import java.util.function.IntPredicate;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Outcomes 0, 1, ..., k - 1 with given probabilities; {@link FiniteDistribution} has other numbers as outcomes.
 *
 * {@snippet :
 * var die = new Categorical(1, 1, 1, 1, 1, 2);    // weights or counts; a six twice as often
 * die.density(5);                                // 2/7
 * die.sample(Rng.of(1));                         // by bisection of the cumulative sums
 * var table = die.alias();                       // O(1) a draw, for many
 * Categorical.fit(6, 5, 2, 5).probabilities();    // (0, 0, 1/3, 0, 0, 2/3)
 * Categorical.ofLogits(2, 0, -1).sampleWithoutReplacement(Rng.of(1), 2);
 * }
 */
public final class Categorical implements UnivariateDistribution {
    private final double[] probabilities, cumulative;

    /**
     * @param weights non-negative, not all zero; divided by their sum
     */
    public Categorical(double... weights) {
        double sum = 0;
        for (int i = 0; i < weights.length; i++) {
            if (!(weights[i] >= 0) || weights[i] == Double.POSITIVE_INFINITY) {
                throw new IllegalArgumentException(
                        "Categorical: weight " + i + " is " + weights[i] + "; weights are finite and at least 0");
            }
            sum += weights[i];
        }
        if (!(sum > 0)) throw new IllegalArgumentException(
                "Categorical: " + (weights.length == 0 ? "there are no weights" : "all weights are 0") + "; at least one must be positive");
        probabilities = new double[weights.length];
        cumulative = new double[weights.length];
        double running = 0, unit = 1;
        if (sum == Double.POSITIVE_INFINITY) { // of weights near the largest number there is
            unit = 1.0 / weights.length;
            sum = 0;
            for (double w : weights) sum += w * unit;
        }
        int last = 0;
        for (int i = 0; i < weights.length; i++) {
            probabilities[i] = weights[i] * unit / sum;
            running += probabilities[i];
            cumulative[i] = Math.min(1, running);
            if (weights[i] > 0) last = i;
        }
        Arrays.fill(cumulative, last, cumulative.length, 1);
    }

    /**
     * {@code p_k = exp(z_k) / sum_j exp(z_j)}: the softmax of scores, which may be as large as they like.
     *
     * @param logits numbers or {@code -Infinity}, not all of them that
     */
    public static Categorical ofLogits(double... logits) {
        double most = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < logits.length; i++) {
            if (!(logits[i] < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException("Categorical: logit " + i + " is " + logits[i] + "; logits are numbers, or -Infinity");
            most = Math.max(most, logits[i]);
        }
        if (most == Double.NEGATIVE_INFINITY) throw new IllegalArgumentException("Categorical: "
                + (logits.length == 0 ? "there are no logits" : "all logits are -Infinity") + "; at least one must be a number");
        var weights = new double[logits.length];
        for (int i = 0; i < logits.length; i++) weights[i] = Math.exp(logits[i] - most);
        return new Categorical(weights);
    }

    /**
     * Maximum likelihood: shares of the outcomes seen. @param outcomes how many there are @param seen at least one, each from 0 to
     * outcomes - 1
     */
    public static Categorical fit(int outcomes, int... seen) {
        var counts = new double[outcomes];
        for (int i : seen) {
            if (i < 0 || i >= outcomes) throw new IllegalArgumentException("fit: outcome " + i + "; they are 0 to " + (outcomes - 1));
            counts[i]++;
        }
        return new Categorical(counts);
    }

    /**
     * {@code z_x - logSumExp(z)}, differentiable in the logits z.
     *
     * @param logits (..., k), or (k) for all outcomes
     * @param outcomes (...), whole numbers from 0 to k - 1
     */
    public static Tensor logMass(Tensor logits, Tensor outcomes) {
        Tensor log = logits.logSoftmax(-1), index = outcomes.to(DType.I64);
        if (logits.rank() == 1) return log.indexSelect(0, index.flatten()).reshape(index.shape().toArray());
        return log.gather(-1, index.unsqueeze(-1)).squeeze(-1);
    }

    /** A copy. */
    public double[] probabilities() { return probabilities.clone(); }

    /** The most probable outcome, the first of equals. */
    public int mode() {
        int mode = 0;
        for (int i = 1; i < probabilities.length; i++) if (probabilities[i] > probabilities[mode]) mode = i;
        return mode;
    }

    /** What is left when the outcome is known to be one of some; the others keep their numbers and get probability 0. */
    public Categorical given(IntPredicate allowed) {
        var kept = new double[probabilities.length];
        for (int i = 0; i < kept.length; i++) if (allowed.test(i)) kept[i] = probabilities[i];
        return new Categorical(kept);
    }

    /** For many draws, O(1) each. */
    public AliasTable alias() { return new AliasTable(probabilities); }

    /**
     * {@code k} different outcomes in the order drawn: each with the probability that it has among those left. One pass, see {@link
     * GumbelMax}.
     *
     * @throws IllegalArgumentException if fewer than k have positive probability
     */
    public int[] sampleWithoutReplacement(Rng rng, int k) {
        return GumbelMax.topK(Arrays.stream(probabilities).map(Math::log).toArray(), k, rng);
    }

    public int count() { return probabilities.length; }

    private double mass(double k) {
        if (k != k) return k;
        return k >= 0 && k < probabilities.length && k == Math.rint(k) ? probabilities[(int) k] : 0;
    }

    @Override public double logDensity(double k) { return Math.log(mass(k)); }

    @Override public double density(double k) { return mass(k); }

    @Override public double cdf(double k) {
        if (k != k) return k;
        if (k < 0) return 0;
        return k >= cumulative.length ? 1 : cumulative[(int) k];
    }

    @Override public double survival(double k) {
        if (k != k) return k;
        if (k < 0) return 1;
        double sum = 0;
        for (int i = probabilities.length - 1; i > k; i--) sum += probabilities[i];
        return sum;
    }

    @Override public double quantile(double p) {
        Arguments.probability("quantile", "p", p);
        int at = Arrays.binarySearch(cumulative, p);
        if (at < 0) at = -at - 1;
        while (at > 0 && cumulative[at - 1] >= p) at--;
        return Math.min(at, cumulative.length - 1);
    }

    @Override public double mean() {
        double mean = 0;
        for (int i = 0; i < probabilities.length; i++) mean += i * probabilities[i];
        return mean;
    }

    @Override public double variance() {
        double mean = mean(), variance = 0;
        for (int i = 0; i < probabilities.length; i++) variance += (i - mean) * (i - mean) * probabilities[i];
        return variance;
    }

    @Override public double entropy() {
        double entropy = 0;
        for (double p : probabilities) if (p > 0) entropy -= p * Math.log(p);
        return entropy;
    }

    @Override public double low() { return 0; }

    @Override public double high() { return probabilities.length - 1; }

    @Override public boolean isDiscrete() { return true; }

    @Override public double sample(Rng rng) {
        double u = rng.nextDouble();
        int low = 0, high = cumulative.length - 1;
        while (low < high) { // the first entry above u, so that an outcome of probability 0 is never drawn
            int middle = (low + high) >>> 1;
            if (cumulative[middle] > u) high = middle;
            else low = middle + 1;
        }
        return low;
    }

    @Override public boolean equals(Object o) { return o instanceof Categorical c && Arrays.equals(probabilities, c.probabilities); }

    @Override public int hashCode() { return Arrays.hashCode(probabilities); }

    @Override public String toString() { return "Categorical" + Arrays.toString(probabilities); }
}
