package lyceum.info;

import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.math.Special;
import lyceum.random.Rng;
import lyceum.stats.Interval;
import lyceum.stats.TestResult;
import lyceum.tensor.Tensor;

/**
 * What one variable tells about another: {@code I(X; Y) = H(Y) - H(Y | X) = KL(joint || product of the marginals)}, in nats. At least 0, and 0
 * only for independent variables, whatever the shape of the dependence.
 *
 * {@snippet :
 * MutualInformation.of(table);                                     // of a joint table of weights or counts
 * MutualInformation.of(MutualInformation.table(x, y));             // plug-in, from two columns of codes
 * MutualInformation.ksg(u, v, 3);                                  // continuous columns, by nearest neighbours
 * MutualInformation.permutationTest(x, y, 999, rng).pValue();      // could chance have done it?
 * }
 *
 * <p>Of a table {@code [i][j]}, the row is X and the column Y.
 *
 * @see <a href="https://doi.org/10.1103/PhysRevE.69.066138">Kraskov, Stögbauer and Grassberger (2004)</a>
 */
public final class MutualInformation {
    private MutualInformation() {}

    /** Of a joint table; computed as a divergence so that it is never negative. */
    public static double of(double[][] table) {
        double[] rows = Entropy.rowSums(table), columns = Entropy.columnSums(table);
        var product = new double[rows.length * columns.length];
        for (int i = 0; i < rows.length; i++)
            for (int j = 0; j < columns.length; j++) product[i * columns.length + j] = rows[i] * columns[j];
        return Divergences.kl(Entropy.Weights.flat(table), product);
    }

    /** {@code I(X; Y | Z) = sum over z of P(z) I(X; Y | Z = z)}. @param tables a joint table of X and Y for each z, with their common weights */
    public static double conditional(double[][][] tables) {
        double total = 0, sum = 0;
        for (double[][] table : tables) {
            double weight = 0;
            for (double[] row : table) for (double w : row) weight += w;
            total += weight;
            if (weight > 0) sum += weight * of(table);
        }
        if (!(total > 0)) throw new IllegalArgumentException("conditional: all weights are 0; at least one must be positive");
        return sum / total;
    }

    /** What a normalised mutual information is divided by. */
    public enum Norm {
        ARITHMETIC, GEOMETRIC, MIN, MAX,
        /** {@code H(X, Y)}: one minus a metric. */
        JOINT
    }

    /** Between 0 and 1: divided by a mean of {@code H(X)} and {@code H(Y)}, or by {@code H(X, Y)}. 1 where both are constants, as in scikit-learn. */
    public static double normalised(double[][] table, Norm norm) {
        double hx = Entropy.of(Entropy.rowSums(table)), hy = Entropy.of(Entropy.columnSums(table));
        if (hx == 0 && hy == 0) return 1;
        double scale = switch (norm) {
            case ARITHMETIC -> (hx + hy) / 2;
            case GEOMETRIC -> Math.sqrt(hx * hy);
            case MIN -> Math.min(hx, hy);
            case MAX -> Math.max(hx, hy);
            case JOINT -> Entropy.joint(table);
        };
        return scale == 0 ? 0 : Math.min(1, of(table) / scale);
    }

    // From samples.

    /** Counts of two columns of codes 0, 1, ...; {@link #of} of them is the plug-in estimate, too high by about (r - 1)(c - 1) / (2 n). */
    public static double[][] table(int[] x, int[] y) {
        if (x.length != y.length || x.length == 0) throw new ShapeException(
                "MutualInformation: columns of " + x.length + " and " + y.length + " codes; as many, and at least one");
        if (Math.min(least(x), least(y)) < 0)
            throw new IllegalArgumentException("MutualInformation: code " + Math.min(least(x), least(y)) + "; codes are 0, 1, ...");
        var table = new double[1 + Arrays.stream(x).max().orElse(0)][1 + Arrays.stream(y).max().orElse(0)];
        for (int i = 0; i < x.length; i++) table[x[i]][y[i]]++;
        return table;
    }

    private static int least(int[] codes) { return Arrays.stream(codes).min().orElse(0); }

    /**
     * The plug-in estimate less {@code (cells - rows - columns + 1) / (2 n)}, of those seen (Miller 1955): {@code H(X) + H(Y) - H(X, Y)}, each
     * corrected. May be negative.
     */
    public static double millerMadow(double[][] counts) {
        double n = Entropy.Weights.sum("millerMadow", Entropy.Weights.flat(counts));
        return of(counts)
                - (seen(Entropy.Weights.flat(counts)) - seen(Entropy.rowSums(counts)) - seen(Entropy.columnSums(counts)) + 1) / (2 * n);
    }

    private static int seen(double[] counts) {
        int seen = 0;
        for (double c : counts) if (c > 0) seen++;
        return seen;
    }

    /** The plug-in estimate of continuous columns cut into bins of equal counts. @param bins of each column, at least 1 */
    public static double binned(double[] x, double[] y, int bins) { return of(table(bins(x, bins), bins(y, bins))); }

    /** The bin of each value, 0 to bins - 1, by rank; equal values share the bin of the first of them. */
    public static int[] bins(double[] x, int bins) {
        if (bins < 1 || bins > x.length)
            throw new IllegalArgumentException("bins: " + bins + " for " + x.length + " values; at least 1, and not more than values");
        double[] sorted = x.clone();
        Arrays.sort(sorted);
        var found = new int[x.length];
        for (int i = 0; i < x.length; i++) {
            int low = 0, high = x.length; // the first place of this value
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (sorted[middle] < x[i]) low = middle + 1;
                else high = middle;
            }
            found[i] = (int) ((long) low * bins / x.length);
        }
        return found;
    }

    /** {@link #ksg(Tensor, Tensor, int)} of two columns. */
    public static double ksg(double[] x, double[] y, int k) { return ksg(Tensor.of(x), Tensor.of(y), k); }

    /**
     * By nearest neighbours (Kraskov's first estimator): {@code psi(k) + psi(n) - mean(psi(n_x + 1) + psi(n_y + 1))}, n_x and n_y the points that
     * lie nearer in x or in y alone than the k-th neighbour in both, by the largest difference of coordinates. Compares all pairs:
     * {@code O(n^2 d)}. May fall below 0. Scale the columns alike first; ties need a little noise.
     *
     * @param x (n) or (n x d)
     * @param y (n) or (n x e)
     * @param k at least 1, below n; 3 is usual
     */
    public static double ksg(Tensor x, Tensor y, int k) {
        int n = (int) x.size(0);
        if (x.rank() > 2 || y.rank() > 2 || y.size(0) != n) throw new ShapeException(
                "ksg: x has shape " + x.shape() + ", y " + y.shape() + "; both are samples, or samples and dimensions");
        if (k < 1 || k >= n)
            throw new IllegalArgumentException("ksg: k is " + k + " for " + n + " samples; at least 1, and below their number");
        double[] a = x.toDoubleArray(), b = y.toDoubleArray(), terms = new double[n];
        int d = a.length / n, e = b.length / n;
        Parallel.range(n, 64, (from, to) -> {
            double[] dx = new double[n], dy = new double[n], nearest = new double[k];
            for (int i = (int) from; i < to; i++) {
                Arrays.fill(nearest, Double.POSITIVE_INFINITY);
                for (int j = 0; j < n; j++) {
                    dx[j] = largest(a, i, j, d);
                    dy[j] = largest(b, i, j, e);
                    double distance = Math.max(dx[j], dy[j]);
                    if (j == i || distance >= nearest[k - 1]) continue;
                    int at = k - 1;
                    for (; at > 0 && nearest[at - 1] > distance; at--) nearest[at] = nearest[at - 1];
                    nearest[at] = distance;
                }
                int nx = 0, ny = 0;
                for (int j = 0; j < n; j++) {
                    if (j == i) continue;
                    if (dx[j] < nearest[k - 1]) nx++;
                    if (dy[j] < nearest[k - 1]) ny++;
                }
                terms[i] = Special.digamma(nx + 1) + Special.digamma(ny + 1);
            }
        });
        double sum = 0;
        for (double term : terms) sum += term;
        return Special.digamma(k) + Special.digamma(n) - sum / n;
    }

    private static double largest(double[] points, int i, int j, int d) {
        double most = 0;
        for (int c = 0; c < d; c++) most = Math.max(most, Math.abs(points[i * d + c] - points[j * d + c]));
        return most;
    }

    /**
     * A lower bound by a critic: half of the pairs, and a shuffle of them, train a {@link DensityRatio} of the joint to the product of the marginals,
     * the other half gives {@code 1 + E_joint[log r] - E_product[r]} (Nguyen, Wainwright and Jordan 2010). Its expectation is not above the
     * mutual information, however poor the critic.
     *
     * @param x (n x d), a row a sample
     * @param y (n x e)
     * @param features of a pair, x before y; {@link DensityRatio.Features#QUADRATIC} is exact for normal ones
     */
    public static FDivergence.Bound lowerBound(double[][] x, double[][] y, DensityRatio.Features features, Rng rng) {
        int n = x.length, half = n / 2;
        if (y.length != n || n < 8)
            throw new ShapeException("lowerBound: " + n + " and " + y.length + " samples; as many of both, and at least 8");
        int[] order = rng.permutation(n);
        double[][] joint = new double[n][], product = new double[n][];
        for (int i = 0; i < n; i++) {
            // Turning y by one place within each half keeps the halves apart.
            int next = i < half ? (i + 1) % half : half + (i + 1 - half) % (n - half);
            joint[i] = pair(x[order[i]], y[order[i]]);
            product[i] = pair(x[order[i]], y[order[next]]);
        }
        var ratio = DensityRatio.fit(Arrays.copyOf(joint, half), Arrays.copyOf(product, half), features);
        return FDivergence.KL.bound(ratio, Arrays.copyOfRange(joint, half, n), Arrays.copyOfRange(product, half, n));
    }

    private static double[] pair(double[] x, double[] y) {
        var both = Arrays.copyOf(x, x.length + y.length);
        System.arraycopy(y, 0, both, x.length, y.length);
        return both;
    }

    /** Of columns of codes: how often shuffled columns share as much as these. @see #permutationTest(int[], int, ToDoubleFunction, Rng) */
    public static TestResult permutationTest(int[] x, int[] y, int permutations, Rng rng) {
        return permutationTest(y, permutations, shuffled -> of(table(x, shuffled)), rng);
    }

    /**
     * A test of independence with any estimate: the p-value is (1 + shuffles that reach it) / (1 + shuffles), and so valid at every sample size.
     * The estimate beyond the shuffles' mean is its effect size.
     *
     * @param estimate of the mutual information with y, or with a shuffled y; called one at a time
     */
    public static TestResult permutationTest(int[] y, int permutations, ToDoubleFunction<int[]> estimate, Rng rng) {
        if (permutations < 1) throw new IllegalArgumentException("permutationTest: " + permutations + " permutations; at least 1");
        double seen = estimate.applyAsDouble(y.clone()), mean = 0;
        int reached = 0;
        int[] shuffled = y.clone();
        for (int p = 0; p < permutations; p++) {
            rng.shuffle(shuffled);
            double value = estimate.applyAsDouble(shuffled);
            if (value >= seen - 1e-12 * Math.abs(seen)) reached++; // the same cells in another order may round below
            mean += value / permutations;
        }
        double p = (1.0 + reached) / (1 + permutations);
        return new TestResult("permutation test of mutual information", seen, p, Double.NaN, seen - mean, seen,
                new Interval(Double.NaN, Double.NaN));
    }
}
