package lyceum.testing;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Feeds a reader with mutated files and asserts that it either reads them or refuses them with an allowed exception: no other
 * exception, no hang, no allocation that the file's size does not justify.
 *
 * <pre>{@code
 * Fuzz.of(seedFile).allowing(FormatException.class).mutants(5_000, bytes -> Npy.read(MemorySegment.ofArray(bytes)));
 * }</pre>
 *
 * <p>Mutants are a function of the seed files and the number alone ({@link Mutator}), so a failure is repeated by its number.
 *
 * @param files     well-formed files to start from, at most 64 KB each is wise
 * @param allowed   exceptions that refuse a file
 * @param perMutant how long one mutant may take, 1 s by default: of its thread's time on a processor, and {@value #PATIENCE} times as long by the clock, as others may have the processors
 * @param beyond    bytes that reading may allocate beyond the file's own size, 16 MiB by default
 * @param offHeap   bytes held outside the heap, read before and after each mutant; constant 0 by default
 * @param seed      1 by default
 */
public record Fuzz(List<byte[]> files, List<Class<? extends Exception>> allowed, Duration perMutant, long beyond, LongSupplier offHeap,
        long seed) {
    private static final int PATIENCE = 10;

    /** Reads bytes. */
    @FunctionalInterface
    public interface Reader {
        /** Reads one mutant; throws an allowed exception to refuse it. */
        void read(byte[] bytes) throws Exception;
    }

    /** What happened: counts, and the worst mutant by time and by allocation. */
    public record Report(int accepted, int refused, double slowestSeconds, long mostAllocated) {}

    /** Starts from well-formed files given as bytes. */
    public static Fuzz of(byte[]... files) {
        if (files.length == 0) throw new IllegalArgumentException("fuzzing starts from at least one well-formed file");
        return new Fuzz(List.of(files), List.of(), Duration.ofSeconds(1), 16L << 20, () -> 0, 1);
    }

    /** Starts from well-formed files on disk. */
    public static Fuzz of(Path... files) { return of(Arrays.stream(files).map(Fuzz::bytes).toArray(byte[][]::new)); }

    /** Allows exceptions of these classes and their subclasses. */
    @SafeVarargs public final Fuzz allowing(Class<? extends Exception>... exceptions) {
        return new Fuzz(files, Arrays.stream(exceptions).<Class<? extends Exception>>map(e -> e).toList(), perMutant, beyond, offHeap,
                seed);
    }

    /** Another limit of time for one mutant. */
    public Fuzz within(Duration limit) { return new Fuzz(files, allowed, limit, beyond, offHeap, seed); }

    /** Another limit of bytes beyond the file's size. */
    public Fuzz allocatingAtMost(long beyond) { return new Fuzz(files, allowed, perMutant, beyond, offHeap, seed); }

    /** Counts bytes outside the heap too, such as those of a tensor allocator. */
    public Fuzz counting(LongSupplier offHeapBytes) { return new Fuzz(files, allowed, perMutant, beyond, offHeapBytes, seed); }

    /** Other mutants. */
    public Fuzz withSeed(long seed) { return new Fuzz(files, allowed, perMutant, beyond, offHeap, seed); }

    /**
     * Reads {@code n} mutants, one after another on a thread of their own. Allocation is what that thread allocated.
     *
     * @return what happened
     * @throws AssertionError for the first mutant that broke a rule: its number, its first bytes, and what happened
     */
    public Report mutants(int n, Reader reader) {
        var work = new Work(n, reader);
        var thread = Thread.ofPlatform().daemon().name("fuzz").start(work);
        try {
            while (!thread.join(Duration.ofMillis(20))) {
                var hang = work.hang();
                if (hang != null) {
                    var stack = thread.getStackTrace();
                    thread.interrupt();
                    hang.setStackTrace(stack);
                    throw hang;
                }
            }
        } catch (InterruptedException e) {
            thread.interrupt();
            Thread.currentThread().interrupt();
            throw new AssertionError("fuzzing was interrupted", e);
        }
        if (work.failure != null) throw work.failure;
        return new Report(work.accepted, work.refused, work.slowest * 1e-9, work.most);
    }

    private final class Work implements Runnable {
        private final int n;
        private final Reader reader;
        private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        private volatile int current = -1;
        private volatile long startedAt, startedOf; // by the clock, and of the thread's time
        private volatile long id;
        private volatile AssertionError failure;
        private int accepted;
        private int refused;
        private long slowest;
        private long most;

        Work(int n, Reader reader) {
            this.n = n;
            this.reader = reader;
        }

        AssertionError hang() {
            int i = current;
            long clock = System.nanoTime() - startedAt, limit = perMutant.toNanos();
            boolean over = i >= 0 && clock > limit && (clock > PATIENCE * limit || threads.getThreadCpuTime(id) - startedOf > limit);
            return over && i == current ? broke(i, mutant(i), "still reading after " + perMutant.toMillis() + " ms") : null;
        }

        @Override public void run() {
            id = Thread.currentThread().threadId();
            for (int i = 0; i < n && failure == null; i++) {
                one(i, mutant(i), true);
            }
        }

        /** @param first whether to try once more before allocation is held against it: what classes take that a reader loads is not its file's doing */
        private void one(int i, byte[] bytes, boolean first) {
            long limit = bytes.length + beyond;
            long offHeapBefore = offHeap.getAsLong();
            long before = threads.getCurrentThreadAllocatedBytes();
            startedOf = threads.getCurrentThreadCpuTime();
            startedAt = System.nanoTime();
            current = i;
            Throwable thrown = null;
            try {
                reader.read(bytes.clone());
            } catch (Throwable e) {
                thrown = e;
            }
            long took = System.nanoTime() - startedAt;
            current = -1;
            long used = threads.getCurrentThreadAllocatedBytes() - before - bytes.length;
            long outside = offHeap.getAsLong() - offHeapBefore;
            if (first && (used > limit || outside > limit)) {
                one(i, bytes, false);
                return;
            }
            slowest = Math.max(slowest, took);
            most = Math.max(most, used);
            if (thrown != null && !isAllowed(thrown)) {
                failure = broke(i, bytes, "threw " + thrown);
                failure.initCause(thrown);
            } else if (used > limit || outside > limit) {
                failure = broke(i, bytes,
                        "allocated " + used + " bytes on the heap and " + outside + " outside, over the " + limit + " allowed");
            } else if (thrown == null) {
                accepted++;
            } else {
                refused++;
            }
        }
    }

    private boolean isAllowed(Throwable thrown) { return allowed.stream().anyMatch(type -> type.isInstance(thrown)); }

    /** The bytes of mutant {@code number}, to look at a failure. */
    public byte[] mutant(int number) { return new Mutator(files, seed).mutant(number); }

    private static AssertionError broke(int number, byte[] bytes, String what) {
        var head = HexFormat.ofDelimiter(" ").formatHex(bytes, 0, Math.min(32, bytes.length));
        return new AssertionError("mutant " + number + " (" + bytes.length + " bytes, " + head + "...): " + what);
    }

    private static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the seed file " + file, e);
        }
    }
}
