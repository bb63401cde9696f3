package lyceum.data;

import java.util.Arrays;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The order in which a pass visits rows: row numbers drawn from a stream that belongs to the pass. {@link DataLoader#withSampler} takes any.
 *
 * {@snippet :
 * var balanced = DataLoader.of(n, 32, Rng.of(1)).withSampler(Sampler.stratified(labels));
 * }
 */
@FunctionalInterface
public interface Sampler {
    /** Row numbers below {@code n}, n of them. Must depend on its arguments alone. */
    int[] order(int n, Rng rng);

    /** 0, 1, 2, ... */
    static Sampler sequential() {
        return (n, rng) -> {
            var rows = new int[n];
            for (int i = 0; i < n; i++) rows[i] = i;
            return rows;
        };
    }

    /** Each row once, in random order. */
    static Sampler shuffled() { return (n, rng) -> rng.permutation(n); }

    /** Every row drawn independently: on average 37% of the rows are missed in a pass. */
    static Sampler replacement() {
        return (n, rng) -> {
            var rows = new int[n];
            for (int i = 0; i < n; i++) rows[i] = rng.nextInt(n);
            return rows;
        };
    }

    /** Independent draws, row i with a probability proportional to {@code weights[i]}: how rare classes are seen more often. */
    static Sampler weighted(double... weights) {
        var cumulative = new double[weights.length];
        double sum = 0;
        for (int i = 0; i < weights.length; i++) {
            if (!(weights[i] >= 0) || Double.isInfinite(weights[i])) throw new IllegalArgumentException(
                    "Sampler.weighted: weight " + weights[i] + " of row " + i + "; weights are finite and not negative");
            cumulative[i] = sum += weights[i];
        }
        if (sum == 0) throw new IllegalArgumentException("Sampler.weighted: all weights are 0");
        return (n, rng) -> {
            check("weighted", "weights", n, cumulative.length);
            var rows = new int[n];
            for (int i = 0; i < n; i++) rows[i] = first(cumulative, rng.nextDouble() * cumulative[n - 1]);
            return rows;
        };
    }

    /** The first row whose cumulative weight exceeds {@code u}, which skips rows of weight 0. */
    private static int first(double[] cumulative, double u) {
        int low = 0, high = cumulative.length - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (cumulative[middle] > u) high = middle;
            else low = middle + 1;
        }
        return low;
    }

    /** Each row once, so that every stretch of the order, and so every batch, has the classes in nearly their shares of all rows. */
    static Sampler stratified(int... labels) {
        var strata = Strata.of(labels);
        int[] counts = strata.counts();
        return (n, rng) -> {
            check("stratified", "labels", n, labels.length);
            // row j of a class of m stands somewhere in the j-th of m equal parts of the pass
            var at = new double[n];
            for (int g = 0; g < counts.length; g++) {
                int[] rows = strata.rows(g), mixed = rng.permutation(rows.length);
                for (int j = 0; j < rows.length; j++) at[rows[mixed[j]]] = (j + rng.nextDouble()) / rows.length;
            }
            return Tensor.of(at).argsort(0).toIntArray();
        };
    }

    /** Each row once, the rows of a group one after the other; groups in random order, as are the rows within. */
    static Sampler grouped(int... groups) {
        var strata = Strata.of(groups);
        return (n, rng) -> {
            check("grouped", "groups", n, groups.length);
            var order = new int[n];
            int next = 0;
            for (int g : rng.permutation(strata.size())) {
                int[] rows = strata.rows(g);
                for (int j : rng.permutation(rows.length)) order[next++] = rows[j];
            }
            return order;
        };
    }

    /**
     * Each row once, so that batches of {@code batchSize} hold rows of similar length and little is padded: the shuffled rows are taken {@code pool} batches
     * at a time, sorted by length, cut, and the batches shuffled. A last short batch stays last. For several workers give their number, too.
     *
     * @param pool batches that are sorted together: more waste less, fewer mix better; 50 to 100 do for text
     */
    static Sampler byLength(int[] lengths, int batchSize, int pool) {
        if (batchSize < 1 || pool < 1) throw new IllegalArgumentException(
                "Sampler.byLength: batches of " + batchSize + ", " + pool + " together; both are at least 1");
        return (n, rng) -> {
            check("byLength", "lengths", n, lengths.length);
            int[] mixed = rng.permutation(n), order = new int[n];
            long together = (long) batchSize * pool;
            for (long from = 0; from < n; from += together) {
                int[] rows = Arrays.copyOfRange(mixed, (int) from, (int) Math.min(from + together, n));
                var of = new long[rows.length];
                for (int i = 0; i < rows.length; i++) of[i] = lengths[rows[i]];
                int[] ascending = Tensor.of(of).argsort(0).toIntArray();
                for (int i = 0; i < rows.length; i++) mixed[(int) from + i] = rows[ascending[i]];
            }
            int whole = n / batchSize;
            int[] batches = rng.permutation(whole);
            for (int b = 0; b < whole; b++) System.arraycopy(mixed, batches[b] * batchSize, order, b * batchSize, batchSize);
            System.arraycopy(mixed, whole * batchSize, order, whole * batchSize, n - whole * batchSize);
            return order;
        };
    }

    /**
     * The same for {@link DataLoader#withRank}: the batches of {@code ranks} workers at one step are cut from rows of similar length, so that each of
     * theirs is. A worker's row of the order is every {@code ranks}-th one.
     *
     * @param batchSize of one worker
     * @param pool steps of all workers that are sorted together
     */
    static Sampler byLength(int[] lengths, int batchSize, int pool, int ranks) {
        if (batchSize < 1 || ranks < 1) throw new IllegalArgumentException(
                "Sampler.byLength: batches of " + batchSize + " for " + ranks + " ranks; both are at least 1");
        return byLength(lengths, Math.multiplyExact(batchSize, ranks), pool);
    }

    private static void check(String name, String what, int n, int given) {
        if (given != n) throw new IllegalArgumentException("Sampler." + name + ": " + given + " " + what + " for " + n + " rows");
    }
}
