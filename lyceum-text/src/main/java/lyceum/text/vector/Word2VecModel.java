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
        var slopes = slopes(0);
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

    OutputSlopes slopes(int negatives) { return new OutputSlopes(output(), in, out, path, left, negatives); }

    /** @param inputs the centre or, for CBOW, the neighbours @param target the word to predict @param negatives false words, for negative sampling */
    public Gradient gradient(int[] inputs, int target, int... negatives) {
        if (inputs.length == 0) throw new IllegalArgumentException("gradient: no input");
        if (output() != Output.NEGATIVE_SAMPLING && negatives.length > 0)
            throw new IllegalArgumentException("gradient: false words belong to negative sampling; this is " + output());
        var slopes = slopes(negatives.length);
        double loss = slopes.of(inputs, inputs.length, target, negatives);
        var input = slopes.hiddenGradient.clone();
        for (int d = 0; d < input.length; d++) input[d] /= inputs.length;
        var output = new double[slopes.count][input.length];
        for (int j = 0; j < output.length; j++) for (int d = 0; d < input.length; d++) output[j][d] = slopes.slope[j] * slopes.hidden[d];
        return new Gradient(loss, input, Arrays.copyOf(slopes.rows, slopes.count), output);
    }
}
