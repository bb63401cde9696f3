package lyceum.math;

import java.lang.ref.SoftReference;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import lyceum.backend.Butterflies;

/**
 * The transform of lines side by side: number t of line c stands at {@code t w + c}, so that each loop runs over neighbours and no bits are reversed (Stockham's form of
 * Cooley and Tukey's). For lengths of prime factors up to 13.
 */
final class Stockham {
    static final Butterflies BUTTERFLIES = Butterflies.best();
    private static final Map<Integer, SoftReference<Stockham>> KEPT = new ConcurrentHashMap<>();
    private static final int[] RADICES = {4, 2, 3, 5, 7, 11, 13};

    final int n;
    private final int[] radices;
    private final double[][] factors;

    /** Tables are kept while memory lasts. */
    static Stockham of(int n) {
        var kept = KEPT.get(n);
        var found = kept == null ? null : kept.get();
        if (found == null) KEPT.put(n, new SoftReference<>(found = new Stockham(n)));
        return found;
    }

    private Stockham(int n) {
        this.n = n;
        radices = radices(n);
        factors = new double[radices.length][];
        for (int i = 0, left = n; i < radices.length; left /= radices[i++]) {
            int r = radices[i], m = left / r;
            var w = new double[2 * m * (r - 1)];
            for (int p = 0, at = 0; p < m; p++) {
                for (int j = 1; j < r; j++) {
                    w[at++] = Roots.cos((long) p * j, left);
                    w[at++] = -Roots.sin((long) p * j, left);
                }
            }
            factors[i] = w;
        }
    }

    /** Null if a prime factor exceeds 13. */
    static int[] radices(int n) { return FourierLengths.radices(n, RADICES); }

    /** Whether the result is left in the arrays for the work, after an odd number of passes. */
    boolean endsInWork() { return radices.length % 2 == 1; }

    /** Of {@code lines} lines, a multiple of eight; the other two arrays are as long. */
    void forward(double[] re, double[] im, double[] workRe, double[] workIm, int lines) {
        double[] xr = re, xi = im, yr = workRe, yi = workIm;
        for (int i = 0, s = lines, m = n; i < radices.length; s *= radices[i++]) {
            m /= radices[i];
            BUTTERFLIES.pass(radices[i], xr, xi, yr, yi, s, m, factors[i]);
            double[] r = xr, t = xi;
            xr = yr;
            xi = yi;
            yr = r;
            yi = t;
        }
    }
}
