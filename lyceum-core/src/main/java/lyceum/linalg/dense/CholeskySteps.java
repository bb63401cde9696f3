package lyceum.linalg.dense;

import lyceum.memory.Scope;

/** The blocked right-looking factorisation {@code A = L L^T} or {@code A = L D L^T} on rows; only the lower triangle is read. */
public final class CholeskySteps {
    private static final int NB = 48, STRIP = 16, TILE = 32;

    private CholeskySteps() {}

    /** Overwrites the lower triangle with {@code L}. Returns -1, or the index of the first pivot that is not positive, which is left in place. */
    public static int factor(double[][] a) { return Block.pays(a.length, a.length) ? outside(a) : blocks(a, false); }

    /** The same outside the heap. */
    private static int outside(double[][] a) {
        int n = a.length;
        try (var scratch = Scope.open("cholesky")) {
            Block lower = Block.empty(n, n).setRows(a), upper = Block.empty(n, n).setTo(lower.transposed());
            int bad = CholeskyBlocks.factor(upper);
            lower.setTo(upper.transposed());
            for (int i = 0; i < n; i++) lower.row(i, 0, a[i], 0, i + 1);
            return bad;
        }
    }

    /** Overwrites with unit {@code L} below the diagonal and {@code D} on it. Returns -1 or the index of a zero (or NaN) pivot. */
    public static int factorLdl(double[][] a) { return blocks(a, true); }

    private static int blocks(double[][] a, boolean ldl) {
        int n = a.length;
        for (int k0 = 0; k0 < n; k0 += NB) {
            int k1 = Math.min(n, k0 + NB);
            int bad = ldl ? ldlBlock(a, k0, k1) : cholBlock(a, k0, k1);
            if (bad >= 0) return bad;
            if (k1 < n) panelAndTrailing(a, k0, k1, ldl);
        }
        return -1;
    }

    private static int cholBlock(double[][] a, int k0, int k1) {
        for (int i = k0; i < k1; i++) {
            double[] row = a[i];
            for (int j = k0; j < i; j++) row[j] = (row[j] - Rows.dot(row, a[j], k0, j)) / a[j][j];
            double pivot = row[i] - Rows.dot(row, row, k0, i);
            if (!(pivot > 0) || pivot == Double.POSITIVE_INFINITY) {
                row[i] = pivot;
                return i;
            }
            row[i] = Math.sqrt(pivot);
        }
        return -1;
    }

    private static int ldlBlock(double[][] a, int k0, int k1) {
        var w = new double[k1];
        for (int i = k0; i < k1; i++) {
            double[] row = a[i];
            for (int j = k0; j < i; j++) {
                w[j] = row[j] - Rows.dot(w, a[j], k0, j);
                row[j] = w[j] / a[j][j];
            }
            row[i] -= Rows.dot(row, w, k0, i);
            if (row[i] == 0 || !Double.isFinite(row[i])) return i;
        }
        return -1;
    }

    /**
     * The panel is solved transposed, {@code X = L11^-1 A21^T}, because its rows are then long; the same X is the right factor of the
     * trailing update {@code A22 -= L21 X}, done in narrow strips of rows that end at the diagonal.
     */
    private static void panelAndTrailing(double[][] a, int k0, int k1, boolean ldl) {
        int n = a.length, depth = k1 - k0;
        var x = new double[depth][n];
        transposePanel(a, x, k0, k1, true);
        for (int j = 0; j < depth; j++) {
            Product.add(x, j, j + 1, k1, n, -1, a, k0, k0, x, 0, j);
            double pivot = a[k0 + j][k0 + j];
            if (!ldl) for (int i = k1; i < n; i++) x[j][i] /= pivot;
        }
        transposePanel(a, x, k0, k1, false);
        if (ldl) for (int i = k1; i < n; i++) for (int k = k0; k < k1; k++) a[i][k] /= a[k][k];
        for (int i0 = k1; i0 < n; i0 += STRIP) {
            int i1 = Math.min(n, i0 + STRIP);
            Product.add(a, i0, i1, k1, i1, -1, a, 0, k0, x, 0, depth);
        }
    }

    private static void transposePanel(double[][] a, double[][] x, int k0, int k1, boolean out) {
        int n = a.length;
        for (int i0 = k1; i0 < n; i0 += TILE) {
            int i1 = Math.min(n, i0 + TILE);
            for (int k = k0; k < k1; k++) {
                double[] row = x[k - k0];
                if (out) for (int i = i0; i < i1; i++) row[i] = a[i][k];
                else for (int i = i0; i < i1; i++) a[i][k] = row[i];
            }
        }
    }
}
