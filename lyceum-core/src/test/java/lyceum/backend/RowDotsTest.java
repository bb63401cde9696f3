package lyceum.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;

class RowDotsTest {
    @Test void vectorsAndPlainLoopsGiveTheSameBitsAndTheSum() {
        var rng = Rng.of(3);
        RowDots plain = new RowDots.Plain(), best = RowDots.best();
        try (var arena = Arena.ofConfined()) {
            for (int n : new int[] {0, 1, 7, 31, 32, 33, 64, 100, 384}) {
                float[] x = new float[n], y = new float[n];
                var rows = arena.allocate(4L * n + 5, 4);
                var bytes = arena.allocate(n + 1L);
                double exact = 0, ofBytes = 0, size = 1;
                for (int i = 0; i < n; i++) {
                    x[i] = (float) rng.nextGaussian();
                    y[i] = (float) rng.nextGaussian();
                    byte code = (byte) (rng.nextInt(255) - 127);
                    rows.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 5 + 4L * i, y[i]);
                    bytes.set(ValueLayout.JAVA_BYTE, 1 + i, code);
                    exact += (double) x[i] * y[i];
                    ofBytes += (double) x[i] * code;
                    size += Math.abs((double) x[i] * code) + Math.abs((double) x[i] * y[i]);
                }
                assertThat((double) best.dot(x, y)).as("%d numbers", n).isCloseTo(exact, within(1e-6 * size));
                assertThat((double) best.dotBytes(x, bytes, 1)).isCloseTo(ofBytes, within(1e-6 * size));
                assertThat(best.dot(x, rows, 5)).isEqualTo(best.dot(x, y)).isEqualTo(plain.dot(x, y)).isEqualTo(plain.dot(x, rows, 5));
                assertThat(best.dotBytes(x, bytes, 1)).isEqualTo(plain.dotBytes(x, bytes, 1));
            }
        }
    }
}
