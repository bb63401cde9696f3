package lyceum.nn;

import java.util.Arrays;
import lyceum.tensor.Tensor;

/**
 * What a {@link MoeRouter} decided for T tokens and E experts: N pairs of token and expert, grouped by expert and within it in the order of tokens.
 *
 * @param logits (T, E); null where nothing is learned
 * @param probabilities (T, E), differentiable: softmax, or sigmoid, of the logits; for hashes the shares of the choice
 * @param smoothLoad (T, E), differentiable: the chance that a token would choose an expert if that expert's noise were drawn anew; null without noise
 * @param tokens (N) number of each pair's token
 * @param gates (N), differentiable
 * @param counts (E) pairs of each expert
 * @param chosen (T x k) experts as they were wanted, best first, before any capacity; for expert choice all pairs, k being 0
 * @param capacity the most that one expert takes
 */
public record Routing(Tensor logits, Tensor probabilities, Tensor smoothLoad, int[] tokens, Tensor gates, int[] counts, int[][] chosen,
        int capacity) {

    /** Number of tokens. */
    public int size() { return (int) probabilities.size(0); }

    /** The expert of each pair (N). */
    public int[] experts() {
        var experts = new int[tokens.length];
        for (int e = 0, at = 0; e < counts.length; at += counts[e++]) Arrays.fill(experts, at, at + counts[e], e);
        return experts;
    }

    /** Gates as a matrix (T, E), 0 where an expert does not work on a token; differentiable. */
    public Tensor dense() {
        return Tensor.zeros(gates.dtype(), size() * (long) counts.length).indexAdd(0, places(), gates).reshape(size(), counts.length);
    }

    /** Where the pairs stand in (T, E), flat. */
    private Tensor places() { return places(tokens, experts(), counts.length); }

    static Tensor places(int[] tokens, int[] experts, int count) {
        var places = new long[tokens.length];
        for (int i = 0; i < places.length; i++) places[i] = (long) tokens[i] * count + experts[i];
        return Tensor.of(places);
    }

    /** What each token wanted, as shares (T, E) that sum to 1; without gradient. */
    public Tensor shares() {
        var shares = new double[size() * counts.length];
        for (int t = 0; t < chosen.length; t++) for (int e : chosen[t]) shares[t * counts.length + e] += 1.0 / chosen[t].length;
        return Tensor.of(shares, size(), counts.length).to(probabilities.dtype());
    }

    /** Part of all wanted pairs that each expert was wanted for (E): sums to 1. */
    public double[] load() {
        var load = new double[counts.length];
        long pairs = 0;
        for (var row : chosen) {
            for (int e : row) load[e]++;
            pairs += row.length;
        }
        for (int e = 0; e < load.length; e++) load[e] /= Math.max(1, pairs);
        return load;
    }

    /** Coefficient of variation of {@link #load()}: population deviation over mean. 0 is even, {@code sqrt(E / k - 1)} total collapse. */
    public double loadVariation() { return variation(load()); }

    /** Population deviation over mean of any loads. */
    public static double variation(double[] load) {
        double mean = 0, square = 0;
        for (double l : load) mean += l / load.length;
        for (double l : load) square += (l - mean) * (l - mean) / load.length;
        return mean == 0 ? 0 : Math.sqrt(square) / mean;
    }

    /** Pairs that were wanted and are not worked on. */
    public int dropped() {
        int wanted = 0;
        for (var row : chosen) wanted += row.length;
        return wanted - tokens.length;
    }

    /** The routing in which an expert is not there: its pairs are taken out; gates of a token are scaled to the sum they had if {@code renormalised}. */
    public Routing without(int expert, boolean renormalised) {
        int from = 0;
        for (int e = 0; e < expert; e++) from += counts[e];
        int to = from + counts[expert];
        var left = new int[tokens.length - counts[expert]];
        System.arraycopy(tokens, 0, left, 0, from);
        System.arraycopy(tokens, to, left, from, tokens.length - to);
        var fewer = counts.clone();
        fewer[expert] = 0;
        var kept = Tensor.concat(0, gates.narrow(0, 0, from), gates.narrow(0, to, tokens.length - to));
        if (renormalised && left.length > 0) {
            Tensor now = Tensor.of(left), sums = kept.segmentSum(now, size()), before = gates.segmentSum(Tensor.of(tokens), size());
            kept = kept.mul(before.div(sums.eq(0).where(sums.onesLike(), sums)).indexSelect(0, now));
        }
        return new Routing(logits, probabilities, smoothLoad, left, kept, fewer, chosen, capacity);
    }
}
