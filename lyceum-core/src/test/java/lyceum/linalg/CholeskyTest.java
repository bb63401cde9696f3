package lyceum.linalg;

import static lyceum.linalg.LinalgInputs.*;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import java.lang.reflect.Proxy;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.backend.View;
import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.Product;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class CholeskyTest {
    private static final Golden GOLDEN = Golden.load("golden/cholesky.json");

    @Test
    @Acceptance(topic = "cholesky", clause = 1) void equalsNumpyAndRebuildsTheMatrix() {
        double worst = 0, rebuilt = 0;
        var cases = GOLDEN.cases("positive");
        for (var c : cases) {
            int n = c.integer("input.n");
            var r = new Recipe(c.integer("input.seed"));
            r.uniform(); // the size was drawn first
            var a = tensor(positive(r.matrix(n, n)));
            var l = Cholesky.of(a).lower();
            if (c.has("expected.l")) {
                for (int i = 0; i < n; i++)
                    worst = Math.max(worst,
                            maxDifference(l.select(0, i).narrow(0, 0, i + 1).toDoubleArray(), c.doubles("expected.l." + i)));
            } else {
                var lw = l.matmul(Tensor.of(r.bells(n)));
                worst = Math.max(worst, maxDifference(lw.toDoubleArray(), c.doubles("expected.lw")));
            }
            rebuilt = Math.max(rebuilt, relative(l.matmul(l.transpose()), a));
        }
        assertThat(cases).hasSize(200);
        Evidence.of("max difference from numpy", worst, below(1e-10));
        Evidence.of("max |LL' - A| / |A|", rebuilt, below(1e-13));
    }

    @Test
    @Acceptance(topic = "cholesky", clause = 2) void failsAtThePlantedLeadingMinor() {
        int found = 0;
        var pivot = Gap.absolute();
        var rng = Rng.of(506);
        for (int trial = 0; trial < 200; trial++) {
            int n = 1 + rng.nextInt(200), planted = rng.nextInt(n);
            // A = L D L^T with the one negative entry of D at the planted index: its leading minors are positive up to there
            var l = Dense.identity(n, n);
            for (int i = 0; i < n; i++) for (int j = 0; j < i; j++) l[i][j] = rng.nextGaussian() / Math.sqrt(n);
            var ld = Dense.copy(l);
            for (double[] row : ld) for (int j = 0; j < n; j++) row[j] *= j == planted ? -0.5 : 1 + 0.1 * j / n;
            var a = tensor(Product.timesTransposed(ld, l, n));
            var failure = catchThrowableOfType(NotPositiveDefiniteException.class, () -> Cholesky.of(a));
            assertThat(failure).isNotNull();
            if (failure.pivotIndex() == planted) found++;
            pivot.see("trial " + trial, failure.pivot(), -0.5);
            assertThat(failure).hasMessageContaining("pivot " + planted);
        }
        Evidence.of("failures at the planted minor, of 200", found, exactly(200));
        Evidence.of("failures at a pivot of exactly 0, of 50", singularFailures(rng), exactly(50));
        Evidence.of("pivot there", pivot, atMost(1e-9));
    }

    /** A = L D L^T of whole numbers, D of 1 and 4 but for one 0: nothing is rounded, and the pivot there is 0. */
    private static int singularFailures(Rng rng) {
        int found = 0;
        for (int trial = 0; trial < 50; trial++) {
            int n = 1 + rng.nextInt(100), planted = rng.nextInt(n);
            var l = Dense.identity(n, n);
            for (int i = 0; i < n; i++) for (int j = 0; j < i; j++) l[i][j] = rng.nextInt(3) - 1;
            var ld = Dense.copy(l);
            for (int j = 0; j < n; j++) {
                double d = j == planted ? 0 : 1 + 3 * rng.nextInt(2);
                for (double[] row : ld) row[j] *= d;
            }
            var a = tensor(Product.timesTransposed(ld, l, n));
            var failure = catchThrowableOfType(NotPositiveDefiniteException.class, () -> Cholesky.of(a));
            if (failure != null && failure.pivotIndex() == planted && failure.pivot() == 0) found++;
        }
        return found;
    }

    @Test
    @Acceptance(topic = "cholesky", clause = 3) void logDeterminantAndGradientsEqualTorch() {
        double logDet = 0, gradient = 0;
        for (var c : GOLDEN.cases("positive")) {
            int n = c.integer("input.n");
            var r = new Recipe(c.integer("input.seed"));
            r.uniform();
            logDet = Math.max(logDet, Math.abs(Cholesky.of(tensor(positive(r.matrix(n, n)))).logDet() - c.number("expected.logDet")));
        }
        for (var c : GOLDEN.cases("gradient")) {
            int n = c.integer("input.n");
            var r = new Recipe(c.integer("input.seed"));
            var a = tensor(positive(r.matrix(n, n))).requiresGrad();
            Tensor w = tensor(r.matrix(n, n)), v = tensor(r.matrix(n, 2));
            gradient = Math.max(gradient, gap(Linalg.cholesky(a).mul(w.tril()).sum(), a, c, "expected.value", "expected.gradient"));
            gradient = Math.max(gradient, gap(Linalg.logDet(a), a, c, "expected.logDet", "expected.logDetGradient"));
            var l = Linalg.cholesky(a);
            var x = Linalg.solveTriangular(l, Linalg.solveTriangular(l, v, true, false), true, true);
            gradient = Math.max(gradient, gap(v.mul(x).sum(), a, c, "expected.quadratic", "expected.quadraticGradient"));
        }
        Evidence.of("log-determinant", logDet, below(1e-8));
        Evidence.of("gradient", gradient, below(1e-8));
    }

    private static double gap(Tensor value, Tensor a, Golden c, String valueKey, String gradientKey) {
        a.zeroGrad();
        value.backward();
        return Math.max(Math.abs(value.item() - c.number(valueKey)), maxDifference(a.grad().toDoubleArray(), c.flat(gradientKey)));
    }

    @Test
    @Acceptance(topic = "cholesky", clause = 4) void updatesAndDowndatesEqualRefactoring() {
        var rng = Rng.of(4);
        double worst = 0;
        for (int n : new int[] {1, 2, 3, 10, 50, 120}) {
            var b = gaussian(rng, n, n);
            var a = b.matmul(b.transpose()).div(n).add(Tensor.eye(DType.F64, n));
            var factor = Cholesky.of(a);
            for (int step = 0; step < 4; step++) {
                var x = gaussian(rng, n, 1).reshape(n);
                a = a.add(x.outer(x));
                factor = factor.update(x);
                worst = Math.max(worst, maxDifference(factor.lower(), Cholesky.of(a).lower()));
                if (step % 2 == 1) {
                    var y = x.mul(0.9);
                    a = a.sub(y.outer(y));
                    factor = factor.downdate(y);
                    worst = Math.max(worst, maxDifference(factor.lower(), Cholesky.of(a).lower()));
                }
            }
        }
        Evidence.of("max difference", worst, below(1e-9));
    }

    @Test void downdateThatWouldLoseDefinitenessIsRefused() {
        var factor = Cholesky.of(Tensor.eye(DType.F64, 3));
        assertThatThrownBy(() -> factor.downdate(Tensor.of(0.0, 1.5, 0.0))).isInstanceOf(NotPositiveDefiniteException.class);
    }

    /** What the time rests on; the time itself is a row of the bench. Counted in the code as it runs, not from a formula. */
    @Test
    @Acceptance(topic = "cholesky", clause = 5) void theFactorTakesHalfTheWorkOfLu() throws ReflectiveOperationException {
        int n = 512;
        var g = gaussian(Rng.of(5), n, n);
        var a = g.matmul(g.transpose()).add(Tensor.eye(DType.F64, n).mul(n)).compute();
        double cube = (double) n * n * n, cholesky = operations("CholeskySteps", (Object) a.toRows()),
                lu = operations("LuSteps", a.toRows(), n, new int[n]);
        Evidence.of("flops of LU at n = 512 over 2 n^3 / 3", lu / (2 * cube / 3), equalTo(1, 0.01));
        Evidence.of("flops of Cholesky over n^3 / 3", cholesky / (cube / 3), equalTo(1, 0.1));
        Evidence.of("flops of Cholesky over those of LU", cholesky / lu, atMost(0.55));
    }

    /** Those of the loops, and those that a backend is asked for where the factorisation is one in blocks. */
    private static double operations(String type, Object... arguments) throws ReflectiveOperationException {
        var count = new FlopTally("lyceum.linalg.dense.");
        double[] asked = new double[1], counted = new double[1];
        var backend = Backend.current();
        var asking = (Backend) Proxy.newProxyInstance(Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, (p, method, in) -> {
            if (method.getName().equals("subtractProduct")) asked[0] += 2.0 * ((View) in[0]).size() * ((View) in[1]).shape()[1];
            if (method.getName().equals("substitute")) asked[0] += (double) ((View) in[0]).shape()[0] * ((View) in[2]).size();
            return method.invoke(backend, in);
        });
        Backend.with(asking, () -> {
            try {
                counted[0] = count.of(type, "factor", arguments);
            } catch (ReflectiveOperationException e) {
                throw new AssertionError(e);
            }
        });
        return counted[0] + asked[0];
    }

    @Test
    @Acceptance(topic = "cholesky", clause = 6) void correlatedSamplesHaveTheCovariance() {
        int n = 4, draws = 100_000;
        var rng = Rng.of(6);
        var b = gaussian(rng, n, n);
        var a = b.matmul(b.transpose()).add(Tensor.eye(DType.F64, n).mul(0.5));
        var x = Cholesky.of(a).times(gaussian(rng, n, draws));
        var covariance = x.matmul(x.transpose()).div(draws);
        double worst = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                double error = Math.sqrt((a.item(i, i) * a.item(j, j) + a.item(i, j) * a.item(i, j)) / draws);
                worst = Math.max(worst, Math.abs(covariance.item(i, j) - a.item(i, j)) / error);
            }
        }
        Evidence.of("standard errors", worst, below(4));
    }

    @Test void solvesInvertsAndWhitens() {
        var rng = Rng.of(9);
        for (int n : new int[] {1, 5, 70}) {
            var b = gaussian(rng, n, n);
            var a = b.matmul(b.transpose()).add(Tensor.eye(DType.F64, n));
            var c = Cholesky.of(a);
            var x = gaussian(rng, n, 9);
            assertThat(maxDifference(c.solve(a.matmul(x)), x)).isLessThan(1e-10 * n);
            assertThat(maxDifference(c.solve(a.matmul(x.select(1, 0))), x.select(1, 0))).isLessThan(1e-10 * n);
            assertThat(maxDifference(c.inverse().matmul(a), Tensor.eye(DType.F64, n))).isLessThan(1e-10 * n);
            assertThat(maxDifference(c.lower().matmul(c.solveLower(x)), x)).isLessThan(1e-11 * n);
            assertThat(c.det()).isCloseTo(Lu.of(a).det(), within(1e-10 * c.det()));
            assertThat(c.conditionEstimate()).isBetween(Norms.one(a) * Norms.one(c.inverse()) / 3,
                    Norms.one(a) * Norms.one(c.inverse()) * 1.0001);
        }
    }

    @Test void jitterRescuesASingularCovarianceAndSaysHowMuch() {
        var a = Tensor.ones(DType.F64, 5, 5);
        assertThatThrownBy(() -> Cholesky.of(a)).isInstanceOf(NotPositiveDefiniteException.class);
        var c = Cholesky.of(a, Cholesky.Jitter.STANDARD);
        assertThat(c.jitter()).isPositive().isLessThan(1e-9);
        assertThat(Cholesky.of(Tensor.eye(DType.F64, 3), Cholesky.Jitter.STANDARD).jitter()).isZero();
        assertThatThrownBy(() -> Cholesky.of(a.neg(), Cholesky.Jitter.STANDARD)).isInstanceOf(NotPositiveDefiniteException.class);
    }

    @Test void floatInputGivesFloatOutput() {
        var c = Cholesky.of(Tensor.of(new float[] {4, 2, 2, 3}, 2, 2));
        assertThat(c.lower().dtype()).isEqualTo(DType.F32);
        assertThat(c.lower().item(1, 0)).isEqualTo(1);
    }

    @Test void emptyAndScalarMatricesAreHandled() {
        assertThat(Cholesky.of(Tensor.zeros(DType.F64, 0, 0)).logDet()).isZero();
        assertThat(Cholesky.of(Tensor.full(DType.F64, 9, 1, 1)).lower().item(0, 0)).isEqualTo(3);
    }

    @Test void badInputIsNamed() {
        assertThatThrownBy(() -> Cholesky.of(Tensor.zeros(DType.F64, 2, 3))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("(2, 3)");
        assertThatThrownBy(() -> Cholesky.of(Tensor.of(new double[] {1, 0, Double.NaN, 1}, 2, 2)))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("cholesky: entry (1, 0) is NaN");
        for (int n : new int[] {5, 200}) { // above the diagonal nobody looks
            var rows = Tensor.eye(DType.F64, n).toRows();
            rows[0][n - 1] = Double.NaN;
            assertThat(Cholesky.of(Tensor.of(rows)).logDet()).isZero();
            rows[n - 1][n - 2] = Double.POSITIVE_INFINITY;
            assertThatThrownBy(() -> Cholesky.of(Tensor.of(rows)))
                    .hasMessageContaining("entry (" + (n - 1) + ", " + (n - 2) + ") is Infinity");
        }
        assertThatThrownBy(() -> Cholesky.of(Tensor.eye(DType.F64, 2)).solve(Tensor.zeros(DType.F64, 3))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("(3,)");
    }
}
