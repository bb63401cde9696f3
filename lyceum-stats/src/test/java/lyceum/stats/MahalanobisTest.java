package lyceum.stats;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lyceum.DType;
import lyceum.linalg.NotPositiveDefiniteException;
import lyceum.math.Incomplete;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class MahalanobisTest {

    @Test
    @Acceptance(topic = "mahalanobis", clause = 1) void distancesEqualSciPys() {
        var gap = Gap.relativeBeyondOne();
        for (var c : Golden.load("golden/mahalanobis.json").list("cases")) {
            double[][] x = MomentsTest.data(c.integer("input.set")), y = new double[Math.min(4, x.length)][];
            for (int i = 0; i < y.length; i++) y[i] = Arrays.stream(x[x.length - 1 - i]).map(v -> v + 0.5).toArray();
            var metric = Mahalanobis.fit(Tensor.of(x));
            var head = Tensor.of(Arrays.copyOf(x, Math.min(6, x.length)));
            gap.see("between points", metric.distances(head, Tensor.of(y)).toDoubleArray(), c.flat("expected.distances"));
            gap.see(c, "expected.centre", metric.distances(head).toDoubleArray());
        }
        Evidence.of("distances compared", gap.seen(), atLeast(150));
        Evidence.of("largest gap to cdist", gap, below(1e-10));
    }

    private static double[][] cloud(Rng rng, int n, int d) {
        double[][] x = new double[n][d], a = new double[d][d];
        for (var row : a) for (int j = 0; j < d; j++) row[j] = rng.nextGaussian();
        for (var row : x) {
            for (int k = 0; k < d; k++) {
                double z = rng.nextGaussian();
                for (int j = 0; j < d; j++) row[j] += a[j][k] * z;
            }
            for (int j = 0; j < d; j++) row[j] += 3 * j;
        }
        return x;
    }

    private static double euclidean(double[] a, double[] b) {
        double sum = 0;
        for (int j = 0; j < a.length; j++) sum += (a[j] - b[j]) * (a[j] - b[j]);
        return Math.sqrt(sum);
    }

    @Test
    @Acceptance(topic = "mahalanobis", clause = 2) void euclideanAfterWhitening() {
        double cholesky = 0, zca = 0, identity = 0, centre = 0;
        int pairs = 0;
        for (int round = 0; round < 20; round++) {
            int d = 2 + round % 5;
            double[][] x = cloud(Rng.of(2).split(round), 40, d);
            var t = Tensor.of(x);
            var metric = Mahalanobis.fit(t);
            double[][] w = metric.whiten(t).toRows(), z = metric.whitenZca(t).toRows();
            for (int i = 0; i < 40; i++) for (int j = 0; j < i; j++, pairs++) {
                double distance = metric.distance(x[i], x[j]);
                cholesky = Math.max(cholesky, Math.abs(euclidean(w[i], w[j]) - distance));
                zca = Math.max(zca, Math.abs(euclidean(z[i], z[j]) - distance));
            }
            for (double[][] white : new double[][][] {w, z}) for (int i = 0; i < d; i++) {
                double mean = 0;
                for (var row : white) mean += row[i] / 40;
                centre = Math.max(centre, Math.abs(mean));
                for (int j = 0; j < d; j++) {
                    double product = 0;
                    for (var row : white) product += row[i] * row[j] / 39;
                    identity = Math.max(identity, Math.abs(product - (i == j ? 1 : 0)));
                }
            }
        }
        Evidence.of("pairs", pairs, exactly(20 * 780));
        Evidence.of("largest gap after Cholesky whitening", cholesky, below(1e-10));
        Evidence.of("largest gap after ZCA whitening", zca, below(1e-10));
        Evidence.of("mean after either whitening", centre, below(1e-10));
        Evidence.of("covariance after either whitening less the identity", identity, below(1e-10));
    }

    @Test
    @Acceptance(topic = "mahalanobis", clause = 3) void invertibleAffineMapsChangeNothing() {
        var rng = Rng.of(3);
        double worst = 0;
        int maps = 0;
        double[][] x = cloud(rng, 60, 4);
        var before = Mahalanobis.fit(Tensor.of(x));
        for (; maps < 100; maps++) {
            double[][] a = new double[4][4], y = new double[60][4];
            for (var row : a) for (int j = 0; j < 4; j++) row[j] = rng.nextGaussian();
            double shift = 10 * rng.nextGaussian();
            for (int i = 0; i < 60; i++) for (int k = 0; k < 4; k++) {
                y[i][k] = shift * (k + 1);
                for (int j = 0; j < 4; j++) y[i][k] += a[k][j] * x[i][j];
            }
            var after = Mahalanobis.fit(Tensor.of(y));
            for (int i = 0; i < 60; i++) {
                worst = Math.max(worst, Math.abs(after.distance(y[i]) - before.distance(x[i])));
                worst = Math.max(worst, Math.abs(after.distance(y[i], y[(i + 7) % 60]) - before.distance(x[i], x[(i + 7) % 60])));
            }
        }
        Evidence.of("maps", maps, exactly(100));
        Evidence.of("largest change of a distance", worst, below(1e-8));
    }

    @Test
    @Acceptance(topic = "mahalanobis", clause = 4) void squaresOfGaussianDataAreChiSquare() {
        for (int d : new int[] {2, 5, 10}) {
            var rng = Rng.of(4).split(d);
            double[][] x = new double[5_000][d], c = new double[d][d];
            // a moving-average covariance: x_j = z_j + 0.5 z_(j - 1)
            for (var row : x) {
                double last = rng.nextGaussian();
                for (int j = 0; j < d; j++) {
                    double z = rng.nextGaussian();
                    row[j] = z + 0.5 * last;
                    last = z;
                }
            }
            for (int i = 0; i < d; i++) for (int j = 0; j < d; j++) c[i][j] = i == j ? 1.25 : Math.abs(i - j) == 1 ? 0.5 : 0;
            var metric = Mahalanobis.of(new double[d], c);
            double[] u = new double[x.length];
            double worst = 0;
            for (int i = 0; i < u.length; i++) {
                u[i] = Incomplete.regularisedGammaQ(d / 2.0, metric.squared(x[i]) / 2);
                worst = Math.max(worst, Math.abs(metric.pValue(x[i]) - u[i]));
            }
            Arrays.sort(u);
            double distance = 0, n = u.length, tail = 0;
            for (int i = 0; i < n; i++) distance = Math.max(distance, Math.max((i + 1) / n - u[i], u[i] - i / n));
            for (int k = 1; k < 100; k++) tail += (k % 2 == 1 ? 2 : -2) * Math.exp(-2 * k * k * n * distance * distance);
            Evidence.of("p of Kolmogorov's test, d = " + d, tail, above(0.01));
            assertThat(worst).isLessThan(1e-12);
        }
    }

    @Test
    @Acceptance(topic = "mahalanobis", clause = 5) void theRobustVersionSeesThroughMasking() {
        double robust = 1, classical = 0, alarms = 0;
        int sets = 0;
        for (; sets < 10; sets++) {
            var rng = Rng.of(5).split(sets);
            int d = 2 + sets % 3;
            var x = new double[200][d];
            // 20% of the rows sit in a cluster of their own
            for (int i = 0; i < 200; i++) for (int j = 0; j < d; j++) x[i][j] = rng.nextGaussian() + (i < 40 ? 10 : 0);
            var t = Tensor.of(x);
            boolean[] flags = Mahalanobis.robust(t, rng).outliers(t, 0.99), naive = Mahalanobis.fit(t).outliers(t, 0.99);
            double seen = 0, naively = 0;
            for (int i = 0; i < 200; i++) {
                if (i < 40) {
                    if (flags[i]) seen += 1.0 / 40;
                    if (naive[i]) naively += 1.0 / 40;
                } else if (flags[i]) alarms += 1.0 / 1_600;
            }
            robust = Math.min(robust, seen);
            classical = Math.max(classical, naively);
        }
        Evidence.of("least share of planted outliers that MCD flags, of 10 sets", robust, atLeast(0.95));
        Evidence.of("largest share that the classical version flags", classical, below(0.6));
        Evidence.of("clean rows flagged by MCD", alarms, below(0.04));
    }

    @Test void aCleanSampleKeepsItsCovariance() {
        double[][] x = cloud(Rng.of(8), 2_000, 3);
        double[] robust = Mahalanobis.robust(Tensor.of(x), Rng.of(1)).covariance().toDoubleArray(),
                all = Descriptive.covariance(Tensor.of(x)).toDoubleArray();
        double size = Arrays.stream(all).max().orElseThrow();
        for (int k = 0; k < 9; k++) assertThat(robust[k]).isCloseTo(all[k], within(0.1 * size));
    }

    @Test void classesScoreWhatIsForeign() {
        var rng = Rng.of(9);
        var x = new double[300][2];
        var labels = new int[300];
        for (int i = 0; i < 300; i++) {
            labels[i] = i % 3;
            for (int j = 0; j < 2; j++) x[i][j] = rng.nextGaussian() + (labels[i] == j + 1 ? 8 : 0);
        }
        var classes = Mahalanobis.Classes.fit(Tensor.of(x), labels);
        assertThat(classes.nearest(8, 0)).isEqualTo(1);
        assertThat(classes.score(0.1, 8.2)).isLessThan(0.6);
        assertThat(classes.score(8, 8)).isGreaterThan(6);
        assertThat(Mahalanobis.Classes.shrunk(Tensor.of(x), labels).score(8, 8)).isCloseTo(classes.score(8, 8), within(0.2));
        var wide = Mahalanobis.Classes.shrunk(Tensor.randn(rng, DType.F64, 12, 40), 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2);
        assertThat(wide.score(wide.means()[2])).isZero();
        assertThat(wide.score(new double[40])).isPositive();
        assertThatThrownBy(() -> Mahalanobis.Classes.fit(Tensor.of(Arrays.copyOf(x, 3)), 0, 1, -1)).hasMessageContaining("a label is -1");
        assertThat(Mahalanobis.of(new double[2], new double[][] {{1, 0.9}, {0.9, 1}}).squared(2, -2)).isCloseTo(80, within(1e-12));
        assertThatThrownBy(() -> Mahalanobis.of(new double[2], new double[][] {{1, 1}, {1, 1}}))
                .isInstanceOf(NotPositiveDefiniteException.class);
        assertThatThrownBy(() -> Mahalanobis.fit(Tensor.of(new double[2][2]))).hasMessageContaining("take shrunk(x)");
        assertThatThrownBy(() -> Mahalanobis.robust(Tensor.of(new double[4][2]), rng)).hasMessageContaining("4 rows of 2 columns");
        assertThatThrownBy(() -> Mahalanobis.robust(Tensor.of(new double[40][2]), rng)).hasMessageContaining("lie in a plane");
        assertThatThrownBy(() -> classes.score(1, 2, 3)).hasMessageContaining("a point of 3 entries");
    }
}
