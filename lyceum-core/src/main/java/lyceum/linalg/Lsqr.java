package lyceum.linalg;

import lyceum.linalg.dense.Matrices;
import lyceum.linalg.dense.Rows;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Least squares by products with A and its transpose alone: {@code min |A x - b|^2 + damping^2 |x|^2} of any shape and rank, for matrices too large or too sparse to
 * factorise. From 0 it comes to the shortest of the best x. What conjugate gradients on {@code A'A x = A'b} would do, with the digits of A rather than of its square;
 * columns of one length help.
 *
 * {@snippet :
 * Tensor a = Tensor.of(new double[][] {{1, 2}, {3, 4}, {5, 6}}), b = Tensor.of(1.0, 2.0, 2.5);
 * Tensor x = new Lsqr().solve(LinearMap.of(a), b).x();
 * }
 *
 * @param tolerance stops where {@code |A'r| <= tolerance |A| |r|}, or {@code |r| <= tolerance (|b| + |A| |x|)}, norms of A as estimated so far
 * @param maxIterations 0 means four times the columns, and at least 100
 * @see <a href="https://doi.org/10.1145/355984.355989">Paige and Saunders (1982)</a>
 */
@Withers
public record Lsqr(double tolerance, int maxIterations, double damping) implements LsqrWithers {
    public Lsqr {
        if (!(tolerance >= 0) || maxIterations < 0 || !(damping >= 0)) throw new IllegalArgumentException(
                "lsqr: tolerance " + tolerance + ", " + maxIterations + " iterations, damping " + damping + "; none is negative");
    }

    public Lsqr() { this(1e-13, 0, 0); }

    /**
     * @param residual {@code |b - A x|} as recurred, with {@code damping |x|} in it
     * @param gradient {@code |A'r|} as recurred
     */
    public record Solution(Tensor x, int iterations, double residual, double gradient, boolean converged) {}

    /** @param b (rows of A) */
    public Solution solve(LinearMap a, Tensor b) {
        int m = a.rows(), n = a.cols(), limit = maxIterations == 0 ? Math.max(100, 4 * n) : maxIterations;
        double[] u = Matrices.vector("lsqr", b, m), x = new double[n], v = new double[n], w = new double[n];
        double beta = normalise(u), length = beta, alpha = 0;
        if (beta > 0) {
            Rows.axpy(1, LinearMap.checked("lsqr", a.transposeTimes(u.clone()), n), v, 0, n);
            alpha = normalise(v);
        }
        System.arraycopy(v, 0, w, 0, n);
        double rhoBar = alpha, phiBar = beta, squares = 0, gradient = alpha * beta, kept = 0;
        int step = 0;
        boolean done = gradient == 0;
        while (!done && step < limit) {
            step++;
            double[] av = LinearMap.checked("lsqr", a.times(v.clone()), m);
            for (int i = 0; i < m; i++) u[i] = av[i] - alpha * u[i];
            beta = normalise(u);
            squares += alpha * alpha + beta * beta + damping * damping;
            double[] au = LinearMap.checked("lsqr", a.transposeTimes(u.clone()), n);
            for (int i = 0; i < n; i++) v[i] = au[i] - beta * v[i];
            alpha = normalise(v);
            // Two rotations: the damping out of the diagonal, then the subdiagonal.
            double damped = Math.hypot(rhoBar, damping), psi = damping / damped * phiBar;
            phiBar *= rhoBar / damped;
            kept += psi * psi;
            double rho = Math.hypot(damped, beta), c = damped / rho, s = beta / rho, phi = c * phiBar;
            phiBar *= s;
            rhoBar = -c * alpha;
            for (int i = 0; i < n; i++) {
                x[i] += phi / rho * w[i];
                w[i] = v[i] - s * alpha / rho * w[i];
            }
            double residual = Math.sqrt(phiBar * phiBar + kept), norm = Math.sqrt(squares);
            gradient = Math.abs(phiBar * alpha * c);
            done = gradient <= tolerance * norm * residual || residual <= tolerance * (length + norm * Rows.norm(x, 0, n)) || alpha == 0;
        }
        return new Solution(Matrices.tensor(x, Matrices.resultType(b)), step, Math.sqrt(phiBar * phiBar + kept), gradient, done);
    }

    private static double normalise(double[] v) {
        double norm = Rows.norm(v, 0, v.length);
        if (norm > 0) Rows.scale(1 / norm, v, 0, v.length);
        return norm;
    }
}
