package lyceum.learn.linear;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.learn.linear.LogisticRegression.Solver;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerContract;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class LogisticRegressionTest {
    private static final String TOPIC = "logistic-regression";
    private static final Golden GOLDEN = Golden.load("golden/logistic-regression.json");

    private static final Logger WARNINGS = Logger.getLogger(LogisticRegression.class.getName());

    @BeforeAll static void quiet() { WARNINGS.setLevel(Level.OFF); }

    @AfterAll static void loud() { WARNINGS.setLevel(null); }

    @TestFactory Stream<DynamicTest> contract() {
        var base = new LogisticRegression().withTolerance(1e-11);
        return Stream.of(base, base.withSolver(Solver.LBFGS), base.withC(0.5).withL1Ratio(1), base.withL1Ratio(0.5).withBalanced(true),
                base.withC(0.1).withIntercept(false)).flatMap(l -> LearnerContract.of(l).tests());
    }

    @TestFactory Stream<DynamicTest> contractOfSagaAndOfTheUnpenalisedFit() {
        var saga = new LogisticRegression().withC(0.1).withSolver(Solver.SAGA).withTolerance(1e-10).withMaxIterations(10_000);
        return Stream.of(LearnerContract.of(saga).tests(),
                LearnerContract.of(new LogisticRegression().unpenalised()).withTolerance(1e-4).tests(),
                LearnerContract.of(new LogisticRegressionCv(0.1, 1, 10).withFolds(3)).tests()).flatMap(s -> s);
    }

    private static Tensor standardised(Tensor x) {
        var centred = x.sub(x.mean(0));
        return centred.div(centred.square().mean(0).sqrt());
    }

    private static Gap see(Gap gap, LogisticModel model, Golden c) {
        return gap.see(c, "expected.coef", model.coefficients().toDoubleArray()).see(c, "expected.intercept",
                model.intercept().toDoubleArray());
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void penalisedCoefficientsEqualScikitLearn() {
        Dataset cancer = Datasets.breastCancer(), iris = Datasets.iris();
        var x = standardised(cancer.x());
        var worst = Gap.absolute();
        for (var c : GOLDEN.list("cases")) {
            String name = c.text("name");
            if (name.startsWith("logit") || name.startsWith("digits")) continue;
            var learner = new LogisticRegression().withC(c.number("input.c"))
                    .withL1Ratio(c.text("input.penalty").equals("l2") ? 0 : c.has("input.l1Ratio") ? c.number("input.l1Ratio") : 1)
                    .withIntercept(!c.has("input.intercept")).withBalanced(c.has("input.classWeight"));
            Tensor w = null;
            if (c.has("input.weights")) {
                double[] u = new Recipe(16900).uniforms(569);
                for (int i = 0; i < u.length; i++) u[i] += 0.5;
                w = Tensor.of(u);
            }
            boolean flowers = name.startsWith("iris");
            Tensor rows = !flowers ? x : c.text("input.data").contains("standardised") ? standardised(iris.x()) : iris.x();
            var model = learner.fit(rows, flowers ? iris.y() : cancer.y(), w);
            see(worst, model, c);
            double[] p = c.flat("expected.probabilities");
            double[] actual = model.predictProba(rows).toDoubleArray();
            int k = model.classes().length;
            for (int i = 0; i < p.length; i++) assertThat(actual[(i / k) * 60 * k + i % k]).isCloseTo(p[i], within(1e-5));
        }
        Evidence.of("coefficients and intercepts", worst, below(1e-4));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void digitsAndSagaEqualScikitLearn() {
        var digits = Datasets.digits().flat().head(300);
        var c = GOLDEN.named("digits multinomial");
        var x = digits.x().to(DType.F64).div(digits.x().to(DType.F64).max().item());
        var model = new LogisticRegression().withTolerance(1e-9).fit(x, digits.y());
        Evidence.of("norms of the coefficients of digits",
                Gap.absolute().see(c, "expected.coefNorms", model.coefficients().square().sum(1).sqrt().toDoubleArray()), below(1e-3));
        assertThat(-model.logLikelihood() / 300).isCloseTo(c.number("expected.logLoss"), within(1e-6));

        var iris = Datasets.iris();
        var saga = new LogisticRegression().withL1Ratio(1).withSolver(Solver.SAGA).withTolerance(1e-9).withMaxIterations(20_000)
                .fit(standardised(iris.x()), iris.y());
        assertThat(saga.converged()).isTrue();
        Evidence.of("SAGA L1", see(Gap.absolute(), saga, GOLDEN.named("iris L1 multinomial")), below(1e-4));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void unpenalisedEstimatesAndErrorsEqualStatsmodels() {
        var r = new Recipe(16901);
        double[][] x = r.matrix(200, 3);
        var y = new long[200];
        for (int i = 0; i < 200; i++) y[i] = r.uniform() < 1 / (1 + Math.exp(-(0.5 + x[i][0] - 2 * x[i][1]))) ? 1 : 0;
        var cancer = Datasets.breastCancer();
        Evidence.of("table of the recipe", tableGap(Tensor.of(x), Tensor.of(y), GOLDEN.named("logit recipe")), below(1e-6));
        Evidence.of("table of breast cancer", tableGap(standardised(cancer.x()).transpose().rows(1, 4, 9).transpose(), cancer.y(),
                GOLDEN.named("logit breast cancer columns 1 4 9")), below(1e-6));
    }

    private static Gap tableGap(Tensor x, Tensor y, Golden c) {
        var summary = new LogisticRegression().unpenalised().fit(x, y).summary();
        var table = summary.coefficients();
        var gap = Gap.absolute().see(c, "expected.coef", table.estimates()).see(c, "expected.standardErrors", table.standardErrors())
                .see(c, "expected.z", table.statistics()).see(c, "expected.p", table.pValues())
                .see(c, "expected.logLikelihood", summary.logLikelihood()).see(c, "expected.nullLogLikelihood", summary.nullLogLikelihood())
                .see(c, "expected.deviance", summary.deviance()).see(c, "expected.mcFadden", summary.pseudoR2());
        for (int j = 0; j < table.lows().length; j++) gap.see(c, "expected.intervals." + j, table.lows()[j], table.highs()[j]);
        // Rows of weight 0 are none: labels turned round in a copy change nothing.
        var once = Tensor.concat(0, Tensor.ones(DType.F64, y.size(0)), Tensor.zeros(DType.F64, y.size(0)));
        var copied = new LogisticRegression().unpenalised().fit(Tensor.concat(0, x, x), Tensor.concat(0, y, y.rsub(1)), once).summary();
        double n = y.size(0), k = table.estimates().length, fit = -2 * c.number("expected.logLikelihood");
        for (var s : new LogisticSummary[] {summary, copied}) {
            gap.see("rows", s.rows(), n).see("AIC", s.aic(), 2 * k + fit).see("BIC", s.bic(), Math.log(n) * k + fit).see("estimates",
                    s.coefficients().estimates(), table.estimates());
        }
        assertThat(summary.oddsRatios()[1]).isCloseTo(Math.exp(table.estimates()[1]), within(1e-12));
        return gap;
    }

    private static Dataset noisy(int seed, int n, int p, int classes) {
        var rng = Rng.of(seed);
        var x = Tensor.randn(rng, DType.F64, n, p);
        var b = Tensor.randn(rng, DType.F64, p, classes);
        var score = x.matmul(b).add(Tensor.rand(rng, DType.F64, n, classes).log().neg().log().neg());
        return Dataset.of(x, score.argmax(1));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void theUnpenalisedGradientVanishesAndTheMeanProbabilityIsTheBaseRate() {
        double slope = 0, rate = 0;
        var likelihood = Gap.relative();
        for (int seed = 0; seed < 20; seed++) {
            var data = noisy(seed, 300, 4, 2);
            var y = data.y().to(DType.F64);
            for (var solver : new Solver[] {Solver.NEWTON, Solver.LBFGS, Solver.COORDINATE_DESCENT}) {
                var model = new LogisticRegression().unpenalised().withSolver(solver).withTolerance(1e-11).fit(data.x(), data.y());
                var error = model.predictProba(data.x()).select(1, 1).sub(y);
                slope = Math.max(slope, data.x().transpose().matmul(error).abs().max().item());
                rate = Math.max(rate, Math.abs(error.mean().item()));
                likelihood.see("seed " + seed, model.logLikelihood(), error.abs().neg().log1p().sum().item());
            }
            // With a penalty the slopes' gradient is b / c instead; the free intercept still matches the base rate.
            var penalised = new LogisticRegression().fit(data.x(), data.y());
            var error = penalised.predictProba(data.x()).select(1, 1).sub(y);
            rate = Math.max(rate, Math.abs(error.mean().item()));
            Evidence.of("gradient against the penalty's", Gap.absolute().see("gradient", data.x().transpose().matmul(error).toDoubleArray(),
                    penalised.coefficients().neg().toDoubleArray()), below(1e-5));
        }
        // More rows than are added up in one piece.
        var many = noisy(20, 9_000, 4, 2);
        var fitted = new LogisticRegression().unpenalised().fit(many.x(), many.y());
        var missed = fitted.predictProba(many.x()).select(1, 1).sub(many.y().to(DType.F64)).abs();
        likelihood.see("9,000 rows", fitted.logLikelihood(), missed.neg().log1p().sum().item());
        Evidence.of("log-likelihood against the sum of log p, relative", likelihood, below(1e-10));
        Evidence.of("max |X'(p - y)|", slope, below(1e-8));
        Evidence.of("mean p - base rate", rate, below(1e-8));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void solversAgree() {
        double worst = 0;
        for (int classes = 2; classes <= 3; classes++) {
            var data = noisy(50 + classes, 200, 5, classes);
            var base = new LogisticRegression().withTolerance(1e-9).withMaxIterations(5_000);
            for (double c : new double[] {0.05, 1, Double.POSITIVE_INFINITY}) {
                var newton = base.withC(c).withSolver(Solver.NEWTON).fit(data.x(), data.y());
                for (var solver : Solver.values())
                    worst = Math.max(worst,
                            difference(newton, base.withC(c).withSolver(solver).fit(data.x(), data.y()), solver + " c=" + c));
            }
            for (double ratio : new double[] {1, 0.5}) {
                var l1 = base.withC(0.1).withL1Ratio(ratio);
                worst = Math.max(worst, difference(l1.withSolver(Solver.COORDINATE_DESCENT).fit(data.x(), data.y()),
                        l1.withSolver(Solver.SAGA).fit(data.x(), data.y()), "ratio " + ratio));
            }
        }
        Evidence.of("gap", worst, below(1e-5));
    }

    private static double difference(LogisticModel a, LogisticModel b, String what) {
        assertThat(b.converged()).as(what).isTrue();
        var gap = Gap.absolute().see(what, a.coefficients().toDoubleArray(), b.coefficients().toDoubleArray()).see(what,
                a.intercept().toDoubleArray(), b.intercept().toDoubleArray());
        assertThat(gap.worst()).as(gap.toString()).isLessThan(1e-5);
        return gap.worst();
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void separableDataIsReportedWithinFiftyIterations() {
        for (var solver : Solver.values()) {
            int reported = 0, latest = 0;
            for (int seed = 0; seed < 100; seed++) {
                var rng = Rng.of(seed);
                int n = 20 + rng.nextInt(80), p = 1 + rng.nextInt(6);
                var x = Tensor.randn(rng, DType.F64, n, p);
                var score = x.matmul(Tensor.randn(rng, DType.F64, p));
                // Cut at the mean: both classes are there.
                double cut = score.mean().item();
                Tensor y = score.gt(cut).to(DType.I64);
                var model = new LogisticRegression().unpenalised().withSolver(solver).fit(x, y);
                if (model.separation() == Separation.COMPLETE && model.separatedAt() <= 50) reported++;
                latest = Math.max(latest, model.separatedAt());
                assertThat(model.score(x, y)).isEqualTo(1);
            }
            Evidence.of("reported by " + solver, reported, exactly(100));
            Evidence.of("latest iteration", latest, atMost(50));
        }
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void overlappingDataIsNotReported() {
        for (var solver : Solver.values()) {
            int silent = 0;
            for (int seed = 0; seed < 100; seed++) {
                var data = noisy(seed, 200, 3, 2);
                var model = new LogisticRegression().unpenalised().withSolver(solver).withMaxIterations(50).fit(data.x(), data.y());
                if (model.separation() == Separation.NONE) silent++;
            }
            Evidence.of("overlapping sets that " + solver + " does not report, of 100", silent, exactly(100));
        }
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void logOddsAreAffine() {
        var data = noisy(7, 150, 4, 2);
        var model = new LogisticRegression().fit(data.x(), data.y());
        double worst = 0;
        for (int seed = 0; seed < 50; seed++) {
            var rng = Rng.of(seed);
            Tensor a = Tensor.randn(rng, DType.F64, 1, 4), b = Tensor.randn(rng, DType.F64, 1, 4);
            double t = rng.nextDouble() * 3 - 1;
            double mixed = logOdds(model, a.mul(1 - t).add(b.mul(t)));
            worst = Math.max(worst, Math.abs(mixed - (1 - t) * logOdds(model, a) - t * logOdds(model, b)));
        }
        Evidence.of("gap", worst, below(1e-10));
    }

    private static double logOdds(LogisticModel model, Tensor row) {
        double[] p = model.predictProba(row).toDoubleArray();
        return Math.log(p[1] / p[0]);
    }

    @Test void sparseRowsGiveWhatDenseOnesGive() {
        for (int classes = 2; classes <= 3; classes++) {
            var data = noisy(20 + classes, 120, 6, classes);
            var x = data.x().mul(data.x().abs().gt(0.7).to(DType.F64));
            var sparse = Csr.fromDense(x);
            for (var solver : Solver.values()) {
                var learner = new LogisticRegression().withC(0.5).withSolver(solver).withTolerance(1e-10).withMaxIterations(5_000);
                LogisticModel dense = learner.fit(x, data.y()), model = learner.fit(sparse, data.y());
                assertThat(difference(dense, model, "sparse " + solver)).isLessThan(1e-6);
                Evidence.of("probabilities of sparse rows", Gap.absolute().see("probabilities", model.predictProba(sparse).toDoubleArray(),
                        model.predictProba(x).toDoubleArray()), below(1e-12));
                assertThat(model.predict(sparse).toLongArray()).isEqualTo(model.predict(x).toLongArray());
            }
        }
    }

    @Test void wideSparseDataIsSelectedFromByFeaturesThatMatter() {
        var rng = Rng.of(12);
        int n = 200, p = 3_000, each = 30;
        int[] start = new int[n + 1], column = new int[n * each];
        var value = new double[n * each];
        var y = new long[n];
        for (int i = 0; i < n; i++) {
            int[] present = rng.sample(p - 2, each - 1);
            Arrays.sort(present);
            column[i * each] = 0;
            value[i * each] = rng.nextGaussian();
            for (int e = 1; e < each; e++) {
                column[i * each + e] = present[e - 1] + 1;
                value[i * each + e] = rng.nextGaussian();
            }
            start[i + 1] = (i + 1) * each;
            y[i] = value[i * each] + 0.3 * rng.nextGaussian() > 0 ? 1 : 0;
        }
        var x = Csr.of(n, p, start, column, Tensor.of(value));
        for (double c : new double[] {0.3, 100}) {
            var model = new LogisticRegression().withC(c).withL1Ratio(1).fit(x, Tensor.of(y));
            assertThat(model.converged()).isTrue();
            var error = model.predictProba(x).select(1, 1).sub(Tensor.of(y).to(DType.F64));
            double[] g = x.transposeMatmul(error.unsqueeze(1)).toDoubleArray(), b = model.coefficients().toDoubleArray();
            double worst = Math.abs(error.sum().item());
            for (int j = 0; j < p; j++)
                worst = Math.max(worst, b[j] != 0 ? Math.abs(g[j] + Math.signum(b[j]) / c) : Math.abs(g[j]) - 1 / c);
            assertThat(worst).as("c = %s", c).isLessThan(1e-5);
            assertThat(b[0]).isGreaterThan(0.5);
        }
    }

    @Test void pathIsWarmStartedAndCrossValidationChooses() {
        var data = noisy(3, 120, 8, 2);
        var path = new LogisticRegression().withL1Ratio(1).path(data.x(), data.y(), null, 0.02, 0.1, 1, 10);
        for (int i = 0; i < 4; i++) {
            var alone = new LogisticRegression().withL1Ratio(1).withC(path.cs().get(i)).fit(data.x(), data.y());
            assertThat(difference(alone, path.models().get(i), "c " + i)).isLessThan(1e-6);
        }
        assertThat(path.models().get(0).coefficients().ne(0).to(DType.F64).sum().item())
                .isLessThan(path.models().get(3).coefficients().ne(0).to(DType.F64).sum().item());
        var chosen = new LogisticRegressionCv().fit(data.x(), data.y());
        assertThat(chosen.c()).isBetween(0.01, 100.0);
        assertThat(new LogisticRegressionCv().withOneStandardError(true).fit(data.x(), data.y()).c()).isLessThanOrEqualTo(chosen.c());
    }

    @Test void classWeightsAreRowWeights() {
        var data = noisy(4, 100, 3, 2);
        double[] w = new double[100];
        for (int i = 0; i < 100; i++) w[i] = data.labels()[i] == 1 ? 3 : 1;
        var byClass = new LogisticRegression().withClassWeights(Map.of(1L, 3.0)).fit(data.x(), data.y());
        assertThat(difference(byClass, new LogisticRegression().fit(data.x(), data.y(), Tensor.of(w)), "class weights")).isLessThan(1e-9);
    }

    @Test void badOptionsAreNamed() {
        assertThatThrownBy(() -> new LogisticRegression().withC(0)).hasMessageContaining("c is 0.0");
        assertThatThrownBy(() -> new LogisticRegression().withL1Ratio(1).withSolver(Solver.LBFGS))
                .hasMessageContaining("LBFGS takes no l1");
        var data = noisy(4, 100, 3, 2);
        assertThatThrownBy(() -> new LogisticRegression().fit(data.x(), data.y()).summary())
                .isInstanceOf(UnsupportedOperationException.class).hasMessageContaining("unpenalised()");
        assertThatThrownBy(() -> new LogisticRegressionCv(1, 0.1)).hasMessageContaining("ascend");
    }
}
