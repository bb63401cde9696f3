package lyceum.backend;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import lyceum.DType;

/**
 * Dot products of a vector with rows in memory, one at a time, as a walk through an index of vectors asks for them. Products are summed in single precision in 32 sums,
 * number {@code i} to sum {@code i mod 32}, and the last {@code n mod 32} in one of their own: with vector instructions and without the bits are the same.
 */
public interface RowDots {
    /** What this JVM runs fastest: vector instructions if it has the module {@code jdk.incubator.vector} and the CPU has wide ones; plain loops where the setting says {@code scalar}. */
    static RowDots best() { return Plain.BEST; }

    float dot(float[] x, float[] y);

    /** With the floats from byte {@code offset} on, little-endian, as many as {@code x} has. */
    float dot(float[] x, MemorySegment rows, long offset);

    /** With the signed bytes from byte {@code offset} on. */
    float dotBytes(float[] x, MemorySegment rows, long offset);

    /** With the signed bytes from byte {@code offset} on, exactly; a sum beyond an int wraps, as none of up to 2^17 numbers is where one side holds no -128. */
    int dotBytes(byte[] x, MemorySegment rows, long offset);

    /** What this machine runs fastest for many rows at once, with the same bits. */
    static Many many() { return OneByOne.BEST; }

    /** Products with many rows in one call. */
    interface Many {
        /**
         * Writes {@code n} sums of products as floats from {@code sums} on: of the floats at {@code x} and the row at each of the {@code n} addresses that stand at {@code rows},
         * which is {@code numbers} of F32, F16 or I8, little-endian. All is native memory that the caller keeps.
         *
         * @param ahead more addresses that follow the {@code n}, of what is read next: 128 bytes from each on are brought near meanwhile
         */
        void dots(long x, int numbers, long rows, int n, DType type, long sums, int ahead);

        /** The same of signed bytes at {@code x}, none of them -128, and rows of signed bytes. Sums are ints, exact as {@link RowDots#dotBytes(byte[], MemorySegment, long)} has them. */
        void dotsOfBytes(long x, int numbers, long rows, int n, long sums, int ahead);
    }

    /** By calls for one row each. */
    record OneByOne(RowDots one) implements Many {
        private static final Many BEST = Backends.manyRowDots();
        @SuppressWarnings("restricted") private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

        @Override public void dots(long x, int numbers, long rows, int n, DType type, long sums, int ahead) {
            var values = new float[numbers];
            MemorySegment.copy(MEMORY, Plain.FLOAT, x, values, 0, numbers);
            for (int i = 0; i < n; i++) {
                long row = MEMORY.get(ValueLayout.JAVA_LONG, rows + 8L * i);
                MEMORY.set(ValueLayout.JAVA_FLOAT, sums + 4L * i, dot(values, row, type));
            }
        }

        @Override public void dotsOfBytes(long x, int numbers, long rows, int n, long sums, int ahead) {
            var values = new byte[numbers];
            MemorySegment.copy(MEMORY, ValueLayout.JAVA_BYTE, x, values, 0, numbers);
            for (int i = 0; i < n; i++)
                MEMORY.set(ValueLayout.JAVA_INT, sums + 4L * i,
                        one.dotBytes(values, MEMORY, MEMORY.get(ValueLayout.JAVA_LONG, rows + 8L * i)));
        }

        private float dot(float[] x, long row, DType type) {
            if (type == DType.F32) return one.dot(x, MEMORY, row);
            if (type == DType.I8) return one.dotBytes(x, MEMORY, row);
            var y = new float[x.length];
            for (int j = 0; j < y.length; j++) y[j] = Float.float16ToFloat(MEMORY.get(Plain.HALF, row + 2L * j));
            return one.dot(x, y);
        }
    }

    /** Plain loops. */
    final class Plain implements RowDots {
        private static final RowDots BEST = Backends.rowDots();
        private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
        private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
        private static final int SUMS = 32, LANES = 8;

        @Override public float dot(float[] x, float[] y) {
            var sums = new float[SUMS];
            int i = 0;
            for (; i + SUMS <= x.length; i += SUMS) for (int j = 0; j < SUMS; j++) sums[j] += x[i + j] * y[i + j];
            float rest = 0;
            for (; i < x.length; i++) rest += x[i] * y[i];
            return sum(sums) + rest;
        }

        @Override public float dot(float[] x, MemorySegment rows, long offset) {
            var y = new float[x.length];
            MemorySegment.copy(rows, FLOAT, offset, y, 0, y.length);
            return dot(x, y);
        }

        @Override public float dotBytes(float[] x, MemorySegment rows, long offset) {
            var y = new float[x.length];
            for (int i = 0; i < y.length; i++) y[i] = rows.get(ValueLayout.JAVA_BYTE, offset + i);
            return dot(x, y);
        }

        @Override public int dotBytes(byte[] x, MemorySegment rows, long offset) {
            var y = new byte[x.length];
            MemorySegment.copy(rows, ValueLayout.JAVA_BYTE, offset, y, 0, y.length);
            int sum = 0;
            for (int i = 0; i < y.length; i++) sum += x[i] * y[i];
            return sum;
        }

        /** Four vectors of eight lanes added, then neighbouring lanes. */
        private static float sum(float[] s) {
            for (int k = 0; k < LANES; k++) s[k] = s[k] + s[k + LANES] + (s[k + 2 * LANES] + s[k + 3 * LANES]);
            return s[0] + s[1] + (s[2] + s[3]) + (s[4] + s[5] + (s[6] + s[7]));
        }
    }
}
