package lyceum.optim;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NewtonTest {
    static final SecondOrderObjective ROSENBROCK = new SecondOrderObjective() {
        @Override public double at(double[] x, double[] g) { return LbfgsTest.rosenbrock(x, g); }

        @Override public double[] hessianTimes(double[] x, double[] v) {
            double a = 1200 * x[0] * x[0] - 400 * x[1] + 2, b = -400 * x[0];
            return new double[] {a * v[0] + b * v[1], b * v[0] + 200 * v[1]};
        }
    };

    /** Distances from {@code minimum} before each step and after the last: a run of k steps ends where a longer one passes. */
    private static double[] errors(Newton newton, SecondOrderObjective f, double[] start, double[] minimum, int steps) {
        var errors = new double[steps + 1];
        for (int k = 0; k <= steps; k++) {
            var gap = newton.withMaxIterations(k).minimize(f, start).x();
            Vectors.addScaled(gap, -1, minimum);
            errors[k] = Vectors.norm(gap);
        }
        return errors;
    }

    @ParameterizedTest
    @EnumSource(names = {"DAMPED", "TRUST_REGION"})
    @Acceptance(topic = "newton-lbfgs", clause = 1) void onRosenbrockTheErrorIsSquaredAtEachStep(Newton.Method method) {
        var e = errors(new Newton().withMethod(method).withGradientTolerance(0), ROSENBROCK, new double[] {-1.2, 1}, new double[] {1, 1},
                30);
        int reached = 0;
        while (reached < 30 && e[reached] > 1e-10) reached++;
        Evidence.of(method + ": steps to 1e-10", e[reached] <= 1e-10 ? reached : 31, atMost(30));
        int last = reached;
        while (last > 0 && e[last] <= 1e-12) last--;
        double worst = 0;
        for (int k = last - 3; k < last; k++) worst = Math.max(worst, e[k + 1] / (e[k] * e[k]));
        Evidence.of(method + ": largest e_{k+1} / e_k^2 of the last three steps above 1e-12", worst, atMost(100));
    }

    @ParameterizedTest
    @EnumSource(names = {"DAMPED", "TRUST_REGION"})
    @Acceptance(topic = "newton-lbfgs", clause = 1) void onALogSumExpTheOrderIsTwo(Newton.Method method) {
        var rng = Rng.of(51_010);
        Tensor a = Tensor.randn(rng, DType.F64, 9, 5).compute(), b = Tensor.randn(rng, DType.F64, 9).compute(),
                c = Tensor.randn(rng, DType.F64, 5).compute();
        var f = SecondOrderObjective.of(x -> a.matmul(x).add(b).exp().sum().log().add(x.sub(c).square().sum().mul(0.5)));
        double[] start = {1, -1, 1, -1, 1};
        // Its minimum by another method: gradient descent at 1 / L contracts to the last bit.
        var minimum = GradientDescent.constant(0.1).withGradientTolerance(1e-16).minimize(f, start);
        Evidence.of("gradient at the minimum taken for the errors", minimum.gradientNorm(), atMost(1e-14));
        var e = errors(new Newton().withMethod(method).withGradientTolerance(0), f, start, minimum.x(), 20);
        int last = 0;
        while (last < 20 && e[last + 1] > 1e-13) last++;
        Evidence.of(method + ": steps to 1e-13", last, atLeast(2));
        Evidence.of(method + ": order of the last step above 1e-13", Math.log(e[last] / e[last - 1]) / Math.log(e[last - 1] / e[last - 2]),
                atLeast(1.8));
    }

    @Test void theTruncatedMethodFindsTheMinimumOfRosenbrockWithoutAMatrix() {
        var found = new Newton().withMethod(Newton.Method.CONJUGATE_GRADIENT).minimize(new SecondOrderObjective() {
            @Override public double at(double[] x, double[] g) { return ROSENBROCK.at(x, g); }

            @Override public double[] hessianTimes(double[] x, double[] v) { return ROSENBROCK.hessianTimes(x, v); }

            @Override public double[][] hessian(double[] x) { throw new AssertionError("it asked for the matrix"); }
        }, new double[] {-1.2, 1});
        assertThat(found.stop()).isEqualTo(StopReason.GRADIENT);
        assertThat(found.x()).containsExactly(new double[] {1, 1}, within(1e-7));
        assertThat(found.iterations()).isLessThan(100);
    }

    /** Conjugate gradients end at {@code sqrt|g| |g|}, so that a step leaves about {@code |g|^(3/2)}. */
    @Test void theTruncatedMethodsOrderIsOneAndAHalf() {
        var rng = Rng.of(51_011);
        Tensor a = Tensor.randn(rng, DType.F64, 80, 40).compute(), b = Tensor.randn(rng, DType.F64, 80).compute();
        var f = SecondOrderObjective.of(x -> a.matmul(x).add(b).softplus().sum().add(x.square().sum().mul(0.5)));
        var newton = new Newton().withMethod(Newton.Method.CONJUGATE_GRADIENT);
        double before = Double.POSITIVE_INFINITY, worst = 0;
        int close = 0;
        for (int k = 0; k <= 20 && before > 1e-8; k++) {
            double now = Vectors.norm(newton.withMaxIterations(k).minimize(f, new double[40]).gradient());
            if (before < 0.3) {
                worst = Math.max(worst, now / Math.pow(before, 1.5));
                close++;
            }
            before = now;
        }
        assertThat(close).isGreaterThan(2);
        assertThat(before).isLessThan(1e-8);
        assertThat(worst).isLessThan(1.5);
    }

    @ParameterizedTest
    @EnumSource void leavesASaddleForAMinimum(Newton.Method method) {
        // Saddle at 0, minima at (+-1, 0); the Hessian is indefinite at the start.
        var f = SecondOrderObjective.of(x -> {
            Tensor u = x.narrow(0, 0, 1), v = x.narrow(0, 1, 1);
            return u.square().square().mul(0.25).sub(u.square().mul(0.5)).add(v.square()).sum();
        });
        var found = new Newton().withMethod(method).minimize(f, new double[] {0.1, 0.5});
        assertThat(found.stop()).as("%s", found).isEqualTo(StopReason.GRADIENT);
        assertThat(Math.abs(found.x()[0])).isCloseTo(1, within(1e-6));
        assertThat(found.value()).isCloseTo(-0.25, within(1e-12));
    }

    @Test void theTrustRegionLeavesASaddleEvenWhereTheGradientDoesNotPointOut() {
        var f = SecondOrderObjective.of(x -> {
            Tensor u = x.narrow(0, 0, 1), v = x.narrow(0, 1, 1);
            return u.square().square().mul(0.25).sub(u.square().mul(0.5)).add(v.square()).sum();
        });
        var found = new Newton().withMethod(Newton.Method.TRUST_REGION).minimize(f, new double[] {0, 0.5});
        assertThat(found.value()).isCloseTo(-0.25, within(1e-12));
    }

    @ParameterizedTest
    @EnumSource void minimisesAModelsLossInItsParameters(Newton.Method method) {
        var rng = Rng.of(5);
        var x = Tensor.randn(rng, DType.F64, 50, 3);
        var y = x.matmul(Tensor.of(1.0, 2, 3)).add(4.0);
        var w = Tensor.zeros(DType.F64, 3).requiresGrad();
        var b = Tensor.zeros(DType.F64).requiresGrad();
        var minimum = new Newton().withMethod(method).minimize(List.of(w, b), () -> x.matmul(w).add(b).sub(y).square().mean(),
                Progress.SILENT);
        assertThat(minimum.converged()).as("%s", minimum).isTrue();
        assertThat(w.toDoubleArray()).containsExactly(new double[] {1, 2, 3}, within(1e-7));
        assertThat(b.item()).isCloseTo(4, within(1e-7));
    }

    @Test void saysWhyItStoppedAndReportsItsSteps() {
        double[] start = {-1.2, 1};
        var heard = new ArrayList<Double>();
        var found = new Newton().withMaxIterations(3).minimize(ROSENBROCK, start, update -> heard.add(update.metrics().get("value")));
        assertThat(found.stop()).isEqualTo(StopReason.ITERATIONS);
        assertThat(heard).hasSize(3).isSortedAccordingTo((p, q) -> Double.compare(q, p));
        assertThat(new Newton().minimize(ROSENBROCK, new double[] {Double.NaN, 1}).stop()).isEqualTo(StopReason.NOT_FINITE);
        assertThat(Arrays.stream(ROSENBROCK.hessian(start)).mapToDouble(r -> r[0] + r[1]).toArray()).containsExactly(1330 + 480, 680);
    }
}
