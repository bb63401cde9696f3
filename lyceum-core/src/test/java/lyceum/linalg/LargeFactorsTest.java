package lyceum.linalg;

import static lyceum.linalg.LinalgInputs.gaussian;
import static lyceum.linalg.LinalgInputs.maxAbs;
import static lyceum.linalg.LinalgInputs.maxDifference;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.function.Supplier;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Parallel;
import lyceum.memory.Scope;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Factors of matrices so large that they are computed in blocks outside the heap: about the borders of blocks, and beside the loops over rows. */
class LargeFactorsTest {
    private static final int[] SIZES = {96, 97, 128, 200, 257, 300};

    private static Tensor positive(int n) {
        var a = gaussian(Rng.of(n), n, n);
        return a.matmul(a.transpose()).div(n).add(Tensor.eye(DType.F64, n)).compute();
    }

    /** What plain loops give. */
    private static Tensor byLoops(Supplier<Tensor> body) {
        var result = new Tensor[1];
        Backend.with(Backend.named("scalar"), () -> result[0] = body.get().compute());
        return result[0];
    }

    @Test void choleskyRebuildsSolvesAndEqualsTheLoops() {
        for (int n : SIZES) {
            var a = positive(n);
            var c = Cholesky.of(a);
            assertThat(maxDifference(c.lower().matmul(c.lower().transpose()), a)).as("n = %d", n).isLessThan(1e-13 * n);
            assertThat(maxAbs(c.lower().triu(1))).isZero();
            assertThat(maxDifference(c.lower(), byLoops(() -> Cholesky.of(a).lower()))).isLessThan(1e-12);
            for (Tensor x : new Tensor[] {gaussian(Rng.of(1), n, 5), gaussian(Rng.of(1), n, 130), gaussian(Rng.of(1), n, 1).flatten()}) {
                assertThat(maxDifference(c.solve(a.matmul(x)), x)).isLessThan(1e-10);
                assertThat(maxDifference(c.lower().matmul(c.solveLower(x)), x)).isLessThan(1e-11);
            }
            assertThat(maxDifference(c.inverse().matmul(a), Tensor.eye(DType.F64, n))).isLessThan(1e-11);
            assertThat(c.logDet()).isCloseTo(Lu.of(a).logAbsDet(), within(1e-9));
            var x = gaussian(Rng.of(2), n, 1).flatten();
            var updated = c.update(x).lower();
            assertThat(maxDifference(updated.matmul(updated.transpose()), a.add(x.outer(x)))).isLessThan(1e-11);
        }
    }

    @Test void choleskyReadsTheLowerTriangleAndNamesThePivot() {
        int n = 230;
        var a = positive(n);
        var l = Cholesky.of(a).lower();
        assertThat(maxDifference(Cholesky.of(a.tril().add(Tensor.full(DType.F64, 7.0, n, n).triu(1))).lower(), l)).isZero();
        for (int planted : new int[] {0, 31, 32, 100, 229}) {
            var d = new double[n];
            d[planted] = -2 * a.item(planted, planted);
            var broken = a.add(Tensor.of(d).diag());
            assertThatThrownBy(() -> Cholesky.of(broken)).isInstanceOf(NotPositiveDefiniteException.class)
                    .satisfies(e -> assertThat(((NotPositiveDefiniteException) e).pivotIndex()).isEqualTo(planted));
        }
        var infinite = a.add(Tensor.of(new double[] {Double.POSITIVE_INFINITY})
                .mul(Tensor.eye(DType.F64, n).select(0, 3).outer(Tensor.eye(DType.F64, n).select(0, 5))));
        assertThatThrownBy(() -> Cholesky.of(infinite)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test void luRebuildsSolvesAndEqualsTheLoops() {
        for (int[] s : new int[][] {{96, 96}, {97, 97}, {257, 257}, {300, 300}, {150, 400}, {400, 150}, {129, 128}}) {
            int m = s[0], n = s[1];
            var a = gaussian(Rng.of(m + n), m, n);
            var lu = Lu.of(a);
            assertThat(maxDifference(lu.lower().matmul(lu.upper()), a.rows(lu.permutation()))).as("%d x %d", m, n).isLessThan(1e-12);
            assertThat(maxAbs(lu.lower())).isEqualTo(1);
            assertThat(maxDifference(lu.upper(), byLoops(() -> Lu.of(a).upper()))).isLessThan(1e-10);
            if (m != n) continue;
            double scale = 1e-14 * lu.conditionEstimate();
            for (Tensor x : new Tensor[] {gaussian(Rng.of(1), n, 5), gaussian(Rng.of(1), n, 140), gaussian(Rng.of(1), n, 1).flatten()}) {
                assertThat(maxDifference(lu.solve(a.matmul(x)), x)).isLessThan(scale);
                assertThat(maxDifference(lu.solveTransposed(a.transpose().matmul(x)), x)).isLessThan(scale);
            }
            assertThat(maxDifference(lu.inverse().matmul(a), Tensor.eye(DType.F64, n))).isLessThan(scale);
            assertThat(lu.detSign()).isEqualTo((int) byLoops(() -> Tensor.scalar(Lu.of(a).detSign())).item());
        }
    }

    @Test void aSingularMatrixIsNamedByItsPivot() {
        int n = 200;
        var a = gaussian(Rng.of(5), n, n).mul(Tensor.ones(DType.F64, n).sub(Tensor.eye(DType.F64, n).select(0, 170)));
        var lu = Lu.of(a);
        assertThat(lu.isNonsingular()).isFalse();
        assertThat(lu.det()).isZero();
        assertThatThrownBy(() -> lu.solve(Tensor.ones(DType.F64, n))).isInstanceOf(SingularMatrixException.class)
                .hasMessageContaining("pivot 170 is 0");
        assertThatThrownBy(() -> Lu.of(a.add(Tensor.of(Double.NaN)))).hasMessageContaining("entry (0, 0) is NaN");
    }

    @Test void qrRebuildsAndEqualsTheLoops() {
        for (int[] s : new int[][] {{96, 96}, {97, 97}, {257, 257}, {450, 450}, {150, 400}, {600, 150}, {129, 128}}) {
            int m = s[0], n = s[1], k = Math.min(m, n);
            var a = gaussian(Rng.of(m + 2 * n), m, n);
            var qr = Qr.of(a);
            assertThat(maxDifference(qr.q().matmul(qr.r()), a)).as("%d x %d", m, n).isLessThan(1e-12);
            assertThat(maxDifference(qr.q().transpose().matmul(qr.q()), Tensor.eye(DType.F64, k))).isLessThan(1e-13);
            assertThat(maxAbs(qr.r().tril(-1))).isZero();
            assertThat(maxDifference(qr.r(), byLoops(() -> Qr.of(a).r()))).isLessThan(1e-11);
            var full = qr.fullQ();
            assertThat(maxDifference(full.transpose().matmul(full), Tensor.eye(DType.F64, m))).isLessThan(1e-13);
            assertThat(maxDifference(qr.signNormalised().q().matmul(qr.signNormalised().r()), a)).isLessThan(1e-12);
            if (m < n) continue;
            var x = gaussian(Rng.of(1), n, 3);
            assertThat(maxDifference(qr.solve(a.matmul(x)), x)).isLessThan(1e-9);
        }
    }

    @Test void aRepeatedColumnLeavesQOrthogonal() {
        var a = gaussian(Rng.of(8), 300, 120);
        var twice = Tensor.concat(1, a, a, Tensor.zeros(DType.F64, 300, 4));
        var qr = Qr.of(twice);
        assertThat(maxDifference(qr.q().transpose().matmul(qr.q()), Tensor.eye(DType.F64, 244))).isLessThan(1e-13);
        assertThat(maxDifference(qr.q().matmul(qr.r()), twice)).isLessThan(1e-12);
    }

    @Test void theBitsDoNotDependOnTheThreadsAndOutliveAScope() {
        var a = positive(500);
        Supplier<Tensor> all = () -> Tensor.concat(0, Cholesky.of(a).lower(), Lu.of(a).upper(), Qr.of(a).q(), Lu.of(a).solve(a));
        var parallel = all.get().toDoubleArray();
        var alone = new double[1][];
        Parallel.sequentially(() -> alone[0] = all.get().toDoubleArray());
        assertThat(alone[0]).isEqualTo(parallel);
        Cholesky kept;
        Lu lu;
        try (var scope = Scope.open("short")) {
            kept = Cholesky.of(a);
            lu = Lu.of(a);
        }
        assertThat(maxDifference(kept.solve(a), Tensor.eye(DType.F64, 500))).isLessThan(1e-11);
        assertThat(maxDifference(lu.solve(a), Tensor.eye(DType.F64, 500))).isLessThan(1e-11);
    }

    @Test void factorsSolveUnderABackendWithoutKernels() {
        int n = 130;
        var a = positive(n);
        var x = gaussian(Rng.of(1), n, 3);
        var b = a.matmul(x).compute();
        var cholesky = Cholesky.of(a);
        var lu = Lu.of(a);
        assertThat(maxDifference(byLoops(() -> cholesky.solve(b)), x)).isLessThan(1e-10);
        assertThat(maxDifference(byLoops(() -> lu.solve(b)), x)).isLessThan(1e-10);
        assertThat(maxDifference(byLoops(() -> cholesky.solveLower(b)), cholesky.solveLower(b))).isLessThan(1e-11);
    }

    @Test void singlePrecisionIsComputedInDouble() {
        var a = positive(120);
        assertThat(Cholesky.of(a.to(DType.F32)).lower().dtype()).isEqualTo(DType.F32);
        assertThat(maxDifference(Cholesky.of(a.to(DType.F32)).lower().to(DType.F64), Cholesky.of(a).lower())).isLessThan(1e-6);
        assertThat(Qr.of(a.to(DType.F32)).q().dtype()).isEqualTo(DType.F32);
        assertThat(Lu.of(a.to(DType.F32)).solve(a.to(DType.F32)).dtype()).isEqualTo(DType.F32);
    }
}
