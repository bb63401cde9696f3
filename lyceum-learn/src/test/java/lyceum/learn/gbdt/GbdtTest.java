package lyceum.learn.gbdt;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.learn.metrics.RocCurve;
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

/** The clauses of the topic. */
class GbdtTest {
    private static final String TOPIC = "gbdt-family";

    @TestFactory Stream<DynamicTest> exactNumbersKeepTheContract() {
        return LearnerContract.of(new GbdtRegressor().withBins(0).withRounds(20)).tests();
    }

    @TestFactory Stream<DynamicTest> leafWiseNumbersKeepTheContract() {
        return LearnerContract
                .of(new GbdtRegressor(GbdtOptions.leafWise().withMinSamplesLeaf(2).withGoss(new OneSidedSampling(0.3, 0.4)).withRounds(60)))
                .tests();
    }

    @TestFactory Stream<DynamicTest> classesKeepTheContract() { return LearnerContract.of(new GbdtClassifier().withRounds(20)).tests(); }

    @TestFactory Stream<DynamicTest> symmetricNumbersKeepTheContract() {
        return LearnerContract.of(new GbdtRegressor(GbdtOptions.symmetric().withRounds(60).withLearningRate(0.2).withMaxDepth(3))).tests();
    }

    /** The training rows of the golden file's Friedman recipe, with values missing. */
    private static Tensor withMissing(int seed, int n) {
        double[] x = Arrays.stream(new Recipe(seed).belows(1 << 20, 10 * n)).mapToDouble(v -> v * 0x1p-20).toArray();
        for (int i = 0; i < n; i += 7) x[10 * i + 3] = Double.NaN;
        for (int i = 0; i < n; i += 5) x[10 * i] = Double.NaN;
        return Tensor.of(x, n, 10);
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void exactTreesEqualXgboost() {
        var golden = Golden.load("golden/gbdt-family.json");
        var options = GbdtOptions.DEFAULT.withBins(0).withMaxDepth(3).withRounds(50);
        var diabetes = Datasets.diabetes();
        var c = golden.named("diabetes");
        var numbers = new GbdtRegressor(options.withBaseScore(Float.parseFloat(c.text("input.base")))).fit(diabetes.x(), diabetes.y());
        Evidence.of("diabetes, largest relative gap to XGBoost on training rows and new ones",
                Gap.relative().see(c, "expected.margins", numbers.predict(everySecond(diabetes.x(), false)).toDoubleArray()).see(c,
                        "expected.new", numbers.predict(everySecond(diabetes.x(), true)).toDoubleArray()),
                below(1e-5));
        var cancer = Datasets.breastCancer();
        c = golden.named("breast cancer");
        double base = Float.parseFloat(c.text("input.base"));
        var classes = new GbdtClassifier(options.withBaseScore(Math.log(base / (1 - base)))).fit(cancer.x(), cancer.y());
        Evidence.of("breast cancer, largest gap of a margin to XGBoost on training rows and new ones",
                Gap.absolute().see(c, "expected.margins", classes.decisionFunction(everySecond(cancer.x(), false)).toDoubleArray()).see(c,
                        "expected.new", classes.decisionFunction(everySecond(cancer.x(), true)).toDoubleArray()),
                below(1e-5));
    }

    /** Rows 0, 2, ...; or new rows between rows 1 and 2, 3 and 4, ... */
    private static Tensor everySecond(Tensor x, boolean between) {
        int n = (int) x.size(0), p = (int) x.size(1), count = between ? (n - 1) / 2 : (n + 1) / 2;
        double[] from = x.toDoubleArray(), out = new double[count * p];
        for (int i = 0; i < count; i++) {
            for (int j = 0; j < p; j++) {
                int at = (between ? 2 * i + 1 : 2 * i) * p + j;
                out[i * p + j] = between ? 0.2718 * from[at] + 0.7282 * from[at + p] : from[at];
            }
        }
        return Tensor.of(out, count, p);
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void modelsOfXgboostPredictWhatTheyDidThere() {
        var gap = Gap.relative();
        int models = 0;
        for (var c : Golden.load("golden/gbdt-family.json").list("cases")) {
            if (!c.has("input.model")) continue;
            var trees = GradientBoostedTrees.fromXgboostJson(c.text("input.model"));
            var x = withMissing(c.integer("input.seed"), c.integer("input.n"));
            double[] scores = Arrays.copyOf(trees.scores(x).toDoubleArray(), 90), said = new double[90];
            gap.see(c, "expected.margins", scores);
            if (trees.outputs() > 1) said = Arrays.copyOf(trees.scores(x).softmax(1).toDoubleArray(), 90);
            else for (int i = 0; i < 90; i++) said[i] = trees.objective().prediction(scores[i]);
            gap.see(c, "expected.predictions", said);
            // And back: what is written says the same when it is read.
            var again = GradientBoostedTrees.fromXgboostJson(trees.toXgboostJson());
            assertThat(again.scores(x).toDoubleArray()).containsExactly(trees.scores(x).toDoubleArray(), within(1e-6));
            models++;
        }
        Evidence.of("models: four objectives", models, exactly(4));
        Evidence.of("largest relative gap of margins and predictions", gap, below(1e-6));
    }

    /** Minimises {@code G w + (H + lambda) w^2 / 2 + alpha |w|} over the given rows, by bisection of its slope. */
    private static double minimiser(double[] gh, List<Integer> rows, double l2, double l1) {
        double low = -1e6, high = 1e6;
        for (int k = 0; k < 200; k++) {
            double w = (low + high) / 2, slope = l2 * w + l1 * Math.signum(w);
            for (int row : rows) slope += gh[2 * row] + gh[2 * row + 1] * w;
            if (slope < 0) low = w;
            else high = w;
        }
        return (low + high) / 2;
    }

    private static double objective(double[] gh, List<Integer> rows, double l2, double l1) {
        double w = minimiser(gh, rows, l2, l1), sum = l2 * w * w / 2 + l1 * Math.abs(w);
        for (int row : rows) sum += gh[2 * row] * w + gh[2 * row + 1] * w * w / 2;
        return sum;
    }

    /** First and second derivatives of each row's loss by score c, times its weight. */
    private static double[] derivatives(BoostingObjective objective, double[] f, double[] y, double[] w, int c) {
        int n = y.length, k = f.length / n;
        var gh = new double[2 * n];
        for (int i = 0; i < n; i++) {
            double exps = 0;
            for (int j = 0; j < k; j++) exps += Math.exp(f[i * k + j]);
            double e = Math.exp(f[i * k + c]), q = e / exps, s = e / (1 + e);
            gh[2 * i] = w[i] * switch (objective) {
                case SQUARED_ERROR -> f[i] - y[i];
                case LOGISTIC -> s - y[i];
                case POISSON -> e - y[i];
                default -> q - (y[i] == c ? 1 : 0);
            };
            gh[2 * i + 1] = w[i] * switch (objective) {
                case SQUARED_ERROR -> 1;
                case LOGISTIC -> s * (1 - s);
                case POISSON -> e;
                default -> 2 * q * (1 - q); // XGBoost's
            };
        }
        return gh;
    }

    private static GradientBoostedTrees fitted(BoostingObjective objective, GbdtOptions options, Tensor x, Tensor y, Tensor w) {
        return switch (objective) {
            case SQUARED_ERROR, POISSON -> new GbdtRegressor(objective, options).fit(x, y, w).trees();
            default -> new GbdtClassifier(options).fit(x, y, w).trees();
        };
    }

    /** Four objectives, six ways to grow, L2 alone and, on weighted rows, L1 and L2. */
    @Acceptance(topic = TOPIC, clause = 2)
    @Test void weightsGainsAndSumsAreThoseOfTheRows() {
        double weights = 0, gains = 0, sums = 0;
        int leaves = 0, splits = 0, subtracted = 0;
        for (var objective : List.of(BoostingObjective.SQUARED_ERROR, BoostingObjective.LOGISTIC, BoostingObjective.POISSON,
                BoostingObjective.SOFTMAX)) {
            int k = objective == BoostingObjective.SOFTMAX ? 3 : 1;
            Dataset data = objective == BoostingObjective.LOGISTIC || k > 1
                    ? Datasets.classification(Rng.of(2), 300, 6, 4, 1, k > 1 ? k : 2, 1, 0.1) : Datasets.friedman1(Rng.of(1), 300, 6, 1);
            var targets = objective == BoostingObjective.POISSON ? data.y().div(4).abs().round().compute() : data.y();
            double[] x = data.x().toDoubleArray(), y = targets.toDoubleArray(), ones = new double[300];
            Arrays.fill(ones, 1);
            for (int i = 0; i < x.length; i += 11) x[i] = Double.NaN;
            Tensor rows = Tensor.of(x, 300, 6);
            for (int bins : new int[] {0, 64}) {
                for (var growth : bins == 0 ? List.of(Growth.LEVEL, Growth.LEAF) : List.of(Growth.values())) {
                    for (double l1 : new double[] {0, 2.5}) {
                        var options = GbdtOptions.DEFAULT.withBins(bins).withGrowth(growth).withMaxDepth(4).withMaxLeaves(12).withRounds(6)
                                .withL2(1.7).withL1(l1);
                        double[] w = l1 == 0 ? ones : new Recipe(3).uniforms(300);
                        var trees = fitted(objective, options, rows, targets, Tensor.of(w));
                        for (int t = 0; t < 6 * k; t++) {
                            double[] f = trees.first(t / k).scores(rows).toDoubleArray(), gh = derivatives(objective, f, y, w, t % k);
                            var tree = trees.trees().get(t);
                            var inside = inside(tree, x, 6);
                            for (int v = 0; v < tree.nodes(); v++) {
                                var own = inside.get(v);
                                assertThat(own).hasSize(tree.samples()[v]);
                                double g = 0, h = 0, size = 0;
                                for (int row : own) {
                                    g += gh[2 * row];
                                    h += gh[2 * row + 1];
                                    size += Math.abs(gh[2 * row]);
                                }
                                if (!own.isEmpty()) {
                                    sums = Math.max(sums,
                                            Math.max(Math.abs(tree.gradient()[v] - g) / size, Math.abs(tree.hessian()[v] - h) / h));
                                    if (bins > 0 && v > 0) subtracted++;
                                }
                                if (tree.isLeaf(v)) {
                                    double best = 0.3 * minimiser(gh, own, 1.7, l1);
                                    weights = Math.max(weights, Math.abs(tree.value()[v] - best) / Math.max(1e-3, Math.abs(best)));
                                    leaves++;
                                } else {
                                    double gain = objective(gh, own, 1.7, l1) - objective(gh, inside.get(tree.left()[v]), 1.7, l1)
                                            - objective(gh, inside.get(tree.right()[v]), 1.7, l1);
                                    gains = Math.max(gains, Math.abs(tree.gain()[v] - gain) / Math.max(1e-3, Math.abs(gain)));
                                    splits++;
                                }
                            }
                        }
                    }
                }
            }
        }
        Evidence.of("leaves and splits looked at", leaves + splits, above(4500));
        Evidence.of("largest relative gap of a leaf's weight", weights, below(1e-10));
        Evidence.of("largest relative gap of a split's gain", gains, below(1e-9));
        Evidence.of("nodes summed by histograms and subtraction", subtracted, above(1500));
        Evidence.of("largest gap of a node's sums, of the gradients' absolute sum", sums, below(1e-12));
    }

    /** The rows that come to each node. */
    private static List<List<Integer>> inside(BoostedTree tree, double[] x, int p) {
        var inside = new ArrayList<List<Integer>>();
        for (int v = 0; v < tree.nodes(); v++) inside.add(new ArrayList<>());
        for (int i = 0; i < x.length / p; i++) {
            for (int v = 0; v >= 0;) {
                inside.get(v).add(i);
                if (tree.isLeaf(v)) break;
                double value = x[i * p + tree.feature()[v]];
                boolean left = Double.isNaN(value) ? tree.missingLeft()[v] : value < tree.threshold()[v];
                v = left ? tree.left()[v] : tree.right()[v];
            }
        }
        return inside;
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void oneSidedSamplesKeepTheSumOfGradients() {
        double worst = 0;
        for (var goss : List.of(new OneSidedSampling(0.2, 0.1), new OneSidedSampling(0.1, 0.3), new OneSidedSampling(0, 0.5))) {
            var rng = Rng.of(7);
            int n = 500, draws = 4000;
            var g = new double[n];
            double all = 0;
            // Small gradients are mostly positive, large ones negative: what is kept alone says nothing about the sum.
            for (int i = 0; i < n; i++) all += g[i] = i % 5 == 0 ? -2 - rng.nextDouble() : rng.nextDouble();
            double sum = 0, squares = 0;
            for (int d = 0; d < draws; d++) {
                var sample = goss.draw(g, rng.split(d));
                double one = 0;
                for (int i = 0; i < sample.rows().length; i++) one += sample.factors()[i] * g[sample.rows()[i]];
                sum += one;
                squares += one * one;
                assertThat(sample.rows()).hasSize((int) Math.round(n * (goss.top() + goss.other()))).isSorted().doesNotHaveDuplicates();
            }
            double mean = sum / draws, error = Math.sqrt((squares / draws - mean * mean) / draws);
            worst = Math.max(worst, Math.abs(mean - all) / error);
        }
        Evidence.of("mean of 4,000 sums less the full sum, in standard errors", worst, below(3));
    }

    /** What trees are grown on: over many seeds the root's sums are those of all rows. */
    @Acceptance(topic = TOPIC, clause = 3)
    @Test void treesGrowOnWhatOneSidedSamplesCount() {
        int n = 200, draws = 1500;
        var data = Datasets.friedman1(Rng.of(3), n, 5, 1);
        double[] w = new Recipe(8).uniforms(n), y = data.y().toDoubleArray(), ones = new double[n];
        var labels = Tensor.of(Arrays.stream(y).mapToLong(v -> v > 12 ? 1 : 0).toArray());
        for (var objective : List.of(BoostingObjective.SQUARED_ERROR, BoostingObjective.LOGISTIC)) {
            double base = objective == BoostingObjective.LOGISTIC ? 1.5 : 10;
            var targets = objective == BoostingObjective.LOGISTIC ? labels : data.y();
            Arrays.fill(ones, base);
            double[] gh = derivatives(objective, ones, targets.toDoubleArray(), w, 0), all = new double[2];
            for (int i = 0; i < 2 * n; i++) all[i % 2] += gh[i];
            double[] sum = new double[2], squares = new double[2];
            var options = GbdtOptions.DEFAULT.withRounds(1).withMaxDepth(1).withBins(8).withBaseScore(base)
                    .withGoss(new OneSidedSampling(0.2, 0.1));
            for (int seed = 0; seed < draws; seed++) {
                var root = fitted(objective, options.withSeed(seed), data.x(), targets, Tensor.of(w)).trees().getFirst();
                double[] found = {root.gradient()[0], root.hessian()[0]};
                for (int s = 0; s < 2; s++) {
                    sum[s] += found[s];
                    squares[s] += found[s] * found[s];
                }
            }
            for (int s = 0; s < 2; s++) {
                double mean = sum[s] / draws, error = Math.sqrt((squares[s] / draws - mean * mean) / draws);
                Evidence.of(objective + ", a root's " + (s == 0 ? "gradients" : "hessians") + " less those of all rows, in standard errors",
                        Math.abs(mean - all[s]) / error, below(3));
            }
        }
    }

    private static List<Dataset> tables() {
        var r = Rng.of(3);
        int n = 1000;
        double[] x = new double[4 * n], two = new double[n], three = new double[n];
        for (int i = 0; i < n; i++) {
            double a = x[4 * i] = 100 * r.nextDouble(), b = x[4 * i + 1] = Math.PI * (40 + 520 * r.nextDouble()),
                    c = x[4 * i + 2] = r.nextDouble(), d = x[4 * i + 3] = 1 + 10 * r.nextDouble(), e = b * c - 1 / (b * d);
            two[i] = Math.sqrt(a * a + e * e);
            three[i] = Math.atan(e / a);
        }
        double[] z = new double[10 * n], hastie = new double[n];
        for (int i = 0; i < n; i++) {
            double sum = 0;
            for (int j = 0; j < 10; j++) {
                z[10 * i + j] = r.nextGaussian();
                sum += z[10 * i + j] * z[10 * i + j];
            }
            hastie[i] = sum > 9.34 ? 1 : -1;
        }
        return List.of(Datasets.friedman1(Rng.of(1), n, 10, 1), Dataset.of(Tensor.of(x, n, 4), Tensor.of(two)),
                Dataset.of(Tensor.of(x, n, 4), Tensor.of(three)), Datasets.diabetes(), Dataset.of(Tensor.of(z, n, 10), Tensor.of(hastie)));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void leafWiseTreesFitTheTrainingRowsHarder() {
        double most = 0;
        var options = GbdtOptions.DEFAULT.withRounds(100).withLearningRate(0.1).withMaxLeaves(8).withMinSamplesLeaf(5);
        for (var data : tables()) {
            var leaf = new GbdtRegressor(options.withGrowth(Growth.LEAF).withMaxDepth(Integer.MAX_VALUE)).fit(data.x(), data.y());
            var level = new GbdtRegressor(options.withGrowth(Growth.LEVEL).withMaxDepth(3)).fit(data.x(), data.y());
            for (var tree : level.trees().trees()) assertThat(tree.leaves()).isLessThanOrEqualTo(8);
            double ratio = leaf.predict(data.x()).sub(data.y()).square().mean().item()
                    / level.predict(data.x()).sub(data.y()).square().mean().item();
            most = Math.max(most, ratio);
        }
        Evidence.of("training MSE leaf-wise over level-wise, largest of five tables", most, atMost(0.9));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void greedyEncodingLeaksAndOrderedDoesNot() {
        double least = 1, most = 0, learned = 1;
        for (int seed = 0; seed < 5; seed++) {
            var rng = Rng.of(seed);
            int n = 2000;
            double[] ids = new double[n], y = new double[n];
            var labels = new long[n];
            for (int i = 0; i < n; i++) {
                ids[i] = rng.nextInt(2 * n); // most occur once
                labels[i] = rng.nextInt(2);
                y[i] = labels[i];
            }
            var truth = Tensor.of(labels);
            least = Math.min(least, RocCurve.of(truth, Tensor.of(TargetStatistics.greedy(ids, y, 1).training())).auc());
            double ordered = RocCurve.of(truth, Tensor.of(TargetStatistics.ordered(ids, y, 1, rng.split(1)).training())).auc();
            most = Math.max(most, ordered);
            assertThat(ordered).isGreaterThan(0.4);
            // Trees are grown on the ordered column: noise teaches them next to nothing, where the greedy one would teach it all.
            double[] losses = new GbdtClassifier().withCategorical(0).withRounds(20).withMaxDepth(3).withSeed(seed)
                    .fit(Tensor.of(ids, n, 1), truth).trees().trainLosses();
            learned = Math.min(learned, losses[19]);
        }
        Evidence.of("least training AUC of the greedy column in five draws", least, atLeast(0.9));
        Evidence.of("largest training AUC of the ordered column", most, atMost(0.55));
        Evidence.of("least training loss of 20 trees on a categorical column of noise", learned, above(0.95 * Math.log(2)));
    }

    @Acceptance(topic = TOPIC, clause = 6)
    @Test void monotoneDirectionsHold() {
        var rng = Rng.of(6);
        int n = 600, pairs = 0, broken = 0, moved = 0;
        double[] x = new double[3 * n], y = new double[n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < 3; j++) x[3 * i + j] = rng.nextDouble();
            y[i] = 2 * Math.sin(9 * x[3 * i]) + 3 * x[3 * i] - 4 * x[3 * i + 1] * x[3 * i + 2] + rng.nextGaussian();
        }
        Tensor rows = Tensor.of(x, n, 3), targets = Tensor.of(y);
        var options = GbdtOptions.DEFAULT.withMonotone(1, -1).withMaxDepth(5).withRounds(60);
        for (var each : List.of(options.withBins(0), options, options.withGrowth(Growth.LEAF).withMaxLeaves(16),
                options.withGrowth(Growth.SYMMETRIC), options.withGrowth(Growth.SYMMETRIC).withOrdered(true))) {
            var trees = new GbdtRegressor(each).fit(rows, targets).trees();
            var z = new double[2 * 2000 * 3];
            for (int i = 0; i < 2000; i++) {
                double a = rng.nextDouble(), b = rng.nextDouble(), c = rng.nextDouble();
                System.arraycopy(new double[] {a, b, c, a + (1 - a) * rng.nextDouble(), b * rng.nextDouble(), c}, 0, z, 6 * i, 6);
            }
            double[] f = trees.scores(Tensor.of(z, 4000, 3)).toDoubleArray();
            for (int i = 0; i < 4000; i += 2, pairs++) {
                if (f[i + 1] < f[i] - 1e-12) broken++;
                if (f[i + 1] > f[i]) moved++;
            }
            assertThat(new GbdtRegressor(each).fit(rows, targets).score(rows, targets)).isGreaterThan(0.3);
        }
        Evidence.of("pairs compared, five ways to grow", pairs, exactly(10_000));
        Evidence.of("pairs that fall", broken, exactly(0));
        Evidence.of("pairs that rise", moved, above(7000));
    }
}
