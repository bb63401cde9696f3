package lyceum.retrieval;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Bytes that grow, little-endian. */
final class ByteSink {
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private byte[] bytes = new byte[256];
    private int size;

    int size() { return size; }

    private void room(long more) {
        if (more > Integer.MAX_VALUE - 16 - size)
            throw new IllegalStateException("InvertedIndex: a segment is larger than 2 GB; commit more often");
        if (size + more > bytes.length)
            bytes = Arrays.copyOf(bytes, (int) Math.min(Integer.MAX_VALUE - 16, Math.max(size + more, 2L * bytes.length)));
    }

    void putByte(int value) {
        room(1);
        bytes[size++] = (byte) value;
    }

    void putInt(int value) {
        room(4);
        INT.set(bytes, size, value);
        size += 4;
    }

    void putLong(long value) {
        room(8);
        LONG.set(bytes, size, value);
        size += 8;
    }

    void put(byte[] values) {
        room(values.length);
        System.arraycopy(values, 0, bytes, size, values.length);
        size += values.length;
    }

    /** Grows by bytes that are set afterwards, by whole longs whose last may reach beyond them; gives where they begin. */
    int extend(long more) {
        room(more + 8);
        int from = size;
        size += (int) more;
        return from;
    }

    void setInt(int at, int value) { INT.set(bytes, at, value); }

    /** What reaches beyond the end is overwritten by what is put next. */
    void setLong(int at, long value) { LONG.set(bytes, at, value); }

    MemorySegment segment() { return MemorySegment.ofArray(Arrays.copyOf(bytes, size)); }
}
