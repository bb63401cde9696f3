package lyceum.linalg;

import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.Matrices;
import lyceum.linalg.dense.Rows;
import lyceum.tensor.Backward;
import lyceum.tensor.Csr;
import lyceum.tensor.GradMode;
import lyceum.tensor.Tensor;

/**
 * A linear map known by what it does to a vector: a matrix, a sparse matrix, a Hessian-vector product, a convolution. Iterative methods
 * ({@link Lanczos}, {@link Lobpcg}, {@link ConjugateGradient}, {@link TruncatedSvd}) take nothing else.
 *
 * {@snippet :
 * LinearMap second = LinearMap.symmetric(n, v -> Autograd.hvp(loss, parameters, v));
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

    /** The map of a sparse matrix. */
    static LinearMap of(Csr a) {
        int rows = (int) a.rows(), cols = (int) a.columns();
        double[] values = a.values().toDoubleArray();
        return new LinearMap() {
            @Override public int rows() { return rows; }

            @Override public int cols() { return cols; }

            @Override public double[] times(double[] x) {
                var y = new double[rows];
                for (int i = 0; i < rows; i++) {
                    double sum = 0;
                    for (int e = a.rowStart(i); e < a.rowStart(i + 1); e++) sum += values[e] * x[a.column(e)];
                    y[i] = sum;
                }
                return y;
            }

            @Override public double[] transposeTimes(double[] y) {
                var x = new double[cols];
                for (int i = 0; i < rows; i++) for (int e = a.rowStart(i); e < a.rowStart(i + 1); e++) x[a.column(e)] += values[e] * y[i];
                return x;
            }
        };
    }

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

    /**
     * A map given by its product alone, written in tensor operations: the transpose is its pull-back, which reverse-mode differentiation gives.
     *
     * {@snippet :
     * LinearMap everySecond = LinearMap.of(5, 10, x -> x.slice(0, 0, 10, 2));
     * }
     *
     * <p>That the function is linear is not checked; {@link Linearity} does.
     */
    static LinearMap of(int rows, int cols, UnaryOperator<Tensor> apply) {
        return of(rows, cols, apply, y -> GradMode.with(true, () -> {
            var x = Tensor.zeros(y.dtype(), cols).requiresGrad();
            var image = apply.apply(x);
            return image.isTracked() ? Backward.gradients(image, y.to(image.dtype()), new Tensor[] {x}, false)[0] : x.detach();
        }));
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

    /** {@code x -> this(first(x))}: the product of the two matrices. @throws ShapeException if {@code first} gives another length than this takes */
    default LinearMap after(LinearMap first) {
        if (first.rows() != cols())
            throw new ShapeException("after: the first map gives " + first.rows() + " numbers, the second takes " + cols());
        var second = this;
        return new LinearMap() {
            @Override public int rows() { return second.rows(); }

            @Override public int cols() { return first.cols(); }

            @Override public double[] times(double[] x) { return second.times(first.times(x)); }

            @Override public double[] transposeTimes(double[] y) { return first.transposeTimes(second.transposeTimes(y)); }
        };
    }

    /** {@code x -> this(x) + scale other(x)}. @throws ShapeException if the shapes differ */
    default LinearMap plus(double scale, LinearMap other) {
        if (other.rows() != rows() || other.cols() != cols())
            throw new ShapeException("plus: a " + rows() + " x " + cols() + " map and one of " + other.rows() + " x " + other.cols());
        var first = this;
        return new LinearMap() {
            @Override public int rows() { return first.rows(); }

            @Override public int cols() { return first.cols(); }

            @Override public double[] times(double[] x) { return sum(first.times(x), other.times(x)); }

            @Override public double[] transposeTimes(double[] y) { return sum(first.transposeTimes(y), other.transposeTimes(y)); }

            private double[] sum(double[] a, double[] b) {
                var total = a.clone();
                Rows.axpy(scale, b, total, 0, total.length);
                return total;
            }
        };
    }

    /** Kernel, image and rank, of the matrix that {@link #toMatrix} reads off: {@code O(n)} products and a singular value decomposition. */
    default FundamentalSubspaces subspaces() { return FundamentalSubspaces.of(toMatrix()); }

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
