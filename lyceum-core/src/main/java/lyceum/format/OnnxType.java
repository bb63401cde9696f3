package lyceum.format;

import lyceum.DType;
import lyceum.tensor.NumberFormat;
import lyceum.tensor.NumberFormat.Overflow;
import lyceum.tensor.NumberFormat.Specials;
import lyceum.tensor.Rounding;

/**
 * The element types of ONNX. A type that no tensor has here is carried by one that holds its values: 16-bit integers by I32, U32 and U64 by I64
 * (the latter bit for bit), fp8 by F32, 4-bit integers by U8 and I8.
 *
 * @see <a href="https://onnx.ai/onnx/api/classes.html#tensorproto">TensorProto.DataType</a>
 */
public enum OnnxType {
    UNDEFINED(0, 0, null), FLOAT(1, 32, DType.F32), UINT8(2, 8, DType.U8), INT8(3, 8, DType.I8), UINT16(4, 16, DType.I32),
    INT16(5, 16, DType.I32), INT32(6, 32, DType.I32), INT64(7, 64, DType.I64), STRING(8, 0, null), BOOL(9, 8, DType.BOOL),
    FLOAT16(10, 16, DType.F16), DOUBLE(11, 64, DType.F64), UINT32(12, 32, DType.I64), UINT64(13, 64, DType.I64), COMPLEX64(14, 64, null),
    COMPLEX128(15, 128, null), BFLOAT16(16, 16, DType.BF16), FLOAT8E4M3FN(17, 8, DType.F32), FLOAT8E4M3FNUZ(18, 8, DType.F32),
    FLOAT8E5M2(19, 8, DType.F32), FLOAT8E5M2FNUZ(20, 8, DType.F32), UINT4(21, 4, DType.U8), INT4(22, 4, DType.I8),
    FLOAT4E2M1(23, 4, DType.F32);

    private static final OnnxType[] ALL = values();
    private static final NumberFormat WIDE_E4M3 = new NumberFormat("E4M3 without specials", 4, 3, Specials.NONE);
    private static final NumberFormat WIDE_E5M2 = new NumberFormat("E5M2 without specials", 5, 2, Specials.NONE);

    private final int code;
    private final int bits;
    private final DType carrier;

    OnnxType(int code, int bits, DType carrier) {
        this.code = code;
        this.bits = bits;
        this.carrier = carrier;
    }

    /** The type of a number in a file, or null. */
    public static OnnxType of(long code) { return code >= 0 && code < ALL.length ? ALL[(int) code] : null; }

    /** The type whose tensors are Lyceum's of this one. */
    public static OnnxType of(DType type) {
        return switch (type) {
            case BOOL -> BOOL;
            case U8 -> UINT8;
            case I8 -> INT8;
            case I32 -> INT32;
            case I64 -> INT64;
            case F16 -> FLOAT16;
            case BF16 -> BFLOAT16;
            case F32 -> FLOAT;
            case F64 -> DOUBLE;
        };
    }

    /** The number that files say. */
    public int code() { return code; }

    /** Bits of an element in a file; 0 for strings. */
    public int bits() { return bits; }

    /** The type of the tensors that hold it here, or null for strings and complex numbers. */
    public DType carrier() { return carrier; }

    /** Whether a tensor here has this very type. */
    public boolean isNative() { return carrier != null && of(carrier) == this; }

    public boolean isFloat8() { return code >= 17 && code <= 20; }

    /** Bytes of that many elements in a file, 4-bit ones two to a byte. */
    public long bytes(long count) { return bits == 4 ? (count >> 1) + (count & 1) : Math.multiplyExact(count, bits / 8); }

    /** The value of an fp8 or fp4 element. */
    public double decode(int element) {
        return switch (this) {
            case FLOAT8E4M3FN -> NumberFormat.E4M3.decode(element);
            case FLOAT8E5M2 -> NumberFormat.E5M2.decode(element);
            case FLOAT8E4M3FNUZ -> element == 0x80 ? Double.NaN : WIDE_E4M3.decode(element) / 2;
            case FLOAT8E5M2FNUZ -> element == 0x80 ? Double.NaN : WIDE_E5M2.decode(element) / 2;
            case FLOAT4E2M1 -> NumberFormat.E2M1.decode(element);
            default -> throw new IllegalStateException(this + " is not a small float");
        };
    }

    /**
     * The nearest value that the type has, halves to the even one: what a cast to it gives, in the carrier's numbers.
     *
     * @param saturate whether fp8 takes what is beyond its largest number to that number; else to infinity, or NaN where it has none
     */
    public double round(double x, boolean saturate) {
        var overflow = saturate ? Overflow.SATURATE : Overflow.SPECIAL;
        return switch (this) {
            case FLOAT8E4M3FN -> NumberFormat.E4M3.decode(NumberFormat.E4M3.encode(x, Rounding.NEAREST_EVEN, overflow));
            case FLOAT8E5M2 -> NumberFormat.E5M2.decode(NumberFormat.E5M2.encode(x, Rounding.NEAREST_EVEN, overflow));
            case FLOAT8E4M3FNUZ -> unsignedZero(WIDE_E4M3, x, saturate);
            case FLOAT8E5M2FNUZ -> unsignedZero(WIDE_E5M2, x, saturate);
            case FLOAT4E2M1 -> NumberFormat.E2M1.decode(NumberFormat.E2M1.encode(x));
            default -> x;
        };
    }

    /** Formats with one zero and one NaN; their bias is one larger, so that a number is half of what the format without specials says. */
    private static double unsignedZero(NumberFormat format, double x, boolean saturate) {
        if (x != x) return x;
        double rounded = format.decode(format.encode(2 * x, Rounding.NEAREST_EVEN, Overflow.SATURATE));
        double ulp = Math.scalb(1.0, Math.getExponent(format.max()) - format.mantissaBits());
        return !saturate && Math.abs(2 * x) >= format.max() + ulp / 2 ? Double.NaN : rounded / 2 + 0.0;
    }

    /** What an integer of any size is when only this type's bits are kept: the carrier's number. */
    public long wrap(long value) {
        return switch (this) {
            case UINT8 -> value & 0xFF;
            case INT8 -> (byte) value;
            case UINT16 -> value & 0xFFFF;
            case INT16 -> (short) value;
            case INT32 -> (int) value;
            case UINT32 -> value & 0xFFFF_FFFFL;
            case UINT4 -> value & 0xF;
            case INT4 -> value << 60 >> 60;
            case BOOL -> value == 0 ? 0 : 1;
            default -> value;
        };
    }
}
