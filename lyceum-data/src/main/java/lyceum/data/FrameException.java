package lyceum.data;

/** A column, type or row number that a {@link Frame} cannot take; the message names it and the known ones. */
public final class FrameException extends IllegalArgumentException {
    public FrameException(String message) { super(message); }
}
