package lyceum.linalg;

import lyceum.ShapeException;
import lyceum.linalg.dense.Balance;
import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.Matrices;
import lyceum.linalg.dense.Product;
import lyceum.linalg.dense.RealSchur;
import lyceum.linalg.dense.Rows;
import lyceum.linalg.dense.SchurVectors;
import lyceum.linalg.dense.TriangularSolve;
import lyceum.linalg.dense.Tridiagonal;
import lyceum.tensor.Tensor;

/**
 * Eigenvalues and eigenvectors: directions that a matrix only stretches, {@code A v = l v}.
 *
 * {@snippet :
 * var e = Eigen.symmetric(covariance);            // ascending values, orthonormal vectors
 * var g = Eigen.general(transition);              // complex pairs as real and imaginary parts
 * var p = Eigen.generalised(stiffness, mass);     // A v = l B v
 * var top = new Lanczos(10).run(operator, rng);   // a few extreme pairs of a matrix-free operator
 * }
 *
 * <p>Dense methods take {@code (n, n)} and {@code O(n^3)}; they compute in F64 and return the input's type. For a few pairs of a large or
 * matrix-free operator see {@link Lanczos}, {@link Lobpcg}, {@link PowerIteration} and {@link InverseIteration}; for a gradient through the
 * symmetric decomposition {@link Linalg#eigh}.
 *
 * @see <a href="https://doi.org/10.1137/1.9781421407944">Golub and Van Loan, Matrix Computations (4th ed., 2013), chapters 7 and 8</a>
 */
public final class Eigen {
    private Eigen() {}

    /**
     * All pairs of a symmetric matrix, by tridiagonal reduction and implicit QL. Values are accurate to {@code eps |A|}.
     *
     * @throws IllegalArgumentException if the matrix is not symmetric to rounding: names the entries
     */
    public static SymmetricEigen symmetric(Tensor a) {
        var result = Tridiagonal.decompose(Matrices.symmetric("symmetric eigen", a), true);
        return new SymmetricEigen(result.values(), result.vectorRows(), Matrices.resultType(a));
    }

    /** The eigenvalues alone, ascending: about a quarter of the time of {@link #symmetric}. */
    public static Tensor symmetricValues(Tensor a) {
        var result = Tridiagonal.decompose(Matrices.symmetric("symmetric eigen", a), false);
        return Matrices.tensor(result.values(), Matrices.resultType(a));
    }

    /** All pairs of any square matrix, by balancing, Hessenberg reduction and double-shift QR. */
    public static GeneralEigen general(Tensor a) {
        var rows = Matrices.square("general eigen", a);
        double unit = Tridiagonal.powerOfTwo(Dense.maxAbs(rows));
        if (unit != 1) for (double[] row : rows) Rows.scale(1 / unit, row, 0, row.length);
        double[] scale = Balance.scale(rows);
        var schur = RealSchur.of(rows);
        var vectors = SchurVectors.of(schur);
        double[][] re = vectors.real(), im = vectors.imaginary();
        for (int i = 0; i < re.length; i++) normalise(re[i], im[i], scale);
        Rows.scale(unit, schur.real, 0, schur.n);
        Rows.scale(unit, schur.imaginary, 0, schur.n);
        return new GeneralEigen(schur.real, schur.imaginary, re, im, Matrices.resultType(a));
    }

    /** Undoes the balancing, then makes the length 1 and the largest component real, as LAPACK does. */
    private static void normalise(double[] x, double[] y, double[] scale) {
        int n = x.length, largest = 0;
        double size = 0;
        for (int i = 0; i < n; i++) {
            x[i] *= scale[i];
            y[i] *= scale[i];
            double s = Math.hypot(x[i], y[i]);
            if (s > size) {
                size = s;
                largest = i;
            }
        }
        if (size == 0) return;
        double norm = Math.hypot(Rows.norm(x, 0, n), Rows.norm(y, 0, n));
        boolean complex = Rows.norm(y, 0, n) > 0;
        double c = complex ? x[largest] / size / norm : 1 / norm, s = complex ? -y[largest] / size / norm : 0;
        for (int i = 0; i < n; i++) {
            double u = x[i], v = y[i];
            x[i] = c * u - s * v;
            y[i] = c * v + s * u;
        }
        if (complex) y[largest] = 0;
    }

    /**
     * {@code A v = l B v} for symmetric A and symmetric positive definite B; vectors are B-orthonormal, {@code V^T B V = I}.
     *
     * @throws NotPositiveDefiniteException if B is not positive definite
     */
    public static SymmetricEigen generalised(Tensor a, Tensor b) {
        var c = Matrices.symmetric("generalised eigen", a);
        if (!a.shape().equals(b.shape()))
            throw new ShapeException("generalised eigen: shapes " + a.shape() + " and " + b.shape() + " differ");
        int n = c.length;
        var l = Cholesky.of(Matrices.symmetric("generalised eigen", b), Matrices.resultType(a)).rows();
        TriangularSolve.lower(l, false, c, n, n);
        c = Dense.transpose(c, n);
        TriangularSolve.lower(l, false, c, n, n);
        Product.mirrorLower(c);
        var result = Tridiagonal.decompose(c, true);
        var vectors = Dense.transpose(result.vectorRows(), n);
        TriangularSolve.lowerTransposed(l, false, vectors, n, n);
        return new SymmetricEigen(result.values(), Dense.transpose(vectors, n), Matrices.resultType(a));
    }
}
