package lyceum.linalg.dense;

import java.util.function.Consumer;
import lyceum.backend.Backend;
import lyceum.memory.Scope;

/** Substitution with triangular factors stored as rows, in place, for one vector or for many right-hand sides. */
public final class TriangularSolve {
    private static final int NB = 32, FEW = 8;

    private TriangularSolve() {}

    /** {@code L x = b}. */
    public static void lower(double[][] l, boolean unit, double[] x, int n) {
        for (int i = 0; i < n; i++) {
            double v = x[i] - Rows.dot(l[i], x, 0, i);
            x[i] = unit ? v : v / l[i][i];
        }
    }

    /** {@code L^T x = b}. */
    public static void lowerTransposed(double[][] l, boolean unit, double[] x, int n) {
        for (int i = n - 1; i >= 0; i--) {
            if (!unit) x[i] /= l[i][i];
            Rows.axpy(-x[i], l[i], x, 0, i);
        }
    }

    /** {@code U x = b}. */
    public static void upper(double[][] u, boolean unit, double[] x, int n) {
        for (int i = n - 1; i >= 0; i--) {
            double v = x[i] - Rows.dot(u[i], x, i + 1, n);
            x[i] = unit ? v : v / u[i][i];
        }
    }

    /** {@code U^T x = b}. */
    public static void upperTransposed(double[][] u, boolean unit, double[] x, int n) {
        for (int i = 0; i < n; i++) {
            if (!unit) x[i] /= u[i][i];
            Rows.axpy(-x[i], u[i], x, i + 1, n);
        }
    }

    /** {@code L X = B} with {@code r} columns. */
    public static void lower(double[][] l, boolean unit, double[][] b, int n, int r) {
        if (r < FEW) {
            eachColumn(b, n, r, x -> lower(l, unit, x, n));
            return;
        }
        if (Block.pays(n, r)) {
            outside(b, n, r, x -> new TriangularBlocks(Backend.current()).lower(Block.empty(n, n).setRows(l), unit, x));
            return;
        }
        for (int i0 = 0; i0 < n; i0 += NB) {
            int i1 = Math.min(n, i0 + NB);
            Product.add(b, i0, i1, 0, r, -1, l, 0, 0, b, 0, i0);
            for (int i = i0; i < i1; i++) {
                Product.add(b, i, i + 1, 0, r, -1, l, 0, i0, b, i0, i - i0);
                if (!unit) divide(b[i], l[i][i], r);
            }
        }
    }

    /** {@code U X = B} with {@code r} columns. */
    public static void upper(double[][] u, boolean unit, double[][] b, int n, int r) {
        if (r < FEW) {
            eachColumn(b, n, r, x -> upper(u, unit, x, n));
            return;
        }
        if (Block.pays(n, r)) {
            outside(b, n, r, x -> new TriangularBlocks(Backend.current()).upper(Block.empty(n, n).setRows(u), unit, x));
            return;
        }
        for (int i1 = n; i1 > 0; i1 -= NB) {
            int i0 = Math.max(0, i1 - NB);
            Product.add(b, i0, i1, 0, r, -1, u, 0, i1, b, i1, n - i1);
            for (int i = i1 - 1; i >= i0; i--) {
                Product.add(b, i, i + 1, 0, r, -1, u, 0, i + 1, b, i + 1, i1 - i - 1);
                if (!unit) divide(b[i], u[i][i], r);
            }
        }
    }

    /** {@code L^T X = B}: the transposed copy costs O(n^2) and buys contiguous rows for the O(n^2 r) work. */
    public static void lowerTransposed(double[][] l, boolean unit, double[][] b, int n, int r) {
        if (r < FEW) eachColumn(b, n, r, x -> lowerTransposed(l, unit, x, n));
        else upper(Dense.transpose(l, n), unit, b, n, r);
    }

    /** {@code U^T X = B}. */
    public static void upperTransposed(double[][] u, boolean unit, double[][] b, int n, int r) {
        if (r < FEW) eachColumn(b, n, r, x -> upperTransposed(u, unit, x, n));
        else lower(Dense.transpose(Dense.block(u, 0, n, 0, n), n), unit, b, n, r);
    }

    /** Divides rather than multiplies by the reciprocal: one rounding less, and the time is elsewhere. */
    public static void divide(double[] x, double d, int to) { for (int i = 0; i < to; i++) x[i] /= d; }

    private static void outside(double[][] b, int n, int r, Consumer<Block> solve) {
        try (var scratch = Scope.open("triangular solve")) {
            var x = Block.empty(n, r).setRows(b);
            solve.accept(x);
            for (int i = 0; i < n; i++) x.row(i, 0, b[i], 0, r);
        }
    }

    private interface OneColumn {
        void solve(double[] x);
    }

    private static void eachColumn(double[][] b, int n, int r, OneColumn body) {
        var x = new double[n];
        for (int j = 0; j < r; j++) {
            for (int i = 0; i < n; i++) x[i] = b[i][j];
            body.solve(x);
            for (int i = 0; i < n; i++) b[i][j] = x[i];
        }
    }
}
