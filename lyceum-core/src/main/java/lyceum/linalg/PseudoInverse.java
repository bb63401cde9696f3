package lyceum.linalg;

import java.util.Arrays;
import lyceum.DType;
import lyceum.linalg.dense.CompleteOrthogonal;
import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.Matrices;
import lyceum.linalg.dense.Product;
import lyceum.linalg.dense.TriangularSolve;
import lyceum.tensor.Tensor;

/**
 * The Moore-Penrose pseudoinverse {@code A^+ (n, m)} of any matrix {@code a (m, n)}: the one matrix with {@code A A^+ A = A},
 * {@code A^+ A A^+ = A^+} and both products symmetric. {@code A^+ b} is the shortest least-squares solution.
 *
 * {@snippet :
 * Tensor x = PseudoInverse.of(a).solve(b);
 * Tensor pinv = PseudoInverse.of(a, 1e-10).matrix();
 * }
 *
 * <p>By SVD, or about five times faster by complete orthogonal decomposition ({@link #byOrthogonalDecomposition}). Computed in F64, returned in
 * the input's type. Immutable. For a gradient see {@link Linalg#pinv}.
 *
 * @see <a href="https://doi.org/10.1017/S0305004100030401">Penrose (1955)</a>
 */
public final class PseudoInverse {
    private final int m, n, rank;
    private final DType type;
    /** One of the two is null. */
    private final Svd svd;
    private final CompleteOrthogonal orthogonal;

    private PseudoInverse(int m, int n, int rank, Svd svd, CompleteOrthogonal orthogonal, DType type) {
        this.m = m;
        this.n = n;
        this.rank = rank;
        this.svd = svd;
        this.orthogonal = orthogonal;
        this.type = type;
    }

    /** Singular values up to {@code max(m, n) eps s[0]} count as 0. */
    public static PseudoInverse of(Tensor a) { return of(a, Double.NaN); }

    /** Singular values up to {@code rcond s[0]} count as 0. */
    public static PseudoInverse of(Tensor a, double rcond) {
        var svd = Svd.of(a);
        int m = (int) a.size(0), n = (int) a.size(1);
        int rank = Double.isNaN(rcond) ? svd.rank() : svd.rank(checked(rcond));
        return new PseudoInverse(m, n, rank, svd, null, Matrices.resultType(a));
    }

    /** Pivots of a column-pivoted QR up to {@code max(m, n) eps} times the first count as 0. */
    public static PseudoInverse byOrthogonalDecomposition(Tensor a) {
        return byOrthogonalDecomposition(a, Svd.defaultTolerance((int) a.size(0), (int) a.size(1), Matrices.resultType(a)));
    }

    /** Pivots of a column-pivoted QR up to {@code rcond} times the first count as 0. */
    public static PseudoInverse byOrthogonalDecomposition(Tensor a, double rcond) {
        var cod = new CompleteOrthogonal(Matrices.rows("pseudoinverse", a), (int) a.size(1), checked(rcond));
        return new PseudoInverse(cod.m, cod.n, cod.rank, null, cod, Matrices.resultType(a));
    }

    private static double checked(double rcond) {
        if (!(rcond >= 0 && rcond < 1))
            throw new IllegalArgumentException("pseudoinverse: rcond is " + rcond + "; it lies between 0 and 1");
        return rcond;
    }

    public int rank() { return rank; }

    /** {@code A^+ (n, m)}. */
    public Tensor matrix() { return Matrices.tensor(svd != null ? svd.inverse(rank) : orthogonal.solve(Dense.identity(m, m), m), m, type); }

    /** {@code A^+ B}: the least-squares solution of least norm; {@code b} is {@code (m)} or {@code (m, k)}. */
    public Tensor solve(Tensor b) {
        var sides = Matrices.RightSides.of("pseudoinverse solve", b, m);
        if (orthogonal != null) return sides.tensor(orthogonal.solve(sides.b(), sides.columns()), type);
        return sides.tensor(minimumNorm(svd, rank, sides.b(), sides.columns()), type);
    }

    /** {@code V_r diag(1 / s) U_r^T B}. */
    static double[][] minimumNorm(Svd svd, int rank, double[][] b, int columns) {
        var ut = Arrays.copyOf(svd.leftRows(), rank);
        var vt = Arrays.copyOf(svd.rightRows(), rank);
        var c = Product.of(ut, b, columns);
        for (int i = 0; i < rank; i++) TriangularSolve.divide(c[i], svd.singularValues()[i], columns);
        int n = svd.rightRows().length == 0 ? 0 : svd.rightRows()[0].length;
        return Product.transposedTimes(vt, n, c, columns);
    }
}
