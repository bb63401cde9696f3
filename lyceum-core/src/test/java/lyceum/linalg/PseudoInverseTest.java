package lyceum.linalg;

import static lyceum.linalg.LinalgInputs.*;
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
            for (var pinv : new PseudoInverse[] {PseudoInverse.of(a, 1e-10), PseudoInverse.byOrthogonalDecomposition(a, 1e-10)}) {
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

    @Test
    @Acceptance(topic = "pseudoinverse", clause = 2) void theSolutionIsTheShortestAndItsResidualIsOrthogonalToTheRange() {
        var rng = Rng.of(504);
        double orthogonal = 0;
        int shorter = 0;
        for (int trial = 0; trial < 20; trial++) {
            int m = 2 + rng.nextInt(10), n = 3 + rng.nextInt(10), rank = 1 + rng.nextInt(Math.min(m, n - 1));
            var a = gaussian(rng, m, rank).matmul(gaussian(rng, rank, n));
            var b = gaussian(rng, m, 1).reshape(m);
            for (var pinv : new PseudoInverse[] {PseudoInverse.of(a, 1e-11), PseudoInverse.byOrthogonalDecomposition(a, 1e-11)}) {
                var x = pinv.solve(b);
                orthogonal = Math.max(orthogonal, maxAbs(a.transpose().matmul(b.sub(a.matmul(x)))));
                // every other least-squares solution differs by a vector of the null space
                var project = Tensor.eye(DType.F64, n).sub(pinv.matrix().matmul(a));
                for (int i = 0; i < 100; i++) {
                    var other = x.add(project.matmul(gaussian(rng, n, 1).reshape(n)));
                    if (norm(other) < norm(x)) shorter++;
                }
            }
        }
        Evidence.of("max |A'(b - Ax)|", orthogonal, below(1e-10));
        Evidence.of("shorter solutions", shorter, exactly(0));
    }

    /**
     * In double precision a rank-deficient ridge problem at 1e-10 is itself uncertain by {@code eps |A| / 1e-10}, about 1e-6: so ridge is solved
     * here with 60 digits, on integer matrices of exact rank.
     */
    @Test
    @Acceptance(topic = "pseudoinverse", clause = 3) void ridgeConvergesToItAsThePenaltyVanishes() {
        var rng = Rng.of(33);
        double[] worst = new double[3];
        for (int trial = 0; trial < 30; trial++) {
            int m = 2 + rng.nextInt(5), n = 2 + rng.nextInt(5), rank = 1 + rng.nextInt(Math.min(m, n));
            var a = Recipe.product(integers(rng, m, rank), integers(rng, rank, n));
            var pinv = PseudoInverse.of(tensor(a), 1e-10).matrix();
            for (int i = 0; i < 3; i++)
                worst[i] = Math.max(worst[i], maxDifference(tensor(exactRidge(a, new BigDecimal("1e-" + (6 + 2 * i)))), pinv));
        }
        assertThat(worst[0]).isGreaterThan(50 * worst[1]);
        assertThat(worst[1]).isGreaterThan(50 * worst[2]);
        Evidence.of("ridge at 1e-10 against the pseudoinverse", worst[2], below(1e-6));
    }

    private static double[][] integers(Rng rng, int m, int n) {
        var a = new double[m][n];
        for (double[] row : a) for (int j = 0; j < n; j++) row[j] = rng.nextInt(5) - 2;
        a[0][0] = 3;
        return a;
    }

    /** {@code (A'A + lambda I)^-1 A'} by Gauss-Jordan elimination of a positive definite matrix. */
    private static double[][] exactRidge(double[][] a, BigDecimal lambda) {
        int m = a.length, n = a[0].length;
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
        return x;
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
