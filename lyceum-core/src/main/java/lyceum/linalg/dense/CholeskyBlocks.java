package lyceum.linalg.dense;

import lyceum.backend.Backend;

/**
 * {@code A = U^T U} in blocks by halves, so that nearly all of the work is large products: of the trailing square, whose half is spared, and of the substitution
 * beside it (Gustavson, 1997). The upper triangle is read and written; below it stands anything afterwards.
 */
public final class CholeskyBlocks {
    private static final int LEAF = 32, SQUARE = 32;

    private final Backend backend = Backend.current();
    private final TriangularBlocks triangles = new TriangularBlocks(backend);
    private final double[][] leaf = new double[LEAF][LEAF];

    private CholeskyBlocks() {}

    /** Overwrites the upper triangle with {@code U}. Returns -1, or the index of the first pivot that is not positive, which is left in place. */
    public static int factor(Block a) { return new CholeskyBlocks().halves(a); }

    private int halves(Block a) {
        int n = a.n();
        if (n <= LEAF) return leaf(a, n);
        int h = TriangularBlocks.half(n, LEAF);
        Block first = a.part(0, h, 0, h), beside = a.part(0, h, h, n), rest = a.part(h, n, h, n);
        int bad = halves(first);
        if (bad >= 0) return bad;
        triangles.lower(first.transposed(), false, beside);
        minusSquare(rest, beside);
        bad = halves(rest);
        return bad < 0 ? bad : h + bad;
    }

    /** {@code c -= w^T w}, except for what lies far below the diagonal. */
    private void minusSquare(Block c, Block w) {
        int n = c.n();
        if (n <= SQUARE) {
            c.minusProduct(backend, w.transposed(), w);
            return;
        }
        int h = TriangularBlocks.half(n, LEAF);
        Block left = w.columns(0, h), right = w.columns(h, n);
        minusSquare(c.part(0, h, 0, h), left);
        c.part(0, h, h, n).minusProduct(backend, left.transposed(), right);
        minusSquare(c.part(h, n, h, n), right);
    }

    private int leaf(Block a, int n) {
        for (int i = 0; i < n; i++) a.row(i, i, leaf[i], i, n - i);
        int bad = rows(n);
        for (int i = 0; i < n; i++) a.setRow(i, i, leaf[i], i, n - i);
        return bad;
    }

    /** Row by row, each without what the rows above have to do with it: four of them in one pass, because loading and storing is what a short row costs. */
    private int rows(int n) {
        for (int k = 0; k < n; k++) {
            double[] row = leaf[k];
            int i = 0;
            for (; i + 3 < k; i += 4) {
                double[] a = leaf[i], b = leaf[i + 1], c = leaf[i + 2], d = leaf[i + 3];
                Rows.axpy4(row, a, b, c, d, -a[k], -b[k], -c[k], -d[k], k, n);
            }
            for (; i < k; i++) Rows.axpy(-leaf[i][k], leaf[i], row, k, n);
            double pivot = row[k];
            if (!(pivot > 0) || pivot == Double.POSITIVE_INFINITY) return k;
            double root = Math.sqrt(pivot);
            row[k] = root;
            for (int j = k + 1; j < n; j++) row[j] /= root;
        }
        return -1;
    }
}
