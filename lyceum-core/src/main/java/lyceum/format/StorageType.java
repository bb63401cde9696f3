package lyceum.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.FormatException;
import lyceum.tensor.NumberFormat;
import lyceum.tensor.Tensor;

/**
 * Types of numbers that files hold and tensors do not compute in. Each widens to a tensor's type without loss, and back.
 *
 * {@snippet :
 * Tensor x = Tensor.of(0.1f, -3, 500);
 * StorageType.Stored bytes = StorageType.F8_E4M3.store(x);        // three bytes
 * bytes.tensor();                                                 // 0.1015625, -3, NaN: beyond 448 this format has no number
 * }
 *
 * <p>Integers of 16 bits widen to I32, those of 32 and 64 without a sign to I64, floats of 8 bits to F32. What does not fit an integer is an error; what does not fit a
 * float of 8 bits becomes infinite or NaN as in PyTorch.
 */
public enum StorageType {
    I16(2, DType.I32, null), U16(2, DType.I32, null), U32(4, DType.I64, null), U64(8, DType.I64, null),
    /** Four bits of exponent, no infinity. */
    F8_E4M3(1, DType.F32, NumberFormat.E4M3),
    /** Five bits of exponent. */
    F8_E5M2(1, DType.F32, NumberFormat.E5M2);

    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final int bytes;
    private final DType wide;
    private final NumberFormat small;

    StorageType(int bytes, DType wide, NumberFormat small) {
        this.bytes = bytes;
        this.wide = wide;
        this.small = small;
    }

    /** Bytes of an element. */
    public int bytes() { return bytes; }

    /** The type of tensors that holds every number of this one. */
    public DType wide() { return wide; }

    /** The type of that name, or null. */
    static StorageType of(String name) {
        for (var type : values()) if (type.name().equals(name)) return type;
        return null;
    }

    /**
     * Numbers as a file holds them.
     *
     * @param bytes little endian, row-major, without gaps
     */
    public record Stored(StorageType type, long[] shape, MemorySegment bytes) {
        public Stored {
            shape = shape.clone();
            long count = 1;
            for (long size : shape) count = Math.multiplyExact(count, size);
            if (bytes.byteSize() != Math.multiplyExact(count, (long) type.bytes)) throw new FormatException(
                    type + ": shape " + Arrays.toString(shape) + " needs " + count * type.bytes + " bytes, there are " + bytes.byteSize());
        }

        @Override public long[] shape() { return shape.clone(); }

        public long count() { return bytes.byteSize() / type.bytes; }

        /** The numbers in the wider type. @throws FormatException for an integer beyond 63 bits */
        public Tensor tensor() { return type.widened(this); }
    }

    /** {@code x} in this type. @throws DTypeException for an integer that it does not hold, or a float where it holds integers */
    public Stored store(Tensor x) {
        if (x.dtype().isFloat() != wide.isFloat())
            throw new DTypeException(this + ": a tensor of " + x.dtype() + "; convert it to " + wide + " first");
        int n = Math.toIntExact(x.count());
        var to = MemorySegment.ofArray(new byte[Math.multiplyExact(n, bytes)]);
        if (small != null) {
            double[] values = x.toDoubleArray();
            for (int i = 0; i < n; i++) to.set(ValueLayout.JAVA_BYTE, i, (byte) small.encode(values[i]));
            return new Stored(this, x.shape().toArray(), to);
        }
        long[] values = x.to(DType.I64).toLongArray();
        long low = this == I16 ? Short.MIN_VALUE : 0,
                high = this == I16 ? Short.MAX_VALUE : bytes == 8 ? Long.MAX_VALUE : (1L << 8 * bytes) - 1;
        for (int i = 0; i < n; i++) {
            if (values[i] < low || values[i] > high) throw new DTypeException(this + ": element " + i + " is " + values[i] + "; it holds "
                    + low + " to " + Long.toUnsignedString(bytes == 8 ? -1 : high));
            switch (bytes) {
                case 2 -> to.set(SHORT, 2L * i, (short) values[i]);
                case 4 -> to.set(INT, 4L * i, (int) values[i]);
                default -> to.set(LONG, 8L * i, values[i]);
            }
        }
        return new Stored(this, x.shape().toArray(), to);
    }

    private Tensor widened(Stored stored) {
        int n = Math.toIntExact(stored.count());
        var from = stored.bytes;
        return switch (this) {
            case F8_E4M3, F8_E5M2 -> {
                var table = new float[256];
                for (int code = 0; code < 256; code++) table[code] = (float) small.decode(code);
                var values = new float[n];
                for (int i = 0; i < n; i++) values[i] = table[from.get(ValueLayout.JAVA_BYTE, i) & 0xFF];
                yield Tensor.of(values, stored.shape);
            }
            case I16, U16 -> {
                var values = new int[n];
                for (int i = 0; i < n; i++) values[i] = this == I16 ? from.get(SHORT, 2L * i) : from.get(SHORT, 2L * i) & 0xFFFF;
                yield Tensor.of(values, stored.shape);
            }
            case U32, U64 -> {
                var values = new long[n];
                for (int i = 0; i < n; i++) {
                    values[i] = this == U32 ? from.get(INT, 4L * i) & 0xFFFF_FFFFL : from.get(LONG, 8L * i);
                    if (values[i] < 0) throw FormatException.at("U64", 8L * i, Long.toUnsignedString(values[i]) + " is beyond I64");
                }
                yield Tensor.of(values, stored.shape);
            }
        };
    }
}
