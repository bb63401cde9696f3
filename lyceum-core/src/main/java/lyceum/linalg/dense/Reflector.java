package lyceum.linalg.dense;

import java.util.Arrays;

/** Householder reflectors {@code H = I - tau v v^T} with {@code v[first] = 1}. */
public final class Reflector {
    private Reflector() {}

    /**
     * Turns {@code x[first..to)} into a reflector that maps it to {@code (beta, 0, ..., 0)}: on return {@code x[first] = 1} and the rest is
     * {@code v}. {@code out[0] = tau}, {@code out[1] = beta}. The sign of beta avoids cancellation.
     */
    public static void make(double[] x, int first, int to, double[] out) {
        double alpha = x[first];
        double tail = Rows.norm(x, first + 1, to);
        x[first] = 1;
        if (tail == 0) {
            out[0] = 0;
            out[1] = alpha;
            return;
        }
        double beta = -Dense.sign(alpha) * Math.hypot(alpha, tail);
        out[0] = (beta - alpha) / beta;
        out[1] = beta;
        double d = alpha - beta;
        for (int i = first + 1; i < to; i++) x[i] /= d;
    }

    /** {@code A <- H A} for rows {@code [first, m)} and columns {@code [c0, c1)}; {@code w} is scratch at the same column indices. */
    public static void applyLeft(double[][] a, double[] v, double tau, int first, int m, int c0, int c1, double[] w) {
        if (tau == 0 || c0 >= c1) return;
        Arrays.fill(w, c0, c1, 0);
        int i = first;
        for (; i + 3 < m; i += 4) Rows.axpy4(w, a[i], a[i + 1], a[i + 2], a[i + 3], v[i], v[i + 1], v[i + 2], v[i + 3], c0, c1);
        for (; i < m; i++) Rows.axpy(v[i], a[i], w, c0, c1);
        for (i = first; i < m; i++) Rows.axpy(-tau * v[i], w, a[i], c0, c1);
    }

    /** {@code A <- A H} for rows {@code [r0, r1)}, with {@code v} over columns {@code [first, n)}. */
    public static void applyRight(double[][] a, double[] v, double tau, int first, int n, int r0, int r1) {
        if (tau == 0) return;
        for (int i = r0; i < r1; i++) Rows.axpy(-tau * Rows.dot(a[i], v, first, n), v, a[i], first, n);
    }
}
