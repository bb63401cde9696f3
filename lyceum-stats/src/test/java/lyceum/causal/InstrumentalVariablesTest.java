package lyceum.causal;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import lyceum.bayes.Dag;
import lyceum.random.Rng;
import lyceum.stats.Glm;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class InstrumentalVariablesTest {
    private static double gap(double[] ours, double[] theirs) {
        assertThat(ours).hasSameSizeAs(theirs);
        double worst = 0;
        for (int i = 0; i < ours.length; i++) worst = Math.max(worst, Math.abs(ours[i] - theirs[i]) / Math.max(1, Math.abs(theirs[i])));
        return worst;
    }

    private static double[][] columns(Golden c, String path) { return c.matrix(path); }

    @Test
    @Acceptance(topic = "instrumental-variables", clause = 1) void equalsStatsmodels() {
        double coefficients = 0, errors = 0, others = 0, tests = 0;
        int cases = 0;
        for (var c : Golden.load("golden/instrumental-variables.json").cases("iv")) {
            double[][] w = c.list("input.w").isEmpty() ? new double[0][] : columns(c, "input.w");
            var model = new InstrumentalVariables(c.doubles("input.y"), columns(c, "input.x"), w, columns(c, "input.z"));
            var fit = model.twoStage();
            coefficients = Math.max(coefficients, gap(fit.coefficients(), c.doubles("expected.coef")));
            errors = Math.max(errors, gap(fit.standardErrors(), c.doubles("expected.se")));
            int[] groups = Arrays.stream(c.doubles("input.groups")).mapToInt(g -> 100 - (int) g).toArray();
            double[][] ours = {model.liml().coefficients(), model.liml().standardErrors(), fit.robustErrors(), fit.clusterErrors(groups),
                    model.gmm().coefficients(), model.gmm().standardErrors()};
            String[] names = {"liml", "limlSe", "robust", "cluster", "gmm", "gmmSe"};
            for (int k = 0; k < names.length; k++) others = Math.max(others, gap(ours[k], c.doubles("expected." + names[k])));
            double[] control = model.controlFunction();
            others = Math.max(others, gap(Arrays.copyOf(control, fit.coefficients().length), fit.coefficients()));
            boolean exact = model.isExactlyIdentified();
            assertThat(exact).isEqualTo(c.list("input.x").size() == c.list("input.z").size());
            assertThat(model.sargan().testable()).isNotEqualTo(exact);
            if (!exact) tests = Math.max(tests, gap(new double[] {model.sargan().test().statistic(), model.hansen().test().statistic()},
                    new double[] {c.number("expected.sargan"), c.number("expected.hansen")}));
            tests = Math.max(tests, gap(new double[] {model.hausman().statistic(), model.hausman().pValue(), model.firstStageF()},
                    new double[] {c.doubles("expected.hausman")[0], c.doubles("expected.hausman")[1], c.number("expected.f")}));
            cases++;
        }
        var rng = Rng.of(752);
        double ratio = 0;
        int samples = 0;
        for (; samples < 100; samples++) {
            int n = 20 + rng.nextInt(200);
            double[] y = new double[n], x = new double[n], z = new double[n];
            double mz = 0, mx = 0, my = 0;
            for (int i = 0; i < n; i++) {
                double u = rng.nextGaussian();
                z[i] = 2 + rng.nextGaussian();
                x[i] = -1 + 1.5 * z[i] + u + rng.nextGaussian();
                y[i] = 3 + 0.7 * x[i] - 2 * u + rng.nextGaussian();
                mz += z[i] / n;
                mx += x[i] / n;
                my += y[i] / n;
            }
            double zy = 0, zx = 0;
            for (int i = 0; i < n; i++) {
                zy += (z[i] - mz) * (y[i] - my);
                zx += (z[i] - mz) * (x[i] - mx);
            }
            ratio = Math.max(ratio, Math.abs(InstrumentalVariables.of(y, x, z).twoStage().coefficients()[0] - zy / zx));
        }
        Evidence.of("cases: 1 or 2 endogenous columns, 0 to 2 others, exactly and over-identified", cases, exactly(8));
        Evidence.of("2SLS coefficients against IV2SLS", coefficients, below(1e-11));
        Evidence.of("2SLS errors against IV2SLS", errors, below(1e-11));
        Evidence.of("LIML, GMM, robust and cluster errors, control function", others, below(1e-11));
        Evidence.of("Sargan, Hansen, Hausman, first-stage F", tests, below(1e-11));
        Evidence.of("single instrument against cov(Z, Y) / cov(Z, X), 100 samples", ratio, below(1e-12));
    }

    @Test
    @Acceptance(topic = "instrumental-variables", clause = 2) void twoStagesRemoveTheBias() {
        var rng = Rng.of(753);
        double ols = 0, two = 0;
        int runs = 500, n = 10_000;
        double[] y = new double[n], x = new double[n], z = new double[n];
        for (int run = 0; run < runs; run++) {
            for (int i = 0; i < n; i++) {
                double u = rng.nextGaussian();
                z[i] = rng.nextGaussian();
                x[i] = 0.5 * z[i] + u + rng.nextGaussian();
                y[i] = 1 + 2 * x[i] + u + rng.nextGaussian();
            }
            var model = InstrumentalVariables.of(y, x, z);
            ols += (model.ols().coefficients()[0] - 2) / runs;
            two += (model.twoStage().coefficients()[0] - 2) / runs;
        }
        Evidence.of("bias of OLS, 500 simulations of 10,000", ols, atLeast(0.3));
        Evidence.of("|bias| of 2SLS", Math.abs(two), atMost(0.02));
        // By hand: cov(x, u) / var(x) = 1 / 2.25
        assertThat(ols).isCloseTo(1 / 2.25, within(0.01));
    }

    @Test
    @Acceptance(topic = "instrumental-variables", clause = 3) void weakInstruments() {
        var rng = Rng.of(754);
        int runs = 2_000, n = 500, wald = 0, ar = 0, liml = 0, disagree = 0;
        double f = 0, strength = Math.sqrt(1.0 / n); // concentration 10 over 10 instruments: the mean of F is about 1 + 1
        double[] y = new double[n], x = new double[n];
        var z = new double[10][n];
        var estimates = new double[runs];
        for (int run = 0; run < runs; run++) {
            for (int i = 0; i < n; i++) {
                double e = rng.nextGaussian(), v = 0.8 * e + 0.6 * rng.nextGaussian();
                x[i] = v;
                for (int k = 0; k < 10; k++) x[i] += strength * (z[k][i] = rng.nextGaussian());
                y[i] = e;
            }
            var model = InstrumentalVariables.of(y, x, z);
            f += model.firstStageF() / runs;
            var fit = model.twoStage();
            estimates[run] = fit.coefficients()[0];
            if (fit.effect(0).interval(0.95).contains(0)) wald++;
            var set = model.andersonRubin(0.95);
            if (set.contains(0)) ar++;
            if (set.contains(0) != model.andersonRubinTest(0).pValue() >= 0.05) disagree++;
            if (run < 300) liml += model.liml().coefficients()[0] < 0.39 ? 1 : 0;
        }
        Evidence.of("mean first-stage F", f, between(1.8, 2.2));
        Evidence.of("coverage of the 2SLS Wald interval, 2,000 runs", wald / (double) runs, below(0.9));
        Evidence.of("coverage of Anderson and Rubin's", ar / (double) runs, between(0.93, 0.97));
        Evidence.of("runs in which interval and test disagree", disagree, exactly(0));
        Arrays.sort(estimates);
        // The article: median half way to the OLS bias of 0.78, coverage 40%. LIML is about centred.
        assertThat(estimates[runs / 2]).isCloseTo(0.39, within(0.02));
        assertThat(wald / (double) runs).isCloseTo(0.40, within(0.03));
        assertThat(liml / 300.0).isGreaterThan(0.75);
    }

    @Test
    @Acceptance(topic = "instrumental-variables", clause = 4) void nonComplianceFindsTheCompliers() {
        double worst = 0, fromAverage = Double.POSITIVE_INFINITY, shares = 0;
        int designs = 0;
        for (int seed = 0; seed < 10; seed++, designs++) {
            var rng = Rng.of(755 + seed);
            int n = 20_000;
            double[] y = new double[n];
            boolean[] z = new boolean[n], x = new boolean[n];
            double always = 0.1 + 0.2 * rng.nextDouble(), compliers = 0.3 + 0.3 * rng.nextDouble(), of = 0, average = 0, complying = 0,
                    taking = 0;
            for (int i = 0; i < n; i++) {
                double type = rng.nextDouble(), effect = rng.nextGaussian() + (type < always ? 4 : type < always + compliers ? 2 : -4);
                z[i] = rng.nextDouble() < 0.4;
                x[i] = type < always || type < always + compliers && z[i];
                y[i] = (type < always ? 2 : 0) + rng.nextGaussian() + (x[i] ? effect : 0);
                average += effect / n;
                if (type < always) taking++;
                else if (type < always + compliers) {
                    complying++;
                    of += effect;
                }
            }
            var late = InstrumentalVariables.wald(z, x, y);
            worst = Math.max(worst, Math.abs(late.effect().estimate() - of / complying) / late.effect().standardError());
            fromAverage = Math.min(fromAverage, Math.abs(late.effect().estimate() - average) / late.effect().standardError());
            shares = Math.max(shares, Math.abs(late.compliers() - complying / n));
            shares = Math.max(shares, Math.abs(late.alwaysTakers() - taking / n));
            double[] columns = new double[n], instrument = new double[n];
            for (int i = 0; i < n; i++) {
                columns[i] = x[i] ? 1 : 0;
                instrument[i] = z[i] ? 1 : 0;
            }
            var fit = InstrumentalVariables.of(y, columns, instrument).twoStage();
            assertThat(fit.coefficients()[0]).isCloseTo(late.effect().estimate(), within(1e-10));
            assertThat(fit.robustErrors()[0] / late.effect().standardError()).isCloseTo(1, within(1e-3));
        }
        Evidence.of("designs", designs, exactly(10));
        Evidence.of("distance from the compliers' effect, standard errors", worst, atMost(3));
        Evidence.of("least distance from the average effect, standard errors", fromAverage, above(3));
        Evidence.of("shares of compliers and always-takers", shares, below(0.02));
    }

    @Test
    @Acceptance(topic = "instrumental-variables", clause = 5) void sarganSeesAnInvalidInstrument() {
        var rng = Rng.of(756);
        int runs = 1_000, n = 500, invalid = 0, valid = 0, hansen = 0, hansenValid = 0;
        double[] y = new double[n], x = new double[n], honest = new double[n];
        var z = new double[3][n];
        for (int run = 0; run < runs; run++) {
            for (int i = 0; i < n; i++) {
                double u = rng.nextGaussian();
                for (int k = 0; k < 3; k++) z[k][i] = rng.nextGaussian();
                x[i] = z[0][i] + z[1][i] + z[2][i] + u + rng.nextGaussian();
                honest[i] = 2 * x[i] + u + rng.nextGaussian();
                y[i] = honest[i] + 0.4 * z[2][i];
            }
            var wrong = InstrumentalVariables.of(y, x, z);
            var right = InstrumentalVariables.of(honest, x, z);
            if (wrong.sargan().test().rejects(0.05)) invalid++;
            if (right.sargan().test().rejects(0.05)) valid++;
            if (wrong.hansen().test().rejects(0.05)) hansen++;
            if (right.hansen().test().rejects(0.05)) hansenValid++;
        }
        Evidence.of("power of Sargan's test, 1,000 runs of 500", invalid / (double) runs, atLeast(0.9));
        Evidence.of("power of Hansen's", hansen / (double) runs, atLeast(0.9));
        Evidence.of("Sargan on valid instruments", valid / (double) runs, between(0.03, 0.07));
        Evidence.of("Hansen on valid instruments", hansenValid / (double) runs, between(0.03, 0.07));
    }

    @Test
    @Acceptance(topic = "instrumental-variables", clause = 6) void exactIdentificationIsUntestable() {
        var rng = Rng.of(757);
        int n = 400, untestable = 0, told = 0;
        for (int k = 1; k <= 3; k++) {
            double[][] z = new double[4][n], x = new double[k][n];
            var y = new double[n];
            for (int i = 0; i < n; i++) {
                for (var column : z) column[i] = rng.nextGaussian();
                for (int j = 0; j < k; j++) y[i] += x[j][i] = z[j][i] + rng.nextGaussian();
                y[i] += 5 * z[0][i];
            }
            var model = new InstrumentalVariables(y, x, new double[0][], Arrays.copyOf(z, k));
            for (var exclusion : List.of(model.sargan(), model.hansen())) {
                if (!exclusion.testable() && exclusion.test() == null) untestable++;
                if (exclusion.verdict().startsWith("untestable")) told++;
            }
            var over = new InstrumentalVariables(y, x, new double[0][], Arrays.copyOf(z, k + 1));
            assertThat(over.sargan().testable()).isTrue();
            assertThat(over.sargan().verdict()).contains("rejected");
        }
        Evidence.of("exactly identified models, Sargan and Hansen, reported as untestable", untestable, exactly(6));
        Evidence.of("verdicts that say so", told, exactly(6));
    }

    @Test void diagrams() {
        var graph = Dag.of("z -> x -> y <- u -> x", "w -> z", "w -> y", "v -> y");
        assertThat(InstrumentalVariables.conditions(graph, "z", "x", "y", List.of("w")).isInstrument()).isTrue();
        assertThat(InstrumentalVariables.conditions(graph, "z", "x", "y", List.of()).excluded()).isFalse();
        assertThat(InstrumentalVariables.conditions(graph, "v", "x", "y", List.of()).relevant()).isFalse();
        var direct = Dag.of("z -> x -> y <- u -> x", "z -> y");
        assertThat(InstrumentalVariables.conditions(direct, "z", "x", "y", List.of()).isInstrument()).isFalse();
        assertThatThrownBy(() -> InstrumentalVariables.conditions(graph, "z", "x", "y", List.of("y"))).hasMessageContaining("caused by x");
    }

    /** The test's F with other columns in the equation, from the squares that two regressions leave; and the interval ends where its p is 5%. */
    @Test void andersonRubinIsANestedRegression() {
        var rng = Rng.of(758);
        int n = 60;
        double[] y = new double[n], x = new double[n];
        double[][] w = new double[2][n], z = new double[3][n], small = new double[n][], large = new double[n][];
        for (int i = 0; i < n; i++) {
            double u = rng.nextGaussian();
            for (var column : w) column[i] = rng.nextGaussian();
            for (int k = 0; k < 3; k++) z[k][i] = rng.nextGaussian() + w[0][i];
            x[i] = z[0][i] + 0.5 * z[1][i] + w[1][i] + u + rng.nextGaussian();
            y[i] = 2 * x[i] - 3 * w[0][i] + w[1][i] + u + rng.nextGaussian();
            small[i] = new double[] {1, w[0][i], w[1][i]};
            large[i] = new double[] {1, w[0][i], w[1][i], z[0][i], z[1][i], z[2][i]};
        }
        var model = new InstrumentalVariables(y, new double[][] {x}, w, z);
        for (double b : new double[] {-1, 0, 2, 5}) {
            var rest = new double[n];
            for (int i = 0; i < n; i++) rest[i] = y[i] - b * x[i];
            double outer = new Glm(Glm.Family.GAUSSIAN).fit(small, rest).deviance(),
                    inner = new Glm(Glm.Family.GAUSSIAN).fit(large, rest).deviance();
            assertThat(model.andersonRubinTest(b).statistic()).isCloseTo((outer - inner) / 3 / (inner / (n - 6)), within(1e-8));
        }
        // LIML is where the F is least, and its root is k = 1 + 3 F / (n - 6): Fuller's a that takes k down to 1 gives two stages, to 0 least squares.
        double k = 1 + 3 * model.andersonRubinTest(model.liml().coefficients()[0]).statistic() / (n - 6);
        assertThat(k).isGreaterThan(1.001);
        assertThat(model.fuller((k - 1) * (n - 6)).coefficients()).containsExactly(model.twoStage().coefficients(), within(1e-9));
        assertThat(model.fuller(k * (n - 6)).standardErrors()).containsExactly(model.ols().standardErrors(), within(1e-9));
        assertThatThrownBy(() -> model.fuller(-1)).hasMessageContaining("a is -1.0");
        var set = model.andersonRubin(0.95);
        assertThat(set.shape()).isEqualTo(AndersonRubin.Shape.BETWEEN);
        assertThat(set.contains(model.liml().coefficients()[0])).isTrue(); // where the F is least
        for (double end : new double[] {set.low(), set.high()})
            assertThat(model.andersonRubinTest(end).pValue()).isCloseTo(0.05, within(1e-9));
    }

    @Test void andersonRubinHasFourShapes() {
        assertThat(AndersonRubin.of(1, 0, -1)).isEqualTo(new AndersonRubin(AndersonRubin.Shape.BETWEEN, -1, 1));
        assertThat(AndersonRubin.of(-1, 0, 1).contains(2)).isTrue();
        assertThat(AndersonRubin.of(-1, 0, 1).contains(0)).isFalse();
        assertThat(AndersonRubin.of(-1, 0, -1).shape()).isEqualTo(AndersonRubin.Shape.EVERYWHERE);
        assertThat(AndersonRubin.of(1, 0, 1).contains(0)).isFalse();
    }

    @Test void mistakesAreNamed() {
        var y = new double[] {1, 2, 3, 4, 5, 6};
        double[] x = {1, 0, 2, 1, 3, 1}, z = {0, 1, 0, 1, 1, 0};
        assertThatThrownBy(() -> InstrumentalVariables.of(y, x)).hasMessageContaining("0 instruments for 1 endogenous");
        assertThatThrownBy(() -> InstrumentalVariables.of(y, x, z, z)).hasMessageContaining("depend on each other");
        assertThatThrownBy(() -> InstrumentalVariables.wald(new boolean[] {true, true, false, false}, new boolean[4], new double[4]))
                .hasMessageContaining("does not move the treatment");
    }
}
