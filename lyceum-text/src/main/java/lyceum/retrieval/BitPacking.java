package lyceum.retrieval;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import lyceum.FormatException;

/**
 * Unsigned 32-bit integers, each in as many bits as the greatest of them needs: a byte with the width, then the bits, lowest first. Zobel and Moffat (2006),
 * section 6.
 */
final class BitPacking {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private BitPacking() {}

    static void pack(int[] values, int n, ByteSink out) {
        int any = 0;
        for (int i = 0; i < n; i++) any |= values[i];
        int width = 32 - Integer.numberOfLeadingZeros(any), filled = 0;
        out.putByte(width);
        long pending = 0;
        for (int i = 0; i < n; i++) {
            pending |= (values[i] & 0xFFFFFFFFL) << filled;
            filled += width;
            for (; filled >= 8; filled -= 8, pending >>>= 8) out.putByte((int) pending);
        }
        if (filled > 0) out.putByte((int) pending);
    }

    /** Reads {@code n} values to {@code into}; gives where they end. */
    static long unpack(MemorySegment memory, long at, int n, int[] into) {
        int width = memory.get(ValueLayout.JAVA_BYTE, at);
        if (width < 0 || width > 32) throw FormatException.at("InvertedIndex", at, "a width of " + width + " bits");
        if (width == 0) {
            Arrays.fill(into, 0, n, 0);
            return at + 1;
        }
        int size = (int) (((long) n * width + 7) / 8);
        var bytes = new byte[size + 8];
        MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, at + 1, bytes, 0, size);
        long mask = (1L << width) - 1;
        for (int i = 0; i < n; i++) {
            long bit = (long) i * width;
            into[i] = (int) ((long) LONG.get(bytes, (int) (bit >>> 3)) >>> (bit & 7) & mask);
        }
        return at + 1 + size;
    }
}
