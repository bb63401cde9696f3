package lyceum.labs;

import lyceum.LyceumException;

/** A run that came to no result: the lab threw, its worker died, its heap was used up. */
public class LabException extends LyceumException {

    private static final long serialVersionUID = 1;

    /** Says what happened. */
    public LabException(String message, Throwable cause) { super(message, cause); }
}
