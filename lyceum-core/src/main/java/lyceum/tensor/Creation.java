package lyceum.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.Arrays;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.backend.Op;
import lyceum.backend.Parallel;
import lyceum.backend.View;
import lyceum.backend.scalar.Elements;
import lyceum.memory.Storage;
import lyceum.random.Rng;

/** How tensors are created. Constants and random draws are pending leaves, so that a chain of operations absorbs them. */
final class Creation {
    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

    private Creation() {}

    static Tensor of(DType type, Object array, int length, long... sizes) {
        var shape = Shape.of(sizes);
        if (shape.count() != length) throw new ShapeException("of: " + length + " values for shape " + shape + " of " + shape.count());
        var v = Fusion.allocate(type, shape);
        if (Fusion.isShapesOnly()) return new Tensor(v, shape);
        var layout = switch (type) {
            case F64 -> ValueLayout.JAVA_DOUBLE_UNALIGNED;
            case F32 -> ValueLayout.JAVA_FLOAT_UNALIGNED;
            case I64 -> ValueLayout.JAVA_LONG_UNALIGNED;
            case I32 -> ValueLayout.JAVA_INT_UNALIGNED;
            default -> throw new AssertionError(type);
        };
        MemorySegment.copy(array, 0, v.storage().segment(), layout, v.storage().base(), length);
        return new Tensor(v, shape);
    }

    static Tensor of(boolean[] values, long... sizes) {
        var bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) (values[i] ? 1 : 0);
        return ofBytes(DType.BOOL, bytes, sizes);
    }

    static Tensor ofBytes(DType type, byte[] values, long... sizes) {
        var shape = Shape.of(sizes);
        if (shape.count() != values.length)
            throw new ShapeException("of: " + values.length + " values for shape " + shape + " of " + shape.count());
        var v = Fusion.allocate(type, shape);
        if (Fusion.isShapesOnly()) return new Tensor(v, shape);
        MemorySegment.copy(values, 0, v.storage().segment(), BYTE, v.storage().base(), values.length);
        return new Tensor(v, shape);
    }

    static Tensor of(double[][] rows) {
        int columns = rows.length == 0 ? 0 : rows[0].length;
        var flat = new double[Math.multiplyExact(rows.length, columns)];
        for (int i = 0; i < rows.length; i++) {
            if (rows[i].length != columns)
                throw new ShapeException("of: row " + i + " has " + rows[i].length + " values, row 0 has " + columns);
            System.arraycopy(rows[i], 0, flat, i * columns, columns);
        }
        return Tensor.of(flat, rows.length, columns);
    }

    static Tensor constant(DType type, double value) { return full(type, value, Shape.SCALAR); }

    /** @param operation the one that was called, for the error */
    static Tensor constant(String operation, DType type, double value) { return full(operation, type, value, Shape.SCALAR); }

    static Tensor constant(DType type, long value) { return full(type, value, Shape.SCALAR); }

    static Tensor constant(String operation, DType type, long value) { return full(operation, type, value, Shape.SCALAR); }

    static Tensor full(DType type, double value, Shape shape) { return full("full", type, value, shape); }

    static Tensor full(String operation, DType type, double value, Shape shape) {
        if (!type.isFloat() && type != DType.BOOL) {
            if (!isLong(value) || !holds(type, (long) value)) throw refused(operation, type, value);
            return full(operation, type, (long) value, shape);
        }
        long bits = type.isFloat() ? Double.doubleToRawLongBits(value) : value != 0 ? 1 : 0;
        return new Tensor(type, shape, PendingValue.leaf(Op.CONST, bits));
    }

    static Tensor full(DType type, long value, Shape shape) { return full("full", type, value, shape); }

    static Tensor full(String operation, DType type, long value, Shape shape) {
        if (type.isFloat() || type == DType.BOOL) return full(operation, type, (double) value, shape);
        if (!holds(type, value)) throw refused(operation, type, value);
        return new Tensor(type, shape, PendingValue.leaf(Op.CONST, value));
    }

    private static DTypeException refused(String operation, DType type, Number value) {
        return new DTypeException(operation + ": " + value + " does not fit " + type + "; choose a type that holds it");
    }

    /** Whether it is a whole number that fits a long. */
    static boolean isLong(double value) { return value == (long) value && value != 0x1p63; }

    /** Whether an integer type can hold this number; BOOL holds any. */
    static boolean holds(DType type, long value) {
        return switch (type) {
            case U8 -> value == (value & 0xFF);
            case I8 -> value == (byte) value;
            case I32 -> value == (int) value;
            default -> true;
        };
    }

    /** Whether a float type has a number near this one: whether it is not rounded to infinity. */
    static boolean reaches(DType type, double value) {
        return type == DType.F64 || Double.isInfinite(value) || !Float.isInfinite(Elements.round(type, value));
    }

    static Tensor arange(double start, double stop, double step) {
        if (step == 0) throw new IllegalArgumentException("arange: the step is 0");
        double count = Math.max(0, Math.ceil((stop - start) / step));
        if (!(count < 0x1p53))
            throw new IllegalArgumentException("arange: from " + start + " to " + stop + " by " + step + " are too many steps");
        var v = Fusion.allocate(DType.F64, Shape.of((long) count));
        var segment = v.storage().segment();
        long base = v.storage().base();
        return filled(v, (from, to) -> {
            for (long i = from; i < to; i++) segment.set(ValueLayout.JAVA_DOUBLE_UNALIGNED, base + 8 * i, start + i * step);
        });
    }

    static Tensor arange(long start, long stop, long step) {
        if (step == 0) throw new IllegalArgumentException("arange: the step is 0");
        if (step > 0 ? stop <= start : stop >= start) return Tensor.of(new long[0]);
        long far = Math.subtractExact(stop, start);
        var v = Fusion.allocate(DType.I64, Shape.of((far - Long.signum(step)) / step + 1));
        var segment = v.storage().segment();
        long base = v.storage().base();
        return filled(v, (from, to) -> {
            for (long i = from; i < to; i++) segment.set(ValueLayout.JAVA_LONG_UNALIGNED, base + 8 * i, start + i * step);
        });
    }

    private static Tensor filled(View v, Parallel.Body body) {
        if (!Fusion.isShapesOnly()) Parallel.range(v.shape()[0], 1 << 16, 1, body);
        Reference.reachabilityFence(v);
        return new Tensor(v, Shape.of(v.shape()));
    }

    static Tensor linspace(double start, double stop, int n) {
        if (n < 0) throw new IllegalArgumentException("linspace: n is " + n + "; it is at least 0");
        var values = new double[n];
        for (int i = 0; i < n; i++) values[i] = n == 1 ? start : i == n - 1 ? stop : start + (stop - start) * i / (n - 1);
        return Tensor.of(values);
    }

    static Tensor logspace(double start, double stop, int n) {
        if (n < 0) throw new IllegalArgumentException("logspace: n is " + n + "; it is at least 0");
        return Tensor.of(Arrays.stream(linspace(start, stop, n).toDoubleArray()).map(e -> Math.pow(10, e)).toArray());
    }

    static Tensor eye(DType type, long n) {
        var row = Tensor.arange(n);
        return row.eq(row.reshape(-1, 1)).to(type);
    }

    static Tensor rand(Rng rng, DType type, long... sizes) {
        if (!type.isFloat()) throw new DTypeException("rand: " + type + " is not a float type; use randint");
        return new Tensor(type, Shape.of(sizes), PendingValue.leaf(Op.RANDOM, draw(rng)));
    }

    /** The key of one draw: the next word of the stream, so that draws differ and each is a function of seed and order. */
    private static long draw(Rng rng) { return rng.nextLong(); }

    /** Box and Muller (1958) on two draws of uniforms. */
    static Tensor randn(Rng rng, DType type, long... sizes) {
        var wide = type == DType.F64 ? DType.F64 : DType.F32;
        var radius = rand(rng, wide, sizes).rsub(1).log().mul(-2).sqrt();
        var angle = rand(rng, wide, sizes).mul(2 * Math.PI);
        return radius.mul(angle.cos()).to(type);
    }

    static Tensor randint(Rng rng, long low, long high, long... sizes) {
        if (high <= low) throw new IllegalArgumentException("randint: high " + high + " must exceed low " + low);
        var shape = Shape.of(sizes);
        var v = Fusion.allocate(DType.I64, shape);
        if (Fusion.isShapesOnly()) return new Tensor(v, shape);
        var segment = v.storage().segment();
        boolean wide = high - low < 0; // beyond 2^63: more than half of all draws lie inside
        for (long i = 0; i < shape.count(); i++) {
            long value;
            if (!wide) value = low + rng.nextLong(high - low);
            else do value = rng.nextLong(); while (value < low || value >= high);
            segment.set(ValueLayout.JAVA_LONG_UNALIGNED, v.storage().base() + 8 * i, value);
        }
        Reference.reachabilityFence(v);
        return new Tensor(v, shape);
    }

    static Tensor on(Storage storage, long byteOffset, DType type, long... sizes) {
        var shape = Shape.of(sizes);
        long needed = Math.multiplyExact(shape.count(), type.bytes());
        if (byteOffset < 0 || byteOffset % type.bytes() != 0 || needed > storage.bytes() - byteOffset) throw new ShapeException("on: shape "
                + shape + " of " + type + " needs " + needed + " bytes at offset " + byteOffset + " of a storage of " + storage.bytes());
        return new Tensor(new View(type, storage, byteOffset / type.bytes(), shape.sizes(), View.contiguousStrides(shape.sizes())), shape);
    }
}
