package lyceum.labs.run;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import lyceum.labs.LabCancelledException;
import lyceum.labs.LabException;
import lyceum.labs.NumberText;

/** What every way of running a lab shares. */
final class LabRuns {

    private static final System.Logger LOG = System.getLogger(LabRuns.class.getName());

    private LabRuns() {}

    /** Runs the lab on this thread; tells the listener everything but the last event, which it returns. Memory that is used up is the caller's matter. */
    static LabEvent execute(LabRequest request, LabClass lab, Map<String, Object> values, Consumer<LabEvent> listener,
            Cancellation cancellation) {
        var context = new RunningLab(request, lab, values, listener, cancellation);
        listener.accept(new LabEvent.Started(request.slug(), lab.title(), values, request.seed()));
        try {
            cancellation.check();
            lab.body().run(context);
            return cancellation.asked() ? new LabEvent.Cancelled(cancellation.reason()) : new LabEvent.Finished(context.result());
        } catch (OutOfMemoryError e) {
            throw e;
        } catch (Throwable e) {
            if (cancellation.asked()) return new LabEvent.Cancelled(cancellation.reason());
            LOG.log(System.Logger.Level.DEBUG, "lab " + lab.name() + " failed", e);
            return new LabEvent.Failed(Stacks.sentence(e), Stacks.of(e));
        }
    }

    /** Completes a run's future by its last event. */
    static void complete(CompletableFuture<LabResult> result, LabEvent last) {
        switch (last) {
            case LabEvent.Finished f -> result.complete(f.result());
            case LabEvent.Failed f -> result.completeExceptionally(new LabException(f.message(), new LabStack(f.stack())));
            case LabEvent.Cancelled c -> result.completeExceptionally(new LabCancelledException(c.reason()));
            default -> throw new IllegalStateException(last + " does not end a run");
        }
    }

    static LabResult join(CompletableFuture<LabResult> result) {
        try {
            return result.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof LabException known) throw known;
            throw e;
        } catch (CancellationException e) {
            throw new LabCancelledException("stopped");
        }
    }

    static String overBudget(Duration budget) {
        return "stopped at its time budget of " + NumberText.of(budget.toMillis() / 1000.0) + " s";
    }

    /** Carries the stack of a lab, which may have run in another JVM, as text. */
    static final class LabStack extends RuntimeException {
        private static final long serialVersionUID = 1;

        LabStack(String stack) { super(stack, null, false, false); }
    }
}
