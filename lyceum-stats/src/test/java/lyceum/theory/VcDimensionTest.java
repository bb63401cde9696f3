package lyceum.theory;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.function.Predicate;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.theory.VcDimension.HypothesisClass;
import org.junit.jupiter.api.Test;

class VcDimensionTest {
    private static double[][] random(Rng rng, int n, int d) {
        var points = new double[n][d];
        for (var point : points) for (int j = 0; j < d; j++) point[j] = rng.nextDouble();
        return points;
    }

    @Test
    @Acceptance(topic = "vc-dimension", clause = 1) void theKnownDimensionsAreFound() {
        var rng = Rng.of(1);
        double[][] line = random(rng, 8, 1), plane = random(rng, 12, 2);
        // On random points alone a diamond may be missing.
        plane[0] = new double[] {0.5, -1};
        plane[1] = new double[] {0.5, 2};
        plane[2] = new double[] {-1, 0.5};
        plane[3] = new double[] {2, 0.5};
        Evidence.of("thresholds", VcDimension.dimension(VcDimension.thresholds(), line, 5), exactly(1));
        Evidence.of("intervals", VcDimension.dimension(VcDimension.boxes(), line, 5), exactly(2));
        Evidence.of("axis rectangles in the plane", VcDimension.dimension(VcDimension.boxes(), plane, 7), exactly(4));
        for (int d = 1; d <= 5; d++)
            Evidence.of("half-spaces, d = " + d, VcDimension.dimension(VcDimension.halfspaces(), random(rng, d + 3, d), d + 3),
                    exactly(d + 1));
    }

    @Test
    @Acceptance(topic = "vc-dimension", clause = 1) void radonRefutesEverySetOfTwoMoreThanTheDimension() {
        var rng = Rng.of(2);
        int refuted = 0, sets = 0;
        double apart = 0, weight = 0;
        for (int d = 1; d <= 5; d++) for (int set = 0; set < 500; set++) {
            double[][] points = random(rng, d + 2, d);
            var radon = VcDimension.radon(points);
            // One point is a mixture of the yeses and of the noes, so that no half-space parts them; the linear program finds the same.
            double[] sums = new double[2];
            double[][] mixtures = new double[2][d];
            for (int i = 0; i < points.length; i++) {
                assertThat(radon.weights()[i]).isNotNegative();
                sums[radon.labels()[i] ? 1 : 0] += radon.weights()[i];
                for (int j = 0; j < d; j++) mixtures[radon.labels()[i] ? 1 : 0][j] += radon.weights()[i] * points[i][j];
            }
            for (int j = 0; j < d; j++) for (double[] mixture : mixtures) apart = Math.max(apart, Math.abs(mixture[j] - radon.point()[j]));
            weight = Math.max(weight, Math.max(Math.abs(sums[0] - 1), Math.abs(sums[1] - 1)));
            if (!VcDimension.halfspaces().realises(points, radon.labels())) refuted++;
            sets++;
        }
        Evidence.of("sets of d + 2 points", sets, exactly(2_500));
        Evidence.of("refuted by the linear program at Radon's labelling", refuted, exactly(2_500));
        Evidence.of("largest distance of either mixture from Radon's point", apart, below(1e-9));
        Evidence.of("largest distance of a side's weights from 1", weight, below(1e-9));
    }

    @Test
    @Acceptance(topic = "vc-dimension", clause = 2) void aSineShattersTenPoints() {
        double[][] points = VcDimension.sinePoints(10);
        int right = 0;
        for (int code = 0; code < 1_024; code++) {
            var labels = new boolean[10];
            for (int i = 0; i < 10; i++) labels[i] = (code >> i & 1) == 1;
            double w = VcDimension.sineFrequency(labels);
            boolean same = true;
            for (int i = 0; i < 10; i++) same &= Math.sin(w * points[i][0]) > 0 == labels[i];
            if (same) right++;
        }
        Evidence.of("labellings of ten points that a sine gives", right, exactly(1_024));
    }

    /** Pascal's triangle, in whole numbers. */
    private static long sauer(int d, int m) {
        var row = new long[m + 1];
        row[0] = 1;
        for (int r = 1; r <= m; r++) for (int k = r; k > 0; k--) row[k] += row[k - 1];
        return Arrays.stream(row, 0, Math.min(d, m) + 1).sum();
    }

    private static boolean isInterval(int code) {
        while (code != 0 && (code & 1) == 0) code >>= 1;
        return (code & code + 1) == 0;
    }

    @Test
    @Acceptance(topic = "vc-dimension", clause = 3) void growthIsWithinSauersSum() {
        var rng = Rng.of(3);
        int equal = 0;
        double most = 0;
        for (int n = 1; n <= 12; n++) {
            double[][] line = random(rng, n, 1);
            long intervals = VcDimension.growth(VcDimension.boxes(), line);
            if (intervals == sauer(2, n)) equal++;
            most = Math.max(most, intervals / (double) sauer(2, n));
            most = Math.max(most, VcDimension.growth(VcDimension.thresholds(), line) / (double) sauer(1, n));
            for (int set = 0; set < 5; set++)
                most = Math.max(most, VcDimension.growth(VcDimension.boxes(), random(rng, n, 2)) / (double) sauer(4, n));
            if (n <= 7) {
                long lines = VcDimension.growth(VcDimension.halfspaces(), random(rng, n, 2));
                most = Math.max(most, lines / (double) sauer(3, n));
                assertThat(lines).as("Cover's count, exactly, of points in general position").isEqualTo(2 * sauer(2, n - 1));
            }
            assertThat(VcDimension.sauer(2, n)).isEqualTo(sauer(2, n));
            assertThat(VcDimension.sauer(4, n)).isEqualTo(sauer(4, n));
        }
        Evidence.of("sizes up to 12 at which intervals attain the sum", equal, exactly(12));
        // Classes of random hypotheses on eight points: the dimension is found by trying all subsets.
        double[][] domain = new double[8][1];
        for (int i = 0; i < 8; i++) domain[i][0] = i;
        for (int draw = 0; draw < 100; draw++) {
            var list = new ArrayList<Predicate<double[]>>();
            var codes = new ArrayList<Integer>();
            int size = 1 + rng.nextInt(60);
            for (int k = 0; k < size; k++) {
                int code = rng.nextInt(256);
                if (!codes.contains(code)) codes.add(code);
                list.add(x -> (code >> (int) x[0] & 1) == 1);
            }
            HypothesisClass finite = VcDimension.finite(list);
            long growth = VcDimension.growth(finite, domain);
            assertThat(growth).isEqualTo(codes.size());
            most = Math.max(most, growth / (double) sauer(VcDimension.dimension(finite, domain, 8), 8));
        }
        Evidence.of("largest growth over Sauer's sum", most, atMost(1));
        // Which labellings: for intervals those whose yeses are neighbours.
        double[][] ordered = new double[10][1];
        for (int i = 0; i < 10; i++) ordered[i][0] = i;
        for (int code = 0; code < 1_024; code++) {
            var labels = new boolean[10];
            for (int i = 0; i < 10; i++) labels[i] = (code >> i & 1) == 1;
            assertThat(VcDimension.boxes().realises(ordered, labels)).isEqualTo(isInterval(code));
        }
    }

    @Test
    @Acceptance(topic = "vc-dimension", clause = 4) void theBoundHoldsForAllHypothesesAtOnce() {
        // Thresholds on uniform points, a fifth of the labels of x >= 0.5 flipped: true error 0.2 + 0.6 |t - 0.5|.
        var rng = Rng.of(4);
        int n = 500, held = 0;
        double bound = VcDimension.deviation(1, n, 0.05), largest = 0;
        for (int draw = 0; draw < 1_000; draw++) {
            var x = rng.doubles(n).sorted().toArray();
            var yes = new boolean[n];
            int wrong = 0; // of the threshold at 0, that says yes everywhere
            for (int i = 0; i < n; i++) {
                yes[i] = x[i] >= 0.5 != rng.nextDouble() < 0.2;
                if (!yes[i]) wrong++;
            }
            double most = 0, from = 0;
            for (int i = 0; i <= n; i++) { // thresholds between two points make the same errors on the sample
                double to = i < n ? x[i] : 1;
                for (double t : new double[] {from, to, Math.min(to, Math.max(from, 0.5))})
                    most = Math.max(most, Math.abs(0.2 + 0.6 * Math.abs(t - 0.5) - (double) wrong / n));
                if (i < n) wrong += yes[i] ? 1 : -1;
                from = to;
            }
            if (most <= bound) held++;
            largest = Math.max(largest, most);
        }
        Evidence.of("draws of 1,000 in which the bound holds for every threshold", held, atLeast(950));
        // The bound by hand, sqrt(8/500 (ln 80 + ln 1001)); it is loose, but no tenth of it would do.
        assertThat(bound).isCloseTo(Math.sqrt(0.016 * (Math.log(80) + Math.log(1_001))), within(1e-9));
        assertThat(largest).isGreaterThan(bound / 10);
        // The article's: half-spaces in 100 dimensions, a gap of 0.1.
        assertThat(VcDimension.samples(101, 0.1, 0.05)).isBetween(800_000L, 880_000L);
        long enough = VcDimension.samples(3, 0.1, 0.05);
        assertThat(VcDimension.deviation(3, enough, 0.05)).isLessThanOrEqualTo(0.1);
        assertThat(VcDimension.deviation(3, enough - 1, 0.05)).isGreaterThan(0.1);
    }

    @Test void badArguments() {
        assertThatThrownBy(() -> VcDimension.growth(VcDimension.thresholds(), new double[30][1])).hasMessageContaining("2^30 labellings");
        assertThatThrownBy(() -> VcDimension.radon(new double[3][2])).hasMessageContaining("about 4 points in 2 dimensions, not 3");
        assertThatThrownBy(() -> VcDimension.deviation(1, 0, 0.1)).hasMessageContaining("0 points");
        assertThat(VcDimension.shatters(VcDimension.thresholds(), new double[][] {{1}})).isTrue();
        // A point twice has one label.
        for (var hypotheses : new HypothesisClass[] {VcDimension.thresholds(), VcDimension.boxes(), VcDimension.halfspaces()})
            assertThat(hypotheses.realises(new double[][] {{1}, {1}}, new boolean[] {true, false})).isFalse();
    }
}
