package lyceum.backend.scalar;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import lyceum.DType;

/**
 * Moves elements between memory and the heap arrays that kernels work on: float for F16, BF16 and F32, double for F64, int for BOOL, U8, I8
 * and I32, long for I64.
 */
public final class Elements {
    static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** The bits of a double that {@link #toOdd} leaves out. */
    public static final long ODD_TAIL = (1L << 40) - 1;

    private Elements() {}

    /** Nearest BF16 of {@code x}, ties to even, as its 16 bits. NaN stays NaN. */
    public static short toBf16(float x) {
        int bits = Float.floatToRawIntBits(x);
        if (x != x) return (short) ((bits >>> 16) | 0x40);
        return (short) ((bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16);
    }

    public static float fromBf16(short bits) { return Float.intBitsToFloat(bits << 16); }

    /** Rounds {@code x} to what {@code type} can hold. */
    static float round(DType type, float x) {
        return switch (type) {
            case F16 -> Float.float16ToFloat(Float.floatToFloat16(x));
            case BF16 -> fromBf16(toBf16(x));
            default -> x;
        };
    }

    /** Rounds {@code x} once to F16, BF16 or F32. */
    public static float round(DType type, double x) { return round(type, (float) (type == DType.F32 ? x : toOdd(x))); }

    /**
     * A double of 13 bits, the last of which is 1 if {@code x} has more: its float rounds to F16 and BF16 as x does, where the float of x may have become the
     * tie between two of their numbers. Boldo and Melquiond (2008), Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd.
     */
    static double toOdd(double x) {
        long bits = Double.doubleToRawLongBits(x);
        return Double.longBitsToDouble((bits | (bits & ODD_TAIL) + ODD_TAIL) & ~ODD_TAIL);
    }

    /** Wraps {@code x} into {@code type}, as a store and a load would. */
    static int wrap(DType type, int x) {
        return switch (type) {
            case U8 -> x & 0xFF;
            case I8 -> (byte) x;
            case BOOL -> x != 0 ? 1 : 0;
            default -> x;
        };
    }

    /** The least integer of a type of at most 32 bits. */
    static int least(DType type) {
        return switch (type) {
            case I8 -> Byte.MIN_VALUE;
            case U8, BOOL -> 0;
            default -> Integer.MIN_VALUE;
        };
    }

    /** The greatest integer of a type of at most 32 bits. */
    static int most(DType type) {
        return switch (type) {
            case I8 -> Byte.MAX_VALUE;
            case U8 -> 255;
            case BOOL -> 1;
            default -> Integer.MAX_VALUE;
        };
    }

    static void load(DType type, MemorySegment from, long at, long stride, float[] to, int start, int n) {
        switch (type) {
            case F32 -> {
                if (stride == 1) MemorySegment.copy(from, FLOAT, at, to, start, n);
                else for (int i = 0; i < n; i++) to[start + i] = from.get(FLOAT, at + i * stride * 4);
            }
            case F16 -> { for (int i = 0; i < n; i++) to[start + i] = Float.float16ToFloat(from.get(SHORT, at + i * stride * 2)); }
            case BF16 -> { for (int i = 0; i < n; i++) to[start + i] = fromBf16(from.get(SHORT, at + i * stride * 2)); }
            default -> throw new AssertionError(type);
        }
    }

    static void load(DType type, MemorySegment from, long at, long stride, double[] to, int start, int n) {
        if (stride == 1) MemorySegment.copy(from, DOUBLE, at, to, start, n);
        else for (int i = 0; i < n; i++) to[start + i] = from.get(DOUBLE, at + i * stride * 8);
    }

    static void load(DType type, MemorySegment from, long at, long stride, int[] to, int start, int n) {
        switch (type) {
            case I32 -> {
                if (stride == 1) MemorySegment.copy(from, INT, at, to, start, n);
                else for (int i = 0; i < n; i++) to[start + i] = from.get(INT, at + i * stride * 4);
            }
            case I8 -> { for (int i = 0; i < n; i++) to[start + i] = from.get(ValueLayout.JAVA_BYTE, at + i * stride); }
            case U8 -> { for (int i = 0; i < n; i++) to[start + i] = from.get(ValueLayout.JAVA_BYTE, at + i * stride) & 0xFF; }
            case BOOL -> { for (int i = 0; i < n; i++) to[start + i] = from.get(ValueLayout.JAVA_BYTE, at + i * stride) != 0 ? 1 : 0; }
            default -> throw new AssertionError(type);
        }
    }

    static void load(DType type, MemorySegment from, long at, long stride, long[] to, int start, int n) {
        if (stride == 1) MemorySegment.copy(from, LONG, at, to, start, n);
        else for (int i = 0; i < n; i++) to[start + i] = from.get(LONG, at + i * stride * 8);
    }

    static void store(DType type, float[] from, int start, MemorySegment to, long at, long stride, int n) {
        switch (type) {
            case F32 -> {
                if (stride == 1) MemorySegment.copy(from, start, to, FLOAT, at, n);
                else for (int i = 0; i < n; i++) to.set(FLOAT, at + i * stride * 4, from[start + i]);
            }
            case F16 -> { for (int i = 0; i < n; i++) to.set(SHORT, at + i * stride * 2, Float.floatToFloat16(from[start + i])); }
            case BF16 -> { for (int i = 0; i < n; i++) to.set(SHORT, at + i * stride * 2, toBf16(from[start + i])); }
            default -> throw new AssertionError(type);
        }
    }

    static void store(DType type, double[] from, int start, MemorySegment to, long at, long stride, int n) {
        if (stride == 1) MemorySegment.copy(from, start, to, DOUBLE, at, n);
        else for (int i = 0; i < n; i++) to.set(DOUBLE, at + i * stride * 8, from[start + i]);
    }

    static void store(DType type, int[] from, int start, MemorySegment to, long at, long stride, int n) {
        switch (type) {
            case I32 -> {
                if (stride == 1) MemorySegment.copy(from, start, to, INT, at, n);
                else for (int i = 0; i < n; i++) to.set(INT, at + i * stride * 4, from[start + i]);
            }
            case I8, U8 -> { for (int i = 0; i < n; i++) to.set(ValueLayout.JAVA_BYTE, at + i * stride, (byte) from[start + i]); }
            case BOOL ->
                    { for (int i = 0; i < n; i++) to.set(ValueLayout.JAVA_BYTE, at + i * stride, (byte) (from[start + i] != 0 ? 1 : 0)); }
            default -> throw new AssertionError(type);
        }
    }

    static void store(DType type, long[] from, int start, MemorySegment to, long at, long stride, int n) {
        if (stride == 1) MemorySegment.copy(from, start, to, LONG, at, n);
        else for (int i = 0; i < n; i++) to.set(LONG, at + i * stride * 8, from[start + i]);
    }

    /** One element of any type as a double. Exact except for I64 beyond 2^53. */
    public static double getDouble(DType type, MemorySegment from, long at) {
        return switch (type) {
            case F64 -> from.get(DOUBLE, at);
            case F32 -> from.get(FLOAT, at);
            case F16 -> Float.float16ToFloat(from.get(SHORT, at));
            case BF16 -> fromBf16(from.get(SHORT, at));
            default -> getLong(type, from, at);
        };
    }

    /** One element of any type as a long; floats are truncated towards zero. */
    public static long getLong(DType type, MemorySegment from, long at) {
        return switch (type) {
            case I64 -> from.get(LONG, at);
            case I32 -> from.get(INT, at);
            case I8 -> from.get(ValueLayout.JAVA_BYTE, at);
            case U8 -> from.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
            case BOOL -> from.get(ValueLayout.JAVA_BYTE, at) != 0 ? 1 : 0;
            default -> (long) getDouble(type, from, at);
        };
    }

    public static void set(DType type, MemorySegment to, long at, double value) {
        switch (type) {
            case F64 -> to.set(DOUBLE, at, value);
            case F32 -> to.set(FLOAT, at, (float) value);
            case F16 -> to.set(SHORT, at, Float.floatToFloat16((float) toOdd(value)));
            case BF16 -> to.set(SHORT, at, toBf16((float) toOdd(value)));
            case BOOL -> to.set(ValueLayout.JAVA_BYTE, at, (byte) (value != 0 ? 1 : 0));
            default -> set(type, to, at, (long) value);
        }
    }

    public static void set(DType type, MemorySegment to, long at, long value) {
        switch (type) {
            case I64 -> to.set(LONG, at, value);
            case I32 -> to.set(INT, at, (int) value);
            case I8, U8 -> to.set(ValueLayout.JAVA_BYTE, at, (byte) value);
            case BOOL -> to.set(ValueLayout.JAVA_BYTE, at, (byte) (value != 0 ? 1 : 0));
            default -> set(type, to, at, (double) value);
        }
    }
}
