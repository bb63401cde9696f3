package lyceum.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import lyceum.ShapeException;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

class ChebyshevBasisTest {

    @Test void columnsAreCosinesOfMultipliedAngles() {
        var basis = ChebyshevBasis.of(Tensor.linspace(2, 5, 31), 2, 5, 9);
        assertThat(basis.shape().toArray()).containsExactly(31, 10);
        for (int i = 0; i < 31; i++) {
            double angle = Math.acos(i / 15.0 - 1);
            for (int d = 0; d <= 9; d++)
                assertThat(basis.item(i, d)).as("T_%d at row %d", d, i).isCloseTo(Math.cos(d * angle), within(1e-13));
        }
    }

    @Test void theFirstPolynomialsAreThoseOfTheTables() {
        var basis = ChebyshevBasis.of(Tensor.of(0.5), -1, 1, 4);
        assertThat(basis.toDoubleArray()).containsExactly(1, 0.5, -0.5, -1, -0.5);
        assertThat(ChebyshevBasis.of(Tensor.of(0.1, 7), 0, 1, 0).toDoubleArray()).containsExactly(1, 1);
    }

    @Test void wrongArgumentsAreNamed() {
        var x = Tensor.of(0.0, 1);
        assertThatThrownBy(() -> ChebyshevBasis.of(x.reshape(1, 2), 0, 1, 2)).isInstanceOf(ShapeException.class)
                .hasMessageContaining("vector");
        assertThatThrownBy(() -> ChebyshevBasis.of(x, 0, 1, -1)).hasMessageContaining("degree is -1");
        assertThatThrownBy(() -> ChebyshevBasis.of(x, 1, 1, 2)).hasMessageContaining("from 1.0 to 1.0");
    }
}
