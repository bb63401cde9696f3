package lyceum.stats;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.stats.Descriptive.Weights;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class MomentsTest {
    private static final MathContext MC = MathContext.DECIMAL128;

    /** As in {@code tools/golden/stats_moments.py}. */
    static double[][] data(int i) {
        var r = new Recipe(45100 + i);
        int n = 5 + r.below(40), d = 2 + r.below(4);
        double[][] x = r.matrix(n, d);
        for (var row : x) {
            row[1] = row[1] + 0.8 * row[0];
            for (int j = 0; j < d; j++) row[j] = i % 2 == 1 ? Math.rint(1.5 * row[j]) : 3 * row[j] + 10;
        }
        return x;
    }

    static double[] column(double[][] x, int j) { return Arrays.stream(x).mapToDouble(row -> row[j]).toArray(); }

    @Test
    @Acceptance(topic = "variance-covariance", clause = 1) void equalsNumPySciPyAndScikitLearn() {
        Gap gap = Gap.relativeBeyondOne(), shrunk = Gap.relativeBeyondOne();
        int sets = 0;
        for (var c : Golden.load("golden/variance-covariance.json").list("cases")) {
            double[][] x = data(sets++);
            int d = x[0].length;
            var t = Tensor.of(x);
            var all = Moments.of(t);
            int[] weights = Arrays.stream(new Recipe(c.integer("input.seed") + 100).belows(4, x.length)).map(w -> w + 1).toArray();
            var weighted = new Moments(d);
            for (int i = 0; i < x.length; i++) weighted.addWeighted(weights[i], x[i]);
            double[] r = new double[d * d], frequency = new double[d], reliability = new double[d];
            for (int i = 0; i < d; i++) {
                frequency[i] = weighted.covariance(0, i);
                reliability[i] = weighted.covariance(0, i, 1, Weights.RELIABILITY);
                for (int j = 0; j < d; j++) r[d * i + j] = all.correlation(i, j);
            }
            flat(gap, c, "cov", all.covariance().toDoubleArray());
            flat(gap, c, "cov", Descriptive.covariance(t).toDoubleArray());
            flat(gap, c, "corr", r);
            flat(gap, c, "corr", Descriptive.correlation(t).toDoubleArray());
            gap.see(c, "expected.weighted", frequency);
            gap.see(c, "expected.reliability", reliability);
            double[] a = column(x, 0), b = column(x, 1);
            TestResult pearson = Correlation.pearson(a, b), spearman = Correlation.spearman(a, b), kendall = Correlation.kendall(a, b);
            gap.see(c, "expected.pearson", pearson.statistic(), pearson.pValue());
            gap.see(c, "expected.spearman", spearman.statistic(), spearman.pValue());
            gap.see(c, "expected.kendall", kendall.statistic(), kendall.pValue());
            shrunk(shrunk, c, "ledoitWolf", ShrunkCovariance.ledoitWolf(t), x.length, d);
            shrunk(shrunk, c, "oas", ShrunkCovariance.oas(t), x.length, d);
        }
        Evidence.of("data sets", sets, exactly(20));
        Evidence.of("covariances, correlations and their p-values", gap, below(1e-12));
        Evidence.of("Ledoit-Wolf and OAS", shrunk, below(1e-10));
    }

    private static void flat(Gap gap, Golden c, String name, double[] actual) { gap.see(name, actual, c.flat("expected." + name)); }

    /** The file has scikit-learn's shrinkage and first row; the other rows follow from that shrinkage and NumPy's covariance. */
    private static void shrunk(Gap gap, Golden c, String name, ShrunkCovariance s, int n, int d) {
        double[] actual = new double[d + 1], all = s.covariance().toDoubleArray(), rows = c.flat("expected.cov");
        actual[0] = s.shrinkage();
        System.arraycopy(all, 0, actual, 1, d);
        gap.see(c, "expected." + name, actual);
        double share = c.doubles("expected." + name)[0], mean = 0;
        for (int i = 0; i < d; i++) mean += rows[i * d + i] / d;
        for (int i = 0; i < d; i++)
            for (int j = 0; j < d; j++) rows[i * d + j] = (rows[i * d + j] * (1 - share) + (i == j ? share * mean : 0)) * (n - 1) / n;
        gap.see(name + ", all rows", all, rows);
    }

    @Test
    @Acceptance(topic = "variance-covariance", clause = 2) void mergingPartsFarFromZeroLosesNothing() {
        var rng = Rng.of(451);
        var x = new double[10_000];
        for (int i = 0; i < x.length; i++) x[i] = 1e9 + rng.nextGaussian();
        BigDecimal sum = BigDecimal.ZERO, squares = BigDecimal.ZERO;
        double s = 0, ss = 0;
        for (double v : x) {
            var exact = new BigDecimal(v);
            sum = sum.add(exact);
            squares = squares.add(exact.multiply(exact));
            s += v;
            ss += v * v;
        }
        double truth = squares.subtract(sum.multiply(sum).divide(new BigDecimal(x.length))).divide(new BigDecimal(x.length - 1), MC)
                .doubleValue();
        double worst = 0;
        int partitions = 0;
        for (; partitions < 100; partitions++) {
            int[] order = rng.permutation(x.length);
            // parts of very different sizes, merged in a chain and in a tree
            var parts = new Moments[2 + rng.nextInt(60)];
            for (int k = 0; k < parts.length; k++) parts[k] = new Moments(1);
            for (int i : order) parts[(int) (parts.length * Math.pow(rng.nextDouble(), 3))].add(x[i]);
            if (partitions % 2 == 0) for (int k = 1; k < parts.length; k++) parts[0].merge(parts[k]);
            else for (int gap = 1; gap < parts.length; gap *= 2)
                for (int k = 0; k + gap < parts.length; k += 2 * gap) parts[k].merge(parts[k + gap]);
            assertThat(parts[0].count()).isEqualTo(10_000);
            worst = Math.max(worst, Math.abs(parts[0].variance(0) / truth - 1));
        }
        Evidence.of("partitions", partitions, exactly(100));
        Evidence.of("worst relative error of the variance", worst, below(1e-10));
        Evidence.of("relative error of the sum of squares", Math.abs((ss - s * s / x.length) / (x.length - 1) / truth - 1), atLeast(0.5));
    }

    @Test
    @Acceptance(topic = "variance-covariance", clause = 3) void covarianceOfAMappedVectorIsTheMappedCovariance() {
        double worst = 0;
        for (int round = 0; round < 50; round++) {
            var rng = Rng.of(3).split(round);
            int n = 20 + rng.nextInt(50), d = 2 + rng.nextInt(5), m = 1 + rng.nextInt(6);
            double[][] x = new double[n][d], y = new double[n][m], a = new double[m][d];
            for (var row : x) for (int j = 0; j < d; j++) row[j] = rng.nextGaussian();
            for (var row : a) for (int j = 0; j < d; j++) row[j] = rng.nextGaussian();
            for (int i = 0; i < n; i++) for (int k = 0; k < m; k++) {
                y[i][k] = k - 2.5;
                for (int j = 0; j < d; j++) y[i][k] += a[k][j] * x[i][j];
            }
            var c = Moments.of(Tensor.of(x)).covariance();
            double[] mapped = Tensor.of(a).matmul(c).matmul(Tensor.of(a).transpose()).toDoubleArray(),
                    direct = Moments.of(Tensor.of(y)).covariance().toDoubleArray();
            double size = Arrays.stream(mapped).map(Math::abs).max().orElseThrow();
            for (int k = 0; k < direct.length; k++) worst = Math.max(worst, Math.abs(direct[k] - mapped[k]) / size);
        }
        Evidence.of("largest gap of 50 maps, over the largest entry", worst, below(1e-12));
    }

    @Test
    @Acceptance(topic = "variance-covariance", clause = 4) void correlationsAreAccurateAndNeverLeaveTheInterval() {
        double beyond = 0, error = 0, returned = 0;
        int inputs = 0;
        for (; inputs < 10_000; inputs++) {
            var rng = Rng.of(10).split(inputs);
            int n = 3 + rng.nextInt(20);
            double[] x = new double[n], y = new double[n];
            // noise from 1 down to nothing, offsets up to 1e6, scales over twelve decades
            double noise = inputs % 3 == 0 ? 0 : Math.pow(10, -14 * rng.nextDouble()), slope = rng.nextBoolean() ? 1 : -1;
            double offset = 1e6 * rng.nextDouble() * (inputs % 2), scale = Math.pow(10, 12 * rng.nextDouble() - 6);
            for (int i = 0; i < n; i++) {
                x[i] = offset + rng.nextGaussian();
                y[i] = scale * (slope * x[i] + noise * rng.nextGaussian());
            }
            double raw = Descriptive.unclampedCorrelation(x, y), r = Correlation.pearson(x, y).statistic();
            beyond = Math.max(beyond, Math.abs(raw) - 1);
            returned = Math.max(returned, Math.abs(r));
            var streamed = new Moments(2);
            for (int i = 0; i < n; i++) streamed.add(x[i], y[i]);
            double truth = exact(x, y);
            error = Math.max(error, Math.max(Math.abs(raw - truth), Math.abs(streamed.correlation(0, 1) - truth)));
            returned = Math.max(returned, Math.abs(streamed.correlation(1, 0)));
        }
        Evidence.of("inputs", inputs, exactly(10_000));
        Evidence.of("|r| - 1 before clamping", beyond, atMost(1e-12));
        Evidence.of("largest distance from the BigDecimal correlation", error, below(1e-10));
        Evidence.of("largest |r| returned", returned, atMost(1));
    }

    private static double exact(double[] x, double[] y) {
        BigDecimal n = new BigDecimal(x.length), sx = BigDecimal.ZERO, sy = BigDecimal.ZERO, xx = BigDecimal.ZERO, yy = BigDecimal.ZERO,
                xy = BigDecimal.ZERO;
        for (int i = 0; i < x.length; i++) {
            BigDecimal a = new BigDecimal(x[i]), b = new BigDecimal(y[i]);
            sx = sx.add(a);
            sy = sy.add(b);
            xx = xx.add(a.multiply(a));
            yy = yy.add(b.multiply(b));
            xy = xy.add(a.multiply(b));
        }
        BigDecimal u = xx.multiply(n).subtract(sx.multiply(sx)), v = yy.multiply(n).subtract(sy.multiply(sy)),
                w = xy.multiply(n).subtract(sx.multiply(sy));
        return w.divide(u.multiply(v, MC).sqrt(MC), MC).doubleValue();
    }

    @Test void kendallCountsPairsAndItsExactLawIsThatOfPermutations() {
        for (int round = 0; round < 40; round++) {
            var rng = Rng.of(6).split(round);
            int n = 3 + rng.nextInt(40);
            double[] x = new double[n], y = new double[n];
            for (int i = 0; i < n; i++) {
                x[i] = round % 2 == 0 ? rng.nextInt(5) : rng.nextDouble();
                y[i] = round % 2 == 0 ? rng.nextInt(5) : rng.nextDouble();
            }
            double difference = 0, px = 0, py = 0;
            for (int i = 0; i < n; i++) for (int j = 0; j < i; j++) {
                difference += Math.signum(x[i] - x[j]) * Math.signum(y[i] - y[j]);
                if (x[i] != x[j]) px++;
                if (y[i] != y[j]) py++;
            }
            assertThat(Correlation.kendall(x, y).statistic()).isCloseTo(difference / Math.sqrt(px * py), within(1e-14));
        }
        // four in order: 1 of 24 permutations, and its mirror
        assertThat(Correlation.kendall(new double[] {1, 2, 3, 4}, new double[] {1, 2, 3, 4}).pValue()).isCloseTo(2.0 / 24, within(1e-15));
    }

    @Test void shrinkageSavesThinDataAndBadInputIsRefused() {
        var x = Tensor.randn(Rng.of(5), DType.F64, 10, 30);
        assertThat(ShrunkCovariance.ledoitWolf(x).shrinkage()).isBetween(0.5, 1.0);
        assertThat(Mahalanobis.shrunk(x).distance(new double[30])).isPositive();
        assertThat(new Moments(1).mean(0)).isNaN();
        assertThat(Moments.of(2).variance(0)).isNaN();
        assertThat(Moments.of(2).merge(new Moments(1)).mean(0)).isEqualTo(2);
        assertThat(new Moments(1).merge(Moments.of(2, 4)).variance(0)).isEqualTo(2);
        assertThat(Correlation.pearson(new double[] {1, 1, 1}, new double[] {1, 2, 3}).statistic()).isNaN();
        assertThatThrownBy(() -> new Moments(2).add(1)).hasMessageContaining("1 entries; the others have 2");
        assertThatThrownBy(() -> new Moments(1).addWeighted(-1, 1)).hasMessageContaining("weight is -1.0");
    }
}
