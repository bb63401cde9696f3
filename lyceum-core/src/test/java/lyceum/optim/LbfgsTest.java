package lyceum.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LbfgsTest {

    /** Rosenbrock's function in n dimensions, minimum 0 at (1, ..., 1). */
    static double rosenbrock(double[] x, double[] g) {
        Arrays.fill(g, 0);
        double sum = 0;
        for (int i = 0; i + 1 < x.length; i++) {
            double bend = x[i + 1] - x[i] * x[i], rest = 1 - x[i];
            sum += 100 * bend * bend + rest * rest;
            g[i] += -400 * bend * x[i] - 2 * rest;
            g[i + 1] += 200 * bend;
        }
        return sum;
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 10, 100, 1000}) void findsTheMinimumOfRosenbrock(int n) {
        var start = new double[n];
        for (int i = 0; i < n; i++) start[i] = i % 2 == 0 ? -1.2 : 1;
        var minimum = new Lbfgs().withMaxIterations(20_000).withMaxEvaluations(40_000).minimize(LbfgsTest::rosenbrock, start);
        assertThat(minimum.stop()).isEqualTo(StopReason.GRADIENT);
        assertThat(minimum.gradientNorm()).isLessThanOrEqualTo(1e-8);
        // From this start a second stationary point exists for n >= 4 near x_1 = -1; both are legal ends.
        if (n == 2) assertThat(minimum.x()).containsExactly(new double[] {1, 1}, within(1e-7));
        if (n == 2) assertThat(minimum.evaluations()).isLessThan(60);
    }

    @Test void endsABadlyScaledQuadraticInFewSteps() {
        double[] curvature = {1, 1e2, 1e4, 1e6};
        var minimum = new Lbfgs().minimize((x, g) -> {
            double sum = 0;
            for (int i = 0; i < 4; i++) {
                g[i] = curvature[i] * (x[i] - i);
                sum += 0.5 * g[i] * (x[i] - i);
            }
            return sum;
        }, new double[] {5, 5, 5, 5});
        assertThat(minimum.converged()).isTrue();
        assertThat(minimum.x()).containsExactly(new double[] {0, 1, 2, 3}, within(1e-8));
        assertThat(minimum.iterations()).isLessThan(60);
    }

    @Test void everyStepOfTheLineSearchMeetsTheStrongWolfeConditions() {
        var rng = Rng.of(7);
        var rule = new LineSearch.StrongWolfe(1e-4, 0.1, 1e20, 60);
        int found = 0;
        for (int trial = 0; trial < 500; trial++) {
            double a = rng.nextGaussian(), b = 3 * rng.nextDouble(), c = rng.nextGaussian() * 5;
            Objective f = (x, g) -> {
                g[0] = x[0] - c + a * b * Math.cos(b * x[0]);
                return 0.5 * (x[0] - c) * (x[0] - c) + a * Math.sin(b * x[0]);
            };
            double[] x = {rng.nextGaussian()}, g = new double[1];
            double value = f.at(x, g);
            var line = new RayObjective(f, x, new double[] {-g[0]}, value, g, null);
            double t = rule.search(line, Math.pow(10, 4 * rng.nextDouble() - 2));
            if (Math.abs(g[0]) < 1e-6) continue;
            assertThat(t).as("trial %d", trial).isPositive();
            assertThat(line.value()).isLessThanOrEqualTo(value + 1e-4 * t * line.startSlope() + 1e-14);
            assertThat(Math.abs(line.slope())).isLessThanOrEqualTo(-0.1 * line.startSlope());
            found++;
        }
        assertThat(found).isGreaterThan(490);
    }

    /** At 5 the wave falls again, but from above where it began. */
    @Test void theLongestStepIsTakenOnlyIfItLeadsDown() {
        Objective wave = (x, g) -> {
            g[0] = -Math.cos(x[0]);
            return -Math.sin(x[0]);
        };
        var line = new RayObjective(wave, new double[1], new double[] {1}, 0, new double[] {-1}, null);
        assertThat(new LineSearch.StrongWolfe(1e-4, 0.1, 5, 40).search(line, 5)).isCloseTo(Math.PI / 2, within(0.11));
        assertThat(new LineSearch.StrongWolfe(1e-4, 0.1, 1, 40).search(line, 5)).isEqualTo(1);
    }

    @Test void turnsBackFromPointsWhereTheObjectiveIsNotDefined() {
        // x - log x is defined for x > 0 only; the first full steps leave its domain.
        Objective f = (x, g) -> {
            g[0] = 1 - 1 / x[0];
            return x[0] - Math.log(x[0]);
        };
        var minimum = new Lbfgs().minimize(f, new double[] {1e-3});
        assertThat(minimum.converged()).isTrue();
        assertThat(minimum.x()[0]).isCloseTo(1, within(1e-8));
    }

    @Test void solvesLogisticRegressionWrittenWithTensors() {
        var rng = Rng.of(3);
        var z = Tensor.randn(rng, DType.F64, 200, 5);
        var t = z.matmul(Tensor.of(1.0, -2, 0.5, 0, 3)).add(Tensor.randn(rng, DType.F64, 200)).gt(0).to(DType.F64).mul(2).sub(1);
        var f = Objective.of(w -> z.matmul(w).mul(t).neg().softplus().mean().add(w.square().sum().mul(1e-3)));
        var minimum = new Lbfgs().withGradientTolerance(1e-10).minimize(f, new double[5]);
        assertThat(minimum.stop()).isEqualTo(StopReason.GRADIENT);
        assertThat(minimum.iterations()).isLessThan(40);
    }

    @Test void minimisesAModelsLossInItsParameters() {
        var rng = Rng.of(5);
        var x = Tensor.randn(rng, DType.F64, 50, 3);
        var y = x.matmul(Tensor.of(1.0, 2, 3)).add(4.0);
        var w = Tensor.zeros(DType.F64, 3).requiresGrad();
        var b = Tensor.zeros(DType.F64).requiresGrad();
        var minimum = new Lbfgs().minimize(List.of(w, b), () -> x.matmul(w).add(b).sub(y).square().mean(), Progress.SILENT);
        assertThat(minimum.converged()).isTrue();
        assertThat(w.toDoubleArray()).containsExactly(new double[] {1, 2, 3}, within(1e-7));
        assertThat(b.item()).isCloseTo(4, within(1e-7));
        assertThat(w.grad()).isNull();
    }

    @Test void saysWhyItStopped() {
        Objective rosenbrock = LbfgsTest::rosenbrock;
        double[] start = {-1.2, 1};
        assertThat(new Lbfgs().withMaxIterations(3).minimize(rosenbrock, start).stop()).isEqualTo(StopReason.ITERATIONS);
        assertThat(new Lbfgs().withMaxEvaluations(5).minimize(rosenbrock, start).stop()).isEqualTo(StopReason.EVALUATIONS);
        assertThat(new Lbfgs().withValueTolerance(1e-2).minimize(rosenbrock, start).stop()).isEqualTo(StopReason.VALUE);
        assertThat(new Lbfgs().minimize(rosenbrock, new double[] {1, 1}).iterations()).isZero();
        assertThat(new Lbfgs().minimize(rosenbrock, new double[] {Double.NaN, 1}).stop()).isEqualTo(StopReason.NOT_FINITE);
        Objective wrongSign = (x, g) -> {
            double value = rosenbrock(x, g);
            for (int i = 0; i < g.length; i++) g[i] = -g[i];
            return value;
        };
        var failed = new Lbfgs().minimize(wrongSign, start);
        assertThat(failed.stop()).isEqualTo(StopReason.LINE_SEARCH);
        assertThat(failed.toString()).startsWith("not converged after 0 iterations").contains("check the gradient");
    }

    @Test void stopsAtTheFloorOfRoundingWhenTheToleranceCannotBeMet() {
        var minimum = new Lbfgs().withGradientTolerance(0).minimize((x, g) -> {
            g[0] = Math.sinh(x[0] - 0.3) + 1e-9 * Math.sin(1e17 * x[0]);
            return 1e3 + Math.cosh(x[0] - 0.3);
        }, new double[] {2});
        assertThat(minimum.converged()).isTrue();
        assertThat(minimum.x()[0]).isCloseTo(0.3, within(1e-6));
    }

    @Test void reportsEachStepAndStopsWhenAsked() {
        var heard = new ArrayList<Progress.Update>();
        Progress listener = heard::add;
        assertThatThrownBy(
                () -> new Lbfgs().minimize(LbfgsTest::rosenbrock, new double[] {-1.2, 1}, listener.stoppedBy(() -> heard.size() == 5)))
                .isInstanceOf(CancelledException.class).hasMessage("L-BFGS: stopped at step 5 of 1000");
        assertThat(heard).extracting(u -> u.metrics().get("value")).isSortedAccordingTo((a, b) -> Double.compare(b, a));
    }

    @Test void refusesSettingsThatMakeNoSense() {
        assertThatThrownBy(() -> new Lbfgs().withHistory(0)).hasMessage("Lbfgs: history is 0; it is at least 1");
        assertThatThrownBy(() -> new LineSearch.StrongWolfe(0.2, 0.1, 1, 1))
                .hasMessage("StrongWolfe: c2 is 0.1; it lies between c1 = 0.2 and 1");
    }
}
