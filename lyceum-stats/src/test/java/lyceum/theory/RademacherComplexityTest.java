package lyceum.theory;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.theory.RademacherComplexity.HypothesisClass;
import org.junit.jupiter.api.Test;

class RademacherComplexityTest {
    private static double[][] normal(Rng rng, int n, int d) {
        var x = new double[n][d];
        for (var row : x) for (int j = 0; j < d; j++) row[j] = rng.nextGaussian();
        return x;
    }

    private static double[] signs(int code, int n) {
        var signs = new double[n];
        for (int i = 0; i < n; i++) signs[i] = (code >> i & 1) == 1 ? 1 : -1;
        return signs;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += a[i] * b[i];
        return sum;
    }

    @Test
    @Acceptance(topic = "rademacher", clause = 1) void randomSignsAgreeWithAllSigns() {
        var rng = Rng.of(1);
        double[][] x = normal(rng, 12, 3), functions = normal(rng, 30, 12), gram = new double[12][12];
        for (int i = 0; i < 12; i++) for (int j = 0; j < 12; j++) gram[i][j] = Math.exp(-dot(minus(x[i], x[j]), minus(x[i], x[j])));
        x[5][0] = x[2][0]; // a tie for the stumps
        var classes = new LinkedHashMap<String, HypothesisClass>();
        var brute = new LinkedHashMap<String, HypothesisClass>(); // the same suprema, the slow way
        classes.put("l1 ball", RademacherComplexity.l1Ball(x, 2));
        brute.put("l1 ball", s -> {
            double most = 0; // at a corner
            for (int j = 0; j < 3; j++) for (int sign = -1; sign <= 1; sign += 2) {
                double sum = 0;
                for (int i = 0; i < 12; i++) sum += s[i] * 2 * sign * x[i][j] / 12;
                most = Math.max(most, sum);
            }
            return most;
        });
        classes.put("30 functions", RademacherComplexity.finite(functions));
        brute.put("30 functions", s -> {
            double most = -9;
            for (var f : functions) most = Math.max(most, dot(s, f) / 12);
            return most;
        });
        classes.put("stumps", RademacherComplexity.stumps(x));
        brute.put("stumps", s -> {
            double most = -9;
            for (int j = 0; j < 3; j++) for (int t = 0; t <= 12; t++) for (int sign = -1; sign <= 1; sign += 2) {
                double sum = 0;
                for (int i = 0; i < 12; i++) sum += s[i] * sign * (x[i][j] >= (t < 12 ? x[t][j] : 99) ? 1 : -1) / 12;
                most = Math.max(most, sum);
            }
            return most;
        });
        classes.put("kernel ball", RademacherComplexity.kernelBall(gram, 1.5));
        brute.put("kernel ball", s -> {
            double sum = 0;
            for (int i = 0; i < 12; i++) for (int j = 0; j < 12; j++) sum += s[i] * s[j] * gram[i][j];
            return 1.5 * Math.sqrt(sum) / 12;
        });
        classes.put("l2 ball", RademacherComplexity.l2Ball(x, 2));
        brute.put("l2 ball", s -> {
            double[] sum = new double[3];
            for (int i = 0; i < 12; i++) for (int j = 0; j < 3; j++) sum[j] += s[i] * x[i][j];
            return 2 * Math.sqrt(dot(sum, sum)) / 12;
        });
        double apart = 0, errors = 0;
        for (var entry : classes.entrySet()) {
            double mean = 0;
            for (int code = 0; code < 4_096; code++) mean += brute.get(entry.getKey()).bestFit(signs(code, 12)) / 4_096;
            apart = Math.max(apart, Math.abs(RademacherComplexity.exact(entry.getValue(), 12) - mean));
            var estimate = RademacherComplexity.monteCarlo(entry.getValue(), 12, 20_000, rng);
            errors = Math.max(errors, Math.abs(estimate.value() - mean) / estimate.standardError());
            assertThat(estimate.standardError()).isLessThan(0.005);
        }
        Evidence.of("classes", classes.size(), exactly(5));
        Evidence.of("largest distance of the enumeration from a slow one", apart, below(1e-12));
        Evidence.of("largest distance of 20,000 random signs from it, in standard errors", errors, atMost(3));
    }

    private static double[] minus(double[] a, double[] b) {
        var c = new double[a.length];
        for (int j = 0; j < a.length; j++) c[j] = a[j] - b[j];
        return c;
    }

    @Test
    @Acceptance(topic = "rademacher", clause = 2) void theBallsBestFitIsWhatAscentFinds() {
        var rng = Rng.of(2);
        double[][] x = normal(rng, 12, 4);
        double b = 1.7, r = 0, worst = 0, mean = 0;
        for (var row : x) r = Math.max(r, Math.sqrt(dot(row, row)));
        var ball = RademacherComplexity.l2Ball(x, b);
        for (int code = 0; code < 4_096; code++) {
            double[] s = signs(code, 12), w = new double[4];
            for (int step = 0; step < 60; step++) {
                double gradientStep = 100 * b; // far out, and back on to the ball
                for (int i = 0; i < 12; i++) for (int j = 0; j < 4; j++) w[j] += gradientStep * s[i] * x[i][j] / 12;
                double norm = Math.sqrt(dot(w, w));
                for (int j = 0; norm > b && j < 4; j++) w[j] *= b / norm;
            }
            double value = 0;
            for (int i = 0; i < 12; i++) value += s[i] * dot(w, x[i]) / 12;
            worst = Math.max(worst, Math.abs(value - ball.bestFit(s)));
            mean += value / 4_096;
        }
        Evidence.of("largest distance from projected gradient ascent over 4,096 signs", worst, atMost(1e-8));
        Evidence.of("mean over B R / sqrt(n)", mean / RademacherComplexity.l2Bound(b, r, 12), below(1));
        assertThat(RademacherComplexity.l2Bound(b, r, 12)).isCloseTo(b * r / Math.sqrt(12), within(1e-12));
        // Unit inputs: no more than Khinchine's constant between the two.
        assertThat(mean / RademacherComplexity.l2Bound(b, r, 12)).isGreaterThan(0.4);
    }

    @Test
    @Acceptance(topic = "rademacher", clause = 3) void massartsBoundIsNeverBroken() {
        var rng = Rng.of(3);
        double most = 0;
        for (int draw = 0; draw < 200; draw++) {
            int size = 2 + rng.nextInt(60);
            double[][] values = normal(rng, size, 10);
            if (draw % 4 == 0) { // all signs of three coordinates, of one length: as tight as it gets
                values = new double[8][10];
                for (int code = 0; code < 8; code++) for (int i = 0; i < 3; i++) values[code][i] = (code >> i & 1) == 1 ? 1 : -1;
            }
            most = Math.max(most,
                    RademacherComplexity.exact(RademacherComplexity.finite(values), 10) / RademacherComplexity.massart(values));
        }
        Evidence.of("largest complexity over Massart's bound, 200 classes", most, atMost(1));
        Evidence.of("so near does it come", most, above(0.8));
        // The article's: thresholds on 12 points have 13 functions of 12 signs.
        var thresholds = new double[13][12];
        for (int t = 0; t <= 12; t++) for (int i = 0; i < 12; i++) thresholds[t][i] = i >= t ? 1 : -1;
        assertThat(RademacherComplexity.massart(thresholds)).isCloseTo(0.654, within(5e-4));
        assertThat(RademacherComplexity.exact(RademacherComplexity.finite(thresholds), 12)).isCloseTo(walk(12), within(1e-12));
        assertThat(new double[] {walk(4), walk(12), walk(100), walk(1_000)}).containsExactly(new double[] {0.5938, 0.3866, 0.1500, 0.0495},
                within(5e-5));
    }

    /** Of thresholds at n points, n even: 2/n times the mean maximum of a random walk, which is E|S| - P(S != 0) / 2 by reflection. */
    private static double walk(int n) {
        double zero = 1; // P(S = 0), C(n, n/2) / 2^n
        for (int k = 1; k <= n / 2; k++) zero *= (2 * k - 1) / (2.0 * k);
        return 2.0 / n * (n * zero - (1 - zero) / 2);
    }

    @Test
    @Acceptance(topic = "rademacher", clause = 4) void aLossDoesNotRaiseIt() {
        var rng = Rng.of(4);
        var losses = Map.<String, DoubleUnaryOperator>of("hinge", m -> Math.max(0, 1 - m), "logistic", m -> Math.log1p(Math.exp(-m)),
                "ramp", m -> Math.min(1, Math.max(0, 1 - m)), "absolute", Math::abs, "sine", Math::sin);
        double rise = Double.NEGATIVE_INFINITY;
        for (int draw = 0; draw < 200; draw++) {
            int size = 2 + rng.nextInt(20);
            double[][] values = normal(rng, size, 10);
            var labels = signs(rng.nextInt(1_024), 10);
            double before = RademacherComplexity.exact(RademacherComplexity.finite(values), 10);
            for (var loss : losses.values()) {
                var after = new double[size][10];
                for (int k = 0; k < size; k++) for (int i = 0; i < 10; i++) after[k][i] = loss.applyAsDouble(labels[i] * values[k][i]);
                rise = Math.max(rise,
                        RademacherComplexity.exact(RademacherComplexity.finite(after), 10) - RademacherComplexity.contraction(1, before));
            }
        }
        Evidence.of("largest rise over 200 classes and five losses", rise, atMost(1e-12));
        Evidence.of("the same, so that the comparison is near", rise, above(-0.5));
        assertThat(RademacherComplexity.contraction(2, 0.3)).isCloseTo(0.6, within(1e-15));
    }

    @Test
    @Acceptance(topic = "rademacher", clause = 5) void theCertificateHoldsAndBeatsTheVcBoundWhereNormsAreSmall() {
        // A population of 2,000 inputs of norm 1 in 50 dimensions; the label leans on the first coordinate.
        var rng = Rng.of(5);
        int d = 50, n = 500, held = 0, smaller = 0;
        double[][] population = normal(rng, 2_000, d);
        var labels = new double[2_000];
        for (int i = 0; i < 2_000; i++) {
            double[] x = population[i];
            labels[i] = x[0] + 0.5 * rng.nextGaussian() > 0 ? 1 : -1;
            x[0] *= 4;
            double norm = Math.sqrt(dot(x, x));
            for (int j = 0; j < d; j++) x[j] /= norm;
        }
        double leastSlack = 9, vc = VcDimension.deviation(d, n, 0.05);
        for (int draw = 0; draw < 1_000; draw++) {
            var x = new double[n][];
            var w = new double[d];
            var picked = new int[n];
            for (int i = 0; i < n; i++) {
                x[i] = population[picked[i] = rng.nextInt(2_000)];
                for (int j = 0; j < d; j++) w[j] += labels[picked[i]] * x[i][j];
            }
            double norm = Math.sqrt(dot(w, w)), b = 2, ramp = 0, wrong = 0, truth = 0;
            for (int j = 0; j < d; j++) w[j] *= b / norm;
            for (int i = 0; i < n; i++) {
                double margin = labels[picked[i]] * dot(w, x[i]);
                ramp += Math.min(1, Math.max(0, 1 - margin)) / n;
                if (margin <= 0) wrong += 1.0 / n;
            }
            for (int i = 0; i < 2_000; i++) truth += Math.min(1, Math.max(0, 1 - labels[i] * dot(w, population[i]))) / 2_000;
            double complexity = RademacherComplexity.contraction(1,
                    RademacherComplexity.monteCarlo(RademacherComplexity.l2Ball(x, b), n, 20, rng).value());
            double certificate = RademacherComplexity.certificate(ramp, complexity, n, 0.05);
            if (truth <= certificate) held++;
            leastSlack = Math.min(leastSlack, certificate - truth);
            if (certificate < wrong + vc) smaller++;
        }
        Evidence.of("draws of 1,000 in which the certificate holds", held, atLeast(950));
        Evidence.of("draws in which it is below the VC bound", smaller, exactly(1_000));
        assertThat(leastSlack).isLessThan(0.5);
        // Of every hypothesis at once: thresholds, whose true risks are known.
        Evidence.of("draws of 1,000 in which it holds for all of 40 thresholds", thresholds(rng), atLeast(950));
        assertThat(RademacherComplexity.certificate(0.1, 0.025, 1_000, 0.05)).isCloseTo(0.15 + 3 * Math.sqrt(Math.log(40) / 2_000),
                within(1e-12));
    }

    private static int thresholds(Rng rng) {
        int n = 200, held = 0;
        for (int draw = 0; draw < 1_000; draw++) {
            var losses = new double[40][n];
            for (int i = 0; i < n; i++) {
                double x = rng.nextDouble();
                boolean yes = x >= 0.5 != rng.nextDouble() < 0.3;
                for (int k = 0; k < 40; k++) losses[k][i] = x >= k / 40.0 == yes ? 0 : 1;
            }
            double complexity = RademacherComplexity.monteCarlo(RademacherComplexity.finite(losses), n, 20, rng).value(), worst = -9;
            for (int k = 0; k < 40; k++) {
                double risk = 0;
                for (double loss : losses[k]) risk += loss / n;
                worst = Math.max(worst, 0.3 + 0.4 * Math.abs(k / 40.0 - 0.5) - RademacherComplexity.certificate(risk, complexity, n, 0.05));
            }
            if (worst <= 0) held++;
        }
        return held;
    }

    @Test void boundsAndBadInput() {
        assertThat(RademacherComplexity.l1Bound(2, 3, 8, 50)).isCloseTo(6 * Math.sqrt(2 * Math.log(16) / 50), within(1e-12));
        var corners = new double[12][3]; // of a cube: as long as the bounds allow
        for (int i = 0; i < 12; i++) for (int j = 0; j < 3; j++) corners[i][j] = (5 * i + 3 * j) % 7 < 3 ? 1 : -1;
        double share = RademacherComplexity.exact(RademacherComplexity.l1Ball(corners, 2), 12) / RademacherComplexity.l1Bound(2, 1, 3, 12);
        assertThat(share).isBetween(0.5, 1.0);
        assertThat(RademacherComplexity.networkBound(new double[] {2, 3}, 1.5, 100))
                .isCloseTo(1.5 * 6 * (Math.sqrt(4 * Math.log(2)) + 1) / 10, within(1e-12));
        assertThatThrownBy(() -> RademacherComplexity.exact(s -> 0, 30)).hasMessageContaining("2^30 signs");
        assertThatThrownBy(() -> RademacherComplexity.certificate(0, 0, 5, 0)).hasMessageContaining("delta is 0.0");
        var estimate = RademacherComplexity.monteCarlo(s -> s[0], 1, 1_000, Rng.of(7));
        assertThat(estimate.interval().width()).isCloseTo(4 * estimate.standardError(), within(1e-12));
        assertThat(estimate.standardError()).isCloseTo(1 / Math.sqrt(1_000), within(1e-3));
    }
}
