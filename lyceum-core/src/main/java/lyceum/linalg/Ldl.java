package lyceum.linalg;

import java.util.Arrays;
import lyceum.DType;
import lyceum.linalg.dense.CholeskySteps;
import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.Matrices;
import lyceum.linalg.dense.Product;
import lyceum.linalg.dense.Rows;
import lyceum.linalg.dense.TriangularSolve;
import lyceum.tensor.Tensor;

/**
 * {@code A[p][:, p] = L D L^T} for a symmetric matrix that need not be positive definite: {@code L} unit lower triangular, {@code D} diagonal
 * with 1 x 1 and 2 x 2 blocks, {@code p} a permutation (Bunch and Kaufman, 1977).
 *
 * {@snippet :
 * var f = Ldl.of(saddlePointMatrix);
 * Tensor x = f.solve(b);
 * int negative = f.negative();            // eigenvalues below 0, by Sylvester's law of inertia
 * }
 *
 * <p>{@link #withoutPivoting} factors in blocks, for matrices whose leading minors are known to be far from 0. Only the lower triangle of
 * {@code a (n, n)} is read. {@code n^3 / 3} multiplications. Immutable.
 */
public final class Ldl {
    private static final double ALPHA = (1 + Math.sqrt(17)) / 8;

    private final double[][] l;
    private final double[] d, off;
    private final int[] order;
    private final DType type;

    private Ldl(double[][] l, double[] d, double[] off, int[] order, DType type) {
        this.l = l;
        this.d = d;
        this.off = off;
        this.order = order;
        this.type = type;
    }

    /** Factors with symmetric pivoting. Never fails; a singular matrix shows as a zero block of D. */
    public static Ldl of(Tensor a) {
        var rows = Matrices.square("ldl", a);
        Product.mirrorLower(rows);
        int n = rows.length;
        var f = new Ldl(Dense.identity(n, n), new double[n], new double[n], new int[n], Matrices.resultType(a));
        for (int i = 0; i < n; i++) f.order[i] = i;
        for (int k = 0; k < n;) k += f.eliminate(rows, k);
        return f;
    }

    /**
     * Factors in the given order, in blocks.
     *
     * @throws SingularMatrixException if a leading minor is 0; its index is named
     */
    public static Ldl withoutPivoting(Tensor a) {
        var rows = Matrices.square("ldl", a);
        int n = rows.length;
        int bad = CholeskySteps.factorLdl(rows);
        if (bad >= 0) throw new SingularMatrixException("ldl without pivoting", bad);
        var d = new double[n];
        var order = new int[n];
        for (int i = 0; i < n; i++) {
            d[i] = rows[i][i];
            rows[i][i] = 1;
            Arrays.fill(rows[i], i + 1, n, 0);
            order[i] = i;
        }
        return new Ldl(rows, d, new double[n], order, Matrices.resultType(a));
    }

    /** One step on the symmetric trailing block from k on; returns the size of the pivot block. */
    private int eliminate(double[][] a, int k) {
        int n = a.length;
        double[] row = a[k];
        int r = k;
        double column = 0;
        for (int i = k + 1; i < n; i++) {
            if (Math.abs(row[i]) > column) {
                column = Math.abs(row[i]);
                r = i;
            }
        }
        double pivot = Math.abs(row[k]);
        if (column == 0) {
            d[k] = row[k];
            return 1;
        }
        boolean two = false;
        if (pivot < ALPHA * column) {
            double other = 0;
            for (int j = k; j < n; j++) if (j != r) other = Math.max(other, Math.abs(a[r][j]));
            if (pivot * other >= ALPHA * column * column) {
                r = k;
            } else if (Math.abs(a[r][r]) < ALPHA * other) {
                two = true;
            }
        } else {
            r = k;
        }
        exchange(a, k, two ? k + 1 : k, r);
        if (two) eliminateTwo(a, k);
        else eliminateOne(a, k);
        return two ? 2 : 1;
    }

    private void exchange(double[][] a, int k, int p, int r) {
        if (p == r) return;
        Rows.swap(a, p, r);
        for (int i = k; i < a.length; i++) {
            double t = a[i][p];
            a[i][p] = a[i][r];
            a[i][r] = t;
        }
        for (int j = 0; j < k; j++) {
            double t = l[p][j];
            l[p][j] = l[r][j];
            l[r][j] = t;
        }
        int t = order[p];
        order[p] = order[r];
        order[r] = t;
    }

    private void eliminateOne(double[][] a, int k) {
        double[] row = a[k];
        d[k] = row[k];
        for (int i = k + 1; i < a.length; i++) {
            double factor = row[i] / d[k];
            l[i][k] = factor;
            if (factor != 0) Rows.axpy(-factor, row, a[i], k + 1, a.length);
        }
    }

    private void eliminateTwo(double[][] a, int k) {
        double[] x = a[k], y = a[k + 1];
        d[k] = x[k];
        d[k + 1] = y[k + 1];
        off[k] = y[k];
        double p = d[k] / off[k], q = d[k + 1] / off[k], scale = 1 / (p * q - 1) / off[k];
        for (int i = k + 2; i < a.length; i++) {
            double s = scale * (q * x[i] - y[i]), t = scale * (p * y[i] - x[i]);
            l[i][k] = s;
            l[i][k + 1] = t;
            Rows.axpy(-s, x, a[i], k + 2, a.length);
            Rows.axpy(-t, y, a[i], k + 2, a.length);
        }
    }

    /** {@code L}, unit lower triangular. */
    public Tensor lower() { return Matrices.tensor(l, l.length, type); }

    /** {@code D}, block diagonal (n x n). */
    public Tensor blockDiagonal() {
        int n = d.length;
        var full = Dense.zeros(n, n);
        for (int i = 0; i < n; i++) {
            full[i][i] = d[i];
            if (off[i] != 0) full[i][i + 1] = full[i + 1][i] = off[i];
        }
        return Matrices.tensor(full, n, type);
    }

    /** {@code p}: row i of the factored matrix is row {@code p[i]} of A. */
    public int[] permutation() { return order.clone(); }

    /** {@code X} with {@code A X = B}. @throws SingularMatrixException if a pivot is 0 */
    public Tensor solve(Tensor b) {
        int n = d.length;
        var sides = Matrices.RightSides.of("ldl solve", b, n);
        var x = new double[n][];
        for (int i = 0; i < n; i++) x[i] = sides.b()[order[i]];
        TriangularSolve.lower(l, true, x, n, sides.columns());
        for (int i = 0; i < n; i++) {
            if (off[i] == 0) {
                if (d[i] == 0) throw new SingularMatrixException("ldl solve", i);
                TriangularSolve.divide(x[i], d[i], sides.columns());
            } else {
                double p = d[i] / off[i], q = d[i + 1] / off[i], scale = 1 / (p * q - 1) / off[i];
                for (int j = 0; j < sides.columns(); j++) {
                    double u = x[i][j], v = x[i + 1][j];
                    x[i][j] = scale * (q * u - v);
                    x[i + 1][j] = scale * (p * v - u);
                }
                i++;
            }
        }
        TriangularSolve.lowerTransposed(l, true, x, n, sides.columns());
        var back = new double[n][];
        for (int i = 0; i < n; i++) back[order[i]] = x[i];
        return sides.tensor(back, type);
    }

    /** {@code det A}, exact in sign. */
    public double det() {
        var product = new ScaledProduct(1);
        for (int i = 0; i < d.length; i++) product.times(off[i] == 0 ? d[i] : block(i++));
        return product.value();
    }

    /** {@code log |det A|}, minus infinity for a singular matrix. */
    public double logAbsDet() {
        double sum = 0;
        for (int i = 0; i < d.length; i++) {
            if (off[i] == 0) sum += Math.log(Math.abs(d[i]));
            else sum += Math.log(Math.abs(block(i++)));
        }
        return sum;
    }

    private double block(int i) { return off[i] * off[i] * ((d[i] / off[i]) * (d[i + 1] / off[i]) - 1); }

    /** Number of negative eigenvalues of A; a 2 x 2 block holds one of each sign. */
    public int negative() {
        int count = 0;
        for (int i = 0; i < d.length; i++) {
            if (off[i] != 0) {
                count++;
                i++;
            } else if (d[i] < 0) {
                count++;
            }
        }
        return count;
    }
}
