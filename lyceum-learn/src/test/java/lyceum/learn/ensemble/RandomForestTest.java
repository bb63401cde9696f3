package lyceum.learn.ensemble;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.data.Split;
import lyceum.learn.selection.CrossValidation;
import lyceum.learn.selection.KFold;
import lyceum.learn.selection.PermutationImportance;
import lyceum.learn.selection.Scorer;
import lyceum.learn.tree.DecisionTree;
import lyceum.learn.tree.DecisionTreeClassifier;
import lyceum.learn.tree.DecisionTreeRegressor;
import lyceum.learn.tree.SplitCriterion;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerContract;
import lyceum.stats.learner.Model;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class RandomForestTest {
    private static final String TOPIC = "random-forest";

    @TestFactory Stream<DynamicTest> classesKeepTheContract() {
        return LearnerContract.of(new RandomForestClassifier().withTrees(20).withBalance(ClassBalance.PER_TREE)).tests();
    }

    @TestFactory Stream<DynamicTest> extraTreesKeepTheContract() {
        return LearnerContract.of(RandomForestClassifier.extraTrees().withTrees(20).withBalance(ClassBalance.OVERALL)).tests();
    }

    @TestFactory Stream<DynamicTest> numbersKeepTheContract() {
        return LearnerContract.of(new RandomForestRegressor().withTrees(20)).tests();
    }

    @TestFactory Stream<DynamicTest> extraTreesOfNumbersKeepTheContract() {
        return LearnerContract.of(RandomForestRegressor.extraTrees().withTrees(20)).tests();
    }

    @TestFactory Stream<DynamicTest> aForestOfOnePlainTreeKeepsTheContract() {
        return LearnerContract.of(new RandomForestClassifier().withTrees(1).withBootstrap(false).withFeatures(FeatureRule.ALL)).tests();
    }

    @Tag("slow")
    @Acceptance(topic = TOPIC, clause = 1)
    @Test void crossValidatedScoresAreScikitLearns() {
        var golden = Golden.load("golden/random-forest.json");
        var folds = new CrossValidation(new KFold(5));
        var digits = Datasets.digits();
        double accuracy = folds.score(new RandomForestClassifier().withTrees(300), digits.x(), digits.y()).mean(Scorer.ACCURACY);
        Evidence.of("digits accuracy less scikit-learn's", Math.abs(accuracy - golden.named("digits").number("expected.accuracy")),
                atMost(0.01));
        var diabetes = Datasets.diabetes();
        for (var rule : List.of(FeatureRule.ALL, FeatureRule.THIRD)) {
            String name = rule == FeatureRule.ALL ? "diabetes all features" : "diabetes a third";
            double r2 = folds.score(new RandomForestRegressor().withTrees(300).withFeatures(rule), diabetes.x(), diabetes.y())
                    .mean(Scorer.R2);
            Evidence.of(name + ", R2 less scikit-learn's", Math.abs(r2 - golden.named(name).number("expected.r2")), atMost(0.02));
        }
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void oneTreeOfAllFeaturesAndRowsIsADecisionTree() {
        int different = 0, compared = 0;
        var numbers = Datasets.friedman1(Rng.of(1), 300, 10, 1);
        var classes = Datasets.digits();
        for (long seed = 0; seed < 3; seed++) {
            for (var criterion : SplitCriterion.values()) {
                var y = criterion == SplitCriterion.POISSON ? numbers.y().abs().round() : numbers.y();
                DecisionTree alone, forest;
                if (criterion.isForClasses()) {
                    alone = new DecisionTreeClassifier(criterion).withSeed(99).fit(classes.x(), classes.y()).tree();
                    forest = new RandomForestClassifier().withCriterion(criterion).withTrees(1).withBootstrap(false)
                            .withFeatures(FeatureRule.ALL).withSeed(seed).fit(classes.x(), classes.y()).forest().trees().getFirst();
                } else {
                    alone = new DecisionTreeRegressor(criterion).withMinSamplesLeaf(2).withSeed(99).fit(numbers.x(), y).tree();
                    var one = new RandomForestRegressor().withCriterion(criterion).withMinSamplesLeaf(2).withTrees(1).withBootstrap(false);
                    forest = (seed == 0 ? one.withMaxFeatures(10) : one.withFeatures(FeatureRule.ALL)).withSeed(seed).fit(numbers.x(), y)
                            .forest().trees().getFirst();
                }
                boolean same = Arrays.equals(alone.feature(), forest.feature()) && Arrays.equals(alone.threshold(), forest.threshold())
                        && Arrays.equals(alone.left(), forest.left()) && Arrays.equals(alone.value(), forest.value())
                        && Arrays.equals(alone.impurity(), forest.impurity()) && Arrays.equals(alone.samples(), forest.samples());
                if (!same) different++;
                compared++;
            }
        }
        Evidence.of("trees compared", compared, exactly(15));
        Evidence.of("trees that differ", different, exactly(0));
    }

    /** The forest sorts a node's rows only by the features it draws; a tree that draws all features of copies sorts them beforehand. */
    @Test void rowsSortedOnDemandGiveTheSplitsOfRowsSortedBeforehand() {
        for (var criterion : List.of(SplitCriterion.SQUARED_ERROR, SplitCriterion.ABSOLUTE_ERROR)) {
            var data = Datasets.friedman1(Rng.of(5), 200, 5, 1);
            double[] x = data.x().toDoubleArray();
            for (int i = 0; i < x.length; i += 7) x[i] = Double.NaN;
            for (int i = 1; i < x.length; i += 5) x[i] = Math.rint(4 * x[i]);
            var rows = Tensor.of(x, 200, 5);
            // Constant columns are never drawn, so that all five others are looked at while max features is half of eleven.
            var wide = Tensor.concat(1, rows, Tensor.full(DType.F64, 1, 200, 6));
            for (int[] categorical : new int[][] {{}, {1}}) {
                var learner = new DecisionTreeRegressor(criterion).withCategorical(categorical).withMaxDepth(7);
                DecisionTree beforehand = learner.fit(wide, data.y()).tree(),
                        demand = learner.withMaxFeatures(5).fit(wide, data.y()).tree();
                assertThat(demand.feature()).isEqualTo(beforehand.feature());
                assertThat(demand.threshold()).isEqualTo(beforehand.threshold());
                assertThat(demand.missingLeft()).isEqualTo(beforehand.missingLeft());
                assertThat(demand.nodes()).isGreaterThan(40);
            }
        }
    }

    @Tag("slow")
    @Acceptance(topic = TOPIC, clause = 3)
    @Test void outOfBagAccuracyIsTestAccuracyOnDigits() {
        double outOfBag = 0, test = 0;
        for (int seed = 0; seed < 10; seed++) {
            var parts = Split.stratified(Datasets.digits(), Rng.of(seed), 2.0 / 3, 1.0 / 3);
            var forest = new RandomForestClassifier().withSeed(seed).fit(parts.get(0).x(), parts.get(0).y());
            outOfBag += forest.oobScore() / 10;
            test += forest.score(parts.get(1).x(), parts.get(1).y()) / 10;
        }
        Evidence.of("out-of-bag less test accuracy, means of 10 splits", Math.abs(outOfBag - test), below(0.015));
        assertThat(outOfBag).isLessThan(test + 0.005);
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void fewerFeaturesMakeTreesLessAlike() {
        int errors = 0, answers = 0;
        for (int seed = 0; seed < 10; seed++) {
            for (int p : new int[] {9, 10}) {
                Dataset train = Datasets.friedman1(Rng.of(seed), 200, p, 1), test = Datasets.friedman1(Rng.of(seed).split(1), 500, p, 0);
                var forest = new RandomForestRegressor().withTrees(50).withSeed(seed);
                double[][] third = forest.withMaxFeatures(p / 3).fit(train.x(), train.y()).treePredictions(test.x()).toRows(),
                        all = forest.withMaxFeatures(p).fit(train.x(), train.y()).treePredictions(test.x()).toRows();
                double[] truth = test.y().toDoubleArray();
                if (p == 10 && correlation(third, new double[500]) < correlation(all, new double[500])) answers++;
                // Of errors no signal is left that all trees share; with p of 9 a third is a third.
                if (p == 9 && correlation(third, truth) < correlation(all, truth)) errors++;
            }
        }
        Evidence.of("draws with less correlated trees at 3 of 10 features, of 10", answers, exactly(10));
        Evidence.of("draws with less correlated tree errors at 3 of 9 features, of 10", errors, exactly(10));
    }

    /** Mean correlation of what two trees say less the truth over the test rows, which have no noise. */
    private static double correlation(double[][] trees, double[] truth) {
        double[][] said = Arrays.stream(trees).map(double[]::clone).toArray(double[][]::new);
        for (var one : said) {
            double mean = 0, square = 0;
            for (int i = 0; i < truth.length; i++) mean += (one[i] -= truth[i]) / truth.length;
            for (int i = 0; i < truth.length; i++) square += (one[i] -= mean) * one[i];
            for (int i = 0; i < truth.length; i++) one[i] /= Math.sqrt(square);
        }
        double sum = 0;
        for (int a = 0; a < said.length; a++)
            for (int b = 0; b < a; b++) for (int i = 0; i < truth.length; i++) sum += said[a][i] * said[b][i];
        return sum / (said.length * (said.length - 1) / 2.0);
    }

    @Tag("slow")
    @Acceptance(topic = TOPIC, clause = 4)
    @Test void eightPixelsANodeBeatAllOnDigits() {
        int lower = 0;
        for (int seed = 0; seed < 10; seed++) {
            var parts = Split.stratified(Datasets.digits(), Rng.of(seed), 0.5, 0.5);
            Dataset train = parts.get(0), test = parts.get(1);
            var forest = new RandomForestClassifier().withSeed(seed);
            double few = forest.withMaxFeatures(8).fit(train.x(), train.y()).score(test.x(), test.y()),
                    all = forest.withMaxFeatures(64).fit(train.x(), train.y()).score(test.x(), test.y());
            if (few > all) lower++;
        }
        Evidence.of("splits with less digits test error at 8 features than at 64, of 10", lower, exactly(10));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void permutationImportanceFindsTheTrueFeatures() {
        int found = 0;
        for (int seed = 0; seed < 20; seed++) {
            // The true columns stand anywhere.
            int[] places = Rng.of(seed).split(2).permutation(10);
            var data = Datasets.friedman1(Rng.of(seed), 400, 10, 1).columns(places);
            Dataset train = data.range(0, 200), test = data.range(200, 400);
            var forest = new RandomForestRegressor().withSeed(seed).fit(train.x(), train.y());
            int[] ranking = new PermutationImportance(Scorer.R2, 5, seed).of(forest, test.x(), test.y()).ranking();
            int[] first = Arrays.stream(ranking).limit(5).map(i -> places[i]).sorted().toArray();
            if (Arrays.equals(first, new int[] {0, 1, 2, 3, 4})) found++;
        }
        Evidence.of("draws with the five true features first, of 20", found, atLeast(18));
    }

    @Acceptance(topic = TOPIC, clause = 6)
    @Test void quantilesCoverWhatTheyPromise() {
        var rng = Rng.of(1);
        Dataset train = sine(rng.split(1), 4000), test = sine(rng.split(2), 2000);
        var forest = new RandomForestRegressor().withMinSamplesLeaf(40).fit(train.x(), train.y());
        double[] q = QuantileForest.of(forest.forest(), train.x(), train.y()).quantiles(test.x(), 0.1, 0.9).toDoubleArray();
        double[] y = test.y().toDoubleArray();
        double inside = 0, below = 0, above = 0;
        for (int i = 0; i < y.length; i++) {
            if (y[i] < q[2 * i]) below++;
            else if (y[i] > q[2 * i + 1]) above++;
            else inside++;
        }
        Evidence.of("share of 2,000 test points between the quantiles", inside / y.length, between(0.77, 0.83));
        Evidence.of("share below the 0.1 quantile", below / y.length, between(0.08, 0.12));
        Evidence.of("share above the 0.9 quantile", above / y.length, between(0.08, 0.12));
    }

    private static Dataset sine(Rng rng, int n) {
        double[] x = new double[n], y = new double[n];
        for (int i = 0; i < n; i++) {
            x[i] = rng.nextDouble();
            y[i] = Math.sin(2 * Math.PI * x[i]) + (0.2 + 0.5 * x[i]) * rng.nextGaussian();
        }
        return Dataset.of(Tensor.of(x, n, 1), Tensor.of(y));
    }

    @Test void quantilesAreThoseOfTheWeightedTargets(@TempDir Path folder) {
        var data = Datasets.friedman1(Rng.of(1), 60, 5, 1);
        var forest = new RandomForestRegressor().withTrees(7).withMinSamplesLeaf(6).fit(data.x(), data.y());
        var quantiles = QuantileForest.of(forest.forest(), data.x(), data.y());
        double[][] weights = quantiles.weights(data.x()).toRows(), q = quantiles.quantiles(data.x(), 0.25, 0.5, 0.8).toRows();
        double[] y = data.y().toDoubleArray();
        double[] levels = {0.25, 0.5, 0.8};
        int[][] leaves = forest.forest().leaves(data.x());
        for (int i = 0; i < 60; i++) {
            var expected = new double[60];
            for (var leaf : leaves) {
                int at = leaf[i];
                long size = Arrays.stream(leaf).filter(l -> l == at).count();
                for (int j = 0; j < 60; j++) if (leaf[j] == at) expected[j] += 1.0 / size / 7;
            }
            assertThat(weights[i]).containsExactly(expected, within(1e-12));
            for (int l = 0; l < 3; l++) {
                double upTo = 0, before = 0;
                for (int j = 0; j < 60; j++) {
                    if (y[j] <= q[i][l]) upTo += weights[i][j];
                    if (y[j] < q[i][l]) before += weights[i][j];
                }
                assertThat(upTo).isGreaterThanOrEqualTo(levels[l] - 1e-9);
                assertThat(before).isLessThan(levels[l]);
            }
        }
        var file = folder.resolve("forest.safetensors");
        quantiles.save(file);
        assertThat(Model.load(file, QuantileForest.class).quantiles(data.x(), 0.5).toDoubleArray())
                .isEqualTo(quantiles.quantiles(data.x(), 0.5).toDoubleArray());
        assertThatThrownBy(() -> quantiles.quantiles(data.x(), 1.0)).hasMessageContaining("1.0");
    }

    @Test void proximitiesAndImportancesAreThoseOfTheTrees() {
        var iris = Datasets.iris();
        var forest = new RandomForestClassifier().withTrees(30).fit(iris.x(), iris.y());
        double[][] near = forest.forest().proximities(iris.x()).toRows();
        int[][] leaves = forest.forest().leaves(iris.x());
        for (int i = 0; i < 150; i += 13) {
            for (int j = 0; j < 150; j += 7) {
                double shared = 0;
                for (var leaf : leaves) if (leaf[i] == leaf[j]) shared++;
                assertThat(near[i][j]).isCloseTo(shared / 30, within(1e-12));
            }
        }
        double[] importances = forest.forest().importances();
        assertThat(Arrays.stream(importances).sum()).isCloseTo(1, within(1e-12));
        assertThat(importances[2] + importances[3]).isGreaterThan(0.7); // petals
        assertThat(forest.treeProba(iris.x()).mean(0).toDoubleArray()).containsExactly(forest.predictProba(iris.x()).toDoubleArray(),
                within(1e-12));
    }

    /** Of 4,000 rows 2% belong to the rare class, and clouds overlap: without balance it is hardly ever predicted. */
    @Test void balanceGivesRareClassesTheirDue() {
        var rng = Rng.of(3);
        double[] x = new double[4000];
        var y = new long[4000];
        for (int i = 0; i < 4000; i++) {
            y[i] = i % 50 == 0 ? 1 : 0;
            x[i] = rng.nextGaussian() + 1.5 * y[i];
        }
        Tensor rows = Tensor.of(x, 4000, 1), labels = Tensor.of(y);
        var forest = new RandomForestClassifier().withTrees(30).withMinSamplesLeaf(30);
        for (var balance : ClassBalance.values()) {
            long[] said = forest.withBalance(balance).fit(rows, labels).predict(rows).toLongArray();
            int found = 0;
            for (int i = 0; i < 4000; i += 50) if (said[i] == 1) found++;
            if (balance == ClassBalance.NONE) assertThat(found).isLessThan(20);
            else assertThat(found).isGreaterThan(50);
        }
    }

    @Tag("slow")
    @Test void bitsDoNotDependOnThreads() {
        var bits = EnsembleBits.withThreads("forest");
        assertThat(bits).allMatch(line -> line.startsWith("bits "));
        assertThat(bits.stream().distinct().count()).isEqualTo(1);
    }

    @Test void outOfBagVotesAreOfTreesThatHaveNotSeenTheRow() {
        // A forest of full trees knows its rows; labels at random cannot be known by others.
        var x = Tensor.randn(Rng.of(1), DType.F64, 200, 5);
        var y = Tensor.randint(Rng.of(2), 0, 2, 200);
        var forest = new RandomForestClassifier().withTrees(60).fit(x, y);
        assertThat(forest.score(x, y)).isGreaterThan(0.99);
        assertThat(forest.oobScore()).isBetween(0.35, 0.65);
        assertThat(RandomForestClassifier.extraTrees().withTrees(5).fit(x, y).oobScore()).isNaN();
        var weighted = new RandomForestRegressor().withTrees(60).fit(x, x.select(1, 0),
                Tensor.concat(0, Tensor.ones(DType.F64, 150), Tensor.zeros(DType.F64, 50)));
        assertThat(Arrays.copyOfRange(weighted.oobPredictions(), 150, 200)).containsOnly(Double.NaN);
        assertThat(Arrays.copyOfRange(weighted.oobPredictions(), 0, 150)).doesNotContain(Double.NaN);
    }

    @Test void subsamplesAreDrawnWithoutReplacement() {
        var data = Datasets.friedman1(Rng.of(3), 200, 10, 1);
        for (double share : new double[] {0.5, 0.632}) {
            var learner = new RandomForestRegressor().withTrees(40).withBootstrap(false).withSampleShare(share);
            var model = learner.fit(data.x(), data.y());
            var firsts = new HashSet<Double>();
            for (var tree : model.forest().trees()) {
                assertThat(tree.samples()[0]).isEqualTo((int) Math.round(200 * share));
                // Full trees of rows that occur once each: one leaf a row.
                assertThat(tree.leaves()).isEqualTo(tree.samples()[0]);
                firsts.add(tree.threshold()[0]);
            }
            assertThat(firsts).hasSizeGreaterThan(20);
            // A row's own trees know it, the others do not: the mean over all trees lies the drawn share of the way to it.
            double[] f = model.predict(data.x()).toDoubleArray(), unseen = model.oobPredictions(), y = data.y().toDoubleArray();
            double own = 0, all = 0;
            for (int i = 0; i < 200; i++) {
                own += (f[i] - unseen[i]) * (y[i] - unseen[i]);
                all += (y[i] - unseen[i]) * (y[i] - unseen[i]);
            }
            assertThat(own / all).isBetween(share - 0.02, share + 0.02);
            assertThat(learner.tags().toString()).contains("RANDOMISED");
        }
    }

    @Test void monotoneForestsRise() {
        var rng = Rng.of(7);
        double[] x = new double[600], y = new double[300];
        for (int i = 0; i < 300; i++) {
            x[2 * i] = rng.nextDouble();
            x[2 * i + 1] = rng.nextDouble();
            y[i] = Math.sin(9 * x[2 * i]) + 2 * x[2 * i] - x[2 * i + 1] + rng.nextGaussian();
        }
        for (int bins : new int[] {0, 32}) {
            var forest = new RandomForestRegressor().withTrees(10).withMonotone(1, -1).withBins(bins).withFeatures(FeatureRule.ALL)
                    .fit(Tensor.of(x, 300, 2), Tensor.of(y));
            int compared = 0;
            for (int pair = 0; pair < 2000; pair++) {
                double a = rng.nextDouble(), b = rng.nextDouble(), up = a + rng.nextDouble() * (1 - a), down = b * rng.nextDouble();
                double[] f = forest.predict(Tensor.of(new double[] {a, b, up, down}, 2, 2)).toDoubleArray();
                assertThat(f[1]).isGreaterThanOrEqualTo(f[0]);
                if (f[1] > f[0]) compared++;
            }
            assertThat(compared).isGreaterThan(1500);
        }
    }

    @Test void wrongChoicesAreRefusedInWords() {
        assertThatThrownBy(() -> new RandomForestClassifier().withTrees(0)).hasMessageContaining("trees is 0");
        assertThatThrownBy(() -> new RandomForestClassifier().withCriterion(SplitCriterion.POISSON)).hasMessageContaining("POISSON");
        assertThatThrownBy(() -> new RandomForestRegressor().withBalance(ClassBalance.OVERALL)).hasMessageContaining("no classes");
        assertThatThrownBy(() -> new RandomForestRegressor().withBootstrap(false).withSampleShare(1.5))
                .hasMessageContaining("sampleShare is 1.5");
        assertThatThrownBy(() -> new DecisionTreeRegressor(SplitCriterion.ABSOLUTE_ERROR).withMonotone(1)).hasMessageContaining("monotone");
        assertThatThrownBy(() -> new RandomForestRegressor().withMonotone(2)).hasMessageContaining("monotone direction 2");
    }
}
