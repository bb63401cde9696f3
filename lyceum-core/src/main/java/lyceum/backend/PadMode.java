package lyceum.backend;

/** What lies beyond the ends of an axis, named as PyTorch's {@code padding_mode}. */
public enum PadMode {
    /** Zeros. */
    ZEROS,
    /** The axis mirrored at its last elements, which are not repeated, on and on if more is wanted: {@code c b | a b c | b a}. NumPy's reflect. */
    REFLECT,
    /** The nearest element: {@code a a | a b c | c c}. NumPy's edge. */
    REPLICATE,
    /** The other end: {@code b c | a b c | a b}. NumPy's wrap. */
    CIRCULAR
}
