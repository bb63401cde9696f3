package lyceum.linalg;

import static lyceum.linalg.LinalgInputs.*;
import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class ProximalTest {
    private static double dot(double[] x, double[] y) { return IntStream.range(0, x.length).mapToDouble(i -> x[i] * y[i]).sum(); }

    private static double[] minus(double[] x, double[] y) { return IntStream.range(0, x.length).mapToDouble(i -> x[i] - y[i]).toArray(); }

    private static double length(double[] x) { return Math.sqrt(dot(x, x)); }

    private static double sum(double[] x) { return Arrays.stream(x).map(Math::abs).sum(); }

    private static double most(double[] x) { return Arrays.stream(x).map(Math::abs).max().orElse(0); }

    /** {@code c - prox} is {@code strength} times a subgradient: in its dual ball, and at its edge against what is left. */
    @Test
    @Acceptance(topic = "l1-l2-norms", clause = 2) void proximalMapsSatisfyTheirOptimalityConditions() {
        var rng = Rng.of(60);
        double violated = 0;
        int zeros = 0, blocks = 0;
        for (int draw = 0; draw < 2_000; draw++) {
            int n = 1 + rng.nextInt(20);
            double strength = Math.exp(rng.nextGaussian());
            double[] c = Tensor.randn(rng, DType.F64, n).mul(1.5).toDoubleArray();
            boolean array = draw % 2 == 0;
            double[] x = array ? ProximalMaps.softThreshold(c, strength)
                    : ProximalMaps.softThreshold(Tensor.of(c), strength).toDoubleArray(), rest = minus(c, x);
            for (int i = 0; i < n; i++) {
                violated = Math.max(violated, x[i] == 0 ? Math.abs(rest[i]) - strength : Math.abs(rest[i] - strength * Math.signum(x[i])));
                if (x[i] == 0) zeros++;
            }
            x = array ? ProximalMaps.blockShrink(c, strength) : ProximalMaps.blockShrink(Tensor.of(c), strength).toDoubleArray();
            violated = Math.max(violated, ofBlock(c, x, strength));
            if (length(x) == 0) blocks++;
            x = ProximalMaps.maxNorm(Tensor.of(c), strength).toDoubleArray();
            rest = minus(c, x);
            violated = Math.max(violated, Math.max(sum(rest) - strength, Math.abs(strength * most(x) - dot(rest, x))));
            if (most(x) == 0) continue;
            violated = Math.max(violated, Math.abs(sum(rest) - strength));
            x = ProximalMaps.ridge(Tensor.of(c), strength).toDoubleArray();
            for (int i = 0; i < n; i++) violated = Math.max(violated, Math.abs(c[i] - x[i] - strength * x[i]));
        }
        var rows = gaussian(rng, 50, 4);
        double[][] c = rows.toRows(), x = ProximalMaps.rowShrink(rows, 2).toRows();
        for (int i = 0; i < 50; i++) violated = Math.max(violated, ofBlock(c[i], x[i], 2));
        Evidence.of("violation of the optimality conditions", violated, atMost(1e-10));
        Evidence.that("zeros and whole blocks of them occurred: " + zeros + ", " + blocks, zeros > 1_000 && blocks > 50);
    }

    private static double ofBlock(double[] c, double[] x, double strength) {
        double[] rest = minus(c, x);
        if (length(x) == 0) return length(rest) - strength;
        return IntStream.range(0, x.length).mapToDouble(i -> Math.abs(rest[i] - strength * x[i] / length(x))).max().orElse(0);
    }

    /** {@code <c - x, z - x> <= 0} for all z of the set: its most over z is the support function of the set less {@code <c - x, x>}. */
    @Test
    @Acceptance(topic = "l1-l2-norms", clause = 2) void projectionsAreOptimalAndEqualBisection() {
        var rng = Rng.of(61);
        double violated = 0;
        var bisected = Gap.absolute();
        int inside = 0, outside = 0;
        for (int draw = 0; draw < 2_000; draw++) {
            int n = 1 + rng.nextInt(30);
            double r = Math.exp(rng.nextGaussian());
            double[] c = Tensor.randn(rng, DType.F64, n).mul(Math.exp(rng.nextGaussian())).toDoubleArray();
            if (draw % 5 == 0) for (int i = 0; i < n; i++) c[i] = Math.rint(2 * c[i]) / 2; // ties
            double edge = draw % 8 == 0 ? length(c) : draw % 8 == 1 ? sum(c) : 0, near = r / edge * (1 + 1e-3 * rng.nextGaussian());
            if (edge > 0) for (int i = 0; i < n; i++) c[i] *= near;
            boolean array = draw % 2 == 0;
            double[] x = array ? Projections.onL1Ball(c, r) : Projections.onL1Ball(Tensor.of(c), r).toDoubleArray(), rest = minus(c, x);
            violated = Math.max(violated, Math.max(sum(x) - r, r * most(rest) - dot(rest, x)));
            double theta = sum(c) <= r ? 0 : zero(t -> Arrays.stream(c).map(v -> Math.max(Math.abs(v) - t, 0)).sum() - r, 0, most(c));
            bisected.see("L1 ball", x, Arrays.stream(c).map(v -> Math.signum(v) * Math.max(Math.abs(v) - theta, 0)).toArray());
            if (theta == 0) inside++;
            else outside++;

            x = array ? Projections.onL2Ball(c, r) : Projections.onL2Ball(Tensor.of(c), r).toDoubleArray();
            rest = minus(c, x);
            violated = Math.max(violated, Math.max(length(x) - r, r * length(rest) - dot(rest, x)));
            double factor = length(c) <= r ? 1 : zero(t -> r - t * length(c), 0, 1);
            bisected.see("L2 ball", x, Arrays.stream(c).map(v -> factor * v).toArray());
            if (factor == 1) inside++;
            else outside++;

            x = array ? Projections.onSimplex(c, r) : Projections.onSimplex(Tensor.of(c), r).toDoubleArray();
            rest = minus(c, x);
            violated = Math.max(violated, Math.max(Math.abs(Arrays.stream(x).sum() - r), -Arrays.stream(x).min().orElseThrow()));
            violated = Math.max(violated, r * Arrays.stream(rest).max().orElseThrow() - dot(rest, x));
            double level = zero(t -> Arrays.stream(c).map(v -> Math.max(v - t, 0)).sum() - r, -most(c) - r, most(c));
            bisected.see("simplex", x, Arrays.stream(c).map(v -> Math.max(v - level, 0)).toArray());

            x = Projections.onMaxBall(Tensor.of(c), r).toDoubleArray();
            rest = minus(c, x);
            violated = Math.max(violated, Math.max(most(x) - r, r * sum(rest) - dot(rest, x)));
        }
        Evidence.of("violation of the variational inequality or of the set", violated, atMost(1e-10));
        Evidence.of("gap to bisection", bisected, below(1e-9));
        Evidence.that("points lay in the balls and outside: " + inside + ", " + outside, inside > 300 && outside > 1_000);
    }

    /** The zero of a falling function. */
    private static double zero(DoubleUnaryOperator f, double low, double high) {
        for (int i = 0; i < 200; i++) {
            double middle = (low + high) / 2;
            if (f.applyAsDouble(middle) > 0) low = middle;
            else high = middle;
        }
        return (low + high) / 2;
    }

    @Test
    @Acceptance(topic = "l1-l2-norms", clause = 3) void underTheIdentityOnePenaltySelectsAndTheOtherShares() {
        var rng = Rng.of(62);
        var gap = Gap.absolute();
        int small = 0, zeros = 0, zerosElsewhere = 0, zerosUnderSquares = 0;
        for (int draw = 0; draw < 1_000; draw++) {
            int n = 1 + rng.nextInt(12);
            double lambda = Math.exp(rng.nextGaussian() - 0.5);
            double[] c = Tensor.randn(rng, DType.F64, n).mul(2).toDoubleArray(), soft = new double[n], shared = new double[n];
            if (draw % 4 < 2) c[0] = draw % 4 == 0 ? lambda : -lambda; // the edges themselves
            for (int i = 0; i < n; i++) {
                soft[i] = c[i] > lambda ? c[i] - lambda : c[i] < -lambda ? c[i] + lambda : 0;
                shared[i] = c[i] / (1 + lambda);
            }
            var problem = Shrinkage.of(Tensor.eye(DType.F64, n), Tensor.of(c));
            double[] one = problem.l1(lambda).toDoubleArray(), two = problem.l2(lambda).toDoubleArray();
            gap.see("L1", one, soft).see("L2", two, shared).see("prox", ProximalMaps.softThreshold(Tensor.of(c), lambda).toDoubleArray(),
                    soft);
            for (int i = 0; i < n; i++) {
                if (Math.abs(c[i]) <= lambda) small++;
                if (one[i] == 0) {
                    if (Math.abs(c[i]) <= lambda) zeros++;
                    else zerosElsewhere++;
                }
                if (two[i] == 0) zerosUnderSquares++;
            }
        }
        Evidence.of("gap to the closed forms", gap, below(1e-14));
        Evidence.of("entries with |c| <= lambda", small, above(1_000));
        Evidence.of("of them not exactly 0 under L1", small - zeros, exactly(0));
        Evidence.of("zeros of L1 elsewhere", zerosElsewhere, exactly(0));
        Evidence.of("zeros under the squared L2", zerosUnderSquares, exactly(0));
    }

    /** Beyond the identity: the conditions {@code |b - H x| <= lambda}, with equality and sign where x is not 0, and those of ridge. */
    @Test void shrunkenQuadraticsSatisfyTheirOptimalityConditions() {
        var rng = Rng.of(63);
        double violated = 0;
        for (int draw = 0; draw < 50; draw++) {
            int n = 2 + rng.nextInt(8);
            var z = gaussian(rng, n + 4, n);
            Tensor h = z.transpose().matmul(z), b = Tensor.randn(rng, DType.F64, n).mul(5);
            var problem = Shrinkage.of(h, b);
            double lambda = 2;
            double[] x = problem.l1(lambda).toDoubleArray(), pull = b.sub(h.matmul(Tensor.of(x))).toDoubleArray();
            for (int i = 0; i < n; i++)
                violated = Math.max(violated, x[i] == 0 ? Math.abs(pull[i]) - lambda : Math.abs(pull[i] - lambda * Math.signum(x[i])));
            var y = problem.l2(lambda);
            violated = Math.max(violated, maxDifference(b.sub(h.matmul(y)), y.mul(lambda)));
        }
        assertThat(violated).isLessThan(1e-10);
        assertThatThrownBy(() -> Shrinkage.of(Tensor.of(new double[][] {{1, 2}, {2, 1}}), Tensor.of(1.0, 1)))
                .isInstanceOf(NotPositiveDefiniteException.class);
        assertThatThrownBy(() -> Shrinkage.of(Tensor.of(new double[][] {{1}}), Tensor.of(1.0)).l2(Double.POSITIVE_INFINITY))
                .hasMessageContaining("lambda is Infinity");
        var c = Tensor.of(-2.0, -0.5, 0, 0.5, 2).requiresGrad();
        var soft = ProximalMaps.softThreshold(c, 1);
        assertThat(soft.toDoubleArray()).as("no minus zeros").containsExactly(-1, 0, 0, 0, 1);
        soft.sum().backward();
        assertThat(c.grad().toDoubleArray()).containsExactly(1, 0, 0, 0, 1);
        assertThat(ProximalMaps.softThreshold(Tensor.of(3, -1), 0.5).toDoubleArray()).containsExactly(2.5, -0.5);
        assertThatThrownBy(() -> ProximalMaps.softThreshold(Tensor.of(1.0), -1)).hasMessageContaining("strength is -1");
        assertThatThrownBy(() -> Projections.onL1Ball(Tensor.of(1.0), -1)).hasMessageContaining("radius is -1");
        assertThatThrownBy(() -> Projections.onSimplex(Tensor.of(1.0), Double.POSITIVE_INFINITY)).hasMessageContaining("total is Infinity");
        assertThatThrownBy(() -> Projections.onSimplex(new double[0], 1)).hasMessageContaining("vector is empty");
    }
}
