package lyceum.linalg.dense;

import java.util.Arrays;
import lyceum.ConvergenceException;
import lyceum.memory.Scope;

/**
 * Symmetric eigenproblem: {@code A = Q T Q^T} by Householder reflectors, then implicit QL with Wilkinson's shift on T
 * (Golub and Van Loan, section 8.3). The full symmetric matrix is kept, so that products with it run along rows.
 */
public final class Tridiagonal {
    private static final double EPS = Math.ulp(1.0);
    private static final int SWEEPS = 60;

    private final int n;
    private final double[] d, e;
    /** Row j is the eigenvector of {@code d[j]}; null when only values are asked for. */
    private double[][] zt;

    private Tridiagonal(int n) {
        this.n = n;
        d = new double[n];
        e = new double[Math.max(1, n)];
    }

    public record Result(double[] values, double[][] vectorRows) {}

    /** Ascending eigenvalues and (optionally) eigenvectors as rows. Overwrites {@code a}, which must be symmetric. */
    public static Result decompose(double[][] a, boolean wantVectors) {
        double scale = powerOfTwo(Dense.maxAbs(a));
        if (scale != 1) for (double[] row : a) Rows.scale(1 / scale, row, 0, row.length);
        var t = new Tridiagonal(a.length);
        if (Block.pays(t.n, t.n)) {
            t.inBlocks(a, wantVectors);
        } else {
            t.reduce(a, wantVectors);
            t.implicitQl();
            t.sort();
        }
        Rows.scale(scale, t.d, 0, t.n);
        return new Result(t.d, t.zt);
    }

    /** Eigenpairs of the tridiagonal matrix with this diagonal and off-diagonal ({@code off[i]} couples i and i+1). */
    public static Result ofTridiagonal(double[] diagonal, double[] off) {
        var t = new Tridiagonal(diagonal.length);
        System.arraycopy(diagonal, 0, t.d, 0, t.n);
        System.arraycopy(off, 0, t.e, 0, Math.max(0, t.n - 1));
        t.zt = Dense.identity(t.n, t.n);
        t.implicitQl();
        t.sort();
        return new Result(t.d, t.zt);
    }

    /** 1 for matrices of ordinary size, else the power of two that brings the largest entry near 1. */
    public static double powerOfTwo(double max) {
        if (max == 0 || (max > 1e-100 && max < 1e100)) return 1;
        return Math.scalb(1.0, Math.max(-1000, Math.min(1000, Math.getExponent(max))));
    }

    /** With vectors by {@link DivideAndConquer}. */
    private void inBlocks(double[][] a, boolean wantVectors) {
        int count = n - 2;
        var vectors = new double[count][n];
        var tau = new double[count];
        try (var scratch = Scope.open("symmetric eigen")) {
            TridiagonalBlocks.reduce(Block.empty(n, n).setRows(a), d, e, vectors, tau);
            if (wantVectors) {
                var z = DivideAndConquer.solve(d, e);
                ReflectorBlocks.of(vectors, tau, count, 1, 2 * BlockReflector.NB).apply(z.transposed(), false);
                zt = z.toRows();
            } else {
                implicitQl();
                sort();
            }
        }
    }

    private void reduce(double[][] a, boolean wantVectors) {
        int count = Math.max(0, n - 2);
        var vectors = new double[count][n];
        var tau = new double[count];
        var w = new double[n];
        var out = new double[2];
        for (int k = 0; k < count; k++) {
            d[k] = a[k][k];
            double[] v = vectors[k];
            System.arraycopy(a[k], k + 1, v, k + 1, n - k - 1);
            Reflector.make(v, k + 1, n, out);
            tau[k] = out[0];
            e[k] = out[1];
            if (tau[k] != 0) twoSided(a, v, tau[k], k + 1, w);
        }
        for (int k = count; k < n; k++) d[k] = a[k][k];
        if (n > 1) e[n - 2] = a[n - 2][n - 1];
        if (wantVectors) zt = BlockReflector.formTransposed(vectors, tau, count, 1, n, n);
    }

    /** {@code A22 <- H A22 H}: one product {@code p = tau A22 v} and a symmetric rank-two update. */
    private void twoSided(double[][] a, double[] v, double tau, int first, double[] w) {
        Arrays.fill(w, first, n, 0);
        int i = first;
        for (; i + 3 < n; i += 4) {
            Rows.axpy4(w, a[i], a[i + 1], a[i + 2], a[i + 3], tau * v[i], tau * v[i + 1], tau * v[i + 2], tau * v[i + 3], first, n);
        }
        for (; i < n; i++) Rows.axpy(tau * v[i], a[i], w, first, n);
        Rows.axpy(-0.5 * tau * Rows.dot(w, v, first, n), v, w, first, n);
        for (i = first; i < n; i++) minusTwo(a[i], v[i], w, w[i], v, first, n);
    }

    /** Products are added before the subtraction so that entries (i, j) and (j, i) round alike and A stays symmetric. */
    private static void minusTwo(double[] row, double s, double[] x, double t, double[] y, int from, int to) {
        for (int j = from; j < to; j++) row[j] -= s * x[j] + t * y[j];
    }

    private void implicitQl() {
        double norm = 0;
        for (int i = 0; i < n; i++) norm = Math.max(norm, Math.abs(d[i]) + Math.abs(e[i]));
        for (int l = 0; l < n; l++) {
            for (int sweep = 0;; sweep++) {
                // Beside their neighbours first, which keeps the digits of small eigenvalues. A matrix of low rank ends in a block of rounding errors, where
                // that may never come true; there it is enough to be small beside the whole.
                double floor = sweep < SWEEPS / 2 ? 0 : EPS * norm;
                int m = l;
                while (m < n - 1 && Math.abs(e[m]) > Math.max(floor, EPS * (Math.abs(d[m]) + Math.abs(d[m + 1])))) m++;
                if (m == l) break;
                if (sweep == SWEEPS) throw new ConvergenceException("symmetric eigen: eigenvalue " + l + " of a " + n + " x " + n
                        + " matrix did not settle in " + SWEEPS + " sweeps; look for infinite or huge entries");
                sweep(l, m);
            }
        }
    }

    /** To the last bit for small matrices, whose users look at their least values; large ones have roundings enough. */
    private double length(double x, double y) { return n < Block.LEAST ? Math.hypot(x, y) : Dense.length(x, y); }

    /** One QL sweep over the unreduced block {@code [l, m]}. */
    private void sweep(int l, int m) {
        double half = (d[l + 1] - d[l]) / (2 * e[l]);
        double g = d[m] - d[l] + e[l] / (half + Dense.sign(half) * length(half, 1));
        double s = 1, c = 1, p = 0;
        for (int i = m - 1; i >= l; i--) {
            double f = s * e[i], b = c * e[i];
            double r = length(f, g);
            e[i + 1] = r;
            if (r == 0) {
                d[i + 1] -= p;
                e[m] = 0;
                return;
            }
            s = f / r;
            c = g / r;
            g = d[i + 1] - p;
            double q = (d[i] - g) * s + 2 * c * b;
            p = s * q;
            d[i + 1] = g + p;
            g = c * q - b;
            if (zt != null) Rows.rotate(zt[i + 1], zt[i], c, s, 0, n);
        }
        d[l] -= p;
        e[l] = g;
        e[m] = 0;
    }

    private void sort() {
        for (int i = 0; i < n - 1; i++) {
            int least = i;
            for (int j = i + 1; j < n; j++) if (d[j] < d[least]) least = j;
            if (least == i) continue;
            double t = d[i];
            d[i] = d[least];
            d[least] = t;
            if (zt != null) Rows.swap(zt, i, least);
        }
    }
}
