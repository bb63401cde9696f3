package lyceum.learn.cluster;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.learn.cluster.GraphLaplacian.Kind;
import lyceum.learn.metrics.ClusterAgreement;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerContract;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class SpectralClusteringTest {
    private static final String TOPIC = "spectral-clustering";

    @TestFactory Stream<DynamicTest> neighboursKeepTheContract() { return LearnerContract.of(new SpectralClustering(3)).tests(); }

    @TestFactory Stream<DynamicTest> gaussianKeepsTheContract() {
        return LearnerContract.of(new SpectralClustering(2).withAffinity(new Affinity.Gaussian(0.5)).withLaplacian(Kind.RANDOM_WALK))
                .tests();
    }

    private static double agreement(Tensor a, Tensor b) { return ClusterAgreement.of(a, b).adjustedRand(); }

    /** A random graph of one to five parts that no edge joins; some nodes have no edge at all, some a loop. */
    private static double[][] graph(Rng rng) {
        int n = 5 + rng.nextInt(35), parts = 1 + rng.nextInt(5);
        var part = new int[n];
        for (int i = 0; i < n; i++) part[i] = rng.nextInt(parts);
        double density = 0.15 + 0.5 * rng.nextDouble();
        var w = new double[n][n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j <= i; j++) {
                if (part[i] != part[j] || rng.nextDouble() > (i == j ? 0.1 : density)) continue;
                w[i][j] = w[j][i] = 0.1 + 5 * rng.nextDouble();
            }
        }
        return w;
    }

    private static int islands(double[][] w) {
        int n = w.length, count = 0;
        var seen = new boolean[n];
        var queue = new ArrayDeque<Integer>();
        for (int i = 0; i < n; i++) {
            if (seen[i]) continue;
            count++;
            seen[i] = true;
            queue.add(i);
            while (!queue.isEmpty()) {
                int at = queue.poll();
                for (int j = 0; j < n; j++) {
                    if (w[at][j] == 0 || seen[j]) continue;
                    seen[j] = true;
                    queue.add(j);
                }
            }
        }
        return count;
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void theLaplacianMeasuresEdgesAndCountsComponents() {
        double worst = 0, scaled = 0;
        int graphs = 0, wrong = 0, several = 0;
        for (int g = 0; g < 200; g++) {
            var rng = Rng.of(g);
            double[][] w = graph(rng);
            int n = w.length, expected = islands(w);
            if (expected > 1) several++;
            var x = Tensor.randn(rng, DType.F64, n).add(3).compute();
            double[] v = x.toDoubleArray(), degree = new double[n];
            for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) if (i != j) degree[i] += w[i][j];
            double sum = 0, normed = 0;
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < n; j++) {
                    if (w[i][j] == 0 || i == j) continue;
                    sum += w[i][j] * (v[i] - v[j]) * (v[i] - v[j]) / 2;
                    double d = v[i] / Math.sqrt(degree[i]) - v[j] / Math.sqrt(degree[j]);
                    normed += w[i][j] * d * d / 2;
                }
            }
            var weights = Tensor.of(w);
            worst = Math.max(worst, Math.abs(GraphLaplacian.of(weights, Kind.UNNORMALISED).quadraticForm(x) - sum) / Math.max(1, sum));
            scaled = Math.max(scaled, Math.abs(GraphLaplacian.of(weights, Kind.SYMMETRIC).quadraticForm(x) - normed) / Math.max(1, normed));
            for (var kind : Kind.values()) {
                var laplacian = GraphLaplacian.of(weights, kind);
                long zeros = Arrays.stream(laplacian.lowest(n).values().toDoubleArray()).filter(l -> l < 1e-9).count();
                int found = Arrays.stream(laplacian.components()).max().orElseThrow() + 1;
                if (zeros != expected || found != expected) wrong++;
            }
            graphs++;
        }
        Evidence.of("graphs", graphs, exactly(200));
        Evidence.of("gap of x L x to the sum over edges, relative beyond 1", worst, below(1e-12));
        Evidence.of("the same for the symmetric kind", scaled, below(1e-12));
        Evidence.of("counts of components that differ from breadth-first search", wrong, exactly(0));
        Evidence.of("graphs in several parts", several, atLeast(100));
    }

    @Test void eigenvectorsAreThoseOfTheirMatrix() {
        for (int seed = 0; seed < 10; seed++) {
            var w = Tensor.of(graph(Rng.of(seed)));
            for (var kind : Kind.values()) {
                var l = GraphLaplacian.of(w, kind);
                var spectrum = l.lowest(3);
                var residual = l.matrix().toDense().matmul(spectrum.vectors()).sub(spectrum.vectors().mul(spectrum.values()));
                assertThat(residual.abs().max().item()).as(kind.name()).isLessThan(1e-10);
            }
        }
        // By Lanczos: a ring of 800 nodes has eigenvalues 2 - 2 cos(2 pi j / n).
        int n = 800;
        var ring = new double[n][n];
        for (int i = 0; i < n; i++) ring[i][(i + 1) % n] = ring[(i + 1) % n][i] = 1;
        double[] values = GraphLaplacian.of(Tensor.of(ring), Kind.UNNORMALISED).lowest(2).values().toDoubleArray();
        assertThat(values[0]).isCloseTo(0, within(1e-9));
        assertThat(values[1]).isCloseTo(2 - 2 * Math.cos(2 * Math.PI / n), within(1e-9));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void moonsComeApartWhereKMeansCutsThem() {
        double least = 1, most = -1;
        for (int seed = 0; seed < 5; seed++) {
            var moons = Datasets.moons(Rng.of(seed), 300, 0.05);
            for (var kind : Kind.values())
                least = Math.min(least, agreement(new SpectralClustering(2).withLaplacian(kind).fit(moons.x()).labels(), moons.y()));
            most = Math.max(most, agreement(new KMeans(2).withRestarts(10).withSeed(seed).fit(moons.x()).labels(), moons.y()));
        }
        Evidence.of("least adjusted Rand index of spectral clustering", least, atLeast(0.99));
        Evidence.of("largest of k-means", most, atMost(0.6));
    }

    /** Above 600 rows by Lanczos, which from one start sees one eigenvector of a multiple eigenvalue: here 0, once for each island. */
    @Test void largeGraphsInSeveralPartsComeApartToo() {
        for (int seed = 0; seed < 3; seed++) {
            var moons = Datasets.moons(Rng.of(seed), 1000, 0.05);
            var model = new SpectralClustering(2).fit(moons.x());
            assertThat(model.components()).isEqualTo(2);
            assertThat(agreement(model.labels(), moons.y())).isEqualTo(1);
        }
        // Four rings of 175 nodes, each alone small enough for all eigenvectors, and a node without edges.
        int n = 701;
        var rng = Rng.of(12);
        var w = new double[n][n];
        for (int i = 0; i < 700; i++) {
            int first = i / 175 * 175, j = first + (i - first + 1) % 175;
            w[i][j] = w[j][i] = 0.2 + rng.nextDouble();
        }
        for (var kind : Kind.values()) {
            var l = GraphLaplacian.of(Tensor.of(w), kind);
            var spectrum = l.lowest(6);
            double[] values = spectrum.values().toDoubleArray();
            for (int c = 0; c < 5; c++) assertThat(values[c]).as(kind.name()).isCloseTo(0, within(1e-12));
            double next = Double.POSITIVE_INFINITY;
            for (int from = 0; from < 700; from += 175) {
                var ring = Tensor.of(w).narrow(0, from, 175).narrow(1, from, 175);
                next = Math.min(next, GraphLaplacian.of(ring, kind).lowest(2).values().item(1));
            }
            assertThat(values[5]).as(kind.name()).isCloseTo(next, within(1e-10));
            var residual = l.matrix().matmul(spectrum.vectors()).sub(spectrum.vectors().mul(spectrum.values()));
            assertThat(residual.abs().max().item()).as(kind.name()).isLessThan(1e-9);
            if (kind == Kind.RANDOM_WALK) continue;
            var products = spectrum.vectors().transpose().matmul(spectrum.vectors());
            assertThat(products.sub(Tensor.eye(DType.F64, 6)).abs().max().item()).as(kind.name()).isLessThan(1e-10);
        }
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void ringsArePartitionedAsByScikitLearn() {
        var r = new Recipe(56800);
        double least = 1, euclidean = -1;
        int cases = 0;
        for (var c : Golden.load("golden/spectral-clustering.json").list("cases")) {
            int n = c.integer("input.n"), k = c.integer("input.k");
            int[] ring = r.belows(k, n);
            double[] angle = r.uniforms(n), wobble = r.bells(n);
            double[][] x = new double[n][], w = new double[n][n];
            for (int i = 0; i < n; i++) {
                double radius = 1 + ring[i] + c.number("input.noise") * wobble[i];
                x[i] = new double[] {radius * Math.cos(2 * Math.PI * (i + angle[i]) / n),
                        radius * Math.sin(2 * Math.PI * (i + angle[i]) / n)};
            }
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < n; j++) {
                    double a = x[i][0] - x[j][0], b = x[i][1] - x[j][1];
                    w[i][j] = Math.exp(-c.number("input.gamma") * (a * a + b * b));
                }
            }
            var theirs = Tensor.of(c.text("expected.labels").chars().mapToLong(ch -> ch).toArray());
            var model = new SpectralClustering(k).withAffinity(new Affinity.Precomputed()).fit(Tensor.of(w));
            least = Math.min(least, agreement(model.labels(), theirs));
            var direct = new SpectralClustering(k).withAffinity(new Affinity.Gaussian(c.number("input.gamma"))).fit(Tensor.of(x));
            assertThat(agreement(direct.labels(), theirs)).isEqualTo(1);
            euclidean = Math.max(euclidean, agreement(new KMeans(k).withRestarts(5).fit(Tensor.of(x)).labels(), theirs));
            cases++;
        }
        Evidence.of("cases", cases, exactly(4));
        Evidence.of("least adjusted Rand index to scikit-learn's partition", least, exactly(1));
        Evidence.of("largest of k-means on the points", euclidean, below(0.5));
    }

    /** Who is near whom, from all pairs. */
    @Test void affinitiesAreThoseOfTheirDefinitions() {
        int n = 60, k = 7;
        double radius = 0.9, gamma = 0.8;
        var x = Tensor.randn(Rng.of(11), DType.F64, n, 2);
        double[][] rows = x.toRows(), d = new double[n][n];
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) d[i][j] = Math.hypot(rows[i][0] - rows[j][0], rows[i][1] - rows[j][1]);
        double[][] near = new Affinity.Neighbours(k).graph(x).toDense().toRows(),
                ball = new Affinity.Ball(radius).graph(x).toDense().toRows(),
                bell = new Affinity.Gaussian(gamma).graph(x).toDense().toRows();
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                // Itself is the nearest of all, so that its k-th other is at place k.
                double[] mine = d[i].clone(), theirs = d[j].clone();
                Arrays.sort(mine);
                Arrays.sort(theirs);
                assertThat(near[i][j]).isEqualTo(i != j && (d[i][j] <= mine[k] || d[i][j] <= theirs[k]) ? 1 : 0);
                assertThat(ball[i][j]).isEqualTo(i != j && d[i][j] <= radius ? 1 : 0);
                assertThat(bell[i][j]).isCloseTo(i == j ? 0 : Math.exp(-gamma * d[i][j] * d[i][j]), within(1e-13));
            }
        }
    }

    /** Two triangles and a bridge: the values of the article. */
    @Test void theArticlesGraphHasItsEigenvalues() {
        int[][] edges = {{0, 1}, {0, 2}, {1, 2}, {2, 3}, {3, 4}, {3, 5}, {4, 5}};
        var w = new double[6][6];
        for (int[] e : edges) w[e[0]][e[1]] = w[e[1]][e[0]] = 1;
        double[] plain = GraphLaplacian.of(Tensor.of(w), Kind.UNNORMALISED).lowest(6).values().toDoubleArray();
        assertThat(plain).containsExactly(new double[] {0, 0.438, 3, 3, 3, 4.562}, within(5e-4));
        var spectrum = GraphLaplacian.of(Tensor.of(w), Kind.UNNORMALISED).lowest(2).vectors().select(1, 1).abs();
        assertThat(spectrum.toDoubleArray()).containsExactly(new double[] {0.46, 0.46, 0.26, 0.26, 0.46, 0.46}, within(5e-3));
        assertThat(GraphLaplacian.of(Tensor.of(w), Kind.SYMMETRIC).lowest(2).values().item(1)).isCloseTo(0.205, within(5e-4));
    }

    @Test void theGapSuggestsTheClusters() {
        var blobs = Datasets.blobs(Rng.of(1), 150, new double[][] {{0, 0}, {8, 0}, {0, 8}}, 1).x();
        assertThat(new SpectralClustering(3).withAffinity(new Affinity.Gaussian(0.5)).fit(blobs).suggestedClusters()).isEqualTo(3);
        var model = new SpectralClustering(3).fit(blobs);
        assertThat(model.components()).isEqualTo(3);
        assertThat(model.embedding().square().sum(1).sub(1).abs().max().item()).isLessThan(1e-12);
        assertThat(new Affinity.Ball(1.5).graph(blobs).sub(new Affinity.Ball(1.5).graph(blobs).transpose()).withoutZeros().entries())
                .isZero();
    }

    @Test void wrongChoicesAreRefusedInWords() {
        assertThatThrownBy(() -> GraphLaplacian.of(Tensor.of(new double[] {0, 1, 2, 0}, 2, 2), Kind.SYMMETRIC))
                .hasMessageContaining("not symmetric");
        assertThatThrownBy(() -> GraphLaplacian.of(Tensor.of(new double[] {0, -1, -1, 0}, 2, 2), Kind.SYMMETRIC))
                .hasMessageContaining("-1.0");
        assertThatThrownBy(() -> new SpectralClustering(9).withAffinity(new Affinity.Gaussian(1)).fit(Tensor.ones(DType.F64, 4, 2)))
                .hasMessageContaining("there are 4 rows");
        assertThatThrownBy(() -> new Affinity.Neighbours(4).graph(Tensor.ones(DType.F64, 4, 2))).hasMessageContaining("x has 4 rows");
    }
}
