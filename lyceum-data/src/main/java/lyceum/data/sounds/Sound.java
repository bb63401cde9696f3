package lyceum.data.sounds;

import java.math.BigInteger;
import java.util.Objects;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Samples of one or more channels, each as long, from -1 to 1.
 *
 * @param channels the samples of each; not copied
 * @param rate samples a second
 */
public record Sound(float[][] channels, int rate) {
    private static final int CROSSINGS = 16; // of the sinc, on either side
    private static final double ROLLOFF = 0.99;

    public Sound {
        Objects.requireNonNull(channels, "channels");
        if (channels.length < 1 || rate < 1) throw new IllegalArgumentException(
                "Sound: " + channels.length + " channels at " + rate + " samples a second; each is at least 1");
        for (var channel : channels)
            if (channel.length != channels[0].length) throw new ShapeException(
                    "Sound: channels of " + channels[0].length + " and " + channel.length + " samples; each is as long");
    }

    /** One channel. */
    public Sound(float[] samples, int rate) { this(new float[][] {samples}, rate); }

    /** Samples of a channel. */
    public int length() { return channels[0].length; }

    public double seconds() { return (double) length() / rate; }

    /** The mean of the channels. */
    public Sound mono() {
        if (channels.length == 1) return this;
        var mean = new float[length()];
        for (var channel : channels) for (int i = 0; i < mean.length; i++) mean[i] += channel[i] / channels.length;
        return new Sound(mean, rate);
    }

    /** (channels, length), F32. */
    public Tensor tensor() {
        var all = new float[channels.length * length()];
        for (int c = 0; c < channels.length; c++) System.arraycopy(channels[c], 0, all, c * length(), length());
        return Tensor.of(all, channels.length, length());
    }

    /** From (channels, length). */
    public static Sound of(Tensor samples, int rate) {
        if (samples.rank() != 2) throw new ShapeException("Sound.of: samples " + samples.shape() + "; they are (channels, length)");
        var channels = new float[(int) samples.size(0)][];
        for (int c = 0; c < channels.length; c++) channels[c] = samples.select(0, c).toFloatArray();
        return new Sound(channels, rate);
    }

    /** So many samples from there on; silence where there are none. */
    public Sound cut(int from, int length) {
        if (length < 0) throw new IllegalArgumentException("Sound.cut: " + length + " samples; there are at least 0");
        var cut = new float[channels.length][length];
        int first = Math.max(0, from), last = (int) Math.min(length(), (long) from + length);
        for (int c = 0; c < channels.length; c++)
            if (last > first) System.arraycopy(channels[c], first, cut[c], first - from, last - first);
        return new Sound(cut, rate);
    }

    /**
     * The same sound at another rate, {@code ceil(length newRate / rate)} samples: the band-limited interpolation by a sinc under a squared
     * cosine of sixteen crossings a side, that leaves out what lies above 0.99 of the lower of the two half rates.
     *
     * @see <a href="https://ccrma.stanford.edu/~jos/resample/">Smith, Digital Audio Resampling</a>
     */
    public Sound resampled(int newRate) {
        if (newRate < 1) throw new IllegalArgumentException("Sound.resampled: rate is " + newRate + "; it is at least 1");
        if (newRate == rate) return this;
        int common = BigInteger.valueOf(rate).gcd(BigInteger.valueOf(newRate)).intValue(), from = rate / common, to = newRate / common;
        double cutoff = Math.min(from, to) * ROLLOFF / from; // of the old half rate
        int reach = (int) Math.ceil(CROSSINGS / cutoff);
        var phases = new double[to][]; // one filter for each place between two old samples
        int length = Math.toIntExact(((long) length() * to + from - 1) / from);
        var out = new float[channels.length][length];
        for (int i = 0; i < length; i++) {
            long place = (long) i * from;
            int phase = (int) (place % to), at = (int) (place / to);
            if (phases[phase] == null) phases[phase] = filter((double) phase / to, cutoff, reach);
            var filter = phases[phase];
            for (int c = 0; c < channels.length; c++) {
                double sum = 0;
                for (int k = Math.max(0, reach - at); k < filter.length && at + k - reach < length(); k++)
                    sum += filter[k] * channels[c][at + k - reach];
                out[c][i] = (float) sum;
            }
        }
        return new Sound(out, newRate);
    }

    private static double[] filter(double fraction, double cutoff, int reach) {
        var filter = new double[2 * reach + 1];
        for (int k = 0; k < filter.length; k++) {
            double t = (k - reach - fraction) * cutoff;
            if (Math.abs(t) >= CROSSINGS) continue;
            double window = Math.cos(Math.PI * t / CROSSINGS / 2);
            filter[k] = cutoff * window * window * (t == 0 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t));
        }
        return filter;
    }
}
