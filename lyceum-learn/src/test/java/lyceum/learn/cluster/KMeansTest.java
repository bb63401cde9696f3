package lyceum.learn.cluster;

import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.data.Datasets;
import lyceum.learn.cluster.KMeans.Algorithm;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerContract;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class KMeansTest {
    private static final String TOPIC = "k-means";

    @TestFactory Stream<DynamicTest> lloydKeepsTheContract() {
        return LearnerContract.of(new KMeans(3).withAlgorithm(Algorithm.LLOYD)).tests();
    }

    @TestFactory Stream<DynamicTest> hamerlyKeepsTheContract() {
        return LearnerContract.of(new KMeans(3).withAlgorithm(Algorithm.HAMERLY).withRestarts(3)).tests();
    }

    @TestFactory Stream<DynamicTest> miniBatchKeepsTheContract() {
        return LearnerContract.of(new KMeans(3).withAlgorithm(Algorithm.MINI_BATCH).withBatchSize(16)).tests();
    }

    @TestFactory Stream<DynamicTest> distancesKeepTheContract() {
        return LearnerContract.of(new KMeans(3).withStart(new KMeansStart.RandomRows()).asTransformer()).tests();
    }

    @TestFactory Stream<DynamicTest> givenStartKeepsTheContract() {
        var start = Tensor.of(new double[] {3, 0, 0, 3, 0, 3, 0, 0, 0, 0, 3, 0}, 3, 4);
        return LearnerContract.of(KMeans.from(start).withTolerance(0))
                .knownFailure("a constant column does no harm", "the given centres have four columns")
                .knownFailure("a column that stands twice does no harm", "the given centres have four columns").tests();
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void lloydEqualsScikitLearnOnDigits() {
        double[] digits = Datasets.digits().x().toDoubleArray();
        double worst = 0;
        for (var c : Golden.load("golden/k-means.json").list("cases")) {
            int[] rows = c.ints("input.startRows");
            var noise = new Recipe(5220);
            var start = new double[rows.length * 64];
            for (int i = 0; i < start.length; i++) start[i] = digits[rows[i / 64] * 64 + i % 64] + noise.uniform();
            Tensor weights = null;
            if (c.text("name").equals("weighted"))
                weights = Tensor.of(Arrays.stream(new Recipe(5210).uniforms(1797)).map(u -> 0.5 + u).toArray());
            var model = KMeans.from(Tensor.of(start, rows.length, 64)).withTolerance(0).fit(Tensor.of(digits, 1797, 64), weights);

            var letters = new StringBuilder();
            for (long label : model.labels().toLongArray()) letters.append((char) ('a' + label));
            assertThat(letters.toString()).as(c.text("name")).isEqualTo(c.text("expected.labels"));
            assertThat(model.iterations()).isEqualTo(c.integer("expected.iterations"));
            double inertia = c.number("expected.inertia");
            worst = Math.max(worst, Math.abs(model.inertia() - inertia) / inertia);
            double[] expected = c.flat("expected.centres"), centres = model.centres().toDoubleArray();
            for (int i = 0; i < expected.length; i++)
                worst = Math.max(worst, Math.abs(centres[i] - expected[i]) / Math.max(1, Math.abs(expected[i])));
            assertThat(model.converged()).isTrue();
        }
        Evidence.of("largest relative gap", worst, below(1e-8));
    }

    /** Integer grids have ties and duplicates, which bounds must not decide differently. */
    private static Tensor randomRows(Rng rng) {
        int n = 40 + rng.nextInt(160), p = 1 + rng.nextInt(9);
        boolean grid = rng.nextInt(3) == 0;
        var x = new double[n * p];
        for (int i = 0; i < x.length; i++) x[i] = grid ? rng.nextInt(6) : rng.nextGaussian() * (1 + i % 3);
        return Tensor.of(x, n, p);
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void inertiaNeverRisesAndHamerlyEqualsLloyd() {
        double rise = 0;
        int differing = 0;
        for (int run = 0; run < 500; run++) {
            var rng = Rng.of(run);
            var x = randomRows(rng);
            var weights = rng.nextBoolean() ? Tensor.rand(rng, DType.F64, x.size(0)) : null;
            var learner = new KMeans(2 + rng.nextInt(9)).withTolerance(0).withSeed(run)
                    .withStart(rng.nextBoolean() ? new KMeansStart.PlusPlus() : new KMeansStart.RandomRows());
            KMeansModel lloyd = learner.withAlgorithm(Algorithm.LLOYD).fit(x, weights),
                    hamerly = learner.withAlgorithm(Algorithm.HAMERLY).fit(x, weights);
            double[] history = lloyd.history();
            for (int t = 1; t < history.length; t++)
                if (history[t] > history[t - 1]) rise = Math.max(rise, (history[t] - history[t - 1]) / lloyd.total());
            if (!Arrays.equals(lloyd.labels().toLongArray(), hamerly.labels().toLongArray())
                    || !Arrays.equals(lloyd.centres().toDoubleArray(), hamerly.centres().toDoubleArray())
                    || !Arrays.equals(history, hamerly.history()))
                differing++;
        }
        Evidence.of("largest rise over the total", rise, below(1e-13));
        Evidence.of("runs in which Hamerly differs", differing, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void totalIsWithinPlusBetween() {
        double worst = 0;
        for (int run = 0; run < 100; run++) {
            var rng = Rng.of(run);
            var x = randomRows(rng);
            var weights = run % 2 == 0 ? null : Tensor.rand(rng, DType.F64, x.size(0));
            var model = new KMeans(1 + rng.nextInt(6)).withTolerance(0).withSeed(run).fit(x, weights);
            worst = Math.max(worst, Math.abs(model.inertia() + model.between() - model.total()) / model.total());
        }
        var digits = new KMeans(10).withTolerance(0).fit(Datasets.digits().x());
        worst = Math.max(worst, Math.abs(digits.inertia() + digits.between() - digits.total()) / digits.total());
        Evidence.of("relative gap", worst, below(1e-9));
    }

    /** The least inertia over all partitions of the rows into k groups, by restricted growth strings. */
    private static double optimum(double[][] x, int k) { return optimum(x, k, new int[x.length], 0, 0); }

    private static double optimum(double[][] x, int k, int[] group, int at, int used) {
        if (at == x.length) return used == k ? inertia(x, k, group) : Double.POSITIVE_INFINITY;
        double best = Double.POSITIVE_INFINITY;
        for (int g = 0; g <= Math.min(used, k - 1); g++) {
            group[at] = g;
            best = Math.min(best, optimum(x, k, group, at + 1, Math.max(used, g + 1)));
        }
        return best;
    }

    private static double inertia(double[][] x, int k, int[] group) {
        double sum = 0;
        var count = new int[k];
        for (int g : group) count[g]++;
        for (int j = 0; j < x[0].length; j++) {
            var mean = new double[k];
            for (int i = 0; i < x.length; i++) mean[group[i]] += x[i][j] / count[group[i]];
            for (int i = 0; i < x.length; i++) sum += (x[i][j] - mean[group[i]]) * (x[i][j] - mean[group[i]]);
        }
        return sum;
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void bestOfTwoHundredRestartsIsTheOptimumOfTwelvePoints() {
        double worst = 0;
        for (int instance = 0; instance < 20; instance++) {
            int k = 2 + instance % 2;
            var x = Tensor.randn(Rng.of(instance), DType.F64, 12, 2);
            double best = new KMeans(k).withRestarts(200).withTolerance(0).withSeed(instance).fit(x).inertia();
            worst = Math.max(worst, best / optimum(x.toRows(), k) - 1);
        }
        Evidence.of("largest excess", worst, below(1e-12));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void plusPlusStartsCostLessThanUniformOnes() {
        int better = 0;
        for (int set = 0; set < 50; set++) {
            var blobs = Datasets.blobs(Rng.of(set), 300, 10, 2, 0.7).x();
            var one = new KMeans(10).withMaxIterations(1);
            double plus = 0, uniform = 0;
            for (int s = 0; s < 20; s++) {
                plus += one.withStart(new KMeansStart.PlusPlus(1)).withSeed(s).fit(blobs).history()[0];
                uniform += one.withStart(new KMeansStart.RandomRows()).withSeed(s).fit(blobs).history()[0];
            }
            if (plus < uniform) better++;
        }
        Evidence.of("sets where k-means++ starts lower", better, exactly(50));
    }

    @Test void anEmptyClusterGetsTheFarthestRow() {
        var x = Tensor.of(new double[] {0, 1, 2, 3, 100}, 5, 1);
        var model = KMeans.from(Tensor.of(new double[] {1, 1000}, 2, 1)).withTolerance(0).fit(x);
        assertThat(model.centres().toDoubleArray()).containsExactly(1.5, 100);
        assertThat(model.masses()).containsExactly(4, 1);
        assertThat(KMeans.from(Tensor.of(new double[] {1, 1000}, 2, 1)).withAlgorithm(Algorithm.HAMERLY).fit(x).labels().toLongArray())
                .containsExactly(0, 0, 0, 0, 1);
    }

    @Test void fewerDistinctRowsThanClustersStayFinite() {
        var model = new KMeans(4).fit(Tensor.of(new double[] {1, 1, 1, 2, 2, 1}, 6, 1));
        assertThat(model.inertia()).isZero();
        assertThat(model.centres().toDoubleArray()).doesNotContain(Double.NaN);
    }

    @Test void miniBatchesComeNearLloyd() {
        var x = Datasets.blobs(Rng.of(3), 20_000, 8, 5, 1.5).x();
        double lloyd = new KMeans(8).withRestarts(3).fit(x).inertia(),
                batches = new KMeans(8).withRestarts(3).withAlgorithm(Algorithm.MINI_BATCH).fit(x).inertia();
        assertThat(batches / lloyd).isBetween(1 - 1e-9, 1.05);
    }

    @Test void theGapFindsThreeBlobsAndNoneInNoise() {
        var blobs = Datasets.blobs(Rng.of(1), 150, new double[][] {{0, 0}, {8, 0}, {0, 8}}, 1).x();
        var learner = new KMeans(1).withRestarts(3);
        assertThat(GapStatistic.of(learner, blobs, 6, 10, Rng.of(2)).clusters()).isEqualTo(3);
        assertThat(GapStatistic.of(learner, Tensor.rand(Rng.of(5), DType.F64, 150, 2), 6, 10, Rng.of(2)).clusters()).isEqualTo(1);
        var elbow = Elbow.of(learner, blobs, 6);
        assertThat(elbow.bend()).isEqualTo(3);
        assertThat(elbow.figure().title()).isNotBlank();
    }

    @Test void transformGivesDistancesAndInertiaOfNewRows() {
        var x = Tensor.of(new double[] {0, 0, 0, 2, 10, 0, 10, 2}, 4, 2);
        var model = KMeans.from(Tensor.of(new double[] {0, 0, 10, 0}, 2, 2)).fit(x);
        assertThat(model.transform(Tensor.of(new double[] {3, 5}, 1, 2)).toDoubleArray()).containsExactly(5, Math.sqrt(49 + 16));
        assertThat(model.inertia(Tensor.of(new double[] {3, 5}, 1, 2))).isCloseTo(25, within(1e-12));
    }

    @Test void wrongChoicesAreRefusedInWords() {
        assertThatThrownBy(() -> new KMeans(0)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("k is 0; there is at least 1 cluster");
        assertThatThrownBy(() -> new KMeans(2).withTolerance(-1)).hasMessageContaining("-1.0");
        assertThatThrownBy(() -> new KMeans(5).fit(Tensor.zeros(DType.F64, 3, 2))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("k is 5 but x has 3 rows");
        assertThatThrownBy(() -> KMeans.from(Tensor.zeros(DType.F64, 2, 3)).fit(Tensor.zeros(DType.F64, 4, 2)))
                .isInstanceOf(ShapeException.class).hasMessageContaining("3 columns but x has 2");
        assertThatThrownBy(() -> KMeans.from(Tensor.zeros(DType.F64, 2, 3)).withK(4)).hasMessageContaining("k is 4 but 2");
    }
}
