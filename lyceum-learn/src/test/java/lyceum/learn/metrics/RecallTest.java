package lyceum.learn.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lyceum.prob.Normal;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Golden;
import lyceum.testing.Measured;
import org.junit.jupiter.api.Test;

class RecallTest {
    private static final String TOPIC = "recall";
    private static final Golden GOLDEN = Golden.load("golden/recall.json");

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void equalsScikitLearnOverAveragesOnThreeHundredCases() {
        int checked = ScoresByAverage.checkRandom(GOLDEN, "recall", new ScoresByAverage.Score<>() {
            @Override public double[] ofClasses(ConfusionMatrix counts, ZeroDivision policy) { return counts.recall(policy); }

            @Override public double of(ConfusionMatrix counts, Average average, ZeroDivision policy) { return counts.recall(average, policy); }
        });
        assertThat(checked).isEqualTo(300);
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void equalsScikitLearnOnSeveralLabelsARow() {
        assertThat(ScoresByAverage.checkMultilabel(GOLDEN, "recall", new ScoresByAverage.Score<>() {
            @Override public double[] ofClasses(MultilabelConfusion counts, ZeroDivision policy) { return counts.recall(policy); }

            @Override public double of(MultilabelConfusion counts, Average average, ZeroDivision policy) { return counts.recall(average, policy); }
        })).isPositive();
    }

    /** Balanced accuracy knows the classes that occur, so macro recall must leave out the others. */
    @Acceptance(topic = TOPIC, clause = 2)
    @Test void macroRecallIsBalancedAccuracyAndWeightedRecallIsAccuracy() {
        for (var c : GOLDEN.list("cases")) {
            if (!c.text("name").startsWith("random")) continue;
            var matrix = LabelCase.of(c.at("input")).matrix();
            assertThat(matrix.recall(Average.MACRO, ZeroDivision.UNDEFINED)).isEqualTo(matrix.balancedAccuracy());
            assertThat(matrix.recall(Average.WEIGHTED)).isEqualTo(matrix.accuracy());
            double[] recall = matrix.recall(ZeroDivision.ONE), missed = matrix.missRate(ZeroDivision.ZERO);
            for (int k = 0; k < recall.length; k++) assertThat(recall[k] + missed[k]).isCloseTo(1, within(1e-12));
        }
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void flaggingAllHasRecallOneAndThePrevalenceAsPrecision() {
        var rng = Rng.of(3);
        for (int run = 0; run < 100; run++) {
            long[] truth = rng.longs(1 + rng.nextInt(80), 0, 2).toArray(), all = new long[truth.length];
            truth[0] = 1;
            Arrays.fill(all, 1);
            var matrix = ConfusionMatrix.of(truth, all, new long[] {0, 1}, null);
            assertThat(matrix.recall(ZeroDivision.ZERO)[1]).isEqualTo(1);
            assertThat(matrix.precision(ZeroDivision.ZERO)[1]).isEqualTo(matrix.support(1) / matrix.total());
        }
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void recallNeverRisesWithTheThreshold() {
        var rng = Rng.of(4);
        for (int run = 0; run < 100; run++) {
            int n = 40;
            var positive = new boolean[n];
            var scores = new double[n];
            for (int i = 0; i < n; i++) {
                positive[i] = i == 0 || rng.nextInt(3) == 0;
                scores[i] = rng.nextInt(15);
            }
            double last = 1;
            for (double threshold = -0.5; threshold < 15; threshold += 0.5) {
                double hits = 0, all = 0;
                for (int i = 0; i < n; i++) {
                    if (!positive[i]) continue;
                    all++;
                    if (scores[i] >= threshold) hits++;
                }
                assertThat(hits / all).isLessThanOrEqualTo(last);
                last = hits / all;
            }
            var sweep = ScoreSweep.of("test", positive, scores, null);
            for (int i = 1; i < sweep.size(); i++) {
                assertThat(sweep.thresholds()[i]).isLessThan(sweep.thresholds()[i - 1]);
                assertThat(sweep.recall(i)).isGreaterThanOrEqualTo(sweep.recall(i - 1));
            }
        }
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void guaranteedRecallFailsNoMoreOftenThanPromised() {
        var rng = Rng.of(5);
        var normal = new Normal(0, 1);
        int runs = 2000, failures = 0, plainFailures = 0;
        for (int run = 0; run < runs; run++) {
            double[] scores = normal.sample(rng, 120).toDoubleArray();
            // the recall on new data of a threshold is known: scores of positives are standard normal
            if (normal.survival(Thresholds.guaranteeingRecall(scores, 0.9, 0.9)) < 0.9) failures++;
            Arrays.sort(scores);
            if (normal.survival(scores[12]) < 0.9) plainFailures++;
        }
        assertThat(Measured.value("share of failures", failures / (double) runs)).isLessThanOrEqualTo(0.115);
        assertThat(Measured.value("share of failures of the plain quantile", plainFailures / (double) runs)).isGreaterThan(0.4);
    }

    @Test void tooFewPositivesGuaranteeNothingButFlaggingAll() {
        assertThat(Thresholds.guaranteeingRecall(new double[] {1, 2, 3}, 0.9, 0.9)).isEqualTo(Double.NEGATIVE_INFINITY);
        // 0.9^22 = 0.098: from 22 positives on the least of them will do
        assertThat(Thresholds.guaranteeingRecall(new Normal(5, 1).sample(Rng.of(1), 21).toDoubleArray(), 0.9, 0.9)).isEqualTo(Double.NEGATIVE_INFINITY);
        double[] scores = new Normal(5, 1).sample(Rng.of(1), 22).toDoubleArray();
        assertThat(Thresholds.guaranteeingRecall(scores, 0.9, 0.9)).isEqualTo(Arrays.stream(scores).min().orElseThrow());
    }

    @Test void bestPrecisionAtARecallAndRecallAtK() {
        var positive = new boolean[] {true, false, true, true, false, true};
        var scores = new double[] {6, 5, 4, 3, 2, 1};
        assertThat(Thresholds.forRecall(positive, scores, 0.5)).isEqualTo(new OperatingPoint(3, 0.75, 0.75, 0.5));
        assertThat(Thresholds.forRecall(positive, scores, 1).threshold()).isEqualTo(1);
        assertThat(Thresholds.forRecall(positive, scores, 0.5).missRate()).isEqualTo(0.25);
        assertThat(RankingMetrics.recallAtK(positive, scores, 3)).isEqualTo(0.5);
        assertThat(RankingMetrics.recallAtK(positive, new double[6], 3)).isCloseTo(0.5, within(1e-15));
    }
}
