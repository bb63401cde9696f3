package lyceum;

/** An operation that an element type does not have; the message names the operation and the type. */
public final class DTypeException extends IllegalArgumentException {
    public DTypeException(String message) { super(message); }
}
