package lyceum.models.audio;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Short-time Fourier transforms by a product with sines and cosines, through which gradients flow: frames of {@code size} samples,
 * {@code hop} apart, under a periodic Hann window {@code (1 - cos(2 pi n / size)) / 2}.
 *
 * {@snippet :
 * Tensor power = new Stft(400, 160).power(x);           // (.., samples) to (.., frames, 201)
 * }
 *
 * <p>The first frame begins at the first sample; {@link #centred} puts its middle there, with a mirrored edge.
 */
public final class Stft {
    private final int size, hop;
    private final Tensor wide, narrow; // (size, 2 bins): cosines, then minus sines, under the window

    /** @throws IllegalArgumentException unless the size is at least 2 and the hop 1 */
    public Stft(int size, int hop) {
        if (size < 2 || hop < 1) throw new IllegalArgumentException("Stft: size " + size + ", hop " + hop + "; at least 2 and 1");
        this.size = size;
        this.hop = hop;
        int bins = size / 2 + 1;
        double[] table = new double[size * 2 * bins], cos = new double[size], sin = new double[size];
        for (int n = 0; n < size; n++) {
            cos[n] = Math.cos(2 * Math.PI * n / size);
            sin[n] = Math.sin(2 * Math.PI * n / size);
        }
        for (int n = 0; n < size; n++) for (int k = 0; k < bins; k++) {
            double window = 0.5 - 0.5 * cos[n];
            int angle = (int) ((long) n * k % size);
            table[n * 2 * bins + k] = window * cos[angle];
            table[n * 2 * bins + bins + k] = -window * sin[angle];
        }
        wide = Tensor.of(table, size, 2L * bins).compute();
        narrow = wide.to(DType.F32).compute();
    }

    public int size() { return size; }

    public int hop() { return hop; }

    /** Frequencies: {@code size / 2 + 1}. */
    public int bins() { return size / 2 + 1; }

    /** Half a frame mirrored before the first and behind the last sample: then frame t has its middle at sample {@code t hop}. */
    public Tensor centred(Tensor x) {
        long half = size / 2, n = x.size(-1);
        if (n <= half) throw new ShapeException("Stft.centred: " + n + " samples cannot be mirrored over " + half);
        return Tensor.concat(-1, x.narrow(-1, 1, half).flip(-1), x, x.narrow(-1, n - 1 - half, half).flip(-1));
    }

    /** (.., samples) to (.., frames, 2 bins): real parts, then imaginary ones. */
    public Tensor parts(Tensor x) {
        if (x.rank() < 1 || x.size(-1) < size)
            throw new ShapeException("Stft: samples " + x.shape() + "; the last axis has at least " + size);
        return x.unfold(-1, size, hop).matmul(x.dtype() == DType.F64 ? wide : narrow);
    }

    /** Squared magnitudes: (.., frames, bins). */
    public Tensor power(Tensor x) {
        var parts = parts(x);
        return parts.narrow(-1, 0, bins()).square().add(parts.narrow(-1, bins(), bins()).square());
    }
}
