package lyceum.optim;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.optim.Schedule.Cosine;
import lyceum.optim.Schedule.Ramp;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

/** Schedules beside torch.optim.lr_scheduler, and what they do to a noisy quadratic. */
class ScheduleGoldenTest {
    private static final Golden GOLDEN = Golden.load("golden/schedules.json");

    private static final Map<String, Schedule> SCHEDULES = Map.ofEntries(Map.entry("constant", new Schedule.Constant(40, 0.25)),
            Map.entry("step", new Schedule.Step(70, 0.6)), Map.entry("multiStep", new Schedule.MultiStep(0.3, 640, 30, 200, 201)),
            Map.entry("exponential", new Schedule.Exponential(0.995)), Map.entry("linear", new Schedule.Linear(600, 0.1)),
            Map.entry("polynomial", new Schedule.Polynomial(800, 2.5)), Map.entry("cosine", new Cosine(900).withFloor(0.05)),
            Map.entry("oneCycle", new Schedule.OneCycle(1_001)), Map.entry("cyclic", new Schedule.Cyclic(60, 90, 0.1)),
            Map.entry("cyclic2", new Schedule.Cyclic(60, 90, 0.1, 0.5, 1)),
            Map.entry("cyclicExp", new Schedule.Cyclic(60, 90, 0.1, 1, 0.999)),
            Map.entry("inverseSquareRoot", new Schedule.InverseSquareRoot(50)));

    private static void see(Gap gap, String name, Schedule schedule) {
        var rates = new double[1_000];
        for (int t = 0; t < rates.length; t++) rates[t] = schedule.factor(t);
        gap.see(GOLDEN.named(name), "expected.rates", rates);
    }

    @Test
    @Acceptance(topic = "lr-schedule", clause = 1) void twelveSchedulesEqualTorchOverAThousandSteps() {
        var worst = Gap.absolute();
        SCHEDULES.forEach((name, schedule) -> see(worst, name, schedule));
        see(worst, "cosineTorch", new Cosine(1_000).withFloor(0.05)); // torch's own; "cosine" and the inverse root are formulas in LambdaLR
        Evidence.of("rates compared", worst.seen(), exactly(13_000));
        Evidence.of("largest gap to torch", worst, below(1e-9));
    }

    @Test
    @Acceptance(topic = "lr-schedule", clause = 1) void aPlateauLowersRatesWhenTorchDoes() {
        var c = GOLDEN.named("plateau");
        var plateau = new Plateau(0.5, 6, 1e-3, 4, false);
        double[] values = c.doubles("input.values"), rates = new double[values.length];
        double rate = 1;
        for (int i = 0; i < values.length; i++) {
            if (plateau.see(values[i])) rate *= plateau.factor();
            rates[i] = rate;
            if (i % 7 == 3) { // resumed from its state
                var state = plateau.state();
                plateau = new Plateau(0.5, 6, 1e-3, 4, false);
                plateau.restore(state);
            }
        }
        Evidence.of("largest gap to torch", Gap.absolute().see(c, "expected.rates", rates), below(1e-9));
        Evidence.that("the rate was lowered, " + rate, rate < 0.1);
    }

    /** A run is stopped at every step and goes on in a new optimiser from the saved state: what it does next is what the unbroken one did. */
    @Test
    @Acceptance(topic = "lr-schedule", clause = 2) void resumingAtAnyStepGivesTheSameTail() {
        var all = new LinkedHashMap<String, Schedule>();
        SCHEDULES.forEach((name, schedule) -> all.put(name, schedule.counting(40))); // 25 steps reach over all of their 1,000
        all.put("wsd", Schedule.CONSTANT.then(10, new Schedule.Linear(8)).warmedUp(4));
        all.put("restarts", new Cosine(5).withRestarts(2).times(new Schedule.Exponential(0.9)));
        int wrong = 0, resumed = 0, steps = 25;
        for (var schedule : all.values()) {
            var whole = new double[steps + 1];
            var x = Tensor.of(1.0).requiresGrad();
            var straight = new Sgd(1).over(x).scheduledBy(schedule);
            var states = new OptimizerState[steps];
            for (int t = 0; t < steps; t++) {
                whole[t] = x.item();
                if (t == 7) straight.scaleRates(0.6); // a plateau
                states[t] = straight.state();
                straight.step(Tensor.of(1.0));
            }
            whole[steps] = x.item();
            for (int at = 0; at < steps; at++) {
                var y = Tensor.of(whole[at]).requiresGrad();
                var optimizer = new Sgd(1).over(y).scheduledBy(schedule);
                optimizer.restore(states[at]);
                for (int t = at; t < steps; t++) {
                    if (t == 7 && at < 7) optimizer.scaleRates(0.6);
                    if (y.item() != whole[t]) wrong++;
                    optimizer.step(Tensor.of(1.0));
                }
                if (y.item() != whole[steps]) wrong++;
                resumed++;
            }
        }
        Evidence.of("resumed runs", resumed, exactly(14 * 25));
        Evidence.of("values that differ", wrong, exactly(0));
    }

    /** {@code a/2 x^2} with gradient noise s: a constant rate ends at {@code eta s^2 / (a (2 - eta a))} in the mean square. */
    @Test
    @Acceptance(topic = "lr-schedule", clause = 3) void aConstantRateLevelsAtItsNoiseFloorAndOneOverTGoesBelow() {
        double a = 1.5, s = 0.8, falling = meanSquare(a, s, 1, new Schedule.RobbinsMonro(1), 600);
        for (double eta : new double[] {0.1, 0.25, 0.8}) {
            double floor = eta * s * s / (a * (2 - eta * a)), last = meanSquare(a, s, eta, Schedule.CONSTANT, 600);
            Evidence.of(eta + ": mean square over the floor of the formula, half-way",
                    meanSquare(a, s, eta, Schedule.CONSTANT, 300) / floor, equalTo(1, 0.1));
            Evidence.of(eta + ": at the end", last / floor, equalTo(1, 0.1));
            Evidence.of(eta + ": the constant rate's over that of 1/t decay", last / falling, atLeast(10));
        }
    }

    private static double meanSquare(double a, double s, double rate, Schedule schedule, int steps) {
        int walkers = 3_000;
        var rng = Rng.of(323);
        var x = Tensor.full(DType.F64, 2, walkers).copy().requiresGrad();
        var optimizer = new Sgd(rate).over(x).scheduledBy(schedule);
        for (int t = 0; t < steps; t++) optimizer.step(x.detach().mul(a).add(Tensor.randn(rng, DType.F64, walkers).mul(s)));
        return x.detach().square().mean().item();
    }

    @Test
    @Acceptance(topic = "warmup", clause = 1) void aWarmUpEqualsTorchsAndJoinsWithoutAJump() {
        var worst = Gap.absolute();
        see(worst, "warmLinear", new Cosine(900).warmedUp(100, 0.02, Ramp.LINEAR));
        see(worst, "warmThird", new Schedule.Exponential(0.99).warmedUp(37, 1.0 / 3, Ramp.LINEAR));
        Evidence.of("rates compared", worst.seen(), exactly(2_000));
        Evidence.of("largest gap to torch", worst, below(1e-9));
        double jump = 0;
        // One schedule that starts at 1, one that starts below.
        for (var next : List.of(new Cosine(5_000), new Schedule.Constant(1_000, 0.25)))
            for (var ramp : Ramp.values()) for (long steps : new long[] {50, 400}) {
                var schedule = next.warmedUp(steps, 0.1, ramp);
                // One step further along the ramp, and not a step back to it.
                double last = schedule.factor(steps) - schedule.factor(steps - 1),
                        before = schedule.factor(steps - 1) - schedule.factor(steps - 2);
                jump = Math.max(jump, Math.abs(last - before) / before);
                Evidence.of(ramp + " ends at the schedule's first factor", schedule.factor(steps), exactly(next.factor(0)));
            }
        Evidence.of("last rise against the one before, relative", jump, below(0.05));
    }

    @Test
    @Acceptance(topic = "warmup", clause = 2) void radamEqualsTorch() {
        Evidence.of("largest gap to torch over 200 steps", OptimiserRuns.gap(6, "RAdam", in -> true), below(1e-6));
    }

    @Test
    @Acceptance(topic = "cosine-annealing", clause = 1) void cosinesEqualTorchWithAndWithoutRestarts() {
        var worst = Gap.absolute();
        see(worst, "cosineTorch", new Cosine(1_000).withFloor(0.05));
        see(worst, "restarts1", new Cosine(130).withFloor(0.02).withRestarts(1));
        see(worst, "restarts2", new Cosine(60).withFloor(0.02).withRestarts(2));
        Evidence.of("rates compared", worst.seen(), exactly(3_000));
        Evidence.of("largest gap to torch", worst, below(1e-12));
    }

    @Test
    @Acceptance(topic = "cosine-annealing", clause = 2) void startMiddleAndEndAreWhereTheyBelong() {
        var worst = Gap.absolute();
        for (double floor : new double[] {0, 0.1, 0.7}) for (long steps : new long[] {2, 10, 4_000}) {
            var cosine = new Cosine(steps).withFloor(floor);
            worst.see("start", cosine.factor(0), 1).see("middle", cosine.factor(steps / 2), (1 + floor) / 2).see("end",
                    cosine.factor(steps), floor);
        }
        Evidence.of("largest gap", worst, below(1e-12));
        var restarts = new Cosine(4).withRestarts(2);
        int ends = 0;
        for (long t : new long[] {3, 11, 27})
            if (restarts.endsPeriod(t) && !restarts.endsPeriod(t - 1) && restarts.factor(t + 1) == 1) ends++;
        Evidence.of("periods of 4, 8 and 16 end where they should", ends, exactly(3));
    }

    @Test void countingTokensStretchesASchedule() {
        var inTokens = new Schedule.Linear(1_000).counting(100);
        for (int t = 0; t < 12; t++) assertThat(inTokens.factor(t)).isEqualTo(new Schedule.Linear(10).factor(t));
    }
}
