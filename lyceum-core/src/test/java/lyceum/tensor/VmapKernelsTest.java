package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.backend.Pooling;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;

/** One program for a batch, however large: what is fused may depend on sizes, so it is fused always or never here. */
class VmapKernelsTest {
    private final Tensor w = Tensor.randn(Rng.of(1), DType.F64, 4, 3).compute(), c = Tensor.randn(Rng.of(2), DType.F64, 3).compute();

    private Tensor network(Tensor row) { return row.matmul(w).tanh().add(c).softmax(-1).square().sum(); }

    private int calls(Fusion.Mode mode, int batch) {
        var x = Tensor.randn(Rng.of(5), DType.F64, batch, 4).compute();
        return KernelCounter.count(() -> Fusion.with(mode, () -> {
            Autograd.vmap(this::network, x, 0).compute();
            Autograd.perSample((t, row) -> row.matmul(t).tanh().square().sum(), w, x).compute();
            Autograd.vmap(row -> Autograd.jvp(this::network, row, row), x, 0).compute();
            Autograd.vmap(row -> row.sort(0).values().cumsum(0).reshape(1, 1, 4).maxPool(new Pooling(2)), x, 0).compute();
        }));
    }

    @Test void theNumberOfKernelCallsDoesNotDependOnTheBatch() {
        for (var mode : List.of(Fusion.Mode.OFF, Fusion.Mode.ALWAYS)) {
            int few = calls(mode, 10), many = calls(mode, 1000);
            assertThat(many).as(mode.toString()).isEqualTo(few).isGreaterThan(20);
        }
    }
}
