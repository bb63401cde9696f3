package lyceum.train.compress;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lyceum.DType;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Sequential;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

/**
 * Clause 4 of unstructured-pruning is about time and is measured by the acceptance suite of lyceum-bench: {@code BreakEven.measure(w, 50, 0.3, 0.95)} with w
 * (2048, 2048) of F32 and standard normal by {@code Rng.of(254)}, which prunes by magnitude and takes the median of 50 products with a vector of ones after 25 to
 * warm up: {@link BreakEven#faster} at least 3 at 0.95, and at most 1 at 0.3.
 */
class SparseWeightsTest {

    /** Against sums in double over the weights that an own ranking keeps. */
    @Test
    @Acceptance(topic = "unstructured-pruning", clause = 1) void sparseProductsEqualMaskedDense() {
        double free = 0, blocked = 0, least = 1;
        int shapes = 0;
        for (int seed = 0; seed < 100; seed++, shapes++) {
            var rng = Rng.of(seed);
            int rows = 1 + rng.nextInt(40), columns = 4 * (1 + rng.nextInt(16)), batch = 1 + rng.nextInt(9);
            double sparsity = 0.05 + 0.9 * rng.nextDouble();
            var model = new Sequential(new Linear(columns, rows, rng));
            var x = Tensor.randn(rng.split(1), batch, columns).compute();
            double[][] w = ((Linear) model.layers().getFirst()).weight().detach().toRows();
            var masks = Pruner.magnitude(sparsity).masks(model);
            var sorted = Arrays.stream(w).flatMapToDouble(Arrays::stream).map(Math::abs).sorted().toArray();
            double limit = sorted[(int) Math.rint(sparsity * sorted.length)];
            var kept = new double[rows][];
            for (int i = 0; i < rows; i++) kept[i] = Arrays.stream(w[i]).map(v -> Math.abs(v) >= limit ? v : 0).toArray();
            var layer = new SparseLinear(masks.csr(model, "0.weight"), null);
            free = Math.max(free, gap(layer.forward(x), x.toRows(), kept));
            var pairs = Pruner.nm(model, 2, 4);
            for (int i = 0; i < rows; i++) kept[i] = twoOfFour(w[i]);
            blocked = Math.max(blocked,
                    gap(pairs.packed(model, "0.weight", 2, 4).matmul(x.transpose().contiguous()).transpose(), x.toRows(), kept));
            least = Math.min(least, masks.sparsity());
        }
        Evidence.of("shapes", shapes, exactly(100));
        Evidence.of("compressed rows", free, atMost(1e-5));
        Evidence.of("2:4, packed", blocked, atMost(1e-5));
        assertThat(least).isGreaterThan(0.02);
    }

    private static double[] twoOfFour(double[] row) {
        var kept = new double[row.length];
        for (int from = 0; from < row.length; from += 4) {
            for (int i = from; i < from + 4; i++) {
                int larger = 0;
                for (int j = from; j < from + 4; j++) if (Math.abs(row[j]) > Math.abs(row[i])) larger++;
                if (larger < 2) kept[i] = row[i];
            }
        }
        return kept;
    }

    private static double gap(Tensor y, double[][] x, double[][] w) {
        double worst = 0;
        double[][] ours = y.toRows();
        for (int b = 0; b < x.length; b++) for (int i = 0; i < w.length; i++) {
            double sum = 0;
            for (int k = 0; k < w[i].length; k++) sum += x[b][k] * w[i][k];
            worst = Math.max(worst, Math.abs(sum - ours[b][i]));
        }
        return worst;
    }

    @Test
    @Acceptance(topic = "unstructured-pruning", clause = 2) void twoOfFourKeepsTheTwoLargest() {
        int blocks = 0, wrong = 0;
        for (int seed = 0; seed < 50; seed++) {
            var model = new Sequential(new Linear(64, 33, true, DType.F32, Init.normal(1), Rng.of(seed)));
            double[][] w = ((Linear) model.layers().getFirst()).weight().detach().toRows();
            var mask = Pruner.nm(model, 2, 4);
            boolean[] stays = mask.kept("0.weight").toBooleanArray();
            double[][] packed = mask.packed(model, "0.weight", 2, 4).toDense().toRows();
            for (int i = 0; i < w.length; i++) for (int from = 0; from < 64; from += 4, blocks++) {
                double out = 0, in = Double.MAX_VALUE;
                int n = 0;
                boolean same = true;
                for (int j = from; j < from + 4; j++) {
                    boolean stay = stays[i * 64 + j];
                    if (stay) in = Math.min(in, Math.abs(w[i][j]));
                    else out = Math.max(out, Math.abs(w[i][j]));
                    if (stay) n++;
                    same &= packed[i][j] == (stay ? w[i][j] : 0);
                }
                if (n != 2 || out > in || !same) wrong++;
            }
        }
        Evidence.of("blocks", blocks, atLeast(10_000));
        Evidence.of("blocks that do not keep exactly the two largest", wrong, exactly(0));
    }

    @Test
    @Acceptance(topic = "unstructured-pruning", clause = 3) void storedBytesAreTheFormula() {
        long csr = 0, packed = 0, cases = 0;
        for (int seed = 0; seed < 50; seed++, cases++) {
            var rng = Rng.of(seed);
            int rows = 1 + rng.nextInt(70), columns = 4 * (1 + rng.nextInt(30));
            var model = new Sequential(new Linear(columns, rows, rng));
            var masks = Pruner.magnitude(0.9 * rng.nextDouble()).masks(model);
            long entries = 0;
            for (boolean b : masks.kept("0.weight").toBooleanArray()) if (b) entries++;
            csr = Math.max(csr, Math.abs(masks.csr(model, "0.weight").bytes() - (8 * entries + 4L * (rows + 1))));
            long half = (long) rows * columns / 2;
            packed = Math.max(packed,
                    Math.abs(Pruner.nm(model, 2, 4).packed(model, "0.weight", 2, 4).bytes() - (4 * half + (2 * half + 7) / 8)));
        }
        Evidence.of("matrices", cases, exactly(50));
        Evidence.of("bytes beside 8 nnz + 4 (m + 1)", csr, exactly(0));
        Evidence.of("bytes of 2:4 beside 4 k + k / 4", packed, exactly(0));
    }

    @Test void breakEvenReportsBytesAndRefusesWrongMasks() {
        var matrix = Tensor.randn(Rng.of(1), 200, 100).compute();
        var report = BreakEven.measure(matrix, 3, 0.3, 0.95);
        assertThat(report.get(0).denseBytes()).isEqualTo(80_000);
        assertThat(report.get(1).sparseBytes()).isEqualTo(8 * 1000 + 4 * 201);
        assertThat(report.get(0).smaller()).isLessThan(1);
        assertThat(report.get(1).faster()).isPositive();
        double even = BreakEven.bytesBreakEven(200, 100, 4);
        assertThat((1 - even) * 20_000 * 8 + 4 * 201).isCloseTo(80_000, within(1e-6));
        var model = new Sequential(new Linear(8, 3, Rng.of(2)));
        var free = Pruner.magnitude(0.3).masks(model);
        assertThatThrownBy(() -> free.packed(model, "0.weight", 2, 4)).hasMessageContaining("does not keep 2 of every 4");
        assertThatThrownBy(() -> Pruner.nm(new Sequential(new Linear(6, 3, Rng.of(2))), 2, 4)).hasMessageContaining("blocks of 4");
        var linear = (Linear) model.layers().getFirst();
        var sparse = new SparseLinear(free.csr(model, "0.weight"), linear.bias());
        free.apply(model);
        var x = Tensor.randn(Rng.of(3), 2, 5, 8).compute();
        assertThat(sparse.forward(x).sub(model.forward(x)).abs().max().item()).isLessThan(1e-6);
        assertThat(sparse.bytes()).isEqualTo(sparse.weight().bytes() + 12);
    }
}
