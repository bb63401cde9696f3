package lyceum.linalg;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.linalg.dense.Block;
import lyceum.linalg.dense.CholeskyBlocks;
import lyceum.linalg.dense.CholeskySteps;
import lyceum.linalg.dense.ConditionEstimate;
import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.Matrices;
import lyceum.linalg.dense.Product;
import lyceum.linalg.dense.Rows;
import lyceum.linalg.dense.TriangularBlocks;
import lyceum.linalg.dense.TriangularSolve;
import lyceum.memory.Scope;
import lyceum.tensor.Tensor;

/**
 * The factor {@code A = L L^T} of a symmetric positive definite matrix, {@code L} lower triangular with a positive diagonal.
 *
 * {@snippet :
 * var c = Cholesky.of(covariance);
 * Tensor x = c.solve(b);                 // covariance x = b
 * double logDensity = -0.5 * (c.logDet() + b.dot(x).item() + n * Math.log(2 * Math.PI));
 * Tensor correlated = c.lower().matmul(standardNormal);
 * }
 *
 * <p>Shapes: {@code a (n, n)}; only its lower triangle is read. {@code n^3 / 3} flops in blocks, half the work of {@link Lu}; solving costs
 * {@code 2 n^2} a right-hand side. Computed in F64, returned in the input's type. Immutable. For a gradient through the factor, use
 * {@link Linalg#cholesky}.
 *
 * @see <a href="https://doi.org/10.1137/1.9781421407944">Golub and Van Loan, Matrix Computations (4th ed., 2013), sections 4.2 and 6.5.4</a>
 */
public final class Cholesky {
    /** Null until they are asked for, where {@code u} is. */
    private volatile double[][] l;
    /** The transpose of the factor of a large matrix, below whose diagonal stands anything; or null. */
    private final Block u;
    private final int n;
    private final DType type;
    private final double jitter;

    private Cholesky(double[][] l, DType type, double jitter) {
        this.l = l;
        this.u = null;
        this.n = l.length;
        this.type = type;
        this.jitter = jitter;
    }

    private Cholesky(Block u, DType type, double jitter) {
        this.u = u;
        this.n = u.n();
        this.type = type;
        this.jitter = jitter;
    }

    /**
     * What to add to the diagonal where a matrix is positive definite only up to rounding: {@code first}, then {@code factor} times more at each
     * of {@code attempts}, as multiples of the mean diagonal entry.
     */
    public record Jitter(double first, double factor, int attempts) {
        /** 1e-12 of the mean diagonal, growing tenfold, up to 1e-5. */
        public static final Jitter STANDARD = new Jitter(1e-12, 10, 8);

        public Jitter {
            if (!(first > 0)) throw new IllegalArgumentException("cholesky: first jitter is " + first + "; it must be positive");
            if (!(factor > 1)) throw new IllegalArgumentException("cholesky: jitter factor is " + factor + "; it must exceed 1");
            if (attempts < 1) throw new IllegalArgumentException("cholesky: " + attempts + " jitter attempts; at least 1 is needed");
        }
    }

    /** @throws NotPositiveDefiniteException if a pivot is not positive; names its index */
    public static Cholesky of(Tensor a) {
        Matrices.requireSquare("cholesky", a);
        if (!Block.pays((int) a.size(0), (int) a.size(0))) return of(Matrices.lowerRows("cholesky", a), Matrices.resultType(a));
        var u = Matrices.upperOfLower("cholesky", a);
        int bad = CholeskyBlocks.factor(u);
        if (bad >= 0) throw new NotPositiveDefiniteException("cholesky", bad, u.get(bad, bad));
        return new Cholesky(u, Matrices.resultType(a), 0);
    }

    /**
     * Tries without jitter first, then with growing jitter; {@link #jitter()} tells what was added.
     *
     * @throws NotPositiveDefiniteException if the largest jitter does not suffice
     */
    public static Cholesky of(Tensor a, Jitter policy) {
        var rows = Matrices.square("cholesky", a);
        double mean = 0;
        for (int i = 0; i < rows.length; i++) mean += rows[i][i] / rows.length;
        double unit = mean > 0 ? mean : 1, added = 0;
        for (int attempt = 0;; attempt++) {
            var work = Dense.copy(rows);
            for (int i = 0; i < work.length; i++) work[i][i] += added;
            int bad = CholeskySteps.factor(work);
            if (bad < 0) return new Cholesky(clean(work), Matrices.resultType(a), added);
            if (attempt == policy.attempts) throw new NotPositiveDefiniteException("cholesky with jitter " + added, bad, work[bad][bad]);
            added = attempt == 0 ? policy.first * unit : added * policy.factor;
        }
    }

    /** Overwrites {@code rows}. */
    static Cholesky of(double[][] rows, DType type) {
        int bad = CholeskySteps.factor(rows);
        if (bad >= 0) throw new NotPositiveDefiniteException("cholesky", bad, rows[bad][bad]);
        return new Cholesky(clean(rows), type, 0);
    }

    private static double[][] clean(double[][] l) {
        for (int i = 0; i < l.length; i++) Arrays.fill(l[i], i + 1, l.length, 0);
        return l;
    }

    public int size() { return n; }

    double[][] rows() {
        var known = l;
        if (known != null) return known;
        try (var scratch = Scope.open("cholesky")) {
            return l = clean(Block.empty(n, n).setTo(u.transposed()).toRows());
        }
    }

    private double pivot(int i) { return u != null ? u.get(i, i) : l[i][i]; }

    /** {@code L}, zero above the diagonal. */
    public Tensor lower() { return u != null ? Matrices.lowerOfUpper(u, type) : Matrices.tensor(l, n, type); }

    /** What was added to the diagonal, 0 without a jitter policy. */
    public double jitter() { return jitter; }

    /** {@code log det A = 2 sum log L_ii}. */
    public double logDet() {
        double sum = 0;
        for (int i = 0; i < n; i++) sum += Math.log(pivot(i));
        return 2 * sum;
    }

    /** {@code det A}; overflows where {@link #logDet()} does not. */
    public double det() {
        var product = new ScaledProduct(1);
        for (int i = 0; i < n; i++) product.times(pivot(i)).times(pivot(i));
        return product.value();
    }

    /** {@code X} with {@code A X = B}; {@code b} is {@code (n)} or {@code (n, k)}, and so is the result. */
    public Tensor solve(Tensor b) {
        if (u != null) return Matrices.solution(solved(Matrices.rightSide("cholesky solve", b, n, null)), b, type);
        var sides = Matrices.RightSides.of("cholesky solve", b, n);
        return sides.tensor(solve(sides.b(), sides.columns()), type);
    }

    private Block solved(Block x) {
        var triangles = new TriangularBlocks(Backend.current());
        triangles.lower(u.transposed(), false, x);
        triangles.upper(u, false, x);
        return x;
    }

    /** Overwrites and returns {@code b}. */
    double[][] solve(double[][] b, int columns) {
        double[][] l = rows();
        TriangularSolve.lower(l, false, b, n, columns);
        TriangularSolve.lowerTransposed(l, false, b, n, columns);
        return b;
    }

    private Block identity() {
        var x = Block.empty(n, n);
        for (int i = 0; i < n; i++) {
            x.clear(i, 0, n);
            x.set(i, i, 1);
        }
        return x;
    }

    double[] solve(double[] x) {
        double[][] l = rows();
        TriangularSolve.lower(l, false, x, n);
        TriangularSolve.lowerTransposed(l, false, x, n);
        return x;
    }

    /** {@code L^-1 B}: whitening; {@code |L^-1 (x - mean)|^2} is the squared Mahalanobis distance. */
    public Tensor solveLower(Tensor b) {
        if (u != null) {
            var x = Matrices.rightSide("cholesky solveLower", b, n, null);
            new TriangularBlocks(Backend.current()).lower(u.transposed(), false, x);
            return Matrices.solution(x, b, type);
        }
        var sides = Matrices.RightSides.of("cholesky solveLower", b, n);
        TriangularSolve.lower(l, false, sides.b(), n, sides.columns());
        return sides.tensor(sides.b(), type);
    }

    /** {@code A^-1}, symmetric to the last bit. Prefer {@link #solve}. */
    public Tensor inverse() {
        var x = u == null ? solve(Dense.identity(n, n), n) : solved(identity()).toRows();
        Product.mirrorLower(x);
        return Matrices.tensor(x, n, type);
    }

    /** An estimate of the 1-norm condition number of A, seldom low by more than a factor 3; O(n^2). */
    public double conditionEstimate() {
        if (n == 0) return 0;
        return oneNorm() * ConditionEstimate.inverseOneNorm(n, this::solve, this::solve);
    }

    private double oneNorm() {
        double[][] l = rows();
        return Dense.oneNorm(Product.timesTransposed(l, l, n), n);
    }

    /** The factor of {@code A + x x^T} in O(n^2), by plane rotations. */
    public Cholesky update(Tensor x) {
        double[] z = Matrices.vector("cholesky update", x, n);
        var upper = Dense.transpose(rows(), n);
        for (int k = 0; k < n; k++) {
            double r = Math.hypot(upper[k][k], z[k]);
            Rows.rotate(upper[k], z, upper[k][k] / r, z[k] / r, k, n);
        }
        return new Cholesky(Dense.transpose(upper, n), type, jitter);
    }

    /**
     * The factor of {@code A - x x^T} in O(n^2) (Stewart 1979: rotations that are stable where hyperbolic ones are not).
     *
     * @throws NotPositiveDefiniteException if the result would not be positive definite; its index is then {@code n - 1}
     */
    public Cholesky downdate(Tensor x) {
        double[] p = Matrices.vector("cholesky downdate", x, n);
        double[][] l = rows();
        TriangularSolve.lower(l, false, p, n);
        double norm = Rows.norm(p, 0, n);
        double rest = (1 - norm) * (1 + norm);
        if (!(rest > 0)) throw new NotPositiveDefiniteException("cholesky downdate", Math.max(0, n - 1), rest);
        var upper = Dense.transpose(l, n);
        var z = new double[n];
        double alpha = Math.sqrt(rest);
        for (int k = n - 1; k >= 0; k--) {
            double r = Math.hypot(alpha, p[k]);
            Rows.rotate(z, upper[k], alpha / r, p[k] / r, k, n);
            alpha = r;
            if (upper[k][k] < 0) Rows.scale(-1, upper[k], k, n);
        }
        return new Cholesky(Dense.transpose(upper, n), type, jitter);
    }

    /** {@code L z}: turns independent standard normal draws (the columns of z) into draws with covariance A. */
    public Tensor times(Tensor z) {
        if (z.rank() < 1 || z.size(0) != n) throw new ShapeException("cholesky times: shape " + z.shape() + " for a factor of size " + n);
        var sides = Matrices.RightSides.of("cholesky times", z, n);
        return sides.tensor(Product.of(rows(), sides.b(), sides.columns()), type);
    }
}
