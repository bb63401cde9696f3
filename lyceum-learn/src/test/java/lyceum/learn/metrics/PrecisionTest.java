package lyceum.learn.metrics;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.data.SparseCounts;
import lyceum.data.Split;
import lyceum.learn.linear.LogisticModel;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.selection.FoldScheme;
import lyceum.learn.selection.StratifiedKFold;
import lyceum.random.Rng;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class PrecisionTest {
    private static final String TOPIC = "precision";
    private static final Golden GOLDEN = Golden.load("golden/precision.json");

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void equalsScikitLearnOverAveragesAndPoliciesOnThreeHundredCases() {
        var gap = Gap.absolute();
        int checked = ScoresByAverage.checkRandom(gap, GOLDEN, "precision", new ScoresByAverage.Score<>() {
            @Override public double[] ofClasses(ConfusionMatrix counts, ZeroDivision policy) { return counts.precision(policy); }

            @Override public double of(ConfusionMatrix counts, Average average, ZeroDivision policy) {
                return counts.precision(average, policy);
            }
        });
        Evidence.of("cases", checked, exactly(300));
        Evidence.of("largest gap to scikit-learn", gap, atMost(1e-12));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void equalsScikitLearnOnSeveralLabelsARow() {
        var gap = Gap.absolute();
        int checked = ScoresByAverage.checkMultilabel(gap, GOLDEN, "precision", new ScoresByAverage.Score<>() {
            @Override public double[] ofClasses(MultilabelConfusion counts, ZeroDivision policy) { return counts.precision(policy); }

            @Override public double of(MultilabelConfusion counts, Average average, ZeroDivision policy) {
                return counts.precision(average, policy);
            }
        });
        Evidence.of("cases", checked, above(0));
        Evidence.of("largest gap to scikit-learn", gap, atMost(1e-12));
    }

    /** With all labels counted: leaving one out drops its rows from the micro average but not from the accuracy. */
    @Acceptance(topic = TOPIC, clause = 2)
    @Test void microPrecisionIsAccuracyWhereEveryRowHasOneLabel() {
        var gap = Gap.absolute();
        for (var c : GOLDEN.cases("random")) {
            var matrix = LabelCase.of(c.at("input")).matrix();
            gap.see(c.text("name"), matrix.precision(Average.MICRO), matrix.accuracy());
        }
        Evidence.of("micro precision less accuracy", gap, exactly(0));
    }

    /** The classes of breast cancer by one feature, at a careful and at a lax threshold: rates counted once, on all rows, then rows drawn at another prevalence. */
    @Acceptance(topic = TOPIC, clause = 3)
    @Test void bayesRuleForetellsPrecisionAtAnotherPrevalence() {
        var gap = Gap.absolute();
        var data = Datasets.breastCancer();
        double[] radius = data.x().select(1, 0).toDoubleArray();
        int[] sick = IntStream.range(0, radius.length).filter(i -> data.labels()[i] == 0).toArray(),
                well = IntStream.range(0, radius.length).filter(i -> data.labels()[i] == 1).toArray();
        var rng = Rng.of(3);
        int n = 2_000_000;
        for (double threshold : new double[] {13, 15, 17}) {
            double sensitivity = Arrays.stream(sick).filter(i -> radius[i] >= threshold).count() / (double) sick.length;
            double specificity = Arrays.stream(well).filter(i -> radius[i] < threshold).count() / (double) well.length;
            assertThat(Math.abs(sensitivity - specificity)).as("one in the place of the other would show").isGreaterThan(0.1);
            for (double prevalence : new double[] {0.5, 0.2, 0.05, 0.01}) {
                double tp = 0, fp = 0;
                for (int i = 0; i < n; i++) {
                    boolean positive = rng.nextDouble() < prevalence;
                    if (radius[positive ? sick[rng.nextInt(sick.length)] : well[rng.nextInt(well.length)]] < threshold) continue;
                    if (positive) tp++;
                    else fp++;
                }
                gap.see("threshold " + threshold + ", prevalence " + prevalence, tp / (tp + fp),
                        ClassificationMetrics.precisionAt(sensitivity, specificity, prevalence));
            }
        }
        assertThat(ClassificationMetrics.precisionAt(0, 1, 0.5)).as("of no alarm at all").isZero();
        Evidence.of("counted precision against the formula", gap, atMost(0.01));
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
        Evidence.of("largest difference", worst, below(1e-12));
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
        double least = 1;
        for (int seed = 1; seed <= 3; seed++) {
            var parts = Split.stratified(Datasets.spamAssassin().labels(), Rng.of(seed), 0.5, 0.5).of(Datasets.spamAssassin());
            SparseCounts train = parts.get(0), test = parts.get(1);
            // scores of the training half come from models that did not see the mail
            var outOfFold = new double[train.size()];
            for (var fold : new StratifiedKFold(5).folds(new FoldScheme.Rows(train.size(), train.y().toLongArray(), null))) {
                double[] scores = fit(train.rows(fold.train())).decisionFunction(logs(train.rows(fold.test()))).toDoubleArray();
                for (int i = 0; i < scores.length; i++) outOfFold[fold.test()[i]] = scores[i];
            }
            double threshold = Thresholds.forPrecision(spam(train), outOfFold, 0.99).threshold();
            double[] scores = fit(train).decisionFunction(logs(test)).toDoubleArray();
            long[] blocked = Arrays.stream(scores).mapToLong(s -> s >= threshold ? 1 : 0).toArray();
            var matrix = ConfusionMatrix.of(test.y().toLongArray(), blocked, new long[] {0, 1}, null);
            least = Math.min(least, matrix.precision(ZeroDivision.ZERO)[1]);
            Evidence.of("recall, split " + seed, matrix.recall(ZeroDivision.ZERO)[1], above(0.2));
        }
        // Precision falls to 1/2 and rises to 3/4 exactly: "at least" takes the last point.
        var exact = Thresholds.forPrecision(new boolean[] {true, false, true, true}, new double[] {4, 3, 2, 1}, 0.75);
        Evidence.of("threshold where the precision asked for is met exactly", exact.threshold(), exactly(1));
        Evidence.of("least precision on the test half, of 3 splits", least, atLeast(0.98));
    }

    private static LogisticModel fit(SparseCounts mails) {
        return new LogisticRegression().withTolerance(1e-4).fit(logs(mails), mails.y());
    }

    private static Csr logs(SparseCounts mails) {
        return Csr.of(mails.size(), mails.features(), mails.rowStarts(), mails.columns(), Tensor.of(mails.counts()).to(DType.F64).log1p());
    }

    private static boolean[] spam(SparseCounts mails) {
        var spam = new boolean[mails.size()];
        for (int i = 0; i < spam.length; i++) spam[i] = mails.labels()[i] == 1;
        return spam;
    }

    @Test void thresholdsForPrecisionAndFalseAlarmsFlagAsMuchAsTheyMay() {
        var positive = new boolean[] {true, true, false, true, false, false, true};
        var scores = new double[] {7, 6, 5, 4, 3, 2, 1};
        assertThat(Thresholds.forPrecision(positive, scores, 0.75)).isEqualTo(new OperatingPoint(4, 0.75, 0.75, 1.0 / 3));
        assertThat(Thresholds.forPrecision(positive, scores, 1).threshold()).isEqualTo(6);
        assertThat(Thresholds.forFalsePositiveRate(positive, scores, 0.4).threshold()).isEqualTo(4);
        assertThat(Thresholds.forFalsePositiveRate(positive, scores, 0).threshold()).isEqualTo(6);
        assertThat(Thresholds.forPrecision(new boolean[] {false, true}, new double[] {2, 1}, 0.9).threshold())
                .isEqualTo(Double.POSITIVE_INFINITY);
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
        assertThatThrownBy(() -> Thresholds.forPrecision(new boolean[3], new double[3], 0.9))
                .hasMessageContaining("none of the 3 rows is positive");
        assertThatThrownBy(() -> Thresholds.forRecall(new boolean[] {true}, new double[] {1}, 1.5)).hasMessageContaining("recall is 1.5");
    }
}
