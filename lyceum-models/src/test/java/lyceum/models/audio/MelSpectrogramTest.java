package lyceum.models.audio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

class MelSpectrogramTest {
    /** Power by frames at once, two to a transform, against the transform of each frame, its squares, and their product with the bands. */
    @Test void framesAtOnceAreThePartsOneAfterTheOther() {
        int compared = 0;
        for (int size : new int[] {2, 3, 25, 31, 48, 97, 400, 401})
            for (int hop : new int[] {1, 7}) for (int samples : new int[] {-1, 450, 903}) {
                int length = samples < 0 ? size / 2 + 1 : samples; // the fewest that there may be
                var mel = new MelSpectrogram(16_000, size, hop, 5);
                var x = Tensor.randn(Rng.of(size + hop), DType.F64, 2, length).compute();
                var whole = mel.power(x);
                var parts = mel.power(x.requiresGrad()); // what has a gradient goes step by step
                assertThat(whole.shape()).isEqualTo(parts.shape());
                double[] expected = parts.toDoubleArray(), found = whole.toDoubleArray();
                double most = Arrays.stream(expected).max().orElse(0);
                for (int i = 0; i < found.length; i++)
                    assertThat(found[i]).as("windows of %d, a hop of %d, %d samples, at %d", size, hop, length, i).isCloseTo(expected[i],
                            within(1e-12 * most));
                compared += found.length;
            }
        assertThat(compared).isGreaterThan(10_000);
    }

    @Test void aSampleThatIsNoNumberSpoilsTheFramesThatCoverItAndNoOther() {
        int size = 400, hop = 160, length = 16_000, frames = length / hop;
        var mel = new MelSpectrogram(16_000, size, hop, 8);
        double[] clean = Tensor.randn(Rng.of(1), DType.F64, length).toDoubleArray();
        double[] expected = mel.power(Tensor.of(clean)).toDoubleArray();
        for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) for (int at : new int[] {300, 5_000, 7_777, 15_700}) {
            var samples = clean.clone();
            samples[at] = bad;
            double[] found = mel.power(Tensor.of(samples)).toDoubleArray();
            for (int i = 0; i < found.length; i++) {
                int middle = i % frames * hop;
                boolean covered = middle - size / 2 <= at && at < middle + size / 2;
                if (covered) assertThat(Double.isFinite(found[i])).as("%s at %d, frame %d", bad, at, i % frames).isFalse();
                else assertThat(found[i]).as("%s at %d, frame %d", bad, at, i % frames).isCloseTo(expected[i], within(1e-9 * expected[i]));
            }
        }
    }
}
