package lyceum.linalg;

import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Chebyshev polynomials of the first kind, {@code T_d(cos t) = cos(d t)}: a basis for polynomial fits whose columns stay nearly orthogonal, where
 * powers of x soon become parallel to each other.
 *
 * <p>Source: L. N. Trefethen, Approximation Theory and Approximation Practice, SIAM 2013, chapter 3.
 */
public final class ChebyshevBasis {

    private ChebyshevBasis() {}

    /**
     * The design matrix {@code (n, degree + 1)} with {@code T_0, ..., T_degree} at n places between {@code from} and {@code to}, which are mapped to -1
     * and 1. By the recurrence {@code T_(d+1) = 2 z T_d - T_(d-1)}, in the type of x; places outside the interval are taken as they are.
     *
     * @param x places {@code (n)}
     * @throws ShapeException if x is not a vector
     * @throws IllegalArgumentException if degree is negative, or from is not below to
     */
    public static Tensor of(Tensor x, double from, double to, int degree) {
        if (x.rank() != 1) throw new ShapeException("ChebyshevBasis: x has shape " + x.shape() + "; it is a vector");
        if (degree < 0) throw new IllegalArgumentException("ChebyshevBasis: degree is " + degree + "; it is at least 0");
        if (!(from < to)) throw new IllegalArgumentException("ChebyshevBasis: from " + from + " to " + to + "; the lower end comes first");
        var z = x.sub(from).mul(2 / (to - from)).sub(1);
        var t = new Tensor[degree + 1];
        for (int d = 0; d <= degree; d++) t[d] = d == 0 ? z.onesLike() : d == 1 ? z : z.mul(t[d - 1]).mul(2).sub(t[d - 2]);
        return Tensor.stack(1, t);
    }
}
