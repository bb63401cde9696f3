package lyceum.data.curation;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.FormatException;
import lyceum.LyceumException;
import lyceum.data.corpus.Corpus;
import lyceum.data.corpus.Words;
import lyceum.format.Safetensors;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A linear classifier of good and bad texts over hashed words and pairs of words, each counted once, in the manner of fastText (Joulin and others 2017):
 * {@code P(good) = 1 / (1 + exp(-(b + mean of the weights)))}. Learned by stochastic gradients of the log loss with L2 decay; the same seed gives the same
 * bits.
 */
public final class QualityClassifier implements DocumentScorer {
    private static final String FORMAT = "lyceum-quality-classifier", FORMAT_VERSION = "1";
    private static final int BUCKETS = 1 << 16, EPOCHS = 8;
    private static final double RATE = 20, DECAY = 1e-6;

    private final float[] weights;
    private final float bias;

    private QualityClassifier(float[] weights, float bias) {
        this.weights = weights;
        this.bias = bias;
    }

    /** Learns what tells one corpus from the other; both are held in memory as hashes of their words. */
    public static QualityClassifier train(Corpus good, Corpus bad, long seed) {
        var features = new ArrayList<int[]>();
        good.forEach(document -> features.add(features(document.text())));
        int firstBad = features.size();
        bad.forEach(document -> features.add(features(document.text())));
        if (firstBad == 0 || firstBad == features.size()) throw new IllegalArgumentException(
                "QualityClassifier.train: " + firstBad + " good and " + (features.size() - firstBad) + " bad texts; there must be both");
        return fit(features, firstBad, Rng.of(seed));
    }

    private static QualityClassifier fit(List<int[]> features, int firstBad, Rng rng) {
        var weights = new float[BUCKETS];
        double bias = 0, balance = firstBad / (double) (features.size() - firstBad);
        int steps = EPOCHS * features.size(), step = 0;
        for (int epoch = 0; epoch < EPOCHS; epoch++) {
            for (int i : rng.permutation(features.size())) {
                var row = features.get(i);
                double rate = RATE * (1 - step++ / (double) steps), z = bias + mean(weights, row);
                double gradient = 1 / (1 + Math.exp(-z)) - (i < firstBad ? 1 : 0);
                if (i >= firstBad) gradient *= Math.clamp(balance, 0.1, 10);
                bias -= 0.01 * rate * gradient;
                if (row.length == 0) continue;
                double each = rate * gradient / Math.sqrt(row.length);
                for (int f : row) weights[f] -= (float) (each / Math.sqrt(row.length) * 10 + rate * DECAY * weights[f]);
            }
        }
        return new QualityClassifier(weights, (float) bias);
    }

    private static double mean(float[] weights, int[] row) {
        double sum = 0;
        for (int f : row) sum += weights[f];
        return row.length == 0 ? 0 : sum / row.length;
    }

    private static int[] features(String text) {
        var words = Words.of(text);
        var seen = new LongCounts(2 * words.count() + 1);
        var features = new int[2 * words.count()];
        int n = 0;
        long before = 1;
        for (int i = 0; i < words.count(); i++) {
            long word = words.hash(i), pair = (before * 0x9E3779B97F4A7C15L ^ word) * 0xBF58476D1CE4E5B9L;
            for (long key : new long[] {word, pair}) {
                int bucket = (int) (key >>> 48);
                if (seen.add(bucket + 1L) == 1) features[n++] = bucket;
            }
            before = word;
        }
        return Arrays.copyOf(features, n);
    }

    /** The probability that a text is good, in [0, 1]. */
    @Override public double score(String text) { return 1 / (1 + Math.exp(-(bias + mean(weights, features(text))))); }

    /** Writes a safetensors file. */
    public void save(Path file) {
        var tensors = new LinkedHashMap<String, Tensor>();
        tensors.put("weights", Tensor.of(weights));
        tensors.put("bias", Tensor.of(new float[] {bias}));
        try {
            Safetensors.write(file, tensors, Map.of("format", FORMAT, "formatVersion", FORMAT_VERSION));
        } catch (IOException e) {
            throw new LyceumException("QualityClassifier.save: cannot write " + file + ": " + e.getMessage(), e);
        }
    }

    /** Reads what {@link #save} wrote. @throws FormatException where it is something else */
    public static QualityClassifier load(Path file) {
        try {
            var contents = Safetensors.read(file);
            if (!FORMAT.equals(contents.metadata().get("format")) || !FORMAT_VERSION.equals(contents.metadata().get("formatVersion")))
                throw new FormatException(file + ": not a quality classifier of format version " + FORMAT_VERSION);
            var weights = contents.get("weights").toFloatArray();
            if (weights.length != BUCKETS) throw new FormatException(file + ": " + weights.length + " weights; there should be " + BUCKETS);
            return new QualityClassifier(weights, contents.get("bias").toFloatArray()[0]);
        } catch (IOException e) {
            throw new LyceumException("QualityClassifier.load: cannot read " + file + ": " + e.getMessage(), e);
        }
    }
}
