package lyceum.memory;

import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.lang.ref.Cleaner;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The caching allocator behind every tensor.
 *
 * <p>Requests above {@value #SMALL} bytes get a block of their own from size classes four to an octave (at most 25% is lost); freed blocks
 * stay in the cache. Smaller ones are carved from slabs of {@value #SLAB} bytes that the collector frees as one. Off-heap garbage does not
 * press on the Java heap, so the allocator itself asks for a collection: when what is out has doubled since the last one, and before it
 * would exceed its budget. The cache holds what is reused: when fresh memory is needed while it exceeds what is out by far, blocks that were
 * not used for long go back to the system. The budget is half of the memory of the machine or container, or {@code -Dlyceum.memory.budget=BYTES}.
 *
 * <p>{@code LYCEUM_POISON=on} fills freed blocks with {@code 0xA5}, so that a use after free shows.
 */
public final class Allocator {
    static final int SMALL = 4096;
    static final int SLAB = 65536;
    private static final long FIRST_COLLECTION = 128L << 20;

    private static final Allocator INSTANCE = new Allocator();

    private final Cleaner cleaner = Cleaner.create();
    private final boolean poison = "on".equals(System.getenv("LYCEUM_POISON")) || Boolean.getBoolean("lyceum.poison");
    private final long budget = Long.getLong("lyceum.memory.budget", machineMemory() / 2);
    @SuppressWarnings({"unchecked", "rawtypes"})
    private final ArrayDeque<MemorySegment>[] cache = new ArrayDeque[256];
    /** By size class, the fewest blocks that lay in the cache since it was last trimmed: so many were not needed. */
    private final int[] unused = new int[256];
    /** Bytes in blocks that storages hold, and bytes taken from the system (those, and the cache). */
    private final AtomicLong out = new AtomicLong(), taken = new AtomicLong();
    private volatile long collectAt = FIRST_COLLECTION;
    /** Garbage that may gather between two collections; settled by the first of them, so that memory is flat from then on. */
    private volatile long headroom = FIRST_COLLECTION;
    private int collections;
    private long survived, lastCollection = System.nanoTime();
    private volatile Slab slab;

    private Allocator() {
        for (int i = 0; i < cache.length; i++) cache[i] = new ArrayDeque<>();
    }

    private static final class Slab {
        final MemorySegment memory;
        final AtomicLong top = new AtomicLong();

        Slab(MemorySegment memory) { this.memory = memory; }
    }

    /** What the allocator holds: bytes in use by reachable or not yet collected storages, in the cache, and the most it may take. */
    public record Statistics(long inUse, long cached, long budget) { }

    public static Statistics statistics() {
        long out = INSTANCE.out.get();
        return new Statistics(out, INSTANCE.taken.get() - out, INSTANCE.budget);
    }

    /** Storage of at least {@code bytes}, 64-byte aligned, contents undefined. @throws OutOfMemoryError beyond the budget, with the figures */
    public static Storage allocate(long bytes) { return allocate(bytes, Scope.current()); }

    /** The same for a given scope, or none: work that was put off belongs to the scope in which it was asked for. */
    public static Storage allocate(long bytes, Scope scope) { return INSTANCE.get(bytes, scope); }

    private Storage get(long bytes, Scope scope) {
        if (bytes < 0) throw new IllegalArgumentException("allocate: " + bytes + " bytes");
        if (bytes > budget) throw beyondBudget(bytes);
        var storage = bytes <= SMALL ? small(bytes) : large(bytes);
        if (scope != null) scope.own(storage);
        return storage;
    }

    private Storage small(long bytes) {
        long size = Math.max(64, (bytes + 63) & -64L);
        while (true) {
            var s = slab;
            if (s != null) {
                long at = s.top.getAndAdd(size);
                if (at + size <= SLAB) return new Storage(s.memory, at, bytes, s);
            }
            synchronized (this) {
                if (slab == s) slab = newSlab();
            }
        }
    }

    private Slab newSlab() {
        var memory = block(sizeClass(SLAB));
        var fresh = new Slab(memory);
        cleaner.register(fresh, new Return(this, memory));
        return fresh;
    }

    private Storage large(long bytes) {
        var memory = block(sizeClass(bytes));
        var storage = new Storage(memory, 0, bytes, null);
        storage.cleanable(cleaner.register(storage, new Return(this, memory)));
        return storage;
    }

    /** Run once when a storage (or slab) is unreachable or its scope closes. A record, so that it cannot capture the storage. */
    private record Return(Allocator to, MemorySegment memory) implements Runnable {
        @Override public void run() { to.giveBack(memory); }
    }

    private void giveBack(MemorySegment memory) {
        if (poison) memory.fill((byte) 0xA5);
        out.addAndGet(-memory.byteSize());
        var list = cache[sizeClass(memory.byteSize())];
        synchronized (list) {
            list.push(memory);
        }
    }

    private MemorySegment block(int sizeClass) {
        long size = classBytes(sizeClass);
        long now = out.addAndGet(size);
        if (now > collectAt) collect(now);
        var cached = fromCache(sizeClass);
        if (cached != null) return cached;
        if (taken.get() - now > mostCached()) trim(mostCached() / 2);
        if (taken.addAndGet(size) > budget) makeRoom(sizeClass);
        try {
            var again = fromCache(sizeClass);
            if (again != null) {
                taken.addAndGet(-size);
                return again;
            }
            return NativeMemory.allocate(size);
        } catch (OutOfMemoryError e) {
            taken.addAndGet(-size);
            out.addAndGet(-size);
            throw e;
        }
    }

    private MemorySegment fromCache(int sizeClass) {
        var list = cache[sizeClass];
        synchronized (list) {
            var memory = list.poll();
            unused[sizeClass] = Math.min(unused[sizeClass], list.size());
            return memory;
        }
    }

    private long mostCached() { return 2 * headroom + out.get(); }

    /** Gives cached blocks back to the system until {@code rest} bytes are left: first those that were not needed since the last time. */
    private synchronized void trim(long rest) {
        if (taken.get() - out.get() <= rest) return;
        for (int pass = 0; pass < 2; pass++) {
            for (int i = cache.length - 1; i >= 0; i--) {
                synchronized (cache[i]) {
                    int most = pass == 0 ? unused[i] : cache[i].size();
                    while (most-- > 0 && !cache[i].isEmpty() && taken.get() - out.get() > rest) taken.addAndGet(-cache[i].pollLast().byteSize());
                    unused[i] = cache[i].size();
                }
            }
        }
        System.gc(); // a block is freed when it is unreachable: a late reader may still hold it
    }

    /** One collection, then a new threshold: as much again as survived it, or as much garbage as keeps collecting below a tenth of the time. */
    private synchronized void collect(long now) {
        if (out.get() <= collectAt) return;
        long start = System.nanoTime(), gathered = now - survived;
        awaitCleaner(now, 100); // on a busy machine the cleaner starts late; what it has not freed by then would count as surviving
        long took = System.nanoTime() - start, between = Math.max(1, start - lastCollection);
        if (collections++ == 0) headroom = Math.max(headroom, Math.min(Math.min(budget / 8, 4 * FIRST_COLLECTION), (long) (gathered * (10.0 * took / between))));
        survived = out.get();
        lastCollection = System.nanoTime();
        collectAt = survived + Math.max(headroom, survived);
    }

    /** Collects, then waits while the cleaner's thread, which runs behind the collector, still makes progress; at first for {@code patience} ms. */
    private void awaitCleaner(long before, int patience) {
        System.gc();
        boolean interrupted = false;
        long last = before;
        for (int quiet = 0; quiet < patience; quiet++) {
            try {
                Thread.sleep(1);
            } catch (InterruptedException e) {
                interrupted = true; // is told to the caller afterwards: memory must be waited for all the same
            }
            long current = out.get();
            if (current >= last) continue;
            last = current;
            patience = 3;
            quiet = -1;
        }
        if (interrupted) Thread.currentThread().interrupt();
    }

    /** Brings what is taken back under the budget: by giving the cache back to the system, and by reclaiming what is unreachable. */
    private synchronized void makeRoom(int sizeClass) {
        long size = classBytes(sizeClass);
        trim(Math.max(0, (budget - out.get()) / 2));
        if (taken.get() <= budget) return;
        awaitCleaner(out.get(), 500);
        if (!cache[sizeClass].isEmpty()) return;
        trim(0);
        if (taken.get() <= budget) return;
        taken.addAndGet(-size);
        out.addAndGet(-size);
        throw beyondBudget(size);
    }

    private OutOfMemoryError beyondBudget(long bytes) {
        return new OutOfMemoryError("Tensors hold " + (out.get() >> 20) + " MiB and " + Math.max(1, bytes >> 20) + " MiB more would exceed the budget of "
                + (budget >> 20) + " MiB; raise it with -Dlyceum.memory.budget=BYTES" + (explicitCollectionIsOff()
                ? ". -XX:+DisableExplicitGC is set, so that unreachable tensors cannot be reclaimed in time: remove it" : ""));
    }

    private static boolean explicitCollectionIsOff() {
        return ManagementFactory.getRuntimeMXBean().getInputArguments().contains("-XX:+DisableExplicitGC");
    }

    /** Four classes an octave: 4096, 5120, 6144, 7168, 8192, ... */
    private static int sizeClass(long bytes) {
        if (bytes <= SMALL) return 0;
        int octave = 63 - Long.numberOfLeadingZeros(bytes - 1);
        int quarter = (int) ((bytes - 1) >>> (octave - 2)) & 3;
        return (octave - 12) * 4 + quarter + 1;
    }

    private static long classBytes(int sizeClass) {
        int octave = 12 + sizeClass / 4, quarter = sizeClass % 4;
        return (4L + quarter) << (octave - 2);
    }

    private static long machineMemory() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean os ? os.getTotalMemorySize() : 4L << 30;
    }
}
