package lyceum.linalg;

import java.util.function.UnaryOperator;
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
 * }
 *
 * @param tolerance stops when {@code |b - A x| <= tolerance |b|}; 1e-10 by default
 * @param maxIterations 0 means {@code 10 n}
 * @param damping solves {@code (A + damping I) x = b}; 0 by default
 */
@Withers
public record ConjugateGradient(double tolerance, int maxIterations, double damping) implements ConjugateGradientWithers {
    public ConjugateGradient {
        if (!(tolerance >= 0)) throw new IllegalArgumentException("conjugate gradient: tolerance is " + tolerance + "; it is not negative");
        if (maxIterations < 0)
            throw new IllegalArgumentException("conjugate gradient: maxIterations is " + maxIterations + "; it is not negative");
        if (!(damping >= 0)) throw new IllegalArgumentException("conjugate gradient: damping is " + damping + "; it is not negative");
    }

    public ConjugateGradient() { this(1e-10, 0, 0); }

    /** @param iterations products used @param residual {@code |b - A x|} as recurred @param converged false if the limit stopped it */
    public record Solution(Tensor x, int iterations, double residual, boolean converged) {}

    public Solution solve(LinearMap a, Tensor b) { return solve(a, b, UnaryOperator.identity()); }

    /**
     * @param preconditioner an approximation of {@code A^-1}, symmetric positive definite, on arrays that it must not change
     * @throws NotPositiveDefiniteException if a search direction has {@code p^T A p <= 0}
     */
    public Solution solve(LinearMap a, Tensor b, UnaryOperator<double[]> preconditioner) {
        int n = LinearMap.requireSquare("conjugate gradient", a);
        double[] r = Matrices.vector("conjugate gradient", b, n);
        var x = new double[n];
        double target = tolerance * Rows.norm(r, 0, n), norm = Rows.norm(r, 0, n);
        int limit = maxIterations == 0 ? 10 * n : maxIterations, step = 0;
        double[] z = preconditioner.apply(r.clone()), p = z.clone();
        double rz = Rows.dot(r, z, 0, n);
        while (norm > target && step < limit) {
            double[] ap = LinearMap.checked("conjugate gradient", a.times(p.clone()), n).clone();
            Rows.axpy(damping, p, ap, 0, n);
            double curvature = Rows.dot(p, ap, 0, n);
            if (!(curvature > 0)) throw new NotPositiveDefiniteException("conjugate gradient", step, curvature);
            double alpha = rz / curvature;
            Rows.axpy(alpha, p, x, 0, n);
            Rows.axpy(-alpha, ap, r, 0, n);
            step++;
            norm = Rows.norm(r, 0, n);
            if (norm <= target) break;
            z = preconditioner.apply(r.clone());
            double next = Rows.dot(r, z, 0, n), beta = next / rz;
            rz = next;
            for (int i = 0; i < n; i++) p[i] = z[i] + beta * p[i];
        }
        return new Solution(Matrices.tensor(x, Matrices.resultType(b)), step, norm, norm <= target);
    }
}
