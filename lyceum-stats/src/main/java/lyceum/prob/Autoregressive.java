package lyceum.prob;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.random.Rng;

/**
 * A distribution over sequences told by what comes next: {@code p(x) = prod_t p(x_t | x_1, ..., x_(t-1))}.
 *
 * {@snippet :
 * Autoregressive sticky = past -> past.length == 0 ? new Categorical(1, 1) : past[past.length - 1] == 0 ? new Categorical(9, 1) : new Categorical(1, 9);
 * sticky.logDensity(0, 0, 1);       // log(0.5 * 0.9 * 0.1)
 * sticky.sample(Rng.of(1), 20);     // long runs
 * sticky.joint(3);                  // all eight outcomes
 * }
 *
 * <p>A language model is {@code past -> Categorical.ofLogits(logits(past))}.
 */
@FunctionalInterface
public interface Autoregressive {
    /**
     * The distribution of the next element.
     *
     * @param past all elements so far, the first one first
     */
    UnivariateDistribution next(double... past);

    /** How many first elements it does not speak about but takes as given; 0 unless said otherwise. */
    default int start() { return 0; }

    /**
     * Natural logarithm of the sequence's probability or density, given its first {@link #start()} elements. It stops at the first element that
     * is impossible, with {@code -Infinity}: what would follow is never asked for.
     */
    default double logDensity(double... sequence) {
        double log = 0;
        for (int t = start(); t < sequence.length && log > Double.NEGATIVE_INFINITY; t++)
            log += next(Arrays.copyOf(sequence, t)).logDensity(sequence[t]);
        return log;
    }

    /**
     * Ancestral sampling: draws an element, appends it, repeats.
     *
     * @param length of the whole sequence, {@code past} included
     * @param past what it begins with; at least {@link #start()} elements
     */
    default double[] sample(Rng rng, int length, double... past) {
        if (past.length < start())
            throw new IllegalArgumentException("sample: the sequence needs " + start() + " elements to begin with, not " + past.length);
        var sequence = Arrays.copyOf(past, Math.max(length, past.length));
        for (int t = past.length; t < length; t++) sequence[t] = next(Arrays.copyOf(sequence, t)).sample(rng);
        return sequence;
    }

    /**
     * All sequences of a length with their probabilities, for symbols 0, 1, ...: variables {@code x1, x2, ...}. Sequences through impossible
     * prefixes are left out.
     *
     * @throws IllegalArgumentException if there are more than 2^22, or elements are not symbols
     */
    default JointTable joint(int length) {
        var level = new ArrayList<double[]>(List.of(new double[0]));
        var mass = new double[] {1};
        var sizes = new int[length];
        for (int t = 0; t < length; t++) {
            var grown = new ArrayList<double[]>();
            var products = new double[16];
            for (int i = 0; i < level.size(); i++) {
                var next = next(level.get(i));
                if (!next.isDiscrete() || next.low() < 0 || !(next.high() < 1 << 22)) throw new IllegalArgumentException(
                        "joint: element " + (t + 1) + " follows " + next + ", which is not over few symbols 0, 1, ...");
                sizes[t] = Math.max(sizes[t], (int) next.high() + 1);
                for (int symbol = (int) next.low(); symbol <= next.high(); symbol++) {
                    double p = next.density(symbol);
                    if (p == 0) continue;
                    if (grown.size() == products.length) products = Arrays.copyOf(products, 2 * products.length);
                    products[grown.size()] = mass[i] * p;
                    var sequence = Arrays.copyOf(level.get(i), t + 1);
                    sequence[t] = symbol;
                    grown.add(sequence);
                    if (grown.size() > 1 << 22)
                        throw new IllegalArgumentException("joint: there are more than 2^22 sequences of length " + (t + 1));
                }
            }
            level = grown;
            mass = Arrays.copyOf(products, grown.size());
        }
        int[][] rows = level.stream().map(s -> Arrays.stream(s).mapToInt(x -> (int) x).toArray()).toArray(int[][]::new);
        return JointTable.observed(IntStream.rangeClosed(1, length).mapToObj(t -> "x" + t).toList(), sizes, rows, mass);
    }
}
