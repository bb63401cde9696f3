package lyceum.labs.run;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import lyceum.backend.Backend;
import lyceum.labs.LabContext;

/**
 * Runs labs in this JVM, two at a time by default; further runs wait.
 *
 * <p>Stopping is polite: the lab's thread is interrupted and {@link LabContext#progress} throws. A lab that ignores both
 * is abandoned 2 s after its budget or cancellation: its run ends as cancelled, but its thread is left behind. Only
 * {@link WorkerPool} can kill such a lab.
 */
public final class LabRunner implements LabExecutor {

    private static final System.Logger LOG = System.getLogger(LabRunner.class.getName());
    private static final Duration GRACE = Duration.ofSeconds(2);

    private final Semaphore places;
    private final Set<Run> runs = ConcurrentHashMap.newKeySet();

    /** Two at once. */
    public LabRunner() { this(2); }

    /** {@code atOnce} at once. */
    public LabRunner(int atOnce) {
        if (atOnce < 1) throw new IllegalArgumentException("atOnce is " + atOnce + "; it is at least 1");
        places = new Semaphore(atOnce, true);
    }

    @Override public LabRun submit(LabRequest request, Consumer<LabEvent> listener) {
        var lab = LabClass.of(request.labClass());
        var run = new Run(request, lab, lab.values(request.params()), listener);
        runs.add(run);
        Thread.ofPlatform().daemon().name("lab-" + request.slug()).start(run);
        return run;
    }

    @Override public String backend() { return Backend.current().name(); }

    @Override public void close() { runs.forEach(Run::cancel); }

    /** A fresh run's id. */
    static String newId() { return Long.toString(new SecureRandom().nextLong() >>> 1, 36); }

    private final class Run implements LabRun, Runnable {
        private final String id = newId();
        private final LabRequest request;
        private final LabClass lab;
        private final Map<String, Object> values;
        private final Consumer<LabEvent> listener;
        private final Cancellation cancellation = new Cancellation();
        private final CompletableFuture<LabResult> result = new CompletableFuture<>();
        private final Object binding = new Object();
        private volatile boolean waiting = true;
        private Thread thread;

        Run(LabRequest request, LabClass lab, Map<String, Object> values, Consumer<LabEvent> listener) {
            this.request = request;
            this.lab = lab;
            this.values = values;
            this.listener = listener;
        }

        @Override public String id() { return id; }

        @Override public LabRequest request() { return request; }

        @Override public boolean waiting() { return waiting && !result.isDone(); }

        @Override public CompletableFuture<LabResult> result() { return result; }

        @Override public LabResult join() { return LabRuns.join(result); }

        @Override public void cancel() { stop("stopped"); }

        /** Uses a different lock from {@link #tell}, so that a slow listener does not keep a run from being stopped. */
        private void stop(String why) {
            cancellation.ask(why);
            synchronized (binding) {
                if (thread != null) {
                    thread.interrupt();
                }
            }
            CompletableFuture.delayedExecutor(GRACE.toMillis(), TimeUnit.MILLISECONDS).execute(() -> end(new LabEvent.Cancelled(why)));
        }

        private void bind(Thread current) {
            synchronized (binding) {
                thread = current;
            }
        }

        @Override public void run() {
            bind(Thread.currentThread());
            boolean placed = false;
            try {
                places.acquire();
                placed = true;
                waiting = false;
                CompletableFuture.delayedExecutor(request.budget().toMillis(), TimeUnit.MILLISECONDS).execute(() -> {
                    if (!result.isDone()) {
                        stop(LabRuns.overBudget(request.budget()));
                    }
                });
                end(LabRuns.execute(request, lab, values, this::tell, cancellation));
            } catch (OutOfMemoryError e) {
                end(new LabEvent.Failed(Stacks.sentence(e), Stacks.of(e)));
            } catch (InterruptedException e) {
                end(new LabEvent.Cancelled(cancellation.asked() ? cancellation.reason() : "interrupted"));
            } finally {
                bind(null);
                runs.remove(this);
                if (placed) {
                    places.release();
                }
            }
        }

        /** Events of an abandoned lab are dropped. */
        private synchronized void tell(LabEvent event) {
            if (!result.isDone()) {
                try {
                    listener.accept(event);
                } catch (RuntimeException e) {
                    LOG.log(System.Logger.Level.DEBUG, "a listener of run " + id + " failed", e);
                }
            }
        }

        private synchronized void end(LabEvent last) {
            if (!result.isDone()) {
                tell(last);
                LabRuns.complete(result, last);
            }
        }
    }
}
