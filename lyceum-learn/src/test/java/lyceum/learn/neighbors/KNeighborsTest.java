package lyceum.learn.neighbors;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.learn.neighbors.NearestNeighbors.Algorithm;
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

class KNeighborsTest {
    private static final String TOPIC = "knn";
    private static final List<Golden> GOLDEN = Golden.load("golden/knn.json").list("cases");
    /** The metrics of clause 1 and two more; the largest difference has too many ties on digits to be compared there. */
    private static final Set<String> ON_DIGITS = Set.of("euclidean", "manhattan", "cosine");

    @TestFactory Stream<DynamicTest> classifierKeepsTheContract() { return LearnerContract.of(new KNeighborsClassifier(5)).tests(); }

    @TestFactory Stream<DynamicTest> treesKeepTheContract() {
        return LearnerContract.of(new KNeighborsClassifier(3).withWeights(NeighborWeights.DISTANCE)
                .withSearch(new NearestNeighbors(Metric.MANHATTAN, Algorithm.KD_TREE, 4))).tests();
    }

    @TestFactory Stream<DynamicTest> regressorKeepsTheContract() {
        return LearnerContract.of(new KNeighborsRegressor(4).withAlgorithm(Algorithm.BALL_TREE)).tests();
    }

    @TestFactory Stream<DynamicTest> customDistancesKeepTheContract() {
        return LearnerContract
                .of(new KNeighborsRegressor(4).withMetric(
                        new Metric.Custom((a, b) -> IntStream.range(0, a.length).mapToDouble(j -> Math.sqrt(Math.abs(a[j] - b[j]))).sum())))
                .tests();
    }

    private static Metric metric(Golden input) {
        return switch (input.text("metric")) {
            case "euclidean" -> Metric.EUCLIDEAN;
            case "manhattan" -> Metric.MANHATTAN;
            case "chebyshev" -> Metric.CHEBYSHEV;
            case "cosine" -> Metric.COSINE;
            case "minkowski" -> new Metric.Minkowski(input.number("p"));
            default -> new Metric.Mahalanobis(Tensor.of(input.matrix("covariance")));
        };
    }

    private static NeighborWeights weights(Golden input) {
        return input.text("weights").equals("uniform") ? NeighborWeights.UNIFORM : NeighborWeights.DISTANCE;
    }

    private static Dataset half(Dataset data, int parity) {
        return data.rows(IntStream.range(0, data.size()).filter(i -> i % 2 == parity).toArray());
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void classesEqualScikitLearnOnDigits() {
        Dataset train = half(Datasets.digits(), 0), test = half(Datasets.digits(), 1);
        int cases = 0, compared = 0, differing = 0;
        double worst = 0;
        for (var c : GOLDEN) {
            var input = c.at("input");
            if (!c.text("name").startsWith("digits") || !ON_DIGITS.contains(input.text("metric"))) continue;
            var model = new KNeighborsClassifier(input.integer("k")).withMetric(metric(input)).withWeights(weights(input)).fit(train.x(),
                    train.y());
            long[] predicted = model.predict(test.x()).toLongArray();
            var unsure = Arrays.stream(c.ints("expected.ambiguous")).boxed().collect(Collectors.toSet());
            assertThat(unsure).hasSizeLessThan(4);
            String expected = c.text("expected.predicted");
            for (int i = 0; i < predicted.length; i++) {
                if (unsure.contains(i)) continue;
                compared++;
                if (predicted[i] != expected.charAt(i) - '0') differing++;
            }
            int[] rows = c.ints("expected.probabilities.rows");
            double[][] probabilities = c.matrix("expected.probabilities.values"), ours = model.predictProba(test.x()).toRows();
            for (int r = 0; r < rows.length; r++)
                for (int k = 0; k < 10; k++) worst = Math.max(worst, Math.abs(ours[rows[r]][k] - probabilities[r][k]));
            cases++;
        }
        assertThat(cases).isEqualTo(24);
        assertThat(compared).isGreaterThan(21_000);
        Evidence.of("predictions that differ", differing, exactly(0));
        Evidence.of("largest gap of a probability", worst, below(1e-9));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void meansEqualScikitLearnOnDiabetes() {
        Dataset train = half(Datasets.diabetes(), 0), test = half(Datasets.diabetes(), 1);
        int cases = 0, compared = 0;
        double worst = 0;
        var ties = new ArrayList<String>();
        for (var c : GOLDEN) {
            var input = c.at("input");
            if (!c.text("name").startsWith("diabetes")) continue;
            int k = input.integer("k");
            var model = new KNeighborsRegressor(k).withMetric(metric(input)).withWeights(weights(input)).fit(train.x(), train.y());
            double[] ours = model.predict(test.x()).toDoubleArray(), expected = c.doubles("expected.predicted");
            double[] further = model.index().neighbors(test.x(), k + 1).distances().toDoubleArray();
            assertThat(expected).hasSize(221);
            for (int i = 0; i < ours.length; i++) {
                // Two rows at the k-th distance: either may be the neighbour. Happens for the largest difference only.
                double last = further[i * (k + 1) + k - 1], next = further[i * (k + 1) + k];
                if (next - last <= 1e-12 * next) ties.add(input.text("metric"));
                else {
                    worst = Math.max(worst, Math.abs(ours[i] - expected[i]) / expected[i]);
                    compared++;
                }
            }
            cases++;
        }
        assertThat(cases).isEqualTo(40);
        assertThat(ties).hasSizeLessThan(442).containsOnly("chebyshev");
        Evidence.of("means compared, of 8,840", compared, atLeast(8_400));
        Evidence.of("largest relative gap", worst, below(1e-9));
        // A neighbour at distance 0 decides alone; several targets are means side by side.
        var own = new KNeighborsRegressor(5).withWeights(NeighborWeights.DISTANCE).fit(train.x(), train.y());
        Evidence.of("a training row by distance against its own target",
                Gap.absolute().see("y", own.predict(train.x()).toDoubleArray(), train.y().toDoubleArray()), exactly(0));
        for (var weights : NeighborWeights.values()) {
            var one = new KNeighborsRegressor(5).withWeights(weights);
            var pair = one.fit(train.x(), Tensor.stack(1, train.y(), train.y().square())).predict(test.x());
            Evidence.of("two targets against each alone",
                    Gap.absolute()
                            .see("first", pair.select(1, 0).toDoubleArray(),
                                    one.fit(train.x(), train.y()).predict(test.x()).toDoubleArray())
                            .see("second", pair.select(1, 1).toDoubleArray(),
                                    one.fit(train.x(), train.y().square()).predict(test.x()).toDoubleArray()),
                    exactly(0));
        }
        // Rows of weight 0 are not there; the others count by their weights, in means as in votes.
        double[][] rows = train.x().toRows(), asked = test.x().toRows();
        double[] y = train.y().toDoubleArray(), w = Tensor.rand(Rng.of(3), DType.F64, rows.length).toDoubleArray();
        for (int i = 0; i < w.length; i += 3) w[i] = 0;
        var high = train.y().gt(140).to(DType.I64);
        double[] mean = new KNeighborsRegressor(5).fit(train.x(), train.y(), Tensor.of(w)).predict(test.x()).toDoubleArray(),
                share = new KNeighborsClassifier(5).fit(train.x(), high, Tensor.of(w)).predictProba(test.x()).select(1, 1).toDoubleArray();
        var weighted = Gap.relativeBeyondOne();
        for (int q = 0; q < asked.length; q++) {
            double[] from = asked[q];
            int[] near = IntStream.range(0, rows.length).filter(i -> w[i] > 0).boxed()
                    .sorted(Comparator.comparingDouble(i -> squared(rows[i], from))).limit(5).mapToInt(i -> i).toArray();
            double mass = 0, sum = 0, votes = 0;
            for (int i : near) {
                mass += w[i];
                sum += w[i] * y[i];
                if (y[i] > 140) votes += w[i];
            }
            weighted.see("mean", mean[q], sum / mass).see("share", share[q], votes / mass);
        }
        Evidence.of("weighted means and votes", weighted, below(1e-12));
    }

    private static double squared(double[] a, double[] b) {
        double sum = 0;
        for (int j = 0; j < a.length; j++) sum += (a[j] - b[j]) * (a[j] - b[j]);
        return sum;
    }

    @Test void neighboursAndRadiiEqualScikitLearn() {
        for (var c : GOLDEN) {
            if (!c.text("name").startsWith("recipe")) continue;
            var input = c.at("input");
            var recipe = new Recipe(input.integer("seed"));
            var points = Tensor.of(recipe.matrix(300, 3));
            var queries = Tensor.of(recipe.matrix(20, 3));
            for (var algorithm : new Algorithm[] {Algorithm.BRUTE, Algorithm.KD_TREE, Algorithm.BALL_TREE}) {
                var index = new NearestNeighbors(metric(input), algorithm, 8).fit(points);
                var near = index.neighbors(queries, 5);
                double[] expected = c.flat("expected.distances"), distances = near.distances().toDoubleArray();
                for (int i = 0; i < expected.length; i++) assertThat(distances[i]).isCloseTo(expected[i], within(1e-10));
                assertThat(near.indices().toIntArray())
                        .isEqualTo(Arrays.stream(c.intMatrix("expected.indices")).flatMapToInt(Arrays::stream).toArray());
                var around = index.withinRadius(queries, input.number("radius"));
                for (int i = 0; i < 20; i++) {
                    assertThat(IntStream.of(around.indices()[i]).sorted().toArray())
                            .isEqualTo(IntStream.of(c.ints("expected.withinRadius." + i)).sorted().toArray());
                    assertThat(around.distances()[i]).isSorted();
                }
            }
        }
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void treesAndBruteForceFindIdenticalSetsForAThousandQueries() {
        int queries = 0, differing = 0;
        var metrics = List.of(Metric.EUCLIDEAN, Metric.MANHATTAN, Metric.CHEBYSHEV, new Metric.Minkowski(3),
                new Metric.Mahalanobis(Tensor.of(new double[] {2, 0.5, 0, 0.5, 1, 0.2, 0, 0.2, 3}, 3, 3)));
        for (int m = 0; m < metrics.size(); m++) {
            for (boolean grid : new boolean[] {false, true}) {
                var rng = Rng.of(m);
                // On a grid of whole numbers most distances are shared by many rows.
                var x = Tensor.randn(rng, DType.F64, 3000, 3).mul(grid ? 3 : 1);
                var q = Tensor.randn(rng, DType.F64, 200, 3).mul(grid ? 3 : 1);
                if (grid) {
                    x = x.round();
                    q = q.round();
                }
                var brute = new NearestNeighbors(metrics.get(m), Algorithm.BRUTE, 32).fit(x);
                if (m == 0) { // by the definition: the nearer first, of equally near the first
                    double[][] rows = x.toRows(), asked = q.toRows();
                    int[][] around = brute.withinRadius(q, 0.9).indices();
                    for (int i = 0; i < 200; i++) {
                        double[] from = asked[i];
                        int[] own = IntStream.range(0, 3000).filter(r -> squared(rows[r], from) <= 0.81).boxed()
                                .sorted(Comparator.comparingDouble(r -> squared(rows[r], from))).mapToInt(r -> r).toArray();
                        if (!Arrays.equals(around[i], own)) differing++;
                    }
                }
                for (var algorithm : new Algorithm[] {Algorithm.KD_TREE, Algorithm.BALL_TREE}) {
                    var tree = new NearestNeighbors(metrics.get(m), algorithm, 16).fit(x);
                    var expected = brute.neighbors(q, 7);
                    var found = tree.neighbors(q, 7);
                    long[] a = expected.indices().toLongArray(), b = found.indices().toLongArray();
                    for (int i = 0; i < 200; i++) if (!Arrays.equals(a, 7 * i, 7 * i + 7, b, 7 * i, 7 * i + 7)) differing++;
                    assertThat(found.distances().toDoubleArray()).isEqualTo(expected.distances().toDoubleArray());
                    assertThat(found.visited()).isLessThan(expected.visited() / 3);
                    assertThat(tree.withinRadius(q, 0.9).indices()).isDeepEqualTo(brute.withinRadius(q, 0.9).indices());
                    queries += 200;
                }
            }
        }
        assertThat(queries).isGreaterThanOrEqualTo(1000);
        Evidence.of("queries with other neighbours", differing, exactly(0));
    }

    /** Products say nothing of the last digits: ties, rows far from the origin, copies of the queries, lengths that overflow. */
    @Test void productsFindTheRowsAndDistancesOfTrees() {
        for (int p : new int[] {16, 21}) {
            for (int kind = 0; kind < 6; kind++) {
                var rng = Rng.of(p + kind);
                Tensor x = Tensor.randn(rng, DType.F64, 1300, p),
                        q = Tensor.concat(0, Tensor.randn(rng, DType.F64, 90, p), x.narrow(0, 5, 10));
                if (kind == 1) {
                    x = x.round();
                    q = q.round();
                } else if (kind == 2) {
                    x = x.add(1e7);
                    q = q.add(1e7);
                } else if (kind == 3) {
                    x = x.mul(1e153).add(5e153);
                    q = q.mul(1e153).add(5e153);
                } else if (kind == 4) { // not by rows
                    x = x.transpose().contiguous().transpose();
                    q = q.transpose().contiguous().transpose();
                } else if (kind == 5) { // squares vanish
                    x = x.mul(1e-161);
                    q = q.mul(1e-161);
                }
                var tree = new NearestNeighbors().withAlgorithm(Algorithm.KD_TREE).fit(x).neighbors(q, 9);
                var products = new NearestNeighbors().withAlgorithm(Algorithm.BRUTE).fit(x).neighbors(q, 9);
                assertThat(products.indices().toLongArray()).as("%d columns, kind %d", p, kind).isEqualTo(tree.indices().toLongArray());
                assertThat(products.distances().toDoubleArray()).isEqualTo(tree.distances().toDoubleArray());
                assertThat(products.visited()).isEqualTo(100 * 1300);
            }
        }
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void aKdTreeVisitsFewPointsInThreeDimensionsAndNearlyAllInFifty() {
        double[] share = new double[2];
        for (int d = 0; d < 2; d++) {
            int p = d == 0 ? 3 : 50;
            var x = Tensor.rand(Rng.of(p), DType.F64, 20_000, p);
            var found = new NearestNeighbors().withAlgorithm(Algorithm.KD_TREE).fit(x).neighbors(Tensor.rand(Rng.of(99), DType.F64, 100, p),
                    5);
            share[d] = found.visited() / (100.0 * 20_000);
        }
        Evidence.of("share visited in 3 dimensions", share[0], atMost(0.1));
        Evidence.of("share visited in 50 dimensions", share[1], atLeast(0.9));
    }

    @Test void aRowAtDistanceZeroDecidesAlone() {
        var x = Tensor.of(new double[] {0, 1, 1.1, 1.2}, 4, 1);
        var model = new KNeighborsClassifier(4).withWeights(NeighborWeights.DISTANCE).fit(x, Tensor.of(0L, 1, 1, 1));
        assertThat(model.predictProba(Tensor.of(new double[] {0}, 1, 1)).toDoubleArray()).containsExactly(1, 0);
        assertThat(new KNeighborsClassifier(4).fit(x, Tensor.of(0L, 1, 1, 1)).predict(Tensor.of(new double[] {0}, 1, 1)).toLongArray())
                .containsExactly(1);
    }

    @Test void weightsMultiplyVotesAndZeroLeavesOut() {
        var x = Tensor.of(new double[] {0, 1, 2}, 3, 1);
        var y = Tensor.of(10.0, 20, 60);
        var query = Tensor.of(new double[] {0}, 1, 1);
        assertThat(new KNeighborsRegressor(2).fit(x, y, Tensor.of(1.0, 3, 1)).predict(query).item()).isEqualTo(17.5);
        assertThat(new KNeighborsRegressor(2).fit(x, y, Tensor.of(1.0, 0, 1)).predict(query).item()).isEqualTo(35);
    }

    @Test void cosineOfAZeroRowIsOne() {
        var index = new NearestNeighbors().withMetric(Metric.COSINE).fit(Tensor.of(new double[] {0, 0, 3, 0, -1, 0}, 3, 2));
        var near = index.neighbors(Tensor.of(new double[] {2, 0}, 1, 2), 3);
        assertThat(near.distances().toDoubleArray()).containsExactly(0, 1, 2);
        assertThat(near.indices().toLongArray()).containsExactly(1, 0, 2);
    }

    @Test void wrongChoicesAreRefusedInWords() {
        var x = Tensor.zeros(DType.F64, 3, 2);
        assertThatThrownBy(() -> new KNeighborsClassifier(0)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("k is 0; at least 1 neighbour is asked");
        assertThatThrownBy(() -> new KNeighborsClassifier(5).fit(x, Tensor.of(1L, 2, 3))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("k is 5 but x has 3 rows");
        assertThatThrownBy(() -> new NearestNeighbors().withAlgorithm(Algorithm.KD_TREE).withMetric(Metric.COSINE))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("use BRUTE");
        assertThatThrownBy(() -> new Metric.Minkowski(0.5)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("0.5");
        assertThatThrownBy(() -> new NearestNeighbors().fit(x).neighbors(Tensor.zeros(DType.F64, 1, 3), 1))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("3 columns; the index has 2");
        assertThatThrownBy(() -> new NearestNeighbors().fit(x).withinRadius(x, -1)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("-1.0");
    }
}
