package lyceum.optim;

import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class SgdTest {

    @Test
    @Acceptance(topic = "sgd", clause = 1) void twoHundredStepsEqualTorchForEveryCombinationOfOptions() {
        var worst = Gap.absolute();
        int cases = 0;
        for (var c : Golden.load("golden/sgd.json").list("cases")) {
            if (c.text("name").equals("groups")) continue;
            var in = c.at("input");
            var rule = new Sgd(in.number("lr"), in.number("momentum"), in.number("dampening"), in.flag("nesterov"),
                    in.number("weightDecay"), in.flag("maximize"));
            var f = TestProblems.named(in.text("problem"));
            var x = Tensor.of(in.doubles("x0")).requiresGrad();
            var optimizer = rule.over(x);
            for (int step = 1; step <= 200; step++) {
                optimizer.zeroGrad();
                var loss = rule.maximize() ? f.apply(x).neg() : f.apply(x);
                loss.backward();
                optimizer.step();
                see(worst, c, step, x.toDoubleArray());
            }
            cases++;
        }
        Evidence.of("combinations", cases, exactly(21));
        Evidence.of("largest gap to torch", worst, below(1e-6));
    }

    /** Compares the parameters at the steps that the reference shows. */
    static void see(Gap gap, Golden c, int step, double[] x) {
        if (c.has("expected.steps." + step)) gap.see(c, "expected.steps." + step, x);
    }

    @Test
    @Acceptance(topic = "sgd", clause = 1) void groupsFollowTheirOwnSettings() {
        var c = Golden.load("golden/sgd.json").named("groups");
        var start = Tensor.of(c.doubles("input.x0"));
        var f = TestProblems.named("bowl");
        var x = start.narrow(0, 0, 3).copy().requiresGrad();
        var y = start.narrow(0, 3, 3).copy().requiresGrad();
        var optimizer = new Optimizer(List.of(new Optimizer.Group(new Sgd(0.02).withMomentum(0.9), new LinkedHashMap<>(Map.of("x", x))),
                new Optimizer.Group(new Sgd(0.05).withWeightDecay(0.1), new LinkedHashMap<>(Map.of("y", y)))));
        var worst = Gap.absolute();
        for (int step = 1; step <= 200; step++) {
            optimizer.zeroGrad();
            f.apply(Tensor.concat(0, x, y)).backward();
            optimizer.step();
            see(worst, c, step, Tensor.concat(0, x, y).toDoubleArray());
        }
        Evidence.of("largest gap to torch", worst, below(1e-6));
    }

    /** Independent chains of SGD on {@code a/2 x^2} with gradient noise of deviation s, all in one tensor. */
    private static final class Chains {
        final Tensor x;
        final Optimizer optimizer;
        private final double a, s;
        private final Rng rng;

        Chains(int count, double a, double s, double start, Sgd rule, Schedule schedule, long seed) {
            this.a = a;
            this.s = s;
            rng = Rng.of(seed);
            x = Tensor.full(DType.F64, start, count).copy().requiresGrad();
            optimizer = rule.over(x).scheduledBy(schedule);
        }

        void step() {
            optimizer.zeroGrad();
            var noise = Tensor.randn(rng, DType.F64, x.count()).mul(s);
            x.square().mul(a / 2).add(x.mul(noise)).sum().backward();
            optimizer.step();
        }

        double meanSquare() { return x.detach().square().mean().item(); }
    }

    @Test
    @Acceptance(topic = "sgd", clause = 2) void constantStepsHoverWithTheStationaryVariance() {
        double worst = 0;
        for (double eta : new double[] {0.05, 0.4, 1.2}) {
            double a = 1.25, s = 0.7;
            var chains = new Chains(2_000, a, s, 0, new Sgd(eta), Schedule.CONSTANT, 791);
            double sum = 0;
            int burnIn = (int) (6 / (eta * a)) + 10, measured = 200;
            for (int t = 0; t < burnIn + measured; t++) {
                chains.step();
                if (t >= burnIn) sum += chains.meanSquare() / measured;
            }
            worst = Math.max(worst, Math.abs(sum / (eta * s * s / (a * (2 - eta * a))) - 1));
        }
        Evidence.of("largest relative gap", worst, below(0.05));
    }

    @Test
    @Acceptance(topic = "sgd", clause = 3) void stepsOfCOverTConvergeLikeOneOverT() {
        double a = 2, s = 1, c = 0.6; // c a = 1.2 exceeds 1/2
        var chains = new Chains(1_000, a, s, 1, new Sgd(c), new Schedule.RobbinsMonro(1), 792);
        double sumX = 0, sumY = 0, sumXX = 0, sumXY = 0;
        int points = 0, next = 50;
        for (int t = 1; t <= 3_200; t++) {
            chains.step();
            if (t != next) continue;
            next *= 2;
            double u = Math.log(t), v = Math.log(chains.meanSquare());
            sumX += u;
            sumY += v;
            sumXX += u * u;
            sumXY += u * v;
            points++;
        }
        double slope = (points * sumXY - sumX * sumY) / (points * sumXX - sumX * sumX);
        Evidence.of("log-log slope", slope, equalTo(-1, 0.15));
    }

    @Test
    @Acceptance(topic = "sgd", clause = 3) void averagedIteratesReachTheOptimalVariance() {
        double a = 2, s = 1;
        int n = 2_500;
        double constant = averaged(a, s, n, new Sgd(0.2), Schedule.CONSTANT),
                falling = averaged(a, s, n, new Sgd(0.4), new Schedule.RobbinsMonro(0.6));
        Evidence.of("n a^2 variance / s^2, constant steps", constant, equalTo(1, 0.15));
        Evidence.of("n a^2 variance / s^2, steps t^-0.6", falling, equalTo(1, 0.15));
    }

    @Test void averagingStepsOfCOverTCostsAFactorOfTwo() {
        assertThat(averaged(1, 1, 2_500, new Sgd(1), new Schedule.RobbinsMonro(1))).isCloseTo(2, within(0.3));
    }

    /** The variance of the averaged iterate after n steps, in units of the optimal one. */
    private static double averaged(double a, double s, int n, Sgd rule, Schedule schedule) {
        var chains = new Chains(1_000, a, s, 0, rule, schedule, 793);
        var average = Average.mean(0);
        chains.optimizer.averagedBy(average);
        for (int t = 0; t < n; t++) chains.step();
        return average.of(chains.x).square().mean().item() * n * a * a / (s * s);
    }

    @Test
    @Acceptance(topic = "sgd", clause = 4) void withoutNoiseItIsGradientDescentBitForBit() {
        var gap = Gap.absolute();
        for (var problem : List.of("bowl", "logistic", "rosenbrock")) {
            var f = TestProblems.named(problem);
            double eta = problem.equals("rosenbrock") ? 1e-3 : 0.1;
            var start = new double[problem.equals("bowl") ? 6 : problem.equals("logistic") ? 5 : 4];
            Arrays.fill(start, 0.3);
            var path = GradientDescent.constant(eta).withMaxIterations(100).withGradientTolerance(0).trace(Objective.of(f), start);
            var x = Tensor.of(start).requiresGrad();
            var optimizer = new Sgd(eta).over(x);
            for (int t = 1; t <= 100; t++) {
                optimizer.zeroGrad();
                f.apply(x).backward();
                optimizer.step();
                gap.see(problem + ", step " + t, x.toDoubleArray(), path.points().get(t));
            }
        }
        Evidence.of("SGD without noise against gradient descent", gap, exactly(0));
    }

    @Test void rowsThatWereNotUsedStandStill() {
        var rng = Rng.of(4);
        var table = Tensor.randn(rng, DType.F64, 5, 2).requiresGrad();
        var before = table.detach().copy();
        var optimizer = new Sgd(0.1).withMomentum(0.9).withWeightDecay(0.5).over(table);
        optimizer.rowGradient(table, Tensor.of(3L, 1, 3), Tensor.of(new double[][] {{1, 1}, {2, 2}, {3, 3}}));
        optimizer.step();
        var expected = before.toRows();
        for (int j = 0; j < 2; j++) {
            expected[3][j] -= 0.1 * (4 + 0.5 * expected[3][j]);
            expected[1][j] -= 0.1 * (2 + 0.5 * expected[1][j]);
        }
        assertThat(table.toRows()).isDeepEqualTo(expected);
        optimizer.step(Tensor.ones(DType.F64, 5, 2));
        assertThat(optimizer.steps()).isEqualTo(2);
        assertThatThrownBy(() -> optimizer.rowGradient(table, Tensor.of(5L), Tensor.ones(DType.F64, 1, 2)))
                .hasMessage("rowGradient: row 5 of a parameter (5, 2)");
    }

    @Test void aRuleIsAPureFunctionThatCanBeDifferentiated() {
        // d/dx of one step x - rate f'(x) for f = x^4 / 4.
        var x = Tensor.of(2.0).requiresGrad();
        var next = new Sgd(0.01).next(x, x.pow(3), List.of(), 1, 0.01);
        next.parameter().sum().backward();
        assertThat(x.grad().item()).isCloseTo(1 - 0.01 * 12, within(1e-12));
        assertThat(x.item()).isEqualTo(2);
    }

    @Test void refusesSettingsThatMakeNoSense() {
        assertThatThrownBy(() -> new Sgd(-0.1)).hasMessage("Sgd: learningRate is -0.1; it is a number of at least 0");
        assertThatThrownBy(() -> new Sgd(0.1).withMomentum(1)).hasMessage("Sgd: momentum is 1.0; it lies in [0, 1)");
        assertThatThrownBy(() -> new Sgd(0.1).withNesterov(true)).hasMessageStartingWith("Sgd: nesterov needs momentum");
    }
}
