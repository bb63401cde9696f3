package lyceum.data;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.Supplier;
import lyceum.LyceumException;
import lyceum.random.Rng;

/**
 * Mini-batches of a source that is read from front to back and need not fit into memory: lines of a long file, documents, what a query gives.
 *
 * {@snippet :
 * var loader = StreamLoader.of(() -> java.util.stream.LongStream.range(0, 1L << 40).iterator(), 32, Rng.of(1)).withBuffer(10_000);
 * for (int epoch = 0; epoch < 3; epoch++)
 *     try (var batches = loader.pass(epoch)) {
 *         while (batches.hasNext()) System.out.println(batches.next());
 *     }
 * }
 *
 * <p><b>Order.</b> With a buffer, each item that is given out is drawn from the so many read last and not yet given out: an item comes at most a buffer early, and
 * seldom much later. A source that is sorted wants a buffer as long as its runs, or to be shuffled once on disk. A pass depends on the source, the seed and its number alone.
 *
 * <p>To resume inside a pass, give {@link #pass(int, long)} the number of batches taken; the source is read up to there again. Of several
 * workers each reads all of the source and keeps its {@linkplain #withRank share}. Immutable; {@code with} methods return another loader.
 *
 * @param <T> an item
 */
public final class StreamLoader<T> {
    private record Options(int buffer, DataLoader.Last last, int rank, int ranks) {}

    private final Supplier<? extends Iterator<? extends T>> source;
    private final int batchSize;
    private final Rng rng;
    private final Options options;

    private StreamLoader(Supplier<? extends Iterator<? extends T>> source, int batchSize, Rng rng, Options options) {
        this.source = source;
        this.batchSize = batchSize;
        this.rng = rng;
        this.options = options;
    }

    /**
     * Batches in the source's order, the shorter last one kept.
     *
     * @param source opens it anew for each pass; an iterator that is {@link AutoCloseable} is closed at its end
     * @param rng nothing is drawn from it; its seed names the passes
     */
    public static <T> StreamLoader<T> of(Supplier<? extends Iterator<? extends T>> source, int batchSize, Rng rng) {
        if (batchSize < 1) throw new IllegalArgumentException("StreamLoader: batch size " + batchSize + "; at least 1");
        return new StreamLoader<>(Objects.requireNonNull(source, "source"), batchSize, Objects.requireNonNull(rng, "rng"),
                new Options(1, DataLoader.Last.KEEP, 0, 1));
    }

    /** Mixes the order: items wait in a buffer of so many, from which the next is drawn; 1 keeps the order. */
    public StreamLoader<T> withBuffer(int items) {
        if (items < 1)
            throw new IllegalArgumentException("StreamLoader.withBuffer: " + items + " items; at least 1, which keeps the order");
        return with(new Options(items, options.last, options.rank, options.ranks));
    }

    /** What becomes of a shorter last batch; it cannot be padded with first items that are gone. */
    public StreamLoader<T> withLast(DataLoader.Last last) {
        if (last == DataLoader.Last.PAD)
            throw new IllegalArgumentException("StreamLoader.withLast: PAD wants the first items again; take KEEP or DROP");
        return with(new Options(options.buffer, last, options.rank, options.ranks));
    }

    /** Every {@code ranks}-th item of the source, from number {@code rank} on. */
    public StreamLoader<T> withRank(int rank, int ranks) {
        Objects.checkIndex(rank, ranks);
        return with(new Options(options.buffer, options.last, rank, ranks));
    }

    private StreamLoader<T> with(Options other) { return new StreamLoader<>(source, batchSize, rng, other); }

    /** A pass from its beginning. */
    public Batches<T> pass(int number) { return pass(number, 0); }

    /** The rest of a pass of which so many batches were taken. @throws NoSuchElementException if it has fewer */
    public Batches<T> pass(int number, long taken) {
        if (taken < 0) throw new IllegalArgumentException("StreamLoader.pass: " + taken + " batches taken; at least 0");
        var batches = new Batches<T>(source.get(), batchSize, rng.split(number), options);
        try {
            for (long i = 0; i < taken; i++) batches.next();
        } catch (RuntimeException | Error e) {
            batches.close();
            throw e;
        }
        return batches;
    }

    /**
     * A pass whose batches are made ahead by background threads and delivered in order. The source is read by the thread that takes, and closed
     * at its end, when batches may still be in the making: items must outlive it.
     *
     * @param load makes a batch of its items; called by several threads at once
     */
    public <B> Prefetch<B> prefetch(int number, long taken, int threads, Function<? super List<T>, ? extends B> load) {
        if (threads < 1) throw new IllegalArgumentException("StreamLoader.prefetch: " + threads + " threads; at least 1");
        var batches = pass(number, taken);
        return new Prefetch<>(DataLoader.mapped(batches, items -> (Callable<B>) () -> load.apply(items)), threads, batches::close);
    }

    /** The batches of a pass. Closing it closes the source; so does coming to its end. */
    public static final class Batches<T> implements Iterator<List<T>>, AutoCloseable {
        private final Iterator<? extends T> source;
        private final int batchSize;
        private final Rng rng;
        private final Options options;
        private final List<T> waiting = new ArrayList<>();
        private List<T> next;
        private long read;
        private boolean closed;

        private Batches(Iterator<? extends T> source, int batchSize, Rng rng, Options options) {
            this.source = source;
            this.batchSize = batchSize;
            this.rng = rng;
            this.options = options;
        }

        @Override public boolean hasNext() {
            if (next == null && !closed) {
                var batch = new ArrayList<T>(batchSize);
                while (batch.size() < batchSize && fill()) batch.add(draw());
                if (batch.size() == batchSize || !batch.isEmpty() && options.last == DataLoader.Last.KEEP) next = batch;
                else close();
            }
            return next != null;
        }

        @Override public List<T> next() {
            if (!hasNext()) throw new NoSuchElementException("the pass has no more batches");
            var batch = next;
            next = null;
            return batch;
        }

        /** Reads until the buffer is full or the source at its end. False if nothing is left. */
        private boolean fill() {
            while (waiting.size() < options.buffer && source.hasNext()) {
                T item = source.next();
                if (read++ % options.ranks == options.rank) waiting.add(item);
            }
            return !waiting.isEmpty();
        }

        private T draw() {
            if (waiting.size() == 1) return waiting.removeLast();
            int at = rng.nextInt(waiting.size());
            T item = waiting.get(at);
            T last = waiting.removeLast();
            if (at < waiting.size()) waiting.set(at, last);
            return item;
        }

        @Override public void close() {
            if (closed) return;
            closed = true;
            next = null;
            waiting.clear();
            if (!(source instanceof AutoCloseable open)) return;
            try {
                open.close();
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new LyceumException("StreamLoader: the source could not be closed: " + e.getMessage(), e);
            }
        }
    }
}
