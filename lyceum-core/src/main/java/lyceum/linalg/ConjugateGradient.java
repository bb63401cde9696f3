package lyceum.linalg;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.linalg.dense.Matrices;
import lyceum.linalg.dense.Rows;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Solves {@code A x = b} for a symmetric positive definite operator by preconditioned conjugate gradients (Hestenes and Stiefel, 1952): one
 * product a step, four vectors of memory, at most about {@code sqrt(condition)} steps a digit.
 *
 * {@snippet :
 * var direction = new ConjugateGradient().solve(fisher, gradient);
 * var newton = new ConjugateGradient().withTruncated(true).withTolerance(0.1).solve(hessian, gradient.neg()).x();
 * }
 *
 * <p>For functions that are not quadratic there is {@link lyceum.optim.NonlinearConjugateGradient}.
 *
 * @param tolerance stops when {@code |b - A x| <= tolerance |b|}, or where b is zero that times the first residual; 1e-10 by default
 * @param maxIterations 0 means {@code 10 n}
 * @param damping solves {@code (A + damping I) x = b}; 0 by default
 * @param truncated ends at a direction with {@code p^T A p <= 0} and returns what it has, as truncated Newton wants it; by default that is an
 *        error
 */
@Withers
public record ConjugateGradient(double tolerance, int maxIterations, double damping, boolean truncated)
        implements ConjugateGradientWithers {
    public ConjugateGradient {
        if (!(tolerance >= 0)) throw new IllegalArgumentException("conjugate gradient: tolerance is " + tolerance + "; it is not negative");
        if (maxIterations < 0)
            throw new IllegalArgumentException("conjugate gradient: maxIterations is " + maxIterations + "; it is not negative");
        if (!(damping >= 0)) throw new IllegalArgumentException("conjugate gradient: damping is " + damping + "; it is not negative");
    }

    public ConjugateGradient() { this(1e-10, 0, 0, false); }

    /** Why a solve ended. */
    public enum Stop {
        /** The residual is within the tolerance. */
        TOLERANCE,
        /** The permitted steps are used up. */
        ITERATIONS,
        /** A direction has no positive curvature. */
        NEGATIVE_CURVATURE
    }

    /**
     * Where a solve ended, and how it came there.
     *
     * @param x the best point; at negative curvature the one before that direction
     * @param iterations steps taken, one product each; the product that showed negative curvature is not counted
     * @param residual {@code |b - A x|} as recurred
     * @param residuals {@code |b - A x_k|} as recurred, for k = 0 to iterations
     * @param energyErrors {@code sqrt((x_k - x)^T A (x_k - x))} about the last x, for k = 0 to iterations: from the decreases
     *        {@code alpha_j r_j^T z_j} that follow step k, so it needs no second product. A lower bound of the error about the solution, and
     *        close where several steps follow (Hestenes and Stiefel 1952, theorem 6.1; Strakos and Tichy 2002)
     * @param negativeCurvature the direction p with {@code p^T A p <= 0} that ended it; null otherwise
     */
    public record Solution(Tensor x, int iterations, double residual, Stop stop, double[] residuals, double[] energyErrors,
            Tensor negativeCurvature) {
        /** False if the limit of steps or negative curvature stopped it. */
        public boolean converged() { return stop == Stop.TOLERANCE; }
    }

    /** @param x the solutions side by side, as the right-hand sides stood @param columns each on its own */
    public record Solutions(Tensor x, List<Solution> columns) {
        public Solutions {
            columns = List.copyOf(columns);
        }

        /** True if all converged. */
        public boolean converged() { return columns.stream().allMatch(Solution::converged); }
    }

    /** Sees {@code x_k} and the recurred residual {@code r_k = b - A x_k}, for k = 0 on; the arrays are reused, so copy what is to be kept. */
    @FunctionalInterface
    public interface Listener {
        void at(int k, double[] x, double[] residual);
    }

    public Solution solve(LinearMap a, Tensor b) { return solve(a, b, Preconditioner.none()); }

    /**
     * @param b a vector of length n
     * @throws NotPositiveDefiniteException if a search direction has {@code p^T A p <= 0}, unless {@link #truncated}
     */
    public Solution solve(LinearMap a, Tensor b, Preconditioner preconditioner) {
        return solve(a, b, preconditioner, null, (k, x, r) -> {});
    }

    /**
     * As {@link #solve(LinearMap, Tensor, Preconditioner)}, from a start and under the eyes of a listener.
     *
     * @param start the first x, a vector of length n; null for 0
     */
    public Solution solve(LinearMap a, Tensor b, Preconditioner preconditioner, Tensor start, Listener listener) {
        int n = LinearMap.requireSquare("conjugate gradient", a);
        double[] r = Matrices.vector("conjugate gradient", b, n);
        double[] x = start == null ? new double[n] : Matrices.vector("conjugate gradient", start, n);
        var type = Matrices.resultType(b);
        double scale = Rows.norm(r, 0, n);
        if (start != null) Rows.axpy(-1, times(a, x), r, 0, n);
        double norm = Rows.norm(r, 0, n), target = tolerance * (scale == 0 ? norm : scale);
        int limit = maxIterations == 0 ? 10 * n : maxIterations, step = 0;
        double[] residuals = new double[Math.min(limit, n) + 1], decreases = new double[residuals.length];
        residuals[0] = norm;
        listener.at(0, x, r);
        Tensor negative = null;
        double[] p = new double[n];
        double rz = 1;
        while (norm > target && step < limit) {
            double[] z = LinearMap.checked("conjugate gradient", preconditioner.apply(r.clone()), n);
            double next = Rows.dot(r, z, 0, n), beta = step == 0 ? 0 : next / rz;
            rz = next;
            for (int i = 0; i < n; i++) p[i] = z[i] + beta * p[i];
            double[] ap = times(a, p);
            double curvature = Rows.dot(p, ap, 0, n);
            if (!(curvature > 0)) {
                if (!truncated) throw new NotPositiveDefiniteException("conjugate gradient", step, curvature);
                negative = Matrices.tensor(p, type);
                break;
            }
            double alpha = rz / curvature;
            Rows.axpy(alpha, p, x, 0, n);
            Rows.axpy(-alpha, ap, r, 0, n);
            norm = Rows.norm(r, 0, n);
            if (step + 1 == residuals.length) {
                residuals = Arrays.copyOf(residuals, 2 * step + 2);
                decreases = Arrays.copyOf(decreases, 2 * step + 2);
            }
            decreases[step++] = alpha * rz;
            residuals[step] = norm;
            listener.at(step, x, r);
        }
        var stop = norm <= target ? Stop.TOLERANCE : negative != null ? Stop.NEGATIVE_CURVATURE : Stop.ITERATIONS;
        return new Solution(Matrices.tensor(x, type), step, norm, stop, Arrays.copyOf(residuals, step + 1), energyErrors(decreases, step),
                negative);
    }

    /**
     * Solves for each column of a matrix.
     *
     * @param b {@code (n, columns)}
     */
    public Solutions solveColumns(LinearMap a, Tensor b, Preconditioner preconditioner) {
        var sides = Matrices.RightSides.of("conjugate gradient", b, LinearMap.requireSquare("conjugate gradient", a));
        var columns = new ArrayList<Solution>();
        var x = new double[sides.b().length][sides.columns()];
        for (int j = 0; j < sides.columns(); j++) {
            var solution = solve(a, sides.isVector() ? b : b.select(1, j), preconditioner);
            columns.add(solution);
            double[] column = solution.x().toDoubleArray();
            for (int i = 0; i < x.length; i++) x[i][j] = column[i];
        }
        return new Solutions(sides.tensor(x, Matrices.resultType(b)), columns);
    }

    private double[] times(LinearMap a, double[] p) {
        double[] ap = LinearMap.checked("conjugate gradient", a.times(p.clone()), p.length).clone();
        Rows.axpy(damping, p, ap, 0, p.length);
        return ap;
    }

    private static double[] energyErrors(double[] decreases, int steps) {
        var errors = new double[steps + 1];
        double left = 0;
        for (int k = steps - 1; k >= 0; k--) {
            left += decreases[k];
            errors[k] = Math.sqrt(left);
        }
        return errors;
    }
}
