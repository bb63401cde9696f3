package lyceum.learn.linear;

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
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.linalg.Qr;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerContract;
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

class LassoTest {
    private static final String TOPIC = "lasso";
    private static final Golden GOLDEN = Golden.load("golden/lasso.json");
    private static final Logger WARNINGS = Logger.getLogger(LassoModel.class.getName());

    @BeforeAll static void quiet() { WARNINGS.setLevel(Level.OFF); }

    @AfterAll static void loud() { WARNINGS.setLevel(null); }

    @TestFactory Stream<DynamicTest> contract() {
        return Stream.of(new Lasso(0.1), new Lasso(0.05).withPositive(true).withStandardise(true), new ElasticNet(0.1, 0.5),
                new MultiTaskLasso(0.1), new LassoCv(), new LassoLars(0.05)).flatMap(l -> LearnerContract.of(l).tests());
    }

    /** The largest violation of the optimality conditions, from the data alone. */
    private static double violation(Tensor x, Tensor y, LassoModel model) {
        double[] g = x.transpose().matmul(y.sub(model.predict(x))).div(y.size(0)).toDoubleArray(), b = model.coefficients().toDoubleArray();
        double l1 = model.alpha() * model.l1Ratio(), l2 = model.alpha() - l1, worst = 0;
        for (int j = 0; j < b.length; j++) {
            double slope = g[j] - l2 * b[j];
            worst = Math.max(worst, b[j] != 0 ? Math.abs(slope - l1 * Math.signum(b[j])) : Math.abs(slope) - l1);
        }
        return worst;
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void lassoAndElasticNetEqualScikitLearnAtTwentyStrengths() {
        var data = Datasets.diabetes();
        var worst = Gap.absolute();
        double kkt = 0;
        int cases = 0;
        for (var c : GOLDEN.list("cases")) {
            if (!c.text("name").matches("(lasso|elastic net) [0-9.]+")) continue;
            double alpha = c.number("input.alpha"), ratio = c.number("input.l1Ratio");
            var model = ratio == 1 ? new Lasso(alpha).fit(data.x(), data.y()) : new ElasticNet(alpha, ratio).fit(data.x(), data.y());
            worst.see(c, "expected.coef", model.coefficients().toDoubleArray());
            worst.see(c, "expected.intercept", model.intercept().item());
            kkt = Math.max(kkt, violation(data.x(), data.y(), model));
            assertThat(model.converged()).isTrue();
            cases++;
        }
        Evidence.of("strengths", cases, exactly(40));
        Evidence.of("coefficients", worst, below(1e-6));
        Evidence.of("optimality", kkt, below(1e-7));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void positiveWeightedAndMultiTaskFitsEqualScikitLearn() {
        var descent = Gap.absolute();
        var r = new Recipe(8300);
        Tensor x = Tensor.of(r.matrix(30, 8)), noise = Tensor.of(r.matrix(30, 2));
        Tensor y = x.select(1, 0).sub(x.select(1, 3).mul(2)).add(noise.select(1, 0).mul(0.5));
        var w = r.uniforms(30);
        for (int i = 0; i < w.length; i++) w[i] += 0.5;
        for (boolean positive : new boolean[] {false, true}) {
            var model = new Lasso(0.1).withPositive(positive).fit(x, y);
            descent.see(GOLDEN.named("small positive=" + (positive ? "True" : "False")), "expected.coef",
                    model.coefficients().toDoubleArray());
        }
        var weighted = new Lasso(0.1).fit(x, y, Tensor.of(w));
        descent.see(GOLDEN.named("small weighted"), "expected.coef", weighted.coefficients().toDoubleArray());
        descent.see(GOLDEN.named("small weighted"), "expected.intercept", weighted.intercept().item());
        var tasks = new MultiTaskLasso(0.2).fit(x, Tensor.stack(1, y, x.select(1, 3).add(noise.select(1, 1).mul(0.5))));
        var several = Gap.absolute().see(GOLDEN.named("multi-task"), "expected.coef", tasks.coefficients().toDoubleArray());
        several.see(GOLDEN.named("multi-task"), "expected.intercept", tasks.intercept().toDoubleArray());
        var single = new MultiTaskLasso(0.1).fit(x, y);
        descent.see("one task", single.coefficients().toDoubleArray(), new Lasso(0.1).fit(x, y).coefficients().toDoubleArray());
        Evidence.of("plain, positive and weighted", descent, below(1e-9));
        Evidence.of("several tasks", several, below(1e-6));
    }

    /**
     * Objective less the dual's value at the residual scaled into the dual's set, over the mean square of y: by the rows, those of the l2 part below those of
     * the data. It bounds how far the objective is from its minimum, so that 0 proves one.
     */
    private static double gap(Tensor x, Tensor y, LassoModel model, boolean positive) {
        long n = x.size(0), p = x.size(1), m = y.size(1);
        double l1 = model.alpha() * model.l1Ratio(), l2 = model.alpha() - l1;
        var b = model.coefficients().reshape(m, p).transpose();
        var rows = Tensor.concat(0, x.sub(x.mean(0)), Tensor.eye(DType.F64, p).mul(Math.sqrt(n * l2)));
        var targets = Tensor.concat(0, y.sub(y.mean(0)), Tensor.zeros(DType.F64, p, m));
        var residual = targets.sub(rows.matmul(b));
        var slopes = rows.transpose().matmul(residual).div(n);
        double most = positive ? slopes.max().item() : slopes.square().sum(1).sqrt().max().item();
        double best = targets.mul(residual).sum().item() / residual.square().sum().item();
        var scaled = residual.mul(most > 0 ? Math.min(best, l1 / most) : best);
        double primal = residual.square().sum().item() / (2 * n) + l1 * b.square().sum(1).sqrt().sum().item();
        double dual = (targets.square().sum().item() - targets.sub(scaled).square().sum().item()) / (2 * n);
        return (primal - dual) / (targets.square().sum().item() / n);
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void theReportedGapIsTheDualitysWhereverAFitStops() {
        var reported = Gap.absolute();
        int cut = 0;
        double proven = 0, least = Double.POSITIVE_INFINITY;
        for (int seed = 0; seed < 12; seed++) {
            var rng = Rng.of(seed);
            // Columns that share a part: one pass is far from the end.
            var x = Tensor.randn(rng, DType.F64, 30, 8).add(Tensor.randn(rng, DType.F64, 30, 1).mul(3)).compute();
            var y = Tensor.randn(rng, DType.F64, 30, 2).add(x.narrow(1, 0, 2)).compute();
            Tensor single = y.select(1, 0), column = y.narrow(1, 0, 1);
            for (double ratio : new double[] {1, 0.5}) {
                for (boolean positive : new boolean[] {false, true}) {
                    var learner = new ElasticNet(0.02, ratio).withPositive(positive);
                    for (int passes = 1; passes <= 3; passes++) {
                        var model = learner.withMaxIterations(passes).fit(x, single);
                        double own = gap(x, column, model, positive);
                        reported.see("seed " + seed, model.dualityGap(), own);
                        if (model.converged()) continue;
                        cut++;
                        least = Math.min(least, own);
                        reported.see("passes", model.iterations(), passes);
                    }
                    proven = Math.max(proven, gap(x, column, learner.fit(x, single), positive));
                }
                var tasks = new MultiTaskLasso(0.02).withL1Ratio(ratio);
                for (int passes : new int[] {1, 4, 5, 7, 10}) {
                    var model = tasks.withSolver(tasks.solver().withMaxIterations(passes)).fit(x, y);
                    reported.see("several targets, seed " + seed, model.dualityGap(), gap(x, y, model, false));
                }
                proven = Math.max(proven, gap(x, y, tasks.fit(x, y), false));
            }
        }
        Evidence.of("fits that were cut off", cut, atLeast(30));
        Evidence.of("their least gap, over the mean square of y", least, above(1e-12));
        Evidence.of("gaps against those by the rows", reported, below(1e-10));
        Evidence.of("largest gap of a fit that was not", proven, below(1e-12));
        var data = Datasets.diabetes();
        Evidence.of("alpha_max of an elastic net of ratio 1/4 over the lasso's",
                new ElasticNet(1, 0.25).alphaMax(data.x(), data.y(), null) / new Lasso(1).alphaMax(data.x(), data.y(), null), exactly(4));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void nothingEntersAtAlphaMaxAndExactlyOneJustBelow() {
        var alpha = Gap.absolute();
        var data = Datasets.diabetes();
        double top = new Lasso(1).alphaMax(data.x(), data.y(), null);
        alpha.see(GOLDEN.named("alpha max"), "expected.alphaMax", top);
        int at = new Lasso(top).fit(data.x(), data.y()).support().length + new Lasso(top * 1.5).fit(data.x(), data.y()).support().length,
                alone = 0;
        if (new Lasso(top * (1 - 1e-6)).fit(data.x(), data.y()).support().length == 1) alone++;
        for (int seed = 0; seed < 50; seed++) {
            var rng = Rng.of(seed);
            Tensor x = Tensor.randn(rng, DType.F64, 30, 60), y = Tensor.randn(rng, DType.F64, 30);
            double most = new Lasso(1).alphaMax(x, y, null);
            double direct = x.transpose().matmul(y.sub(y.mean())).abs().max().item() / 30;
            alpha.see("seed " + seed, most, direct);
            at += new Lasso(most).fit(x, y).support().length;
            if (new Lasso(most * (1 - 1e-7)).fit(x, y).support().length == 1) alone++;
        }
        Evidence.of("alpha_max against max|X'y| / n", alpha, atMost(1e-12));
        Evidence.of("features in at alpha_max and above", at, exactly(0));
        Evidence.of("of 51 sets, those with one feature in just below", alone, exactly(51));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void larsKnotsEqualScikitLearn() {
        var data = Datasets.diabetes();
        for (var method : LassoLars.Method.values()) {
            for (boolean centred : new boolean[] {false, true}) {
                var e = GOLDEN.named("lars_path " + (method == LassoLars.Method.LAR ? "lar" : "lasso") + (centred ? " centred" : ""))
                        .at("expected");
                var path = new LassoLars(0).withIntercept(centred).withMethod(method).path(data.x(), data.y(), null);
                assertThat(path.active()).isEqualTo(e.ints("active"));
                Evidence.of("alphas", Gap.absolute().see(e, "alphas", path.alphas().toDoubleArray()), below(1e-8));
                Evidence.of("coefficients", Gap.absolute().see(e, "coefs", path.coefficients().toDoubleArray()), below(1e-8));
            }
        }
    }

    @Test void betweenKnotsLarsIsTheLasso() {
        var rng = Rng.of(11);
        Tensor x = Tensor.randn(rng, DType.F64, 25, 40), y = Tensor.randn(rng, DType.F64, 25);
        double top = new Lasso(1).alphaMax(x, y, null);
        for (double part : new double[] {2, 0.9, 0.5, 0.2, 0.05}) {
            var lars = new LassoLars(part * top).fit(x, y);
            Evidence.of("coefficients", Gap.absolute().see("coefficients", lars.coefficients().toDoubleArray(),
                    new Lasso(part * top).fit(x, y).coefficients().toDoubleArray()), below(1e-9));
        }
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void orthonormalDesignsGiveSoftThresholding() {
        var worst = Gap.absolute();
        for (int seed = 0; seed < 20; seed++) {
            var rng = Rng.of(seed);
            int n = 40, p = 10;
            var x = Qr.of(Tensor.randn(rng, DType.F64, n, p)).q().mul(Math.sqrt(n));
            var y = x.matmul(Tensor.randn(rng, DType.F64, p)).add(Tensor.randn(rng, DType.F64, n));
            double alpha = 0.6;
            double[] z = x.transpose().matmul(y).div(n).toDoubleArray(),
                    expected = Arrays.stream(z).map(v -> Math.signum(v) * Math.max(Math.abs(v) - alpha, 0)).toArray();
            worst.see("coefficients", new Lasso(alpha).withIntercept(false).fit(x, y).coefficients().toDoubleArray(), expected);
        }
        Evidence.of("gap", worst, below(1e-10));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void crossValidationKeepsTheTrueSupport() {
        int kept = 0, size = 0, n = 100, p = 200;
        for (int seed = 0; seed < 100; seed++) {
            var rng = Rng.of(seed);
            var x = Tensor.randn(rng, DType.F64, n, p);
            // Five equal coefficients of 1: a signal of variance 5, and noise of a tenth of it.
            int[] truth = Arrays.stream(rng.sample(p, 5)).sorted().toArray();
            var b = new double[p];
            for (int j : truth) b[j] = 1;
            var y = x.matmul(Tensor.of(b)).add(Tensor.randn(rng, DType.F64, n).mul(Math.sqrt(0.5)));
            int[] support = new LassoCv().withAlphas(30, 0.03).fit(x, y).support();
            size += support.length;
            if (Arrays.stream(truth).allMatch(j -> Arrays.binarySearch(support, j) >= 0)) kept++;
        }
        Evidence.of("mean support", size / 100.0, between(5.0, 60.0));
        Evidence.of("seeds with the true support", kept, atLeast(95));
    }

    @Test void crossValidatedErrorsEqualScikitLearn() {
        var data = Datasets.diabetes();
        var lasso = GOLDEN.named("cross-validated");
        var model = new LassoCv().withAlphas(30, 1e-3).withShuffle(false).fit(data.x(), data.y());
        Evidence.of("alphas", Gap.absolute().see(lasso, "input.alphas", model.alphas().toDoubleArray()), below(1e-12));
        Evidence.of("errors", Gap.absolute().see(lasso, "expected.meanSquaredErrors", model.errors().toDoubleArray()), below(1e-4));
        assertThat(model.alpha()).isCloseTo(lasso.number("expected.alpha"), within(1e-12));
        Evidence.of("coefficients", Gap.absolute().see(lasso, "expected.coef", model.coefficients().toDoubleArray()), below(1e-3));
        assertThat(model.oneStandardErrorAlpha()).isGreaterThan(model.bestAlpha());
        var net = GOLDEN.named("elastic net cross-validated");
        var other = new LassoCv().withL1Ratio(0.5).withAlphas(10, 1e-3).withShuffle(false).fit(data.x(), data.y());
        Evidence.of("errors", Gap.absolute().see(net, "expected.meanSquaredErrors", other.errors().toDoubleArray()), below(1e-4));
        assertThat(other.alpha()).isCloseTo(net.number("expected.alpha"), within(1e-12));
    }

    @Test void everyPointOfAPathIsOptimalAlsoWithCopiedAndWideColumns() {
        var rng = Rng.of(5);
        var x = Tensor.randn(rng, DType.F64, 40, 80);
        x = Tensor.concat(1, x, x.narrow(1, 0, 10));
        var y = x.narrow(1, 0, 5).sum(1).add(Tensor.randn(rng, DType.F64, 40));
        for (double ratio : new double[] {1, 0.3}) {
            var path = new ElasticNet(1, ratio, new CoordinateDescent().withTolerance(1e-14).withMaxIterations(200_000)).path(x, y, null,
                    40, 1e-3);
            for (int i = 0; i < 40; i++) assertThat(violation(x, y, path.model(i))).as("ratio %s, point %d", ratio, i).isLessThan(1e-6);
            assertThat(path.supportSizes()[0]).isZero();
        }
    }

    @Test void standardisingIsFittingScaledColumns() {
        var rng = Rng.of(8);
        var x = Tensor.randn(rng, DType.F64, 30, 5).mul(Tensor.of(1, 10, 0.1, 3, 1)).add(4);
        var y = x.matmul(Tensor.of(1, 0.1, 5, 0, 0)).add(Tensor.randn(rng, DType.F64, 30));
        var deviation = x.sub(x.mean(0)).square().mean(0).sqrt();
        var scaled = new Lasso(0.3).fit(x.div(deviation), y);
        var model = new Lasso(0.3).withStandardise(true).fit(x, y);
        Evidence.of("coefficients", Gap.absolute().see("coefficients", model.coefficients().toDoubleArray(),
                scaled.coefficients().div(deviation).toDoubleArray()), below(1e-10));
    }

    @Test void debiasedIsLeastSquaresOnTheSupport() {
        var data = Datasets.diabetes();
        var model = new Lasso(0.5).fit(data.x(), data.y());
        var refit = model.debiased(data.x(), data.y());
        assertThat(refit.support()).isEqualTo(model.support());
        var residual = data.y().sub(refit.predict(data.x()));
        for (int j : model.support()) assertThat(data.x().select(1, j).mul(residual).sum().item()).isCloseTo(0, within(1e-9));
        assertThat(refit.score(data.x(), data.y())).isGreaterThan(model.score(data.x(), data.y()));
        assertThat(new Lasso(1e6).fit(data.x(), data.y()).debiased(data.x(), data.y()).intercept().item()).isCloseTo(data.y().mean().item(),
                within(1e-9));
    }

    @Test void debiasedKeepsAnInterceptThatWasFittedAsZero() {
        Tensor x = Tensor.of(new double[][] {{-1}, {0}, {1}}), y = Tensor.of(-1.0, 0, 1);
        var model = new Lasso(0.1).fit(x, y);
        assertThat(model.intercept().item()).isZero();
        // New rows about another mean: 10 + x.
        assertThat(model.debiased(x, y.add(10)).intercept().item()).isCloseTo(10, within(1e-12));
        var origin = new Lasso(0.1).withIntercept(false).fit(x, y);
        assertThat(origin.debiased(x, y.add(10)).intercept().item()).isZero();
        assertThat(new LassoLars(0.1).fit(x, y).hasIntercept()).isTrue();
        assertThat(new Lasso(0.1).path(x, y, null, 0.2, 0.1).model(1).hasIntercept()).isTrue();
    }

    @Test void badOptionsAreNamed() {
        assertThatThrownBy(() -> new Lasso(0)).hasMessageContaining("alpha is 0.0");
        assertThatThrownBy(() -> new ElasticNet(1, 0)).hasMessageContaining("Ridge");
        assertThatThrownBy(() -> new LassoCv().withFolds(1)).hasMessageContaining("1 folds");
        assertThatThrownBy(() -> new MultiTaskLasso(1).withSolver(new CoordinateDescent().withPositive(true)))
                .hasMessageContaining("positive");
        assertThatThrownBy(() -> new Lasso(1).path(Tensor.eye(DType.F64, 3), Tensor.of(1, 2, 3), null, 0.1, 0.2))
                .hasMessageContaining("descend");
    }
}
