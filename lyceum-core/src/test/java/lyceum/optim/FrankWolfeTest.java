package lyceum.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.linalg.Svd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Other methods on the same sets say where the minima are: projections onto them, and for mixtures an interior point. */
class FrankWolfeTest {

    private static double[] normals(Rng rng, int n) { return IntStream.range(0, n).mapToDouble(i -> rng.nextGaussian()).toArray(); }

    private static TestProblems.Quadratic quadratic(long seed, int n, double spread) {
        var rng = Rng.of(seed);
        var curvature = IntStream.range(0, n).mapToDouble(i -> 0.1 + 3 * rng.nextDouble()).toArray();
        var centre = Arrays.stream(normals(rng, n)).map(c -> spread * c).toArray();
        return TestProblems.Quadratic.of(curvature, centre, rng);
    }

    private static double projected(Objective f, ProximalSet set, double[] start) {
        return ProximalGradient.fista(0.3).withTolerance(1e-11).withRestart(ProximalGradient.Restart.GRADIENT).minimize(f, set, start)
                .value();
    }

    @Test void minimaAreThoseOfProjections() {
        for (int seed = 0; seed < 10; seed++) {
            int n = 5 + 3 * seed;
            var f = quadratic(seed, n, 1);
            var start = new double[n];
            start[0] = 1;
            for (var steps : new FrankWolfe.Steps[] {FrankWolfe.Steps.AWAY, FrankWolfe.Steps.ADAPTIVE}) {
                // Without steps away the gap falls as one over the steps; with them it halves and halves, and f falls by its square: below 1e-7 by less than its last bits.
                boolean away = steps == FrankWolfe.Steps.AWAY;
                var method = new FrankWolfe().withSteps(steps).withTolerance(away ? 1e-6 : 1e-4);
                double close = away ? 1.1e-6 : 1.1e-4;
                var simplex = method.minimize(f, LinearOracle.simplex(1), start);
                assertThat(simplex.stop()).isEqualTo(StopReason.OPTIMAL);
                assertThat(simplex.value()).isCloseTo(projected(f, new ProximalSet.Simplex(), start), within(close));
                var ball = method.minimize(f, LinearOracle.l1Ball(1.5), start);
                assertThat(ball.value()).isCloseTo(projected(f, new ProximalSet.L1Ball(1.5), start), within(close));
                var box = method.minimize(f, LinearOracle.box(Box.of(n, -0.3, 1)), start);
                assertThat(box.value()).isCloseTo(projected(f, new ProximalSet.Box(-0.3, 1), start), within(close));
                var round = new FrankWolfe().withSteps(steps).withTolerance(1e-4).minimize(f, LinearOracle.l2Ball(1), start);
                assertThat(round.value()).isCloseTo(projected(f, new ProximalSet.L2Ball(1), start), within(1.1e-4));
            }
        }
    }

    @Test void theGapIsACertificateAtEveryPoint() {
        for (int seed = 0; seed < 5; seed++) {
            int n = 12;
            var f = quadratic(100 + seed, n, 0.7);
            var start = new double[n];
            start[n - 1] = 1;
            double least = projected(f, new ProximalSet.Simplex(), start);
            var path = new FrankWolfe(FrankWolfe.Steps.OPEN_LOOP, 0, 400).trace(f, LinearOracle.simplex(1), start);
            assertThat(path.minimum().stop()).isEqualTo(StopReason.ITERATIONS);
            for (int k = 0; k <= 400; k++) {
                double above = path.values()[k] - least;
                assertThat(above).isLessThanOrEqualTo(FrankWolfe.gap(f, LinearOracle.simplex(1), path.points().get(k)) + 1e-12);
                // A gradient that changes at rate at most 3.1, and a set of diameter sqrt(2).
                if (k > 0) assertThat(above).as("after %d steps", k).isLessThanOrEqualTo(2 * 3.1 * 2 / (k + 2));
                assertThat(Arrays.stream(path.points().get(k)).filter(v -> v != 0).count()).isLessThanOrEqualTo(k + 1);
            }
        }
    }

    @Test void stepsAwayEndTheZigzag() {
        var f = quadratic(7, 30, 0.05); // the least point lies inside a face
        var start = new double[30];
        start[3] = 1;
        int away = new FrankWolfe().minimize(f, LinearOracle.simplex(1), start).iterations();
        var plain = new FrankWolfe(FrankWolfe.Steps.ADAPTIVE, 1e-8, 20 * away).minimize(f, LinearOracle.simplex(1), start);
        assertThat(plain.stop()).isEqualTo(StopReason.ITERATIONS);
    }

    @Test void aMatrixOfLowRankIsCompletedFromHalfOfItsEntries() {
        var rng = Rng.of(11);
        Tensor truth = Tensor.randn(rng, DType.F64, 12, 1).matmul(Tensor.randn(rng, DType.F64, 1, 9)).compute(),
                known = Tensor.rand(rng, DType.F64, 12, 9).lt(0.5).to(DType.F64).compute();
        double radius = Svd.of(truth).s().sum().item();
        var set = LinearOracle.nuclearBall(radius, 12, 9);
        var f = Objective.of(x -> x.reshape(12, 9).sub(truth).mul(known).square().sum());
        var found = new FrankWolfe().withTolerance(1e-3).minimize(f, set, new double[108]);
        assertThat(found.converged()).as("%s", found).isTrue();
        assertThat(found.value()).isLessThan(1e-3);
        assertThat(Svd.of(Tensor.of(found.x(), 12, 9)).s().sum().item()).isLessThanOrEqualTo(radius * (1 + 1e-9));
    }

    @Test void aHullIsTheMixturesOfItsPoints() {
        double[][] corners = {{0, 0}, {4, 0}, {0, 4}};
        var f = Objective.of(x -> x.sub(Tensor.of(3.0, 3)).square().sum());
        var found = new FrankWolfe().minimize(f, LinearOracle.hull(corners), corners[0]);
        assertThat(found.x()).containsExactly(new double[] {2, 2}, within(1e-4));
        assertThat(found.value()).isCloseTo(2, within(1e-8));
    }

    @Test void badArgumentsAreNamed() {
        assertThatThrownBy(() -> LinearOracle.simplex(0)).hasMessageContaining("radius is 0.0");
        assertThatThrownBy(() -> LinearOracle.hull()).hasMessageContaining("no point");
        assertThatThrownBy(() -> LinearOracle.box(new Box(new double[] {0}, new double[] {Double.POSITIVE_INFINITY})))
                .hasMessageContaining("coordinate 0");
        assertThatThrownBy(() -> new FrankWolfe().minimize(quadratic(1, 3, 1), LinearOracle.hull(new double[2]), new double[3]))
                .hasMessageContaining("a set of 2 coordinates for a gradient of 3");
        assertThat(new FrankWolfe().minimize((x, g) -> Double.NaN, LinearOracle.simplex(1), new double[] {1}).stop())
                .isEqualTo(StopReason.NOT_FINITE);
    }
}
