package lyceum.prob;

import java.util.Arrays;

/**
 * How many past symbols the next one depends on: order k against k + 1.
 *
 * @param order k
 * @param statistic twice the difference of the maximised log-likelihoods
 * @param degreesOfFreedom transitions that order k + 1 can tell apart and order k cannot, counted over those that can happen
 * @param pValue how likely a chain of order k is to look at least so unlike one, by chi-square
 * @param bic of order k, {@code -2 log L + parameters log n}; lower is better
 * @param bicOfNext of order k + 1, on the same symbols
 * @see <a href="https://doi.org/10.1214/aoms/1177707039">Anderson and Goodman (1957), Statistical Inference about Markov Chains</a>
 */
public record MarkovOrder(int order, double statistic, int degreesOfFreedom, double pValue, double bic, double bicOfNext) {
    private static final int MOST = 1 << 24;

    /**
     * Tests whether the last k symbols suffice.
     *
     * <p>With all transitions possible the degrees are {@code S^k (S - 1)^2}. Some are impossible where a symbol stands for several stacked ones:
     * from 01 one comes to 10 or 11 alone. A transition counts as possible if it occurs in the series after the last k symbols, and a context if it
     * occurs.
     *
     * @param symbols S: the series hold 0 to {@code S - 1}
     * @param order k, at least 0; {@code S^(k + 2)} is at most 2^24
     */
    public static MarkovOrder test(int symbols, int order, int[]... series) {
        Arguments.count("test", "order", order);
        if (symbols < 2 || Math.pow(symbols, order + 2.0) > MOST) throw new IllegalArgumentException(
                "test: order " + order + " over " + symbols + " symbols; there are at least 2, and at most 2^24 runs of " + (order + 2));
        int contexts = 1;
        for (int i = 0; i < order; i++) contexts *= symbols;
        // A run is s_(t-k-1), ..., s_(t-1), s_t as a number: after the long context, and, the first symbol dropped, after the short one.
        var runs = new int[contexts * symbols * symbols];
        long n = 0;
        for (int[] x : series) {
            int run = 0;
            for (int t = 0; t < x.length; t++) {
                if (x[t] < 0 || x[t] >= symbols)
                    throw new IllegalArgumentException("test: symbol " + x[t] + "; symbols are 0 to " + (symbols - 1));
                run = run % (contexts * symbols) * symbols + x[t];
                if (t <= order) continue;
                runs[run]++;
                n++;
            }
        }
        if (n == 0) throw new IllegalArgumentException("test: no series has " + (order + 2) + " symbols");
        var shorter = new int[contexts * symbols];
        for (int run = 0; run < runs.length; run++) shorter[run % shorter.length] += runs[run];
        double logLong = logLikelihood(runs, symbols), logShort = logLikelihood(shorter, symbols);
        int parameters = 0, more = 0;
        for (int context = 0; context < contexts; context++) parameters += choices(shorter, context, symbols);
        for (int context = 0; context < shorter.length; context++)
            if (sum(runs, context, symbols) > 0) more += choices(shorter, context % contexts, symbols);
        double statistic = Math.max(0, 2 * (logLong - logShort));
        int degrees = more - parameters;
        double p = degrees == 0 ? 1 : new ChiSquare(degrees).survival(statistic);
        return new MarkovOrder(order, statistic, degrees, p, parameters * Math.log(n) - 2 * logShort, more * Math.log(n) - 2 * logLong);
    }

    private static long sum(int[] counts, int context, int symbols) {
        long sum = 0;
        for (int s = 0; s < symbols; s++) sum += counts[context * symbols + s];
        return sum;
    }

    /** Free probabilities of a context: symbols that follow it, less one. */
    private static int choices(int[] counts, int context, int symbols) {
        int kinds = 0;
        for (int s = 0; s < symbols; s++) if (counts[context * symbols + s] > 0) kinds++;
        return Math.max(0, kinds - 1);
    }

    private static double logLikelihood(int[] counts, int symbols) {
        double log = 0;
        for (int context = 0; context < counts.length / symbols; context++) {
            long sum = sum(counts, context, symbols);
            for (int s = 0; s < symbols; s++) {
                int c = counts[context * symbols + s];
                if (c > 0) log += c * Math.log((double) c / sum);
            }
        }
        return log;
    }

    /** True if the last k symbols suffice at this level. */
    public boolean suffices(double level) { return pValue >= level; }

    /**
     * The last {@code k} symbols as one: a series of order k becomes one of order 1, over {@code symbols^k} states, {@code k - 1} shorter.
     *
     * @return state t is {@code x_t + S x_(t-1) + S^2 x_(t-2) + ...}
     */
    public static int[] stack(int[] series, int symbols, int k) {
        if (k < 1 || Math.pow(symbols, k) > MOST)
            throw new IllegalArgumentException("stack: " + k + " of " + symbols + " symbols; at least 1, and at most 2^24 states");
        if (series.length < k) throw new IllegalArgumentException("stack: " + k + " of a series of " + series.length);
        int states = (int) Math.round(Math.pow(symbols, k)), state = 0;
        var stacked = new int[series.length - k + 1];
        for (int t = 0; t < series.length; t++) {
            state = (int) ((long) state * symbols % states) + series[t];
            if (t >= k - 1) stacked[t - k + 1] = state;
        }
        return stacked;
    }

    /** The order from 0 to {@code most} whose BIC is least. The first {@code most + 1} symbols of each series are scored by none. */
    public static int best(int symbols, int most, int[]... series) {
        double least = Double.POSITIVE_INFINITY;
        int best = 0;
        for (int k = 0; k <= most; k++) {
            int skip = most - k;
            double bic = test(symbols, k,
                    Arrays.stream(series).map(x -> Arrays.copyOfRange(x, Math.min(skip, x.length), x.length)).toArray(int[][]::new)).bic();
            if (bic < least) {
                least = bic;
                best = k;
            }
        }
        return best;
    }
}
