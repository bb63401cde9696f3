package lyceum.stats;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import lyceum.prob.Poisson;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class LikelihoodRatioTestTest {

    @Test
    @Acceptance(topic = "likelihood-ratio-test", clause = 1) void statisticAndPValueEqualStatsmodels() {
        // most p-values are tiny: they are compared relative to themselves
        Gap statistic = Gap.relativeBeyondOne(), p = Gap.relative(), models = Gap.relativeBeyondOne();
        int cases = 0;
        for (var c : Designs.GOLDEN.list("cases")) {
            String family = c.text("input.family");
            var d = Designs.of(c);
            var glm = new Glm(Glm.Family.valueOf(family.toUpperCase(Locale.ROOT)));
            GlmFit full = glm.fit(d.x(), d.y(), d.offset(), d.weights()), small = glm.fit(d.withoutLast(2), d.y(), d.offset(), d.weights());
            models.see(c, "expected.coefficients", full.coefficients());
            models.see(c, "expected.errors", full.standardErrors());
            models.see(c, "expected.deviance", full.deviance());
            models.see(c, "expected.nullDeviance", full.nullDeviance());
            models.see(c, "expected.pearson", full.pearson());
            models.see(c, "expected.scale", full.scale());
            models.see(c, "expected.logLikelihood", full.logLikelihood());
            models.see(c, "expected.aic", full.aic());
            if (c.has("expected.HC0")) for (var kind : GlmFit.Robust.values())
                // statsmodels' GLM leaves HC1 as HC0; its OLS has all four
                if (c.has("expected." + kind) && (kind != GlmFit.Robust.HC1 || family.equals("gaussian")))
                    models.see(c, "expected." + kind, full.robustErrors(kind));
            if (family.equals("gamma")) continue; // its scale is no maximum of the likelihood
            var result = LikelihoodRatioTest.of(full, small);
            statistic.see(c, "expected.lr", result.statistic());
            p.see(c, "expected.lrP", result.pValue());
            assertThat(result.degreesOfFreedom()).isEqualTo(2);
            cases++;
        }
        Evidence.of("largest gap of the statistic, relative beyond 1", statistic, below(1e-8));
        Evidence.of("largest relative gap of the p-value", p, below(1e-8));
        Evidence.of("largest gap of coefficients, errors (HC0 to HC3 too), deviance and likelihood of all models", models, below(1e-6));
        Evidence.of("Gaussian, logistic and Poisson models", cases, exactly(6));
    }

    @Test
    @Acceptance(topic = "likelihood-ratio-test", clause = 2) void nullPValuesAreUniform() {
        int runs = 1_000, n = 200;
        var p = new double[runs];
        var glm = new Glm(Glm.Family.POISSON);
        for (int r = 0; r < runs; r++) {
            var rng = Rng.of(1938 + r);
            double[][] x = new double[n][4], small = new double[n][];
            var y = new double[n];
            for (int i = 0; i < n; i++) {
                x[i][0] = 1;
                for (int j = 1; j < 4; j++) x[i][j] = rng.nextGaussian();
                small[i] = Arrays.copyOf(x[i], 2);
                y[i] = new Poisson(Math.exp(1 + 0.3 * x[i][1])).sample(rng);
            }
            p[r] = LikelihoodRatioTest.of(glm.fit(x, y), glm.fit(small, y)).pValue();
        }
        Arrays.sort(p);
        double gap = 0;
        for (int r = 0; r < runs; r++) gap = Math.max(gap, Math.max((r + 1.0) / runs - p[r], p[r] - (double) r / runs));
        double t = gap * (Math.sqrt(runs) + 0.12 + 0.11 / Math.sqrt(runs)), ks = 0;
        for (int k = 1; k < 50; k++) ks += 2 * (k % 2 == 1 ? 1 : -1) * Math.exp(-2.0 * k * k * t * t);
        Evidence.of("Kolmogorov-Smirnov p-value of 1,000 null p-values against uniform", ks, above(0.01));
    }

    @Test
    @Acceptance(topic = "likelihood-ratio-test", clause = 3) void aVarianceOnTheEdgeNeedsTheMixture() {
        int runs = 4_000, groups = 200, size = 5, naive = 0, mixture = 0, simulated = 0;
        double[] nullStatistics = new double[400];
        for (int d = 0; d < nullStatistics.length; d++) nullStatistics[d] = randomIntercept(groups, size, Rng.of(900_000 + d));
        int[] at = {0};
        for (int r = 0; r < runs; r++) {
            double statistic = randomIntercept(groups, size, Rng.of(r));
            if (LikelihoodRatioTest.chiSquare(statistic, 1).pValue() < 0.05) naive++;
            if (LikelihoodRatioTest.chiBar(statistic, 0.5, 0.5).pValue() < 0.05) mixture++;
            at[0] = 0;
            if (LikelihoodRatioTest.bootstrap(statistic, rng -> nullStatistics[at[0]++], nullStatistics.length, Rng.of(1)).pValue() < 0.05)
                simulated++;
        }
        // a statistic of 0 is no evidence at all; P(chi_1 > x) = 2 P(Z > sqrt x), P(chi_2 > x) = exp(-x / 2)
        assertThat(LikelihoodRatioTest.chiBar(0, 0.5, 0.5).pValue()).isEqualTo(1);
        assertThat(LikelihoodRatioTest.chiBar(2.705543454095404, 0.25, 0.5, 0.25).pValue())
                .isCloseTo(0.05 + 0.25 * Math.exp(-2.705543454095404 / 2), within(1e-12));
        Evidence.of("percent rejected against chi-square", 100.0 * naive / runs, between(1.5, 3.5));
        Evidence.of("percent rejected against the 50:50 mixture", 100.0 * mixture / runs, between(3.5, 6.5));
        assertThat(100.0 * simulated / runs).isBetween(2.0, 8.0);
    }

    /** Maximum likelihood of a balanced one-way layout without group variance, in closed form; the overall mean is fitted. */
    private static double randomIntercept(int groups, int size, Rng rng) {
        double total = 0, within = 0, between = 0;
        var means = new double[groups];
        var group = new double[size];
        for (int g = 0; g < groups; g++) {
            double mean = 0;
            for (int i = 0; i < size; i++) mean += (group[i] = rng.nextGaussian()) / size;
            for (double x : group) within += (x - mean) * (x - mean);
            means[g] = mean;
            total += mean / groups;
        }
        for (double m : means) between += size * (m - total) * (m - total);
        double n = (double) groups * size, error = within / (groups * (size - 1)), lambda = between / groups,
                pooled = (within + between) / n;
        if (lambda <= error) return 0;
        double full = -0.5 * (groups * (size - 1) * Math.log(error) + groups * Math.log(lambda) + n),
                none = -0.5 * (n * Math.log(pooled) + n);
        return 2 * (full - none);
    }

    @Test
    @Acceptance(topic = "likelihood-ratio-test", clause = 4) void theThreeTestsAgreeInLargeSamples() {
        int sets = 0, n = 10_000;
        double worst = 0;
        var glm = new Glm(Glm.Family.BINOMIAL);
        for (int seed = 0; sets < 100; seed++) {
            var rng = Rng.of(seed);
            double[][] x = new double[n][3], small = new double[n][];
            var y = new double[n];
            for (int i = 0; i < n; i++) {
                x[i][0] = 1;
                x[i][1] = rng.nextGaussian();
                x[i][2] = rng.nextGaussian();
                small[i] = Arrays.copyOf(x[i], 2);
                y[i] = rng.nextDouble() < 1 / (1 + Math.exp(0.4 - 0.5 * x[i][1] - 0.07 * x[i][2])) ? 1 : 0;
            }
            GlmFit full = glm.fit(x, y), nested = glm.fit(small, y);
            double lr = LikelihoodRatioTest.of(full, nested).statistic();
            if (lr < 5 || lr > 20) continue;
            double wald = LikelihoodRatioTest.wald(full, 2).statistic(), score = LikelihoodRatioTest.score(nested, x).statistic();
            worst = Math.max(worst, (Math.max(lr, Math.max(wald, score)) - Math.min(lr, Math.min(wald, score))) / lr);
            sets++;
        }
        Evidence.of("data sets with a statistic between 5 and 20", sets, exactly(100));
        Evidence.of("largest spread of the three statistics, relative", worst, below(0.05));
        // the article's coin, 60 heads in 100: 4.03, 4.17, 4.00
        double[][] ones = new double[100][];
        var tosses = new double[100];
        for (int i = 0; i < 100; i++) {
            ones[i] = new double[] {1};
            tosses[i] = i < 60 ? 1 : 0;
        }
        assertThat(LikelihoodRatioTest.statistic(glm.fit(ones, tosses), 0, 0)).isCloseTo(4.03, within(0.005));
        GlmFit coin = glm.fit(ones, tosses), fair = glm.fit(new double[100][0], tosses);
        assertThat(LikelihoodRatioTest.of(coin, fair).pValue()).isCloseTo(0.045, within(5e-4));
    }

    /** Of least squares both are {@code (RSS_0 - RSS) / s^2}, with the scale of the larger fit or of the smaller. */
    @Test void waldAndScoreOfSeveralCoefficients() {
        var d = Designs.of(Designs.GOLDEN.named("gaussian 0"));
        var glm = new Glm(Glm.Family.GAUSSIAN);
        GlmFit full = glm.fit(d.x(), d.y()), nested = glm.fit(d.withoutLast(2), d.y());
        double rss = full.deviance(), rss0 = nested.deviance();
        int n = d.y().length;
        var wald = LikelihoodRatioTest.wald(full, 2, 3);
        assertThat(wald.statistic()).isCloseTo((rss0 - rss) / (rss / (n - 4)), within(1e-8));
        assertThat(wald.degreesOfFreedom()).isEqualTo(2);
        var score = LikelihoodRatioTest.score(nested, d.x());
        assertThat(score.statistic()).isCloseTo((rss0 - rss) / (rss0 / (n - 2)), within(1e-8));
        assertThat(score.degreesOfFreedom()).isEqualTo(2);
    }

    @Test
    @Acceptance(topic = "likelihood-ratio-test", clause = 5) void theProfileIntervalInvertsTheTest() {
        double worst = 0, asymmetry = 0;
        int ends = 0;
        for (var c : Designs.GOLDEN.list("cases")) {
            String family = c.text("input.family");
            if (family.equals("gamma") || c.flag("input.offset")) continue;
            var d = Designs.of(c);
            var fit = new Glm(Glm.Family.valueOf(family.toUpperCase(Locale.ROOT))).fit(d.x(), d.y());
            for (int j = 0; j < 3; j++) {
                var interval = LikelihoodRatioTest.profile(fit, j, 0.95);
                for (double end : new double[] {interval.low(), interval.high()}) {
                    // where the test's p-value is 0.05, by the secant method on a grid of refits of its own
                    double a = fit.coefficients()[j] + 1.5 * (end - fit.coefficients()[j]),
                            b = fit.coefficients()[j] + 0.7 * (end - fit.coefficients()[j]);
                    for (int k = 0; k < 60 && Math.abs(a - b) > 1e-10; k++) {
                        double fa = p(fit, j, a) - 0.05, fb = p(fit, j, b) - 0.05, next = b - fb * (b - a) / (fb - fa);
                        a = b;
                        b = next;
                    }
                    worst = Math.max(worst, Math.abs(b - end));
                    ends++;
                }
                asymmetry = Math.max(asymmetry, Math.abs(interval.high() + interval.low() - 2 * fit.coefficients()[j]));
            }
        }
        Evidence.of("largest gap between an end and where p = 0.05", worst, below(1e-6));
        Evidence.of("ends", ends, exactly(18));
        Evidence.of("largest asymmetry of an interval: it is not Wald's", asymmetry, above(1e-3));
    }

    private static double p(GlmFit fit, int j, double value) {
        var d = fit.data();
        int n = d.y().length, p = fit.coefficients().length;
        var x = new double[n][p - 1];
        var offset = new double[n];
        for (int i = 0; i < n; i++) {
            int at = 0;
            for (int k = 0; k < p; k++) if (k != j) x[i][at++] = d.x()[i][k];
            offset[i] = value * d.x()[i][j];
        }
        double l0 = new Glm(fit.family()).fit(x, d.y(), offset, null).logLikelihood();
        return LikelihoodRatioTest.chiSquare(2 * (fit.logLikelihood() - l0), 1).pValue();
    }

    @Test
    @Acceptance(topic = "likelihood-ratio-test", clause = 6) void otherDataAndOtherModelsAreRefused() {
        var c = Designs.GOLDEN.named("poisson 0");
        var d = Designs.of(c);
        var glm = new Glm(Glm.Family.POISSON);
        GlmFit full = glm.fit(d.x(), d.y()), small = glm.fit(d.withoutLast(2), d.y());
        int rows = d.y().length - 10;
        var other = d.y().clone();
        other[3]++;
        var foreign = new double[d.y().length][2];
        for (int i = 0; i < foreign.length; i++) foreign[i] = new double[] {1, Math.sin(i)};
        int refused = 0;
        String[] said = {"same rows", "responses, offsets or weights differ", "not nested", "it has fewer", "families",
                "responses, offsets or weights differ", "responses, offsets or weights differ"};
        GlmFit[][] pairs = {{full, glm.fit(Arrays.copyOf(d.withoutLast(2), rows), Arrays.copyOf(d.y(), rows))},
                {full, glm.fit(d.withoutLast(2), other)}, {full, glm.fit(foreign, d.y())}, {small, full},
                {full, new Glm(Glm.Family.GAUSSIAN).fit(d.withoutLast(2), d.y())},
                {full, glm.fit(d.withoutLast(2), d.y(), new double[d.y().length], other)},
                {full, glm.fit(d.withoutLast(2), d.y(), other, null)}};
        for (int k = 0; k < pairs.length; k++) {
            int pair = k;
            try {
                LikelihoodRatioTest.of(pairs[pair][0], pairs[pair][1]);
            } catch (IllegalArgumentException e) {
                if (e.getMessage().contains(said[k])) refused++;
            }
        }
        Evidence.of("kinds of wrong pairs refused with their reason", refused, exactly(7));
        // columns that are combinations of the full design's are nested
        var sums = new double[d.y().length][2];
        for (int i = 0; i < sums.length; i++) sums[i] = new double[] {d.x()[i][0], d.x()[i][1] - 2 * d.x()[i][3]};
        Evidence.of("a nested pair of combined columns: degrees of freedom",
                LikelihoodRatioTest.of(full, glm.fit(sums, d.y())).degreesOfFreedom(), exactly(2));
        var l = new MaximumLikelihood().fit(ParametricFamily.GAMMA, 1, 2, 3, 5);
        var fewer = new MaximumLikelihood().fit(ParametricFamily.EXPONENTIAL, 1, 2, 3);
        assertThatThrownBy(() -> LikelihoodRatioTest.of(l, fewer)).hasMessageContaining("4 and 3 observations");
        assertThat(LikelihoodRatioTest.of(l, new MaximumLikelihood().fit(ParametricFamily.EXPONENTIAL, 1, 2, 3, 5)).pValue())
                .isBetween(0.01, 1.0);
        int[] drawn = {0}; // 7, 8 and 9 of 0 to 9 are as large as 7
        assertThat(LikelihoodRatioTest.bootstrap(7, rng -> drawn[0]++, 10, Rng.of(1)).pValue()).isEqualTo(4.0 / 11);
        assertThatThrownBy(() -> LikelihoodRatioTest.chiBar(1, 0.5, 0.4)).hasMessageContaining("sum to 1");
        assertThat(List.of(full.named("a", "b", "c", "d").toString().split("\n"))).hasSize(6);
    }
}
