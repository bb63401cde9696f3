package lyceum.learn.manifold;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.learn.manifold.Umap.Start;
import lyceum.learn.neighbors.KNeighborsClassifier;
import lyceum.learn.neighbors.Metric;
import lyceum.learn.neighbors.NearestNeighbors;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.stats.Correlation;
import lyceum.stats.learner.LearnerContract;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class UmapTest {
    private static final String TOPIC = "umap";

    @TestFactory Stream<DynamicTest> contract() {
        return Stream.of(new Umap(8).withEpochs(30).withMetric(Metric.COSINE), new ParametricUmap(new Umap(8), 8).withEpochs(2))
                .flatMap(l -> LearnerContract.of(l).tests());
    }

    private static Dataset digits(int from, int to) { return Datasets.digits().rows(IntStream.range(from, to).toArray()); }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void rowsSumToLogKAndTheUnionIsExact() {
        Gap sums = Gap.absolute(), shape = Gap.absolute();
        int pairs = 0, differing = 0;
        for (Tensor x : new Tensor[] {digits(0, 500).x(), Tensor.randn(Rng.of(1), DType.F64, 400, 3)}) {
            for (int k : new int[] {5, 15, 40}) {
                var umap = new Umap(k);
                Csr p = umap.memberships(x);
                int n = (int) x.size(0);
                double[] perRow = p.sum(1).toDoubleArray();
                for (int i = 0; i < n; i++) sums.see("row " + i + " k " + k, perRow[i], Math.log(k) / Math.log(2));
                // Each row follows the formula: the nearest has 1, and logarithms fall in proportion to the distance beyond it.
                var near = new NearestNeighbors().fit(x).neighbors(x, k + 1);
                double[][] dense = p.toDense().toRows(), d = near.distances().toRows();
                int[] rows = near.indices().toIntArray();
                for (int i = 0; i < n; i += 7) {
                    double last = dense[i][rows[i * (k + 1) + k]], width = (d[i][k] - d[i][1]) / -Math.log(last);
                    for (int j = 1; j <= k; j++)
                        shape.see("row " + i, dense[i][rows[i * (k + 1) + j]], Math.exp(-(d[i][j] - d[i][1]) / width));
                }
                double[][] union = umap.graph(x).toDense().toRows();
                for (int i = 0; i < n; i++) {
                    for (int j = 0; j < n; j++) {
                        double a = dense[i][j], b = dense[j][i];
                        if (a == 0 && b == 0 && union[i][j] == 0) continue;
                        pairs++;
                        if (union[i][j] != a + b - a * b) differing++;
                    }
                }
            }
        }
        Evidence.of("sums of rows less log2 k", sums, below(1e-5));
        Evidence.of("memberships by the formula", shape, below(1e-7));
        Evidence.of("pairs with a membership", pairs, atLeast(50_000));
        Evidence.of("of which are not p + q - pq", differing, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void theCurveIsTheKnownFit() {
        var curve = new Umap().curve();
        Evidence.of("a at min_dist 0.1", curve.a(), equalTo(1.577, 1e-3));
        Evidence.of("b at min_dist 0.1", curve.b(), equalTo(0.895, 1e-3));
        // Stationary: no small change of a or b lowers the squared error.
        for (double[] option : new double[][] {{0.1, 1}, {0.5, 1}, {0, 2}, {0.001, 1}, {1, 1.5}}) {
            var found = UmapCurve.of(option[0], option[1]);
            double least = error(found, option[0], option[1]);
            for (double by : new double[] {0.999, 1.001}) {
                assertThat(error(new UmapCurve(found.a() * by, found.b()), option[0], option[1])).isGreaterThan(least);
                assertThat(error(new UmapCurve(found.a(), found.b() * by), option[0], option[1])).isGreaterThan(least);
            }
        }
    }

    private static double error(UmapCurve curve, double minDist, double spread) {
        double sum = 0;
        for (int i = 0; i < 300; i++) {
            double x = 3 * spread * i / 299, y = x < minDist ? 1 : Math.exp(-(x - minDist) / spread);
            sum += Math.pow(y - curve.closeness(x * x), 2);
        }
        return sum;
    }

    /** {@code -log q} and {@code -log(1 - q)} between two points of the plane, by definition. */
    private static double loss(double a, double b, double[] y, boolean near) {
        double d = Math.hypot(y[0] - y[2], y[1] - y[3]), power = a * Math.pow(d, 2 * b);
        return near ? Math.log(1 + power) : Math.log(1 + power) - Math.log(power);
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void gradientsOfEdgesEqualFiniteDifferences() {
        double worst = 0;
        int compared = 0;
        var rng = Rng.of(2);
        for (var curve : new UmapCurve[] {UmapCurve.of(0.1, 1), UmapCurve.of(0.5, 1), UmapCurve.of(0, 3), new UmapCurve(0.7, 1.3)}) {
            for (double size : new double[] {0.03, 0.3, 1, 5, 20}) {
                for (boolean near : new boolean[] {true, false}) {
                    double[] y = {rng.nextGaussian() * size, rng.nextGaussian() * size, rng.nextGaussian() * size,
                            rng.nextGaussian() * size};
                    double square = Math.pow(y[0] - y[2], 2) + Math.pow(y[1] - y[3], 2), h = 1e-5 * Math.sqrt(square), error = 0, most = 0;
                    double factor = near ? curve.attraction(square) : curve.repulsion(square);
                    for (int c = 0; c < 4; c++) {
                        double at = y[c];
                        y[c] = at + h;
                        double up = loss(curve.a(), curve.b(), y, near);
                        y[c] = at - h;
                        double slope = (up - loss(curve.a(), curve.b(), y, near)) / (2 * h);
                        y[c] = at;
                        double ours = factor * (y[c % 2] - y[c % 2 + 2]) * (c < 2 ? 1 : -1);
                        error = Math.max(error, Math.abs(ours - slope));
                        most = Math.max(most, Math.abs(slope));
                        compared++;
                    }
                    worst = Math.max(worst, error / most);
                }
            }
        }
        Evidence.of("slopes compared", compared, exactly(4 * 5 * 2 * 4));
        Evidence.of("gap, relative to the pair's largest slope", worst, below(1e-5));
    }

    /** One edge and no others: the step of the layout is the gradient's, on both ends. */
    @Test void stepsFollowTheGradients() {
        double[] y = {0, 0, 1, 2};
        var curve = UmapCurve.of(0.1, 1);
        var edge = Csr.fromEntries(2, 2, new int[] {0}, new int[] {1}, new double[] {1});
        new UmapLayout(curve, 1, 0.1, 1, 0).run(edge, y, 2, Rng.of(1), Progress.SILENT);
        double step = 0.1 * curve.attraction(5);
        double[] expected = {step, 2 * step, 1 - step, 2 - 2 * step};
        for (int c = 0; c < 4; c++) assertThat(y[c]).isCloseTo(expected[c], within(1e-12));
    }

    @Tag("slow")
    @Acceptance(topic = TOPIC, clause = 4)
    @Test void digitsKeepTheirNeighboursAndNewOnesFindTheirPlace() {
        var all = Datasets.digits();
        var map = new Umap().fit(all.x()).embedding();
        Evidence.of("trustworthiness(15)", Trustworthiness.of(all.x(), map, 15), atLeast(0.96));
        int right = 0;
        for (int part = 0; part < 5; part++) {
            int fold = part;
            int[] rest = IntStream.range(0, all.size()).filter(i -> i % 5 != fold).toArray(),
                    some = IntStream.range(0, all.size()).filter(i -> i % 5 == fold).toArray();
            long[] found = new KNeighborsClassifier(5).fit(map.rows(rest), all.y().rows(rest)).predict(map.rows(some)).toLongArray();
            for (int i = 0; i < some.length; i++) if (found[i] == all.labels()[some[i]]) right++;
        }
        Evidence.of("5-NN accuracy on the map, of five folds", right / (double) all.size(), atLeast(0.95));
        Dataset train = digits(0, 1297), held = digits(1297, 1797);
        var model = new Umap().withSeed(1).fit(train.x());
        double placed = new KNeighborsClassifier(5).fit(model.embedding(), train.y()).score(model.transform(held.x()), held.y());
        Evidence.of("accuracy of 500 held-out digits placed by transform", placed, atLeast(0.92));
    }

    private static double[] pairs(Tensor x) {
        double[][] rows = x.narrow(0, 0, 2000).toRows();
        var out = new double[rows.length * (rows.length - 1) / 2];
        for (int i = 0, at = 0; i < rows.length; i++)
            for (int j = 0; j < i; j++, at++) for (int c = 0; c < rows[i].length; c++) out[at] += Math.pow(rows[i][c] - rows[j][c], 2);
        return out;
    }

    @Tag("heavy")
    @Acceptance(topic = TOPIC, clause = 5)
    @Test void aCircleStaysACircleBetterThanInTsneFromARandomStart() {
        double least = 1;
        int better = 0;
        for (int seed = 0; seed < 5; seed++) {
            var rng = Rng.of(10 + seed);
            var points = new double[2000][10];
            for (double[] point : points) {
                double angle = 2 * Math.PI * rng.nextDouble();
                for (int c = 0; c < 10; c++) point[c] = 0.05 * rng.nextGaussian();
                point[0] += Math.cos(angle);
                point[1] += Math.sin(angle);
            }
            var x = Tensor.of(points);
            double[] truth = pairs(x);
            double umap = Correlation.spearman(truth, pairs(new Umap().withSeed(seed).fit(x).embedding())).estimate();
            var random = new Tsne().withStart(Tsne.Start.RANDOM).withSeed(seed).fit(x);
            double tsne = Correlation.spearman(truth, pairs(random.embedding())).estimate();
            least = Math.min(least, umap);
            if (umap > tsne) better++;
        }
        Evidence.of("least rank correlation of distances, of 5 seeds", least, atLeast(0.9));
        Evidence.of("seeds in which it exceeds t-SNE's", better, atLeast(4));
    }

    @Test void labelsPullClassesApart() {
        var data = digits(0, 400);
        var plain = new Umap().withEpochs(200).fit(data.x()).embedding();
        var umap = new Umap().withEpochs(200).withTargetWeight(0.8);
        var apart = umap.fit(data.x(), data.y(), null).embedding();
        assertThat(purity(apart, data.labels())).isGreaterThan(0.98).isGreaterThanOrEqualTo(purity(plain, data.labels()));
        // With nothing known the labels say nothing that matters.
        var unknown = umap.fit(data.x(), Tensor.full(DType.I64, -1, 400), null).embedding();
        assertThat(unknown.toDoubleArray()).doesNotContain(Double.NaN);
        assertThat(umap.tags()).contains(lyceum.stats.learner.Tag.SUPERVISED);
        assertThatThrownBy(() -> umap.fit(data.x())).hasMessageContaining("null");
        assertThatThrownBy(() -> umap.fit(data.x(), data.y().to(DType.F64), null)).hasMessageContaining("F64");
    }

    private static double purity(Tensor map, int[] labels) {
        int[] near = new NearestNeighbors().fit(map).neighbors(map, 6).indices().toIntArray();
        int same = 0;
        for (int i = 0; i < near.length; i++) if (labels[near[i]] == labels[i / 6]) same++;
        return same / (double) near.length;
    }

    @Test void lookupAndNetworkKnowTheDigits() {
        Dataset train = digits(0, 600), held = digits(600, 800);
        var model = new Umap().withEpochs(200).fit(train.x());
        var back = model.lookup(model.embedding());
        double rebuilt = back.sub(train.x()).square().mean().item(), flat = train.x().sub(train.x().mean(0)).square().mean().item();
        assertThat(rebuilt).isLessThan(0.5 * flat);
        var network = new ParametricUmap(new Umap(), 64, 64).fit(train.x());
        double placed = new KNeighborsClassifier(5).fit(network.embedding(), train.y()).score(network.transform(held.x()), held.y());
        assertThat(placed).isGreaterThan(0.7);
        assertThat(network.transform(train.x()).sub(network.embedding()).abs().max().item()).isLessThan(1e-9);
    }

    @Test void theSeedAloneDecides() {
        var x = digits(0, 300).x();
        for (var start : Start.values()) {
            var umap = new Umap().withEpochs(40).withStart(start);
            double[] here = umap.fit(x).embedding().toDoubleArray();
            var alone = new double[1][];
            Parallel.sequentially(() -> alone[0] = umap.fit(x).embedding().toDoubleArray());
            assertThat(alone[0]).isEqualTo(here);
            assertThat(umap.withSeed(9).fit(x).embedding().toDoubleArray()).isNotEqualTo(here);
        }
    }

    @Test void graphsInPiecesAndOtherMetricsWork() {
        var x = Tensor.concat(0, Tensor.randn(Rng.of(1), DType.F64, 40, 3), Tensor.randn(Rng.of(2), DType.F64, 40, 3).add(100));
        for (var metric : new Metric[] {Metric.EUCLIDEAN, Metric.MANHATTAN, Metric.CHEBYSHEV, Metric.COSINE, Metric.Mahalanobis.of(x)}) {
            var model = new Umap(5).withMetric(metric).withEpochs(30).withComponents(3).fit(x);
            assertThat(model.embedding().shape().toArray()).containsExactly(80, 3);
            assertThat(model.embedding().toDoubleArray()).doesNotContain(Double.NaN);
            // Looked up rows are rows, not what the metric makes of them.
            if (!(metric instanceof Metric.Cosine))
                assertThat(model.lookup(model.embedding().narrow(0, 60, 1)).toDoubleArray()[0]).isBetween(95.0, 105.0);
        }
        var copies = Tensor.zeros(DType.F64, 30, 2);
        assertThat(new Umap(5).withEpochs(10).fit(copies).embedding().toDoubleArray()).doesNotContain(Double.NaN);
    }

    @Test void longFitsReportAndStop() {
        var x = digits(0, 100).x();
        var steps = new ArrayList<Long>();
        Progress bar = u -> steps.add(u.step());
        new Umap(5).withEpochs(20).fit(x, null, null, bar);
        assertThat(steps).hasSize(20);
        assertThatThrownBy(() -> new Umap(5).withEpochs(20).fit(x, null, null, bar.stoppedBy(() -> true)))
                .isInstanceOf(CancelledException.class);
        assertThatThrownBy(() -> new ParametricUmap(new Umap(5), 4).fit(x, null, null, bar.stoppedBy(() -> true)))
                .isInstanceOf(CancelledException.class);
    }

    @Test void badOptionsAreNamed() {
        assertThatThrownBy(() -> new Umap(1)).hasMessageContaining("neighbors is 1");
        assertThatThrownBy(() -> new Umap().withMinDist(2)).hasMessageContaining("minDist is 2");
        assertThatThrownBy(() -> new Umap().withMix(1.1)).hasMessageContaining("mix is 1.1");
        assertThatThrownBy(() -> new Umap().withTargetWeight(1)).hasMessageContaining("targetWeight is 1");
        assertThatThrownBy(() -> new Umap().withNegatives(-1)).hasMessageContaining("negatives -1");
        assertThatThrownBy(() -> new Umap(15).fit(digits(0, 15).x())).hasMessageContaining("15 neighbours");
        assertThatThrownBy(() -> new ParametricUmap(new Umap()).withBatchSize(1)).hasMessageContaining("batches of 1");
        var model = new Umap(5).withEpochs(5).fit(digits(0, 30).x());
        assertThatThrownBy(() -> model.lookup(Tensor.zeros(DType.F64, 1, 3))).hasMessageContaining("(1, 3)");
    }
}
