package lyceum.math;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.DoubleStream;
import lyceum.ShapeException;
import lyceum.backend.Butterflies;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FftTest {

    /** Short and long, of each radix, of a chirp; blocks that are full and blocks that are not. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 7, 8, 13, 16, 17, 31, 60, 63, 64, 72, 91, 97, 121, 125, 128, 169, 210, 243, 343, 360, 500, 509, 512,
            720, 1000, 1024})
    void equalsTheSumOfItsDefinitionAndGoesBack(int n) {
        var rng = Rng.of(n);
        double[] x = values(rng, n), y = values(rng, n), re = x.clone(), im = y.clone();
        var fft = Fft.of(n);
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

    private static double[] values(Rng rng, int n) { return DoubleStream.generate(rng::nextGaussian).limit(n).toArray(); }

    @Test void linesBehindEachOtherAreEachTheOnesAlone() {
        for (int n : new int[] {12, 90, 101}) {
            var rng = Rng.of(n);
            double[] re = values(rng, 11 * n), im = values(rng, 11 * n), x = re.clone(), y = im.clone();
            Fft.of(n).forward(re, n, im, n, 10);
            for (int line = 0; line < 11; line++) {
                double[] r = Arrays.copyOfRange(x, line * n, (line + 1) * n), i = Arrays.copyOfRange(y, line * n, (line + 1) * n);
                if (line > 0) Fft.of(n).forward(r, i);
                assertThat(Arrays.copyOfRange(re, line * n, (line + 1) * n)).containsExactly(r);
                assertThat(Arrays.copyOfRange(im, line * n, (line + 1) * n)).containsExactly(i);
            }
        }
        assertThatThrownBy(() -> Fft.of(4).forward(new double[9], 2, new double[9], 1, 2)).isInstanceOf(ShapeException.class)
                .hasMessageContaining("from 2 of 9 real parts");
    }

    /** With and without vectors the same numbers, up to rounding. */
    @Test void passesAgreeWithTheirSums() {
        for (int radix : new int[] {2, 3, 4, 5, 7}) {
            var rng = Rng.of(radix);
            int s = 16, m = 3, size = radix * s * m;
            double[] x = values(rng, size), y = values(rng, size), w = values(rng, 2 * m * (radix - 1));
            double[] a = new double[size], b = new double[size], c = new double[size], d = new double[size];
            Butterflies.best().pass(radix, x, y, a, b, s, m, w);
            new Butterflies.Plain().pass(radix, x, y, c, d, s, m, w);
            assertThat(a).containsExactly(c, within(1e-14 * 20));
            assertThat(b).containsExactly(d, within(1e-14 * 20));
        }
    }

    @Test void sizesArePowersOfTwo() {
        assertThat(new int[] {Fft.sizeFor(0), Fft.sizeFor(1), Fft.sizeFor(2), Fft.sizeFor(3), Fft.sizeFor(64), Fft.sizeFor(65)})
                .containsExactly(1, 1, 2, 4, 64, 128);
        assertThatThrownBy(() -> Fft.of(0)).hasMessageContaining("n is 0; it lies between 1 and");
        assertThatThrownBy(() -> Fft.of(4).forward(new double[4], new double[3])).isInstanceOf(ShapeException.class);
        assertThat(Fft.of(8).size()).isEqualTo(8);
    }
}
