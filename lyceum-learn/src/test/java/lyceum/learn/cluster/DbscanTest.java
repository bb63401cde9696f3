package lyceum.learn.cluster;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.learn.metrics.ClusterAgreement;
import lyceum.learn.neighbors.Metric;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerContract;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class DbscanTest {
    private static final String TOPIC = "dbscan";
    private static final Golden GOLDEN = Golden.load("golden/dbscan.json");
    private static final Metric[] METRICS = {Metric.EUCLIDEAN, Metric.MANHATTAN, Metric.CHEBYSHEV};

    private static double agreement(Tensor a, Tensor b) { return ClusterAgreement.of(a, b).adjustedRand(); }

    @TestFactory Stream<DynamicTest> dbscanKeepsTheContract() { return LearnerContract.of(new Dbscan(1.5, 4)).tests(); }

    @TestFactory Stream<DynamicTest> hdbscanKeepsTheContract() { return LearnerContract.of(new Hdbscan(4)).tests(); }

    private static double[][] rows(Recipe r) {
        int n = 30 + r.below(60), p = 1 + r.below(3), k = 1 + r.below(4);
        double[] centres = r.uniforms(k * p), spread = r.uniforms(k);
        int[] part = r.belows(k, n);
        double[][] noise = r.matrix(n, p), x = new double[n][p];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < p; j++) x[i][j] = centres[part[i] * p + j] * 10 + (spread[part[i]] * 1.5 + 0.1) * noise[i][j];
        return x;
    }

    private static String letters(Tensor labels) {
        var text = new StringBuilder();
        for (long label : labels.toLongArray()) text.append(label < 0 ? '-' : (char) ('a' + label));
        return text.toString();
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void labelsAndCoresEqualScikitLearn() {
        var r = new Recipe(52700);
        int sets = 0, differing = 0, clusters = 0, noise = 0, border = 0;
        for (int s = 0; s < 100; s++) {
            double[][] x = rows(r);
            boolean grid = s % 3 == 0;
            double epsilon = grid ? 1 + r.below(2) : 0.2 + 1.3 * r.uniform();
            int m = 2 + r.below(5);
            if (grid) for (double[] row : x) for (int j = 0; j < row.length; j++) row[j] = Math.floor(row[j]);
            Tensor weights = s % 4 != 1 ? null : Tensor.of(Arrays.stream(r.uniforms(x.length)).map(u -> Math.floor(3 * u)).toArray());
            var model = new Dbscan(epsilon, m, METRICS[s % 5 % 3]).fit(Tensor.of(x), weights);
            var c = GOLDEN.named("dbscan " + s);
            var cores = new StringBuilder();
            for (boolean core : model.core()) cores.append(core ? '1' : '0');
            // The numbers of clusters are scikit-learn's too.
            if (!letters(model.labels()).equals(c.text("expected.labels")) || !cores.toString().equals(c.text("expected.core")))
                differing++;
            clusters += model.nClusters();
            noise += model.noise();
            for (int i = 0; i < x.length; i++) if (!model.core()[i] && model.labels().item(i) >= 0) border++;
            sets++;
        }
        Evidence.of("sets", sets, exactly(100));
        Evidence.of("sets that differ in a label or a core row", differing, exactly(0));
        Evidence.of("clusters", clusters, atLeast(200));
        Evidence.of("noise rows", noise, atLeast(500));
        Evidence.of("border rows", border, atLeast(200));
    }

    /** The recipe behind the sets of DBSCAN. */
    private static Recipe afterDbscan() {
        var r = new Recipe(52700);
        for (int s = 0; s < 100; s++) {
            int n = rows(r).length;
            if (s % 3 == 0) r.below(2);
            else r.uniform();
            r.below(5);
            if (s % 4 == 1) r.uniforms(n);
        }
        return r;
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void opticsReachabilityEqualsScikitLearn() {
        var r = afterDbscan();
        var gap = Gap.absolute();
        int orders = 0, finite = 0;
        for (int s = 0; s < 8; s++) {
            var x = Tensor.of(rows(r));
            var found = new Optics(3 + s % 3).withMetric(METRICS[s % 3]).withRadius(s % 2 == 0 ? Double.POSITIVE_INFINITY : 2).fit(x);
            var c = GOLDEN.named("optics " + s);
            gap.see(c, "expected.reachability", found.reachability());
            if (Arrays.equals(found.order(), c.ints("expected.order"))) orders++;
            for (double v : found.reachability()) if (Double.isFinite(v)) finite++;
        }
        Evidence.of("largest gap of a reachability", gap, below(1e-12));
        Evidence.of("orders that are the same, of 8", orders, exactly(8));
        Evidence.of("finite reachabilities", finite, atLeast(300));
    }

    @Test void hdbscanGroupsAsScikitLearn() {
        var r = afterDbscan();
        for (int s = 0; s < 8; s++) rows(r);
        int same = 0, sets = 0;
        for (int s = 0; s < 40; s++) {
            var x = Tensor.of(rows(r));
            int set = s;
            // Where distances tie scikit-learn's answer depends on the order of rows; such sets are not in the file.
            if (GOLDEN.cases("hdbscan").stream().noneMatch(c -> c.text("name").equals("hdbscan " + set))) continue;
            var labels = Tensor.of(GOLDEN.named("hdbscan " + s).text("expected.labels").chars().mapToLong(ch -> ch).toArray());
            if (agreement(new Hdbscan(4 + s % 4, 3 + s % 3, Metric.EUCLIDEAN).fit(x).labels(), labels) == 1) same++;
            sets++;
        }
        assertThat(sets).isGreaterThanOrEqualTo(10);
        assertThat(same).isEqualTo(sets);
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void moonsComeApartWhereKMeansCutsThem() {
        double least = 1, most = -1;
        for (int seed = 0; seed < 10; seed++) {
            var moons = Datasets.moons(Rng.of(seed), 300, 0.05);
            least = Math.min(least, agreement(new Dbscan(0.2, 5).fit(moons.x()).labels(), moons.y()));
            most = Math.max(most, agreement(new KMeans(2).withRestarts(10).withSeed(seed).fit(moons.x()).labels(), moons.y()));
        }
        Evidence.of("least adjusted Rand index of DBSCAN", least, exactly(1));
        Evidence.of("largest of k-means", most, atMost(0.6));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void coreRowsDoNotDependOnTheOrder() {
        var moons = Datasets.moons(Rng.of(2), 200, 0.12).x();
        var x = Tensor.concat(0, moons, Tensor.rand(Rng.of(3), DType.F64, 60, 2).mul(5).sub(2)).compute();
        var learner = new Dbscan(0.22, 5);
        var first = learner.fit(x);
        int changed = 0, noise = 0, apart = 0, cores = 0;
        for (boolean core : first.core()) if (core) cores++;
        for (int s = 0; s < 50; s++) {
            int[] order = Rng.of(100 + s).permutation(260);
            var shuffled = learner.fit(x.rows(order));
            var mine = new long[cores];
            var theirs = new long[cores];
            int at = 0;
            for (int i = 0; i < 260; i++) {
                if (shuffled.core()[i] != first.core()[order[i]]) changed++;
                if (shuffled.labels().item(i) < 0 != first.labels().item(order[i]) < 0) noise++;
                if (first.core()[order[i]]) {
                    mine[at] = (long) first.labels().item(order[i]);
                    theirs[at++] = (long) shuffled.labels().item(i);
                }
            }
            if (agreement(Tensor.of(mine), Tensor.of(theirs)) != 1) apart++;
        }
        Evidence.of("rows that are core in one order only", changed, exactly(0));
        Evidence.of("rows that are noise in one order only", noise, exactly(0));
        Evidence.of("orders in which core rows are grouped otherwise", apart, exactly(0));
        Evidence.of("core rows among 260", cores, between(100, 250));
    }

    /** Neighbours by the tree are those of all pairs; the time is a row of the bench. */
    @Acceptance(topic = TOPIC, clause = 5)
    @Test void twentyThousandPointsAgreeWithBruteForce() {
        int n = 20_000;
        var blobs = Datasets.blobs(Rng.of(4), n - 2000, 12, 2, 0.4).x();
        var x = Tensor.concat(0, blobs, Tensor.rand(Rng.of(5), DType.F64, 2000, 2).mul(24).sub(12)).compute();
        double epsilon = 0.15;
        var model = new Dbscan(epsilon, 8).fit(x);
        double[] flat = x.toDoubleArray(), xs = new double[n], ys = new double[n];
        for (int i = 0; i < n; i++) {
            xs[i] = flat[2 * i];
            ys[i] = flat[2 * i + 1];
        }
        var counts = new int[n];
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) if (near(xs, ys, i, j, epsilon)) counts[i]++;
        var group = new int[n];
        for (int i = 0; i < n; i++) group[i] = i;
        for (int i = 0; i < n; i++) {
            if (counts[i] < 8) continue;
            for (int j = i + 1; j < n; j++) if (counts[j] >= 8 && near(xs, ys, i, j, epsilon)) group[root(group, j)] = root(group, i);
        }
        int wrongCores = 0, wrongLabels = 0;
        long[] labels = model.labels().toLongArray();
        var of = new int[model.nClusters()];
        Arrays.fill(of, -1);
        for (int i = 0; i < n; i++) {
            if (model.core()[i] != counts[i] >= 8) wrongCores++;
            if (counts[i] < 8) continue;
            int c = (int) labels[i], g = root(group, i);
            if (of[c] < 0) of[c] = g;
            if (of[c] != g) wrongLabels++;
        }
        for (int i = 0; i < n; i++) {
            if (counts[i] >= 8) continue;
            int lowest = Integer.MAX_VALUE;
            for (int j = 0; j < n; j++) if (counts[j] >= 8 && near(xs, ys, i, j, epsilon)) lowest = Math.min(lowest, (int) labels[j]);
            if (labels[i] != (lowest == Integer.MAX_VALUE ? -1 : lowest)) wrongLabels++;
        }
        Evidence.of("core rows that differ", wrongCores, exactly(0));
        Evidence.of("labels that differ", wrongLabels, exactly(0));
        Evidence.of("clusters", model.nClusters(), atLeast(5));
        Evidence.of("distinct clusters of brute force", Arrays.stream(of).distinct().count(), exactly(model.nClusters()));
        Evidence.of("noise rows", model.noise(), atLeast(500));
    }

    private static boolean near(double[] xs, double[] ys, int i, int j, double epsilon) {
        double dx = xs[i] - xs[j], dy = ys[i] - ys[j];
        return dx * dx + dy * dy <= epsilon * epsilon;
    }

    private static int root(int[] group, int i) {
        while (group[i] != i) i = group[i] = group[group[i]];
        return i;
    }

    @Test void opticsGivesTheClustersOfDbscan() {
        var x = Datasets.moons(Rng.of(6), 250, 0.06).x();
        var order = new Optics(5).fit(x);
        for (double epsilon : new double[] {0.12, 0.2, 0.4}) {
            DensityClusters byOrder = order.clusters(epsilon), direct = new Dbscan(epsilon, 5).fit(x);
            assertThat(byOrder.core()).isEqualTo(direct.core());
            assertThat(byOrder.nClusters()).isEqualTo(direct.nClusters());
            int[] core = IntStream.range(0, 250).filter(i -> direct.core()[i]).toArray();
            Tensor grouped = byOrder.labels().rows(core);
            assertThat(grouped.min().item()).isZero();
            assertThat(agreement(grouped, direct.labels().rows(core))).isEqualTo(1);
            for (int i = 0; i < 250; i++) if (direct.labels().item(i) < 0) assertThat(byOrder.labels().item(i)).isEqualTo(-1);
        }
        assertThat(order.plot()[0]).isInfinite();
        // Every row but a first one is reached from a row before it, at the distance that it says.
        double[][] rows = x.toRows();
        var place = new int[250];
        for (int t = 0; t < 250; t++) place[order.order()[t]] = t;
        for (int i = 0; i < 250; i++) {
            int from = order.predecessor()[i];
            assertThat(from < 0).isEqualTo(Double.isInfinite(order.reachability()[i]));
            if (from < 0) continue;
            assertThat(place[from]).isLessThan(place[i]);
            double apart = Math.hypot(rows[i][0] - rows[from][0], rows[i][1] - rows[from][1]);
            assertThat(order.reachability()[i]).isCloseTo(Math.max(apart, order.coreDistances()[from]), within(1e-14));
        }
    }

    @Test void theBendOfDistancesIsARadius() {
        var x = Tensor.concat(0, Datasets.moons(Rng.of(7), 300, 0.05).x(), Tensor.rand(Rng.of(8), DType.F64, 20, 2).mul(6).sub(2.5));
        double[] d = Dbscan.kDistances(x, 5, Metric.EUCLIDEAN);
        assertThat(d).isSorted().hasSize(320);
        var learner = Dbscan.byBend(x, 5);
        assertThat(learner.epsilon()).isBetween(0.1, 0.6);
        int core = 0;
        for (boolean c : learner.fit(x).core()) if (c) core++;
        assertThat(core).isEqualTo((int) Arrays.stream(d).filter(v -> v <= learner.epsilon()).count());
    }

    @Test void wrongChoicesAreRefusedInWords() {
        assertThatThrownBy(() -> new Dbscan(0, 5)).hasMessageContaining("epsilon is 0.0");
        assertThatThrownBy(() -> new Hdbscan(1)).hasMessageContaining("minClusterSize is 1");
        assertThatThrownBy(() -> new Optics(9).fit(Tensor.ones(DType.F64, 4, 2))).hasMessageContaining("x has 4 rows");
        assertThatThrownBy(() -> new Dbscan(1).fit(Tensor.ones(DType.F64, 4, 2)).predict(Tensor.ones(DType.F64, 1, 2)))
                .isInstanceOf(UnsupportedOperationException.class).hasMessageContaining("join two clusters");
    }
}
