package lyceum.prob;

import java.util.function.DoubleUnaryOperator;
import java.util.function.IntFunction;
import java.util.function.ToDoubleFunction;
import lyceum.random.Rng;

/**
 * Whether limit and mean may be swapped, looked at numerically: variables {@code X_n = f_n(U)} of one uniform U, and the limit they tend to.
 *
 * {@snippet :
 * Convergence.of(n -> u -> u < 1.0 / n ? n : 0, u -> 0, 14).isUniformlyIntegrable();   // false: each mean is 1, and the limit's 0
 * Convergence.of(n -> u -> Math.pow(u, n), u -> 0, 14).isUniformlyIntegrable();         // true
 * }
 *
 * @param indices n, powers of two from 1
 * @param means {@code E X_n}
 * @param limitMean {@code E lim X_n}
 * @param farFrom {@code P(|X_n - lim X_n| > 0.01)}
 * @param escaping {@code sup_n E[|X_n|; |X_n| > K]} with K the geometric mean of the largest value and {@code largestMean}: mean that comes from
 *        where hardly any probability is. 0 where no value exceeds 16 largest means.
 * @param largestMean {@code sup_n E|X_n|}
 * @param envelope {@code E sup_n |X_n|}: a dominating variable's mean; where it keeps growing with the number of indices, nothing dominates
 */
public record Convergence(int[] indices, double[] means, double limitMean, double[] farFrom, double escaping, double largestMean,
        double envelope) {
    private static final int CELLS = 1 << 16;

    /**
     * Means over the midpoints of 65,536 equal cells of (0, 1).
     *
     * @param sequence f_n by n
     * @param doublings the last n is 2 to this power, at most 15 so that an event of probability 1/n still has cells
     */
    public static Convergence of(IntFunction<DoubleUnaryOperator> sequence, DoubleUnaryOperator limit, int doublings) {
        if (doublings < 1 || doublings > 15)
            throw new IllegalArgumentException("Convergence: " + doublings + " doublings; there are 1 to 15");
        var indices = new int[doublings + 1];
        double[] means = new double[indices.length], far = new double[indices.length];
        var x = new double[indices.length][CELLS];
        double limitMean = 0, largest = 0, largestMean = 0, envelope = 0;
        for (int k = 0; k < indices.length; k++) {
            indices[k] = 1 << k;
            var f = sequence.apply(indices[k]);
            double size = 0;
            for (int c = 0; c < CELLS; c++) {
                double u = (c + 0.5) / CELLS, value = x[k][c] = f.applyAsDouble(u);
                means[k] += value / CELLS;
                size += Math.abs(value) / CELLS;
                largest = Math.max(largest, Math.abs(value));
                if (Math.abs(value - limit.applyAsDouble(u)) > 0.01) far[k] += 1.0 / CELLS;
            }
            largestMean = Math.max(largestMean, size);
        }
        double escaping = 0, threshold = Math.sqrt(largest * largestMean);
        for (double[] row : x) {
            double above = 0;
            for (double value : row) if (Math.abs(value) > threshold) above += Math.abs(value) / CELLS;
            escaping = Math.max(escaping, above);
        }
        for (int c = 0; c < CELLS; c++) {
            limitMean += limit.applyAsDouble((c + 0.5) / CELLS) / CELLS;
            double most = 0;
            for (double[] row : x) most = Math.max(most, Math.abs(row[c]));
            envelope += most / CELLS;
        }
        return new Convergence(indices, means, limitMean, far, largest <= 16 * largestMean ? 0 : escaping, largestMean, envelope);
    }

    /** False if a tenth of the largest mean or more escapes: then means need not tend to the limit's mean. A diagnosis up to the last n, no proof. */
    public boolean isUniformlyIntegrable() { return escaping < 0.1 * largestMean; }

    /** {@code |E X_n - E lim X_n|} at the last n. */
    public double gap() { return Math.abs(means[means.length - 1] - limitMean); }

    /** How far the running mean of independent draws wanders between two sample sizes. */
    public record RunningMean(double low, double high, double last) {
        public double range() { return high - low; }

        /**
         * @param draw one draw
         * @param from the first sample size that counts, at least 1
         * @param to the last
         */
        public static RunningMean of(ToDoubleFunction<Rng> draw, Rng rng, int from, int to) {
            if (from < 1 || to < from) throw new IllegalArgumentException("RunningMean: from " + from + " to " + to + " draws");
            double sum = 0, low = Double.POSITIVE_INFINITY, high = Double.NEGATIVE_INFINITY;
            for (int n = 1; n <= to; n++) {
                sum += draw.applyAsDouble(rng);
                if (n < from) continue;
                low = Math.min(low, sum / n);
                high = Math.max(high, sum / n);
            }
            return new RunningMean(low, high, sum / to);
        }
    }
}
