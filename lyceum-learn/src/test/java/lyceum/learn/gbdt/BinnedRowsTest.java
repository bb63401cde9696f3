package lyceum.learn.gbdt;

import static org.assertj.core.api.Assertions.assertThat;

import lyceum.random.Rng;
import org.junit.jupiter.api.Test;

class BinnedRowsTest {
    /** Shares of whole groups, of a part of one, and that begin inside of one. */
    @Test void treesDoNotDependOnHowColumnsAreSharedOut() {
        int n = 3000, p = 19;
        var rng = Rng.of(5);
        double[] x = new double[n * p], gh = new double[2 * n];
        for (int i = 0; i < x.length; i++) x[i] = i % 97 == 0 ? Double.NaN : rng.nextInt(300);
        for (int i = 0; i < n; i++) {
            gh[2 * i] = rng.nextGaussian() + (x[i * p + 3] > 150 ? 1 : 0);
            gh[2 * i + 1] = 1;
        }
        int[] columns = new int[p];
        for (int f = 0; f < p; f++) columns[f] = f;
        BoostedTree first = null;
        for (int threads : new int[] {1, 2, 3, 7, 16, 64}) {
            int[] rows = new int[n];
            for (int i = 0; i < n; i++) rows[i] = i;
            var store = new BinnedRows(x, n, p, 255, false, threads);
            var tree = new TreeGrowth(store, GbdtOptions.leafWise().withMaxLeaves(60)).grow(rows, gh, columns, new int[n]);
            if (first == null) first = tree;
            assertThat(tree.leaves()).isEqualTo(60);
            assertThat(tree.feature()).as("%d threads", threads).isEqualTo(first.feature());
            assertThat(tree.threshold()).isEqualTo(first.threshold());
            assertThat(tree.gain()).isEqualTo(first.gain());
            assertThat(tree.value()).isEqualTo(first.value());
        }
    }
}
