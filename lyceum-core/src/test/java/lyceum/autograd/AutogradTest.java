package lyceum.autograd;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
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

    private static double[] reverse(UnaryOperator<Tensor> f, double[] at) { return Autograd.grad(f).apply(Tensor.of(at)).toDoubleArray(); }

    private static double[] forward(UnaryOperator<Tensor> f, double[] at) {
        var gradient = new double[at.length];
        Arrays.setAll(gradient, i -> Autograd.jvp(f, Tensor.of(at), Tensor.of(unit(at.length, i))).item());
        return gradient;
    }

    private static double[] unit(int n, int i) {
        var unit = new double[n];
        unit[i] = 1;
        return unit;
    }

    private static Gap gapToClosedForm(Gap gap, KnownFunction known, UnaryOperator<Tensor> f) {
        for (var at : known.points()) {
            var expected = known.gradient().apply(at);
            gap.see("reverse mode, " + known.name() + " at " + at[0], reverse(f, at), expected);
            gap.see("forward mode, " + known.name() + " at " + at[0], forward(f, at), expected);
        }
        return gap;
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void reverseAndForwardEqualClosedForms() {
        var gap = Gap.relativeBeyondOne();
        Evidence.of("functions", KnownFunction.fifty().size(), exactly(50));
        for (var known : KnownFunction.fifty()) gapToClosedForm(gap, known, known.f());
        Evidence.of("largest gap to the closed forms", gap, atMost(1e-14));
    }

    /** One operation whose slope is wrong by a hundred-thousandth, in the place of one that is right: both modes are seen to be wrong. */
    @Test void aWrongSlopeIsSeenByTheClosedForms() {
        var exp = Primitive.of("exp with a wrong slope", in -> in[0].exp(), (i, g, out, in) -> g.mul(out).mul(1 + 1e-5));
        var known = KnownFunction.fifty().getFirst();
        UnaryOperator<Tensor> wrong = x -> exp.apply(x).mul(x.sin()).sum();
        var at = known.points()[0];
        assertThat(Gap.absolute().see("reverse", reverse(wrong, at), known.gradient().apply(at)).worst()).isGreaterThan(1e-6);
        assertThat(Gap.absolute().see("forward", forward(wrong, at), known.gradient().apply(at)).worst()).isGreaterThan(1e-6);
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
    @Test void differencesLoseToTheGradientAtTheirBestStep() {
        int steps = 60, won = 0;
        double best = 0, gradient = 0;
        for (var known : KnownFunction.fifty()) {
            double[] at = known.points()[1], expected = known.gradient().apply(at);
            double lowest = Double.POSITIVE_INFINITY,
                    exact = Gap.relativeBeyondOne().see(known.name(), reverse(known.f(), at), expected).worst();
            for (int s = 0; s < steps; s++) {
                double h = Math.pow(10, -15 + 14.5 * s / (steps - 1));
                lowest = Math.min(lowest, Gap.relativeBeyondOne().see(known.name(), centralDifferences(known, at, h), expected).worst());
            }
            if (exact < lowest) won++;
            best = Math.max(best, lowest);
            gradient = Math.max(gradient, exact);
        }
        Evidence.of("the worst function's error at the best of 60 steps", best, atLeast(1e-11));
        Evidence.of("the worst function's error of the gradient", gradient, atMost(1e-14));
        // The others are polynomials of degree two at most, piece by piece, or even about the point: differences are exact there too.
        Evidence.of("functions on which the gradient beats the best of 60 steps", won, atLeast(43));
    }

    private static double[] centralDifferences(KnownFunction known, double[] at, double h) {
        var gradient = new double[at.length];
        for (int i = 0; i < at.length; i++) {
            double[] up = at.clone(), down = at.clone();
            up[i] += h;
            down[i] -= h;
            gradient[i] = (known.value(up) - known.value(down)) / (up[i] - down[i]);
        }
        return gradient;
    }

    /** Row functions that read their neighbours, reduce and change shape; along both axes, in both widths. */
    @Acceptance(topic = TOPIC, clause = 5)
    @Test void vmapEqualsALoopBitForBit() {
        var gap = Gap.absolute();
        List<UnaryOperator<Tensor>> functions = List.of(row -> row.softmax(0).mul(row.square().sum()),
                row -> row.exp().mul(row.sin()).add(row.square().add(1).log()), row -> row.flip(0).sub(row.mean()).tanh(),
                row -> row.max().sub(row.min()), row -> row.cumsum(0).div(2), row -> row.gt(0).where(row.sqrt(), row.neg()),
                row -> row.unsqueeze(0).mul(row.unsqueeze(1)), row -> row.layerNorm(null, null, 1e-5));
        int[] runs = {0};
        int batches = 0;
        for (var type : new DType[] {DType.F32, DType.F64}) {
            var x = Tensor.randn(Rng.of(5), type, 7, 5).compute();
            for (int f = 0; f < functions.size(); f++) {
                for (int axis = 0; axis <= functions.get(f).apply(x.get(0)).rank() && axis < 2; axis++) {
                    var function = functions.get(f);
                    var mapped = Autograd.vmap(row -> {
                        runs[0]++;
                        return function.apply(row);
                    }, x, axis);
                    batches++;
                    for (int i = 0; i < x.size(axis); i++) {
                        gap.see("function " + f + ", entry " + i + " along " + axis + ", " + type, mapped.select(axis, i).toDoubleArray(),
                                function.apply(x.select(axis, i)).toDoubleArray());
                    }
                }
            }
        }
        Evidence.of("vmap against a loop", gap, exactly(0));
        Evidence.of("runs of the function a batch", (double) runs[0] / batches, exactly(1));
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
        assertThat(each.sum(0).toDoubleArray())
                .containsExactly(Autograd.grad(t -> examples.matmul(t).square().sum()).apply(w).toDoubleArray(), within(1e-12));
        var plain = Autograd.grad(t -> t.exp().sin().sum()).apply(w);
        assertThat(Autograd.grad(t -> Autograd.checkpoint(s -> s.exp().sin(), t).sum()).apply(w).toDoubleArray())
                .isEqualTo(plain.toDoubleArray());
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
        assertThatThrownBy(() -> Autograd.grad(t -> t.mul(2)).apply(Tensor.of(1.0, 2.0))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("(2,)").hasMessageContaining("jacobian");
        assertThatThrownBy(() -> Tensor.of(1.0, 2.0).backward()).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> Tensor.scalar(1).backward()).hasMessageContaining("requiresGrad");
        assertThatThrownBy(() -> Tensor.of(1, 2).requiresGrad()).hasMessageContaining("I32");
    }
}
