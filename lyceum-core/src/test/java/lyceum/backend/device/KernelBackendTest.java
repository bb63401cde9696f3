package lyceum.backend.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashSet;
import java.util.Set;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.simt.Simt;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

class KernelBackendTest {
    private final Set<String> sources = new HashSet<>();
    private final KernelBackend backend = new KernelBackend("noted", "kernels", (kernel, grid, block, arguments) -> {
        sources.add(kernel.cuda());
        assertThat(new Simt().launch(kernel, grid, block, arguments).races()).isEmpty();
    });

    private final Tensor x = Tensor.randn(Rng.of(1), 7, 9).compute(), y = Tensor.randn(Rng.of(2), 5, 9).compute();

    @Test void chainsAndProductsAreKernels() {
        Backend.with(backend, () -> {
            double[] expected = x.to(DType.F64).matmul(y.to(DType.F64).transpose()).relu().toDoubleArray();
            assertThat(x.matmul(y.transpose()).relu().toDoubleArray()).containsExactly(expected, within(1e-5));
        });
        assertThat(backend.launches()).isEqualTo(2);
        assertThat(sources).anyMatch(s -> s.contains("void matmul(")).anyMatch(s -> s.contains("void program("));
    }

    @Test void programsThatDifferInConstantsAreOneSource() {
        var afterTheFirst = new HashSet<String>();
        Backend.with(backend, () -> {
            for (double step : new double[] {0.1, 0.2, 0.3}) {
                assertThat(x.mul(step).exp().toDoubleArray()).containsExactly(x.to(DType.F64).mul(step).exp().toDoubleArray(),
                        within(1e-5));
                if (afterTheFirst.isEmpty()) afterTheFirst.addAll(sources);
            }
        });
        assertThat(backend.launches()).isGreaterThanOrEqualTo(3);
        assertThat(sources).isNotEmpty().isEqualTo(afterTheFirst);
    }

    @Test void whatHasNoKernelFallsBack() {
        Backend.with(backend, () -> {
            assertThat(x.to(DType.F64).exp().sum().item()).isPositive();
            assertThat(x.erf().sort(0).values().shape()).isEqualTo(x.shape());
            assertThat(Tensor.arange(6).reshape(2, 3).matmul(Tensor.arange(6).reshape(3, 2)).toIntArray()).containsExactly(10, 13, 28, 40);
        });
        assertThat(backend.launches()).isZero();
    }

    @Test void itIsABackendByName() {
        assertThat(Backend.named("simt").description()).contains("interpreter");
        assertThat(Backend.named("simt").name()).isEqualTo("simt");
    }
}
