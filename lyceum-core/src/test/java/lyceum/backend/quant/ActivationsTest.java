package lyceum.backend.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import lyceum.random.Rng;
import lyceum.tensor.QuantisedMatrix;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

class ActivationsTest {
    private static float[] block(int n, double scale, int seed) {
        var rng = Rng.of(seed);
        var x = new float[n];
        for (int i = 0; i < n; i++) x[i] = (float) (scale * rng.nextGaussian());
        return x;
    }

    private static float largest(float[] x) {
        float max = 0;
        for (float v : x) max = Math.max(max, Math.abs(v));
        return max;
    }

    /** As llama.cpp's blocks of Q8_0: by 127 over the largest, with a step that is kept in F16. */
    @Test void stepsOfShortBlocksAreThoseThatF16Has() {
        for (int seed = 0; seed < 500; seed++) {
            var x = block(32, Math.pow(10, seed % 7 - 2), seed);
            var integers = new int[32];
            float max = largest(x), step = Activations.Q8.integers(x, 0, 32, integers);
            assertThat(step).isEqualTo(Float.float16ToFloat(Float.floatToFloat16(max / 127)));
            for (int i = 0; i < 32; i++) assertThat(integers[i]).isEqualTo((int) Math.rint(x[i] * (127 / max)));
        }
    }

    @Test void stepsThatF16DoesNotReachKeepTheirSize() {
        for (double scale : new double[] {1e-30, 1e-8, 1e8, 1e29}) {
            var x = block(32, scale, 1);
            assertThat(Activations.Q8.integers(x, 0, 32, new int[32]) * 127 / largest(x)).isEqualTo(1, within(0x1p-11f));
        }
        assertThat(Activations.Q8.integers(new float[32], 0, 32, new int[32])).isEqualTo(Float.MIN_NORMAL, within(1e-40f));
    }

    /** As llama.cpp's blocks of Q8_K. */
    @Test void superBlocksHaveOneStep() {
        var x = block(256, 1, 3);
        var integers = new int[256];
        float max = largest(x);
        assertThat(Activations.Q8.integers(x, 0, 256, integers)).isEqualTo(1 / (127 / max));
        for (int i = 0; i < 256; i++) assertThat(integers[i]).isEqualTo((int) Math.rint(x[i] * (127 / max)));
        for (var format : BlockFormat.named())
            assertThat(Activations.Q8.stepLength(format.blockLength())).as(format.name())
                    .isEqualTo(format.name().endsWith("_K") ? 256 : 32);
        assertThat(Activations.Q16.stepLength(256)).isEqualTo(32);
    }

    /** A value of 1 disappears beside one of 1000, if they share a step. */
    @Test void productsTakeTheStepsOfTheirWeights() {
        var x = new float[256];
        x[0] = 1;
        x[255] = 1000;
        for (var format : BlockFormat.named()) {
            if (format.isFloat()) continue;
            var weights = Tensor.concat(1, Tensor.ones(1, 32), Tensor.zeros(1, 224));
            var w = QuantisedMatrix.of(weights, format).withActivations(Activations.Q8);
            float[] row = w.dequantise().toFloatArray();
            double y = w.matmul(Tensor.of(x, 1, 256)).item() - 1000 * row[255];
            assertThat(y).as(format.name()).isEqualTo(format.blockLength() == 256 ? 0 : row[0], within(0.01));
        }
    }
}
