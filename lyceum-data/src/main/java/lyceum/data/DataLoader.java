package lyceum.data;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.concurrent.Callable;
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
 * numbers, or a {@link Cursor}'s position. Immutable; {@code with} methods return another loader. Default: shuffled without replacement, the shorter last batch kept.
 */
public final class DataLoader {

    /** The order in which a pass visits the rows. */
    public enum Order {
        /** 0, 1, 2, ... */
        SEQUENTIAL,
        /** Each row once, in random order. */
        SHUFFLED,
        /** Every row is drawn independently, so that a pass repeats some rows and misses others. */
        REPLACEMENT
    }

    /** What happens to rows that do not fill the last batch. */
    public enum Last {
        /** A shorter batch. */
        KEEP,
        /** They are left out in this pass. */
        DROP,
        /** The batch is filled up with the first rows of the pass. */
        PAD
    }

    private record Options(Sampler sampler, Last last, int rank, int ranks) {}

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
        return new DataLoader(n, batchSize, Objects.requireNonNull(rng, "rng"), new Options(Sampler.shuffled(), Last.KEEP, 0, 1));
    }

    /** Visits the rows in another order. */
    public DataLoader withOrder(Order order) {
        return withSampler(switch (order) {
            case SEQUENTIAL -> Sampler.sequential();
            case SHUFFLED -> Sampler.shuffled();
            case REPLACEMENT -> Sampler.replacement();
        });
    }

    /** Visits the rows as the sampler says: stratified, grouped, weighted, or custom. */
    public DataLoader withSampler(Sampler sampler) {
        return with(new Options(Objects.requireNonNull(sampler, "sampler"), options.last, options.rank, options.ranks));
    }

    /** Changes what happens to the last batch. */
    public DataLoader withLast(Last last) { return with(new Options(options.sampler, last, options.rank, options.ranks)); }

    /** Draws with replacement, row i with a probability proportional to {@code weights[i]}. */
    public DataLoader withWeights(double... weights) {
        if (weights.length != n)
            throw new IllegalArgumentException("DataLoader.withWeights: " + weights.length + " weights for " + n + " rows");
        return withSampler(Sampler.weighted(weights));
    }

    /** The part of every pass that worker {@code rank} of {@code ranks} has: every {@code ranks}-th row of the order; shares differ by one row at most. */
    public DataLoader withRank(int rank, int ranks) {
        if (ranks < 1 || ranks > n) throw new IllegalArgumentException("DataLoader.withRank: " + ranks + " ranks for " + n + " rows");
        Objects.checkIndex(rank, ranks);
        return with(new Options(options.sampler, options.last, rank, ranks));
    }

    private DataLoader with(Options other) { return new DataLoader(n, batchSize, rng, other); }

    /** Rows that this loader visits in a pass, the dropped and padded ones aside. */
    private int visited() { return (n - options.rank + options.ranks - 1) / options.ranks; }

    /** Batches in a pass: {@code ceil(n / batchSize)}, or the floor of it where the last one is dropped. */
    public int steps() {
        return options.last == Last.DROP ? visited() / batchSize : (int) (((long) visited() + batchSize - 1) / batchSize);
    }

    /** The batches of pass {@code number} as row numbers: an unmodifiable list of {@link #steps} arrays, each made on demand. */
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
    public Iterator<int[]> endless(int pass, int step) { return cursor(new Position(pass, step, 0, 0)); }

    /**
     * Where a run stands.
     *
     * @param pass of the next batch, from 0
     * @param step of the next batch in its pass
     * @param steps batches taken so far, over all passes
     * @param examples rows in them
     */
    public record Position(int pass, int step, long steps, long examples) {
        /** The first batch of all. */
        public static final Position START = new Position(0, 0, 0, 0);

        /** Reads what {@link #toString} wrote. @throws IllegalArgumentException if it is something else */
        public static Position parse(String text) {
            var parts = text.replaceAll("[a-z ]", "").split(",");
            try {
                return new Position(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), Long.parseLong(parts[2]),
                        Long.parseLong(parts[3]));
            } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
                throw new IllegalArgumentException("DataLoader.Position: '" + text + "' is not a position such as '" + START + "'", e);
            }
        }

        @Override public String toString() { return "pass " + pass + ", step " + step + ", steps " + steps + ", examples " + examples; }
    }

    /** Pass after pass without end, counting: its {@link #position} is all that a checkpoint has to keep. One thread. */
    public final class Cursor implements Iterator<int[]> {
        private Position at;
        private List<int[]> batches;

        private Cursor(Position at) {
            this.at = at;
            batches = pass(at.pass);
        }

        /** Of the next batch; give it to {@link DataLoader#cursor(Position)} to go on from there. */
        public Position position() { return at; }

        @Override public boolean hasNext() { return true; }

        @Override public int[] next() {
            var batch = batches.get(at.step);
            boolean last = at.step + 1 == batches.size();
            at = new Position(last ? at.pass + 1 : at.pass, last ? 0 : at.step + 1, at.steps + 1, at.examples + batch.length);
            if (last) batches = pass(at.pass);
            return batch;
        }
    }

    /** From the first batch on. */
    public Cursor cursor() { return cursor(Position.START); }

    /** Starts at a position saved from a cursor of this loader. @throws IllegalStateException if a pass has no batch */
    public Cursor cursor(Position from) {
        if (steps() == 0) throw new IllegalStateException(
                "DataLoader.cursor: " + visited() + " rows are too few for a batch of " + batchSize + " and the last is dropped");
        Objects.checkIndex(from.step, steps());
        return new Cursor(from);
    }

    /**
     * A pass whose batches are loaded ahead by background threads and delivered in order. At most {@code 2 * threads} batches wait.
     *
     * {@snippet :
     * try (var batches = loader.prefetch(epoch, 0, 4, rows -> decode(rows))) {
     *     while (batches.hasNext()) step(batches.next());
     * }
     * }
     *
     * @param from first step, to resume within a pass
     * @param load makes a batch of row numbers; called by several threads at once
     */
    public <T> Prefetch<T> prefetch(int pass, int from, int threads, Function<int[], T> load) {
        var batches = pass(pass);
        if (from != batches.size()) Objects.checkIndex(from, batches.size());
        Iterator<int[]> rest = batches.subList(from, batches.size()).iterator();
        return new Prefetch<>(mapped(rest, rows -> (Callable<T>) () -> load.apply(rows)), threads, () -> {});
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
        var all = options.sampler.order(n, rng.split(pass));
        if (all.length != n) throw new IllegalStateException("DataLoader: the sampler gave " + all.length + " of " + n + " rows");
        if (options.ranks == 1) return all;
        var mine = new int[visited()];
        for (int i = 0; i < mine.length; i++) mine[i] = all[options.rank + i * options.ranks];
        return mine;
    }

    static <A, B> Iterator<B> mapped(Iterator<A> source, Function<A, B> function) {
        return new Iterator<>() {
            @Override public boolean hasNext() { return source.hasNext(); }

            @Override public B next() {
                if (!source.hasNext()) throw new NoSuchElementException("the pass has no more batches");
                return function.apply(source.next());
            }
        };
    }
}
