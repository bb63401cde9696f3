package lyceum.linalg;

import lyceum.DType;
import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.Matrices;
import lyceum.linalg.dense.Product;
import lyceum.tensor.Tensor;

/** The solution of a {@link LeastSquares} problem and what statistics are made of. Immutable. */
public final class LeastSquaresFit {
    private final LeastSquaresProblem problem;
    private final LeastSquares.Method method;
    private final double[][] a, y;
    private final double[] root;
    private final DType type;

    LeastSquaresFit(LeastSquaresProblem problem, LeastSquares.Method method, double[][] a, Tensor y, double[] root, DType type) {
        this.problem = problem;
        this.method = method;
        this.a = a;
        this.y = Dense.ofRowMajor(y.toDoubleArray(), problem.m, problem.sides.columns());
        this.root = root;
        this.type = type;
    }

    /** {@code b (n)}, or {@code (n, k)} for k right-hand sides. */
    public Tensor coefficients() { return problem.sides.tensor(Dense.copy(problem.x), type); }

    /** {@code A b}, in the shape of y. */
    public Tensor fitted() { return problem.sides.tensor(fittedRows(), type); }

    private double[][] fittedRows() { return Product.of(a, problem.x, problem.sides.columns()); }

    /** {@code y - A b}, unweighted, in the shape of y. */
    public Tensor residuals() { return problem.sides.tensor(residualRows(), type); }

    private double[][] residualRows() {
        var r = fittedRows();
        for (int i = 0; i < problem.m; i++) for (int j = 0; j < problem.sides.columns(); j++) r[i][j] = y[i][j] - r[i][j];
        return r;
    }

    /** {@code sum_i w_i r_i^2} for each right-hand side {@code (k)}; {@code (1)} for one. */
    public Tensor residualSumOfSquares() {
        int k = problem.sides.columns();
        var sums = new double[k];
        var r = residualRows();
        for (int i = 0; i < problem.m; i++) {
            double w = root == null ? 1 : root[i] * root[i];
            for (int j = 0; j < k; j++) sums[j] += w * r[i][j] * r[i][j];
        }
        return Matrices.tensor(sums, type);
    }

    /** The numerical rank of A; n for the normal equations, which need it. */
    public int rank() { return problem.rank; }

    /** The 2-norm condition number of (weighted) A, by SVD when first asked. */
    public double condition() { return problem.condition(); }

    /** The method that was used, never AUTO. */
    public LeastSquares.Method method() { return method; }

    /**
     * The hat matrix {@code H (m, m)} with {@code A b = H y}: without weights the symmetric projection onto the column space, of trace
     * {@link #rank()}; with weights the oblique one, {@code W^(-1/2) P W^(1/2)} on rows of positive weight.
     */
    public Tensor hat() {
        int m = problem.m;
        var basis = problem.range();
        var h = Product.transposedTimes(basis, m, basis, m);
        Product.mirrorLower(h);
        if (root == null) return Matrices.tensor(h, m, type);
        // rows without weight have no entry in the scaled range: go through the coefficients instead
        var inverse = problem.inverseGram();
        var at = Dense.transpose(problem.a, problem.n);
        for (double[] row : at) for (int i = 0; i < m; i++) row[i] *= root[i];
        return Matrices.tensor(Product.of(a, Product.of(inverse, at, m), m), m, type);
    }

    /** The diagonal of the (weighted) projection {@code (m)}: between 0 and 1, with sum {@link #rank()}. */
    public Tensor leverage() {
        var h = new double[problem.m];
        for (double[] row : problem.range()) for (int i = 0; i < h.length; i++) h[i] += row[i] * row[i];
        return Matrices.tensor(h, type);
    }

    /** {@code (A^T W A)^+ (n, n)}: times the noise variance, the covariance of the coefficients. */
    public Tensor covarianceFactor() { return Matrices.tensor(Dense.copy(problem.inverseGram()), problem.n, type); }
}
