package lyceum.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

class LinearProbeTest {
    /** Where the mean of (probability - indicator) times each standardised column is what the penalty pulls. */
    @Test void stopsWhereTheGradientOfItsLossIsZero() {
        // The last column does not vary.
        double[][] x = Tensor.randn(Rng.of(1), DType.F64, 40, 3).mul(Tensor.of(1.0, 20, 0)).add(5).toRows();
        long[] y = new long[40];
        for (int i = 0; i < 40; i++) y[i] = x[i][0] > 5.5 ? 2 : x[i][1] > 5 ? 1 : 0;
        var features = Tensor.of(x);
        var probe = LinearProbe.fit(features, Tensor.of(y), 0.1, 1_000);
        double[][] p = probe.logits(features).softmax(1).toRows(), w = probe.weight().toRows();
        double[] mean = probe.mean().toDoubleArray(), scale = probe.scale().toDoubleArray();
        for (int c = 0; c < 3; c++) for (int j = 0; j <= 3; j++) {
            double slope = j < 3 ? 0.1 * w[c][j] : 0;
            for (int i = 0; i < 40; i++) slope += (p[i][c] - (y[i] == c ? 1 : 0)) * (j < 3 ? (x[i][j] - mean[j]) / scale[j] : 1) / 40;
            assertThat(slope).as("class %d, column %d", c, j).isCloseTo(0, within(1e-5));
        }
        assertThat(scale[2]).isEqualTo(1);
        assertThat(LinearProbe.fit(features, Tensor.of(y)).accuracy(features, Tensor.of(y))).isGreaterThan(0.9);
    }

    @Test void refusesWhatDoesNotFit() {
        var x = Tensor.randn(Rng.of(1), 4, 2).compute();
        assertThatThrownBy(() -> LinearProbe.fit(x, Tensor.of(0, 1, 1))).isInstanceOf(ShapeException.class).hasMessageContaining("(4, 2)");
        assertThatThrownBy(() -> LinearProbe.fit(x, Tensor.of(0.0, 1, 1, 0))).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> LinearProbe.fit(x, Tensor.of(0, -1, 1, 0))).hasMessageContaining("label -1");
        assertThatThrownBy(() -> LinearProbe.fit(x, Tensor.of(0, 1, 1, 0), -1, 10)).hasMessageContaining("penalty is -1.0");
        assertThatThrownBy(() -> LinearProbe.fit(x.div(0), Tensor.of(0, 1, 1, 0))).hasMessageContaining("not finite");
    }
}
