package lyceum.learn.metrics;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class F1Test {
    private static final String TOPIC = "f1-score";
    private static final Golden GOLDEN = Golden.load("golden/f1-score.json");

    private record OfMatrix(double beta) implements ScoresByAverage.Score<ConfusionMatrix> {
        @Override public double[] ofClasses(ConfusionMatrix counts, ZeroDivision policy) { return counts.fBeta(beta, policy); }

        @Override public double of(ConfusionMatrix counts, Average average, ZeroDivision policy) {
            return counts.fBeta(beta, average, policy);
        }
    }

    private record OfLabels(double beta) implements ScoresByAverage.Score<MultilabelConfusion> {
        @Override public double[] ofClasses(MultilabelConfusion counts, ZeroDivision policy) { return counts.fBeta(beta, policy); }

        @Override public double of(MultilabelConfusion counts, Average average, ZeroDivision policy) {
            return counts.fBeta(beta, average, policy);
        }
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void equalsScikitLearnOverAveragesAndBetas() {
        var gap = Gap.absolute();
        Evidence.of("cases", ScoresByAverage.checkRandom(gap, GOLDEN, "f1", new OfMatrix(1)), exactly(300));
        ScoresByAverage.checkRandom(gap, GOLDEN, "f2", new OfMatrix(2));
        ScoresByAverage.checkRandom(gap, GOLDEN, "f0.5", new OfMatrix(0.5));
        Evidence.of("of several labels a row", ScoresByAverage.checkMultilabel(gap, GOLDEN, "f1", new OfLabels(1)), above(0));
        ScoresByAverage.checkMultilabel(gap, GOLDEN, "f2", new OfLabels(2));
        Evidence.of("largest gap to scikit-learn", gap, atMost(1e-12));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void equalsItsFormulaInCounts() {
        var gap = Gap.absolute();
        var rng = Rng.of(1);
        for (int run = 0; run < 1000; run++) {
            double tp = rng.nextInt(30), fp = rng.nextInt(30), fn = rng.nextInt(30), tn = rng.nextInt(30);
            if (tp + fp + fn == 0) continue;
            gap.see("run " + run, ConfusionMatrix.ofCounts(new double[][] {{tn, fp}, {fn, tp}}).fBeta(1, ZeroDivision.ZERO)[1],
                    2 * tp / (2 * tp + fp + fn));
        }
        Evidence.of("F1 against 2 TP / (2 TP + FP + FN)", gap, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void liesBetweenTheSmallerAndTheMean() {
        int outside = 0;
        var rng = Rng.of(2);
        for (int run = 0; run < 10_000; run++) {
            double p = rng.nextDouble(), r = rng.nextDouble(), f = ClassificationMetrics.fBeta(p, r, 1);
            if (!(f >= Math.min(p, r) && f <= (p + r) / 2)) outside++;
        }
        var byCounts = Gap.absolute();
        for (int run = 0; run < 1000; run++) {
            double p = rng.nextDouble(), beta = 3 * rng.nextDouble();
            if (ClassificationMetrics.fBeta(p, p, beta) != p) outside++;
            double tp = 1 + rng.nextInt(30), fp = rng.nextInt(30), fn = rng.nextInt(30), b = beta * beta;
            byCounts.see("run " + run, ClassificationMetrics.fBeta(tp / (tp + fp), tp / (tp + fn), beta),
                    (1 + b) * tp / ((1 + b) * tp + b * fn + fp));
        }
        Evidence.of("F-beta of precision and recall less that of the counts", byCounts, atMost(1e-15));
        assertThat(ClassificationMetrics.fBeta(0, 0, 1)).isZero();
        assertThat(ClassificationMetrics.fBeta(0, 0.5, 1)).isZero();
        assertThat(ClassificationMetrics.fBeta(0.5, 0, 0)).isZero();
        assertThat(ClassificationMetrics.fBetaOfGuessing(0, 0, 1)).isZero();
        assertThat(ClassificationMetrics.f1OfMeans(Tensor.of(0L, 1), Tensor.of(1L, 0))).isZero();
        Evidence.of("pairs, of 10,000, with F1 outside of minimum and mean", outside, exactly(0));
    }

    /** With all labels counted, as for precision. */
    @Acceptance(topic = TOPIC, clause = 3)
    @Test void microF1IsAccuracyWhereEveryRowHasOneLabel() {
        var gap = Gap.absolute();
        for (var c : GOLDEN.cases("random")) {
            var matrix = LabelCase.of(c.at("input")).matrix();
            gap.see(c.text("name"), matrix.fBeta(1, Average.MICRO), matrix.accuracy());
        }
        Evidence.of("micro F1 less accuracy", gap, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void bestThresholdIsHalfOfTheBestF1() {
        var rng = Rng.of(4);
        int n = 100_000;
        for (double power : new double[] {1, 2, 5}) {
            var probabilities = new double[n];
            var positive = new boolean[n];
            for (int i = 0; i < n; i++) {
                probabilities[i] = Math.pow(rng.nextDouble(), power);
                positive[i] = rng.nextDouble() < probabilities[i];
            }
            var rule = Thresholds.plugInFBeta(probabilities, 1);
            var exact = Thresholds.maximisingFBeta(positive, probabilities, 1);
            assertThat(rule.threshold()).isEqualTo(rule.fBeta() / 2);
            Evidence.of("F* by labels - by probabilities, power " + power, exact.fBeta() - rule.fBeta(), equalTo(0, 0.01));
            // F1 is flat at its top, so that the threshold of largest F1 in a sample wanders; that of largest expected F1 does not
            Evidence.of("threshold of largest expected F1 - F* / 2", expectedBest(probabilities) - rule.threshold(), equalTo(0, 0.01));
            // The distribution of the probabilities is known, and with it F* by calculus.
            Evidence.of("F* - that of the distribution, power " + power, rule.fBeta() - bestF1(power), equalTo(0, 0.01));
            Evidence.of("threshold of largest expected F1 - half of that of the distribution",
                    expectedBest(probabilities) - bestF1(power) / 2, equalTo(0, 0.01));
            Evidence.of("threshold of largest F1 - F* / 2", exact.threshold() - exact.fBeta() / 2, equalTo(0, 0.03));
        }
    }

    /** What is a half for F1 is {@code 1 / (1 + beta^2)} in general. Of uniform probabilities {@code F(t) = (1 + b) (1 - t^2) / (2 (1 - t) + b)}, b = beta^2. */
    @Acceptance(topic = TOPIC, clause = 4)
    @Test void bestThresholdOfFBetaIsItsShareOfTheBest() {
        var rng = Rng.of(14);
        var probabilities = new double[100_000];
        for (int i = 0; i < probabilities.length; i++) probabilities[i] = rng.nextDouble();
        for (double beta : new double[] {0.5, 2}) {
            double b = beta * beta, best = 0, at = 0;
            for (double t = 0; t < 1; t += 1e-5) {
                double f = (1 + b) * (1 - t * t) / (2 * (1 - t) + b);
                if (f > best) {
                    best = f;
                    at = t;
                }
            }
            var rule = Thresholds.plugInFBeta(probabilities, beta);
            Evidence.of("F* - that of the distribution, beta " + beta, rule.fBeta() - best, equalTo(0, 0.01));
            Evidence.of("threshold - that of the distribution, beta " + beta, rule.threshold() - at, equalTo(0, 0.01));
        }
        // Where flagging all is best, and where flagging one row and flagging four have the same F1.
        assertThat(Thresholds.plugInFBeta(new double[] {0.9, 0.9}, 1).fBeta()).isCloseTo(3.6 / 3.8, within(1e-15));
        assertThat(Thresholds.maximisingFBeta(new boolean[] {true, false, false, true}, new double[] {4, 3, 2, 1}, 1).threshold())
                .isEqualTo(4);
    }

    /** Of probabilities {@code u^k}, u uniform: {@code F(t) = 2 (1 - t^(1 + 1/k)) / ((k + 1) (1 - t^(1/k)) + 1)}, largest by golden sections; {@code 3 - sqrt(5)} for k = 1. */
    private static double bestF1(double k) {
        double low = 0, high = 1, ratio = (Math.sqrt(5) - 1) / 2;
        for (int i = 0; i < 100; i++) {
            double left = high - ratio * (high - low), right = low + ratio * (high - low);
            if (f1At(left, k) < f1At(right, k)) low = left;
            else high = right;
        }
        if (k == 1) assertThat(f1At(low, k)).isCloseTo(3 - Math.sqrt(5), within(1e-12));
        return f1At(low, k);
    }

    private static double f1At(double t, double k) { return 2 * (1 - Math.pow(t, 1 + 1 / k)) / ((k + 1) * (1 - Math.pow(t, 1 / k)) + 1); }

    /** The threshold with the largest expected F1 by trying all, with fractional counts. */
    private static double expectedBest(double[] probabilities) {
        double[] sorted = probabilities.clone();
        Arrays.sort(sorted);
        double all = Arrays.stream(sorted).sum(), sum = 0, best = 0, at = 0;
        for (int k = 1; k <= sorted.length; k++) {
            sum += sorted[sorted.length - k];
            if (2 * sum / (k + all) > best) {
                best = 2 * sum / (k + all);
                at = sorted[sorted.length - k];
            }
        }
        return at;
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void macroF1HasTwoReadingsThatDiffer() {
        // one class is found always and cried often, the other the other way round
        var truth = Tensor.of(new long[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
        var predicted = Tensor.of(new long[] {0, 1, 1, 1, 1, 1, 1, 1, 1, 1});
        double ofScores = ClassificationMetrics.f1(truth, predicted, Average.MACRO),
                ofMeans = ClassificationMetrics.f1OfMeans(truth, predicted);
        Evidence.of("mean of the F1s", ofScores, equalTo(0.2, 1e-12));
        Evidence.of("F1 of the means", ofMeans, equalTo(5.0 / 9, 1e-12));
    }

    @Acceptance(topic = TOPIC, clause = 6)
    @Test void flaggingAllEarnsTwoPOverOnePlusP() {
        var gap = Gap.absolute();
        for (int positives = 1; positives <= 40; positives++) {
            var truth = new long[40];
            for (int i = 0; i < positives; i++) truth[i] = 1;
            var all = new long[40];
            Arrays.fill(all, 1);
            double p = positives / 40.0;
            double f = ConfusionMatrix.of(truth, all, new long[] {0, 1}, null).fBeta(1, ZeroDivision.ZERO)[1];
            gap.see(positives + " of 40", f, 2 * p / (1 + p)).see("guessing", ClassificationMetrics.fBetaOfGuessing(p, 1, 1),
                    2 * p / (1 + p));
        }
        var rng = Rng.of(16);
        for (int run = 0; run < 200; run++) {
            double p = rng.nextDouble(), q = rng.nextDouble(), beta = 3 * rng.nextDouble();
            double[][] shares = {{(1 - p) * (1 - q), (1 - p) * q}, {p * (1 - q), p * q}};
            gap.see("shares, run " + run, ClassificationMetrics.fBetaOfGuessing(p, q, beta),
                    ConfusionMatrix.ofCounts(shares).fBeta(beta, ZeroDivision.ZERO)[1]);
        }
        Evidence.of("F1 of flagging all against 2p / (1 + p)", gap, atMost(1e-15));
    }

    @Test void exactSearchFindsTheBestOfAllThresholdsWithWeights() {
        var rng = Rng.of(7);
        for (int run = 0; run < 100; run++) {
            int n = 30;
            var positive = new boolean[n];
            double[] scores = new double[n], weights = new double[n];
            for (int i = 0; i < n; i++) {
                positive[i] = i == 0 || rng.nextInt(3) == 0;
                scores[i] = rng.nextInt(12);
                weights[i] = 0.5 + rng.nextDouble();
            }
            double best = 0;
            for (double t : scores) {
                double tp = 0, fp = 0, fn = 0;
                for (int i = 0; i < n; i++) {
                    if (scores[i] >= t && positive[i]) tp += weights[i];
                    else if (scores[i] >= t) fp += weights[i];
                    else if (positive[i]) fn += weights[i];
                }
                best = Math.max(best, 5 * tp / (5 * tp + 4 * fn + fp));
            }
            assertThat(Thresholds.maximisingFBeta(positive, scores, weights, 2).fBeta()).isCloseTo(best, within(1e-12));
        }
    }

    @Test void bootstrapIntervalCoversTheTrueF1() {
        // truth and prediction agree on a positive with 0.24, false alarms 0.06, misses 0.06: F1 = 0.8
        var rng = Rng.of(8);
        int covered = 0, runs = 300;
        for (int run = 0; run < runs; run++) {
            var counts = new double[2][2];
            for (int i = 0; i < 400; i++) {
                double u = rng.nextDouble();
                counts[u < 0.30 ? 1 : 0][u < 0.24 || u >= 0.30 && u < 0.36 ? 1 : 0]++;
            }
            var interval = ConfusionMatrix.ofCounts(counts).bootstrap(m -> m.fBeta(1, ZeroDivision.ZERO)[1], 400, 0.95, rng);
            if (interval.contains(0.8)) covered++;
        }
        Evidence.of("coverage", covered / (double) runs, between(0.90, 0.98));
        assertThatThrownBy(() -> ConfusionMatrix.ofCounts(new double[][] {{0.5}}).bootstrap(ConfusionMatrix::accuracy, 100, 0.9, rng))
                .hasMessageContaining("a count is 0.5");
    }
}
