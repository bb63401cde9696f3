package lyceum.stats;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lyceum.random.Rng;
import lyceum.stats.ModelComparison.Metric;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class ModelComparisonTest {

    @Test
    @Acceptance(topic = "model-comparison-tests", clause = 1) void mcNemarEqualsStatsmodels() {
        var gap = Gap.relativeBeyondOne();
        int even = 0;
        for (double[] row : Golden.load("golden/model-comparison-tests.json").matrix("cases.0.expected.rows")) {
            var c = new ModelComparison((int) row[0], (int) row[1], (int) row[2], (int) row[3]);
            if (c.firstOnly() == c.secondOnly()) even++;
            TestResult[] tests = {c.mcNemarExact(), c.mcNemar(true), c.mcNemar(false)};
            for (int k = 0; k < 3; k++) {
                gap.see("statistic " + k + " of " + c, tests[k].statistic(), row[4 + 2 * k]);
                gap.see("p-value " + k + " of " + c, tests[k].pValue(), row[5 + 2 * k]);
            }
        }
        Evidence.of("numbers compared", gap.seen(), exactly(264));
        Evidence.of("tables with as many right by either model alone", even, exactly(4));
        Evidence.of("largest gap", gap, below(1e-12));
    }

    @Test
    @Acceptance(topic = "model-comparison-tests", clause = 2) void underTheNullTestsRejectAsOftenAsTheySay() {
        int runs = 2_000, items = 400;
        double plain = 0, permutation = 0, exact = 0, corrected = 0, discordant = 0, size = 0;
        int[] labels = new int[items], first = new int[items], second = new int[items];
        var sizes = new double[items + 1];
        Arrays.fill(sizes, Double.NaN);
        for (int r = 0; r < runs; r++) {
            var rng = Rng.of(610).split(r);
            for (int i = 0; i < items; i++) {
                // one of four outcomes: 3 in 8 for either model alone
                double u = rng.nextDouble();
                first[i] = u < 0.375 || u >= 0.875 ? 1 : 0;
                second[i] = u >= 0.375 && u < 0.75 || u >= 0.875 ? 1 : 0;
                labels[i] = 1;
            }
            var c = ModelComparison.of(labels, first, second);
            int n = c.firstOnly() + c.secondOnly();
            discordant += n / (double) runs;
            if (c.mcNemar(false).rejects(0.05)) plain += 1.0 / runs;
            if (c.mcNemar(true).rejects(0.05)) corrected += 1.0 / runs;
            if (c.mcNemarExact().rejects(0.05)) exact += 1.0 / runs;
            if (ModelComparison.permutation(labels, first, second, Metric.ACCURACY, 199, rng).rejects(0.05)) permutation += 1.0 / runs;
            if (Double.isNaN(sizes[n])) sizes[n] = exactSize(n);
            size += sizes[n] / runs;
        }
        Evidence.of("discordant pairs on average", discordant, between(290, 310));
        Evidence.of("plain McNemar rejects", plain, between(0.035, 0.065));
        Evidence.of("permutation test rejects", permutation, between(0.035, 0.065));
        Evidence.of("exact McNemar rejects", exact, atMost(0.065));
        Evidence.of("corrected McNemar rejects", corrected, atMost(0.065));
        Evidence.of("exact McNemar less its enumerated size, in standard errors",
                Math.abs(exact - size) / Math.sqrt(size * (1 - size) / runs), atMost(3));
    }

    /** Chance that a fair coin's n tosses have a doubled tail of at most 5%, by Pascal's triangle. */
    private static double exactSize(int n) {
        double[] law = {1};
        for (int t = 0; t < n; t++) {
            var next = new double[t + 2];
            for (int k = 0; k <= t; k++) {
                next[k] += law[k] / 2;
                next[k + 1] += law[k] / 2;
            }
            law = next;
        }
        double tail = 0, size = 0;
        for (int k = 0; 2 * k < n; k++) {
            tail += law[k];
            if (2 * tail <= 0.05) size = 2 * tail;
        }
        return size;
    }

    @Test
    @Acceptance(topic = "model-comparison-tests", clause = 3) void thePairedBootstrapCoversAndIsNarrowerThanTheUnpaired() {
        int runs = 500, items = 400, covered = 0, narrower = 0;
        double p = 0.2, q = 0.25, truth = q - p, bothWrong = p * q + 0.7 * Math.sqrt(p * (1 - p) * q * (1 - q)), ratio = 0;
        int[] labels = new int[items], first = new int[items], second = new int[items];
        for (int r = 0; r < runs; r++) {
            var rng = Rng.of(6).split(r);
            for (int i = 0; i < items; i++) {
                double u = rng.nextDouble();
                boolean firstWrong = u < p, secondWrong = u < bothWrong || u >= p && u < p + q - bothWrong;
                first[i] = firstWrong ? 1 : 0;
                second[i] = secondWrong ? 1 : 0;
            }
            var paired = ModelComparison.bootstrap(labels, first, second, Metric.ACCURACY, 400, rng.split(1)).percentile(0.95);
            if (paired.contains(truth)) covered++;
            double[] a = rightness(first), b = rightness(second);
            double[] one = Bootstrap.of(a, BootstrapTest::mean, 400, rng.split(2)).values(),
                    other = Bootstrap.of(b, BootstrapTest::mean, 400, rng.split(3)).values();
            var apart = new double[400];
            for (int k = 0; k < 400; k++) apart[k] = one[k] - other[k];
            double[] ends = Descriptive.quantiles(apart, 0.025, 0.975);
            ratio += paired.width() / (ends[1] - ends[0]) / runs;
            if (paired.width() < ends[1] - ends[0]) narrower++;
        }
        Evidence.of("coverage of 500 simulations", covered / 500.0, between(0.92, 0.98));
        Evidence.of("simulations where the paired interval is narrower", narrower, exactly(500));
        // variances of a difference with and without the correlation
        double v = p * (1 - p), w = q * (1 - q), expected = Math.sqrt(1 - 2 * 0.7 * Math.sqrt(v * w) / (v + w));
        Evidence.of("mean ratio of widths less what theory says", Math.abs(ratio - expected), below(0.02));
    }

    private static double[] rightness(int[] wrong) { return Arrays.stream(wrong).mapToDouble(v -> 1 - v).toArray(); }

    @Test void theArticlesTwoModels() {
        var c = new ModelComparison(886, 14, 30, 70);
        assertThat(c.mcNemarExact().pValue()).isCloseTo(0.023, within(5e-4));
        assertThat(c.mcNemar(false).statistic()).isCloseTo(5.82, within(5e-3));
        assertThat(c.mcNemar(true).pValue()).isCloseTo(0.024, within(5e-4));
        var counts = c.bootstrap(20_000, Rng.of(1));
        assertThat(counts.standardError()).isCloseTo(0.0066, within(1e-4));
        assertThat(counts.percentile(0.95).high()).isCloseTo(-0.003, within(6e-4));
        assertThat(ModelComparison.pValue(counts)).isBetween(0.005, 0.03);
        int[] labels = new int[1_000], first = new int[1_000], second = new int[1_000];
        for (int i = 0; i < 1_000; i++) {
            first[i] = i < 900 ? 0 : 1;
            second[i] = i < 886 || i >= 900 && i < 930 ? 0 : 1;
        }
        assertThat(ModelComparison.of(labels, first, second)).isEqualTo(c);
        assertThat(ModelComparison.permutation(labels, first, second, Metric.ACCURACY, 4_999, Rng.of(2)).pValue()).isBetween(0.015, 0.031);
        int n = ModelComparison.sampleSize(0.016, 0.044, 0.05, 0.8);
        assertThat(n).isBetween(1_300, 1_400);
    }

    @Test void fiveByTwoByHand() {
        double[][] d = {{0.02, 0.04}, {0.01, 0.03}, {0.05, 0.01}, {0.00, 0.02}, {0.03, 0.03}};
        // s^2: 2, 2, 8, 2, 0 times 1e-4
        assertThat(ModelComparison.fiveByTwo(d).statistic()).isCloseTo(0.02 / Math.sqrt(14e-4 / 5), within(1e-12));
        assertThat(ModelComparison.fiveByTwoF(d).statistic()).isCloseTo((4 + 16 + 1 + 9 + 25 + 1 + 0 + 4 + 9 + 9) / 28.0, within(1e-12));
        assertThat(ModelComparison.fiveByTwo(d).pValue()).isBetween(0.2, 0.35);
        assertThatThrownBy(() -> ModelComparison.fiveByTwo(new double[4][2])).hasMessageContaining("4 halvings");
        assertThatThrownBy(() -> ModelComparison.of(new int[3], new int[3], new int[2])).hasMessageContaining("3 and 2 predictions");
        assertThatThrownBy(() -> ModelComparison.sampleSize(0.1, 0.05, 0.05, 0.8)).hasMessageContaining("discordance");
    }
}
