package lyceum.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.View;
import lyceum.backend.scalar.Elements;

/** Reads elements: one by its index, or all into a Java array in row-major order. */
final class Items {
    private Items() {}

    static double[] doubles(Tensor x) {
        var array = new double[length("toDoubleArray", x)];
        copy(x, DType.F64, ValueLayout.JAVA_DOUBLE_UNALIGNED, array, array.length);
        return array;
    }

    static float[] floats(Tensor x) {
        var array = new float[length("toFloatArray", x)];
        floats(x, array);
        return array;
    }

    static void floats(Tensor x, float[] into) {
        int n = length("toFloatArray", x);
        if (into.length < n) throw new ShapeException("toFloatArray: " + n + " numbers into an array of " + into.length);
        copy(x, DType.F32, ValueLayout.JAVA_FLOAT_UNALIGNED, into, n);
    }

    static int[] ints(Tensor x) {
        var array = new int[length("toIntArray", x)];
        copy(x, DType.I32, ValueLayout.JAVA_INT_UNALIGNED, array, array.length);
        return array;
    }

    static long[] longs(Tensor x) {
        var array = new long[length("toLongArray", x)];
        copy(x, DType.I64, ValueLayout.JAVA_LONG_UNALIGNED, array, array.length);
        return array;
    }

    static boolean[] booleans(Tensor x) {
        var bytes = bytes(x);
        var array = new boolean[bytes.length];
        for (int i = 0; i < array.length; i++) array[i] = bytes[i] != 0;
        return array;
    }

    /** A byte for each element, 0 where it is false. */
    static byte[] bytes(Tensor x) {
        var array = new byte[length("toBooleanArray", x)];
        copy(x, DType.BOOL, ValueLayout.JAVA_BYTE, array, array.length);
        return array;
    }

    /** The elements in memory, row-major and in {@code type}: the tensor's own memory if they lie there so. */
    static View values(Tensor x, DType type) {
        Tracing.reading("the elements", x);
        return Tracing.inside(() -> x.detach().to(type).contiguous()).view();
    }

    /** The length of an array with all elements. */
    private static int length(String operation, Tensor x) {
        if (x.count() > Integer.MAX_VALUE - 8) throw new ShapeException(operation + ": a Java array cannot hold the " + x.count()
                + " elements of shape " + x.shape() + "; read parts of it, with get or narrow");
        return (int) x.count();
    }

    private static void copy(Tensor x, DType type, ValueLayout layout, Object array, int n) {
        var v = values(x, type);
        MemorySegment.copy(v.storage().segment(), layout, v.byteOffset(), array, 0, n);
        Reference.reachabilityFence(v);
    }

    static double[][] rows(Tensor x) {
        if (x.rank() != 2) throw new ShapeException("toRows: shape " + x.shape() + " is not a matrix");
        var flat = doubles(x);
        int columns = (int) x.size(1);
        var rows = new double[(int) x.size(0)][];
        for (int i = 0; i < rows.length; i++) rows[i] = Arrays.copyOfRange(flat, i * columns, (i + 1) * columns);
        return rows;
    }

    static double item(Tensor x) {
        if (x.count() != 1)
            throw new ShapeException("item: shape " + x.shape() + " has " + x.count() + " elements, not one; name an index");
        return itemAt(x, 0);
    }

    static double item(Tensor x, long... index) { return itemAt(x, linearIndex(x, index)); }

    static long itemLong(Tensor x, long... index) {
        Tracing.reading("an item", x);
        var v = x.view();
        long value = Elements.getLong(x.dtype(), v.storage().segment(), byteOffset(v, linearIndex(x, index)));
        Reference.reachabilityFence(v);
        return value;
    }

    private static long linearIndex(Tensor x, long... index) {
        if (index.length != x.rank()) throw new ShapeException("item: " + index.length + " indices for shape " + x.shape());
        long linear = 0;
        for (int i = 0; i < index.length; i++) {
            long size = x.size(i), at = index[i] < 0 ? index[i] + size : index[i];
            if (at < 0 || at >= size)
                throw new ShapeException("item: index " + index[i] + " is out of range for axis " + i + " of shape " + x.shape());
            linear = linear * size + at;
        }
        return linear;
    }

    private static double itemAt(Tensor x, long linear) {
        Tracing.reading("an item", x);
        var v = x.view();
        double value = Elements.getDouble(x.dtype(), v.storage().segment(), byteOffset(v, linear));
        Reference.reachabilityFence(v); // the tensor may be unreachable already, and its block in other hands
        return value;
    }

    private static long byteOffset(View v, long linear) {
        long offset = 0;
        for (int axis = v.shape().length - 1; axis >= 0; axis--) {
            offset += linear % v.shape()[axis] * v.strides()[axis];
            linear /= v.shape()[axis];
        }
        return v.byteOffset() + offset * v.dtype().bytes();
    }
}
