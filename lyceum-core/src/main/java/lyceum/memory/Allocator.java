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
 * would exceed its budget. The budget is half of the memory of the machine or container, or {@code -Dlyceum.memory.budget=BYTES}.
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
    /** Bytes in blocks that storages hold, and bytes taken from the system (those, and the cache). */
    private final AtomicLong out = new AtomicLong(), taken = new AtomicLong();
    private volatile long collectAt = FIRST_COLLECTION;
    /** Garbage that may gather between two collections; settled by the first few of them, so that memory is flat from then on. */
    private long headroom = FIRST_COLLECTION;
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
            return list.poll();
        }
    }

    /** One collection, then a new threshold: as much again as survived it, or as much garbage as keeps collecting below a tenth of the time. */
    private synchronized void collect(long now) {
        if (out.get() <= collectAt) return;
        long start = System.nanoTime(), gathered = now - survived;
        awaitCleaner(now, 20);
        long took = System.nanoTime() - start, between = Math.max(1, start - lastCollection);
        if (collections++ < 3) headroom = Math.max(headroom, Math.min(budget / 8, (long) (gathered * (10.0 * took / between))));
        survived = out.get();
        lastCollection = System.nanoTime();
        collectAt = survived + Math.max(headroom, survived);
    }

    /** Collects, then waits while the cleaner's thread, which runs behind the collector, still makes progress; at first for {@code patience} ms. */
    private void awaitCleaner(long before, int patience) {
        System.gc();
        long last = before;
        for (int quiet = 0; quiet < patience; quiet++) {
            try {
                Thread.sleep(1);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            long current = out.get();
            if (current >= last) continue;
            last = current;
            patience = 3;
            quiet = -1;
        }
    }

    /** Brings what is taken back under the budget: by reclaiming what is unreachable, then by giving the cache back to the system. */
    private synchronized void makeRoom(int sizeClass) {
        long size = classBytes(sizeClass);
        awaitCleaner(out.get(), 500);
        if (!cache[sizeClass].isEmpty()) return;
        dropCache();
        if (taken.get() <= budget) return;
        taken.addAndGet(-size);
        out.addAndGet(-size);
        throw new OutOfMemoryError("Tensors hold " + (out.get() >> 20) + " MiB and " + Math.max(1, size >> 20) + " MiB more would exceed the budget of "
                + (budget >> 20) + " MiB; raise it with -Dlyceum.memory.budget=BYTES" + (explicitCollectionIsOff()
                ? ". -XX:+DisableExplicitGC is set, so that unreachable tensors cannot be reclaimed in time: remove it" : ""));
    }

    private void dropCache() {
        for (var list : cache) {
            synchronized (list) {
                for (var memory : list) taken.addAndGet(-memory.byteSize());
                list.clear();
            }
        }
        System.gc();
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
