package lyceum.tensor;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;

/** Sums and element-wise products of sparse matrices, and triangular solves. Not differentiable. Products are {@link SparseProduct}. */
final class CsrProducts {
    private final int rows, columns;
    private final int[] start;
    private int[] column = new int[16];
    private double[] value = new double[16];
    private int n;

    private CsrProducts(Csr like) {
        this.rows = (int) like.rows();
        this.columns = (int) like.columns();
        this.start = new int[rows + 1];
    }

    private void put(int j, double v) {
        if (n == column.length) {
            column = Arrays.copyOf(column, Math.addExact(n, n));
            value = Arrays.copyOf(value, 2 * n);
        }
        column[n] = j;
        value[n++] = v;
    }

    private Csr of(DType type) {
        return Csr.trusted(rows, columns, start, Arrays.copyOf(column, n), Tensor.of(Arrays.copyOf(value, n)).to(type));
    }

    /** {@code a + factor b}: places of either. */
    static Csr add(Csr a, double factor, Csr b) {
        requireSame("add", a, b);
        var out = new CsrProducts(a);
        double[] x = a.numbers(), y = b.numbers();
        for (int i = 0; i < out.rows; i++) {
            int e = a.rowStart(i), f = b.rowStart(i);
            while (e < a.rowStart(i + 1) || f < b.rowStart(i + 1)) {
                int left = e < a.rowStart(i + 1) ? a.column(e) : Integer.MAX_VALUE;
                int right = f < b.rowStart(i + 1) ? b.column(f) : Integer.MAX_VALUE, j = Math.min(left, right);
                out.put(j, (left == j ? x[e++] : 0) + (right == j ? factor * y[f++] : 0));
            }
            out.start[i + 1] = out.n;
        }
        return out.of(DType.promote(a.dtype(), b.dtype()));
    }

    /** Element by element: places of both. */
    static Csr mul(Csr a, Csr b) {
        requireSame("mul", a, b);
        var out = new CsrProducts(a);
        double[] x = a.numbers(), y = b.numbers();
        for (int i = 0; i < out.rows; i++) {
            for (int e = a.rowStart(i), f = b.rowStart(i); e < a.rowStart(i + 1) && f < b.rowStart(i + 1);) {
                int order = Integer.compare(a.column(e), b.column(f));
                if (order == 0) out.put(a.column(e), x[e] * y[f]);
                if (order <= 0) e++;
                if (order >= 0) f++;
            }
            out.start[i + 1] = out.n;
        }
        return out.of(DType.promote(a.dtype(), b.dtype()));
    }

    static Csr withoutZeros(Csr a) {
        var out = new CsrProducts(a);
        double[] x = a.numbers();
        for (int i = 0; i < out.rows; i++) {
            for (int e = a.rowStart(i); e < a.rowStart(i + 1); e++) if (x[e] != 0) out.put(a.column(e), x[e]);
            out.start[i + 1] = out.n;
        }
        return out.of(a.dtype());
    }

    private static void requireSame(String operation, Csr a, Csr b) {
        if (a.rows() != b.rows() || a.columns() != b.columns()) throw new ShapeException("Csr." + operation + ": (" + a.rows() + ", "
                + a.columns() + ") and (" + b.rows() + ", " + b.columns() + "); equal shapes are meant");
    }

    /** {@code x} with {@code A x = b}, A lower or upper triangular: substitution, one step an entry. */
    static double[] solve(Csr a, double[] b, boolean lower) {
        int n = (int) a.rows();
        if (a.columns() != n || b.length != n) throw new ShapeException(
                "Csr.solveTriangular: (" + n + ", " + a.columns() + ") and " + b.length + " right-hand sides; a square is meant");
        var x = new double[n];
        double[] v = a.numbers();
        for (int k = 0; k < n; k++) {
            int i = lower ? k : n - 1 - k;
            double rest = b[i], pivot = 0;
            for (int e = a.rowStart(i); e < a.rowStart(i + 1); e++) {
                int j = a.column(e);
                if (j == i) pivot = v[e];
                else if (j < i == lower) rest -= v[e] * x[j];
                else throw new ShapeException("Csr.solveTriangular: entry (" + i + ", " + j + ") is on the wrong side of the diagonal");
            }
            if (pivot == 0)
                throw new IllegalArgumentException("Csr.solveTriangular: the diagonal is 0 in row " + i + "; no solution, or many");
            x[i] = rest / pivot;
        }
        return x;
    }
}
