package lyceum.prob;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.ShapeException;
import lyceum.linalg.Cholesky;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The normal distribution over vectors, {@code log p(x) = -(x - mean)' covariance^-1 (x - mean) / 2 - log det(covariance) / 2 - d log(2
 * pi) / 2}.
 *
 * {@snippet :
 * var heights = new MultivariateNormal(new double[] {0, 0}, new double[][] {{1, 0.8}, {0.8, 1}});   // father and son
 * heights.marginal(1);
 * heights.conditional(new int[] {0}, 2);                   // the son of a father at 2: mean 1.6, variance 0.36
 * heights.affine(new double[][] {{1, -1}}, 0);             // their difference
 * }
 *
 * <p>It keeps the form in which it was given: covariance, precision, Cholesky factor, or low rank plus diagonal, whose work is linear in
 * d. A
 * singular covariance has a density on its support alone, with respect to length there: SciPy's {@code allow_singular}.
 *
 * @see <a href="https://link.springer.com/book/9780387310732">Bishop (2006), Pattern Recognition and Machine Learning, section 2.3</a>
 */
public final class MultivariateNormal implements MultivariateDistribution {
    private static final double LOG_2PI = 1.83787706640934548356;

    private final double[] mean;
    private final Spread spread;

    private MultivariateNormal(double[] mean, Spread spread) {
        this.mean = mean;
        this.spread = spread;
    }

    /**
     * @param mean (d), finite
     * @param covariance (d x d), symmetric and positive definite
     * @throws lyceum.linalg.NotPositiveDefiniteException if it is not positive definite: see {@link #singular}
     * @throws IllegalArgumentException if it is not symmetric, or shapes differ
     */
    public MultivariateNormal(double[] mean, double[][] covariance) {
        this(means(mean), Spread.of(symmetric("covariance", covariance, mean.length)));
    }

    /**
     * With a covariance that may be singular. Eigenvalues below 2e-10 of the largest count as 0.
     *
     * @throws IllegalArgumentException if an eigenvalue is negative, the covariance is not symmetric, or shapes differ
     */
    public static MultivariateNormal singular(double[] mean, double[][] covariance) {
        return new MultivariateNormal(means(mean), Spread.onSupport(symmetric("covariance", covariance, mean.length), 0));
    }

    /** With {@code covariance^-1}. @throws lyceum.linalg.NotPositiveDefiniteException if it is not positive definite */
    public static MultivariateNormal ofPrecision(double[] mean, double[][] precision) {
        return new MultivariateNormal(means(mean), Spread.Precise.of(symmetric("precision", precision, mean.length)));
    }

    /** With the covariance {@code L L'}. @param lower (d x d), positive on the diagonal; what lies above it is not read */
    public static MultivariateNormal ofCholesky(double[] mean, double[][] lower) {
        int d = mean.length;
        double[][] l = square("Cholesky factor", lower, d), covariance = new double[d][d];
        for (int i = 0; i < d; i++) {
            Arguments.positive("MultivariateNormal", "entry (" + i + ", " + i + ") of the Cholesky factor", l[i][i]);
            Arrays.fill(l[i], i + 1, d, 0);
            for (int j = 0; j <= i; j++) {
                for (int k = 0; k <= j; k++) covariance[i][j] += l[i][k] * l[j][k];
                covariance[j][i] = covariance[i][j];
            }
        }
        return new MultivariateNormal(means(mean), new Spread.Factored(covariance, l));
    }

    /**
     * With the covariance {@code W W' + diag(v)}, as of factor analysis. Densities, draws and entropy cost O(d k); {@link #covariance} is
     * made on demand.
     *
     * @param factor W (d x k), k at least 1
     * @param diagonal v (d), positive
     */
    public static MultivariateNormal lowRank(double[] mean, double[][] factor, double[] diagonal) {
        int d = mean.length, k = factor.length == 0 ? 0 : factor[0].length;
        if (k == 0 || factor.length != d || diagonal.length != d || Arrays.stream(factor).anyMatch(row -> row.length != k))
            throw new ShapeException("MultivariateNormal: the mean has " + d + " entries, the factor " + factor.length + " rows of " + k
                    + " and the diagonal " + diagonal.length + " entries; rows are alike and one a dimension");
        for (int i = 0; i < d; i++) {
            Arguments.positive("MultivariateNormal", "diagonal " + i, diagonal[i]);
            for (double w : factor[i]) Arguments.finite("MultivariateNormal", "a factor of row " + i, w);
        }
        return new MultivariateNormal(means(mean),
                Spread.LowRank.of(Arrays.stream(factor).map(double[]::clone).toArray(double[][]::new), diagonal.clone()));
    }

    private static double[] means(double[] mean) {
        if (mean.length == 0) throw new ShapeException("MultivariateNormal: the mean is empty");
        for (int i = 0; i < mean.length; i++) Arguments.finite("MultivariateNormal", "mean " + i, mean[i]);
        return mean.clone();
    }

    private static double[][] square(String name, double[][] a, int d) {
        if (a.length != d)
            throw new ShapeException("MultivariateNormal: the mean has " + d + " entries but the " + name + " " + a.length + " rows");
        var copy = new double[d][];
        for (int i = 0; i < d; i++) {
            if (a[i].length != d) throw new ShapeException(
                    "MultivariateNormal: row " + i + " of the " + name + " has " + a[i].length + " entries; it needs " + d);
            copy[i] = a[i].clone();
        }
        return copy;
    }

    private static double[][] symmetric(String name, double[][] matrix, int d) {
        double[][] m = square(name, matrix, d);
        for (int i = 0; i < d; i++) for (int j = 0; j < i; j++) {
            double a = m[i][j], b = m[j][i];
            if (!(Math.abs(a - b) <= 1e-10 * Math.max(Math.abs(a), Math.abs(b)) + 1e-300))
                throw new IllegalArgumentException("MultivariateNormal: the " + name + " is not symmetric: (" + i + ", " + j + ") is " + a
                        + " but (" + j + ", " + i + ") is " + b);
        }
        return m;
    }

    @Override public int dimensions() { return mean.length; }

    /** Dimensions of the support: fewer than {@link #dimensions} if the covariance is singular. */
    public int rank() { return spread.rank(); }

    @Override public double[] mean() { return mean.clone(); }

    @Override public double[][] covariance() { return spread.covariance(); }

    /** {@code covariance^-1}. @throws IllegalStateException if the covariance is singular */
    public double[][] precision() {
        if (spread instanceof Spread.Precise p) return square("precision", p.precision(), mean.length);
        if (rank() < mean.length) throw new IllegalStateException(
                "precision: the covariance is singular, of rank " + rank() + " in " + mean.length + " dimensions");
        var p = new double[mean.length][];
        for (int i = 0; i < p.length; i++) {
            var unit = new double[p.length];
            unit[i] = 1;
            p[i] = spread.solve(unit);
            for (int j = 0; j < i; j++) p[i][j] = p[j][i] = 0.5 * (p[i][j] + p[j][i]);
        }
        return p;
    }

    /** {@code log det covariance}; of a singular one, of its positive eigenvalues. */
    public double logDeterminant() { return spread.logDeterminant(); }

    /** {@code (x - mean)' covariance^-1 (x - mean)}, chi-square of {@link #rank} degrees of freedom; infinite off the support. */
    public double squaredMahalanobis(double[] x) {
        if (x.length != mean.length)
            throw new ShapeException("squaredMahalanobis: the point has " + x.length + " entries; it needs " + mean.length);
        var z = new double[mean.length];
        for (int i = 0; i < z.length; i++) z[i] = x[i] - mean[i];
        return spread.squaredLength(z);
    }

    @Override public double logDensity(double[] x) { return -0.5 * (squaredMahalanobis(x) + rank() * LOG_2PI + logDeterminant()); }

    @Override public double entropy() { return 0.5 * (rank() * (1 + LOG_2PI) + logDeterminant()); }

    /** The distribution of the coordinates at these places, in this order. @throws IllegalArgumentException if a place is named twice */
    public MultivariateNormal marginal(int... places) {
        distinct("marginal", places);
        if (places.length == 0) throw new IllegalArgumentException("marginal: no coordinate is named");
        return new MultivariateNormal(Arrays.stream(places).mapToDouble(i -> mean[i]).toArray(), spread.marginal(places));
    }

    /**
     * The distribution of the other coordinates, in their order, when those at {@code places} have these values: with b known and a not,
     * mean {@code m_a + S_ab S_bb^-1 (b - m_b)} and covariance {@code S_aa - S_ab S_bb^-1 S_ba}.
     *
     * @throws IllegalArgumentException if a place is named twice, all are, or a singular covariance makes the values impossible
     */
    public MultivariateNormal conditional(int[] places, double... values) {
        boolean[] known = distinct("conditional", places);
        if (values.length != places.length)
            throw new ShapeException("conditional: " + values.length + " values for " + places.length + " coordinates");
        int[] rest = IntStream.range(0, mean.length).filter(i -> !known[i]).toArray();
        int b = places.length, a = rest.length;
        if (a == 0) throw new IllegalArgumentException("conditional: all coordinates are known; nothing is left");
        double[] away = new double[b], centre = Arrays.stream(rest).mapToDouble(i -> mean[i]).toArray();
        for (int i = 0; i < b; i++) away[i] = values[i] - mean[places[i]];
        double[][] c = spread.covariance();
        if (rank() < mean.length) return onSupport(c, rest, places, centre, away);
        // In the Cholesky factor of (b, a) the last block is that of the conditional
        int[] order = IntStream.concat(Arrays.stream(places), Arrays.stream(rest)).toArray();
        var joint = new double[a + b][a + b];
        for (int i = 0; i < a + b; i++) for (int j = 0; j < a + b; j++) joint[i][j] = c[order[i]][order[j]];
        double[][] l = Cholesky.of(Tensor.of(joint)).lower().toRows();
        Triangular.solve(l, away);
        var lower = new double[a][];
        for (int i = 0; i < a; i++) {
            for (int k = 0; k < b; k++) centre[i] += l[b + i][k] * away[k];
            lower[i] = Arrays.copyOfRange(l[b + i], b, a + b);
        }
        return ofCholesky(centre, lower);
    }

    private MultivariateNormal onSupport(double[][] c, int[] rest, int[] places, double[] centre, double[] away) {
        var given = spread.marginal(places);
        if (!(given.squaredLength(away.clone()) < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("conditional: the values of " + Arrays.toString(places) + " lie off the support");
        double[] z = given.solve(away);
        var left = new double[rest.length][rest.length];
        double scale = 0;
        for (int i = 0; i < rest.length; i++) {
            var row = new double[places.length];
            for (int k = 0; k < row.length; k++) row[k] = c[rest[i]][places[k]];
            for (int k = 0; k < row.length; k++) centre[i] += row[k] * z[k];
            double[] gain = given.solve(row);
            for (int j = 0; j <= i; j++) {
                left[i][j] = c[rest[i]][rest[j]];
                for (int k = 0; k < gain.length; k++) left[i][j] -= gain[k] * c[rest[j]][places[k]];
                left[j][i] = left[i][j];
            }
            scale = Math.max(scale, c[rest[i]][rest[i]]);
        }
        return new MultivariateNormal(centre, Spread.onSupport(left, scale));
    }

    private boolean[] distinct(String operation, int[] places) {
        var seen = new boolean[mean.length];
        for (int i : places) {
            if (i < 0 || i >= mean.length || seen[i]) throw new IllegalArgumentException(operation + ": coordinate " + i + " of "
                    + Arrays.toString(places) + (i < 0 || i >= mean.length ? "; they are 0 to " + (mean.length - 1) : " is named twice"));
            seen[i] = true;
        }
        return seen;
    }

    /**
     * The distribution of {@code A x + b}: mean {@code A mean + b}, covariance {@code A covariance A'}, singular if A has dependent rows.
     */
    public MultivariateNormal affine(double[][] a, double... b) {
        if (a.length == 0 || b.length != a.length || Arrays.stream(a).anyMatch(row -> row.length != mean.length))
            throw new ShapeException("affine: " + a.length + " rows and " + b.length + " shifts; there is a shift a row, and a row has "
                    + mean.length + " entries");
        double[] image = b.clone();
        for (int i = 0; i < a.length; i++) for (int j = 0; j < mean.length; j++) image[i] += a[i][j] * mean[j];
        return new MultivariateNormal(means(image), Spread.ofRoot(Tensor.of(a).matmul(Tensor.of(spread.root())).toRows()));
    }

    /** A product of two densities: {@code exp(logScale)} times a normal density. */
    public record Product(MultivariateNormal normal, double logScale) {}

    /**
     * {@code p(x) q(x)} as a function of x, what Bayes' rule makes of a normal prior and a normal likelihood: precisions add, and the
     * scale is
     * the density of one mean about the other with covariance {@code S1 + S2}.
     *
     * @throws lyceum.linalg.NotPositiveDefiniteException if the sum of the covariances is singular
     */
    public Product times(MultivariateNormal other) {
        sameSize("times", other);
        int d = mean.length;
        double[][] s1 = covariance(), s2 = other.covariance(), sum = new double[d][d], covariance = new double[d][d];
        for (int i = 0; i < d; i++) for (int j = 0; j < d; j++) sum[i][j] = s1[i][j] + s2[i][j];
        var between = new MultivariateNormal(other.mean, sum);
        var away = new double[d];
        for (int i = 0; i < d; i++) away[i] = other.mean[i] - mean[i];
        double[] z = between.spread.solve(away), centre = mean.clone();
        for (int i = 0; i < d; i++) {
            double[] gain = between.spread.solve(s1[i].clone()); // row i of S1 (S1 + S2)^-1
            for (int j = 0; j < d; j++) {
                centre[i] += s1[i][j] * z[j];
                for (int k = 0; k < d; k++) covariance[i][j] += gain[k] * s2[k][j];
            }
        }
        for (int i = 0; i < d; i++)
            for (int j = 0; j < i; j++) covariance[i][j] = covariance[j][i] = 0.5 * (covariance[i][j] + covariance[j][i]);
        boolean definite = rank() == d && other.rank() == d;
        return new Product(new MultivariateNormal(centre, definite ? Spread.of(covariance) : Spread.onSupport(covariance, 0)),
                between.logDensity(mean));
    }

    /**
     * {@code KL(this || other)}, in nats: half of {@code tr(S2^-1 S1) + (m2-m1)' S2^-1 (m2-m1) - rank + log det S2 - log det S1}. Infinite
     * unless both have the same support.
     *
     * @throws ShapeException if the dimensions differ
     */
    public double klDivergence(MultivariateNormal other) {
        sameSize("klDivergence", other);
        if (rank() != other.rank()) return Double.POSITIVE_INFINITY;
        double[][] root = spread.root();
        double trace = 0;
        for (int j = 0; j < root[0].length; j++) {
            var column = new double[mean.length];
            for (int i = 0; i < mean.length; i++) column[i] = root[i][j];
            trace += other.spread.squaredLength(column);
        }
        return 0.5 * (trace - rank() + other.squaredMahalanobis(mean) + other.logDeterminant() - logDeterminant());
    }

    private void sameSize(String operation, MultivariateNormal other) {
        if (other.mean.length != mean.length)
            throw new ShapeException(operation + ": dimensions " + mean.length + " and " + other.mean.length + " differ");
    }

    @Override public double[] sample(Rng rng) {
        var x = mean.clone();
        spread.addDraw(x, rng);
        return x;
    }

    @Override public boolean equals(Object o) {
        return o instanceof MultivariateNormal n && Arrays.equals(mean, n.mean) && Arrays.deepEquals(covariance(), n.covariance());
    }

    @Override public int hashCode() { return 31 * Arrays.hashCode(mean) + Arrays.deepHashCode(covariance()); }

    @Override public String toString() {
        return "MultivariateNormal[mean=" + Arrays.toString(mean) + ", covariance=" + Arrays.deepToString(covariance()) + "]";
    }
}
