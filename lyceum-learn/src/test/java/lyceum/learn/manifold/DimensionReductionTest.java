package lyceum.learn.manifold;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.learn.decomposition.Pca;
import lyceum.learn.manifold.RandomProjection.Kind;
import lyceum.learn.neighbors.KNeighborsClassifier;
import lyceum.linalg.Svd;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.stats.Correlation;
import lyceum.stats.learner.LearnerContract;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class DimensionReductionTest {
    private static final String TOPIC = "dimensionality-reduction";
    private static final Golden GOLDEN = Golden.load("golden/dimensionality-reduction.json");

    @TestFactory Stream<DynamicTest> contract() {
        return Stream.of(new RandomProjection(3).withKind(Kind.SPARSE), new RandomProjection(3).withKind(Kind.HADAMARD), new Mds(2),
                new AutoencoderMap(2, 6).withEpochs(3)).flatMap(l -> LearnerContract.of(l).tests());
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void trustworthinessAndContinuityEqualScikitLearns() {
        var gap = Gap.absolute();
        for (var c : GOLDEN.cases("trust")) {
            Tensor x, map;
            if (c.has("input.map")) {
                map = Tensor.of(c.matrix("input.map"));
                x = Datasets.digits().x().narrow(0, 0, 300).mul(Tensor.arange(64).to(DType.F64).div(1024).mul(Math.sqrt(2)).add(1))
                        .compute();
            } else {
                var recipe = new Recipe(c.integer("input.seed"));
                int n = c.integer("input.n"), q = c.integer("input.q");
                x = Tensor.of(recipe.matrix(n, c.integer("input.p")));
                map = x.narrow(1, 0, q).add(Tensor.of(recipe.matrix(n, q)).mul(0.7)).compute();
            }
            int[] ks = c.ints("input.ks");
            double[] trust = c.doubles("expected.trustworthiness"), whole = c.doubles("expected.continuity");
            for (int i = 0; i < ks.length; i++) {
                gap.see(c.text("name") + " " + ks[i], Trustworthiness.of(x, map, ks[i]), trust[i]);
                gap.see(c.text("name") + " back " + ks[i], Trustworthiness.continuity(x, map, ks[i]), whole[i]);
            }
        }
        Evidence.of("scores compared", gap.seen(), exactly(2 * (4 * 4 + 3)));
        Evidence.of("trustworthiness, and with data and map exchanged", gap, below(1e-10));
    }

    private static double[] squares(Tensor x) {
        Tensor lengths = x.square().sum(1, true);
        double[][] d = lengths.add(lengths.transpose()).sub(x.matmul(x.transpose()).mul(2)).toRows();
        var out = new double[d.length * (d.length - 1) / 2];
        for (int i = 0, at = 0; i < d.length; i++) for (int j = 0; j < i; j++) out[at++] = d[i][j];
        return out;
    }

    @Tag("slow")
    @Acceptance(topic = TOPIC, clause = 2)
    @Test void randomProjectionsKeepAllDistancesInNearlyAllDraws() {
        Evidence.of("dimensions for 200 rows and distortion 0.3", RandomProjection.dimensions(200, 0.3), exactly(588));
        int[] least = GOLDEN.named("dimensions").ints("expected.least"), rows = GOLDEN.named("dimensions").ints("input.n");
        double[] eps = GOLDEN.named("dimensions").doubles("input.eps");
        for (int i = 0; i < least.length; i++) assertThat(RandomProjection.dimensions(rows[i], eps[i])).isEqualTo(least[i]);
        Tensor x = Tensor.randn(Rng.of(1), DType.F64, 200, 900).mul(Tensor.arange(900).to(DType.F64).div(300).exp()).compute();
        double[] before = squares(x);
        int fewest = 100;
        for (var kind : Kind.values()) {
            int good = 0;
            for (int seed = 0; seed < 100; seed++) {
                var model = RandomProjection.ofDistortion(0.3).withKind(kind).withSeed(seed).fit(x);
                assertThat(model.nOutputs()).isEqualTo(588);
                double[] after = squares(model.transform(x));
                assertThat(after).hasSize(19_900);
                boolean kept = true;
                for (int i = 0; i < after.length; i++) kept &= Math.abs(after[i] / before[i] - 1) <= 0.3;
                if (kept) good++;
            }
            fewest = Math.min(fewest, good);
        }
        Evidence.of("draws of 100 that keep all 19,900, of the worst of three kinds", fewest, atLeast(95));
    }

    @Test void projectionsAreUnbiasedAndOfTheirKind() {
        Tensor x = Tensor.randn(Rng.of(2), DType.F64, 2, 100);
        double true2 = x.narrow(0, 0, 1).sub(x.narrow(0, 1, 1)).square().sum().item();
        for (var kind : Kind.values()) {
            double sum = 0;
            for (int seed = 0; seed < 400; seed++) {
                Tensor y = new RandomProjection(20).withKind(kind).withSeed(seed).fit(x).transform(x);
                sum += y.narrow(0, 0, 1).sub(y.narrow(0, 1, 1)).square().sum().item() / true2 / 400;
            }
            // A draw's deviation is about sqrt(2 / 20).
            assertThat(sum).isCloseTo(1, within(4 * Math.sqrt(2.0 / 20 / 400)));
        }
        var sparse = new RandomProjection(50).withKind(Kind.SPARSE).withDensity(0.1).fit(x);
        double filled = sparse.matrix().ne(0).to(DType.F64).mean().item();
        assertThat(filled).isCloseTo(0.1, within(0.02));
        assertThat(sparse.transform(Csr.fromDense(x)).sub(sparse.transform(x)).abs().max().item()).isLessThan(1e-12);
        assertThatThrownBy(() -> new RandomProjection(5).withKind(Kind.HADAMARD).fit(x).transform(Csr.fromDense(x)))
                .hasMessageContaining("sparse kind");
        // All of a Hadamard transform is a rotation.
        var whole = new RandomProjection(128).withKind(Kind.HADAMARD).fit(x);
        assertThat(whole.transform(x).square().sum().item()).isCloseTo(x.square().sum().item(), within(1e-10));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void classicalScalingIsPcaUpToRotation() {
        var gap = Gap.absolute();
        for (int seed = 0; seed < 5; seed++) {
            int n = 60 + 100 * seed, p = 4 + seed, k = 2 + seed % 2;
            var spread = new double[p];
            for (int j = 0; j < p; j++) spread[j] = 1 + j;
            Tensor x = Tensor.randn(Rng.of(seed), DType.F64, n, p).mul(Tensor.of(spread)).add(3).compute();
            var model = new Mds(k).fit(x);
            Tensor scores = new Pca(k).fit(x).transform(x), map = model.embedding();
            // Procrustes: the rotation that turns the map into the scores.
            var svd = Svd.of(map.transpose().matmul(scores).compute());
            Tensor turned = map.matmul(svd.u()).matmul(svd.v().transpose());
            gap.see("seed " + seed, turned.toDoubleArray(), scores.toDoubleArray());
            Tensor fresh = Tensor.randn(Rng.of(90 + seed), DType.F64, 7, p);
            Tensor placed = model.transform(fresh).matmul(svd.u()).matmul(svd.v().transpose());
            gap.see("new, seed " + seed, placed.toDoubleArray(), new Pca(k).fit(x).transform(fresh).toDoubleArray());
        }
        Evidence.of("coordinates", gap, below(1e-8));
    }

    @Test void metricScalingReachesScikitLearnsStress() {
        var recipe = new Recipe(18310);
        Tensor x = Tensor.of(recipe.matrix(50, 4)), start = Tensor.of(recipe.matrix(50, 2)), d = MdsModel.distances(x, x);
        var found = new Mds(2, Mds.Method.METRIC).withTolerance(1e-12).withIterations(2000).ofDistances(d, start, Progress.SILENT);
        assertThat(found.stress()).isCloseTo(GOLDEN.named("smacof").number("expected.stress"), within(0.02));
        var steps = new ArrayList<Double>();
        var own = new Mds(2, Mds.Method.METRIC).fit(x, null, null, u -> steps.add(u.metrics().get("stress")));
        for (int i = 1; i < steps.size(); i++) assertThat(steps.get(i)).isLessThanOrEqualTo(steps.get(i - 1));
        assertThat(own.stress()).isLessThan(new Mds(2).fit(x).stress());
        // A training row, placed anew, keeps its place: there its own part of the stress has no slope.
        var tight = new Mds(2, Mds.Method.METRIC).withTolerance(0).withIterations(3000).fit(x);
        assertThat(tight.transform(x).sub(tight.embedding()).abs().mean().item()).isLessThan(0.3);
        assertThatThrownBy(() -> new Mds(2, Mds.Method.METRIC).fit(x, null, null, ((Progress) u -> {}).stoppedBy(() -> true)))
                .isInstanceOf(CancelledException.class);
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void isomapKnowsTheRollAndPcaDoesNot() {
        double least = 1, most = 0;
        for (int seed = 0; seed < 3; seed++) {
            var roll = Datasets.swissRoll(Rng.of(seed), 1000, 0);
            Tensor t = roll.y(), root = t.square().add(1).sqrt();
            double[] truth = squares(Tensor.stack(1, t.mul(root).add(t.add(root).log()).div(2), roll.x().select(1, 1)));
            least = Math.min(least, correlation(new Isomap(8, 2).fit(roll.x()).embedding(), truth));
            most = Math.max(most, correlation(new Pca(2).fit(roll.x()).transform(roll.x()), truth));
        }
        Evidence.of("least correlation of Isomap's distances with the geodesics, of 3 rolls", least, atLeast(0.95));
        Evidence.of("largest of PCA's", most, atMost(0.7));
    }

    private static double correlation(Tensor map, double[] squares) {
        double[] ours = squares(map), truth = squares.clone();
        for (int i = 0; i < ours.length; i++) {
            ours[i] = Math.sqrt(Math.max(0, ours[i]));
            truth[i] = Math.sqrt(Math.max(0, truth[i]));
        }
        return Correlation.pearson(ours, truth).estimate();
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void sixteenDimensionsKeepTheDigits() {
        var digits = Datasets.digits();
        int whole = 0, few = 0, one = 0;
        for (int fold = 0; fold < 5; fold++) {
            int f = fold;
            var train = digits.rows(IntStream.range(0, digits.size()).filter(i -> i % 5 != f).toArray());
            var test = digits.rows(IntStream.range(0, digits.size()).filter(i -> i % 5 == f).toArray());
            whole += right(train.x(), train.y(), test.x(), test.labels());
            var pca = new Pca(16).fit(train.x());
            few += right(pca.transform(train.x()), train.y(), pca.transform(test.x()), test.labels());
            var line = new Pca(1).fit(train.x());
            one += right(line.transform(train.x()), train.y(), line.transform(test.x()), test.labels());
        }
        Evidence.of("accuracy with all 64 dimensions in %", 100.0 * whole / digits.size(), atLeast(95));
        Evidence.of("points lost with 16", 100.0 * (whole - few) / digits.size(), atMost(1));
        Evidence.of("points lost with 1", 100.0 * (whole - one) / digits.size(), atLeast(20));
    }

    private static int right(Tensor x, Tensor y, Tensor z, int[] labels) {
        long[] found = new KNeighborsClassifier(1).fit(x, y).predict(z).toLongArray();
        int right = 0;
        for (int i = 0; i < labels.length; i++) if (found[i] == labels[i]) right++;
        return right;
    }

    @Test void scoresOfPerfectAndOfBadMaps() {
        Tensor x = Tensor.randn(Rng.of(1), DType.F64, 100, 3);
        var perfect = MapScores.of(x, x.mul(5).add(1), Tensor.arange(100).ge(50).to(DType.I64), 5);
        assertThat(perfect.trustworthiness()).isEqualTo(1);
        assertThat(perfect.continuity()).isEqualTo(1);
        assertThat(perfect.stress()).isLessThan(1e-7);
        assertThat(perfect.distanceCorrelation()).isCloseTo(1, within(1e-12));
        assertThat(perfect.neighborRecall()).isEqualTo(1);
        var random = MapScores.of(x, Tensor.randn(Rng.of(2), DType.F64, 100, 2), null, 5);
        assertThat(random.trustworthiness()).isBetween(0.35, 0.65);
        assertThat(random.neighborRecall()).isLessThan(0.15);
        assertThat(random.accuracy()).isNaN();
        // Stress and correlation by definition.
        Tensor map = x.narrow(1, 0, 1).contiguous();
        double[] d = squares(x), e = squares(map);
        double dd = 0, ee = 0, de = 0;
        for (int i = 0; i < d.length; i++) {
            d[i] = Math.sqrt(d[i]);
            e[i] = Math.sqrt(Math.max(0, e[i]));
            dd += d[i] * d[i];
            ee += e[i] * e[i];
            de += d[i] * e[i];
        }
        double rest = 0;
        for (int i = 0; i < d.length; i++) rest += Math.pow(d[i] - de / ee * e[i], 2);
        var line = MapScores.of(x, map, null, 5);
        assertThat(line.stress()).isCloseTo(Math.sqrt(rest / dd), within(1e-9));
        assertThat(line.distanceCorrelation()).isCloseTo(Correlation.pearson(d, e).estimate(), within(1e-9));
    }

    @Test void allReducersShareOneContract() {
        var digits = Datasets.digits();
        Tensor x = digits.x().narrow(0, 0, 150).contiguous(), y = digits.y().narrow(0, 0, 150);
        var all = DimensionReduction.to(2);
        assertThat(all.reducers()).hasSize(9);
        var scored = all.compare(x, y, 10, Progress.SILENT);
        scored.forEach((name, map) -> {
            assertThat(map.places().shape().toArray()).as(name).containsExactly(150, 2);
            assertThat(map.scores().trustworthiness()).as(name).isGreaterThan(0.6);
        });
        assertThat(scored.get("t-SNE").scores().accuracy()).isGreaterThan(scored.get("random projection").scores().accuracy());
        assertThat(all.only("PCA", "Isomap").reducers().keySet()).containsExactly("PCA", "Isomap");
        assertThatThrownBy(() -> all.only("SNE")).hasMessageContaining("SNE").hasMessageContaining("t-SNE");
    }

    @Test void anAutoencoderRebuildsWhatItsMapKeeps() {
        Tensor x = Datasets.digits().x().narrow(0, 0, 300).contiguous();
        var model = new AutoencoderMap(2, 32).withEpochs(60).fit(x);
        double left = model.decode(model.transform(x)).sub(x).square().mean().item();
        double pca = new Pca(2).fit(x).reconstructionError(x) / x.count(), all = x.sub(x.mean(0)).square().mean().item();
        assertThat(left).isLessThan(pca).isLessThan(0.8 * all);
        assertThatThrownBy(() -> new AutoencoderMap(2, 4).fit(x, null, null, ((Progress) u -> {}).stoppedBy(() -> true)))
                .isInstanceOf(CancelledException.class);
    }

    @Test void badOptionsAreNamed() {
        assertThatThrownBy(() -> new RandomProjection(-1)).hasMessageContaining("components is -1");
        assertThatThrownBy(() -> RandomProjection.ofDistortion(1)).hasMessageContaining("distortion is 1");
        assertThatThrownBy(() -> new RandomProjection(2).withDensity(0)).hasMessageContaining("density is 0");
        assertThatThrownBy(() -> new RandomProjection(9).withKind(Kind.HADAMARD).fit(Tensor.ones(DType.F64, 3, 5)))
                .hasMessageContaining("9");
        assertThatThrownBy(() -> new Mds(0)).hasMessageContaining("components is 0");
        assertThatThrownBy(() -> new Mds(2).ofDistances(Tensor.ones(DType.F64, 3, 3), Progress.SILENT)).hasMessageContaining("0 and 0");
        assertThatThrownBy(() -> new Mds(2).ofDistances(Tensor.ones(DType.F64, 3, 2), Progress.SILENT)).hasMessageContaining("square");
        assertThatThrownBy(() -> new AutoencoderMap(0)).hasMessageContaining("components is 0");
    }
}
