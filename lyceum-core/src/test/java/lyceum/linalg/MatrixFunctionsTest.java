package lyceum.linalg;

import static lyceum.linalg.LinalgInputs.gaussian;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.function.BiFunction;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Implicit;
import lyceum.linalg.Fourier.Complex;
import lyceum.linalg.Toeplitz.Circulant;
import lyceum.random.Rng;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

/** Functions of matrices, equations with structure, Fourier transforms and Krylov solvers: against SciPy, NumPy, dense solves and differences. */
class MatrixFunctionsTest {
    private static final Golden GOLDEN = Golden.load("golden/matrix-functions.json");

    private static double gap(Tensor a, Tensor b) {
        return a.count() == 0 ? 0 : a.sub(b).abs().max().item() / Math.max(1e-300, b.abs().max().item());
    }

    private static Tensor matrix(Golden c, String name) { return Tensor.of(c.matrix(name)); }

    @Test void functionsAreSciPys() {
        int seen = 0;
        for (var c : GOLDEN.cases("n ")) {
            seen++;
            Tensor a = matrix(c, "input.a"), positive = matrix(c, "input.positive"), b = matrix(c, "input.b");
            assertThat(gap(MatrixFunctions.exp(a), matrix(c, "expected.exp"))).isLessThan(1e-13);
            assertThat(gap(MatrixFunctions.exp(positive.mul(-7)), matrix(c, "expected.expLarge"))).isLessThan(1e-9);
            assertThat(gap(MatrixFunctions.log(positive), matrix(c, "expected.log"))).isLessThan(1e-11);
            assertThat(gap(MatrixFunctions.sqrt(positive), matrix(c, "expected.sqrt"))).isLessThan(1e-12);
            var right = b.matmul(b.transpose()).add(Tensor.eye(DType.F64, 3));
            assertThat(gap(Sylvester.solve(positive, right, matrix(c, "input.c")), matrix(c, "expected.sylvester"))).isLessThan(1e-11);
        }
        assertThat(seen).isEqualTo(4);
    }

    @Test void identitiesHoldOnLargerMatricesAndBatches() {
        var rng = Rng.of(5);
        for (int n : new int[] {3, 17, 40}) {
            Tensor a = gaussian(rng, n, n).div(Math.sqrt(n)),
                    b = gaussian(rng, n + 2, n + 2).add(Tensor.eye(DType.F64, n + 2).mul(3.0 * n)), x = gaussian(rng, n, n + 2);
            assertThat(gap(MatrixFunctions.log(MatrixFunctions.exp(a.mul(0.3))), a.mul(0.3))).isLessThan(1e-11);
            var root = MatrixFunctions.sqrt(MatrixFunctions.exp(a));
            assertThat(gap(root.matmul(root), MatrixFunctions.exp(a))).isLessThan(1e-11);
            assertThat(gap(Sylvester.solve(a, b, a.matmul(x).add(x.matmul(b))), x)).isLessThan(1e-10);
        }
        var batch = gaussian(rng, 6, 4).reshape(2, 3, 2, 2);
        assertThat(MatrixFunctions.exp(batch).shape().toArray()).containsExactly(2, 3, 2, 2);
        assertThat(gap(MatrixFunctions.exp(batch).get(1, 2), MatrixFunctions.exp(batch.get(1, 2)))).isZero();
        assertThat(MatrixFunctions.exp(Tensor.zeros(3, 3)).dtype()).isEqualTo(DType.F32);
    }

    private static void check(UnaryOperator<Tensor> f, Tensor x) { LinalgTest.check(Rng.of(12), f, x); }

    @Test void gradientsOfFirstAndSecondOrder() {
        var rng = Rng.of(6);
        for (int n : new int[] {1, 3}) {
            Tensor a = gaussian(rng, n, n).mul(0.4).add(Tensor.eye(DType.F64, n).mul(2)), w = gaussian(rng, n, n),
                    b = gaussian(rng, n, n).mul(0.3).add(Tensor.eye(DType.F64, n));
            check(x -> MatrixFunctions.exp(x).mul(w).sum(), a);
            check(x -> MatrixFunctions.log(x).mul(w).sum(), a);
            check(x -> MatrixFunctions.sqrt(x).mul(w).sum(), a);
            check(x -> Sylvester.solve(x, b, w).square().sum(), a);
            check(x -> Sylvester.solve(a, x, w).square().sum(), b);
            check(x -> Sylvester.solve(a, b, x).square().sum(), w);
        }
        Tensor tall = gaussian(rng, 5, 3), v = gaussian(rng, 5, 3), square = gaussian(rng, 4, 4), u = gaussian(rng, 4, 4);
        check(x -> {
            var f = Linalg.qr(x);
            return f.q().mul(v).sum().add(f.r().square().mul(v.narrow(0, 0, 3)).sum());
        }, tall);
        check(x -> {
            var f = Linalg.lu(x);
            return f.lower().mul(u).sum().add(f.upper().square().mul(u).sum());
        }, square);
        check(x -> Fourier.rfft(x, 1).abs().square().mul(gaussian(Rng.of(1), 3, 4)).sum(), gaussian(rng, 3, 6));
        check(x -> Fourier.fft(new Complex(x, x.square()), 0).re().square().sum(), gaussian(rng, 5, 2));
        check(x -> new Circulant(x).solve(Tensor.of(1.0, 2, 3)).square().sum(), Tensor.of(4.0, 1, -0.5));
        check(x -> new Toeplitz(x, Tensor.concat(0, x.narrow(0, 0, 1), x.narrow(0, 1, 2).square())).times(Tensor.of(1.0, 2, 3)).square()
                .sum(), Tensor.of(4.0, 1, -0.5));
        check(x -> new Toeplitz(x, Tensor.concat(0, x.narrow(0, 0, 1), x.narrow(0, 1, 2).square())).solve(Tensor.of(1.0, 2, 3)).square()
                .sum(), Tensor.of(4.0, 1, -0.5));
        check(x -> Toeplitz.symmetric(x).solve(x).square().sum(), Tensor.of(4.0, 1, -0.5, 0.2));
        check(x -> new Toeplitz(x, x).solve(Tensor.of(2.0)).square().sum(), Tensor.of(4.0));
    }

    @Test void gradientsOfIterativeSolves() {
        Tensor b = Tensor.of(1.0, 2, 3), shift = Tensor.of(new double[][] {{4, 1, 0}, {-1, 5, 1}, {0, 2, 6}});
        BinaryOperator<Tensor> general = (t, v) -> shift.add(t.outer(t.square())).matmul(v),
                symmetric = (t, v) -> shift.matmul(shift.transpose()).add(t.outer(t)).matmul(v);
        BiFunction<LinearMap, Tensor, Tensor> gmres = (a, side) -> new Gmres().withTolerance(1e-14).solve(a, side).x(),
                minres = (a, side) -> new Minres().withTolerance(1e-14).solve(a, side).x(),
                conjugate = (a, side) -> new ConjugateGradient().withTolerance(1e-14).solve(a, side).x();
        var theta = Tensor.of(0.3, -0.5, 0.7);
        check(t -> Implicit.solve(general, t, b, gmres).square().sum(), theta);
        check(x -> Implicit.solve(general, theta, x, gmres).square().sum(), b);
        check(t -> Implicit.solve(symmetric, t, b, minres).square().sum(), theta);
        check(t -> Implicit.solve(symmetric, t, t.square(), conjugate).square().sum(), theta);
        assertThatThrownBy(() -> Implicit.solve(general, theta, shift, gmres)).isInstanceOf(ShapeException.class);
    }

    @Test void minimalResidualsOfSingularSystemsAreThoseOfThePseudoinverse() {
        var rng = Rng.of(21);
        int n = 40;
        var half = gaussian(rng, n, 25);
        Tensor signs = Tensor.linspace(-2, 3, 25), a = half.mul(signs).matmul(half.transpose()), b = gaussian(rng, 1, n).reshape(n);
        var inside = a.matmul(b);
        var solved = new Minres().solve(LinearMap.of(a), inside);
        assertThat(solved.converged()).isTrue();
        assertThat(solved.leastSquares()).isFalse();
        assertThat(gap(solved.x(), Linalg.pinv(a).matmul(inside))).isLessThan(1e-6);
        var least = new Minres().solve(LinearMap.of(a), b);
        assertThat(least.converged()).isFalse();
        assertThat(least.leastSquares()).isTrue();
        var expected = Linalg.pinv(a).matmul(b);
        assertThat(least.residual()).isCloseTo(b.sub(a.matmul(expected)).norm().item(), within(1e-9));
        assertThat(gap(least.x(), expected)).isLessThan(1e-7);
        var stopped = new Minres().withMaxIterations(3).solve(LinearMap.of(a), b);
        assertThat(stopped.leastSquares()).isFalse();
        assertThat(stopped.converged()).isFalse();
    }

    @Test void factorsMultiplyToWhatTheyAreOf() {
        var a = gaussian(Rng.of(7), 12, 4).reshape(3, 4, 4);
        var lu = Linalg.lu(a);
        for (int i = 0; i < 3; i++) {
            var rows = a.get(i).indexSelect(0, lu.order().get(i));
            assertThat(gap(lu.lower().get(i).matmul(lu.upper().get(i)), rows)).isLessThan(1e-14);
        }
        var qr = Linalg.qr(a);
        assertThat(gap(qr.q().matmul(qr.r()), a)).isLessThan(1e-14);
        assertThat(gap(qr.q().transpose().matmul(qr.q()), Tensor.eye(DType.F64, 4).expand(3, 4, 4))).isLessThan(1e-14);
    }

    @Test void batchesAreTheirMatrices() {
        var rng = Rng.of(8);
        Tensor a = gaussian(rng, 6 * 3, 3).reshape(2, 3, 3, 3).add(Tensor.eye(DType.F64, 3).mul(4)),
                b = gaussian(rng, 3 * 3, 2).reshape(3, 3, 2), v = Tensor.of(1.0, 2, 3);
        var spd = a.matmul(a.transpose());
        for (int i = 0; i < 2; i++) for (int j = 0; j < 3; j++) {
            Tensor one = a.get(i, j), s = spd.get(i, j);
            assertThat(gap(Linalg.solve(a, b).get(i, j), Linalg.solve(one, b.get(j)))).isZero();
            assertThat(gap(Linalg.solve(a, v).get(i, j), Linalg.solve(one, v))).isZero();
            assertThat(gap(Linalg.inverse(a).get(i, j), Linalg.inverse(one))).isZero();
            assertThat(gap(Linalg.cholesky(spd).get(i, j), Linalg.cholesky(s))).isZero();
            assertThat(gap(Linalg.eigh(spd).vectors().get(i, j), Linalg.eigh(s).vectors())).isZero();
            assertThat(gap(Linalg.eigh(spd).values().get(i, j), Linalg.eigh(s).values())).isZero();
            assertThat(gap(Linalg.svd(a).s().get(i, j), Linalg.svd(one).s())).isZero();
            assertThat(gap(Linalg.pinv(a).get(i, j), Linalg.pinv(one))).isZero();
            assertThat(Linalg.det(a).item(i, j)).isEqualTo(Linalg.det(one).item());
            assertThat(Linalg.logAbsDet(a).item(i, j)).isEqualTo(Linalg.logAbsDet(one).item());
            assertThat(gap(Linalg.solveTriangular(a, b, true, false).get(i, j), Linalg.solveTriangular(one, b.get(j), true, false)))
                    .isZero();
        }
        check(x -> Linalg.solve(x.reshape(2, 2, 2), Tensor.of(1.0, 2)).square().sum(),
                Tensor.of(new double[][] {{4, 1, 0, 3}, {5, 1, 2, 4}}));
        assertThat(Linalg.inverse(Tensor.zeros(0, 3, 3)).shape().toArray()).containsExactly(0, 3, 3);
        assertThat(Linalg.svd(Tensor.zeros(DType.F64, 0, 3, 2)).u().shape().toArray()).containsExactly(0, 3, 2);
        assertThatThrownBy(() -> Linalg.solve(a, Tensor.zeros(DType.F64, 4, 3, 2))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("do not broadcast");
        assertThatThrownBy(() -> Linalg.inverse(Tensor.zeros(2, 2, 2))).isInstanceOf(SingularMatrixException.class);
    }

    @Test void batchesOfStructuredSystemsAreTheirMatrices() {
        var rng = Rng.of(13);
        int n = 5;
        Tensor columns = gaussian(rng, 6, n).add(Tensor.eye(DType.F64, n).select(0, 0).mul(9)).reshape(2, 3, n),
                rows = Tensor.concat(-1, columns.narrow(-1, 0, 1), gaussian(rng, 6, n - 1).reshape(2, 3, n - 1)), b = gaussian(rng, 3, n);
        var toeplitz = new Toeplitz(columns, rows);
        var circulant = new Circulant(columns);
        assertThat(toeplitz.toDense().shape().toArray()).containsExactly(2, 3, n, n);
        Tensor a = toeplitz.toDense(), c = gaussian(rng, 3 * n, 4).reshape(3, n, 4), right = gaussian(rng, 4, 4);
        var shifted = right.matmul(right.transpose());
        for (int i = 0; i < 2; i++) for (int j = 0; j < 3; j++) {
            var one = new Toeplitz(columns.get(i, j), rows.get(i, j));
            assertThat(gap(a.get(i, j), one.toDense())).isZero();
            assertThat(gap(toeplitz.solve(b).get(i, j), one.solve(b.get(j)))).isZero();
            assertThat(gap(toeplitz.solve(b.get(1)).get(i, j), one.solve(b.get(1)))).isZero();
            assertThat(gap(toeplitz.times(b).get(i, j), one.times(b.get(j)))).isLessThan(1e-14);
            var turned = new Circulant(columns.get(i, j));
            assertThat(gap(circulant.toDense().get(i, j), turned.toDense())).isZero();
            assertThat(gap(circulant.solve(b).get(i, j), turned.solve(b.get(j)))).isLessThan(1e-14);
            assertThat(gap(circulant.times(b).get(i, j), turned.times(b.get(j)))).isLessThan(1e-14);
            assertThat(gap(Sylvester.solve(a, shifted, c).get(i, j), Sylvester.solve(a.get(i, j), shifted, c.get(j)))).isZero();
        }
        assertThat(gap(toeplitz.solve(b), Linalg.solve(a, b.expand(2, 3, n).unsqueeze(-1)).squeeze(-1))).isLessThan(1e-12);
        check(x -> new Toeplitz(x.reshape(2, 3), x.reshape(2, 3)).solve(Tensor.of(1.0, 2, 3)).square().sum(),
                Tensor.of(4.0, 1, 0.5, 5, 1, 2));
        check(x -> Sylvester.solve(x.reshape(2, 2, 2), right.narrow(0, 0, 2).narrow(1, 0, 2), Tensor.of(new double[] {1, 2, 3, 4}, 2, 2))
                .square().sum(), Tensor.of(7.0, 1, 0.5, 8, 9, 1, 2, 8));
        assertThat(Sylvester.solve(Tensor.zeros(DType.F64, 0, 3, 3), Tensor.eye(DType.F64, 2), Tensor.zeros(DType.F64, 3, 2)).shape()
                .toArray()).containsExactly(0, 3, 2);
        assertThatThrownBy(() -> Sylvester.solve(a, shifted, c.narrow(0, 0, 2))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("do not broadcast");
        assertThatThrownBy(() -> toeplitz.solve(Tensor.zeros(DType.F64, 4))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("(4,) for a matrix of size 5");
    }

    @Test void transformsAreNumPysAtAnyLength() {
        var c = GOLDEN.named("fft");
        var x = Tensor.of(c.doubles("input.x"), 2, 12, 5);
        var z = Fourier.fftn(Complex.of(x), 1, 2);
        assertThat(z.re().toDoubleArray()).containsExactly(c.doubles("expected.re"), within(1e-12));
        assertThat(z.im().toDoubleArray()).containsExactly(c.doubles("expected.im"), within(1e-12));
        assertThat(Fourier.rfft(x, 1).abs().toDoubleArray()).containsExactly(c.doubles("expected.rfft"), within(1e-12));
        assertThat(gap(Fourier.ifftn(z, 1, 2).re(), x)).isLessThan(1e-14);
        var rng = Rng.of(9);
        for (int n : new int[] {1, 2, 3, 5, 7, 8, 12, 31, 64, 100, 127}) {
            Tensor re = gaussian(rng, 1, n).reshape(n), im = gaussian(rng, 1, n).reshape(n);
            double[] a = re.toDoubleArray(), b = im.toDoubleArray();
            var z1 = Fourier.fft(new Complex(re, im), 0);
            for (int k = 0; k < n; k++) { // by the definition
                double p = 0, q = 0;
                for (int t = 0; t < n; t++) {
                    double angle = -2 * Math.PI * ((long) k * t % n) / n;
                    p += a[t] * Math.cos(angle) - b[t] * Math.sin(angle);
                    q += a[t] * Math.sin(angle) + b[t] * Math.cos(angle);
                }
                assertThat(z1.re().item(k)).isCloseTo(p, within(1e-12));
                assertThat(z1.im().item(k)).isCloseTo(q, within(1e-12));
            }
            assertThat(gap(Fourier.irfft(Fourier.rfft(re, 0), 0, n), re)).isLessThan(1e-13);
        }
        assertThatThrownBy(() -> Fourier.irfft(z, 0, 9)).isInstanceOf(ShapeException.class).hasMessageContaining("n / 2 + 1");
    }

    @Test void structuredSystemsAreSolved() {
        var rng = Rng.of(10);
        for (int n : new int[] {1, 2, 7, 30}) {
            Tensor column = gaussian(rng, 1, n).reshape(n).add(Tensor.eye(DType.F64, n).select(0, 0).mul(2.0 * n)),
                    row = Tensor.concat(0, column.narrow(0, 0, 1), gaussian(rng, 1, n).reshape(n).narrow(0, 1, n - 1)),
                    b = gaussian(rng, 1, n).reshape(n);
            var toeplitz = new Toeplitz(column, row);
            assertThat(gap(toeplitz.solve(b), Linalg.solve(toeplitz.toDense(), b))).isLessThan(1e-12);
            assertThat(gap(toeplitz.times(b), toeplitz.toDense().matmul(b))).isLessThan(1e-12);
            var circulant = new Circulant(column);
            assertThat(gap(circulant.solve(b), Linalg.solve(circulant.toDense(), b))).isLessThan(1e-12);
            assertThat(gap(circulant.times(b), circulant.toDense().matmul(b))).isLessThan(1e-12);
        }
        assertThat(new Toeplitz(Tensor.of(1.0, 2), Tensor.of(1.0, 3)).toDense().toDoubleArray()).containsExactly(1, 3, 2, 1);
        assertThat(new Circulant(Tensor.of(1.0, 2, 3)).toDense().toDoubleArray()).containsExactly(1, 3, 2, 2, 1, 3, 3, 2, 1);
        assertThatThrownBy(() -> new Circulant(Tensor.of(1.0, -1)).solve(Tensor.of(1.0, 1))).isInstanceOf(SingularMatrixException.class)
                .hasMessageContaining("eigenvalue 0");
        assertThatThrownBy(() -> Toeplitz.symmetric(Tensor.of(0.0, 1)).solve(Tensor.of(1.0, 1)))
                .hasMessageContaining("leading block of size 1");
        assertThatThrownBy(() -> new Toeplitz(Tensor.of(1.0, 2), Tensor.of(2.0, 3))).hasMessageContaining("they agree");
    }

    @Test void krylovSolversEndWhereTheDenseSolveDoes() {
        var rng = Rng.of(11);
        int n = 60;
        Tensor a = gaussian(rng, n, n).add(Tensor.eye(DType.F64, n).mul(12)), b = gaussian(rng, 1, n).reshape(n),
                exact = Linalg.solve(a, b);
        for (int restart : new int[] {8, 30, 100}) {
            var solved = new Gmres().withRestart(restart).withMaxIterations(2000).solve(LinearMap.of(a), b);
            assertThat(solved.converged()).isTrue();
            assertThat(gap(solved.x(), exact)).isLessThan(1e-8);
            for (int k = 1; k < solved.residuals().length; k++)
                assertThat(solved.residuals()[k]).isLessThanOrEqualTo(solved.residuals()[k - 1] * (1 + 1e-9));
        }
        var whole = new Gmres().withRestart(n).solve(LinearMap.of(a), b);
        assertThat(whole.iterations()).isLessThanOrEqualTo(n);
        var scaled = a.mul(Tensor.linspace(1, 1000, n).unsqueeze(1));
        var side = b.mul(Tensor.linspace(1, 1000, n));
        var plain = new Gmres().withMaxIterations(400).solve(LinearMap.of(scaled), side);
        var better = new Gmres().withMaxIterations(400).solve(LinearMap.of(scaled), side,
                Preconditioner.jacobi(scaled.diagonal().toDoubleArray()));
        assertThat(gap(better.x(), exact)).isLessThan(1e-7);
        assertThat(better.iterations()).isLessThan(plain.iterations());
        var indefinite = a.add(a.transpose()).sub(Tensor.eye(DType.F64, n).mul(24));
        var symmetric = new Minres().withMaxIterations(2000).solve(LinearMap.of(indefinite), b);
        assertThat(Linalg.eigh(indefinite).values().item(0)).isNegative();
        assertThat(symmetric.converged()).isTrue();
        assertThat(symmetric.residual()).isLessThan(1e-8);
        assertThat(gap(symmetric.x(), Linalg.solve(indefinite, b))).isLessThan(1e-6);
        var laplace = laplace(200);
        var preconditioned = new Minres().solve(LinearMap.of(laplace), Tensor.ones(DType.F64, 200),
                Preconditioner.incompleteCholesky(laplace));
        assertThat(preconditioned.iterations()).isLessThan(5); // of a tridiagonal matrix it is exact
        assertThat(preconditioned.residual()).isLessThan(1e-7);
    }

    private static Csr laplace(int n) {
        int[] rows = new int[3 * n - 2], columns = new int[3 * n - 2];
        double[] values = new double[3 * n - 2];
        int e = 0;
        for (int i = 0; i < n; i++) for (int j = Math.max(0, i - 1); j <= Math.min(n - 1, i + 1); j++) {
            rows[e] = i;
            columns[e] = j;
            values[e++] = i == j ? 2 : -1;
        }
        return Csr.fromEntries(n, n, rows, columns, values);
    }

    @Test void whatDoesNotConvergeSaysSo() {
        var turned = Tensor.of(new double[][] {{0, 1, 0}, {0, 0, 1}, {1, 0, 0}});
        var stuck = new Gmres().withRestart(1).solve(LinearMap.of(turned), Tensor.of(1.0, 0, 0));
        assertThat(stuck.converged()).isFalse();
        assertThat(stuck.residual()).isEqualTo(1);
        assertThat(new Minres().withMaxIterations(1).solve(LinearMap.of(Tensor.of(new double[][] {{1, 0}, {0, -5}})), Tensor.of(1.0, 1))
                .converged()).isFalse();
        Tensor singular = Tensor.of(new double[][] {{1, 0}, {0, 0}}), outside = Tensor.of(1.0, 1);
        assertThat(new Gmres().solve(LinearMap.of(singular), outside).residual()).isCloseTo(1, within(1e-9));
        assertThat(new Gmres().solve(LinearMap.of(singular), outside).converged()).isFalse();
        assertThat(new Minres().solve(LinearMap.of(singular), outside).residual()).isCloseTo(1, within(1e-9));
        assertThat(new Gmres().solve(LinearMap.of(turned), Tensor.zeros(DType.F64, 3)).converged()).isTrue();
        assertThat(new Minres().solve(LinearMap.of(turned.add(turned.transpose())), Tensor.zeros(DType.F64, 3)).iterations()).isZero();
    }

    @Test void badArgumentsAreNamed() {
        assertThatThrownBy(() -> MatrixFunctions.log(Tensor.of(new double[][] {{1, 0}, {0, -2}}))).hasMessageContaining("eigenvalue -2.0");
        assertThatThrownBy(() -> MatrixFunctions.sqrt(Tensor.zeros(DType.F64, 2, 2))).hasMessageContaining("not positive");
        assertThatThrownBy(() -> MatrixFunctions.exp(Tensor.zeros(2, 3))).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> MatrixFunctions.exp(Tensor.of(new double[][] {{Double.NaN}}))).hasMessageContaining("NaN");
        var one = Tensor.eye(DType.F64, 2);
        assertThatThrownBy(() -> Sylvester.solve(one, one.neg(), one)).isInstanceOf(SingularMatrixException.class)
                .hasMessageContaining("share an eigenvalue");
        assertThatThrownBy(() -> Sylvester.solve(one, one, Tensor.zeros(DType.F64, 3, 2))).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> Linalg.qr(Tensor.zeros(2, 3))).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> Linalg.lu(Tensor.zeros(2, 2))).isInstanceOf(SingularMatrixException.class);
        assertThatThrownBy(() -> new Gmres(-1, 0, 1)).hasMessageContaining("tolerance");
        assertThatThrownBy(() -> new Gmres(0, 0, 0)).hasMessageContaining("restart");
        assertThatThrownBy(() -> new Minres(0, -1)).hasMessageContaining("maxIterations");
    }
}
