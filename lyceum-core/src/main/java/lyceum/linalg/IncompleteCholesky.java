package lyceum.linalg;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/**
 * {@code L L^T} that equals a sparse symmetric positive definite matrix where that has entries, L having no others (IC(0)): as a
 * {@link Preconditioner} it applies {@code (L L^T)^-1}, two sparse triangular solves.
 *
 * <p>For an M-matrix, such as a discrete Laplacian, it exists. For others a pivot may fail; then the diagonal is raised by a part of itself
 * until none does (Manteuffel 1980), which {@link #shift()} tells. Immutable and safe for threads.
 *
 * @see <a href="https://doi.org/10.1090/S0025-5718-1977-0438681-4">Meijerink and van der Vorst (1977)</a>
 */
public final class IncompleteCholesky implements Preconditioner {
    private static final double FIRST_SHIFT = 1e-3, LARGEST_SHIFT = 100;

    private final int[] start;
    private final int[] column;
    private final double[] l;
    private final double shift;

    private IncompleteCholesky(int[] start, int[] column, double[] l, double shift) {
        this.start = start;
        this.column = column;
        this.l = l;
        this.shift = shift;
    }

    /**
     * Reads the lower triangle, diagonal included, of a symmetric matrix.
     *
     * @throws ShapeException if the matrix is not square
     * @throws NotPositiveDefiniteException if a diagonal entry is missing or not above 0
     */
    public static IncompleteCholesky of(Csr a) {
        if (a.rows() != a.columns())
            throw new ShapeException("incomplete cholesky: the matrix is " + a.rows() + " x " + a.columns() + "; it must be square");
        int n = (int) a.rows(), count = 0;
        var start = new int[n + 1];
        var column = new int[a.entries()];
        double[] all = a.values().toDoubleArray(), lower = new double[a.entries()];
        for (int i = 0; i < n; i++) {
            double diagonal = 0;
            for (int e = a.rowStart(i); e < a.rowStart(i + 1) && a.column(e) <= i; e++) {
                column[count] = a.column(e);
                lower[count++] = all[e];
                if (a.column(e) == i) diagonal = all[e];
            }
            if (!(diagonal > 0)) throw new NotPositiveDefiniteException("incomplete cholesky", i, diagonal);
            start[i + 1] = count;
        }
        column = Arrays.copyOf(column, count);
        lower = Arrays.copyOf(lower, count);
        for (double shift = 0; shift <= LARGEST_SHIFT; shift = shift == 0 ? FIRST_SHIFT : 2 * shift) {
            var l = lower.clone();
            for (int i = 0; i < n; i++) l[start[i + 1] - 1] *= 1 + shift;
            if (factor(start, column, l)) return new IncompleteCholesky(start, column, l, shift);
        }
        throw new NotPositiveDefiniteException("incomplete cholesky", 0, Double.NaN);
    }

    /** Row by row: {@code l_ik = (a_ik - sum_j l_ij l_kj) / l_kk} over the pattern. False if a pivot fails. */
    private static boolean factor(int[] start, int[] column, double[] l) {
        for (int i = 0; i + 1 < start.length; i++) {
            int pivot = start[i + 1] - 1;
            for (int e = start[i]; e < pivot; e++) {
                int k = column[e], end = start[k + 1] - 1;
                double sum = l[e];
                for (int p = start[i], q = start[k]; p < e && q < end;) {
                    if (column[p] == column[q]) sum -= l[p++] * l[q++];
                    else if (column[p] < column[q]) p++;
                    else q++;
                }
                l[e] = sum / l[end];
                l[pivot] -= l[e] * l[e];
            }
            if (!(l[pivot] > 0)) return false;
            l[pivot] = Math.sqrt(l[pivot]);
        }
        return true;
    }

    /** Part of the diagonal that was added to itself; 0 if the factor exists without. */
    public double shift() { return shift; }

    /** L, with the pattern of the matrix's lower triangle. */
    public Csr lower() {
        int n = start.length - 1;
        return Csr.of(n, n, start, column, Tensor.of(l).to(DType.F64));
    }

    /** {@code (L L^T)^-1 r}, a new array. */
    @Override public double[] apply(double[] r) {
        int n = start.length - 1;
        if (r.length != n) throw new ShapeException("incomplete cholesky: " + r.length + " numbers for a matrix of " + n + " rows");
        var z = r.clone();
        for (int i = 0; i < n; i++) {
            int pivot = start[i + 1] - 1;
            double sum = z[i];
            for (int e = start[i]; e < pivot; e++) sum -= l[e] * z[column[e]];
            z[i] = sum / l[pivot];
        }
        for (int i = n - 1; i >= 0; i--) {
            int pivot = start[i + 1] - 1;
            z[i] /= l[pivot];
            for (int e = start[i]; e < pivot; e++) z[column[e]] -= l[e] * z[i];
        }
        return z;
    }
}
