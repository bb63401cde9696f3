package lyceum.progress;

import lyceum.LyceumException;

/** Long work was asked to stop and did; nothing of it is to be used. */
public final class CancelledException extends LyceumException {
    public CancelledException(String message) { super(message); }
}
