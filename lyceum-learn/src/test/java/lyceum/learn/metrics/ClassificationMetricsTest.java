package lyceum.learn.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Averages, weights and the policy for nothing over nothing, counted by hand. */
class ClassificationMetricsTest {
    private static final Tensor TRUTH = Tensor.of(new long[] {0, 0, 1, 1, 1}), PREDICTED = Tensor.of(new long[] {0, 1, 1, 1, 2});
    private static final double[] WEIGHTS = {1, 2, 3, 4, 5};

    @Test void scoresOfEachClassTakeWeightsAndAPolicy() {
        // Class 2 never occurs: its recall is nothing over nothing.
        assertThat(ClassificationMetrics.precision(TRUTH, PREDICTED, ZeroDivision.ZERO, WEIGHTS)).containsExactly(1, 7.0 / 9, 0);
        assertThat(ClassificationMetrics.recall(TRUTH, PREDICTED, ZeroDivision.ONE, WEIGHTS)).containsExactly(1.0 / 3, 7.0 / 12, 1);
        assertThat(ClassificationMetrics.recall(TRUTH, PREDICTED, ZeroDivision.ONE, null)).containsExactly(0.5, 2.0 / 3, 1);
        assertThat(ClassificationMetrics.fBeta(TRUTH, PREDICTED, 2, ZeroDivision.ZERO, WEIGHTS))
                .containsExactly(new double[] {5 * 1.0 / (5 * 1 + 4 * 2), 5 * 7.0 / (5 * 7 + 4 * 5 + 2), 0}, within(1e-15));
    }

    @Test void averagesTakeWeightsAndAPolicy() {
        assertThat(ClassificationMetrics.precision(TRUTH, PREDICTED, Average.MICRO, ZeroDivision.ZERO, WEIGHTS)).isEqualTo(8.0 / 15);
        assertThat(ClassificationMetrics.recall(TRUTH, PREDICTED, Average.MACRO, ZeroDivision.UNDEFINED, WEIGHTS))
                .isCloseTo((1.0 / 3 + 7.0 / 12) / 2, within(1e-15));
        assertThat(ClassificationMetrics.recall(TRUTH, PREDICTED, Average.MACRO, ZeroDivision.ZERO, WEIGHTS))
                .isCloseTo((1.0 / 3 + 7.0 / 12) / 3, within(1e-15));
        assertThat(ClassificationMetrics.fBeta(TRUTH, PREDICTED, 1, Average.WEIGHTED, ZeroDivision.ZERO, WEIGHTS))
                .isCloseTo((3 * 0.5 + 12 * 14.0 / 21) / 15, within(1e-15));
        assertThat(ClassificationMetrics.precision(TRUTH, PREDICTED, Average.MACRO))
                .isEqualTo(ClassificationMetrics.precision(TRUTH, PREDICTED, Average.MACRO, ZeroDivision.ZERO, null));
    }
}
