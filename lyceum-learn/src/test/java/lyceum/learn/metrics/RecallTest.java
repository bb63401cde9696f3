package lyceum.learn.metrics;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lyceum.prob.Normal;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class RecallTest {
    private static final String TOPIC = "recall";
    private static final Golden GOLDEN = Golden.load("golden/recall.json");

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void equalsScikitLearnOverAveragesOnThreeHundredCases() {
        var gap = Gap.absolute();
        int checked = ScoresByAverage.checkRandom(gap, GOLDEN, "recall", new ScoresByAverage.Score<>() {
            @Override public double[] ofClasses(ConfusionMatrix counts, ZeroDivision policy) { return counts.recall(policy); }

            @Override public double of(ConfusionMatrix counts, Average average, ZeroDivision policy) {
                return counts.recall(average, policy);
            }
        });
        Evidence.of("cases", checked, exactly(300));
        Evidence.of("largest gap to scikit-learn", gap, atMost(1e-12));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void equalsScikitLearnOnSeveralLabelsARow() {
        var gap = Gap.absolute();
        int checked = ScoresByAverage.checkMultilabel(gap, GOLDEN, "recall", new ScoresByAverage.Score<>() {
            @Override public double[] ofClasses(MultilabelConfusion counts, ZeroDivision policy) { return counts.recall(policy); }

            @Override public double of(MultilabelConfusion counts, Average average, ZeroDivision policy) {
                return counts.recall(average, policy);
            }
        });
        Evidence.of("cases", checked, above(0));
        Evidence.of("largest gap to scikit-learn", gap, atMost(1e-12));
    }

    /** Both by counting the labels themselves. Balanced accuracy knows the classes that occur, so macro recall must leave out the others. */
    @Acceptance(topic = TOPIC, clause = 2)
    @Test void macroRecallIsBalancedAccuracyAndWeightedRecallIsAccuracy() {
        Gap gap = Gap.absolute(), counted = Gap.absolute();
        int weighted = 0, absent = 0;
        for (var c : GOLDEN.cases("random")) {
            var labels = LabelCase.of(c.at("input"));
            var matrix = labels.matrix();
            gap.see(c.text("name") + " macro", matrix.recall(Average.MACRO, ZeroDivision.UNDEFINED), matrix.balancedAccuracy());
            gap.see(c.text("name") + " weighted", matrix.recall(Average.WEIGHTED), matrix.accuracy());
            double[] hits = new double[labels.classes()], rows = new double[labels.classes()];
            for (int i = 0; i < labels.truth().length; i++) {
                double w = labels.weights() == null ? 1 : labels.weights()[i];
                rows[(int) labels.truth()[i]] += w;
                if (labels.predicted()[i] == labels.truth()[i]) hits[(int) labels.truth()[i]] += w;
            }
            int occurring = (int) Arrays.stream(rows).filter(r -> r > 0).count();
            double balanced = 0;
            for (int k = 0; k < rows.length; k++) if (rows[k] > 0) balanced += hits[k] / rows[k] / occurring;
            counted.see(c.text("name") + " macro", matrix.recall(Average.MACRO, ZeroDivision.UNDEFINED), balanced);
            counted.see(c.text("name") + " weighted", matrix.recall(Average.WEIGHTED),
                    Arrays.stream(hits).sum() / Arrays.stream(rows).sum());
            if (labels.weights() != null) weighted++;
            if (occurring < rows.length) absent++;
            double[] recall = matrix.recall(ZeroDivision.ONE), missed = matrix.missRate(ZeroDivision.ZERO);
            for (int k = 0; k < recall.length; k++) assertThat(recall[k] + missed[k]).isCloseTo(1, within(1e-12));
        }
        Evidence.of("macro and weighted recall less balanced accuracy and accuracy", gap, exactly(0));
        Evidence.of("the same two by counting labels", counted, atMost(1e-15));
        Evidence.of("cases with weights", weighted, above(50));
        Evidence.of("cases with a class that does not occur", absent, above(50));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void flaggingAllHasRecallOneAndThePrevalenceAsPrecision() {
        var gap = Gap.absolute();
        var rng = Rng.of(3);
        for (int run = 0; run < 100; run++) {
            long[] truth = rng.longs(1 + rng.nextInt(80), 0, 2).toArray(), all = new long[truth.length];
            truth[0] = 1;
            Arrays.fill(all, 1);
            var matrix = ConfusionMatrix.of(truth, all, new long[] {0, 1}, null);
            gap.see("recall, run " + run, matrix.recall(ZeroDivision.ZERO)[1], 1);
            gap.see("precision, run " + run, matrix.precision(ZeroDivision.ZERO)[1], Arrays.stream(truth).sum() / (double) truth.length);
        }
        Evidence.of("recall less 1 and precision less the prevalence", gap, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void recallNeverRisesWithTheThreshold() {
        int falls = 0;
        var gap = Gap.absolute();
        var rng = Rng.of(4);
        for (int run = 0; run < 100; run++) {
            int n = 40;
            var positive = new boolean[n];
            var scores = new double[n];
            for (int i = 0; i < n; i++) {
                positive[i] = i == 0 || rng.nextInt(3) == 0;
                scores[i] = rng.nextInt(15);
            }
            var counted = new double[31];
            for (double threshold = -0.5; threshold < 15; threshold += 0.5) {
                double hits = 0, all = 0;
                for (int i = 0; i < n; i++) {
                    if (!positive[i]) continue;
                    all++;
                    if (scores[i] >= threshold) hits++;
                }
                counted[(int) Math.rint(2 * threshold + 1)] = hits / all;
            }
            var sweep = ScoreSweep.of("test", positive, scores, null);
            for (int i = 0; i < sweep.size(); i++) {
                double at = sweep.thresholds()[i];
                if (at >= -0.5 && at < 15)
                    gap.see("run " + run + ", threshold " + at, sweep.recall(i), counted[(int) Math.rint(2 * at + 1)]);
            }
            for (int i = 1; i < sweep.size(); i++) {
                assertThat(sweep.thresholds()[i]).isLessThan(sweep.thresholds()[i - 1]);
                if (sweep.recall(i) < sweep.recall(i - 1)) falls++;
            }
        }
        Evidence.of("recall of the sweep against counting", gap, atMost(1e-15));
        Evidence.of("steps to a lower threshold at which recall falls", falls, exactly(0));
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
        Evidence.of("share of failures", failures / (double) runs, atMost(0.115));
        Evidence.of("share of failures of the plain quantile", plainFailures / (double) runs, above(0.4));
    }

    /** The number of positives from which on each of the least scores will do, from the binomial distribution summed by hand. */
    @Acceptance(topic = TOPIC, clause = 5)
    @Test void tooFewPositivesGuaranteeNothingButFlaggingAll() {
        int wrong = 0, everything = 0;
        for (int m = 1; m <= 120; m++) {
            double[] scores = new Normal(5, 1).sample(Rng.of(m), m).toDoubleArray(), sorted = scores.clone();
            Arrays.sort(sorted);
            int k = -1;
            double term = Math.pow(0.9, m), below = term; // P(Bin(m, 0.1) <= j)
            for (int j = 0; j < m && below <= 0.1; j++) {
                k = j;
                term *= (m - j) / (j + 1.0) * 0.1 / 0.9;
                below += term;
            }
            double expected = k < 0 ? Double.NEGATIVE_INFINITY : sorted[k];
            if (k < 0) everything++;
            if (Thresholds.guaranteeingRecall(scores, 0.9, 0.9) != expected) wrong++;
        }
        Evidence.of("sizes, up to 21, that flag everything: 0.9^22 = 0.098", everything, exactly(21));
        Evidence.of("thresholds, of 120 sizes, that are not the least score allowed", wrong, exactly(0));
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
