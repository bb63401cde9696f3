package lyceum.learn.metrics;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.LongStream;
import lyceum.prob.Binomial;
import lyceum.random.Rng;
import lyceum.stats.ProportionInterval;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class AccuracyTest {
    private static final String TOPIC = "accuracy";
    private static final Golden GOLDEN = Golden.load("golden/accuracy.json");

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void accuraciesKappasAndMccEqualScikitLearnOnThreeHundredCases() {
        var gap = Gap.absolute();
        int checked = 0, topK = 0;
        for (var c : GOLDEN.cases("random")) {
            var labels = LabelCase.of(c.at("input"));
            var expected = c.at("expected");
            var matrix = labels.matrixOfPresent();
            see(gap, expected, "accuracy",
                    ClassificationMetrics.accuracy(Tensor.of(labels.truth()), Tensor.of(labels.predicted()), labels.weights()));
            see(gap, expected, "balanced", matrix.balancedAccuracy());
            if (Arrays.stream(labels.truth()).distinct().count() > 1) see(gap, expected, "balancedAdjusted", matrix.balancedAccuracy(true));
            see(gap, expected, "kappa", matrix.kappa());
            see(gap, expected, "kappaLinear", labels.matrix().kappa(ConfusionMatrix.Disagreement.LINEAR));
            see(gap, expected, "kappaQuadratic", labels.matrix().kappa(ConfusionMatrix.Disagreement.QUADRATIC));
            see(gap, expected, "mcc", matrix.mcc());
            topK += topK(gap, labels, expected);
            checked++;
        }
        Evidence.of("cases", checked, exactly(300));
        Evidence.of("of them with top-k accuracies", topK, above(0));
        Evidence.of("largest gap to scikit-learn", gap, atMost(1e-12));
    }

    private static void see(Gap gap, Golden expected, String key, double actual) {
        if (!expected.isOpen(key)) gap.see(expected, key, actual);
    }

    private static int topK(Gap gap, LabelCase labels, Golden expected) {
        int seen = 0;
        var scores = new double[labels.truth().length][];
        for (int i = 0; i < scores.length; i++) scores[i] = labels.recipe().uniforms(labels.classes());
        for (String key : expected.names()) {
            if (!key.startsWith("top")) continue;
            int k = Integer.parseInt(key.replaceAll("\\D", ""));
            see(gap, expected, key, ClassificationMetrics.topKAccuracy(Tensor.of(labels.truth()), Tensor.of(scores), k, labels.weights()));
            seen++;
        }
        return seen;
    }

    /** As by sorting each row stably, which is what scikit-learn does. */
    @Acceptance(topic = TOPIC, clause = 1)
    @Test void ofTiedScoresTheHigherClassCountsAsHigher() {
        var gap = Gap.absolute();
        var rng = Rng.of(11);
        int n = 50, classes = 6;
        for (int run = 0; run < 100; run++) {
            var scores = new double[n][classes];
            for (double[] row : scores) for (int c = 0; c < classes; c++) row[c] = rng.nextInt(3);
            var truth = rng.longs(n, 0, classes).toArray();
            for (int k = 1; k <= classes; k++) {
                double right = 0;
                for (int i = 0; i < n; i++) {
                    double[] row = scores[i];
                    long[] rising = LongStream.range(0, classes).boxed().sorted(Comparator.comparingDouble(c -> row[c.intValue()]))
                            .mapToLong(c -> c).toArray();
                    for (int place = classes - k; place < classes; place++) if (rising[place] == truth[i]) right++;
                }
                gap.see("run " + run + ", k " + k, ClassificationMetrics.topKAccuracy(Tensor.of(truth), Tensor.of(scores), k, null),
                        right / n);
            }
        }
        Evidence.of("top-k accuracy of tied scores less that by sorting", gap, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void subsetAccuracyEqualsScikitLearn() {
        var gap = Gap.absolute();
        for (var c : GOLDEN.cases("subset")) {
            var r = new Recipe((long) c.number("input.seed"));
            r.uniforms(2); // n and k, which stand in the input
            int n = c.integer("input.n"), k = c.integer("input.k");
            long[][] truth = new long[n][k], predicted = new long[n][k];
            for (var row : truth) for (int j = 0; j < k; j++) row[j] = r.uniform() < 0.5 ? 1 : 0;
            for (var row : predicted) for (int j = 0; j < k; j++) row[j] = r.uniform() < 0.5 ? 1 : 0;
            for (int i = 0; i < n; i += 2) predicted[i] = truth[i].clone();
            var t = Tensor.of(Arrays.stream(truth).flatMapToLong(Arrays::stream).toArray()).reshape(n, k);
            var p = Tensor.of(Arrays.stream(predicted).flatMapToLong(Arrays::stream).toArray()).reshape(n, k);
            see(gap, c.at("expected"), "subset", ClassificationMetrics.subsetAccuracy(t, p));
            see(gap, c.at("expected"), "hammingLoss", MultilabelConfusion.of(t, p).hammingLoss());
        }
        Evidence.of("largest gap to scikit-learn", gap, atMost(1e-12));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void majorityPredictorGetsAccuracyAndNothingElse() {
        var truth = Tensor.of(LongStream.range(0, 1000).map(i -> i % 100 == 0 ? 1 : 0).toArray());
        var majority = Tensor.of(new long[1000]);
        var matrix = ConfusionMatrix.of(truth, majority);
        Evidence.of("accuracy", matrix.accuracy(), exactly(0.99));
        assertThat(ClassificationMetrics.noInformationRate(truth)).isEqualTo(0.99);
        Evidence.of("balanced accuracy", matrix.balancedAccuracy(), exactly(0.5));
        assertThat(matrix.balancedAccuracy(true)).isZero();
        Evidence.of("kappa", matrix.kappa(), exactly(0));
        Evidence.of("MCC", matrix.mcc(), exactly(0));
        assertThat(ClassificationMetrics.noInformationTest(truth, majority)).isCloseTo(new Binomial(1000, 0.99).survival(989),
                within(1e-12));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void clopperPearsonEqualsStatsmodels() {
        var intervals = GOLDEN.named("intervals");
        double worst = 0;
        for (double[] row : intervals.matrix("expected.rows")) {
            var exact = ProportionInterval.clopperPearson(row[1], row[0], 1 - row[2]);
            var wilson = ProportionInterval.wilson(row[1], row[0], 1 - row[2]);
            worst = Math.max(worst, Math.max(Math.abs(exact.low() - row[3]), Math.abs(exact.high() - row[4])));
            worst = Math.max(worst, Math.max(Math.abs(wilson.low() - row[5]), Math.abs(wilson.high() - row[6])));
        }
        Evidence.of("largest difference", worst, below(1e-9));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void clopperPearsonCoversAtLeastItsLevel() {
        var rng = Rng.of(3);
        int n = 60, runs = 5000;
        double least = 1;
        for (double p : new double[] {0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.97}) {
            int covered = 0;
            for (int run = 0; run < runs; run++)
                if (ProportionInterval.clopperPearson(new Binomial(n, p).sample(rng), n, 0.95).contains(p)) covered++;
            least = Math.min(least, covered / (double) runs);
        }
        Evidence.of("least coverage", least, atLeast(0.941));
    }

    @Test void intervalAndTestOfAnAccuracyCountTheRightRows() {
        long[] truth = new long[100], predicted = new long[100];
        for (int i = 0; i < 100; i++) {
            truth[i] = i % 2;
            predicted[i] = i < 70 ? i % 2 : 1 - i % 2;
        }
        var t = Tensor.of(truth);
        var p = Tensor.of(predicted);
        assertThat(ClassificationMetrics.accuracyInterval(t, p, ProportionInterval.WILSON, 0.95))
                .isEqualTo(ProportionInterval.wilson(70, 100, 0.95));
        assertThat(ClassificationMetrics.noInformationTest(t, p)).isCloseTo(new Binomial(100, 0.5).survival(69), within(1e-15));
        assertThat(ClassificationMetrics.mcc(t, p)).isCloseTo(0.4, within(1e-12));
        assertThat(ClassificationMetrics.kappa(t, p)).isCloseTo(0.4, within(1e-12));
    }
}
