package lyceum.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.backend.SparseRows;
import lyceum.backend.View;

/**
 * A sparse matrix in compressed rows: the columns and values of row {@code i} are at positions {@code rowStart[i] .. rowStart[i + 1] - 1}.
 *
 * <p>Products with dense matrices are differentiable in the dense operand and in the values. Immutable and safe for threads. Columns of a row
 * are ascending and distinct.
 */
public final class Csr {
    private static final long MOST = Integer.MAX_VALUE - 16;

    private final long rows, columns;
    private final CsrPattern pattern;
    private final int[] rowStart;
    private final int[] column;
    private final Tensor values;
    /** As they took part in the last product, with what was arranged for it. */
    private volatile SparseRows met;

    private Csr(long rows, long columns, int[] rowStart, int[] column, Tensor values) {
        this(new CsrPattern(new SparseRows.Pattern((int) rows, (int) columns, rowStart, column)), values);
    }

    private Csr(CsrPattern pattern, Tensor values) {
        this.rows = pattern.rows().rows();
        this.columns = pattern.rows().columns();
        this.pattern = pattern;
        this.rowStart = pattern.rows().starts();
        this.column = pattern.rows().column();
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
        checkValues(values, column.length);
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

    private static void checkValues(Tensor values, int entries) {
        if (values.rank() != 1 || values.count() != entries)
            throw new ShapeException("Csr: values of shape " + values.shape() + " for " + entries + " columns");
        if (!values.dtype().isFloat()) throw new DTypeException("Csr: values are " + values.dtype() + "; convert them to a float type");
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

    /** The entries of a matrix that are not zero. Values have no gradient; those of {@link #places} in the matrix do. */
    public static Csr fromDense(Tensor dense) {
        if (dense.rank() != 2) throw new ShapeException("Csr: shape " + dense.shape() + " is not a matrix");
        var all = dense.detach();
        var isThere = Items.bytes(all.ne(0)); // a byte each, whatever the type: less to read than the numbers
        int m = Math.toIntExact(all.size(0)), n = Math.toIntExact(all.size(1)), count = 0;
        for (byte b : isThere) count += b != 0 ? 1 : 0;
        int[] start = new int[m + 1], column = new int[count], from = new int[count];
        count = 0;
        for (int i = 0, at = 0; i < m; i++) {
            for (int j = 0; j < n; j++, at++) {
                if (isThere[at] == 0) continue;
                column[count] = j;
                from[count++] = at;
            }
            start[i + 1] = count;
        }
        return new Csr(m, n, start, column, all.flatten().indexSelect(0, Tensor.of(from)).to(all.dtype().toFloat()).compute());
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
    public Csr withValues(Tensor values) {
        checkValues(values, column.length);
        return withTracked(values);
    }

    public Tensor toDense() { return Tensor.zeros(dtype(), rows * columns).indexAdd(0, places(), values).reshape(rows, columns); }

    /** The row-major numbers of the entries in the dense matrix, I64. */
    public Tensor places() {
        var flat = new long[column.length];
        for (int i = 0; i < rows; i++) for (int e = rowStart[i]; e < rowStart[i + 1]; e++) flat[e] = i * columns + column[e];
        return Tensor.of(flat);
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
        var turned = pattern.turned();
        return new Csr(turned.pattern(), values.indexSelect(0, turned.from()));
    }

    /**
     * Product with a dense matrix (columns, k) or vector (columns). Cost: entries times k. Sums are of F64, each term added by a fused multiplication in the order of the
     * columns, and rounded once. The second one with a vector arranges a copy of the entries for itself and those that follow, which takes as long as about ten of them.
     *
     * @throws ShapeException if inner sizes differ
     */
    public Tensor matmul(Tensor dense) {
        if (dense.rank() < 1 || dense.rank() > 2 || dense.size(0) != columns)
            throw new ShapeException("Csr.matmul: (" + rows + ", " + columns + ") x " + dense.shape() + ": inner sizes differ");
        var type = DType.promote(dtype(), dense.dtype());
        return new SparseMatmulOp(this).apply(values.to(type), dense.to(type));
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

    private Csr withTracked(Tensor values) { return new Csr(pattern, values); }

    /** {@code this' dense}: what gradients and normal equations need. */
    public Tensor transposeMatmul(Tensor dense) { return transpose().matmul(dense); }

    /** Sums of the rows (axis 1) or columns (axis 0). */
    public Tensor sum(int axis) {
        if (axis == 1) return matmul(Tensor.ones(dtype(), columns));
        if (axis == 0) return transposeMatmul(Tensor.ones(dtype(), rows));
        throw new ShapeException("Csr.sum: axis " + axis + " of a matrix");
    }

    /** The arrays themselves: not to be written. */
    int[] rowStarts() { return rowStart; }

    int[] columnNumbers() { return column; }

    CsrPattern pattern() { return pattern; }

    /** With what was arranged at an earlier product, if the values are still those. */
    SparseRows operand(View v) {
        var known = met;
        if (known != null && known.holds(v)) return known;
        var operand = new SparseRows(pattern.rows(), v);
        if (v.storage() == values.view().storage()) met = operand; // and not a copy in another type, which nobody meets again
        return operand;
    }

    @Override public String toString() { return "Csr " + rows + " x " + columns + " of " + dtype() + ", " + entries() + " entries"; }
}
