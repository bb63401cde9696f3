package lyceum.learn.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lyceum.prob.Binomial;
import lyceum.random.Rng;
import lyceum.stats.ProportionInterval;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Golden;
import lyceum.testing.Measured;
import org.junit.jupiter.api.Test;

class AccuracyTest {
    private static final String TOPIC = "accuracy";
    private static final Golden GOLDEN = Golden.load("golden/accuracy.json");

    private static void close(double actual, Golden expected, String key, String name) {
        if (!expected.has(key)) return;
        double value = expected.number(key);
        if (Double.isNaN(value)) assertThat(actual).as(name + " " + key).isNaN();
        else assertThat(actual).as(name + " " + key).isCloseTo(value, within(1e-12));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void accuraciesKappasAndMccEqualScikitLearnOnThreeHundredCases() {
        int checked = 0, topK = 0;
        for (var c : GOLDEN.list("cases")) {
            if (!c.text("name").startsWith("random")) continue;
            var labels = LabelCase.of(c.at("input"));
            var expected = c.at("expected");
            var matrix = labels.matrixOfPresent();
            close(ClassificationMetrics.accuracy(Tensor.of(labels.truth()), Tensor.of(labels.predicted()), labels.weights()), expected, "accuracy", c.text("name"));
            close(matrix.balancedAccuracy(), expected, "balanced", c.text("name"));
            if (Arrays.stream(labels.truth()).distinct().count() > 1) close(matrix.balancedAccuracy(true), expected, "balancedAdjusted", c.text("name"));
            close(matrix.kappa(), expected, "kappa", c.text("name"));
            close(labels.matrix().kappa(ConfusionMatrix.Disagreement.LINEAR), expected, "kappaLinear", c.text("name"));
            close(labels.matrix().kappa(ConfusionMatrix.Disagreement.QUADRATIC), expected, "kappaQuadratic", c.text("name"));
            close(matrix.mcc(), expected, "mcc", c.text("name"));
            topK += topK(labels, expected, c.text("name"));
            checked++;
        }
        assertThat(checked).isEqualTo(300);
        assertThat(topK).isPositive();
    }

    private static int topK(LabelCase labels, Golden expected, String name) {
        int seen = 0;
        var scores = new double[labels.truth().length][];
        for (int i = 0; i < scores.length; i++) scores[i] = labels.recipe().uniforms(labels.classes());
        for (String key : expected.names()) {
            if (!key.startsWith("top")) continue;
            int k = Integer.parseInt(key.replaceAll("\\D", ""));
            close(ClassificationMetrics.topKAccuracy(Tensor.of(labels.truth()), Tensor.of(scores), k, labels.weights()), expected, key, name);
            seen++;
        }
        return seen;
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void subsetAccuracyEqualsScikitLearn() {
        for (var c : GOLDEN.list("cases")) {
            if (!c.text("name").startsWith("subset")) continue;
            var r = new lyceum.testing.Recipe((long) c.number("input.seed"));
            r.uniforms(2); // n and k, which stand in the input
            int n = c.integer("input.n"), k = c.integer("input.k");
            long[][] truth = new long[n][k], predicted = new long[n][k];
            for (var row : truth) for (int j = 0; j < k; j++) row[j] = r.uniform() < 0.5 ? 1 : 0;
            for (var row : predicted) for (int j = 0; j < k; j++) row[j] = r.uniform() < 0.5 ? 1 : 0;
            for (int i = 0; i < n; i += 2) predicted[i] = truth[i].clone();
            var t = Tensor.of(Arrays.stream(truth).flatMapToLong(Arrays::stream).toArray()).reshape(n, k);
            var p = Tensor.of(Arrays.stream(predicted).flatMapToLong(Arrays::stream).toArray()).reshape(n, k);
            close(ClassificationMetrics.subsetAccuracy(t, p), c.at("expected"), "subset", c.text("name"));
            close(MultilabelConfusion.of(t, p).hammingLoss(), c.at("expected"), "hammingLoss", c.text("name"));
        }
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void majorityPredictorGetsAccuracyAndNothingElse() {
        var truth = Tensor.of(java.util.stream.LongStream.range(0, 1000).map(i -> i % 100 == 0 ? 1 : 0).toArray());
        var majority = Tensor.of(new long[1000]);
        var matrix = ConfusionMatrix.of(truth, majority);
        assertThat(matrix.accuracy()).isEqualTo(0.99).isEqualTo(ClassificationMetrics.noInformationRate(truth));
        assertThat(matrix.balancedAccuracy()).isEqualTo(0.5);
        assertThat(matrix.balancedAccuracy(true)).isZero();
        assertThat(matrix.kappa()).isZero();
        assertThat(matrix.mcc()).isZero();
        assertThat(ClassificationMetrics.noInformationTest(truth, majority)).isGreaterThan(0.5);
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void clopperPearsonEqualsStatsmodels() {
        var intervals = GOLDEN.list("cases").stream().filter(c -> c.text("name").equals("intervals")).findFirst().orElseThrow();
        double worst = 0;
        for (double[] row : intervals.matrix("expected.rows")) {
            var exact = ProportionInterval.clopperPearson(row[1], row[0], 1 - row[2]);
            var wilson = ProportionInterval.wilson(row[1], row[0], 1 - row[2]);
            worst = Math.max(worst, Math.max(Math.abs(exact.low() - row[3]), Math.abs(exact.high() - row[4])));
            worst = Math.max(worst, Math.max(Math.abs(wilson.low() - row[5]), Math.abs(wilson.high() - row[6])));
        }
        assertThat(Measured.value("largest difference", worst)).isLessThan(1e-9);
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void clopperPearsonCoversAtLeastItsLevel() {
        var rng = Rng.of(3);
        int n = 60, runs = 5000;
        double least = 1;
        for (double p : new double[] {0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.97}) {
            int covered = 0;
            for (int run = 0; run < runs; run++) if (ProportionInterval.clopperPearson(new Binomial(n, p).sample(rng), n, 0.95).contains(p)) covered++;
            least = Math.min(least, covered / (double) runs);
        }
        assertThat(Measured.value("least coverage", least)).isGreaterThanOrEqualTo(0.941);
    }

    @Test void intervalAndTestOfAnAccuracyCountTheRightRows() {
        long[] truth = new long[100], predicted = new long[100];
        for (int i = 0; i < 100; i++) {
            truth[i] = i % 2;
            predicted[i] = i < 70 ? i % 2 : 1 - i % 2;
        }
        var t = Tensor.of(truth);
        var p = Tensor.of(predicted);
        assertThat(ClassificationMetrics.accuracyInterval(t, p, ProportionInterval.WILSON, 0.95)).isEqualTo(ProportionInterval.wilson(70, 100, 0.95));
        assertThat(ClassificationMetrics.noInformationTest(t, p)).isCloseTo(new Binomial(100, 0.5).survival(69), within(1e-15));
        assertThat(ClassificationMetrics.mcc(t, p)).isCloseTo(0.4, within(1e-12));
        assertThat(ClassificationMetrics.kappa(t, p)).isCloseTo(0.4, within(1e-12));
    }
}
