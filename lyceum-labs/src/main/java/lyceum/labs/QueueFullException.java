package lyceum.labs;

import lyceum.LyceumException;

/** As many runs wait as may wait; try again in a while. */
public class QueueFullException extends LyceumException {

    private static final long serialVersionUID = 1;

    /** Says how many wait. */
    public QueueFullException(String message) { super(message); }
}
