package lyceum.linalg;

import java.util.Arrays;
import lyceum.DType;
import lyceum.linalg.dense.CompleteOrthogonal;
import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.HouseholderQr;
import lyceum.linalg.dense.Matrices;
import lyceum.linalg.dense.Product;
import lyceum.linalg.dense.Rows;
import lyceum.linalg.dense.SvdSteps;
import lyceum.linalg.dense.TriangularSolve;

/**
 * One weighted problem on its way to a solution: the scaled rows, the scaled right-hand sides and the factorisation that was used.
 *
 * <p>QR and SVD work on {@code A S}, whose columns have lengths in [1, 2): rounding of the input is relative to its column, so this is the scale on which a
 * singular value is noise or not. The powers of two in S round nothing.
 */
final class LeastSquaresProblem {
    private static final double SAFE = 1e6;

    final double[][] a;
    final int m, n;
    final Matrices.RightSides sides;
    final double rcond;
    double[][] x;
    int rank;
    private final double[] scale;
    /** Orthonormal bases: of the column space by rows, and of the null space by columns, null at full rank. */
    private double[][] range, nullSpace;
    /** {@code (A^T A)^+}, made when it is first asked for. */
    private double[][] inverseGram;
    private Cholesky normal;
    private double[] unitScale;
    private CompleteOrthogonal orthogonal;
    private Svd svd;
    private double condition = Double.NaN;

    LeastSquaresProblem(double[][] a, int n, Matrices.RightSides sides, double rcond) {
        this.a = a;
        m = a.length;
        this.n = n;
        this.sides = sides;
        this.rcond = rcond;
        scale = new double[n];
        for (int j = 0; j < n; j++) {
            double norm = Rows.norm(Dense.column(a, j), 0, m);
            scale[j] = norm == 0 ? 1 : Math.scalb(1.0, -Math.getExponent(norm));
        }
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
        unitScale = new double[n];
        for (int j = 0; j < n; j++) unitScale[j] = gram[j][j] > 0 ? 1 / Math.sqrt(gram[j][j]) : 1;
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) gram[i][j] *= unitScale[i] * unitScale[j];
        normal = Cholesky.of(gram, DType.F64);
    }

    void byNormalEquations() {
        factorGram();
        rank = n;
        var right = Product.transposedTimes(a, n, sides.b(), sides.columns());
        for (int i = 0; i < n; i++) Rows.scale(unitScale[i], right[i], 0, sides.columns());
        x = normal.solve(right, sides.columns());
        for (int i = 0; i < n; i++) Rows.scale(unitScale[i], x[i], 0, sides.columns());
    }

    void byQr() {
        orthogonal = new CompleteOrthogonal(scaled(), n, rcond);
        rank = orthogonal.rank;
        if (rank < n) {
            var rows = new double[rank][n];
            for (int i = 0; i < rank; i++) for (int k = i; k < n; k++) rows[i][orthogonal.qr().columns()[k]] = orthogonal.qr().r()[i][k];
            nullSpace = nullSpace(rows);
        }
        x = inUnits(orthogonal.solve(Dense.copy(sides.b()), sides.columns()));
    }

    void bySvd() {
        rank = decomposed().rank(rcond);
        if (rank < n) nullSpace = nullSpace(Arrays.copyOf(svd.rightRows(), rank));
        x = inUnits(PseudoInverse.minimumNorm(svd, rank, sides.b(), sides.columns()));
    }

    private double[][] scaled() {
        var scaled = Dense.copy(a);
        for (double[] row : scaled) for (int j = 0; j < n; j++) row[j] *= scale[j];
        return scaled;
    }

    /** From rows that span the row space of {@code A S}: S times what is perpendicular to them is the null space of A. */
    private double[][] nullSpace(double[][] rows) {
        var basis = Dense.block(HouseholderQr.of(Dense.transpose(rows, n), rank).q(n), 0, n, rank, n);
        for (int j = 0; j < n; j++) Rows.scale(scale[j], basis[j], 0, n - rank);
        return HouseholderQr.of(basis, n - rank).q(n - rank);
    }

    /** A solution of {@code A S z = b} becomes the shortest of {@code A x = b}: {@code S z} less its part in the null space. */
    private double[][] inUnits(double[][] z) {
        int columns = sides.columns();
        for (int j = 0; j < n; j++) Rows.scale(scale[j], z[j], 0, columns);
        if (nullSpace == null) return z;
        var along = Product.transposedTimes(nullSpace, n - rank, z, columns);
        // What is taken away is small, and A maps it to nothing: fitted values keep their digits.
        Product.add(z, 0, n, 0, columns, -1, nullSpace, 0, 0, along, 0, n - rank);
        return z;
    }

    /** Of {@code A S}. */
    private synchronized Svd decomposed() {
        if (svd == null) svd = Svd.of(scaled(), n, Svd.Method.GOLUB_KAHAN, SvdSteps.Vectors.THIN, DType.F64);
        return svd;
    }

    synchronized double condition() {
        if (Double.isNaN(condition))
            condition = Svd.of(Dense.copy(a), n, Svd.Method.GOLUB_KAHAN, SvdSteps.Vectors.NONE, DType.F64).condition();
        return condition;
    }

    /** {@code rank x m}: rows that span the column space. */
    synchronized double[][] range() {
        if (range == null)
            range = orthogonal != null ? Dense.transpose(orthogonal.range(), rank) : Arrays.copyOf(decomposed().leftRows(), rank);
        return range;
    }

    /** {@code (A^T A)^+ = F^T F} with the rows {@code v_i^T S / s_i} of F, less their parts in the null space. */
    synchronized double[][] inverseGram() {
        if (inverseGram != null) return inverseGram;
        var d = decomposed();
        var rows = new double[rank][];
        for (int i = 0; i < rank; i++) {
            rows[i] = d.rightRows()[i].clone();
            TriangularSolve.divide(rows[i], d.singularValues()[i], n);
            for (int j = 0; j < n; j++) rows[i][j] *= scale[j];
        }
        if (nullSpace != null) {
            var along = Product.of(rows, nullSpace, n - rank);
            Product.add(rows, 0, rank, 0, n, -1, along, 0, 0, Dense.transpose(nullSpace, n - rank), 0, n - rank);
        }
        inverseGram = Product.transposedTimes(rows, n, rows, n);
        Product.mirrorLower(inverseGram);
        return inverseGram;
    }
}
