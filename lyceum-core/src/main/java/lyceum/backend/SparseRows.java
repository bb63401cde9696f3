package lyceum.backend;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.function.Function;
import lyceum.DType;

/**
 * A sparse matrix as it takes part in products: a pattern, and a value of F32 or F64 for each of its entries, row by row. A backend may keep arrangements of its own
 * with the pattern and with the values as they are now. Safe for threads.
 */
public final class SparseRows {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfDouble F64 = ValueLayout.JAVA_DOUBLE_UNALIGNED;
    /** Terms of a task, and nanoseconds that one takes in plain loops. */
    private static final long TASK = 1 << 12;
    private static final double NANOS = 1;

    private final Pattern pattern;
    private final View values;
    private final int version;
    private final Arrangement arrangement = new Arrangement(null);
    private volatile boolean metVector;

    /** Where the entries of a matrix stand: those of row {@code i} from {@code starts[i]} to {@code starts[i + 1] - 1}, in the order in which their terms are added; a column may come twice. Shared by all matrices that have it. */
    public static final class Pattern {
        private final int rows, columns;
        private final int[] starts, column;
        private final Arrangement arrangement = new Arrangement(null);

        /** From arrays that nobody writes to any more. */
        public Pattern(int rows, int columns, int[] starts, int[] column) {
            this.rows = rows;
            this.columns = columns;
            this.starts = starts;
            this.column = column;
        }

        public int rows() { return rows; }

        public int columns() { return columns; }

        public int entries() { return column.length; }

        /** The array itself: not to be written. */
        public int[] starts() { return starts; }

        /** The columns of all entries; the array itself: not to be written. */
        public int[] column() { return column; }

        /** What {@code arrange} has made for {@code owner}, once. */
        public <T> T arranged(Object owner, Function<Pattern, T> arrange) { return arrangement.of(owner, this, arrange); }
    }

    /** @param values contiguous, as many as there are entries, as they are now */
    public SparseRows(Pattern pattern, View values) {
        if (values.size() != pattern.entries())
            throw new IllegalArgumentException("SparseRows: " + values.size() + " values for " + pattern.entries() + " entries");
        this.pattern = pattern;
        this.values = values;
        this.version = values.storage().version();
    }

    public Pattern pattern() { return pattern; }

    public View values() { return values; }

    /** True if {@code view} holds the same values, not written to since. */
    public boolean holds(View view) {
        return view.storage() == values.storage() && view.offset() == values.offset() && view.dtype() == values.dtype()
                && view.storage().version() == version;
    }

    /** False the first time, true from then on: for arrangements that pay from the second product with a vector on. */
    public boolean meetsVectorAgain() {
        boolean again = metVector;
        metVector = true;
        return again;
    }

    /** What {@code arrange} has made of pattern and values for {@code owner}, once. */
    public <T> T arranged(Object owner, Function<SparseRows, T> arrange) { return arrangement.of(owner, this, arrange); }

    /** {@link Backend#sparseProduct} in plain loops. */
    void multiply(View x, View y) {
        int k = (int) (y.size() / Math.max(1, pattern.rows));
        if (k == 0) return;
        double terms = Math.max(1, (double) pattern.entries() * k / Math.max(1, pattern.rows));
        Parallel.range(pattern.rows, (long) Math.max(1, TASK / terms), NANOS * terms, (from, to) -> {
            if (k == 1) vector(x, y, (int) from, (int) to);
            else rows(x, y, k, (int) from, (int) to);
        });
        Reference.reachabilityFence(x);
        Reference.reachabilityFence(y);
        Reference.reachabilityFence(this);
    }

    /** Four rows at a time as far as the shortest goes, since each addition of one waits for the one before. */
    private void vector(View x, View y, int from, int to) {
        boolean narrow = values.dtype() == DType.F32;
        MemorySegment v = segment(values), b = segment(x), out = segment(y);
        int[] starts = pattern.starts, column = pattern.column;
        int i = from;
        for (; i + 4 <= to; i += 4) {
            int e = starts[i], f = starts[i + 1], g = starts[i + 2], h = starts[i + 3];
            int common = Math.min(Math.min(f - e, g - f), Math.min(h - g, starts[i + 4] - h));
            double p = 0, q = 0, r = 0, s = 0;
            for (int n = 0; n < common; n++) {
                p = Math.fma(get(v, narrow, e + n), get(b, narrow, column[e + n]), p);
                q = Math.fma(get(v, narrow, f + n), get(b, narrow, column[f + n]), q);
                r = Math.fma(get(v, narrow, g + n), get(b, narrow, column[g + n]), r);
                s = Math.fma(get(v, narrow, h + n), get(b, narrow, column[h + n]), s);
            }
            set(out, narrow, i, rest(v, b, narrow, e + common, f, p));
            set(out, narrow, i + 1, rest(v, b, narrow, f + common, g, q));
            set(out, narrow, i + 2, rest(v, b, narrow, g + common, h, r));
            set(out, narrow, i + 3, rest(v, b, narrow, h + common, starts[i + 4], s));
        }
        for (; i < to; i++) set(out, narrow, i, rest(v, b, narrow, starts[i], starts[i + 1], 0));
    }

    private double rest(MemorySegment v, MemorySegment b, boolean narrow, int e, int end, double sum) {
        for (; e < end; e++) sum = Math.fma(get(v, narrow, e), get(b, narrow, pattern.column[e]), sum);
        return sum;
    }

    private void rows(View x, View y, int k, int from, int to) {
        boolean narrow = values.dtype() == DType.F32;
        MemorySegment v = segment(values), b = segment(x), out = segment(y);
        var sum = new double[k];
        for (int i = from; i < to; i++) {
            Arrays.fill(sum, 0);
            for (int e = pattern.starts[i]; e < pattern.starts[i + 1]; e++) {
                double factor = get(v, narrow, e);
                long row = (long) pattern.column[e] * k;
                for (int j = 0; j < k; j++) sum[j] = Math.fma(factor, get(b, narrow, row + j), sum[j]);
            }
            for (int j = 0; j < k; j++) set(out, narrow, (long) i * k + j, sum[j]);
        }
    }

    private static MemorySegment segment(View x) { return x.storage().segment().asSlice(x.byteOffset(), x.size() * x.dtype().bytes()); }

    private static double get(MemorySegment x, boolean narrow, long i) { return narrow ? x.getAtIndex(F32, i) : x.getAtIndex(F64, i); }

    private static void set(MemorySegment x, boolean narrow, long i, double value) {
        if (narrow) x.setAtIndex(F32, i, (float) value);
        else x.setAtIndex(F64, i, value);
    }
}
