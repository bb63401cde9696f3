package lyceum.linalg;

import java.util.function.UnaryOperator;
import lyceum.linalg.dense.Basis;
import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.Product;
import lyceum.linalg.dense.Rows;
import lyceum.linalg.dense.TriangularSolve;
import lyceum.linalg.dense.Tridiagonal;
import lyceum.random.Rng;

/**
 * A few extreme eigenpairs of a symmetric operator by locally optimal block preconditioned conjugate gradients (Knyazev, 2001): each step is
 * Rayleigh-Ritz on the span of the current block, its preconditioned residuals and the last directions. Prefer it to {@link Lanczos} when a
 * good preconditioner (an approximate inverse) is at hand and the smallest pairs are wanted, or when eigenvalues are multiple.
 *
 * @param k number of pairs
 * @param largest true for the largest, false for the smallest eigenvalues
 * @param tolerance residual relative to the largest eigenvalue seen, 1e-10 by default
 * @param maxIterations 500 by default; the best pairs so far are then returned, flagged
 */
public record Lobpcg(int k, boolean largest, double tolerance, int maxIterations) {
    public Lobpcg {
        if (k < 1) throw new IllegalArgumentException("lobpcg: k is " + k + "; ask for at least one pair");
        if (!(tolerance >= 0)) throw new IllegalArgumentException("lobpcg: tolerance is " + tolerance + "; it is not negative");
    }

    public Lobpcg(int k, boolean largest) { this(k, largest, 1e-10, 500); }

    public Lobpcg withTolerance(double tolerance) { return new Lobpcg(k, largest, tolerance, maxIterations); }

    public EigenPairs run(LinearMap a, Rng rng) { return run(a, UnaryOperator.identity(), rng); }

    /** @param preconditioner an approximation of {@code A^-1} on residuals, symmetric positive definite; must not change its argument */
    public EigenPairs run(LinearMap a, UnaryOperator<double[]> preconditioner, Rng rng) {
        int n = LinearMap.requireSquare("lobpcg", a);
        if (k > n) throw new IllegalArgumentException("lobpcg: k is " + k + " but the operator has " + n + " eigenvalues");
        var basis = new Basis(Math.min(n, 3 * k), n);
        while (basis.size < k) basis.addRandom(rng);
        var products = new double[basis.rows.length][];
        int count = 0;
        for (int i = 0; i < k; i++, count++) products[i] = LinearMap.checked("lobpcg", a.times(basis.rows[i].clone()), n);
        double scale = 0;
        for (int step = 0;; step++) {
            int size = basis.size;
            var gram = new double[size][size];
            for (int i = 0; i < size; i++)
                for (int j = 0; j <= i; j++) gram[i][j] = gram[j][i] = Rows.dot(basis.rows[i], products[j], 0, n);
            var ritz = Tridiagonal.decompose(gram, true);
            var y = new double[k][];
            var values = new double[k];
            for (int i = 0; i < k; i++) {
                int at = largest ? size - 1 - i : i;
                y[i] = ritz.vectorRows()[at];
                values[i] = ritz.values()[at];
            }
            scale = Math.max(scale, Math.max(Math.abs(ritz.values()[0]), Math.abs(ritz.values()[size - 1])));
            double[][] x = combination(y, basis.rows, size, n, 0), ax = combination(y, products, size, n, 0);
            double[][] p = size > k ? combination(y, basis.rows, size, n, k) : new double[0][];
            double worst = 0;
            var residuals = new double[k][];
            for (int i = 0; i < k; i++) {
                residuals[i] = ax[i].clone();
                Rows.axpy(-values[i], x[i], residuals[i], 0, n);
                worst = Math.max(worst, Rows.norm(residuals[i], 0, n));
            }
            boolean converged = worst <= tolerance * scale;
            if (converged || step == maxIterations || n == k) return EigenPairs.of(a, values, x, k, count, converged);
            basis = new Basis(Math.min(n, 3 * k), n);
            for (int i = 0; i < k; i++) {
                basis.rows[basis.size++] = x[i];
                products[i] = ax[i];
            }
            for (double[] r : residuals) if (Rows.norm(r, 0, n) > 0.1 * tolerance * scale) append(basis, preconditioner.apply(r.clone()));
            for (double[] d : p) append(basis, d);
            if (basis.size == k) basis.addRandom(rng);
            for (int i = k; i < basis.size; i++, count++) products[i] = LinearMap.checked("lobpcg", a.times(basis.rows[i].clone()), n);
        }
    }

    /** Rows {@code sum_j y[i][j] rows[j]} over {@code j >= from}. */
    private static double[][] combination(double[][] y, double[][] rows, int size, int n, int from) {
        var result = Dense.zeros(y.length, n);
        Product.add(result, 0, y.length, 0, n, 1, y, 0, from, rows, from, size - from);
        return result;
    }

    /** Adds what is new in {@code w}; a direction that is nearly in the span is dropped. */
    private static void append(Basis basis, double[] w) {
        if (basis.size == basis.rows.length) return;
        double before = Rows.norm(w, 0, w.length);
        if (!(before > 0)) return;
        TriangularSolve.divide(w, before, w.length);
        basis.project(w);
        double norm = Rows.norm(w, 0, w.length);
        if (norm < 1e-8) return;
        TriangularSolve.divide(w, norm, w.length);
        basis.project(w);
        basis.add(w, Rows.norm(w, 0, w.length));
    }
}
