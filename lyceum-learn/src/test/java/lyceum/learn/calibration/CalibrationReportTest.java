package lyceum.learn.calibration;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class CalibrationReportTest {
    private static final String ECE = "ece", CALIBRATION = "calibration";
    private static final Golden GOLDEN = Golden.load("golden/calibration.json");

    private record Sample(boolean[] truth, double[] p, int bins, Recipe rest) {
        static Sample of(int i) {
            var r = new Recipe(60600 + i);
            int n = 5 + r.below(200), bins = 1 + r.below(15);
            var p = new double[n];
            for (int k = 0; k < n; k++) p[k] = i % 4 == 0 ? r.below(21) / 20.0 : power(r.uniform(), 1 + i % 3);
            var truth = new boolean[n];
            for (int k = 0; k < n; k++) truth[k] = r.uniform() < p[k];
            truth[0] = true;
            truth[1] = false;
            return new Sample(truth, p, bins, r);
        }

        private static double power(double v, int times) {
            double product = v;
            for (int t = 1; t < times; t++) product *= v;
            return product;
        }
    }

    private static void curvesEqualScikitLearn() {
        Gap prints = Gap.absolute(), curves = Gap.absolute();
        double[][] rows = GOLDEN.named("random").matrix("expected.rows");
        for (int i = 0; i < rows.length; i++) {
            var s = Sample.of(i);
            var report = new CalibrationReport(s.truth, s.p, s.bins);
            for (int which = 0; which < 2; which++) {
                var bins = (which == 0 ? report.uniform() : report.quantile()).occupied();
                assertThat(bins.count()).as("set " + i).hasSize((int) rows[i][2 * which]);
                double print = 0;
                for (double v : bins.accuracy()) print += v * s.rest.uniform();
                for (double v : bins.confidence()) print += v * s.rest.uniform();
                prints.see("set " + i + ", strategy " + which, print, rows[i][2 * which + 1]);
                if (i >= 4) continue;
                var golden = GOLDEN.named((which == 0 ? "uniform-" : "quantile-") + i);
                curves.see(golden, "expected.accuracy", bins.accuracy()).see(golden, "expected.confidence", bins.confidence());
            }
        }
        Evidence.of("sets, with uniform and with quantile bins", rows.length, exactly(200));
        Evidence.of("random sums over each curve, less scikit-learn's", prints, atMost(1e-12));
        Evidence.of("points of eight curves, less scikit-learn's", curves, atMost(1e-14));
    }

    @Acceptance(topic = CALIBRATION, clause = 1)
    @Test void curvesOfTheReportEqualScikitLearn() { curvesEqualScikitLearn(); }

    @Acceptance(topic = ECE, clause = 2)
    @Test void binsEqualScikitLearn() { curvesEqualScikitLearn(); }

    /** Four bins of width 1/4: (0.125 to 0.25 | no, yes, no), (0.375, 0.5 | no, yes), (0.625 to 0.75 | yes, yes, no), (0.875, 1 | yes, yes). */
    @Acceptance(topic = ECE, clause = 1)
    @Test void tenPointsByHand() {
        double[] p = {0.125, 0.1875, 0.25, 0.375, 0.5, 0.625, 0.75, 0.75, 0.875, 1};
        boolean[] truth = {false, true, false, false, true, true, true, false, true, true};
        var report = new CalibrationReport(truth, p, 4);
        // Bins of width 1/4, upper edges included: 3 rows (0.1875 said, 1/3 came), 2 (0.4375, 1/2), 3 (0.7083.., 2/3), 2 (0.9375, 1).
        double[] gaps = {1 / 3.0 - 0.1875, 0.0625, 2.125 / 3 - 2 / 3.0, 0.0625};
        var bins = report.uniform();
        assertThat(bins.count()).containsExactly(3, 2, 3, 2);
        Evidence.of("expected error, less (0.4375 + 0.125 + 0.125 + 0.125) / 10", report.ece() - 0.08125, between(-1e-16, 1e-16));
        Evidence.of("largest gap, less 1/3 - 3/16", report.mce() - gaps[0], between(-1e-16, 1e-16));
        double squared = (3 * gaps[0] * gaps[0] + 2 * gaps[1] * gaps[1] + 3 * gaps[2] * gaps[2] + 2 * gaps[3] * gaps[3]) / 10;
        Evidence.of("squared error less the sum by hand", bins.squaredError() - squared, between(-1e-17, 1e-17));
        // Accuracies 1/3, 1/2, 2/3, 1: corrections 3 (2/9)/2, 2 (1/4)/1, 3 (2/9)/2, 0.
        Evidence.of("debiased squared error less the sum by hand", bins.debiasedSquaredError() - (squared - (1 / 3.0 + 0.5 + 1 / 3.0) / 10),
                between(-1e-16, 1e-16));
        // Quantile edges 0.125, 0.28125, 0.5625, 0.75, 1: 3, 2, 3, 2 rows again.
        Evidence.of("equal-mass error less the same", report.adaptiveEce() - 0.08125, between(-1e-16, 1e-16));
        // Three bins: edges 1/3 and 2/3.
        assertThat(report.withBins(3).uniform().count()).containsExactly(3, 3, 4);
        assertThat(report.withBins(1).ece()).isCloseTo(0.6 - 0.54375, within(1e-15));
    }

    private static double[] uniforms(Rng rng, int n) {
        var p = new double[n];
        for (int i = 0; i < n; i++) p[i] = rng.nextDouble();
        return p;
    }

    private static boolean[] drawn(Rng rng, double[] p) {
        var truth = new boolean[p.length];
        for (int i = 0; i < p.length; i++) truth[i] = rng.nextDouble() < p[i];
        return truth;
    }

    private static double ece(Rng rng, int n) {
        var p = uniforms(rng, n);
        return CalibrationReport.of(drawn(rng, p), p).ece();
    }

    /** Means over sets against the expectation of |mean of n_b centred draws|: sqrt(2 / pi) times the sum over bins of sqrt(n_b v_b) / n. */
    @Acceptance(topic = ECE, clause = 3)
    @Test void calibratedDrawsHaveASmallErrorThatChanceMakes() {
        var rng = Rng.of(606);
        double worst = 0;
        for (int set = 0; set < 10; set++) worst = Math.max(worst, ece(rng, 100_000));
        Evidence.of("largest error of ten sets of 100,000", worst, below(0.01));
        int[] sizes = {500, 5000, 100_000}, sets = {400, 100, 50};
        for (int s = 0; s < 3; s++) {
            double sum = 0, expected = 0;
            for (int set = 0; set < sets[s]; set++) sum += ece(rng, sizes[s]) / sets[s];
            for (int b = 0; b < 15; b++) {
                double low = b / 15.0, high = (b + 1) / 15.0,
                        v = ((high * high - low * low) / 2 - (high * high * high - low * low * low) / 3) * 15;
                expected += Math.sqrt(2 / Math.PI * sizes[s] / 15.0 * v) / sizes[s];
            }
            Evidence.of("mean error at n = " + sizes[s] + " over what chance makes", sum / expected, between(0.9, 1.1));
        }
    }

    @Acceptance(topic = ECE, clause = 4)
    @Test void temperatureScalingMendsLogitsSharpenedByThree() {
        var rng = Rng.of(4);
        for (int k : new int[] {2, 5}) {
            int n = 40_000;
            double[][] z = new double[n][k];
            var truth = new int[n];
            for (int i = 0; i < n; i++) {
                double sum = 0, u = rng.nextDouble();
                for (int c = 0; c < k; c++) sum += Math.exp(z[i][c] = 1.5 * rng.nextGaussian());
                for (double below = Math.exp(z[i][0]); below < u * sum; below += Math.exp(z[i][truth[i]])) truth[i]++;
                for (int c = 0; c < k; c++) z[i][c] *= 3;
            }
            Tensor logits = Tensor.of(z), y = Tensor.of(truth), fit = logits.narrow(0, 0, n / 2), test = logits.narrow(0, n / 2, n / 2),
                    rest = y.narrow(0, n / 2, n / 2);
            var map = Calibrator.temperature().fit(fit, y.narrow(0, 0, n / 2));
            Evidence.of(k + " classes: error of sharpened logits", CalibrationReport.ofTopClass(rest, test.softmax(1)).ece(), atLeast(0.1));
            Evidence.of(k + " classes: error after temperature scaling", CalibrationReport.ofTopClass(rest, map.apply(test)).ece(),
                    below(0.015));
            Evidence.of(k + " classes: temperature over 3", map.temperature() / 3, between(0.95, 1.05));
        }
    }

    @Acceptance(topic = ECE, clause = 5)
    @Test void debiasedSquaredErrorIsNoughtOnAverageAndThePlainOneIsNot() {
        var rng = Rng.of(5);
        double plain = 0, debiased = 0;
        int sets = 2000;
        for (int set = 0; set < sets; set++) {
            var p = uniforms(rng, 500);
            var bins = CalibrationReport.of(drawn(rng, p), p).uniform();
            plain += bins.squaredError() / sets;
            debiased += bins.debiasedSquaredError() / sets;
        }
        Evidence.of("mean debiased squared error of 2,000 sets", debiased, between(-0.0003, 0.0003));
        double longer = 0;
        for (int set = 0; set < 4 * sets; set++) {
            var p = uniforms(rng, 500);
            longer += CalibrationReport.of(drawn(rng, p), p).uniform().debiasedSquaredError() / (4 * sets);
        }
        Evidence.of("that of 8,000 further sets, whose standard error is 0.00002", longer, between(-0.00008, 0.00008));
        Evidence.of("mean plain squared error", plain, above(0.004));
        // What chance adds is 15 / n times the mean of p (1 - p), 1/6.
        Evidence.of("mean plain squared error over 15 / 500 / 6", plain / (15 / 500.0 / 6), between(0.97, 1.03));
    }

    @Acceptance(topic = CALIBRATION, clause = 2)
    @Test void brierScoreOfDiscreteForecastsIsTheSumOfThreeParts() {
        var rng = Rng.of(31);
        Gap gap = Gap.absolute(), parts = Gap.absolute();
        for (int run = 0; run < 300; run++) {
            int n = 2 + rng.nextInt(300), levels = 1 + rng.nextInt(11);
            var p = new double[n];
            for (int i = 0; i < n; i++) p[i] = rng.nextInt(levels + 1) / (double) levels;
            var truth = drawn(rng, p);
            truth[0] = !truth[0];
            double brier = 0, rate = 0, reliability = 0, resolution = 0;
            for (int i = 0; i < n; i++) {
                brier += (p[i] - (truth[i] ? 1 : 0)) * (p[i] - (truth[i] ? 1 : 0)) / n;
                rate += truth[i] ? 1.0 / n : 0;
            }
            for (int level = 0; level <= levels; level++) {
                double said = level / (double) levels, count = 0, came = 0;
                for (int i = 0; i < n; i++) {
                    if (p[i] != said) continue;
                    count++;
                    if (truth[i]) came++;
                }
                if (count == 0) continue;
                reliability += count / n * Math.pow(said - came / count, 2);
                resolution += count / n * Math.pow(came / count - rate, 2);
            }
            var report = CalibrationReport.of(truth, p);
            var d = report.decomposition();
            gap.see("run " + run, d.reliability() - d.resolution() + d.uncertainty(), brier).see("run " + run, report.brier(), brier);
            parts.see("run " + run, new double[] {d.reliability(), d.resolution(), d.uncertainty()},
                    new double[] {reliability, resolution, rate * (1 - rate)});
        }
        Evidence.of("reliability - resolution + uncertainty less the Brier score, 300 sets", gap, atMost(1e-13));
        Evidence.of("each part less its sum over levels", parts, atMost(1e-13));
    }

    private static int rejections(double sharpening, int runs, boolean spiegelhalter) {
        var rng = Rng.of(313);
        int rejected = 0;
        for (int run = 0; run < runs; run++) {
            var p = uniforms(rng, 20_000);
            var truth = drawn(rng, p);
            if (sharpening != 1) for (int i = 0; i < p.length; i++) p[i] = 1 / (1 + Math.pow((1 - p[i]) / p[i], sharpening));
            var report = CalibrationReport.of(truth, p);
            if ((spiegelhalter ? report.spiegelhalterTest() : report.groupedTest(10)).rejects(0.05)) rejected++;
        }
        return rejected;
    }

    @Acceptance(topic = CALIBRATION, clause = 3)
    @Test void calibratedDrawsPassTheTestNineteenTimesInTwenty() {
        var rng = Rng.of(3);
        double worst = 0;
        for (int set = 0; set < 20; set++) worst = Math.max(worst, ece(rng, 20_000));
        Evidence.of("largest error of twenty sets of 20,000", worst, below(0.015));
        Evidence.of("share of 500 calibrated sets that the grouped test rejects", rejections(1, 500, false) / 500.0, between(0.03, 0.07));
        Evidence.of("share of 500 that Spiegelhalter's test rejects", rejections(1, 500, true) / 500.0, between(0.03, 0.07));
    }

    @Acceptance(topic = CALIBRATION, clause = 4)
    @Test void sharpenedLogitsAreRejected() {
        Evidence.of("share of 500 sets of logits doubled that the grouped test rejects", rejections(2, 500, false) / 500.0, atLeast(0.99));
        Evidence.of("share of 100 that Spiegelhalter's test rejects", rejections(2, 100, true) / 100.0, atLeast(0.99));
        assertThat(rejections(1.05, 20, false)).isBetween(1, 19);
    }

    /** The table of the article: 200, 300 and 500 rows with gaps of 0.02, 0.08 and 0.09. */
    @Test void errorsOfTheArticlesTable() {
        int[] rows = {200, 300, 500}, right = {120, 210, 430};
        double[] said = {0.62, 0.78, 0.95};
        var truth = new boolean[1000];
        var p = new double[1000];
        for (int b = 0, i = 0; b < 3; b++) for (int k = 0; k < rows[b]; k++, i++) {
            p[i] = said[b];
            truth[i] = k < right[b];
        }
        var bins = ReliabilityBins.of(truth, p, new double[] {0, 0.7, 0.9, 1});
        assertThat(bins.expectedError()).isCloseTo(0.073, within(1e-12));
        assertThat(bins.maximumError()).isCloseTo(0.09, within(1e-12));
        // One with a bin of a single row, which the debiased error leaves out.
        var single = ReliabilityBins.of(new boolean[] {true, true, false}, new double[] {0.9, 0.5, 0.5}, new double[] {0, 0.7, 1});
        assertThat(single.debiasedSquaredError()).isCloseTo(2 * (0 - 0.25) / 3, within(1e-15));
        assertThat(single.squaredError()).isCloseTo(0.01 / 3, within(1e-15));
    }

    @Test void classesTopAndEach() {
        var truth = Tensor.of(new int[] {0, 1, 2, 1});
        var p = Tensor.of(new double[][] {{0.7, 0.2, 0.1}, {0.6, 0.3, 0.1}, {0.1, 0.1, 0.8}, {0.05, 0.9, 0.05}});
        var top = CalibrationReport.ofTopClass(truth, p);
        assertThat(top.probabilities()).containsExactly(0.7, 0.6, 0.8, 0.9);
        assertThat(top.truth()).containsExactly(true, false, true, true);
        assertThat(CalibrationReport.ofClass(truth, p, 1).probabilities()).containsExactly(0.2, 0.3, 0.1, 0.9);
        // One bin: gaps of 1/4 - 1.45/4, 2/4 - 1.5/4 and 1/4 - 1.05/4.
        assertThat(CalibrationReport.classwiseEce(truth, p, 1)).isCloseTo((0.1125 + 0.125 + 0.0125) / 3, within(1e-15));
        assertThat(top.toString()).contains("4 rows, 15 bins");
        assertThatThrownBy(() -> CalibrationReport.of(new boolean[] {true}, new double[] {1.5}))
                .hasMessageContaining("probability 0 is 1.5");
        assertThatThrownBy(() -> CalibrationReport.ofClass(truth, p, 3)).hasMessageContaining("class 3");
    }

    @Test void certainForecastsAreTestedToo() {
        assertThat(CalibrationReport.of(new boolean[] {true, false}, new double[] {1, 0}).groupedTest(2).pValue()).isEqualTo(1);
        assertThat(CalibrationReport.of(new boolean[] {true, true}, new double[] {1, 0}).groupedTest(2).pValue()).isZero();
        assertThat(CalibrationReport.of(new boolean[] {true, true}, new double[] {1, 0}).spiegelhalterTest().pValue()).isZero();
    }

    @Test void basicIntervalsHoldAPlantedError() {
        int covered = 0, runs = 60;
        for (int run = 0; run < runs; run++) {
            var rng = Rng.of(700 + run);
            var p = uniforms(rng, 2000);
            var truth = drawn(rng, p);
            // Says 0.8 p + 0.1 less 0.1: wrong by 0.2 p; on average 0.1.
            for (int i = 0; i < p.length; i++) p[i] *= 0.8;
            if (CalibrationReport.of(truth, p).bootstrapEce(200, rng).basic(0.95).contains(0.1)) covered++;
        }
        assertThat(covered).isGreaterThan(46);
    }
}
