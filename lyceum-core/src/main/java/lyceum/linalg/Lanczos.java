package lyceum.linalg;

import java.util.Arrays;
import lyceum.linalg.dense.Basis;
import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.Rows;
import lyceum.linalg.dense.Tridiagonal;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * A few extreme eigenpairs of a symmetric matrix-free operator by thick-restart Lanczos with full reorthogonalisation (Wu and Simon, 2000).
 *
 * <p>Each step costs one product with the operator and {@code O(n basis)} work; memory is {@code basis} vectors. A pair counts as found when
 * its residual {@code |A v - l v|} is at most {@code tolerance} times the largest eigenvalue seen. Clusters and multiple eigenvalues are found
 * as far as restarts with fresh random directions reach them.
 *
 * {@snippet :
 * var top = new Lanczos(10).run(LinearMap.of(laplacian), Rng.of(1));
 * System.out.println(top.values());
 * }
 *
 * @param k number of pairs, at least 1
 * @param end which end of the spectrum; {@link End#LARGEST} by default
 * @param tolerance relative residual, 1e-12 by default
 * @param basis vectors kept between restarts, at least {@code k + 2}; {@code max(2 k + 16, 40)} by default
 * @param maxRestarts 300 by default; what is found by then is returned, flagged by {@link EigenPairs#converged()}
 */
@Withers
public record Lanczos(int k, End end, double tolerance, int basis, int maxRestarts) implements LanczosWithers {
    /** Which eigenvalues are wanted. */
    public enum End {
        LARGEST, SMALLEST, LARGEST_MAGNITUDE
    }

    public Lanczos {
        if (k < 1) throw new IllegalArgumentException("lanczos: k is " + k + "; ask for at least one pair");
        if (basis < k + 2)
            throw new IllegalArgumentException("lanczos: basis is " + basis + "; it holds at least k + 2 = " + (k + 2) + " vectors");
        if (!(tolerance >= 0)) throw new IllegalArgumentException("lanczos: tolerance is " + tolerance + "; it is not negative");
    }

    public Lanczos(int k) { this(k, End.LARGEST, 1e-12, Math.max(2 * k + 16, 40), 300); }

    /**
     * Pairs ordered from the wanted end inwards.
     *
     * @param a a symmetric operator
     * @param rng gives the start vector
     */
    public EigenPairs run(LinearMap a, Rng rng) {
        int n = LinearMap.requireSquare("lanczos", a);
        if (k > n) throw new IllegalArgumentException("lanczos: k is " + k + " but the operator has " + n + " eigenvalues");
        int m = Math.min(n, basis);
        var v = new Basis(m + 1, n);
        v.addRandom(rng);
        var t = new double[m][m];
        int products = 0;
        for (int restart = 0;; restart++) {
            double beta = 0;
            while (true) {
                int j = v.size - 1;
                double[] w = LinearMap.checked("lanczos", a.times(v.rows[j].clone()), n);
                products++;
                double size = Rows.norm(w, 0, n);
                double[] h = v.project(w);
                for (int i = 0; i <= j; i++) t[i][j] = t[j][i] = h[i];
                beta = Rows.norm(w, 0, n);
                boolean invariant = beta <= 1e-14 * size || v.size == n;
                if (invariant) beta = 0;
                if (v.size == n) break;
                if (!invariant) v.add(w, beta);
                else if (!v.addRandom(rng)) break;
                if (v.size > m) break;
            }
            int depth = Math.min(m, v.size);
            var ritz = Tridiagonal.decompose(Dense.block(t, 0, depth, 0, depth), true);
            int[] order = order(ritz.values());
            double scale = Math.max(Math.abs(ritz.values()[0]), Math.abs(ritz.values()[depth - 1]));
            var residual = new double[depth];
            int found = 0;
            for (int i = 0; i < depth; i++) residual[i] = beta * Math.abs(ritz.vectorRows()[order[i]][depth - 1]);
            while (found < k && residual[found] <= tolerance * scale) found++;
            var y = new double[depth][];
            var values = new double[depth];
            for (int i = 0; i < depth; i++) {
                y[i] = ritz.vectorRows()[order[i]];
                values[i] = ritz.values()[order[i]];
            }
            if (found == k || restart == maxRestarts || depth == n) {
                v.combine(y, k, depth);
                return EigenPairs.of(a, values, v.rows, k, products, found == k);
            }
            int keep = Math.min(depth - 1, k + Math.max(1, (depth - k) / 2));
            double[] next = v.rows[depth];
            v.combine(y, keep, depth);
            v.rows[keep] = next;
            v.size = keep + 1;
            for (double[] row : t) Arrays.fill(row, 0);
            for (int i = 0; i < keep; i++) t[i][i] = values[i];
        }
    }

    private int[] order(double[] ascending) {
        int n = ascending.length, low = 0, high = n - 1;
        var order = new int[n];
        for (int i = 0; i < n; i++) {
            boolean takeHigh = switch (end) {
                case LARGEST -> true;
                case SMALLEST -> false;
                case LARGEST_MAGNITUDE -> Math.abs(ascending[high]) >= Math.abs(ascending[low]);
            };
            order[i] = takeHigh ? high-- : low++;
        }
        return order;
    }
}
