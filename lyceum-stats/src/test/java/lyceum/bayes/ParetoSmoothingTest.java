package lyceum.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ParetoSmoothingTest {
    @Test void drawsWithoutWeightSayNothingOfTheTail() {
        // ten weights among a hundred draws: the tail is those ten, above 0
        var logs = new double[100];
        Arrays.fill(logs, Double.NEGATIVE_INFINITY);
        var ten = new double[10];
        for (int i = 0; i < 10; i++) ten[i] = Math.expm1(-0.6 * Math.log1p(-(i + 0.5) / 10)) / 0.6;
        for (int i = 0; i < 10; i++) logs[7 + 9 * i] = Math.log(ten[i] / ten[9]);
        double shape = ParetoSmoothing.fit(Arrays.stream(ten).map(w -> w / ten[9]).toArray())[0];
        var smooth = ParetoSmoothing.of(logs);
        assertThat(smooth.k()).isCloseTo((10 * shape + 5) / 20, within(1e-12));
        for (int i = 0; i < 100; i++)
            assertThat(smooth.logWeights()[i] == Double.NEGATIVE_INFINITY).isEqualTo(i < 7 || (i - 7) % 9 != 0 || i > 88);
        // weights that no double holds are none
        var tiny = logs.clone();
        for (int i = 0; i < 100; i++) if (tiny[i] == Double.NEGATIVE_INFINITY) tiny[i] = -5_000 - i;
        assertThat(ParetoSmoothing.of(tiny).k()).isCloseTo(smooth.k(), within(1e-12));
        // four weights tell no shape
        for (int i = 4; i < 10; i++) logs[7 + 9 * i] = Double.NEGATIVE_INFINITY;
        var few = ParetoSmoothing.of(logs);
        assertThat(few.k()).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(few.isReliable()).isFalse();
        assertThat(Math.exp(few.logWeights()[34] - few.logWeights()[7])).isCloseTo(ten[3] / ten[0], within(1e-12));
        Arrays.fill(logs, Double.NEGATIVE_INFINITY);
        assertThatThrownBy(() -> ParetoSmoothing.of(logs)).hasMessageContaining("the largest log ratio is -Infinity");
    }
}
