package lyceum.retrieval;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import lyceum.FormatException;

/**
 * Unsigned 32-bit integers, each in as many bits as the greatest of them needs: a byte with the width, then the bits, lowest first. Zobel and Moffat (2006),
 * section 6.
 */
final class BitPacking {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private BitPacking() {}

    static void pack(int[] values, int n, ByteSink out) {
        int any = 0;
        for (int i = 0; i < n; i++) any |= values[i];
        int width = 32 - Integer.numberOfLeadingZeros(any), filled = 0;
        out.putByte(width);
        if (width == 0) return;
        long pending = 0;
        for (int i = 0; i < n; i++) {
            pending |= (values[i] & 0xFFFFFFFFL) << filled;
            filled += width;
            if (filled < 32) continue;
            out.putInt((int) pending);
            pending >>>= 32;
            filled -= 32;
        }
        for (; filled > 0; filled -= 8, pending >>>= 8) out.putByte((int) pending);
    }

    /** Reads {@code n} values to {@code into}; gives where they end. */
    static long unpack(MemorySegment memory, long at, int n, int[] into) {
        int width = width(memory, at);
        if (width == 0) {
            Arrays.fill(into, 0, n, 0);
            return at + 1;
        }
        int size = size(n, width);
        long mask = (1L << width) - 1, bit = 0, begin = at + 1;
        // whole longs as far as they lie within what is read
        int whole = (int) Math.min(n, Math.max(0, (memory.byteSize() - begin - 8) * 8 / width));
        for (int i = 0; i < whole; i++, bit += width)
            into[i] = (int) (memory.get(LONG, begin + (bit >>> 3)) >>> (bit & 7) & mask);
        if (whole < n) {
            var rest = new byte[size + 8];
            MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, begin, rest, 0, size);
            var end = MemorySegment.ofArray(rest);
            for (int i = whole; i < n; i++, bit += width) into[i] = (int) (end.get(LONG, bit >>> 3) >>> (bit & 7) & mask);
        }
        return at + 1 + size;
    }

    /** Where {@code n} values end. */
    static long skip(MemorySegment memory, long at, int n) { return at + 1 + size(n, width(memory, at)); }

    private static int width(MemorySegment memory, long at) {
        int width = memory.get(ValueLayout.JAVA_BYTE, at);
        if (width < 0 || width > 32) throw FormatException.at("InvertedIndex", at, "a width of " + width + " bits");
        return width;
    }

    private static int size(int n, int width) { return (int) (((long) n * width + 7) / 8); }
}
