package lyceum.linalg.dense;

import lyceum.memory.Scope;

/** Dense singular value decompositions on rows. Results hold {@code U^T} and {@code V^T} by rows; both null when only values are asked for. */
public final class SvdSteps {
    public enum Vectors {
        NONE, THIN, FULL
    }

    /** {@code A = U diag(s) V^T}: {@code ut} has a row for each column of U. */
    public record Parts(double[][] ut, double[] s, double[][] vt) {
        Parts transposed() { return new Parts(vt, s, ut); }
    }

    private SvdSteps() {}

    /** Householder bidiagonalisation and implicit-shift QR. {@code a} is overwritten. */
    public static Parts golubKahan(double[][] a, int n, Vectors want) {
        int m = a.length;
        if (m < n) return golubKahan(Dense.transpose(a, n), m, want).transposed();
        double scale = Tridiagonal.powerOfTwo(Dense.maxAbs(a));
        if (scale != 1) for (double[] row : a) Rows.scale(1 / scale, row, 0, n);
        var parts = 5L * m >= 8L * n && n > 0 ? tall(a, n, want) : direct(a, n, want);
        Rows.scale(scale, parts.s, 0, n);
        return parts;
    }

    /** QR first: the reflectors from the right then touch n rows instead of m. */
    private static Parts tall(double[][] a, int n, Vectors want) {
        int m = a.length;
        var qr = HouseholderQr.of(a, n);
        var inner = direct(qr.upper(), n, want == Vectors.NONE ? want : Vectors.THIN);
        if (want == Vectors.NONE) return inner;
        int k = want == Vectors.FULL ? m : n;
        var u = new double[m][k];
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) u[i][j] = inner.ut[j][i];
        for (int i = n; i < k; i++) u[i][i] = 1;
        qr.apply(u, k);
        return new Parts(Dense.transpose(u, k), inner.s, inner.vt);
    }

    private static Parts direct(double[][] a, int n, Vectors want) {
        int m = a.length, rights = Math.max(0, n - 2);
        var d = new double[n];
        var e = new double[Math.max(0, n - 1)];
        var left = new double[n][m];
        var right = new double[rights][n];
        var tauLeft = new double[n];
        var tauRight = new double[rights];
        if (Block.pays(m, n)) {
            try (var scratch = Scope.open("svd")) {
                BidiagonalBlocks.reduce(Block.empty(m, n).setRows(a), d, e, left, tauLeft, right, tauRight);
            }
        } else {
            reduce(a, d, e, left, tauLeft, right, tauRight);
        }
        double[][] ut = null, vt = null;
        if (want != Vectors.NONE) {
            int k = want == Vectors.FULL ? m : n;
            ut = BlockReflector.formTransposed(left, tauLeft, n, 0, m, k);
            vt = BlockReflector.formTransposed(right, tauRight, rights, 1, n, n);
        }
        if (n > 0) BidiagonalQr.run(d, e, ut, vt);
        return new Parts(ut, d, vt);
    }

    private static void reduce(double[][] a, double[] d, double[] e, double[][] left, double[] tauLeft, double[][] right,
            double[] tauRight) {
        int m = a.length, n = d.length, rights = right.length;
        var w = new double[n];
        var out = new double[2];
        for (int k = 0; k < n; k++) {
            double[] v = left[k];
            for (int i = k; i < m; i++) v[i] = a[i][k];
            Reflector.make(v, k, m, out);
            tauLeft[k] = out[0];
            d[k] = out[1];
            Reflector.applyLeft(a, v, tauLeft[k], k, m, k + 1, n, w);
            if (k < rights) {
                System.arraycopy(a[k], k + 1, right[k], k + 1, n - k - 1);
                Reflector.make(right[k], k + 1, n, out);
                tauRight[k] = out[0];
                e[k] = out[1];
                Reflector.applyRight(a, right[k], tauRight[k], k + 1, n, k + 1, m);
            } else if (k < n - 1) {
                e[k] = a[k][k + 1];
            }
        }
    }
}
