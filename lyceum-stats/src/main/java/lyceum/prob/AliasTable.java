package lyceum.prob;

import java.util.stream.IntStream;
import lyceum.random.Rng;

/**
 * k columns of equal weight, each shared by at most two outcomes: built in O(k), then a draw is a column and one of its two parts, whatever k.
 *
 * @see <a href="https://doi.org/10.1145/355744.355749">Walker (1977)</a>
 * @see <a href="https://doi.org/10.1109/32.92917">Vose (1991), A Linear Algorithm for Generating Random Numbers with a Given Distribution</a>
 */
public final class AliasTable {
    /** The part of column i that belongs to outcome i; the rest is {@code other[i]}'s. */
    private final double[] own;
    private final int[] other;

    /** @param weights non-negative, not all zero; divided by their sum */
    public AliasTable(double... weights) {
        own = new Categorical(weights).probabilities();
        int n = own.length;
        for (int i = 0; i < n; i++) own[i] *= n;
        other = IntStream.range(0, n).toArray();
        var stack = new int[n]; // columns short of 1 grow from the left, those over it from the right
        int small = 0, large = n;
        for (int i = 0; i < n; i++) {
            if (own[i] < 1) stack[small++] = i;
            else stack[--large] = i;
        }
        while (small > 0 && large < n) {
            int s = stack[--small], l = stack[large];
            other[s] = l;
            own[l] = own[l] + own[s] - 1; // Vose: this order keeps the rounding error from growing
            if (own[l] < 1) {
                large++;
                stack[small++] = l;
            }
        }
        // What is left differs from 1 by rounding alone, and an outcome without mass never gets here.
        while (small > 0) own[stack[--small]] = 1;
        while (large < n) own[stack[large++]] = 1;
    }

    /** Number of outcomes. */
    public int count() { return own.length; }

    /** The part of column {@code i} that is outcome i, from 0 to 1. */
    public double share(int i) { return own[i]; }

    /** Whose the rest of column {@code i} is; i itself if there is none. */
    public int alias(int i) { return other[i]; }

    /** The probabilities that the columns add up to. */
    public double[] probabilities() {
        var p = new double[own.length];
        for (int i = 0; i < p.length; i++) {
            p[i] += own[i];
            p[other[i]] += 1 - own[i];
        }
        for (int i = 0; i < p.length; i++) p[i] /= p.length;
        return p;
    }

    /** One outcome. */
    public int sample(Rng rng) {
        int column = rng.nextInt(own.length);
        return rng.nextDouble() < own[column] ? column : other[column];
    }
}
