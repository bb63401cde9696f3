package lyceum.linalg;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.function.Function;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Matrices with more elements than an {@code int} can count: one stored number, stretched. */
class TooLargeTest {
    private static Tensor stretched(long m, long n) { return Tensor.ones(DType.F64, 1, 1).expand(m, n); }

    @Test void factorsOfMoreElementsThanAnArrayHoldsAreRefusedBeforeAnythingIsCopied() {
        List<Function<Tensor, Object>> factors = List.of(Lu::of, Cholesky::of, Qr::of, Qr::pivoted, Svd::of, Eigen::symmetric, Linalg::det);
        for (var factor : factors) {
            for (long n : new long[] {46_341, 65_536, 1_000_000}) {
                assertThatThrownBy(() -> factor.apply(stretched(n, n))).isInstanceOf(ShapeException.class)
                        .hasMessageContaining("(" + n + ", " + n + ") has more than 2147483639 elements")
                        .hasMessageContaining("ConjugateGradient");
            }
        }
        assertThatThrownBy(() -> Lu.of(stretched(1_000_000, 3000))).hasMessageContaining("lu: a matrix (1000000, 3000) has more than");
        assertThatThrownBy(() -> Qr.of(stretched(3000, 1_000_000))).hasMessageContaining("qr: a matrix (3000, 1000000) has more than");
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
