package lyceum.models.audio;

import java.util.Arrays;
import lyceum.backend.Parallel;
import lyceum.math.Fft;

/**
 * Frames of samples to power in bands, some frames at a time, so that nothing between leaves the cache. Two frames are the real and the imaginary part of one
 * transform, whose symmetric and antisymmetric halves are theirs. Where one of them holds what is no number, each has a transform of its own.
 */
final class MelFrames {
    /** Pairs of frames that are transformed together. */
    private static final int PAIRS = 32;
    private static final double NANOS = 3000;

    private final int size, hop;
    private final double[] window;
    /** The first bin of a band, and its weights from there on. */
    private final int[] first;
    private final double[][] weights;
    private final Fft fft;

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

    /** Of rows of {@code length} samples, (rows, bands, frames). */
    double[] of(double[] samples, int rows, int length, int frames) {
        int bands = weights.length, blocks = Math.ceilDiv(frames, 2 * PAIRS);
        var out = new double[Math.multiplyExact(Math.multiplyExact(rows, bands), frames)];
        Parallel.range((long) rows * blocks, 1, NANOS * PAIRS, (from, to) -> {
            double[] re = new double[PAIRS * size], im = new double[PAIRS * size], power = new double[2 * (size / 2 + 1)];
            for (long block = from; block < to; block++) {
                int row = (int) (block / blocks), t = (int) (block % blocks) * 2 * PAIRS, count = Math.min(2 * PAIRS, frames - t);
                for (int f = 0; f < 2 * PAIRS; f++)
                    frame(samples, row * length + (t + f) * hop, f < count, f % 2 == 0 ? re : im, f / 2 * size);
                fft.forward(re, 0, im, 0, PAIRS);
                for (int f = 0; f < count; f += 2) {
                    int at = f / 2 * size, begin = row * length + (t + f) * hop;
                    // The lowest bin has every sample in it.
                    if (Double.isFinite(re[at]) && Double.isFinite(im[at])) power(re, im, at, power);
                    else apart(samples, begin, f + 1 < count, re, im, at, power);
                    for (int b = 0; b < bands; b++) {
                        int place = (row * bands + b) * frames + t + f;
                        out[place] = sum(power, b, 0);
                        if (f + 1 < count) out[place + 1] = sum(power, b, 1);
                    }
                }
            }
        });
        return out;
    }

    private void frame(double[] samples, int from, boolean isThere, double[] to, int at) {
        for (int n = 0; n < size; n++) to[at + n] = isThere ? samples[from + n] * window[n] : 0;
    }

    /** The same of frames that share no transform. */
    private void apart(double[] samples, int from, boolean two, double[] re, double[] im, int at, double[] power) {
        for (int which = two ? 1 : 0; which >= 0; which--) {
            frame(samples, from + which * hop, true, re, at);
            Arrays.fill(im, at, at + size, 0);
            fft.forward(re, at, im, at, 1);
            for (int k = 0; k <= size / 2; k++) power[2 * k + which] = re[at + k] * re[at + k] + im[at + k] * im[at + k];
        }
    }

    /** The two frames' squared magnitudes, side by side. */
    private void power(double[] re, double[] im, int at, double[] power) {
        for (int k = 0; k <= size / 2; k++) {
            int p = at + k, q = at + (size - k) % size;
            double a = re[p] + re[q], b = im[p] - im[q], c = im[p] + im[q], d = re[q] - re[p];
            power[2 * k] = (a * a + b * b) / 4;
            power[2 * k + 1] = (c * c + d * d) / 4;
        }
    }

    private double sum(double[] power, int band, int which) {
        double sum = 0;
        var w = weights[band];
        for (int k = 0, at = 2 * first[band] + which; k < w.length; k++, at += 2) sum += w[k] * power[at];
        return sum;
    }
}
