package lyceum.linalg;

import java.util.function.UnaryOperator;
import lyceum.linalg.dense.Basis;
import lyceum.linalg.dense.Rows;
import lyceum.linalg.dense.TriangularSolve;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The eigenvalue of largest size by repeated multiplication, {@code v <- A v / |A v|} (von Mises, 1929). The error of the vector falls by
 * {@code |l2 / l1|} a step, that of the value of a symmetric operator by the square.
 *
 * <p>Needs a real dominant eigenvalue; for a symmetric operator {@link Lanczos} reaches the same in far fewer products.
 *
 * @param tolerance stops when {@code |A v - l v| <= tolerance |l|}; 1e-10 by default
 * @param maxIterations 1000 by default
 */
public record PowerIteration(double tolerance, int maxIterations) {
    public PowerIteration {
        if (!(tolerance >= 0)) throw new IllegalArgumentException("power iteration: tolerance is " + tolerance + "; it is not negative");
        if (maxIterations < 1)
            throw new IllegalArgumentException("power iteration: maxIterations is " + maxIterations + "; at least 1 is needed");
    }

    public PowerIteration() { this(1e-10, 1000); }

    /** Sees each step: its number from 1, the eigenvalue estimate and the new unit vector. */
    public interface Observer {
        void step(int iteration, double value, Tensor vector);
    }

    public EigenPairs run(LinearMap a, Rng rng) { return run(a, rng, null); }

    /** @param observer called after each step; may be null */
    public EigenPairs run(LinearMap a, Rng rng, Observer observer) {
        int n = LinearMap.requireSquare("power iteration", a);
        if (n == 0) throw new IllegalArgumentException("power iteration: the operator is 0 x 0 and has no eigenvalue");
        return iterate(a, a::times, value -> value, Basis.gaussian(rng, n), tolerance, maxIterations, observer);
    }

    interface Value {
        double of(double rayleigh);
    }

    /** Shared with inverse iteration: {@code step} is what is repeated, {@code value} turns its Rayleigh quotient into an eigenvalue of A. */
    static EigenPairs iterate(LinearMap a, UnaryOperator<double[]> step, Value value, double[] v, double tolerance, int maxIterations,
            Observer observer) {
        int n = v.length;
        TriangularSolve.divide(v, Rows.norm(v, 0, n), n);
        double lambda = 0;
        boolean converged = false;
        int iteration = 0;
        while (iteration < maxIterations && !converged) {
            iteration++;
            double[] w = LinearMap.checked("power iteration", step.apply(v.clone()), n);
            double rayleigh = Rows.dot(v, w, 0, n), norm = Rows.norm(w, 0, n);
            lambda = value.of(rayleigh);
            if (norm == 0) {
                converged = true;
                break;
            }
            double residual = 0;
            for (int i = 0; i < n; i++) {
                double d = w[i] - rayleigh * v[i];
                residual += d * d;
            }
            converged = Math.sqrt(residual) <= tolerance * Math.abs(rayleigh);
            TriangularSolve.divide(w, norm, n);
            v = w;
            if (observer != null) observer.step(iteration, lambda, Tensor.of(v.clone(), n));
        }
        return EigenPairs.of(a, new double[] {lambda}, new double[][] {v}, 1, iteration, converged);
    }
}
