package lyceum.stats;

import java.util.Arrays;
import java.util.HashMap;
import lyceum.prob.ChiSquare;
import lyceum.prob.JointTable;
import lyceum.prob.Normal;
import lyceum.random.Rng;

/**
 * Whether X has nothing more to say about Y once Z is known: {@code p(x, y | z) = p(x | z) p(y | z)}. Exactly, from a table of probabilities, and by
 * tests on samples.
 *
 * {@snippet :
 * double[][] d = Triple.COLLIDER.sample(Rng.of(1), 500);                       // rows x, z, y with z = x + y + noise
 * ConditionalIndependence.fisherZ(d[0], d[2]).rejects(0.05);                   // false: independent
 * ConditionalIndependence.fisherZ(d[0], d[2], d[1]).rejects(0.05);             // true: z connects them
 * var table = Triple.noisyXor(0.5, 0.5, 0.1);
 * ConditionalIndependence.information(table, "x", "y", "z");                   // 0.37 nats
 * }
 *
 * <p>No test of continuous variables has power against all alternatives (Shah and Peters 2020): {@link #fisherZ} sees linear relations, {@link #residual}
 * covariance that is left after smooth additive relations to Z are taken out. Not to reject is no proof of independence.
 *
 * @see <a href="https://doi.org/10.1111/j.2517-6161.1979.tb01052.x">Dawid (1979), Conditional independence in statistical theory</a>
 * @see <a href="https://arxiv.org/abs/1804.07203">Shah and Peters (2020), The hardness of conditional independence testing</a>
 */
public final class ConditionalIndependence {
    private ConditionalIndependence() {}

    /** {@code I(a; b | given)} in nats, of a table of probabilities: 0 if and only if they are independent. */
    public static double information(JointTable table, String a, String b, String... given) { return table.mutualInformation(a, b, given); }

    /** Whether {@code |p(a, b | c) - p(a | c) p(b | c)|} is at most {@code tolerance} for all values in all contexts of positive probability. */
    public static boolean holds(JointTable table, double tolerance, String a, String b, String... given) {
        return table.dependence(a, b, given) <= tolerance;
    }

    /** Correlation of what is left of x and of y when the columns z, and a constant, have been fitted to each by least squares. */
    public static double partialCorrelation(double[] x, double[] y, double[]... z) {
        check("partial correlation", x, y, z);
        return correlation(new ResidualMaker(x.length, z), x, y);
    }

    private static double correlation(ResidualMaker given, double[] x, double[] y) {
        double[] a = given.of(x), b = given.of(y);
        return Math.clamp(ResidualMaker.dot(a, b) / Math.sqrt(ResidualMaker.dot(a, a) * ResidualMaker.dot(b, b)), -1, 1);
    }

    private static void check(String test, double[] x, double[] y, double[][] z) {
        if (x.length != y.length)
            throw new IllegalArgumentException(test + ": " + x.length + " values of x and " + y.length + " of y; they come in pairs");
        for (double[] column : z)
            if (column.length != x.length)
                throw new IllegalArgumentException(test + ": " + column.length + " values of z for " + x.length + " of x");
        if (x.length < z.length + 4) throw new IllegalArgumentException(
                test + ": " + x.length + " observations for " + z.length + " columns z; there are at least " + (z.length + 4));
    }

    /**
     * Fisher's z: {@code atanh(r) sqrt(n - k - 3)} for a partial correlation given k columns is about standard normal if x and y, jointly normal with z,
     * are independent given z. Estimate, effect size and interval are of the partial correlation.
     */
    public static TestResult fisherZ(double[] x, double[] y, double[]... z) {
        check("Fisher z", x, y, z);
        var given = new ResidualMaker(x.length, z);
        double r = correlation(given, x, y), error = 1 / Math.sqrt(x.length - given.rank() - 2.0),
                middle = 0.5 * Math.log((1 + r) / (1 - r));
        double half = 1.959963984540054 * error;
        return new TestResult("Fisher z", middle / error, 2 * new Normal(0, 1).survival(Math.abs(middle / error)), Double.NaN, r, r,
                new Interval(Math.tanh(middle - half), Math.tanh(middle + half)));
    }

    /**
     * The G-test: {@code 2 sum n_xyz log(n_xyz n_z / (n_xz n_yz))} against chi-square. A stratum of z adds {@code (rows - 1)(columns - 1)} degrees, counting
     * the values of x and y that occur in it. Asks for about five expected counts in a cell. The effect size is the conditional mutual information
     * in nats.
     *
     * @param x values from 0
     * @param z columns whose combinations of values are the strata; none is one stratum
     */
    public static TestResult gTest(int[] x, int[] y, int[]... z) {
        double statistic = 0, degrees = 0;
        for (int[] stratum : strata("G-test", x, y, z)) {
            double[][] table = table(x, y, stratum);
            statistic += g(table);
            degrees += Math.max(0, (occupied(table) - 1) * (occupied(transposed(table)) - 1));
        }
        return new TestResult("G-test", statistic, degrees == 0 ? 1 : new ChiSquare(degrees).survival(statistic), degrees,
                statistic / (2 * x.length), Double.NaN, TestResult.NO_INTERVAL);
    }

    /**
     * The same statistic against its law when x is shuffled within each stratum of z, which holds for any sample size: the share of shuffles, and of
     * the sample itself, that are as dependent. The statistic is the conditional mutual information in nats.
     */
    public static TestResult permutationTest(int[] x, int[] y, int[][] z, int resamples, Rng rng) {
        if (resamples < 1) throw new IllegalArgumentException("permutation test: " + resamples + " resamples; at least 1 is needed");
        int[][] strata = strata("permutation test", x, y, z);
        double seen = gTest(x, y, z).statistic();
        int[] shuffled = x.clone();
        int reached = 1;
        for (int r = 0; r < resamples; r++) {
            double statistic = 0;
            for (int[] stratum : strata) {
                for (int i = stratum.length - 1; i > 0; i--) {
                    int j = rng.nextInt(i + 1), swap = shuffled[stratum[i]];
                    shuffled[stratum[i]] = shuffled[stratum[j]];
                    shuffled[stratum[j]] = swap;
                }
                statistic += g(table(shuffled, y, stratum));
            }
            if (statistic >= seen * (1 - 1e-12)) reached++;
        }
        double information = seen / (2 * x.length);
        return new TestResult("permutation", information, reached / (resamples + 1.0), Double.NaN, information, Double.NaN,
                TestResult.NO_INTERVAL);
    }

    /**
     * The generalised covariance measure: x and y are regressed on cubic splines in each column of z, and {@code sqrt(n - basis) mean(e f) / sd(e f)} of the
     * residuals e and f is about standard normal if x and y are independent given z. Sees what covaries beyond smooth relations; not dependence
     * without covariance, and not interactions between columns of z.
     *
     * @param z columns, each with some ten distinct values or more
     */
    public static TestResult residual(double[] x, double[] y, double[]... z) {
        check("residual test", x, y, z);
        int n = x.length, knots = Math.clamp(n / 60, 1, 6), per = 3 + knots;
        var basis = new double[z.length * per][n];
        for (int k = 0; k < z.length; k++) {
            double mean = Descriptive.mean(z[k]), deviation = Descriptive.standardDeviation(z[k]);
            double[] sorted = z[k].clone();
            Arrays.sort(sorted);
            for (int i = 0; i < n; i++) {
                double u = deviation == 0 ? 0 : (z[k][i] - mean) / deviation;
                for (int power = 0; power < 3; power++) basis[k * per + power][i] = Math.pow(u, power + 1);
                for (int q = 0; q < knots; q++) {
                    double knot = sorted[(q + 1) * n / (knots + 1)], above = deviation == 0 ? 0 : Math.max(0, (z[k][i] - knot) / deviation);
                    basis[k * per + 3 + q][i] = above * above * above;
                }
            }
        }
        var given = new ResidualMaker(n, basis);
        if (n < given.rank() + 4) throw new IllegalArgumentException(
                "residual test: " + n + " observations for " + given.rank() + " basis functions; there are at least " + (given.rank() + 4));
        double[] e = given.of(x), f = given.of(y);
        double mean = ResidualMaker.dot(e, f) / n, square = 0;
        for (int i = 0; i < n; i++) square += (e[i] * f[i] - mean) * (e[i] * f[i] - mean) / n;
        // Of n degrees the basis took some: the sum's variance shrinks by their share, that of a single product by its square.
        double statistic = Math.sqrt(n - given.rank()) * mean / Math.sqrt(square);
        double r = ResidualMaker.dot(e, f) / Math.sqrt(ResidualMaker.dot(e, e) * ResidualMaker.dot(f, f));
        return new TestResult("residual", statistic, 2 * new Normal(0, 1).survival(Math.abs(statistic)), Double.NaN, r, Double.NaN,
                TestResult.NO_INTERVAL);
    }

    /** Numbers of the observations in each stratum. */
    private static int[][] strata(String test, int[] x, int[] y, int[][] z) {
        if (x.length != y.length || x.length == 0) throw new IllegalArgumentException(
                test + ": " + x.length + " values of x and " + y.length + " of y; they come in pairs, at least one");
        for (int[] column : z)
            if (column.length != x.length)
                throw new IllegalArgumentException(test + ": " + column.length + " values of z for " + x.length + " of x");
        for (int i = 0; i < x.length; i++)
            if (x[i] < 0 || y[i] < 0)
                throw new IllegalArgumentException(test + ": values " + x[i] + " and " + y[i] + "; they are numbered from 0");
        // Column by column: strata so far, split by the next value.
        int[] stratum = new int[x.length];
        int count = 1;
        for (int[] column : z) {
            var numbers = new HashMap<Long, Integer>();
            for (int i = 0; i < x.length; i++) {
                Integer number = numbers.putIfAbsent((long) stratum[i] << 32 | column[i] & 0xFFFFFFFFL, numbers.size());
                stratum[i] = number == null ? numbers.size() - 1 : number;
            }
            count = numbers.size();
        }
        var sizes = new int[count];
        for (int s : stratum) sizes[s]++;
        var members = new int[count][];
        for (int s = 0; s < count; s++) members[s] = new int[sizes[s]];
        for (int i = x.length - 1; i >= 0; i--) members[stratum[i]][--sizes[stratum[i]]] = i;
        return members;
    }

    private static double[][] table(int[] x, int[] y, int[] members) {
        int rows = 0, columns = 0;
        for (int i : members) {
            rows = Math.max(rows, x[i] + 1);
            columns = Math.max(columns, y[i] + 1);
        }
        var table = new double[rows][columns];
        for (int i : members) table[x[i]][y[i]]++;
        return table;
    }

    /** {@code 2 sum n log(n N / (row column))}. */
    private static double g(double[][] table) {
        double all = 0, sum = 0;
        double[] rows = new double[table.length], columns = new double[table[0].length];
        for (int i = 0; i < rows.length; i++) for (int j = 0; j < columns.length; j++) {
            rows[i] += table[i][j];
            columns[j] += table[i][j];
            all += table[i][j];
        }
        for (int i = 0; i < rows.length; i++)
            for (int j = 0; j < columns.length; j++)
                if (table[i][j] > 0) sum += table[i][j] * Math.log(table[i][j] * all / (rows[i] * columns[j]));
        return 2 * sum;
    }

    private static double occupied(double[][] table) {
        int occupied = 0;
        for (double[] row : table) for (double count : row) if (count > 0) {
            occupied++;
            break;
        }
        return occupied;
    }

    private static double[][] transposed(double[][] table) {
        var transposed = new double[table[0].length][table.length];
        for (int i = 0; i < table.length; i++) for (int j = 0; j < table[0].length; j++) transposed[j][i] = table[i][j];
        return transposed;
    }
}
