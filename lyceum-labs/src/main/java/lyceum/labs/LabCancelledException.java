package lyceum.labs;

/** A run that was stopped, by a user or at its time budget. */
public class LabCancelledException extends LabException {

    private static final long serialVersionUID = 1;

    /** Says why it was stopped. */
    public LabCancelledException(String message) { super(message, null); }
}
