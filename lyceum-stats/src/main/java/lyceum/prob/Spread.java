package lyceum.prob;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.linalg.Cholesky;
import lyceum.linalg.Eigen;
import lyceum.linalg.Svd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** A covariance matrix in the form in which it was given, with what a normal distribution asks of it. */
sealed interface Spread {
    /** Eigenvalues below this share of the largest are rounding errors: those of a sum of products, not of a factor. */
    double NEGLIGIBLE = 1e6 * 0x1p-52;

    int size();

    default int rank() { return size(); }

    /** Of a singular covariance: of its positive eigenvalues. */
    double logDeterminant();

    /** {@code z' covariance^-1 z}; infinite off the support. May overwrite z. */
    double squaredLength(double[] z);

    /** {@code covariance^-1 z}, of a singular one by its pseudo-inverse. May overwrite z. */
    double[] solve(double[] z);

    /** Adds a centred draw to x. */
    void addDraw(double[] x, Rng rng);

    /** A copy, or made for the caller. */
    double[][] covariance();

    /** A (d x m) with {@code A A' = covariance}. */
    double[][] root();

    /** Of the coordinates at these places. */
    default Spread marginal(int[] places) {
        double[][] c = covariance(), part = new double[places.length][places.length];
        for (int i = 0; i < places.length; i++) for (int j = 0; j < places.length; j++) part[i][j] = c[places[i]][places[j]];
        return rank() == size() ? of(part) : onSupport(part, 0);
    }

    /** Positive definite. */
    static Spread of(double[][] covariance) { return new Factored(covariance, Cholesky.of(Tensor.of(covariance)).lower().toRows()); }

    /** Possibly singular; {@code scale} is the size of the numbers from which its entries are differences, 0 if they are not. */
    static Spread onSupport(double[][] covariance, double scale) {
        var eigen = Eigen.symmetric(Tensor.of(covariance));
        double[] values = eigen.values().toDoubleArray();
        double most = Math.max(scale, Arrays.stream(values).map(Math::abs).max().orElseThrow());
        double[][] vectors = eigen.vectors().toRows();
        for (double v : values)
            if (v < -NEGLIGIBLE * most)
                throw new IllegalArgumentException("MultivariateNormal: the covariance has the eigenvalue " + v + "; none may be negative");
        int[] kept = IntStream.range(0, values.length).filter(i -> values[i] > NEGLIGIBLE * most).toArray();
        var directions = new double[kept.length][values.length];
        var lengths = new double[kept.length];
        for (int k = 0; k < kept.length; k++) {
            lengths[k] = Math.sqrt(values[kept[k]]);
            for (int i = 0; i < values.length; i++) directions[k][i] = vectors[i][kept[k]];
        }
        return new OnSupport(values.length, directions, lengths, Math.sqrt(most));
    }

    /** {@code A A'}; A's rank is told from its singular values. */
    static Spread ofRoot(double[][] root) {
        var svd = Svd.of(Tensor.of(root));
        int rank = svd.rank();
        double[] s = svd.s().toDoubleArray();
        return new OnSupport(root.length, Arrays.copyOf(svd.u().transpose().toRows(), rank), Arrays.copyOf(s, rank), s[0]);
    }

    private static double square(double[] z) {
        double sum = 0;
        for (double v : z) sum += v * v;
        return sum;
    }

    private static double[][] copy(double[][] a) { return Arrays.stream(a).map(double[]::clone).toArray(double[][]::new); }

    /** {@code L L'}. */
    record Factored(double[][] matrix, double[][] lower) implements Spread {
        @Override public int size() { return lower.length; }

        @Override public double logDeterminant() { return Triangular.logDeterminant(lower); }

        @Override public double squaredLength(double[] z) { return square(Triangular.solve(lower, z)); }

        @Override public double[] solve(double[] z) { return Triangular.solveTransposed(lower, Triangular.solve(lower, z)); }

        @Override public void addDraw(double[] x, Rng rng) {
            var z = new double[x.length];
            for (int i = 0; i < z.length; i++) z[i] = rng.nextGaussian();
            for (int i = 0; i < z.length; i++) for (int k = 0; k <= i; k++) x[i] += lower[i][k] * z[k];
        }

        @Override public double[][] covariance() { return copy(matrix); }

        @Override public double[][] root() { return copy(lower); }
    }

    /** The inverse {@code P = R R'}. */
    record Precise(double[][] precision, double[][] lower, double[][] covarianceMatrix) implements Spread {
        static Precise of(double[][] precision) {
            var cholesky = Cholesky.of(Tensor.of(precision));
            return new Precise(precision, cholesky.lower().toRows(), cholesky.inverse().toRows());
        }

        @Override public int size() { return lower.length; }

        @Override public double logDeterminant() { return -Triangular.logDeterminant(lower); }

        @Override public double squaredLength(double[] z) {
            double sum = 0;
            for (int j = 0; j < z.length; j++) { // R' z
                double v = 0;
                for (int i = j; i < z.length; i++) v += lower[i][j] * z[i];
                sum += v * v;
            }
            return sum;
        }

        @Override public double[] solve(double[] z) {
            var out = new double[z.length];
            for (int i = 0; i < z.length; i++) for (int j = 0; j < z.length; j++) out[i] += precision[i][j] * z[j];
            return out;
        }

        @Override public void addDraw(double[] x, Rng rng) {
            var z = new double[x.length];
            for (int i = 0; i < z.length; i++) z[i] = rng.nextGaussian();
            Triangular.solveTransposed(lower, z);
            for (int i = 0; i < z.length; i++) x[i] += z[i];
        }

        @Override public double[][] covariance() { return copy(covarianceMatrix); }

        @Override public double[][] root() {
            var root = new double[lower.length][lower.length];
            for (int j = 0; j < lower.length; j++) {
                var unit = new double[lower.length];
                unit[j] = 1;
                Triangular.solveTransposed(lower, unit);
                for (int i = 0; i < lower.length; i++) root[i][j] = unit[i];
            }
            return root;
        }
    }

    /** Standard deviations along orthogonal directions, one a row; nothing varies in the others. */
    record OnSupport(int size, double[][] directions, double[] lengths, double scale) implements Spread {
        @Override public int rank() { return lengths.length; }

        @Override public double logDeterminant() { return 2 * Arrays.stream(lengths).map(Math::log).sum(); }

        @Override public double squaredLength(double[] z) {
            double tolerance = 1e-8 * scale + 1e-12 * Math.sqrt(square(z)), sum = 0;
            for (int k = 0; k < lengths.length; k++) {
                double along = 0;
                for (int i = 0; i < size; i++) along += directions[k][i] * z[i];
                for (int i = 0; i < size; i++) z[i] -= along * directions[k][i];
                sum += along / lengths[k] * (along / lengths[k]);
            }
            return Math.sqrt(square(z)) <= tolerance ? sum : z[0] != z[0] ? Double.NaN : Double.POSITIVE_INFINITY;
        }

        @Override public double[] solve(double[] z) {
            var out = new double[size];
            for (int k = 0; k < lengths.length; k++) {
                double along = 0;
                for (int i = 0; i < size; i++) along += directions[k][i] * z[i];
                for (int i = 0; i < size; i++) out[i] += along / lengths[k] / lengths[k] * directions[k][i];
            }
            return out;
        }

        @Override public void addDraw(double[] x, Rng rng) {
            for (int k = 0; k < lengths.length; k++) {
                double along = lengths[k] * rng.nextGaussian();
                for (int i = 0; i < size; i++) x[i] += along * directions[k][i];
            }
        }

        @Override public double[][] covariance() {
            var c = new double[size][size];
            for (int k = 0; k < lengths.length; k++) for (int i = 0; i < size; i++) {
                double v = lengths[k] * lengths[k] * directions[k][i];
                for (int j = 0; j <= i; j++) c[i][j] += v * directions[k][j];
            }
            for (int i = 0; i < size; i++) for (int j = 0; j < i; j++) c[j][i] = c[i][j];
            return c;
        }

        @Override public double[][] root() {
            var root = new double[size][lengths.length];
            for (int i = 0; i < size; i++) for (int k = 0; k < lengths.length; k++) root[i][k] = lengths[k] * directions[k][i];
            return root;
        }
    }

    /**
     * {@code W W' + diag(v)}; everything in time linear in the size, by Woodbury's identity. {@code lower} is the factor of {@code I + W'
     * V^-1 W}.
     */
    record LowRank(double[][] factor, double[] diagonal, double[][] lower) implements Spread {
        static LowRank of(double[][] factor, double[] diagonal) {
            int k = factor[0].length;
            var inner = new double[k][k];
            for (int a = 0; a < k; a++) {
                inner[a][a] = 1;
                for (int b = 0; b <= a; b++) {
                    for (int i = 0; i < diagonal.length; i++) inner[a][b] += factor[i][a] * factor[i][b] / diagonal[i];
                    inner[b][a] = inner[a][b];
                }
            }
            return new LowRank(factor, diagonal, Cholesky.of(Tensor.of(inner)).lower().toRows());
        }

        @Override public int size() { return diagonal.length; }

        @Override public double logDeterminant() { return Triangular.logDeterminant(lower) + Arrays.stream(diagonal).map(Math::log).sum(); }

        /** The u that minimises {@code |u|^2 + |V^-1/2 (z - W u)|^2}; z becomes {@code z - W u}. */
        private double[] explain(double[] z) {
            var u = new double[lower.length];
            for (int a = 0; a < u.length; a++) for (int i = 0; i < z.length; i++) u[a] += factor[i][a] * z[i] / diagonal[i];
            Triangular.solveTransposed(lower, Triangular.solve(lower, u));
            for (int i = 0; i < z.length; i++) for (int a = 0; a < u.length; a++) z[i] -= factor[i][a] * u[a];
            return u;
        }

        /** That minimum: a sum of squares, where Woodbury's difference would cancel. */
        @Override public double squaredLength(double[] z) {
            double sum = square(explain(z));
            for (int i = 0; i < z.length; i++) sum += z[i] * z[i] / diagonal[i];
            return sum;
        }

        @Override public double[] solve(double[] z) {
            explain(z);
            for (int i = 0; i < z.length; i++) z[i] /= diagonal[i];
            return z;
        }

        @Override public void addDraw(double[] x, Rng rng) {
            for (int a = 0; a < lower.length; a++) {
                double u = rng.nextGaussian();
                for (int i = 0; i < x.length; i++) x[i] += factor[i][a] * u;
            }
            for (int i = 0; i < x.length; i++) x[i] += Math.sqrt(diagonal[i]) * rng.nextGaussian();
        }

        @Override public double[][] covariance() {
            var c = new double[diagonal.length][diagonal.length];
            for (int i = 0; i < c.length; i++) {
                for (int j = 0; j <= i; j++) {
                    for (int a = 0; a < lower.length; a++) c[i][j] += factor[i][a] * factor[j][a];
                    c[j][i] = c[i][j];
                }
                c[i][i] += diagonal[i];
            }
            return c;
        }

        @Override public double[][] root() {
            int d = diagonal.length, k = lower.length;
            var root = new double[d][];
            for (int i = 0; i < d; i++) {
                root[i] = Arrays.copyOf(factor[i], k + d);
                root[i][k + i] = Math.sqrt(diagonal[i]);
            }
            return root;
        }

        @Override public Spread marginal(int[] places) {
            return of(Arrays.stream(places).mapToObj(i -> factor[i]).toArray(double[][]::new),
                    Arrays.stream(places).mapToDouble(i -> diagonal[i]).toArray());
        }
    }
}
