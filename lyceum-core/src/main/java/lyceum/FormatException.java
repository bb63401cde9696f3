package lyceum;

/** A file from outside that does not hold what its format promises. The message names the byte offset or the line. */
public final class FormatException extends LyceumException {
    public FormatException(String message) { super(message); }

    public FormatException(String message, Throwable cause) { super(message, cause); }

    /** "{@code format: problem, at byte offset}". */
    public static FormatException at(String format, long offset, String problem) {
        return new FormatException(format + ": " + problem + ", at byte " + offset);
    }
}
