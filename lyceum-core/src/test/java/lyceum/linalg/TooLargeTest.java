package lyceum.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.List;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.linalg.dense.Block;
import lyceum.linalg.dense.CholeskyBlocks;
import lyceum.linalg.dense.HouseholderQr;
import lyceum.linalg.dense.LuBlocks;
import lyceum.memory.Storage;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Matrices with more elements than an {@code int} can count: one stored number, stretched. */
class TooLargeTest {
    private static Tensor stretched(long m, long n) { return Tensor.ones(DType.F64, 1, 1).expand(m, n); }

    private static void isRefused(Function<Tensor, Object> factor, long m, long n) {
        assertThatThrownBy(() -> factor.apply(stretched(m, n))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("(" + m + ", " + n + ") has more than 2147483639 elements").hasMessageContaining("ConjugateGradient");
    }

    @Test void factorsInTheHeapOfMoreElementsThanAnArrayHoldsAreRefusedBeforeAnythingIsCopied() {
        for (long n : new long[] {46_341, 65_536, 1_000_000}) {
            List<Function<Tensor, Object>> always = List.of(Qr::pivoted, Svd::of, Eigen::symmetric),
                    withoutBlocks = List.of(Lu::of, Cholesky::of, Qr::of, Linalg::det);
            for (var factor : always) isRefused(factor, n, n);
            Backend.with(Backend.named("scalar"), () -> {
                for (var factor : withoutBlocks) isRefused(factor, n, n);
            });
        }
        isRefused(Lu::of, 100_000_000, 30); // too narrow for blocks
        isRefused(Qr::of, 30, 100_000_000);
    }

    /** What no machine has memory for: it is memory that they ask for, and not refused for the number of its elements. */
    @Test void factorsInBlocksHaveNoSuchBound() {
        assumeThat(Block.pays(1_000_000, 1_000_000)).as("factors in blocks on this CPU").isTrue();
        List<Function<Tensor, Object>> factors = List.of(Lu::of, Cholesky::of, Qr::of, Linalg::det);
        for (var factor : factors)
            assertThatThrownBy(() -> factor.apply(stretched(1_000_000, 1_000_000))).isInstanceOf(OutOfMemoryError.class)
                    .hasMessageContaining("budget of");
    }

    /** Rows 256 MB apart, of which a page is touched each: element numbers go beyond an {@code int}'s, and the factors are those of a matrix that lies close. */
    @Test void factorsInBlocksReachBeyondTwoToTheThirtyOneElements() {
        assumeThat(System.getProperty("os.name")).isEqualTo("Linux");
        assumeThat(Block.pays(SIDE, SIDE)).as("factors in blocks on this CPU").isTrue();
        var g = Tensor.randn(Rng.of(1), DType.F64, SIDE, SIDE);
        var a = g.matmul(g.transpose()).add(Tensor.eye(DType.F64, SIDE)).compute();
        agree(a, matrix -> CholeskyBlocks.factor(matrix));
        agree(a, matrix -> LuBlocks.factor(matrix, new int[SIDE]));
        agree(a, matrix -> HouseholderQr.of(matrix).n());
    }

    private static final int SIDE = 200;
    private static final long APART = 1L << 25;

    /** The upper triangles after {@code factor}, and what it gives. */
    private static void agree(Tensor a, ToIntFunction<Block> factor) {
        double[][] rows = a.toRows(), near = new double[SIDE][SIDE], far = new double[SIDE][SIDE];
        var close = Block.kept(SIDE, SIDE);
        int expected = factorRows(rows, close, near, factor);
        try (var memory = new Reserved(SIDE * APART * Double.BYTES)) {
            var wide = new Block(SIDE, SIDE, Storage.wrap(memory.segment()), 0, APART, 1);
            assertThat(factorRows(rows, wide, far, factor)).isEqualTo(expected);
        }
        for (int i = 0; i < SIDE; i++)
            for (int j = i; j < SIDE; j++)
                assertThat(far[i][j]).as("(%d, %d)", i, j).isCloseTo(near[i][j], within(1e-9 * (1 + Math.abs(near[i][j]))));
    }

    private static int factorRows(double[][] rows, Block block, double[][] to, ToIntFunction<Block> factor) {
        for (int i = 0; i < SIDE; i++) block.setRow(i, 0, rows[i], 0, SIDE);
        int given = factor.applyAsInt(block);
        for (int i = 0; i < SIDE; i++) block.row(i, 0, to[i], 0, SIDE);
        return given;
    }

    @Test void aFullFactorThatIsTooLargeIsRefusedThoughTheThinOneIsNot() {
        var tall = Tensor.arange(50_000).to(DType.F64).reshape(50_000, 1);
        var qr = Qr.of(tall);
        assertThatThrownBy(qr::fullQ).isInstanceOf(ShapeException.class)
                .hasMessageContaining("fullQ: a matrix (50000, 50000) has more than");
        assertThatThrownBy(() -> Svd.full(tall)).isInstanceOf(ShapeException.class)
                .hasMessageContaining("full svd: a matrix (50000, 50000)");
        assertThatThrownBy(() -> Svd.full(tall.transpose())).hasMessageContaining("full svd: a matrix (50000, 50000)");
    }
}
