package lyceum.learn.metrics;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.learn.linear.LinearRegression;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class RegressionResidualsTest {
    private static final String TOPIC = "prediction-error";

    /** Data with an intercept column of its own. */
    private record Data(double[][] x, double[] y, double[] w) {
        static Data draw(Rng rng, int n, int p, boolean weighted) {
            double[][] x = new double[n][p];
            double[] y = new double[n], w = weighted ? new double[n] : null;
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < p; j++) x[i][j] = rng.nextGaussian() * (1 + j);
                y[i] = 3 + x[i][0] + 2 * rng.nextGaussian();
                if (weighted) w[i] = 0.2 + 3 * rng.nextDouble();
            }
            return new Data(x, y, w);
        }

        RegressionResiduals residuals() {
            var regression = new LinearRegression();
            return RegressionResiduals.of(regression.fit(Tensor.of(x), Tensor.of(y), w == null ? null : Tensor.of(w)));
        }

        /** y less the prediction of a fit without row i, by Gauss on the normal equations of centred columns. */
        double leftOut(int i) {
            int n = y.length, p = x[0].length;
            double[] mean = new double[p + 1];
            double total = 0;
            for (int r = 0; r < n; r++) {
                if (r == i) continue;
                double wr = w == null ? 1 : w[r];
                total += wr;
                for (int j = 0; j < p; j++) mean[j] += wr * x[r][j];
                mean[p] += wr * y[r];
            }
            for (int j = 0; j <= p; j++) mean[j] /= total;
            var a = new double[p][p + 1];
            for (int r = 0; r < n; r++) {
                if (r == i) continue;
                double wr = w == null ? 1 : w[r];
                for (int j = 0; j < p; j++) {
                    for (int k = 0; k < p; k++) a[j][k] += wr * (x[r][j] - mean[j]) * (x[r][k] - mean[k]);
                    a[j][p] += wr * (x[r][j] - mean[j]) * (y[r] - mean[p]);
                }
            }
            double[] b = solved(a);
            double error = y[i] - mean[p];
            for (int j = 0; j < p; j++) error -= b[j] * (x[i][j] - mean[j]);
            return error;
        }

        private static double[] solved(double[][] a) {
            int p = a.length;
            for (int c = 0; c < p; c++) {
                int best = c;
                for (int r = c + 1; r < p; r++) if (Math.abs(a[r][c]) > Math.abs(a[best][c])) best = r;
                double[] row = a[best];
                a[best] = a[c];
                a[c] = row;
                for (int r = c + 1; r < p; r++) {
                    double factor = a[r][c] / row[c];
                    for (int k = c; k <= p; k++) a[r][k] -= factor * row[k];
                }
            }
            var b = new double[p];
            for (int c = p - 1; c >= 0; c--) {
                b[c] = a[c][p];
                for (int k = c + 1; k < p; k++) b[c] -= a[c][k] * b[k];
                b[c] /= a[c][c];
            }
            return b;
        }
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void leaveOneOutErrorsEqualRefits() {
        Gap gap = Gap.relativeBeyondOne(), press = Gap.relative();
        var rng = Rng.of(76);
        var diabetes = Datasets.diabetes();
        int refits = 0;
        for (int set = 0; set < 13; set++) {
            var data = set == 12 ? new Data(diabetes.x().toRows(), diabetes.y().toDoubleArray(), null)
                    : Data.draw(rng, 12 + 5 * set, 1 + set % 5, set % 2 == 1);
            var residuals = data.residuals();
            double[] errors = residuals.leftOut();
            double sum = 0;
            for (int i = 0; i < errors.length; i++, refits++) {
                double refitted = data.leftOut(i);
                gap.see("set " + set + ", row " + i, errors[i], refitted);
                sum += (data.w == null ? 1 : data.w[i]) * refitted * refitted;
            }
            press.see("set " + set, residuals.press(), sum);
        }
        Evidence.of("refits: twelve drawn sets, half of them weighted, and diabetes", refits, exactly(12 * 12 + 5 * 66 + 442));
        Evidence.of("e / (1 - h) less the error of a refit without the row", gap, atMost(1e-10));
        Evidence.of("PRESS less the sum of their squares", press, atMost(1e-10));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void influenceMeasuresEqualStatsmodelsOnDiabetes() {
        var data = Datasets.diabetes();
        var golden = Golden.load("golden/prediction-error.json").named("plain");
        var r = RegressionResiduals.of(new LinearRegression().fit(data.x(), data.y()));
        var measures = new TreeMap<>(Map.of("hat", r.leverage(), "standardised", r.standardised(), "studentised", r.studentised(), "cook",
                r.cooksDistance(), "dffits", r.dffits()));
        Gap gap = Gap.absolute(), prints = Gap.absolute();
        var rest = new Recipe(7601);
        int compared = 0;
        for (String name : new String[] {"hat", "standardised", "studentised", "cook", "dffits"}) {
            double[] values = measures.get(name), every20th = new double[23];
            double print = 0;
            for (double v : values) print += v * rest.uniform();
            for (int i = 0; i < 23; i++) every20th[i] = values[20 * i];
            gap.see(golden, "expected.every20th." + name, every20th);
            prints.see(name, print, golden.number("expected.prints." + name));
            compared += values.length;
        }
        Evidence.of("numbers in the random sums", compared, exactly(5 * 442));
        Evidence.of("every twentieth row of five measures less statsmodels'", gap, atMost(1e-11));
        Evidence.of("random sums over all rows less statsmodels'", prints, atMost(1e-9));
        var others = Gap.relative();
        others.see("press", r.press(), golden.number("expected.press")).see("variance", r.variance(), golden.number("expected.variance"));
        var tests = golden.at("expected.tests");
        var breuschPagan = r.breuschPagan(data.x());
        others.see(tests, "breuschPagan", breuschPagan.statistic(), breuschPagan.pValue()).see(tests, "durbinWatson", r.durbinWatson());
        others.see(tests, "ljungBox", r.ljungBox(5).statistic(), r.ljungBox(5).pValue()).see(tests, "jarqueBera",
                r.jarqueBera().statistic(), r.jarqueBera().pValue());
        Evidence.of("PRESS, variance and four tests relative to statsmodels'", others, atMost(1e-9));
        var w = Tensor.of(weights());
        var weighted = RegressionResiduals.of(new LinearRegression().fit(data.x(), data.y(), w));
        assertThat(weighted.variance()).isCloseTo(Golden.load("golden/prediction-error.json").named("weighted").number("expected.variance"),
                within(1e-8));
    }

    private static double[] weights() {
        double[] w = new Recipe(7600).uniforms(442);
        for (int i = 0; i < w.length; i++) w[i] += 0.25;
        return w;
    }

    /** New outcomes at the same x cost more than those trained on, by 2 p sigma^2 / n; the library's own estimate has the same mean. */
    @Acceptance(topic = TOPIC, clause = 3)
    @Test void trainingErrorFlattersByTwiceTheParametersShare() {
        var rng = Rng.of(3);
        for (int[] size : new int[][] {{20, 9, 1}, {30, 11, 2}, {50, 24, 5}}) {
            int n = size[0], p = size[1] + 1;
            double sigma = size[2], gap = 0, estimated = 0, error = 0, out = 0;
            var x = Tensor.randn(rng, n, size[1]).to(DType.F64);
            double[] mean = x.sum(1).toDoubleArray();
            int runs = 2000;
            for (int run = 0; run < runs; run++) {
                var y = new double[n];
                for (int i = 0; i < n; i++) y[i] = mean[i] + sigma * rng.nextGaussian();
                var residuals = RegressionResiduals.of(new LinearRegression().fit(x, Tensor.of(y)));
                double test = 0;
                for (int i = 0; i < n; i++) test += Math.pow(mean[i] + sigma * rng.nextGaussian() - residuals.fitted()[i], 2) / n;
                gap += (test - residuals.meanSquaredError()) / runs;
                estimated += residuals.optimism() / runs;
                error += residuals.inSampleError() / runs;
                out += test / runs;
            }
            double truth = 2 * p * sigma * sigma / n;
            String which = "n = " + n + ", p = " + p + ": ";
            Evidence.of(which + "mean test error less training error, over 2 p sigma^2 / n", gap / truth, between(0.95, 1.05));
            Evidence.of(which + "mean estimated optimism over the same", estimated / truth, between(0.97, 1.03));
            Evidence.of(which + "mean in-sample error over that of new outcomes", error / out, between(0.97, 1.03));
        }
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void residualsWithAnInterceptSumToZero() {
        Gap sums = Gap.absolute();
        int uneven = 0, tried = 0;
        var rng = Rng.of(4);
        int sets = 100;
        for (int set = 0; set < sets; set++) {
            var data = Data.draw(rng, 5 + set, 1 + set % 6, set % 3 == 0);
            double offset = set % 4 == 0 ? 1e6 : 0;
            for (int i = 0; i < data.y.length; i++) {
                data.y[i] += offset;
                // A column twice, and an x far from 0.
                if (set % 5 == 0 && data.x[i].length > 1) data.x[i][1] = data.x[i][0];
                data.x[i][0] += set % 7 == 0 ? 1000 : 0;
            }
            double[] e = data.residuals().raw();
            double sum = 0, scale = 0;
            for (int i = 0; i < e.length; i++) {
                sum += (data.w == null ? 1 : data.w[i]) * e[i];
                scale += (data.w == null ? 1 : data.w[i]) * Math.abs(data.y[i]);
            }
            sums.see("set " + set, sum / scale, 0);
            var plain = new LinearRegression().withIntercept(false).fit(Tensor.of(data.x), Tensor.of(data.y));
            if (offset != 0 || set % 7 == 0) continue;
            tried++;
            if (Math.abs(Arrays.stream(RegressionResiduals.of(plain).raw()).sum()) / scale > 0.01) uneven++;
        }
        Evidence.of("(weighted) sum of residuals over that of |y|, 100 sets", sums, atMost(1e-12));
        Evidence.of("share of fits without an intercept whose sum is above 1% of that of |y|", uneven / (double) tried, above(0.9));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void breuschPaganKeepsItsLevelAndSeesAFan() {
        var rng = Rng.of(5);
        int runs = 2000, level = 0, fan = 0;
        for (int run = 0; run < runs; run++) {
            int n = 100;
            double[][] x = new double[n][2];
            double[] even = new double[n], spread = new double[n];
            for (int i = 0; i < n; i++) {
                x[i][0] = 3 * rng.nextDouble();
                x[i][1] = rng.nextGaussian();
                double noise = rng.nextGaussian(), line = 1 + 2 * x[i][0] - x[i][1];
                even[i] = line + noise;
                spread[i] = line + noise * (0.1 + x[i][0]);
            }
            var rows = Tensor.of(x);
            if (RegressionResiduals.of(new LinearRegression().fit(rows, Tensor.of(even))).breuschPagan(rows).rejects(0.05)) level++;
            if (run % 4 == 0
                    && RegressionResiduals.of(new LinearRegression().fit(rows, Tensor.of(spread))).breuschPagan(rows).rejects(0.05))
                fan++;
        }
        Evidence.of("share of 2,000 even sets that it rejects", level / (double) runs, between(0.035, 0.065));
        Evidence.of("share of 500 fans that it rejects", fan / (runs / 4.0), atLeast(0.95));
    }

    private static final double[] ANSCOMBE_X = {10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5};

    @Test void anscombesThirdAndFourthSet() {
        double[] third = {7.46, 6.77, 12.74, 7.11, 7.81, 8.84, 6.08, 5.39, 8.15, 6.42, 5.73};
        var r = RegressionResiduals.of(new LinearRegression().fit(Tensor.of(ANSCOMBE_X).reshape(-1, 1), Tensor.of(third)));
        assertThat(r.raw()[2]).isCloseTo(3.24, within(5e-3));
        assertThat(r.leverage()[2]).isCloseTo(0.236, within(5e-4));
        assertThat(r.leftOut()[2]).isCloseTo(4.24, within(5e-3));
        assertThat(r.standardised()[2]).isCloseTo(3.00, within(5e-3));
        assertThat(r.cooksDistance()[2]).isCloseTo(1.39, within(5e-3));
        assertThat(r.studentised()[2]).isCloseTo(1200, within(10.0));
        assertThat(r.relative()[2]).isCloseTo(r.raw()[2] / 12.74, within(1e-15));
        assertThat(Arrays.stream(r.leverage()).sum()).isCloseTo(2, within(1e-12));
        double[] fourth = {6.58, 5.76, 7.71, 8.84, 8.47, 7.04, 5.25, 12.50, 5.56, 7.91, 6.89}, x = new double[11];
        Arrays.fill(x, 8);
        x[7] = 19;
        var lone = RegressionResiduals.of(new LinearRegression().fit(Tensor.of(x).reshape(-1, 1), Tensor.of(fourth)));
        assertThat(lone.raw()[7]).isCloseTo(0, within(1e-13));
        assertThat(lone.leverage()[7]).isCloseTo(1, within(1e-14));
        assertThat(lone.leftOut()[7]).isNaN();
        assertThat(lone.cooksDistance()[7]).isNaN();
        assertThat(lone.studentised()[0]).isFinite();
    }

    @Test void anyRegressorsResidualsAndWhatTheyLack() {
        var r = RegressionResiduals.of(Tensor.of(1.0, 2.0, 4.0), Tensor.of(1.5, 2.0, 3.0));
        assertThat(r.raw()).containsExactly(-0.5, 0, 1);
        assertThat(r.relative()).containsExactly(-0.5, 0, 0.25);
        assertThat(r.meanSquaredError()).isCloseTo(1.25 / 3, within(1e-15));
        assertThat(r.durbinWatson()).isCloseTo((0.25 + 1) / 1.25, within(1e-15));
        assertThat(r.standardised()[2]).isCloseTo(1 / Math.sqrt(1.25 / 3), within(1e-15));
        assertThatThrownBy(r::leftOut).hasMessageContaining("without leverages");
        assertThatThrownBy(() -> r.ljungBox(3)).hasMessageContaining("3 lags");
        assertThat(ResidualPlots.dashboard("any", r).title()).isEqualTo("any");
        // Leverage 1: 0 / 0.
        var owned = new RegressionResiduals(new double[] {1, 2, 3}, new double[] {1, 2.5, 2.5}, new double[] {1, 0.5, 0.5}, null, 2);
        assertThat(owned.leftOut()).containsExactly(Double.NaN, -1, 1);
        assertThat(owned.cooksDistance()[0]).isNaN();
    }

    /** As if those rows were not there. */
    @Test void rowsOfWeightZeroCountNowhere() {
        var rng = Rng.of(8);
        Data all = Data.draw(rng, 40, 2, true), kept = new Data(new double[30][], new double[30], new double[30]);
        for (int i = 0, at = 0; i < 40; i++) {
            if (i % 4 == 1) {
                all.w[i] = 0;
                all.y[i] += 50;
                continue;
            }
            kept.x[at] = all.x[i];
            kept.y[at] = all.y[i];
            kept.w[at++] = all.w[i];
        }
        RegressionResiduals a = all.residuals(), b = kept.residuals();
        var gap = Gap.relative();
        gap.see("Breusch-Pagan", a.breuschPagan(Tensor.of(all.x)).pValue(), b.breuschPagan(Tensor.of(kept.x)).pValue());
        gap.see("Durbin-Watson", a.durbinWatson(), b.durbinWatson()).see("Ljung-Box", a.ljungBox(3).pValue(), b.ljungBox(3).pValue());
        gap.see("Jarque-Bera", a.jarqueBera().pValue(), b.jarqueBera().pValue()).see("optimism", a.optimism(), b.optimism());
        assertThat(gap.worst()).isLessThan(1e-10);
        assertThatThrownBy(() -> a.ljungBox(30)).hasMessageContaining("30 lags");
    }

    /** New outcomes with variance s^2 / w at the same x, against the estimate. */
    @Test void optimismOfWeightedFitsIsThatOfTheirOwnError() {
        var rng = Rng.of(12);
        int n = 24, runs = 4_000;
        var data = Data.draw(rng, n, 3, true);
        double all = Arrays.stream(data.w).sum(), gap = 0, told = 0;
        for (int run = 0; run < runs; run++) {
            for (int i = 0; i < n; i++) data.y[i] = data.x[i][0] + rng.nextGaussian() / Math.sqrt(data.w[i]);
            var r = data.residuals();
            double test = 0;
            for (int i = 0; i < n; i++)
                test += data.w[i] * Math.pow(data.x[i][0] + rng.nextGaussian() / Math.sqrt(data.w[i]) - r.fitted()[i], 2) / all;
            gap += (test - r.meanSquaredError()) / runs;
            told += r.optimism() / runs;
        }
        assertThat(told / gap).isBetween(0.95, 1.05);
    }

    @Test void withoutDegreesOfFreedomThereIsNoVariance() {
        double[][] x = {{0}, {1}, {2}};
        var one = RegressionResiduals.of(new LinearRegression().fit(Tensor.of(x), Tensor.of(1.0, 2, 4)));
        assertThat(one.variance()).isFinite();
        assertThat(one.studentised()).containsOnly(Double.NaN);
        var none = new RegressionResiduals(new double[] {1, 2}, new double[] {1, 2.5}, new double[] {0.5, 0.5}, null, 2);
        assertThat(none.variance()).isNaN();
    }
}
