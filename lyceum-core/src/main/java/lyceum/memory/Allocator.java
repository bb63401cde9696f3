package lyceum.memory;

import com.sun.management.OperatingSystemMXBean;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * The caching allocator behind every tensor.
 *
 * <p>Requests above 32 KiB get a block of their own from size classes four to an octave (at most 25% is lost); freed blocks
 * stay in the cache. Smaller ones are carved from slabs that the collector frees as one; a {@link Scope} has slabs of its own. Off-heap garbage
 * does not press on the Java heap, so the allocator itself asks for a collection: when what is out has doubled since the last one, and before
 * it would exceed its budget. The cache holds what is reused: when fresh memory is needed while it exceeds what is out by far, blocks that were
 * not used for long go back to the system. The budget is half of the memory of the machine or container, or {@code -Dlyceum.memory.budget=BYTES}.
 * {@link Memory#stats()} shows the figures.
 *
 * <p>{@code LYCEUM_GUARD=on} gives every storage pages of its own that end at a forbidden one, so that a kernel which leaves its operand stops there.
 * {@code LYCEUM_POISON=on} fills freed blocks with {@code 0xA5}, so that a use after free shows. {@code LYCEUM_MEMORY_SITES=on} notes for
 * every block where it was asked for.
 */
public final class Allocator {
    private static final long FIRST_COLLECTION = 64L << 20;
    /** The most garbage that may gather between two collections. The first one tells how much it will be; from then on memory is flat. */
    private static final long MOST_GARBAGE = 256L << 20;
    /** Bytes that a network in training leaves behind on one core, once compiled; the first steps are slower and say nothing. */
    private static final long GARBAGE_PER_MICROSECOND = 1000;
    /** No machine's budget is below it. */
    private static final long LEAST_BUDGET = 64L << 20;

    static final Allocator INSTANCE = new Allocator();

    private final boolean poison = "on".equals(System.getenv("LYCEUM_POISON")) || Boolean.getBoolean("lyceum.poison");
    private final boolean guard = "on".equals(System.getenv("LYCEUM_GUARD"));
    private final AtomicLong guarded = new AtomicLong();
    private final Sites sites = Sites.fromSettings();
    /** 0 if it is the machine's to say. */
    private final long setBudget = Long.getLong("lyceum.memory.budget", 0);
    private final Block.Live live = new Block.Live(this);
    @SuppressWarnings({"unchecked", "rawtypes"}) private final ArrayDeque<MemorySegment>[] cache = new ArrayDeque[SizeClass.COUNT];
    /** By size class, the fewest blocks that lay in the cache since it was last trimmed: so many were not needed. */
    private final int[] unused = new int[SizeClass.COUNT];
    /** Bytes in blocks that storages hold or that are asked for, the most that ever were, and bytes in the cache. */
    private final AtomicLong out = new AtomicLong(), peak = new AtomicLong(), cached = new AtomicLong();
    /** Bytes that no pool takes back. */
    private final AtomicLong beside = new AtomicLong();
    private volatile long collectBesideAt = FIRST_COLLECTION;
    private volatile long collectAt = FIRST_COLLECTION;
    /** Garbage that may gather between two collections. */
    private volatile long headroom = FIRST_COLLECTION;
    /** True while a thread makes room for its request. */
    private volatile boolean makingRoom;
    private int collections;
    /** What was out after the last one. */
    private long survived;
    private final Slab[] slabs = new Slab[2];

    private Allocator() { for (int i = 0; i < cache.length; i++) cache[i] = new ArrayDeque<>(); }

    /** Storage of at least {@code bytes}, 64-byte aligned, contents undefined. @throws OutOfMemoryError beyond the budget, with the figures */
    public static Storage allocate(long bytes) { return allocate(bytes, Scope.current()); }

    /** The same for a given scope, or none: work that was put off belongs to the scope in which it was asked for. */
    public static Storage allocate(long bytes, Scope scope) { return INSTANCE.get(bytes, scope); }

    /**
     * Memory that outlives work on tensors, as an index has: freed when neither it nor a part of it is reachable, its contents undefined, beside the budget. From 2 MiB on it
     * has large pages where the system grants them.
     */
    public static MemorySegment unpooled(long bytes) { return INSTANCE.beside(bytes); }

    private Storage get(long bytes, Scope scope) {
        if (bytes < 0) throw new IllegalArgumentException("allocate: " + bytes + " bytes");
        if (scope != null) scope.count(bytes);
        if (guard) return guarded(bytes);
        if (scope != null && scope.isDetached()) scope = null;
        if (bytes <= Slab.SMALL) return scope == null ? small(bytes) : scope.carve(bytes);
        if (isBeyond(bytes)) throw beyondBudget(out.get(), bytes);
        var storage = large(bytes);
        if (scope != null) scope.own(storage);
        return storage;
    }

    /** The system bounds the number of mappings, so that a collection is asked for now and then. */
    private Storage guarded(long bytes) {
        if (guarded.incrementAndGet() % 4096 == 0) System.gc();
        var memory = Pages.guarded(bytes);
        return new Storage(memory, memory.byteSize() - bytes, bytes, null, null);
    }

    /** What lies here does not press on the Java heap either: as much garbage as there is in use, and a little, may gather until a collection is asked for. */
    private MemorySegment beside(long bytes) {
        if (beside.get() + bytes > collectBesideAt) collectBeside(bytes);
        Runnable freed = () -> beside.addAndGet(-bytes);
        MemorySegment memory;
        try {
            memory = NativeMemory.allocate(bytes, freed);
        } catch (OutOfMemoryError e) {
            collectBeside(Long.MAX_VALUE / 2);
            memory = NativeMemory.allocate(bytes, freed);
        }
        beside.addAndGet(bytes);
        return memory;
    }

    /** Collects, and waits for the thread that frees what was found: at most a tenth of a second until it begins, then until it pauses. */
    private synchronized void collectBeside(long bytes) {
        long before = beside.get();
        if (before + bytes <= collectBesideAt) return; // another thread was at it
        System.gc();
        for (int waited = 0; waited < 100 && beside.get() >= before; waited++) LockSupport.parkNanos(1_000_000);
        for (long last = Long.MAX_VALUE; beside.get() < last;) {
            last = beside.get();
            LockSupport.parkNanos(1_000_000);
        }
        collectBesideAt = Math.max(FIRST_COLLECTION, 2 * beside.get());
    }

    private Storage small(long bytes) {
        int kind = Slab.kind(bytes);
        while (true) {
            var slab = slabs[kind]; // a race for it is settled below
            var storage = slab == null ? null : slab.carve(bytes);
            if (storage != null) return storage;
            synchronized (slabs) {
                if (slabs[kind] == slab) slabs[kind] = slab(kind);
            }
        }
    }

    Slab slab(int kind) {
        var memory = block(SizeClass.of(Slab.bytes(kind)));
        var fresh = new Slab(memory);
        fresh.block(live.add(fresh, memory, null));
        return fresh;
    }

    private Storage large(long bytes) {
        var memory = block(SizeClass.of(bytes));
        var storage = new Storage(memory, 0, bytes, null, null);
        storage.block(live.add(storage, memory, sites == null ? null : sites.here()));
        return storage;
    }

    void giveBack(MemorySegment memory) {
        if (poison) memory.fill((byte) 0xA5);
        var list = cache[SizeClass.of(memory.byteSize())];
        synchronized (list) {
            list.push(memory);
        }
        cached.addAndGet(memory.byteSize());
        out.addAndGet(-memory.byteSize());
    }

    long peakOf(Runnable body) {
        awaitCollector(100, 1); // what nobody reaches any more is not the body's
        long before = out.get(), most = peak.getAndSet(before);
        try {
            body.run();
            return peak.get() - before;
        } finally {
            peak.accumulateAndGet(most, Math::max);
        }
    }

    private MemorySegment block(int sizeClass) {
        live.reclaim();
        if (makingRoom) waitForRoom();
        long size = SizeClass.bytes(sizeClass), now = out.addAndGet(size);
        try {
            if (now > collectAt) collect();
            for (long most = peak.get(); now > most && !peak.compareAndSet(most, now);) most = peak.get();
            var memory = fromCache(sizeClass);
            if (memory != null) return memory;
            if (cached.get() > mostCached()) trim(mostCached() / 2);
            if (isBeyond(out.get() + cached.get())) {
                out.addAndGet(-size); // those who make room shall not count what waits for its turn
                memory = makeRoom(sizeClass);
            }
            return memory != null ? memory : NativeMemory.allocate(size, () -> {});
        } catch (OutOfMemoryError e) {
            out.addAndGet(-size);
            throw e;
        }
    }

    private MemorySegment fromCache(int sizeClass) {
        var list = cache[sizeClass];
        MemorySegment memory;
        synchronized (list) {
            memory = list.poll();
            unused[sizeClass] = Math.min(unused[sizeClass], list.size());
        }
        if (memory != null) cached.addAndGet(-memory.byteSize());
        return memory;
    }

    private long mostCached() { return 2 * headroom + out.get(); }

    /** Gives cached blocks back to the system until {@code rest} bytes are left: first those that were not needed since the last time. */
    private synchronized void trim(long rest) {
        if (cached.get() <= rest) return;
        for (int pass = 0; pass < 2; pass++) {
            for (int i = cache.length - 1; i >= 0; i--) {
                synchronized (cache[i]) {
                    int most = pass == 0 ? unused[i] : cache[i].size();
                    while (most-- > 0 && !cache[i].isEmpty() && cached.get() > rest) cached.addAndGet(-cache[i].pollLast().byteSize());
                    unused[i] = cache[i].size();
                }
            }
        }
        System.gc(); // a block is freed when it is unreachable: a late reader may still hold it
    }

    synchronized void release() {
        awaitCollector(1000, 1);
        trim(0);
    }

    /** One collection, then a new threshold: as much again as survived it, or as much garbage as keeps collecting below a twentieth of the time. */
    private synchronized void collect() {
        if (out.get() <= collectAt) return;
        long start = System.nanoTime();
        awaitCollector(100, 1);
        long took = System.nanoTime() - start;
        // Either more is alive than after the last collection, or that thread is late on a busy machine: then garbage would count as surviving, and double.
        // What a second collection finds comes after all that the first one found.
        if (out.get() > survived + headroom / 4) awaitCollector(1000, 1);
        if (collections++ == 0)
            headroom = Math.max(headroom, Math.min(Math.min(budget() / 8, MOST_GARBAGE), 20 * GARBAGE_PER_MICROSECOND * (took / 1000)));
        survived = out.get();
        collectAt = survived + Math.max(headroom, survived);
    }

    /** Collects, and waits for the thread that hands over what was found dead: at most {@code patience} ms until it begins, then until it pauses for {@code quiet} ms. */
    private void awaitCollector(int patience, int quiet) {
        var messenger = live.messenger();
        System.gc();
        boolean interrupted = false;
        for (int waited = 0; waited < patience && !messenger.hasArrived(); waited++) interrupted |= !pause(1);
        for (long before = Long.MAX_VALUE; out.get() < before;) {
            before = out.get();
            interrupted |= !pause(quiet);
        }
        if (interrupted) Thread.currentThread().interrupt();
    }

    /** Reclaims until nothing has come for so many milliseconds. False if interrupted, which is told to the caller afterwards: memory must be waited for all the same. */
    private boolean pause(int millis) {
        try {
            live.reclaim(millis);
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }

    /**
     * Brings what is taken back under the budget, by giving the cache back to the system and by reclaiming what is unreachable, or finds a block
     * (else null). Meanwhile other threads wait: they would take the blocks that this one collects.
     */
    private synchronized MemorySegment makeRoom(int sizeClass) {
        makingRoom = true;
        long size = SizeClass.bytes(sizeClass);
        out.addAndGet(size);
        try {
            for (int round = 0;; round++) {
                var memory = fromCache(sizeClass);
                if (memory != null) return memory;
                trim(round == 0 ? Math.max(0, (budget() - out.get()) / 2) : 0);
                if (!isBeyond(out.get() + cached.get())) return null;
                // The messenger of the second collection comes after all that the first one found, however late the thread that hands over is.
                if (round == 3 || explicitCollectionIsOff()) throw beyondBudget(out.get() - size, size);
                collections++;
                awaitCollector(10_000, 5);
            }
        } finally {
            makingRoom = false;
        }
    }

    private synchronized void waitForRoom() {}

    private OutOfMemoryError beyondBudget(long held, long bytes) {
        var stats = stats();
        return new OutOfMemoryError("Tensors hold " + Memory.text(held) + " and " + Memory.text(bytes) + " more would exceed the budget of "
                + Memory.text(budget()) + "; raise it with -Dlyceum.memory.budget=BYTES. " + stats.largest(5)
                + (sites == null ? " (LYCEUM_MEMORY_SITES=on names where)" : "") + (explicitCollectionIsOff()
                        ? ". -XX:+DisableExplicitGC is set, so that unreachable tensors cannot be reclaimed in time: remove it" : ""));
    }

    Memory.Stats stats() {
        live.reclaim();
        long used = out.get();
        int asked;
        synchronized (this) {
            asked = collections;
        }
        return Memory.Stats.of(used, cached.get(), peak.get(), budget(), asked, live);
    }

    long budget() { return setBudget > 0 ? setBudget : Machine.BUDGET; }

    boolean isBeyond(long bytes) { return bytes > (setBudget > 0 ? setBudget : LEAST_BUDGET) && bytes > budget(); }

    private static boolean explicitCollectionIsOff() {
        return ManagementFactory.getRuntimeMXBean().getInputArguments().contains("-XX:+DisableExplicitGC");
    }

    /** Asked on first use: it takes 25 ms of a JVM's start. */
    private static final class Machine {
        static final long BUDGET = Math.max(LEAST_BUDGET,
                (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean os ? os.getTotalMemorySize() : 4L << 30)
                        / 2);
    }
}
