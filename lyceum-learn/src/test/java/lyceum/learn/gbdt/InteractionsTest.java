package lyceum.learn.gbdt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import lyceum.data.Datasets;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

/** Columns that may meet on a path, and those that may not. */
class InteractionsTest {
    private static final int[][] SETS = {{0, 1}, {1, 2, 3}, {4, 5}};

    @Test void constrainedTreesEqualXgboost() {
        var c = Golden.load("golden/gbdt-options.json").named("interactions");
        assertThat(c.intMatrix("input.sets")).isEqualTo(SETS);
        var model = new GbdtRegressor().withBins(0).withMaxDepth(4).withRounds(20).withBaseScore(Float.parseFloat(c.text("input.base")))
                .withInteractions(SETS).fit(RowObjectiveTest.rows(), Tensor.of(RowObjectiveTest.targets()));
        var gap = Gap.relative().see(c, "expected.margins", model.predict(RowObjectiveTest.rows()).toDoubleArray());
        assertThat(gap.worst()).as("%s", gap).isLessThan(1e-5);
    }

    /** The columns of each path from the root to a leaf. */
    private static List<Set<Integer>> paths(BoostedTree tree) {
        var paths = new ArrayList<Set<Integer>>();
        var above = new ArrayList<Set<Integer>>();
        for (int v = 0; v < tree.nodes(); v++) above.add(new HashSet<>());
        for (int v = 0; v < tree.nodes(); v++) {
            if (tree.isLeaf(v)) {
                paths.add(above.get(v));
                continue;
            }
            for (int child : new int[] {tree.left()[v], tree.right()[v]}) {
                above.get(child).addAll(above.get(v));
                above.get(child).add(tree.feature()[v]);
            }
        }
        return paths;
    }

    private static boolean isWithinOne(Set<Integer> path) {
        return path.size() < 2
                || Arrays.stream(SETS).anyMatch(set -> path.stream().allMatch(f -> Arrays.stream(set).anyMatch(s -> s == f)));
    }

    /** Whatever way trees grow; and without the sets paths do leave them, else this would show nothing. */
    @Test void everyPathStaysWithinOneSet() {
        var data = Datasets.friedman1(Rng.of(2), 400, 8, 0.5);
        double[] x = data.x().toDoubleArray();
        for (int i = 0; i < x.length; i += 13) x[i] = Double.NaN;
        for (int i = 7; i < x.length; i += 8) x[i] = i % 10 == 0 ? 1 : 0; // sparse enough to be bundled
        var rows = Tensor.of(x, 400, 8);
        var options = GbdtOptions.DEFAULT.withRounds(15).withMaxDepth(5).withMaxLeaves(20);
        var counts = new int[2];
        for (var each : List.of(options.withBins(0), options, options.withBundle(true), options.withGrowth(Growth.LEAF),
                options.withGrowth(Growth.SYMMETRIC), options.withGrowth(Growth.SYMMETRIC).withOrdered(true),
                options.withRowShare(0.7).withFeatureShare(0.7), options.withDropout(new TreeDropout(0.2)),
                options.withGoss(new OneSidedSampling(0.3, 0.3)))) {
            boolean free = false;
            for (var tree : new GbdtRegressor(each).fit(rows, data.y()).trees().trees())
                for (var path : paths(tree)) free |= !isWithinOne(path);
            assertThat(free).isTrue();
            for (var tree : new GbdtRegressor(each.withInteractions(SETS)).fit(rows, data.y()).trees().trees()) {
                for (var path : paths(tree)) {
                    assertThat(isWithinOne(path)).as("path %s", path).isTrue();
                    counts[path.size() > 1 ? 1 : 0]++;
                }
            }
        }
        assertThat(counts[0]).isPositive();
        assertThat(counts[1]).isGreaterThan(500);
    }

    /** Columns that never meet add up: what one does to the score does not depend on the other. */
    @Test void columnsApartAddUp() {
        var data = Datasets.friedman1(Rng.of(3), 400, 6, 0.5);
        var trees = new GbdtRegressor().withRounds(30).withInteractions(SETS).fit(data.x(), data.y()).trees();
        var rng = Rng.of(4);
        int apart = 0, together = 0;
        for (int trial = 0; trial < 300; trial++) {
            double[] low = new double[6], high = new double[6];
            for (int j = 0; j < 6; j++) {
                low[j] = rng.nextDouble();
                high[j] = rng.nextDouble();
            }
            for (int a = 0; a < 6; a++) {
                for (int b = a + 1; b < 6; b++) {
                    var four = new double[24];
                    for (int k = 0; k < 4; k++) {
                        System.arraycopy(low, 0, four, 6 * k, 6);
                        if (k % 2 == 1) four[6 * k + a] = high[a];
                        if (k > 1) four[6 * k + b] = high[b];
                    }
                    double[] f = trees.scores(Tensor.of(four, 4, 6)).toDoubleArray();
                    double joint = f[3] - f[2] - f[1] + f[0];
                    if (isWithinOne(Set.of(a, b))) together += Math.abs(joint) > 1e-6 ? 1 : 0;
                    else {
                        assertThat(joint).isCloseTo(0, within(1e-10));
                        apart++;
                    }
                }
            }
        }
        assertThat(apart).isEqualTo(300 * 10);
        assertThat(together).isGreaterThan(100);
    }

    @Test void rankersAndClassesKeepToThemToo() {
        var data = Datasets.classification(Rng.of(2), 300, 6, 4, 1, 3, 1, 0.1);
        var groups = new int[300];
        for (int i = 0; i < 300; i++) groups[i] = i / 10;
        var ranker = new GbdtRanker().withRounds(10).withMinChildWeight(0.01).withInteractions(SETS).fit(data.x(),
                Tensor.of(data.y().toDoubleArray()), groups);
        var classes = new GbdtClassifier().withRounds(10).withInteractions(SETS).fit(data.x(), data.y()).trees();
        for (var trees : List.of(ranker, classes))
            for (var tree : trees.trees()) assertThat(paths(tree)).allMatch(InteractionsTest::isWithinOne);
    }

    @Test void setsNameColumnsThatThereAre() {
        var data = Datasets.friedman1(Rng.of(2), 50, 6, 0.5);
        assertThatThrownBy(() -> GbdtOptions.DEFAULT.withInteractions(new int[] {-1, 2})).hasMessageContaining("-1");
        assertThatThrownBy(() -> GbdtOptions.DEFAULT.withInteractions(new int[0])).hasMessageContaining("[]");
        assertThatThrownBy(() -> new GbdtRegressor().withInteractions(new int[] {0, 6}).fit(data.x(), data.y()))
                .hasMessageContaining("column 6").hasMessageContaining("6 columns");
    }
}
