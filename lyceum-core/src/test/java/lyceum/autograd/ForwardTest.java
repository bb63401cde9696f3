package lyceum.autograd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.LyceumException;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.ForkedJvm;
import org.junit.jupiter.api.Test;

/** Forward mode is exact however it is nested: no level takes another's tangent for its own. */
class ForwardTest {
    private static double slope(UnaryOperator<Tensor> f, double at) { return Autograd.jvp(f, Tensor.scalar(at), Tensor.scalar(1)).item(); }

    private static Tensor slope(UnaryOperator<Tensor> f, Tensor at) { return Autograd.jvp(f, at, at.onesLike()); }

    @Test void anInnerDerivativeDoesNotSeeTheOuterVariable() {
        // d/dx (x d/dy (x + y)) = 1, and not 2 (Siskind and Pearlmutter 2005)
        var one = Tensor.scalar(1);
        assertThat(slope(x -> x.mul(slope(y -> x.add(y), one)), 3)).isEqualTo(1);
        assertThat(slope(x -> x.mul(Autograd.grad(y -> x.add(y)).apply(one)), 3)).isEqualTo(1);
        assertThat(Autograd.grad(x -> x.mul(slope(y -> x.add(y), one))).apply(Tensor.scalar(3)).item()).isEqualTo(1);
        assertThat(Autograd.grad(x -> x.mul(Autograd.grad(y -> x.add(y)).apply(one))).apply(Tensor.scalar(3)).item()).isEqualTo(1);
    }

    @Test void anInnerDerivativeIsDifferentiatedByWhatItClosesOver() {
        // d/dx (x d/dy (x y^2) at y = 2) = d/dx (4 x^2) = 8 x
        var two = Tensor.scalar(2);
        UnaryOperator<Tensor> forward = x -> x.mul(slope(y -> x.mul(y.square()), two)),
                reverse = x -> x.mul(Autograd.grad(y -> x.mul(y.square())).apply(two));
        for (var inner : List.of(forward, reverse)) {
            assertThat(slope(inner, 3)).isEqualTo(24);
            assertThat(Autograd.grad(inner).apply(Tensor.scalar(3)).item()).isEqualTo(24);
        }
    }

    @Test void anArgumentThatIsAlsoClosedOverIsAConstantThere() {
        var x = Tensor.of(2.0, 3.0);
        assertThat(Autograd.jvp(t -> t.mul(x), x, x.onesLike()).toDoubleArray()).containsExactly(2, 3);
        assertThat(Autograd.jvp(t -> t, x, x).toDoubleArray()).containsExactly(2, 3);
        assertThat(Autograd.jvp(t -> x, x, x).toDoubleArray()).containsExactly(0, 0);
    }

    @Test void everyMixOfThreeDerivativesIsTheThird() {
        UnaryOperator<UnaryOperator<Tensor>> forward = f -> x -> slope(f, x),
                reverse = f -> x -> Autograd.grad(t -> f.apply(t).sum()).apply(x);
        UnaryOperator<Tensor> f = x -> x.pow(4).mul(x.sin().exp()).add(x.softmax(0).mul(x).sum());
        var at = Tensor.of(0.7);
        var third = reverse.apply(reverse.apply(reverse.apply(f))).apply(at).item();
        for (int mix = 0; mix < 8; mix++) {
            var g = f;
            for (int i = 0; i < 3; i++) g = (mix >> i & 1) == 0 ? forward.apply(g) : reverse.apply(g);
            assertThat(g.apply(at).item()).as("mix " + mix).isCloseTo(third, within(1e-11 * Math.abs(third)));
        }
    }

    @Test void noGradAndDetachStopTangents() {
        assertThat(slope(x -> x.mul(Autograd.noGrad(() -> x.square())), 3)).isEqualTo(9);
        assertThat(slope(x -> x.mul(x.detach().square()), 3)).isEqualTo(9);
        assertThat(slope(x -> x.mul(x.to(DType.I64)), 3)).isEqualTo(3);
        assertThat(slope(x -> Autograd.noGrad(() -> Tensor.scalar(slope(y -> y.square(), x.item()))).mul(x), 3)).isEqualTo(6);
        assertThat(Autograd.noGrad(() -> Autograd.jvp(x -> x.square(), Tensor.scalar(3), Tensor.scalar(1)).item())).isEqualTo(6);
    }

    @Test void layersOfANetworkPushForwardTheTransposeOfTheirPullBack() {
        var rng = Rng.of(3);
        Tensor w = Tensor.randn(rng, DType.F64, 6, 4).compute(), b = Tensor.randn(rng, DType.F64, 6).compute(),
                x = Tensor.randn(rng, DType.F64, 5, 4).compute();
        UnaryOperator<Tensor> f = t -> t.affine(w, b).layerNorm(b, b, 1e-5).geluTanh().logSoftmax(-1);
        Tensor u = Tensor.randn(rng, DType.F64, 5, 6).compute(), v = Tensor.randn(rng, DType.F64, 5, 4).compute();
        double forward = Autograd.jvp(f, x, v).mul(u).sum().item(), reverse = Autograd.vjp(f, x, u).mul(v).sum().item();
        assertThat(forward).isCloseTo(reverse, within(1e-12 * Math.max(1, Math.abs(reverse))));
    }

    @Test void checkpointsAndOperationsOfTheUserTakePart() {
        var x = Tensor.of(0.4, 0.9);
        UnaryOperator<Tensor> f = t -> t.sin().mul(t).sum();
        assertThat(Autograd.hvp(t -> Autograd.checkpoint(f, t), x, x).toDoubleArray()).isEqualTo(Autograd.hvp(f, x, x).toDoubleArray());
        var cube = Primitive.of("cube", in -> in[0].pow(3), (i, g, out, in) -> g.mul(in[0].square()).mul(3));
        var told = cube.withPushForward((t, out, in) -> t[0].mul(in[0].square()).mul(3));
        for (var p : new Primitive[] {cube, told}) {
            assertThat(Autograd.jvp(p::apply, x, x).toDoubleArray()).containsExactly(new double[] {3 * 0.064, 3 * 0.729}, within(1e-12));
            assertThat(Autograd.hvp(t -> p.apply(t).sum(), x, x).toDoubleArray()).containsExactly(new double[] {6 * 0.16, 6 * 0.81},
                    within(1e-12));
            assertThat(Autograd.grad(t -> Autograd.jvp(p::apply, t, t).sum()).apply(x).toDoubleArray())
                    .containsExactly(new double[] {9 * 0.16, 9 * 0.81}, within(1e-12));
            assertThat(slope(t -> slope(p::apply, t), x).toDoubleArray()).containsExactly(new double[] {6 * 0.4, 6 * 0.9}, within(1e-12));
        }
    }

    /** The tape of two sweeps held 11.8 GiB here. */
    @Test void memoryDoesNotGrowWithTheLengthOfTheComputation() {
        var run = ForkedJvm.of(LongLoopMain.class).withFlags("-Xmx256m", "-XX:+UseSerialGC", "-Dlyceum.memory.budget=96000000")
                .within(Duration.ofSeconds(120)).run();
        assertThat(run.exitCode()).as(run.output()).isZero();
        var words = run.output().strip().lines().reduce((a, b) -> b).orElseThrow().split(" ");
        assertThat(Double.parseDouble(words[0])).isCloseTo(Math.pow(1 - 1e-4, LongLoopMain.STEPS), within(1e-12));
        assertThat(Long.parseLong(words[1])).isLessThan(100_000_000);
    }

    @Test void whatDoesNotFitIsRefused() {
        assertThatThrownBy(() -> Autograd.jvp(t -> t, Tensor.of(1.0, 2.0), Tensor.of(1.0))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("direction (1,)");
        assertThatThrownBy(() -> Autograd.jvp(t -> t, Tensor.of(1), Tensor.of(1))).isInstanceOf(DTypeException.class)
                .hasMessageContaining("I32");
        assertThatThrownBy(() -> Autograd.jvp(t -> t.mul(2).add_(1), Tensor.of(1.0), Tensor.of(1.0))).isInstanceOf(LyceumException.class)
                .hasMessageContaining("in place");
    }

    @Test void aJacobianIsTakenByItsCheaperSide() {
        var w = Tensor.randn(Rng.of(1), DType.F64, 7, 3).compute();
        int[] runs = {0};
        UnaryOperator<Tensor> tall = x -> {
            runs[0]++;
            return w.matmul(x).sin();
        };
        var x = Tensor.of(0.1, -0.4, 0.6);
        var j = Autograd.jacobian(tall, x);
        assertThat(runs[0]).as("one run a column").isEqualTo(3);
        assertThat(j.toDoubleArray()).containsExactly(w.matmul(x).cos().unsqueeze(1).mul(w).toDoubleArray(), within(1e-14));
        runs[0] = 0;
        var y = Tensor.randn(Rng.of(2), DType.F64, 7).compute();
        var wide = Autograd.jacobian(t -> {
            runs[0]++;
            return w.transpose().matmul(t).sin();
        }, y);
        assertThat(runs[0]).as("one run for all rows, and one that tells the sizes").isEqualTo(2);
        assertThat(wide.shape().toArray()).containsExactly(3, 7);
    }
}
