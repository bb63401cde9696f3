package lyceum;

/** A state, file or computation that cannot go on. Bad arguments are {@link IllegalArgumentException}s instead. */
public class LyceumException extends RuntimeException {
    public LyceumException(String message) { super(message); }

    public LyceumException(String message, Throwable cause) { super(message, cause); }
}
