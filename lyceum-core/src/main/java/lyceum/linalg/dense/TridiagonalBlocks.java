package lyceum.linalg.dense;

import java.util.Arrays;
import lyceum.backend.Backend;

/**
 * Reduces a symmetric matrix to tridiagonal form by Householder reflectors, some steps at a time: what they do to the rest of the matrix is put off and done by one
 * product, so that a step reads the rest once, in a product with its vector, and writes nothing there (Dongarra, Sorensen and Hammarling, 1989).
 */
final class TridiagonalBlocks {
    private static final int WIDTH = 32;
    /** Rows of a strip, and the size from which a matrix does not stay in the cache of a core. */
    private static final int STRIP = 64, LARGE = 384;

    private final Block a;
    private final int n, count;
    private final double[] d, e, tau, row;
    /** The reflectors, and what is put off: {@code A - v w^T - w v^T} for each. */
    private final double[][] v, w;
    private final Backend backend = Backend.current();
    private final Block vector, image, left, right;

    private TridiagonalBlocks(Block a, double[] d, double[] e, double[][] v, double[] tau) {
        this.a = a;
        this.d = d;
        this.e = e;
        this.v = v;
        this.tau = tau;
        n = a.n();
        count = v.length;
        row = new double[n];
        w = new double[WIDTH][n];
        vector = Block.empty(1, n);
        image = Block.empty(1, n);
        left = Block.empty(2 * WIDTH, n);
        right = Block.empty(2 * WIDTH, n);
    }

    /** Fills the diagonal, the entries beside it, and {@code n - 2} reflectors, of which reflector j is zero before index j + 1. Overwrites {@code a}. */
    static void reduce(Block a, double[] d, double[] e, double[][] vectors, double[] tau) {
        new TridiagonalBlocks(a, d, e, vectors, tau).run();
    }

    private void run() {
        for (int from = 0; from < count; from += WIDTH) {
            int to = Math.min(count, from + WIDTH);
            for (int k = from; k < to; k++) step(from, k);
            catchUp(from, to);
        }
        for (int k = count; k < n; k++) d[k] = a.get(k, k);
        if (n > 1) e[n - 2] = a.get(n - 2, n - 1);
    }

    private void step(int from, int k) {
        var out = new double[2];
        int next = k + 1;
        a.row(k, k, row, k, n - k);
        for (int p = from; p < k; p++) minusTwo(row, v[p][k], w[p - from], w[p - from][k], v[p], k, n);
        d[k] = row[k];
        double[] x = v[k], y = w[k - from];
        System.arraycopy(row, next, x, next, n - next);
        Reflector.make(x, next, n, out);
        tau[k] = out[0];
        e[k] = out[1];
        if (tau[k] == 0) {
            Arrays.fill(y, 0);
            return;
        }
        image(x, y, next);
        for (int p = from; p < k; p++)
            minusTwo(y, Rows.dot(w[p - from], x, next, n), v[p], Rows.dot(v[p], x, next, n), w[p - from], next, n);
        Rows.scale(tau[k], y, next, n);
        Rows.axpy(-0.5 * tau[k] * Rows.dot(y, x, next, n), x, y, next, n);
    }

    /** {@code y = A x}. Of a large matrix each entry is read from memory once: a strip of rows serves on both sides of the diagonal while it is in the cache. */
    private void image(double[] x, double[] y, int from) {
        if (n - from < LARGE) {
            vector.setRow(0, from, x, from, n - from);
            image.columns(from, n).transposed().setProduct(backend, a.part(from, n, from, n), vector.columns(from, n).transposed());
        } else {
            for (int j = from; j < n; j++) row[j] = -x[j]; // what products do here is to subtract
            vector.setRow(0, from, row, from, n - from);
            image.clear(0, from, n - from);
            for (int i0 = from; i0 < n; i0 += STRIP) {
                int i1 = Math.min(n, i0 + STRIP);
                image.columns(i0, i1).transposed().minusProduct(backend, a.part(i0, i1, i0, n), vector.columns(i0, n).transposed());
                image.columns(i1, n).minusProduct(backend, vector.columns(i0, i1), a.part(i0, i1, i1, n));
            }
        }
        image.row(0, from, y, from, n - from);
    }

    private void catchUp(int from, int to) {
        int size = n - to, steps = to - from;
        for (int p = 0; p < steps; p++) {
            left.setRow(2 * p, 0, v[from + p], to, size);
            left.setRow(2 * p + 1, 0, w[p], to, size);
            right.setRow(2 * p, 0, w[p], to, size);
            right.setRow(2 * p + 1, 0, v[from + p], to, size);
        }
        a.part(to, n, to, n).minusProduct(backend, left.part(0, 2 * steps, 0, size).transposed(), right.part(0, 2 * steps, 0, size));
    }

    /** {@code row -= s x + t y}. */
    static void minusTwo(double[] row, double s, double[] x, double t, double[] y, int from, int to) {
        for (int j = from; j < to; j++) row[j] -= s * x[j] + t * y[j];
    }
}
