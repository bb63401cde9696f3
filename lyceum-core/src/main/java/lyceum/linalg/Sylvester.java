package lyceum.linalg;

import lyceum.ShapeException;
import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.Matrices;
import lyceum.linalg.dense.Product;
import lyceum.linalg.dense.RealSchur;
import lyceum.tensor.CustomOp;
import lyceum.tensor.Tensor;

/**
 * Sylvester's equation {@code A X + X B = C} for {@code A (.., m, m)}, {@code B (.., n, n)} and {@code C (.., m, n)}, whose leading axes broadcast, with gradients
 * of any order.
 *
 * <p>Both are brought to real Schur form and the quasi-triangular system is solved block by block (Bartels and Stewart 1972): {@code O(m^3 + n^3)}. With
 * {@code B = A^T} it is Lyapunov's equation.
 */
public final class Sylvester {
    private Sylvester() {}

    /** The solution {@code (.., m, n)}. @throws SingularMatrixException if {@code A} and {@code -B} share an eigenvalue to rounding: it has none, or many */
    public static Tensor solve(Tensor a, Tensor b, Tensor c) { return Leading.each("sylvester", a, b, c, Sylvester::solveOne); }

    private static Tensor solveOne(Tensor a, Tensor b, Tensor c) {
        if (a.rank() == 2 && b.rank() == 2 && (c.rank() != 2 || c.size(0) != a.size(0) || c.size(1) != b.size(0)))
            throw new ShapeException("sylvester: C is " + c.shape() + " for A " + a.shape() + " and B " + b.shape() + "; it is ("
                    + a.size(0) + ", " + b.size(0) + ")");
        return CustomOp.of("sylvester", in -> solved(in[0], in[1], in[2]), (i, g, x, in) -> {
            var back = solveOne(in[0].transpose(), in[1].transpose(), g);
            return switch (i) {
                case 0 -> back.matmul(x.transpose()).neg();
                case 1 -> x.transpose().matmul(back).neg();
                default -> back;
            };
        }).apply(a, b, c);
    }

    private static Tensor solved(Tensor a, Tensor b, Tensor c) {
        RealSchur left = RealSchur.of(Matrices.square("sylvester", a)), right = RealSchur.of(Matrices.square("sylvester", b));
        int m = left.n, n = right.n;
        double[][] u = Dense.transpose(left.zt, m), v = Dense.transpose(right.zt, n);
        var y = Product.of(Product.of(left.zt, Matrices.rows("sylvester", c), n), v, n);
        double[][] s = left.t, t = right.t;
        double tiny = Math.ulp(1.0) * Math.max(Dense.maxAbs(s), Dense.maxAbs(t));
        for (int j = 0; j < n; j += width(t, j, n)) {
            int columns = width(t, j, n);
            for (int q = j; q < j + columns; q++) for (int i = 0; i < m; i++) for (int k = 0; k < j; k++) y[i][q] -= y[i][k] * t[k][q];
            for (int i = m; i > 0;) {
                int rows = i > 1 && s[i - 1][i - 2] != 0 ? 2 : 1;
                i -= rows;
                for (int p = i; p < i + rows; p++)
                    for (int q = j; q < j + columns; q++) for (int k = i + rows; k < m; k++) y[p][q] -= s[p][k] * y[k][q];
                block(s, t, y, i, rows, j, columns, tiny);
            }
        }
        return Matrices.tensor(Product.of(Product.of(u, y, n), right.zt, n), n, Matrices.resultType(c));
    }

    private static int width(double[][] t, int j, int n) { return j + 1 < n && t[j + 1][j] != 0 ? 2 : 1; }

    /** At most four equations in the unknowns of a block, by elimination with pivots. */
    private static void block(double[][] s, double[][] t, double[][] y, int i, int rows, int j, int columns, double tiny) {
        int size = rows * columns;
        var e = new double[size][size + 1];
        for (int p = 0; p < rows; p++) for (int q = 0; q < columns; q++) {
            var row = e[p * columns + q];
            for (int k = 0; k < rows; k++) row[k * columns + q] += s[i + p][i + k];
            for (int k = 0; k < columns; k++) row[p * columns + k] += t[j + k][j + q];
            row[size] = y[i + p][j + q];
        }
        for (int k = 0; k < size; k++) {
            int pivot = k;
            for (int r = k + 1; r < size; r++) if (Math.abs(e[r][k]) > Math.abs(e[pivot][k])) pivot = r;
            if (!(Math.abs(e[pivot][k]) > tiny)) throw new SingularMatrixException(i, "sylvester: A and -B share an eigenvalue near "
                    + s[i][i] + ": there is no solution, or many; add a multiple of the identity to one");
            var row = e[pivot];
            e[pivot] = e[k];
            e[k] = row;
            for (int r = k + 1; r < size; r++) {
                double factor = e[r][k] / row[k];
                for (int col = k; col <= size; col++) e[r][col] -= factor * row[col];
            }
        }
        for (int k = size - 1; k >= 0; k--) {
            double sum = e[k][size];
            for (int col = k + 1; col < size; col++) sum -= e[k][col] * e[col][size];
            e[k][size] = sum / e[k][k];
        }
        for (int p = 0; p < rows; p++) for (int q = 0; q < columns; q++) y[i + p][j + q] = e[p * columns + q][size];
    }
}
