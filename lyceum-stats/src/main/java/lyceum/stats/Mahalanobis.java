package lyceum.stats;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.Cholesky;
import lyceum.linalg.Eigen;
import lyceum.linalg.NotPositiveDefiniteException;
import lyceum.prob.ChiSquare;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Distance measured by the spread of the data: {@code sqrt((x - mu)' Sigma^-1 (x - mu))} (Mahalanobis 1936).
 *
 * {@snippet :
 * var metric = Mahalanobis.fit(x);                       // or shrunk(x), or robust(x, Rng.of(1)) where x has outliers
 * metric.distance(2.0, -2.0);
 * metric.pValue(2.0, -2.0);                              // chi-square, for normal data
 * boolean[] odd = metric.outliers(x, 0.99);
 * Tensor white = metric.whiten(x);                       // Euclidean distances of its rows are Mahalanobis distances
 * }
 *
 * <p>Points have d entries, tensors {@code (n, d)}. Computed in F64. Immutable.
 */
public final class Mahalanobis {
    private final double[] mean;
    private final double[][] covariance;
    /** {@code Sigma = L L'}. */
    private final double[][] lower;

    private Mahalanobis(double[] mean, double[][] covariance) {
        if (mean.length == 0 || covariance.length != mean.length) throw new ShapeException(
                "Mahalanobis: a mean of " + mean.length + " entries and a covariance of " + covariance.length + " rows");
        this.mean = mean;
        this.covariance = covariance;
        lower = Cholesky.of(Tensor.of(covariance)).lower().toRows();
    }

    /** With known parameters. @throws NotPositiveDefiniteException if the covariance is singular: shrink it */
    public static Mahalanobis of(double[] mean, double[][] covariance) {
        var copy = new double[covariance.length][];
        for (int i = 0; i < copy.length; i++) copy[i] = covariance[i].clone();
        return new Mahalanobis(mean.clone(), copy);
    }

    /**
     * With the mean and sample covariance of the rows of x.
     *
     * @throws IllegalArgumentException with d rows or fewer
     * @throws NotPositiveDefiniteException if a column follows from others
     */
    public static Mahalanobis fit(Tensor x) {
        double[] mean = means(x);
        if (x.size(0) <= mean.length) throw new IllegalArgumentException(
                "Mahalanobis: " + x.size(0) + " rows of " + mean.length + " columns have a singular covariance; take shrunk(x)");
        return new Mahalanobis(mean, Descriptive.covariance(x).toRows());
    }

    /** With Ledoit and Wolf's shrunk covariance: also for fewer rows than columns. */
    public static Mahalanobis shrunk(Tensor x) { return new Mahalanobis(means(x), ShrunkCovariance.ledoitWolf(x).covariance().toRows()); }

    /**
     * With the mean and covariance of the half of the rows that lies closest together: the minimum covariance determinant, reweighted
     * (Rousseeuw and Van Driessen 1999). Stands up to nearly half of outliers. Needs more than {@code 2 d} rows.
     */
    public static Mahalanobis robust(Tensor x, Rng rng) {
        var found = MinimumCovariance.of(rows(x), rng);
        return new Mahalanobis(found.mean(), found.covariance());
    }

    private static double[][] rows(Tensor x) {
        if (x.rank() != 2 || x.size(0) == 0)
            throw new ShapeException("Mahalanobis: x has shape " + x.shape() + "; it needs rows and columns");
        return x.to(DType.F64).toRows();
    }

    static double[] means(Tensor x) {
        double[][] rows = rows(x);
        double[] mean = new double[rows[0].length], column = new double[rows.length];
        for (int j = 0; j < mean.length; j++) {
            for (int i = 0; i < rows.length; i++) column[i] = rows[i][j];
            mean[j] = Descriptive.mean(column);
        }
        return mean;
    }

    /** Entries of a point. */
    public int dimensions() { return mean.length; }

    /** A copy. */
    public double[] mean() { return mean.clone(); }

    /** (d, d). */
    public Tensor covariance() { return Tensor.of(covariance); }

    /** Squared distance of a point from the mean. */
    public double squared(double... x) {
        check(x);
        var z = new double[x.length];
        for (int i = 0; i < z.length; i++) z[i] = x[i] - mean[i];
        return squaredLength(z);
    }

    /** Distance of a point from the mean. */
    public double distance(double... x) { return Math.sqrt(squared(x)); }

    /** Distance between two points. */
    public double distance(double[] x, double[] y) {
        check(x);
        check(y);
        var z = new double[x.length];
        for (int i = 0; i < z.length; i++) z[i] = x[i] - y[i];
        return Math.sqrt(squaredLength(z));
    }

    private void check(double[] x) {
        if (x.length != mean.length)
            throw new ShapeException("Mahalanobis: a point of " + x.length + " entries; the mean has " + mean.length);
    }

    /** {@code |L^-1 z|^2}; overwrites z. */
    private double squaredLength(double[] z) {
        double sum = 0;
        for (int i = 0; i < z.length; i++) {
            double v = z[i];
            for (int k = 0; k < i; k++) v -= lower[i][k] * z[k];
            z[i] = v / lower[i][i];
            sum += z[i] * z[i];
        }
        return sum;
    }

    /** Distances of the rows of x from the mean: (n). */
    public Tensor distances(Tensor x) {
        double[][] rows = rows(x);
        var out = new double[rows.length];
        for (int i = 0; i < out.length; i++) out[i] = distance(rows[i]);
        return Tensor.of(out);
    }

    /** Distances between the rows of x (n, d) and of y (m, d): (n, m). */
    public Tensor distances(Tensor x, Tensor y) {
        double[][] a = rows(x), b = rows(y), out = new double[a.length][b.length];
        for (int i = 0; i < a.length; i++) for (int j = 0; j < b.length; j++) out[i][j] = distance(a[i], b[j]);
        return Tensor.of(out);
    }

    /** Chance that a normal point with these parameters is at least as far out: the upper tail of chi-square with d degrees of freedom. */
    public double pValue(double... x) { return new ChiSquare(mean.length).survival(squared(x)); }

    /** Rows of x whose squared distance exceeds the {@code level} quantile of chi-square, such as 0.99. */
    public boolean[] outliers(Tensor x, double level) {
        Tails.level("outliers", level);
        double cut = new ChiSquare(mean.length).quantile(level);
        double[][] rows = rows(x);
        var flags = new boolean[rows.length];
        for (int i = 0; i < flags.length; i++) flags[i] = squared(rows[i]) > cut;
        return flags;
    }

    /** {@code L^-1 (x - mu)} of each row: uncorrelated with unit variances. Triangular: entry i depends on the first i columns. */
    public Tensor whiten(Tensor x) {
        double[][] rows = rows(x);
        for (var row : rows) {
            check(row);
            for (int i = 0; i < row.length; i++) row[i] -= mean[i];
            squaredLength(row);
        }
        return Tensor.of(rows);
    }

    /** {@code Sigma^(-1/2) (x - mu)} of each row (zero-phase whitening): of all whitenings the one that moves points least. */
    public Tensor whitenZca(Tensor x) {
        var root = Eigen.symmetric(Tensor.of(covariance)).function(v -> 1 / Math.sqrt(v));
        return x.to(DType.F64).sub(Tensor.of(mean)).matmul(root);
    }

    /**
     * Out-of-distribution scores of Lee et al. (2018): a mean for each class, one covariance for all, and the distance to the nearest mean.
     *
     * @param means (classes, d)
     * @param metric with the shared covariance
     */
    public record Classes(double[][] means, Mahalanobis metric) {
        /** @param labels class of each row, from 0; each class has a row */
        public static Classes fit(Tensor x, int... labels) {
            double[][] rows = rows(x), means = centre(rows, labels);
            return new Classes(means, new Mahalanobis(new double[rows[0].length],
                    Descriptive.covariance(Tensor.of(rows), null, 0, Descriptive.Weights.FREQUENCY).toRows()));
        }

        /** With Ledoit and Wolf's shrunk covariance, for many columns beside few rows. */
        public static Classes shrunk(Tensor x, int... labels) {
            double[][] rows = rows(x), means = centre(rows, labels);
            return new Classes(means, Mahalanobis.shrunk(Tensor.of(rows)));
        }

        /** The classes' means, which it takes from the rows. */
        private static double[][] centre(double[][] rows, int[] labels) {
            if (labels.length != rows.length)
                throw new ShapeException("Mahalanobis: " + rows.length + " rows but " + labels.length + " labels");
            int classes = 0;
            for (int l : labels) {
                if (l < 0) throw new IllegalArgumentException("Mahalanobis: a label is " + l + "; number the classes from 0");
                classes = Math.max(classes, l + 1);
            }
            var moments = new Moments[classes];
            for (int c = 0; c < classes; c++) moments[c] = new Moments(rows[0].length);
            for (int i = 0; i < rows.length; i++) moments[labels[i]].add(rows[i]);
            var means = new double[classes][rows[0].length];
            for (int c = 0; c < classes; c++) {
                if (moments[c].count() == 0)
                    throw new IllegalArgumentException("Mahalanobis: class " + c + " has no row; number the classes from 0");
                for (int j = 0; j < means[c].length; j++) means[c][j] = moments[c].mean(j);
            }
            for (int i = 0; i < rows.length; i++) for (int j = 0; j < means[0].length; j++) rows[i][j] -= means[labels[i]][j];
            return means;
        }

        /** The class whose mean is nearest. */
        public int nearest(double... x) {
            int best = 0;
            double least = Double.POSITIVE_INFINITY;
            for (int c = 0; c < means.length; c++) {
                double distance = metric.distance(x, means[c]);
                if (distance >= least) continue;
                least = distance;
                best = c;
            }
            return best;
        }

        /** Distance to the nearest mean: the larger, the more foreign. */
        public double score(double... x) { return metric.distance(x, means[nearest(x)]); }
    }
}
