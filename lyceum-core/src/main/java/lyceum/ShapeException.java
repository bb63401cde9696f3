package lyceum;

/** Shapes, axes or lengths that do not go together; the message names them. */
public final class ShapeException extends IllegalArgumentException {
    public ShapeException(String message) { super(message); }
}
