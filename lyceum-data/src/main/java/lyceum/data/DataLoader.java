package lyceum.data;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.function.Function;
import lyceum.random.Rng;

/**
 * Mini-batches: passes over row numbers in a fresh order each time.
 *
 * {@snippet :
 * var loader = DataLoader.of(data.size(), 32, Rng.of(1));
 * for (int epoch = 0; epoch < 10; epoch++)
 *     for (var batch : loader.pass(epoch, data)) step(batch.x(), batch.y());
 * }
 *
 * <p>A pass depends on the seed and its number alone, and its batches can be read in any order: to resume inside a pass, keep the pass and step
 * numbers. Immutable; {@code with} methods return another loader. Default: shuffled without replacement, the shorter last batch kept.
 */
public final class DataLoader {

    /** In which order a pass visits the rows. */
    public enum Order {
        /** 0, 1, 2, ... */
        SEQUENTIAL,
        /** Each row once, in random order. */
        SHUFFLED,
        /** Every row is drawn independently, so that a pass repeats some rows and misses others. */
        REPLACEMENT
    }

    /** What becomes of rows that do not fill the last batch. */
    public enum Last {
        /** A shorter batch. */
        KEEP,
        /** They are left out in this pass. */
        DROP,
        /** The batch is filled up with the first rows of the pass. */
        PAD
    }

    private record Options(Order order, Last last, int rank, int ranks, double[] cumulative) {}

    private final int n;
    private final int batchSize;
    private final Rng rng;
    private final Options options;

    private DataLoader(int n, int batchSize, Rng rng, Options options) {
        this.n = n;
        this.batchSize = batchSize;
        this.rng = rng;
        this.options = options;
    }

    /** Batches of {@code batchSize} of {@code n} rows. Nothing is drawn from {@code rng}; its seed names the passes. */
    public static DataLoader of(int n, int batchSize, Rng rng) {
        if (n < 1) throw new IllegalArgumentException("DataLoader: " + n + " rows; at least one");
        if (batchSize < 1) throw new IllegalArgumentException("DataLoader: batch size " + batchSize + "; at least 1");
        return new DataLoader(n, batchSize, Objects.requireNonNull(rng, "rng"), new Options(Order.SHUFFLED, Last.KEEP, 0, 1, null));
    }

    /** Visits the rows in another order. */
    public DataLoader withOrder(Order order) { return with(new Options(order, options.last, options.rank, options.ranks, null)); }

    /** Another rule for the last batch. */
    public DataLoader withLast(Last last) {
        return with(new Options(options.order, last, options.rank, options.ranks, options.cumulative));
    }

    /** Draws with replacement, row i with a probability proportional to {@code weights[i]}. */
    public DataLoader withWeights(double... weights) {
        if (weights.length != n)
            throw new IllegalArgumentException("DataLoader.withWeights: " + weights.length + " weights for " + n + " rows");
        var cumulative = new double[n];
        double sum = 0;
        for (int i = 0; i < n; i++) {
            if (!(weights[i] >= 0) || Double.isInfinite(weights[i])) throw new IllegalArgumentException(
                    "DataLoader.withWeights: weight " + weights[i] + " of row " + i + "; weights are finite and not negative");
            cumulative[i] = sum += weights[i];
        }
        if (sum == 0) throw new IllegalArgumentException("DataLoader.withWeights: all weights are 0");
        return with(new Options(Order.REPLACEMENT, options.last, options.rank, options.ranks, cumulative));
    }

    /** The part of every pass that worker {@code rank} of {@code ranks} has: every {@code ranks}-th row of the order; shares differ by one row at most. */
    public DataLoader withRank(int rank, int ranks) {
        if (ranks < 1 || ranks > n) throw new IllegalArgumentException("DataLoader.withRank: " + ranks + " ranks for " + n + " rows");
        Objects.checkIndex(rank, ranks);
        return with(new Options(options.order, options.last, rank, ranks, options.cumulative));
    }

    private DataLoader with(Options other) { return new DataLoader(n, batchSize, rng, other); }

    /** Rows that this loader visits in a pass, the dropped and padded ones aside. */
    private int visited() { return (n - options.rank + options.ranks - 1) / options.ranks; }

    /** Batches in a pass: {@code ceil(n / batchSize)}, or the floor of it where the last one is dropped. */
    public int steps() {
        return options.last == Last.DROP ? visited() / batchSize : (int) (((long) visited() + batchSize - 1) / batchSize);
    }

    /** The batches of pass {@code number} as row numbers: an unmodifiable list of {@link #steps} arrays, made when asked for. */
    public List<int[]> pass(int number) {
        var order = order(number);
        int steps = steps();
        return new AbstractList<>() {
            @Override public int[] get(int step) { return batch(order, Objects.checkIndex(step, steps)); }

            @Override public int size() { return steps; }
        };
    }

    /** The batches of pass {@code number} of a dataset. */
    public Iterable<Dataset> pass(int number, Dataset data) {
        if (data.size() != n)
            throw new IllegalArgumentException("DataLoader.pass: a loader of " + n + " rows does not fit a dataset of " + data.size());
        return () -> mapped(pass(number).iterator(), data::rows);
    }

    /**
     * Batches for gradient accumulation: each element holds {@code k} batches whose gradients, weighted by their sizes, make one update; the last element may
     * hold fewer.
     */
    public List<List<int[]>> accumulated(int number, int k) {
        if (k < 1) throw new IllegalArgumentException("DataLoader.accumulated: " + k + " batches an update; at least 1");
        var batches = pass(number);
        return new AbstractList<>() {
            @Override public List<int[]> get(int update) {
                int from = Objects.checkIndex(update, size()) * k;
                return batches.subList(from, Math.min(from + k, batches.size()));
            }

            @Override public int size() { return (batches.size() + k - 1) / k; }
        };
    }

    /** Pass after pass without end, from step {@code step} of pass {@code pass} on. @throws IllegalStateException if a pass has no batch */
    public Iterator<int[]> endless(int pass, int step) {
        if (steps() == 0) throw new IllegalStateException(
                "DataLoader.endless: " + visited() + " rows fill no batch of " + batchSize + " and the last is dropped");
        Objects.checkIndex(step, steps());
        return new Iterator<>() {
            private int passAt = pass;
            private int stepAt = step;
            private List<int[]> batches = pass(pass);

            @Override public boolean hasNext() { return true; }

            @Override public int[] next() {
                if (stepAt == batches.size()) {
                    batches = pass(++passAt);
                    stepAt = 0;
                }
                return batches.get(stepAt++);
            }
        };
    }

    private int[] batch(int[] order, int step) {
        int from = step * batchSize, to = (int) Math.min((long) from + batchSize, order.length);
        var rows = Arrays.copyOfRange(order, from, to);
        if (rows.length == batchSize || options.last != Last.PAD) return rows;
        var padded = Arrays.copyOf(rows, batchSize);
        for (int i = rows.length; i < batchSize; i++) padded[i] = order[(i - rows.length) % order.length];
        return padded;
    }

    private int[] order(int pass) {
        var all = whole(rng.split(pass));
        if (options.ranks == 1) return all;
        var mine = new int[visited()];
        for (int i = 0; i < mine.length; i++) mine[i] = all[options.rank + i * options.ranks];
        return mine;
    }

    private int[] whole(Rng stream) {
        if (options.order == Order.SHUFFLED) return stream.permutation(n);
        var rows = new int[n];
        for (int i = 0; i < n; i++)
            rows[i] = options.order == Order.SEQUENTIAL ? i : options.cumulative == null ? stream.nextInt(n) : weighted(stream);
        return rows;
    }

    /** The first row whose cumulative weight exceeds a uniform draw, which skips rows of weight 0. */
    private int weighted(Rng stream) {
        double u = stream.nextDouble() * options.cumulative[n - 1];
        int low = 0, high = n - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (options.cumulative[middle] > u) high = middle;
            else low = middle + 1;
        }
        return low;
    }

    private static <A, B> Iterator<B> mapped(Iterator<A> source, Function<A, B> function) {
        return new Iterator<>() {
            @Override public boolean hasNext() { return source.hasNext(); }

            @Override public B next() {
                if (!source.hasNext()) throw new NoSuchElementException("the pass has no more batches");
                return function.apply(source.next());
            }
        };
    }
}
