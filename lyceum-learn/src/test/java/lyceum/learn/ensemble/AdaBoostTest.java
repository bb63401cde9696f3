package lyceum.learn.ensemble;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.learn.ensemble.AdaBoostClassifier.Algorithm;
import lyceum.learn.ensemble.AdaBoostClassifier.Stop;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.neighbors.KNeighborsClassifier;
import lyceum.learn.tree.DecisionTreeClassifier;
import lyceum.learn.tree.DecisionTreeRegressor;
import lyceum.random.Rng;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.LearnerContract;
import lyceum.stats.learner.RegressionModel;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class AdaBoostTest {
    private static final String TOPIC = "adaboost";

    @TestFactory Stream<DynamicTest> discreteVotesKeepTheContract() { return LearnerContract.of(new AdaBoostClassifier(20)).tests(); }

    @TestFactory Stream<DynamicTest> realVotesKeepTheContract() {
        return LearnerContract.of(new AdaBoostClassifier(10).withAlgorithm(Algorithm.SAMME_R).withLearningRate(0.5)).tests();
    }

    @TestFactory Stream<DynamicTest> numbersKeepTheContract() { return LearnerContract.of(new AdaBoostRegressor(10)).tests(); }

    @TestFactory Stream<DynamicTest> resampledNumbersKeepTheContract() {
        return LearnerContract.of(new AdaBoostRegressor(10).withResample(true).withLoss(AdaBoostRegressor.Loss.SQUARE)).tests();
    }

    /** What the golden file's recipe draws: nearly normal rows, classes by the rank of their squared length. */
    static Dataset quantiles(int seed, int n, int p, int classes) {
        double[] x = Arrays.stream(new Recipe(seed).bells(n * p)).map(v -> Math.rint(4096 * v) / 4096).toArray(), length = new double[n];
        for (int i = 0; i < n * p; i++) length[i / p] += x[i] * x[i];
        var y = new long[n];
        for (int i = 0; i < n; i++) {
            int rank = 0;
            for (int j = 0; j < n; j++) if (length[j] < length[i] || length[j] == length[i] && j < i) rank++;
            y[i] = (long) rank * classes / n;
        }
        return Dataset.of(Tensor.of(x, n, p), Tensor.of(y));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void votesErrorsAndDecisionsEqualScikitLearn() {
        Gap discrete = Gap.relativeBeyondOne(), real = Gap.relativeBeyondOne();
        int cases = 0;
        for (var c : Golden.load("golden/adaboost.json").list("cases")) {
            var data = quantiles(c.integer("input.seed"), c.integer("input.n"), c.integer("input.p"), c.integer("input.classes"));
            var learner = new AdaBoostClassifier(25)
                    .withAlgorithm(c.text("input.algorithm").equals("SAMME") ? Algorithm.SAMME : Algorithm.SAMME_R)
                    .withLearningRate(c.number("input.rate"));
            var model = learner.fit(data.x(), data.y());
            var gap = learner.algorithm() == Algorithm.SAMME ? discrete : real;
            gap.see(c, "expected.weights", model.memberWeights());
            gap.see(c, "expected.errors", model.errors());
            gap.see(c, "expected.decisions", model.decisionFunction(data.x().narrow(0, 0, 24)).toDoubleArray());
            gap.see(c, "expected.probabilities", model.predictProba(data.x().narrow(0, 0, 8)).toDoubleArray());
            cases++;
        }
        Evidence.of("cases: 2, 3 and 4 classes, both algorithms, two rates", cases, exactly(12));
        Evidence.of("largest gap to scikit-learn, SAMME", discrete, below(1e-11)); // what double precision gives
        Evidence.of("largest gap to scikit-learn, SAMME.R", real, below(1e-6)); // logarithms of shares that are nearly 0
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void theProductOfErrorsBoundsTheTrainingError() {
        double most = Double.NEGATIVE_INFINITY;
        int stages = 0;
        for (int run = 0; run < 200; run++) {
            var data = Datasets.classification(Rng.of(run), 60 + run, 5, 3, 1, 2, 0.7, 0.1 + 0.001 * run);
            var model = new AdaBoostClassifier(40).fit(data.x(), data.y());
            double[] scores = model.stagedScores(data.x(), data.y()), e = model.errors();
            double bound = 1;
            for (int m = 0; m < scores.length; m++) {
                bound *= 2 * Math.sqrt(e[m] * (1 - e[m]));
                most = Math.max(most, 1 - scores[m] - bound);
                stages++;
            }
        }
        Evidence.of("stages of 200 runs", stages, above(6000));
        Evidence.of("largest training error less the bound", most, atMost(1e-12));
    }

    /** Notes the weights that it is given, and what came of them. */
    private record Watched(Classifier inner, List<double[]> weights) implements Classifier {
        @Override public ClassificationModel fit(Tensor x, Tensor labels, Tensor w) {
            weights.add(w.toDoubleArray());
            return inner.fit(x, labels, w);
        }
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void afterTheUpdateTheLastLearnerIsNoBetterThanChance() {
        double worst = 0;
        int updates = 0;
        for (int run = 0; run < 24; run++) {
            int classes = 2 + run % 4;
            var data = Datasets.classification(Rng.of(run), 200, 6, 4, 1, classes, 0.8, 0.15);
            var given = new Recipe(run).uniforms(200);
            var weights = new ArrayList<double[]>();
            var model = new AdaBoostClassifier(15).withMember(new Watched(new DecisionTreeClassifier().withMaxDepth(2), weights))
                    .fit(data.x(), data.y(), run % 3 == 0 ? Tensor.of(given) : null);
            for (int m = 0; m + 1 < model.members().size(); m++) {
                long[] said = model.members().get(m).predict(data.x()).toLongArray(), truth = data.y().toLongArray();
                double missed = 0, all = 0;
                for (int i = 0; i < 200; i++) {
                    all += weights.get(m + 1)[i];
                    if (said[i] != truth[i]) missed += weights.get(m + 1)[i];
                }
                worst = Math.max(worst, Math.abs(missed / all - (1 - 1.0 / classes)));
                updates++;
            }
        }
        Evidence.of("updates looked at, 2 to 5 classes", updates, above(250));
        Evidence.of("weighted error of the last learner less 1 - 1/K", worst, below(1e-12));
    }

    /** Hastie, Tibshirani and Friedman (2009), section 10.1: y tells whether the squared length exceeds its median. */
    static Dataset chiSquare(Rng rng, int n) {
        var x = new double[n * 10];
        var y = new long[n];
        for (int i = 0; i < n; i++) {
            double sum = 0;
            for (int j = 0; j < 10; j++) {
                x[i * 10 + j] = rng.nextGaussian();
                sum += x[i * 10 + j] * x[i * 10 + j];
            }
            y[i] = sum > 9.34 ? 1 : 0;
        }
        return Dataset.of(Tensor.of(x, n, 10), Tensor.of(y));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void manyStumpsLearnTheSphere() {
        double most = 0, least = 1;
        for (int seed = 0; seed < 3; seed++) {
            Dataset train = chiSquare(Rng.of(seed), 2000), test = chiSquare(Rng.of(seed).split(1), 10_000);
            var model = new AdaBoostClassifier(400).fit(train.x(), train.y());
            double[] scores = model.stagedScores(test.x(), test.y());
            assertThat(scores).hasSize(400);
            most = Math.max(most, 1 - scores[399]);
            least = Math.min(least, 1 - scores[0]);
        }
        Evidence.of("largest test error of 400 stumps in three draws", most, below(0.15));
        Evidence.of("least test error of one stump in three draws", least, above(0.4));
    }

    @Test void stagesScoresMarginsAndProbabilitiesFitTogether() {
        var data = Datasets.classification(Rng.of(9), 150, 5, 3, 1, 3, 1, 0.1);
        var model = new AdaBoostClassifier(12).fit(data.x(), data.y());
        double[] scores = model.stagedScores(data.x(), data.y()), margins = model.margins(data.x(), data.y()).toDoubleArray();
        for (int m = 0; m < 12; m++) assertThat(scores[m]).isCloseTo(model.first(m + 1).score(data.x(), data.y()), within(1e-12));
        double total = Arrays.stream(model.memberWeights()).sum();
        long[] truth = data.y().toLongArray(), said = model.predict(data.x()).toLongArray();
        for (int i = 0; i < 150; i += 7) {
            var share = new double[3];
            for (int m = 0; m < 12; m++)
                share[(int) model.members().get(m).predict(data.x().narrow(0, i, 1)).item()] += model.memberWeights()[m] / total;
            double other = 0;
            for (int c = 0; c < 3; c++) if (c != truth[i]) other = Math.max(other, share[c]);
            assertThat(margins[i]).isCloseTo(share[(int) truth[i]] - other, within(1e-12));
            if (margins[i] > 1e-9) assertThat(said[i]).isEqualTo(truth[i]);
        }
    }

    @Test void theTenPointsOfTheArticle() {
        var x = Tensor.arange(1, 11, 1).to(DType.F64).reshape(10, 1);
        var y = Tensor.of(1L, 1, -1, -1, 1, 1, 1, -1, -1, -1);
        var model = new AdaBoostClassifier(3).fit(x, y);
        assertThat(model.errors()).containsExactly(new double[] {0.2, 0.1875, 5 / 26.0}, within(1e-12));
        // Alpha for two classes is twice that of the article.
        assertThat(model.memberWeights()).containsExactly(new double[] {Math.log(4), Math.log(13 / 3.0), Math.log(21 / 5.0)},
                within(1e-12));
        assertThat(model.stagedScores(x, y)).containsExactly(0.8, 0.7, 1);
    }

    @Test void fitsStopAtPerfectAndAtHopelessMembers() {
        var data = Datasets.moons(Rng.of(1), 60, 0.1);
        var perfect = new AdaBoostClassifier(10).withMember(new DecisionTreeClassifier()).fit(data.x(), data.y());
        assertThat(perfect.stop()).isEqualTo(Stop.PERFECT);
        assertThat(perfect.members()).hasSize(1);
        // The same point with either label: no stump is better than chance.
        var same = Tensor.ones(DType.F64, 4, 1);
        assertThatThrownBy(() -> new AdaBoostClassifier(5).fit(same, Tensor.of(0L, 1, 0, 1))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no better than chance");
        // One of four says otherwise: after one stump all weights are even.
        var one = new AdaBoostClassifier(5).fit(same, Tensor.of(0L, 1, 0, 0));
        assertThat(one.stop()).isEqualTo(Stop.CHANCE);
        assertThat(one.members()).hasSize(1);
        assertThat(new AdaBoostClassifier(7).fit(data.x().narrow(1, 0, 1), data.y()).stop()).isEqualTo(Stop.STAGES);
        assertThatThrownBy(() -> new AdaBoostClassifier(0)).hasMessageContaining("0 stages");
        assertThatThrownBy(() -> new AdaBoostClassifier(3).withLearningRate(0)).hasMessageContaining("learningRate is 0.0");
        var lines = new AdaBoostClassifier(5).withMember(new LogisticRegression()).fit(data.x(), data.y());
        assertThat(lines.members()).isNotEmpty();
        var unweighted = new KNeighborsClassifier(3);
        if (unweighted.tags().contains(Tag.NO_WEIGHTS))
            assertThatThrownBy(() -> new AdaBoostClassifier(3).withMember(unweighted)).hasMessageContaining("takes no weights");
    }

    /** Drucker's algorithm written out, with weighted trees. */
    @Test void numbersFollowDrucker() {
        var data = Datasets.friedman1(Rng.of(3), 120, 6, 1);
        double[] y = data.y().toDoubleArray();
        for (var loss : AdaBoostRegressor.Loss.values()) {
            for (double rate : new double[] {1, 0.4}) {
                var model = new AdaBoostRegressor(8).withLoss(loss).withLearningRate(rate).fit(data.x(), data.y());
                double[] w = new double[120], votes = new double[8];
                double[][] said = new double[8][];
                Arrays.fill(w, 1.0 / 120);
                for (int m = 0; m < 8; m++) {
                    said[m] = new DecisionTreeRegressor().withMaxDepth(3).fit(data.x(), data.y(), Tensor.of(w)).predict(data.x())
                            .toDoubleArray();
                    double top = 0, mean = 0, sum = 0;
                    for (int i = 0; i < 120; i++) top = Math.max(top, Math.abs(said[m][i] - y[i]));
                    var cost = new double[120];
                    for (int i = 0; i < 120; i++) {
                        double d = Math.abs(said[m][i] - y[i]) / top;
                        cost[i] = switch (loss) {
                            case LINEAR -> d;
                            case SQUARE -> d * d;
                            case EXPONENTIAL -> 1 - Math.exp(-d);
                        };
                        mean += w[i] * cost[i];
                    }
                    votes[m] = rate * Math.log((1 - mean) / mean);
                    assertThat(model.errors()[m]).isCloseTo(mean, within(1e-10));
                    for (int i = 0; i < 120; i++) sum += w[i] *= Math.pow(mean / (1 - mean), rate * (1 - cost[i]));
                    for (int i = 0; i < 120; i++) w[i] /= sum;
                }
                assertThat(model.memberWeights()).containsExactly(votes, within(1e-9));
                double[] f = model.predict(data.x()).toDoubleArray();
                double total = Arrays.stream(votes).sum();
                for (int i = 0; i < 120; i++) {
                    double upTo = 0, before = 0;
                    for (int m = 0; m < 8; m++) {
                        if (said[m][i] <= f[i] + 1e-9) upTo += votes[m];
                        if (said[m][i] < f[i] - 1e-9) before += votes[m];
                    }
                    assertThat(upTo).isGreaterThanOrEqualTo(total / 2 - 1e-9);
                    assertThat(before).isLessThan(total / 2);
                }
            }
        }
    }

    @Test void resamplingSeesTheWeights() {
        var data = Datasets.friedman1(Rng.of(3), 200, 6, 1);
        var model = new AdaBoostRegressor(30).withResample(true).withSeed(2).fit(data.x(), data.y());
        RegressionModel tree = new DecisionTreeRegressor().withMaxDepth(3).fit(data.x(), data.y());
        var test = Datasets.friedman1(Rng.of(4), 1000, 6, 0);
        assertThat(model.score(test.x(), test.y())).isGreaterThan(tree.score(test.x(), test.y()) + 0.1);
    }
}
