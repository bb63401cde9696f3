package lyceum.labs;

import static org.assertj.core.api.Assertions.assertThat;

import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

class WorstTest {

    @Test void theLargestStaysAndNothingIsBelowZero() {
        assertThat(new Worst().value()).isZero();
        assertThat(new Worst().see(-3).value()).isZero();
        assertThat(new Worst().see(0.5).see(2).see(1).value()).isEqualTo(2);
    }

    @Test void aGapIsTheLargestDistanceOfTwoElements() {
        var a = Tensor.of(1.0, 5, -2);
        assertThat(Worst.gap(a, Tensor.of(1.5, 5, -5))).isEqualTo(3);
        assertThat(new Worst().see(a, a).see(a, Tensor.of(2.0, 5, -2)).value()).isEqualTo(1);
    }

    /** NaN satisfies no bound, so a lab that saw one fails. */
    @Test void notANumberIsNotForgotten() {
        assertThat(new Worst().see(Double.NaN).see(7).value()).isNaN();
        assertThat(new Worst().see(Tensor.of(1.0, Double.NaN), Tensor.of(1.0, 1)).value()).isNaN();
    }
}
