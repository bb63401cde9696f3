package lyceum.linalg;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.linalg.dense.Block;
import lyceum.linalg.dense.ConditionEstimate;
import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.LuBlocks;
import lyceum.linalg.dense.LuSteps;
import lyceum.linalg.dense.Matrices;
import lyceum.linalg.dense.TriangularBlocks;
import lyceum.linalg.dense.TriangularSolve;
import lyceum.tensor.Tensor;

/**
 * {@code A[p] = L U} with partial pivoting, for square systems, determinants and inverses.
 *
 * {@snippet :
 * var lu = Lu.of(a);
 * Tensor x = lu.solve(b);                 // a x = b, for one or many right-hand sides
 * double det = lu.det();
 * }
 *
 * <p>Shapes: {@code a (m, n)}, {@code L (m, min(m, n))} unit lower trapezoidal, {@code U (min(m, n), n)}. {@code 2 n^3 / 3} flops in blocks.
 * Computed in F64, returned in the input's type. Immutable. For gradients, use {@link Linalg#solve} and {@link Linalg#logDet}.
 *
 * @see <a href="https://doi.org/10.1137/1.9781421407944">Golub and Van Loan, Matrix Computations (4th ed., 2013), section 3.4</a>
 */
public final class Lu {
    /** Null until it is asked for, where {@code block} is. */
    private volatile double[][] rows;
    /** The factors of a large matrix, or null. */
    private final Block block;
    private final int m, n, sign;
    private final int[] order;
    private final double oneNorm;
    private final DType type;

    private Lu(double[][] a, int n, DType type) {
        rows = a;
        block = null;
        m = a.length;
        this.n = n;
        this.type = type;
        oneNorm = Dense.oneNorm(a, n);
        order = new int[m];
        sign = LuSteps.factor(a, n, order);
    }

    private Lu(String operation, Tensor a) {
        m = (int) a.size(0);
        n = (int) a.size(1);
        type = Matrices.resultType(a);
        var sums = new double[n];
        block = Matrices.block(operation, a, sums);
        oneNorm = Dense.maxAbs(new double[][] {sums});
        order = new int[m];
        sign = LuBlocks.factor(block, order);
    }

    /** Never fails: a singular matrix shows as a zero on the diagonal of U. */
    public static Lu of(Tensor a) { return of("lu", a); }

    /** @param operation the one that was called, for errors */
    static Lu of(String operation, Tensor a) {
        Matrices.requireFactorable(operation, a);
        return Block.pays((int) a.size(0), (int) a.size(1)) ? new Lu(operation, a)
                : of(Matrices.rows(operation, a), (int) a.size(1), Matrices.resultType(a));
    }

    /** Overwrites {@code a}. */
    static Lu of(double[][] a, int n, DType type) { return new Lu(a, n, type); }

    private double[][] rows() {
        var known = rows;
        return known != null ? known : (rows = block.toRows());
    }

    private double pivot(int i) { return block != null ? block.get(i, i) : rows[i][i]; }

    public Tensor lower() {
        int k = Math.min(m, n);
        if (block != null) return lowerBlock(k).tensor(type);
        double[][] lu = rows;
        var l = Dense.identity(m, k);
        for (int i = 0; i < m; i++) System.arraycopy(lu[i], 0, l[i], 0, Math.min(i, k));
        return Matrices.tensor(l, k, type);
    }

    private Block lowerBlock(int k) {
        var l = Block.empty(m, k).setTo(block.columns(0, k));
        for (int i = 0; i < k; i++) {
            l.set(i, i, 1);
            l.clear(i, i + 1, k - i - 1);
        }
        return l;
    }

    public Tensor upper() {
        int k = Math.min(m, n);
        if (block != null) return Block.empty(k, n).setTo(block.rows(0, k)).clearLower().tensor(type);
        double[][] lu = rows;
        var u = Dense.zeros(k, n);
        for (int i = 0; i < k; i++) System.arraycopy(lu[i], i, u[i], i, n - i);
        return Matrices.tensor(u, n, type);
    }

    /** {@code p}: row i of {@code L U} is row {@code p[i]} of A. */
    public int[] permutation() { return order.clone(); }

    /** True if no pivot is exactly 0; see {@link #conditionEstimate()} for how near it is. */
    public boolean isNonsingular() { return firstZero() < 0; }

    private int firstZero() {
        for (int i = 0; i < Math.min(m, n); i++) if (pivot(i) == 0) return i;
        return -1;
    }

    void requireSolvable(String operation) {
        requireSquare(operation);
        int zero = firstZero();
        if (zero >= 0) throw new SingularMatrixException(operation, zero);
    }

    void requireSquare(String operation) {
        if (m != n) throw new ShapeException(operation + ": shape (" + m + ", " + n + ") is not square; use LeastSquares");
    }

    /** {@code X} with {@code A X = B}; {@code b} is {@code (n)} or {@code (n, k)}. @throws SingularMatrixException if a pivot is 0 */
    public Tensor solve(Tensor b) {
        requireSolvable("solve");
        if (block != null) return Matrices.solution(solved(Matrices.rightSide("solve", b, m, order)), b, type);
        var sides = Matrices.RightSides.of("solve", b, m);
        return sides.tensor(solve(sides.b(), sides.columns()), type);
    }

    private Block solved(Block x) {
        var triangles = new TriangularBlocks(Backend.current());
        triangles.lower(block, true, x);
        triangles.upper(block, false, x);
        return x;
    }

    double[][] solve(double[][] b, int columns) {
        double[][] lu = rows();
        var x = new double[n][];
        for (int i = 0; i < n; i++) x[i] = b[order[i]];
        TriangularSolve.lower(lu, true, x, n, columns);
        TriangularSolve.upper(lu, false, x, n, columns);
        return x;
    }

    double[] solve(double[] b) {
        double[][] lu = rows();
        var x = new double[n];
        for (int i = 0; i < n; i++) x[i] = b[order[i]];
        TriangularSolve.lower(lu, true, x, n);
        TriangularSolve.upper(lu, false, x, n);
        return x;
    }

    /** {@code X} with {@code A^T X = B}. */
    public Tensor solveTransposed(Tensor b) {
        requireSolvable("solve transposed");
        var sides = Matrices.RightSides.of("solve transposed", b, m);
        var x = sides.b();
        double[][] lu = rows();
        TriangularSolve.upperTransposed(lu, false, x, n, sides.columns());
        TriangularSolve.lowerTransposed(lu, true, x, n, sides.columns());
        var back = new double[n][];
        for (int i = 0; i < n; i++) back[order[i]] = x[i];
        return sides.tensor(back, type);
    }

    private double[] solveTransposed(double[] x) {
        double[][] lu = rows();
        TriangularSolve.upperTransposed(lu, false, x, n);
        TriangularSolve.lowerTransposed(lu, true, x, n);
        var back = new double[n];
        for (int i = 0; i < n; i++) back[order[i]] = x[i];
        return back;
    }

    /** {@code A^-1}. Prefer {@link #solve}. @throws SingularMatrixException if a pivot is 0 */
    public Tensor inverse() { return inverse("inverse"); }

    Tensor inverse(String operation) {
        requireSolvable(operation);
        if (block == null) return Matrices.tensor(solve(Dense.identity(n, n), n), n, type);
        var x = Block.empty(n, n);
        for (int i = 0; i < n; i++) {
            x.clear(i, 0, n);
            x.set(i, order[i], 1);
        }
        return solved(x).tensor(type);
    }

    /** {@code det A}: no product on the way to it overflows, but it may itself, see {@link #logAbsDet()}. */
    public double det() {
        requireSquare("det");
        var product = new ScaledProduct(sign);
        for (int i = 0; i < n; i++) product.times(pivot(i));
        return product.value();
    }

    /** {@code log |det A|}; minus infinity for a singular matrix. */
    public double logAbsDet() {
        requireSquare("logAbsDet");
        double sum = 0;
        for (int i = 0; i < n; i++) sum += Math.log(Math.abs(pivot(i)));
        return sum;
    }

    /** The sign of the determinant: -1, 0 or 1. */
    public int detSign() {
        requireSquare("detSign");
        int s = sign;
        for (int i = 0; i < n; i++) s *= (int) Math.signum(pivot(i));
        return s;
    }

    /** An estimate of the 1-norm condition number, seldom low by more than a factor 3; O(n^2). Infinite for a singular matrix. */
    public double conditionEstimate() {
        requireSquare("conditionEstimate");
        if (n == 0) return 0;
        if (!isNonsingular()) return Double.POSITIVE_INFINITY;
        return oneNorm * ConditionEstimate.inverseOneNorm(n, this::solve, this::solveTransposed);
    }
}
