package lyceum.models.multimodal;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.models.generative.VectorQuantizer;
import lyceum.models.generative.VectorQuantizerConfig;
import lyceum.models.multimodal.JointVocabulary.Modality;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Digits as words, as 8 x 8 pictures that people wrote, as tones of a pitch by digit at any phase, and as clips in which a picture walks. Models are asked
 * about pictures that they have not learned from.
 */
final class DigitWorld {
    static final String[] WORDS = {"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"};
    private static final int WINDOW = 32, WINDOWS = 6, FRAMES = 3;
    /** By digit: two of three rows of the set to learn from, the third kept back. */
    static final float[][][] LEARNED = rows(false), KEPT = rows(true);
    private static final double[][] MEANS = means();

    private DigitWorld() {}

    private static float[][][] rows(boolean kept) {
        var digits = Datasets.digits();
        double[][] x = digits.x().to(DType.F64).toRows();
        double[] y = digits.y().to(DType.F64).toDoubleArray();
        var rows = new float[10][][];
        for (int d = 0; d < 10; d++) {
            var some = new ArrayList<float[]>();
            for (int i = 0; i < y.length; i++) {
                if (y[i] != d || i % 3 == 0 != kept) continue;
                var row = new float[64];
                for (int p = 0; p < 64; p++) row[p] = (float) (x[i][p] / 16);
                some.add(row);
            }
            rows[d] = some.toArray(float[][]::new);
        }
        return rows;
    }

    private static double[][] means() {
        var means = new double[10][64];
        for (int d = 0; d < 10; d++) for (float[] row : LEARNED[d]) for (int p = 0; p < 64; p++) means[d][p] += row[p] / LEARNED[d].length;
        return means;
    }

    /** Where a pixel of a picture that has walked some columns to the right, and in again from the left, was before. */
    private static int origin(int pixel, int columns) { return pixel / 8 * 8 + (pixel % 8 + 8 - columns) % 8; }

    private static Tensor pictures(int[] digits, float[][][] rows, Rng rng) {
        return clips(digits, 1, rows, rng).reshape(digits.length, 1, 8, 8).compute();
    }

    private static Tensor clips(int[] digits, int frames, float[][][] rows, Rng rng) {
        var all = new float[digits.length * frames * 64];
        int at = 0;
        for (int digit : digits) {
            float[] row = rows[digit][rng.nextInt(rows[digit].length)];
            for (int f = 0; f < frames; f++) for (int p = 0; p < 64; p++) all[at++] = row[origin(p, f)];
        }
        return Tensor.of(all, digits.length, frames, 1, 8, 8);
    }

    /** A tone of digit + 1 cycles a window. */
    private static Tensor sounds(int[] digits, Rng rng) {
        int samples = WINDOW * WINDOWS;
        var all = new float[digits.length * samples];
        for (int i = 0; i < digits.length; i++) {
            double phase = 2 * Math.PI * rng.nextDouble();
            for (int t = 0; t < samples; t++)
                all[i * samples + t] = (float) (Math.sin(2 * Math.PI * (digits[i] + 1) * t / WINDOW + phase) + 0.1 * rng.nextGaussian());
        }
        return Tensor.of(all, digits.length, samples);
    }

    static int[] digits(int n, Rng rng) {
        var digits = new int[n];
        for (int i = 0; i < n; i++) digits[i] = rng.nextInt(10);
        return digits;
    }

    static Tensor items(Modality kind, int[] digits, float[][][] rows, Rng rng) {
        return switch (kind) {
            case IMAGE -> pictures(digits, rows, rng);
            case AUDIO -> sounds(digits, rng);
            case VIDEO -> clips(digits, FRAMES, rows, rng);
            case TEXT -> throw new IllegalArgumentException("words are no items");
        };
    }

    static JointVocabulary vocabulary(int examples) {
        var rng = Rng.of(1);
        var digits = digits(examples, rng);
        var images = PatchCodes.fit(pictures(digits, LEARNED, rng), 4, 64, Rng.of(2));
        var frames = PatchCodes.fit(clips(digits, FRAMES, LEARNED, rng).reshape(examples * FRAMES, 1, 8, 8), 4, 64, Rng.of(3));
        var book = new VectorQuantizer(new VectorQuantizerConfig(80, WINDOW), Rng.of(4));
        book.start(sounds(digits, rng).reshape(examples * WINDOWS, WINDOW), 30, Rng.of(5));
        return new JointVocabulary(new MediaCodes.Pictures(images), new MediaCodes.Windows(book, WINDOWS),
                new MediaCodes.Clips(frames, FRAMES));
    }

    static List<int[]> segments(JointVocabulary v, Modality kind, int[] digits, float[][][] rows, Rng rng) {
        if (kind != Modality.TEXT) return v.segments(kind, items(kind, digits, rows, rng));
        var all = new ArrayList<int[]>();
        for (int d : digits) all.add(v.text(WORDS[d]));
        return all;
    }

    private static double nearest(double[] x, int digit, double[][] prototypes) {
        int best = 0;
        double least = Double.POSITIVE_INFINITY;
        for (int d = 0; d < 10; d++) {
            double sum = 0;
            for (int i = 0; i < x.length; i++) sum += (x[i] - prototypes[d][i]) * (x[i] - prototypes[d][i]);
            if (sum < least) {
                least = sum;
                best = d;
            }
        }
        return best == digit ? 1 : 0;
    }

    /** Magnitudes of a sound at 1 to 10 cycles a window: what a phase does not change. */
    private static double[] spectrum(double[] x) {
        var out = new double[10];
        for (int k = 1; k <= 10; k++) {
            double re = 0, im = 0;
            for (int t = 0; t < x.length; t++) {
                re += x[t] * Math.cos(2 * Math.PI * k * t / WINDOW);
                im += x[t] * Math.sin(2 * Math.PI * k * t / WINDOW);
            }
            out[k - 1] = 2 * Math.hypot(re, im) / x.length;
        }
        return out;
    }

    /** What an item of each digit is nearest to: the mean picture, walking in a clip, and of sounds the spectrum of the pure tone. */
    private static double[][] prototypes(Modality kind) {
        if (kind == Modality.AUDIO) return Tensor.eye(DType.F64, 10).toRows();
        var prototypes = new double[10][kind == Modality.VIDEO ? FRAMES * 64 : 64];
        for (int d = 0; d < 10; d++) for (int p = 0; p < prototypes[d].length; p++) prototypes[d][p] = MEANS[d][origin(p % 64, p / 64)];
        return prototypes;
    }

    /** Share of answers that are nearest to the prototype of their digit; of words, that are the word. */
    static double right(JointVocabulary v, Modality kind, List<int[]> answers, int[] digits) {
        double right = 0;
        boolean text = kind == Modality.TEXT;
        var items = text ? null : v.items(kind, answers);
        var prototypes = text ? null : prototypes(kind);
        for (int i = 0; i < digits.length; i++) {
            if (text) {
                right += v.text(answers.get(i)).equals(WORDS[digits[i]]) ? 1 : 0;
                continue;
            }
            double[] x = items.get(i).to(DType.F64).flatten().toDoubleArray();
            right += nearest(kind == Modality.AUDIO ? spectrum(x) : x, digits[i], prototypes);
        }
        return right / digits.length;
    }
}
