package lyceum.backend.x86.fourier;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.SplittableRandom;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Parallel;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.machine.Cpu;
import lyceum.linalg.Fourier;
import lyceum.linalg.Fourier.Complex;
import lyceum.math.Fft;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Transforms in machine code beside those in loops, for lengths of every form. */
class FourierTransformsTest {
    private static final int[] LENGTHS = {64, 65, 72, 75, 80, 96, 100, 121, 125, 128, 135, 216, 243, 256, 500, 512, 1000, 1001, 1024, 1021,
            2000, 2048, 2187, 3125, 4096, 5400, 8192, 10_007, 1 << 16, 3 << 15, 100_003};

    @BeforeEach void onlyWhereMachineCodeRuns() {
        Assumptions.assumeTrue(Cpu.unavailable() == null, () -> Cpu.unavailable());
        Assumptions.assumeTrue(Cpu.current().has(Feature.AVX512), "transforms in machine code need AVX-512");
    }

    private static Complex random(long lines, int n) {
        return new Complex(Tensor.randn(Rng.of(n), DType.F64, lines, n).compute(),
                Tensor.randn(Rng.of(n + 1), DType.F64, lines, n).compute());
    }

    @Test void everyLengthEqualsTheLoops() {
        for (int n : LENGTHS) for (int lines : n > 5000 ? new int[] {1} : new int[] {3, 21}) {
            var x = random(lines, n);
            var found = Fourier.fft(x, 1);
            double[] re = x.re().toDoubleArray(), im = x.im().toDoubleArray(), foundRe = found.re().toDoubleArray(),
                    foundIm = found.im().toDoubleArray();
            var fft = Fft.of(n);
            double gap = 0;
            for (int line = 0; line < lines; line++) {
                var p = Arrays.copyOfRange(re, line * n, (line + 1) * n);
                var q = Arrays.copyOfRange(im, line * n, (line + 1) * n);
                fft.forward(p, q);
                for (int k = 0; k < n; k++)
                    gap = Math.max(gap, Math.max(Math.abs(p[k] - foundRe[line * n + k]), Math.abs(q[k] - foundIm[line * n + k])));
            }
            assertThat(gap / Math.sqrt(n)).as("length %d", n).isLessThan(1e-14);
            var back = Fourier.ifft(found, 1);
            assertThat(back.re().sub(x.re()).abs().max().item()).as("length %d, to and fro", n).isLessThan(2e-14);
            assertThat(back.im().sub(x.im()).abs().max().item()).isLessThan(2e-14);
        }
    }

    /** By the definition, each angle by its own cosine. */
    @Test void frequenciesAreThoseOfTheDefinition() {
        var random = new SplittableRandom(2);
        for (int n : new int[] {1000, 1024, 1009, 6561}) {
            var x = random(1, n);
            var found = Fourier.fft(x, 1);
            double[] re = x.re().toDoubleArray(), im = x.im().toDoubleArray();
            for (int trial = 0; trial < 5; trial++) {
                int k = random.nextInt(n);
                double p = 0, q = 0;
                for (int t = 0; t < n; t++) {
                    double angle = 2 * Math.PI * ((long) k * t % n) / n, c = Math.cos(angle), s = -Math.sin(angle);
                    p += re[t] * c - im[t] * s;
                    q += re[t] * s + im[t] * c;
                }
                assertThat(Math.hypot(found.re().item(0, k) - p, found.im().item(0, k) - q)).as("%d of %d", k, n).isLessThan(1e-12 * n);
            }
        }
    }

    @Test void theBitsDoNotDependOnTheThreads() {
        for (var x : new Complex[] {random(1, 1 << 16), random(200, 1000), random(50, 1009)}) {
            var parallel = Fourier.fft(x, 1).re().toDoubleArray();
            Parallel.sequentially(() -> assertThat(Fourier.fft(x, 1).re().toDoubleArray()).isEqualTo(parallel));
        }
    }

    @Test void otherBackendsComputeTheSame() {
        var x = random(2, 1000);
        var found = Fourier.fft(x, 1).re().compute();
        Backend.with(Backend.named("scalar"), () -> assertThat(Fourier.fft(x, 1).re().sub(found).abs().max().item()).isLessThan(1e-12));
    }
}
