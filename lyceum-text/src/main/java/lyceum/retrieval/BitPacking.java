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

    /** Writes {@code n} values from {@code from} on. */
    static void pack(int[] values, int from, int n, ByteSink out) {
        int any = 0;
        for (int i = from; i < from + n; i++) any |= values[i];
        int width = 32 - Integer.numberOfLeadingZeros(any), filled = 0;
        out.putByte(width);
        if (width == 0) return;
        int at = out.extend(size(n, width));
        long pending = 0;
        for (int i = from; i < from + n; i++) {
            long value = values[i] & 0xFFFFFFFFL;
            pending |= value << filled;
            filled += width;
            if (filled < 64) continue;
            out.setLong(at, pending);
            at += 8;
            filled -= 64;
            pending = value >>> width - filled; // nothing if all of it went: a value has no bits beyond its width
        }
        out.setLong(at, pending);
    }

    /** Reads {@code n} values to {@code into}; gives where they end. */
    static long unpack(MemorySegment memory, long at, int n, int[] into) {
        var reader = new Reader();
        long end = reader.read(memory, at, n);
        reader.all(n, into);
        return end;
    }

    /** Values one by one or all at once, from a copy whose room is used again. */
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

        /** The first {@code n}. Eight of them end with a byte, and one read of 64 bits brings all eight, or four. */
        void all(int n, int[] into) {
            int w = width, whole = n & -8, i = 0;
            if (w == 0) {
                Arrays.fill(into, 0, n, 0);
                return;
            }
            byte[] bytes = this.bytes;
            if (w < 8) {
                int m = (int) mask;
                for (int at = 0; i < whole; i += 8, at += w) {
                    long bits = (long) LONG.get(bytes, at);
                    into[i] = (int) bits & m;
                    into[i + 1] = (int) (bits >>> w) & m;
                    into[i + 2] = (int) (bits >>> 2 * w) & m;
                    into[i + 3] = (int) (bits >>> 3 * w) & m;
                    into[i + 4] = (int) (bits >>> 4 * w) & m;
                    into[i + 5] = (int) (bits >>> 5 * w) & m;
                    into[i + 6] = (int) (bits >>> 6 * w) & m;
                    into[i + 7] = (int) (bits >>> 7 * w) & m;
                }
            } else if (w < 16) {
                int m = (int) mask, half = 4 * w >>> 3, odd = 4 * w & 7;
                for (int at = 0; i < whole; i += 8, at += w) {
                    long bits = (long) LONG.get(bytes, at), more = (long) LONG.get(bytes, at + half) >>> odd;
                    into[i] = (int) bits & m;
                    into[i + 1] = (int) (bits >>> w) & m;
                    into[i + 2] = (int) (bits >>> 2 * w) & m;
                    into[i + 3] = (int) (bits >>> 3 * w) & m;
                    into[i + 4] = (int) more & m;
                    into[i + 5] = (int) (more >>> w) & m;
                    into[i + 6] = (int) (more >>> 2 * w) & m;
                    into[i + 7] = (int) (more >>> 3 * w) & m;
                }
            }
            for (; i < n; i++) into[i] = get(i);
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
