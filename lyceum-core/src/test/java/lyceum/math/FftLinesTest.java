package lyceum.math;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import lyceum.random.Rng;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.jupiter.api.Test;

class FftLinesTest {
    /** Passes even and odd in number, and a length with a larger prime factor. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 12, 17, 64, 400, 512}) void eachLineIsTransformedAsIfAlone(int n) {
        int lines = 24;
        var rng = Rng.of(n);
        var all = new FftLines(n, lines);
        double[][] re = new double[lines][n], im = new double[lines][n];
        for (int turn = 0; turn < 2; turn++) { // the arrays may be others the second time
            for (int c = 0; c < lines; c++) {
                for (int t = 0; t < n; t++) {
                    re[c][t] = all.re()[t * lines + c] = rng.nextGaussian();
                    im[c][t] = all.im()[t * lines + c] = rng.nextGaussian();
                }
                Fft.of(n).forward(re[c], im[c]);
            }
            all.forward();
            for (int c = 0; c < lines; c++) {
                for (int k = 0; k < n; k++) {
                    assertThat(all.re()[k * lines + c]).isCloseTo(re[c][k], within(1e-11));
                    assertThat(all.im()[k * lines + c]).isCloseTo(im[c][k], within(1e-11));
                }
            }
        }
    }

    @Test void linesAreAMultipleOfEight() {
        assertThatThrownBy(() -> new FftLines(8, 12)).hasMessageContaining("12 lines of 8");
        assertThatThrownBy(() -> new FftLines(0, 8)).hasMessageContaining("8 lines of 0");
        assertThatThrownBy(() -> new FftLines(1 << 27, 8)).hasMessageContaining("at most 2^28");
    }
}
