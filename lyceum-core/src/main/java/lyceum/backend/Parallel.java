package lyceum.backend;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import lyceum.memory.Scope;

/**
 * The one pool of compute threads.
 *
 * <p>Work is cut into pieces whose borders depend on the size and the grain alone, never on the number of threads; so a result that is
 * combined piece by piece in order is the same on every machine. {@code -Dlyceum.threads=N} or {@code LYCEUM_THREADS} sets the number of
 * threads that work for one caller, itself among them (default: the processors).
 *
 * <p><b>What a call costs.</b> Measured on a server-class x86 with two cores, JDK 25: a piece reaches a worker that still spins in 0.1
 * microseconds, one that is parked in 20 to 25 (74 on another machine), and waking it keeps the caller itself for 7 to 28. So workers spin
 * for 50 microseconds after their last piece before they park (an idle pool uses no processor from then on), and a caller who says what an
 * element costs wakes nobody for less than {@value #WAKING} nanoseconds of work, and shares nothing below {@value #SHARING}.
 *
 * <p><b>Who waits for whom.</b> The caller works on its own pieces until all are taken, then waits for those that others have taken. A piece
 * is taken only by a thread that runs it at once, so nobody waits for work that nobody does, whatever the number of callers, nested calls or
 * threads. While it waits a thread may run pieces of calls made from within its own ones, never strange work, which might need a lock that
 * the thread holds. Workers go round the calls that are open piece by piece, so that two callers get equal shares of them. Calls from
 * virtual threads are as good as any.
 *
 * <p>A body sees the caller's {@link Scope} and carried scoped values, as if it ran on the caller's thread. Never block inside a body.
 */
public final class Parallel {
    /** Nanoseconds of work that are worth the waking of a worker. */
    static final long WAKING = 100_000;
    /** Nanoseconds of work that are worth sharing with a worker that is awake. */
    static final long SHARING = 4_000;

    private static final int THREADS;
    /** What is wrong with the setting, or null: thrown where a computation begins, and not once for all by the loading of a class. */
    private static final IllegalArgumentException WRONG;

    static {
        int threads = 1;
        IllegalArgumentException wrong = null;
        try {
            threads = threadsFromSettings();
        } catch (IllegalArgumentException e) {
            wrong = e;
        }
        THREADS = threads;
        WRONG = wrong;
    }

    private static final Pool POOL = new Pool(THREADS - 1);
    private static final ScopedValue<Boolean> SEQUENTIAL = ScopedValue.newInstance();
    /** Asking an unbound scoped value costs a microsecond where others are bound. */
    private static volatile boolean everSequential;
    private static final List<ScopedValue<Object>> CARRIED = new CopyOnWriteArrayList<>();

    /** Work on the half-open range {@code from .. to}. */
    @FunctionalInterface
    public interface Body {
        void run(long from, long to);
    }

    private Parallel() {}

    /** Threads that work for one caller, itself among them. @throws IllegalArgumentException if the setting is no such number */
    public static int threads() {
        if (WRONG != null) throw WRONG;
        return THREADS;
    }

    /** From now on a worker sees the caller's binding of {@code value}, as if it ran on the caller's thread. */
    @SuppressWarnings("unchecked") public static void carry(ScopedValue<?> value) { CARRIED.add((ScopedValue<Object>) value); }

    /** Runs {@code body} on the calling thread alone, whatever it computes: for measurements and for work that is parallel at a higher level. */
    public static void sequentially(Runnable body) {
        everSequential = true;
        ScopedValue.where(SEQUENTIAL, true).run(body);
    }

    /** True inside {@link #sequentially}, and where there is one thread only. */
    public static boolean isSequential() { return THREADS == 1 || everSequential && SEQUENTIAL.isBound(); }

    /**
     * Covers {@code 0 .. n - 1} by calls of {@code body} on disjoint pieces of {@code grain} (the last may be shorter), each of which is worth
     * the waking of a thread; say what an element costs if that is not sure. A single piece stays on the caller.
     *
     * <p>If bodies fail, the pieces after the first failing one may be left out, and its exception is thrown to the caller: the one that a
     * single thread would have met. An interrupt does not end the call and is still set after it.
     */
    public static void range(long n, long grain, Body body) { range(n, grain, Long.MAX_VALUE, body); }

    /**
     * The same for work that may be small.
     *
     * @param nanos what an element costs, about; it decides who computes, never what comes out
     */
    public static void range(long n, long grain, double nanos, Body body) {
        if (n <= 0) return;
        if (grain < 1) throw new IllegalArgumentException("range: the grain is " + grain + "; it is at least 1");
        long pieces = (n - 1) / grain + 1, work = (long) (n * nanos);
        if (pieces == 1 || work < SHARING || isSequential()) {
            for (long p = 0; p < pieces; p++) body.run(p * grain, p == pieces - 1 ? n : (p + 1) * grain);
            return;
        }
        POOL.run(body, carrying(body), n, grain, pieces, work);
    }

    private static Body carrying(Body body) {
        ScopedValue.Carrier carrier = null;
        for (var value : CARRIED) {
            if (!value.isBound()) continue;
            carrier = carrier == null ? ScopedValue.where(value, value.get()) : carrier.where(value, value.get());
        }
        var scope = Scope.current();
        if (carrier == null) return (from, to) -> Scope.within(scope, () -> body.run(from, to));
        var bound = carrier;
        return (from, to) -> bound.run(() -> Scope.within(scope, () -> body.run(from, to)));
    }

    /** Workers that lie parked, and those that were ever started: for tests. */
    static int parked() { return POOL.parked(); }

    static int started() { return POOL.started(); }

    private static int threadsFromSettings() {
        var set = System.getProperty("lyceum.threads", System.getenv("LYCEUM_THREADS"));
        if (set == null || set.isBlank()) return Runtime.getRuntime().availableProcessors();
        int threads;
        try {
            threads = Integer.parseInt(set.strip());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("LYCEUM_THREADS (or lyceum.threads) is \"" + set + "\"; it is a whole number from 1", e);
        }
        if (threads < 1) throw new IllegalArgumentException("LYCEUM_THREADS (or lyceum.threads) is " + threads + "; it is at least 1");
        return threads;
    }
}
