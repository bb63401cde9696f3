package lyceum.learn.cluster;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.learn.metrics.ClusterAgreement;
import lyceum.learn.neighbors.Metric;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerContract;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class HierarchicalClusteringTest {
    private static final String TOPIC = "hierarchical-clustering";
    private static final Golden GOLDEN = Golden.load("golden/hierarchical-clustering.json");

    private static double agreement(Tensor a, Tensor b) { return ClusterAgreement.of(a, b).adjustedRand(); }

    @TestFactory Stream<DynamicTest> wardKeepsTheContract() { return LearnerContract.of(new HierarchicalClustering(3)).tests(); }

    @TestFactory Stream<DynamicTest> medianKeepsTheContract() {
        return LearnerContract.of(new HierarchicalClustering(2, Linkage.MEDIAN)).tests();
    }

    private static Linkage linkage(String name) { return Linkage.valueOf(name.toUpperCase(Locale.ROOT)); }

    private record Set(Tensor x, double[] u) {
        static Set next(Recipe r) {
            int n = 6 + r.below(20), p = 1 + r.below(4);
            double[][] x = r.matrix(n, p);
            for (double[] row : x) for (int j = 0; j < p; j++) row[j] *= 1 + j;
            return new Set(Tensor.of(x), r.uniforms(n - 1));
        }
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void linkageEqualsSciPy() {
        var r = new Recipe(56700);
        Gap heights = Gap.relativeBeyondOne();
        int trees = 0, differing = 0, merges = 0, sizes = 0;
        for (int s = 0; s < 50; s++) {
            var set = Set.next(r);
            var c = GOLDEN.named("random " + s).at("expected");
            for (var linkage : Linkage.values()) {
                var e = c.at(linkage.name().toLowerCase(Locale.ROOT));
                double[][] z = new HierarchicalClustering(1, linkage).fit(set.x).linkage().toRows();
                double sum = 0, pairs = 0;
                var rows = new double[2 * z.length + 1];
                Arrays.fill(rows, 0, z.length + 1, 1);
                for (int m = 0; m < z.length; m++) {
                    rows[z.length + 1 + m] = rows[(int) z[m][0]] + rows[(int) z[m][1]];
                    if (z[m][3] != rows[z.length + 1 + m]) sizes++;
                    // A sum that other merges, or the same in another order, would not give.
                    pairs += (m + 1) * (97 * z[m][0] + z[m][1]);
                    sum += z[m][2] * set.u[m];
                }
                if (pairs != e.number("pairs")) differing++;
                heights.see(linkage + " " + s, sum, e.number("heights"));
                merges += z.length;
                trees++;
            }
        }
        Evidence.of("trees", trees, exactly(350));
        Evidence.of("trees with another merge", differing, exactly(0));
        Evidence.of("gap of heights, weighted at random", heights, below(1e-13));
        Evidence.of("merges", merges, atLeast(4000));
        Evidence.of("merges whose size is not that of their rows", sizes, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void cutsEqualScikitLearnOnIris() {
        double least = 1;
        int cuts = 0;
        for (var c : GOLDEN.cases("iris")) {
            var labels = Tensor.of(c.text("expected.labels").chars().mapToLong(ch -> ch).toArray());
            var tree = new HierarchicalClustering(c.integer("input.k"), linkage(c.text("input.linkage"))).fit(Datasets.iris().x());
            double agreement = agreement(tree.labels(), labels);
            least = Math.min(least, agreement);
            // The same groups by height: between the last merge that is done and the first that is not.
            double[] h = tree.height();
            int done = 150 - c.integer("input.k");
            if (h[done - 1] < h[done])
                assertThat(agreement(tree.cutAt((h[done - 1] + h[done]) / 2), labels)).as(c.text("name")).isEqualTo(agreement);
            cuts++;
        }
        Evidence.of("cuts", cuts, exactly(16));
        Evidence.of("least adjusted Rand index", least, exactly(1));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void heightsRiseForReducibleLinkages() {
        double fall = 0;
        int reducible = 0, inversions = 0;
        for (int s = 0; s < 100; s++) {
            var rng = Rng.of(s);
            var x = Tensor.randn(rng, DType.F64, 5 + rng.nextInt(60), 1 + rng.nextInt(4));
            if (s % 3 == 0) x = x.mul(2).round();
            for (var linkage : Linkage.values()) {
                double[] h = new HierarchicalClustering(1, linkage).fit(x).height();
                // Chains sort their heights, so that only parts against wholes can show a fall.
                var tree = new HierarchicalClustering(1, linkage).fit(x);
                int[] left = tree.left(), right = tree.right();
                int n = tree.rows();
                for (int m = 0; m < h.length; m++) {
                    double part = Math.max(left[m] < n ? 0 : h[left[m] - n], right[m] < n ? 0 : h[right[m] - n]);
                    if (linkage.isReducible()) fall = Math.max(fall, part - h[m]);
                    else if (part > h[m] + 1e-9) inversions++;
                }
                if (linkage.isReducible()) reducible++;
            }
        }
        Evidence.of("largest fall from a part to its whole", fall, atMost(1e-12));
        Evidence.of("trees of the five reducible linkages", reducible, exactly(500));
        Evidence.of("inversions of centroid and median", inversions, atLeast(100));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void copheneticCorrelationEqualsSciPy() {
        var r = new Recipe(56700);
        Gap gap = Gap.absolute();
        for (int s = 0; s < 50; s++) {
            var set = Set.next(r);
            for (var linkage : Linkage.values()) {
                double ours = new HierarchicalClustering(1, linkage).fit(set.x)
                        .copheneticCorrelation(HierarchicalClustering.distances(set.x, Metric.EUCLIDEAN));
                gap.see(linkage + " " + s, ours,
                        GOLDEN.named("random " + s).number("expected." + linkage.name().toLowerCase(Locale.ROOT) + ".cophenetic"));
            }
        }
        Evidence.of("correlations compared", gap.seen(), exactly(350));
        Evidence.of("largest gap", gap, below(1e-13));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void dianaHeightsEqualR() {
        Gap gap = Gap.absolute();
        for (var c : GOLDEN.cases("diana")) {
            var x = c.text("input.data").equals("iris") ? Datasets.iris().x() : Datasets.wine().x();
            double[] ours = HierarchicalClustering.diana(x, Metric.EUCLIDEAN).height();
            Arrays.sort(ours);
            gap.see(c, "expected.heights", ours);
        }
        Evidence.of("heights compared", gap.seen(), exactly(149 + 177));
        Evidence.of("largest gap", gap, below(1e-12));
    }

    @Acceptance(topic = TOPIC, clause = 6)
    @Test void singleLinkageIsTheMinimumSpanningTree() {
        double worst = 0;
        int edges = 0, cuts = 0;
        for (int s = 0; s < 30; s++) {
            var rng = Rng.of(200 + s);
            int n = 5 + rng.nextInt(50);
            var x = Tensor.randn(rng, DType.F64, n, 1 + rng.nextInt(3));
            double[][] rows = x.toRows();
            var all = new ArrayList<double[]>();
            for (int i = 0; i < n; i++) for (int j = 0; j < i; j++) {
                double square = 0;
                for (int c = 0; c < rows[0].length; c++) square += (rows[i][c] - rows[j][c]) * (rows[i][c] - rows[j][c]);
                all.add(new double[] {Math.sqrt(square), i, j});
            }
            // Kruskal.
            all.sort((a, b) -> Double.compare(a[0], b[0]));
            int[] group = IntStream.range(0, n).toArray();
            var tree = new HierarchicalClustering(1, Linkage.SINGLE).fit(x);
            int taken = 0;
            for (double[] edge : all) {
                int a = group[(int) edge[1]], b = group[(int) edge[2]];
                if (a == b) continue;
                worst = Math.max(worst, Math.abs(tree.height()[taken++] - edge[0]));
                for (int i = 0; i < n; i++) if (group[i] == a) group[i] = b;
                edges++;
                if (agreement(tree.cut(n - taken), Tensor.of(Arrays.stream(group).asLongStream().toArray())) == 1) cuts++;
            }
        }
        Evidence.of("largest gap of a height to the tree's edge", worst, below(1e-12));
        Evidence.of("edges after which the groups differ", edges - cuts, exactly(0));
        Evidence.of("edges", edges, atLeast(500));
    }

    /** The houses of the article, at 1, 2, 4, 7 and 8. */
    @Test void theArticlesHousesMergeAtItsHeights() {
        var x = Tensor.of(new double[] {1, 2, 4, 7, 8}, 5, 1);
        double[][] expected = {{1, 1, 2, 3}, {1, 1, 3, 7}, {1, 1, 2.5, 5.17}, {1, 1, 2.89, 8}};
        Linkage[] linkages = {Linkage.SINGLE, Linkage.COMPLETE, Linkage.AVERAGE, Linkage.WARD};
        for (int i = 0; i < 4; i++)
            assertThat(new HierarchicalClustering(1, linkages[i]).fit(x).height()).containsExactly(expected[i], within(5e-3));
        var triangle = Tensor.of(new double[] {0, 0, 1, 0, 0.5, Math.sqrt(0.75)}, 3, 2);
        var downhill = new HierarchicalClustering(1, Linkage.CENTROID).fit(triangle);
        assertThat(downhill.height()).containsExactly(new double[] {1, 0.87}, within(5e-3));
        assertThat(downhill.cutAt(0.9).toLongArray()).containsExactly(0, 1, 2);
        assertThat(downhill.cutAt(1 + 1e-12).toLongArray()).containsExactly(0, 0, 0);
    }

    /** Where heights fall, rows are together if no merge among those that make up their group is above the cut. */
    @Test void aCutByHeightLooksAtAllMergesBelow() {
        int inverted = 0;
        for (int s = 0; s < 80; s++) {
            int n = 20;
            var tree = new HierarchicalClustering(1, s % 2 == 0 ? Linkage.CENTROID : Linkage.MEDIAN)
                    .fit(Tensor.randn(Rng.of(s), DType.F64, n, 3));
            int[] left = tree.left(), right = tree.right();
            double[] h = tree.height(), top = new double[2 * n - 1];
            var groups = new ArrayList<int[]>();
            for (int i = 0; i < n; i++) groups.add(new int[] {i});
            for (int m = 0; m < n - 1; m++) {
                top[n + m] = Math.max(h[m], Math.max(top[left[m]], top[right[m]]));
                if (top[n + m] > h[m]) inverted++;
                groups.add(IntStream.concat(Arrays.stream(groups.get(left[m])), Arrays.stream(groups.get(right[m]))).toArray());
            }
            for (double cut : h) {
                var group = new long[n];
                for (int i = 0; i < n; i++) group[i] = i;
                // Larger groups come later and take their parts over.
                for (int m = 0; m < n - 1; m++) if (top[n + m] <= cut) for (int i : groups.get(n + m)) group[i] = n + m;
                assertThat(agreement(tree.cutAt(cut), Tensor.of(group))).as("%s at %s", s, cut).isEqualTo(1);
            }
        }
        assertThat(inverted).isGreaterThan(50);
    }

    @Test void aGraphLimitsTheMerges() {
        var x = Tensor.of(new double[] {0, 10, 0.1, 10.1, 0.2}, 5, 1);
        var w = new double[5][5];
        for (int i = 0; i < 4; i++) w[i][i + 1] = 1;
        var path = Csr.fromDense(Tensor.of(w));
        var tree = new HierarchicalClustering(2, Linkage.AVERAGE).fitConnected(x, path);
        // Only neighbours on the path join, however near others are.
        assertThat(tree.labels().toLongArray()).isNotEqualTo(new HierarchicalClustering(2, Linkage.AVERAGE).fit(x).labels().toLongArray());
        assertThat(tree.height()[0]).isCloseTo(9.9, within(1e-9));
        var full = Csr.fromDense(Tensor.ones(DType.F64, 40, 40));
        var y = Tensor.randn(Rng.of(1), DType.F64, 40, 2);
        for (var linkage : Linkage.values()) {
            double[] free = new HierarchicalClustering(1, linkage).fit(y).height(),
                    limited = new HierarchicalClustering(1, linkage).fitConnected(y, full).height();
            assertThat(limited).as(linkage.name()).containsExactly(free, within(1e-12));
        }
        assertThatThrownBy(() -> new HierarchicalClustering(1).fitConnected(x, Csr.fromDense(Tensor.eye(DType.F64, 5))))
                .hasMessageContaining("5 groups");
    }

    /** Every step looks at all pairs of groups that an edge joins. */
    @Test void mergesAlongRandomGraphsAreThoseOfBruteForce() {
        for (int s = 0; s < 20; s++) {
            var rng = Rng.of(700 + s);
            int n = 6 + rng.nextInt(15);
            var x = Tensor.randn(rng, DType.F64, n, 2);
            var w = new double[n][n];
            // A random tree and some more edges.
            for (int i = 1; i < n; i++) w[rng.nextInt(i)][i] = 1;
            for (int e = 0; e < n / 2; e++) w[rng.nextInt(n)][rng.nextInt(n)] = 1;
            double[][] between = HierarchicalClustering.distances(x, Metric.EUCLIDEAN).toRows();
            for (var linkage : new Linkage[] {Linkage.SINGLE, Linkage.COMPLETE, Linkage.AVERAGE}) {
                var tree = new HierarchicalClustering(1, linkage).fitConnected(x, Csr.fromDense(Tensor.of(w)));
                var groups = new ArrayList<int[]>();
                for (int i = 0; i < n; i++) groups.add(new int[] {i});
                for (int m = 0; m < n - 1; m++) {
                    int a = -1, b = -1;
                    double least = Double.POSITIVE_INFINITY;
                    for (int i = 0; i < groups.size(); i++) {
                        for (int j = 0; j < i; j++) {
                            double d = joined(w, between, groups.get(i), groups.get(j), linkage);
                            if (!(d < least)) continue;
                            least = d;
                            a = i;
                            b = j;
                        }
                    }
                    assertThat(tree.height()[m]).as("%s %s, merge %s", s, linkage, m).isCloseTo(least, within(1e-12));
                    groups.set(b, IntStream.concat(Arrays.stream(groups.get(a)), Arrays.stream(groups.get(b))).toArray());
                    groups.remove(a);
                    var group = new long[n];
                    for (int g = 0; g < groups.size(); g++) for (int i : groups.get(g)) group[i] = g;
                    assertThat(agreement(tree.cut(n - 1 - m), Tensor.of(group))).isEqualTo(1);
                }
            }
        }
    }

    /** How far two groups are apart; infinitely without an edge. */
    private static double joined(double[][] w, double[][] d, int[] a, int[] b, Linkage linkage) {
        double least = Double.POSITIVE_INFINITY, most = 0, sum = 0;
        boolean edge = false;
        for (int i : a) {
            for (int j : b) {
                edge |= w[i][j] + w[j][i] > 0;
                least = Math.min(least, d[i][j]);
                most = Math.max(most, d[i][j]);
                sum += d[i][j];
            }
        }
        if (!edge) return Double.POSITIVE_INFINITY;
        return linkage == Linkage.SINGLE ? least : linkage == Linkage.COMPLETE ? most : sum / (a.length * b.length);
    }

    @Test void theLayoutHasEveryLeafOnce() {
        var tree = new HierarchicalClustering(3).fit(Datasets.iris().x());
        assertThat(Arrays.stream(tree.leaves()).sorted().toArray()).isEqualTo(IntStream.range(0, 150).toArray());
        double[][] brackets = tree.layout();
        assertThat(brackets).hasNumberOfRows(149);
        for (double[] b : brackets) assertThat(b[0]).isLessThan(b[4]);
        assertThat(brackets[148][3]).isEqualTo(tree.height()[148]);
    }

    @Test void wrongChoicesAreRefusedInWords() {
        assertThatThrownBy(() -> new HierarchicalClustering(2, Linkage.WARD, Metric.COSINE)).hasMessageContaining("presumes Euclidean");
        assertThatThrownBy(() -> new HierarchicalClustering(7).fit(Tensor.ones(DType.F64, 4, 2))).hasMessageContaining("x has 4 rows");
        assertThatThrownBy(() -> new HierarchicalClustering(1).fit(Tensor.ones(DType.F64, 4, 2)).cut(5))
                .hasMessageContaining("between 1 and 4");
    }
}
