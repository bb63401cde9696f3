package lyceum.labs.run;

import java.util.function.Consumer;
import lyceum.labs.LabParameterException;

/** Runs labs: {@link LabRunner} in this JVM, {@link WorkerPool} in JVMs of their own. */
public interface LabExecutor extends AutoCloseable {

    /**
     * Starts a run, or queues it while as many are running as allowed.
     *
     * @param listener receives every event of the run, one at a time and in order, not on the caller's thread; its exceptions are logged
     * @throws LabParameterException if the lab has no such parameter or does not take such a value
     * @throws QueueFullException    if the queue is full
     */
    LabRun submit(LabRequest request, Consumer<LabEvent> listener);

    /** Runs a lab and waits for its end: {@code submit(request, listener).join()}. */
    default LabResult run(LabRequest request, Consumer<LabEvent> listener) { return submit(request, listener).join(); }

    /** Stops every run. */
    @Override void close();

    /** Name of the backend that labs compute with; empty until a worker has started. */
    default String backend() { return ""; }
}
