package lyceum.linalg;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class ConjugateGradientTest {

    @Test
    @Acceptance(topic = "conjugate-gradient", clause = 1) void fiftySystemsEqualScipy() {
        double worst = 0, largest = 0;
        var cases = Golden.load("golden/conjugate-gradient.json").list("cases");
        for (var c : cases) {
            var r = new Recipe(c.integer("input.seed"));
            int n = 10 + r.below(21);
            double condition = Math.pow(10, 4 * r.uniform()), scale = Math.pow(10, 4 * r.uniform() - 2);
            var values = new double[n];
            for (int i = 0; i < n; i++) values[i] = scale * Math.pow(condition, i / (n - 1.0));
            // The script reflects with the first vector first, so it stands inside.
            double[] inner = r.bells(n), outer = r.bells(n), expected = c.doubles("expected.x");
            var a = new MixedSpectrum(values, outer, inner);
            var found = new ConjugateGradient().withTolerance(1e-13).solve(a.map(), Tensor.of(r.bells(n)));
            assertThat(found.converged()).isTrue();
            var gap = MixedSpectrum.minus(found.x().toDoubleArray(), expected);
            worst = Math.max(worst, Math.sqrt(MixedSpectrum.dot(gap, gap) / MixedSpectrum.dot(expected, expected)));
            largest = Math.max(largest, condition);
        }
        Evidence.of("systems", cases.size(), exactly(50));
        Evidence.of("largest condition number", largest, atMost(1e4));
        Evidence.of("largest relative gap to scipy", worst, below(1e-8));
    }

    @Test
    @Acceptance(topic = "conjugate-gradient", clause = 2) void asManyStepsAsDistinctEigenvalues() {
        double worst = 0, worstOfTen = 0;
        for (int seed = 0; seed < 10; seed++) {
            var rng = Rng.of(51_220 + seed);
            for (int k = 1; k <= 5; k++)
                for (double condition : new double[] {2, 10, 100}) worst = Math.max(worst, residualAfter(k, k, condition, rng));
            worstOfTen = Math.max(worstOfTen, residualAfter(12, 10, 100, rng));
        }
        Evidence.of("relative residual after k steps, k from 1 to 5", worst, atMost(1e-8));
        Evidence.of("relative residual after 12 steps with 10 eigenvalues", worstOfTen, atMost(1e-8));
        Evidence.of("one step fewer leaves", residualAfter(4, 5, 100, Rng.of(1)), atLeast(1e-4));
    }

    private static double residualAfter(int steps, int distinct, double condition, Rng rng) {
        int n = 120;
        var a = MixedSpectrum.of(MixedSpectrum.spread(n, distinct, condition, true), rng);
        var b = MixedSpectrum.gaussian(n, rng);
        var found = new ConjugateGradient().withTolerance(0).withMaxIterations(steps).solve(a.map(), Tensor.of(b));
        return a.relativeResidual(found.x(), b);
    }

    @Test
    @Acceptance(topic = "conjugate-gradient", clause = 3) void theEnergyErrorObeysChebyshevsBoundAtEachStep() {
        double worst = 0;
        int compared = 0;
        for (int s = 0; s < 50; s++) {
            var rng = Rng.of(51_230 + s);
            int n = 60 + 2 * s;
            double condition = 2 * Math.pow(5_000, s / 49.0), root = Math.sqrt(condition), rate = (root - 1) / (root + 1);
            var values = new double[n];
            for (int i = 0; i < n; i++) {
                double part = i < 2 ? i : rng.nextDouble();
                values[i] = s % 2 == 0 ? Math.pow(condition, part) : 1 + (condition - 1) * part;
            }
            var a = MixedSpectrum.of(values, rng);
            var x = MixedSpectrum.gaussian(n, rng);
            var errors = new ArrayList<Double>();
            new ConjugateGradient().withTolerance(1e-16).solve(a.map(), Tensor.of(a.times(x)), Preconditioner.none(), null,
                    (k, at, r) -> errors.add(a.energy(at, x)));
            double bound = 2;
            for (int k = 0; bound > 1e-12; k++, bound *= rate) {
                // Once it has stopped its point stays.
                double error = errors.get(Math.min(k, errors.size() - 1)) / errors.getFirst();
                worst = Math.max(worst, error / bound);
                compared++;
            }
        }
        Evidence.of("steps compared", compared, atLeast(10_000));
        Evidence.of("largest energy error over its bound", worst, atMost(1));
        Evidence.of("the bound is not idle", worst, atLeast(0.4));
    }

    @Test
    @Acceptance(topic = "conjugate-gradient", clause = 4) void residualsStayOrthogonalOverThirtySteps() {
        double worst = 0;
        int pairs = 0;
        for (int seed = 0; seed < 10; seed++) for (boolean logarithmic : new boolean[] {false, true}) {
            int n = 200 + 20 * seed;
            var rng = Rng.of(51_240 + seed);
            var a = MixedSpectrum.of(MixedSpectrum.spread(n, n, 100, logarithmic), rng);
            var seen = new ArrayList<double[]>();
            new ConjugateGradient().withTolerance(0).withMaxIterations(30).solve(a.map(), Tensor.of(MixedSpectrum.gaussian(n, rng)),
                    Preconditioner.none(), null, (k, x, r) -> seen.add(r.clone()));
            for (int i = 0; i <= 30; i++) for (int j = 0; j < i; j++) {
                double[] p = seen.get(i), q = seen.get(j);
                worst = Math.max(worst, Math.abs(MixedSpectrum.dot(p, q) / Math.sqrt(MixedSpectrum.dot(p, p) * MixedSpectrum.dot(q, q))));
                pairs++;
            }
        }
        Evidence.of("pairs", pairs, exactly(20 * 31 * 30 / 2));
        Evidence.of("largest cosine between two residuals", worst, atMost(1e-6));
    }

    /** The five-point Laplacian on a side x side grid, zero outside. */
    private static double[] poisson(double[] u, int side) {
        var y = new double[u.length];
        for (int i = 0; i < side; i++) for (int j = 0; j < side; j++) {
            int at = i * side + j;
            y[at] = 4 * u[at] - (i > 0 ? u[at - side] : 0) - (i + 1 < side ? u[at + side] : 0) - (j > 0 ? u[at - 1] : 0)
                    - (j + 1 < side ? u[at + 1] : 0);
        }
        return y;
    }

    private static Csr poisson(int side) {
        List<Integer> row = new ArrayList<>(), column = new ArrayList<>();
        for (int i = 0; i < side; i++)
            for (int j = 0; j < side; j++) for (int[] d : new int[][] {{0, 0}, {-1, 0}, {1, 0}, {0, -1}, {0, 1}}) {
                int k = i + d[0], l = j + d[1];
                if (k < 0 || l < 0 || k == side || l == side) continue;
                row.add(i * side + j);
                column.add(k * side + l);
            }
        int[] rows = row.stream().mapToInt(v -> v).toArray(), columns = column.stream().mapToInt(v -> v).toArray();
        var values = new double[rows.length];
        for (int e = 0; e < values.length; e++) values[e] = rows[e] == columns[e] ? 4 : -1;
        return Csr.fromEntries(side * side, side * side, rows, columns, values);
    }

    @Test
    @Acceptance(topic = "conjugate-gradient", clause = 5) void incompleteCholeskyHalvesTheStepsOnAPoissonGrid() {
        int side = 64, n = side * side;
        var grid = LinearMap.symmetricArray(n, u -> poisson(u, side));
        var factor = Preconditioner.incompleteCholesky(poisson(side));
        double least = Double.POSITIVE_INFINITY, worst = 0;
        for (int s = 0; s < 4; s++) {
            var b = s == 0 ? Tensor.ones(DType.F64, n) : Tensor.randn(Rng.of(51_250 + s), DType.F64, n);
            for (double tolerance : new double[] {1e-6, 1e-10}) {
                var cg = new ConjugateGradient().withTolerance(tolerance);
                var plain = cg.solve(grid, b);
                var helped = cg.solve(grid, b, factor);
                least = Math.min(least, (double) plain.iterations() / helped.iterations());
                var left = MixedSpectrum.minus(b.toDoubleArray(), poisson(helped.x().toDoubleArray(), side));
                worst = Math.max(worst, Math.sqrt(MixedSpectrum.dot(left, left)) / b.norm().item() / tolerance);
            }
        }
        Evidence.of("steps without over steps with, least of 8", least, atLeast(2));
        Evidence.of("true residual over the tolerance", worst, atMost(1.001));
    }

    @Test
    @Acceptance(topic = "conjugate-gradient", clause = 6) void hessianVectorProductsSolveANewtonSystem() {
        var worst = Gap.overLargest();
        for (int seed = 0; seed < 5; seed++) {
            var rng = Rng.of(51_260 + seed);
            Tensor z = Tensor.randn(rng, DType.F64, 80, 12), w = Tensor.randn(rng, DType.F64, 12),
                    signs = Tensor.randn(rng, DType.F64, 80).sign();
            UnaryOperator<Tensor> loss = v -> z.matmul(v).mul(signs).neg().softplus().sum().add(v.square().sum().mul(0.05));
            var gradient = Autograd.grad(loss).apply(w);
            var newton = new ConjugateGradient().solve(LinearMap.symmetric(12, v -> Autograd.hvp(loss, w, v)), gradient);
            // The Hessian on paper: Z' diag(p (1 - p)) Z + 0.1 I.
            var p = z.matmul(w).sigmoid();
            var hessian = z.transpose().matmul(z.mul(p.mul(p.rsub(1)).unsqueeze(1))).add(Tensor.eye(DType.F64, 12).mul(0.1));
            worst.see("seed " + seed, newton.x().toDoubleArray(), Cholesky.of(hessian).solve(gradient).toDoubleArray());
        }
        Evidence.of("largest gap to the dense solution", worst, below(1e-6));
    }

    @Test void columnsAreSolvedOneByOneAndAStartIsKept() {
        var rng = Rng.of(4);
        var a = MixedSpectrum.of(MixedSpectrum.spread(30, 30, 50, true), rng);
        var x = Tensor.randn(rng, DType.F64, 30, 3).compute();
        var b = a.map().toMatrix().matmul(x);
        var found = new ConjugateGradient().solveColumns(a.map(), b, Preconditioner.none());
        assertThat(found.converged()).isTrue();
        assertThat(found.columns()).hasSize(3);
        assertThat(found.x().sub(x).abs().max().item()).isLessThan(1e-8);
        var again = new ConjugateGradient().withTolerance(1e-8).solve(a.map(), b.select(1, 2), Preconditioner.none(), x.select(1, 2),
                (k, at, r) -> {});
        assertThat(again.iterations()).isZero();
        var away = new ConjugateGradient().solve(a.map(), b.select(1, 2), Preconditioner.none(), x.select(1, 0), (k, at, r) -> {});
        assertThat(away.x().sub(x.select(1, 2)).abs().max().item()).isLessThan(1e-8);
    }

    @Test void historiesTellResidualsAndEnergyErrors() {
        var rng = Rng.of(5);
        var a = MixedSpectrum.of(MixedSpectrum.spread(200, 200, 400, true), rng);
        var x = MixedSpectrum.gaussian(200, rng);
        List<Double> errors = new ArrayList<>(), residuals = new ArrayList<>();
        var jacobi = Preconditioner.jacobi(a.map().toMatrix().diagonal().toDoubleArray());
        var found = new ConjugateGradient().withTolerance(1e-12).solve(a.map(), Tensor.of(a.times(x)), jacobi, null, (k, at, r) -> {
            errors.add(a.energy(at, x));
            residuals.add(Math.sqrt(MixedSpectrum.dot(r, r)));
        });
        assertThat(found.residuals()).hasSize(found.iterations() + 1).hasSameSizeAs(found.energyErrors());
        for (int k = 0; k + 20 < errors.size(); k++) {
            assertThat(found.energyErrors()[k] / errors.get(k)).isCloseTo(1, within(1e-2)).isLessThan(1 + 1e-6);
            assertThat(found.residuals()[k] / residuals.get(k)).isCloseTo(1, within(1e-12));
        }
    }

    @Test void negativeCurvatureEndsATruncatedSolve() {
        double[] values = MixedSpectrum.spread(40, 40, 30, true);
        values[7] = -2;
        var a = MixedSpectrum.of(values, Rng.of(6));
        var b = Tensor.randn(Rng.of(7), DType.F64, 40);
        assertThatThrownBy(() -> new ConjugateGradient().solve(a.map(), b)).isInstanceOf(NotPositiveDefiniteException.class);
        var found = new ConjugateGradient().withTruncated(true).solve(a.map(), b);
        assertThat(found.stop()).isEqualTo(ConjugateGradient.Stop.NEGATIVE_CURVATURE);
        assertThat(found.converged()).isFalse();
        var p = found.negativeCurvature().toDoubleArray();
        assertThat(MixedSpectrum.dot(p, a.times(p))).isNegative();
        // What it returns descends: x lowers x'Ax/2 - b'x below 0.
        var x = found.x().toDoubleArray();
        assertThat(MixedSpectrum.dot(x, a.times(x)) / 2 - MixedSpectrum.dot(b.toDoubleArray(), x)).isNegative();
        assertThat(new ConjugateGradient().withTruncated(true).withDamping(3).solve(a.map(), b).converged()).isTrue();
    }

    @Test void jacobiCuresScales() {
        int n = 100;
        var rng = Rng.of(8);
        var s = new double[n];
        for (int i = 0; i < n; i++) s[i] = Math.pow(10, 3 * rng.nextDouble());
        var inner = MixedSpectrum.of(MixedSpectrum.spread(n, n, 5, false), rng);
        var a = LinearMap.symmetricArray(n, v -> {
            var scaled = v.clone();
            for (int i = 0; i < n; i++) scaled[i] *= s[i];
            var y = inner.times(scaled);
            for (int i = 0; i < n; i++) y[i] *= s[i];
            return y;
        });
        var b = Tensor.randn(rng, DType.F64, n);
        int plain = new ConjugateGradient().withMaxIterations(100_000).solve(a, b).iterations(),
                helped = new ConjugateGradient().solve(a, b, Preconditioner.jacobi(Csr.fromDense(a.toMatrix()))).iterations();
        assertThat(helped).isLessThan(plain / 5);
        assertThatThrownBy(() -> Preconditioner.jacobi(1, 0)).isInstanceOf(NotPositiveDefiniteException.class);
    }

    @Test void theIncompleteFactorEqualsTheMatrixOnItsPattern() {
        // A grid has no triangles; neighbours of neighbours make some, and then products of entries count.
        var rng = Rng.of(10);
        var wide = new double[25][25];
        for (int i = 0; i < 25; i++) {
            wide[i][i] = 5;
            for (int j = Math.max(0, i - 3); j < i; j++) if (rng.nextDouble() < 0.8) wide[i][j] = wide[j][i] = -0.8 * rng.nextDouble();
        }
        for (var matrix : List.of(poisson(5), Csr.fromDense(Tensor.of(wide)))) {
            var lower = IncompleteCholesky.of(matrix).lower().toDense();
            var gap = lower.matmul(lower.transpose()).sub(matrix.toDense()).mul(matrix.toDense().ne(0).to(DType.F64));
            assertThat(gap.abs().max().item()).isLessThan(1e-14);
        }
        var factor = IncompleteCholesky.of(poisson(5));
        var l = factor.lower().toDense();
        assertThat(factor.shift()).isZero();
        var r = Tensor.randn(Rng.of(9), DType.F64, 25);
        assertThat(l.matmul(l.transpose()).matmul(Tensor.of(factor.apply(r.toDoubleArray()))).sub(r).abs().max().item()).isLessThan(1e-12);
        // Kershaw (1978): positive definite, and yet the incomplete factor's last pivot is negative.
        var kershaw = Tensor.of(new double[][] {{3, -2, 0, 2}, {-2, 3, -2, 0}, {0, -2, 3, -2}, {2, 0, -2, 3}});
        assertThat(IncompleteCholesky.of(Csr.fromDense(kershaw)).shift()).isBetween(1e-3, 1.0);
        assertThatThrownBy(() -> IncompleteCholesky.of(Csr.fromDense(kershaw.neg()))).isInstanceOf(NotPositiveDefiniteException.class);
        assertThatThrownBy(() -> factor.apply(new double[3])).isInstanceOf(ShapeException.class).hasMessageContaining("25 rows");
    }

    @Test void aSparseMatrixIsAMap() {
        var a = Tensor.of(new double[][] {{1, 0, 2}, {0, 0, -3}});
        var map = LinearMap.of(Csr.fromDense(a));
        assertThat(map.toMatrix().toRows()).isDeepEqualTo(a.toRows());
        assertThat(map.transposed().toMatrix().toRows()).isDeepEqualTo(a.transpose().toRows());
    }
}
