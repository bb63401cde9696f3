package lyceum.linalg;

import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.Matrices;
import lyceum.tensor.Tensor;

/**
 * A linear map known by what it does to a vector: a matrix, a sparse matrix, a Hessian-vector product, a convolution. Iterative methods
 * ({@link Lanczos}, {@link Lobpcg}, {@link ConjugateGradient}, {@link TruncatedSvd}) take nothing else.
 *
 * {@snippet :
 * LinearMap second = LinearMap.symmetric(n, v -> hvp(loss, parameters, v));
 * var sharpest = new Lanczos(3).run(second, Rng.of(0));
 * }
 */
public interface LinearMap {
    /** Length of the results. */
    int rows();

    /** Length of the arguments. */
    int cols();

    /** {@code A x}, a new array of length {@link #rows()}; {@code x} has length {@link #cols()}. */
    double[] times(double[] x);

    /**
     * {@code A^T y}, a new array of length {@link #cols()}.
     *
     * @throws UnsupportedOperationException if this map has no transpose
     */
    default double[] transposeTimes(double[] y) {
        throw new UnsupportedOperationException("this " + rows() + " x " + cols()
                + " map has no transpose; give transposeTimes, or use LinearMap.of(rows, cols, apply, applyTransposed)");
    }

    /** {@code A x} for a vector tensor of length {@link #cols()}. */
    default Tensor apply(Tensor x) { return Tensor.of(times(Matrices.vector("apply", x, cols())), rows()); }

    /** {@code A^T y} for a vector tensor of length {@link #rows()}. */
    default Tensor applyTransposed(Tensor y) { return Tensor.of(transposeTimes(Matrices.vector("applyTransposed", y, rows())), cols()); }

    /** The map of a dense matrix. */
    static LinearMap of(Tensor a) { return of(Matrices.rows("LinearMap.of", a), (int) a.size(1)); }

    /** A map given by its product and its transposed product on vector tensors. */
    static LinearMap of(int rows, int cols, UnaryOperator<Tensor> apply, UnaryOperator<Tensor> applyTransposed) {
        return new LinearMap() {
            @Override public int rows() { return rows; }

            @Override public int cols() { return cols; }

            @Override public double[] times(double[] x) { return checked("apply", apply.apply(Tensor.of(x, cols)).toDoubleArray(), rows); }

            @Override public double[] transposeTimes(double[] y) {
                return checked("applyTransposed", applyTransposed.apply(Tensor.of(y, rows)).toDoubleArray(), cols);
            }
        };
    }

    /** A symmetric map given by its product on vector tensors of length n. */
    static LinearMap symmetric(int n, UnaryOperator<Tensor> apply) { return of(n, n, apply, apply); }

    /** A symmetric map given by its product on arrays of length n, which are not to be changed. */
    static LinearMap symmetricArray(int n, UnaryOperator<double[]> times) {
        return new LinearMap() {
            @Override public int rows() { return n; }

            @Override public int cols() { return n; }

            @Override public double[] times(double[] x) { return times.apply(x); }

            @Override public double[] transposeTimes(double[] y) { return times.apply(y); }
        };
    }

    private static LinearMap of(double[][] a, int n) {
        return new LinearMap() {
            @Override public int rows() { return a.length; }

            @Override public int cols() { return n; }

            @Override public double[] times(double[] x) { return Dense.times(a, x); }

            @Override public double[] transposeTimes(double[] y) { return Dense.transposeTimes(a, y, n); }
        };
    }

    /** This map with argument and result exchanged. */
    default LinearMap transposed() {
        var forward = this;
        return new LinearMap() {
            @Override public int rows() { return forward.cols(); }

            @Override public int cols() { return forward.rows(); }

            @Override public double[] times(double[] x) { return forward.transposeTimes(x); }

            @Override public double[] transposeTimes(double[] y) { return forward.times(y); }
        };
    }

    /** The matrix, one product a column. */
    default Tensor toMatrix() {
        var columns = new double[cols()][];
        for (int j = 0; j < columns.length; j++) {
            var unit = new double[cols()];
            unit[j] = 1;
            columns[j] = checked("toMatrix", times(unit), rows());
        }
        return Tensor.of(Dense.toRowMajor(Dense.transpose(columns, rows()), cols()), rows(), cols());
    }

    /** The size of a square map. @throws ShapeException if it is not square */
    static int requireSquare(String operation, LinearMap a) {
        if (a.rows() != a.cols())
            throw new ShapeException(operation + ": the map is " + a.rows() + " x " + a.cols() + "; it must be square");
        return a.rows();
    }

    /** The result of a user's product, if it has the right length. */
    static double[] checked(String operation, double[] result, int length) {
        if (result.length != length)
            throw new ShapeException(operation + ": the map returned " + result.length + " numbers; its shape promises " + length);
        return result;
    }
}
