package lyceum.text.vector;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import lyceum.random.Rng;
import lyceum.text.vector.EmbeddingTable.Nearness;
import lyceum.text.vector.EmbeddingTable.Neighbour;

/**
 * What {@link FastText} or {@link FastTextClassifier} has learnt, or a {@code .bin} of the fastText program holds: a row for each word and each bucket of
 * n-grams, and rows of what is predicted. Immutable, safe to share.
 */
public final class FastTextModel {
    /** The program's word for the end of a line; its files have a row for it, models learnt here do not. */
    static final String END = "</s>";

    final FastTextSettings settings;
    final List<String> words, labels;
    final long[] counts, labelCounts;
    final long tokens;
    final String prefix; // of labels in a file
    final float[][] in, out;
    final int[][] path;
    final boolean[][] turn;
    private final Map<String, Integer> numbers;
    private final SubwordBuckets letters;
    private EmbeddingTable table;

    FastTextModel(FastTextSettings settings, List<String> words, long[] counts, List<String> labels, long[] labelCounts, long tokens,
            String prefix, float[][] in, float[][] out) {
        this.settings = settings;
        this.words = List.copyOf(words);
        this.labels = List.copyOf(labels);
        this.counts = counts;
        this.labelCounts = labelCounts;
        this.tokens = tokens;
        this.prefix = prefix;
        this.in = in;
        this.out = out;
        letters = settings.letters();
        numbers = HashMap.newHashMap(words.size());
        for (int i = 0; i < counts.length; i++) numbers.putIfAbsent(words.get(i), i);
        boolean tree = settings.loss() == FastTextSettings.Loss.HIERARCHICAL_SOFTMAX;
        long[] targets = isClassifier() ? labelCounts : counts;
        path = tree ? new int[targets.length][] : null;
        turn = tree ? new boolean[targets.length][] : null;
        if (tree) plant(targets);
    }

    /** Rows of inputs uniform in +-1 / dimension, of outputs zeros. */
    static FastTextModel start(FastTextSettings settings, List<String> words, long[] counts, List<String> labels, long[] labelCounts,
            long tokens, long seed) {
        var rng = Rng.of(seed).split(0);
        int d = settings.dimension();
        var in = new float[Math.addExact(counts.length, settings.buckets())][d];
        for (var row : in) for (int j = 0; j < d; j++) row[j] = (float) ((2 * rng.nextDouble() - 1) / d);
        int targets = settings.kind() == FastTextSettings.Kind.SUPERVISED ? labels.size() : words.size();
        return new FastTextModel(settings, words, counts, labels, labelCounts, tokens, FastTextClassifier.PREFIX, in,
                new float[targets][d]);
    }

    /** Huffman's tree as the program builds it, of counts that fall: the rarest first, an inner node before a leaf of its count. */
    private void plant(long[] counts) {
        int n = counts.length;
        var weight = new long[2 * n - 1];
        var parent = new int[2 * n - 1];
        var right = new boolean[2 * n - 1];
        Arrays.fill(weight, 1_000_000_000_000_000L);
        System.arraycopy(counts, 0, weight, 0, n);
        int leaf = n - 1, node = n;
        for (int i = n; i < 2 * n - 1; i++) {
            long sum = 0;
            for (int side = 0; side < 2; side++) {
                int least = leaf >= 0 && weight[leaf] < weight[node] ? leaf-- : node++;
                parent[least] = i;
                right[least] = side == 1;
                sum += weight[least];
            }
            weight[i] = sum;
        }
        for (int i = 0; i < n; i++) {
            int depth = 0;
            for (int j = i; j != 2 * n - 2; j = parent[j]) depth++;
            path[i] = new int[depth];
            turn[i] = new boolean[depth];
            for (int j = i, d = 0; j != 2 * n - 2; j = parent[j], d++) {
                path[i][d] = parent[j] - n;
                turn[i][d] = right[j];
            }
        }
    }

    boolean isClassifier() { return settings.kind() == FastTextSettings.Kind.SUPERVISED; }

    OutputSlopes slopes(int negatives) { return new OutputSlopes(settings.loss().output(), in, out, path, turn, negatives); }

    public FastTextSettings settings() { return settings; }

    /** By falling count. */
    public List<String> words() { return words; }

    /** How often each word stands in the text. */
    public long[] counts() { return counts.clone(); }

    /** What texts are about, without their prefix, by falling count; none except for a classifier. */
    public List<String> labels() { return labels; }

    public boolean contains(String word) { return numbers.containsKey(word); }

    /** The letter n-grams of a word. */
    public List<String> pieces(String word) { return word.equals(END) ? List.of() : letters.pieces(word); }

    /** Numbers of the rows whose mean is the word's vector: its own first, if the text had it, then its n-grams'. */
    public int[] rows(String word) {
        var own = numbers.get(word);
        var pieces = word.equals(END) ? IntStream.empty() : Arrays.stream(letters.of(word)).map(b -> counts.length + b);
        return own == null ? pieces.toArray() : IntStream.concat(IntStream.of(own), pieces).toArray();
    }

    /** A copy of a row: of a word, or beyond the words of a bucket. */
    public float[] row(int number) { return in[number].clone(); }

    /** The vector of any word: the mean of its rows; zeros for one that has none. */
    public float[] vector(String word) { return mean(rows(word)); }

    private float[] mean(int[] rows) {
        var sum = new double[settings.dimension()];
        for (int row : rows) for (int d = 0; d < sum.length; d++) sum[d] += in[row][d];
        var mean = new float[sum.length];
        for (int d = 0; d < mean.length && rows.length > 0; d++) mean[d] = (float) (sum[d] / rows.length);
        return mean;
    }

    /** The vectors of all words of the text: what a {@code .vec} file holds ({@link VectorFiles#writeText}). */
    public synchronized EmbeddingTable vectors() {
        if (table == null)
            table = new EmbeddingTable(words, words.stream().map(this::vector).toArray(float[][]::new), settings.dimension());
        return table;
    }

    /** The k words of the text whose vectors are nearest to that of any word by cosine, itself left out. */
    public List<Neighbour> nearest(String word, int k) { return vectors().nearest(vector(word), k, Nearness.COSINE, Set.of(word)); }

    /** Numbers of the rows that are a text's features: words with their n-grams, then runs of words, the end of the text being one. */
    int[] features(List<String> text) {
        var all = new ArrayList<>(text);
        all.add(END); // as the program reads a line
        var features = new ArrayList<int[]>();
        for (var word : all) features.add(settings.longest() == 0 && !contains(word) ? new int[0] : rows(word));
        if (settings.runs() > 1 && settings.buckets() > 0) {
            int[] hashes = all.stream().mapToInt(SubwordBuckets::hash).toArray();
            features.add(Arrays.stream(letters.runs(hashes, settings.runs())).map(b -> counts.length + b).toArray());
        }
        return features.stream().flatMapToInt(Arrays::stream).toArray();
    }

    /** Vector of a text: a classifier's is the mean of its features, another's the mean of the unit vectors of words. */
    public float[] textVector(List<String> text) {
        if (isClassifier()) return mean(features(text));
        var sum = new float[settings.dimension()];
        int n = 0;
        for (var word : text) {
            float[] v = vector(word);
            double norm = Math.sqrt(EmbeddingTable.dot(v, v));
            if (norm == 0) continue;
            n++;
            for (int d = 0; d < v.length; d++) sum[d] += (float) (v[d] / norm);
        }
        for (int d = 0; d < sum.length && n > 0; d++) sum[d] /= n;
        return sum;
    }

    /**
     * Of each of the {@link #labels()}: probabilities of sum 1 by softmax and in a tree, each by itself by NEGATIVE_SAMPLING and ONE_VS_ALL.
     *
     * @param text words; those that the model does not know are left out where it has no n-grams
     * @return null if there is no feature in the text
     * @throws IllegalStateException if the model is no classifier
     */
    public double[] probabilities(List<String> text) {
        if (!isClassifier()) throw new IllegalStateException("probabilities: this model is " + settings.kind() + " and has no labels");
        int[] features = features(text);
        if (features.length == 0) return null;
        var slopes = slopes(0);
        var p = new double[labels.size()];
        slopes.read(features, features.length);
        for (int i = 0; i < p.length; i++) {
            double loss = slopes.of(i, new int[0]);
            if (settings.loss() == FastTextSettings.Loss.SOFTMAX) { // which has all of them at once
                for (int j = 0; j < p.length; j++) p[j] = slopes.slope[j] + (j == i ? 1 : 0);
                break;
            }
            p[i] = Math.exp(-loss);
        }
        return p;
    }

    /** The k likeliest labels, with their probabilities; none if there is no feature in the text. */
    public List<Neighbour> predict(List<String> text, int k) {
        if (k < 1) throw new IllegalArgumentException("predict: k is " + k + "; it is at least 1");
        double[] p = probabilities(text);
        if (p == null) return List.of();
        return IntStream.range(0, p.length).boxed().sorted(Comparator.comparingDouble(i -> -p[i])).limit(k)
                .map(i -> new Neighbour(labels.get(i), p[i])).toList();
    }

    /** Reads a {@code .bin} of the fastText program, versions 11 and 12; one that is quantised ({@code .ftz}) is refused. */
    public static FastTextModel read(Path file) throws IOException { return FastTextFile.read(file); }

    /** Writes a {@code .bin} as the fastText program does, version 12: all that a model holds, without loss. */
    public void write(Path file) throws IOException { FastTextFile.write(this, file); }
}
