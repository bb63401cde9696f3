package lyceum.backend;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import lyceum.backend.Parallel.Body;

/**
 * One call of {@link Parallel#range} that several threads may work on.
 *
 * <p>Pieces are taken in ascending order by counting {@code next} up, and whoever takes one runs it at once. So when piece p fails, all
 * before it have been taken and will run to their end: the failure of the lowest piece is known when the job is done, and is the same as a
 * single thread's.
 */
final class Job {
    private static final VarHandle NEXT, DONE;
    /** The innermost job whose piece this thread is running. */
    private static final ThreadLocal<Job> CURRENT = new ThreadLocal<>();

    static {
        try {
            var lookup = MethodHandles.lookup();
            NEXT = lookup.findVarHandle(Job.class, "next", long.class);
            DONE = lookup.findVarHandle(Job.class, "done", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Job parent = CURRENT.get();
    private final Thread owner = Thread.currentThread();
    private final Body own, carried;
    private final long n, grain, pieces, nanosOfAPiece;
    private volatile long next, done;
    private volatile boolean waiting;
    private long failedAt = Long.MAX_VALUE;
    private Throwable failure;

    /** @param own what the calling thread runs, {@code carried} what others run in its stead */
    Job(Body own, Body carried, long n, long grain, long pieces, long nanos) {
        this.own = own;
        this.carried = carried;
        this.n = n;
        this.grain = grain;
        this.pieces = pieces;
        this.nanosOfAPiece = nanos / pieces;
    }

    /** Pieces that nobody has taken. */
    long left() { return Math.max(0, pieces - next); }

    /** Nanoseconds that the pieces cost which nobody has taken, as far as the caller knew. */
    long nanosLeft() { return left() * nanosOfAPiece; }

    boolean isUnder(Job ancestor) {
        for (var job = parent; job != null; job = job.parent) if (job == ancestor) return true;
        return false;
    }

    /** Takes one piece and runs it. False if none is left. */
    boolean work() {
        if (next >= pieces) return false;
        long piece = (long) NEXT.getAndAdd(this, 1L);
        if (piece >= pieces) return false;
        long finished = 1;
        var outer = CURRENT.get();
        try {
            CURRENT.set(this);
            (Thread.currentThread() == owner ? own : carried).run(piece * grain, piece == pieces - 1 ? n : (piece + 1) * grain);
        } catch (Throwable e) {
            finished += fail(piece, e);
        } finally {
            if (outer == null) CURRENT.remove();
            else CURRENT.set(outer);
        }
        if ((long) DONE.getAndAdd(this, finished) + finished == pieces && waiting) LockSupport.unpark(owner);
        return true;
    }

    /** Keeps the failure of the lowest piece, and returns how many pieces will now be left out. */
    private synchronized long fail(long piece, Throwable e) {
        if (piece < failedAt) {
            failedAt = piece;
            failure = e;
        }
        return Math.max(0, pieces - (long) NEXT.getAndSet(this, pieces));
    }

    boolean isDone() { return done == pieces; }

    /** The owner's wait for the pieces that others have taken: it spins for a while, helping where a piece has called for help, then parks. */
    void await(Pool pool) {
        long parkAt = System.nanoTime() + Pool.SPIN;
        boolean interrupted = false;
        while (!isDone()) {
            var below = pool.below(this);
            if (below != null) {
                below.work();
                parkAt = System.nanoTime() + Pool.SPIN;
            } else if (System.nanoTime() < parkAt) {
                Thread.onSpinWait();
            } else {
                waiting = true; // read after the last piece is counted; so either it is seen there, or the count is seen here
                if (!isDone() && pool.below(this) == null) LockSupport.park(this);
                waiting = false;
                interrupted |= Thread.interrupted();
            }
        }
        if (interrupted) owner.interrupt();
    }

    /** Has the owners of the enclosing jobs look for work, if they have nothing left to do but wait. */
    void callAncestors() {
        for (var job = parent; job != null; job = job.parent) if (job.waiting) LockSupport.unpark(job.owner);
    }

    /** Throws what the lowest failing piece threw. */
    void rethrow() {
        Throwable first;
        synchronized (this) {
            first = failure;
        }
        if (first != null) Job.<RuntimeException>sneak(first);
    }

    @SuppressWarnings("unchecked")
    private static <E extends Throwable> void sneak(Throwable e) throws E { throw (E) e; }
}
