package lyceum.studio.web;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import lyceum.labs.run.LabEvent;
import lyceum.labs.run.LabExecutor;
import lyceum.labs.run.LabRequest;
import lyceum.labs.run.LabRun;
import lyceum.labs.run.LabRunner;
import lyceum.labs.run.QueueFullException;

/** Runs labs in this JVM with the bounds that the worker pool has. */
final class Queueing implements LabExecutor {

    private final LabRunner runner;
    private final int most;
    private final int queue;
    private final AtomicInteger open = new AtomicInteger();

    Queueing(int atOnce, int queue) {
        this.runner = new LabRunner(atOnce);
        this.most = atOnce + queue;
        this.queue = queue;
    }

    @Override public LabRun submit(LabRequest request, Consumer<LabEvent> listener) {
        if (open.incrementAndGet() > most) {
            open.decrementAndGet();
            throw new QueueFullException(queue + " runs wait already; try again in a while");
        }
        try {
            var run = runner.submit(request, listener);
            run.result().whenComplete((result, failure) -> open.decrementAndGet());
            return run;
        } catch (RuntimeException e) {
            open.decrementAndGet();
            throw e;
        }
    }

    @Override public void close() { runner.close(); }
}
