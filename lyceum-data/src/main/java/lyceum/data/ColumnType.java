package lyceum.data;

import lyceum.DType;

/** What the cells of a {@link Column} are. */
public enum ColumnType {
    /** Real numbers. NaN is a number here, not a null. */
    F64(DType.F64),
    /** Whole numbers of 64 bits. */
    I64(DType.I64),
    /** True or false. */
    BOOL(DType.BOOL),
    /** Texts, each stored for itself. */
    TEXT(null),
    /** Texts of a small dictionary, stored as I32 positions in it. */
    CATEGORY(DType.I32),
    /** Days without a time, stored as days since 1970-01-01. */
    DATE(DType.I64),
    /** Moments in UTC, stored as microseconds since 1970-01-01T00:00Z. */
    TIMESTAMP(DType.I64);

    private final DType dtype;

    ColumnType(DType dtype) { this.dtype = dtype; }

    /** The element type of the tensor that holds the cells; null for {@link #TEXT}, which has none. */
    public DType dtype() { return dtype; }

    /** Whether arithmetic makes sense: F64, I64 and BOOL (as 0 and 1). */
    public boolean isNumeric() { return this == F64 || this == I64 || this == BOOL; }

    /** Whether cells are texts: TEXT and CATEGORY. */
    public boolean isText() { return this == TEXT || this == CATEGORY; }
}
