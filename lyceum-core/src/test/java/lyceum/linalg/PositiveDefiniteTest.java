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
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class PositiveDefiniteTest {
    /** {@code Q diag(values) Q^T} with a random rotation, symmetric to the last bit. */
    private static Tensor turned(Rng rng, double... values) {
        var q = Qr.of(gaussian(rng, values.length, values.length)).q();
        var a = q.mul(Tensor.of(values).unsqueeze(0)).matmul(q.transpose());
        return a.add(a.transpose()).div(2).compute();
    }

    @Test
    @Acceptance(topic = "psd-matrices", clause = 1) void fourTestsFindThePlantedInertia() {
        var rng = Rng.of(503);
        int matrices = 0, eigen = 0, ldl = 0, minors = 0, cholesky = 0, definite = 0, semidefinite = 0, indefinite = 0;
        for (; matrices < 1_000; matrices++) {
            int n = 1 + rng.nextInt(12), plus = 0, zero = 0;
            var values = new double[n];
            for (int i = 0; i < n; i++) {
                double size = Math.pow(10, 2 * rng.nextDouble() - 1), u = rng.nextDouble();
                values[i] = switch (matrices % 4) {
                    case 0 -> size;
                    case 1 -> u < 0.4 ? 0 : size;
                    case 2 -> u < 0.3 ? 0 : u < 0.6 ? -size : size;
                    default -> u < 0.15 ? -size : size;
                };
                if (values[i] > 0) plus++;
                if (values[i] == 0) zero++;
            }
            var planted = new Inertia(plus, zero, n - plus - zero);
            var a = turned(rng, values).mul(Math.exp(3 * rng.nextGaussian()));
            double tolerance = PositiveDefinite.defaultTolerance(a);
            if (!PositiveDefinite.inertia(a, PositiveDefinite.Method.EIGENVALUES, tolerance).equals(planted)) eigen++;
            if (!PositiveDefinite.inertia(a, PositiveDefinite.Method.LDL, tolerance).equals(planted)) ldl++;
            if (!PositiveDefinite.inertia(a, PositiveDefinite.Method.MINORS, tolerance).equals(planted)) minors++;
            for (var method : PositiveDefinite.Method.values()) {
                boolean right = PositiveDefinite.isDefinite(a, method, tolerance) == (plus == n)
                        && PositiveDefinite.isSemidefinite(a, method, tolerance) == (plus + zero == n);
                if (method == PositiveDefinite.Method.CHOLESKY && !right) cholesky++;
                else assertThat(right).as("%s of %s", method, planted).isTrue();
            }
            if (plus == n) definite++;
            else if (plus + zero == n) semidefinite++;
            else if (planted.isIndefinite()) indefinite++;
        }
        Evidence.of("matrices", matrices, exactly(1_000));
        Evidence.of("inertias by eigenvalues that differ from the planted", eigen, exactly(0));
        Evidence.of("inertias by pivots of LDL' that differ", ldl, exactly(0));
        Evidence.of("inertias by leading minors that differ", minors, exactly(0));
        Evidence.of("answers of Cholesky that differ, definite or semidefinite", cholesky, exactly(0));
        Evidence.that("kinds: " + definite + " definite, " + semidefinite + " semidefinite, " + indefinite + " indefinite",
                definite > 200 && semidefinite > 150 && indefinite > 200);
    }

    /** Semidefinite to {@code tolerance}, told by a factor rather than by the eigenvalues that the projection comes from. */
    private static boolean semidefinite(Tensor a, double tolerance) {
        try {
            Cholesky.of(a.add(Tensor.eye(DType.F64, a.size(0)).mul(tolerance)));
            return true;
        } catch (NotPositiveDefiniteException e) {
            return false;
        }
    }

    @Test
    @Acceptance(topic = "psd-matrices", clause = 2) void theProjectionIsTheNearestSemidefiniteMatrix() {
        var rng = Rng.of(5032);
        int negative = 0, draws = 0, feasible = 0;
        double slack = 0, nearer = Double.POSITIVE_INFINITY, moved = 0;
        for (int matrix = 0; matrix < 100; matrix++) {
            int n = 2 + rng.nextInt(7);
            var g = gaussian(rng, n, n);
            Tensor a = g.add(g.transpose()).div(2).compute(), p = PositiveDefinite.nearest(a), rest = p.sub(a).compute();
            if (!semidefinite(p, 1e-12)) negative++;
            if (!semidefinite(rest, 1e-12)) negative++;
            slack = Math.max(slack, Math.abs(p.matmul(rest).trace().item()));
            moved = Math.max(moved, norm(rest));
            double distance = norm(rest);
            for (int i = 0; i < 100; i++, draws++) {
                double t = Math.pow(10, -6 * rng.nextDouble());
                var h = gaussian(rng, n, 1 + rng.nextInt(n));
                // Towards another semidefinite matrix, so that P + t E stays one for t <= 1; or E itself semidefinite.
                var e = h.matmul(h.transpose());
                if (i % 2 == 0) e = e.sub(p);
                var other = p.add(e.mul(t)).compute();
                if (semidefinite(other, 1e-12)) feasible++;
                nearer = Math.min(nearer, norm(other.sub(a)) - distance);
            }
        }
        Evidence.of("P or P - A with an eigenvalue below -1e-12", negative, exactly(0));
        Evidence.of("|tr(P (P - A))|", slack, atMost(1e-10));
        Evidence.of("perturbations", draws, exactly(10_000));
        Evidence.of("perturbed matrices that are semidefinite", feasible, exactly(10_000));
        Evidence.of("least gain in distance by a perturbation", nearer, atLeast(-1e-12));
        Evidence.of("largest distance that was to go", moved, above(1));
        // Of a matrix that is not symmetric, the one nearest to its symmetric part.
        Tensor skew = gaussian(rng, 4, 4), sum = skew.add(skew.transpose()).div(2);
        assertThat(maxDifference(PositiveDefinite.nearest(skew), PositiveDefinite.nearest(sum))).isLessThan(1e-14);
    }

    @Test
    @Acceptance(topic = "psd-matrices", clause = 3) void highamsExampleHasHisOffDiagonals() {
        var c = Tensor.of(new double[][] {{1, 1, 0}, {1, 1, 1}, {0, 1, 1}});
        var found = new NearestCorrelation().run(c);
        double[][] x = found.matrix().toRows();
        var digits = Gap.absolute().see("beside the diagonal", x[0][1], 0.7607).see("and below", x[1][2], 0.7607).see("corner", x[0][2],
                0.1573);
        Evidence.of("gap to the published digits", digits, atMost(0.5e-4));
        Evidence.of("diagonal, from 1", Math.max(Math.abs(x[0][0] - 1), Math.max(Math.abs(x[1][1] - 1), Math.abs(x[2][2] - 1))),
                exactly(0));
        Evidence.that("it converged in " + found.iterations() + " steps and is semidefinite",
                found.converged() && semidefinite(found.matrix(), 1e-8));
        assertThat(new NearestCorrelation().withMaxIterations(3).run(c).converged()).isFalse();
        var sound = Tensor.of(new double[][] {{1, 0.5}, {0.5, 1}});
        assertThat(maxDifference(NearestCorrelation.of(sound), sound)).isLessThan(1e-14);
        assertThat(PositiveDefinite.isSemidefinite(found.matrix())).as("to rounding, not to the tolerance of the steps").isTrue();
    }

    /** No correlation matrix on the way to another is nearer: what alternating projections without the correction fail. */
    @Test void noOtherCorrelationMatrixIsNearer() {
        var rng = Rng.of(5033);
        for (int draw = 0; draw < 10; draw++) {
            int n = 5;
            var g = Tensor.rand(rng, DType.F64, n, n).mul(2).sub(1);
            Tensor a = g.tril(-1).add(g.tril(-1).transpose()).add(Tensor.eye(DType.F64, n)).compute(), x = NearestCorrelation.of(a);
            for (int i = 0; i < 50; i++) {
                Tensor h = gaussian(rng, n, n + 1), cov = h.matmul(h.transpose()), d = cov.diagonal().sqrt();
                var direction = cov.div(d.unsqueeze(0)).div(d.unsqueeze(1)).sub(x);
                assertThat(direction.mul(x.sub(a)).sum().item()).isGreaterThan(-1e-6);
            }
        }
    }

    private static Tensor kernel(Tensor x, boolean tanh, double scale) {
        int m = (int) x.size(0);
        double[][] rows = x.toRows();
        var k = new double[m][m];
        for (int i = 0; i < m; i++) for (int j = 0; j < m; j++) {
            double dot = 0, square = 0;
            for (int c = 0; c < rows[i].length; c++) {
                dot += rows[i][c] * rows[j][c];
                square += (rows[i][c] - rows[j][c]) * (rows[i][c] - rows[j][c]);
            }
            k[i][j] = tanh ? Math.tanh(scale * dot - 1) : Math.exp(-scale * square);
        }
        return tensor(k);
    }

    @Test
    @Acceptance(topic = "psd-matrices", clause = 4) void gaussianKernelsPassAndATanhKernelIsFlagged() {
        var rng = Rng.of(5034);
        double least = Double.POSITIVE_INFINITY, nearlySingular = 1;
        int matrices = 0, refused = 0;
        for (; matrices < 60; matrices++) {
            int m = 5 + rng.nextInt(60), d = 1 + rng.nextInt(5);
            Tensor x = gaussian(rng, m, d), k = kernel(x, false, Math.pow(10, 3 * rng.nextDouble() - 2));
            double[] values = Eigen.symmetricValues(k).toDoubleArray();
            least = Math.min(least, values[0]);
            nearlySingular = Math.min(nearlySingular, values[0] / values[m - 1]);
            for (var method : new PositiveDefinite.Method[] {PositiveDefinite.Method.EIGENVALUES, PositiveDefinite.Method.LDL,
                    PositiveDefinite.Method.CHOLESKY})
                if (!PositiveDefinite.isSemidefinite(k, method, PositiveDefinite.defaultTolerance(k))) refused++;
            if (PositiveDefinite.witness(k).isPresent() || !semidefinite(k, 1e-10)) refused++;
        }
        Evidence.of("RBF Gram matrices", matrices, exactly(60));
        Evidence.of("least eigenvalue", least, atLeast(-1e-10));
        Evidence.of("least over largest eigenvalue: some are singular to rounding", nearlySingular, below(1e-14));
        Evidence.of("RBF Gram matrices refused by a test", refused, exactly(0));
        var bad = kernel(gaussian(rng, 20, 2), true, 1);
        int flagged = 0;
        for (var method : new PositiveDefinite.Method[] {PositiveDefinite.Method.EIGENVALUES, PositiveDefinite.Method.LDL,
                PositiveDefinite.Method.CHOLESKY, PositiveDefinite.Method.MINORS})
            if (!PositiveDefinite.isSemidefinite(bad, method, PositiveDefinite.defaultTolerance(bad))) flagged++;
        Evidence.of("tests that flag a tanh kernel", flagged, exactly(4));
        var v = PositiveDefinite.witness(bad).orElseThrow();
        Evidence.of("v'Kv of the witness", v.dot(bad.matmul(v)).item(), below(-0.1));
        Evidence.of("and above the least eigenvalue", v.dot(bad.matmul(v)).item() - Eigen.symmetricValues(bad).item(0), atMost(1e-10));
    }

    @Test
    @Acceptance(topic = "psd-matrices", clause = 5) void theRootSquaredIsTheMatrix() {
        var rng = Rng.of(5035);
        double gap = 0;
        int negative = 0, singular = 0, matrices = 0;
        for (; matrices < 200; matrices++) {
            int n = 1 + rng.nextInt(20), r = 1 + rng.nextInt(n + 3);
            var g = gaussian(rng, n, r);
            Tensor a = g.matmul(g.transpose()).compute(), root = PositiveDefinite.sqrt(a);
            gap = Math.max(gap, maxDifference(root.matmul(root), a));
            if (!semidefinite(root, 1e-6)) negative++; // roots of rounding errors: sqrt(1e-14)
            if (r < n) singular++;
        }
        Evidence.of("matrices", matrices, exactly(200));
        Evidence.of("largest entry of S S - A", gap, atMost(1e-10));
        Evidence.of("roots with a negative eigenvalue", negative, exactly(0));
        Evidence.that("singular ones among them: " + singular, singular > 50);
        assertThatThrownBy(() -> PositiveDefinite.sqrt(Tensor.of(new double[][] {{1, 2}, {2, 1}})))
                .hasMessageContaining("least eigenvalue is -");
    }

    @Test void fidelityIsTheTraceOfTheRootBetweenTheRoots() {
        var rng = Rng.of(5037);
        double gap = 0;
        for (int draw = 0; draw < 100; draw++) {
            int n = 1 + rng.nextInt(20), r = 1 + rng.nextInt(n + 3), k = 1 + rng.nextInt(n + 3);
            Tensor g = gaussian(rng, n, r), h = gaussian(rng, n, k), a = g.matmul(g.transpose()).compute(),
                    b = h.matmul(h.transpose()).compute();
            // whatever the roots are: g and h are some
            double nuclear = Svd.values(h.transpose().matmul(g)).sum().item();
            gap = Math.max(gap, Math.abs(PositiveDefinite.fidelity(a, b) - nuclear) / nuclear);
            gap = Math.max(gap, Math.abs(PositiveDefinite.fidelity(b, a) - nuclear) / nuclear);
        }
        Evidence.of("relative gap, also of singular matrices", gap, atMost(1e-6)); // roots of rounding errors
        Tensor v = Tensor.of(new double[] {1, 1, 1}, 3, 1), w = Tensor.of(new double[] {1, 2, -3}, 3, 1);
        assertThat(PositiveDefinite.fidelity(v.matmul(v.transpose()), w.matmul(w.transpose()))).as("of nothing in common").isLessThan(1e-5);
        var rounded = Tensor.of(new float[] {0.01f, 0.07f, 0.07f, 0.49f}, 2, 2); // singular but for the digits of F32
        assertThat(PositiveDefinite.fidelity(rounded, Tensor.eye(2))).isCloseTo(Math.sqrt(0.5), within(1e-4));
        assertThat(PositiveDefinite.fidelity(Tensor.eye(2), rounded)).isCloseTo(Math.sqrt(0.5), within(1e-4));
        Tensor one = Tensor.eye(DType.F64, 2), bad = Tensor.of(new double[][] {{1, 2}, {2, 1}});
        assertThatThrownBy(() -> PositiveDefinite.fidelity(bad, one)).hasMessageContaining("least eigenvalue is -");
        assertThatThrownBy(() -> PositiveDefinite.fidelity(one, bad)).hasMessageContaining("second matrix has a negative eigenvalue");
        assertThatThrownBy(() -> PositiveDefinite.fidelity(one, Tensor.eye(DType.F64, 3))).isInstanceOf(ShapeException.class);
    }

    @Test void schurComplementsAndLoewnersOrder() {
        var rng = Rng.of(5036);
        for (int draw = 0; draw < 20; draw++) {
            int n = 3 + rng.nextInt(6), k = 1 + rng.nextInt(n - 1);
            var a = turned(rng, Tensor.rand(rng, DType.F64, n).add(0.2).toDoubleArray());
            // The complement is the inverse of the lower block of the inverse.
            var expected = Lu.of(Lu.of(a).inverse().slice(0, k, n, 1).slice(1, k, n, 1)).inverse();
            assertThat(maxDifference(PositiveDefinite.schurComplement(a, k), expected)).isLessThan(1e-11);
            var v = gaussian(rng, n, 1);
            Tensor more = a.add(v.matmul(v.transpose()));
            assertThat(PositiveDefinite.atLeast(more, a)).isTrue();
            assertThat(PositiveDefinite.atLeast(a, more)).isFalse();
            assertThat(PositiveDefinite.atLeast(a, a)).isTrue();
        }
        Tensor wide = Tensor.of(new double[][] {{2, 0}, {0, 1}}), tall = Tensor.of(new double[][] {{1, 0}, {0, 2}});
        assertThat(PositiveDefinite.atLeast(wide, tall) || PositiveDefinite.atLeast(tall, wide)).isFalse();
        assertThat(PositiveDefinite.inertia(Tensor.zeros(DType.F64, 3, 3))).isEqualTo(new Inertia(0, 3, 0));
        assertThatThrownBy(() -> PositiveDefinite.inertia(wide, PositiveDefinite.Method.CHOLESKY, 0)).hasMessageContaining("use LDL");
        // Minors far below the range of doubles, whose signs still tell.
        double[] values = new double[40];
        for (int i = 0; i < 40; i++) values[i] = (i % 3 - 1) * (0.5 + rng.nextDouble()) * 1e-9;
        assertThat(PositiveDefinite.inertia(turned(rng, values), PositiveDefinite.Method.MINORS, 1e-12)).isEqualTo(new Inertia(13, 13, 14));
        // Less the shift of 0.25 times 4 its first minor is 0.
        assertThat(PositiveDefinite.inertia(Tensor.of(new double[][] {{1, 3}, {3, 0}}), PositiveDefinite.Method.MINORS, 0.25))
                .isEqualTo(new Inertia(1, 0, 1));
        assertThatThrownBy(() -> PositiveDefinite.isDefinite(Tensor.of(new double[][] {{4, 99}, {2, 3}})))
                .hasMessageContaining("must be symmetric");
    }
}
