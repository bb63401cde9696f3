package lyceum.linalg.dense;

import java.util.Arrays;
import lyceum.ConvergenceException;

/**
 * {@code A = Z T Z^T} with {@code T} quasi-triangular: Hessenberg reduction, then Francis's double-shift QR (Golub and Van Loan, section
 * 7.5) with the deflation test of Ahues and Tisseur (1997). {@code Z} is held transposed, so that reflectors act on its rows.
 */
public final class RealSchur {
    private static final double EPS = Math.ulp(1.0) / 2, TINY = Double.MIN_NORMAL / EPS;
    private static final int SWEEPS = 40;

    public final int n;
    public final double[][] t;
    public final double[][] zt;
    public final double[] real, imaginary;

    private RealSchur(double[][] a) {
        n = a.length;
        t = a;
        real = new double[n];
        imaginary = new double[n];
        zt = hessenberg(a);
        iterate();
    }

    /** Overwrites {@code a} with T. */
    public static RealSchur of(double[][] a) { return new RealSchur(a); }

    /** Overwrites {@code a} with its Hessenberg form and returns {@code Q^T}. */
    private static double[][] hessenberg(double[][] a) {
        int n = a.length, count = Math.max(0, n - 2);
        var vectors = new double[count][n];
        var tau = new double[count];
        var w = new double[n];
        var out = new double[2];
        for (int k = 0; k < count; k++) {
            double[] v = vectors[k];
            for (int i = k + 1; i < n; i++) v[i] = a[i][k];
            Reflector.make(v, k + 1, n, out);
            tau[k] = out[0];
            a[k + 1][k] = out[1];
            for (int i = k + 2; i < n; i++) a[i][k] = 0;
            Reflector.applyLeft(a, v, tau[k], k + 1, n, k + 1, n, w);
            Reflector.applyRight(a, v, tau[k], k + 1, n, 0, n);
        }
        return Dense.transpose(BlockReflector.form(BlockReflector.panels(vectors, tau, count, 1), n, n), n);
    }

    private void iterate() {
        int hi = n - 1, sweeps = 0;
        while (hi >= 0) {
            int lo = deflate(hi);
            if (lo == hi) {
                real[hi] = t[hi][hi];
                hi--;
                sweeps = 0;
            } else if (lo == hi - 1) {
                standardise(lo);
                hi -= 2;
                sweeps = 0;
            } else {
                if (++sweeps > SWEEPS) throw new ConvergenceException("general eigen: no eigenvalue of the block " + lo + ".." + hi
                        + " settled in " + SWEEPS + " sweeps; look for infinite or huge entries");
                sweep(lo, hi, sweeps);
            }
        }
    }

    /** The first row of the unreduced block that ends at {@code hi}; its subdiagonal entry is set to zero. */
    private int deflate(int hi) {
        int l = hi;
        for (; l > 0; l--) {
            double sub = Math.abs(t[l][l - 1]);
            if (sub <= TINY) break;
            double scale = Math.abs(t[l - 1][l - 1]) + Math.abs(t[l][l]);
            if (scale == 0) {
                if (l >= 2) scale += Math.abs(t[l - 1][l - 2]);
                if (l + 1 <= hi) scale += Math.abs(t[l + 1][l]);
            }
            if (sub <= EPS * scale) {
                double above = Math.abs(t[l - 1][l]), gap = Math.abs(t[l - 1][l - 1] - t[l][l]), last = Math.abs(t[l][l]);
                double ab = Math.max(sub, above), ba = Math.min(sub, above), aa = Math.max(last, gap), bb = Math.min(last, gap),
                        s = aa + ab;
                if (ba * (ab / s) <= Math.max(TINY, EPS * (bb * (aa / s)))) break;
            }
        }
        if (l > 0) t[l][l - 1] = 0;
        return l;
    }

    /** One implicit double-shift step on {@code [lo, hi]}; every tenth takes exceptional shifts. */
    private void sweep(int lo, int hi, int count) {
        double trace, det;
        if (count % 10 == 0) {
            double s = Math.abs(t[hi][hi - 1]) + Math.abs(t[hi - 1][hi - 2]);
            double shift = 0.75 * s + t[hi][hi];
            trace = 2 * shift;
            det = shift * shift + 0.4375 * s * s;
        } else {
            double[] pair = shifts(hi);
            trace = pair[0];
            det = pair[1];
        }
        var v = new double[3];
        var out = new double[2];
        int m = start(lo, hi, trace, det, v);
        for (int k = m; k < hi; k++) {
            int size = Math.min(3, hi - k + 1);
            if (k > m) for (int i = 0; i < size; i++) v[i] = t[k + i][k - 1];
            Reflector.make(v, 0, size, out);
            double tau = out[0];
            if (k > m) {
                t[k][k - 1] = out[1];
                for (int i = 1; i < size; i++) t[k + i][k - 1] = 0;
            } else if (m > lo) {
                t[k][k - 1] *= 1 - tau;
            }
            if (tau == 0) continue;
            reflectRows(t, k, size, tau, v, k, n);
            reflectColumns(t, k, size, tau, v, Math.min(k + 3, hi) + 1);
            reflectRows(zt, k, size, tau, v, 0, n);
        }
    }

    /** Trace and determinant of the two shifts: the trailing 2 x 2 block's, or its nearer real eigenvalue twice. */
    private double[] shifts(int hi) {
        double a = t[hi - 1][hi - 1], b = t[hi - 1][hi], c = t[hi][hi - 1], d = t[hi][hi];
        double p = (a - d) / 2, disc = p * p + b * c;
        if (!(disc >= 0)) return new double[] {a + d, a * d - b * c};
        double root = Math.sqrt(disc);
        double far = p + Dense.sign(p) * root;
        double near = far == 0 ? d : d - b * c / far;
        return new double[] {2 * near, near * near};
    }

    /** First column of {@code H^2 - trace H + det I} at the lowest row where two small subdiagonals let the step start. */
    private int start(int lo, int hi, double trace, double det, double[] v) {
        for (int m = hi - 2;; m--) {
            double h = t[m][m], below = t[m + 1][m], s = Math.abs(h) + Math.abs(below) + Math.abs(t[m + 1][m + 1]);
            v[0] = h * ((h - trace) / s) + det / s + t[m][m + 1] * (below / s);
            v[1] = below * ((h + t[m + 1][m + 1] - trace) / s);
            v[2] = below * (t[m + 2][m + 1] / s);
            if (m == lo) return m;
            double left = Math.abs(t[m][m - 1]) * (Math.abs(v[1]) + Math.abs(v[2]));
            double right = Math.abs(v[0]) * (Math.abs(t[m - 1][m - 1]) + Math.abs(h) + Math.abs(t[m + 1][m + 1]));
            if (left <= EPS * right) return m;
        }
    }

    private static void reflectRows(double[][] a, int k, int size, double tau, double[] v, int from, int to) {
        double[] x = a[k], y = a[k + 1];
        double v1 = v[1];
        if (size == 2) {
            for (int j = from; j < to; j++) {
                double s = tau * (x[j] + v1 * y[j]);
                x[j] -= s;
                y[j] -= s * v1;
            }
            return;
        }
        double[] z = a[k + 2];
        double v2 = v[2];
        for (int j = from; j < to; j++) {
            double s = tau * (x[j] + v1 * y[j] + v2 * z[j]);
            x[j] -= s;
            y[j] -= s * v1;
            z[j] -= s * v2;
        }
    }

    /** Two or three neighbouring entries a row: one cache line each. */
    private static void reflectColumns(double[][] a, int k, int size, double tau, double[] v, int rows) {
        double v1 = v[1], v2 = size == 3 ? v[2] : 0;
        for (int i = 0; i < rows; i++) {
            double[] row = a[i];
            if (size == 3) {
                double s = tau * (row[k] + v1 * row[k + 1] + v2 * row[k + 2]);
                row[k] -= s;
                row[k + 1] -= s * v1;
                row[k + 2] -= s * v2;
            } else {
                double s = tau * (row[k] + v1 * row[k + 1]);
                row[k] -= s;
                row[k + 1] -= s * v1;
            }
        }
    }

    /** Rotates the 2 x 2 block at {@code l} to triangular form (real pair) or to equal diagonal entries (complex pair). */
    private void standardise(int l) {
        double a = t[l][l], b = t[l][l + 1], c = t[l + 1][l], d = t[l + 1][l + 1];
        double cs = 1, sn = 0;
        double p = (a - d) / 2, disc = p * p + b * c;
        double scale = Math.max(Math.abs(p), Math.max(Math.abs(b), Math.abs(c)));
        if (scale > 0 && (scale > 1e150 || scale < 1e-150)) disc = (p / scale) * (p / scale) + (b / scale) * (c / scale);
        else scale = 1;
        if (disc >= 0) {
            double far = p + Dense.sign(p) * Math.sqrt(disc) * scale;
            // (far, c) spans the eigenvector of d + far
            double r = Math.hypot(far, c);
            if (r > 0) {
                cs = far / r;
                sn = c / r;
            }
        } else {
            // equal diagonal: cos(2 theta) (a - d) + sin(2 theta) (b + c) = 0
            double theta = a == d ? 0 : 0.5 * Math.atan2(d - a, b + c);
            cs = Math.cos(theta);
            sn = Math.sin(theta);
        }
        if (sn != 0) {
            Rows.rotate(t[l], t[l + 1], cs, sn, l, n);
            for (int i = 0; i <= l + 1; i++) {
                double[] row = t[i];
                double x = row[l], y = row[l + 1];
                row[l] = cs * x + sn * y;
                row[l + 1] = cs * y - sn * x;
            }
            Rows.rotate(zt[l], zt[l + 1], cs, sn, 0, n);
        }
        if (disc >= 0) {
            t[l + 1][l] = 0;
            real[l] = t[l][l];
            real[l + 1] = t[l + 1][l + 1];
        } else {
            double mean = t[l][l] / 2 + t[l + 1][l + 1] / 2;
            t[l][l] = mean;
            t[l + 1][l + 1] = mean;
            double half = Math.sqrt(Math.abs(t[l][l + 1])) * Math.sqrt(Math.abs(t[l + 1][l]));
            Arrays.fill(real, l, l + 2, mean);
            imaginary[l] = half;
            imaginary[l + 1] = -half;
        }
    }
}
