package lyceum.tensor;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Parallel;

/**
 * The product of two sparse matrices row by row: each entry of a row of {@code a} adds its multiple of a row of {@code b} to a row of sums. Gustavson (1978), ACM TOMS
 * 4(3). Not differentiable.
 *
 * <p>Which places of the row have a term stands in a bit set, one operation without a branch a term; its words give the columns in order, so that nothing is sorted.
 * Where words are more than terms, a second bit set tells which words are in use.
 */
final class SparseProduct {
    /** Rows that one task multiplies, at least; and tasks, at most, since each has an array as long as a row. */
    private static final int LEAST = 128, TASKS = 64;
    /** Entries for which a task makes room before it knows how many there will be. */
    private static final int ROOM = 1 << 20;

    private final int first, end;
    private final int[] start;
    private int[] column;
    private double[] wide;
    private float[] narrow;
    private int n;

    /** @param room entries for which there is some at first */
    private SparseProduct(int first, int end, int room, boolean isNarrow) {
        this.first = first;
        this.end = end;
        start = new int[end - first + 1];
        column = new int[room];
        narrow = isNarrow ? new float[room] : null;
        wide = isNarrow ? null : new double[room];
    }

    static Csr of(Csr a, Csr b) {
        if (a.columns() != b.rows()) throw new ShapeException("Csr.matmul: (" + a.rows() + ", " + a.columns() + ") x (" + b.rows() + ", "
                + b.columns() + "): inner sizes " + a.columns() + " and " + b.rows() + " differ");
        int rows = (int) a.rows(), columns = (int) b.columns();
        var type = DType.promote(a.dtype(), b.dtype());
        boolean isNarrow = type == DType.F32;
        double[] x = a.numbers(), y = b.numbers();
        int block = Math.max(LEAST, rows / TASKS + 1);
        var parts = new SparseProduct[Math.ceilDiv(rows, block)];
        Parallel.range(parts.length, 1, (from, to) -> {
            for (int p = (int) from; p < to; p++) {
                int begin = p * block, stop = Math.min(rows, begin + block);
                long terms = 0;
                for (int i = begin; i < stop && terms < ROOM; i++) terms += terms(a, b, i);
                parts[p] = new SparseProduct(begin, stop, (int) Math.min(terms, ROOM), isNarrow);
                parts[p].rows(a, x, b, y, columns);
            }
        });
        var at = new int[parts.length + 1];
        for (int p = 0; p < parts.length; p++) at[p + 1] = Math.addExact(at[p], parts[p].n);
        int total = at[parts.length];
        int[] start = new int[rows + 1], column = new int[total];
        var narrow = isNarrow ? new float[total] : null;
        var wide = isNarrow ? null : new double[total];
        Parallel.range(parts.length, 1, (from, to) -> {
            for (int p = (int) from; p < to; p++) {
                var part = parts[p];
                System.arraycopy(part.column, 0, column, at[p], part.n);
                if (isNarrow) System.arraycopy(part.narrow, 0, narrow, at[p], part.n);
                else System.arraycopy(part.wide, 0, wide, at[p], part.n);
                for (int i = part.first; i < part.end; i++) start[i + 1] = at[p] + part.start[i - part.first + 1];
            }
        });
        return Csr.trusted(rows, columns, start, column, isNarrow ? Tensor.of(narrow) : Tensor.of(wide).to(type));
    }

    /** Of row {@code i}, those at one place counted each; but no more than places. */
    private static int terms(Csr a, Csr b, int i) {
        long terms = 0;
        for (int e = a.rowStart(i); e < a.rowStart(i + 1); e++) terms += b.rowStart(a.column(e) + 1) - b.rowStart(a.column(e));
        return (int) Math.min(terms, b.columns());
    }

    private void makeRoom(int more) {
        if (column.length - n >= more) return;
        int room = (int) Math.min(Integer.MAX_VALUE - 16, Math.max(2L * n, (long) n + more));
        column = Arrays.copyOf(column, room);
        if (narrow != null) narrow = Arrays.copyOf(narrow, room);
        else wide = Arrays.copyOf(wide, room);
    }

    private void rows(Csr a, double[] x, Csr b, double[] y, int columns) {
        var sum = new double[columns];
        long[] touched = new long[(columns + 63) / 64], words = new long[(touched.length + 63) / 64];
        int[] startA = a.rowStarts(), columnA = a.columnNumbers(), startB = b.rowStarts(), columnB = b.columnNumbers();
        for (int i = first; i < end; i++) {
            makeRoom(terms(a, b, i));
            for (int e = startA[i]; e < startA[i + 1]; e++) {
                int k = columnA[e], last = startB[k + 1];
                double factor = x[e];
                for (int f = startB[k]; f < last; f++) {
                    int j = columnB[f];
                    sum[j] += factor * y[f];
                    touched[j >> 6] |= 1L << j;
                    words[j >> 12] |= 1L << (j >> 6);
                }
            }
            drain(sum, touched, words);
            start[i - first + 1] = n;
        }
    }

    /** The sums in the order of their columns; leaves zeros behind. */
    private void drain(double[] sum, long[] touched, long[] words) {
        int at = n;
        int[] column = this.column;
        var narrow = this.narrow;
        for (int g = 0; g < words.length; g++) {
            for (long group = words[g]; group != 0; group &= group - 1) {
                int w = g << 6 | Long.numberOfTrailingZeros(group);
                for (long bits = touched[w]; bits != 0; bits &= bits - 1) {
                    int j = w << 6 | Long.numberOfTrailingZeros(bits);
                    column[at] = j;
                    if (narrow != null) narrow[at] = (float) sum[j];
                    else wide[at] = sum[j];
                    at++;
                    sum[j] = 0;
                }
                touched[w] = 0;
            }
            words[g] = 0;
        }
        n = at;
    }
}
