package lyceum.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import lyceum.LyceumException;

/**
 * Frees, when it closes, all memory that its thread allocated inside it, without waiting for the garbage collector.
 *
 * {@snippet :
 * for (var batch : loader) {
 *     try (var step = Scope.open("training step")) {
 *         loss(batch).backward();
 *         optimizer.step();
 *     }
 * }
 * }
 *
 * <p>Scopes nest, belong to the thread that opened them, and only matter for speed: without them the garbage collector does the same later. What
 * must outlive the scope is passed to {@link #keep}. Using a tensor after its scope has closed throws an error that names the scope.
 */
public final class Scope implements AutoCloseable {
    private static final int LEAST = 512;
    private static final ThreadLocal<Scope> CURRENT = new ThreadLocal<>();

    private final String name;
    private final Scope outer;
    /** Storages with a block of their own, and those from slabs. */
    private final List<Storage> owned = new ArrayList<>(), carved = new ArrayList<>();
    private final Thread thread = Thread.currentThread();
    private final boolean detached;
    /** Slabs of this scope, and of each kind the one that has room. */
    private final List<Slab> slabs = new ArrayList<>(2);
    private final Slab[] open = new Slab[2];
    private final AtomicLong allocated = new AtomicLong();
    /** The most that {@link #allocated} may become. */
    private final long most;
    private boolean closed;
    private List<Object> held;

    private Scope(String name, boolean detached, long most) {
        this.name = name;
        this.outer = CURRENT.get();
        this.detached = detached;
        this.most = outer == null || outer.most == Long.MAX_VALUE ? most : Math.min(most, outer.most - outer.allocated());
        CURRENT.set(this);
    }

    public static Scope open() { return open("a scope"); }

    /** @param name appears in the message when a tensor is used after the end */
    public static Scope open(String name) { return new Scope("scope \"" + name + "\"", false, Long.MAX_VALUE); }

    /**
     * A scope in which at most {@code most} bytes can be allocated, including nested scopes: for objects built from untrusted files. Each allocation
     * counts as {@value #LEAST} bytes at least, which a tensor takes on the heap, however few it holds.
     */
    public static Scope limited(String name, long most) {
        if (most < 0) throw new IllegalArgumentException("Scope.limited: " + most + " bytes; at least 0");
        return new Scope("scope \"" + name + "\"", false, most);
    }

    /** More was allocated than a {@linkplain #limited limited} scope allows. */
    public static final class LimitException extends LyceumException {
        LimitException(String message) { super(message); }
    }

    /** Inside it, allocations belong to no scope: for state that a loop's first step creates and later ones use. */
    public static Scope outside() { return new Scope("outside", true, Long.MAX_VALUE); }

    /** The innermost scope of this thread, or null. */
    public static Scope current() { return CURRENT.get(); }

    /** Runs {@code body} as if on the thread of {@code scope} (null: of none): what it allocates belongs to that scope. */
    public static void within(Scope scope, Runnable body) {
        var own = CURRENT.get();
        if (own == scope) {
            body.run();
            return;
        }
        CURRENT.set(scope);
        try {
            body.run();
        } finally {
            CURRENT.set(own);
        }
    }

    /** Keeps {@code used} reachable until the end: what native code reads, and whoever made it may let go of meanwhile. */
    public void hold(Object used) {
        synchronized (owned) {
            if (held == null) held = new ArrayList<>(4);
            held.add(used);
        }
    }

    /** True once closed: what belonged to this scope can no longer be read. */
    public boolean isClosed() {
        synchronized (owned) {
            return closed;
        }
    }

    boolean isDetached() { return detached; }

    /** Makes {@code storage} this scope's. @throws lyceum.LyceumException if it has closed */
    void own(Storage storage) {
        if (detached) return;
        synchronized (owned) {
            if (!closed) {
                (storage.isBlock() ? owned : carved).add(storage);
                return;
            }
        }
        refuse(storage);
    }

    private void refuse(Storage storage) {
        storage.close(name);
        storage.segment(); // says what has happened
    }

    /** A small storage from a slab that goes back as a whole when the scope closes. @throws lyceum.LyceumException if it has closed */
    Storage carve(long bytes) {
        int kind = Slab.kind(bytes);
        synchronized (owned) {
            var slab = closed ? null : open[kind];
            var storage = slab == null ? null : slab.carve(bytes);
            if (storage == null && !closed) {
                slab = open[kind] = Allocator.INSTANCE.slab(kind);
                slabs.add(slab);
                storage = slab.carve(bytes);
            }
            if (storage != null) {
                carved.add(storage);
                return storage;
            }
        }
        refuse(Allocator.allocate(bytes, null));
        throw new AssertionError(name);
    }

    /** Moves {@code storage} to the enclosing scope, or out of all scopes if there is none. */
    public void keep(Storage storage) {
        synchronized (owned) {
            var list = storage.isBlock() ? owned : carved;
            for (int i = list.size() - 1; i >= 0; i--) {
                if (list.get(i) != storage) continue;
                list.remove(i);
                if (storage.owner() instanceof Slab slab && slabs.remove(slab)) handOver(slab); // and with it, its neighbours' memory
                if (outer != null) outer.own(storage);
                return;
            }
        }
    }

    /** From now on the slab goes back when the enclosing scope closes; without one, when the collector finds it. */
    private void handOver(Slab slab) {
        if (outer == null || outer.detached) return;
        synchronized (outer.owned) {
            if (!outer.closed) outer.slabs.add(slab);
        }
    }

    /**
     * Bytes that have been asked for inside it so far, given back or not, and in those scopes inside it that have closed. What was there before, and when
     * the collector comes, plays no part: the same work has the same figure every time. What kernels keep from call to call is not in it.
     */
    public long allocated() { return allocated.get(); }

    /** @throws LimitException beyond the limit, before anything is allocated */
    void count(long bytes) {
        if (most == Long.MAX_VALUE) {
            allocated.addAndGet(bytes);
            return;
        }
        long charged = Math.max(bytes, LEAST);
        if (allocated.addAndGet(charged) <= most) return;
        allocated.addAndGet(-charged);
        throw new LimitException(name + " has a limit: " + allocated + " bytes are asked for already, and " + bytes + " more exceed it");
    }

    /** How many tensors too large to share memory with others belong to this scope. */
    public int large() {
        synchronized (owned) {
            return owned.size();
        }
    }

    /** Gives back the memory of large tensors that are not {@code needed} any more, which is warm for those to come. */
    public void release(Predicate<Storage> needed) {
        synchronized (owned) {
            owned.removeIf(storage -> {
                boolean dead = !needed.test(storage);
                if (dead) storage.close(name);
                return dead;
            });
        }
    }

    @Override public void close() {
        if (Thread.currentThread() != thread || CURRENT.get() != this)
            throw new IllegalStateException(name + " closed out of order or on another thread; use try-with-resources");
        CURRENT.set(outer);
        if (outer != null) outer.allocated.addAndGet(allocated());
        synchronized (owned) {
            closed = true;
            held = null;
            for (int i = 0; i < owned.size(); i++) owned.get(i).close(name);
            for (int i = 0; i < carved.size(); i++) carved.get(i).close(name);
            owned.clear();
            carved.clear();
            for (int i = 0; i < slabs.size(); i++) slabs.get(i).close();
            slabs.clear();
        }
    }
}
