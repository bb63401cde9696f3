package lyceum.linalg;

import java.util.Optional;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.dense.CholeskySteps;
import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.Matrices;
import lyceum.linalg.dense.Product;
import lyceum.tensor.Tensor;

/**
 * Whether {@code v^T A v} can be negative, and what to do if it should not: tests, {@link Inertia}, the nearest matrix that is fit, square root,
 * Schur complement and the order {@code A >= B}.
 *
 * {@snippet :
 * if (!PositiveDefinite.isSemidefinite(c)) c = NearestCorrelation.of(c);
 * Inertia saddle = PositiveDefinite.inertia(hessian);                   // directions up, flat, down
 * boolean worse = PositiveDefinite.atLeast(covariance, other);          // in every direction
 * }
 *
 * <p>Matrices are {@code (n, n)} and symmetric, computed in F64 and returned in their float type. Eigenvalues within {@code tolerance |A|} of 0
 * count as 0, where {@code |A|} is the largest row sum of sizes. Every method decides by the signs that it
 * finds in {@code A - t I} and {@code A + t I}, {@code t = tolerance |A|}: rounding makes the sign of a zero a matter of chance, and the shift moves
 * zeros away from there.
 *
 * @see <a href="https://doi.org/10.1017/CBO9781139020411">Horn and Johnson, Matrix Analysis (2nd ed., 2013), chapter 7</a>
 * @see <a href="https://doi.org/10.1016/0024-3795(88)90223-6">Higham (1988), Computing a Nearest Symmetric Positive Semidefinite Matrix</a>
 */
public final class PositiveDefinite {
    /** How to count signs. All agree away from the tolerance; they differ in cost and in what they can see. */
    public enum Method {
        /** Eigenvalues; {@code 4/3 n^3}, counts every sign. The default. */
        EIGENVALUES,
        /** Signs of the pivots of {@link Ldl}, {@code n^3 / 3}, counts every sign. */
        LDL,
        /** Changes of sign along the leading minors (Jacobi); {@code n^4 / 6}, for small matrices, counts every sign. */
        MINORS,
        /** Whether the factor exists, {@code n^3 / 3} and the fastest; tells definite and semidefinite from the rest. */
        CHOLESKY
    }

    private PositiveDefinite() {}

    /** {@code 100 n eps} for the type of the entries: above rounding, below what means something. */
    public static double defaultTolerance(Tensor a) { return 100 * Svd.defaultTolerance(1, (int) a.size(0), a.dtype()); }

    /** Whether all eigenvalues are above the default tolerance, by Cholesky. */
    public static boolean isDefinite(Tensor a) { return isDefinite(a, Method.CHOLESKY, defaultTolerance(a)); }

    /** Whether no eigenvalue is below minus the default tolerance, by Cholesky. */
    public static boolean isSemidefinite(Tensor a) { return isSemidefinite(a, Method.CHOLESKY, defaultTolerance(a)); }

    /** Whether all eigenvalues are above {@code tolerance |A|}. */
    public static boolean isDefinite(Tensor a, Method method, double tolerance) {
        var rows = Matrices.symmetric("positive definite", a);
        return below(method, rows, shift(rows, tolerance)) == 0;
    }

    /** Whether no eigenvalue is below {@code -tolerance |A|}. */
    public static boolean isSemidefinite(Tensor a, Method method, double tolerance) {
        var rows = Matrices.symmetric("positive semidefinite", a);
        return below(method, rows, -shift(rows, tolerance)) == 0;
    }

    /** Signs of the eigenvalues, by {@link Method#LDL} with the default tolerance. */
    public static Inertia inertia(Tensor a) { return inertia(a, Method.LDL, defaultTolerance(a)); }

    /**
     * Signs of the eigenvalues.
     *
     * @throws IllegalArgumentException for {@link Method#CHOLESKY}, which does not count
     */
    public static Inertia inertia(Tensor a, Method method, double tolerance) {
        if (method == Method.CHOLESKY) throw new IllegalArgumentException(
                "inertia: CHOLESKY only tells whether there are negative eigenvalues; use LDL or EIGENVALUES");
        var rows = Matrices.symmetric("inertia", a);
        double t = shift(rows, tolerance);
        int negative = below(method, rows, -t), notPositive = below(method, rows, t);
        return new Inertia(rows.length - notPositive, notPositive - negative, negative);
    }

    private static double shift(double[][] rows, double tolerance) {
        if (!(tolerance >= 0)) throw new IllegalArgumentException("positive definite: tolerance is " + tolerance + "; it is not negative");
        double norm = Dense.infinityNorm(rows);
        return norm == 0 ? Double.MIN_NORMAL : Math.max(tolerance, Math.ulp(1.0)) * norm;
    }

    /** Number of eigenvalues below {@code level}; of Cholesky, whether there are any. */
    private static int below(Method method, double[][] rows, double level) {
        int n = rows.length;
        var shifted = Dense.copy(rows);
        for (int i = 0; i < n; i++) shifted[i][i] -= level;
        return switch (method) {
            case CHOLESKY -> CholeskySteps.factor(shifted) < 0 ? 0 : 1;
            case LDL -> Ldl.of(Matrices.tensor(shifted, n, DType.F64)).negative();
            case MINORS -> signChanges(shifted);
            case EIGENVALUES -> {
                int count = 0;
                for (double v : Eigen.symmetricValues(Matrices.tensor(shifted, n, DType.F64)).toDoubleArray()) if (v < 0) count++;
                yield count;
            }
        };
    }

    /** Jacobi's rule: as many negative eigenvalues as the sequence 1, d_1, ..., d_n of leading minors changes its sign. */
    private static int signChanges(double[][] a) {
        int changes = 0, last = 1;
        for (int k = 1; k <= a.length; k++) {
            int sign = Lu.of(Matrices.tensor(Dense.block(a, 0, k, 0, k), k, DType.F64)).detSign();
            if (sign == 0) sign = -last; // it stands between opposite signs (Gundelfinger, 1881): one change in either case
            if (sign != last) changes++;
            last = sign;
        }
        return changes;
    }

    /** A unit vector v with {@code v^T A v < 0} beyond the default tolerance, the lowest there is: the portfolio of negative variance. */
    public static Optional<Tensor> witness(Tensor a) {
        Matrices.symmetric("witness", a);
        var e = Eigen.symmetric(a);
        boolean below = a.size(0) > 0 && e.values().item(0) < -defaultTolerance(a) * Norms.infinity(a);
        return below ? Optional.of(e.vectors().select(1, 0)) : Optional.empty();
    }

    /** The nearest positive semidefinite matrix in the Frobenius norm: negative eigenvalues of {@code (A + A^T) / 2} made 0. Any square A. */
    public static Tensor nearest(Tensor a) {
        Matrices.square("nearest positive semidefinite", a);
        var wide = a.detach().to(DType.F64);
        return Eigen.symmetric(wide.add(wide.transpose()).div(2)).function(v -> Math.max(v, 0)).to(Matrices.resultType(a));
    }

    /**
     * The positive semidefinite S with {@code S S = A}. Eigenvalues within rounding below 0 are taken as 0.
     *
     * @throws IllegalArgumentException if an eigenvalue is below minus the default tolerance: names it
     */
    public static Tensor sqrt(Tensor a) { return wideRoot("matrix square root", a).to(Matrices.resultType(a)); }

    private static Tensor wideRoot(String operation, Tensor a) {
        var e = Eigen.symmetric(Matrices.tensor(Matrices.symmetric(operation, a), (int) a.size(0), DType.F64));
        double[] values = e.values().toDoubleArray();
        if (values.length > 0 && values[0] < -defaultTolerance(a) * Norms.infinity(a))
            throw new IllegalArgumentException(operation + ": the least eigenvalue is " + values[0]
                    + "; the matrix must be positive semidefinite: PositiveDefinite.nearest makes it so");
        return e.function(v -> Math.sqrt(Math.max(v, 0)));
    }

    /**
     * {@code tr (A^(1/2) B A^(1/2))^(1/2)}, the overlap of two semidefinite matrices: the sum of the singular values of {@code L_B^T L_A} for any roots {@code L L^T}.
     * Computed as the roots of the eigenvalues of {@code L^T B L} with {@code A}'s Cholesky factor, or its symmetric root where A is singular: one reduction to
     * tridiagonal form, no vectors. Eigenvalues within rounding below 0 are taken as 0.
     *
     * @throws IllegalArgumentException if A has an eigenvalue below minus the default tolerance, or B on the range of A
     * @see <a href="https://doi.org/10.1016/0034-4877(76)90060-4">Uhlmann (1976), The "transition probability" in the state space of a *-algebra</a>
     */
    public static double fidelity(Tensor a, Tensor b) {
        if (!a.shape().equals(b.shape())) throw new ShapeException("fidelity: shapes " + a.shape() + " and " + b.shape() + " differ");
        Matrices.symmetric("fidelity", a);
        Matrices.symmetric("fidelity", b);
        Tensor inner = between(a, b.detach().to(DType.F64));
        inner = inner.add(inner.transpose()).div(2).compute();
        double[] values = Eigen.symmetricValues(inner).toDoubleArray();
        double tolerance = Math.max(defaultTolerance(a), defaultTolerance(b)) * Norms.infinity(a) * Norms.infinity(b);
        if (values.length > 0 && values[0] < -tolerance) throw new IllegalArgumentException(
                "fidelity: the second matrix has a negative eigenvalue; it must be positive semidefinite: PositiveDefinite.nearest makes it so");
        double sum = 0;
        for (double v : values) sum += Math.sqrt(Math.max(v, 0));
        return sum;
    }

    /** {@code L^T B L} for any L with {@code L L^T = A}. */
    private static Tensor between(Tensor a, Tensor b) {
        try {
            return betweenTriangles(Cholesky.of(a.detach().to(DType.F64)).lower(), b);
        } catch (NotPositiveDefiniteException _) {
            var root = wideRoot("fidelity", a);
            return root.matmul(b).matmul(root);
        }
    }

    /** By halves, of which one of L is zero and one of the result the transpose of another: 9 products of 16. */
    private static Tensor betweenTriangles(Tensor l, Tensor b) {
        long n = l.size(0), h = n / 2;
        if (h == 0) return l.mul(l).mul(b);
        Tensor first = l.narrow(0, 0, h).narrow(1, 0, h), low = l.narrow(0, h, n - h), beside = low.narrow(1, 0, h),
                last = low.narrow(1, h, n - h);
        Tensor left = b.narrow(1, 0, h).matmul(first).add(b.narrow(1, h, n - h).matmul(beside)).compute(), below = left.narrow(0, h, n - h);
        Tensor right = b.narrow(0, h, n - h).narrow(1, h, n - h).matmul(last);
        Tensor corner = first.transpose().matmul(left.narrow(0, 0, h)).add(beside.transpose().matmul(below)),
                other = last.transpose().matmul(below).compute(), end = last.transpose().matmul(right);
        return Tensor.concat(0, Tensor.concat(1, corner, other.transpose()), Tensor.concat(1, other, end));
    }

    /**
     * {@code D - C B^-1 C^T} of {@code A = [B C^T; C D]} with B {@code (k, k)}: what remains of A when its first k variables are known, the
     * conditional covariance of Gaussians. For a definite B, A is semidefinite exactly if this is (Haynsworth, 1968).
     *
     * @throws NotPositiveDefiniteException if B is not positive definite
     */
    public static Tensor schurComplement(Tensor a, int k) {
        var rows = Matrices.symmetric("schur complement", a);
        int n = rows.length;
        if (k < 0 || k > n) throw new IllegalArgumentException("schur complement: k is " + k + "; it lies between 0 and " + n);
        var c = Dense.block(rows, k, n, 0, k);
        var solved = Cholesky.of(Dense.block(rows, 0, k, 0, k), DType.F64).solve(Dense.transpose(c, k), n - k);
        var rest = Dense.block(rows, k, n, k, n);
        var taken = Product.of(c, solved, n - k);
        for (int i = 0; i < n - k; i++) for (int j = 0; j < n - k; j++) rest[i][j] -= taken[i][j];
        Product.mirrorLower(rest);
        return Matrices.tensor(rest, n - k, Matrices.resultType(a));
    }

    /** Loewner's order {@code A >= B}: whether {@code v^T A v >= v^T B v} for every v, that is {@code A - B} semidefinite. A partial order: both ways may fail. */
    public static boolean atLeast(Tensor a, Tensor b) {
        if (!a.shape().equals(b.shape())) throw new ShapeException("Loewner order: shapes " + a.shape() + " and " + b.shape() + " differ");
        Matrices.symmetric("Loewner order", a);
        Matrices.symmetric("Loewner order", b);
        var difference = a.detach().sub(b.detach());
        double scale = Math.max(Norms.infinity(a), Norms.infinity(b)), own = Norms.infinity(difference);
        return own == 0 || isSemidefinite(difference, Method.EIGENVALUES, defaultTolerance(difference) * scale / own);
    }
}
