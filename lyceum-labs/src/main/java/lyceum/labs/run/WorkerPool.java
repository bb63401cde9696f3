package lyceum.labs.run;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * Runs labs in worker JVMs of their own, so that a lab may use up its heap, hang or crash and nothing else notices.
 *
 * <p>One worker is kept warm. A run is stopped politely, by the user or at its time budget, and its JVM is killed 2 s later if
 * it has not ended by then. The heap of a worker is the lab's memory budget.
 */
public final class WorkerPool implements LabExecutor {

    private static final System.Logger LOG = System.getLogger(WorkerPool.class.getName());
    private static final Duration GRACE = Duration.ofSeconds(2);
    private static final Duration FIRST_WARM = Duration.ofMillis(1_500);
    /** A worker is replaced after so many runs, for what labs may leave behind. */
    private static final int MOST_RUNS = 50;

    private final WorkerOptions options;
    private final BlockingQueue<Run> queue;
    /** Runs that were taken and have a place or will have one at once: queue capacity counts only what waits. */
    private final AtomicInteger open = new AtomicInteger();
    /** The worker that waits for the next run, or will when it has started; null when it is lent. */
    private final AtomicReference<CompletableFuture<WorkerProcess>> warm = new AtomicReference<>();
    private final Set<WorkerProcess> workers = ConcurrentHashMap.newKeySet();
    private final Map<String, LabClass> labs = new ConcurrentHashMap<>();
    private final ScheduledExecutorService clock = Executors
            .newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().name("lab-clock").factory());
    private volatile boolean closed;
    private volatile String backend = "";

    /** A pool that starts its warm worker in the background, when whoever made it has had a moment to start itself. */
    public WorkerPool(WorkerOptions options) {
        this.options = options;
        this.queue = new LinkedBlockingQueue<>();
        for (int i = 0; i < options.atOnce(); i++) {
            Thread.ofPlatform().daemon().name("lab-dispatch-" + i).start(this::dispatch);
        }
        clock.schedule(this::keepOneWarm, FIRST_WARM.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override public LabRun submit(LabRequest request, Consumer<LabEvent> listener) {
        var lab = labs.computeIfAbsent(request.labClass(), LabClass::of);
        lab.values(request.params());
        if (closed) throw new IllegalStateException("the worker pool is closed");
        if (open.incrementAndGet() > options.atOnce() + options.queue()) {
            open.decrementAndGet();
            throw new QueueFullException(options.queue() + " runs wait already; try again in a while");
        }
        var run = new Run(request, listener);
        queue.add(run);
        return run;
    }

    @Override public String backend() { return backend; }

    /** Runs that go on or wait. */
    public int open() { return open.get(); }

    /** Stops every run at once and ends the workers. */
    @Override public void close() {
        closed = true;
        for (var run = queue.poll(); run != null; run = queue.poll()) {
            run.end(new LabEvent.Cancelled("the studio stops"));
        }
        clock.shutdownNow();
        workers.forEach(WorkerProcess::kill);
    }

    private void dispatch() {
        while (!closed) {
            try {
                var run = queue.poll(200, TimeUnit.MILLISECONDS);
                if (run != null) {
                    serve(run);
                }
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                LOG.log(System.Logger.Level.ERROR, "a run could not be served", e);
            }
        }
    }

    private void serve(Run run) {
        if (run.result.isDone()) return;
        LabEvent last;
        try {
            last = onAWorker(run);
        } catch (IOException e) {
            last = new LabEvent.Failed("no worker for the lab: " + e.getMessage(), Stacks.of(e));
        } catch (RuntimeException e) {
            last = new LabEvent.Failed(Stacks.sentence(e), Stacks.of(e));
        }
        run.end(closed && !(last instanceof LabEvent.Finished) ? new LabEvent.Cancelled("the studio stops") : last);
    }

    /** An idle worker may have died since it was last used; a fresh one then takes the run. */
    private LabEvent onAWorker(Run run) throws IOException {
        for (int attempt = 0;; attempt++) {
            var worker = obtain();
            try {
                if (run.begin(worker)) return run.follow(worker);
                return new LabEvent.Cancelled(run.cancellation.reason());
            } catch (IOException e) {
                worker.kill();
                if (attempt == 1 || closed) throw e;
            } finally {
                giveBack(worker);
            }
        }
    }

    private WorkerProcess obtain() throws IOException {
        var ready = warm.getAndSet(null);
        if (ready != null) {
            var worker = ready.join();
            if (worker != null && worker.alive()) return worker;
        }
        return start();
    }

    private WorkerProcess start() throws IOException {
        var worker = new WorkerProcess(options);
        workers.add(worker);
        backend = worker.backend();
        if (closed) {
            worker.kill();
        }
        return worker;
    }

    private void giveBack(WorkerProcess worker) {
        boolean keep = !closed && worker.alive() && worker.lend() < MOST_RUNS
                && warm.compareAndSet(null, CompletableFuture.completedFuture(worker));
        if (!keep) {
            worker.kill();
            workers.remove(worker);
            keepOneWarm();
        }
    }

    private void keepOneWarm() {
        var starting = new CompletableFuture<WorkerProcess>();
        if (closed || !warm.compareAndSet(null, starting)) return;
        Thread.ofPlatform().daemon().name("lab-warm").start(() -> {
            try {
                starting.complete(start());
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, "no worker could be kept warm: {0}", e.getMessage());
                starting.complete(null);
            }
        });
    }

    private final class Run implements LabRun {
        private final String id = LabRunner.newId();
        private final LabRequest request;
        private final Consumer<LabEvent> listener;
        private final Cancellation cancellation = new Cancellation();
        private final CompletableFuture<LabResult> result = new CompletableFuture<>();
        private WorkerProcess worker;
        private volatile boolean begun;

        Run(LabRequest request, Consumer<LabEvent> listener) {
            this.request = request;
            this.listener = listener;
        }

        @Override public String id() { return id; }

        @Override public LabRequest request() { return request; }

        @Override public boolean waiting() { return !begun && !result.isDone(); }

        @Override public CompletableFuture<LabResult> result() { return result; }

        @Override public LabResult join() { return LabRuns.join(result); }

        @Override public void cancel() { stop("stopped"); }

        /** Hands the run to a worker; false when it was cancelled before. */
        synchronized boolean begin(WorkerProcess mine) throws IOException {
            if (cancellation.asked()) return false;
            mine.send(WorkerCommand.run(id, request));
            worker = mine;
            begun = true;
            return true;
        }

        /** Hands the run's events on; returns the last one. */
        LabEvent follow(WorkerProcess mine) {
            var budget = clock.schedule(() -> stop(LabRuns.overBudget(request.budget())), request.budget().toMillis(),
                    TimeUnit.MILLISECONDS);
            var told = new ToldResult();
            try {
                for (var event = mine.next(); event != null; event = mine.next()) {
                    var whole = told.hear(event);
                    if (whole.last()) return whole;
                    tell(whole);
                }
                return died(mine);
            } catch (IOException e) {
                return died(mine);
            } finally {
                budget.cancel(false);
                synchronized (this) {
                    worker = null;
                }
            }
        }

        private LabEvent died(WorkerProcess mine) {
            var end = mine.end();
            return cancellation.asked() ? new LabEvent.Cancelled(cancellation.reason())
                    : closed ? new LabEvent.Cancelled("the studio stops") : new LabEvent.Failed(end, mine.log());
        }

        private void stop(String why) {
            boolean waits;
            synchronized (this) {
                cancellation.ask(why);
                waits = worker == null;
                if (!waits) {
                    askWorker(worker, why);
                }
            }
            if (waits && queue.remove(this)) {
                end(new LabEvent.Cancelled(why));
            }
        }

        private void askWorker(WorkerProcess mine, String why) {
            try {
                mine.send(WorkerCommand.stop(id, why));
            } catch (IOException e) {
                LOG.log(System.Logger.Level.DEBUG, "a worker was gone before it could be stopped", e);
            }
            clock.schedule(() -> killIfStillOn(mine), GRACE.toMillis(), TimeUnit.MILLISECONDS);
        }

        private synchronized void killIfStillOn(WorkerProcess mine) {
            if (worker == mine) {
                mine.kill();
            }
        }

        private void tell(LabEvent event) {
            try {
                listener.accept(event);
            } catch (RuntimeException e) {
                LOG.log(System.Logger.Level.DEBUG, "a listener of run " + id + " failed", e);
            }
        }

        void end(LabEvent last) {
            synchronized (this) {
                if (result.isDone()) return;
            }
            open.decrementAndGet();
            tell(last);
            LabRuns.complete(result, last);
        }
    }
}
