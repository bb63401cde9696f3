package lyceum.linalg.dense;

import lyceum.backend.Backend;
import lyceum.memory.Scope;

/**
 * Matrix products on rows. The inner loop adds four scaled rows of {@code B} to one row of {@code C}; blocks of {@value #KC} rows by
 * {@value #NC} columns of {@code B} stay in the second-level cache while all rows of {@code C} pass.
 */
public final class Product {
    public static final int KC = 64, NC = 256;

    private Product() {}

    /**
     * {@code C[i][j] += alpha sum_k A[i + ai][k + ak] B[k + bk][j]} for {@code i} in {@code [i0, i1)}, {@code j} in {@code [j0, j1)},
     * {@code k} in {@code [0, depth)}. Columns of {@code B} and {@code C} share their index, so that the loop is vector code.
     */
    public static void add(double[][] c, int i0, int i1, int j0, int j1, double alpha, double[][] a, int ai, int ak, double[][] b, int bk,
            int depth) {
        for (int jb = j0; jb < j1; jb += NC) {
            int je = Math.min(j1, jb + NC);
            for (int kb = 0; kb < depth; kb += KC) {
                int ke = Math.min(depth, kb + KC);
                for (int i = i0; i < i1; i++) addRow(c[i], jb, je, alpha, a[i + ai], ak, b, bk, kb, ke);
            }
        }
    }

    private static void addRow(double[] c, int jb, int je, double alpha, double[] a, int ak, double[][] b, int bk, int kb, int ke) {
        int k = kb;
        for (; k + 3 < ke; k += 4) {
            int p = k + ak, q = k + bk;
            Rows.axpy4(c, b[q], b[q + 1], b[q + 2], b[q + 3], alpha * a[p], alpha * a[p + 1], alpha * a[p + 2], alpha * a[p + 3], jb, je);
        }
        for (; k < ke; k++) Rows.axpy(alpha * a[k + ak], b[k + bk], c, jb, je);
    }

    /** {@code A B}, with {@code n} the columns of {@code B}. */
    public static double[][] of(double[][] a, double[][] b, int n) {
        if (b.length >= Block.LEAST && Block.pays(a.length, n)) {
            try (var scratch = Scope.open("product")) {
                Block left = Block.empty(a.length, b.length).setRows(a), right = Block.empty(b.length, n).setRows(b);
                return Block.empty(a.length, n).setProduct(Backend.current(), left, right).toRows();
            }
        }
        var c = Dense.zeros(a.length, n);
        add(c, 0, a.length, 0, n, 1, a, 0, 0, b, 0, b.length);
        return c;
    }

    /** {@code A^T B}, with {@code m} the columns of {@code A} and {@code n} those of {@code B}. */
    public static double[][] transposedTimes(double[][] a, int m, double[][] b, int n) { return of(Dense.transpose(a, m), b, n); }

    /** {@code A B^T}, with {@code depth} the columns of both. */
    public static double[][] timesTransposed(double[][] a, double[][] b, int depth) { return of(a, Dense.transpose(b, depth), b.length); }

    /** {@code A^T A} (n x n), computed for the lower triangle and mirrored. */
    public static double[][] gram(double[][] a, int n) {
        var at = Dense.transpose(a, n);
        var g = Dense.zeros(n, n);
        for (int i0 = 0; i0 < n; i0 += KC) {
            int i1 = Math.min(n, i0 + KC);
            add(g, i0, i1, 0, i1, 1, at, 0, 0, a, 0, a.length);
        }
        mirrorLower(g);
        return g;
    }

    public static void mirrorLower(double[][] a) { for (int i = 0; i < a.length; i++) for (int j = 0; j < i; j++) a[j][i] = a[i][j]; }
}
