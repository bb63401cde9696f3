package lyceum.labs.run;

import lyceum.LyceumException;

/** The queue of waiting runs is full; try again later. */
public class QueueFullException extends LyceumException {

    private static final long serialVersionUID = 1;

    /** Says how many wait. */
    public QueueFullException(String message) { super(message); }
}
