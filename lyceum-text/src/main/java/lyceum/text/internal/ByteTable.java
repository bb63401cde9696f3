package lyceum.text.internal;

import java.util.Arrays;

/** Byte strings to numbers from 0, without an object per look-up. */
public final class ByteTable {
    private final byte[] blob;
    private final int[] offsets, values, slots;

    /** String {@code i} gets {@code values[i]}; a null is left out. Of equal strings the first counts. */
    public ByteTable(byte[][] strings, int[] values) {
        int n = strings.length, bytes = 0;
        for (var s : strings) bytes = Math.addExact(bytes, s == null ? 0 : s.length);
        blob = new byte[bytes];
        offsets = new int[n + 1];
        this.values = values;
        slots = new int[Integer.highestOneBit(Math.max(4, n)) * 4];
        for (int i = 0; i < n; i++) {
            int length = strings[i] == null ? 0 : strings[i].length;
            offsets[i + 1] = offsets[i] + length;
            if (strings[i] == null) continue;
            System.arraycopy(strings[i], 0, blob, offsets[i], length);
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

    /** The number of these bytes, -1 for none. */
    public int get(byte[] b, int from, int to) { return get(b, from, to, hash(b, from, to)); }

    /** The same where the {@link #hash} is known. */
    public int get(byte[] b, int from, int to, int hash) {
        for (int slot = hash & slots.length - 1;; slot = slot + 1 & slots.length - 1) {
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
