package lyceum.learn.gbdt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import lyceum.data.Datasets;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerContract;
import lyceum.stats.learner.Model;
import lyceum.stats.learner.Rows;
import lyceum.tensor.Tensor;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What boosted trees can be told to lower, XGBoost's losses and those of one's own. */
class RowObjectiveTest {
    private static final int N = 150;
    private static final Golden GOLDEN = Golden.load("golden/gbdt-options.json");

    /** The golden file's rows. */
    static Tensor rows() {
        return Tensor.of(Arrays.stream(new Recipe(7).belows(1 << 20, 10 * N)).mapToDouble(v -> Math.floor(32 * v * 0x1p-20) / 32).toArray(),
                N, 10);
    }

    /** Their targets, told before columns were floored. */
    static double[] targets() {
        var r = new Recipe(7);
        double[] x = Arrays.stream(r.belows(1 << 20, 10 * N)).mapToDouble(v -> v * 0x1p-20).toArray(), y = r.bells(N);
        for (int i = 0; i < N; i++) {
            double a = x[10 * i + 2] - 0.5;
            y[i] += 10 * Math.sin(Math.PI * x[10 * i] * x[10 * i + 1]) + 20 * a * a + 10 * x[10 * i + 3] + 5 * x[10 * i + 4];
            y[i] = Math.rint(256 * y[i]) / 256;
        }
        return y;
    }

    private static RowObjective named(String name) {
        return switch (name) {
            case "reg:gamma" -> RowObjective.gamma();
            case "reg:tweedie" -> RowObjective.tweedie(1.3);
            case "reg:quantileerror" -> RowObjective.quantile(0.8);
            default -> RowObjective.absoluteError();
        };
    }

    @Test void amountsAndQuantilesEqualXgboost() {
        Gap fitted = Gap.relativeBeyondOne(), read = Gap.relativeBeyondOne();
        for (String name : List.of("reg:gamma", "reg:tweedie", "reg:quantileerror", "reg:absoluteerror")) {
            var objective = named(name);
            double[] y = Arrays.stream(targets()).map(v -> switch (name) {
                case "reg:gamma" -> Math.abs(v) + 0.1;
                case "reg:tweedie" -> Math.max(0, v - 12);
                default -> v;
            }).toArray();
            for (boolean weighted : new boolean[] {false, true}) {
                var c = GOLDEN.named(weighted ? name + ", weights" : name);
                double base = Float.parseFloat(c.text("input.base"));
                boolean log = objective.meaning() == BoostingObjective.GAMMA || objective.meaning() == BoostingObjective.TWEEDIE;
                var model = new GbdtRegressor(objective,
                        GbdtOptions.DEFAULT.withRounds(12).withMaxDepth(3).withBaseScore(log ? Math.log(base) : base))
                        .fit(rows(), Tensor.of(y), weighted ? Tensor.of(new Recipe(8).uniforms(N)) : null);
                fitted.see(c, "expected.margins", model.trees().scores(rows()).toDoubleArray());
                fitted.see(c, "expected.predictions", model.predict(rows()).toDoubleArray());
                if (weighted) continue;
                var trees = GradientBoostedTrees.fromXgboostJson(c.text("input.model"));
                read.see(c, "expected.margins", trees.scores(rows()).toDoubleArray());
                read.see(c, "expected.predictions", new GbdtRegressorModel(trees).predict(rows()).toDoubleArray());
                var again = GradientBoostedTrees.fromXgboostJson(trees.toXgboostJson());
                assertThat(again.objective()).isEqualTo(objective.meaning());
                assertThat(Double.compare(again.objectiveParameter(), trees.objectiveParameter())).isZero();
                assertThat(Double.compare(again.objectiveParameter(), (float) model.trees().objectiveParameter())).isZero();
            }
        }
        assertThat(fitted.seen()).isEqualTo(16 * N);
        assertThat(fitted.worst()).as("%s", fitted).isLessThan(1e-5);
        assertThat(read.worst()).as("%s", read).isLessThan(2e-6);
    }

    private static RowObjective logCosh() {
        return RowObjective.of((y, f) -> Math.log(Math.cosh(f - y)), (y, f) -> Math.tanh(f - y),
                (y, f) -> 1 - Math.pow(Math.tanh(f - y), 2));
    }

    @Test void anObjectiveOfOnesOwnEqualsXgboost() {
        var c = GOLDEN.named("log cosh");
        var model = new GbdtRegressor(logCosh(),
                GbdtOptions.DEFAULT.withBins(0).withRounds(12).withMaxDepth(3).withMinChildWeight(0).withBaseScore(14))
                .fit(rows(), Tensor.of(targets()));
        var gap = Gap.relativeBeyondOne().see(c, "expected.margins", model.predict(rows()).toDoubleArray());
        assertThat(gap.worst()).as("%s", gap).isLessThan(1e-4);
    }

    @TestFactory Stream<DynamicTest> anObjectiveOfOnesOwnKeepsTheContract() {
        return LearnerContract.of(new GbdtRegressor(logCosh(), GbdtOptions.DEFAULT.withBins(0).withRounds(40).withMinChildWeight(1e-6)))
                .tests();
    }

    @Test void derivativesAreThoseOfTheLossAndTheStartIsItsLeast() {
        double[] y = {0.5, 1, 3.25, 0.75}, w = {1, 0.5, 2, 1.5};
        int smooth = 0;
        for (var objective : List.of(RowObjective.squaredError(), RowObjective.logistic(), RowObjective.poisson(), RowObjective.gamma(),
                RowObjective.tweedie(1.1), RowObjective.tweedie(1.8), RowObjective.quantile(0.3), RowObjective.absoluteError())) {
            double[] labels = objective.meaning() == BoostingObjective.LOGISTIC ? new double[] {0, 1, 1, 0} : y;
            var blocks = new double[8];
            for (double f : new double[] {-1.5, 0.2, 2}) {
                var scores = new double[] {f, f, f, f};
                objective.derivatives(labels, scores, w, 0, 4, blocks);
                for (int i = 0; i < 4; i++) {
                    double h = 1e-5, v = labels[i];
                    assertThat(objective.gradient(v, f)).isCloseTo((objective.loss(v, f + h) - objective.loss(v, f - h)) / (2 * h),
                            within(1e-6));
                    assertThat(blocks[2 * i]).isCloseTo(w[i] * objective.gradient(v, f), within(1e-15));
                    assertThat(blocks[2 * i + 1]).isCloseTo(w[i] * objective.hessian(v, f), within(1e-15));
                    if (objective.refitsLeaves()) continue;
                    assertThat(objective.hessian(v, f)).isCloseTo((objective.gradient(v, f + h) - objective.gradient(v, f - h)) / (2 * h),
                            within(1e-6));
                    smooth++;
                }
            }
            if (objective.refitsLeaves()) continue;
            assertThat(objective.start(labels, w)).as("%s", objective).isCloseTo(Constants.leastLoss(objective, labels, w), within(1e-12));
        }
        assertThat(smooth).isEqualTo(72);
    }

    /** Half of the rows lie below their medians, nine in ten below their 0.9 quantiles; noise grows with the first column. */
    @Test void quantilesCoverTheirShareOfNewRows() {
        var rng = Rng.of(5);
        int n = 2000;
        double[] x = new double[2 * n], y = new double[n];
        for (int i = 0; i < n; i++) {
            x[2 * i] = rng.nextDouble();
            x[2 * i + 1] = rng.nextDouble();
            y[i] = 3 * x[2 * i + 1] + (0.2 + 2 * x[2 * i]) * rng.nextGaussian();
        }
        var train = Tensor.of(Arrays.copyOf(x, n), n / 2, 2);
        var test = Tensor.of(Arrays.copyOfRange(x, n, 2 * n), n / 2, 2);
        var options = GbdtOptions.DEFAULT.withRounds(40).withMaxDepth(3).withLearningRate(0.1).withMinSamplesLeaf(20);
        for (double alpha : new double[] {0.1, 0.5, 0.9}) {
            double[] said = new GbdtRegressor(RowObjective.quantile(alpha), options).fit(train, Tensor.of(Arrays.copyOf(y, n / 2)))
                    .predict(test).toDoubleArray();
            int below = 0;
            for (int i = 0; i < n / 2; i++) if (y[n / 2 + i] <= said[i]) below++;
            assertThat(2.0 * below / n).isCloseTo(alpha, within(0.05));
        }
        // With a direction that holds: refitted leaves keep it.
        var rising = new GbdtRegressor(RowObjective.quantile(0.9), options.withMonotone(1, 1)).fit(train,
                Tensor.of(Arrays.copyOf(y, n / 2)));
        double last = Double.NEGATIVE_INFINITY;
        for (int i = 0; i <= 50; i++) {
            double f = rising.predict(Tensor.of(new double[] {i / 50.0, 0.5}, 1, 2)).item();
            assertThat(f).isGreaterThanOrEqualTo(last);
            last = f;
        }
    }

    @Test void aLevelJustBelowTheLastPlaceIsTaken() {
        double[] values = {9, 1, 8, 2, 7, 3, 6, 4, 5}, ones = new double[9];
        Arrays.fill(ones, 1);
        assertThat(Constants.quantile(values, ones, Math.nextDown(0.9))).isEqualTo(9);
        assertThat(Constants.quantile(values, ones, 0.5)).isEqualTo(5);
    }

    /** One leaf, begun at the quantile, adds next to nothing: each sampled row counts for those that it stands for. */
    @Test void rowsThatAreSampledCountForTheOthersInQuantiles() {
        var y = new double[1000];
        for (int i = 0; i < y.length; i++) y[i] = i + 1;
        var rows = Tensor.of(new double[y.length], y.length, 1);
        var options = GbdtOptions.DEFAULT.withRounds(1).withLearningRate(1).withGoss(new OneSidedSampling(0.2, 0.3));
        var model = new GbdtRegressor(RowObjective.quantile(0.9), options).fit(rows, Tensor.of(y));
        assertThat(model.trees().baseScore()[0]).isCloseTo(900.9, within(1e-9));
        assertThat(model.predict(rows).item(0)).isCloseTo(900.9, within(30.0));
    }

    /** A loss whose measure is another one: the largest error. */
    private record LargestError() implements RowObjective {
        @Override public double loss(double y, double f) { return (y - f) * (y - f) / 2; }

        @Override public double gradient(double y, double f) { return f - y; }

        @Override public double hessian(double y, double f) { return 1; }

        @Override public double measure(double[] y, double[] f, double[] w) {
            double most = 0;
            for (int i = 0; i < y.length; i++) most = Math.max(most, Math.abs(y[i] - f[i]));
            return most;
        }
    }

    @Test void theMeasureSaysWhenToStop() {
        double[] y = targets();
        var trees = new GbdtRegressor(new LargestError(),
                GbdtOptions.DEFAULT.withRounds(200).withValidationShare(0.3).withLearningRate(0.2)).fit(rows(), Tensor.of(y)).trees();
        var ones = new double[N];
        Arrays.fill(ones, 1);
        int[] judged = Rows.holdOut("test", ones, 0.3, Rng.of(0).split(-1)).judged();
        double[] said = trees.scores(rows()).toDoubleArray(), losses = trees.validationLosses();
        double most = 0;
        for (int i : judged) most = Math.max(most, Math.abs(y[i] - said[i]));
        assertThat(losses[trees.rounds() - 1]).isCloseTo(most, within(1e-12));
        assertThat(losses).hasSize(trees.rounds() + 10);
        for (double loss : losses) assertThat(loss).isGreaterThanOrEqualTo(losses[trees.rounds() - 1]);
    }

    /** The focal loss of Lin and others (2017), by differences of its gradient: easy rows count for little. */
    private record Focal(double gamma) implements RowObjective {
        @Override public double loss(double y, double f) {
            double p = 1 / (1 + Math.exp(y > 0 ? -f : f));
            return -Math.pow(1 - p, gamma) * Math.log(p);
        }

        @Override public double gradient(double y, double f) {
            double p = 1 / (1 + Math.exp(y > 0 ? -f : f)), slope = Math.pow(1 - p, gamma) * (gamma * p * Math.log(p) + p - 1);
            return y > 0 ? slope : -slope;
        }

        @Override public double hessian(double y, double f) {
            return Math.max(1e-6, (gradient(y, f + 1e-4) - gradient(y, f - 1e-4)) / 2e-4);
        }

        @Override public BoostingObjective meaning() { return BoostingObjective.LOGISTIC; }
    }

    @Test void twoClassesTakeALossOfOnesOwn(@TempDir Path folder) {
        var cancer = Datasets.breastCancer();
        var options = GbdtOptions.DEFAULT.withRounds(20).withMaxDepth(3);
        var focal = new GbdtClassifier(new Focal(2), options.withMinChildWeight(0.01)).fit(cancer.x(), cancer.y());
        assertThat(focal.score(cancer.x(), cancer.y())).isGreaterThan(0.97);
        double[] f = focal.decisionFunction(cancer.x()).toDoubleArray();
        for (int i = 0; i < 20; i++)
            assertThat(focal.predictProba(cancer.x()).item(i, 1)).isCloseTo(1 / (1 + Math.exp(-f[i])), within(1e-12));
        // Without the factor it is the log loss.
        var plain = new GbdtClassifier(options).fit(cancer.x(), cancer.y());
        var none = new GbdtClassifier(new Focal(0), options).fit(cancer.x(), cancer.y());
        assertThat(none.trees().scores(cancer.x()).toDoubleArray()).containsExactly(plain.trees().scores(cancer.x()).toDoubleArray(),
                within(1e-4));
        // A model needs no objective once it is fitted: it saves and loads like any.
        focal.save(folder.resolve("focal"));
        assertThat(Model.load(folder.resolve("focal"), GbdtClassifierModel.class).decisionFunction(cancer.x()).toDoubleArray())
                .isEqualTo(f);
        var iris = Datasets.iris();
        assertThatThrownBy(() -> new GbdtClassifier(new Focal(2), options).fit(iris.x(), iris.y())).hasMessageContaining("2 classes");
        assertThatThrownBy(() -> new GbdtClassifier(logCosh(), options)).hasMessageContaining("log odds");
    }

    private record Oddly(BoostingObjective meaning) implements RowObjective {
        @Override public double loss(double y, double f) { return 0; }

        @Override public double gradient(double y, double f) { return Double.NaN; }

        @Override public double hessian(double y, double f) { return 1; }
    }

    @Test void wrongTargetsAndObjectivesAreRefusedInWords() {
        Tensor x = Tensor.of(new double[] {1, 2, 3, 4}, 4, 1), y = Tensor.of(1.0, -2, 3, 0);
        assertThatThrownBy(() -> new GbdtRegressor(RowObjective.tweedie(1.5), GbdtOptions.DEFAULT).fit(x, y)).hasMessageContaining("-2.0")
                .hasMessageContaining("at least 0");
        assertThatThrownBy(() -> new GbdtRegressor(RowObjective.gamma(), GbdtOptions.DEFAULT).fit(x, y.abs())).hasMessageContaining("0.0")
                .hasMessageContaining("above 0");
        assertThatThrownBy(() -> new GbdtRegressor(RowObjective.poisson(), GbdtOptions.DEFAULT).fit(x, y.mul(0)))
                .hasMessageContaining("-Infinity");
        assertThatThrownBy(() -> RowObjective.tweedie(2)).hasMessageContaining("2.0");
        assertThatThrownBy(() -> RowObjective.quantile(1)).hasMessageContaining("1.0");
        assertThatThrownBy(() -> RowObjective.of(BoostingObjective.QUANTILE)).hasMessageContaining("quantile(0.5)");
        assertThatThrownBy(() -> RowObjective.of(BoostingObjective.SOFTMAX)).hasMessageContaining("SOFTMAX");
        assertThatThrownBy(() -> new GbdtRegressor(new Oddly(BoostingObjective.QUANTILE), GbdtOptions.DEFAULT))
                .hasMessageContaining("QUANTILE");
        assertThatThrownBy(
                () -> new GbdtRegressor(new Oddly(BoostingObjective.SQUARED_ERROR), GbdtOptions.DEFAULT.withBaseScore(0)).fit(x, y))
                .hasMessageContaining("NaN");
        assertThatThrownBy(() -> new GbdtRegressor(RowObjective.absoluteError(), GbdtOptions.symmetric()))
                .hasMessageContaining("ordered boosting");
    }
}
