package lyceum.models.audio;

import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedQueue;
import lyceum.backend.Parallel;
import lyceum.math.Fft;
import lyceum.math.FftLines;

/**
 * Frames of samples to power in bands, some frames at a time, side by side, so that nothing between leaves the cache and every loop runs over neighbours. A frame and the
 * one {@link #PAIRS} later are the real and the imaginary part of one transform, whose symmetric and antisymmetric halves are theirs. Where one of them holds what is no
 * number, each has a transform of its own.
 */
final class MelFrames {
    /** Pairs of frames that are transformed together: as few as there may be, so that their numbers stay in the nearest cache. */
    private static final int PAIRS = 8, FRAMES = 2 * PAIRS;
    private static final double NANOS = 1500;

    private final int size, hop;
    private final double[] window;
    /** The first bin of a band, and its weights from there on. */
    private final int[] first;
    private final double[][] weights;
    private final Fft fft;
    /** What a thread works in, which is in its cache the next time. */
    private final ConcurrentLinkedQueue<Room> room = new ConcurrentLinkedQueue<>();

    private record Room(FftLines fft, double[] power) {}

    /** @param filters by bin, then band */
    MelFrames(int size, int hop, double[] window, double[][] filters) {
        this.size = size;
        this.hop = hop;
        this.window = window;
        fft = Fft.of(size);
        int bands = filters[0].length, bins = filters.length;
        first = new int[bands];
        weights = new double[bands][];
        for (int b = 0; b < bands; b++) {
            int from = 0, end = bins;
            while (from < bins && filters[from][b] == 0) from++;
            while (end > from && filters[end - 1][b] == 0) end--;
            first[b] = from;
            weights[b] = new double[end - from];
            for (int k = from; k < end; k++) weights[b][k - from] = filters[k][b];
        }
    }

    /** Of rows of {@code length} samples with half a frame mirrored before the first and behind the last: (rows, bands, frames). */
    double[] of(double[] samples, int rows, int length, int frames) {
        int bands = weights.length, blocks = Math.ceilDiv(frames, FRAMES);
        var out = new double[Math.multiplyExact(Math.multiplyExact(rows, bands), frames)];
        Parallel.range((long) rows * blocks, 1, NANOS * FRAMES, (from, to) -> {
            var kept = room.poll();
            var own = kept != null ? kept : new Room(new FftLines(size, PAIRS), new double[FRAMES * (size / 2 + 1)]);
            var fft = own.fft;
            double[] power = own.power;
            for (long block = from; block < to; block++) {
                int row = (int) (block / blocks), t = (int) (block % blocks) * FRAMES, count = Math.min(FRAMES, frames - t);
                var clip = new Clip(samples, row * length, length);
                for (int f = 0; f < FRAMES; f++) fill(f < PAIRS ? fft.re() : fft.im(), f % PAIRS, PAIRS, clip, t + f, f < count);
                fft.forward();
                double[] re = fft.re(), im = fft.im();
                power(re, im, power);
                for (int c = 0; c < PAIRS; c++) // the lowest bin has every sample in it
                    if (!Double.isFinite(re[c]) || !Double.isFinite(im[c])) apart(clip, t + c, c, count, power);
                for (int b = 0; b < bands; b++) sum(power, b, out, (row * bands + b) * frames + t, count);
            }
            room.add(own);
        });
        return out;
    }

    /** A row of samples. */
    private record Clip(double[] samples, int from, int length) {
        double mirrored(int i) { return samples[from + (i < 0 ? -i : i < length ? i : 2 * (length - 1) - i)]; }
    }

    /** The frame under the window, {@code step} apart from {@code at} on, or zeros. */
    private void fill(double[] to, int at, int step, Clip clip, int frame, boolean isThere) {
        int begin = frame * hop - size / 2;
        if (!isThere) for (int n = 0; n < size; n++) to[at + n * step] = 0;
        else if (begin < 0 || begin + size > clip.length)
            for (int n = 0; n < size; n++) to[at + n * step] = clip.mirrored(begin + n) * window[n];
        else {
            double[] samples = clip.samples;
            for (int n = 0, from = clip.from + begin; n < size; n++) to[at + n * step] = samples[from + n] * window[n];
        }
    }

    /** The same of frames that share no transform: number {@code frame}, and {@link #PAIRS} later. */
    private void apart(Clip clip, int frame, int c, int count, double[] power) {
        double[] re = new double[size], im = new double[size];
        for (int f = c; f < count; f += PAIRS) {
            fill(re, 0, 1, clip, frame + f - c, true);
            Arrays.fill(im, 0);
            fft.forward(re, im);
            for (int k = 0; k <= size / 2; k++) power[k * FRAMES + f] = re[k] * re[k] + im[k] * im[k];
        }
    }

    /** The squared magnitudes by bin, then frame. */
    private void power(double[] re, double[] im, double[] power) {
        for (int k = 0; k <= size / 2; k++) {
            int p = k * PAIRS, q = (size - k) % size * PAIRS, to = k * FRAMES;
            for (int c = 0; c < PAIRS; c++) {
                double a = re[p + c] + re[q + c], b = im[p + c] - im[q + c];
                power[to + c] = (a * a + b * b) / 4;
            }
            for (int c = 0; c < PAIRS; c++) {
                double a = im[p + c] + im[q + c], b = re[q + c] - re[p + c];
                power[to + PAIRS + c] = (a * a + b * b) / 4;
            }
        }
    }

    private void sum(double[] power, int band, double[] out, int at, int count) {
        var w = weights[band];
        for (int k = 0; k < w.length; k++) {
            double weight = w[k];
            int from = (first[band] + k) * FRAMES;
            for (int f = 0; f < count; f++) out[at + f] += weight * power[from + f];
        }
    }
}
