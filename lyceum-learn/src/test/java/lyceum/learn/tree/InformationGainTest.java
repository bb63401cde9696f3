package lyceum.learn.tree;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.learn.tree.InformationGain.Measure;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class InformationGainTest {
    private static final String TOPIC = "information-gain";
    private static final Dataset TENNIS = Datasets.tennis();

    private static int[] tennis(int column) { return TENNIS.x().select(1, column).toIntArray(); }

    private static SplitTable table(int column) { return SplitTable.of(tennis(column), TENNIS.labels()); }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void tennisGainsAreQuinlans() {
        double[] expected = {0.247, 0.029, 0.152, 0.048};
        for (int f = 0; f < 4; f++) Evidence.of("gain of column " + f, InformationGain.of(table(f)), equalTo(expected[f], 0.001));
        var ranked = InformationGain.rank(Measure.GAIN, TENNIS.x(), TENNIS.y(), 0, 1, 2, 3);
        assertThat(ranked.stream().mapToInt(InformationGain.Ranked::feature)).containsExactly(0, 2, 3, 1);
    }

    /** Mutual information as a sum over cells, which needs no clamp; every fifth table is a product, whose gain is 0 and a difference of entropies may fall below. */
    @Acceptance(topic = TOPIC, clause = 2)
    @Test void gainIsMutualInformationAndNeverNegative() {
        double worst = 0, least = Double.POSITIVE_INFINITY;
        int rounded = 0;
        for (int seed = 0; seed < 500; seed++) {
            var rng = Rng.of(seed);
            int values = 1 + rng.nextInt(8), labels = 1 + rng.nextInt(5);
            double[] cells = new double[values * labels], rows = new double[values], columns = new double[labels];
            for (int v = 0; v < values; v++) rows[v] = 1 + rng.nextInt(9);
            for (int l = 0; l < labels; l++) columns[l] = 1 + rng.nextInt(9);
            for (int i = 0; i < cells.length; i++)
                cells[i] = seed % 5 == 0 ? rows[i / labels] * columns[i % labels]
                        : seed % 2 == 0 ? rng.nextInt(9) : rng.nextInt(3) * rng.nextDouble();
            if (seed % 5 != 0) cells[rng.nextInt(cells.length)] += 1;
            Arrays.fill(rows, 0);
            Arrays.fill(columns, 0);
            double total = 0, mutual = 0;
            for (int i = 0; i < cells.length; i++) {
                rows[i / labels] += cells[i];
                columns[i % labels] += cells[i];
                total += cells[i];
            }
            for (int i = 0; i < cells.length; i++)
                if (cells[i] > 0)
                    mutual += cells[i] / total * Math.log(cells[i] * total / (rows[i / labels] * columns[i % labels])) / Math.log(2);
            double gain = InformationGain.of(new SplitTable(values, labels, cells));
            worst = Math.max(worst, Math.abs(gain - mutual));
            least = Math.min(least, gain);
            double difference = entropy(columns, 0, labels, total);
            for (int v = 0; v < values; v++) if (rows[v] > 0) difference -= rows[v] / total * entropy(cells, v * labels, labels, rows[v]);
            if (difference < 0) rounded++;
        }
        Evidence.of("largest gap to mutual information", worst, below(1e-12));
        Evidence.of("least gain", least, atLeast(0));
        Evidence.of("tables whose difference of entropies rounds to less than 0", rounded, above(5));
    }

    private static double entropy(double[] weights, int from, int count, double total) {
        double sum = 0;
        for (int i = from; i < from + count; i++)
            if (weights[i] > 0) sum -= weights[i] / total * Math.log(weights[i] / total) / Math.log(2);
        return sum;
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void aUniqueColumnHasTopGainButNoAdjustedGain() {
        int topRaw = 0, wins = 0, draws = 200;
        double worst = 0;
        for (int seed = 0; seed < draws; seed++) {
            var rng = Rng.of(seed);
            int n = 14 + rng.nextInt(60);
            int[] id = rng.permutation(n), label = new int[n];
            var features = new int[3][n];
            for (int i = 0; i < n; i++) {
                label[i] = rng.nextInt(2 + seed % 3);
                for (int f = 0; f < 3; f++) features[f][i] = rng.nextDouble() < 0.4 + 0.2 * f ? label[i] : rng.nextInt(4);
            }
            if (Arrays.stream(label).distinct().count() == 1) label[0] = 1 - Math.min(1, label[0]);
            double raw = InformationGain.of(SplitTable.of(id, label)), adjusted = InformationGain.adjusted(SplitTable.of(id, label));
            double bestRaw = Arrays.stream(features).mapToDouble(f -> InformationGain.of(SplitTable.of(f, label))).max().orElseThrow();
            double best = Arrays.stream(features).mapToDouble(f -> InformationGain.adjusted(SplitTable.of(f, label))).max().orElseThrow();
            if (raw >= bestRaw - 1e-12) topRaw++;
            if (adjusted >= best) wins++;
            worst = Math.max(worst, Math.abs(adjusted));
        }
        Evidence.of("draws in which the identifier has the top raw gain", topRaw, exactly(draws));
        Evidence.of("largest adjusted gain of an identifier", worst, below(0.02));
        Evidence.of("draws that the identifier wins after adjustment", wins, exactly(0));
        // On the tennis days too.
        assertThat(InformationGain.adjusted(SplitTable.of(IntStream.range(0, 14).toArray(), TENNIS.labels()))).isCloseTo(0, within(1e-12));
        assertThat(InformationGain.adjusted(table(0))).isPositive();
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void theBestThresholdIsThatOfBruteForce() {
        int differing = 0;
        for (int seed = 0; seed < 300; seed++) {
            var rng = Rng.of(seed);
            int n = 5 + rng.nextInt(60);
            double[] x = new double[n], w = seed % 3 == 0 ? new double[n] : null;
            var label = new int[n];
            for (int i = 0; i < n; i++) {
                label[i] = rng.nextInt(3);
                x[i] = seed % 2 == 0 ? rng.nextInt(10) : label[i] + rng.nextGaussian();
                if (w != null) w[i] = 0.1 + rng.nextDouble();
            }
            for (var measure : new Measure[] {Measure.GAIN, Measure.GAIN_RATIO, Measure.GINI}) {
                var found = InformationGain.threshold(measure, x, label, w);
                double[] distinct = Arrays.stream(x).sorted().distinct().toArray();
                double best = Double.NaN, score = Double.NEGATIVE_INFINITY;
                for (int i = 0; i + 1 < distinct.length; i++) {
                    double t = (distinct[i] + distinct[i + 1]) / 2;
                    double s = byHand(measure, x, label, w, t);
                    if (s > score + 1e-13) {
                        score = s;
                        best = t;
                    }
                }
                if (Math.abs(found.threshold() - best) > 1e-12 || Math.abs(found.score() - score) > 1e-12) differing++;
            }
        }
        Evidence.of("columns that differ", differing, exactly(0));
    }

    /** From the weights of three classes on either side of t. */
    private static double byHand(Measure measure, double[] x, int[] label, double[] w, double t) {
        double[] cells = new double[6], sides = new double[2], classes = new double[3];
        for (int i = 0; i < x.length; i++) {
            double weight = w == null ? 1 : w[i];
            int side = x[i] <= t ? 0 : 1;
            cells[3 * side + label[i]] += weight;
            sides[side] += weight;
            classes[label[i]] += weight;
        }
        double total = sides[0] + sides[1];
        if (measure == Measure.GINI)
            return gini(classes, 0, total) - sides[0] / total * gini(cells, 0, sides[0]) - sides[1] / total * gini(cells, 3, sides[1]);
        double gain = entropy(classes, 0, 3, total) - sides[0] / total * entropy(cells, 0, 3, sides[0])
                - sides[1] / total * entropy(cells, 3, 3, sides[1]);
        return measure == Measure.GAIN ? gain : gain / entropy(sides, 0, 2, total);
    }

    private static double gini(double[] weights, int from, double total) {
        double sum = 1;
        for (int i = from; i < from + 3; i++) sum -= weights[i] / total * (weights[i] / total);
        return sum;
    }

    /** The mean that adjustment takes off, over all 5,040 orders of seven labels. */
    @Acceptance(topic = TOPIC, clause = 3)
    @Test void theExactMeanIsTheMeanOfAllPermutations() {
        var gap = Gap.absolute();
        var rng = Rng.of(5);
        for (int run = 0; run < 5; run++) {
            int[] feature = new int[7], label = new int[7];
            for (int i = 0; i < 7; i++) {
                feature[i] = rng.nextInt(3);
                label[i] = rng.nextInt(3);
            }
            double sum = gains(feature, label, 0);
            gap.see("run " + run, InformationGain.expected(SplitTable.of(feature, label)), sum / 5040);
            gap.see("adjusted, run " + run, InformationGain.adjusted(SplitTable.of(feature, label)),
                    InformationGain.of(SplitTable.of(feature, label)) - sum / 5040);
        }
        Evidence.of("expected and adjusted gain against the mean of all orders", gap, below(1e-12));
        double sampled = InformationGain.adjusted(tennis(0), TENNIS.labels(), null, 20_000, Rng.of(1));
        assertThat(InformationGain.adjusted(table(0))).isCloseTo(sampled, within(0.005));
    }

    /** The sum of gains over all orders of the labels from {@code place} on. */
    private static double gains(int[] feature, int[] label, int place) {
        if (place == label.length) return InformationGain.of(SplitTable.of(feature, label));
        double sum = 0;
        for (int i = place; i < label.length; i++) {
            swap(label, place, i);
            sum += gains(feature, label, place + 1);
            swap(label, place, i);
        }
        return sum;
    }

    private static void swap(int[] values, int i, int j) {
        int t = values[i];
        values[i] = values[j];
        values[j] = t;
    }

    @Test void varianceFallsByWhatTheMeansExplain() {
        assertThat(InformationGain.variance(new int[] {0, 0, 1, 1}, new double[] {1, 3, 5, 7}, null)).isCloseTo(4, within(1e-12));
        assertThat(InformationGain.variance(new int[] {0, 0, 1, 1}, new double[] {1, 3, 5, 7}, new double[] {1, 1, 0, 0})).isZero();
    }

    @Test void wrongInputsAreRefusedInWords() {
        assertThatThrownBy(() -> SplitTable.of(new int[2], new int[3])).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2 feature values, 3 labels");
        assertThatThrownBy(() -> InformationGain.adjusted(new SplitTable(1, 2, new double[] {0.5, 1})))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("whole numbers");
    }
}
