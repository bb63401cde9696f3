package lyceum.autograd;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class TaylorTest {
    /** A composition and the coefficients of its series at 0 up to t^6, from the tables. */
    private record Known(String name, UnaryOperator<Tensor> f, double... coefficients) {}

    private static final List<Known> KNOWN = List.of(
            new Known("exp(sin t)", x -> x.sin().exp(), 1, 1, 1 / 2.0, 0, -1 / 8.0, -1 / 15.0, -1 / 240.0),
            new Known("log(1 + t)", x -> x.add(1).log(), 0, 1, -1 / 2.0, 1 / 3.0, -1 / 4.0, 1 / 5.0, -1 / 6.0),
            new Known("exp(t) / (1 - t)", x -> x.exp().div(x.rsub(1)), 1, 2, 5 / 2.0, 8 / 3.0, 65 / 24.0, 163 / 60.0, 1957 / 720.0),
            new Known("tan t", Tensor::tan, 0, 1, 0, 1 / 3.0, 0, 2 / 15.0, 0),
            new Known("log cos t", x -> x.cos().log(), 0, 0, -1 / 2.0, 0, -1 / 12.0, 0, -1 / 45.0),
            new Known("sqrt(1 + t)", x -> x.add(1).sqrt(), 1, 1 / 2.0, -1 / 8.0, 1 / 16.0, -5 / 128.0, 7 / 256.0, -21 / 1024.0),
            new Known("exp(-t^2)", x -> x.square().neg().exp(), 1, 0, -1, 0, 1 / 2.0, 0, -1 / 6.0),
            new Known("atan t", Tensor::atan, 0, 1, 0, -1 / 3.0, 0, 1 / 5.0, 0),
            new Known("tanh t", Tensor::tanh, 0, 1, 0, -1 / 3.0, 0, 2 / 15.0, 0),
            new Known("sin(t^2)", x -> x.square().sin(), 0, 0, 1, 0, 0, 0, -1 / 6.0),
            new Known("exp(t) cos t", x -> x.exp().mul(x.cos()), 1, 1, 0, -1 / 3.0, -1 / 6.0, -1 / 30.0, 0),
            new Known("1 / (1 + t + t^2)", x -> x.square().add(x).add(1).reciprocal(), 1, -1, 0, 1, -1, 0, 1),
            new Known("(1 + t)^2.5", x -> x.add(1).pow(2.5), 1, 2.5, 15 / 8.0, 5 / 16.0, -5 / 128.0, 3 / 256.0, -5 / 1024.0),
            new Known("asin t", Tensor::asin, 0, 1, 0, 1 / 6.0, 0, 3 / 40.0, 0),
            new Known("sigmoid t", Tensor::sigmoid, 1 / 2.0, 1 / 4.0, 0, -1 / 48.0, 0, 1 / 480.0, 0),
            new Known("cosh(log(1 + t))", x -> x.log1p().cosh(), 1, 0, 1 / 2.0, -1 / 2.0, 1 / 2.0, -1 / 2.0, 1 / 2.0));

    @Acceptance(topic = "automatic-differentiation", clause = 2)
    @Test void sixthOrderCoefficientsEqualTheKnownSeries() {
        var gap = Gap.absolute();
        for (var known : KNOWN) {
            var c = Autograd.taylor(known.f, Tensor.of(0.0), Tensor.of(1.0), 6);
            assertThat(c).hasSize(7);
            for (int k = 0; k <= 6; k++) gap.see(known.name + ", t^" + k, c[k].item(), known.coefficients[k]);
        }
        Evidence.of("compositions", KNOWN.size(), atLeast(10));
        Evidence.of("largest error of a coefficient", gap, atMost(1e-12));
    }

    @Test void secondCoefficientsAreHessianProducts() {
        var w = Tensor.randn(Rng.of(1), DType.F64, 4, 3).compute();
        List<UnaryOperator<Tensor>> functions = List.of(x -> w.matmul(x).tanh().square().sum(), x -> x.softmax(0).mul(x).sum(),
                x -> x.logSumExp(), x -> x.cumsum(0).sin().get(2).mul(x.get(0)), x -> Tensor.concat(0, x.exp(), x.flip(0)).softplus().sum(),
                x -> x.maximum(0.1).sqrt().max().mul(x.sum()), x -> x.square().add(1).pow(x.sin()).sum(),
                x -> x.indexSelect(0, Tensor.of(2, 0)).erf().sum().add(x.sort(0).values().get(1).expm1()));
        for (int i = 0; i < functions.size(); i++) {
            var f = functions.get(i);
            Tensor x = Tensor.randn(Rng.of(10 + i), DType.F64, 3).compute(), v = Tensor.randn(Rng.of(20 + i), DType.F64, 3).compute();
            var c = Autograd.taylor(f, x, v, 2);
            assertThat(c[0].item()).isCloseTo(f.apply(x).item(), within(1e-14));
            assertThat(c[1].item()).as("function " + i).isCloseTo(Autograd.jvp(f, x, v).item(), within(1e-10));
            assertThat(2 * c[2].item()).as("function " + i).isCloseTo(Autograd.hvp(f, x, v).dot(v).item(), within(1e-10));
        }
    }

    @Test void whatHasNoRuleIsNamed() {
        assertThatThrownBy(() -> Autograd.taylor(Tensor::lgamma, Tensor.of(1.0), Tensor.of(1.0), 2))
                .isInstanceOf(UnsupportedOperationException.class).hasMessageContaining("lgamma");
        assertThatThrownBy(() -> Autograd.taylor(Tensor::exp, Tensor.of(1.0), Tensor.of(1.0, 2.0), 2)).hasMessageContaining("(2,)");
        assertThatThrownBy(() -> Autograd.taylor(Tensor::exp, Tensor.of(1.0), Tensor.of(1.0), -1)).hasMessageContaining("-1");
    }
}
