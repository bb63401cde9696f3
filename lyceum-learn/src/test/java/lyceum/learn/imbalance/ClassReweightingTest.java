package lyceum.learn.imbalance;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.learn.calibration.CalibrationReport;
import lyceum.learn.leakage.Evaluation;
import lyceum.learn.leakage.Finding;
import lyceum.learn.leakage.LeakageAudit;
import lyceum.learn.linear.LogisticModel;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.metrics.ConfusionMatrix;
import lyceum.learn.metrics.RocCurve;
import lyceum.learn.neighbors.KNeighborsClassifier;
import lyceum.learn.selection.CrossValidation;
import lyceum.learn.selection.KFold;
import lyceum.learn.selection.Scorer;
import lyceum.learn.selection.StratifiedKFold;
import lyceum.random.Rng;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.Model;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassReweightingTest {
    private static final String TOPIC = "class-reweighting";

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void balancedWeightsAndBalancedLogisticRegressionEqualScikitLearn() {
        Gap weights = Gap.relativeBeyondOne(), coefficients = Gap.absolute();
        var golden = Golden.load("golden/class-reweighting.json");
        for (var c : golden.cases("weights")) {
            long[] classes = c.longs("expected.classes");
            double[] expected = c.doubles("expected.balanced");
            var found = ClassWeights.balanced().classes(Tensor.of(c.longs("input.labels")));
            assertThat(found).hasSize(classes.length);
            for (int k = 0; k < classes.length; k++)
                weights.see(c.text("name") + ", class " + classes[k], found.get(classes[k]), expected[k]);
        }
        var data = Datasets.breastCancer().standardised();
        for (var c : golden.cases("logistic")) {
            var model = BalancedClassifier.weighted(new LogisticRegression().withC(c.number("input.c")).withTolerance(1e-10)).fit(data.x(),
                    data.y());
            var fitted = (LogisticModel) model.model();
            coefficients.see(c.text("name"), fitted.coefficients().toDoubleArray(), c.doubles("expected.coef"));
            coefficients.see(c.text("name") + ", intercept", fitted.intercept().toDoubleArray()[0], c.number("expected.intercept"));
        }
        Evidence.of("weights compared", weights.seen(), atLeast(40));
        Evidence.of("largest difference of a weight", weights, below(1e-12));
        Evidence.of("coefficients compared", coefficients.seen(), exactly(62));
        Evidence.of("largest difference of a coefficient", coefficients, below(1e-5));
    }

    /** Clause 2: neighbours and distances to segments are found here by comparing all rows. */
    @Acceptance(topic = TOPIC, clause = 2)
    @Test void everySmotePointLiesBetweenARowAndOneOfItsNeighbours() {
        double worst = 0;
        int made = 0, inside = 0;
        for (var variant : Smote.Variant.values()) for (int k : new int[] {1, 3, 5}) for (int p : new int[] {2, 7}) {
            var rng = Rng.of(31 * k + p);
            int n = 130;
            double[][] x = new double[n][p];
            var labels = new long[n];
            for (int i = 0; i < n; i++) {
                labels[i] = i < 20 ? 4 : i < 40 ? 9 : -1;
                for (int j = 0; j < p; j++) x[i][j] = rng.nextGaussian() + (labels[i] > 0 && j == 0 ? 1 : 0);
            }
            var after = new Smote(k).withVariant(variant).resample(Tensor.of(x), Tensor.of(labels), rng);
            double[][] rows = after.x().toRows();
            long[] classes = after.labels().toLongArray();
            assertThat(IntStream.range(0, n).allMatch(i -> Arrays.equals(rows[i], x[i]))).isTrue();
            for (long label : new long[] {4, 9}) assertThat(Arrays.stream(classes).filter(l -> l == label).count()).isEqualTo(90);
            for (int s = n; s < rows.length; s++) {
                double nearest = Double.POSITIVE_INFINITY;
                for (int a = 0; a < n; a++) {
                    if (labels[a] != classes[s]) continue;
                    for (int b : neighbours(x, labels, a, k)) nearest = Math.min(nearest, toSegment(rows[s], x[a], x[b]));
                }
                worst = Math.max(worst, nearest);
                made++;
                int row = s;
                if (IntStream.range(0, n).noneMatch(i -> Arrays.equals(rows[row], x[i]))) inside++;
            }
        }
        Evidence.of("points made", made, exactly(18 * 140));
        Evidence.of("of which no copies", inside, atLeast(18 * 139));
        Evidence.of("largest distance from a segment", worst, atMost(1e-10));
    }

    private static int[] neighbours(double[][] x, long[] labels, int a, int k) {
        return IntStream.range(0, x.length).filter(b -> b != a && labels[b] == labels[a]).boxed()
                .sorted((b, c) -> Double.compare(distance(x[a], x[b]), distance(x[a], x[c]))).limit(k).mapToInt(b -> b).toArray();
    }

    private static double distance(double[] a, double[] b) {
        double sum = 0;
        for (int j = 0; j < a.length; j++) sum += (a[j] - b[j]) * (a[j] - b[j]);
        return Math.sqrt(sum);
    }

    private static double toSegment(double[] s, double[] a, double[] b) {
        double along = 0, length = 0;
        for (int j = 0; j < s.length; j++) {
            along += (s[j] - a[j]) * (b[j] - a[j]);
            length += (b[j] - a[j]) * (b[j] - a[j]);
        }
        double u = Math.clamp(along / length, 0, 1), sum = 0;
        for (int j = 0; j < s.length; j++) sum += Math.pow(s[j] - a[j] - u * (b[j] - a[j]), 2);
        return Math.sqrt(sum);
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void batchesHoldClassesInEqualShares() {
        var labels = new long[1_110];
        for (int i = 0; i < labels.length; i++) labels[i] = i < 10 ? 2 : i < 110 ? 1 : 0;
        int batches = 10_000;
        double worst = 0, everyRow = Double.POSITIVE_INFINITY;
        for (int size : new int[] {32, 2}) {
            var sampler = BalancedBatches.of(Tensor.of(labels), size, Rng.of(3));
            var counts = new double[3];
            var seen = new int[labels.length];
            for (int b = 0; b < batches; b++) for (int row : sampler.batch(b)) {
                counts[(int) labels[row]]++;
                seen[row]++;
            }
            for (double count : counts) worst = Math.max(worst, Math.abs(count / (batches * (double) size) * 3 - 1));
            if (size == 32) everyRow = Arrays.stream(seen).min().orElseThrow();
        }
        Evidence.of("largest relative deviation from a third", worst, atMost(0.02));
        Evidence.of("times the rarest row was seen", everyRow, atLeast(1));
    }

    /** Two normal classes, one in 51 of the second kind. */
    private static Tensor[] rare(long seed, int n) {
        var rng = Rng.of(seed);
        double[][] x = new double[n][3];
        var labels = new long[n];
        for (int i = 0; i < n; i++) {
            labels[i] = i % 51 == 0 ? 1 : 0;
            for (int j = 0; j < 3; j++) x[i][j] = rng.nextGaussian() + (labels[i] == 1 && j < 2 ? 1.2 : 0);
        }
        return new Tensor[] {Tensor.of(x), Tensor.of(labels)};
    }

    private static boolean[] truth(Tensor labels) {
        long[] values = labels.toLongArray();
        var truth = new boolean[values.length];
        for (int i = 0; i < truth.length; i++) truth[i] = values[i] == 1;
        return truth;
    }

    private static double[] probabilities(ClassificationModel model, Tensor x) {
        return model.predictProba(x).select(1, 1).toDoubleArray();
    }

    private static double recall(ClassificationModel model, Tensor[] rows) {
        var matrix = ConfusionMatrix.of(rows[1], model.predict(rows[0]));
        return matrix.truePositives(1) / matrix.support(1);
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void weightsRaiseRecallAndLeaveTheAreaAlone() {
        Tensor[] train = rare(1, 10_200), test = rare(2, 20_400);
        var truth = truth(test[1]);
        var plain = new LogisticRegression().fit(train[0], train[1]);
        var weighted = BalancedClassifier.weighted(new LogisticRegression()).fit(train[0], train[1]);
        Evidence.of("negatives for each positive", (double) Arrays.stream(train[1].toLongArray()).filter(l -> l == 0).count() / 200,
                exactly(50));
        Evidence.of("gain in minority recall", recall(weighted, test) - recall(plain, test), atLeast(0.2));
        double gap = Math.abs(RocCurve.of(truth, probabilities(weighted, test[0]), null).auc()
                - RocCurve.of(truth, probabilities(plain, test[0]), null).auc());
        Evidence.of("change of the area", gap, atMost(0.02));
        Evidence.that("the model is another", gap > 0);
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void correctedProbabilitiesAreCalibratedAgain() {
        Tensor[] train = rare(3, 10_200), test = rare(4, 51_000);
        var truth = truth(test[1]);
        double worstBefore = 1, worst = 0, off = 0, loss = 0,
                rate = (double) IntStream.range(0, truth.length).filter(i -> truth[i]).count() / truth.length;
        for (var classifier : List.of(BalancedClassifier.weighted(new LogisticRegression()),
                BalancedClassifier.weighted(new LogisticRegression(), ClassWeights.effective(0.9999)),
                BalancedClassifier.resampled(new LogisticRegression(), Resampler.oversampling(1)),
                BalancedClassifier.resampled(new LogisticRegression(), Resampler.undersampling(1)),
                BalancedClassifier.resampled(new LogisticRegression(), new Smote(5)))) {
            worstBefore = Math.min(worstBefore,
                    CalibrationReport.of(truth, probabilities(classifier.fit(train[0], train[1]), test[0])).ece());
            double[] corrected = probabilities(classifier.withCorrected(true).fit(train[0], train[1]), test[0]);
            worst = Math.max(worst, CalibrationReport.of(truth, corrected).ece());
            double sum = 0;
            for (int i = 0; i < truth.length; i++) sum -= Math.log(truth[i] ? corrected[i] : 1 - corrected[i]);
            loss = Math.max(loss, sum / truth.length);
            off = Math.max(off, Math.abs(Arrays.stream(corrected).average().orElseThrow() / rate - 1));
        }
        Evidence.of("least error of calibration by five ways of balancing", worstBefore, above(0.1));
        Evidence.of("largest after correction", worst, below(0.02));
        // the rate for every row is calibrated as well, and tells nothing
        double constant = -rate * Math.log(rate) - (1 - rate) * Math.log(1 - rate);
        Evidence.of("largest log loss after correction over that of the rate for every row", loss / constant, below(0.9));
        Evidence.of("relative distance of their mean from the rate of the rare class", off, below(0.25));
    }

    @Acceptance(topic = TOPIC, clause = 6)
    @Test void rowsResampledBeforeTheSplitAreRefused() {
        Tensor[] rows = rare(5, 510);
        var cv = new CrossValidation(new StratifiedKFold(5).shuffled(1));
        var near = new KNeighborsClassifier(1);
        int refused = 0;
        for (var resampler : List.of(Resampler.oversampling(1), Resampler.undersampling(1), new Smote(5))) {
            var resampled = resampler.resample(rows[0], rows[1], Rng.of(1));
            assertThatThrownBy(() -> cv.score(near, resampled, Scorer.ACCURACY)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("before folds were cut").hasMessageContaining("BalancedClassifier");
            assertThatThrownBy(() -> cv.folds(resampled)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("BalancedClassifier");
            refused++;
        }
        Evidence.of("ways of resampling that cross-validation refuses before the split", refused, exactly(3));
        // who takes the tensors out is found by the audit, and would have believed this:
        var out = Resampler.oversampling(1).resample(rows[0], rows[1], Rng.of(1));
        var recall = Scorer.ofConfusion("recall", m -> m.truePositives(1) / m.support(1));
        Evidence.of("recall that copies on both sides feign", cv.score(near, out.x(), out.labels(), recall).mean(), atLeast(0.95));
        double honest = cv.score(BalancedClassifier.resampled(near, Resampler.oversampling(1)), rows[0], rows[1], recall).mean();
        Evidence.of("recall with copies in training folds only", honest, below(0.5));
        assertThat(new LeakageAudit().audit(Evaluation.of(out.x(), out.labels(), cv.folds(out.x(), out.labels())))
                .has(Finding.Kind.DUPLICATES)).isTrue();
    }

    @Test void testRowsAreNeitherWeightedNorResampled() {
        // a resampler that tells what it is given
        Tensor[] rows = rare(6, 255);
        var sizes = new ConcurrentLinkedQueue<Long>();
        Resampler spy = (x, labels, rng) -> {
            sizes.add(x.size(0));
            return Resampler.oversampling(1).resample(x, labels, rng);
        };
        new CrossValidation(new KFold(5)).score(BalancedClassifier.resampled(new LogisticRegression(), spy), rows[0], rows[1],
                Scorer.ACCURACY);
        assertThat(sizes).hasSize(5).containsOnly(204L);
    }

    @Test void weightsOfAllKindsAndCorrectionByHand() {
        var labels = Tensor.of(new long[] {0, 0, 0, 0, 0, 0, 0, 0, 1, 1});
        assertThat(ClassWeights.balanced().rows(labels).toDoubleArray()).containsExactly(0.625, 0.625, 0.625, 0.625, 0.625, 0.625, 0.625,
                0.625, 2.5, 2.5);
        // (1 - 0.9^8) / 0.1 and (1 - 0.9^2) / 0.1
        double a = 0.1 / (1 - Math.pow(0.9, 8)), b = 0.1 / (1 - Math.pow(0.9, 2));
        assertThat(ClassWeights.effective(0.9).classes(labels).get(1L)).isCloseTo(2 * b / (a + b), within(1e-14));
        assertThat(ClassWeights.effective(0).classes(labels).values()).containsOnly(1.0);
        assertThat(ClassWeights.effective(1 - 1e-12).classes(labels).get(0L)).isCloseTo(0.4, within(1e-6));
        assertThat(ClassWeights.of(Map.of(1L, 3.0)).classes(labels)).isEqualTo(Map.of(0L, 1.0, 1L, 3.0));
        assertThat(new PriorCorrection(new double[] {0.5, 0.5}, new double[] {0.98, 0.02}).apply(Tensor.of(new double[][] {{0.1, 0.9}}))
                .item(0, 1)).isCloseTo(9 * (0.02 / 0.98) / (1 + 9 * (0.02 / 0.98)), within(1e-14));
        assertThat(new PriorCorrection(new double[] {0.5, 0.5}, new double[] {0.9, 0.1})
                .apply(Tensor.of(new double[][] {{0.5, 0.5}}).to(DType.F32)).dtype()).isEqualTo(DType.F32);
    }

    @Test void resamplersReachTheirRatioAndModelsAreSaved(@TempDir Path folder) {
        Tensor[] rows = rare(7, 510);
        assertThat(Resampler.oversampling(0.5).resample(rows[0], rows[1], Rng.of(1)).size()).isEqualTo(500 + 250);
        assertThat(Resampler.undersampling(0.5).resample(rows[0], rows[1], Rng.of(1)).size()).isEqualTo(10 + 20);
        assertThat(new Smote(5).withRatio(0.1).resample(rows[0], rows[1], Rng.of(1)).size()).isEqualTo(500 + 50);
        var one = new Smote(5).resample(rows[0].narrow(0, 0, 20), rows[1].narrow(0, 0, 20), Rng.of(1));
        assertThat(one.size()).isEqualTo(38);
        var model = BalancedClassifier.resampled(new LogisticRegression(), new Smote(5)).withCorrected(true).fit(rows[0], rows[1]);
        model.save(folder.resolve("m"));
        assertThat(Model.load(folder.resolve("m"), BalancedModel.class).predictProba(rows[0]).toDoubleArray())
                .isEqualTo(model.predictProba(rows[0]).toDoubleArray());
        assertThat(model.decisionFunction(rows[0]).item(3))
                .isCloseTo(Math.log(model.predictProba(rows[0]).item(3, 1) / model.predictProba(rows[0]).item(3, 0)), within(1e-9));
    }

    @Test void aMovedThresholdHasTheRecallOfWeightsAndKeepsProbabilities() {
        Tensor[] train = rare(8, 5_100), test = rare(9, 10_200);
        Classifier plain = new LogisticRegression();
        var moved = new TunedThreshold(plain, TunedThreshold.balancedAccuracy()).fit(train[0], train[1]);
        var weighted = BalancedClassifier.weighted(plain).fit(train[0], train[1]);
        assertThat(recall(moved, test)).isCloseTo(recall(weighted, test), within(0.08));
        assertThat(recall(new TunedThreshold(plain, TunedThreshold.recall(0.9)).fit(train[0], train[1]), test)).isBetween(0.85, 0.99);
        assertThat(CalibrationReport.of(truth(test[1]), probabilities(moved.model(), test[0])).ece()).isLessThan(0.02);
        double[] p = probabilities(moved.model(), test[0]);
        long[] called = moved.predict(test[0]).toLongArray();
        for (int i = 0; i < p.length; i++) assertThat(called[i] == 1).isEqualTo(p[i] >= moved.threshold());
        assertThat(new TunedThreshold(plain, (positive, scores) -> 0.3).fit(train[0], train[1]).threshold()).isEqualTo(0.3);
    }

    @Test void wrongSettingsAreRefusedInWords() {
        var plain = new LogisticRegression();
        assertThatThrownBy(() -> ClassWeights.effective(1)).hasMessageContaining("beta is 1.0; it lies in [0, 1)");
        assertThatThrownBy(() -> ClassWeights.of(Map.of(3L, -1.0))).hasMessageContaining("class 3 weighs -1.0");
        assertThatThrownBy(() -> new BalancedClassifier(plain, null, null, false, 0)).hasMessageContaining("both null");
        assertThatThrownBy(() -> new Smote(0)).hasMessageContaining("0 neighbours");
        assertThatThrownBy(() -> Resampler.oversampling(2)).hasMessageContaining("the ratio is 2.0");
        assertThatThrownBy(() -> new PriorCorrection(new double[] {0.5, 0.6}, new double[] {0.5, 0.5}))
                .hasMessageContaining("they sum to 1");
        assertThatThrownBy(() -> BalancedBatches.of(Tensor.of(new long[] {0, 1}), 0, Rng.of(1))).hasMessageContaining("a batch of 0 rows");
        assertThatThrownBy(
                () -> new Smote(2).resample(Tensor.of(new double[][] {{Double.NaN}, {1}}), Tensor.of(new long[] {0, 1}), Rng.of(1)))
                .hasMessageContaining("Smote");
        var iris = Datasets.iris();
        assertThatThrownBy(() -> new TunedThreshold(plain, TunedThreshold.fBeta(1)).fit(iris.x(), iris.y()))
                .hasMessageContaining("a threshold parts two");
    }
}
