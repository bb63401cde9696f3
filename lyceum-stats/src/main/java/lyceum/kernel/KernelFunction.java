package lyceum.kernel;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.linalg.Eigen;
import lyceum.tensor.Tensor;

/**
 * A kernel: the inner product of two points after a map that is never computed.
 *
 * {@snippet :
 * Tensor x = Tensor.randn(Rng.of(1), DType.F64, 100, 3);
 * KernelFunction k = new Rbf(1.0, 2.0, 0.5).times(2).plus(new LinearKernel());   // a length scale for each column
 * Tensor gram = k.gram(x);                                                       // (100 x 100)
 * KernelFunction own = (a, b) -> Math.min(a[0], b[0]);                           // any symmetric positive definite function
 * double least = own.leastEigenvalue(x.abs());                                   // below 0: no kernel
 * }
 *
 * <p>Points are rows of p numbers. Everything is computed in F64. A kernel is valid if every Gram matrix {@code K[i][j] = k(x_i, x_j)} is
 * symmetric and positive semi-definite; sums, products and positive multiples of valid kernels are valid.
 *
 * <p>Parameters are positive and are handled as logarithms, on which an optimiser needs no bounds: {@link #parameters}, {@link
 * #withParameters} and the gradients are all about {@code theta = log(parameter)}.
 *
 * @see <a href="https://doi.org/10.1214/009053607000000677">Hofmann, Schölkopf and Smola (2008)</a>
 * @see <a href="https://gaussianprocess.org/gpml/">Rasmussen and Williams (2006), chapter 4</a>
 */
@FunctionalInterface
public interface KernelFunction {
    /** {@code k(x, z)}. */
    double of(double[] x, double[] z);

    /** Logarithms of the parameters; none by default. */
    default double[] parameters() { return new double[0]; }

    /** This kernel with other parameters, given as logarithms in the order of {@link #parameters}. */
    default KernelFunction withParameters(double... logs) {
        KernelParameters.count(this, logs, 0);
        return this;
    }

    /** Adds {@code weight dk(x, z) / d theta} to {@code into}, from position {@code at} on. */
    default void addParameterGradient(double[] x, double[] z, double weight, double[] into, int at) {}

    /**
     * Adds {@code weight dk(x, z) / dx} to {@code into} (p). Where k has a kink at {@code x = z} the result is 0.
     *
     * @throws UnsupportedOperationException if this kernel has no such gradient
     */
    default void addGradient(double[] x, double[] z, double weight, double[] into) {
        throw new UnsupportedOperationException(
                getClass().getSimpleName() + ": no gradient with respect to the points; implement addGradient");
    }

    /**
     * {@code k} of every row of {@code x} with every row of {@code z}; kernels of distances and dot products have a faster way than pair
     * by pair.
     */
    default double[][] matrix(double[][] x, double[][] z) {
        var k = new double[x.length][z.length];
        Parallel.range(x.length, 8, 20.0 * z.length, (from, to) -> {
            for (int i = (int) from; i < to; i++) for (int j = 0; j < z.length; j++) k[i][j] = of(x[i], z[j]);
        });
        return k;
    }

    /** This kernel against the rows of {@code z}, a row of the matrix at a time. */
    default KernelRows against(double[][] z) {
        return (x, into) -> {
            for (int j = 0; j < z.length; j++) into[j] = of(x, z[j]);
        };
    }

    /** {@code k(x_i, x_i)} of each row. */
    default double[] diagonal(double[][] x) {
        var k = new double[x.length];
        for (int i = 0; i < k.length; i++) k[i] = of(x[i], x[i]);
        return k;
    }

    /** The kernel between the rows of {@code x} (n x p) and of {@code z} (m x p): (n x m), F64. */
    default Tensor gram(Tensor x, Tensor z) {
        double[][] a = KernelParameters.rows("gram", x), b = KernelParameters.rows("gram", z);
        if (x.size(1) != z.size(1))
            throw new ShapeException("gram: x has shape " + x.shape() + " and z " + z.shape() + "; columns must agree");
        return Tensor.of(KernelParameters.flat(matrix(a, b), b.length), a.length, b.length);
    }

    /** The kernel between all rows of {@code x} (n x p): (n x n), F64, symmetric to the bit. */
    default Tensor gram(Tensor x) {
        double[][] a = KernelParameters.rows("gram", x), k = KernelParameters.mirrored(matrix(a, a));
        return Tensor.of(KernelParameters.flat(k, k.length), k.length, k.length);
    }

    /** {@code dK / d theta_j} for each parameter, (n x m) each. */
    default List<Tensor> gramGradients(Tensor x, Tensor z) {
        double[][] a = KernelParameters.rows("gramGradients", x), b = KernelParameters.rows("gramGradients", z);
        int n = a.length, m = b.length, count = parameters().length;
        var out = new double[count][n * m];
        Parallel.range(n, 8, 50.0 * m, (from, to) -> {
            var g = new double[count];
            for (int i = (int) from; i < to; i++) {
                for (int j = 0; j < m; j++) {
                    Arrays.fill(g, 0);
                    addParameterGradient(a[i], b[j], 1, g, 0);
                    for (int c = 0; c < count; c++) out[c][i * m + j] = g[c];
                }
            }
        });
        var list = new ArrayList<Tensor>();
        for (double[] values : out) list.add(Tensor.of(values, n, m));
        return list;
    }

    /**
     * {@code sum_ij W_ij dK_ij / d theta}: the gradient of anything whose gradient with respect to K is W (n x m), without holding a dK.
     */
    default double[] parameterGradient(Tensor x, Tensor z, Tensor weights) {
        double[][] a = KernelParameters.rows("parameterGradient", x), b = KernelParameters.rows("parameterGradient", z),
                w = KernelParameters.weights("parameterGradient", weights, a.length, b.length);
        var rows = new double[a.length][parameters().length];
        Parallel.range(a.length, 8, 50.0 * b.length, (from, to) -> {
            for (int i = (int) from; i < to; i++) for (int j = 0; j < b.length; j++) addParameterGradient(a[i], b[j], w[i][j], rows[i], 0);
        });
        var sum = new double[parameters().length];
        for (double[] row : rows) for (int c = 0; c < sum.length; c++) sum[c] += row[c];
        return sum;
    }

    /**
     * Row i is {@code sum_j W_ij dk(x_i, z_j) / dx_i}: the gradient with respect to x (n x p) of anything whose gradient with respect to
     * K is W.
     */
    default Tensor inputGradient(Tensor x, Tensor z, Tensor weights) {
        double[][] a = KernelParameters.rows("inputGradient", x), b = KernelParameters.rows("inputGradient", z),
                w = KernelParameters.weights("inputGradient", weights, a.length, b.length);
        var out = new double[a.length][(int) x.size(1)];
        Parallel.range(a.length, 8, 50.0 * b.length, (from, to) -> {
            for (int i = (int) from; i < to; i++) for (int j = 0; j < b.length; j++) addGradient(a[i], b[j], w[i][j], out[i]);
        });
        return Tensor.of(KernelParameters.flat(out, (int) x.size(1)), x.size(0), x.size(1));
    }

    /** {@code this(x, z) + other(x, z)}. */
    default KernelFunction plus(KernelFunction other) { return new SumKernel(this, other); }

    /** {@code this(x, z) other(x, z)}. */
    default KernelFunction times(KernelFunction other) { return new ProductKernel(this, other); }

    /** {@code scale this(x, z)}; the scale is a parameter. */
    default KernelFunction times(double scale) { return new ProductKernel(new ConstantKernel(scale), this); }

    /**
     * The least eigenvalue of the Gram matrix of these rows. A valid kernel's is at least 0 up to rounding, {@code -1e-15 n max k(x,
     * x)} or so; one clearly negative value disproves a kernel, whereas no number of others proves it.
     */
    default double leastEigenvalue(Tensor x) { return Eigen.symmetricValues(gram(x)).item(0); }

    /** Whether the Gram matrix of these rows is symmetric and has no eigenvalue below {@code -1e-9} times its largest diagonal entry. */
    default boolean isValidOn(Tensor x) {
        var k = gram(x, x);
        double scale = Math.max(Double.MIN_NORMAL, k.diagonal().abs().max().item());
        return k.sub(k.transpose()).abs().max().item() <= 1e-9 * scale && leastEigenvalue(x) >= -1e-9 * scale;
    }
}
