package lyceum.learn.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import lyceum.data.Datasets;
import lyceum.data.Split;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Golden;
import lyceum.testing.Measured;
import org.junit.jupiter.api.Test;

class PrecisionTest {
    private static final String TOPIC = "precision";
    private static final Golden GOLDEN = Golden.load("golden/precision.json");

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void equalsScikitLearnOverAveragesAndPoliciesOnThreeHundredCases() {
        int checked = ScoresByAverage.checkRandom(GOLDEN, "precision", new ScoresByAverage.Score<>() {
            @Override public double[] ofClasses(ConfusionMatrix counts, ZeroDivision policy) { return counts.precision(policy); }

            @Override public double of(ConfusionMatrix counts, Average average, ZeroDivision policy) { return counts.precision(average, policy); }
        });
        assertThat(checked).isEqualTo(300);
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void equalsScikitLearnOnSeveralLabelsARow() {
        assertThat(ScoresByAverage.checkMultilabel(GOLDEN, "precision", new ScoresByAverage.Score<>() {
            @Override public double[] ofClasses(MultilabelConfusion counts, ZeroDivision policy) { return counts.precision(policy); }

            @Override public double of(MultilabelConfusion counts, Average average, ZeroDivision policy) { return counts.precision(average, policy); }
        })).isPositive();
    }

    /** With all labels counted: leaving one out drops its rows from the micro average but not from the accuracy. */
    @Acceptance(topic = TOPIC, clause = 2)
    @Test void microPrecisionIsAccuracyWhereEveryRowHasOneLabel() {
        for (var c : GOLDEN.list("cases")) {
            if (!c.text("name").startsWith("random")) continue;
            var matrix = LabelCase.of(c.at("input")).matrix();
            assertThat(matrix.precision(Average.MICRO)).isEqualTo(matrix.accuracy());
        }
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void bayesRuleForetellsPrecisionAtAnotherPrevalence() {
        var rng = Rng.of(3);
        int n = 200_000;
        for (double prevalence : new double[] {0.5, 0.2, 0.05, 0.01}) {
            double tp = 0, fp = 0;
            for (int i = 0; i < n; i++) {
                boolean sick = rng.nextDouble() < prevalence;
                if (rng.nextDouble() < (sick ? 0.9 : 0.1)) {
                    if (sick) tp++;
                    else fp++;
                }
            }
            double foretold = ClassificationMetrics.precisionAt(0.9, 0.9, prevalence);
            assertThat(tp / (tp + fp)).as("prevalence " + prevalence).isCloseTo(foretold, within(0.01));
        }
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void precisionAtKEqualsTheMeanOverAllOrdersOfTies() {
        var rng = Rng.of(4);
        double worst = 0;
        for (int run = 0; run < 200; run++) {
            int n = 2 + rng.nextInt(6), k = 1 + rng.nextInt(n);
            var positive = new boolean[n];
            var scores = new double[n];
            for (int i = 0; i < n; i++) {
                positive[i] = rng.nextBoolean();
                scores[i] = rng.nextInt(3);
            }
            double[] sum = new double[2];
            permute(new int[n], new boolean[n], 0, scores, positive, k, sum);
            worst = Math.max(worst, Math.abs(RankingMetrics.precisionAtK(positive, scores, k) - sum[0] / sum[1] / k));
        }
        assertThat(Measured.value("largest difference", worst)).isLessThan(1e-12);
    }

    /** Adds the positives among the first k of every order in which scores do not rise. */
    private static void permute(int[] order, boolean[] used, int at, double[] scores, boolean[] positive, int k, double[] sum) {
        if (at == order.length) {
            for (int i = 0; i < k; i++) if (positive[order[i]]) sum[0]++;
            sum[1]++;
            return;
        }
        for (int row = 0; row < order.length; row++) {
            if (used[row] || at > 0 && scores[row] > scores[order[at - 1]]) continue;
            used[row] = true;
            order[at] = row;
            permute(order, used, at + 1, scores, positive, k, sum);
            used[row] = false;
        }
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void thresholdTunedForPrecisionKeepsItOnNewMails() {
        var parts = Split.stratified(Datasets.spamAssassin().labels(), Rng.of(5), 0.3, 0.2, 0.5).of(Datasets.spamAssassin());
        var model = SpamScores.fit(parts.get(0), 1);
        var cut = Thresholds.forPrecision(SpamScores.spam(parts.get(1)), model.of(parts.get(1)), 0.99);
        double[] scores = model.of(parts.get(2));
        boolean[] spam = SpamScores.spam(parts.get(2));
        double hits = 0, alarms = 0, all = 0;
        for (int i = 0; i < spam.length; i++) {
            if (spam[i]) all++;
            if (scores[i] < cut.threshold()) continue;
            alarms++;
            if (spam[i]) hits++;
        }
        assertThat(Measured.value("precision on the test half", hits / alarms)).isGreaterThanOrEqualTo(0.98);
        assertThat(Measured.value("recall on the test half", hits / all)).isGreaterThan(0.5);
    }

    @Test void thresholdsForPrecisionAndFalseAlarmsFlagAsMuchAsTheyMay() {
        var positive = new boolean[] {true, true, false, true, false, false, true};
        var scores = new double[] {7, 6, 5, 4, 3, 2, 1};
        assertThat(Thresholds.forPrecision(positive, scores, 0.75)).isEqualTo(new OperatingPoint(4, 0.75, 0.75, 1.0 / 3));
        assertThat(Thresholds.forPrecision(positive, scores, 1).threshold()).isEqualTo(6);
        assertThat(Thresholds.forFalsePositiveRate(positive, scores, 0.4).threshold()).isEqualTo(4);
        assertThat(Thresholds.forFalsePositiveRate(positive, scores, 0).threshold()).isEqualTo(6);
        assertThat(Thresholds.forPrecision(new boolean[] {false, true}, new double[] {2, 1}, 0.9).threshold()).isEqualTo(Double.POSITIVE_INFINITY);
    }

    @Test void surePrecisionAsksForMoreRowsThanAPointEstimate() {
        var rng = Rng.of(6);
        int n = 3000;
        var positive = new boolean[n];
        var scores = new double[n];
        for (int i = 0; i < n; i++) {
            positive[i] = i % 3 == 0;
            scores[i] = rng.nextGaussian() + (positive[i] ? 2.5 : 0);
        }
        var plain = Thresholds.forPrecision(positive, scores, 0.95);
        var sure = Thresholds.forPrecision(positive, scores, 0.95, 0.9);
        assertThat(sure.threshold()).isGreaterThan(plain.threshold());
        assertThat(sure.precision()).isGreaterThan(0.95);
    }

    @Test void whatCannotBeMeasuredIsRefusedByName() {
        assertThatThrownBy(() -> RankingMetrics.precisionAtK(new boolean[3], new double[3], 4)).hasMessageContaining("k is 4");
        assertThatThrownBy(() -> Thresholds.forPrecision(new boolean[3], new double[3], 0.9)).hasMessageContaining("none of the 3 rows is positive");
        assertThatThrownBy(() -> Thresholds.forRecall(new boolean[] {true}, new double[] {1}, 1.5)).hasMessageContaining("recall is 1.5");
    }
}
