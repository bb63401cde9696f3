package lyceum.learn.calibration;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import lyceum.data.Datasets;
import lyceum.data.Split;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.linear.Perceptron;
import lyceum.learn.metrics.ScoringRules;
import lyceum.learn.selection.KFold;
import lyceum.learn.tree.DecisionTreeClassifier;
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

class PlattIsotonicTest {
    private static final String TOPIC = "platt-isotonic";
    private static final Golden GOLDEN = Golden.load("golden/platt-isotonic.json");

    private record Input(double[] x, double[] y, double[] w, double[] at, Recipe rest) {
        static Input of(int i) {
            var r = new Recipe(60700 + i);
            int n = 1 + r.below(40);
            double[] x = new double[n], y = new double[n], w = new double[n], at = new double[10];
            for (int k = 0; k < n; k++) x[k] = i % 2 == 1 ? r.below(30) / 4.0 : r.bell();
            for (int k = 0; k < n; k++) y[k] = i % 4 < 2 ? r.uniform() < 0.5 ? 1 : 0 : r.bell() + x[k];
            for (int k = 0; k < n; k++) w[k] = 0.25 + r.uniform();
            for (int k = 0; k < 10; k++) at[k] = 3 * r.bell();
            return new Input(x, y, i % 3 == 0 ? null : w, at, r);
        }

        double weight(int i) { return w == null ? 1 : w[i]; }

        /** Rows whose x lies in a closed interval, as weight and weighted mean of y. */
        double[] mean(double from, double to) {
            double sum = 0, weight = 0;
            for (int i = 0; i < x.length; i++) {
                if (x[i] < from || x[i] > to) continue;
                sum += weight(i) * y[i];
                weight += weight(i);
            }
            return new double[] {weight, sum / weight};
        }
    }

    /** Optimal are increasing blocks, each at its mean, none of which starts lower than it ends: the mean of every beginning is at least the block's. */
    @Acceptance(topic = TOPIC, clause = 1)
    @Test void poolingEqualsScikitLearnAndItsBlocksAreOptimal() {
        Gap gap = Gap.relativeBeyondOne(), means = Gap.absolute();
        int notRising = 0, notOptimal = 0, beginnings = 0;
        double[][] rows = GOLDEN.named("isotonic").matrix("expected.rows");
        for (int i = 0; i < rows.length; i++) {
            var in = Input.of(i);
            var g = IsotonicRegression.fit(in.x, in.y, in.w);
            double print = 0;
            for (double x : in.x) print += g.at(x) * in.rest.uniform();
            for (double x : in.at) print += g.at(x) * in.rest.uniform();
            gap.see("input " + i, print, rows[i][1]);
            for (int k = 1; k < g.x().length; k++) if (g.y()[k] < g.y()[k - 1] || g.x()[k] <= g.x()[k - 1]) notRising++;
            for (int k = 0; k < g.x().length; k++) {
                int end = k + 1 < g.x().length && g.y()[k + 1] == g.y()[k] ? k + 1 : k;
                means.see("input " + i + ", block " + k, g.y()[k], in.mean(g.x()[k], g.x()[end])[1]);
                for (double x : in.x) {
                    if (x < g.x()[k] || x > g.x()[end]) continue;
                    beginnings++;
                    if (in.mean(g.x()[k], x)[1] < g.y()[k] - 1e-12) notOptimal++;
                }
                k = end;
            }
        }
        Evidence.of("inputs", rows.length, exactly(500));
        Evidence.of("random sums over each fit and ten places, less scikit-learn's", gap, atMost(1e-13));
        Evidence.of("blocks less the mean of their rows", means, atMost(1e-13));
        Evidence.of("blocks that do not rise", notRising, exactly(0));
        Evidence.of("beginnings of a block below its mean", notOptimal, exactly(0));
        Evidence.of("beginnings looked at", beginnings, above(5000));
    }

    @Test void pooledListOfTheArticle() {
        double[] x = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, y = {0, 0, 1, 0, 1, 1, 0, 1, 1, 1};
        var g = IsotonicRegression.fit(x, y, null);
        double[] fitted = Arrays.stream(x).map(g::at).toArray();
        assertThat(fitted).containsExactly(new double[] {0, 0, 0.5, 0.5, 2 / 3.0, 2 / 3.0, 2 / 3.0, 1, 1, 1}, within(1e-15));
        assertThat(g.at(2.5)).isEqualTo(0.25);
        assertThat(g.at(-9)).isZero();
        assertThat(g.at(99)).isEqualTo(1);
        assertThat(IsotonicRegression.fit(x, y, new double[] {0, 0, 0, 0, 0, 0, 0, 0, 3, 0}).at(4)).isEqualTo(1);
        assertThatThrownBy(() -> IsotonicRegression.fit(new double[] {Double.NaN}, new double[] {1}, null))
                .hasMessageContaining("row 0 has x NaN");
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void plattsNumbersEqualScikitLearn() {
        Gap gap = Gap.absolute(), p = Gap.absolute();
        int fits = 0;
        for (var c : GOLDEN.cases("platt")) {
            int i = (int) c.number("input.seed") - 61300, k = 2 + i % 3;
            var r = new Recipe(61300 + i);
            int n = 20 + r.below(200);
            int[] truth = r.belows(k, n);
            for (int j = 0; j < k; j++) truth[j] = j;
            var s = new double[n][k];
            var one = new double[n];
            for (int row = 0; row < n; row++) {
                if (k == 2) one[row] = (r.bell() + 2 * truth[row]) * (i % 5 == 4 ? 10 : 1);
                else for (int j = 0; j < k; j++) s[row][j] = r.bell() + (truth[row] == j ? 1.5 : 0);
            }
            var w = new double[n];
            for (int row = 0; row < n; row++) w[row] = 0.25 + r.uniform();
            var scores = k == 2 ? Tensor.of(one) : Tensor.of(s);
            var map = Calibrator.platt().fit(scores, Tensor.of(truth), i % 2 == 1 ? Tensor.of(w) : null);
            gap.see(c, "expected.slope", map.slope()).see(c, "expected.intercept", map.intercept());
            p.see(c, "expected.p", map.apply(scores).narrow(0, 0, 3).toDoubleArray());
            fits += map.slope().length;
        }
        Evidence.of("sigmoids, of two, three and four classes", fits, exactly(8 + 24 + 32));
        Evidence.of("a and b less scikit-learn's", gap, atMost(1e-6));
        Evidence.of("probabilities less scikit-learn's", p, atMost(1e-6));
    }

    /** At the optimum the targets' residuals are orthogonal to 1 and to the scores; scikit-learn stops a little before. */
    @Test void plattsGradientIsZero() {
        var rng = Rng.of(2);
        for (int run = 0; run < 50; run++) {
            int n = 10 + rng.nextInt(100);
            double[] s = new double[n];
            int[] truth = new int[n];
            double up = 0;
            for (int i = 0; i < n; i++) {
                truth[i] = run == 0 ? 1 : rng.nextInt(2);
                s[i] = run == 1 ? 5 : 1000 + (run % 3 == 0 ? 200 : 1) * (rng.nextGaussian() + 6 * truth[i]);
                up += truth[i];
            }
            var map = Calibrator.platt().fit(Tensor.of(s), Tensor.of(truth));
            double[] p = map.apply(Tensor.of(s)).select(1, 1).toDoubleArray();
            double plain = 0, scored = 0;
            for (int i = 0; i < n; i++) {
                double t = truth[i] == 1 ? (up + 1) / (up + 2) : 1 / (n - up + 2);
                plain += p[i] - t;
                scored += (p[i] - t) * (s[i] - 1000);
            }
            assertThat(plain).as("run " + run).isCloseTo(0, within(1e-8));
            assertThat(scored).as("run " + run).isCloseTo(0, within(1e-5));
        }
    }

    /** Means over 100 draws of the log loss that a row costs in expectation, on 2,000 test rows. */
    @Acceptance(topic = TOPIC, clause = 3)
    @Test void isotonicWinsWithManyRowsAndPlattWithFew() {
        double[] few = losses(50, Rng.of(607)), many = losses(5000, Rng.of(608));
        Evidence.of("n = 50: log loss of isotonic less Platt's, mean over 100 draws", few[1] - few[0], above(0));
        Evidence.of("n = 50: that over its standard error", few[2], above(4));
        Evidence.of("n = 5000: log loss of Platt less isotonic's", many[0] - many[1], above(0));
        Evidence.of("n = 5000: that over its standard error", -many[2], above(4));
    }

    /** Platt's mean loss, isotonic's, and the mean difference over its standard error. */
    private static double[] losses(int n, Rng rng) {
        double platt = 0, isotonic = 0, square = 0;
        int draws = 100;
        for (int d = 0; d < draws; d++) {
            double[] z = new double[n];
            var truth = new int[n];
            for (int i = 0; i < n; i++) {
                z[i] = 2 * rng.nextGaussian();
                truth[i] = rng.nextDouble() < 1 / (1 + Math.exp(-z[i])) ? 1 : 0;
            }
            var test = new double[2000];
            for (int i = 0; i < test.length; i++) test[i] = 2 * rng.nextGaussian();
            Tensor s = distorted(z), y = Tensor.of(truth), at = distorted(test);
            double a = loss(test, Calibrator.platt().fit(s, y).apply(at)), b = loss(test, Calibrator.isotonic().fit(s, y).apply(at));
            platt += a / draws;
            isotonic += b / draws;
            square += (b - a) * (b - a) / draws;
        }
        double mean = isotonic - platt;
        return new double[] {platt, isotonic, mean / Math.sqrt((square - mean * mean) / (draws - 1))};
    }

    private static Tensor distorted(double[] z) { return Tensor.of(Arrays.stream(z).map(v -> v + 0.45 * Math.sin(2 * v)).toArray()); }

    private static double loss(double[] z, Tensor probabilities) {
        double[] p = probabilities.select(1, 1).toDoubleArray();
        double sum = 0;
        for (int i = 0; i < z.length; i++) {
            double q = 1 / (1 + Math.exp(-z[i]));
            sum -= q * Math.log(p[i]) + (1 - q) * Math.log1p(-p[i]);
        }
        return sum / z.length;
    }

    @TestFactory Stream<DynamicTest> calibratedClassifiersKeepTheContract() {
        return Stream
                .of(new CalibratedClassifier(new LogisticRegression(), Calibrator.platt(), new KFold(3).shuffled(1)),
                        new CalibratedClassifier(new LogisticRegression(), Calibrator.isotonic(), new KFold(2).shuffled(1)),
                        new CalibratedClassifier(new LogisticRegression(), Calibrator.temperature(), new KFold(3).shuffled(2)))
                .flatMap(learner -> LearnerContract.of(learner).withRows(60).tests());
    }

    @Test void calibratesAPerceptronATreeAndAModelThatStands() {
        var parts = Split.stratified(Datasets.breastCancer(), Rng.of(1), 0.5, 0.25, 0.25);
        var train = parts.get(0);
        var held = parts.get(1);
        var test = parts.get(2);
        var perceptron = new Perceptron().fit(train.x(), train.y());
        var prefit = CalibratedClassifier.prefit(perceptron, Calibrator.platt(), held.x(), held.y());
        assertThat(ScoringRules.LOG.mean(test.y(), prefit.predictProba(test.x()))).isLessThan(0.35);
        // A tree's infinite scores: probabilities instead; log loss becomes finite.
        var tree = new DecisionTreeClassifier();
        assertThat(ScoringRules.LOG.mean(test.y(), tree.fit(train.x(), train.y()).predictProba(test.x()))).isInfinite();
        for (var calibrator : new Calibrator[] {Calibrator.platt(), Calibrator.isotonic(), Calibrator.temperature()}) {
            var model = new CalibratedClassifier(tree, calibrator).fit(train.x(), train.y());
            assertThat(ScoringRules.LOG.mean(test.y(), model.predictProba(test.x()))).as(calibrator.toString()).isLessThan(0.35);
            assertThat(model.parts()).hasSize(5);
        }
        // The mean of the parts' maps.
        var model = new CalibratedClassifier(new LogisticRegression(), Calibrator.isotonic(), new KFold(3).shuffled(1))
                .fit(held.x().div(100), held.y());
        double[] sum = new double[(int) test.y().size(0)], p = model.predictProba(test.x().div(100)).select(1, 1).toDoubleArray();
        for (var part : model.parts()) {
            double[] one = part.map().apply(part.model().decisionFunction(test.x().div(100))).select(1, 1).toDoubleArray();
            for (int i = 0; i < sum.length; i++) sum[i] += one[i] / 3;
        }
        assertThat(p).containsExactly(sum, within(1e-14));
        assertThatThrownBy(() -> CalibratedClassifier.prefit(perceptron, Calibrator.platt(), held.x(), held.y().add(1)))
                .hasMessageContaining("label 2 in row");
    }

    @Test void clippedIsotonicKeepsItsDistance() {
        Tensor s = Tensor.of(1.0, 2.0, 3.0, 4.0), y = Tensor.of(new int[] {0, 0, 1, 1});
        assertThat(Calibrator.isotonic().fit(s, y).apply(s).select(1, 1).toDoubleArray())
                .containsExactly(new double[] {1 / 6.0, 1 / 6.0, 5 / 6.0, 5 / 6.0}, within(1e-15));
        assertThat(Calibrator.isotonic().withClip(false).fit(s, y).apply(Tensor.of(0.0, 2.5, 9.0)).select(1, 1).toDoubleArray())
                .containsExactly(0, 0.5, 1);
        // No class has a chance: equal ones.
        var none = new IsotonicMap(List.of(IsotonicRegression.fit(new double[] {0}, new double[] {0}, null),
                IsotonicRegression.fit(new double[] {0}, new double[] {0}, null)), 0);
        assertThat(none.apply(Tensor.of(new double[][] {{1, 2}})).toDoubleArray()).containsExactly(0.5, 0.5);
        assertThatThrownBy(() -> Calibrator.platt().fit(Tensor.of(1.0, Double.NaN), Tensor.of(new int[] {0, 1})))
                .hasMessageContaining("a score of row 1 is NaN");
        assertThatThrownBy(() -> Calibrator.platt().fit(s, Tensor.of(new int[] {0, 1, 2, 1}))).hasMessageContaining("class 2 in row 2");
    }
}
