package lyceum.learn.manifold;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.InflaterInputStream;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.data.Datasets;
import lyceum.learn.manifold.Tsne.Method;
import lyceum.learn.manifold.Tsne.Start;
import lyceum.learn.neighbors.Metric;
import lyceum.learn.neighbors.NearestNeighbors;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerContract;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.ForkedJvm;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class TsneTest {
    private static final String TOPIC = "t-sne";
    private static final Golden GOLDEN = Golden.load("golden/t-sne.json");

    @TestFactory Stream<DynamicTest> contract() { return LearnerContract.of(new Tsne(8).withIterations(100).withExaggerated(30)).tests(); }

    private static Tensor digits(int n) { return Datasets.digits().x().narrow(0, 0, n).contiguous(); }

    private static PairAffinities affinities(Tensor x, double perplexity) {
        var lists = NeighborLists.of(LearnerInput.matrix("test", x, false), Metric.EUCLIDEAN, (int) x.size(0) - 1);
        return PairAffinities.of(lists, perplexity);
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void everyRowHasItsPerplexityAndJointAffinitiesEqualScikitLearns() throws IOException {
        var perplexities = Gap.absolute();
        for (int k : new int[] {199, 91}) {
            for (double perplexity : new double[] {5, 30, 50}) {
                var lists = NeighborLists.of(new NearestNeighbors().fit(digits(200)), digits(200), k);
                double[] p = PairAffinities.conditional(lists.distances(), 200, k, perplexity);
                for (int i = 0; i < 200; i++) {
                    double bits = 0, sum = 0;
                    for (int j = i * k; j < (i + 1) * k; j++) {
                        if (p[j] > 0) bits -= p[j] * Math.log(p[j]) / Math.log(2);
                        sum += p[j];
                    }
                    assertThat(Math.abs(sum - 1)).isLessThan(1e-12);
                    perplexities.see("row " + i + " of " + k, Math.pow(2, bits), perplexity);
                }
            }
        }
        Evidence.of("rows", perplexities.seen(), exactly(1200));
        Evidence.of("perplexity", perplexities, below(1e-5));

        var golden = GOLDEN.named("affinities");
        ByteBuffer theirs;
        try (var in = new InflaterInputStream(new ByteArrayInputStream(Base64.getDecoder().decode(golden.text("expected.packed"))))) {
            theirs = ByteBuffer.wrap(in.readAllBytes());
        }
        double[][] ours = new Tsne(30).withMethod(Method.EXACT).affinities(digits(200)).toDense().toRows();
        var gap = Gap.relative();
        double sum = 0;
        for (int i = 0, at = 0; i < 200; i++) {
            for (int j = i + 1; j < 200; j++, at++) {
                double expected = theirs.getFloat(4 * at);
                if (expected > 1e-7) gap.see(i + ", " + j, ours[i][j], expected);
                assertThat(ours[j][i]).isEqualTo(ours[i][j]);
                sum += 2 * ours[i][j];
            }
        }
        assertThat(Math.abs(sum - 1)).isLessThan(1e-12);
        Evidence.of("affinities above 1e-7", gap.seen(), exactly(golden.integer("expected.above")));
        Evidence.of("joint affinities, relative", gap, below(1e-4));
    }

    /** By definition, from a full matrix. */
    private static double divergence(double[][] p, double[] y, int d) {
        int n = p.length;
        var q = new double[n][n];
        double sum = 0, kl = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                double square = 0;
                for (int c = 0; c < d; c++) square += Math.pow(y[i * d + c] - y[j * d + c], 2);
                if (i != j) sum += q[i][j] = 1 / (1 + square);
            }
        }
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) if (p[i][j] > 0) kl += p[i][j] * Math.log(p[i][j] / (q[i][j] / sum));
        return kl;
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void theExactGradientEqualsFiniteDifferences() {
        var gap = Gap.overLargest();
        double least = Double.POSITIVE_INFINITY, worst = 0;
        int compared = 0;
        for (int d = 1; d <= 4; d++) {
            for (double scale : new double[] {0.1, 1, 5}) {
                int n = 25;
                var p = affinities(digits(n), 6);
                double[][] dense = p.matrix().toDense().toRows();
                double[] y = Tensor.randn(Rng.of(d), DType.F64, n, d).mul(scale).toDoubleArray(), gradient = new double[n * d];
                TsneDescent.gradient(p, Repulsion::exact, 1, y, d, gradient);
                double size = 0, error = 0, h = 1e-5 * Math.max(1, scale);
                for (int i = 0; i < y.length; i++) {
                    double at = y[i];
                    y[i] = at + h;
                    double up = divergence(dense, y, d);
                    y[i] = at - h;
                    double slope = (up - divergence(dense, y, d)) / (2 * h);
                    y[i] = at;
                    size = Math.max(size, Math.abs(slope));
                    error = Math.max(error, Math.abs(slope - gradient[i]));
                    compared++;
                }
                worst = Math.max(worst, error / size);
                least = Math.min(least, size);
                double z = Repulsion.exact(y, d, new double[y.length]);
                gap.see("value", p.divergence(y, d, z), divergence(dense, y, d));
            }
        }
        Evidence.of("slopes compared", compared, exactly(3 * 25 * (1 + 2 + 3 + 4)));
        Evidence.of("largest slope of the flattest case", least, atLeast(1e-4));
        Evidence.of("gap, relative to the largest slope", worst, below(1e-5));
        Evidence.of("divergence", gap, below(1e-12));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void barnesHutAtAngleZeroIsExact() {
        double worst = 0, rough = 0;
        int cases = 0;
        for (int d = 1; d <= 3; d++) {
            for (double scale : new double[] {1e-4, 1, 30}) {
                int n = 500;
                double[] y = Tensor.randn(Rng.of(d), DType.F64, n, d).mul(scale).toDoubleArray();
                // Copies of a point, and two points that no halving of boxes tells apart soon.
                System.arraycopy(y, 0, y, 20 * d, 15 * d);
                for (int i = 40; i < 60; i++) System.arraycopy(y, 0, y, i * d, d);
                y[41 * d] += 1e-13 * scale;
                var p = affinities(digits(n), 20);
                double[] exact = new double[n * d], tree = new double[n * d], coarse = new double[n * d];
                double z = TsneDescent.gradient(p, Repulsion::exact, 1, y, d, exact);
                double zt = TsneDescent.gradient(p, new BarnesHut(0), 1, y, d, tree);
                TsneDescent.gradient(p, new BarnesHut(0.8), 1, y, d, coarse);
                double largest = Arrays.stream(exact).map(Math::abs).max().orElseThrow();
                for (int i = 0; i < n * d; i++) {
                    worst = Math.max(worst, Math.abs(exact[i] - tree[i]) / largest);
                    rough = Math.max(rough, Math.abs(exact[i] - coarse[i]) / largest);
                }
                worst = Math.max(worst, Math.abs(zt / z - 1));
                cases++;
            }
        }
        Evidence.of("cases", cases, exactly(9));
        Evidence.of("gap at angle 0, relative to the largest entry", worst, below(1e-8));
        Evidence.of("at angle 0.8 it is", rough, atLeast(1e-4));
    }

    @Test void interpolationIsCloseAndTransformsInvert() {
        for (double scale : new double[] {1e-4, 1, 8}) {
            double[] y = Tensor.randn(Rng.of(1), DType.F64, 1000, 2).mul(scale).toDoubleArray();
            double[] exact = new double[2000], grid = new double[2000];
            double z = Repulsion.exact(y, 2, exact), close = new Interpolation().forces(y, 2, grid);
            double largest = Arrays.stream(exact).map(Math::abs).max().orElseThrow(), worst = 0;
            for (int i = 0; i < 2000; i++) worst = Math.max(worst, Math.abs(exact[i] - grid[i]));
            assertThat(Math.abs(close / z - 1)).isLessThan(1e-3);
            assertThat(worst / largest).isLessThan(scale > 2 ? 0.05 : 1e-3);
        }
        var transform = new GridTransform(8);
        double[] re = Tensor.randn(Rng.of(2), DType.F64, 64).toDoubleArray(), im = Tensor.randn(Rng.of(3), DType.F64, 64).toDoubleArray();
        double[] a = re.clone(), b = im.clone();
        transform.forward(a, b, 8);
        // One frequency by definition; bit-reversed and turned, (u, v) stands at (reverse v, reverse u).
        double real = 0;
        for (int i = 0; i < 8; i++) {
            for (int j = 0; j < 8; j++) {
                double angle = -2 * Math.PI * (i * 1 + j * 3) / 8;
                real += re[i * 8 + j] * Math.cos(angle) - im[i * 8 + j] * Math.sin(angle);
            }
        }
        assertThat(Math.abs(a[6 * 8 + 4] - real)).isLessThan(1e-12);
        transform.backward(a, b, 8);
        for (int i = 0; i < 64; i++) assertThat(Math.abs(a[i] / 64 - re[i]) + Math.abs(b[i] / 64 - im[i])).isLessThan(1e-13);
    }

    @Tag("slow")
    @Acceptance(topic = TOPIC, clause = 4)
    @Test void digitsEndAtScikitLearnsDivergence() {
        var x = digits(800);
        double worst = 0, trust = 1;
        int cases = 0;
        for (var c : GOLDEN.list("cases")) {
            if (!c.has("expected.kl")) continue;
            double perplexity = c.number("input.perplexity");
            boolean exact = c.text("name").startsWith("exact");
            var tsne = new Tsne(perplexity).withMethod(exact ? Method.EXACT : Method.BARNES_HUT);
            var model = tsne.fit(x);
            // Both divergences once more by definition, from the affinities.
            double kl = divergence(tsne.affinities(x).toDense().toRows(), model.embedding().toDoubleArray(), 2);
            assertThat(Math.abs(kl / model.divergence() - 1)).isLessThan(exact ? 1e-9 : 0.02);
            worst = Math.max(worst, Math.max(kl, model.divergence()) / c.number("expected.kl"));
            trust = Math.min(trust, Trustworthiness.of(x, model.embedding(), 12));
            cases++;
        }
        Evidence.of("settings", cases, exactly(4));
        Evidence.of("largest ratio to scikit-learn's divergence", worst, atMost(1.05));
        Evidence.of("least trustworthiness(12)", trust, atLeast(0.97));
    }

    /** What a forked machine prints. */
    static final class Bits {
        public static void main(String[] args) {
            System.out.println("threads " + Parallel.threads());
            for (long bits : bits()) System.out.println("bits " + bits);
        }
    }

    private static long[] bits() {
        var x = digits(450);
        return Stream.of(Method.EXACT, Method.BARNES_HUT, Method.INTERPOLATION).mapToLong(method -> {
            var tsne = new Tsne(15).withMethod(method).withStart(Start.RANDOM).withSeed(3).withIterations(60).withExaggerated(30);
            return Arrays.hashCode(tsne.fit(x).embedding().toDoubleArray());
        }).toArray();
    }

    @Tag("slow")
    @Acceptance(topic = TOPIC, clause = 5)
    @Test void theMapIsTheSameForAnyNumberOfThreads() throws Exception {
        long[] here = bits();
        var alone = new long[1][];
        Parallel.sequentially(() -> alone[0] = bits());
        int same = Arrays.equals(here, alone[0]) ? 1 : 0;
        for (int threads : new int[] {1, 2, 5}) {
            var run = ForkedJvm.of(Bits.class).withFlags("-Xmx512m", "--add-modules", "jdk.incubator.vector")
                    .withEnvironment("LYCEUM_THREADS", Integer.toString(threads)).run();
            assertThat(run.output()).contains("threads " + threads);
            long[] there = run.output().lines().filter(l -> l.startsWith("bits ")).mapToLong(l -> Long.parseLong(l.substring(5))).toArray();
            if (Arrays.equals(here, there)) same++;
        }
        Evidence.of("runs with the same bits, of 4: alone, and with 1, 2 and 5 threads", same, exactly(4));
        var other = new Tsne(15).withStart(Start.RANDOM).withSeed(4).withIterations(60).withExaggerated(30).fit(digits(300));
        var another = new Tsne(15).withStart(Start.RANDOM).withSeed(5).withIterations(60).withExaggerated(30).fit(digits(300));
        Evidence.of("largest difference between two seeds", other.embedding().sub(another.embedding()).abs().max().item(), atLeast(1e-3));
    }

    @Test void newRowsComeToLieAmongTheirLikes() {
        var data = Datasets.digits();
        var train = data.rows(IntStream.range(0, 700).toArray());
        var test = data.rows(IntStream.range(700, 900).toArray());
        var model = new Tsne(20).withIterations(400).fit(train.x());
        var placed = model.transform(test.x());
        int[] near = new NearestNeighbors().fit(model.embedding()).neighbors(placed, 1).indices().toIntArray();
        int right = 0;
        for (int i = 0; i < near.length; i++) if (train.labels()[near[i]] == test.labels()[i]) right++;
        assertThat(right / 200.0).isGreaterThan(0.88);
    }

    @Test void longFitsReportAndStop() {
        var divergences = new ArrayList<Double>();
        Progress bar = u -> divergences.add(u.metrics().get("divergence"));
        var tsne = new Tsne(10).withIterations(150).withExaggerated(50);
        var model = tsne.fit(digits(100), null, null, bar);
        assertThat(divergences).hasSize(150);
        assertThat(divergences.getLast()).isLessThan(divergences.get(60));
        assertThat(model.divergence()).isLessThan(divergences.getLast() + 1e-3);
        assertThatThrownBy(() -> tsne.fit(digits(100), null, null, bar.stoppedBy(() -> divergences.size() > 160)))
                .isInstanceOf(CancelledException.class);
        assertThat(divergences).hasSize(161);
    }

    @Test void copiesOfRowsDoNoHarm() {
        var x = Tensor.concat(0, Tensor.zeros(DType.F64, 60, 3), Tensor.ones(DType.F64, 60, 3));
        for (var method : Method.values()) {
            var y = new Tsne(10).withMethod(method).withIterations(60).withExaggerated(20).fit(x).embedding();
            assertThat(y.toDoubleArray()).doesNotContain(Double.NaN, Double.POSITIVE_INFINITY);
        }
    }

    @Test void badOptionsAreNamed() {
        assertThatThrownBy(() -> new Tsne(0.5)).hasMessageContaining("perplexity is 0.5");
        assertThatThrownBy(() -> new Tsne(100).fit(digits(100))).hasMessageContaining("perplexity is 100").hasMessageContaining("100 rows");
        assertThatThrownBy(() -> new Tsne().withComponents(4).withMethod(Method.BARNES_HUT)).hasMessageContaining("BARNES_HUT");
        assertThatThrownBy(() -> new Tsne().withComponents(3).withMethod(Method.INTERPOLATION)).hasMessageContaining("INTERPOLATION");
        assertThatThrownBy(() -> new Tsne().withAngle(1)).hasMessageContaining("angle is 1");
        assertThatThrownBy(() -> new Tsne().withExaggeration(0)).hasMessageContaining("exaggeration is 0");
        assertThatThrownBy(() -> new Tsne().withIterations(0)).hasMessageContaining("0 iterations");
        assertThatThrownBy(() -> new Tsne().withLearningRate(-1)).hasMessageContaining("-1");
    }
}
