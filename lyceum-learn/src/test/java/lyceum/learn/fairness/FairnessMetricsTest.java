package lyceum.learn.fairness;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.prob.Normal;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class FairnessMetricsTest {
    private static final String TOPIC = "fairness-bias";

    /** Rows of the four kinds (tp, fn, fp, tn) in a shuffled order. */
    private static long[][] rows(Rng rng, long[] groups, int[][] counts) {
        int n = Arrays.stream(counts).flatMapToInt(Arrays::stream).sum(), at = 0;
        int[] order = rng.permutation(n);
        var columns = new long[3][n];
        for (int g = 0; g < groups.length; g++) {
            for (int kind = 0; kind < 4; kind++) {
                for (int i = 0; i < counts[g][kind]; i++, at++) {
                    columns[0][order[at]] = kind < 2 ? 1 : 0;
                    columns[1][order[at]] = kind == 0 || kind == 2 ? 1 : 0;
                    columns[2][order[at]] = groups[g];
                }
            }
        }
        return columns;
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void countsRatesAndGapsEqualTablesComputedByHand() {
        // The article's table, and three uneven groups of 10, 15 and 9 rows. Rates in the order of GroupRate.
        long[][] article = rows(Rng.of(1), new long[] {0, 1}, new int[][] {{400, 100, 100, 400}, {160, 40, 40, 760}});
        var two = FairnessMetrics.of(Tensor.of(article[0]), Tensor.of(article[1]), Tensor.of(article[2]));
        long[][] uneven = rows(Rng.of(2), new long[] {7, -2, 30}, new int[][] {{3, 1, 2, 4}, {1, 5, 0, 9}, {2, 2, 4, 1}});
        var three = FairnessMetrics.of(uneven[0], uneven[1], uneven[2]);
        double[][] cells = {{400, 100, 100, 400}, {160, 40, 40, 760}, {1, 5, 0, 9}, {3, 1, 2, 4}, {2, 2, 4, 1}},
                rates = {{0.5, 0.5, 0.8, 0.2, 0.2, 0.8, 0.8, 0.8}, {0.2, 0.2, 0.8, 0.05, 0.2, 0.8, 0.95, 0.92},
                        {6 / 15.0, 1 / 15.0, 1 / 6.0, 0, 5 / 6.0, 1, 9 / 14.0, 10 / 15.0}, {0.4, 0.5, 0.75, 1 / 3.0, 0.25, 0.6, 0.8, 0.7},
                        {4 / 9.0, 6 / 9.0, 0.5, 0.8, 0.5, 1 / 3.0, 1 / 3.0, 3 / 9.0}};
        GroupCounts[] found = {two.group(0), two.group(1), three.group(-2), three.group(7), three.group(30)};
        Gap count = Gap.absolute(), rate = Gap.absolute(), gaps = Gap.absolute();
        for (int g = 0; g < found.length; g++) {
            var c = found[g];
            count.see("group " + g, new double[] {c.truePositives(), c.falseNegatives(), c.falsePositives(), c.trueNegatives()}, cells[g]);
            for (var r : GroupRate.values()) rate.see("group " + g + " " + r, c.rate(r), rates[g][r.ordinal()]);
        }
        gaps.see("article, demographic parity", two.gap(FairnessCriterion.DEMOGRAPHIC_PARITY), 0.3);
        gaps.see("article, equal opportunity", two.gap(FairnessCriterion.EQUAL_OPPORTUNITY), 0);
        gaps.see("article, equalised odds", two.gap(FairnessCriterion.EQUALISED_ODDS), 0.15);
        gaps.see("article, predictive parity", two.gap(FairnessCriterion.PREDICTIVE_PARITY), 0);
        gaps.see("uneven, demographic parity", three.gap(FairnessCriterion.DEMOGRAPHIC_PARITY), 6 / 9.0 - 1 / 15.0);
        gaps.see("uneven, equal opportunity", three.gap(FairnessCriterion.EQUAL_OPPORTUNITY), 0.75 - 1 / 6.0);
        gaps.see("uneven, equalised odds", three.gap(FairnessCriterion.EQUALISED_ODDS), 0.8);
        gaps.see("uneven, predictive parity", three.gap(FairnessCriterion.PREDICTIVE_PARITY), 2 / 3.0);
        gaps.see("signed difference", three.difference(GroupRate.SELECTION, -2, 7), 1 / 15.0 - 0.5);
        gaps.see("four-fifths ratio", three.ratio(GroupRate.SELECTION), 0.1);
        assertThat(three.groups()).extracting(GroupCounts::group).containsExactly(-2L, 7L, 30L);
        Evidence.of("counts compared", count.seen(), exactly(20));
        Evidence.of("largest gap of a count", count, exactly(0));
        Evidence.of("rates compared", rate.seen(), exactly(40));
        Evidence.of("largest gap of a rate", rate, atMost(1e-15));
        Evidence.of("largest gap of a criterion", gaps, atMost(1e-15));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void theFalsePositiveRateFollowsFromTheOtherThreeInAThousandRandomMatrices() {
        var rng = Rng.of(3);
        var gap = Gap.absolute();
        for (int run = 0; run < 1000; run++) {
            int tp = 1 + rng.nextInt(500), fn = rng.nextInt(500), fp = rng.nextInt(500), tn = 1 + rng.nextInt(500);
            long[][] column = rows(rng, new long[] {4}, new int[][] {{tp, fn, fp, tn}});
            var counts = FairnessMetrics.of(column[0], column[1], column[2]).group(4);
            double implied = FairnessImpossibility.falsePositiveRate(counts.rate(GroupRate.LABEL),
                    counts.rate(GroupRate.POSITIVE_PREDICTIVE_VALUE), counts.rate(GroupRate.FALSE_NEGATIVE));
            gap.see("tp " + tp + " fn " + fn + " fp " + fp + " tn " + tn, implied, (double) fp / (fp + tn));
        }
        Evidence.of("confusion matrices", gap.seen(), exactly(1000));
        Evidence.of("largest gap of the identity", gap, atMost(1e-12));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void noPairOfThresholdsEqualisesAllThreeWhereBaseRatesDiffer() {
        double[] thresholds = Tensor.linspace(-3, 4, 200).toDoubleArray();
        ScoredGroup a = ScoredGroup.binormal(1, 0.3, thresholds), b = ScoredGroup.binormal(1, 0.5, thresholds);
        var found = FairnessImpossibility.search(a, b, 0.01, 0.05, 0.95);
        // The same search by Bayes' rule on normal tails alone.
        long pairs = 0, satisfying = 0;
        double nearest = 1;
        for (double s : thresholds) {
            for (double t : thresholds) {
                double tprA = Normal.STANDARD.cdf(1 - s), tprB = Normal.STANDARD.cdf(1 - t), fprA = Normal.STANDARD.cdf(-s),
                        fprB = Normal.STANDARD.cdf(-t);
                if (Math.min(tprA, tprB) < 0.05 || Math.max(tprA, tprB) > 0.95) continue;
                double ppvA = 1 / (1 + 0.7 / 0.3 * fprA / tprA), ppvB = 1 / (1 + fprB / tprB);
                double gap = Math.max(Math.abs(ppvA - ppvB), Math.max(Math.abs(fprA - fprB), Math.abs(tprA - tprB)));
                pairs++;
                if (gap <= 0.01) satisfying++;
                nearest = Math.min(nearest, gap);
            }
        }
        Evidence.of("thresholds a group", a.thresholds().length, exactly(200));
        Evidence.of("pairs within the limits", found.pairs(), above(5000));
        Evidence.of("pairs more than by hand", found.pairs() - pairs, exactly(0));
        Evidence.of("pairs equal in all three", found.satisfying(), exactly(0));
        Evidence.of("by hand", satisfying, exactly(0));
        Evidence.of("least largest gap against that by hand", Math.abs(found.largestGap() - nearest), atMost(1e-12));
        Evidence.of("least largest gap", found.largestGap(), above(0.01));
        // The search is not blind: with equal base rates the diagonal satisfies it, and each two of the three can be had.
        var equal = FairnessImpossibility.search(a, ScoredGroup.binormal(1, 0.3, thresholds), 0.01, 0.05, 0.95);
        Evidence.of("pairs with equal base rates", equal.satisfying(), atLeast(Math.sqrt(equal.pairs())));
        Evidence.of("their least gap", equal.largestGap(), exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void flippedLabelsAreFlaggedAndCleanOnesSeldom() {
        int flagged = 0, falsely = 0;
        for (int run = 0; run < 100; run++) {
            var rng = Rng.of(40).split(run);
            var labels = new long[8000];
            var groups = new long[8000];
            for (int i = 0; i < 8000; i++) {
                groups[i] = i % 2;
                labels[i] = rng.nextDouble() < 0.5 ? 1 : 0;
            }
            if (excludesZero(labels, groups, rng.split(1))) falsely++;
            for (int i = 0; i < 8000; i++) if (groups[i] == 1 && labels[i] == 1 && rng.nextDouble() < 0.1) labels[i] = 0;
            if (excludesZero(labels, groups, rng.split(2))) flagged++;
        }
        Evidence.of("runs flagged of 100 with flipped labels", flagged, atLeast(95));
        Evidence.of("runs flagged of 100 without", falsely, atMost(12));
        Evidence.of("intervals are not too wide: runs flagged without", falsely, atLeast(1));
    }

    private static boolean excludesZero(long[] labels, long[] groups, Rng rng) {
        var interval = FairnessMetrics.of(labels, new long[labels.length], groups).interval(GroupRate.LABEL, 0, 1, 0.95, 1000, rng);
        return !interval.contains(0);
    }

    @Test void bootstrapDeviationOfADifferenceIsTheBinomialOne() {
        long[][] r = rows(Rng.of(5), new long[] {0, 1}, new int[][] {{400, 100, 100, 400}, {160, 40, 40, 760}});
        var metrics = FairnessMetrics.of(r[0], r[1], r[2]);
        double wide = 2 * 1.959964 * Math.sqrt(0.8 * 0.2 / 500 + 0.8 * 0.2 / 200);
        assertThat(metrics.interval(GroupRate.TRUE_POSITIVE, 0, 1, 0.95, 4000, Rng.of(6)).width() / wide).isBetween(0.94, 1.06);
        var gap = metrics.interval(GroupRate.FALSE_POSITIVE, 0, 1, 0.95, 1000, Rng.of(7));
        assertThat(gap.low()).isGreaterThan(0.1);
        assertThat(gap.high()).isLessThan(0.2);
    }

    @Test void calibrationIsByGroupAndWeightsCount() {
        long[] labels = {1, 0, 1, 1, 0, 0}, groups = {5, 5, 5, 5, 9, 9};
        double[] said = {0.75, 0.75, 0.75, 0.75, 0.4, 0.4};
        var reports = FairnessMetrics.calibration(labels, said, groups);
        assertThat(reports.keySet()).containsExactly(5L, 9L);
        assertThat(reports.get(5L).ece()).isEqualTo(0);
        assertThat(reports.get(9L).ece()).isEqualTo(0.4);
        var weighted = FairnessMetrics.of(labels, labels, groups, new double[] {1, 2, 0.5, 0.5, 1, 3});
        assertThat(weighted.group(5).rate(GroupRate.LABEL)).isEqualTo(0.5);
        assertThat(weighted.toString()).contains("gap").contains("POSITIVE_PREDICTIVE_VALUE");
    }

    @Test void ratesOfScoresAreCounts() {
        var group = ScoredGroup.of(new double[] {0.1, 0.4, 0.4, 0.8, 0.9}, new long[] {0, 1, 0, 0, 1}, new double[] {0, 0.4, 0.5, 1});
        assertThat(group.baseRate()).isEqualTo(0.4);
        assertThat(group.truePositiveRates()).containsExactly(1, 1, 0.5, 0);
        assertThat(group.falsePositiveRates()).containsExactly(1, 2 / 3.0, 1 / 3.0, 0);
    }

    @Test void badInputIsRefusedByName() {
        long[] two = {0, 1};
        assertThatThrownBy(() -> FairnessMetrics.of(new long[] {0, 2}, two, two)).hasMessageContaining("label 1 is 2");
        assertThatThrownBy(() -> FairnessMetrics.of(two, new long[] {0}, two)).isInstanceOf(ShapeException.class);
        var metrics = FairnessMetrics.of(two, two, two);
        assertThatThrownBy(() -> metrics.group(3)).hasMessageContaining("no row of group 3").hasMessageContaining("[0, 1]");
        assertThatThrownBy(() -> metrics.interval(GroupRate.LABEL, 0, 1, 1, 100, Rng.of(1))).hasMessageContaining("level is 1.0");
        assertThat(metrics.gap(GroupRate.TRUE_POSITIVE)).isNaN();
        assertThat(metrics.gap(FairnessCriterion.EQUALISED_ODDS)).isNaN();
    }
}
