package lyceum.models.audio;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.Fourier;
import lyceum.tensor.Tensor;

/**
 * Short-time Fourier transforms through which gradients flow: frames of {@code size} samples, {@code hop} apart, under a periodic Hann window
 * {@code (1 - cos(2 pi n / size)) / 2}.
 *
 * {@snippet :
 * Tensor power = new Stft(400, 160).power(x);           // (.., samples) to (.., frames, 201)
 * }
 *
 * <p>The first frame begins at the first sample; {@link #centred} puts its middle there, with a mirrored edge.
 */
public final class Stft {
    /** Samples of a window up to which a product with sines and cosines is faster than a fast transform, which is of F64: of F64 and of F32. */
    private static final int SHORT = 64, SHORT_OF_SINGLES = 512;

    private final int size, hop;
    private final Tensor window;
    private final Tensor wide, narrow; // (size, 2 bins): cosines, then minus sines, under the window; null for long windows

    /** @throws IllegalArgumentException unless the size is at least 2 and the hop 1 */
    public Stft(int size, int hop) {
        if (size < 2 || hop < 1) throw new IllegalArgumentException("Stft: size " + size + ", hop " + hop + "; at least 2 and 1");
        this.size = size;
        this.hop = hop;
        double[] cos = new double[size], sin = new double[size], hann = window(size);
        for (int n = 0; n < size; n++) {
            cos[n] = Math.cos(2 * Math.PI * n / size);
            sin[n] = Math.sin(2 * Math.PI * n / size);
        }
        window = Tensor.of(hann).compute();
        wide = size <= SHORT_OF_SINGLES ? table(cos, sin, hann) : null;
        narrow = wide == null ? null : wide.to(DType.F32).compute();
    }

    /** (1 - cos(2 pi n / size)) / 2. */
    static double[] window(int size) {
        var hann = new double[size];
        for (int n = 0; n < size; n++) hann[n] = 0.5 - 0.5 * Math.cos(2 * Math.PI * n / size);
        return hann;
    }

    private static Tensor table(double[] cos, double[] sin, double[] hann) {
        int size = hann.length, bins = size / 2 + 1;
        var table = new double[size * 2 * bins];
        for (int n = 0; n < size; n++) for (int k = 0; k < bins; k++) {
            int angle = (int) ((long) n * k % size);
            table[n * 2 * bins + k] = hann[n] * cos[angle];
            table[n * 2 * bins + bins + k] = -hann[n] * sin[angle];
        }
        return Tensor.of(table, size, 2L * bins).compute();
    }

    public int size() { return size; }

    public int hop() { return hop; }

    /** Frequencies: {@code size / 2 + 1}. */
    public int bins() { return size / 2 + 1; }

    /** How many frames so many samples have: those that lie within. */
    public long frames(long samples) { return samples < size ? 0 : (samples - size) / hop + 1; }

    /** Half a frame mirrored before the first and behind the last sample: then frame t has its middle at sample {@code t hop}. */
    public Tensor centred(Tensor x) {
        long half = size / 2, n = x.size(-1);
        if (n <= half) throw new ShapeException("Stft.centred: " + n + " samples cannot be mirrored over " + half);
        return Tensor.concat(-1, x.narrow(-1, 1, half).flip(-1), x, x.narrow(-1, n - 1 - half, half).flip(-1));
    }

    /** (.., samples) to (.., frames, 2 bins): real parts, then imaginary ones. */
    public Tensor parts(Tensor x) {
        if (isShort(x)) return product(x);
        var spectrum = transformed(x);
        return Tensor.concat(-1, spectrum.re(), spectrum.im());
    }

    /** Squared magnitudes: (.., frames, bins). */
    public Tensor power(Tensor x) {
        if (!isShort(x)) {
            var spectrum = transformed(x);
            return spectrum.re().square().add(spectrum.im().square());
        }
        var parts = product(x);
        return parts.narrow(-1, 0, bins()).square().add(parts.narrow(-1, bins(), bins()).square());
    }

    /** @throws ShapeException if there is no frame */
    private boolean isShort(Tensor x) {
        if (x.rank() < 1 || x.size(-1) < size)
            throw new ShapeException("Stft: samples " + x.shape() + "; the last axis has at least " + size);
        return size <= (x.dtype() == DType.F64 ? SHORT : SHORT_OF_SINGLES);
    }

    private Tensor product(Tensor x) { return x.unfold(-1, size, hop).matmul(x.dtype() == DType.F64 ? wide : narrow); }

    private Fourier.Complex transformed(Tensor x) {
        return Fourier.rfft(x.unfold(-1, size, hop).mul(x.dtype() == DType.F64 ? window : window.to(DType.F32)), -1);
    }
}
