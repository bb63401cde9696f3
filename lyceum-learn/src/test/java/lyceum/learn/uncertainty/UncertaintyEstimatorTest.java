package lyceum.learn.uncertainty;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Datasets;
import lyceum.learn.conformal.ConformalPredictor;
import lyceum.learn.conformal.LabelScore;
import lyceum.learn.conformal.PredictionIntervals;
import lyceum.learn.metrics.ScoringRules;
import lyceum.learn.neural.MlpClassifier;
import lyceum.learn.neural.MlpRegressor;
import lyceum.linalg.Linalg;
import lyceum.nn.Activation;
import lyceum.optim.Adam;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.stats.learner.Model;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.train.MlpFit;
import lyceum.train.uncertainty.PredictiveEntropy;
import lyceum.train.uncertainty.PredictiveVariance;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UncertaintyEstimatorTest {
    private static final String TOPIC = "uncertainty-estimation";

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void totalsAreTheSumsOfTheirParts() {
        Gap entropy = Gap.absolute(), variance = Gap.absolute(), own = Gap.absolute();
        double ignorance = 0;
        int sets = 0;
        for (int seed = 0; seed < 1_000; seed++, sets++) {
            var rng = Rng.of(seed);
            int members = 1 + rng.nextInt(10), classes = 2 + rng.nextInt(10);
            double[][] p = new double[members][classes];
            double[] mean = new double[classes], mu = new double[members], v = new double[members];
            for (int m = 0; m < members; m++) {
                double sum = 0;
                for (int c = 0; c < classes; c++) sum += p[m][c] = rng.nextInt(8) == 0 ? 0 : Math.exp(2 * rng.nextGaussian());
                if (sum == 0) sum = p[m][0] = 1;
                for (int c = 0; c < classes; c++) mean[c] += (p[m][c] /= sum) / members;
                mu[m] = 3 * rng.nextGaussian();
                v[m] = Math.exp(rng.nextGaussian());
            }
            // Epistemic parts by their definitions.
            double divergence = 0, spread = 0, centre = Arrays.stream(mu).average().orElseThrow();
            for (int m = 0; m < members; m++) {
                for (int c = 0; c < classes; c++)
                    if (p[m][c] > 0) divergence += p[m][c] * (Math.log(p[m][c]) - Math.log(mean[c])) / members;
                spread += Math.pow(mu[m] - centre, 2) / members;
            }
            var e = PredictiveEntropy.of(p);
            entropy.see("seed " + seed, e.total(), e.aleatoric() + divergence);
            own.see("divergence, seed " + seed, e.epistemic(), divergence);
            var f = PredictiveVariance.of(mu, v);
            variance.see("seed " + seed, f.total(), f.aleatoric() + spread);
            own.see("variance of means, seed " + seed, f.epistemic(), spread);
            // The mixture's own second moment and entropy, from nothing but the mixture.
            double second = 0, mixed = 0;
            for (int m = 0; m < members; m++) second += (mu[m] * mu[m] + v[m]) / members;
            for (double q : mean) if (q > 0) mixed -= q * Math.log(q);
            own.see("mixture variance, seed " + seed, f.total(), second - centre * centre);
            own.see("entropy of the mixture, seed " + seed, e.total(), mixed);
            ignorance = Math.max(ignorance, divergence);
        }
        Evidence.of("member sets", sets, exactly(1_000));
        Evidence.of("total entropy less aleatoric less mean divergence", entropy, below(1e-12));
        Evidence.of("mixture variance less aleatoric less variance of means", variance, below(1e-12));
        Evidence.of("epistemic parts and totals against their definitions", own, below(1e-12));
        Evidence.of("largest epistemic entropy met", ignorance, above(0.5));
    }

    private static double sigma(double x) { return 0.15 + 0.5 / (1 + Math.exp(-3 * x)) * (1 + 0.4 * Math.sin(3 * x)); }

    @Acceptance(topic = TOPIC, clause = 2)
    @Tag("slow")
    @Test void learnedNoiseIsTheNoise() {
        double mean = 0;
        for (int seed = 0; seed < 5; seed++) {
            var rng = Rng.of(seed);
            double[][] x = new double[5_000][1];
            var y = new double[5_000];
            for (int i = 0; i < y.length; i++) {
                x[i][0] = 4 * rng.nextDouble() - 2;
                y[i] = Math.sin(2 * x[i][0]) + sigma(x[i][0]) * rng.nextGaussian();
            }
            var model = new ForecastNetwork(32, 32).withSeed(seed).withEpochs(40).fit(Tensor.of(x), Tensor.of(y));
            var grid = Tensor.linspace(-2, 2, 201).to(DType.F64);
            double[] at = grid.toDoubleArray(), learned = model.forecast(grid.reshape(-1, 1)).aleatoric();
            for (int i = 0; i < at.length; i++) mean += Math.abs(Math.sqrt(learned[i]) / sigma(at[i]) - 1) / at.length / 5;
        }
        Evidence.of("least noise over the largest", sigma(-2) / sigma(0.6), below(0.4));
        Evidence.of("mean |learned sd / sd - 1| on a grid, 5 seeds", mean, atMost(0.1));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void bayesianLinearRegressionForgetsIgnoranceAsDataGrow() {
        var gap = Gap.absolute();
        double noise = 0.5;
        var fresh = Tensor.randn(Rng.of(99), DType.F64, 40, 5);
        double[] logN = new double[7], logVariance = new double[7];
        double least = Double.POSITIVE_INFINITY, most = 0;
        for (int step = 0; step < 7; step++) {
            int n = 200 << step;
            var rng = Rng.of(step);
            var x = Tensor.randn(rng, DType.F64, n, 5);
            var y = x.matmul(Tensor.of(1.0, -2.0, 0.5, 0.0, 3.0)).add(Tensor.randn(rng, DType.F64, n).mul(Math.sqrt(noise)));
            var forecast = new LastLayerLaplace(1).numbers(x, y, noise).forecast(fresh);
            var inverse = Linalg.inverse(x.transpose().matmul(x).div(noise).add(Tensor.eye(DType.F64, 5)));
            double[] exact = fresh.matmul(inverse).mul(fresh).sum(1).toDoubleArray();
            gap.see("n = " + n, forecast.epistemic(), exact);
            logN[step] = Math.log(n);
            logVariance[step] = Math.log(Arrays.stream(forecast.epistemic()).average().orElseThrow());
            for (double v : forecast.aleatoric()) {
                least = Math.min(least, v);
                most = Math.max(most, v);
            }
        }
        double a = Arrays.stream(logN).average().orElseThrow(), b = Arrays.stream(logVariance).average().orElseThrow(), above = 0,
                below = 0;
        for (int i = 0; i < 7; i++) {
            above += (logN[i] - a) * (logVariance[i] - b);
            below += (logN[i] - a) * (logN[i] - a);
        }
        Evidence.of("gap to x'(X'X/s2+I)^-1 x", gap, below(1e-8));
        Evidence.of("slope of log epistemic variance on log n, n = 200 to 12,800", above / below, between(-1.05, -0.95));
        Evidence.of("least aleatoric variance", least, exactly(noise));
        Evidence.of("largest aleatoric variance", most, exactly(noise));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void laplaceOfTheLastLayerIsTheExactHessian() {
        Gap precision = Gap.overLargest(), covariance = Gap.overLargest();
        for (int seed = 0; seed < 3; seed++) {
            var blobs = Datasets.blobs(Rng.of(seed), 60, 3, 2, 1.5);
            var model = new MlpClassifier(4).withActivation(Activation.TANH).withFit(new MlpFit().withEpochs(20)).withSeed(seed)
                    .fit(blobs.x(), blobs.y());
            var laplace = new LastLayerLaplace(0.7).of(model, blobs.x());
            // Features by hand: tanh of the first layer of scaled columns, and a one.
            double[][] x = model.columns().apply(blobs.x()).toRows(), w = model.parameters().get("layers.0.weight").toRows();
            double[] b = model.parameters().get("layers.0.bias").toDoubleArray();
            var phi = new double[x.length][5];
            for (int i = 0; i < x.length; i++) {
                for (int j = 0; j < 4; j++) phi[i][j] = Math.tanh(w[j][0] * x[i][0] + w[j][1] * x[i][1] + b[j]);
                phi[i][4] = 1;
            }
            Tensor features = Tensor.of(phi), hot = Tensor.of(Arrays.stream(blobs.labels())
                    .mapToObj(c -> IntStream.range(0, 3).mapToDouble(k -> k == c ? 1 : 0).toArray()).toArray(double[][]::new));
            var hessian = Autograd.hessian(
                    v -> features.matmul(v.reshape(3, 5).transpose()).softmax(1).log().mul(hot).sum().neg().add(v.square().sum().mul(0.35)),
                    laplace.weights().reshape(-1));
            precision.see("seed " + seed, laplace.precision().toDoubleArray(), hessian.toDoubleArray());
            covariance.see("seed " + seed, laplace.covariance().toDoubleArray(), Linalg.inverse(hessian).toDoubleArray());
            assertThat(laplace.weights().narrow(1, 0, 4).toDoubleArray())
                    .isEqualTo(model.parameters().get("layers.1.weight").to(DType.F64).toDoubleArray());
        }
        Evidence.of("gap of the precision to the Hessian by autograd", precision, below(1e-6));
        Evidence.of("gap of the covariance to its inverse", covariance, below(1e-6));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void turningAwayTheDoubtfulBeatsTurningAwayAnybody() {
        var digits = Datasets.digits().scaled(1 / 16.0).shuffled(Rng.of(3));
        var train = digits.range(0, 250);
        var test = digits.range(250, 1797);
        var ensemble = ClassEnsemble.fit(seed -> new MlpClassifier(24).withStandardize(false).withSeed(seed)
                .withFit(new MlpFit().withRule(new Adam(1e-2)).withEpochs(30)), 5, train.x(), train.y());
        var forecast = ensemble.forecast(test.x());
        double[] loss = forecast.errors(test.y());
        double error = Arrays.stream(loss).average().orElseThrow();
        Evidence.of("error of the ensemble, and of random rejection at any coverage", error, above(0.04));
        for (var doubt : new double[][] {forecast.total(), forecast.epistemic()}) {
            String name = doubt == forecast.total() ? "total" : "epistemic";
            var curve = RiskCoverage.of(doubt, loss);
            double worst = 0;
            for (double share : new double[] {0.5, 0.6, 0.7, 0.8, 0.9, 0.95}) {
                // By definition: the error of the rows that are doubted least.
                int kept = (int) Math.ceil(share * loss.length);
                double[] sorted = doubt.clone();
                Arrays.sort(sorted);
                double sum = 0;
                for (int i = 0; i < loss.length; i++) if (doubt[i] <= sorted[kept - 1]) sum += loss[i];
                assertThat(curve.riskAt(share)).isCloseTo(sum / kept, offset(1e-9));
                worst = Math.max(worst, sum / kept / error);
            }
            Evidence.of("largest risk over random's at coverage 0.5 to 0.95, by " + name + " doubt", worst, below(1));
            Evidence.of("area under the curve over random's, by " + name + " doubt", curve.area() / error, below(0.6));
        }
    }

    /** Bilinear, pixel centres aligned: what image libraries do. */
    private static Tensor upscaled(Tensor eights) {
        double[][] rows = eights.toRows(), out = new double[rows.length][28 * 28];
        for (int n = 0; n < rows.length; n++) for (int i = 0; i < 28; i++) for (int j = 0; j < 28; j++) {
            double y = Math.clamp((i + 0.5) * 8 / 28 - 0.5, 0, 7), x = Math.clamp((j + 0.5) * 8 / 28 - 0.5, 0, 7);
            int r = Math.min(6, (int) y), c = Math.min(6, (int) x);
            double a = y - r, b = x - c;
            out[n][28 * i + j] = (1 - a) * (1 - b) * rows[n][8 * r + c] + (1 - a) * b * rows[n][8 * r + c + 1]
                    + a * (1 - b) * rows[n][8 * r + 8 + c] + a * b * rows[n][8 * r + 9 + c];
        }
        return Tensor.of(out);
    }

    @Acceptance(topic = TOPIC, clause = 6)
    @Tag("heavy")
    @Test void disagreementTellsDigitsFromClothes() {
        Assumptions.assumeTrue(Datasets.hasFashionMnist(), "dataset-fashion-mnist is not installed");
        var fashion = Datasets.fashionMnist();
        double most = fashion.test().x().max().item();
        Tensor train = fashion.train().flat().x().to(DType.F32).div(most).compute(),
                test = fashion.test().flat().x().to(DType.F32).div(most).compute();
        var ensemble = ClassEnsemble.fit(
                seed -> new MlpClassifier(128).withStandardize(false).withSeed(seed).withFit(new MlpFit().withEpochs(5).withBatchSize(128)),
                5, train, fashion.train().y());
        var digits = upscaled(Datasets.digits().x().div(16)).to(DType.F32);
        ClassForecast known = ensemble.forecast(test), foreign = ensemble.forecast(digits);
        double error = Arrays.stream(known.errors(fashion.test().y())).average().orElseThrow();
        Evidence.of("test error of the ensemble", error, below(0.15));
        Evidence.of("AUROC of mutual information", RiskCoverage.separation(known.epistemic(), foreign.epistemic()), atLeast(0.85));
    }

    @Test void ensemblesDoubtWhereThereAreNoData() {
        var rng = Rng.of(1);
        double[][] x = new double[300][1];
        var y = new double[300];
        for (int i = 0; i < 300; i++) {
            double u = rng.nextDouble();
            x[i][0] = i % 2 == 0 ? -2 + u : 1 + u;
            y[i] = Math.sin(x[i][0]) + 0.1 * rng.nextGaussian();
        }
        var ensemble = NumberEnsemble.fit(
                seed -> new ForecastNetwork(16).withEpochs(150).withBatchSize(32).withLearningRate(1e-2).withSeed(seed), 5, Tensor.of(x),
                Tensor.of(y));
        var forecast = ensemble.forecast(Tensor.of(new double[][] {{-1.5}, {0}, {1.5}, {6}}));
        assertThat(forecast.epistemic()[3]).isGreaterThan(5 * forecast.epistemic()[0]);
        assertThat(forecast.aleatoric()[0]).isBetween(0.005, 0.02);
        assertThat(ensemble.forecast(Tensor.of(x)).logScore(Tensor.of(y))).isLessThan(-0.6);
        assertThat(ensemble.forecast(Tensor.of(x)).crps(Tensor.of(y))).isLessThan(0.07);
        assertThat(ensemble.forecast(Tensor.of(x)).intervals(0.1).coverage(Tensor.of(y))).isBetween(0.85, 0.96);
    }

    @Test void quantileHeadsFindTheirQuantiles() {
        var rng = Rng.of(2);
        double[][] x = new double[1_500][1];
        var y = new double[1_500];
        for (int i = 0; i < y.length; i++) {
            x[i][0] = 2 * rng.nextDouble();
            y[i] = x[i][0] + (0.2 + x[i][0]) * rng.nextGaussian();
        }
        var model = new ForecastNetwork(16).withHead(new ForecastNetwork.Quantiles(0.1, 0.5, 0.9)).withEpochs(50).fit(Tensor.of(x),
                Tensor.of(y));
        double[][] q = model.quantiles(Tensor.of(x)).toRows();
        for (int level = 0; level < 3; level++) {
            int under = 0;
            for (int i = 0; i < y.length; i++) if (y[i] < q[i][level]) under++;
            assertThat(under / 1_500.0).isBetween(0.1 + 0.4 * level - 0.04, 0.1 + 0.4 * level + 0.04);
        }
        double[] sd = Arrays.stream(model.forecast(Tensor.of(new double[][] {{0.3}, {1.7}})).aleatoric()).map(Math::sqrt).toArray();
        assertThat(sd[0]).isBetween(0.35, 0.7);
        assertThat(sd[1]).isBetween(1.5, 2.3);
        assertThatThrownBy(() -> new ForecastNetwork(4).withEpochs(1).fit(Tensor.of(x), Tensor.of(y)).quantiles(Tensor.of(x)))
                .hasMessageContaining("Gaussian");
    }

    @Test void dropoutGivesMembers() {
        var blobs = Datasets.blobs(Rng.of(4), 200, 2, 2, 1.0);
        var model = new MlpClassifier(32).withDropout(0.3).withFit(new MlpFit().withEpochs(30)).fit(blobs.x(), blobs.y());
        var dropout = new MonteCarloDropout.Classes(model, 40, 1);
        var forecast = dropout.forecast(blobs.x());
        assertThat(Arrays.stream(forecast.epistemic()).average().orElseThrow()).isGreaterThan(1e-4);
        assertThat(forecast.errors(blobs.y())).satisfies(e -> assertThat(Arrays.stream(e).average().orElseThrow()).isLessThan(0.1));
        assertThat(forecast.score(ScoringRules.LOG, blobs.y())).isLessThan(0.4);
        assertThat(dropout.forecast(blobs.x()).total()).isEqualTo(forecast.total());
        var line = new MlpRegressor(16).withDropout(0.2).withFit(new MlpFit().withEpochs(10)).fit(blobs.x(), blobs.x().select(1, 0));
        var numbers = new MonteCarloDropout.Numbers(line, 0.25, 30, 1).forecast(blobs.x());
        assertThat(numbers.aleatoric()[0]).isEqualTo(0.25, offset(1e-12));
        assertThat(numbers.epistemic()[0]).isGreaterThan(0);
        assertThatThrownBy(
                () -> new MonteCarloDropout.Classes(new MlpClassifier(4).withFit(new MlpFit().withEpochs(1)).fit(blobs.x(), blobs.y()), 3,
                        1))
                .hasMessageContaining("no dropout");
    }

    @Test void laplaceDoubtsFarFromTheData() {
        var blobs = Datasets.blobs(Rng.of(4), 150, new double[][] {{-2, 0}, {2, 0}}, 0.7);
        var laplace = new LastLayerLaplace(0.1).classes(new long[] {0, 1}, blobs.x(), Tensor.of(new double[][] {{-0.8, 0}, {0.8, 0}}),
                Tensor.of(0.0, 0.0));
        var forecast = laplace.forecast(Tensor.of(new double[][] {{-2, 0}, {-2, 40}}));
        assertThat(forecast.epistemic()[1]).isGreaterThan(10 * forecast.epistemic()[0]);
        assertThat(forecast.probabilities().item(0, 0)).isGreaterThan(0.9);
        // Logits are normal with the posterior's covariance: the difference of the two classes' at a row, from 4,000 draws.
        var many = laplace.settings().withSamples(4_000);
        var again = new LastLayerLaplace.Classes(many, laplace.classes(), null, laplace.weights(), laplace.precision());
        double[] c = {1, 0.5, 1, -1, -0.5, -1}; // class 0 less class 1 at (1, 0.5)
        double variance = Tensor.of(c).reshape(1, 6).matmul(laplace.covariance()).matmul(Tensor.of(c).reshape(6, 1)).item(),
                mean = 2 * -0.8;
        double expected = 0;
        for (int i = -400; i <= 400; i++) {
            double z = i / 80.0;
            expected += Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI) / 80 / (1 + Math.exp(-(mean + Math.sqrt(variance) * z)));
        }
        assertThat(again.forecast(Tensor.of(new double[][] {{1, 0.5}})).probabilities().item(0, 0)).isCloseTo(expected, offset(0.01));
    }

    @Test void conformalSetsAreDoubtToo() {
        var blobs = Datasets.blobs(Rng.of(4), 400, 2, 2, 2.0);
        var fitted = new MlpClassifier(8).withFit(new MlpFit().withEpochs(20)).fit(blobs.x().narrow(0, 0, 200),
                blobs.y().narrow(0, 0, 200));
        var sets = ConformalPredictor.sets(fitted, LabelScore.leastAmbiguous(), blobs.x().narrow(0, 200, 100),
                blobs.y().narrow(0, 200, 100), 1);
        var rest = blobs.x().narrow(0, 300, 100);
        var forecast = new SetForecast.OfLabels(sets, 0.1).forecast(rest);
        assertThat(Arrays.stream(forecast.total()).average().orElseThrow()).isCloseTo(sets.sets(rest, 0.1).meanSize(), offset(1e-12));
        assertThat(forecast.epistemic()[0]).isNaN();
    }

    @Test void riskCoverageByHand() {
        var curve = RiskCoverage.of(new double[] {3, 1, 2, 2}, new double[] {1, 0, 1, 0});
        assertThat(curve.risk()).containsExactly(new double[] {0, 0.25, 1 / 3.0, 0.5}, offset(1e-12));
        assertThat(curve.best()).containsExactly(new double[] {0, 0, 1 / 3.0, 0.5}, offset(1e-12));
        assertThat(curve.area()).isCloseTo((0.25 + 1 / 3.0 + 0.5) / 4, offset(1e-12));
        assertThat(curve.excessArea()).isCloseTo(0.0625, offset(1e-12));
        assertThat(RiskCoverage.separation(new double[] {0, 1}, new double[] {2, 0.5})).isCloseTo(0.75, offset(1e-12));
        assertThat(SetForecast.of(new PredictionIntervals(new double[] {0, 1}, new double[] {2, 1.5})).total()).containsExactly(2, 0.5);
    }

    @Test void modelsAreSavedAndBadInputIsRefused(@TempDir Path folder) {
        var blobs = Datasets.blobs(Rng.of(4), 60, 2, 2, 1.0);
        Tensor x = blobs.x(), y = x.select(1, 0);
        var classes = ClassEnsemble.fit(seed -> new MlpClassifier(4).withSeed(seed).withFit(new MlpFit().withEpochs(2)), 2, x, blobs.y());
        for (var model : new UncertaintyEstimator<?>[] {classes,
                NumberEnsemble.fit(seed -> new ForecastNetwork(4).withEpochs(2).withSeed(seed), 2, x, y),
                new LastLayerLaplace(1).numbers(x, y, 1),
                new LastLayerLaplace(1).of(new MlpClassifier(4).withFit(new MlpFit().withEpochs(2)).fit(x, blobs.y()), x),
                new ForecastNetwork(4).withHead(new ForecastNetwork.Quantiles(0.2, 0.8)).withEpochs(2).fit(x, y)}) {
            model.save(folder.resolve("model"));
            assertThat(Model.load(folder.resolve("model"), UncertaintyEstimator.class).forecast(x).total())
                    .isEqualTo(model.forecast(x).total());
            assertThatThrownBy(() -> model.forecast(Tensor.ones(DType.F64, 2, 3))).hasMessageContaining("3 columns");
        }
        assertThatThrownBy(() -> new LastLayerLaplace(0)).hasMessageContaining("priorPrecision is 0.0");
        assertThatThrownBy(() -> new LastLayerLaplace(1).numbers(x, y, 0)).hasMessageContaining("noise is 0.0");
        assertThatThrownBy(() -> new ForecastNetwork.Quantiles(0.9, 0.1)).hasMessageContaining("ascend");
        assertThatThrownBy(() -> new ForecastNetwork.Gaussian(2, 0)).hasMessageContaining("beta is 2.0");
        assertThatThrownBy(() -> PredictiveVariance.of(new double[] {1}, new double[] {-1})).hasMessageContaining("-1");
        assertThatThrownBy(() -> RiskCoverage.of(new double[] {1}, new double[] {Double.NaN})).hasMessageContaining("NaN");
        assertThatThrownBy(() -> new ForecastNetwork(4).fit(x, y, Progress.SILENT.stoppedBy(() -> true)))
                .isInstanceOf(CancelledException.class);
    }
}
