package lyceum.backend.scalar;

import java.util.Arrays;

/**
 * Keys of 32 bits that each share a long with their place, {@code key << 32 | place}: so longs are all there is to move and to compare, and equal keys stay in
 * the order of their places.
 */
final class PlacedKeys {
    /** From here on counting digits is faster than comparing. */
    private static final int RADIX = 512;
    private static final int DIGIT = 8, DIGITS = 1 << DIGIT, PASSES = Integer.SIZE / DIGIT;

    private PlacedKeys() {}

    /** Sorts the first {@code n} of {@code items}, whose places ascend; the result stands in the array that is returned: that one, or {@code other}. */
    static long[] sort(long[] items, long[] other, int n) {
        if (n < RADIX) {
            Arrays.sort(items, 0, n);
            return items;
        }
        var counts = new int[PASSES][DIGITS];
        for (int i = 0; i < n; i++) {
            int key = (int) (items[i] >>> 32) ^ Integer.MIN_VALUE;
            counts[0][key & DIGITS - 1]++;
            counts[1][key >>> DIGIT & DIGITS - 1]++;
            counts[2][key >>> 2 * DIGIT & DIGITS - 1]++;
            counts[3][key >>> 3 * DIGIT]++;
        }
        int some = (int) (items[0] >>> 32) ^ Integer.MIN_VALUE;
        for (int pass = 0; pass < PASSES; pass++) {
            if (counts[pass][some >>> DIGIT * pass & DIGITS - 1] == n) continue; // all have this digit
            place(items, other, n, counts[pass], Integer.SIZE + DIGIT * pass, pass == PASSES - 1 ? DIGITS / 2 : 0);
            var swap = items;
            items = other;
            other = swap;
        }
        return items;
    }

    /** To where the digit at bit {@code shift} leads, {@code flip} of whose bits count the other way round. */
    private static void place(long[] from, long[] to, int n, int[] counts, int shift, int flip) {
        for (int d = 0, sum = 0; d < DIGITS; d++) {
            int count = counts[d];
            counts[d] = sum;
            sum += count;
        }
        for (int i = 0; i < n; i++) {
            long item = from[i];
            to[counts[((int) (item >>> shift) ^ flip) & DIGITS - 1]++] = item;
        }
    }

    /** Puts {@code item} in the place of the largest of a heap, on whose top that stands. */
    static void replaceTop(long[] heap, int size, long item) { sink(heap, 0, size, item); }

    /** The first {@code size} items become a heap with the largest on top. */
    static void heapify(long[] items, int size) { for (int i = size / 2 - 1; i >= 0; i--) sink(items, i, size, items[i]); }

    private static void sink(long[] heap, int at, int size, long item) {
        for (int child; (child = 2 * at + 1) < size; at = child) {
            if (child + 1 < size && heap[child + 1] > heap[child]) child++;
            if (heap[child] <= item) break;
            heap[at] = heap[child];
        }
        heap[at] = item;
    }
}
