package lyceum.linalg;

import java.util.Arrays;
import lyceum.DType;
import lyceum.linalg.dense.CompleteOrthogonal;
import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.Matrices;
import lyceum.linalg.dense.Product;
import lyceum.linalg.dense.Rows;
import lyceum.linalg.dense.SvdSteps;
import lyceum.linalg.dense.TriangularSolve;

/** One weighted problem on its way to a solution: the scaled rows, the scaled right-hand sides and the factorisation that was used. */
final class LeastSquaresProblem {
    private static final double SAFE = 1e6;

    final double[][] a;
    final int m, n;
    final Matrices.RightSides sides;
    final double rcond;
    double[][] x;
    int rank;
    /** Orthonormal basis of the range by rows, and {@code (A^T A)^+}; each made when it is first asked for. */
    private double[][] range, inverseGram;
    private Cholesky normal;
    private double[] columnScale;
    private CompleteOrthogonal orthogonal;
    private Svd svd;

    LeastSquaresProblem(double[][] a, int n, Matrices.RightSides sides, double rcond) {
        this.a = a;
        m = a.length;
        this.n = n;
        this.sides = sides;
        this.rcond = rcond;
    }

    /** Tall, positive definite, and with an estimated condition number of the scaled Gram matrix below {@value #SAFE}. */
    boolean normalIsSafe() {
        if (m < 4L * n || n == 0) return false;
        try {
            factorGram();
        } catch (NotPositiveDefiniteException e) {
            return false;
        }
        return normal.conditionEstimate() < SAFE;
    }

    private void factorGram() {
        if (normal != null) return;
        var gram = Product.gram(a, n);
        columnScale = new double[n];
        for (int j = 0; j < n; j++) columnScale[j] = gram[j][j] > 0 ? 1 / Math.sqrt(gram[j][j]) : 1;
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) gram[i][j] *= columnScale[i] * columnScale[j];
        normal = Cholesky.of(gram, DType.F64);
    }

    void byNormalEquations() {
        factorGram();
        rank = n;
        var right = Product.transposedTimes(a, n, sides.b(), sides.columns());
        for (int i = 0; i < n; i++) Rows.scale(columnScale[i], right[i], 0, sides.columns());
        x = normal.solve(right, sides.columns());
        for (int i = 0; i < n; i++) Rows.scale(columnScale[i], x[i], 0, sides.columns());
    }

    void byQr() {
        orthogonal = new CompleteOrthogonal(Dense.copy(a), n, rcond);
        rank = orthogonal.rank;
        x = orthogonal.solve(Dense.copy(sides.b()), sides.columns());
    }

    void bySvd() {
        svd = decomposed();
        rank = svd.rank(rcond);
        x = PseudoInverse.minimumNorm(svd, rank, sides.b(), sides.columns());
    }

    private synchronized Svd decomposed() {
        if (svd == null) svd = Svd.of(Dense.copy(a), n, Svd.Method.GOLUB_KAHAN, SvdSteps.Vectors.THIN, DType.F64);
        return svd;
    }

    double condition() { return decomposed().condition(); }

    /** {@code rank x m}: rows that span the column space. */
    synchronized double[][] range() {
        if (range == null)
            range = orthogonal != null ? Dense.transpose(orthogonal.range(), rank) : Arrays.copyOf(decomposed().leftRows(), rank);
        return range;
    }

    /** {@code V_r diag(1 / s^2) V_r^T}. */
    synchronized double[][] inverseGram() {
        if (inverseGram != null) return inverseGram;
        var d = decomposed();
        var rows = new double[rank][];
        for (int i = 0; i < rank; i++) {
            rows[i] = d.rightRows()[i].clone();
            TriangularSolve.divide(rows[i], d.singularValues()[i], n);
        }
        inverseGram = Product.transposedTimes(rows, n, rows, n);
        Product.mirrorLower(inverseGram);
        return inverseGram;
    }
}
