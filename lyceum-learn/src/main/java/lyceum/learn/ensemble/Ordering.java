package lyceum.learn.ensemble;

/** Places of numbers in ascending order, equal ones as they stand (merge sort without boxes). */
final class Ordering {
    private Ordering() {}

    static int[] of(double[] values) {
        int n = values.length;
        int[] order = new int[n], other = new int[n];
        for (int i = 0; i < n; i++) order[i] = i;
        for (int width = 1; width < n; width *= 2) {
            for (int from = 0; from < n; from += 2 * width) {
                int middle = Math.min(from + width, n), to = Math.min(from + 2 * width, n), a = from, b = middle;
                for (int i = from; i < to; i++)
                    other[i] = b >= to || a < middle && values[order[a]] <= values[order[b]] ? order[a++] : order[b++];
            }
            var swap = order;
            order = other;
            other = swap;
        }
        return order;
    }
}
