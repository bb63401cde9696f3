package lyceum.theory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.function.DoubleBinaryOperator;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;

class RidgeNetworkTest {
    @Test void oneLayerComesWithinEpsilonOfAFunctionOfTwoInputs() {
        DoubleBinaryOperator cone = (x, y) -> Math.hypot(x - 0.4, y - 0.55), product = (x, y) -> x * y - 0.5 * y;
        var rng = Rng.of(1);
        for (var f : List.of(cone, product)) {
            double[] low = {-0.5, 0}, high = {1, 1};
            var network = RidgeNetwork.approximate(f, low, high, 0.1);
            double most = 0;
            for (int i = 0; i < 500; i++) {
                double x = -0.5 + 1.5 * rng.nextDouble(), y = rng.nextDouble();
                if (i < 4) { // the corners
                    x = i % 2 == 0 ? -0.5 : 1;
                    y = i / 2;
                }
                most = Math.max(most, Math.abs(network.at(x, y) - f.applyAsDouble(x, y)));
            }
            assertThat(most).isLessThanOrEqualTo(0.1).isGreaterThan(0.001);
            assertThat(network.width()).isEqualTo(network.wx().length)
                    .isGreaterThan(UniversalApproximation.bumps(f, low, high, 1, 0.1).width());
        }
    }

    @Test void whatIsTooRoughIsRefused() {
        assertThatThrownBy(() -> RidgeNetwork.approximate((x, y) -> x > 0.5 ? 1 : 0, new double[2], new double[] {1, 1}, 0.05))
                .hasMessageContaining("64 harmonics an axis do not come within 0.05");
        assertThatThrownBy(() -> RidgeNetwork.approximate((x, y) -> x, new double[2], new double[] {1, 1}, 0))
                .hasMessageContaining("epsilon is 0.0");
    }
}
