package lyceum.backend;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.RecursiveAction;

/**
 * The one pool of compute threads.
 *
 * <p>Work is cut into pieces whose borders depend on the size and the grain alone, never on the number of threads; so a result that is
 * combined piece by piece in order is the same on every machine. {@code -Dlyceum.threads=N} or {@code LYCEUM_THREADS} sets the number
 * (default: the processors). Never block inside a body.
 */
public final class Parallel {
    private static final int THREADS = threadsFromSettings();
    private static final ForkJoinPool POOL = THREADS > 1 ? new ForkJoinPool(THREADS) : null;
    private static final ScopedValue<Boolean> SEQUENTIAL = ScopedValue.newInstance();
    private static final List<ScopedValue<Object>> CARRIED = new CopyOnWriteArrayList<>();

    /** Work on the half-open range {@code from .. to}. */
    @FunctionalInterface public interface Body {
        void run(long from, long to);
    }

    private Parallel() { }

    public static int threads() { return THREADS; }

    /** From now on a worker sees the caller's binding of {@code value}, as if it ran on the caller's thread. */
    @SuppressWarnings("unchecked")
    public static void carry(ScopedValue<?> value) { CARRIED.add((ScopedValue<Object>) value); }

    private static Body carrying(Body body) {
        ScopedValue.Carrier carrier = null;
        for (var value : CARRIED) {
            if (!value.isBound()) continue;
            carrier = carrier == null ? ScopedValue.where(value, value.get()) : carrier.where(value, value.get());
        }
        if (carrier == null) return body;
        var bound = carrier;
        return (from, to) -> bound.run(() -> body.run(from, to));
    }

    /** Runs {@code body} on the calling thread alone, whatever it computes: for measurements and for work that is parallel at a higher level. */
    public static void sequentially(Runnable body) { ScopedValue.where(SEQUENTIAL, true).run(body); }

    /**
     * Covers {@code 0 .. n - 1} by calls of {@code body} on disjoint pieces of {@code grain} (the last may be shorter).
     * One piece stays on the caller. An exception in a body is thrown to the caller.
     */
    public static void range(long n, long grain, Body body) {
        if (n <= 0) return;
        long pieces = (n + grain - 1) / grain;
        if (pieces == 1 || POOL == null || SEQUENTIAL.orElse(false)) {
            for (long p = 0; p < pieces; p++) body.run(p * grain, Math.min(n, (p + 1) * grain));
            return;
        }
        var task = new Split(carrying(body), n, grain, 0, pieces);
        if (ForkJoinTask.inForkJoinPool() && ForkJoinTask.getPool() == POOL) task.invoke();
        else POOL.invoke(task);
    }

    private static final class Split extends RecursiveAction {
        private final transient Body body;
        private final long n, grain, first, last;

        Split(Body body, long n, long grain, long first, long last) {
            this.body = body;
            this.n = n;
            this.grain = grain;
            this.first = first;
            this.last = last;
        }

        @Override protected void compute() {
            if (last - first == 1) {
                body.run(first * grain, Math.min(n, last * grain));
                return;
            }
            long middle = (first + last) >>> 1;
            invokeAll(new Split(body, n, grain, first, middle), new Split(body, n, grain, middle, last));
        }
    }

    private static int threadsFromSettings() {
        var set = System.getProperty("lyceum.threads", System.getenv("LYCEUM_THREADS"));
        if (set == null) return Runtime.getRuntime().availableProcessors();
        int threads = Integer.parseInt(set.strip());
        if (threads < 1) throw new IllegalArgumentException("lyceum.threads is " + threads + "; it must be at least 1");
        return threads;
    }
}
