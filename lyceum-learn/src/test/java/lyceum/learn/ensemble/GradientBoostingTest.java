package lyceum.learn.ensemble;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.data.Dataset;
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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class GradientBoostingTest {
    private static final String TOPIC = "gradient-boosting";

    @TestFactory Stream<DynamicTest> squaredErrorKeepsTheContract() {
        return LearnerContract.of(new GradientBoostingRegressor().withStages(20)).tests();
    }

    @TestFactory Stream<DynamicTest> huberKeepsTheContract() {
        return LearnerContract
                .of(new GradientBoostingRegressor(BoostingLoss.huber(0.8)).withStages(30).withRowShare(0.7).withMaxFeatures(2)).tests();
    }

    @TestFactory Stream<DynamicTest> earlyStoppingKeepsTheContract() {
        return LearnerContract.of(new GradientBoostingRegressor().withStages(30).withValidationShare(0.25)).tests();
    }

    @TestFactory Stream<DynamicTest> classesKeepTheContract() {
        return LearnerContract.of(new GradientBoostingClassifier().withStages(15)).tests();
    }

    /** What the golden file's recipes draw. */
    static Dataset drawn(String name, int seed, int n) {
        var r = new Recipe(seed);
        if (name.equals("multinomial")) return AdaBoostTest.quantiles(seed, n, 10, 3);
        if (name.equals("log_loss") || name.equals("exponential")) {
            double[] x = Arrays.stream(r.bells(10 * n)).map(v -> Math.rint(4096 * v) / 4096).toArray();
            var y = new long[n];
            for (int i = 0; i < n; i++) {
                double sum = 0;
                for (int j = 0; j < 10; j++) sum += x[i * 10 + j] * x[i * 10 + j];
                y[i] = sum > 9.34 ? 1 : 0;
            }
            return Dataset.of(Tensor.of(x, n, 10), Tensor.of(y));
        }
        double[] x = Arrays.stream(r.belows(1 << 20, 10 * n)).mapToDouble(v -> v * 0x1p-20).toArray(), y = r.bells(n);
        for (int i = 0; i < n; i++) {
            double a = x[10 * i], b = x[10 * i + 1], c = x[10 * i + 2] - 0.5;
            y[i] += 10 * Math.sin(Math.PI * a * b) + 20 * c * c + 10 * x[10 * i + 3] + 5 * x[10 * i + 4];
        }
        return Dataset.of(Tensor.of(x, n, 10), Tensor.of(y));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void predictionsAndLossesEqualScikitLearn() {
        Gap predictions = Gap.relativeBeyondOne(), losses = Gap.relativeBeyondOne(), importances = Gap.absolute();
        int cases = 0;
        for (var c : Golden.load("golden/gradient-boosting.json").list("cases")) {
            String name = c.text("name");
            var data = drawn(name, c.integer("input.seed"), c.integer("input.n"));
            double[] said;
            GradientBoosting fitted;
            var first = data.x().narrow(0, 0, 40);
            int depth = c.integer("input.depth");
            if (data.isClassification()) {
                var model = new GradientBoostingClassifier().withExponential(name.equals("exponential")).withMaxDepth(depth).withStages(50)
                        .fit(data.x(), data.y());
                // Of three scores the reference takes off the mean; probabilities are the same.
                said = name.equals("multinomial") ? Arrays.copyOf(model.predictProba(first).toDoubleArray(), 40)
                        : model.decisionFunction(first).toDoubleArray();
                fitted = model.boosting();
            } else {
                var loss = switch (name) {
                    case "huber" -> BoostingLoss.huber(0.9);
                    case "quantile" -> BoostingLoss.quantile(0.9);
                    default -> BoostingLoss.squared();
                };
                var model = new GradientBoostingRegressor(loss).withMaxDepth(depth).withStages(50).fit(data.x(), data.y());
                said = model.predict(first).toDoubleArray();
                fitted = model.boosting();
            }
            // Scikit-learn counts the squared error and the deviance double.
            double factor = name.equals("squared_error") || name.equals("log_loss") ? 2 : 1;
            predictions.see(c, "expected.predictions", said);
            // In small nodes two features may cut alike: predictions are the same, the credit is not. Of 2,000 rows no node is so small.
            if (c.integer("input.n") == 2000) importances.see(c, "expected.importances", fitted.importances());
            losses.see(c, "expected.losses", Arrays.stream(fitted.trainLosses()).map(v -> factor * v).toArray());
            cases++;
        }
        Evidence.of("losses compared, 50 stages each", cases, exactly(6));
        Evidence.of("largest gap of predictions to scikit-learn", predictions, below(1e-9));
        Evidence.of("largest gap of the training loss of a stage", losses, below(1e-9));
        Evidence.of("largest gap of a feature's importance", importances, below(1e-9));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void squaredLossNeverRises() {
        double most = Double.NEGATIVE_INFINITY;
        int stages = 0;
        for (int seed = 0; seed < 10; seed++) {
            for (double rate : new double[] {0.01, 0.3, 1}) {
                for (int depth : new int[] {1, 3, 6}) {
                    var data = Datasets.friedman1(Rng.of(seed), 120, 6, 2);
                    var weights = seed % 2 == 0 ? null : Tensor.of(new Recipe(seed).uniforms(120));
                    double[] losses = new GradientBoostingRegressor().withMaxDepth(depth).withLearningRate(rate).withStages(60)
                            .fit(data.x(), data.y(), weights).boosting().trainLosses();
                    for (int m = 1; m < losses.length; m++, stages++) most = Math.max(most, losses[m] - losses[m - 1]);
                }
            }
        }
        Evidence.of("stages", stages, exactly(90 * 59));
        Evidence.of("largest rise of the training loss", most, atMost(1e-14)); // zero, but for rounding where nothing is left to learn
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void stumpsAddUpByFeatures() {
        double stumps = 0, deeper = 0;
        int compared = 0;
        for (int seed = 0; seed < 3; seed++) {
            var data = Datasets.friedman1(Rng.of(seed), 200, 6, 1);
            var counts = data.y().div(4).abs().round();
            for (var loss : List.of(BoostingLoss.squared(), BoostingLoss.huber(0.9), BoostingLoss.quantile(0.3), BoostingLoss.absolute())) {
                var learner = new GradientBoostingRegressor(loss).withStages(150);
                var one = learner.withMaxDepth(1).fit(data.x(), data.y());
                var two = learner.withMaxDepth(2).fit(data.x(), data.y());
                for (int a = 0; a < 6; a++) {
                    for (int b = 0; b < a; b++) {
                        var rows = corners(Rng.of(seed).split(100 * a + b), a, b);
                        stumps = Math.max(stumps, interaction(one.predict(rows)));
                        deeper = Math.max(deeper, interaction(two.predict(rows)));
                        compared++;
                    }
                }
            }
            var poisson = new GradientBoostingRegressor(BoostingLoss.poisson()).withMaxDepth(1).fit(data.x(), counts);
            stumps = Math.max(stumps, interaction(poisson.predict(corners(Rng.of(seed), 1, 0)).log()));
        }
        Evidence.of("pairs of features compared at 200 places", compared, exactly(180));
        Evidence.of("largest interaction of stumps", stumps, below(1e-9));
        Evidence.of("largest interaction at depth 2", deeper, above(1));
    }

    /** Four rows at each of 200 places: all but features a and b alike. */
    private static Tensor corners(Rng rng, int a, int b) {
        var x = new double[200 * 4 * 6];
        for (int i = 0; i < 200; i++) {
            var base = new double[6];
            for (int j = 0; j < 6; j++) base[j] = rng.nextDouble();
            double otherA = rng.nextDouble(), otherB = rng.nextDouble();
            for (int c = 0; c < 4; c++) {
                int at = (4 * i + c) * 6;
                System.arraycopy(base, 0, x, at, 6);
                if ((c & 1) != 0) x[at + a] = otherA;
                if ((c & 2) != 0) x[at + b] = otherB;
            }
        }
        return Tensor.of(x, 800, 6);
    }

    private static double interaction(Tensor f) {
        double[] v = f.toDoubleArray();
        double worst = 0;
        for (int i = 0; i < v.length; i += 4) worst = Math.max(worst, Math.abs(v[i] - v[i + 1] - v[i + 2] + v[i + 3]));
        return worst;
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void aPairOfQuantilesCoversWhatItPromises() {
        for (int seed = 0; seed < 3; seed++) {
            Dataset train = sine(Rng.of(seed), 2000), test = sine(Rng.of(seed).split(1), 4000);
            var learner = new GradientBoostingRegressor().withMaxDepth(2).withMinSamplesLeaf(40).withStages(100);
            double[] low = learner.withLoss(BoostingLoss.quantile(0.1)).fit(train.x(), train.y()).predict(test.x()).toDoubleArray(),
                    high = learner.withLoss(BoostingLoss.quantile(0.9)).fit(train.x(), train.y()).predict(test.x()).toDoubleArray(),
                    y = test.y().toDoubleArray();
            double below = 0, above = 0;
            for (int i = 0; i < y.length; i++) {
                if (y[i] < low[i]) below++;
                if (y[i] > high[i]) above++;
            }
            Evidence.of("share of test points between the quantiles, draw " + seed, 1 - (below + above) / y.length, between(0.76, 0.84));
            assertThat(below / y.length).isBetween(0.07, 0.13);
            assertThat(above / y.length).isBetween(0.07, 0.13);
        }
    }

    private static Dataset sine(Rng rng, int n) {
        double[] x = new double[n], y = new double[n];
        for (int i = 0; i < n; i++) {
            x[i] = rng.nextDouble();
            y[i] = Math.sin(2 * Math.PI * x[i]) + (0.2 + 0.5 * x[i]) * rng.nextGaussian();
        }
        return Dataset.of(Tensor.of(x, n, 1), Tensor.of(y));
    }

    /** A loss given by value and gradient takes steps by bisection; the built-in ones by formulas of their own. */
    @Test void aLossOfOnesOwnStepsToItsMinimum() {
        var data = Datasets.friedman1(Rng.of(2), 150, 6, 1);
        var own = BoostingLoss.of((y, f) -> (y - f) * (y - f) / 2, (y, f) -> f - y);
        var counts = data.y().div(4).abs().round();
        double[] said = new GradientBoostingRegressor(own).withStages(20).fit(data.x(), data.y()).predict(data.x()).toDoubleArray();
        assertThat(said).containsExactly(
                new GradientBoostingRegressor().withStages(20).fit(data.x(), data.y()).predict(data.x()).toDoubleArray(), within(1e-10));
        var poisson = BoostingLoss.of((y, f) -> Math.exp(f) - y * f, (y, f) -> Math.exp(f) - y);
        assertThat(new GradientBoostingRegressor(poisson).withStages(20).fit(data.x(), counts).predict(data.x()).toDoubleArray())
                .containsExactly(new GradientBoostingRegressor(BoostingLoss.poisson()).withStages(20).fit(data.x(), counts)
                        .predict(data.x()).log().toDoubleArray(), within(1e-9));
        var logCosh = BoostingLoss.of((y, f) -> Math.log(Math.cosh(f - y)), (y, f) -> Math.tanh(f - y));
        double[] losses = new GradientBoostingRegressor(logCosh).fit(data.x(), data.y()).boosting().trainLosses();
        assertThat(losses[99]).isLessThan(losses[0] / 4);
    }

    /** Each gradient is the difference quotient of its value, each step a minimum of the summed loss. */
    @Test void gradientsAndStepsBelongToTheirLosses() {
        var r = new Recipe(4);
        int[] rows = {0, 1, 2, 3, 4, 5, 6, 7, 8};
        double[] w = r.uniforms(9);
        for (var loss : List.of(BoostingLoss.squared(), BoostingLoss.absolute(), BoostingLoss.quantile(0.3), BoostingLoss.poisson(),
                BoostingLoss.logistic(), BoostingLoss.exponential(), BoostingLoss.huber(0.6))) {
            boolean binary = loss.link() == BoostingLoss.Link.LOGIT || loss.link() == BoostingLoss.Link.HALF_LOGIT;
            double[] f = r.bells(9), y = Arrays.stream(r.uniforms(9)).map(u -> binary ? Math.rint(u) : Math.floor(5 * u)).toArray();
            var at = loss.at(y, f, w);
            for (int i = 0; i < 9; i++)
                assertThat(at.gradient(y[i], f[i])).isCloseTo((at.value(y[i], f[i] + 1e-6) - at.value(y[i], f[i] - 1e-6)) / 2e-6,
                        within(1e-5));
            if (binary || loss.toString().startsWith("Huber")) continue; // a single Newton step, or Friedman's approximate one
            double step = at.step(y, f, w, rows, 0, 9), best = 0, left = 0, right = 0;
            for (int i = 0; i < 9; i++) {
                best += w[i] * at.value(y[i], f[i] + step);
                left += w[i] * at.value(y[i], f[i] + step - 1e-3);
                right += w[i] * at.value(y[i], f[i] + step + 1e-3);
            }
            assertThat(best).isLessThanOrEqualTo(Math.min(left, right) + 1e-12);
        }
    }

    @Test void earlyStoppingKeepsTheBestStages() {
        var data = Datasets.friedman1(Rng.of(3), 150, 10, 4);
        var test = Datasets.friedman1(Rng.of(4), 2000, 10, 4);
        var learner = new GradientBoostingRegressor().withMaxDepth(5).withStages(400).withLearningRate(0.2);
        var stopped = learner.withValidationShare(0.3).withTolerance(0).fit(data.x(), data.y());
        double[] losses = stopped.boosting().validationLosses();
        int stages = stopped.boosting().stages();
        assertThat(stages).isLessThan(100);
        assertThat(losses).hasSize(stages + 10);
        for (double loss : losses) assertThat(loss).isGreaterThanOrEqualTo(losses[stages - 1]);
        assertThat(stopped.boosting().trainLosses()).hasSize(stages);
        // The rows held out are not fitted to: they are among those that the loss was measured on.
        assertThat(stopped.score(test.x(), test.y())).isGreaterThan(0.2);
    }

    @Test void stagesAreSums() {
        var data = Datasets.classification(Rng.of(3), 200, 6, 4, 1, 3, 1, 0.1);
        var model = new GradientBoostingClassifier().withStages(12).fit(data.x(), data.y());
        assertThat(model.boosting().trees()).hasSize(36);
        double[] losses = model.boosting().trainLosses();
        for (int m : new int[] {1, 5, 12}) {
            double[][] p = model.first(m).predictProba(data.x()).toRows();
            double sum = 0;
            for (int i = 0; i < 200; i++) sum -= Math.log(p[i][data.labels()[i]]) / 200;
            assertThat(losses[m - 1]).isCloseTo(sum, within(1e-12));
        }
        assertThat(Arrays.stream(model.boosting().importances()).sum()).isCloseTo(1, within(1e-12));
        var two = Datasets.moons(Rng.of(1), 200, 0.3);
        for (boolean exponential : new boolean[] {false, true}) {
            var half = new GradientBoostingClassifier().withExponential(exponential).withRowShare(0.5).withSeed(4).fit(two.x(), two.y());
            assertThat(half.score(two.x(), two.y())).isGreaterThan(0.95);
            double[] f = half.decisionFunction(two.x()).toDoubleArray(), p = half.predictProba(two.x()).select(1, 1).toDoubleArray();
            for (int i = 0; i < 200; i++) assertThat(p[i]).isCloseTo(1 / (1 + Math.exp(-(exponential ? 2 : 1) * f[i])), within(1e-12));
        }
    }

    @Test void monotoneDirectionsHoldForEveryLoss() {
        var rng = Rng.of(6);
        double[] x = new double[1200], y = new double[400];
        for (int i = 0; i < 400; i++) {
            for (int j = 0; j < 3; j++) x[3 * i + j] = rng.nextDouble();
            y[i] = Math.max(0,
                    Math.rint(3 + 2 * Math.sin(8 * x[3 * i]) + 3 * x[3 * i] - 4 * x[3 * i + 1] * x[3 * i + 2] + rng.nextGaussian()));
        }
        Tensor rows = Tensor.of(x, 400, 3), targets = Tensor.of(y);
        for (var loss : List.of(BoostingLoss.squared(), BoostingLoss.absolute(), BoostingLoss.huber(0.7), BoostingLoss.quantile(0.8),
                BoostingLoss.poisson())) {
            var model = new GradientBoostingRegressor(loss).withMonotone(1, -1).fit(rows, targets);
            var pairs = new double[2 * 2000 * 3];
            for (int i = 0; i < 2000; i++) {
                double a = rng.nextDouble(), b = rng.nextDouble(), c = rng.nextDouble();
                System.arraycopy(new double[] {a, b, c, a + (1 - a) * rng.nextDouble(), b * rng.nextDouble(), c}, 0, pairs, 6 * i, 6);
            }
            double[] f = model.predict(Tensor.of(pairs, 4000, 3)).toDoubleArray();
            int rising = 0;
            for (int i = 0; i < 4000; i += 2) {
                assertThat(f[i + 1]).as("%s", loss).isGreaterThanOrEqualTo(f[i] - 1e-12);
                if (f[i + 1] > f[i]) rising++;
            }
            assertThat(rising).isGreaterThan(1000);
            assertThat(model.score(rows, targets)).isGreaterThan(0.2);
        }
        var labels = Tensor.of(Arrays.stream(y).mapToLong(v -> v > 3 ? 1 : 0).toArray());
        var signs = new GradientBoostingClassifier().withMonotone(1, -1).fit(rows, labels);
        double last = Double.NEGATIVE_INFINITY;
        for (int i = 0; i <= 50; i++) {
            double f = signs.decisionFunction(Tensor.of(new double[] {i / 50.0, 0.5, 0.5}, 1, 3)).item();
            assertThat(f).isGreaterThanOrEqualTo(last - 1e-12);
            last = f;
        }
    }

    @Tag("slow")
    @Test void bitsDoNotDependOnThreads() {
        var bits = EnsembleBits.withThreads("boosting");
        assertThat(bits).allMatch(line -> line.startsWith("bits "));
        assertThat(bits.stream().distinct().count()).isEqualTo(1);
    }

    @Test void wrongChoicesAreRefusedInWords() {
        assertThatThrownBy(() -> new GradientBoostingRegressor().withStages(0)).hasMessageContaining("stages is 0");
        assertThatThrownBy(() -> new GradientBoostingRegressor().withLearningRate(-1)).hasMessageContaining("learningRate is -1.0");
        assertThatThrownBy(() -> new GradientBoostingRegressor().withRowShare(2)).hasMessageContaining("rowShare is 2.0");
        assertThatThrownBy(() -> BoostingLoss.quantile(1)).hasMessageContaining("alpha is 1.0");
        var iris = Datasets.iris();
        assertThatThrownBy(() -> new GradientBoostingClassifier().withExponential(true).fit(iris.x(), iris.y()))
                .hasMessageContaining("2 classes");
        assertThatThrownBy(
                () -> new GradientBoostingRegressor(BoostingLoss.poisson()).fit(Tensor.zeros(DType.F64, 2, 1), Tensor.of(-1.0, 2)))
                .hasMessageContaining("-1.0");
    }
}
