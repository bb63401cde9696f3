package lyceum.learn.anomaly;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.equalTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.kernel.Rbf;
import lyceum.learn.cluster.GaussianMixture;
import lyceum.learn.decomposition.Pca;
import lyceum.learn.metrics.RocCurve;
import lyceum.learn.neural.MlpRegressor;
import lyceum.learn.svm.OneClassSvm;
import lyceum.nn.Activation;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.stats.HypothesisTest;
import lyceum.stats.learner.LearnerContract;
import lyceum.stats.learner.Model;
import lyceum.stats.learner.StandardScaler;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import lyceum.train.MlpFit;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class AnomalyDetectorTest {
    private static final String TOPIC = "anomaly-detection";
    private static final Golden GOLDEN = Golden.load("golden/anomaly-detection.json");

    @TestFactory Stream<DynamicTest> itKeepsTheContract() {
        return LearnerContract.of(new AnomalyDetector(new NeighborDistance(3), 0.1)).tests();
    }

    private static Tensor bells(Recipe r, int n, int p, double scale) { return Tensor.of(r.bells(n * p), n, p).mul(scale).compute(); }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void localOutlierFactorsAndNeighbourDistancesEqualScikitLearn() {
        var recipe = new Recipe(739);
        Gap lof = Gap.relativeBeyondOne(), knn = Gap.relativeBeyondOne();
        int cases = 0;
        for (var name : List.of("plane", "wide")) {
            int n = name.equals("plane") ? 60 : 90, p = name.equals("plane") ? 2 : 6;
            double[][] rows = bells(recipe, n, p, 1).toRows();
            for (int i = n / 2; i < n; i++) for (int j = 0; j < p; j++) rows[i][j] *= 0.2;
            Tensor x = Tensor.of(rows), fresh = bells(recipe, 25, p, 1.5);
            for (var c : GOLDEN.cases("neighbours " + name)) {
                int k = c.integer("input.neighbors");
                var factors = new LocalOutlierFactor(k).fit(x);
                lof.see(c, "expected.lof", factors.scores(fresh).toDoubleArray());
                lof.see(c, "expected.trainingLof", factors.trainingScores().toDoubleArray());
                NeighborDistance.Fitted kth = new NeighborDistance(k).fit(x), mean = new NeighborDistance(k, true).fit(x);
                knn.see(c, "expected.kth", kth.scores(fresh).toDoubleArray());
                knn.see(c, "expected.trainingKth", kth.trainingScores().toDoubleArray());
                knn.see(c, "expected.mean", mean.scores(fresh).toDoubleArray());
                knn.see(c, "expected.trainingMean", mean.trainingScores().toDoubleArray());
                cases++;
            }
        }
        assertThat(cases).isEqualTo(6);
        Evidence.of("gap of local outlier factors to scikit-learn", lof, below(1e-8));
        Evidence.of("gap of neighbour distances to scikit-learn", knn, below(1e-8));
    }

    private static double auc(ScoringModel model, Tensor test, int normal) {
        double[] scores = model.scores(test).toDoubleArray();
        var odd = new boolean[scores.length];
        Arrays.fill(odd, normal, odd.length, true);
        return RocCurve.of(odd, scores, null).auc();
    }

    private static Tensor stacked(Tensor... parts) { return Tensor.concat(0, parts); }

    private static int[] ofClass(int[] labels, int label) {
        return IntStream.range(0, labels.length).filter(i -> labels[i] == label).toArray();
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void isolationPathsAndForestsAreThoseOfThePaper() {
        Evidence.of("average path c(256)", IsolationForest.averagePath(256), equalTo(10.2448, 1e-3));
        var recipe = new Recipe(739);
        for (int n : new int[] {60 * 2 + 25 * 2, 90 * 6 + 25 * 6}) recipe.bells(n);
        Tensor inner = bells(recipe, 400, 4, 1), outer = bells(recipe, 40, 4, 3);
        var cancer = Datasets.breastCancer();
        int[] benign = ofClass(cancer.labels(), 1);
        var digits = Datasets.digits();
        int[] zeros = ofClass(digits.labels(), 0);
        Map<String, Tensor[]> worlds = Map.of("bells", new Tensor[] {inner.narrow(0, 0, 200), stacked(inner.narrow(0, 200, 200), outer)},
                "cancer",
                new Tensor[] {cancer.x().rows(Arrays.copyOf(benign, 200)),
                        stacked(cancer.x().rows(Arrays.copyOfRange(benign, 200, benign.length)),
                                cancer.x().rows(ofClass(cancer.labels(), 0)))},
                "digits", new Tensor[] {digits.x().rows(Arrays.copyOf(zeros, 100)), stacked(
                        digits.x().rows(Arrays.copyOfRange(zeros, 100, zeros.length)), digits.x().rows(ofClass(digits.labels(), 5)))});
        var gap = Gap.absolute();
        for (var c : GOLDEN.cases("isolation")) {
            var world = worlds.get(c.text("name").substring(10));
            double mean = 0;
            for (int seed = 0; seed < 10; seed++)
                mean += auc(new IsolationForest().withSeed(seed).fit(world[0]), world[1], c.integer("input.normal")) / 10;
            gap.see(c, "expected.auc", mean);
        }
        assertThat(gap.seen()).isEqualTo(3);
        Evidence.of("gap of the mean AUC of 10 forests to scikit-learn's", gap, atMost(0.02));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void conformalPValuesAreUniform() {
        for (var scorer : List.of(new RobustDistance(RobustDistance.Covariance.SAMPLE, 0), new NeighborDistance(3))) {
            int runs = 5_000, alarms = 0;
            var counts = new double[20];
            for (int run = 0; run < runs; run++) {
                var rng = Rng.of(run);
                // Heavy tails and a bend: nothing that the scorer assumes.
                double[][] rows = Tensor.randn(rng, DType.F64, 30 + 99 + 1, 2).toRows();
                for (var row : rows) row[1] = 0.3 * Math.exp(row[1]) + row[0] * row[0];
                var x = Tensor.of(rows);
                var model = scorer.fit(x.narrow(0, 0, 30));
                var conformal = ConformalAnomalies.of(model, x.narrow(0, 30, 99));
                double p = conformal.pValues(x.narrow(0, 129, 1)).item(0);
                if (conformal.isAnomaly(x.narrow(0, 129, 1), 0.05).toBooleanArray()[0]) alarms++;
                counts[(int) Math.ceil(p * 20 - 1e-9) - 1]++;
            }
            var expected = new double[20];
            Arrays.fill(expected, runs / 20.0);
            Evidence.of("p of chi-square against the uniform law, " + scorer.name(), HypothesisTest.chiSquare(counts, expected).pValue(),
                    above(0.01));
            Evidence.of("false alarms at 5%, " + scorer.name(), alarms / (double) runs, between(0.04, 0.06));
        }
    }

    /** Training rows that are normal, and test rows of which the first {@code normal} are. */
    private record World(Tensor train, Tensor test, int normal) {
        static World of(double[][] train, double[][] normal, double[][] odd) {
            return new World(Tensor.of(train), stacked(Tensor.of(normal), Tensor.of(odd)), normal.length);
        }
    }

    private interface Draw {
        double[] row();
    }

    private static double[][] draw(int n, Draw draw) { return IntStream.range(0, n).mapToObj(i -> draw.row()).toArray(double[][]::new); }

    private static final double[][] PLANE = {{1, 0.5, -0.5, 0.8, -1, 0.3}, {-0.4, 1, 0.9, -0.6, 0.5, 1}};

    private static double[] onPlane(Rng rng, double a, double b, double noise) {
        return IntStream.range(0, 6).mapToDouble(j -> a * PLANE[0][j] + b * PLANE[1][j] + noise * rng.nextGaussian()).toArray();
    }

    private static Map<String, World> worlds() {
        var rng = Rng.of(17);
        var worlds = new LinkedHashMap<String, World>();
        Draw bulk = () -> onPlane(rng, rng.nextGaussian(), rng.nextGaussian(), 0.1);
        worlds.put("far points", World.of(draw(400, bulk), draw(400, bulk), draw(60, () -> {
            double angle = 2 * Math.PI * rng.nextDouble();
            return onPlane(rng, 6 * Math.cos(angle), 6 * Math.sin(angle), 0.1);
        })));
        Draw twoClusters = () -> {
            boolean tight = rng.nextBoolean();
            double s = tight ? 0.1 : 2;
            return new double[] {(tight ? 0 : 8) + s * rng.nextGaussian(), s * rng.nextGaussian()};
        };
        worlds.put("local density", World.of(draw(400, twoClusters), draw(400, twoClusters), draw(60, () -> {
            double angle = 2 * Math.PI * rng.nextDouble(), r = 0.8 + 0.4 * rng.nextDouble();
            return new double[] {r * Math.cos(angle), r * Math.sin(angle)};
        })));
        Draw sheet = () -> onPlane(rng, 2 * rng.nextDouble() - 1, 2 * rng.nextDouble() - 1, 0.03);
        worlds.put("off the subspace", World.of(draw(400, sheet), draw(400, sheet), draw(60, () -> {
            var row = onPlane(rng, rng.nextDouble() - 0.5, rng.nextDouble() - 0.5, 0.03);
            for (int j = 0; j < 6; j++) row[j] += 0.2 * rng.nextGaussian();
            return row;
        })));
        Draw ring = () -> {
            double angle = 2 * Math.PI * rng.nextDouble(), r = 2 + 0.15 * rng.nextGaussian();
            return new double[] {r * Math.cos(angle), r * Math.sin(angle)};
        };
        worlds.put("ring", World.of(draw(400, ring), draw(400, ring),
                draw(60, () -> new double[] {0.4 * rng.nextGaussian(), 0.4 * rng.nextGaussian()})));
        return worlds;
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void eachFamilyWinsWhereOddMeansWhatItMeans() {
        var families = new LinkedHashMap<String, AnomalyScorer>();
        families.put("robust distance", new RobustDistance());
        families.put("local outlier factor", new LocalOutlierFactor(20));
        families.put("isolation forest", new IsolationForest());
        families.put("principal components", new Reconstruction(new Pca(2)));
        families.put("one-class SVM", new OneClassScore(new OneClassSvm(new Rbf(0.5), 0.05)));
        var made = Map.of("robust distance", "far points", "isolation forest", "far points", "local outlier factor", "local density",
                "principal components", "off the subspace", "one-class SVM", "ring");
        var aucs = new LinkedHashMap<String, Map<String, Double>>();
        worlds().forEach((name, world) -> {
            var of = new LinkedHashMap<String, Double>();
            families.forEach((family, scorer) -> {
                boolean flat = scorer instanceof Reconstruction && world.train.size(1) == 2;
                var model = (flat ? new Reconstruction(new Pca(1)) : scorer).fit(world.train);
                of.put(family, auc(model, world.test, world.normal));
            });
            aucs.put(name, of);
        });
        made.forEach((family, world) -> Evidence.of("AUC of " + family + " on " + world, aucs.get(world).get(family), atLeast(0.95)));
        aucs.forEach((world, of) -> Evidence.of("least AUC of a family on " + world,
                of.values().stream().min(Double::compare).orElseThrow(), below(0.8)));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void malignantCellsAreFoundFromBenignOnes() {
        var cancer = Datasets.breastCancer();
        int[] benign = ofClass(cancer.labels(), 1);
        var half = cancer.x().rows(Arrays.copyOf(benign, benign.length / 2));
        var scaler = new StandardScaler().fit(half);
        var test = scaler.transform(stacked(cancer.x().rows(Arrays.copyOfRange(benign, benign.length / 2, benign.length)),
                cancer.x().rows(ofClass(cancer.labels(), 0))));
        int normal = benign.length - benign.length / 2;
        for (var scorer : List.of(new OneClassScore(new OneClassSvm(Rbf.ofVariance(scaler.transform(half)), 0.05)), new IsolationForest(),
                new NeighborDistance(5), new LocalOutlierFactor(20)))
            Evidence.of("AUC of " + scorer.name(), auc(scorer.fit(scaler.transform(half)), test, normal), atLeast(0.9));
    }

    @Test void otherFamiliesFindWhatTheyAreMadeFor() {
        var worlds = worlds();
        World ring = worlds.get("ring"), far = worlds.get("far points"), local = worlds.get("local density");
        assertThat(auc(new KernelDensityScore(0.3).fit(ring.train), ring.test, ring.normal)).isGreaterThan(0.95);
        assertThat(auc(new DensityScore(new GaussianMixture(2)).fit(local.train), local.test, local.normal)).isGreaterThan(0.9);
        assertThat(auc(new AnomalyEnsemble(new RobustDistance(), new LocalOutlierFactor(20)).fit(far.train), far.test, far.normal))
                .isGreaterThan(0.95);
        assertThat(auc(new DeepSvdd(16, 8).fit(far.train), far.test, far.normal)).isGreaterThan(0.85);
        // A bent sheet: flat components miss what is inside the bend, a network with one number in the middle does not.
        var rng = Rng.of(5);
        Draw bend = () -> {
            double t = 2 * rng.nextDouble() - 1;
            return new double[] {t + 0.03 * rng.nextGaussian(), 2 * t * t + 0.03 * rng.nextGaussian()};
        };
        var world = World.of(draw(300, bend), draw(200, bend),
                draw(50, () -> new double[] {0.4 * rng.nextGaussian(), 1.2 + 0.2 * rng.nextGaussian()}));
        double network = auc(
                new Autoencoder(new MlpRegressor(16, 1, 16).withActivation(Activation.TANH).withFit(new MlpFit().withRule(new Adam(1e-2))))
                        .fit(world.train),
                world.test, world.normal);
        double flat = auc(new Reconstruction(new Pca(1)).fit(world.train), world.test, world.normal);
        assertThat(network).isGreaterThan(0.85).isGreaterThan(flat);
    }

    @Test void seriesErrorsStandOut() {
        var rng = Rng.of(2);
        var series = new double[400];
        for (int t = 0; t < 400; t++) series[t] = 10 + 3 * Math.sin(2 * Math.PI * t / 24) + (t > 0 ? 0.3 * rng.nextGaussian() : 0);
        series[350] += 2.5; // well within the range of all values
        var model = new SeriesResidual(2, 24).fit(Tensor.of(Arrays.copyOf(series, 300), 300, 1));
        double[] scores = model.scores(Tensor.of(Arrays.copyOfRange(series, 300, 400), 100, 1)).toDoubleArray();
        assertThat(IntStream.range(0, 100).reduce((a, b) -> scores[a] >= scores[b] ? a : b).orElseThrow()).isEqualTo(50);
        assertThat(scores[50]).isGreaterThan(4);
        // Scores go on from the training rows as if all were one series.
        var all = new SeriesResidual(2, 24).fit(Tensor.of(series, 400, 1));
        assertThat(all.trainingScores().item(0)).isEqualTo(0);
        assertThat(Math.abs(all.trainingScores().item(350) * all.scale() - scores[50] * model.scale())).isLessThan(0.5);
    }

    @Test void thresholdsAndExplanations() {
        var rng = Rng.of(4);
        var x = Tensor.randn(rng, DType.F64, 200, 4);
        var model = new AnomalyDetector(new RobustDistance(), 0.1).fit(x);
        assertThat(model.isNormal(x).toBooleanArray()).satisfies(normal -> {
            int odd = 0;
            for (boolean b : (boolean[]) normal) if (!b) odd++;
            assertThat(odd).isEqualTo(20);
        });
        double[] why = model.explain(Tensor.of(new double[][] {{0, 0, 9, 0}})).toDoubleArray();
        for (int j : new int[] {0, 1, 3}) assertThat(why[2]).isGreaterThan(10 * Math.abs(why[j]));
        assertThat(new AnomalyDetector(new NeighborDistance(3), 0).fit(x).threshold())
                .isEqualTo(new NeighborDistance(3).fit(x).trainingScores().max().item());
    }

    /** The path of a row among n equal rows is c(n) from the root, and a far row's first split. */
    @Test void isolationPathsByHand() {
        var equal = new IsolationForest(10, 64, 0).fit(Tensor.ones(DType.F64, 64, 2));
        assertThat(equal.pathLengths(Tensor.ones(DType.F64, 1, 2)).item(0)).isCloseTo(IsolationForest.averagePath(64), offset(1e-12));
        assertThat(equal.scores(Tensor.ones(DType.F64, 1, 2)).item(0)).isCloseTo(0.5, offset(1e-12));
        assertThat(IsolationForest.averagePath(1)).isZero();
        assertThat(IsolationForest.averagePath(2)).isEqualTo(1);
        var two = new IsolationForest(20, 2, 1).fit(Tensor.of(new double[][] {{0}, {1}}));
        assertThat(two.pathLengths(Tensor.of(new double[][] {{0}, {1}})).toDoubleArray()).containsExactly(new double[] {1, 1},
                offset(1e-12));
    }

    @Test void copiesOfARowHaveDistanceZero() {
        var rows = new double[30][1];
        for (int i = 25; i < 30; i++) rows[i][0] = i;
        var near = new NeighborDistance(3).fit(Tensor.of(rows));
        assertThat(near.trainingScores().item(3)).isZero();
        assertThat(near.trainingScores().item(27)).isEqualTo(2);
        for (double v : new LocalOutlierFactor(3).fit(Tensor.of(rows)).trainingScores().toDoubleArray()) assertThat(v).isFinite();
    }

    @Test void pValuesByHand() {
        var model = new NeighborDistance(1).fit(Tensor.of(new double[][] {{0}, {0}}));
        var conformal = ConformalAnomalies.of(model, Tensor.of(new double[][] {{1}, {2}, {2}, {-3}}));
        assertThat(conformal.pValues(Tensor.of(new double[][] {{0}, {2}, {2.5}, {-9}})).toDoubleArray()).containsExactly(1, 0.8, 0.4, 0.2);
    }

    @Test void modelsAreSavedAndBadInputIsRefused(@TempDir Path folder) {
        var x = Tensor.randn(Rng.of(4), DType.F64, 80, 3);
        for (var scorer : List.of(new RobustDistance(), new DensityScore(new GaussianMixture(1)), new KernelDensityScore(),
                new NeighborDistance(3), new LocalOutlierFactor(3), new IsolationForest(), new Reconstruction(new Pca(1)),
                new Autoencoder(4, 1), new OneClassScore(new OneClassSvm(new Rbf(1), 0.1)), new DeepSvdd(4).withEpochs(2),
                new AnomalyEnsemble(new NeighborDistance(2)))) {
            var model = new AnomalyDetector(scorer, 0.05).fit(x);
            model.save(folder.resolve("model"));
            var again = Model.load(folder.resolve("model"), AnomalyDetector.Fitted.class);
            assertThat(again.scores(x).toDoubleArray()).as(scorer.name()).isEqualTo(model.scores(x).toDoubleArray());
            assertThat(new AnomalyDetector(scorer, 0.05).fit(x).scores(x).toDoubleArray()).as(scorer.name())
                    .isEqualTo(model.scores(x).toDoubleArray());
            assertThatThrownBy(() -> model.scores(Tensor.ones(DType.F64, 2, 2))).as(scorer.name()).hasMessageContaining("2 columns");
        }
        assertThatThrownBy(() -> new AnomalyDetector(new IsolationForest(), 0.6)).hasMessageContaining("contamination is 0.6");
        assertThatThrownBy(() -> new LocalOutlierFactor(80).fit(x)).hasMessageContaining("80 rows for 80 neighbours");
        assertThatThrownBy(() -> new KernelDensityScore(0)).hasMessageContaining("bandwidth is 0.0");
        assertThatThrownBy(() -> new SeriesResidual(2, 0).fit(x)).hasMessageContaining("(n, 1)");
        assertThatThrownBy(() -> new SeriesResidual(2, 0).fit(Tensor.ones(DType.F64, 5, 1))).hasMessageContaining("at least 8");
        assertThatThrownBy(() -> new DeepSvdd()).hasMessageContaining("at least one layer");
        assertThatThrownBy(() -> new IsolationForest().fit(Tensor.of(new double[][] {{1, Double.NaN}, {1, 2}})))
                .hasMessageContaining("NaN");
    }
}
