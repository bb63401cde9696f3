package lyceum.linalg;

import static lyceum.linalg.LinalgInputs.*;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.MathContext;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class PseudoInverseTest {
    private static final MathContext DIGITS = new MathContext(60);
    private static final Golden GOLDEN = Golden.load("golden/pseudoinverse.json");

    @Test
    @Acceptance(topic = "pseudoinverse", clause = 1) void penroseIdentitiesHoldAndValuesEqualNumpy() {
        double identities = 0, numpy = 0;
        var cases = GOLDEN.cases("pinv");
        for (var c : cases) {
            int m = c.integer("input.m"), n = c.integer("input.n"), rank = c.integer("input.rank");
            var r = new Recipe(c.integer("input.seed"));
            r.uniforms(3);
            var left = r.matrix(m, rank);
            var a = tensor(Recipe.product(left, r.matrix(rank, n)));
            for (var pinv : both(a, 1e-10)) {
                assertThat(pinv.rank()).isEqualTo(rank);
                var p = pinv.matrix();
                Tensor ap = a.matmul(p), pa = p.matmul(a);
                identities = Math.max(identities, Math.max(relative(ap.matmul(a), a), relative(pa.matmul(p), p)));
                identities = Math.max(identities, Math.max(relative(ap.transpose(), ap), relative(pa.transpose(), pa)));
                numpy = Math.max(numpy, maxDifference(p.toDoubleArray(), c.flat("expected.pinv")) / Math.max(1, maxAbs(p)));
            }
        }
        assertThat(cases).hasSize(200);
        Evidence.of("identities", identities, below(1e-10));
        Evidence.of("difference from numpy", numpy, below(1e-10));
    }

    /** The null space is known by construction: {@code A = L [I C]} sends the columns of {@code [-C; I]} to zero, and its range is that of L. */
    @Test
    @Acceptance(topic = "pseudoinverse", clause = 2) void theSolutionIsTheShortestAndItsResidualIsOrthogonalToTheRange() {
        var rng = Rng.of(504);
        double orthogonal = 0, inNull = 0, apart = 0;
        int shorter = 0, others = 0;
        for (int trial = 0; trial < 20; trial++) {
            int m = 2 + rng.nextInt(10), n = 3 + rng.nextInt(10), rank = 1 + rng.nextInt(Math.min(m, n - 1));
            Tensor left = gaussian(rng, m, rank), mix = gaussian(rng, rank, n - rank);
            var a = left.matmul(Tensor.concat(1, Tensor.eye(DType.F64, rank), mix)).compute();
            var nullSpace = Tensor.concat(0, mix.neg(), Tensor.eye(DType.F64, n - rank)).compute();
            var b = gaussian(rng, m, 1).reshape(m);
            for (var pinv : both(a, 1e-11)) {
                var x = pinv.solve(b);
                var residual = b.sub(a.matmul(x));
                orthogonal = Math.max(orthogonal, maxAbs(left.transpose().matmul(residual)));
                inNull = Math.max(inNull, maxAbs(nullSpace.transpose().matmul(x)));
                for (int i = 0; i < 100; i++) {
                    // From far away to near by: a solution that is not the shortest has shorter ones beside it.
                    var other = x.add(nullSpace.matmul(gaussian(rng, n - rank, 1).reshape(n - rank)).mul(Math.pow(10, -(i % 5))));
                    apart = Math.max(apart, maxAbs(b.sub(a.matmul(other)).sub(residual)));
                    if (norm(other) < norm(x)) shorter++;
                    others++;
                }
            }
        }
        Evidence.of("residual against the range", orthogonal, below(1e-10));
        Evidence.of("solution against the null space", inNull, below(1e-10));
        Evidence.of("residual of the others less its own", apart, below(1e-10));
        Evidence.of("other solutions", others, exactly(4000));
        Evidence.of("shorter ones among them", shorter, exactly(0));
    }

    private static PseudoInverse[] both(Tensor a, double rcond) {
        return new PseudoInverse[] {PseudoInverse.of(a, rcond), PseudoInverse.byOrthogonalDecomposition(a, rcond)};
    }

    /**
     * Ridge has {@code s / (s^2 + lambda)} where the pseudoinverse has {@code 1 / s}: {@code lambda / (s (s^2 + lambda))} apart, most for the least
     * positive singular value. In double precision a rank-deficient ridge problem at 1e-10 is itself uncertain by {@code eps |A| / lambda}, about
     * 1e-6: so ridge is solved here with 60 digits, on integer matrices of exact rank.
     */
    @Test
    @Acceptance(topic = "pseudoinverse", clause = 3) void ridgeConvergesToItAsThePenaltyVanishes() {
        var rng = Rng.of(33);
        double rate = 0, near = 0, limit = 0;
        int wellConditioned = 0;
        for (int trial = 0; trial < 40; trial++) {
            int m = 2 + rng.nextInt(8), n = 2 + rng.nextInt(8), rank = 1 + rng.nextInt(Math.min(m, n));
            var rows = Recipe.product(integers(rng, m, rank), integers(rng, rank, n));
            var a = tensor(rows);
            for (var pinv : both(a, 1e-10)) {
                var p = pinv.matrix();
                double least = Svd.of(a).singularValues()[pinv.rank() - 1], lambda = 1e-6;
                double apart = lambda / (least * (least * least + lambda));
                rate = Math.max(rate, Math.abs(spectralNorm(exactRidge(rows, "1e-6").sub(p)) / apart - 1));
                limit = Math.max(limit, maxDifference(exactRidge(rows, "1e-25"), p) / Math.max(1, maxAbs(p)));
                if (least < 0.05) continue;
                near = Math.max(near, spectralNorm(exactRidge(rows, "1e-10").sub(p)));
                wellConditioned++;
            }
        }
        Evidence.of("distance at 1e-6 over lambda / (s (s^2 + lambda)), less 1", rate, below(1e-6));
        Evidence.of("matrices, by SVD and by QR, whose s is at least 0.05", wellConditioned, atLeast(60));
        Evidence.of("distance at 1e-10 for those", near, below(1e-6));
        Evidence.of("ridge at 1e-25 against the pseudoinverse, over its largest entry", limit, below(1e-11));
    }

    private static double spectralNorm(Tensor a) { return Svd.of(a).singularValues()[0]; }

    private static double[][] integers(Rng rng, int m, int n) {
        var a = new double[m][n];
        for (double[] row : a) for (int j = 0; j < n; j++) row[j] = rng.nextInt(5) - 2;
        a[0][0] = 3;
        return a;
    }

    /** {@code (A'A + lambda I)^-1 A'} by Gauss-Jordan elimination of a positive definite matrix. */
    private static Tensor exactRidge(double[][] a, String penalty) {
        int m = a.length, n = a[0].length;
        var lambda = new BigDecimal(penalty);
        var w = new BigDecimal[n][n + m];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                double sum = 0;
                for (double[] row : a) sum += row[i] * row[j];
                w[i][j] = i == j ? new BigDecimal(sum).add(lambda) : new BigDecimal(sum);
            }
            for (int j = 0; j < m; j++) w[i][n + j] = new BigDecimal(a[j][i]);
        }
        for (int k = 0; k < n; k++) {
            for (int i = 0; i < n; i++) {
                if (i == k) continue;
                var factor = w[i][k].divide(w[k][k], DIGITS);
                for (int j = k; j < n + m; j++) w[i][j] = w[i][j].subtract(factor.multiply(w[k][j], DIGITS), DIGITS);
            }
        }
        var x = new double[n][m];
        for (int i = 0; i < n; i++) for (int j = 0; j < m; j++) x[i][j] = w[i][n + j].divide(w[i][i], DIGITS).doubleValue();
        return tensor(x);
    }

    @Test
    @Acceptance(topic = "pseudoinverse", clause = 4) void autodiffEqualsTheClosedFormDifferential() {
        var rng = Rng.of(44);
        double differential = 0, torch = 0;
        for (int trial = 0; trial < 20; trial++) {
            int m = 2 + rng.nextInt(6), n = 2 + rng.nextInt(6);
            Tensor a = gaussian(rng, m, n), da = gaussian(rng, m, n), g = gaussian(rng, n, m);
            var leaf = a.requiresGrad();
            Linalg.pinv(leaf).mul(g).sum().backward();
            differential = Math.max(differential,
                    Math.abs(leaf.grad().mul(da).sum().item() - goldenDifferential(a, da).mul(g).sum().item()));
        }
        for (var c : GOLDEN.cases("gradient")) {
            int m = c.integer("input.m"), n = c.integer("input.n");
            var r = new Recipe(c.integer("input.seed"));
            r.uniforms(2);
            var a = tensor(r.matrix(m, n)).requiresGrad();
            var value = tensor(r.matrix(n, m)).mul(Linalg.pinv(a)).sum();
            value.backward();
            torch = Math.max(torch, Math.abs(value.item() - c.number("expected.value")));
            torch = Math.max(torch, maxDifference(a.grad().toDoubleArray(), c.flat("expected.gradient")));
        }
        Evidence.of("against the differential", differential, below(1e-7));
        Evidence.of("against torch", torch, below(1e-7));
    }

    /** Golub and Pereyra (1973): {@code -P dA P + P P' dA' (I - A P) + (I - P A) dA' P' P}. */
    private static Tensor goldenDifferential(Tensor a, Tensor da) {
        var p = PseudoInverse.of(a).matrix();
        Tensor left = Tensor.eye(DType.F64, a.size(0)).sub(a.matmul(p)), right = Tensor.eye(DType.F64, a.size(1)).sub(p.matmul(a));
        return p.matmul(da).matmul(p).neg().add(p.matmul(p.transpose()).matmul(da.transpose()).matmul(left))
                .add(right.matmul(da.transpose()).matmul(p.transpose()).matmul(p));
    }

    @Test void zeroEmptyAndBadInput() {
        assertThat(PseudoInverse.of(Tensor.zeros(DType.F64, 2, 3)).matrix().toDoubleArray()).containsOnly(0).hasSize(6);
        assertThat(PseudoInverse.byOrthogonalDecomposition(Tensor.zeros(DType.F64, 2, 3)).matrix().toDoubleArray()).containsOnly(0)
                .hasSize(6);
        assertThat(PseudoInverse.of(Tensor.zeros(DType.F64, 0, 3)).matrix().shape().toArray()).containsExactly(3, 0);
        assertThat(PseudoInverse.of(Tensor.full(DType.F32, 4, 1, 1)).matrix().item(0, 0)).isEqualTo(0.25);
        assertThatThrownBy(() -> PseudoInverse.of(Tensor.eye(2), 2)).hasMessageContaining("rcond is 2.0");
    }
}
