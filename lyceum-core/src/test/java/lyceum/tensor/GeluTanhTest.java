package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.autograd.Autograd;
import org.junit.jupiter.api.Test;

class GeluTanhTest {
    private static Tensor formula(Tensor x) {
        return x.mul(x.add(x.pow(3).mul(0.044715)).mul(Math.sqrt(2 / Math.PI)).tanh().add(1)).mul(0.5);
    }

    private static UnaryOperator<Tensor> slope(UnaryOperator<Tensor> f) { return Autograd.grad(x -> f.apply(x).sum())::apply; }

    @Test void valuesAndTwoGradientsAreThoseOfTheFormula() {
        var x = Tensor.linspace(-12, 12, 1001).to(DType.F64);
        UnaryOperator<Tensor> ours = Tensor::geluTanh, plain = GeluTanhTest::formula;
        for (int order = 0; order <= 2; order++) {
            assertThat(ours.apply(x).toDoubleArray()).as("order %d", order).containsExactly(plain.apply(x).toDoubleArray(), within(1e-13));
            ours = slope(ours);
            plain = slope(plain);
        }
    }

    @Test void whatIsNoFloatBecomesOne() {
        assertThat(Tensor.of(-1, 0, 2).geluTanh().dtype()).isEqualTo(Tensor.of(-1, 0, 2).gelu().dtype());
    }
}
