package lyceum;

/**
 * The element type of a {@link lyceum.tensor.Tensor}.
 *
 * <p>{@link #F16} and {@link #BF16} are stored in two bytes and computed in F32, rounded to nearest even after every operation. A mean, a norm or a
 * softmax is one operation: its intermediate sums and quotients are not rounded.
 */
public enum DType {
    BOOL(1, Kind.BOOL), U8(1, Kind.INTEGER), I8(1, Kind.INTEGER), I32(4, Kind.INTEGER), I64(8, Kind.INTEGER), F16(2, Kind.FLOAT),
    BF16(2, Kind.FLOAT), F32(4, Kind.FLOAT), F64(8, Kind.FLOAT);

    private enum Kind {
        BOOL, INTEGER, FLOAT
    }

    private final int bytes;
    private final Kind kind;

    DType(int bytes, Kind kind) {
        this.bytes = bytes;
        this.kind = kind;
    }

    /** Size of one element in bytes. */
    public int bytes() { return bytes; }

    public boolean isFloat() { return kind == Kind.FLOAT; }

    /** True for U8, I8, I32 and I64; false for BOOL. */
    public boolean isInteger() { return kind == Kind.INTEGER; }

    /**
     * The type that holds both operands of an arithmetic operation.
     *
     * <p>A float wins over an integer, the wider of two of a kind wins; {@code U8} with {@code I8} gives {@code I32} and {@code F16} with
     * {@code BF16} gives {@code F32}, since neither holds the other. An integer that meets a float becomes that float, as in PyTorch and JAX.
     */
    public static DType promote(DType a, DType b) {
        if (a == b) return a;
        if (a.ordinal() > b.ordinal()) return promote(b, a);
        if (a == U8 && b == I8) return I32;
        if (a == F16 && b == BF16) return F32;
        return b;
    }

    /** The type in which sums of this type, and results derived from them, are computed: F32 for F16 and BF16, else this type. */
    public DType accumulator() { return this == F16 || this == BF16 ? F32 : this; }

    /** This type if it is a float, else F32 for integers of at most 16 bits and booleans, F64 for the wider ones. */
    public DType toFloat() {
        return switch (this) {
            case F16, BF16, F32, F64 -> this;
            case BOOL, U8, I8 -> F32;
            case I32, I64 -> F64;
        };
    }
}
