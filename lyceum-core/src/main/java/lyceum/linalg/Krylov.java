package lyceum.linalg;

import lyceum.tensor.Tensor;

/**
 * Where an iterative solve ended, and how it came there. One that did not converge is a result that says so.
 *
 * @param x the best point
 * @param iterations products with the matrix
 * @param residual {@code |b - A x|}, computed from x at the end
 * @param converged whether that is within the tolerance
 * @param residuals as the iteration reckons them, from the start on
 * @param leastSquares true if the system has no solution and x, as near as can be told, has the least residual there is: {@code A (b - A x)} is 0 to rounding
 */
public record Krylov(Tensor x, int iterations, double residual, boolean converged, double[] residuals, boolean leastSquares) {
    /** Of a solver that cannot tell whether a residual that is left is the least. */
    public Krylov(Tensor x, int iterations, double residual, boolean converged, double[] residuals) {
        this(x, iterations, residual, converged, residuals, false);
    }
}
