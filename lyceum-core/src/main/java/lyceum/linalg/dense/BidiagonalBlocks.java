package lyceum.linalg.dense;

import java.util.Arrays;
import lyceum.backend.Backend;

/**
 * Reduces a matrix to upper bidiagonal form by reflectors from the left and the right, some steps at a time: as {@link TridiagonalBlocks} does, a step reads the rest
 * of the matrix, once for either side, and what is to be done to it is put off and done by one product.
 */
final class BidiagonalBlocks {
    private static final int WIDTH = 32;

    private final Block a;
    private final int m, n, rights;
    private final double[] d, e, tauLeft, tauRight, column, row;
    /** The reflectors, and what is put off: {@code A - left y^T - x right^T} for each. */
    private final double[][] left, right, x, y;
    private final Backend backend = Backend.current();
    private final Block high, wide, highs, wides;

    private BidiagonalBlocks(Block a, double[] d, double[] e, double[][] left, double[] tauLeft, double[][] right, double[] tauRight) {
        this.a = a;
        this.d = d;
        this.e = e;
        this.left = left;
        this.right = right;
        this.tauLeft = tauLeft;
        this.tauRight = tauRight;
        m = a.m();
        n = a.n();
        rights = right.length;
        column = new double[m];
        row = new double[n];
        x = new double[WIDTH][m];
        y = new double[WIDTH][n];
        high = Block.empty(1, m);
        wide = Block.empty(1, n);
        highs = Block.empty(2 * WIDTH, m);
        wides = Block.empty(2 * WIDTH, n);
    }

    /**
     * Fills the diagonal, the entries right of it, n reflectors from the left, of which reflector j is zero before index j, and n - 2 from the right, zero before
     * index j + 1. Overwrites {@code a}, which is no wider than high.
     */
    static void reduce(Block a, double[] d, double[] e, double[][] left, double[] tauLeft, double[][] right, double[] tauRight) {
        new BidiagonalBlocks(a, d, e, left, tauLeft, right, tauRight).run();
    }

    private void run() {
        for (int from = 0; from < n; from += WIDTH) {
            int to = Math.min(n, from + WIDTH);
            for (int k = from; k < to; k++) {
                fromLeft(from, k);
                fromRight(from, k);
            }
            if (to < n) catchUp(from, to);
        }
    }

    private void fromLeft(int from, int k) {
        var out = new double[2];
        for (int i = k; i < m; i++) column[i] = a.get(i, k);
        for (int p = from; p < k; p++) TridiagonalBlocks.minusTwo(column, y[p - from][k], left[p], rightAt(p, k), x[p - from], k, m);
        double[] v = left[k], image = y[k - from];
        System.arraycopy(column, k, v, k, m - k);
        Reflector.make(v, k, m, out);
        tauLeft[k] = out[0];
        d[k] = out[1];
        int next = k + 1;
        if (next == n) return;
        if (tauLeft[k] == 0) {
            Arrays.fill(image, 0);
            return;
        }
        high.setRow(0, k, v, k, m - k);
        wide.columns(next, n).setProduct(backend, high.columns(k, m), a.part(k, m, next, n));
        wide.row(0, next, image, next, n - next);
        for (int p = from; p < k; p++) {
            Rows.axpy(-Rows.dot(left[p], v, k, m), y[p - from], image, next, n);
            if (p < rights) Rows.axpy(-Rows.dot(x[p - from], v, k, m), right[p], image, next, n);
        }
        Rows.scale(tauLeft[k], image, next, n);
    }

    private double rightAt(int p, int k) { return p < rights ? right[p][k] : 0; }

    private void fromRight(int from, int k) {
        int next = k + 1;
        if (next == n) return;
        var out = new double[2];
        double[] image = x[k - from];
        a.row(k, next, row, next, n - next);
        for (int p = from; p <= k; p++) {
            Rows.axpy(-left[p][k], y[p - from], row, next, n);
            if (p < k && p < rights) Rows.axpy(-x[p - from][k], right[p], row, next, n);
        }
        Arrays.fill(image, 0);
        if (k >= rights) {
            e[k] = row[next];
            return;
        }
        double[] u = right[k];
        System.arraycopy(row, next, u, next, n - next);
        Reflector.make(u, next, n, out);
        tauRight[k] = out[0];
        e[k] = out[1];
        if (tauRight[k] == 0) return;
        wide.setRow(0, next, u, next, n - next);
        high.columns(next, m).transposed().setProduct(backend, a.part(next, m, next, n), wide.columns(next, n).transposed());
        high.row(0, next, image, next, m - next);
        for (int p = from; p <= k; p++) {
            Rows.axpy(-Rows.dot(y[p - from], u, next, n), left[p], image, next, m);
            if (p < k) Rows.axpy(-Rows.dot(right[p], u, next, n), x[p - from], image, next, m);
        }
        Rows.scale(tauRight[k], image, next, m);
    }

    private void catchUp(int from, int to) {
        int steps = to - from, rest = 0;
        for (int p = 0; p < steps; p++) {
            highs.setRow(rest, 0, left[from + p], to, m - to);
            wides.setRow(rest++, 0, y[p], to, n - to);
            if (from + p >= rights) continue;
            highs.setRow(rest, 0, x[p], to, m - to);
            wides.setRow(rest++, 0, right[from + p], to, n - to);
        }
        a.part(to, m, to, n).minusProduct(backend, highs.part(0, rest, 0, m - to).transposed(), wides.part(0, rest, 0, n - to));
    }
}
