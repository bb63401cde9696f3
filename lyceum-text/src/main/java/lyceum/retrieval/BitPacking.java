package lyceum.retrieval;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
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
        var reader = new Reader();
        long end = reader.read(memory, at, n);
        for (int i = 0; i < n; i++) into[i] = reader.get(i);
        return end;
    }

    /** Values one by one, from a copy whose room is used again. */
    static final class Reader {
        private byte[] bytes = new byte[8];
        private int width;
        private long mask;

        /** Gives where they end. */
        long read(MemorySegment memory, long at, int n) {
            width = width(memory, at);
            mask = (1L << width) - 1;
            long most = memory.byteSize() - at - 1;
            if (size(n, width) > Math.min(most, 1 << 30))
                throw FormatException.at("InvertedIndex", at, n + " numbers of " + width + " bits in " + most + " bytes");
            int size = (int) size(n, width);
            if (bytes.length < size + 8) bytes = new byte[Math.max(size + 8, Math.min(2 * bytes.length, 1 << 30))];
            MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, at + 1, bytes, 0, size);
            return at + 1 + size;
        }

        int get(int i) {
            long bit = (long) i * width;
            return (int) ((long) LONG.get(bytes, (int) (bit >>> 3)) >>> (bit & 7) & mask);
        }
    }

    /** A number as it is. */
    static int intAt(MemorySegment memory, long at) {
        if (at < 0 || at > memory.byteSize() - 4) throw FormatException.at("InvertedIndex", at, "a list goes on behind the end");
        return memory.get(IndexFile.INT, at);
    }

    /** Where {@code n} values end. */
    static long skip(MemorySegment memory, long at, int n) { return at + 1 + size(n, width(memory, at)); }

    private static int width(MemorySegment memory, long at) {
        if (at < 0 || at >= memory.byteSize()) throw FormatException.at("InvertedIndex", at, "a list goes on behind the end");
        int width = memory.get(ValueLayout.JAVA_BYTE, at);
        if (width < 0 || width > 32) throw FormatException.at("InvertedIndex", at, "a width of " + width + " bits");
        return width;
    }

    private static long size(int n, int width) { return ((long) n * width + 7) / 8; }
}
