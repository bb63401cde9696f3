package lyceum;

/** Something was asked of a learner's state before there is one. */
public final class NotFittedException extends LyceumException {
    public NotFittedException(String message) { super(message); }
}
