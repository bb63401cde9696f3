package lyceum.labs.run;

import java.util.concurrent.CompletableFuture;
import lyceum.labs.LabCancelledException;
import lyceum.labs.LabException;

/** A run that is waiting, running or has ended. */
public interface LabRun {

    /** Letters and digits, unique to this run. */
    String id();

    /** The request that started it. */
    LabRequest request();

    /** Whether it has not started yet. */
    boolean waiting();

    /** Stops it, politely at first; has no effect once it has ended. */
    void cancel();

    /** Completes with its result, or with a {@link LabException} or {@link LabCancelledException} if there is none. */
    CompletableFuture<LabResult> result();

    /**
     * Waits until it ends.
     *
     * @throws LabException          if the lab failed
     * @throws LabCancelledException if it was stopped
     */
    LabResult join();
}
