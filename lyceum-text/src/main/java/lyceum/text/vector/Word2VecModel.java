package lyceum.text.vector;

import java.util.Arrays;
import java.util.List;
import lyceum.info.HuffmanCode;
import lyceum.random.Rng;
import lyceum.text.vector.Word2Vec.Mode;
import lyceum.text.vector.Word2Vec.Output;

/**
 * What {@link Word2Vec} has learnt: a vector v a word, and u for what predicts, a vector a word or, in a Huffman tree, an inner node. Words are numbered by
 * falling count.
 */
public final class Word2VecModel {
    final float[][] in, out;
    private final Word2Vec settings;
    private final List<String> words;
    private final long[] counts;
    private final int[][] path;
    private final boolean[][] left;

    private Word2VecModel(Word2Vec settings, List<String> words, long[] counts, float[][] in) {
        this.settings = settings;
        this.words = words;
        this.counts = counts;
        this.in = in;
        int n = words.size();
        boolean tree = settings.output() == Output.HIERARCHICAL_SOFTMAX;
        out = new float[tree ? n - 1 : n][settings.dimension()];
        path = tree ? new int[n][] : null;
        left = tree ? new boolean[n][] : null;
        if (!tree) return;
        var weights = new double[n];
        for (int i = 0; i < n; i++) weights[i] = counts[i];
        walk(HuffmanCode.of(weights).root(), 0, new int[n], new boolean[n], 0);
    }

    static Word2VecModel start(Word2Vec settings, IndexedText text, Rng rng) {
        var in = new float[text.words().size()][settings.dimension()];
        for (var row : in) for (int d = 0; d < row.length; d++) row[d] = (float) ((rng.nextDouble() - 0.5) / row.length);
        return new Word2VecModel(settings, text.words(), text.counts(), in);
    }

    /** Numbers inner nodes from {@code next}, first this, then those to its left; returns the number after its last. */
    private int walk(HuffmanCode.Node node, int depth, int[] nodes, boolean[] turns, int next) {
        if (node.isLeaf()) {
            path[node.symbol()] = Arrays.copyOf(nodes, depth);
            left[node.symbol()] = Arrays.copyOf(turns, depth);
            return next;
        }
        nodes[depth] = next++;
        turns[depth] = true;
        next = walk(node.left(), depth + 1, nodes, turns, next);
        turns[depth] = false;
        return walk(node.right(), depth + 1, nodes, turns, next);
    }

    Mode mode() { return settings.mode(); }

    Output output() { return settings.output(); }

    int window() { return settings.window(); }

    public List<String> words() { return words; }

    /** How often each word stands in the text. */
    public long[] counts() { return counts.clone(); }

    /** The vectors v of the words: what one uses. */
    public EmbeddingTable vectors() { return table(in); }

    /** The vectors u of the words as contexts. @throws IllegalStateException for a Huffman tree, which has none */
    public EmbeddingTable contexts() {
        if (path != null) throw new IllegalStateException("contexts: words have no context vectors in a Huffman tree, its inner nodes do");
        return table(out);
    }

    private EmbeddingTable table(float[][] rows) {
        var copy = new float[rows.length][];
        for (int i = 0; i < copy.length; i++) copy[i] = rows[i].clone();
        return new EmbeddingTable(words, copy, settings.dimension());
    }

    /**
     * The probability of each word given the inputs, by softmax or by the turns of the tree: the sum is 1.
     *
     * @param inputs numbers of the centre or, for CBOW, of the neighbours
     * @throws IllegalStateException for negative sampling, whose scores are no probabilities
     */
    public double[] probabilities(int... inputs) {
        if (output() == Output.NEGATIVE_SAMPLING)
            throw new IllegalStateException("probabilities: negative sampling does not learn them; use SOFTMAX or HIERARCHICAL_SOFTMAX");
        var p = new double[words.size()];
        var slopes = new Slopes(this, 0);
        for (int i = 0; i < p.length; i++) p[i] = Math.exp(-slopes.of(inputs, inputs.length, i, new int[0]));
        return p;
    }

    /**
     * Loss of one example and its exact gradient.
     *
     * @param loss in nats
     * @param input by the vector v of each input
     * @param rows which vectors u it concerns; one may stand there twice
     * @param output by each of those
     */
    public record Gradient(double loss, double[] input, int[] rows, double[][] output) {}

    /** @param inputs the centre or, for CBOW, the neighbours @param target the word to predict @param negatives false words, for negative sampling */
    public Gradient gradient(int[] inputs, int target, int... negatives) {
        if (inputs.length == 0) throw new IllegalArgumentException("gradient: no input");
        if (output() != Output.NEGATIVE_SAMPLING && negatives.length > 0)
            throw new IllegalArgumentException("gradient: false words belong to negative sampling; this is " + output());
        var slopes = new Slopes(this, negatives.length);
        double loss = slopes.of(inputs, inputs.length, target, negatives);
        var input = slopes.hiddenGradient.clone();
        for (int d = 0; d < input.length; d++) input[d] /= inputs.length;
        var output = new double[slopes.count][input.length];
        for (int j = 0; j < output.length; j++) for (int d = 0; d < input.length; d++) output[j][d] = slopes.slope[j] * slopes.hidden[d];
        return new Gradient(loss, input, Arrays.copyOf(slopes.rows, slopes.count), output);
    }

    /** Loss of an example, and its slope along each score {@code u.h} and along h. */
    static final class Slopes {
        final double[] hidden, hiddenGradient, slope;
        final int[] rows;
        int count;
        private final Word2VecModel model;

        Slopes(Word2VecModel model, int negatives) {
            this.model = model;
            int d = model.settings.dimension(), most = switch (model.output()) {
                case NEGATIVE_SAMPLING -> 1 + negatives;
                case HIERARCHICAL_SOFTMAX -> Arrays.stream(model.path).mapToInt(p -> p.length).max().orElseThrow();
                case SOFTMAX -> model.words.size();
            };
            hidden = new double[d];
            hiddenGradient = new double[d];
            slope = new double[most];
            rows = new int[most];
        }

        double of(int[] inputs, int n, int target, int[] negatives) {
            Arrays.fill(hidden, 0);
            for (int i = 0; i < n; i++) {
                float[] v = model.in[inputs[i]];
                for (int d = 0; d < v.length; d++) hidden[d] += v[d];
            }
            if (n > 1) for (int d = 0; d < hidden.length; d++) hidden[d] /= n;
            double loss = switch (model.output()) {
                case NEGATIVE_SAMPLING -> {
                    count = 1 + negatives.length;
                    rows[0] = target;
                    System.arraycopy(negatives, 0, rows, 1, negatives.length);
                    double sum = 0;
                    for (int j = 0; j < count; j++) sum += logistic(j, j == 0);
                    yield sum;
                }
                case HIERARCHICAL_SOFTMAX -> {
                    count = model.path[target].length;
                    System.arraycopy(model.path[target], 0, rows, 0, count);
                    double sum = 0;
                    for (int j = 0; j < count; j++) sum += logistic(j, model.left[target][j]);
                    yield sum;
                }
                case SOFTMAX -> softmax(target);
            };
            Arrays.fill(hiddenGradient, 0);
            for (int j = 0; j < count; j++) {
                float[] u = model.out[rows[j]];
                double s = slope[j];
                for (int d = 0; d < u.length; d++) hiddenGradient[d] += s * u[d];
            }
            return loss;
        }

        /** {@code -log s(z)} of a true one, {@code -log s(-z)} of a false one. */
        private double logistic(int j, boolean label) {
            double z = score(rows[j]), e = Math.exp(-Math.abs(z));
            slope[j] = (z >= 0 ? 1 / (1 + e) : e / (1 + e)) - (label ? 1 : 0);
            return Math.log1p(e) + Math.max(label ? -z : z, 0);
        }

        private double softmax(int target) {
            count = rows.length;
            double most = Double.NEGATIVE_INFINITY, sum = 0;
            for (int j = 0; j < count; j++) {
                rows[j] = j;
                most = Math.max(most, slope[j] = score(j));
            }
            double own = slope[target];
            for (int j = 0; j < count; j++) sum += slope[j] = Math.exp(slope[j] - most);
            for (int j = 0; j < count; j++) slope[j] /= sum;
            slope[target] -= 1;
            return most + Math.log(sum) - own;
        }

        private double score(int row) {
            float[] u = model.out[row];
            double a = 0, b = 0;
            int d = 0;
            for (; d + 1 < u.length; d += 2) {
                a += u[d] * hidden[d];
                b += u[d + 1] * hidden[d + 1];
            }
            return d < u.length ? a + b + u[d] * hidden[d] : a + b;
        }
    }
}
