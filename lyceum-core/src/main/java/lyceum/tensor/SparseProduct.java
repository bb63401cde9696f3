package lyceum.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.memory.Allocator;
import lyceum.memory.Storage;

/**
 * The product of two sparse matrices row by row: each entry of a row of {@code a} adds its multiple of a row of {@code b} to a row of sums. Gustavson (1978), ACM TOMS
 * 4(3). Not differentiable.
 *
 * <p>Which places of the row have a term stands in a bit set, one operation without a branch a term; its words give the columns in order, so that nothing is sorted.
 * A first pass only counts them, so that the second one writes each row where it stays: memory that nobody touched before costs more than the counting.
 */
final class SparseProduct {
    /** Terms of a task, about; nanoseconds that one takes to be counted and to be added. */
    private static final double TASK = 1 << 15, COUNTED = 1, ADDED = 3;
    /** The most entries: a Java array has their columns. */
    private static final long MOST = Integer.MAX_VALUE - 8;

    private final int rows, columns;
    private final int[] startA, columnA, startB, columnB;
    private final double[] x, y;
    private final DType type;
    /** Of the product; entries of its longest row. */
    private final int[] start;
    private int most;
    /** Rows of sums that no thread is at. */
    private final Queue<Sums> idle = new ConcurrentLinkedQueue<>();

    private SparseProduct(Csr a, Csr b) {
        rows = (int) a.rows();
        columns = (int) b.columns();
        startA = a.rowStarts();
        columnA = a.columnNumbers();
        startB = b.rowStarts();
        columnB = b.columnNumbers();
        x = a.numbers();
        y = b.numbers();
        type = DType.promote(a.dtype(), b.dtype());
        start = new int[rows + 1];
    }

    static Csr of(Csr a, Csr b) {
        if (a.columns() != b.rows()) throw new ShapeException("Csr.matmul: (" + a.rows() + ", " + a.columns() + ") x (" + b.rows() + ", "
                + b.columns() + "): inner sizes " + a.columns() + " and " + b.rows() + " differ");
        return new SparseProduct(a, b).product();
    }

    private Csr product() {
        double terms = (double) columnA.length * columnB.length / Math.max(1, startB.length - 1) / Math.max(1, rows); // of a row, about
        long grain = (long) Math.clamp(TASK / Math.max(1, terms), 1, Math.max(1, rows));
        Parallel.range(rows, grain, COUNTED * terms, (from, to) -> {
            var sums = sums();
            for (int i = (int) from; i < to; i++) start[i + 1] = sums.count(i);
            idle.add(sums);
        });
        long total = 0;
        for (int i = 1; i <= rows; i++) {
            most = Math.max(most, start[i]);
            start[i] = (int) (total += start[i]);
        }
        if (total > MOST) throw new ShapeException("Csr.matmul: the product has " + total + " entries, more than the " + MOST
                + " that one Csr holds; multiply some of the rows at a time, with rows(..)");
        boolean isNarrow = type == DType.F32;
        var kept = isNarrow ? DType.F32 : DType.F64;
        var column = new int[(int) total];
        var values = Allocator.allocate(total * kept.bytes());
        Parallel.range(rows, grain, ADDED * terms, (from, to) -> {
            var sums = sums();
            for (int i = (int) from; i < to; i++) sums.add(i, column, values, isNarrow);
            idle.add(sums);
        });
        Reference.reachabilityFence(values);
        return Csr.trusted(rows, columns, start, column, Tensor.on(values, 0, kept, total).to(type));
    }

    private Sums sums() {
        var free = idle.poll();
        return free != null ? free : new Sums();
    }

    /** A row of sums, and bits that tell which places of it have a term. Zeros, but while a row is at work. */
    private final class Sums {
        final long[] touched = new long[Math.ceilDiv(columns, 64)];
        /** Which words of those are in use, where they are more than terms. */
        final long[] words = new long[Math.ceilDiv(touched.length, 64)];
        double[] sum, wide;
        float[] narrow;

        /** The places of row {@code i} that have a term. */
        int count(int i) {
            boolean few = isFew(i);
            int n = 0;
            for (int e = startA[i]; e < startA[i + 1]; e++) {
                int k = columnA[e];
                if (few) n += markNew(columnB, startB[k], startB[k + 1], touched);
                else mark(columnB, startB[k], startB[k + 1], touched);
            }
            if (few) {
                for (int e = startA[i]; e < startA[i + 1]; e++) clear(columnB, startB[columnA[e]], startB[columnA[e] + 1], touched);
                return n;
            }
            for (int w = 0; w < touched.length; w++) {
                n += Long.bitCount(touched[w]);
                touched[w] = 0;
            }
            return n;
        }

        /** The sums of row {@code i} and their columns, to where they stay. */
        void add(int i, int[] column, Storage values, boolean isNarrow) {
            if (sum == null) {
                sum = new double[columns];
                wide = new double[most];
                narrow = isNarrow ? new float[most] : null;
            }
            boolean few = isFew(i);
            for (int e = startA[i]; e < startA[i + 1]; e++) {
                int k = columnA[e];
                if (few) addRow(x[e], y, columnB, startB[k], startB[k + 1], sum, touched, words);
                else addRow(x[e], y, columnB, startB[k], startB[k + 1], sum, touched);
            }
            int first = start[i], n = 0;
            if (few) {
                for (int g = 0; g < words.length; g++) {
                    for (long group = words[g]; group != 0; group &= group - 1)
                        n = drain(g << 6 | Long.numberOfTrailingZeros(group), column, first, n);
                    words[g] = 0;
                }
            } else {
                for (int w = 0; w < touched.length; w++) n = drain(w, column, first, n);
            }
            if (isNarrow) {
                for (int k = 0; k < n; k++) narrow[k] = (float) wide[k];
                MemorySegment.copy(narrow, 0, values.segment(), ValueLayout.JAVA_FLOAT_UNALIGNED, values.base() + 4L * first, n);
            } else {
                MemorySegment.copy(wide, 0, values.segment(), ValueLayout.JAVA_DOUBLE_UNALIGNED, values.base() + 8L * first, n);
            }
        }

        /** The sums of a word of places behind the first {@code n} of their row; leaves zeros. Returns how many there are now. */
        private int drain(int w, int[] column, int first, int n) {
            double[] sum = this.sum, wide = this.wide;
            for (long bits = touched[w]; bits != 0; bits &= bits - 1) {
                int j = w << 6 | Long.numberOfTrailingZeros(bits);
                column[first + n] = j;
                wide[n++] = sum[j];
                sum[j] = 0;
            }
            touched[w] = 0;
            return n;
        }

        /** True if most words of places have no term. */
        private boolean isFew(int i) {
            long terms = 0;
            for (int e = startA[i]; e < startA[i + 1]; e++) terms += startB[columnA[e] + 1] - startB[columnA[e]];
            return terms < touched.length;
        }
    }

    // Loops of their own, which are called so often that the JVM compiles them within the first product.

    private static void mark(int[] column, int from, int end, long[] touched) {
        for (int f = from; f < end; f++) touched[column[f] >> 6] |= 1L << column[f];
    }

    /** Returns how many were not marked before. */
    private static int markNew(int[] column, int from, int end, long[] touched) {
        int n = 0;
        for (int f = from; f < end; f++) {
            int j = column[f];
            long bits = touched[j >> 6];
            n += (int) (~bits >>> j & 1);
            touched[j >> 6] = bits | 1L << j;
        }
        return n;
    }

    private static void clear(int[] column, int from, int end, long[] touched) {
        for (int f = from; f < end; f++) touched[column[f] >> 6] = 0;
    }

    private static void addRow(double factor, double[] y, int[] column, int from, int end, double[] sum, long[] touched) {
        for (int f = from; f < end; f++) {
            int j = column[f];
            sum[j] += factor * y[f];
            touched[j >> 6] |= 1L << j;
        }
    }

    private static void addRow(double factor, double[] y, int[] column, int from, int end, double[] sum, long[] touched, long[] words) {
        for (int f = from; f < end; f++) {
            int j = column[f];
            sum[j] += factor * y[f];
            touched[j >> 6] |= 1L << j;
            words[j >> 12] |= 1L << (j >> 6);
        }
    }
}
