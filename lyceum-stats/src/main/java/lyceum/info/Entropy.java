package lyceum.info;

import lyceum.ShapeException;
import lyceum.math.Special;
import lyceum.prob.Distribution;
import lyceum.prob.MarkovChain;
import lyceum.tensor.Tensor;

/**
 * Shannon's entropy {@code H = -sum p log p} and its relatives (Shannon 1948).
 *
 * {@snippet :
 * Entropy.of(0.5, 0.25, 0.25);             // 1.04 nats
 * Entropy.bits(0.5, 0.25, 0.25);           // 1.5 bits
 * Entropy.of(new Normal(0, 1));            // differential entropy
 * Entropy.conditional(table);              // H(column | row) of a joint table
 * Entropy.along(weights, 1);               // of each row of a tensor, differentiable
 * }
 *
 * <p>{@link CrossEntropies} is what it costs to code with a wrong model, {@link MutualInformation} what one variable tells about another.
 *
 * <p>A second number is always the base of the logarithm: 2 for bits, e for nats. Probabilities may be weights or counts: vectors and tables are divided by their sum first. {@code 0 log 0} is 0.
 */
public final class Entropy {
    private Entropy() {}

    /** In nats. @throws IllegalArgumentException if a weight is negative or not finite, or all are 0 */
    public static double of(double... weights) { return of(weights, Math.E); }

    /** In bits. */
    public static double bits(double... weights) { return of(weights, 2); }

    /** In units of the given base: 2 for bits, e for nats, 10 for hartleys. */
    public static double of(double[] weights, double base) {
        double sum = Weights.sum("Entropy", weights), entropy = 0;
        if (base == 2) { // powers of one half come out exact
            for (double w : weights) if (w > 0) entropy -= w / sum * Special.log2(w / sum);
            return Math.max(0, entropy);
        }
        for (double w : weights) entropy += term(w / sum);
        return Math.max(0, entropy) / logOf(base);
    }

    /** Of counts, in nats: {@link #of(double...)} of the relative frequencies. */
    public static double of(long[] counts) { return of(Weights.of(counts)); }

    /** Of a distribution, in nats: Shannon's entropy if it is discrete, differential entropy if it has a density. */
    public static double of(Distribution distribution) { return distribution.entropy(); }

    /** Of a distribution in units of the given base. */
    public static double of(Distribution distribution, double base) { return distribution.entropy() / logOf(base); }

    /** Of the weights along an axis of a tensor, in nats; differentiable where weights are positive. The axis is dropped. */
    public static Tensor along(Tensor weights, int axis) {
        var p = weights.to(weights.dtype().toFloat());
        p = p.div(p.sum(axis, true));
        var safe = Tensor.where(p.gt(0), p, p.onesLike());
        return p.mul(safe.log()).sum(axis).neg();
    }

    /** The surprise at an outcome of probability p: {@code -log p}, in units of the base. */
    public static double surprisal(double p, double base) {
        if (!(p >= 0 && p <= 1)) throw new IllegalArgumentException("surprisal: p is " + p + "; it lies between 0 and 1");
        return p == 1 ? 0 : -Math.log(p) / logOf(base);
    }

    /** The entropy of a coin that falls heads with probability p, in bits. */
    public static double binary(double p) {
        if (!(p >= 0 && p <= 1)) throw new IllegalArgumentException("binary entropy: p is " + p + "; it lies between 0 and 1");
        return (term(p) + (p == 0 ? 0 : -(1 - p) * (p == 1 ? 0 : Math.log1p(-p)))) / Math.log(2);
    }

    // Joint tables: row i, column j holds the weight of (X = i, Y = j).

    /** {@code H(X, Y)} in nats. */
    public static double joint(double[][] table) { return of(Weights.flat(table)); }

    /** {@code H(Y | X) = sum over rows of P(row) H(row)} in nats: what is left to learn of the column once the row is known. */
    public static double conditional(double[][] table) {
        double total = Weights.sum("Entropy", Weights.flat(table)), entropy = 0;
        for (var row : table) {
            double weight = 0;
            for (double w : row) weight += w;
            if (weight > 0) entropy += weight / total * of(row);
        }
        return entropy;
    }

    /** The row marginal of a joint table. */
    public static double[] rowSums(double[][] table) {
        var sums = new double[table.length];
        for (int i = 0; i < table.length; i++) for (double w : table[i]) sums[i] += w;
        return sums;
    }

    /** The column marginal of a joint table. */
    public static double[] columnSums(double[][] table) {
        var sums = new double[table[0].length];
        for (var row : table) for (int j = 0; j < sums.length; j++) sums[j] += row[j];
        return sums;
    }

    // Generalisations.

    /**
     * Renyi's entropy {@code log(sum p^alpha) / (1 - alpha)} in nats (Renyi 1961): the log of the number of outcomes at 0, Shannon's at 1, the
     * collision entropy at 2, the min-entropy at infinity.
     */
    public static double renyi(double[] weights, double alpha) {
        checkOrder("renyi", alpha);
        double sum = Weights.sum("Entropy", weights), max = 0;
        for (double w : weights) max = Math.max(max, w / sum);
        if (alpha == 1) return of(weights);
        if (alpha == Double.POSITIVE_INFINITY) return -Math.log(max);
        double power = 0;
        for (double w : weights) if (w > 0) power += Math.pow(w / sum / max, alpha); // relative to the largest, so that large orders do not underflow
        return (Math.log(power) + alpha * Math.log(max)) / (1 - alpha);
    }

    /** Tsallis' entropy {@code (1 - sum p^q) / (q - 1)} (Tsallis 1988), which tends to Shannon's in nats as q tends to 1. */
    public static double tsallis(double[] weights, double q) {
        checkOrder("tsallis", q);
        double sum = Weights.sum("Entropy", weights);
        if (q == 1) return of(weights);
        double entropy = 0; // sum of p (1 - p^(q-1)) / (q - 1), which keeps its digits near q = 1
        for (double w : weights) if (w > 0) entropy -= w / sum * Math.expm1((q - 1) * Math.log(w / sum)) / (q - 1);
        return entropy;
    }

    private static void checkOrder(String operation, double order) {
        if (!(order >= 0)) throw new IllegalArgumentException(operation + ": the order is " + order + "; it must be at least 0");
    }

    /**
     * The entropy rate of a Markov chain in nats a step: the entropy of a row of its transition matrix, averaged over the stationary distribution.
     *
     * @param transition {@code [i][j]} is the probability of going from i to j; rows sum to 1 within 1e-9
     * @throws IllegalArgumentException if rows do not, or the chain has several closed classes and so no unique rate
     */
    public static double rate(double[][] transition) {
        double[] stationary = new MarkovChain(transition).stationary();
        double rate = 0;
        for (int i = 0; i < stationary.length; i++) if (stationary[i] > 0) rate += stationary[i] * of(transition[i]);
        return rate;
    }

    private static double term(double p) { return p > 0 ? -p * Math.log(p) : 0; }

    static double logOf(double base) {
        if (!(base > 0) || base == 1 || base == Double.POSITIVE_INFINITY)
            throw new IllegalArgumentException("entropy: base is " + base + "; it must be positive and not 1, such as 2 for bits");
        return base == Math.E ? 1 : Math.log(base);
    }

    /** Checks shared with divergences. */
    static final class Weights {
        private Weights() {}

        static double sum(String operation, double[] weights) {
            if (weights.length == 0) throw new IllegalArgumentException(operation + ": there are no weights");
            double sum = 0;
            for (int i = 0; i < weights.length; i++) {
                if (!(weights[i] >= 0) || weights[i] == Double.POSITIVE_INFINITY) {
                    throw new IllegalArgumentException(
                            operation + ": weight " + i + " is " + weights[i] + "; weights are finite and at least 0");
                }
                sum += weights[i];
            }
            if (sum == 0) throw new IllegalArgumentException(operation + ": all weights are 0; at least one must be positive");
            return sum;
        }

        static double[] of(long[] counts) {
            var weights = new double[counts.length];
            for (int i = 0; i < counts.length; i++) weights[i] = counts[i];
            return weights;
        }

        static double[] flat(double[][] table) {
            if (table.length == 0) throw new ShapeException("joint table: it has no rows");
            int width = table[0].length;
            var flat = new double[table.length * width];
            for (int i = 0; i < table.length; i++) {
                if (table[i].length != width)
                    throw new ShapeException("joint table: row " + i + " has " + table[i].length + " columns, row 0 has " + width);
                System.arraycopy(table[i], 0, flat, i * width, width);
            }
            return flat;
        }
    }
}
