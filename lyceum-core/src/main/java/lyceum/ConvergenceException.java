package lyceum;

/** An iteration stopped without any usable result. Where a usable one exists it is returned, with a flag that says so. */
public final class ConvergenceException extends LyceumException {
    public ConvergenceException(String message) { super(message); }
}
