package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;

class AutocastTest {

    private static Tensor normal(long seed, long... shape) { return Tensor.randn(Rng.of(seed), shape).compute(); }

    private static Tensor wide(Tensor x) { return x.to(DType.BF16).to(DType.F64); }

    private static double gap(Tensor a, Tensor b) { return a.to(DType.F64).sub(b).abs().max().item() / b.abs().max().item(); }

    @Test void aWeightIsRoundedAsItLies() {
        var w = normal(1, 48, 32);
        for (var type : new DType[] {DType.BF16, DType.F16}) {
            var low = Autocast.in(type, () -> Autocast.low(w.transpose()));
            assertThat(low.dtype()).isEqualTo(type);
            assertThat(low.view().strides()).containsExactly(1, 32);
            assertThat(low.toDoubleArray()).isEqualTo(w.to(type).transpose().toDoubleArray());
        }
        assertThat(Autocast.in(DType.BF16, () -> Autocast.low(w)).view().strides()).containsExactly(32, 1);
    }

    @Test void gradientsOfRoundedOperandsAreSumsInF32() {
        Tensor w = normal(1, 48, 32).requiresGrad(), x = normal(2, 40, 32).requiresGrad(), g = normal(3, 40, 48);
        var y = Autocast.in(DType.BF16, () -> x.affine(w, null));
        assertThat(y.dtype()).isEqualTo(DType.BF16);
        y.backward(g.to(DType.BF16));
        assertThat(w.grad().dtype()).isEqualTo(DType.F32);
        assertThat(w.grad().view().strides()).containsExactly(32, 1);
        assertThat(gap(w.grad(), wide(g).transpose().matmul(wide(x.detach())))).isLessThan(1e-6); // 2e-3 if the sums were rounded
        assertThat(gap(x.grad(), wide(g).matmul(wide(w.detach())))).isLessThan(1e-6);
    }

    @Test void whoeverLooksAtTheGradientOfTheRoundedOneSeesItsType() {
        Tensor w = normal(1, 48, 32).requiresGrad(), x = normal(2, 40, 48), low = w.to(DType.BF16), y = x.to(DType.BF16).matmul(low);
        var ones = y.detach().onesLike();
        assertThat(Autograd.gradients(y.sum(), new Tensor[] {low}, false)[0].dtype()).isEqualTo(DType.BF16);
        var seen = new DType[1];
        BackwardPass.of(y).from(ones).hooked(low, g -> {
            seen[0] = g.dtype();
            return g;
        }).run();
        assertThat(seen[0]).isEqualTo(DType.BF16);
        assertThat(w.grad().dtype()).isEqualTo(DType.F32);
    }

    @Test void aWatchedGradientIsThatOfTheOperandsType() {
        Tensor w = normal(1, 8, 4).requiresGrad(), x = normal(2, 3, 4);
        var first = Autograd.gradients(Autocast.in(DType.BF16, () -> x.affine(w, null)).square().sum(), new Tensor[] {w}, true)[0];
        var second = Autograd.gradients(first.sum(), new Tensor[] {w}, false)[0];
        assertThat(second.dtype()).isEqualTo(DType.F32);
        assertThat(second.abs().max().item()).isPositive();
    }

    @Test void geluOfHalvesIsRoundedOnce() {
        for (var type : new DType[] {DType.BF16, DType.F16}) {
            var x = normal(1, 1000).to(type).compute();
            assertThat(x.geluTanh().toDoubleArray()).isEqualTo(x.to(DType.F32).geluTanh().to(type).toDoubleArray());
            Tensor low = x.requiresGrad(), high = x.to(DType.F32).requiresGrad();
            low.geluTanh().sum().backward();
            high.geluTanh().sum().backward();
            assertThat(low.grad().toDoubleArray()).isEqualTo(high.grad().to(type).toDoubleArray());
        }
    }
}
