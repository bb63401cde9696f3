package lyceum.learn.tree;

import java.util.Arrays;

/** Stable sorting of rows by a column: radix sort of the bits, in time proportional to the rows. */
final class Sorting {
    private static final int BITS = 11, BUCKETS = 1 << BITS;

    private Sorting() {}

    /** Rows {@code rows[from .. to - 1]} in ascending order of their values; NaN last. */
    static int[] order(double[] values, int[] rows, int from, int to) {
        int n = to - from;
        int[] order = new int[n], other = new int[n];
        long[] keys = new long[n], otherKeys = new long[n];
        for (int i = 0; i < n; i++) {
            order[i] = rows[from + i];
            keys[i] = key(values[order[i]]);
        }
        if (n < 64) {
            insertion(order, keys);
            return order;
        }
        var starts = new int[BUCKETS];
        for (int shift = 0; shift < 64; shift += BITS) {
            if (!count(keys, shift, starts)) continue;
            for (int i = 0; i < n; i++) {
                int to1 = starts[(int) (keys[i] >>> shift) & BUCKETS - 1]++;
                other[to1] = order[i];
                otherKeys[to1] = keys[i];
            }
            var swap = order;
            order = other;
            other = swap;
            var swapKeys = keys;
            keys = otherKeys;
            otherKeys = swapKeys;
        }
        return order;
    }

    /** Where each bucket starts; false if all keys share one. */
    private static boolean count(long[] keys, int shift, int[] starts) {
        Arrays.fill(starts, 0);
        for (long key : keys) starts[(int) (key >>> shift) & BUCKETS - 1]++;
        if (starts[(int) (keys[0] >>> shift) & BUCKETS - 1] == keys.length) return false;
        int sum = 0;
        for (int b = 0; b < BUCKETS; b++) {
            int count = starts[b];
            starts[b] = sum;
            sum += count;
        }
        return true;
    }

    private static void insertion(int[] order, long[] keys) {
        for (int i = 1; i < order.length; i++) {
            int row = order[i], j = i - 1;
            long key = keys[i];
            for (; j >= 0 && Long.compareUnsigned(keys[j], key) > 0; j--) {
                order[j + 1] = order[j];
                keys[j + 1] = keys[j];
            }
            order[j + 1] = row;
            keys[j + 1] = key;
        }
    }

    /** Bits that ascend, unsigned, as the numbers do. */
    private static long key(double value) {
        long bits = Double.doubleToLongBits(value);
        return bits ^ (bits >> 63 | Long.MIN_VALUE);
    }
}
