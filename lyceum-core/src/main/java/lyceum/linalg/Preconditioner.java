package lyceum.linalg;

import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.tensor.Csr;

/**
 * What {@link ConjugateGradient} multiplies residuals by: a symmetric positive definite approximation {@code M^-1} of {@code A^-1}, on arrays that
 * it must not change. It has to be the same map at every step.
 *
 * {@snippet :
 * var x = new ConjugateGradient().solve(LinearMap.of(a), b, Preconditioner.incompleteCholesky(a)).x();
 * }
 */
@FunctionalInterface
public interface Preconditioner extends UnaryOperator<double[]> {

    /** Leaves residuals as they are. */
    static Preconditioner none() { return r -> r; }

    /**
     * Divides by the diagonal of the matrix: cures rows of different scale, and costs next to nothing.
     *
     * @throws NotPositiveDefiniteException if an entry is not above 0
     */
    static Preconditioner jacobi(double... diagonal) {
        var d = diagonal.clone();
        for (int i = 0; i < d.length; i++) if (!(d[i] > 0)) throw new NotPositiveDefiniteException("jacobi", i, d[i]);
        return r -> {
            if (r.length != d.length) throw new ShapeException("jacobi: " + r.length + " numbers for a diagonal of " + d.length);
            var z = new double[d.length];
            for (int i = 0; i < d.length; i++) z[i] = r[i] / d[i];
            return z;
        };
    }

    /** {@link #jacobi(double...)} of a sparse matrix. */
    static Preconditioner jacobi(Csr a) {
        int n = (int) a.rows();
        double[] values = a.values().toDoubleArray(), diagonal = new double[n];
        for (int i = 0; i < n; i++) for (int e = a.rowStart(i); e < a.rowStart(i + 1); e++) if (a.column(e) == i) diagonal[i] = values[e];
        return jacobi(diagonal);
    }

    /** {@link IncompleteCholesky#of(Csr)}: the usual next try after {@link #jacobi}. */
    static Preconditioner incompleteCholesky(Csr a) { return IncompleteCholesky.of(a); }
}
