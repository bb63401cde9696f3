package lyceum.plot;

/** A figure that cannot be: lists of unequal length, a text too long, a document that is not a figure. The message says what and where. */
public class FigureException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    /** @param message one sentence that names the offending values */
    public FigureException(String message) { super(message); }

    /**
     * @param message one sentence that names the offending values
     * @param cause what was found first
     */
    public FigureException(String message, Throwable cause) { super(message, cause); }
}
