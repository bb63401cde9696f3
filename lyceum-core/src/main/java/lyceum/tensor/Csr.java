package lyceum.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.backend.View;
import lyceum.memory.Allocator;

/**
 * A sparse matrix in compressed rows: the columns and values of row {@code i} are at positions {@code rowStart[i] .. rowStart[i + 1] - 1}.
 *
 * <p>Products with dense matrices are differentiable in the dense operand and in the values. Immutable and safe for threads. Columns of a row
 * are ascending and distinct.
 */
public final class Csr {
    private static final long MOST = Integer.MAX_VALUE - 16;
    private static final ValueLayout.OfDouble F64 = ValueLayout.JAVA_DOUBLE_UNALIGNED;

    private final long rows, columns;
    private final int[] rowStart;
    private final int[] column;
    private final Tensor values;
    private volatile Arranged arranged;

    /** @param rows null after one product */
    private record Arranged(int version, SlicedRows rows) {}

    private Csr(long rows, long columns, int[] rowStart, int[] column, Tensor values) {
        this.rows = rows;
        this.columns = columns;
        this.rowStart = rowStart;
        this.column = column;
        this.values = values;
    }

    /**
     * From the three arrays, which are copied.
     *
     * @throws ShapeException if they do not describe a matrix: the message says where
     */
    public static Csr of(long rows, long columns, int[] rowStart, int[] column, Tensor values) {
        checkSizes(rows, columns);
        if (rowStart.length != rows + 1)
            throw new ShapeException("Csr: " + rowStart.length + " row starts for " + rows + " rows; there must be one more than rows");
        if (values.rank() != 1 || values.count() != column.length)
            throw new ShapeException("Csr: values of shape " + values.shape() + " for " + column.length + " columns");
        if (!values.dtype().isFloat()) throw new DTypeException("Csr: values are " + values.dtype() + "; convert them to a float type");
        if (rowStart[0] != 0 || rowStart[rowStart.length - 1] != column.length) throw new ShapeException(
                "Csr: row starts run from " + rowStart[0] + " to " + rowStart[rowStart.length - 1] + " for " + column.length + " entries");
        for (int i = 0; i < rows; i++) {
            if (rowStart[i + 1] < rowStart[i]) throw new ShapeException("Csr: row " + i + " ends before it starts");
        }
        for (int i = 0; i < rows; i++) {
            for (int e = rowStart[i]; e < rowStart[i + 1]; e++) {
                if (column[e] < 0 || column[e] >= columns)
                    throw new ShapeException("Csr: column " + column[e] + " in row " + i + " of a matrix with " + columns + " columns");
                if (e > rowStart[i] && column[e] <= column[e - 1])
                    throw new ShapeException("Csr: columns of row " + i + " are not ascending at entry " + e);
            }
        }
        return new Csr(rows, columns, rowStart.clone(), column.clone(), values);
    }

    /** From arrays that are in order and nobody else's. */
    static Csr trusted(long rows, long columns, int[] rowStart, int[] column, Tensor values) {
        return new Csr(rows, columns, rowStart, column, values);
    }

    /** Rows and columns are numbered by {@code int}s, and there is one row start more than there are rows. */
    private static void checkSizes(long rows, long columns) {
        if (rows < 0 || columns < 0 || rows > MOST || columns > MOST)
            throw new ShapeException("Csr: a matrix of " + rows + " x " + columns + "; rows and columns lie between 0 and " + MOST);
    }

    /** The entries of a matrix that are not zero. */
    public static Csr fromDense(Tensor dense) {
        if (dense.rank() != 2) throw new ShapeException("Csr: shape " + dense.shape() + " is not a matrix");
        var flat = dense.detach().toDoubleArray();
        int m = Math.toIntExact(dense.size(0)), n = Math.toIntExact(dense.size(1)), count = 0;
        for (double v : flat) if (v != 0) count++;
        var start = new int[m + 1];
        var column = new int[count];
        var values = new double[count];
        count = 0;
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                if (flat[i * n + j] == 0) continue;
                column[count] = j;
                values[count++] = flat[i * n + j];
            }
            start[i + 1] = count;
        }
        return new Csr(m, n, start, column, Tensor.of(values).to(dense.dtype().toFloat()));
    }

    /** From entries in any order; entries at the same place are added. */
    public static Csr fromEntries(long rows, long columns, int[] row, int[] column, double[] value) {
        if (row.length != column.length || row.length != value.length)
            throw new ShapeException("Csr: " + row.length + " rows, " + column.length + " columns, " + value.length + " values");
        checkSizes(rows, columns);
        var keys = new long[row.length];
        for (int e = 0; e < keys.length; e++) {
            if (row[e] < 0 || row[e] >= rows || column[e] < 0 || column[e] >= columns)
                throw new ShapeException("Csr: entry (" + row[e] + ", " + column[e] + ") in a matrix of " + rows + " x " + columns);
            keys[e] = row[e] * columns + column[e];
        }
        var order = Tensor.of(keys).argsort(0).toIntArray();
        var start = new int[Math.toIntExact(rows) + 1];
        var merged = new int[keys.length];
        var sums = new double[keys.length];
        int n = 0;
        long last = -1;
        for (int e : order) {
            if (keys[e] != last) {
                merged[n++] = column[e];
                start[row[e] + 1] = n;
                last = keys[e];
            }
            sums[n - 1] += value[e];
        }
        for (int i = 0; i < rows; i++) start[i + 1] = Math.max(start[i + 1], start[i]);
        return new Csr(rows, columns, start, Arrays.copyOf(merged, n), Tensor.of(Arrays.copyOf(sums, n)));
    }

    public long rows() { return rows; }

    public long columns() { return columns; }

    /** Number of stored entries. */
    public int entries() { return column.length; }

    public DType dtype() { return values.dtype(); }

    /** Values of all rows, one after the other. */
    public Tensor values() { return values; }

    /** Position of the first entry of row {@code i}; {@code i} may be {@link #rows()}. */
    public int rowStart(int i) { return rowStart[i]; }

    /** Column of entry {@code e}. */
    public int column(int e) { return column[e]; }

    /** The same pattern with other values, to train parameters on a fixed pattern. */
    public Csr withValues(Tensor values) { return of(rows, columns, rowStart, column, values); }

    public Tensor toDense() {
        var flat = new long[column.length];
        for (int i = 0; i < rows; i++) for (int e = rowStart[i]; e < rowStart[i + 1]; e++) flat[e] = i * columns + column[e];
        return Tensor.zeros(dtype(), rows * columns).indexAdd(0, Tensor.of(flat), values).reshape(rows, columns);
    }

    /** The given rows, in that order. */
    public Csr rows(int... numbers) {
        var start = new int[numbers.length + 1];
        for (int i = 0; i < numbers.length; i++) {
            if (numbers[i] < 0 || numbers[i] >= rows) throw new ShapeException("Csr: row " + numbers[i] + " of " + rows);
            start[i + 1] = start[i] + rowStart[numbers[i] + 1] - rowStart[numbers[i]];
        }
        var kept = new int[start[numbers.length]];
        var from = new long[kept.length];
        for (int i = 0; i < numbers.length; i++) {
            for (int e = rowStart[numbers[i]], to = start[i]; e < rowStart[numbers[i] + 1]; e++, to++) {
                kept[to] = column[e];
                from[to] = e;
            }
        }
        return new Csr(numbers.length, columns, start, kept, values.indexSelect(0, Tensor.of(from)));
    }

    /** Row {@code i}. */
    public SparseVector row(int i) {
        if (i < 0 || i >= rows) throw new ShapeException("Csr: row " + i + " of " + rows);
        int from = rowStart[i], n = rowStart[i + 1] - from;
        var value = values.detach().narrow(0, from, n).toDoubleArray();
        return SparseVector.view((int) columns, Arrays.copyOfRange(column, from, from + n), value, 0, n);
    }

    /** All rows: views of one array of columns and one of values. */
    public List<SparseVector> toRows() {
        var value = values.detach().toDoubleArray();
        var all = new ArrayList<SparseVector>((int) rows);
        for (int i = 0; i < rows; i++) all.add(SparseVector.view((int) columns, column, value, rowStart[i], rowStart[i + 1]));
        return all;
    }

    /** From vectors of one dimension, a row each. @throws ShapeException if dimensions differ, or there is none */
    public static Csr ofRows(List<SparseVector> vectors) {
        if (vectors.isEmpty()) throw new ShapeException("Csr.ofRows: no rows; at least one tells the number of columns");
        int columns = vectors.getFirst().dimension();
        var start = new int[vectors.size() + 1];
        for (int i = 0; i < vectors.size(); i++) {
            if (vectors.get(i).dimension() != columns)
                throw new ShapeException("Csr.ofRows: row " + i + " has dimension " + vectors.get(i).dimension() + ", row 0 " + columns);
            start[i + 1] = Math.addExact(start[i], vectors.get(i).entries());
        }
        var column = new int[start[vectors.size()]];
        var value = new double[column.length];
        for (int i = 0; i < vectors.size(); i++) {
            for (int e = 0; e < start[i + 1] - start[i]; e++) {
                column[start[i] + e] = vectors.get(i).index(e);
                value[start[i] + e] = vectors.get(i).value(e);
            }
        }
        return new Csr(vectors.size(), columns, start, column, Tensor.of(value));
    }

    public Csr transpose() {
        int n = Math.toIntExact(columns);
        var start = new int[n + 1];
        for (int c : column) start[c + 1]++;
        for (int j = 0; j < n; j++) start[j + 1] += start[j];
        var next = start.clone();
        var row = new int[column.length];
        var from = new long[column.length];
        for (int i = 0; i < rows; i++) {
            for (int e = rowStart[i]; e < rowStart[i + 1]; e++) {
                int to = next[column[e]]++;
                row[to] = i;
                from[to] = e;
            }
        }
        return new Csr(columns, rows, start, row, values.indexSelect(0, Tensor.of(from)));
    }

    /**
     * Product with a dense matrix (columns, k) or vector (columns). Cost: entries times k. The second one with a vector of F32 arranges a copy of the entries for
     * itself and those that follow, which takes as long as about ten of them.
     *
     * @throws ShapeException if inner sizes differ
     */
    public Tensor matmul(Tensor dense) {
        if (dense.rank() == 1) {
            if (dense.count() == columns && isPlain(dense)) return Tensor.of(times(dense.to(DType.F32).toFloatArray()));
            return matmul(dense.unsqueeze(1)).squeeze(1);
        }
        if (dense.rank() != 2 || dense.size(0) != columns)
            throw new ShapeException("Csr.matmul: (" + rows + ", " + columns + ") x " + dense.shape() + ": inner sizes differ");
        var type = DType.promote(dtype(), dense.dtype());
        CustomOp.Pull pull = (i, g, out, in, kept) -> {
            if (i == 1) return withTracked(in[0]).transpose().matmul(g);
            var rowOf = new long[column.length];
            var columnOf = new long[column.length];
            for (int r = 0; r < rows; r++) {
                for (int e = rowStart[r]; e < rowStart[r + 1]; e++) {
                    rowOf[e] = r;
                    columnOf[e] = column[e];
                }
            }
            return g.indexSelect(0, Tensor.of(rowOf)).mul(in[1].indexSelect(0, Tensor.of(columnOf))).sum(1);
        };
        CustomOp.Push push = (tangents, out, in) -> {
            var byValues = tangents[0] == null ? null : withTracked(tangents[0]).matmul(in[1]);
            var byDense = tangents[1] == null ? null : withTracked(in[0]).matmul(tangents[1]);
            return byValues == null ? byDense : byDense == null ? byValues : byValues.add(byDense);
        };
        return new CustomOp("Csr.matmul", null, (in, kept) -> product(in[0], in[1]), pull, push, null).apply(values.to(type),
                dense.to(type));
    }

    /** Product with a sparse matrix (columns, k); places without a term are not stored. Values have no gradient. */
    public Csr matmul(Csr right) { return SparseProduct.of(this, right); }

    /** Sum of two matrices of the same shape. Values have no gradient. */
    public Csr add(Csr other) { return CsrProducts.add(this, 1, other); }

    /** Difference of two matrices of the same shape. Values have no gradient. */
    public Csr sub(Csr other) { return CsrProducts.add(this, -1, other); }

    /** Product element by element, of two matrices of one shape. Values have no gradient. */
    public Csr mul(Csr other) { return CsrProducts.mul(this, other); }

    /** All values times {@code factor}. */
    public Csr mul(double factor) { return withTracked(values.mul(factor)); }

    /** Without the stored entries whose value is 0. Values have no gradient. */
    public Csr withoutZeros() { return CsrProducts.withoutZeros(this); }

    /**
     * {@code x} with {@code A x = b} for a lower or upper triangular matrix, F64. General systems: {@code lyceum.linalg.ConjugateGradient}.
     *
     * @throws IllegalArgumentException if an entry lies on the other side of the diagonal, or the diagonal holds 0
     */
    public Tensor solveTriangular(Tensor b, boolean lower) { return Tensor.of(CsrProducts.solve(this, b.detach().toDoubleArray(), lower)); }

    /** Bytes of values, columns and row starts; what products with vectors arrange for themselves is not in it. */
    public long bytes() { return values.count() * dtype().bytes() + 4L * column.length + 4L * rowStart.length; }

    /** The values as doubles. */
    double[] numbers() { return values.detach().toDoubleArray(); }

    private Csr withTracked(Tensor values) { return new Csr(rows, columns, rowStart, column, values); }

    /** {@code this' dense}: what gradients and normal equations need. */
    public Tensor transposeMatmul(Tensor dense) { return transpose().matmul(dense); }

    /** Sums of the rows (axis 1) or columns (axis 0). */
    public Tensor sum(int axis) {
        if (axis == 1) return matmul(Tensor.ones(dtype(), columns));
        if (axis == 0) return transposeMatmul(Tensor.ones(dtype(), rows));
        throw new ShapeException("Csr.sum: axis " + axis + " of a matrix");
    }

    /** True if the product with {@code x} is in F32 and nobody asks how it came about. */
    private boolean isPlain(Tensor x) {
        return DType.promote(dtype(), x.dtype()) == DType.F32 && !Tracing.on() && !GradNode.wanted(values, x);
    }

    /** As the entries lie the first time, and after values were written to; from the second time on arranged. Both give the same bits. */
    private float[] times(float[] x) {
        int version = values.view().storage().version();
        var found = arranged;
        if (found != null && found.version == version && found.rows != null) return found.rows.times(x);
        var entries = values.detach().to(DType.F32).toFloatArray();
        if (found == null || found.version != version) {
            arranged = new Arranged(version, null);
            return SlicedRows.times(rowStart, column, entries, x);
        }
        var rows = new SlicedRows(rowStart, column, entries);
        arranged = new Arranged(version, rows);
        return rows.times(x);
    }

    /** The arrays themselves: not to be written. */
    int[] rowStarts() { return rowStart; }

    int[] columnNumbers() { return column; }

    private Tensor product(Tensor values, Tensor dense) {
        int k = Math.toIntExact(dense.size(1));
        View v = values.values(DType.F64), x = dense.values(DType.F64);
        var out = Allocator.allocate(Math.multiplyExact(Math.multiplyExact(rows, k), Double.BYTES));
        MemorySegment factors = part(v), vectors = part(x), sums = out.segment().asSlice(out.base(), (long) rows * k * Double.BYTES);
        long grain = Math.max(1, 65536L * Math.max(1, rows) / Math.max(1, (long) column.length * k));
        Parallel.range(rows, grain, (from, to) -> {
            if (k == 1) timesVector(factors, vectors, sums, (int) from, (int) to);
            else timesRows(factors, vectors, sums, k, (int) from, (int) to);
        });
        Reference.reachabilityFence(v);
        Reference.reachabilityFence(x);
        return Tensor.on(out, 0, DType.F64, rows, k).to(values.dtype());
    }

    private static MemorySegment part(View v) { return v.storage().segment().asSlice(v.byteOffset(), v.size() * Double.BYTES); }

    /** Sums of the even and the odd terms, since one would wait for each addition. */
    private void timesVector(MemorySegment v, MemorySegment x, MemorySegment y, int from, int to) {
        for (int i = from; i < to; i++) {
            int e = rowStart[i], end = rowStart[i + 1];
            double even = 0, odd = 0;
            for (; e + 1 < end; e += 2) {
                even += v.getAtIndex(F64, e) * x.getAtIndex(F64, column[e]);
                odd += v.getAtIndex(F64, e + 1) * x.getAtIndex(F64, column[e + 1]);
            }
            if (e < end) even += v.getAtIndex(F64, e) * x.getAtIndex(F64, column[e]);
            y.setAtIndex(F64, i, even + odd);
        }
    }

    private void timesRows(MemorySegment v, MemorySegment x, MemorySegment y, int k, int from, int to) {
        var sum = new double[k];
        for (int i = from; i < to; i++) {
            Arrays.fill(sum, 0);
            for (int e = rowStart[i]; e < rowStart[i + 1]; e++) {
                double factor = v.getAtIndex(F64, e);
                long source = (long) column[e] * k * Double.BYTES;
                for (int j = 0; j < k; j++) sum[j] += factor * x.get(F64, source + 8L * j);
            }
            MemorySegment.copy(sum, 0, y, F64, (long) i * k * Double.BYTES, k);
        }
    }

    @Override public String toString() { return "Csr " + rows + " x " + columns + " of " + dtype() + ", " + entries() + " entries"; }
}
