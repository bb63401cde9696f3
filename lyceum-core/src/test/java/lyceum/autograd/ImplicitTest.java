package lyceum.autograd;

import static lyceum.testing.Bound.atMost;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import lyceum.ConvergenceException;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.Linalg;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class ImplicitTest {
    private static final BinaryOperator<Tensor> SQUARE = (z, t) -> z.square().sub(t);
    /** Kepler: E - e sin E = M, theta = (e, M). */
    private static final BinaryOperator<Tensor> KEPLER = (z, t) -> z.sub(t.narrow(0, 0, 1).mul(z.sin())).sub(t.narrow(0, 1, 1));

    @Acceptance(topic = "automatic-differentiation", clause = 6)
    @Test void rootsHaveTheAnalyticDerivatives() {
        var gap = Gap.absolute();
        for (double theta : new double[] {0.01, 0.5, 2, 30}) {
            UnaryOperator<Tensor> root = t -> Implicit.root(SQUARE, Tensor.of(1.0), t);
            gap.see("root", root.apply(Tensor.of(theta)).item(), Math.sqrt(theta));
            gap.see("root", Autograd.grad(t -> root.apply(t).sum()).apply(Tensor.of(theta)).item(), 0.5 / Math.sqrt(theta));
        }
        for (double e : new double[] {0.1, 0.5, 0.9}) {
            var theta = Tensor.of(e, 1.2);
            var found = Implicit.root(KEPLER, Tensor.of(1.0), theta).item();
            gap.see("equation", found - e * Math.sin(found), 1.2);
            var gradient = Autograd.grad(t -> Implicit.root(KEPLER, Tensor.of(1.0), t).sum()).apply(theta);
            double slope = 1 / (1 - e * Math.cos(found));
            gap.see("root", gradient.toDoubleArray(), new double[] {Math.sin(found) * slope, slope});
        }
        Evidence.of("largest gap to the analytic root and derivative", gap, atMost(1e-10));
    }

    @Acceptance(topic = "automatic-differentiation", clause = 6)
    @Test void systemsAndAnySolverHaveThemToo() {
        var gap = Gap.absolute();
        var rng = Rng.of(6);
        var a = Tensor.randn(rng, DType.F64, 4, 4).add(Tensor.eye(DType.F64, 4).mul(4)).compute();
        var b = Tensor.randn(rng, DType.F64, 4).compute();
        // z = A^-1 b, so dz/db = A^-1; found by iteration.
        UnaryOperator<Tensor> iterate = t -> {
            var z = t.zerosLike();
            for (int i = 0; i < 400; i++) z = z.sub(a.transpose().matmul(a.matmul(z).sub(t)).mul(0.02)).compute();
            return z;
        };
        var j = Autograd.jacobian(t -> Implicit.root(iterate, (z, s) -> a.matmul(z).sub(s), t), b);
        gap.see("dz/db", j.toDoubleArray(), Linalg.solve(a, Tensor.eye(DType.F64, 4)).toDoubleArray());
        // Unknowns and parameters of two axes: the root of each entry.
        var entries = Tensor.of(new double[][] {{4, 9}, {16, 25}});
        var roots = Autograd.jacobian(t -> Implicit.root(SQUARE, Tensor.ones(DType.F64, 2, 2), t), entries);
        gap.see("roots", Implicit.root(SQUARE, Tensor.ones(DType.F64, 2, 2), entries).toDoubleArray(), new double[] {2, 3, 4, 5});
        gap.see("their slopes", roots.toDoubleArray(),
                new double[] {1 / 4.0, 0, 0, 0, 0, 1 / 6.0, 0, 0, 0, 0, 1 / 8.0, 0, 0, 0, 0, 1 / 10.0});
        Evidence.of("dz/db against the inverse", gap, atMost(1e-10));
    }

    @Test void secondDerivativesPassThrough() {
        UnaryOperator<Tensor> root = t -> Implicit.root(SQUARE, Tensor.of(1.0), t).sum();
        assertThat(Autograd.hessian(root, Tensor.of(2.0)).item()).isCloseTo(-0.25 * Math.pow(2, -1.5), within(1e-10));
    }

    @Test void whatCannotBeSolvedIsSaid() {
        assertThatThrownBy(() -> Implicit.root((z, t) -> z.square().add(t), Tensor.of(1.0), Tensor.of(1.0)))
                .isInstanceOf(ConvergenceException.class).hasMessageContaining("residual");
        assertThatThrownBy(() -> Autograd.grad(t -> Implicit.root(s -> Tensor.of(1.0, 2.0), (z, s) -> z.sum().reshape(1).sub(s), t).sum())
                .apply(Tensor.of(3.0))).isInstanceOf(ShapeException.class).hasMessageContaining("1 equations for 2 unknowns");
    }
}
