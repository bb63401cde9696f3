package lyceum.learn.tree;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Tag;
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

    private static final List<DoubleUnaryOperator> INCREASING = List.of(Math::exp, v -> v * v * v, v -> Math.log(v + 100), v -> 1e6 * v + 3,
            Math::atan);

    /** Every column has a map of its own. The rows asked about were not there when the trees grew. */
    @Acceptance(topic = TOPIC, clause = 3)
    @Test void increasingMapsChangeNothingButWhereAThresholdLiesInItsGap() {
        var found = new Mapped();
        for (int seed = 0; seed < 20; seed++) {
            var data = Datasets.classification(Rng.of(seed), 1200, 6, 4, 1, 3, 1, 0.1);
            var target = Datasets.friedman1(Rng.of(seed), 1200, 6, 1);
            Dataset classes = data.range(0, 200), numbers = target.range(0, 200);
            Tensor newClasses = data.range(200, 1200).x(), newNumbers = target.range(200, 1200).x();
            for (int depth : new int[] {3, 7, Integer.MAX_VALUE}) {
                for (int first = 0; first < INCREASING.size(); first++) {
                    int shift = first;
                    IntFunction<DoubleUnaryOperator> maps = f -> INCREASING.get((f + shift) % INCREASING.size());
                    var learner = new DecisionTreeClassifier().withMaxDepth(depth);
                    var regressor = new DecisionTreeRegressor().withMaxDepth(depth);
                    found.see(classes.x(), newClasses, maps, x -> learner.fit(x, classes.y()).tree());
                    found.see(numbers.x(), newNumbers, maps, x -> regressor.fit(x, numbers.y()).tree());
                }
            }
        }
        Evidence.of("pairs of trees", found.trees, exactly(600));
        Evidence.of("whose questions, parts or answers differ", found.changed, exactly(0));
        Evidence.of("thresholds that are not midway between the mapped values", found.notMidway, exactly(0));
        Evidence.of("new rows in no gap of their path", found.clear, above(100_000));
        Evidence.of("of them in another leaf after the map", found.clearMoved, exactly(0));
        Evidence.of("rows in a gap that change sides, so that more cannot hold", found.gapMoved, above(0));
    }

    /** Trees on rows and on their images, compared node by node and row by row. */
    private static final class Mapped {
        int trees, changed, notMidway, clear, clearMoved, gapMoved;

        void see(Tensor rows, Tensor unseen, IntFunction<DoubleUnaryOperator> maps, Function<Tensor, DecisionTree> fit) {
            Tensor image = map(rows, maps);
            DecisionTree plain = fit.apply(rows), bent = fit.apply(image);
            trees++;
            if (!Arrays.equals(plain.feature(), bent.feature()) || !Arrays.equals(plain.left(), bent.left())
                    || !Arrays.equals(plain.right(), bent.right()) || !Arrays.equals(plain.samples(), bent.samples())
                    || !Arrays.equals(plain.value(), bent.value()) || !Arrays.equals(plain.apply(rows), bent.apply(image)))
                changed++;
            var gaps = gaps(plain, rows.toRows());
            for (int node = 0; node < plain.nodes(); node++) {
                if (plain.isLeaf(node)) continue;
                var g = maps.apply(plain.feature()[node]);
                if (bent.threshold()[node] != g.applyAsDouble(gaps[node][0]) / 2 + g.applyAsDouble(gaps[node][1]) / 2) notMidway++;
            }
            int[] before = plain.apply(unseen), after = bent.apply(map(unseen, maps));
            double[][] questions = unseen.toRows();
            for (int i = 0; i < before.length; i++) {
                if (isInAGap(plain, gaps, questions[i])) gapMoved += before[i] == after[i] ? 0 : 1;
                else {
                    clear++;
                    clearMoved += before[i] == after[i] ? 0 : 1;
                }
            }
        }

        /** Of each node the largest training value that went left and the smallest that went right. */
        private static double[][] gaps(DecisionTree tree, double[][] rows) {
            int[] feature = tree.feature(), left = tree.left(), right = tree.right();
            double[] threshold = tree.threshold();
            var gaps = new double[tree.nodes()][];
            for (int i = 0; i < gaps.length; i++) gaps[i] = new double[] {Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY};
            for (double[] row : rows) {
                for (int node = 0; feature[node] >= 0;) {
                    double v = row[feature[node]];
                    boolean goesLeft = v <= threshold[node];
                    if (goesLeft) gaps[node][0] = Math.max(gaps[node][0], v);
                    else gaps[node][1] = Math.min(gaps[node][1], v);
                    node = goesLeft ? left[node] : right[node];
                }
            }
            return gaps;
        }

        private static boolean isInAGap(DecisionTree tree, double[][] gaps, double[] row) {
            int[] feature = tree.feature(), left = tree.left(), right = tree.right();
            for (int node = 0; feature[node] >= 0;) {
                double v = row[feature[node]];
                if (v > gaps[node][0] && v < gaps[node][1]) return true;
                node = v <= gaps[node][0] ? left[node] : right[node];
            }
            return false;
        }

        private static Tensor map(Tensor x, IntFunction<DoubleUnaryOperator> maps) {
            double[][] rows = x.toRows();
            for (double[] row : rows) for (int f = 0; f < row.length; f++) row[f] = maps.apply(f).applyAsDouble(row[f]);
            return Tensor.of(rows);
        }
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
        double most = 0;
        int splits = 0;
        for (boolean gini : new boolean[] {true, false}) {
            for (int feature = 0; feature < 2; feature++) {
                var values = Arrays.stream(rows.select(1, feature).toDoubleArray()).sorted().distinct().toArray();
                for (int s = 1; s < values.length; s++) {
                    most = Math.max(most, Math.abs(gain(x, y, feature, (values[s - 1] + values[s]) / 2, gini)));
                    splits++;
                }
            }
        }
        Evidence.of("splits of the root: features and impurities", splits, exactly(4));
        Evidence.of("largest gain among them", most, exactly(0));
        for (var criterion : List.of(SplitCriterion.GINI, SplitCriterion.ENTROPY)) {
            var one = new DecisionTreeClassifier(criterion).withMaxDepth(1).fit(rows, labels);
            var two = new DecisionTreeClassifier(criterion).withMaxDepth(2).fit(rows, labels);
            Evidence.of("score at depth 1, " + criterion, one.score(rows, labels), exactly(0.5));
            Evidence.of("score at depth 2, " + criterion, two.score(rows, labels), exactly(1));
            var tree = two.tree();
            int right = tree.right()[0];
            double after = tree.weight()[1] * tree.impurity()[1] + tree.weight()[right] * tree.impurity()[right];
            Evidence.of("gain of its root, " + criterion, tree.impurity()[0] - after / tree.weight()[0], exactly(0));
            Evidence.of("nodes of a tree whose root must gain 1e-9, " + criterion,
                    new DecisionTreeClassifier(criterion).withMinImpurityDecrease(1e-9).fit(rows, labels).tree().nodes(), exactly(1));
        }
    }

    /** By counting: impurity before the question less the mean after it. */
    private static double gain(double[] x, long[] y, int feature, double threshold, boolean gini) {
        var counts = new double[2][2];
        for (int i = 0; i < y.length; i++) counts[x[2 * i + feature] <= threshold ? 0 : 1][(int) y[i]]++;
        double after = 0;
        for (var side : counts) after += (side[0] + side[1]) / y.length * impurity(side[0], side[1], gini);
        return impurity(counts[0][0] + counts[1][0], counts[0][1] + counts[1][1], gini) - after;
    }

    private static double impurity(double a, double b, boolean gini) {
        double p = a / (a + b), q = b / (a + b);
        return gini ? 1 - p * p - q * q : (p > 0 ? -p * Math.log(p) : 0) + (q > 0 ? -q * Math.log(q) : 0);
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
    @Tag("slow")
    @Test void histogramModeIsWithinAHundredthOfExactAccuracy() {
        double gap = 0, leastShare = 1;
        long fewestBins = 255, fullestBin = 0;
        for (int seed = 0; seed < 5; seed++) {
            var data = Datasets.classification(Rng.of(seed), 24_000, 10, 6, 2, 3, 1.2, 0.05);
            Dataset train = data.range(0, 16_000), test = data.range(16_000, 24_000);
            for (int f = 0; f < 10; f++) {
                var rows = new long[256];
                for (byte code : Bins.of(train.x().select(1, f).toDoubleArray(), 255, false, f).codes()) rows[code & 0xff]++;
                fewestBins = Math.min(fewestBins, Arrays.stream(rows).filter(count -> count > 0).count());
                fullestBin = Math.max(fullestBin, Arrays.stream(rows).max().orElseThrow());
            }
            for (int depth : new int[] {6, 12}) {
                var learner = new DecisionTreeClassifier().withMaxDepth(depth);
                var histogram = learner.withBins(255).fit(train.x(), train.y());
                double exact = learner.fit(train.x(), train.y()).score(test.x(), test.y());
                gap = Math.max(gap, Math.abs(exact - histogram.score(test.x(), test.y())));
                var tree = histogram.tree();
                double root = tree.impurity()[0]
                        - (tree.weight()[1] * tree.impurity()[1] + tree.weight()[tree.right()[0]] * tree.impurity()[tree.right()[0]])
                                / train.size();
                leastShare = Math.min(leastShare, root / largestGiniGain(train));
            }
        }
        Evidence.of("fewest bins of a feature", fewestBins, exactly(255));
        Evidence.of("rows in the fullest, of 16,000", fullestBin, atMost(63)); // 16,000 / 255 = 62.7
        Evidence.of("largest gap in accuracy", gap, atMost(0.01));
        Evidence.of("least gain of the root over the largest of all 159,990 splits", leastShare, between(0.99, 1 + 1e-12));
        var digits = Datasets.digits();
        DecisionTree few = new DecisionTreeClassifier().withBins(255).fit(digits.x(), digits.y()).tree(),
                all = new DecisionTreeClassifier().fit(digits.x(), digits.y()).tree();
        Evidence.that("where every value has its bin the tree is the same",
                Arrays.equals(few.feature(), all.feature()) && Arrays.equals(few.samples(), all.samples()));
    }

    /** Over every feature and every two neighbouring values, by counting classes on either side. */
    private static double largestGiniGain(Dataset data) {
        int[] labels = Arrays.stream(data.y().toLongArray()).mapToInt(v -> (int) v).toArray();
        int n = labels.length;
        double most = 0;
        for (int f = 0; f < data.features(); f++) {
            double[] column = data.x().select(1, f).toDoubleArray();
            int[] order = IntStream.range(0, n).boxed().sorted(Comparator.comparingDouble(i -> column[i])).mapToInt(i -> i).toArray();
            double[] left = new double[3], right = new double[3];
            for (int label : labels) right[label]++;
            double before = gini(right, n);
            for (int i = 1; i < n; i++) {
                left[labels[order[i - 1]]]++;
                right[labels[order[i - 1]]]--;
                if (column[order[i - 1]] < column[order[i]])
                    most = Math.max(most, before - (i * gini(left, i) + (n - i) * gini(right, n - i)) / n);
            }
        }
        return most;
    }

    private static double gini(double[] counts, double n) { return 1 - Arrays.stream(counts).map(c -> c / n * (c / n)).sum(); }

    @Test void medianAndMeanOfALeaf() {
        var x = Tensor.of(new double[] {1, 1, 1, 1}, 4, 1);
        var y = Tensor.of(1.0, 2, 4, 100);
        assertThat(new DecisionTreeRegressor(SplitCriterion.ABSOLUTE_ERROR).fit(x, y).tree().value(0)[0]).isEqualTo(3);
        assertThat(new DecisionTreeRegressor().fit(x, y).tree().value(0)[0]).isCloseTo(26.75, within(1e-12));
        assertThat(new DecisionTreeRegressor(SplitCriterion.ABSOLUTE_ERROR).fit(x, y, Tensor.of(1.0, 1, 1, 5)).tree().value(0)[0])
                .isEqualTo(100);
    }
}
