package lyceum.serve;

import lyceum.LyceumException;

/** A worker is gone, and what it had in memory with it. */
public final class WorkerLostException extends LyceumException {
    public WorkerLostException(String message, Throwable cause) { super(message, cause); }
}
