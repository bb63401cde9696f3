package lyceum.tensor;

import lyceum.backend.Parallel;

/**
 * A sparse matrix arranged for products with a vector: rows in the order of their lengths, eight at a time, the entries of the eight taken in turns. So eight sums proceed at once,
 * memory is read in one stream, and the end of a loop comes where it came last time, which the CPU foresees. After Kreutzer and others (2014), SIAM J. Sci. Comput. 36(5); no
 * entries are added, for zero times infinity is NaN.
 *
 * <p>A sum is of floats, rounded at each of its terms, which are in the order of the columns.
 */
final class SlicedRows {
    private static final int HEIGHT = 8;
    /** Of an entry, about. */
    private static final double NANOS = 0.4;
    /** Entries of a task. */
    private static final long TASK = 1 << 11;

    /** Rows in order; for each slice its first entry and the length of its shortest row. */
    private final int[] order, lengths, from, shortest;
    private final int[] column;
    private final float[] value;
    private final int rows;

    SlicedRows(int[] rowStart, int[] columns, float[] values) {
        rows = rowStart.length - 1;
        order = byLength(rowStart);
        int slices = Math.ceilDiv(rows, HEIGHT);
        from = new int[slices + 1];
        shortest = new int[slices];
        column = new int[columns.length];
        value = new float[columns.length];
        int at = 0;
        for (int s = 0; s < slices; s++) {
            int first = s * HEIGHT, last = Math.min(rows, first + HEIGHT);
            from[s] = at;
            int common = last - first < HEIGHT ? 0 : length(rowStart, first);
            shortest[s] = common;
            for (int p = 0; p < common; p++) {
                for (int r = first; r < last; r++, at++) {
                    column[at] = columns[rowStart[order[r]] + p];
                    value[at] = values[rowStart[order[r]] + p];
                }
            }
            for (int r = first; r < last; r++) {
                for (int e = rowStart[order[r]] + common; e < rowStart[order[r] + 1]; e++, at++) {
                    column[at] = columns[e];
                    value[at] = values[e];
                }
            }
        }
        from[slices] = at;
        lengths = new int[rows];
        for (int r = 0; r < rows; r++) lengths[r] = length(rowStart, r);
    }

    private int length(int[] rowStart, int r) { return rowStart[order[r] + 1] - rowStart[order[r]]; }

    /** Row numbers, the shortest row first, equal ones in their order. */
    private static int[] byLength(int[] rowStart) {
        int rows = rowStart.length - 1, longest = 0;
        for (int i = 0; i < rows; i++) longest = Math.max(longest, rowStart[i + 1] - rowStart[i]);
        var place = new int[longest + 2];
        for (int i = 0; i < rows; i++) place[rowStart[i + 1] - rowStart[i] + 1]++;
        for (int l = 0; l <= longest; l++) place[l + 1] += place[l];
        var order = new int[rows];
        for (int i = 0; i < rows; i++) order[place[rowStart[i + 1] - rowStart[i]]++] = i;
        return order;
    }

    /** The same product of rows as they are, to the last bit: for one that will not be followed by others. */
    static float[] times(int[] rowStart, int[] column, float[] value, float[] x) {
        var y = new float[rowStart.length - 1];
        long rows = Math.max(1, y.length), entries = Math.max(1, column.length);
        Parallel.range(y.length, Math.max(1, TASK * rows / entries), NANOS * entries / rows, (first, end) -> {
            for (int i = (int) first; i < end; i++) {
                float sum = 0;
                for (int e = rowStart[i]; e < rowStart[i + 1]; e++) sum = Math.fma(value[e], x[column[e]], sum);
                y[i] = sum;
            }
        });
        return y;
    }

    /** The product with {@code x}. */
    float[] times(float[] x) {
        float[] sums = new float[rows], y = new float[rows];
        int slices = shortest.length;
        if (slices == 0) return y;
        long entries = Math.max(1, column.length);
        long grain = Math.max(1, TASK * slices / entries);
        Parallel.range(slices, grain, NANOS * entries / slices, (first, end) -> slices(x, sums, (int) first, (int) end));
        // Only now into their places: threads that write here and there meet in one line of the cache again and again.
        for (int r = 0; r < rows; r++) y[order[r]] = sums[r];
        return y;
    }

    private void slices(float[] x, float[] sums, int first, int end) {
        for (int s = first; s < end; s++) {
            int stop = from[s] + HEIGHT * shortest[s];
            if (stop > from[s]) common(x, sums, s * HEIGHT, from[s], stop);
            if (stop < from[s + 1]) rests(x, sums, s, stop);
        }
    }

    /** The entries that each of eight rows has. A method of its own, small enough for its array bounds to be checked outside the loop. */
    private void common(float[] x, float[] sums, int r, int at, int stop) {
        float a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
        for (; at < stop; at += HEIGHT) {
            a = Math.fma(value[at], x[column[at]], a);
            b = Math.fma(value[at + 1], x[column[at + 1]], b);
            c = Math.fma(value[at + 2], x[column[at + 2]], c);
            d = Math.fma(value[at + 3], x[column[at + 3]], d);
            e = Math.fma(value[at + 4], x[column[at + 4]], e);
            f = Math.fma(value[at + 5], x[column[at + 5]], f);
            g = Math.fma(value[at + 6], x[column[at + 6]], g);
            h = Math.fma(value[at + 7], x[column[at + 7]], h);
        }
        sums[r] = a;
        sums[r + 1] = b;
        sums[r + 2] = c;
        sums[r + 3] = d;
        sums[r + 4] = e;
        sums[r + 5] = f;
        sums[r + 6] = g;
        sums[r + 7] = h;
    }

    /** What rows have beyond the shortest of their slice. */
    private void rests(float[] x, float[] sums, int s, int at) {
        int end = Math.min(rows, (s + 1) * HEIGHT);
        for (int r = s * HEIGHT; r < end; r++) {
            float sum = sums[r];
            for (int stop = at + lengths[r] - shortest[s]; at < stop; at++) sum = Math.fma(value[at], x[column[at]], sum);
            sums[r] = sum;
        }
    }
}
