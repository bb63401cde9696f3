package lyceum.stats;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import lyceum.backend.Parallel;
import lyceum.prob.ChiSquare;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class BootstrapTest {
    private static final double[] WAITS = {3, 5, 6, 14};

    static ToDoubleFunction<double[]> statistic(String name) {
        return switch (name) {
            case "mean" -> Descriptive::mean;
            case "deviation" -> Descriptive::standardDeviation;
            case "median" -> Descriptive::median;
            default -> Descriptive::skewness;
        };
    }

    static double mean(double[] x) {
        double sum = 0;
        for (double v : x) sum += v;
        return sum / x.length;
    }

    static double[] autoregression(Rng rng, int n, double rho) {
        var x = new double[n];
        x[0] = rng.nextGaussian() / Math.sqrt(1 - rho * rho);
        for (int t = 1; t < n; t++) x[t] = rho * x[t - 1] + rng.nextGaussian();
        return x;
    }

    @Test
    @Acceptance(topic = "bootstrap", clause = 1) void fourValuesHave256ResamplesAndDrawsAgreeWithThem() {
        double[] digits = {0, 1, 2, 3};
        ToDoubleFunction<double[]> code = x -> ((x[0] * 4 + x[1]) * 4 + x[2]) * 4 + x[3];
        double[] all = Bootstrap.exhaustive(digits, code).values();
        Evidence.of("resamples", all.length, exactly(256));
        Evidence.of("different resamples", Arrays.stream(all).distinct().count(), exactly(256));
        int draws = 51_200;
        var counts = new int[256];
        for (double v : Bootstrap.of(digits, code, draws, Rng.of(269)).values()) counts[(int) v]++;
        double chi = 0, expected = draws / 256.0;
        for (int c : counts) chi += (c - expected) * (c - expected) / expected;
        Evidence.of("p of the draws' frequencies", new ChiSquare(255).survival(chi), above(0.01));
        var median = Bootstrap.exhaustive(WAITS, Descriptive::median);
        assertThat(Arrays.stream(median.values()).filter(v -> v == 5.5).count()).isEqualTo(54);
        assertThat(Math.sqrt(Descriptive.variance(median.values()) * 255 / 256)).isCloseTo(2.69, within(0.005));
    }

    @Test
    @Acceptance(topic = "bootstrap", clause = 2) void theMeansErrorIsTheDeviationOverRootN() {
        double worst = 0;
        for (int s = 0; s < 10; s++) {
            var rng = Rng.of(20 + s);
            var x = new double[8 + 6 * s];
            for (int i = 0; i < x.length; i++) x[i] = Math.exp(rng.nextGaussian());
            double m = mean(x), squares = 0;
            for (double v : x) squares += (v - m) * (v - m);
            double truth = Math.sqrt(squares / x.length) / Math.sqrt(x.length);
            worst = Math.max(worst, Math.abs(Bootstrap.of(x, BootstrapTest::mean, 20_000, rng).standardError() / truth - 1));
        }
        Evidence.of("largest relative distance over 10 samples", worst, below(0.02));
    }

    @Test
    @Acceptance(topic = "bootstrap", clause = 3) void onTheSameRowsValuesEqualSciPys() {
        var gap = Gap.relative();
        for (var c : Golden.load("golden/bootstrap.json").list("cases")) {
            var boot = Bootstrap.ofRows(c.doubles("input.x"), statistic(c.text("name")), c.intMatrix("input.rows"));
            gap.see(c, "expected.distribution", boot.values());
            gap.see(c, "expected.error", boot.standardError());
        }
        Evidence.of("values and errors", gap.seen(), exactly(4 * 51));
        Evidence.of("largest relative gap", gap, below(1e-12));
    }

    @Test
    @Acceptance(topic = "bootstrap", clause = 4) void blocksKnowTheErrorOfAnAutocorrelatedMean() {
        int n = 1_000, series = 200;
        double rho = 0.7, truth = 0;
        // Var of the mean: gamma_k = rho^k / (1 - rho^2)
        for (int k = -(n - 1); k < n; k++) truth += (1 - Math.abs(k) / (double) n) * Math.pow(rho, Math.abs(k)) / (1 - rho * rho) / n;
        double moving = 0, circular = 0, stationary = 0, plain = 0;
        for (int s = 0; s < series; s++) {
            var rng = Rng.of(4).split(s);
            double[] x = autoregression(rng, n, rho);
            moving += Bootstrap.of(x, BootstrapTest::mean, ResamplingPlan.movingBlocks(n, 25), 200, rng).standardError() / series;
            circular += Bootstrap.of(x, BootstrapTest::mean, ResamplingPlan.circularBlocks(n, 25), 200, rng).standardError() / series;
            stationary += Bootstrap.of(x, BootstrapTest::mean, ResamplingPlan.stationary(n, 25), 200, rng).standardError() / series;
            plain += Bootstrap.of(x, BootstrapTest::mean, 200, rng).standardError() / series;
        }
        Evidence.of("moving blocks over the true error", moving / Math.sqrt(truth), between(0.88, 1.12));
        Evidence.of("circular blocks over the true error", circular / Math.sqrt(truth), between(0.88, 1.12));
        Evidence.of("independent draws over the true error", plain / Math.sqrt(truth), below(0.5));
        assertThat(stationary / Math.sqrt(truth)).isBetween(0.85, 1.12);
    }

    @Test void everyPlanDrawsWhatIsIndependent() {
        int[] strata = {0, 0, 0, 1, 1, 2}, clusters = {0, 0, 1, 1, 1, 2};
        for (int b = 0; b < 200; b++) {
            var rng = Rng.of(1).split(b);
            int[] rows = ResamplingPlan.stratified(strata).draw(rng);
            for (int i = 0; i < 6; i++) assertThat(strata[rows[i]]).isEqualTo(strata[i]);
            int[] drawn = ResamplingPlan.clusters(clusters).draw(rng), seen = new int[6];
            for (int r : drawn) seen[r]++;
            assertThat(seen[0]).isEqualTo(seen[1]);
            assertThat(seen[2] == seen[3] && seen[3] == seen[4]).isTrue();
            assertThat(seen[0] + seen[2] + seen[5]).isEqualTo(3);
            int[] blocks = ResamplingPlan.movingBlocks(10, 4).draw(rng);
            for (int i = 0; i < 10; i++) if (i % 4 > 0) assertThat(blocks[i]).isEqualTo(blocks[i - 1] + 1);
        }
        // 30 prompts of 20 answers with correlation 1/2 inside a prompt: the error of the mean is that of prompts
        var rng = Rng.of(2);
        double[] x = new double[600];
        var prompt = new int[600];
        for (int p = 0; p < 30; p++) {
            double shared = rng.nextGaussian();
            for (int a = 0; a < 20; a++) {
                x[20 * p + a] = shared + rng.nextGaussian();
                prompt[20 * p + a] = p;
            }
        }
        double ratio = Bootstrap.of(x, BootstrapTest::mean, ResamplingPlan.clusters(prompt), 2_000, rng).standardError()
                / Bootstrap.of(x, BootstrapTest::mean, 2_000, rng).standardError();
        assertThat(ratio).isBetween(2.3, 4.2);
    }

    @Test void theOtherBootstrapsAgreeWhereTheyMust() {
        var rng = Rng.of(7);
        var x = new double[40];
        for (int i = 0; i < 40; i++) x[i] = 5 + 2 * rng.nextGaussian();
        double s = Math.sqrt(Descriptive.variance(x) * 39 / 40), error = s / Math.sqrt(40), m = mean(x);
        var bayesian = Bootstrap.bayesian(40, w -> {
            double sum = 0;
            for (int i = 0; i < 40; i++) sum += w[i] * x[i];
            return sum;
        }, 20_000, rng);
        // Dirichlet weights: variance s^2 / (n + 1)
        assertThat(bayesian.standardError()).isCloseTo(s / Math.sqrt(41), within(0.02 * error));
        assertThat(Bootstrap.parametric(m, r -> {
            var draw = new double[40];
            for (int i = 0; i < 40; i++) draw[i] = m + s * r.nextGaussian();
            return draw;
        }, BootstrapTest::mean, 20_000, rng).standardError()).isCloseTo(error, within(0.02 * error));
        assertThat(Bootstrap.smoothed(x, 1, BootstrapTest::mean, 20_000, rng).standardError()).isCloseTo(Math.sqrt((s * s + 1) / 40),
                within(0.02 * error));
        double[] fitted = new double[40], residuals = new double[40];
        for (int i = 0; i < 40; i++) residuals[i] = x[i] - (fitted[i] = m);
        assertThat(Bootstrap.wild(fitted, residuals, BootstrapTest::mean, 20_000, rng).standardError()).isCloseTo(error,
                within(0.02 * error));
        assertThat(Bootstrap.jackknifeError(Bootstrap.jackknife(x, BootstrapTest::mean))).isCloseTo(error * Math.sqrt(40.0 / 39),
                within(1e-12));
        double[] alone = new double[500];
        Parallel.sequentially(() -> System.arraycopy(Bootstrap.of(x, Descriptive::median, 500, Rng.of(3)).values(), 0, alone, 0, 500));
        assertThat(Bootstrap.of(x, Descriptive::median, 500, Rng.of(3)).values()).isEqualTo(alone);
    }

    @Test
    @Acceptance(topic = "bootstrap-ci", clause = 1) void constantsAndIntervalsEqualSciPys() {
        Gap constants = Gap.absolute(), intervals = Gap.relativeBeyondOne();
        double free = 0;
        for (var c : Golden.load("golden/bootstrap.json").list("cases")) {
            double[] x = c.doubles("input.x");
            var boot = Bootstrap.ofRows(x, statistic(c.text("name")), c.intMatrix("input.rows"));
            constants.see(c, "expected.biasCorrection", boot.biasCorrection());
            constants.see(c, "expected.acceleration", boot.acceleration());
            intervals.see(c, "expected.percentile", HypothesisTestTest.ends(boot.percentile(0.9)));
            intervals.see(c, "expected.basic", HypothesisTestTest.ends(boot.basic(0.9)));
            intervals.see(c, "expected.BCa", HypothesisTestTest.ends(boot.bca(0.9)));
            // own draws: within the error of 50 of them
            var own = Bootstrap.of(x, statistic(c.text("name")), 20_000, Rng.of(1)).bca(0.9);
            double[] theirs = c.doubles("expected.BCa");
            free = Math.max(free, Math.max(Math.abs(own.low() - theirs[0]), Math.abs(own.high() - theirs[1])) / boot.standardError());
        }
        Evidence.of("z0 and acceleration", constants, below(1e-8));
        Evidence.of("intervals on the same rows", intervals, below(1e-10));
        Evidence.of("own draws against SciPy's 50, in standard errors", free, below(1.5));
    }

    @Test
    @Acceptance(topic = "bootstrap-ci", clause = 2) void coverageOfAnExponentialMean() {
        int samples = 1_000;
        int bca = 0, studentised = 0, percentile = 0, upwards = 0;
        for (int s = 0; s < samples; s++) {
            var rng = Rng.of(736).split(s);
            double[] x = exponentials(rng, 50), few = exponentials(rng, 10);
            var boot = Bootstrap.studentised(x, BootstrapTest::mean, BootstrapTest::meanError, 1_000, rng);
            if (boot.bca(0.95).contains(1)) bca++;
            var t = boot.studentised(0.95);
            if (t.contains(1)) studentised++;
            if (t.high() - boot.estimate() > boot.estimate() - t.low()) upwards++;
            if (Bootstrap.of(few, BootstrapTest::mean, 1_000, rng).percentile(0.95).contains(1)) percentile++;
        }
        Evidence.of("BCa, n = 50", bca / 1_000.0, between(0.91, 0.97));
        Evidence.of("studentised, n = 50", studentised / 1_000.0, between(0.91, 0.97));
        // the tail that a sample lacks lies above: the interval must reach there
        Evidence.of("studentised intervals with the longer side above, of 1,000", upwards, above(950));
        Evidence.of("percentile, n = 10", percentile / 1_000.0, atMost(0.90));
    }

    private static double[] exponentials(Rng rng, int n) {
        var x = new double[n];
        for (int i = 0; i < n; i++) x[i] = -Math.log(rng.nextDoublePositive());
        return x;
    }

    private static double meanError(double[] x) {
        double m = mean(x), squares = 0;
        for (double v : x) squares += (v - m) * (v - m);
        return Math.sqrt(squares / (x.length - 1) / x.length);
    }

    @Test
    @Acceptance(topic = "bootstrap-ci", clause = 3) void theMaximumIsFlaggedAndNeverCovered() {
        int covered = 0, flagged = 0, clean = 0;
        for (int s = 0; s < 500; s++) {
            var rng = Rng.of(3).split(s);
            var x = new double[30];
            for (int i = 0; i < 30; i++) x[i] = rng.nextDouble();
            var boot = Bootstrap.of(x, v -> Arrays.stream(v).max().orElseThrow(), 500, rng);
            if (boot.percentile(0.95).contains(1)) covered++;
            if (boot.warnings().stream().anyMatch(w -> w.contains("such as a maximum"))) flagged++;
            if (Bootstrap.of(x, BootstrapTest::mean, 500, rng).warnings().isEmpty()) clean++;
        }
        Evidence.of("percentile coverage", covered / 500.0, below(0.05));
        Evidence.of("maxima flagged of 500", flagged, exactly(500));
        Evidence.of("means left alone of 500", clean, above(490));
    }

    @Test
    @Acceptance(topic = "bootstrap-ci", clause = 4) void blocksCoverAnAutocorrelatedMeanAndPlainDrawsDoNot() {
        int n = 800, series = 600, block = 0, plain = 0, warned = 0;
        for (int s = 0; s < series; s++) {
            var rng = Rng.of(44).split(s);
            double[] x = autoregression(rng, n, 0.7);
            if (Bootstrap.of(x, BootstrapTest::mean, ResamplingPlan.movingBlocks(n, 30), 300, rng.split(1)).percentile(0.95).contains(0))
                block++;
            var independent = Bootstrap.of(x, BootstrapTest::mean, 300, rng.split(2));
            if (independent.percentile(0.95).contains(0)) plain++;
            if (independent.warnings().stream().anyMatch(w -> w.contains("draw blocks"))) warned++;
        }
        Evidence.of("block coverage of 600 series", block / 600.0, between(0.90, 1));
        Evidence.of("plain coverage", plain / 600.0, below(0.8));
        Evidence.of("plain bootstraps that warned", warned, exactly(600));
    }

    @Test
    @Acceptance(topic = "bootstrap-ci", clause = 5) void allResamplesOfFourReproduceTheExactDistribution() {
        // Brute force: counts of each value of the sum over four nested loops.
        var exact = new double[57];
        for (double a : WAITS) for (double b : WAITS) for (double c : WAITS) for (double d : WAITS) exact[(int) (a + b + c + d)]++;
        var boot = Bootstrap.exhaustive(WAITS, x -> x[0] + x[1] + x[2] + x[3]);
        var counts = new double[57];
        for (double v : boot.values()) counts[(int) v]++;
        double wrong = 0;
        for (int v = 0; v < 57; v++) if (counts[v] != exact[v]) wrong++;
        Evidence.of("values whose count differs", wrong, exactly(0));
        Evidence.of("resamples", boot.values().length, exactly(256));
        // Quantiles of the exact law: at 5% of 256 sorted sums
        var sums = new double[256];
        for (int v = 0, at = 0; v < 57; v++) for (int k = 0; k < exact[v]; k++) sums[at++] = v;
        double at = 0.05 * 255;
        double expected = sums[12] + (at - 12) * (sums[13] - sums[12]);
        Evidence.of("lower end of the 90% percentile interval", Math.abs(boot.percentile(0.9).low() - expected), below(1e-12));
        double above = 0.95 * 255, upper = sums[242] + (above - 242) * (sums[243] - sums[242]);
        Evidence.of("upper end", Math.abs(boot.percentile(0.9).high() - upper), below(1e-12));
        Evidence.of("mean of all", Math.abs(boot.bias()), below(1e-12));
    }

    @Test void calibrationWidensAndWhatCannotBeIsRefused() {
        var rng = Rng.of(11);
        int plain = 0, calibrated = 0;
        for (int s = 0; s < 200; s++) {
            double[] x = exponentials(rng, 10);
            if (Bootstrap.of(x, BootstrapTest::mean, 400, rng.split(s)).percentile(0.9).contains(1)) plain++;
            if (Bootstrap.calibrated(x, BootstrapTest::mean, 0.9, 400, 100, rng.split(s)).contains(1)) calibrated++;
        }
        assertThat(calibrated).isGreaterThan(plain);
        var wild = Bootstrap.wild(new double[3], new double[] {1, 2, 3}, BootstrapTest::mean, 10, rng);
        assertThatThrownBy(() -> wild.bca(0.9)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> wild.studentised(0.9)).hasMessageContaining("no standard errors");
        assertThat(wild.warnings()).anyMatch(w -> w.contains("3 values"));
        assertThatThrownBy(() -> ResamplingPlan.movingBlocks(5, 6)).hasMessage("block bootstrap: blocks of 6 in 5 rows");
        assertThatThrownBy(() -> Bootstrap.exhaustive(new double[8], BootstrapTest::mean)).hasMessageContaining("8 values");
    }
}
