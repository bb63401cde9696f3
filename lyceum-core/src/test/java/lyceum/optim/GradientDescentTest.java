package lyceum.optim;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.linalg.Eigen;
import lyceum.optim.TestProblems.Quadratic;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class GradientDescentTest {

    private static double[] gaussians(Rng rng, int n) {
        var values = new double[n];
        for (int i = 0; i < n; i++) values[i] = rng.nextGaussian();
        return values;
    }

    @Test
    @Acceptance(topic = "gradient-descent", clause = 1) void iteratesOnQuadraticsEqualThePowersOfOneMatrix() {
        var rng = Rng.of(771);
        double worst = 0;
        for (int trial = 0; trial < 20; trial++) {
            int n = 2 + trial % 6;
            var curvature = new double[n];
            for (int i = 0; i < n; i++) curvature[i] = 0.1 + 3 * rng.nextDouble();
            var f = Quadratic.of(curvature, gaussians(rng, n), rng);
            double eta = 0.1 + 0.4 * rng.nextDouble();
            var start = gaussians(rng, n);
            var path = GradientDescent.constant(eta).withMaxIterations(60).withGradientTolerance(0).trace(f, start);
            var step = Tensor.eye(DType.F64, n).sub(Tensor.of(f.hessian()).mul(eta));
            var error = Tensor.of(f.error(start));
            assertThat(path.points()).hasSizeGreaterThan(20);
            for (var point : path.points()) {
                var expected = error.toDoubleArray();
                for (int i = 0; i < n; i++) worst = Math.max(worst, Math.abs(point[i] - f.center()[i] - expected[i]));
                error = step.matmul(error);
            }
        }
        Evidence.of("largest gap", worst, below(1e-10));
        // With a schedule every step has a matrix of its own.
        double scheduled = 0;
        var f = Quadratic.of(new double[] {2, 0.5, 0.1}, gaussians(rng, 3), rng);
        var path = GradientDescent.scheduled(0.8, new Schedule.Linear(40, 0.25)).withMaxIterations(60).withGradientTolerance(0).trace(f,
                gaussians(rng, 3));
        var error = Tensor.of(f.error(path.points().getFirst()));
        for (int t = 0; t < 60; t++) {
            double eta = 0.8 * (t < 40 ? 1 - 0.75 * t / 40 : 0.25);
            error = Tensor.eye(DType.F64, 3).sub(Tensor.of(f.hessian()).mul(eta)).matmul(error);
            scheduled = Math.max(scheduled, error.sub(Tensor.of(f.error(path.points().get(t + 1)))).abs().max().item());
        }
        Evidence.of("largest gap along a schedule", scheduled, below(1e-10));
    }

    @Test
    @Acceptance(topic = "gradient-descent", clause = 2) void convergesBelowTwoOverLAndDivergesAbove() {
        var rng = Rng.of(772);
        double worst = 0;
        for (int trial = 0; trial < 5; trial++) {
            double largest = 0.5 + 10 * rng.nextDouble();
            var f = Quadratic.of(new double[] {largest, 0.4 * largest, 0.05 * largest}, gaussians(rng, 3), rng);
            var start = gaussians(rng, 3);
            double converges = 0.1 / largest, diverges = 10 / largest;
            while (diverges - converges > 1e-6 / largest) {
                double eta = (converges + diverges) / 2;
                var end = GradientDescent.constant(eta).withMaxIterations(20_000).withGradientTolerance(0).minimize(f, start);
                boolean nearer = Vectors.norm(f.error(end.x())) < Vectors.norm(f.error(start));
                if (nearer) converges = eta;
                else diverges = eta;
            }
            worst = Math.max(worst, Math.abs(converges * largest / 2 - 1));
        }
        Evidence.of("largest relative distance of the threshold from 2/L", worst, below(1e-3));
    }

    @Test
    @Acceptance(topic = "gradient-descent", clause = 3) void theBestConstantStepContractsByTheConditionNumbersRatio() {
        var rng = Rng.of(773);
        double worst = 0;
        for (double condition : new double[] {1.5, 4, 30, 400}) {
            for (int trial = 0; trial < 10; trial++) {
                var f = Quadratic.of(new double[] {condition, 1 + (condition - 1) * rng.nextDouble(), 1}, gaussians(rng, 3), rng);
                var path = GradientDescent.constant(2 / (1 + condition)).withMaxIterations(200).withGradientTolerance(1e-9).trace(f,
                        gaussians(rng, 3));
                for (int t = 1; t < path.points().size(); t++) {
                    double before = Vectors.norm(f.error(path.points().get(t - 1))),
                            ratio = Vectors.norm(f.error(path.points().get(t))) / before;
                    if (before > 1e-6) worst = Math.max(worst, ratio / ((condition - 1) / (condition + 1)));
                }
            }
        }
        Evidence.of("largest contraction over (k-1)/(k+1)", worst, between(0.999, 1 + 1e-8));
    }

    /** {@code sum_j h_j(a_j . (x - center))} with |h''| at most 1: L is at most the squared Frobenius norm of A. */
    private record Ridges(double[][] directions, double[] center, int[] kinds) implements Objective {
        static Ridges of(Rng rng, boolean convex) {
            int n = 2 + rng.nextInt(4), m = n + rng.nextInt(6);
            var directions = new double[m][];
            var kinds = new int[m];
            for (int j = 0; j < m; j++) {
                directions[j] = gaussians(rng, n);
                kinds[j] = convex ? rng.nextInt(3) : 3 + rng.nextInt(2);
            }
            return new Ridges(directions, gaussians(rng, n), kinds);
        }

        /** The largest eigenvalue of {@code sum d d'}: curvature along each direction is 1 at most, and 1 at the centre for the first three kinds. */
        double smoothness() {
            int n = center.length;
            var hessian = new double[n][n];
            for (var d : directions) for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) hessian[i][j] += d[i] * d[j];
            return Eigen.symmetricValues(Tensor.of(hessian)).max().item();
        }

        @Override public double at(double[] x, double[] gradient) {
            Arrays.fill(gradient, 0);
            double value = 0;
            for (int j = 0; j < directions.length; j++) {
                double u = 0;
                for (int i = 0; i < x.length; i++) u += directions[j][i] * (x[i] - center[i]);
                value += switch (kinds[j]) {
                    case 0 -> u * u / 2;
                    case 1 -> Math.abs(u) - Math.log(2) + Math.log1p(Math.exp(-2 * Math.abs(u)));
                    case 2 -> u * u / (1 + Math.sqrt(1 + u * u));
                    case 3 -> Math.sin(u + j);
                    default -> -Math.exp(-u * u / 2);
                };
                double slope = switch (kinds[j]) {
                    case 0 -> u;
                    case 1 -> Math.tanh(u);
                    case 2 -> u / Math.sqrt(1 + u * u);
                    case 3 -> Math.cos(u + j);
                    default -> u * Math.exp(-u * u / 2);
                };
                Vectors.addScaled(gradient, slope, directions[j]);
            }
            return value;
        }
    }

    @Test
    @Acceptance(topic = "gradient-descent", clause = 4) void fallsEveryStepAndKeepsTheConvexBound() {
        var rng = Rng.of(774);
        double largestRise = 0, tightest = 0;
        for (int trial = 0; trial < 100; trial++) {
            boolean convex = trial % 2 == 0;
            var f = Ridges.of(rng, convex);
            double eta = (trial % 4 < 2 ? 1 : 0.1 + 0.9 * rng.nextDouble()) / f.smoothness();
            var start = gaussians(rng, f.center.length);
            var path = GradientDescent.constant(eta).withMaxIterations(500).withGradientTolerance(0).trace(f, start);
            double distance = 0;
            for (int i = 0; i < start.length; i++) distance += (start[i] - f.center[i]) * (start[i] - f.center[i]);
            for (int t = 1; t < path.values().length; t++) {
                // A sum of up to ten terms of order one is exact to some 1e-15: below that "falls" means nothing.
                largestRise = Math.max(largestRise, path.values()[t] - path.values()[t - 1]);
                if (convex) tightest = Math.max(tightest, (path.values()[t] - 1e-14) / (distance / (2 * eta * t)));
            }
        }
        Evidence.of("largest rise in a step", largestRise, below(1e-14));
        Evidence.of("largest part of the bound reached", tightest, below(1));
        // L is no larger than it must be: half as much again as twice the step, and values rise in most of the convex ones.
        int rising = 0;
        for (int trial = 0; trial < 50; trial++) {
            var f = Ridges.of(rng, true);
            var values = GradientDescent.constant(3 / f.smoothness()).withMaxIterations(500).withGradientTolerance(0)
                    .trace(f, gaussians(rng, f.center.length)).values();
            if (IntStream.range(1, values.length).anyMatch(step -> values[step] > values[step - 1] + 1e-9)) rising++;
        }
        Evidence.of("of 50 convex ones, those that rise at eta = 3 / L", rising, above(45));
    }

    @Test
    @Acceptance(topic = "gradient-descent", clause = 5) void linearRegressionEndsAtOrdinaryLeastSquares() {
        var rng = Rng.of(775);
        int n = 60, p = 4;
        var rows = new double[n][];
        var y = new double[n];
        for (int i = 0; i < n; i++) {
            rows[i] = gaussians(rng, p);
            rows[i][0] = 1;
            y[i] = 2 - rows[i][1] + 0.5 * rows[i][3] + rng.nextGaussian();
        }
        var expected = leastSquares(rows, y);
        var x = Tensor.of(rows);
        var target = Tensor.of(y);
        var f = Objective.of(w -> x.matmul(w).sub(target).square().mean());
        double worst = 0;
        for (var method : new GradientDescent[] {GradientDescent.constant(0.2), GradientDescent.exact(), GradientDescent.armijo(1),
                GradientDescent.wolfe(1), GradientDescent.scheduled(0.4, new Schedule.Linear(2_000, 0.3))}) {
            var minimum = method.withGradientTolerance(1e-10).minimize(f, new double[p]);
            assertThat(minimum.converged()).as("%s: %s", method, minimum).isTrue();
            for (int i = 0; i < p; i++) worst = Math.max(worst, Math.abs(minimum.x()[i] - expected[i]));
        }
        Evidence.of("largest gap to OLS", worst, below(1e-8));
        // A search starts at twice the last length: where the first trial always does, lengths double.
        Objective bowl = (w, g) -> {
            g[0] = w[0];
            return w[0] * w[0] / 2;
        };
        // Half of the way at every step: x is 2^-t, and so is its gradient; a step moves 2^-(t+1) and lowers the value by 3/8 4^-t.
        var halving = GradientDescent.constant(0.5).withGradientTolerance(0);
        Minimum byGradient = halving.withGradientTolerance(1.0 / 1024).minimize(bowl, new double[] {1}),
                byValue = halving.withValueTolerance(3.0 / 8 / 1024).minimize(bowl, new double[] {1}),
                byStep = halving.withStepTolerance(1.0 / 64).minimize(bowl, new double[] {1}),
                byNumber = halving.withMaxIterations(7).minimize(bowl, new double[] {1});
        Evidence.of("steps until the gradient is 2^-10", byGradient.iterations(), exactly(10));
        Evidence.of("steps until one lowers the value by 3/8 4^-5", byValue.iterations(), exactly(6));
        Evidence.of("steps until one moves 2^-6", byStep.iterations(), exactly(6));
        assertThat(byGradient.x()).containsExactly(1.0 / 1024);
        assertThat(byGradient.evaluations()).isEqualTo(11);
        assertThat(byNumber.x()).containsExactly(1.0 / 128);
        assertThat(new StopReason[] {byGradient.stop(), byValue.stop(), byStep.stop(), byNumber.stop()})
                .containsExactly(StopReason.GRADIENT, StopReason.VALUE, StopReason.STEP, StopReason.ITERATIONS);
        assertThat(GradientDescent.armijo(1.0 / 1024).withMaxIterations(4).trace(bowl, new double[] {1}).lengths())
                .containsExactly(1.0 / 1024, 1.0 / 512, 1.0 / 256, 1.0 / 128);
    }

    /** By QR with modified Gram and Schmidt, twice. */
    private static double[] leastSquares(double[][] rows, double[] y) {
        int n = rows.length, p = rows[0].length;
        var q = new double[p][n];
        var r = new double[p][p];
        for (int j = 0; j < p; j++) {
            for (int i = 0; i < n; i++) q[j][i] = rows[i][j];
            for (int pass = 0; pass < 2; pass++) {
                for (int k = 0; k < j; k++) {
                    double part = Vectors.dot(q[k], q[j]);
                    r[k][j] += part;
                    Vectors.addScaled(q[j], -part, q[k]);
                }
            }
            r[j][j] = Vectors.norm(q[j]);
            for (int i = 0; i < n; i++) q[j][i] /= r[j][j];
        }
        var w = new double[p];
        for (int j = p - 1; j >= 0; j--) {
            double sum = Vectors.dot(q[j], y);
            for (int k = j + 1; k < p; k++) sum -= r[j][k] * w[k];
            w[j] = sum / r[j][j];
        }
        return w;
    }

    @Test void anExactStepOnAQuadraticIsOrthogonalToTheNext() {
        var rng = Rng.of(776);
        var f = Quadratic.of(new double[] {9, 1}, new double[] {1, 2}, rng);
        var path = GradientDescent.exact().withGradientTolerance(1e-6).trace(f, new double[] {5, -3});
        double[] before = new double[2], after = new double[2];
        for (int t = 0; t + 1 < path.points().size(); t++) {
            f.at(path.points().get(t), before);
            f.at(path.points().get(t + 1), after);
            assertThat(Vectors.dot(before, after)).isCloseTo(0, within(1e-8 * Vectors.dot(before, before)));
        }
        assertThat(path.minimum().evaluations()).isLessThan(3 * path.minimum().iterations() + 3);
    }

    @Test void aProjectionKeepsThePathInTheSetAndEndsAtItsEdge() {
        Objective f = (x, g) -> {
            g[0] = 2 * (x[0] - 3);
            g[1] = 2 * (x[1] - 0.5);
            return (x[0] - 3) * (x[0] - 3) + (x[1] - 0.5) * (x[1] - 0.5);
        };
        for (var method : new GradientDescent[] {GradientDescent.constant(0.3), GradientDescent.armijo(4)}) {
            var path = method.withProjection(x -> {
                for (int i = 0; i < x.length; i++) x[i] = Math.clamp(x[i], -1, 1);
                return x;
            }).trace(f, new double[] {-5, -5});
            assertThat(path.points())
                    .allSatisfy(p -> assertThat(p).doesNotContain(3).satisfies(q -> assertThat(Math.abs(q[0])).isLessThanOrEqualTo(1)));
            assertThat(path.minimum().stop()).isEqualTo(StopReason.GRADIENT);
            assertThat(path.minimum().x()).containsExactly(new double[] {1, 0.5}, within(1e-8));
        }
        assertThatThrownBy(() -> GradientDescent.exact().withProjection(x -> x)).hasMessageContaining("a projection bends it");
    }

    @Test void saysWhyItStopped() {
        Objective f = (x, g) -> {
            g[0] = 2 * x[0];
            return x[0] * x[0];
        };
        double[] start = {1};
        assertThat(GradientDescent.constant(1.1).minimize(f, start).stop()).isEqualTo(StopReason.DIVERGED);
        assertThat(GradientDescent.constant(1e-6).minimize(f, start).stop()).isEqualTo(StopReason.ITERATIONS);
        assertThat(GradientDescent.constant(0.1).withValueTolerance(1e-3).minimize(f, start).stop()).isEqualTo(StopReason.VALUE);
        assertThat(GradientDescent.constant(0.1).withStepTolerance(1e-3).minimize(f, start).stop()).isEqualTo(StopReason.STEP);
        assertThat(GradientDescent.armijo(1).minimize((x, g) -> -f.at(x, g), start).stop()).isEqualTo(StopReason.LINE_SEARCH);
        assertThat(GradientDescent.armijo(1).withGradientTolerance(0).minimize((x, g) -> 1e6 + f.at(x, g), start).stop())
                .isIn(StopReason.FLOOR, StopReason.GRADIENT);
        assertThat(start).containsExactly(1);
    }
}
