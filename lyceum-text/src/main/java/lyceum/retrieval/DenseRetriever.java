package lyceum.retrieval;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import lyceum.ShapeException;
import lyceum.nn.loss.CrossEntropy;
import lyceum.tensor.Tensor;
import lyceum.text.encoder.TextEncoder;

/**
 * Passages and queries as vectors, from two encoders or one, and the passages whose vectors are nearest to the query's.
 *
 * {@snippet :
 * static List<SearchHit> nearest(TextEncoder encoder, Map<String, String> passages, String query) {
 *     var retriever = new DenseRetriever(encoder);
 *     retriever.add(passages);
 *     return retriever.search(query, 10);
 * }
 * }
 *
 * <p>A {@link DualEncoderTraining} makes encoders out of pairs of query and passage. Searching may be done by any thread, adding by one at a time.
 *
 * @see <a href="https://arxiv.org/abs/2004.04906">Karpukhin et al. (2020)</a>
 */
public final class DenseRetriever implements Retriever {
    private final Function<List<String>, Tensor> queries, passages;
    private final VectorIndex index;
    private final Map<String, Long> numbers = new HashMap<>();
    private final List<String> ids = new ArrayList<>();

    /** One encoder for both, cosines, every passage compared. */
    public DenseRetriever(TextEncoder encoder) {
        this(encoder::encode, encoder::encode, new FlatIndex(encoder.dimension(), VectorMetric.COSINE));
    }

    /**
     * @param queries encodes texts as queries, (n, d)
     * @param passages encodes texts as passages, (n, d)
     * @param index that is empty; its metric is the one the encoders were trained for
     */
    public DenseRetriever(Function<List<String>, Tensor> queries, Function<List<String>, Tensor> passages, VectorIndex index) {
        if (index.size() != 0)
            throw new IllegalArgumentException("DenseRetriever: the index holds " + index.size() + " vectors; give an empty one");
        this.queries = queries;
        this.passages = passages;
        this.index = index;
    }

    public VectorIndex index() { return index; }

    public synchronized int size() { return numbers.size(); }

    /** Encodes passages and adds them. @throws IllegalArgumentException if an id is taken */
    public void add(Map<String, String> texts) {
        if (texts.isEmpty()) return;
        for (var id : texts.keySet())
            if (number(id) != null) throw new IllegalArgumentException("DenseRetriever: '" + id + "' is in the index; delete it first");
        var vectors = encoded(passages, List.copyOf(texts.values()));
        int row = 0;
        for (var id : texts.keySet()) {
            synchronized (this) {
                index.add(ids.size(), vectors.get(row++).toFloatArray());
                numbers.put(id, (long) ids.size());
                ids.add(id);
            }
        }
    }

    private Tensor encoded(Function<List<String>, Tensor> encoder, List<String> texts) {
        var vectors = encoder.apply(texts).detach();
        if (vectors.rank() != 2 || vectors.size(0) != texts.size() || vectors.size(1) != index.dimensions())
            throw new ShapeException("DenseRetriever: the encoder gave " + vectors.shape() + " for " + texts.size()
                    + " texts; the index is of " + index.dimensions());
        return vectors;
    }

    private synchronized Long number(String id) { return numbers.get(id); }

    private synchronized String id(long number) { return ids.get((int) number); }

    /** Takes a passage out. False if there is none of this id. */
    public synchronized boolean delete(String id) {
        var number = numbers.remove(id);
        return number != null && index.remove(number);
    }

    @Override public List<SearchHit> search(String query, int k) { return search(List.of(query), k).getFirst(); }

    /** The same for several queries, which are encoded together. */
    public List<List<SearchHit>> search(List<String> texts, int k) {
        if (texts.isEmpty()) return List.of();
        var vectors = encoded(queries, texts);
        var answers = new ArrayList<List<SearchHit>>();
        for (int i = 0; i < texts.size(); i++)
            answers.add(index.search(vectors.get(i).toFloatArray(), k).stream().map(h -> new SearchHit(id(h.id()), h.score())).toList());
        return answers;
    }

    /** The passages that are nearest to the query and do not answer it: hard negatives to train with. */
    public List<String> hardNegatives(String query, Set<String> positives, int n) { return hardNegatives(this, query, positives, n); }

    /** The same as another retriever sees it, BM25 for one. */
    public static List<String> hardNegatives(Retriever retriever, String query, Collection<String> positives, int n) {
        return retriever.search(query, n + positives.size()).stream().map(SearchHit::id).filter(id -> !positives.contains(id)).limit(n)
                .toList();
    }

    /**
     * Each query picks its passage out of all passages of the batch and all hard negatives: cross-entropy over
     * {@code [Q P^T, Q N^T] / temperature} with the diagonal as targets.
     *
     * @param queries (n, d)
     * @param positives (n, d), the passage of each query
     * @param negatives (m, d), for all queries; null for none
     * @param temperature that scores are divided by, above 0; 1 for the inner products of DPR
     * @return a scalar
     */
    public static Tensor inBatchLoss(Tensor queries, Tensor positives, Tensor negatives, double temperature) {
        return inBatchLoss(queries, positives, negatives, temperature, null);
    }

    /** @param answers (n, n + m), true where a candidate answers the query as well and is no negative of it; null for none */
    static Tensor inBatchLoss(Tensor queries, Tensor positives, Tensor negatives, double temperature, Tensor answers) {
        if (queries.rank() != 2 || !queries.shape().equals(positives.shape())
                || negatives != null && (negatives.rank() != 2 || negatives.size(1) != queries.size(1)))
            throw new ShapeException("inBatchLoss: queries " + queries.shape() + ", positives " + positives.shape()
                    + (negatives == null ? "" : ", negatives " + negatives.shape()) + "; they are (n, d), (n, d) and (m, d)");
        if (!(temperature > 0)) throw new IllegalArgumentException("inBatchLoss: temperature is " + temperature + "; it is above 0");
        var candidates = negatives == null ? positives : Tensor.concat(0, positives, negatives);
        var scores = queries.matmul(candidates.transpose()).div(temperature);
        if (answers != null) scores = scores.maskedFill(answers, Double.NEGATIVE_INFINITY);
        return new CrossEntropy().of(scores, Tensor.arange(queries.size(0)));
    }
}
