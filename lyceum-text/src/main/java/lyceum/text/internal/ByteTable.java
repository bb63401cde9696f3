package lyceum.text.internal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Byte strings to numbers from 0, without an object per look-up. Strings of up to seven bytes, which most pieces are, are compared as one number in a table of their own:
 * two cache lines a look-up where the others take four.
 */
public final class ByteTable {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int SHORT = 7;

    private final byte[] blob;
    private final int[] offsets, values, slots;
    private final long[] shortKeys;
    private final int[] shortValues;

    /** String {@code i} gets {@code values[i]}; a null is left out. Of equal strings the first counts. */
    public ByteTable(byte[][] strings, int[] values) {
        int n = strings.length, bytes = 0;
        for (var s : strings) bytes = Math.addExact(bytes, s == null ? 0 : s.length);
        blob = new byte[bytes];
        offsets = new int[n + 1];
        this.values = values;
        slots = new int[Integer.highestOneBit(Math.max(4, n)) * 4];
        shortKeys = new long[slots.length];
        shortValues = new int[slots.length];
        for (int i = 0; i < n; i++) {
            int length = strings[i] == null ? 0 : strings[i].length;
            offsets[i + 1] = offsets[i] + length;
            if (strings[i] == null) continue;
            System.arraycopy(strings[i], 0, blob, offsets[i], length);
            if (length <= SHORT) {
                long key = packed(strings[i], 0, length);
                int slot = slot(key);
                if (shortKeys[slot] == 0) shortValues[slot] = values[i];
                shortKeys[slot] = key;
                continue;
            }
            int slot = hash(strings[i], 0, length) & slots.length - 1;
            while (slots[slot] != 0 && !equal(slots[slot] - 1, strings[i], 0, length)) slot = slot + 1 & slots.length - 1;
            if (slots[slot] == 0) slots[slot] = i + 1;
        }
    }

    /** Strings to their positions. */
    public ByteTable(byte[][] strings) { this(strings, identity(strings.length)); }

    private static int[] identity(int n) {
        var all = new int[n];
        Arrays.setAll(all, i -> i);
        return all;
    }

    /** Up to seven bytes and their number; never 0 except for none. */
    private static long packed(byte[] b, int from, int to) {
        int n = to - from;
        if (n == 0) return Long.MIN_VALUE;
        if (from + 8 <= b.length) return (long) LONGS.get(b, from) & -1L >>> 64 - 8 * n | (long) n << 56;
        long key = (long) n << 56;
        for (int i = from; i < to; i++) key |= (b[i] & 0xFFL) << 8 * (i - from);
        return key;
    }

    /** Where a key is, or would be. */
    private int slot(long key) {
        long h = key * 0x9E3779B97F4A7C15L;
        int mask = shortKeys.length - 1, slot = (int) (h >>> 32 ^ h >>> 48) & mask;
        while (shortKeys[slot] != 0 && shortKeys[slot] != key) slot = slot + 1 & mask;
        return slot;
    }

    /** The number of these bytes, -1 for none. */
    public int get(byte[] b, int from, int to) {
        if (to - from <= SHORT) {
            int slot = slot(packed(b, from, to));
            return shortKeys[slot] == 0 ? -1 : shortValues[slot];
        }
        for (int slot = hash(b, from, to) & slots.length - 1;; slot = slot + 1 & slots.length - 1) {
            int i = slots[slot] - 1;
            if (i < 0) return -1;
            if (equal(i, b, from, to)) return values[i];
        }
    }

    private boolean equal(int i, byte[] b, int from, int to) { return Arrays.equals(blob, offsets[i], offsets[i + 1], b, from, to); }

    /** A hash of bytes, well mixed. */
    public static int hash(byte[] b, int from, int to) {
        long h = to - from;
        for (int i = from; i < to; i++) h = (h ^ b[i]) * 0x9E3779B97F4A7C15L;
        return (int) (h ^ h >>> 32 ^ h >>> 47);
    }
}
