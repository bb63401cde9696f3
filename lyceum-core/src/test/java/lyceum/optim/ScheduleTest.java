package lyceum.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ScheduleTest {

    @Test void stepsAndPowersFollowTheirFormulas() {
        assertThat(Schedule.CONSTANT.factor(1_000_000)).isEqualTo(1);
        var step = new Schedule.Step(10, 0.5);
        assertThat(new double[] {step.factor(0), step.factor(9), step.factor(10), step.factor(25)}).containsExactly(1, 1, 0.5, 0.25);
        assertThat(new Schedule.Exponential(0.9).factor(3)).isCloseTo(0.729, within(1e-15));
        // As in PyTorch, a factor above 1 makes the rate grow: a learning-rate range test.
        assertThat(new Schedule.Step(10, 2).factor(25)).isEqualTo(4);
        assertThat(new Schedule.Exponential(1.5).factor(2)).isEqualTo(2.25);
        assertThatThrownBy(() -> new Schedule.Step(10, -0.1)).hasMessageContaining("gamma is -0.1");
        assertThatThrownBy(() -> new Schedule.Exponential(Double.POSITIVE_INFINITY)).hasMessageContaining("gamma is Infinity");
        var linear = new Schedule.Linear(10, 0.1);
        assertThat(new double[] {linear.factor(0), linear.factor(5), linear.factor(10), linear.factor(99)})
                .containsExactly(new double[] {1, 0.55, 0.1, 0.1}, within(1e-15));
    }

    @Test void aCosineFallsOnceOrRestarts() {
        var once = new Schedule.Cosine(100).withFloor(0.2);
        assertThat(once.factor(0)).isEqualTo(1);
        assertThat(once.factor(50)).isCloseTo(0.6, within(1e-12));
        assertThat(once.factor(100)).isEqualTo(0.2);
        var again = new Schedule.Cosine(100).withRestarts(2);
        assertThat(again.factor(99)).isLessThan(0.001);
        assertThat(again.factor(100)).isEqualTo(1);
        assertThat(again.factor(200)).isCloseTo(0.5, within(1e-12)); // the middle of a period of 200
        assertThat(again.factor(300)).isEqualTo(1);
    }

    @Test void aWarmUpRisesInAStraightLineAndHandsOver() {
        var schedule = new Schedule.Cosine(100).warmedUp(4);
        assertThat(new double[] {schedule.factor(0), schedule.factor(1), schedule.factor(3), schedule.factor(4)}).containsExactly(0.25,
                0.4375, 0.8125, 1);
        assertThat(schedule.factor(54)).isCloseTo(0.5, within(1e-12));
    }

    @Test void oneCycleAndWarmRestartsEqualTorch() {
        // torch 2.6.0, the rate before each step: OneCycleLR(max_lr=1, total_steps=10), CosineAnnealingWarmRestarts(T_0=5, T_mult=2).
        var cycle = new Schedule.OneCycle(10);
        double[] expected = {0.04, 0.52, 1.0, 0.9504846320134737, 0.8117456539497631, 0.6112620219362893, 0.38874197806371075,
                0.18825834605023697, 0.049519367986526286, 4e-06};
        for (int step = 0; step < 10; step++) assertThat(cycle.factor(step)).isCloseTo(expected[step], within(1e-14));
        // A rise of one step has no way up: it starts at the top.
        var atOnce = new Schedule.OneCycle(10, 0.1, 25, 1e4);
        assertThat(new double[] {atOnce.factor(0), atOnce.factor(9)}).containsExactly(new double[] {1, 4e-6}, within(1e-14));
        var restarts = new Schedule.Cosine(5).withRestarts(2);
        double[] falls = {1.0, 0.9045084971874737, 0.6545084971874737, 0.34549150281252633, 0.09549150281252633, 1.0, 0.9755282581475768,
                0.9045084971874737, 0.7938926261462366, 0.6545084971874737, 0.5, 0.34549150281252633, 0.2061073738537635,
                0.09549150281252633, 0.024471741852423234, 1.0};
        for (int step = 0; step < 16; step++) assertThat(restarts.factor(step)).isCloseTo(falls[step], within(1e-14));
    }

    @Test void robbinsAndMonrosStepsDivergeButTheirSquaresDoNot() {
        var schedule = new Schedule.RobbinsMonro(1);
        assertThat(schedule.factor(0)).isEqualTo(1);
        assertThat(schedule.factor(9)).isCloseTo(0.1, within(1e-15));
        assertThatThrownBy(() -> new Schedule.RobbinsMonro(0.5)).hasMessage("Schedule.RobbinsMonro: gamma is 0.5; it lies in (1/2, 1]");
    }
}
