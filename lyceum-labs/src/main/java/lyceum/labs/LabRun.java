package lyceum.labs;

import java.util.concurrent.CompletableFuture;

/** A run that waits, goes on or has ended. */
public interface LabRun {

    /** Made up of letters and digits; differs from every other run's. */
    String id();

    /** What was asked for. */
    LabRequest request();

    /** Whether it has yet to begin. */
    boolean waiting();

    /** Asks it to stop, politely first; harmless once it has ended. */
    void cancel();

    /** Its result to come; ends with a {@link LabException}, or a {@link LabCancelledException}, when there is none. */
    CompletableFuture<LabResult> result();

    /**
     * Waits for its end.
     *
     * @throws LabException          if the lab failed
     * @throws LabCancelledException if it was stopped
     */
    LabResult join();
}
