package lyceum.linalg.dense;

import java.util.Arrays;

/** Diagonal similarity by powers of two that evens out row and column norms (James, Langou and Lowery, 2014: Euclidean norms). */
public final class Balance {
    private Balance() {}

    /** Overwrites {@code a} with {@code D^-1 A D} and returns the diagonal of {@code D}. */
    public static double[] scale(double[][] a) {
        int n = a.length;
        var d = new double[n];
        Arrays.fill(d, 1);
        boolean changed = true;
        while (changed) {
            changed = false;
            for (int i = 0; i < n; i++) {
                double c = 0, r = 0;
                for (int j = 0; j < n; j++) c = Math.hypot(c, a[j][i]);
                for (int j = 0; j < n; j++) r = Math.hypot(r, a[i][j]);
                if (c == 0 || r == 0) continue;
                int shift = (int) Math.rint((Math.getExponent(r) - Math.getExponent(c)) / 2.0);
                double f = Math.scalb(1.0, Math.max(-500, Math.min(500, shift)));
                if (f == 1 || !(c * f + r / f < 0.95 * (c + r)) || d[i] * f > 1e150 || d[i] * f < 1e-150) continue;
                d[i] *= f;
                changed = true;
                for (int j = 0; j < n; j++) a[j][i] *= f;
                Rows.scale(1 / f, a[i], 0, n);
            }
        }
        return d;
    }
}
