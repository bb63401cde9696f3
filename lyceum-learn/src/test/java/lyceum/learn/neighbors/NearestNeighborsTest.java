package lyceum.learn.neighbors;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.zip.InflaterInputStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.data.Datasets;
import lyceum.learn.neighbors.NearestNeighbors.Algorithm;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class NearestNeighborsTest {
    private static final String TOPIC = "nearest-neighbor-search";

    private static Metric metric(String name) {
        return switch (name) {
            case "euclidean" -> Metric.EUCLIDEAN;
            case "manhattan" -> Metric.MANHATTAN;
            case "chebyshev" -> Metric.CHEBYSHEV;
            case "cosine" -> Metric.COSINE;
            default -> Metric.HAMMING;
        };
    }

    private static Algorithm algorithm(String structure) {
        return switch (structure) {
            case "brute" -> Algorithm.BRUTE;
            case "kd_tree" -> Algorithm.KD_TREE;
            default -> Algorithm.BALL_TREE;
        };
    }

    private static ByteBuffer unpacked(String text) throws IOException {
        try (var in = new InflaterInputStream(new ByteArrayInputStream(Base64.getDecoder().decode(text)))) {
            return ByteBuffer.wrap(in.readAllBytes());
        }
    }

    private static double[][] codes(int[] values) {
        var out = new double[values.length / 12][12];
        for (int i = 0; i < values.length; i++) out[i / 12][i % 12] = values[i];
        return out;
    }

    /** By definition, for one pair of rows. */
    private static double distance(String metric, double[] a, double[] b) {
        double sum = 0, most = 0, dot = 0, aa = 0, bb = 0, differ = 0;
        for (int j = 0; j < a.length; j++) {
            double d = Math.abs(a[j] - b[j]);
            sum += metric.equals("euclidean") ? d * d : d;
            most = Math.max(most, d);
            dot += a[j] * b[j];
            aa += a[j] * a[j];
            bb += b[j] * b[j];
            if (d > 0) differ++;
        }
        return switch (metric) {
            case "euclidean" -> Math.sqrt(sum);
            case "manhattan" -> sum;
            case "chebyshev" -> most;
            case "cosine" -> 1 - dot / Math.sqrt(aa * bb);
            default -> differ / a.length;
        };
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void distancesEqualScikitLearnsUnderEveryMetricAndStructure() throws IOException {
        var recipe = new Recipe(30500);
        double[][] rows = recipe.matrix(1000, 6), queries = recipe.matrix(2000, 6);
        double[][] kinds = codes(recipe.belows(4, 12_000)), asked = codes(recipe.belows(4, 24_000));
        Gap distances = Gap.absolute(), recomputed = Gap.absolute();
        int pairs = 0, differing = 0, told = 0, ties = 0, counts = 0;
        for (var c : Golden.load("golden/nearest-neighbor-search.json").list("cases")) {
            String name = c.text("name");
            boolean hamming = name.equals("hamming");
            double[][] x = hamming ? kinds : rows, q = hamming ? asked : queries;
            int k = c.integer("input.k");
            var buffer = unpacked(c.text("expected.distances")).asDoubleBuffer();
            var numbers = unpacked(c.text("expected.indices")).asShortBuffer();
            assertThat(buffer.remaining()).isEqualTo(2000 * k);
            var expected = new double[2000 * k];
            buffer.get(expected);
            for (String structure : c.texts("input.structures")) {
                var index = new NearestNeighbors(metric(name), algorithm(structure), 20).fit(Tensor.of(x));
                // One more than is compared: a tie may also lie just behind the last.
                var found = index.neighbors(Tensor.of(q), k + 1);
                double[] d = found.distances().toDoubleArray();
                long[] at = found.indices().toLongArray();
                for (int i = 0; i < 2000; i++) {
                    for (int j = 0; j < k; j++) {
                        int ours = i * (k + 1) + j, theirs = i * k + j;
                        distances.see(name + " " + structure + " " + i, d[ours], expected[theirs]);
                        recomputed.see(name + " " + structure + " " + i, d[ours], distance(name, x[(int) at[ours]], q[i]));
                        boolean apart = d[ours + 1] - d[ours] > 1e-10 && (j == 0 || d[ours] - d[ours - 1] > 1e-10);
                        if (!apart) ties++;
                        else {
                            told++;
                            if (at[ours] != numbers.get(theirs)) differing++;
                        }
                    }
                }
                double radius = c.number("input.radius");
                var around = index.withinRadius(Tensor.of(q).narrow(0, 0, 200), radius);
                int[] sizes = c.ints("expected.around");
                double[] sums = c.doubles("expected.sums");
                for (int i = 0; i < 200; i++) {
                    if (around.indices()[i].length != sizes[i]) counts++;
                    if (i < 100) assertThat(Tensor.of(around.distances()[i]).sum().item()).isCloseTo(sums[i], within(1e-9));
                }
                pairs++;
            }
        }
        Evidence.of("pairs of metric and structure", pairs, exactly(12));
        Evidence.of("distances", distances, below(1e-10));
        Evidence.of("distances of the rows that are named, recomputed", recomputed, below(1e-10));
        Evidence.of("indices apart from ties", told, atLeast(40_000));
        Evidence.of("of which differ", differing, exactly(0));
        Evidence.of("tied indices", ties, atLeast(1_000));
        Evidence.of("queries with another count within the radius", counts, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void treesSeeLittleInThreeDimensionsAndNearlyAllInSixtyFour() {
        int n = 50_000, m = 100;
        double most = 0, least = 1;
        for (var algorithm : new Algorithm[] {Algorithm.KD_TREE, Algorithm.BALL_TREE}) {
            for (int d : new int[] {3, 64}) {
                Tensor x = Tensor.rand(Rng.of(d), DType.F64, n, d), q = Tensor.rand(Rng.of(100 + d), DType.F64, m, d);
                var found = new NearestNeighbors().withAlgorithm(algorithm).fit(x).neighbors(q, 10);
                double share = found.visited() / ((double) n * m);
                if (d == 3) most = Math.max(most, share);
                else least = Math.min(least, share);
                // What was left out was left out rightly.
                var exact = new NearestNeighbors().withAlgorithm(Algorithm.BRUTE).fit(x).neighbors(q, 10);
                assertThat(exact.visited()).isEqualTo((long) n * m);
                assertThat(found.indices().toLongArray()).isEqualTo(exact.indices().toLongArray());
            }
        }
        Evidence.of("largest share of the distances at d = 3", most, atMost(0.2));
        Evidence.of("least share at d = 64", least, atLeast(0.9));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void hashingFindsNineOfTenWithAFifthOfTheDistances() {
        double recall = 1, visited = 0;
        for (double spread : new double[] {1, 3}) {
            for (var metric : new Metric[] {Metric.EUCLIDEAN, Metric.COSINE}) {
                var all = Datasets.blobs(Rng.of((long) spread), 20_300, 200, 64, spread).x();
                Tensor x = all.narrow(0, 0, 20_000).contiguous(), q = all.narrow(0, 20_000, 300).contiguous();
                var exact = new NearestNeighbors().withMetric(metric).fit(x).neighbors(q, 10);
                var found = new Lsh(metric).withSeed(7).fit(x).neighbors(q, 10);
                double ours = recall(found, exact);
                assertThat(Recall.of(found, exact)).isEqualTo(ours);
                recall = Math.min(recall, ours);
                visited = Math.max(visited, found.visited() / (20_000.0 * 300));
            }
        }
        Evidence.of("least recall@10 of four indexes", recall, atLeast(0.9));
        Evidence.of("largest share of the distances", visited, atMost(0.2));
    }

    /** Counted by row numbers: distances of normal points have no ties. */
    private static double recall(NeighborIndex.Neighbors found, NeighborIndex.Neighbors exact) {
        long[][] a = rows(found), b = rows(exact);
        int both = 0;
        for (int i = 0; i < a.length; i++) for (long v : a[i]) for (long w : b[i]) if (v == w) both++;
        return both / (10.0 * a.length);
    }

    private static long[][] rows(NeighborIndex.Neighbors n) {
        long[] flat = n.indices().toLongArray();
        var out = new long[flat.length / 10][10];
        for (int i = 0; i < flat.length; i++) out[i / 10][i % 10] = flat[i];
        return out;
    }

    @Test void recallIsTheShareFoundAndGoesByDistance() {
        var exact = new NeighborIndex.Neighbors(Tensor.of(new double[][] {{1, 2}, {3, 3}}), Tensor.of(new long[] {0, 1, 2, 3}), 0);
        var found = new NeighborIndex.Neighbors(Tensor.of(new double[][] {{2, 2.5}, {3, 3}}), Tensor.of(new long[] {1, 4, 5, 3}), 0);
        assertThat(Recall.of(found, exact)).isEqualTo(0.75);
        assertThatThrownBy(() -> Recall.of(new NeighborIndex.Neighbors(Tensor.zeros(DType.F64, 2, 1), null, 0), exact))
                .isInstanceOf(ShapeException.class).hasMessageContaining("(2, 1)");
    }

    @Test void probabilitiesOfMeetingFollowTheory() {
        // One table of one sign: two rows meet with probability 1 - angle / pi.
        double angle = 1.1;
        var rows = Tensor.of(new double[][] {{1, 0}, {-1, 0}});
        var query = Tensor.of(new double[][] {{Math.cos(angle), Math.sin(angle)}});
        int alone = 0, seeds = 4000;
        for (int seed = 0; seed < seeds; seed++) {
            var found = new Lsh(Metric.COSINE, 1, 1, 0, 0, seed).fit(rows).neighbors(query, 1);
            if (found.indices().toLongArray()[0] == 0) alone++;
        }
        double p = 1 - angle / Math.PI;
        Evidence.of("share of seeds in which they meet, less 1 - angle / pi, in standard errors",
                Math.abs(alone / (double) seeds - p) / Math.sqrt(p * (1 - p) / seeds), below(4));
    }

    @Test void hashingIsTheSameForAnySplitOfTheQueriesAndFindsKRowsAlways() {
        Tensor x = Tensor.randn(Rng.of(1), DType.F64, 500, 8), q = Tensor.randn(Rng.of(2), DType.F64, 60, 8).mul(5);
        for (var metric : new Metric[] {Metric.EUCLIDEAN, Metric.COSINE, Metric.Mahalanobis.of(x)}) {
            var index = new Lsh(metric).withTables(3).withBits(16).fit(x);
            var whole = index.neighbors(q, 20);
            long visited = 0;
            for (int i = 0; i < 60; i++) {
                var one = index.neighbors(q.narrow(0, i, 1), 20);
                assertThat(one.indices().toLongArray()).isEqualTo(whole.indices().narrow(0, i, 1).toLongArray());
                visited += one.visited();
            }
            assertThat(visited).isEqualTo(whole.visited());
            assertThat(whole.distances().toDoubleArray()).doesNotContain(0.0, Double.NaN);
        }
    }

    @Test void badOptionsAreNamed() {
        assertThatThrownBy(() -> new Lsh(Metric.MANHATTAN)).hasMessageContaining("Manhattan");
        assertThatThrownBy(() -> new Lsh(Metric.COSINE).withTables(0)).hasMessageContaining("tables is 0");
        assertThatThrownBy(() -> new Lsh(Metric.COSINE).withBits(31)).hasMessageContaining("bits is 31");
        assertThatThrownBy(() -> new Lsh(Metric.COSINE).withProbes(-1)).hasMessageContaining("probes is -1");
        assertThatThrownBy(() -> new Lsh(Metric.COSINE).withWidth(Double.NaN)).hasMessageContaining("width is NaN");
        var index = new Lsh(Metric.COSINE).fit(Tensor.ones(DType.F64, 3, 2));
        assertThatThrownBy(() -> index.neighbors(Tensor.ones(DType.F64, 1, 2), 4)).hasMessageContaining("k is 4");
        assertThatThrownBy(() -> index.neighbors(Tensor.ones(DType.F64, 1, 3), 1)).hasMessageContaining("3 columns");
    }
}
