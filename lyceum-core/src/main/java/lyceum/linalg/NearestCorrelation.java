package lyceum.linalg;

import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.Matrices;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * The nearest correlation matrix in the Frobenius norm: positive semidefinite, ones on the diagonal. Projects on the two sets in turn, with
 * Dykstra's correction (Higham, 2002): without it the iterates reach a correlation matrix, but not the nearest.
 *
 * {@snippet :
 * Tensor c = NearestCorrelation.of(pairwise);
 * var found = new NearestCorrelation().withTolerance(1e-12).run(pairwise);      // found.iterations(), found.converged()
 * }
 *
 * @param tolerance stops when no entry moves by more, 1e-10 by default
 * @param maxIterations 10,000 by default; the last iterate is then returned, flagged
 * @see <a href="https://doi.org/10.1093/imanum/22.3.329">Higham (2002), Computing the nearest correlation matrix</a>
 */
@Withers
public record NearestCorrelation(double tolerance, int maxIterations) implements NearestCorrelationWithers {
    public NearestCorrelation {
        if (!(tolerance > 0)) throw new IllegalArgumentException("nearest correlation: tolerance is " + tolerance + "; it is positive");
        if (maxIterations < 1)
            throw new IllegalArgumentException("nearest correlation: maxIterations is " + maxIterations + "; at least 1 is needed");
    }

    public NearestCorrelation() { this(1e-10, 10_000); }

    /** @param matrix symmetric, with ones on the diagonal @param converged false if the limit stopped it */
    public record Result(Tensor matrix, int iterations, boolean converged) {}

    /** The matrix alone, with the defaults. */
    public static Tensor of(Tensor a) { return new NearestCorrelation().run(a).matrix(); }

    /** @param a symmetric {@code (n, n)}; its diagonal may be anything */
    public Result run(Tensor a) {
        var y = Matrices.symmetric("nearest correlation", a);
        int n = y.length, iteration = 0;
        double[][] correction = Dense.zeros(n, n), x = y;
        double moved = Double.POSITIVE_INFINITY;
        while (iteration < maxIterations && moved > tolerance) {
            iteration++;
            for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) y[i][j] -= correction[i][j];
            x = Eigen.symmetric(Tensor.of(Dense.toRowMajor(y, n), n, n)).function(v -> Math.max(v, 0)).toRows();
            moved = 0;
            for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) {
                double next = i == j ? 1 : x[i][j];
                moved = Math.max(moved, Math.abs(next - y[i][j] - correction[i][j]));
                correction[i][j] = x[i][j] - y[i][j];
                y[i][j] = next;
            }
        }
        // The last step made the diagonal ones and the matrix a little indefinite; scaled instead, what was semidefinite stays so.
        var scale = new double[n];
        for (int i = 0; i < n; i++) scale[i] = x[i][i] > 0 ? Math.sqrt(x[i][i]) : 1;
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) y[i][j] = i == j ? 1 : x[i][j] / (scale[i] * scale[j]);
        return new Result(Matrices.tensor(y, n, Matrices.resultType(a)), iteration, moved <= tolerance);
    }
}
