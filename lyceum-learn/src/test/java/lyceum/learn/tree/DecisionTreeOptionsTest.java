package lyceum.learn.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerContract;
import lyceum.stats.learner.Model;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Everything that a tree can be told, and the learners' contract. */
class DecisionTreeOptionsTest {
    @TestFactory Stream<DynamicTest> giniKeepsTheContract() { return LearnerContract.of(new DecisionTreeClassifier()).tests(); }

    @TestFactory Stream<DynamicTest> entropyKeepsTheContract() {
        return LearnerContract.of(new DecisionTreeClassifier(SplitCriterion.ENTROPY).withMaxLeafNodes(6)).tests();
    }

    @TestFactory Stream<DynamicTest> binsKeepTheContract() {
        return LearnerContract.of(new DecisionTreeClassifier().withBins(255).withPruningAlpha(0.01)).tests();
    }

    @TestFactory Stream<DynamicTest> randomTreesKeepTheContract() {
        return LearnerContract.of(new DecisionTreeClassifier().withRandomThresholds(true).withMaxFeatures(2)).tests();
    }

    @TestFactory Stream<DynamicTest> squaredErrorKeepsTheContract() {
        return LearnerContract.of(new DecisionTreeRegressor().withMaxDepth(5)).tests();
    }

    @TestFactory Stream<DynamicTest> absoluteErrorKeepsTheContract() {
        return LearnerContract.of(new DecisionTreeRegressor(SplitCriterion.ABSOLUTE_ERROR)).tests();
    }

    @Test void missingValuesGoWhereTheyLowerTheImpurity() {
        double nan = Double.NaN;
        var x = Tensor.of(new double[] {1, 2, 3, 4, nan, nan, 5, 6}, 8, 1);
        var y = Tensor.of(0L, 0, 0, 0, 1, 1, 1, 1);
        var model = new DecisionTreeClassifier().fit(x, y);
        assertThat(model.score(x, y)).isEqualTo(1);
        assertThat(model.tree().missingLeft()[0]).isFalse();
        assertThat(model.predict(Tensor.of(new double[] {nan}, 1, 1)).toLongArray()).containsExactly(1);
        // Being missing may be the whole story.
        var only = new DecisionTreeClassifier().fit(x, Tensor.of(0L, 0, 0, 0, 1, 1, 0, 0));
        assertThat(only.tree().nodes()).isEqualTo(3);
        assertThat(only.tree().rules()).contains("x[0] is there");
        // Never missing in training: the larger child.
        var larger = new DecisionTreeClassifier().fit(Tensor.of(new double[] {1, 2, 3, 9}, 4, 1), Tensor.of(5L, 5, 5, 7));
        assertThat(larger.predict(Tensor.of(new double[] {nan}, 1, 1)).toLongArray()).containsExactly(5);
    }

    @Test void categoriesAreDividedIntoSets(@TempDir Path folder) throws Exception {
        // Even against odd categories: one question about sets, many about thresholds.
        var x = new double[400];
        var y = new long[400];
        for (int i = 0; i < 400; i++) {
            x[i] = i % 10;
            y[i] = i % 2;
        }
        Tensor rows = Tensor.of(x, 400, 1), labels = Tensor.of(y);
        for (var learner : List.of(new DecisionTreeClassifier().withCategorical(0),
                new DecisionTreeClassifier().withCategorical(0).withBins(64))) {
            var model = learner.fit(rows, labels);
            assertThat(model.tree().nodes()).isEqualTo(3);
            assertThat(model.score(rows, labels)).isEqualTo(1);
            assertThat(model.tree().rules(List.of("number"))).contains("number in {0, 2, 4, 6, 8}");
            var file = Files.createTempFile(folder, "tree", ".safetensors");
            model.save(file);
            assertThat(Model.load(file, DecisionTreeClassifierModel.class).score(rows, labels)).isEqualTo(1);
        }
        assertThat(new DecisionTreeClassifier().fit(rows, labels).tree().nodes()).isEqualTo(19);
        var many = Tensor.of(Arrays.stream(x).mapToLong(v -> (long) v % 3).toArray());
        assertThat(new DecisionTreeClassifier().withCategorical(0).fit(rows, many).score(rows, many)).isEqualTo(1);
    }

    @Test void categoriesForNumbersFindTheBestOfAllDivisions() {
        for (var criterion : List.of(SplitCriterion.SQUARED_ERROR, SplitCriterion.POISSON, SplitCriterion.ABSOLUTE_ERROR)) {
            for (int seed = 0; seed < 20; seed++) {
                var rng = Rng.of(seed);
                double[] x = new double[60], y = new double[60];
                for (int i = 0; i < 60; i++) {
                    x[i] = rng.nextInt(5);
                    y[i] = Math.floor(3 * ((int) (x[i] * 7) % 5) + 2 * rng.nextDouble());
                }
                var tree = new DecisionTreeRegressor(criterion).withCategorical(0).withMaxDepth(1).fit(Tensor.of(x, 60, 1), Tensor.of(y))
                        .tree();
                double found = tree.weight()[1] * tree.impurity()[1] + tree.weight()[2] * tree.impurity()[2],
                        least = Double.POSITIVE_INFINITY;
                for (int set = 1; set < 16; set++) least = Math.min(least, impurityOf(criterion, x, y, set));
                // For the absolute error the order of means is a good guess, not a theorem.
                assertThat(found).as("%s %d", criterion, seed)
                        .isLessThanOrEqualTo(least * (criterion == SplitCriterion.ABSOLUTE_ERROR ? 1.05 : 1 + 1e-9) + 1e-9);
            }
        }
    }

    private static double impurityOf(SplitCriterion criterion, double[] x, double[] y, int set) {
        double sum = 0;
        for (int side = 0; side < 2; side++) {
            int s = side;
            double[] part = IntStream.range(0, x.length).filter(i -> (set >> (int) x[i] & 1) == s).mapToDouble(i -> y[i]).toArray();
            if (part.length == 0) return Double.POSITIVE_INFINITY;
            if (criterion == SplitCriterion.POISSON && Arrays.stream(part).sum() == 0) return Double.POSITIVE_INFINITY;
            var leaf = new DecisionTreeRegressor(criterion).fit(Tensor.zeros(DType.F64, part.length, 1), Tensor.of(part)).tree();
            sum += part.length * leaf.impurity()[0];
        }
        return sum;
    }

    @Test void limitsHold() {
        var digits = Datasets.digits();
        Tensor x = digits.x(), y = digits.y();
        assertThat(new DecisionTreeClassifier().withMaxDepth(4).fit(x, y).tree().depth()).isEqualTo(4);
        var leaves = new DecisionTreeClassifier().withMaxLeafNodes(17).fit(x, y).tree();
        assertThat(leaves.leaves()).isEqualTo(17);
        var big = new DecisionTreeClassifier().withMinSamplesLeaf(20).withMinWeightShareLeaf(0.02).fit(x, y).tree();
        for (int i = 0; i < big.nodes(); i++) if (big.isLeaf(i)) assertThat(big.samples()[i]).isGreaterThanOrEqualTo(36);
        assertThat(new DecisionTreeClassifier().withRandomThresholds(true).withSeed(1).fit(x, y).tree().nodes())
                .isNotEqualTo(new DecisionTreeClassifier().withRandomThresholds(true).withSeed(2).fit(x, y).tree().nodes());
        assertThat(new DecisionTreeClassifier().withMaxFeatures(8).fit(x, y).score(x, y)).isEqualTo(1);
    }

    @Test void pruningSearchFindsASmallerTree() {
        var data = Datasets.friedman1(Rng.of(4), 300, 6, 3);
        var search = PruningSearch.of(new DecisionTreeRegressor(), data.x(), data.y(), 5, Rng.of(1));
        int full = new DecisionTreeRegressor().fit(data.x(), data.y()).tree().leaves(),
                best = new DecisionTreeRegressor().withPruningAlpha(search.best()).fit(data.x(), data.y()).tree().leaves();
        int one = new DecisionTreeRegressor().fit(data.x(), data.y()).pruned(search.oneStandardError()).tree().leaves();
        assertThat(best).isLessThan(full / 2);
        assertThat(one).isLessThanOrEqualTo(best);
    }

    @Test void rulesAndDotNameTheFeatures() {
        var iris = Datasets.iris();
        var tree = new DecisionTreeClassifier().withMaxDepth(2).fit(iris.x(), iris.y()).tree();
        assertThat(tree.rules(iris.featureNames())).startsWith("if petal_").contains("class 0 (100%)", "else");
        assertThat(tree.dot(iris.featureNames())).startsWith("digraph tree {").contains("0 -> 1 [label=\"yes\"]");
        assertThatThrownBy(() -> tree.rules(List.of("one"))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1 feature names for a tree of 4");
    }

    @Test void wrongChoicesAreRefusedInWords() {
        assertThatThrownBy(() -> new DecisionTreeClassifier(SplitCriterion.POISSON)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("POISSON");
        assertThatThrownBy(() -> new DecisionTreeRegressor(SplitCriterion.GINI)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("GINI");
        assertThatThrownBy(() -> new DecisionTreeClassifier().withMaxDepth(0)).hasMessage("maxDepth is 0; a tree asks at least 1 question");
        assertThatThrownBy(() -> new DecisionTreeClassifier().withBins(300)).hasMessageContaining("300");
        assertThatThrownBy(() -> new DecisionTreeRegressor(SplitCriterion.ABSOLUTE_ERROR).withBins(64))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("absolute error");
        assertThatThrownBy(() -> new DecisionTreeRegressor(SplitCriterion.POISSON).fit(Tensor.zeros(DType.F64, 2, 1), Tensor.of(-1.0, 2)))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("-1.0");
        assertThatThrownBy(() -> new DecisionTreeClassifier().withCategorical(3).fit(Tensor.zeros(DType.F64, 2, 1), Tensor.of(1L, 2)))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("column 3");
    }
}
