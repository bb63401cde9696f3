package lyceum.backend.scalar;

/** The stable permutation that sorts an array of keys, without boxing. */
final class Order {
    private Order() { }

    /** Indices of {@code keys} in ascending order, equal keys in their original order. Merge sort, insertion sort for short runs. */
    static int[] stable(long[] keys) {
        int n = keys.length;
        var order = new int[n];
        for (int i = 0; i < n; i++) order[i] = i;
        int run = 24;
        for (int from = 0; from < n; from += run) insertion(keys, order, from, Math.min(n, from + run));
        var other = new int[n];
        for (int width = run; width < n; width *= 2) {
            for (int from = 0; from < n; from += 2 * width) merge(keys, order, other, from, Math.min(n, from + width), Math.min(n, from + 2 * width));
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
