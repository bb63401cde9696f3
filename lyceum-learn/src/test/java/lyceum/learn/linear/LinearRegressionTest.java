package lyceum.learn.linear;

import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerContract;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class LinearRegressionTest {
    private static final String TOPIC = "linear-regression-basics";
    private static final Golden GOLDEN = Golden.load("golden/linear-regression-basics.json");

    @TestFactory Stream<DynamicTest> contract() { return LearnerContract.of(new LinearRegression()).tests(); }

    private static Golden expected(String name) { return GOLDEN.named(name).at("expected"); }

    private static Gap summaryGap(LinearRegressionModel model, Golden e, boolean deficient) {
        var s = model.summary();
        var table = s.coefficients();
        var worst = Gap.relativeBeyondOne();
        if (!deficient) worst.see(e, "t", table.statistics());
        worst.see(e, "coef", table.estimates());
        worst.see(e, "standardErrors", table.standardErrors());
        worst.see(e, "p", table.pValues());
        double[] actual = {s.r2(), s.adjustedR2(), s.sigma(), s.f(), s.fPValue(), s.dfModel(), s.dfResidual(), s.logLikelihood(), s.aic(),
                s.bic()};
        var names = List.of("r2", "adjustedR2", "sigma", "f", "fP", "dfModel", "dfResidual", "logLikelihood", "aic", "bic");
        for (int i = 0; i < actual.length; i++) worst.see(e, names.get(i), actual[i]);
        for (int j = 0; j < table.lows().length; j++) worst.see(e, "intervals." + j, table.lows()[j], table.highs()[j]);
        worst.see(e, "fitted", model.fitted().narrow(0, 0, 10).toDoubleArray());
        if (e.has("hatDiagonal")) worst.see(e, "hatDiagonal", model.hatDiagonal().narrow(0, 0, 20).toDoubleArray());
        return worst;
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void inferenceTableEqualsStatsmodelsOnDiabetes() {
        var data = Datasets.diabetes();
        var model = new LinearRegression().fit(data.x(), data.y());
        var e = expected("diabetes");
        var table = model.summary().coefficients();
        // Absolute differences first: the clause says 1e-8.
        assertThat(table.estimates()).containsExactly(e.doubles("coef"), within(1e-8));
        assertThat(table.standardErrors()).containsExactly(e.doubles("standardErrors"), within(1e-8));
        assertThat(table.statistics()).containsExactly(e.doubles("t"), within(1e-8));
        assertThat(table.pValues()).containsExactly(e.doubles("p"), within(1e-8));
        assertThat(model.summary().r2()).isCloseTo(e.number("r2"), within(1e-8));
        assertThat(model.summary().f()).isCloseTo(e.number("f"), within(1e-8));
        Evidence.of("largest gap to statsmodels, relative beyond 1", summaryGap(model, e, false), below(1e-8));
        // Tiny p-values have their digits too.
        assertThat(table.pValues()[0] / e.doubles("p")[0]).isCloseTo(1, within(1e-8));
        assertThat(model.summary().fPValue() / e.number("fP")).isCloseTo(1, within(1e-8));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void weightedRawDeficientAndOriginFitsEqualStatsmodels() {
        var data = Datasets.diabetes();
        var w = new Recipe(101).uniforms(442);
        for (int i = 0; i < w.length; i++) w[i] += 0.5;
        var weighted = summaryGap(new LinearRegression().fit(data.x(), data.y(), Tensor.of(w)), expected("diabetes weighted"), false);
        Evidence.of("weighted", weighted, below(1e-8));

        var raw = Datasets.diabetesRaw();
        Evidence.of("raw", summaryGap(new LinearRegression().fit(raw.x(), raw.y()), expected("diabetes raw columns"), false), below(1e-8));

        var r = new Recipe(102);
        var a = Tensor.of(r.matrix(30, 3));
        var y = Tensor.of(r.bells(30));
        var deficient = Tensor.concat(1, a, a.narrow(1, 0, 1).add(a.narrow(1, 1, 1).mul(2)));
        var model = new LinearRegression().fit(deficient, y);
        assertThat(model.summary().rankDeficient()).isTrue();
        assertThat(model.summary().toString()).contains("dependent");
        Evidence.of("deficient", summaryGap(model, expected("rank deficient"), true), below(1e-8));
        Evidence.of("origin", summaryGap(new LinearRegression().withIntercept(false).fit(a, y), expected("no intercept"), false),
                below(1e-8));
    }

    @Test void intervalsOfMeansAndObservationsEqualStatsmodels() {
        var data = Datasets.diabetes();
        var model = new LinearRegression().fit(data.x(), data.y());
        var e = expected("diabetes").at("predictions");
        var rows = data.x().narrow(0, 0, 5);
        var mean = model.meanInterval(rows, 0.95);
        Evidence.of("means", Gap.relativeBeyondOne().see(e, "mean", mean.value().toDoubleArray()), below(1e-10));
        Evidence.of("their standard errors", Gap.relativeBeyondOne().see(e, "meanSe", mean.standardError().toDoubleArray()), below(1e-10));
        var next = model.predictionInterval(rows, 0.95);
        for (int i = 0; i < 5; i++) {
            Evidence.of("confidence interval", Gap.relativeBeyondOne().see(e, "confidence." + i, mean.low().item(i), mean.high().item(i)),
                    below(1e-10));
            Evidence.of("prediction interval", Gap.relativeBeyondOne().see(e, "prediction." + i, next.low().item(i), next.high().item(i)),
                    below(1e-10));
        }
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void residualsAreOrthogonalToEveryColumnOfAHundredDesigns() {
        double worst = 0;
        for (int seed = 0; seed < 100; seed++) {
            var rng = Rng.of(seed);
            int p = 1 + rng.nextInt(12), n = p + 2 + rng.nextInt(80);
            var x = Tensor.randn(rng, DType.F64, n, p);
            if (seed % 4 == 0) x = Tensor.concat(1, x, x.narrow(1, 0, 1).mul(2));
            var y = Tensor.randn(rng, DType.F64, n);
            var model = new LinearRegression().fit(x, y);
            var e = y.sub(model.predict(x));
            worst = Math.max(worst, Math.max(x.transpose().matmul(e).abs().max().item(), Math.abs(e.sum().item())));
            assertThat(e.sub(model.residuals()).abs().max().item()).isLessThan(1e-10);
        }
        Evidence.of("max |X'(y - Xb)|", worst, below(1e-9));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void intervalsCoverTheTruthInFiveThousandDataSets() {
        double[] truth = {1, 2, -0.5, 0};
        int n = 25, sets = 5_000;
        var covered = new int[truth.length];
        var rng = Rng.of(7);
        for (int s = 0; s < sets; s++) {
            var x = new double[n * 3];
            var y = new double[n];
            for (int i = 0; i < n; i++) {
                y[i] = truth[0] + 1.5 * rng.nextGaussian();
                for (int j = 0; j < 3; j++) {
                    x[i * 3 + j] = rng.nextGaussian() + (j > 0 ? 0.5 * x[i * 3] : 0);
                    y[i] += truth[j + 1] * x[i * 3 + j];
                }
            }
            var table = new LinearRegression().fit(Tensor.of(x, n, 3), Tensor.of(y)).summary().coefficients();
            for (int j = 0; j < truth.length; j++) if (table.lows()[j] <= truth[j] && truth[j] <= table.highs()[j]) covered[j]++;
        }
        for (int j = 0; j < truth.length; j++) Evidence.of("coverage " + j, covered[j] / (double) sets, between(0.94, 0.96));
    }

    @Test void methodsAgreeAndOutputsAreFittedTogether() {
        var rng = Rng.of(3);
        Tensor x = Tensor.randn(rng, DType.F64, 40, 5), y = Tensor.randn(rng, DType.F64, 40, 2);
        var both = new LinearRegression().fit(x, y);
        for (int o = 0; o < 2; o++) {
            var one = new LinearRegression().withSolver(LinearRegression.Solver.SVD).fit(x, y.select(1, o));
            assertThat(both.coefficients().select(0, o).toDoubleArray()).containsExactly(one.coefficients().toDoubleArray(), within(1e-12));
            assertThat(both.summary(o, 0.9).coefficients().lows()).containsExactly(one.summary(0, 0.9).coefficients().lows(),
                    within(1e-10));
        }
        assertThat(both.predictionInterval(x, 0.9).low().shape()).isEqualTo(y.shape());
    }

    @Test void exactDesignsLeaveNoDegreesOfFreedom() {
        var model = new LinearRegression().fit(Tensor.of(new double[][] {{1}, {2}}), Tensor.of(3, 5));
        assertThat(model.predict(Tensor.of(new double[][] {{3}})).item(0)).isCloseTo(7, within(1e-12));
        assertThat(model.summary().sigma()).isNaN();
    }

    @Test void summaryIsReadable() {
        var data = Datasets.diabetes();
        var text = new LinearRegression().fit(data.x(), data.y()).summary().named(data.featureNames()).toString();
        assertThat(text).contains("(intercept)", "bmi", "R2 0.5177", "95% interval");
        assertThatThrownBy(() -> new LinearRegression().fit(data.x(), data.y()).summary(1, 0.95)).hasMessageContaining("target 1 of 1");
        assertThatThrownBy(() -> new LinearRegression().fit(data.x(), data.y()).summary(0, 95)).hasMessageContaining("level is 95.0");
        assertThatThrownBy(() -> new LinearRegression().fit(data.x(), data.y()).summary().named(List.of("a")))
                .hasMessageContaining("1 names for 10 slopes");
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void dependentColumnsShrinkNoIntercept() {
        var golden = Golden.load("golden/linear-regression-wide.json");
        var r = new Recipe(10300);
        Tensor x = Tensor.of(r.matrix(6, 9)).add(3), y = Tensor.of(r.matrix(6, 2)).add(50), w = Tensor.of(r.uniforms(6)).add(0.5);
        var gap = Gap.relativeBeyondOne();
        for (var solver : new LinearRegression.Solver[] {LinearRegression.Solver.QR, LinearRegression.Solver.SVD,
                LinearRegression.Solver.AUTO}) {
            var learner = new LinearRegression().withSolver(solver);
            see(gap, learner.fit(x, y), golden.named("wide"));
            see(gap, learner.fit(x, y.select(1, 0), w), golden.named("weighted wide"));
            r = new Recipe(10301);
            var levels = new double[40][5];
            for (var row : levels) row[r.below(3)] = 1;
            for (var row : levels) row[3] = r.bell();
            for (var row : levels) row[4] = 0.1;
            see(gap, learner.fit(Tensor.of(levels), Tensor.of(r.bells(40)).add(20)), golden.named("all levels"));
        }
        assertThat(gap.seen()).isEqualTo(3 * (18 + 2 + 9 + 1 + 5 + 1));
        Evidence.of("dependent columns", gap, below(1e-10));
        // The table's errors are those of the same estimates: a mean is as sure as the fitted values say.
        var model = new LinearRegression()
                .fit(x.narrow(1, 0, 3).matmul(Tensor.of(new double[][] {{1, 0, 0, 1}, {0, 1, 0, 1}, {0, 0, 1, 0}})), y.select(1, 0));
        var sure = model.meanInterval(x.narrow(1, 0, 3).matmul(Tensor.of(new double[][] {{1, 0, 0, 1}, {0, 1, 0, 1}, {0, 0, 1, 0}})), 0.95);
        double sigma = model.summary().sigma();
        assertThat(sure.standardError().div(sigma).square().toDoubleArray()).containsExactly(model.hatDiagonal().toDoubleArray(),
                within(1e-9));
    }

    private static void see(Gap gap, LinearRegressionModel model, Golden c) {
        gap.see(c, "expected.coef", model.coefficients().toDoubleArray()).see(c, "expected.intercept", model.intercept().toDoubleArray());
    }
}
