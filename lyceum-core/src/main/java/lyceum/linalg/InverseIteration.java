package lyceum.linalg;

import lyceum.linalg.dense.Basis;
import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.Matrices;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The eigenpair of a dense matrix whose eigenvalue lies nearest to {@code shift}: power iteration with {@code (A - shift I)^-1} (Wielandt, 1944).
 * One factorisation, then O(n^2) a step; the error falls by {@code |l1 - shift| / |l2 - shift|} a step.
 *
 * @param shift where to look
 * @param tolerance relative residual of the inverse operator, 1e-12 by default
 * @param maxIterations 200 by default
 */
public record InverseIteration(double shift, double tolerance, int maxIterations) {
    public InverseIteration {
        if (!Double.isFinite(shift)) throw new IllegalArgumentException("inverse iteration: shift is " + shift + "; it must be finite");
        if (!(tolerance >= 0)) throw new IllegalArgumentException("inverse iteration: tolerance is " + tolerance + "; it is not negative");
        if (maxIterations < 1)
            throw new IllegalArgumentException("inverse iteration: maxIterations is " + maxIterations + "; at least 1 is needed");
    }

    public InverseIteration(double shift) { this(shift, 1e-12, 200); }

    public EigenPairs run(Tensor a, Rng rng) {
        var rows = Matrices.square("inverse iteration", a);
        int n = rows.length;
        if (n == 0) throw new IllegalArgumentException("inverse iteration: the matrix is 0 x 0 and has no eigenvalue");
        double scale = Math.max(Dense.infinityNorm(rows), Double.MIN_NORMAL);
        var shifted = Dense.copy(rows);
        for (int i = 0; i < n; i++) shifted[i][i] -= shift;
        // a shift that is an eigenvalue to the last bit gives a zero pivot: move it by one rounding error
        var lu = Lu.of(shifted, n, Matrices.resultType(a));
        if (!lu.isNonsingular()) {
            shifted = Dense.copy(rows);
            for (int i = 0; i < n; i++) shifted[i][i] -= shift + 4 * Math.ulp(1.0) * scale;
            lu = Lu.of(shifted, n, Matrices.resultType(a));
            if (!lu.isNonsingular()) throw new SingularMatrixException("inverse iteration", 0);
        }
        var factors = lu;
        double centre = shift;
        return PowerIteration.iterate(LinearMap.of(a), factors::solve, r -> r == 0 ? Double.POSITIVE_INFINITY : centre + 1 / r,
                Basis.gaussian(rng, n), tolerance, maxIterations, null);
    }
}
