package lyceum.learn.gbdt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

class PackedTreesTest {
    /** Rows of 5 columns whose last is a class of three; one in so many numbers is missing. */
    private static double[] rows(int n, int missingOneIn) {
        var rng = Rng.of(4);
        var rows = new double[5 * n];
        for (int i = 0; i < rows.length; i++)
            rows[i] = missingOneIn > 0 && i % missingOneIn == 0 ? Double.NaN : rng.nextInt(40) / 8.0 * (rng.nextInt(2) * 2 - 1);
        return rows;
    }

    private static GradientBoostedTrees threeClasses(double[] x, int n) {
        var y = new long[n];
        for (int i = 0; i < n; i++) y[i] = (int) Math.abs(x[5 * i + 1] + 3 * (x[5 * i + 2] > 0 ? 1 : 0)) % 3;
        return new GbdtClassifier().withRounds(12).withGrowth(Growth.LEAF).withMaxLeaves(40).withMaxDepth(30)
                .fit(Tensor.of(x, n, 5), Tensor.of(y)).trees();
    }

    /** What one row alone answers, walked down node by node. */
    private static void everyRowAsByItself(GradientBoostedTrees model, double[] x, int n) {
        double[] together = model.scores(Tensor.of(x, n, 5)).toDoubleArray();
        int k = model.outputs();
        for (int i = 0; i < n; i++) {
            double[] alone = model.scores(Tensor.of(x, n, 5).narrow(0, i, 1)).toDoubleArray();
            for (int c = 0; c < k; c++) assertThat(together[i * k + c]).as("row %d, output %d", i, c).isEqualTo(alone[c]);
        }
    }

    @Test void manyRowsAnswerAsEachByItselfToTheBit() {
        int n = 1003; // whole eights, a block cut short, rows that are left
        double[] x = rows(n, 0);
        everyRowAsByItself(threeClasses(x, n), x, n);
    }

    @Test void missingAndInfiniteValuesGoWhereTheyGoAlone() {
        int n = 700;
        double[] x = rows(n, 900);
        var model = threeClasses(x, n);
        everyRowAsByItself(model, x, n);
        // A block with and one without values that differences cannot tell.
        var packed = new PackedTrees(model.trees(), 5, n);
        x[5 * 10] = Double.POSITIVE_INFINITY;
        x[5 * 11 + 3] = Double.NEGATIVE_INFINITY;
        packed.each(x, 0, n, (t, first, values, m) -> {
            for (int i = 0; i < m; i++) assertThat(values[i]).isEqualTo(model.trees().get(t).answer(x, (first + i) * 5));
        });
    }

    @Test void valuesOnAThresholdAndOneBelowPart() { for (double zero : new double[] {0.0, -0.0}) parts(zero); }

    private static void parts(double zero) {
        double t = 0.1 + 0.2;
        var tree = tree(new int[] {1, 2, -1, -1, -1}, new int[] {1, 3, -1, -1, -1}, new int[] {2, 4, -1, -1, -1},
                new double[] {t, zero, Double.NaN, Double.NaN, Double.NaN});
        double[] column = {t, Math.nextDown(t), Math.nextUp(t), 0.3}, third = {-0.0, 0.0, Double.MIN_VALUE, -Double.MIN_VALUE};
        var x = new double[16 * 3];
        for (int i = 0; i < 16; i++) {
            x[3 * i + 1] = column[i % 4];
            x[3 * i + 2] = third[i / 4];
        }
        var asked = new int[1];
        new PackedTrees(List.of(tree), 3, 256).each(x, 0, 16, (which, first, values, m) -> {
            for (int i = 0; i < m; i++) {
                boolean below = x[3 * i + 1] < t, under = x[3 * i + 2] < 0;
                assertThat(values[i]).as("row %d", i).isEqualTo(below ? under ? 3 : 4 : 2);
                asked[0]++;
            }
        });
        assertThat(asked[0]).isEqualTo(16);
    }

    @Test void floatsAddAsFloats() {
        int n = 300;
        double[] x = rows(n, 0);
        var y = Tensor.of(x, n, 5).select(1, 0).mul(0.37).to(DType.F64);
        var model = new GbdtRegressor().withRounds(30).fit(Tensor.of(x, n, 5), y).trees();
        var loaded = GradientBoostedTrees.fromXgboostJson(model.toXgboostJson());
        assertThat(loaded.singlePrecision()).isTrue();
        everyRowAsByItself(loaded, x, n);
    }

    @Test void aNodeHasOneParent() {
        assertThatThrownBy(() -> tree(new int[] {0, 0, -1, -1, -1}, new int[] {1, 3, -1, -1, -1}, new int[] {3, 4, -1, -1, -1},
                new double[] {0, 0, Double.NaN, Double.NaN, Double.NaN})).hasMessageContaining("node 1 has feature 0 and children 3 and 4")
                .hasMessageContaining("one parent");
    }

    /** A node's value is its number. */
    private static BoostedTree tree(int[] feature, int[] left, int[] right, double[] threshold) {
        int n = feature.length;
        var value = new double[n];
        for (int i = 0; i < n; i++) value[i] = i;
        return new BoostedTree(feature, threshold, left, right, new boolean[n], value, new double[n], new double[n], new double[n],
                new int[n]);
    }
}
