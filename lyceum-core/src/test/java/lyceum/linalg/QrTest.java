package lyceum.linalg;

import static lyceum.linalg.LinalgInputs.*;
import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class QrTest {
    private static final Golden GOLDEN = Golden.load("golden/qr.json");

    private static Recipe afterShape(Golden c) {
        var r = new Recipe(c.integer("input.seed"));
        r.uniforms(2);
        return r;
    }

    @Test
    @Acceptance(topic = "qr", clause = 1) void factorsRebuildTheMatrixAndEqualLapackUpToSigns() {
        double orthonormal = 0, rebuilt = 0, lapack = 0;
        var cases = GOLDEN.cases("shape");
        for (var c : cases) {
            int m = c.integer("input.m"), n = c.integer("input.n"), k = Math.min(m, n);
            var r = afterShape(c);
            var a = tensor(r.matrix(m, n));
            for (var qr : new Qr[] {Qr.of(a), Qr.of(a).signNormalised(), Qr.pivoted(a)}) {
                var permuted = a.transpose().rows(qr.pivots()).transpose();
                orthonormal = Math.max(orthonormal, norm(qr.q().transpose().matmul(qr.q()).sub(Tensor.eye(DType.F64, k))));
                rebuilt = Math.max(rebuilt, relative(qr.q().matmul(qr.r()), permuted));
            }
            var full = Qr.of(a).fullQ();
            orthonormal = Math.max(orthonormal, norm(full.transpose().matmul(full).sub(Tensor.eye(DType.F64, m))));
            var unique = Qr.of(a).signNormalised();
            if (c.has("expected.r")) {
                for (int j = 0; j < k; j++)
                    lapack = Math.max(lapack,
                            maxDifference(unique.r().select(0, j).narrow(0, j, n - j).toDoubleArray(), c.doubles("expected.r." + j)));
                if (c.has("expected.q")) lapack = Math.max(lapack, maxDifference(unique.q().toDoubleArray(), c.flat("expected.q")));
            } else {
                var w = Tensor.of(r.bells(n));
                lapack = Math.max(lapack, maxDifference(unique.r().diagonal().toDoubleArray(), c.doubles("expected.diagonal")));
                lapack = Math.max(lapack, maxDifference(unique.r().matmul(w).toDoubleArray(), c.doubles("expected.rw")));
                lapack = Math.max(lapack, maxDifference(unique.q().sum(0).toDoubleArray(), c.doubles("expected.qtOnes")));
            }
        }
        assertThat(cases).hasSize(200);
        Evidence.of("|Q'Q - I|", orthonormal, atMost(1e-13));
        Evidence.of("|QR - A| / |A|", rebuilt, atMost(1e-13));
        Evidence.of("difference from LAPACK", lapack, below(1e-10));
    }

    @Test
    @Acceptance(topic = "qr", clause = 2) void longleyCoefficientsHaveEightDigits() {
        var longley = Longley.of(GOLDEN);
        var plain = Qr.of(longley.design());
        double digits = longley.digitsRight(plain.solve(longley.response()));
        Evidence.of("significant digits", digits, atLeast(8));
        Evidence.of("with column pivoting", longley.digitsRight(Qr.pivoted(longley.design()).solve(longley.response())), atLeast(8));
        Evidence.of("with an explicit Q", longley.digitsRight(plain.signNormalised().solve(longley.response())), atLeast(8));
    }

    @Test
    @Acceptance(topic = "qr", clause = 3) void qrSolvesAVandermondeSystemWhereNormalEquationsFail() {
        var c = GOLDEN.cases("vandermonde").getFirst();
        int m = c.integer("input.rows"), n = c.integer("input.columns");
        var a = new double[m][n];
        for (int i = 0; i < m; i++) for (int j = 0; j < n; j++) a[i][j] = Math.pow((i + 1.0) / m, j);
        var b = tensor(a).sum(1);
        assertThat(Svd.of(tensor(a)).condition()).isBetween(1e8, 1e9);
        var truth = Tensor.ones(DType.F64, n);
        Evidence.of("error by QR", relative(Qr.of(tensor(a)).solve(b), truth), atMost(1e-6));
        Evidence.of("error by normal equations", plainNormalEquations(tensor(a), b, truth), above(1e-3));
    }

    /** As textbooks write them, {@code (A^T A) x = A^T b}; a Gram matrix that is not positive definite to rounding counts as an infinite error. */
    private static double plainNormalEquations(Tensor a, Tensor b, Tensor truth) {
        try {
            return relative(Cholesky.of(a.transpose().matmul(a)).solve(a.transpose().matmul(b)), truth);
        } catch (NotPositiveDefiniteException e) {
            return Double.POSITIVE_INFINITY;
        }
    }

    @Test
    @Acceptance(topic = "qr", clause = 4) void pivotingFindsThePlantedRank() {
        var rng = Rng.of(505);
        int found = 0;
        double longest = 0;
        for (int trial = 0; trial < 100; trial++) {
            int m = 1 + rng.nextInt(60), n = 1 + rng.nextInt(60), rank = 1 + rng.nextInt(Math.min(m, n));
            var a = gaussian(rng, m, rank).matmul(gaussian(rng, rank, n)).mul(Math.pow(10, rng.nextInt(41) - 20)); // in any unit
            var pivoted = Qr.pivoted(a);
            if (pivoted.rank(1e-11) == rank) found++;
            // Each pivot is the longest of what is left of the columns.
            double[][] r = pivoted.r().toRows();
            for (int j = 0; j < rank; j++) {
                for (int c = j; c < n; c++) {
                    double left = 0;
                    for (int i = j; i < r.length; i++) left = Math.hypot(left, r[i][c]);
                    longest = Math.max(longest, left / Math.abs(r[j][j]));
                }
            }
        }
        Evidence.of("found of 100", found, exactly(100));
        Evidence.of("longest rest of a column over its pivot's", longest, atMost(1 + 1e-7));
    }

    @Test void pivotsAndDiagonalEqualLapack() {
        for (var c : GOLDEN.cases("pivoted")) {
            int m = c.integer("input.m"), n = c.integer("input.n");
            var qr = Qr.pivoted(tensor(afterShape(c).matrix(m, n)));
            assertThat(qr.pivots()).containsExactly(c.ints("expected.pivots"));
            assertThat(maxDifference(qr.r().diagonal().abs().toDoubleArray(), c.doubles("expected.absoluteDiagonal"))).isLessThan(1e-12);
        }
    }

    @Test
    @Acceptance(topic = "qr", clause = 5) void rowUpdatesEqualRefactoring() {
        var rng = Rng.of(55);
        double worst = 0;
        for (int[] shape : new int[][] {{8, 3}, {3, 3}, {3, 6}, {1, 1}, {40, 25}, {25, 40}, {2, 1}}) {
            int m = shape[0], n = shape[1];
            var a = gaussian(rng, m, n);
            for (int step = 0; step < 3; step++) {
                int at = rng.nextInt(m + 1);
                var row = gaussian(rng, 1, n);
                var more = Tensor.concat(0, a.narrow(0, 0, at), row, a.narrow(0, at, m - at));
                worst = Math.max(worst, gap(Qr.of(a).insertRow(at, row.reshape(n)), more));
                worst = Math.max(worst, gap(Qr.of(more).deleteRow(at), a));
                worst = Math.max(worst, gap(Qr.of(a).insertRow(at, row.reshape(n)).deleteRow(at), a));
            }
        }
        Evidence.of("max difference", worst, below(1e-10));
    }

    private static double gap(Qr updated, Tensor a) {
        Qr u = updated.signNormalised(), fresh = Qr.of(a).signNormalised();
        return Math.max(Math.max(maxDifference(u.r(), fresh.r()), maxDifference(u.q(), fresh.q())), maxDifference(u.q().matmul(u.r()), a));
    }

    @Test void deletingTheRowThatCarriesARankStaysOrthonormal() {
        var a = Tensor.of(new double[] {1, 0, 0, 1, 0, 0}, 3, 2);
        var qr = Qr.of(a).deleteRow(1);
        assertThat(orthonormality(qr.q())).isLessThan(1e-15);
        assertThat(qr.q().matmul(qr.r()).toDoubleArray()).containsExactly(new double[] {1, 0, 0, 0}, within(1e-15));
    }

    @Test void pivotedUpdatesKeepThePivots() {
        var rng = Rng.of(12);
        var a = gaussian(rng, 7, 4);
        var row = gaussian(rng, 1, 4);
        var qr = Qr.pivoted(a).insertRow(7, row.reshape(4));
        var permuted = Tensor.concat(0, a, row).transpose().rows(qr.pivots()).transpose();
        assertThat(maxDifference(qr.q().matmul(qr.r()), permuted)).isLessThan(1e-14);
        assertThat(orthonormality(qr.fullQ())).isLessThan(1e-14);
    }

    @Test void solvesForManyRightHandSides() {
        var rng = Rng.of(2);
        var a = gaussian(rng, 50, 40);
        var x = gaussian(rng, 40, 11);
        assertThat(maxDifference(Qr.of(a).solve(a.matmul(x)), x)).isLessThan(1e-11);
        assertThat(maxDifference(Qr.pivoted(a).solve(a.matmul(x)), x)).isLessThan(1e-11);
        assertThat(maxDifference(Qr.of(a).signNormalised().solve(a.matmul(x)), x)).isLessThan(1e-11);
        assertThat(Qr.of(a.narrow(0, 0, 40)).absDet()).isCloseTo(Math.abs(Lu.of(a.narrow(0, 0, 40)).det()),
                within(1e-9 * Qr.of(a.narrow(0, 0, 40)).absDet()));
    }

    @Test void emptySingleAndBadInput() {
        assertThat(Qr.of(Tensor.zeros(DType.F64, 0, 3)).r().shape().toArray()).containsExactly(0, 3);
        assertThat(Qr.of(Tensor.zeros(DType.F64, 3, 0)).q().shape().toArray()).containsExactly(3, 0);
        assertThat(Qr.of(Tensor.full(DType.F32, -2, 1, 1)).signNormalised().r().item(0, 0)).isEqualTo(2);
        assertThat(Qr.pivoted(Tensor.zeros(DType.F64, 3, 2)).rank()).isZero();
        assertThatThrownBy(() -> Qr.of(Tensor.zeros(DType.F64, 2, 3)).solve(Tensor.zeros(DType.F64, 2))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("(2, 3)");
        assertThatThrownBy(() -> Qr.of(Tensor.zeros(DType.F64, 3, 2)).solve(Tensor.zeros(DType.F64, 3)))
                .isInstanceOf(SingularMatrixException.class).hasMessageContaining("pivot 0");
        assertThatThrownBy(() -> Qr.of(Tensor.zeros(DType.F64, 3, 2)).deleteRow(3)).hasMessageContaining("index is 3");
    }
}
