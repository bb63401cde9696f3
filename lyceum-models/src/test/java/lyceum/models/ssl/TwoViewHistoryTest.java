package lyceum.models.ssl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

class TwoViewHistoryTest {
    @Test void spreadsAreMeanDeviations() {
        double[][] z = Tensor.randn(Rng.of(9), DType.F64, 20, 4).mul(3).add(2).compute().toRows(), unit = new double[20][4];
        for (int i = 0; i < 20; i++) {
            double length = Math.sqrt(z[i][0] * z[i][0] + z[i][1] * z[i][1] + z[i][2] * z[i][2] + z[i][3] * z[i][3]);
            for (int j = 0; j < 4; j++) unit[i][j] = z[i][j] / length;
        }
        var spread = TwoViewHistory.Spread.of(Tensor.of(z));
        assertThat(spread.raw()).isCloseTo(meanDeviation(z), within(1e-12));
        assertThat(spread.unit()).isCloseTo(2 * meanDeviation(unit), within(1e-12));
    }

    private static double meanDeviation(double[][] rows) {
        double sum = 0;
        for (int j = 0; j < rows[0].length; j++) {
            double mean = 0, squares = 0;
            for (double[] row : rows) mean += row[j] / rows.length;
            for (double[] row : rows) squares += (row[j] - mean) * (row[j] - mean) / rows.length;
            sum += Math.sqrt(squares) / rows[0].length;
        }
        return sum;
    }
}
