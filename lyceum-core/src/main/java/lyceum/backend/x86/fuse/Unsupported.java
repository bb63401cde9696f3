package lyceum.backend.x86.fuse;

/** A form that no code is made for: the caller takes another backend, once for all programs of the structure. */
final class Unsupported extends RuntimeException {
    private static final long serialVersionUID = 1;

    Unsupported(String what) { super(what, null, false, false); }
}
