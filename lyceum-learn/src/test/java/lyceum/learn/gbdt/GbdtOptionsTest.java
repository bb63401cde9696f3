package lyceum.learn.gbdt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.ShapeException;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.learn.ensemble.EnsembleBits;
import lyceum.learn.metrics.RankedQuery;
import lyceum.random.Rng;
import lyceum.stats.learner.Model;
import lyceum.tensor.Tensor;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Everything that boosted trees can be told. */
class GbdtOptionsTest {
    private static Dataset coarse(int seed, int n) {
        var data = Datasets.friedman1(Rng.of(seed), n, 8, 1);
        return Dataset.of(data.x().mul(16).round().div(16).compute(), data.y());
    }

    @Test void oneBinAValueIsExact() {
        var data = coarse(1, 400);
        double[] x = data.x().toDoubleArray();
        for (int i = 0; i < x.length; i += 9) x[i] = Double.NaN;
        var rows = Tensor.of(x, 400, 8);
        for (var growth : List.of(Growth.LEVEL, Growth.LEAF)) {
            var options = GbdtOptions.DEFAULT.withGrowth(growth).withRounds(20).withMaxLeaves(20).withMinSamplesLeaf(3);
            var exact = new GbdtRegressor(options.withBins(0)).fit(rows, data.y());
            var binned = new GbdtRegressor(options).fit(rows, data.y());
            for (int t = 0; t < 20; t++) {
                assertThat(binned.trees().trees().get(t).feature()).isEqualTo(exact.trees().trees().get(t).feature());
                assertThat(binned.trees().trees().get(t).samples()).isEqualTo(exact.trees().trees().get(t).samples());
            }
            assertThat(binned.predict(rows).toDoubleArray()).containsExactly(exact.predict(rows).toDoubleArray(), within(1e-9));
        }
    }

    /** Twelve one-hot columns of three features, beside two plain ones. */
    @Test void bundlesChangeNothingButTheNumberOfColumns() {
        int n = 500;
        var rng = Rng.of(2);
        double[] x = new double[n * 23], y = new double[n];
        for (int i = 0; i < n; i++) {
            x[23 * i] = rng.nextDouble();
            x[23 * i + 1] = rng.nextDouble();
            int a = rng.nextInt(7), b = rng.nextInt(7), c = rng.nextInt(7);
            x[23 * i + 2 + a] = 1;
            x[23 * i + 9 + b] = 1 + rng.nextInt(3); // three values where it is not 0
            x[23 * i + 16 + c] = -1;
            y[i] = a * 0.5 + (b == 3 ? x[23 * i + 12] : 0) - (c == 1 ? 2 : 0) + x[23 * i] + 0.1 * rng.nextGaussian();
        }
        Tensor rows = Tensor.of(x, n, 23), targets = Tensor.of(y);
        assertThat(new BinnedRows(x, n, 23, 255, false).columns()).isEqualTo(23);
        assertThat(new BinnedRows(x, n, 23, 255, true).columns()).isEqualTo(5);
        for (var growth : Growth.values()) {
            var options = GbdtOptions.DEFAULT.withGrowth(growth).withMaxDepth(4).withMaxLeaves(12).withRounds(15);
            var plain = new GbdtRegressor(options).fit(rows, targets).trees();
            var bundled = new GbdtRegressor(options.withBundle(true)).fit(rows, targets).trees();
            assertThat(bundled.scores(rows).toDoubleArray()).as("%s", growth).containsExactly(plain.scores(rows).toDoubleArray(),
                    within(1e-9));
            for (int t = 0; t < 15; t++) assertThat(bundled.trees().get(t).feature()).isEqualTo(plain.trees().get(t).feature());
        }
    }

    @Test void symmetricTreesAskOneQuestionALevel() {
        var data = coarse(3, 300);
        var trees = new GbdtRegressor(GbdtOptions.DEFAULT.withGrowth(Growth.SYMMETRIC).withMaxDepth(4).withRounds(10))
                .fit(data.x(), data.y()).trees();
        for (var tree : trees.trees()) {
            assertThat(tree.leaves()).isEqualTo(16);
            for (int first = 0, width = 1; width <= 8; first += width, width *= 2) {
                for (int v = first; v < first + width; v++) {
                    assertThat(tree.feature()[v]).isEqualTo(tree.feature()[first]);
                    assertThat(tree.threshold()[v]).isEqualTo(tree.threshold()[first]);
                }
            }
        }
        // The first question of depth 1 is that of any tree.
        var stump = GbdtOptions.DEFAULT.withMaxDepth(1).withRounds(1);
        var one = new GbdtRegressor(stump).fit(data.x(), data.y()).trees().trees().getFirst();
        var other = new GbdtRegressor(stump.withGrowth(Growth.SYMMETRIC)).fit(data.x(), data.y()).trees().trees().getFirst();
        assertThat(other.feature()).isEqualTo(one.feature());
        assertThat(other.value()).containsExactly(one.value(), within(1e-12));
        assertThat(trees.importances()).hasSize(8);
        assertThat(Arrays.stream(trees.importances()).sum()).isCloseTo(1, within(1e-12));
    }

    /** With labels at random the plain model knows its rows by heart and its gradients shrink; ordered ones are as large as on new rows. */
    @Test void orderedBoostingDoesNotBelieveItsOwnFit() {
        var r = new Recipe(5);
        int n = 300;
        Tensor x = Tensor.of(r.uniforms(n * 5), n, 5), y = Tensor.of(r.bells(n));
        var options = GbdtOptions.symmetric().withRounds(150).withLearningRate(0.2).withMaxDepth(4).withL2(1);
        var ordered = new GbdtRegressor(options).fit(x, y);
        var plain = new GbdtRegressor(options.withOrdered(false)).fit(x, y);
        assertThat(plain.score(x, y)).isGreaterThan(0.8);
        assertThat(ordered.score(x, y)).isLessThan(plain.score(x, y));
        var data = Datasets.friedman1(Rng.of(1), 300, 10, 1);
        var test = Datasets.friedman1(Rng.of(2), 1000, 10, 0);
        assertThat(new GbdtRegressor(options).fit(data.x(), data.y()).score(test.x(), test.y())).isGreaterThan(0.85);
    }

    @Test void categoriesAreNumbersOfTheirTargets() {
        int n = 600;
        var rng = Rng.of(4);
        double[] x = new double[2 * n], y = new double[n];
        for (int i = 0; i < n; i++) {
            x[2 * i] = rng.nextInt(12);
            x[2 * i + 1] = rng.nextDouble();
            y[i] = (int) x[2 * i] * 5 % 12 + x[2 * i + 1];
        }
        Tensor rows = Tensor.of(x, n, 2), targets = Tensor.of(y);
        var options = GbdtOptions.DEFAULT.withMaxDepth(2).withRounds(20);
        var encoded = new GbdtRegressor(options.withCategorical(0)).fit(rows, targets);
        assertThat(encoded.score(rows, targets)).isGreaterThan(new GbdtRegressor(options).fit(rows, targets).score(rows, targets) + 0.02);
        var statistics = encoded.trees().encodings().getFirst();
        assertThat(statistics.categories()).hasSize(12);
        assertThat(statistics.value(99)).isEqualTo(statistics.prior());
        // The number of an ordered row is told by the rows before it, the first by the prior alone.
        double[] column = {3, 3, 3, 8}, target = {1, 0, 1, 1};
        var ordered = TargetStatistics.ordered(column, target, 2, Rng.of(1));
        int[] order = Rng.of(1).permutation(4);
        double sum = 0, count = 0;
        for (int i : order) {
            double expected = column[i] == 8 ? 0.75 : (sum + 2 * 0.75) / (count + 2);
            assertThat(ordered.training()[i]).isCloseTo(expected, within(1e-12));
            if (column[i] == 8) continue;
            sum += target[i];
            count++;
        }
        assertThat(ordered.value(3)).isCloseTo((2 + 1.5) / 5, within(1e-12));
    }

    @Test void aRankerPutsGroupsInOrder() {
        int n = 400;
        var rng = Rng.of(9);
        double[] x = new double[3 * n], y = new double[n];
        var groups = new int[n];
        for (int i = 0; i < n; i++) {
            groups[i] = i / 10;
            for (int j = 0; j < 3; j++) x[3 * i + j] = rng.nextDouble();
            // The level of a group says nothing about the order within it.
            y[i] = Math.floor(4 * (0.8 * x[3 * i] + 0.2 * rng.nextDouble()));
            x[3 * i + 2] = groups[i] % 7;
        }
        Tensor rows = Tensor.of(x, n, 3), relevance = Tensor.of(y);
        var trees = new GbdtRanker().withRounds(40).withMaxDepth(3).withLearningRate(0.1).withMinChildWeight(0.01).fit(rows, relevance,
                groups);
        double[] losses = trees.trainLosses();
        assertThat(losses[39]).isLessThan(losses[0] / 2).isLessThan(0.1);
        // Lambdas of a group sum to nothing, and push the more relevant row up.
        var lambda = new Gradients.Lambda(new double[] {2, 0, 1}, new int[] {0, 3}, new double[] {1, 1, 1});
        var gh = new double[1][6];
        lambda.at(new double[] {0, 1, 0.5}, gh);
        assertThat(gh[0][0] + gh[0][2] + gh[0][4]).isCloseTo(0, within(1e-15));
        assertThat(gh[0][0]).isNegative();
        assertThat(gh[0][2]).isPositive();
        // By hand: ranks are 2, 0, 1; discounts 0.5, 1, 0.63093; gains 3, 0, 1; ideal 3 + 0.63093.
        double ideal = 3 + 1 / (Math.log(3) / Math.log(2)), third = 0.5, second = 1 / (Math.log(3) / Math.log(2));
        double pair01 = 3 * (1 - third) / ideal / (1 + Math.exp(-1)), pair02 = 2 * (second - third) / ideal / (1 + Math.exp(-0.5));
        assertThat(gh[0][0]).isCloseTo(-(pair01 + pair02), within(1e-12));
        assertThat(lambda.loss(new double[] {0, 1, 0.5})).isCloseTo(1 - (second * 1 + third * 3) / ideal, within(1e-12));
        assertThatThrownBy(() -> new GbdtRanker().fit(rows, relevance, new int[3])).hasMessageContaining("3 groups");
        var apart = new int[n];
        apart[n - 1] = 1;
        apart[5] = 1;
        assertThatThrownBy(() -> new GbdtRanker().fit(rows, relevance, apart)).hasMessageContaining("stand together");
    }

    /** Rows stand best first: were ties taken as they stand, the constant would look perfect and no round an improvement. */
    @Test void aRankerStopsOnWholeGroupsHeldOut() {
        var rng = Rng.of(4);
        int count = 60, n = count * (count + 1) / 2;
        double[] x = new double[4 * n], y = new double[n];
        var groups = new int[n];
        for (int g = 0, i = 0; g < count; g++) {
            for (int j = 0; j <= g; j++, i++) {
                groups[i] = 1000 - g;
                y[i] = 4 * (g - j) / (g + 1);
                for (int f = 0; f < 4; f++) x[4 * i + f] = rng.nextGaussian();
                x[4 * i] += 0.7 * y[i];
            }
        }
        Tensor rows = Tensor.of(x, n, 4);
        for (int seed = 0; seed < 3; seed++) {
            var trees = new GbdtRanker().withValidationShare(0.3).withRounds(300).withMinChildWeight(0.1).withSeed(seed).fit(rows,
                    Tensor.of(y), groups);
            double[] losses = trees.validationLosses();
            int rounds = trees.rounds();
            assertThat(rounds).isBetween(2, 200);
            assertThat(losses).hasSize(rounds + 10);
            for (double loss : losses) assertThat(loss).isGreaterThanOrEqualTo(losses[rounds - 1]);
            // The groups held out, 18 whole ones, are not grown on, and the loss is theirs.
            int[] order = Rng.of(seed).split(-1).permutation(count);
            double[] f = trees.scores(rows).toDoubleArray();
            int held = 0, judged = 0;
            double sum = 0;
            for (int k = 0; k < 18; k++) {
                int from = order[k] * (order[k] + 1) / 2, to = from + order[k] + 1;
                held += to - from;
                if (Arrays.stream(y, from, to).sum() == 0) continue;
                sum += new RankedQuery(Arrays.copyOfRange(y, from, to), Arrays.copyOfRange(f, from, to)).ndcg(to - from,
                        RankedQuery.Gain.EXPONENTIAL);
                judged++;
            }
            assertThat(trees.trees().getFirst().samples()[0]).isEqualTo(n - held);
            assertThat(losses[rounds - 1]).isCloseTo(1 - sum / judged, within(1e-12));
        }
        assertThatThrownBy(() -> new GbdtRanker().withValidationShare(0.001).fit(rows, Tensor.of(y), groups))
                .hasMessageContaining("leaves a part empty");
    }

    @Test void roundsStopWhereRowsHeldOutSaySo() {
        var data = Datasets.friedman1(Rng.of(3), 200, 10, 4);
        var model = new GbdtRegressor(GbdtOptions.DEFAULT.withValidationShare(0.3).withRounds(300)).fit(data.x(), data.y());
        double[] losses = model.trees().validationLosses();
        int rounds = model.trees().rounds();
        assertThat(losses).hasSize(rounds + 10);
        for (double loss : losses) assertThat(loss).isGreaterThanOrEqualTo(losses[rounds - 1]);
        assertThat(rounds).isLessThan(60);
        for (var objective : List.of(BoostingObjective.SQUARED_ERROR, BoostingObjective.POISSON)) {
            var counts = data.y().div(3).abs().round();
            double[] train = new GbdtRegressor(objective, GbdtOptions.DEFAULT.withRounds(30).withRowShare(0.8).withFeatureShare(0.7))
                    .fit(data.x(), counts).trees().trainLosses();
            assertThat(train[29]).isLessThan(train[0]);
        }
        var three = Datasets.iris();
        var classes = new GbdtClassifier().withRounds(10).fit(three.x(), three.y());
        assertThat(classes.score(three.x(), three.y())).isGreaterThan(0.97);
        double sum = 0;
        double[][] p = classes.predictProba(three.x()).toRows();
        for (int i = 0; i < 150; i++) sum -= Math.log(p[i][three.labels()[i]]) / 150;
        assertThat(classes.trees().trainLosses()[9]).isCloseTo(sum, within(1e-12));
    }

    /** A group of weight 2 is a group that is there twice; of no weight it is not there; losses count it so. */
    @Test void aRankerWeighsGroups() {
        var rng = Rng.of(11);
        int groups = 20, size = 8, n = groups * size, p = 3;
        double[] x = new double[n * p], y = new double[n], w = new double[n];
        var ids = new int[n];
        for (int i = 0; i < n; i++) {
            ids[i] = i / size;
            for (int j = 0; j < p; j++) x[i * p + j] = rng.nextDouble();
            y[i] = Math.floor(3 * (0.7 * x[i * p] + 0.3 * rng.nextDouble()));
            w[i] = ids[i] % 3;
        }
        double[] copies = new double[2 * n * p], relevance = new double[2 * n];
        var copied = new int[2 * n];
        int at = 0, id = 0;
        for (int g = 0; g < groups; g++) {
            for (int c = 0; c < g % 3; c++, id++) {
                for (int i = g * size; i < (g + 1) * size; i++, at++) {
                    System.arraycopy(x, i * p, copies, at * p, p);
                    relevance[at] = y[i];
                    copied[at] = id;
                }
            }
        }
        var ranker = new GbdtRanker().withBins(0).withRounds(15).withMaxDepth(3).withMinChildWeight(0.01);
        var weighted = ranker.fit(Tensor.of(x, n, p), Tensor.of(y), ids, Tensor.of(w));
        var there = Tensor.of(Arrays.copyOf(copies, at * p), at, p);
        var repeated = ranker.fit(there, Tensor.of(Arrays.copyOf(relevance, at)), Arrays.copyOf(copied, at));
        assertThat(weighted.scores(there).toDoubleArray()).containsExactly(repeated.scores(there).toDoubleArray(), within(1e-9));
        assertThat(weighted.trainLosses()).containsExactly(repeated.trainLosses(), within(1e-9));
        assertThat(ranker.fit(Tensor.of(x, n, p), Tensor.of(y), ids).trainLosses()[14]).isNotCloseTo(weighted.trainLosses()[14],
                within(1e-6));
        w[5] = -1;
        assertThatThrownBy(() -> ranker.fit(Tensor.of(x, n, p), Tensor.of(y), ids, Tensor.of(w))).hasMessageContaining("weight 5 is -1.0");
    }

    /** A ranker's trees, and those that XGBoost wrote, are models by themselves. */
    @Test void treesAreSavedAndCheckTheirRows(@TempDir Path folder) {
        var data = coarse(7, 60);
        var groups = new int[60];
        for (int i = 0; i < 60; i++) groups[i] = i / 6;
        var trees = new GbdtRanker().withRounds(5).withMinChildWeight(0.01).fit(data.x(), data.y().div(9).abs().floor(), groups);
        trees.save(folder.resolve("trees"));
        assertThat(Model.load(folder.resolve("trees"), GradientBoostedTrees.class).scores(data.x()).toDoubleArray())
                .isEqualTo(trees.scores(data.x()).toDoubleArray());
        for (int columns : new int[] {7, 9})
            assertThatThrownBy(() -> trees.scores(Tensor.zeros(DType.F64, 2, columns))).isInstanceOf(ShapeException.class)
                    .hasMessageContaining(columns + " columns; the model was fitted on 8");
    }

    @Test void ownModelsGoToXgboostAndBack() {
        var data = coarse(5, 200);
        var trees = new GbdtRegressor().withRounds(12).withMaxDepth(4).fit(data.x(), data.y()).trees();
        var back = GradientBoostedTrees.fromXgboostJson(trees.toXgboostJson());
        assertThat(back.scores(data.x()).toDoubleArray()).containsExactly(trees.scores(data.x()).toDoubleArray(), within(2e-5));
        assertThat(back.trees().get(3).gain()).containsExactly(trees.trees().get(3).gain(), within(1e-2));
        assertThat(back.importances()).containsExactly(trees.importances(), within(1e-5));
        var classes = new GbdtClassifier().withBaseScore(0).withRounds(4).fit(Datasets.iris().x(), Datasets.iris().y()).trees();
        assertThat(GradientBoostedTrees.fromXgboostJson(classes.toXgboostJson()).scores(Datasets.iris().x()).toDoubleArray())
                .containsExactly(classes.scores(Datasets.iris().x()).toDoubleArray(), within(1e-5));
    }

    /** From version 3.1 on XGBoost writes base scores as a list. */
    @Test void baseScoresMayBeAList() {
        var iris = Datasets.iris();
        String json = new GbdtClassifier().withBaseScore(0).withRounds(2).fit(iris.x(), iris.y()).trees().toXgboostJson();
        assertThat(GradientBoostedTrees.fromXgboostJson(json.replace("\"base_score\":\"0.0\"", "\"base_score\":\"[5E-1]\"")).baseScore())
                .containsExactly(0.5, 0.5, 0.5);
        assertThat(GradientBoostedTrees.fromXgboostJson(json.replace("\"base_score\":\"0.0\"", "\"base_score\":\"[1E0,-2.5E-1,0E0]\""))
                .baseScore()).containsExactly(1, -0.25, 0);
        for (String bad : List.of("[1E0,2E0]", "[]", "[1E0,,1E0]", "[x]"))
            assertThatThrownBy(
                    () -> GradientBoostedTrees.fromXgboostJson(json.replace("\"base_score\":\"0.0\"", "\"base_score\":\"" + bad + "\"")))
                    .as(bad).isInstanceOf(FormatException.class).hasMessageContaining("base_score is " + bad);
    }

    @Test void damagedFilesAreRefusedInWords() {
        var data = coarse(6, 60);
        String json = new GbdtRegressor().withRounds(2).withMaxDepth(2).fit(data.x(), data.y()).trees().toXgboostJson();
        for (String bad : List.of("", "{", "[]", "null", "{\"learner\":{}}", json.replace("gbtree\"", "dart\""),
                json.replace("reg:squarederror", "reg:other"), json.replace("\"num_feature\":\"8\"", "\"num_feature\":\"1\""),
                json.replace("\"num_feature\":\"8\"", "\"num_feature\":\"x\""),
                json.replaceFirst("\"left_children\":\\[1", "\"left_children\":[0"),
                json.replaceFirst("\"left_children\":\\[1", "\"left_children\":[2"),
                json.replaceFirst("\"left_children\":\\[1", "\"left_children\":[99"),
                json.replaceFirst("\"split_type\":\\[0", "\"split_type\":[1"), json.replaceFirst("\"tree_info\":\\[0", "\"tree_info\":[1"),
                json.replaceFirst("\"sum_hessian\":\\[", "\"sum_hessian\":[1,"),
                json.replaceFirst("\"default_left\":\\[[01]", "\"default_left\":[\"a\""),
                json.replace("\"num_class\":\"0\"", "\"num_class\":\"1000000000\""))) {
            assertThat(bad).isNotEqualTo(json);
            assertThatThrownBy(() -> GradientBoostedTrees.fromXgboostJson(bad)).as(bad.length() > 80 ? bad.substring(0, 80) : bad)
                    .isInstanceOf(FormatException.class).hasMessageContaining("XGBoost model");
        }
    }

    @Tag("slow")
    @Test void bitsDoNotDependOnThreads() {
        var bits = EnsembleBits.withThreads("gbdt");
        assertThat(bits).allMatch(line -> line.startsWith("bits "));
        assertThat(bits.stream().distinct().count()).isEqualTo(1);
    }

    @Test void wrongChoicesAreRefusedInWords() {
        var options = GbdtOptions.DEFAULT;
        assertThatThrownBy(() -> options.withRounds(0)).hasMessageContaining("rounds is 0");
        assertThatThrownBy(() -> options.withBins(300)).hasMessageContaining("bins is 300");
        assertThatThrownBy(() -> options.withGrowth(Growth.SYMMETRIC).withBins(0)).hasMessageContaining("need bins");
        assertThatThrownBy(() -> options.withOrdered(true)).hasMessageContaining("SYMMETRIC");
        assertThatThrownBy(() -> options.withMonotone(3)).hasMessageContaining("direction 3");
        assertThatThrownBy(() -> new OneSidedSampling(0.9, 0.3)).hasMessageContaining("0.9");
        assertThatThrownBy(() -> options.withRowShare(0.5).withGoss(new OneSidedSampling(0.1, 0.1)))
                .hasMessageContaining("rowShare is 0.5");
        assertThatThrownBy(() -> new GbdtRegressor().withObjective(BoostingObjective.LOGISTIC)).hasMessageContaining("LOGISTIC");
        var iris = Datasets.iris();
        assertThatThrownBy(() -> new GbdtClassifier().withMonotone(1).fit(iris.x(), iris.y())).hasMessageContaining("2 classes");
        assertThatThrownBy(
                () -> new GbdtRegressor(BoostingObjective.POISSON, options).fit(Tensor.of(new double[] {1, 2}, 2, 1), Tensor.of(-1.0, 1)))
                .hasMessageContaining("-1.0");
    }
}
