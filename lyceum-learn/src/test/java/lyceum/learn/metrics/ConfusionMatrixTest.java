package lyceum.learn.metrics;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.LongStream;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class ConfusionMatrixTest {
    private static final String TOPIC = "confusion-matrix";
    private static final Golden GOLDEN = Golden.load("golden/confusion-matrix.json");

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void countsAndScoresEqualScikitLearnOnFiveHundredLabelSets() {
        Gap counts = Gap.relativeBeyondOne(), gap = Gap.absolute();
        int checked = 0;
        for (var c : GOLDEN.cases("random")) {
            var labels = LabelCase.of(c.at("input"));
            var order = c.longs("input.labels");
            var matrix = ConfusionMatrix.of(labels.truth(), labels.predicted(), order, labels.weights());
            var cells = switch (c.at("input.normalize").toString()) {
                case String by when by.contains("true") -> matrix.normalized(ConfusionMatrix.Normalize.TRUTH);
                case String by when by.contains("pred") -> matrix.normalized(ConfusionMatrix.Normalize.PREDICTION);
                case String by when by.contains("all") -> matrix.normalized(ConfusionMatrix.Normalize.ALL);
                default -> matrix.counts();
            };
            var expected = c.matrix("expected.matrix");
            for (int i = 0; i < order.length; i++) (c.isOpen("input.normalize") ? counts : gap).see(c.text("name"), cells[i], expected[i]);
            if (c.has("expected.scores")) scores(gap, labels, c.at("expected.scores"), c.text("name"));
            checked++;
        }
        Evidence.of("label sets", checked, exactly(500));
        Evidence.of("counts, weighted sums included, relative", counts, atMost(1e-14));
        Evidence.of("shares and scores", gap, atMost(1e-12));
    }

    private static void scores(Gap gap, LabelCase labels, Golden expected, String name) {
        var all = labels.matrix();
        gap.see(name, all.accuracy(), expected.number("accuracy"));
        gap.see(name, all.balancedAccuracy(), expected.number("balanced"));
        gap.see(name, labels.matrixOfPresent().kappa(), expected.number("kappa"));
        gap.see(name, all.mcc(), expected.number("mcc"));
        double zero = expected.number("zeroDivision");
        var policy = zero == 0 ? ZeroDivision.ZERO : zero == 1 ? ZeroDivision.ONE : ZeroDivision.UNDEFINED;
        var jaccard = policy == ZeroDivision.UNDEFINED ? ZeroDivision.ZERO : policy;
        for (var average : Average.values()) {
            var values = expected.doubles(average.name().toLowerCase(Locale.ROOT));
            gap.see(name + " precision " + average, all.precision(average, policy), values[0]);
            gap.see(name + " recall " + average, all.recall(average, policy), values[1]);
            gap.see(name + " f1 " + average, all.fBeta(1, average, policy), values[2]);
            gap.see(name + " f2 " + average, all.fBeta(2, average, policy), values[3]);
            gap.see(name + " jaccard " + average, all.jaccard(average, jaccard), values[4]);
        }
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void shardsMergeIntoTheWhole() {
        int equal = 0;
        var rng = Rng.of(2);
        var labels = new long[] {0, 1, 2, 3};
        for (int run = 0; run < 100; run++) {
            long[] truth = rng.longs(90, 0, 4).toArray(), predicted = rng.longs(90, 0, 4).toArray();
            var whole = ConfusionMatrix.of(truth, predicted, labels, null);
            var merged = ConfusionMatrix.of(new long[0], new long[0], labels, null);
            for (int from = 0; from < 90;) {
                int to = Math.min(90, from + 1 + rng.nextInt(40));
                merged = merged.merge(
                        ConfusionMatrix.of(Arrays.copyOfRange(truth, from, to), Arrays.copyOfRange(predicted, from, to), labels, null));
                from = to;
            }
            if (Arrays.deepEquals(merged.counts(), whole.counts())) equal++;
        }
        Evidence.of("matrices, of 100, that their shards add up to", equal, exactly(100));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void countsAddUpToTheRows() {
        var gap = Gap.relative();
        for (var c : GOLDEN.cases("random")) {
            var labels = LabelCase.of(c.at("input"));
            double n = labels.weights() == null ? labels.truth().length : Arrays.stream(labels.weights()).sum();
            gap.see(c.text("name"), labels.matrix().total(), n);
        }
        Evidence.of("total against n, relative", gap, atMost(1e-12));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void kappaAndMccAreZeroForIndependentLabels() {
        var rng = Rng.of(4);
        int runs = 400, n = 2000;
        double kappa = 0, kappaSquares = 0, mcc = 0, mccSquares = 0;
        for (int run = 0; run < runs; run++) {
            var matrix = ConfusionMatrix.of(rng.longs(n, 0, 3).toArray(), rng.longs(n, 0, 3).toArray());
            kappa += matrix.kappa();
            kappaSquares += matrix.kappa() * matrix.kappa();
            mcc += matrix.mcc();
            mccSquares += matrix.mcc() * matrix.mcc();
        }
        Evidence.of("mean kappa in standard errors", kappa / runs / Math.sqrt(kappaSquares / runs / runs), between(-3, 3));
        Evidence.of("mean MCC in standard errors", mcc / runs / Math.sqrt(mccSquares / runs / runs), between(-3, 3));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void binaryCountsAreConsistent() {
        int held = 0;
        var rng = Rng.of(5);
        for (int run = 0; run < 200; run++) {
            int n = 1 + rng.nextInt(60);
            long[] truth = rng.longs(n, 0, 2).toArray(), predicted = rng.longs(n, 0, 2).toArray();
            var m = ConfusionMatrix.of(truth, predicted, new long[] {0, 1}, null);
            assertThat(m.truePositives(1)).isEqualTo(m.trueNegatives(0)).isEqualTo(m.count(1, 1));
            assertThat(m.falsePositives(1)).isEqualTo(m.falseNegatives(0)).isEqualTo(m.count(0, 1));
            assertThat(m.truePositives(1) + m.falseNegatives(1)).isEqualTo(Arrays.stream(truth).sum());
            assertThat(m.truePositives(1) + m.falsePositives(1)).isEqualTo(Arrays.stream(predicted).sum());
            assertThat(m.truePositives(1) + m.falsePositives(1) + m.falseNegatives(1) + m.trueNegatives(1)).isEqualTo(n);
            held++;
        }
        Evidence.of("matrices, of 200, on which the identities hold", held, exactly(200));
    }

    @Test void aMatrixPrintsAsATableWithItsTotals() {
        var matrix = ConfusionMatrix.of(new long[] {3, 3, 3, 10, 10}, new long[] {3, 3, 10, 10, 10});
        assertThat(matrix.toString()).isEqualTo("""
                true \\ predicted  3  10  total
                               3  2   1      3
                              10  0   2      2
                           total  2   3      5
                """);
        var weighted = ConfusionMatrix.of(new long[] {0, 1}, new long[] {0, 0}, null, new double[] {0.25, 2});
        assertThat(weighted.toString()).contains("0.2500", "2.250");
        var counts = new double[30][30];
        for (int k = 0; k < 30; k++) counts[k][k] = 9;
        counts[4][7] = 6;
        counts[2][1] = 3;
        assertThat(ConfusionMatrix.ofCounts(counts).toString()).isEqualTo("""
                30 classes, total 279, 96.8% on the diagonal
                true 4, predicted 7: 6
                true 2, predicted 1: 3
                """);
    }

    /** Sums of rows and columns once, not once a cell: four million cells take milliseconds. */
    @Test void scoresOfTwoThousandClassesFollowTheirFormulas() {
        int k = 2_000, n = 20_000;
        var rng = Rng.of(6);
        long[] truth = rng.longs(n, 0, k).toArray(), predicted = rng.longs(n, 0, k).toArray();
        for (int i = 0; i < n; i += 2) predicted[i] = truth[i];
        var matrix = ConfusionMatrix.of(truth, predicted, LongStream.range(0, k).toArray(), null);
        double agreed = 0, chance = 0;
        var rows = new double[k];
        var columns = new double[k];
        for (int i = 0; i < n; i++) {
            if (truth[i] == predicted[i]) agreed++;
            rows[(int) truth[i]]++;
            columns[(int) predicted[i]]++;
        }
        for (int c = 0; c < k; c++) chance += rows[c] / n * (columns[c] / n);
        assertThat(matrix.kappa()).isCloseTo((agreed / n - chance) / (1 - chance), within(1e-12));
        assertThat(matrix.normalized(ConfusionMatrix.Normalize.PREDICTION)[3][3]).isEqualTo(matrix.count(3, 3) / columns[3]);
    }
}
