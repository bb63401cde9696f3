package lyceum.models.audio;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.autograd.Primitive;
import lyceum.data.sounds.Sound;
import lyceum.tensor.GradMode;
import lyceum.tensor.Tensor;

/**
 * Sound as ears have it: the power of {@linkplain Stft#centred centred} frames, folded into triangular bands that are even on Slaney's mel
 * scale (linear up to 1 kHz, logarithmic above) and of equal area.
 *
 * {@snippet :
 * var mel = MelSpectrogram.whisper();                      // 16 kHz, 80 bands, windows of 400, a hop of 160
 * Tensor seen = mel.logarithmic(x);                        // (.., samples) to (.., 80, samples / 160), F32
 * }
 *
 * <p>Frames are transformed in F64. The last frame, whose middle is at the end, is left out, as Whisper does.
 *
 * @see <a href="https://engineering.purdue.edu/~malcolm/interval/1998-010/">Slaney (1998), Auditory Toolbox</a>
 */
public final class MelSpectrogram {
    private static final double LINEAR = 200.0 / 3, KNEE = 1_000, LOG_STEP = Math.log(6.4) / 27;
    private final int rate;
    private final Stft stft;
    private final Tensor filters; // (bins, bands)
    private final MelFrames frames;

    /** Bands from 0 to half the rate. */
    public MelSpectrogram(int rate, int size, int hop, int bands) { this(rate, size, hop, bands, 0, rate / 2.0); }

    /**
     * @param rate samples a second
     * @param size of a window
     * @param low hertz of the lowest band's lower end
     * @param high of the highest band's upper end, at most half the rate
     */
    public MelSpectrogram(int rate, int size, int hop, int bands, double low, double high) {
        if (rate < 1 || bands < 1 || !(low >= 0 && low < high && high <= rate / 2.0)) throw new IllegalArgumentException("MelSpectrogram: "
                + bands + " bands from " + low + " to " + high + " Hz at " + rate + " samples a second; 0 <= low < high <= rate / 2");
        this.rate = rate;
        stft = new Stft(size, hop);
        filters = filters(rate, size, bands, low, high);
        frames = new MelFrames(size, hop, Stft.window(size), filters.toRows());
    }

    /** Whisper's: 16 kHz, windows of 400, a hop of 160, 80 bands. */
    public static MelSpectrogram whisper() { return new MelSpectrogram(16_000, 400, 160, 80); }

    public int rate() { return rate; }

    public int hop() { return stft.hop(); }

    public int bands() { return (int) filters.size(1); }

    /** Hertz to mel. */
    public static double mel(double hertz) { return hertz < KNEE ? hertz / LINEAR : KNEE / LINEAR + Math.log(hertz / KNEE) / LOG_STEP; }

    /** And back. */
    public static double hertz(double mel) {
        return mel < KNEE / LINEAR ? mel * LINEAR : KNEE * Math.exp(LOG_STEP * (mel - KNEE / LINEAR));
    }

    /** Triangles (bins, bands), F64. */
    private static Tensor filters(int rate, int size, int bands, double low, double high) {
        int bins = size / 2 + 1;
        var edges = new double[bands + 2];
        for (int b = 0; b < edges.length; b++) edges[b] = hertz(mel(low) + (mel(high) - mel(low)) * b / (bands + 1));
        var table = new double[bins * bands];
        for (int k = 0; k < bins; k++) for (int b = 0; b < bands; b++) {
            double f = (double) k * rate / size, up = (f - edges[b]) / (edges[b + 1] - edges[b]);
            double down = (edges[b + 2] - f) / (edges[b + 2] - edges[b + 1]);
            table[k * bands + b] = Math.max(0, Math.min(up, down)) * 2 / (edges[b + 2] - edges[b]);
        }
        return Tensor.of(table, bins, bands).compute();
    }

    /**
     * Power in each band: (.., samples) to (.., bands, samples / hop), F64. A sample that is no number spoils the
     * frames that cover it and no other. @throws ShapeException if there are no more samples than half a window
     */
    public Tensor power(Tensor samples) {
        if (samples.rank() < 1 || samples.size(-1) <= stft.size() / 2)
            throw new ShapeException("MelSpectrogram: samples " + samples.shape() + "; the last axis has more than " + stft.size() / 2);
        if (GradMode.isRecording() && samples.isTracked()) return differentiable(samples);
        return Primitive.of("mel spectrogram", in -> framed(in[0]), (i, g, out, in) -> {
            var x = in[0].detach().requiresGrad();
            return Autograd.gradients(differentiable(x).mul(g).sum(), new Tensor[] {x}, true)[0];
        }).withParts(in -> differentiable(in[0])).apply(samples);
    }

    private Tensor differentiable(Tensor samples) {
        var seen = stft.power(stft.centred(samples.to(DType.F64)));
        return seen.narrow(-2, 0, seen.size(-2) - 1).matmul(filters).transpose(-1, -2);
    }

    private Tensor framed(Tensor samples) {
        int length = Math.toIntExact(samples.size(-1)), rows = Math.toIntExact(samples.count() / length);
        int count = (int) stft.frames(length + stft.size() / 2 * 2L) - 1;
        var shape = samples.shape().toArray();
        var all = Arrays.copyOf(shape, shape.length + 1);
        all[shape.length - 1] = bands();
        all[shape.length] = count;
        return Tensor.of(frames.of(samples.toDoubleArray(), rows, length, count), all);
    }

    /**
     * {@code (max(l, max l - 8) + 4) / 4} with {@code l = log10(max(power, 1e-10))}, the inner maximum over each clip: what {@link Whisper}
     * hears, (.., bands, frames), F32.
     */
    public Tensor logarithmic(Tensor samples) {
        var l = power(samples).maximum(1e-10).to(DType.F32).log().div(Math.log(10));
        return l.maximum(l.max(new int[] {-2, -1}, true).sub(8)).add(4).div(4).compute();
    }

    /** Of the mean of a sound's channels: (bands, frames). @throws IllegalArgumentException if the rate is another: resample */
    public Tensor logarithmic(Sound sound) {
        if (sound.rate() != rate) throw new IllegalArgumentException(
                "MelSpectrogram: sound of " + sound.rate() + " samples a second; use sound.resampled(" + rate + ")");
        return logarithmic(Tensor.of(sound.mono().channels()[0]));
    }
}
