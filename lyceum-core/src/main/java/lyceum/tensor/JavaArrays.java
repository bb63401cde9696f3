package lyceum.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;

/** Copies elements out to Java arrays, in row-major order. */
final class JavaArrays {
    private JavaArrays() {}

    static double[] doubles(Tensor x) {
        var array = new double[length("toDoubleArray", x)];
        copy(x, DType.F64, ValueLayout.JAVA_DOUBLE_UNALIGNED, array, array.length);
        return array;
    }

    static float[] floats(Tensor x) {
        var array = new float[length("toFloatArray", x)];
        copy(x, DType.F32, ValueLayout.JAVA_FLOAT_UNALIGNED, array, array.length);
        return array;
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
        var bytes = new byte[length("toBooleanArray", x)];
        copy(x, DType.BOOL, ValueLayout.JAVA_BYTE, bytes, bytes.length);
        var array = new boolean[bytes.length];
        for (int i = 0; i < array.length; i++) array[i] = bytes[i] != 0;
        return array;
    }

    /** The length of an array with all elements. */
    private static int length(String operation, Tensor x) {
        if (x.count() > Integer.MAX_VALUE - 8) throw new ShapeException(operation + ": a Java array does not hold the " + x.count()
                + " elements of shape " + x.shape() + "; read parts of it, with get or narrow");
        return (int) x.count();
    }

    private static void copy(Tensor x, DType type, ValueLayout layout, Object array, int n) {
        Tracing.reading("the elements", x);
        var source = Tracing.inside(() -> x.detach().to(type).contiguous());
        var v = source.view();
        MemorySegment.copy(v.storage().segment(), layout, v.byteOffset(), array, 0, n);
        Reference.reachabilityFence(source);
    }

    static double[][] rows(Tensor x) {
        if (x.rank() != 2) throw new ShapeException("toRows: shape " + x.shape() + " is not a matrix");
        var flat = doubles(x);
        int columns = (int) x.size(1);
        var rows = new double[(int) x.size(0)][];
        for (int i = 0; i < rows.length; i++) rows[i] = Arrays.copyOfRange(flat, i * columns, (i + 1) * columns);
        return rows;
    }
}
