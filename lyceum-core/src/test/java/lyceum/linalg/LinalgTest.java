package lyceum.linalg;

import static lyceum.linalg.LinalgInputs.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.ShapeException;
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
            check(Linalg::logAbsDet, a);
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

    /** A polynomial of the entries has derivatives everywhere: those of singular matrices against differences, which are exact but for rounding. */
    @Test void theDeterminantHasDerivativesAtSingularMatrices() {
        for (int n : new int[] {1, 2, 3, 5}) {
            for (int rank = Math.max(0, n - 3); rank <= n; rank++) {
                var a = gaussian(rng, n, Math.max(rank, 1)).mul(rank == 0 ? 0 : 1).matmul(gaussian(rng, Math.max(rank, 1), n)).compute();
                check(Linalg::det, a);
                UnaryOperator<Tensor> gradient = Autograd.grad(Linalg::det);
                Tensor u = gaussian(rng, n, n), v = gaussian(rng, n, n);
                double h = 1e-4;
                var differences = gradient.apply(a.add(v.mul(h))).sub(gradient.apply(a.sub(v.mul(h)))).div(2 * h);
                assertThat(maxDifference(Autograd.hvp(Linalg::det, a, v), differences)).as(n + " of rank " + rank).isLessThan(1e-6);
                assertThat(Autograd.jvp(Linalg::det, a, u).item()).isCloseTo(gradient.apply(a).mul(u).sum().item(), within(1e-12));
                assertThat(Autograd.jvp(t -> Autograd.jvp(Linalg::det, t, u), a, v).item()).isCloseTo(differences.mul(u).sum().item(),
                        within(1e-5));
            }
        }
        assertThat(Autograd.grad(Linalg::det).apply(Tensor.of(new double[][] {{1, 2}, {2, 4}})).toDoubleArray())
                .containsExactly(new double[] {4, -2, -2, 1}, within(1e-14));
    }

    @Test void thirdDerivativesOfTheDeterminantNeedAnInvertibleMatrix() {
        Tensor a = gaussian(rng, 4, 4), u = gaussian(rng, 4, 4), v = gaussian(rng, 4, 4), w = gaussian(rng, 4, 4);
        UnaryOperator<Tensor> twice = t -> Autograd.jvp(s -> Autograd.jvp(Linalg::det, s, u), t, v);
        double h = 1e-4, expected = (twice.apply(a.add(w.mul(h))).item() - twice.apply(a.sub(w.mul(h))).item()) / (2 * h);
        assertThat(Autograd.jvp(twice, a, w).item()).isCloseTo(expected, within(1e-5));
        assertThat(Autograd.grad(twice).apply(a).mul(w).sum().item()).isCloseTo(expected, within(1e-5));
        assertThatThrownBy(() -> Autograd.grad(twice).apply(a.mul(0))).isInstanceOf(SingularMatrixException.class)
                .hasMessageStartingWith("det's third derivative: ");
    }

    @Test void determinantsDoNotOverflowOnTheWay() {
        var far = Tensor.of(1e200, 1e200, 1e-200, 1e-200);
        var a = Tensor.eye(DType.F64, 4).mul(far);
        assertThat(Linalg.det(a).item()).isCloseTo(1, within(1e-14));
        assertThat(Cholesky.of(a).det()).isCloseTo(1, within(1e-14));
        assertThat(Ldl.of(a).det()).isCloseTo(1, within(1e-14));
        assertThat(Linalg.det(a.mul(-1e-20)).item()).isCloseTo(1e-80, within(1e-94));
        assertThat(Linalg.det(a.flip(0)).item()).isCloseTo(1, within(1e-14));
        assertThat(Linalg.det(Tensor.eye(DType.F64, 2).mul(1e200)).item()).isInfinite();
        assertThat(Linalg.det(Tensor.eye(DType.F64, 2).mul(1e-200)).item()).isZero();
        var graded = Tensor.of(1e100, 1e100, 1e-100, 1e-100);
        var gradient = Autograd.grad(Linalg::det).apply(Tensor.eye(DType.F64, 4).mul(graded)).diagonal().mul(graded).toDoubleArray();
        assertThat(gradient).containsExactly(new double[] {1, 1, 1, 1}, within(1e-13));
    }

    @Test void theLogarithmOfANegativeDeterminantIsNaNAndItsSizeHasOne() {
        var a = Tensor.of(new double[][] {{0, 2}, {3, 0}});
        assertThat(Linalg.logDet(a).item()).isNaN();
        assertThat(Linalg.logAbsDet(a).item()).isCloseTo(Math.log(6), within(1e-15));
        assertThat(Linalg.logDet(a.flip(0)).item()).isCloseTo(Math.log(6), within(1e-15));
        assertThat(Linalg.logDet(Tensor.zeros(DType.F64, 2, 2)).item()).isEqualTo(Double.NEGATIVE_INFINITY);
    }

    @Test void repeatedEigenvaluesKeepTheGradientsOfTheirSumFinite() {
        var a = Tensor.eye(DType.F64, 3).requiresGrad();
        Linalg.eigh(a).values().sum().backward();
        assertThat(maxDifference(a.grad(), Tensor.eye(DType.F64, 3))).isLessThan(1e-14);
    }

    /** First order: directional derivative of f. Second order: of the gradient's projection, through the recorded gradient. */
    private void check(UnaryOperator<Tensor> f, Tensor at) { check(rng, f, at); }

    static void check(Rng rng, UnaryOperator<Tensor> f, Tensor at) {
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
        int at = 0;
        assertThatThrownBy(() -> Linalg.inverse(Tensor.zeros(DType.F64, 2, 2))).isInstanceOf(SingularMatrixException.class)
                .hasMessageContaining("inverse");
        assertThatThrownBy(() -> Linalg.eigh(Tensor.of(1.0, 2.0))).hasMessageContaining("eigh: shape (2,)");
        var vector = Tensor.zeros(DType.F64, 2);
        for (var f : List.<Function<Tensor, Tensor>>of(t -> Linalg.solve(t, Tensor.of(1.0, 2)), Linalg::inverse, Linalg::det,
                Linalg::logDet, Linalg::logAbsDet, Linalg::cholesky, t -> Linalg.eigh(t).values(), t -> Linalg.svd(t).s(), Linalg::pinv,
                t -> Linalg.solveTriangular(t, Tensor.of(1.0, 2), true, false))) {
            var name = List.of("solve", "inverse", "det", "logDet", "logAbsDet", "cholesky", "eigh", "svd", "pinv", "solveTriangular")
                    .get(at++);
            assertThatThrownBy(() -> f.apply(vector)).isInstanceOf(ShapeException.class)
                    .hasMessage(name + ": shape (2,) is not a matrix; reshape it to (rows, columns)");
        }
        assertThatThrownBy(() -> Linalg.logDet(Tensor.zeros(DType.F64, 2, 3))).hasMessageStartingWith("logDet: shape (2, 3) is not square");
        assertThatThrownBy(() -> Linalg.cholesky(Tensor.eye(DType.F64, 2).neg())).isInstanceOf(NotPositiveDefiniteException.class);
    }

    @Test void mixedTypesTakeTheWiderOne() {
        assertThat(Linalg.solve(Tensor.eye(2), Tensor.ones(DType.F64, 2)).dtype()).isEqualTo(DType.F64);
        assertThat(Linalg.pinv(Tensor.eye(2)).dtype()).isEqualTo(DType.F32);
    }
}
