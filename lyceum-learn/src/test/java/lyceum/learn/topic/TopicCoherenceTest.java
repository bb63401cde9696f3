package lyceum.learn.topic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

class TopicCoherenceTest {
    @Test void coherenceByHand() {
        var x = Csr.fromDense(Tensor.of(new double[][] {{2, 1, 0, 0}, {1, 1, 0, 1}, {1, 0, 1, 0}, {0, 0, 1, 0}, {3, 0, 0, 0}}));
        var coherence = new TopicCoherence(x);
        // D(0) = 4, D(1) = 2, D(2) = 2; together: 01 2, 02 1, 12 0.
        assertThat(coherence.umass(0, 1, 2)).isCloseTo(Math.log(3 / 4.0) + Math.log(2 / 4.0) + Math.log(1 / 2.0), offset(1e-12));
        double one = Math.log(0.4 / (0.8 * 0.4)) / -Math.log(0.4), two = Math.log(0.2 / (0.8 * 0.4)) / -Math.log(0.2);
        assertThat(coherence.npmi(0, 1, 2)).isCloseTo((one + two - 1) / 3, offset(1e-12));
        assertThatThrownBy(() -> coherence.npmi(0, 9)).hasMessageContaining("word 9");
    }
}
