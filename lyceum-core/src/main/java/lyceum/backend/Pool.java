package lyceum.backend;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import lyceum.backend.Parallel.Body;

/**
 * The workers behind {@link Parallel}, and the jobs that are open to them.
 *
 * <p>Why not {@link java.util.concurrent.ForkJoinPool}: there a thread that waits for its pieces may run any other task, on top of a stack
 * that holds locks and thread-local panels; a caller from outside only sleeps; and every call pays for a waking.
 *
 * <p>{@code open} is replaced under the lock and read without it. A worker parks under the lock after a last look at it, and a caller adds a
 * job under the lock before it looks for parked workers: so no job is overlooked that should wake one. Jobs too small to be worth a waking
 * add up while they follow one another closely: when together they are worth one, workers are woken, and by spinning stay of use to those that follow.
 */
final class Pool {
    /** Nanoseconds that a worker without work spins: about what a waking costs. */
    static final long SPIN = 50_000;
    private static final Job[] NONE = {};

    private final int most;
    private final ArrayDeque<Worker> parked = new ArrayDeque<>();
    private volatile Job[] open = NONE;
    private final AtomicInteger spinning = new AtomicInteger();
    private int started;
    private long unhelped, last = System.nanoTime();

    Pool(int most) { this.most = most; }

    /** Runs all pieces of a job, some of them on other threads. */
    void run(Body own, Body carried, long n, long grain, long pieces, long nanos) {
        var job = new Job(own, carried, n, grain, pieces, nanos, most + 1);
        open(job, pieces - 1, nanos);
        while (job.work(0)) {
        }
        close(job);
        if (!job.isDone()) job.await(this);
        job.rethrow();
    }

    private void open(Job job, long helpers, long nanos) {
        boolean worthwhile;
        synchronized (this) {
            var more = Arrays.copyOf(open, open.length + 1);
            more[open.length] = job;
            open = more;
            helpers -= spinning.get();
            if (helpers <= 0 || System.nanoTime() - last > SPIN) unhelped = 0;
            if (helpers > 0) unhelped += Math.min(Parallel.WAKING, nanos);
            worthwhile = unhelped >= Parallel.WAKING;
            if (worthwhile) unhelped = 0;
        }
        if (!worthwhile) return;
        wake(helpers);
        job.callAncestors();
    }

    private synchronized void close(Job job) {
        last = System.nanoTime();
        var jobs = open;
        if (jobs.length == 1) {
            open = NONE;
            return;
        }
        var rest = new Job[jobs.length - 1];
        int at = 0;
        for (var other : jobs) if (other != job) rest[at++] = other;
        open = rest;
    }

    /** Wakes two at most, each of which wakes two more: on a large machine the caller must not spend its time with that. */
    private void wake(long helpers) {
        for (int i = 0; i < Math.min(2, helpers); i++) {
            Worker worker;
            synchronized (this) {
                worker = parked.poll();
                if (worker == null && started < most) worker = new Worker(started++);
                if (worker == null) return;
                worker.awake = true;
            }
            worker.rouse();
        }
    }

    /** A job with pieces left, from the {@code turn}-th round, or null. */
    private Job next(int turn) {
        var jobs = open;
        for (int i = 0; i < jobs.length; i++) {
            var job = jobs[Math.floorMod(turn + i, jobs.length)];
            if (job.isLeft()) return job;
        }
        return null;
    }

    /** A job with pieces left that was opened from within a piece of {@code job}, or null. */
    Job below(Job job) {
        for (var other : open) if (other.isLeft() && other.isUnder(job)) return other;
        return null;
    }

    synchronized int parked() { return parked.size(); }

    synchronized int started() { return started; }

    private final class Worker implements Runnable {
        private final Thread thread;
        /** Its share of a job; the caller's is 0. */
        private final int home;
        private volatile boolean awake;

        Worker(int number) {
            home = number + 1;
            thread = Thread.ofPlatform().daemon().inheritInheritableThreadLocals(false).name("lyceum-" + (number + 1)).unstarted(this);
            thread.setContextClassLoader(ClassLoader.getSystemClassLoader());
        }

        void rouse() {
            if (thread.getState() != Thread.State.NEW) {
                LockSupport.unpark(thread);
                return;
            }
            try {
                thread.start();
            } catch (OutOfMemoryError noMoreThreads) {
                // The caller and those that there are do the work.
            }
        }

        @Override public void run() {
            spread();
            for (int turn = 0;; turn++) if (!work(turn) && !spin()) park();
        }

        /** In a method of its own, so that no stale job in the frame of a sleeping worker keeps its operands' memory. */
        private boolean work(int turn) {
            var job = next(turn);
            return job != null && job.work(home);
        }

        private void spread() {
            var job = next(0);
            if (job != null && job.nanosLeft() > Parallel.WAKING) wake(job.left() - 1);
        }

        /** True as soon as there is work. */
        private boolean spin() {
            spinning.incrementAndGet();
            try {
                long end = System.nanoTime() + SPIN;
                do {
                    for (int i = 0; i < 16; i++) {
                        if (open != NONE && next(0) != null) return true;
                        Thread.onSpinWait();
                    }
                } while (System.nanoTime() < end);
                return false;
            } finally {
                spinning.decrementAndGet();
            }
        }

        private void park() {
            synchronized (Pool.this) {
                if (next(0) != null) return;
                awake = false;
                parked.push(this);
            }
            while (!awake) {
                LockSupport.park(Pool.this);
                Thread.interrupted(); // a body may have interrupted its thread: nobody else can want to
            }
            spread();
        }
    }
}
