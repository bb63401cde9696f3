package lyceum.linalg;

import static lyceum.linalg.LinalgInputs.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Gradients of the differentiable forms against central differences, of first and second order. */
class LinalgTest {
    private final Rng rng = Rng.of(20);

    @Test void everyFunctionHasItsGradient() {
        for (int n : new int[] {1, 2, 5}) {
            Tensor a = gaussian(rng, n, n).add(Tensor.eye(DType.F64, n).mul(3)), w = gaussian(rng, n, n);
            var b = gaussian(rng, n, 2);
            var v = gaussian(rng, n, 1).reshape(n);
            check(x -> Linalg.inverse(x).mul(w).sum(), a);
            check(Linalg::det, a);
            check(Linalg::logDet, a);
            check(x -> Linalg.solve(x, b).square().sum(), a);
            check(x -> Linalg.solve(x, v).square().sum(), a);
            check(x -> Linalg.solve(a, x).square().sum(), b);
            for (boolean lower : new boolean[] {true, false}) {
                for (boolean transposed : new boolean[] {true, false}) {
                    check(x -> Linalg.solveTriangular(x, b, lower, transposed).square().sum(), a);
                    check(x -> Linalg.solveTriangular(x, v, lower, transposed).square().sum(), a);
                    check(x -> Linalg.solveTriangular(a, x, lower, transposed).square().sum(), b);
                }
            }
            check(x -> Linalg.cholesky(spd(x)).mul(w).sum(), a);
            check(x -> {
                var e = Linalg.eigh(spd(x));
                return e.values().mul(v).sum().add(e.vectors().square().mul(w).sum());
            }, a);
        }
    }

    private static Tensor spd(Tensor x) { return x.matmul(x.transpose()).add(Tensor.eye(DType.F64, x.size(0))); }

    @Test void svdAndPseudoinverseHaveTheirGradientsForAnyShape() {
        for (int[] shape : new int[][] {{4, 4}, {5, 3}, {3, 5}, {1, 4}, {1, 1}}) {
            int m = shape[0], n = shape[1], k = Math.min(m, n);
            Tensor a = gaussian(rng, m, n), wu = gaussian(rng, m, k), wv = gaussian(rng, n, k), ws = gaussian(rng, k, 1).reshape(k),
                    wp = gaussian(rng, n, m);
            check(x -> Linalg.svd(x).s().mul(ws).sum(), a);
            check(x -> {
                var f = Linalg.svd(x);
                // signs of the vectors are free: only even functions of each pair are well defined
                return f.u().square().mul(wu).sum().add(f.v().square().mul(wv).sum())
                        .add(f.u().mul(f.s().unsqueeze(0)).matmul(f.v().transpose()).square().sum());
            }, a);
            check(x -> Linalg.pinv(x).mul(wp).sum(), a);
        }
    }

    @Test void repeatedEigenvaluesKeepTheGradientsOfTheirSumFinite() {
        var a = Tensor.eye(DType.F64, 3).requiresGrad();
        Linalg.eigh(a).values().sum().backward();
        assertThat(maxDifference(a.grad(), Tensor.eye(DType.F64, 3))).isLessThan(1e-14);
    }

    /** First order: directional derivative of f. Second order: of the gradient's projection, through the recorded gradient. */
    private void check(UnaryOperator<Tensor> f, Tensor at) {
        var direction = rng.nextInt(2) == 0 ? at.onesLike() : Tensor.randn(rng, DType.F64, at.shape().toArray());
        direction = direction.div(norm(direction));
        var gradient = Autograd.grad(f);
        double h = 1e-5;
        double found = gradient.apply(at).mul(direction).sum().item();
        double expected = (f.apply(at.add(direction.mul(h))).item() - f.apply(at.sub(direction.mul(h))).item()) / (2 * h);
        assertThat(Math.abs(found - expected)).isLessThan(1e-6 * Math.max(1, Math.abs(expected)));

        var fixed = direction;
        var twice = Autograd.grad(x -> gradient.apply(x).mul(fixed).sum());
        double second = twice.apply(at).mul(direction).sum().item();
        double difference = (gradient.apply(at.add(direction.mul(h))).mul(direction).sum().item()
                - gradient.apply(at.sub(direction.mul(h))).mul(direction).sum().item()) / (2 * h);
        assertThat(Math.abs(second - difference)).isLessThan(1e-5 * Math.max(1, Math.abs(difference)));
    }

    @Test void errorsNameOperationAndFix() {
        assertThatThrownBy(() -> Linalg.inverse(Tensor.zeros(DType.F64, 2, 2))).isInstanceOf(SingularMatrixException.class)
                .hasMessageContaining("inverse");
        assertThatThrownBy(() -> Linalg.eigh(Tensor.of(1.0, 2.0))).hasMessageContaining("eigh: shape (2,)");
        assertThatThrownBy(() -> Linalg.cholesky(Tensor.eye(DType.F64, 2).neg())).isInstanceOf(NotPositiveDefiniteException.class);
    }

    @Test void mixedTypesTakeTheWiderOne() {
        assertThat(Linalg.solve(Tensor.eye(2), Tensor.ones(DType.F64, 2)).dtype()).isEqualTo(DType.F64);
        assertThat(Linalg.pinv(Tensor.eye(2)).dtype()).isEqualTo(DType.F32);
    }
}
