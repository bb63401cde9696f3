package lyceum.linalg;

import static lyceum.linalg.LinalgInputs.*;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class LeastSquaresTest {
    private static final Golden GOLDEN = Golden.load("golden/ols.json");
    private static final Longley LONGLEY = Longley.of(GOLDEN);
    private static final LeastSquares NORMAL = new LeastSquares(LeastSquares.Method.NORMAL), QR = new LeastSquares(LeastSquares.Method.QR),
            SVD = new LeastSquares(LeastSquares.Method.SVD);

    @Test
    @Acceptance(topic = "ols", clause = 1) void qrReproducesLongleyAndNormalEquationsLoseDigits() {
        double qr = LONGLEY.digitsRight(QR.fit(LONGLEY.design(), LONGLEY.response()).coefficients());
        double normal = LONGLEY.digitsRight(NORMAL.fit(LONGLEY.design(), LONGLEY.response()).coefficients());
        Evidence.of("digits by QR", qr, atLeast(9));
        Evidence.of("digits by normal equations", normal, atMost(qr - 2));
        var chosen = LeastSquares.solve(LONGLEY.design(), LONGLEY.response());
        assertThat(chosen.method()).isEqualTo(LeastSquares.Method.QR);
        assertThat(chosen.condition()).isCloseTo(GOLDEN.cases("longley").getFirst().number("expected.conditionNumber"), within(1e4));
        // Of four times more rows than columns the conditioning decides; units of columns do not.
        Tensor twice = Tensor.concat(0, LONGLEY.design(), LONGLEY.design()),
                response = Tensor.concat(0, LONGLEY.response(), LONGLEY.response());
        Evidence.of("digits by the automatic choice of 32 rows", LONGLEY.digitsRight(LeastSquares.solve(twice, response).coefficients()),
                atLeast(9));
        Tensor easy = gaussian(Rng.of(46), 40, 5), units = Tensor.of(1e-3, 1, 1e3, 1e-2, 10), y = gaussian(Rng.of(47), 40, 1).reshape(40);
        assertThat(LeastSquares.solve(easy, y).method()).isEqualTo(LeastSquares.Method.NORMAL);
        assertThat(LeastSquares.solve(easy.mul(units), y).method()).isEqualTo(LeastSquares.Method.NORMAL);
    }

    @Test
    @Acceptance(topic = "ols", clause = 1) void longleyStandardErrorsAreTheCertifiedOnes() {
        var c = GOLDEN.cases("longley").getFirst();
        var fit = QR.fit(LONGLEY.design(), LONGLEY.response());
        double rss = fit.residualSumOfSquares().item(0);
        Evidence.of("residual sum of squares, relative", Gap.relative().see(c, "expected.residualSs", rss), atMost(1e-8));
        double[] variances = fit.covarianceFactor().diagonal().mul(rss / 9).toDoubleArray();
        Evidence.of("standard errors, relative",
                Gap.relative().see(c, "expected.standardErrors", Arrays.stream(variances).map(Math::sqrt).toArray()), atMost(1e-7));
    }

    @Test
    @Acceptance(topic = "ols", clause = 2) void theThreeMethodsAgreeOnWellConditionedSystems() {
        var rng = Rng.of(45);
        double worst = 0, units = 0;
        for (int trial = 0; trial < 100; trial++) {
            int n = 1 + rng.nextInt(12), m = 2 * n + rng.nextInt(30), k = 1 + rng.nextInt(3);
            Tensor a = gaussian(rng, m, n), y = gaussian(rng, m, k);
            var byQr = QR.fit(a, y).coefficients();
            worst = Math.max(worst, maxDifference(NORMAL.fit(a, y).coefficients(), byQr));
            worst = Math.max(worst, maxDifference(SVD.fit(a, y).coefficients(), byQr));
            worst = Math.max(worst, maxDifference(LeastSquares.solve(a, y).coefficients(), byQr));
            // Columns in units of their own: what was well conditioned stays so once they are scaled.
            var unit = Tensor.of(IntStream.range(0, n).mapToDouble(j -> rng.nextInt(7) - 3).map(e -> Math.pow(10, e)).toArray());
            var scaled = NORMAL.fit(a.mul(unit), y).coefficients().mul(unit.reshape(n, 1));
            units = Math.max(units, maxDifference(scaled, byQr));
        }
        Evidence.of("normal equations of columns in units from 1e-3 to 1e3, against QR in one", units, below(1e-9));
        Evidence.of("max difference", worst, below(1e-9));
    }

    @Test
    @Acceptance(topic = "ols", clause = 3) void theHatMatrixIsAProjectionOfTraceRank() {
        var rng = Rng.of(3);
        double symmetric = 0, idempotent = 0, trace = 0, maps = 0, covariance = 0;
        for (int trial = 0; trial < 40; trial++) {
            int m = 3 + rng.nextInt(20), n = 1 + rng.nextInt(10), rank = 1 + rng.nextInt(Math.min(m, n));
            var a = trial % 2 == 0 ? gaussian(rng, m, n) : gaussian(rng, m, rank).matmul(gaussian(rng, rank, n));
            var y = gaussian(rng, m, 2);
            for (var solver : new LeastSquares[] {QR, SVD, NORMAL}) {
                if (solver == NORMAL && (trial % 2 == 1 || m < 2 * n)) continue;
                var fit = solver.withRcond(1e-10).fit(a, y);
                var h = fit.hat();
                symmetric = Math.max(symmetric, maxDifference(h, h.transpose()));
                idempotent = Math.max(idempotent, maxDifference(h.matmul(h), h));
                trace = Math.max(trace, Math.abs(h.trace().item() - fit.rank()));
                maps = Math.max(maps, maxDifference(h.matmul(y), fit.fitted()));
                assertThat(maxDifference(fit.leverage(), h.diagonal())).isLessThan(1e-14);
                var inverse = PseudoInverse.of(a, 1e-10).matrix();
                covariance = Math.max(covariance, relative(fit.covarianceFactor(), inverse.matmul(inverse.transpose())));
            }
        }
        Evidence.of("asymmetry", symmetric, below(1e-10));
        Evidence.of("|HH - H|", idempotent, below(1e-10));
        Evidence.of("trace against rank", trace, below(1e-10));
        Evidence.of("|Hy - fitted|", maps, below(1e-9));
        Evidence.of("covariance factor against that of the pseudoinverse, relative", covariance, below(1e-9));
    }

    @Test
    @Acceptance(topic = "ols", clause = 4) void rankDeficientAnswersEqualNumpyLstsq() {
        double worst = 0;
        var cases = GOLDEN.cases("minimum-norm");
        for (var c : cases) {
            int m = c.integer("input.m"), n = c.integer("input.n"), k = c.integer("input.rightSides"), rank = c.integer("input.rank");
            var r = new Recipe(c.integer("input.seed"));
            r.uniforms(4);
            var left = r.matrix(m, rank);
            var a = tensor(Recipe.product(left, r.matrix(rank, n)));
            var b = tensor(r.matrix(m, k));
            for (var solver : new LeastSquares[] {QR, SVD, new LeastSquares()}) {
                var fit = solver.withRcond(1e-10).fit(a, b);
                assertThat(fit.rank()).isEqualTo(rank);
                worst = Math.max(worst, maxDifference(fit.coefficients().toDoubleArray(), c.flat("expected.x")));
            }
        }
        assertThat(cases).isNotEmpty();
        Evidence.of("max difference", worst, below(1e-9));
    }

    @Test void weightedSolutionsEqualTheReference() {
        for (var c : GOLDEN.cases("weighted")) {
            int m = c.integer("input.m"), n = c.integer("input.n");
            var r = new Recipe(c.integer("input.seed"));
            r.uniforms(2);
            var a = tensor(r.matrix(m, n));
            var b = Tensor.of(r.bells(m));
            var w = Tensor.of(r.uniforms(m)).add(0.25);
            for (var solver : new LeastSquares[] {NORMAL, QR, SVD}) {
                var fit = solver.fit(a, b, w);
                assertThat(maxDifference(fit.coefficients().toDoubleArray(), c.doubles("expected.x"))).isLessThan(1e-11);
                assertThat(maxDifference(fit.hat().matmul(b), fit.fitted())).isLessThan(1e-11);
                assertThat(maxDifference(fit.residuals(), b.sub(a.matmul(fit.coefficients())))).isLessThan(1e-14);
                assertThat(maxAbs(a.transpose().matmul(w.mul(fit.residuals())))).isLessThan(1e-12);
            }
        }
    }

    @Test void zeroWeightDropsARow() {
        var rng = Rng.of(8);
        Tensor a = gaussian(rng, 6, 2), y = gaussian(rng, 6, 1).reshape(6);
        var dropped = LeastSquares.solve(a.narrow(0, 0, 5), y.narrow(0, 0, 5)).coefficients();
        var weighted = new LeastSquares().fit(a, y, Tensor.of(1.0, 1, 1, 1, 1, 0)).coefficients();
        assertThat(maxDifference(weighted, dropped)).isLessThan(1e-13);
    }

    @Test void automaticChoiceFollowsConditioning() {
        var rng = Rng.of(1);
        var a = gaussian(rng, 200, 5);
        var y = gaussian(rng, 200, 1).reshape(200);
        assertThat(LeastSquares.solve(a, y).method()).isEqualTo(LeastSquares.Method.NORMAL);
        var nearlyDependent = Tensor.concat(1, a, a.narrow(1, 0, 1).add(gaussian(rng, 200, 1).mul(1e-7)));
        assertThat(LeastSquares.solve(nearlyDependent, y).method()).isEqualTo(LeastSquares.Method.QR);
        var dependent = Tensor.concat(1, a, a.narrow(1, 0, 1));
        assertThat(LeastSquares.solve(dependent, y).rank()).isEqualTo(5);
        assertThatThrownBy(() -> NORMAL.fit(Tensor.ones(DType.F64, 4, 2), Tensor.ones(DType.F64, 4)))
                .isInstanceOf(NotPositiveDefiniteException.class);
    }

    @Test void floatInputEmptyShapesAndBadArguments() {
        assertThat(LeastSquares.solve(Tensor.eye(3), Tensor.ones(3)).coefficients().dtype()).isEqualTo(DType.F32);
        assertThat(LeastSquares.solve(Tensor.zeros(DType.F64, 3, 0), Tensor.ones(DType.F64, 3)).coefficients().count()).isZero();
        assertThat(LeastSquares.solve(Tensor.zeros(DType.F64, 2, 3), Tensor.ones(DType.F64, 2)).coefficients().toDoubleArray())
                .containsExactly(0, 0, 0);
        assertThatThrownBy(() -> LeastSquares.solve(Tensor.eye(3), Tensor.ones(4))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("(4,)");
        assertThatThrownBy(() -> QR.fit(Tensor.eye(2), Tensor.ones(2), Tensor.of(1.0, -1.0))).hasMessageContaining("weight 1 is -1.0");
        assertThatThrownBy(() -> LeastSquares.solve(Tensor.eye(2), Tensor.of(1.0, Double.NaN))).hasMessageContaining("entry 1 is NaN");
    }

    @Test void floatsKeepTheDigitsThatTheirColumnsHave() {
        Tensor a = LONGLEY.design().to(DType.F32), y = LONGLEY.response().to(DType.F32);
        for (var method : LeastSquares.Method.values()) {
            var fit = new LeastSquares(method).fit(a, y);
            assertThat(fit.rank()).as("%s", method).isEqualTo(7);
            assertThat(LONGLEY.digitsRight(fit.coefficients())).as("%s", method).isGreaterThan(4.5);
        }
    }

    /** Units of columns change neither the rank nor which solution is the shortest one. */
    @Test void dependentColumnsOfVeryDifferentUnitsHaveTheirRankAndTheShortestSolution() {
        var rng = Rng.of(91);
        for (double unit : new double[] {1e-9, 1, 1e9}) {
            // The last column is the second plus three times the third, to rounding; the null space is (0, 1, 3, -1).
            Tensor b = gaussian(rng, 20, 3).mul(Tensor.of(1, unit, unit)), y = gaussian(rng, 20, 1).reshape(20);
            var a = Tensor.concat(1, b, b.narrow(1, 1, 1).add(b.narrow(1, 2, 1).mul(3)));
            for (var solver : new LeastSquares[] {QR, SVD, new LeastSquares()}) {
                var fit = solver.fit(a, y);
                assertThat(fit.rank()).isEqualTo(3);
                double[] x = fit.coefficients().toDoubleArray();
                // The null vector is known to rounding times the ratio of the units; fitted values do not depend on it.
                assertThat((x[1] + 3 * x[2] - x[3]) / fit.coefficients().square().sum().sqrt().item()).isCloseTo(0,
                        within(1e-14 * Math.max(100, unit)));
                assertThat(maxDifference(fit.fitted(), QR.fit(b, y).fitted())).isLessThan(1e-12);
                if (unit > 1) continue;
                var inUnits = Tensor.of(1, unit, unit, unit);
                var again = fit.covarianceFactor().matmul(a.transpose()).matmul(y);
                assertThat(maxDifference(again.mul(inUnits), fit.coefficients().mul(inUnits))).isLessThan(1e-11);
            }
        }
    }
}
