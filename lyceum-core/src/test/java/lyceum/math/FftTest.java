package lyceum.math;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.DoubleStream;
import lyceum.ShapeException;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;

class FftTest {

    @Test void equalsTheSumOfItsDefinitionAndGoesBack() {
        for (int n = 1; n <= 512; n *= 2) {
            var rng = Rng.of(n);
            double[] x = values(rng, n), y = values(rng, n), re = x.clone(), im = y.clone();
            var fft = new Fft(n);
            fft.forward(re, im);
            for (int k = 0; k < n; k++) {
                double r = 0, m = 0;
                for (int t = 0; t < n; t++) {
                    double angle = -2 * Math.PI * ((long) k * t % n) / n;
                    r += x[t] * Math.cos(angle) - y[t] * Math.sin(angle);
                    m += x[t] * Math.sin(angle) + y[t] * Math.cos(angle);
                }
                assertThat(re[k]).isCloseTo(r, within(1e-12 * n));
                assertThat(im[k]).isCloseTo(m, within(1e-12 * n));
            }
            fft.inverse(re, im);
            assertThat(re).containsExactly(x, within(1e-14 * (4 + n)));
            assertThat(im).containsExactly(y, within(1e-14 * (4 + n)));
        }
    }

    private static double[] values(Rng rng, int n) { return DoubleStream.generate(rng::nextGaussian).limit(n).toArray(); }

    @Test void sizesArePowersOfTwo() {
        assertThat(new int[] {Fft.sizeFor(0), Fft.sizeFor(1), Fft.sizeFor(2), Fft.sizeFor(3), Fft.sizeFor(64), Fft.sizeFor(65)})
                .containsExactly(1, 1, 2, 4, 64, 128);
        assertThatThrownBy(() -> new Fft(12)).hasMessageContaining("n is 12; it is a power of two");
        assertThatThrownBy(() -> new Fft(4).forward(new double[4], new double[3])).isInstanceOf(ShapeException.class);
        assertThat(new Fft(8).size()).isEqualTo(8);
    }
}
