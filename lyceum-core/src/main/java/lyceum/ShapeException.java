package lyceum;

/** Shapes, axes or lengths that do not go together; the message names them. */
public class ShapeException extends IllegalArgumentException {
    public ShapeException(String message) { super(message); }

    /** @param cause the same in other words, from further inside */
    protected ShapeException(String message, Throwable cause) { super(message, cause); }
}
