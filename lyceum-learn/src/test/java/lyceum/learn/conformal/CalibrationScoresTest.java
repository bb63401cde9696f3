package lyceum.learn.conformal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class CalibrationScoresTest {
    @Test void thresholdsByHand() {
        double[] scores = new double[19];
        for (int i = 0; i < 19; i++) scores[i] = (i * 7) % 19 + 1;
        var s = new CalibrationScores(scores, null, null);
        assertThat(s.threshold(0.1)).isEqualTo(18);
        assertThat(s.threshold(0.05)).isEqualTo(19);
        assertThat(s.threshold(0.04)).isInfinite();
        assertThat(s.threshold(0.5)).isEqualTo(10);
        // 50 rows cannot promise 99%.
        assertThat(new CalibrationScores(new double[50], null, null).threshold(0.01)).isInfinite();
        for (int n = 1; n < 200; n++) for (int l = 1; l <= n; l++) assertThat(ConformalPredictor.givenUp(n, l / (n + 1.0))).isEqualTo(l);
        // Weights 1 .. 4 of scores 10 .. 40 and one's own of 2: sums 1, 3, 6, 10 of 12.
        var w = new CalibrationScores(new double[] {20, 10, 40, 30}, new double[] {2, 1, 4, 3}, null);
        assertThat(w.thresholds(0.5, new double[] {2})).containsExactly(30);
        assertThat(w.thresholds(0.75, new double[] {2, 0})).containsExactly(20, 20);
        assertThat(w.thresholds(0.1, new double[] {2, 0.5})).containsExactly(Double.POSITIVE_INFINITY, 40);
        // Equal weights are no weights.
        var equal = new double[19];
        Arrays.fill(equal, 3);
        for (double alpha : new double[] {0.05, 0.1, 0.33, 0.9})
            assertThat(new CalibrationScores(scores, equal, null).thresholds(alpha, new double[] {3})).containsExactly(s.threshold(alpha));
        assertThatThrownBy(() -> s.threshold(0)).hasMessageContaining("alpha is 0.0");
        assertThatThrownBy(() -> s.threshold(0.1, 1)).hasMessageContaining("byGroup");
        assertThatThrownBy(() -> s.thresholds(0.1, new double[] {1})).hasMessageContaining("weightedBy");
        assertThat(s.withGroups(new int[19]).threshold(0.1, 4)).isInfinite();
        assertThatThrownBy(() -> new CalibrationScores(new double[] {Double.NaN}, null, null)).hasMessageContaining("score 0 is NaN");
    }
}
