package lyceum.text.vector;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import lyceum.ShapeException;
import lyceum.linalg.Svd;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.text.count.DocumentTermMatrix;

/**
 * Words as points, by the company they keep: a table of weights of words (rows) with contexts (columns), {@code M ~ U_d S_d V_d'}, and the rows of
 * {@code U_d S_d^p} as their vectors. Contexts are words nearby, or documents.
 *
 * {@snippet :
 * var space = SemanticSpace.of(new PpmiEmbeddings(100).withWindow(4), sentences, Progress.SILENT);       // shift(5): PMI less log 5
 * var topics = SemanticSpace.latent(new TfIdf().fit(counts).transform(counts), 100, 1, 0);               // latent semantic analysis
 * space.table().nearest("water", 10);                                  // and analogy(..); clusters: EmbeddingEvaluation.categorisation
 * double lost = space.error(50);                                       // of the best table of rank 50
 * var nothing = SemanticSpace.of(new PpmiEmbeddings(100), SemanticSpace.shuffled(sentences, rng), Progress.SILENT);
 * }
 *
 * <p>What is learnt by prediction has no table of weights: take it from any {@link WordVectorLearner}; the same evaluations apply. Immutable.
 *
 * @see <a href="https://arxiv.org/abs/1003.1141">Turney and Pantel (2010)</a>
 * @see <a href="https://aclanthology.org/Q15-1016/">Levy, Goldberg and Dagan (2015)</a>
 */
public final class SemanticSpace {
    private final List<String> words;
    private final Csr weights;
    private final Svd factors;
    private final double power;

    /**
     * The space of any table.
     *
     * @param words of the rows
     * @param weights (words, contexts), F64
     * @param dimension d, at most the table's shorter side
     * @param power p of the singular values: 1 is the plain SVD, 0.5 or 0 often better for likeness
     */
    public SemanticSpace(List<String> words, Csr weights, int dimension, double power, long seed) {
        this(words, weights, PpmiEmbeddings.factors(checked(words, weights, dimension, power), dimension, seed), power);
    }

    SemanticSpace(List<String> words, Csr weights, Svd factors, double power) {
        this.words = List.copyOf(words);
        this.weights = Objects.requireNonNull(weights, "weights");
        this.factors = factors;
        this.power = power;
    }

    private static Csr checked(List<String> words, Csr weights, int dimension, double power) {
        if (weights.rows() != words.size())
            throw new ShapeException("SemanticSpace: " + words.size() + " words for a table of " + weights.rows() + " rows");
        if (dimension < 1 || dimension > Math.min(weights.rows(), weights.columns()))
            throw new IllegalArgumentException("SemanticSpace: dimension is " + dimension + "; a table of " + weights.rows() + " x "
                    + weights.columns() + " has 1 to its shorter side");
        if (!(power >= 0))
            throw new IllegalArgumentException("SemanticSpace: the power of the singular values is " + power + "; it is not negative");
        return weights;
    }

    /** By windowed co-occurrence, positive (shifted) mutual information and SVD. @throws lyceum.progress.CancelledException if the listener asks to stop */
    public static SemanticSpace of(PpmiEmbeddings how, List<? extends List<String>> sentences, Progress progress) {
        return how.space(sentences, progress);
    }

    /** Latent semantic analysis: contexts are documents. @param documents weighted as one likes, such as by TF-IDF */
    public static SemanticSpace latent(DocumentTermMatrix documents, int dimension, double power, long seed) {
        return new SemanticSpace(documents.terms(), documents.counts().transpose(), dimension, power, seed);
    }

    /**
     * The same sentences, as long as they were, with all words of all sentences dealt anew: frequencies stay and company goes. Likeness that a space of them
     * still finds comes of frequency alone.
     */
    public static List<List<String>> shuffled(List<? extends List<String>> sentences, Rng rng) {
        var all = new ArrayList<String>();
        for (var sentence : sentences) all.addAll(sentence);
        int[] order = rng.permutation(all.size());
        var dealt = new ArrayList<List<String>>();
        int at = 0;
        for (var sentence : sentences) {
            var other = new String[sentence.size()];
            for (int i = 0; i < other.length; i++) other[i] = all.get(order[at++]);
            dealt.add(Arrays.asList(other));
        }
        return dealt;
    }

    public List<String> words() { return words; }

    /** d. */
    public int dimension() { return (int) factors.s().size(0); }

    /** M: words (rows) with contexts (columns). */
    public Csr weights() { return weights; }

    /** The d largest singular triplets of M. */
    public Svd factors() { return factors; }

    /** {@code U_d S_d^p} under the words' names. */
    public EmbeddingTable table() { return table(power); }

    /** The same with another p. */
    public EmbeddingTable table(double power) { return EmbeddingTable.of(words, factors.u().mul(factors.s().pow(power))); }

    /** {@code V_d S_d^p}, F64 (contexts, d): where the contexts lie, documents in latent semantic analysis. */
    public Tensor contexts() { return factors.v().mul(factors.s().pow(power)); }

    /**
     * {@code |M - U_r S_r V_r'|} by Frobenius: what the best table of that rank loses, the root of the sum of the squares of the singular values beyond it.
     *
     * @param rank 0 to d
     */
    public double error(int rank) {
        if (rank < 0 || rank > dimension())
            throw new IllegalArgumentException("SemanticSpace: a rank of " + rank + "; " + dimension() + " singular values are known");
        double[] s = factors.s().toDoubleArray();
        double left = weights.values().square().sum().item();
        for (int i = 0; i < rank; i++) left -= s[i] * s[i];
        return Math.sqrt(Math.max(0, left));
    }

    @Override public String toString() { return "SemanticSpace of " + words.size() + " words x " + dimension(); }
}
