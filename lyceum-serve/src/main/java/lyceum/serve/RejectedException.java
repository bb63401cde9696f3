package lyceum.serve;

import lyceum.LyceumException;

/** An engine does not take a request now: its queue is full. It may be asked again later. */
public final class RejectedException extends LyceumException {
    RejectedException(String message) { super(message); }
}
