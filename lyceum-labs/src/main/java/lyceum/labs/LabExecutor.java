package lyceum.labs;

import java.util.function.Consumer;

/** Runs labs: {@link LabRunner} in this JVM, {@link WorkerPool} in JVMs of their own. */
public interface LabExecutor extends AutoCloseable {

    /**
     * Starts a run, or queues it while as many go on as may.
     *
     * @param listener hears every event of the run, one at a time and in order, on a thread that is not the caller's; what it throws is logged
     * @throws LabParameterException if the lab has no such parameter or does not take such a value
     * @throws QueueFullException    if as many runs wait as may wait
     */
    LabRun submit(LabRequest request, Consumer<LabEvent> listener);

    /** Runs a lab and waits for its end: {@code submit(request, listener).join()}. */
    default LabResult run(LabRequest request, Consumer<LabEvent> listener) { return submit(request, listener).join(); }

    /** Stops every run. */
    @Override void close();

    /** Name of the backend that labs compute with; empty while nothing has started that would know. */
    default String backend() { return ""; }
}
