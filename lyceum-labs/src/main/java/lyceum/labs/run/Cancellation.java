package lyceum.labs.run;

import lyceum.labs.LabCancelledException;

/** Whether a run is to stop, and why. */
final class Cancellation {

    private volatile String reason;

    /** Asks to stop; the first reason counts. */
    synchronized void ask(String why) {
        if (reason == null) {
            reason = why;
        }
    }

    boolean asked() { return reason != null; }

    /** Why, or null. */
    String reason() { return reason; }

    void check() { if (asked()) { throw new LabCancelledException(reason); } }
}
