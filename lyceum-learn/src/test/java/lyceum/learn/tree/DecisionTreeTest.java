package lyceum.learn.tree;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleUnaryOperator;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

/** The clauses of the topic. */
class DecisionTreeTest {
    private static final String TOPIC = "decision-tree";

    /** What the recipe of the golden file draws. */
    private record Drawn(Tensor x, double[] y, Tensor weights) {
        static Drawn of(Golden input) {
            var r = new Recipe(input.integer("seed"));
            int n = input.integer("n");
            double[] x = Arrays.stream(r.belows(1 << 20, 4 * n)).mapToDouble(v -> v / 1024.0).toArray(), noise = r.uniforms(n),
                    y = new double[n];
            for (int i = 0; i < n; i++) {
                double u0 = x[4 * i] / 1024, u1 = x[4 * i + 1] / 1024, u2 = x[4 * i + 2] / 1024;
                y[i] = switch (input.text("kind")) {
                    case "classes" -> (u0 > 0.5 ? 1 : 0) + (u1 + 0.4 * noise[i] > 0.7 ? 1 : 0);
                    case "counts" -> Math.floor(4 * u0 * u1 + 3 * noise[i]);
                    default -> Math.floor(1e6 * (u0 + u1 * u2 + 0.5 * noise[i])) / 1024;
                };
            }
            double[] w = Arrays.stream(r.uniforms(n)).map(u -> 0.5 + u).toArray();
            return new Drawn(Tensor.of(x, n, 4), y, input.flag("weighted") ? Tensor.of(w) : null);
        }

        DecisionTree fit(SplitCriterion criterion, TreeOptions options) {
            if (!criterion.isForClasses()) return new DecisionTreeRegressor(criterion, options).fit(x, Tensor.of(y), weights).tree();
            return new DecisionTreeClassifier(criterion, options)
                    .fit(x, Tensor.of(Arrays.stream(y).mapToLong(v -> (long) v).toArray()), weights).tree();
        }
    }

    private static int orElse(Golden input, String path) {
        return input.at(path).toString().endsWith("null") ? Integer.MAX_VALUE : input.integer(path);
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void treesAndPruningPathsEqualScikitLearnForFiveCriteria() {
        var gap = Gap.relativeBeyondOne();
        int cases = 0, paths = 0;
        for (var c : Golden.load("golden/decision-tree.json").list("cases")) {
            String name = c.text("name");
            var input = c.at("input");
            var drawn = Drawn.of(input);
            var criterion = SplitCriterion.valueOf(input.text("criterion").toUpperCase(Locale.ROOT));
            var options = TreeOptions.DEFAULT.withMaxDepth(orElse(input, "maxDepth")).withMinSamplesLeaf(input.integer("minSamplesLeaf"))
                    .withMinSamplesSplit(input.integer("minSamplesSplit")).withMaxLeafNodes(orElse(input, "maxLeafNodes"))
                    .withMinImpurityDecrease(input.number("minImpurityDecrease"));
            var tree = drawn.fit(criterion, options);
            var expected = c.at("expected.tree");
            assertThat(tree.feature()).as(name).isEqualTo(expected.ints("feature"));
            assertThat(tree.left()).as(name).isEqualTo(expected.ints("left"));
            assertThat(tree.right()).as(name).isEqualTo(expected.ints("right"));
            assertThat(tree.samples()).as(name).isEqualTo(expected.ints("samples"));
            gap.see(expected, "impurity", tree.impurity());
            gap.see(expected, "weight", tree.weight());
            gap.see(expected, "value", tree.value());
            var thresholds = expected.list("threshold");
            for (int i = 0; i < tree.nodes(); i++)
                if (!tree.isLeaf(i)) assertThat(tree.threshold()[i]).as(name)
                        .isEqualTo(Double.parseDouble(thresholds.get(i).toString().replaceAll("^.*[= ]", "")));
            gap.see(c, "expected.importances", tree.importances());
            assertThat(tree.depth()).isEqualTo(c.integer("expected.depth"));
            assertThat(tree.leaves()).isEqualTo(c.integer("expected.leaves"));
            cases++;
            if (!c.has("expected.pruning")) continue;
            var path = drawn.fit(criterion, TreeOptions.DEFAULT.withMaxDepth(6).withMinSamplesLeaf(input.integer("minSamplesLeaf")))
                    .pruningPath();
            gap.see(c, "expected.pruning.alphas", path.alphas());
            gap.see(c, "expected.pruning.impurities", path.impurities());
            paths++;
        }
        Evidence.of("trees with equal splits", cases, exactly(41));
        Evidence.of("pruning paths", paths, above(20));
        Evidence.of("largest gap to scikit-learn", gap, below(1e-10));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void unlimitedDepthFitsDistinctRowsPerfectly() {
        double worst = 1;
        for (int seed = 0; seed < 20; seed++) {
            var rng = Rng.of(seed);
            var x = Tensor.randn(rng, lyceum.DType.F64, 300, 3);
            var labels = Tensor.randint(rng, 0, 4, 300);
            var y = Tensor.randn(rng, lyceum.DType.F64, 300);
            for (var criterion : List.of(SplitCriterion.GINI, SplitCriterion.ENTROPY))
                worst = Math.min(worst, new DecisionTreeClassifier(criterion).fit(x, labels).score(x, labels));
            for (var criterion : List.of(SplitCriterion.SQUARED_ERROR, SplitCriterion.ABSOLUTE_ERROR))
                worst = Math.min(worst, new DecisionTreeRegressor(criterion).fit(x, y).score(x, y));
        }
        var digits = Datasets.digits();
        worst = Math.min(worst, new DecisionTreeClassifier().fit(digits.x(), digits.y()).score(digits.x(), digits.y()));
        Evidence.of("least score on the training rows", worst, exactly(1));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void trainingRowsAreInvariantToMonotoneMaps() {
        List<DoubleUnaryOperator> maps = List.of(Math::exp, v -> v * v * v, v -> Math.log(v + 100), v -> 1e6 * v + 3, Math::atan);
        int differing = 0;
        for (int seed = 0; seed < 20; seed++) {
            var data = Datasets.classification(Rng.of(seed), 200, 6, 4, 1, 3, 1, 0.1);
            var target = Datasets.friedman1(Rng.of(seed), 200, 6, 1);
            for (var map : maps) {
                for (int depth : new int[] {3, 7, Integer.MAX_VALUE}) {
                    var learner = new DecisionTreeClassifier().withMaxDepth(depth);
                    var regressor = new DecisionTreeRegressor().withMaxDepth(depth);
                    if (!Arrays.equals(learner.fit(data.x(), data.y()).predict(data.x()).toLongArray(),
                            learner.fit(mapped(data, map), data.y()).predict(mapped(data, map)).toLongArray()))
                        differing++;
                    if (!Arrays.equals(regressor.fit(target.x(), target.y()).predict(target.x()).toDoubleArray(),
                            regressor.fit(mapped(target, map), target.y()).predict(mapped(target, map)).toDoubleArray()))
                        differing++;
                }
            }
        }
        Evidence.of("fits that changed", differing, exactly(0));
    }

    private static Tensor mapped(Dataset data, DoubleUnaryOperator map) {
        return Tensor.of(Arrays.stream(data.x().toDoubleArray()).map(map).toArray(), data.size(), data.features());
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void noRootSplitOfBalancedXorGainsButDepthTwoFitsIt() {
        var x = new double[200];
        var y = new long[100];
        for (int i = 0; i < 100; i++) {
            x[2 * i] = i & 1;
            x[2 * i + 1] = i >> 1 & 1;
            y[i] = (i ^ i >> 1) & 1;
        }
        Tensor rows = Tensor.of(x, 100, 2), labels = Tensor.of(y);
        double gain = 0;
        for (var criterion : List.of(SplitCriterion.GINI, SplitCriterion.ENTROPY)) {
            var stump = new DecisionTreeClassifier(criterion).withMaxDepth(1).fit(rows, labels).tree();
            assertThat(stump.nodes()).isEqualTo(3);
            // The stump took the best split there is.
            gain = Math.max(gain,
                    stump.impurity()[0] - (stump.weight()[1] * stump.impurity()[1] + stump.weight()[2] * stump.impurity()[2]) / 100);
            assertThat(new DecisionTreeClassifier(criterion).withMaxDepth(2).fit(rows, labels).score(rows, labels)).isEqualTo(1);
        }
        Evidence.of("gain at the root", gain, exactly(0));
        assertThat(new DecisionTreeClassifier().withMinImpurityDecrease(1e-9).fit(rows, labels).tree().nodes()).isEqualTo(1);
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void pruningImprovesTestAccuracyInNoisyDraws() {
        int better = 0;
        for (int seed = 0; seed < 20; seed++) {
            var rng = Rng.of(seed);
            var data = Datasets.classification(rng, 1400, 8, 4, 1, 2, 1, 0.3);
            Dataset train = data.range(0, 400), test = data.range(400, 1400);
            var learner = new DecisionTreeClassifier();
            double alpha = PruningSearch.of(learner, train.x(), train.y(), 5, rng).best();
            double pruned = learner.withPruningAlpha(alpha).fit(train.x(), train.y()).score(test.x(), test.y()),
                    full = learner.fit(train.x(), train.y()).score(test.x(), test.y());
            if (pruned > full) better++;
        }
        Evidence.of("draws in which the pruned tree wins", better, atLeast(16));
    }

    @Acceptance(topic = TOPIC, clause = 6)
    @Test void histogramModeIsWithinAHundredthOfExactAccuracy() {
        double gap = 0;
        for (int seed = 0; seed < 3; seed++) {
            var data = Datasets.classification(Rng.of(seed), 24_000, 10, 6, 2, 3, 1.2, 0.05);
            Dataset train = data.range(0, 16_000), test = data.range(16_000, 24_000);
            for (int depth : new int[] {6, 12}) {
                var learner = new DecisionTreeClassifier().withMaxDepth(depth);
                double exact = learner.fit(train.x(), train.y()).score(test.x(), test.y()),
                        histogram = learner.withBins(255).fit(train.x(), train.y()).score(test.x(), test.y());
                gap = Math.max(gap, Math.abs(exact - histogram));
            }
        }
        Evidence.of("largest gap in accuracy", gap, atMost(0.01));
        var digits = Datasets.digits();
        // Few values: every one has a bin, and the trees are the same.
        assertThat(new DecisionTreeClassifier().withBins(255).fit(digits.x(), digits.y()).tree().feature())
                .isEqualTo(new DecisionTreeClassifier().fit(digits.x(), digits.y()).tree().feature());
    }

    @Test void medianAndMeanOfALeaf() {
        var x = Tensor.of(new double[] {1, 1, 1, 1}, 4, 1);
        var y = Tensor.of(1.0, 2, 4, 100);
        assertThat(new DecisionTreeRegressor(SplitCriterion.ABSOLUTE_ERROR).fit(x, y).tree().value(0)[0]).isEqualTo(3);
        assertThat(new DecisionTreeRegressor().fit(x, y).tree().value(0)[0]).isCloseTo(26.75, within(1e-12));
        assertThat(new DecisionTreeRegressor(SplitCriterion.ABSOLUTE_ERROR).fit(x, y, Tensor.of(1.0, 1, 1, 5)).tree().value(0)[0])
                .isEqualTo(100);
    }
}
