package lyceum.linalg.dense;

import lyceum.ConvergenceException;

/**
 * Singular values of an upper bidiagonal matrix by implicit-shift QR (Golub and Kahan, 1965) with zero-shift sweeps where a shift would spoil
 * small values, and deflation relative to each value (Demmel and Kahan, 1990). Rotations act on the rows of {@code left = U^T} and
 * {@code right = V^T}; both may be null.
 */
public final class BidiagonalQr {
    private static final double EPS = Math.ulp(1.0) / 2, TOL = 16 * EPS;

    private final int n;
    private final double[] d, e;
    private final double[][] left, right;
    private double threshold;
    // the last rotation made
    private double c, s, r;

    private BidiagonalQr(double[] d, double[] e, double[][] left, double[][] right) {
        n = d.length;
        this.d = d;
        this.e = e;
        this.left = left;
        this.right = right;
    }

    /** Overwrites {@code d} with the singular values in falling order, and turns the rows of {@code left} and {@code right} with them. */
    public static void run(double[] d, double[] e, double[][] left, double[][] right) {
        var qr = new BidiagonalQr(d, e, left, right);
        qr.iterate();
        qr.makePositive();
        qr.sort();
    }

    private void iterate() {
        threshold = Math.max(TOL * leastEstimate(), 6.0 * n * n * Double.MIN_NORMAL);
        int hi = n - 1, lastLow = -1, lastHigh = -1, sweeps = 0;
        boolean up = false;
        while (hi > 0) {
            int lo = hi;
            double largest = Math.abs(d[hi]);
            while (lo > 0 && Math.abs(e[lo - 1]) > threshold) {
                largest = Math.max(largest, Math.max(Math.abs(d[lo - 1]), Math.abs(e[lo - 1])));
                lo--;
            }
            if (lo > 0) e[lo - 1] = 0;
            if (lo == hi) {
                hi--;
                continue;
            }
            if (lo > lastHigh || hi < lastLow || lastHigh < 0) up = Math.abs(d[lo]) < Math.abs(d[hi]);
            lastLow = lo;
            lastHigh = hi;
            if (++sweeps > 80 * n) throw new ConvergenceException(
                    "svd: " + n + " singular values did not settle in " + sweeps + " sweeps; look for infinite or huge entries");
            if (up) flip(lo, hi);
            step(lo, hi, largest);
            if (up) flip(lo, hi);
        }
    }

    /** A lower bound for the least singular value, up to a factor sqrt(n). */
    private double leastEstimate() {
        double mu = Math.abs(d[0]), least = mu;
        for (int i = 1; i < n && least > 0; i++) {
            mu = Math.abs(d[i]) * (mu / (mu + Math.abs(e[i - 1])));
            least = Math.min(least, mu);
        }
        return least / Math.sqrt(n);
    }

    /** Deflates by the relative criterion, else makes one sweep from {@code lo} to {@code hi}. */
    private void step(int lo, int hi, double largest) {
        if (Math.abs(e[hi - 1]) <= TOL * Math.abs(d[hi])) {
            e[hi - 1] = 0;
            return;
        }
        double mu = Math.abs(d[lo]), least = mu;
        for (int i = lo; i < hi; i++) {
            if (Math.abs(e[i]) <= TOL * mu) {
                e[i] = 0;
                return;
            }
            mu = Math.abs(d[i + 1]) * (mu / (mu + Math.abs(e[i])));
            least = Math.min(least, mu);
        }
        double shift = 0;
        if (n * TOL * (least / largest) > EPS) {
            double first = Math.abs(d[lo]);
            shift = leastOfPair(Math.abs(d[hi - 1]), Math.abs(e[hi - 1]), Math.abs(d[hi]));
            if (first > 0 && (shift / first) * (shift / first) < EPS) shift = 0;
        }
        if (shift == 0) zeroShiftSweep(lo, hi);
        else shiftedSweep(lo, hi, shift);
        if (Math.abs(e[hi - 1]) <= threshold) e[hi - 1] = 0;
    }

    private void zeroShiftSweep(int lo, int hi) {
        double cs = 1, oldCs = 1, oldSn = 0;
        for (int i = lo; i < hi; i++) {
            rotation(d[i] * cs, e[i]);
            cs = c;
            double sn = s;
            if (i > lo) e[i - 1] = oldSn * r;
            turn(right, i, c, s);
            rotation(oldCs * r, d[i + 1] * sn);
            oldCs = c;
            oldSn = s;
            d[i] = r;
            turn(left, i, c, s);
        }
        double h = d[hi] * cs;
        d[hi] = h * oldCs;
        e[hi - 1] = h * oldSn;
    }

    private void shiftedSweep(int lo, int hi, double shift) {
        double f = (Math.abs(d[lo]) - shift) * (Dense.sign(d[lo]) + shift / d[lo]), g = e[lo];
        for (int i = lo; i < hi; i++) {
            rotation(f, g);
            if (i > lo) e[i - 1] = r;
            f = c * d[i] + s * e[i];
            e[i] = c * e[i] - s * d[i];
            g = s * d[i + 1];
            d[i + 1] *= c;
            turn(right, i, c, s);
            rotation(f, g);
            d[i] = r;
            f = c * e[i] + s * d[i + 1];
            d[i + 1] = c * d[i + 1] - s * e[i];
            if (i < hi - 1) {
                g = s * e[i + 1];
                e[i + 1] *= c;
            }
            turn(left, i, c, s);
        }
        e[hi - 1] = f;
    }

    /**
     * The block read backwards and transposed is upper bidiagonal again with U and V exchanged: so a matrix graded the wrong way
     * is chased from its other end by the same code.
     */
    private void flip(int lo, int hi) {
        for (int i = lo, j = hi; i < j; i++, j--) {
            double t = d[i];
            d[i] = d[j];
            d[j] = t;
        }
        for (int i = lo, j = hi - 1; i < j; i++, j--) {
            double t = e[i];
            e[i] = e[j];
            e[j] = t;
        }
        if (left == null) return;
        for (int i = lo, j = hi; i < j; i++, j--) {
            Rows.swap(left, i, j);
            Rows.swap(right, i, j);
        }
        for (int i = lo; i <= hi; i++) {
            double[] t = left[i];
            left[i] = right[i];
            right[i] = t;
        }
    }

    private void rotation(double f, double g) {
        if (g == 0) {
            c = 1;
            s = 0;
            r = f;
        } else if (f == 0) {
            c = 0;
            s = 1;
            r = g;
        } else {
            r = Dense.length(f, g);
            c = f / r;
            s = g / r;
        }
    }

    private static void turn(double[][] rows, int i, double c, double s) {
        if (rows != null && s != 0) Rows.rotate(rows[i], rows[i + 1], c, s, 0, rows[i].length);
    }

    /** The smaller singular value of {@code [f g; 0 h]}, without overflow. */
    public static double leastOfPair(double f, double g, double h) {
        double small = Math.min(f, h), big = Math.max(f, h);
        if (small == 0) return 0;
        double as = 1 + small / big, at = (big - small) / big;
        if (g < big) {
            double au = (g / big) * (g / big);
            return small * (2 / (Math.sqrt(as * as + au) + Math.sqrt(at * at + au)));
        }
        double au = big / g;
        if (au == 0) return small * big / g;
        double x = 1 / (Math.sqrt(1 + (as * au) * (as * au)) + Math.sqrt(1 + (at * au) * (at * au)));
        return 2 * (small * x) * au;
    }

    private void makePositive() {
        for (int i = 0; i < n; i++) {
            if (d[i] < 0 || (d[i] == 0 && 1 / d[i] < 0)) {
                d[i] = -d[i];
                if (right != null) Rows.scale(-1, right[i], 0, right[i].length);
            }
        }
    }

    private void sort() {
        for (int i = 0; i < n - 1; i++) {
            int largest = i;
            for (int j = i + 1; j < n; j++) if (d[j] > d[largest]) largest = j;
            if (largest == i) continue;
            double t = d[i];
            d[i] = d[largest];
            d[largest] = t;
            if (left == null) continue;
            Rows.swap(left, i, largest);
            Rows.swap(right, i, largest);
        }
    }
}
