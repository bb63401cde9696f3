package lyceum.text.similarity;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.linalg.Svd;
import lyceum.tensor.Tensor;
import lyceum.text.count.TermSplitter;
import lyceum.text.vector.EmbeddingTable;

/**
 * Cosine of averaged word vectors: {@code v = sum_w c_w v_w / n}. With smooth inverse frequency (SIF) {@code c_w = a / (a + p(w))}, p(w) the share of the word in a corpus,
 * and what all texts share is taken off: {@code v - u (u.v)}, u the first right singular vector of the corpus's texts.
 *
 * <p>Words without a vector are left out; a text with none has the vector 0 and is like no text.
 *
 * @see <a href="https://openreview.net/forum?id=SyK00v5xx">Arora, Liang and Ma (2017)</a>
 */
public final class AveragedWords implements SemanticSimilarity {
    private final EmbeddingTable table;
    private final TermSplitter splitter;
    private final Map<String, Double> weights;
    private final double rare;
    private final double[] shared;

    private AveragedWords(EmbeddingTable table, TermSplitter splitter, Map<String, Double> weights, double rare, double[] shared) {
        this.table = table;
        this.splitter = splitter;
        this.weights = weights;
        this.rare = rare;
        this.shared = shared;
    }

    /** The plain mean. */
    public static AveragedWords mean(EmbeddingTable table, TermSplitter splitter) {
        return new AveragedWords(table, splitter, Map.of(), 1, null);
    }

    /** Smooth inverse frequency with a = 1e-3. */
    public static AveragedWords sif(EmbeddingTable table, TermSplitter splitter, List<String> corpus) {
        return sif(table, splitter, corpus, 1e-3);
    }

    /**
     * Smooth inverse frequency.
     *
     * @param corpus whose words are counted, and whose shared direction is taken off
     * @param a above 0: a word of this share of the corpus counts half
     */
    public static AveragedWords sif(EmbeddingTable table, TermSplitter splitter, List<String> corpus, double a) {
        if (!(a > 0)) throw new IllegalArgumentException("AveragedWords: a is " + a + "; it is positive");
        if (corpus.isEmpty()) throw new IllegalArgumentException("AveragedWords: no text in the corpus");
        var counts = new HashMap<String, Integer>();
        long total = 0;
        for (var text : corpus) for (var word : splitter.split(text)) {
            counts.merge(word, 1, Integer::sum);
            total++;
        }
        var weights = new HashMap<String, Double>();
        for (var entry : counts.entrySet()) weights.put(entry.getKey(), a / (a + (double) entry.getValue() / total));
        var plain = new AveragedWords(table, splitter, weights, 1, null);
        var rows = new double[corpus.size()][];
        for (int i = 0; i < rows.length; i++) rows[i] = plain.vector(corpus.get(i));
        // the first right singular vector of the texts, as the first left one of their much smaller product
        var x = Tensor.of(rows);
        double[] first = Svd.of(x.transpose().matmul(x)).u().select(1, 0).to(DType.F64).toDoubleArray();
        return new AveragedWords(table, splitter, weights, 1, first);
    }

    /** The vector of a text, (dimension). */
    public double[] vector(String text) {
        var sum = new double[table.dimension()];
        int n = 0;
        for (var word : splitter.split(text)) {
            if (!table.contains(word)) continue;
            float[] v = table.get(word);
            double weight = weights.getOrDefault(word, rare);
            for (int j = 0; j < sum.length; j++) sum[j] += weight * v[j];
            n++;
        }
        double along = 0;
        for (int j = 0; j < sum.length; j++) {
            if (n > 0) sum[j] /= n;
            if (shared != null) along += shared[j] * sum[j];
        }
        if (shared != null) for (int j = 0; j < sum.length; j++) sum[j] -= along * shared[j];
        return sum;
    }

    @Override public double similarity(String a, String b) { return cosine(vector(a), vector(b)); }

    /** 0 where one has no direction; never above 1, which the same vector has. */
    static double cosine(double[] x, double[] y) {
        double dot = 0, a = 0, b = 0;
        for (int i = 0; i < x.length; i++) {
            dot += x[i] * y[i];
            a += x[i] * x[i];
            b += y[i] * y[i];
        }
        return a == 0 || b == 0 ? 0 : Math.clamp(dot / Math.sqrt(a * b), -1, 1);
    }
}
