package lyceum.backend.scalar;

/** The stable permutation that sorts an array of keys, without boxing. */
final class Order {
    private Order() {}

    /** From here on counting digits is faster than comparing: measured for keys of random floats. */
    private static final int RADIX = 512;
    private static final int DIGIT = 8, DIGITS = 1 << DIGIT;

    /** Indices of {@code keys} in ascending order, equal keys in their original order. Merge sort with insertion sort for short runs; many keys by radix. */
    static int[] stable(long[] keys) { return keys.length < RADIX ? merging(keys) : radix(keys); }

    /** The first {@code k} of {@link #stable}. A small part is selected: a heap holds the best so far, its worst on top, and most keys are not better than that. */
    static int[] first(int k, long[] keys) {
        int n = keys.length;
        if (k > n / 8) return stable(keys);
        var heap = new int[k];
        for (int i = 0; i < k; i++) heap[i] = i;
        for (int i = k / 2 - 1; i >= 0; i--) sink(keys, heap, i, k);
        long worst = k == 0 ? Long.MIN_VALUE : keys[heap[0]];
        for (int i = k; i < n; i++) {
            if (keys[i] >= worst) continue; // of equal keys the earlier comes first
            heap[0] = i;
            sink(keys, heap, 0, k);
            worst = keys[heap[0]];
        }
        for (int left = k - 1; left > 0; left--) {
            int last = heap[0];
            heap[0] = heap[left];
            heap[left] = last;
            sink(keys, heap, 0, left);
        }
        return heap;
    }

    private static void sink(long[] keys, int[] heap, int at, int n) {
        int item = heap[at];
        while (true) {
            int child = 2 * at + 1;
            if (child >= n) break;
            if (child + 1 < n && comesAfter(keys, heap[child + 1], heap[child])) child++;
            if (!comesAfter(keys, heap[child], item)) break;
            heap[at] = heap[child];
            at = child;
        }
        heap[at] = item;
    }

    private static boolean comesAfter(long[] keys, int a, int b) { return keys[a] != keys[b] ? keys[a] > keys[b] : a > b; }

    /** From the last digit to the first, each pass stable; digits that all keys share cost nothing, such as the low ones of floats in doubles. */
    private static int[] radix(long[] keys) {
        int n = keys.length;
        var counts = new int[Long.BYTES][DIGITS];
        for (long key : keys) {
            long bits = key ^ Long.MIN_VALUE; // as unsigned
            for (int d = 0; d < Long.BYTES; d++) counts[d][(int) (bits >>> DIGIT * d) & DIGITS - 1]++;
        }
        int[] order = null, other = new int[n];
        long[] from = keys, to = null;
        for (int d = 0; d < Long.BYTES; d++) {
            var next = counts[d];
            if (next[(int) ((keys[0] ^ Long.MIN_VALUE) >>> DIGIT * d) & DIGITS - 1] == n) continue;
            for (int i = 0, sum = 0; i < DIGITS; i++) {
                int count = next[i];
                next[i] = sum;
                sum += count;
            }
            if (to == null) to = new long[n];
            for (int i = 0; i < n; i++) {
                int at = next[(int) ((from[i] ^ Long.MIN_VALUE) >>> DIGIT * d) & DIGITS - 1]++;
                to[at] = from[i];
                other[at] = order == null ? i : order[i];
            }
            var used = from == keys ? new long[n] : from; // the caller's keys stay as they are
            from = to;
            to = used;
            var swap = order == null ? new int[n] : order;
            order = other;
            other = swap;
        }
        if (order != null) return order;
        for (int i = 0; i < n; i++) other[i] = i;
        return other;
    }

    private static int[] merging(long[] keys) {
        int n = keys.length;
        var order = new int[n];
        for (int i = 0; i < n; i++) order[i] = i;
        int run = 24;
        for (int from = 0; from < n; from += run) insertion(keys, order, from, Math.min(n, from + run));
        var other = new int[n];
        for (int width = run; width < n; width *= 2) {
            for (int from = 0; from < n; from += 2 * width)
                merge(keys, order, other, from, Math.min(n, from + width), Math.min(n, from + 2 * width));
            var swap = order;
            order = other;
            other = swap;
        }
        return order;
    }

    private static void insertion(long[] keys, int[] order, int from, int to) {
        for (int i = from + 1; i < to; i++) {
            int item = order[i], j = i - 1;
            long key = keys[item];
            for (; j >= from && keys[order[j]] > key; j--) order[j + 1] = order[j];
            order[j + 1] = item;
        }
    }

    private static void merge(long[] keys, int[] from, int[] to, int start, int middle, int end) {
        int a = start, b = middle;
        for (int i = start; i < end; i++) to[i] = a < middle && (b >= end || keys[from[a]] <= keys[from[b]]) ? from[a++] : from[b++];
    }
}
