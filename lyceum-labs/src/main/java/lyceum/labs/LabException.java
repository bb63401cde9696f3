package lyceum.labs;

import lyceum.LyceumException;

/** A run without a result: the lab threw an exception, its worker died, or it ran out of heap. */
public class LabException extends LyceumException {

    private static final long serialVersionUID = 1;

    /** Says what happened. */
    public LabException(String message, Throwable cause) { super(message, cause); }
}
