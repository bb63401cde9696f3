package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.function.Function;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.memory.Scope;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;

class LstmOpTest {
    private static final LstmOp LSTM = new LstmOp();

    /** Projected inputs, weight, h and c. */
    private static Tensor[] operands(DType type, int steps, int batch, int n) {
        var rng = Rng.of(1);
        return new Tensor[] {Tensor.randn(rng, type, steps, batch, 4L * n).compute(), Tensor.randn(rng, type, 4L * n, n).compute(),
                Tensor.randn(rng, type, batch, n).compute(), Tensor.randn(rng, type, batch, n).compute()};
    }

    /** The result and the gradients of all operands, from the same gradient of the result. */
    private static Tensor[] swept(Function<Tensor[], Tensor> f, Tensor... operands) {
        var leaves = new Tensor[operands.length];
        for (int i = 0; i < leaves.length; i++) leaves[i] = operands[i].detach().requiresGrad();
        var y = f.apply(leaves);
        y.backward(Tensor.randn(Rng.of(2), y.dtype(), y.shape().toArray()));
        return new Tensor[] {y.detach(), leaves[0].grad(), leaves[1].grad(), leaves[2].grad(), leaves[3].grad()};
    }

    private static double gap(Tensor a, Tensor b) { return a.sub(b).abs().max().item() / Math.max(1, b.abs().max().item()); }

    @Test void stepsAtOnceEqualOneAfterTheOther() {
        for (var type : new DType[] {DType.F32, DType.F64, DType.BF16})
            for (int[] size : new int[][] {{1, 1, 1}, {7, 3, 20}, {9, 32, 40}}) {
                var operands = operands(type, size[0], size[1], size[2]);
                Tensor[] whole = swept(in -> LstmOp.of(in[0], in[1], in[2], in[3]), operands), steps = swept(LSTM::composed, operands);
                for (int i = 0; i < whole.length; i++)
                    assertThat(gap(whole[i], steps[i])).isLessThan(type == DType.F64 ? 1e-12 : type == DType.F32 ? 2e-5 : 0.02);
            }
    }

    @Test void whatNobodyDifferentiatesKeepsTheGatesOfOneStep() {
        var operands = operands(DType.F64, 50, 8, 40);
        try (var scope = Scope.open()) {
            var y = LstmOp.of(operands[0], operands[1], operands[2], operands[3]);
            assertThat(scope.allocated()).isLessThan(8L * 8 * 40 * (52 + 16)); // 4 x 50 more with all gates
            assertThat(gap(y, LSTM.composed(operands))).isLessThan(1e-9);
        }
    }

    @Test void theGradientOfTheWeightIsOneProduct() {
        var operands = operands(DType.F32, 6, 4, 20);
        var whole = new CountingBackend();
        Backend.with(whole, () -> swept(in -> LstmOp.of(in[0], in[1], in[2], in[3]), operands));
        assertThat(whole.products.get()).isEqualTo(6 + 6 + 1); // three a step without
    }

    @Test void whatDoesNotFitIsNamed() {
        var in = operands(DType.F32, 3, 2, 5);
        assertThatThrownBy(() -> LstmOp.of(in[0], in[1], in[2].narrow(0, 0, 1), in[3])).isInstanceOf(ShapeException.class)
                .hasMessageContaining("(3, 2, 20)").hasMessageContaining("h (1, 5)");
        assertThatThrownBy(() -> LstmOp.of(in[0], in[1].to(DType.F64), in[2], in[3])).isInstanceOf(DTypeException.class)
                .hasMessageContaining("weight of F64");
    }
}
