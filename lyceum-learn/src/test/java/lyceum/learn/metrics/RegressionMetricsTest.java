package lyceum.learn.metrics;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.kernel.Rbf;
import lyceum.learn.gbdt.GbdtOptions;
import lyceum.learn.gbdt.GbdtRegressor;
import lyceum.learn.linear.ElasticNet;
import lyceum.learn.linear.Lasso;
import lyceum.learn.linear.LassoCv;
import lyceum.learn.linear.LassoLars;
import lyceum.learn.linear.LinearRegression;
import lyceum.learn.linear.MultiTaskLasso;
import lyceum.learn.linear.QuantileRegression;
import lyceum.learn.linear.Ridge;
import lyceum.learn.linear.RidgeCv;
import lyceum.learn.linear.TransformedTarget;
import lyceum.learn.linear.TransformedTarget.Transform;
import lyceum.learn.neighbors.KNeighborsRegressor;
import lyceum.learn.selection.CrossValidation;
import lyceum.learn.selection.KFold;
import lyceum.learn.selection.League;
import lyceum.learn.selection.Scorer;
import lyceum.learn.svm.KernelRidge;
import lyceum.learn.svm.SvmRegressor;
import lyceum.learn.tree.DecisionTreeRegressor;
import lyceum.learn.tree.SplitCriterion;
import lyceum.random.Rng;
import lyceum.stats.learner.Learner;
import lyceum.stats.learner.LearnerContract;
import lyceum.stats.learner.RegressionModel;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class RegressionMetricsTest {
    private static final String TOPIC = "regression";
    private static final Golden GOLDEN = Golden.load("golden/regression.json");

    @TestFactory Stream<DynamicTest> contract() {
        return Stream
                .of(LearnerContract.of(new QuantileRegression(0.3)).withTolerance(1e-6),
                        LearnerContract.of(new TransformedTarget(new LinearRegression(), Transform.ASINH)),
                        LearnerContract.of(new TransformedTarget(new Ridge(0.5), Transform.ASINH).withSmearing(true)))
                .flatMap(LearnerContract::tests);
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 1) void metricsEqualScikitLearn() {
        var gap = Gap.relativeBeyondOne();
        for (int i = 0; i < 60; i++) {
            var r = new Recipe(16700 + i);
            int n = 2 + r.below(30), m = 1 + i % 3;
            double[] y = r.uniforms(n * m), f = r.uniforms(n * m);
            Tensor truth = Tensor.of(y).mul(5).add(0.1).reshape(n, m), predicted = Tensor.of(f).mul(5).add(0.1).reshape(n, m),
                    w = i % 2 == 1 ? Tensor.of(r.uniforms(n)).add(0.2) : null;
            if (m == 1) {
                truth = truth.reshape(n);
                predicted = predicted.reshape(n);
            }
            var metrics = new RegressionMetrics(truth.compute(), predicted.compute(), w == null ? null : w.compute());
            var e = GOLDEN.named(String.valueOf(i)).at("expected");
            gap.see(e, "mse", metrics.meanSquaredError()).see(e, "rmse", metrics.rootMeanSquaredError())
                    .see(e, "msle", metrics.meanSquaredLogError()).see(e, "mae", metrics.meanAbsoluteError())
                    .see(e, "mape", metrics.meanAbsolutePercentageError()).see(e, "medae", metrics.medianAbsoluteError())
                    .see(e, "r2", metrics.r2()).see(e, "ev", metrics.explainedVariance())
                    .see(e, "pinball", metrics.pinball(0.1), metrics.pinball(0.5), metrics.pinball(0.9));
            if (m == 1) gap.see(e, "max", metrics.maxError()).see(e, "tweedie", metrics.tweedieDeviance(-1), metrics.tweedieDeviance(0),
                    metrics.poissonDeviance(), metrics.tweedieDeviance(1.5), metrics.gammaDeviance(), metrics.tweedieDeviance(3));
        }
        Evidence.of("twelve metrics of 60 cases, one to three targets, with weights and without: largest gap", gap, atMost(1e-12));
    }

    /** Of either sign, with a truth of 0 now and then; counts, zeros among them, for the deviances that take them. */
    @Test
    @Acceptance(topic = TOPIC, clause = 1) void metricsOfEitherSignEqualScikitLearn() {
        var gap = Gap.relativeBeyondOne();
        int none = 0;
        for (int i = 0; i < 30; i++) {
            var r = new Recipe(16900 + i);
            int n = 2 + r.below(30), m = 1 + i % 3;
            double[] y = r.uniforms(n * m), f = r.uniforms(n * m), u = i % 2 == 1 ? r.uniforms(n) : null, counts = new double[n],
                    rates = new double[n];
            for (int k = 0; k < y.length; k++) {
                y[k] = 5 * y[k] - 2.5;
                f[k] = 5 * f[k] - 2.5;
            }
            if (i % 5 == 0) y[0] = 0;
            for (int k = 0; k < n; k++) {
                counts[k] = Math.floor(3 * Math.abs(y[k * m]));
                rates[k] = 0.1 + Math.abs(f[k * m]);
                if (counts[k] == 0) none++;
            }
            long[] shape = m == 1 ? new long[] {n} : new long[] {n, m};
            Tensor truth = Tensor.of(y).reshape(shape).compute(), predicted = Tensor.of(f).reshape(shape).compute(),
                    w = u == null ? null : Tensor.of(u).add(0.2).compute();
            var metrics = new RegressionMetrics(truth, predicted, w);
            var ofCounts = new RegressionMetrics(Tensor.of(counts), Tensor.of(rates), w);
            var e = GOLDEN.named("signed " + i).at("expected");
            gap.see(e, "mse", metrics.meanSquaredError()).see(e, "rmse", metrics.rootMeanSquaredError())
                    .see(e, "mae", metrics.meanAbsoluteError()).see(e, "mape", metrics.meanAbsolutePercentageError())
                    .see(e, "medae", metrics.medianAbsoluteError()).see(e, "r2", metrics.r2()).see(e, "ev", metrics.explainedVariance())
                    .see(e, "pinball", metrics.pinball(0.1), metrics.pinball(0.5), metrics.pinball(0.9))
                    .see(e, "counts", ofCounts.poissonDeviance(), ofCounts.tweedieDeviance(1.5));
            if (m > 1) continue;
            var positive = new RegressionMetrics(truth, predicted.abs(), w);
            gap.see(e, "max", metrics.maxError()).see(e, "tweedie", positive.tweedieDeviance(-1.5), positive.tweedieDeviance(0));
        }
        Evidence.of("30 cases of either sign and of counts: largest gap", gap, atMost(1e-12));
        Evidence.of("counts of 0 among them", none, atLeast(20));
    }

    /** x uniform, noise exponential of mean 1 about a line, or about four steps. */
    @Test
    @Acceptance(topic = TOPIC, clause = 2) void eachLossFindsItsOwnCentre() {
        int n = 40_000;
        var rng = Rng.of(2);
        double[] x = new double[n], line = new double[n], steps = new double[n];
        for (int i = 0; i < n; i++) {
            x[i] = rng.nextDouble();
            double noise = -Math.log1p(-rng.nextDouble());
            line[i] = 1 + 2 * x[i] + noise;
            steps[i] = Math.floor(4 * x[i]) + noise;
        }
        Tensor rows = Tensor.of(x).unsqueeze(1), y = Tensor.of(line), stairs = Tensor.of(steps);
        double mean = distance(new LinearRegression().fit(rows, y), v -> 2 + 2 * v, 0);
        double median = distance(new QuantileRegression(0.5).fit(rows, y), v -> 1 + Math.log(2) + 2 * v, 0);
        double upper = distance(new QuantileRegression(0.9).fit(rows, y), v -> 1 + Math.log(10) + 2 * v, 0);
        Evidence.of("line by squared error: largest distance from the mean", mean, atMost(0.05));
        Evidence.of("line by absolute error: from the median", median, atMost(0.05));
        Evidence.of("line by pinball loss at 0.9: from that quantile", upper, atMost(0.05));
        var tree = new DecisionTreeRegressor().withMaxDepth(2);
        Evidence.of("tree by squared error: from the mean", distance(tree.fit(rows, stairs), v -> Math.floor(4 * v) + 1, 0.01),
                atMost(0.05));
        var absolute = new DecisionTreeRegressor().withCriterion(SplitCriterion.ABSOLUTE_ERROR).withMaxDepth(2);
        Tensor fewer = rows.narrow(0, 0, 10_000).contiguous(), fewerY = stairs.narrow(0, 0, 10_000).contiguous();
        Evidence.of("tree by absolute error: from the median",
                distance(absolute.fit(fewer, fewerY), v -> Math.floor(4 * v) + Math.log(2), 0.01), atMost(0.05));
    }

    /** On a grid, apart from the edges of the steps. */
    private static double distance(RegressionModel model, DoubleUnaryOperator truth, double edge) {
        double worst = 0;
        for (int k = 0; k < 40; k++) {
            double v = (k + 0.5) / 40;
            double near = Math.abs(4 * v - Math.rint(4 * v)) / 4;
            if (near < edge) continue;
            worst = Math.max(worst, Math.abs(model.predict(Tensor.of(new double[][] {{v}})).item() - truth.applyAsDouble(v)));
        }
        return worst;
    }

    /** A model that knows what it is to say. */
    private record Always(Tensor said) implements RegressionModel {
        @Override public int nFeatures() { return 1; }

        @Override public Tensor predict(Tensor x) { return said; }
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 3) void theTrainingMeanExplainsNothing() {
        double worst = 0, weighted = 0;
        for (int seed = 0; seed < 500; seed++) {
            var rng = Rng.of(seed);
            int n = 2 + rng.nextInt(200), m = 1 + seed % 3;
            var y = Tensor.randn(rng, DType.F64, n, m).mul(Math.pow(10, seed % 9 - 4)).add(seed % 3 * 100).compute();
            if (m == 1) y = y.reshape(n).compute();
            var mean = y.mean(0).add(y.zerosLike()).compute();
            worst = Math.max(worst, Math.abs(new RegressionMetrics(y, mean).r2()));
            worst = Math.max(worst, Math.abs(new Always(mean).score(Tensor.ones(DType.F64, n, 1), y)));
            Tensor w = Tensor.rand(rng, DType.F64, n).add(0.1).compute(), share = w.div(w.sum());
            weighted = Math.max(weighted, Math.abs(new RegressionMetrics(y, share.matmul(y).add(y.zerosLike()), w).r2()));
        }
        Evidence.of("largest |R2| of the mean over 500 data sets, one to three targets, as a metric and as a score", worst, exactly(0));
        assertThat(weighted).isLessThan(1e-13); // the weighted mean has no one order of adding up
        // By hand: truths 1, 2, 6, mean 3; predictions off by 1 each: 1 - 3/14.
        assertThat(new RegressionMetrics(Tensor.of(1.0, 2, 6), Tensor.of(2.0, 1, 5)).r2()).isCloseTo(1 - 3.0 / 14, within(1e-15));
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 4) void smearingFindsTheMean() {
        double smeared = 0, naive = Double.POSITIVE_INFINITY, other = 0;
        for (int seed = 0; seed < 5; seed++) {
            int n = 20_000;
            var rng = Rng.of(seed);
            Tensor x = Tensor.randn(rng, DType.F64, n, 2).compute();
            // Skewed residuals, not normal: a gamma's less its mean.
            var noise = new double[n];
            for (int i = 0; i < n; i++)
                noise[i] = seed % 2 == 0 ? 0.6 * rng.nextGaussian()
                        : 0.4 * (-Math.log1p(-rng.nextDouble()) - Math.log1p(-rng.nextDouble()) - 2);
            Tensor y = x.select(1, 0).mul(0.5).add(x.select(1, 1).mul(-0.3)).add(1).add(Tensor.of(noise)).exp().compute();
            var plain = new TransformedTarget(new LinearRegression(), Transform.LOG);
            double total = y.sum().item();
            smeared = Math.max(smeared, Math.abs(plain.withSmearing(true).fit(x, y).predict(x).sum().item() / total - 1));
            naive = Math.min(naive, Math.abs(plain.fit(x, y).predict(x).sum().item() / total - 1));
            // Another transform goes the long way, row by residual.
            Tensor few = x.narrow(0, 0, 400).contiguous(), fewY = y.narrow(0, 0, 400).sub(1).compute();
            other = Math.max(other, new TransformedTarget(new LinearRegression(), Transform.LOG1P).withSmearing(true).fit(few, fewY)
                    .predict(few).add(1).sub(plain.withSmearing(true).fit(few, fewY.add(1)).predict(few)).abs().max().item());
        }
        Evidence.of("log target with smearing: largest bias of the total, five draws", smeared, below(0.01));
        Evidence.of("turned back as it is: least", naive, above(0.1));
        assertThat(other).isLessThan(1e-10);
        assertThatThrownBy(() -> new TransformedTarget(new LinearRegression(), Transform.LOG).fit(Tensor.ones(3, 1), Tensor.of(1.0, 0, 2)))
                .hasMessageContaining("target of 0.0 for LOG");
        // Weights move the smearing too: a row of weight 2 is two rows.
        Tensor x = Tensor.of(new double[][] {{0}, {1}, {2}, {3}}), y = Tensor.of(1.0, 2, 9, 10),
                twice = Tensor.of(new double[][] {{0}, {1}, {1}, {2}, {3}});
        var learner = new TransformedTarget(new LinearRegression(), Transform.LOG).withSmearing(true);
        assertThat(learner.fit(x, y, Tensor.of(1.0, 2, 1, 1)).predict(x).sub(learner.fit(twice, Tensor.of(1.0, 2, 2, 9, 10)).predict(x))
                .abs().max().item()).isLessThan(1e-12);
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 5) void foldsOfDiabetesEqualScikitLearns() {
        var data = Datasets.diabetes();
        var learners = new LinkedHashMap<String, Learner>();
        learners.put("linear", new LinearRegression());
        learners.put("positive", new LinearRegression().withPositive(true));
        learners.put("ridge", new Ridge(0.1));
        learners.put("ridge cv", new RidgeCv(0.01, 0.1, 1.0));
        learners.put("lasso", new Lasso(0.1));
        learners.put("lasso cv", new LassoCv());
        learners.put("elastic net", new ElasticNet(0.01, 0.5));
        learners.put("lasso lars", new LassoLars(0.1));
        learners.put("neighbours", new KNeighborsRegressor(5));
        learners.put("kernel ridge", new KernelRidge(new Rbf(0.5), 0.1)); // gamma 2
        learners.put("median", new QuantileRegression(0.5));
        learners.put("support vectors", new SvmRegressor(Rbf.ofGamma(2), 100, 0.1));
        learners.put("logarithm", new TransformedTarget(new Ridge(0.1), Transform.LOG));
        learners.put("boosted in bins", new GbdtRegressor(GbdtOptions.leafWise()).withRounds(60).withMaxLeaves(8));
        var league = League.play(new CrossValidation(new KFold(5)), learners, data.x(), data.y(), Scorer.R2);
        var e = GOLDEN.named("folds").at("expected");
        double worst = 0;
        for (var entry : league.entries()) {
            assertThat(entry.error()).isNull();
            worst = Math.max(worst, Math.abs(entry.mean() - Arrays.stream(e.doubles(entry.name())).average().orElseThrow()));
        }
        Tensor second = data.y().square().div(1000).sub(data.x().select(1, 2).mul(300)), pair = Tensor.stack(1, data.y(), second).compute();
        double two = new CrossValidation(new KFold(5)).score(new MultiTaskLasso(0.1), data.x(), pair, Scorer.R2).mean();
        worst = Math.max(worst, Math.abs(two - Arrays.stream(e.doubles("lasso of two targets")).average().orElseThrow()));
        Evidence.of("regressors compared", league.entries().size() + 1, exactly(15));
        Evidence.of("largest distance of the mean R2 over five folds", worst, atMost(0.02));
        assertThat(league.entries().getFirst().mean()).isGreaterThanOrEqualTo(league.entries().getLast().mean());
        double outside = 0;
        for (var tree : Map.of("deep", new DecisionTreeRegressor(), "depth 3", new DecisionTreeRegressor().withMaxDepth(3)).entrySet()) {
            double[] range = GOLDEN.named("trees").at("expected").doubles(tree.getKey());
            double ours = new CrossValidation(new KFold(5)).score(tree.getValue(), data.x(), data.y()).mean();
            outside = Math.max(outside,
                    Math.max(Arrays.stream(range).min().orElseThrow() - ours, ours - Arrays.stream(range).max().orElseThrow()));
        }
        Evidence.of("trees: distance from the range over ten random states", Math.max(0, outside), atMost(0.02));
    }

    @Test void quantileFitsEqualScikitLearns() {
        var data = Datasets.diabetes();
        for (var e : GOLDEN.named("quantiles").at("expected").list("fits")) {
            var model = new QuantileRegression(e.number("tau")).fit(data.x(), data.y());
            assertThat(model.coefficients().toDoubleArray()).containsExactly(e.doubles("coef"), within(1e-4));
            assertThat(model.intercept().item()).isCloseTo(e.number("intercept"), within(1e-5));
            long below = data.y().lt(model.predict(data.x()).sub(1e-6)).to(DType.I64).sum().toLongArray()[0];
            assertThat((double) below / 442).isCloseTo(e.number("tau"), within(0.03));
        }
        assertThatThrownBy(() -> new QuantileRegression(1)).hasMessageContaining("tau is 1.0");
        assertThatThrownBy(() -> new RegressionMetrics(Tensor.of(1.0), Tensor.of(-1.0)).gammaDeviance())
                .hasMessageContaining("prediction of -1.0");
        assertThatThrownBy(() -> new RegressionMetrics(Tensor.of(1.0), Tensor.of(1.0, 2)))
                .hasMessageContaining("(1,) and predictions (2,)");
        // The article's five deliveries: mean, median and 0.9 quantile are the best constants.
        var minutes = Tensor.of(20.0, 22, 24, 26, 90);
        for (double c = 15; c < 95; c += 0.1) {
            var constant = new RegressionMetrics(minutes, Tensor.full(DType.F64, c, 5));
            assertThat(constant.meanSquaredError())
                    .isGreaterThanOrEqualTo(new RegressionMetrics(minutes, Tensor.full(DType.F64, 36.4, 5)).meanSquaredError() - 1e-9);
            assertThat(constant.meanAbsoluteError())
                    .isGreaterThanOrEqualTo(new RegressionMetrics(minutes, Tensor.full(DType.F64, 24, 5)).meanAbsoluteError() - 1e-9);
            assertThat(constant.pinball(0.9))
                    .isGreaterThanOrEqualTo(new RegressionMetrics(minutes, Tensor.full(DType.F64, 90, 5)).pinball(0.9) - 1e-9);
        }
    }
}
