package lyceum.linalg;

import java.util.function.DoubleUnaryOperator;
import lyceum.DType;
import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.Matrices;
import lyceum.linalg.dense.Product;
import lyceum.linalg.dense.Rows;
import lyceum.tensor.Tensor;

/**
 * All eigenpairs of a symmetric matrix, {@code A = V diag(values) V^T}, or of a symmetric-definite pencil, {@code A V = B V diag(values)}.
 * Made by {@link Eigen#symmetric} and {@link Eigen#generalised}. Immutable.
 */
public final class SymmetricEigen {
    private final double[] values;
    private final double[][] vectorRows;
    private final DType type;

    SymmetricEigen(double[] values, double[][] vectorRows, DType type) {
        this.values = values;
        this.vectorRows = vectorRows;
        this.type = type;
    }

    /** Eigenvalues {@code (n)}, ascending. */
    public Tensor values() { return Matrices.tensor(values, type); }

    /** Eigenvectors as columns {@code (n, n)}: orthonormal, or {@code V^T B V = I} for a pencil. */
    public Tensor vectors() { return Matrices.tensor(Dense.transpose(vectorRows, values.length), values.length, type); }

    /**
     * {@code f(A) = V diag(f(values)) V^T} for a symmetric A: its square root, exponential, inverse.
     *
     * {@snippet :
     * Tensor root = Eigen.symmetric(covariance).function(Math::sqrt);
     * }
     */
    public Tensor function(DoubleUnaryOperator f) {
        int n = values.length;
        var scaled = new double[n][];
        for (int i = 0; i < n; i++) {
            scaled[i] = vectorRows[i].clone();
            Rows.scale(f.applyAsDouble(values[i]), scaled[i], 0, n);
        }
        var result = Product.transposedTimes(vectorRows, n, scaled, n);
        Product.mirrorLower(result);
        return Matrices.tensor(result, n, type);
    }

    /** Largest over smallest {@code |eigenvalue|}: the 2-norm condition number of a symmetric A. Infinite if it is singular. */
    public double condition() {
        double largest = 0, least = Double.POSITIVE_INFINITY;
        for (double v : values) {
            largest = Math.max(largest, Math.abs(v));
            least = Math.min(least, Math.abs(v));
        }
        return values.length == 0 ? 0 : largest / least;
    }
}
