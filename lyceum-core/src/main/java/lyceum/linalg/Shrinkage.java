package lyceum.linalg;

import lyceum.ConvergenceException;
import lyceum.ShapeException;
import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.Matrices;
import lyceum.linalg.dense.Rows;
import lyceum.tensor.Tensor;

/**
 * One quadratic under two penalties: {@code x^T H x / 2 - b^T x} plus {@code lambda |x|_1} or {@code lambda |x|_2^2 / 2}. The first selects, the
 * second shares; near a minimum every smooth loss is such a quadratic.
 *
 * {@snippet :
 * var loss = Shrinkage.of(x.transpose().matmul(x), x.transpose().matmul(y));     // least squares
 * Tensor few = loss.l1(0.5), small = loss.l2(0.5);
 * }
 *
 * <p>Shapes: H {@code (n, n)} symmetric positive definite, b {@code (n)}; solutions {@code (n)}. Computed in F64, returned in the float type of b.
 * Immutable.
 *
 * @see <a href="https://doi.org/10.1111/j.2517-6161.1996.tb02080.x">Tibshirani (1996)</a>
 * @see <a href="https://doi.org/10.1214/07-AOAS131">Friedman, Hastie, Hoefling and Tibshirani (2007), Pathwise coordinate optimization</a>
 */
public final class Shrinkage {
    private static final int MOST_SWEEPS = 100_000;

    private final double[][] h;
    private final double[] b;
    private final Tensor right;

    private Shrinkage(double[][] h, double[] b, Tensor right) {
        this.h = h;
        this.b = b;
        this.right = right;
    }

    /** @throws NotPositiveDefiniteException if the quadratic has no single minimum: names the pivot */
    public static Shrinkage of(Tensor h, Tensor b) {
        var rows = Matrices.symmetric("shrinkage", h);
        if (b.rank() != 1 || b.size(0) != rows.length) throw new ShapeException(
                "shrinkage: H of shape " + h.shape() + " and b of shape " + b.shape() + "; b has an entry for each row of H");
        Cholesky.of(Dense.copy(rows), Matrices.resultType(h));
        return new Shrinkage(rows, Matrices.vector("shrinkage", b, rows.length), b);
    }

    /** The minimum with {@code lambda |x|_2^2 / 2}: {@code (H + lambda I) x = b}. */
    public Tensor l2(double lambda) {
        requirePenalty(lambda);
        var damped = Dense.copy(h);
        for (int i = 0; i < b.length; i++) damped[i][i] += lambda;
        return Matrices.tensor(Cholesky.of(damped, Matrices.resultType(right)).solve(b.clone()), Matrices.resultType(right));
    }

    /**
     * The minimum with {@code lambda |x|_1}, by cyclic coordinate descent until no coordinate moves by more than 1e-14 of the largest: exact zeros.
     *
     * @throws ConvergenceException after 100,000 sweeps, for an H that is nearly singular
     */
    public Tensor l1(double lambda) {
        requirePenalty(lambda);
        int n = b.length;
        var x = new double[n];
        for (int sweep = 0; sweep < MOST_SWEEPS; sweep++) {
            double moved = 0, size = 0;
            for (int i = 0; i < n; i++) {
                double c = b[i] - Rows.dot(h[i], x, 0, n) + h[i][i] * x[i];
                double next = ProximalMaps.softThreshold(c, lambda) / h[i][i];
                moved = Math.max(moved, Math.abs(next - x[i]));
                size = Math.max(size, Math.abs(next));
                x[i] = next;
            }
            if (moved <= 1e-14 * size) return Matrices.tensor(x, Matrices.resultType(right));
        }
        throw new ConvergenceException("shrinkage l1: coordinates still move after " + MOST_SWEEPS
                + " sweeps; H is nearly singular, add a little to its diagonal");
    }

    private static void requirePenalty(double lambda) {
        if (!(lambda >= 0) || Double.isInfinite(lambda))
            throw new IllegalArgumentException("shrinkage: lambda is " + lambda + "; it is finite and not negative");
    }
}
