package lyceum.prob;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.linalg.Cholesky;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The matrix normal distribution: (n x p) matrices whose entries, row by row, are normal with covariance {@code rows (x) columns}. Points are (n x p),
 * tensors (..., n, p).
 *
 * @see <a href="https://doi.org/10.1093/biomet/68.1.265">Dawid (1981), Some matrix-variate distribution theory</a>
 */
public final class MatrixNormal implements Distribution {
    private final double[][] mean, rows, columns;

    /**
     * @param mean (n x p)
     * @param rowCovariance (n x n), symmetric and positive definite: between entries of a column
     * @param columnCovariance (p x p), the same between entries of a row; only the product of both scales counts
     */
    public MatrixNormal(double[][] mean, double[][] rowCovariance, double[][] columnCovariance) {
        if (mean.length == 0 || mean.length != rowCovariance.length || mean[0].length != columnCovariance.length)
            throw new ShapeException("MatrixNormal: a mean of " + mean.length + " rows with covariances of " + rowCovariance.length
                    + " rows and " + columnCovariance.length + " columns");
        this.mean = Arrays.stream(mean).map(double[]::clone).toArray(double[][]::new);
        rows = Cholesky.of(Tensor.of(rowCovariance)).lower().toRows();
        columns = Cholesky.of(Tensor.of(columnCovariance)).lower().toRows();
    }

    private int n() { return mean.length; }

    private int p() { return mean[0].length; }

    /** Half of the log determinant of the covariance of all entries. */
    private double halfLogDeterminant() {
        return 0.5 * p() * Triangular.logDeterminant(rows) + 0.5 * n() * Triangular.logDeterminant(columns);
    }

    /** A copy. */
    public double[][] mean() { return Arrays.stream(mean).map(double[]::clone).toArray(double[][]::new); }

    @Override public boolean isDiscrete() { return false; }

    /** Natural logarithm of the density at an (n x p) matrix. */
    public double logDensity(double[][] x) {
        if (x.length != n() || x[0].length != p())
            throw new ShapeException("logDensity: a matrix of " + x.length + " x " + x[0].length + "; it is " + n() + " x " + p());
        // |U^-1 (x - mean) V^-T|^2: rows by V, then columns by U
        var z = new double[n()][];
        for (int i = 0; i < n(); i++) {
            z[i] = new double[p()];
            for (int j = 0; j < p(); j++) z[i][j] = x[i][j] - mean[i][j];
            Triangular.solve(columns, z[i]);
        }
        double length = 0;
        for (int j = 0; j < p(); j++) {
            var column = new double[n()];
            for (int i = 0; i < n(); i++) column[i] = z[i][j];
            for (double v : Triangular.solve(rows, column)) length += v * v;
        }
        return -0.5 * (length + n() * p() * Math.log(2 * Math.PI)) - halfLogDeterminant();
    }

    @Override public Tensor logDensity(Tensor x) {
        if (x.rank() < 2 || x.size(-1) != p() || x.size(-2) != n())
            throw new ShapeException("logDensity: x has shape " + x.shape() + "; its last axes are (" + n() + ", " + p() + ")");
        long[] sizes = x.shape().toArray(), flat = Arrays.copyOf(sizes, sizes.length - 1);
        flat[flat.length - 1] = (long) n() * p();
        return Elementwise.mapRows(x.reshape(flat), n() * p(), v -> {
            var matrix = new double[n()][];
            for (int i = 0; i < n(); i++) matrix[i] = Arrays.copyOfRange(v, i * p(), (i + 1) * p());
            return logDensity(matrix);
        });
    }

    @Override public double entropy() { return 0.5 * n() * p() * (1 + Math.log(2 * Math.PI)) + halfLogDeterminant(); }

    /** One draw, (n x p): {@code mean + U Z V'}. */
    public double[][] sample(Rng rng) {
        double[][] z = new double[n()][p()], x = mean();
        for (var row : z) for (int j = 0; j < row.length; j++) row[j] = rng.nextGaussian();
        for (int i = 0; i < n(); i++) for (int k = 0; k <= i; k++) for (int j = 0; j < p(); j++) {
            double sum = 0;
            for (int l = 0; l <= j; l++) sum += columns[j][l] * z[k][l];
            x[i][j] += rows[i][k] * sum;
        }
        return x;
    }

    /** {@code n} draws: (n, rows, columns), F64. */
    @Override public Tensor sample(Rng rng, int n) {
        Arguments.count("sample", "n", n);
        var flat = new double[Math.multiplyExact(n, n() * p())];
        for (int k = 0; k < n; k++) {
            double[][] x = sample(rng);
            for (int i = 0; i < n(); i++) System.arraycopy(x[i], 0, flat, (k * n() + i) * p(), p());
        }
        return Tensor.of(flat, n, n(), p());
    }
}
