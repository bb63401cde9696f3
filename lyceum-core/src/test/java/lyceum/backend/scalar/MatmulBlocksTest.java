package lyceum.backend.scalar;

import static org.assertj.core.api.Assertions.assertThat;

import lyceum.DType;
import lyceum.backend.View;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Products cut into blocks, as those are whose matrices have more elements than a Java array. */
class MatmulBlocksTest {
    @Test void theCutDoesNotChangeABit() {
        for (var type : new DType[] {DType.F32, DType.F64, DType.I64, DType.BF16}) {
            var a = Tensor.randn(Rng.of(1), 23, 31).mul(9).to(type).compute();
            var b = Tensor.randn(Rng.of(2), 29, 31).mul(9).to(type).compute().transpose();
            var whole = Tensor.zeros(type, 23, 29).compute();
            Matmul.batched(a.view(), b.view(), whole.view(), Matmul::multiply);
            for (long most : new long[] {1, 40, 100, 400, 10_000}) {
                var cut = Tensor.full(type, 1, 23, 29).compute();
                Matmul.batched(a.view(), b.view(), cut.view(), Matmul.inBlocks((x, y, z, m, n, k) -> {
                    assertThat(m == 1 || (long) m * n <= most).isTrue();
                    assertThat(n == 1 || (long) n * k <= most).isTrue();
                    Matmul.multiply(x, y, z, m, n, k);
                }, most));
                assertThat(cut.to(DType.F64).toDoubleArray()).isEqualTo(whole.to(DType.F64).toDoubleArray());
                assertThat(View.size(cut.view().shape())).isEqualTo(23 * 29);
            }
        }
    }
}
