package lyceum.linalg;

import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * The orthogonal factor of a matrix, {@code U V'} of {@code A = U S V'}, by products alone: a polynomial that drives every singular value towards 1.
 *
 * <p>From {@code X = A / |A|_F}, repeated: {@code X <- a X + b (X X') X + c (X X')^2 X}, which takes each singular value s to
 * {@code a s + b s^3 + c s^5} and leaves the singular vectors alone. Computed in the type of A, on the side with fewer rows. The result does not
 * depend on the scale of A, and of a zero matrix it is zero. Differentiable.
 *
 * {@snippet :
 * Tensor near = NewtonSchulz.quintic(5).of(gradient);      // fast, singular values within about 0.3 of 1
 * Tensor exact = NewtonSchulz.cubic(30).of(a);             // U V' to rounding, for a condition number up to about 1e4
 * }
 *
 * @param a coefficient of the singular value
 * @param b of its cube
 * @param c of its fifth power; 0 saves a product a step
 * @param steps how often, at least 1
 * @see <a href="https://doi.org/10.1137/0708036">Björck and Bowie (1971)</a>
 * @see <a href="https://kellerjordan.github.io/posts/muon/">Jordan and others (2024), for the quintic</a>
 */
public record NewtonSchulz(double a, double b, double c, int steps) {
    public NewtonSchulz {
        if (steps < 1) throw new IllegalArgumentException("NewtonSchulz: steps is " + steps + "; it is at least 1");
    }

    /** {@code 1.5 s - 0.5 s^3}: converges, quadratically near 1; small values grow by half a step. */
    public static NewtonSchulz cubic(int steps) { return new NewtonSchulz(1.5, -0.5, 0, steps); }

    /**
     * {@code 3.4445 s - 4.775 s^3 + 2.0315 s^5}: small values grow more than threefold a step, and then hover between 0.68 and 1.2. Five steps
     * lift what is above 0.0015 of the Frobenius norm.
     */
    public static NewtonSchulz quintic(int steps) { return new NewtonSchulz(3.4445, -4.7750, 2.0315, steps); }

    /** @param m a matrix of a float type */
    public Tensor of(Tensor m) {
        if (m.rank() != 2) throw new ShapeException("NewtonSchulz: shape " + m.shape() + "; it takes a matrix");
        boolean tall = m.size(0) > m.size(1);
        var x = tall ? m.transpose() : m;
        // By the largest entry first, so that squares neither overflow nor vanish.
        double tiny = Float.MIN_NORMAL;
        x = x.div(x.abs().max().maximum(tiny));
        x = x.div(x.norm().maximum(tiny));
        for (int step = 0; step < steps; step++) {
            var s = x.matmul(x.transpose());
            var odd = c == 0 ? s.mul(b) : s.mul(b).add(s.matmul(s).mul(c));
            x = x.mul(a).add(odd.matmul(x));
        }
        return tall ? x.transpose() : x;
    }
}
