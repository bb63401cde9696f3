package lyceum.autograd;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.random.Rng;
import lyceum.tensor.CountingBackend;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class AutogradTest {
    private static final String TOPIC = "automatic-differentiation";

    /** A function in ordinary Java over tensors, and its derivative in closed form. */
    private record Known(String name, UnaryOperator<Tensor> f, DoubleUnaryOperator slope) { }

    /** Fifty functions: compositions, loops and branches. */
    private static List<Known> fifty() {
        var list = new ArrayList<Known>();
        for (int p = 1; p <= 10; p++) {
            int n = p;
            list.add(new Known("x^" + p + " by a loop", x -> {
                var y = x;
                for (int i = 1; i < n; i++) y = y.mul(x);
                return y;
            }, x -> n * Math.pow(x, n - 1)));
        }
        for (int p = 1; p <= 10; p++) {
            double a = p / 4.0;
            list.add(new Known("exp(ax) sin x", x -> x.mul(a).exp().mul(x.sin()), x -> Math.exp(a * x) * (a * Math.sin(x) + Math.cos(x))));
            list.add(new Known("log(a + x^2)", x -> x.square().add(a).log(), x -> 2 * x / (a + x * x)));
            list.add(new Known("a branch", x -> x.item() > a / 2 ? x.square() : x.mul(a), x -> x > a / 2 ? 2 * x : a));
            list.add(new Known("tanh(ax) by sum of branches", x -> x.gt(0).where(x.mul(a).tanh(), x.neg()), x -> x > 0 ? a / Math.pow(Math.cosh(a * x), 2) : -1));
        }
        return list;
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void reverseAndForwardEqualClosedForms() {
        var gap = Gap.relativeBeyondOne();
        Evidence.of("functions", fifty().size(), exactly(50));
        for (var known : fifty()) {
            for (double at : new double[] {0.3, 0.9, 1.7}) {
                var x = Tensor.of(at);
                double expected = known.slope.applyAsDouble(at);
                double reverse = Autograd.grad(t -> known.f.apply(t).sum()).apply(x).item(), forward = Autograd.jvp(known.f, x, x.onesLike()).item();
                // A few roundings of the formula itself: four units in the last place of 1e-14's order.
                gap.see(known.name + " at " + at, reverse, expected);
                gap.see(known.name + " at " + at, forward, expected);
            }
        }
        Evidence.of("largest gap to the closed forms", gap, atMost(1e-14));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void aHessianVectorProductCostsAtMostSixGradients() {
        var gap = Gap.absolute();
        var w = Tensor.randn(Rng.of(1), DType.F64, 50, 50).compute();
        UnaryOperator<Tensor> f = x -> w.matmul(x.tanh()).square().sum();
        var x = Tensor.randn(Rng.of(2), DType.F64, 50).compute();
        var v = Tensor.randn(Rng.of(3), DType.F64, 50).compute();
        var gradient = new CountingBackend();
        Backend.with(gradient, () -> Autograd.grad(f).apply(x).compute());
        var product = new CountingBackend();
        Backend.with(product, () -> Autograd.hvp(f, x, v).compute());
        Evidence.of("multiply-adds over those of a gradient", (double) product.multiplyAdds.get() / gradient.multiplyAdds.get(), atMost(6));
        gap.see("Hv", Autograd.hvp(f, x, v).toDoubleArray(), Autograd.hessian(f, x).matmul(v).toDoubleArray());
        Evidence.of("Hv without H against H times v", gap, atMost(1e-9));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void finiteDifferencesAtTheirUsualStepLoseToTheGradient() {
        double h = Math.cbrt(Math.ulp(1.0)), worst = 0, worstGradient = 0;
        for (var known : fifty()) {
            if (known.name.startsWith("x^1 ") || known.name.startsWith("x^2 ") || known.name.equals("a branch")) continue; // exact for differences too
            double at = 0.9, expected = known.slope.applyAsDouble(at);
            double difference = (known.f.apply(Tensor.of(at + h)).item() - known.f.apply(Tensor.of(at - h)).item()) / (2 * h);
            worst = Math.max(worst, Math.abs(difference - expected) / Math.max(1, Math.abs(expected)));
            double gradient = Autograd.grad(t -> known.f.apply(t).sum()).apply(Tensor.of(at)).item();
            worstGradient = Math.max(worstGradient, Math.abs(gradient - expected) / Math.max(1, Math.abs(expected)));
        }
        Evidence.of("worst error of central differences at their usual step", worst, above(1e-11));
        Evidence.of("worst error of the gradient", worstGradient, below(1e-14));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void vmapEqualsALoopBitForBit() {
        var x = Tensor.randn(Rng.of(5), DType.F64, 7, 5).compute();
        UnaryOperator<Tensor> f = row -> row.softmax(0).mul(row.square().sum());
        var mapped = Autograd.vmap(f, x, 0);
        var gap = Gap.absolute();
        for (int i = 0; i < 7; i++) gap.see("row " + i, mapped.get(i).toDoubleArray(), f.apply(x.get(i)).toDoubleArray());
        Evidence.of("vmap against a loop", gap, exactly(0));
    }

    @Test void transformationsNest() {
        UnaryOperator<Tensor> fourth = t -> t.pow(4).sum();
        var x = Tensor.of(1.0, 2.0, 3.0);
        UnaryOperator<Tensor> second = Autograd.grad(t -> Autograd.grad(fourth).apply(t).sum());
        UnaryOperator<Tensor> third = Autograd.grad(t -> second.apply(t).sum());
        assertThat(third.apply(x).toDoubleArray()).containsExactly(new double[] {24, 48, 72}, within(1e-12));
        // A learning step inside the function (as in MAML): d/dw of f(w - 0.1 f'(w)) for f = w^2 is 2 (0.8)^2 w.
        UnaryOperator<Tensor> square = t -> t.square().sum();
        var outer = Autograd.grad(w -> square.apply(w.sub(Autograd.grad(square).apply(w).mul(0.1)))).apply(Tensor.of(3.0));
        assertThat(outer.item()).isCloseTo(2 * 0.64 * 3, within(1e-12));
    }

    @Test void perSampleGradientsAndCheckpointsEqualPlainOnes() {
        var w = Tensor.randn(Rng.of(7), DType.F64, 4).compute();
        var examples = Tensor.randn(Rng.of(8), DType.F64, 6, 4).compute();
        var each = Autograd.perSample((t, e) -> t.mul(e).sum().square(), w, examples);
        assertThat(each.sum(0).toDoubleArray()).containsExactly(Autograd.grad(t -> examples.matmul(t).square().sum()).apply(w).toDoubleArray(), within(1e-12));
        var plain = Autograd.grad(t -> t.exp().sin().sum()).apply(w);
        assertThat(Autograd.grad(t -> Autograd.checkpoint(s -> s.exp().sin(), t).sum()).apply(w).toDoubleArray()).isEqualTo(plain.toDoubleArray());
    }

    @Test void whatAnOperationKeepsIsComputedOnceUnlessTheGradientIsDifferentiated() {
        int[] computed = {0};
        var exp = Primitive.of("exp", in -> {
            computed[0]++;
            return new Tensor[] {in[0].exp()};
        }, (in, kept) -> kept[0].mul(2), (i, g, out, in, kept) -> g.mul(kept[0]).mul(2));
        var x = Tensor.of(0.5, 1).requiresGrad();
        exp.apply(x).sum().backward();
        assertThat(x.grad().toDoubleArray()).containsExactly(new double[] {2 * Math.exp(0.5), 2 * Math.E}, within(1e-12));
        assertThat(computed[0]).isEqualTo(1);
        var second = Autograd.grad(t -> Autograd.grad(u -> exp.apply(u).sum()).apply(t).sum()).apply(Tensor.of(0.5, 1));
        assertThat(second.toDoubleArray()).containsExactly(new double[] {2 * Math.exp(0.5), 2 * Math.E}, within(1e-12));
    }

    @Test void aPrimitiveOfTheUserIsDifferentiableTwice() {
        var cube = Primitive.of("cube", in -> in[0].pow(3), (i, g, out, in) -> g.mul(in[0].square()).mul(3));
        var x = Tensor.of(1.0, 2.0);
        assertThat(Autograd.grad(t -> cube.apply(t).sum()).apply(x).toDoubleArray()).containsExactly(3, 12);
        assertThat(Autograd.hessian(t -> cube.apply(t).sum(), x).toDoubleArray()).containsExactly(6, 0, 0, 12);
    }

    @Test void stoppedAndIntegerBranchesCarryNoGradient() {
        var x = Tensor.of(1.5, 2.5);
        assertThat(Autograd.grad(t -> t.mul(t.detach()).sum()).apply(x).toDoubleArray()).containsExactly(1.5, 2.5);
        assertThat(Autograd.grad(t -> t.mul(t.to(DType.I64)).sum()).apply(x).toDoubleArray()).containsExactly(1, 2);
        assertThat(Autograd.grad(t -> t.detach().sum()).apply(x).toDoubleArray()).containsExactly(0, 0);
    }

    @Test void errorsNameWhatIsWrong() {
        assertThatThrownBy(() -> Autograd.grad(t -> t.mul(2)).apply(Tensor.of(1.0, 2.0))).isInstanceOf(ShapeException.class).hasMessageContaining("(2,)").hasMessageContaining("jacobian");
        assertThatThrownBy(() -> Tensor.of(1.0, 2.0).backward()).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> Tensor.scalar(1).backward()).hasMessageContaining("requiresGrad");
        assertThatThrownBy(() -> Tensor.of(1, 2).requiresGrad()).hasMessageContaining("I32");
    }
}
