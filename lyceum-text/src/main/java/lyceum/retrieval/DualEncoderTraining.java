package lyceum.retrieval;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import lyceum.optim.Adam;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.text.count.TermSplitter;
import lyceum.withers.Withers;

/**
 * Trains a {@link DualEncoder} on pairs of a query and a passage that answers it, with {@link DenseRetriever#inBatchLoss}: the other passages of a batch are
 * negatives, and beside them {@code negatives} a query that are drawn or mined. A passage that answers the query as well is never a negative.
 *
 * @param analyzer of texts
 * @param dimensions of the vectors
 * @param shared whether both towers are one
 * @param steps of Adam, each with {@code batch} pairs drawn without replacement
 * @param temperature that cosines are divided by, above 0
 * @param mining where a query's own negatives come from
 * @param negatives of each query, beside those of the batch
 * @param refresh steps after which negatives are mined anew, by the model as it is then
 * @see <a href="https://arxiv.org/abs/2004.04906">Karpukhin et al. (2020): in-batch and BM25's negatives</a>
 * @see <a href="https://arxiv.org/abs/2007.00808">Xiong et al. (2021): mined by the model under training</a>
 */
@Withers
public record DualEncoderTraining(TermSplitter analyzer, int dimensions, boolean shared, int steps, int batch, double learningRate,
        double temperature, Mining mining, int negatives, int refresh, long seed) implements DualEncoderTrainingWithers {
    /** Where hard negatives come from. */
    public enum Mining {
        /** Any passage. */
        RANDOM,
        /** Those that BM25 ranks first. */
        BM25,
        /** Those that the model under training ranks first. */
        MODEL
    }

    /** A query and the id of a passage that answers it. */
    public record Pair(String query, String passage) {}

    public DualEncoderTraining {
        Objects.requireNonNull(analyzer, "analyzer");
        Objects.requireNonNull(mining, "mining");
        if (dimensions < 1 || steps < 1 || batch < 1 || refresh < 1 || negatives < 0)
            throw new IllegalArgumentException("DualEncoderTraining: dimensions " + dimensions + ", steps " + steps + ", batch " + batch
                    + ", refresh " + refresh + " are at least 1, negatives " + negatives + " at least 0");
        if (!(learningRate > 0) || !(temperature > 0)) throw new IllegalArgumentException(
                "DualEncoderTraining: learningRate " + learningRate + " and temperature " + temperature + " are above 0");
    }

    /** One tower of 64 dimensions, 400 steps of 32 at 0.01, temperature 0.1, no negatives but the batch's, seed 0. */
    public DualEncoderTraining() { this(new TextAnalyzer(), 64, true, 400, 32, 0.01, 0.1, Mining.MODEL, 0, 100, 0); }

    public DualEncoder fit(List<Pair> pairs, Map<String, String> passages) { return fit(pairs, passages, Progress.SILENT); }

    /** @param passages texts by id, those of the pairs among them; negatives come from all */
    public DualEncoder fit(List<Pair> pairs, Map<String, String> passages, Progress progress) {
        if (pairs.isEmpty()) throw new IllegalArgumentException("DualEncoderTraining.fit: no pairs");
        var answers = new HashMap<String, Set<String>>();
        for (var pair : pairs) {
            if (!passages.containsKey(pair.passage)) throw new IllegalArgumentException(
                    "DualEncoderTraining.fit: no passage '" + pair.passage + "', which answers '" + pair.query + "'");
            answers.computeIfAbsent(pair.query, _ -> new HashSet<>()).add(pair.passage);
        }
        var rng = Rng.of(seed);
        var terms = terms(pairs, passages);
        int rows = terms.size() + DualEncoder.HASHED + 1;
        var table = Tensor.randn(rng.split(0), rows, dimensions).div(Math.sqrt(dimensions)).detach().requiresGrad();
        var other = shared ? table : table.detach().copy().requiresGrad();
        var model = new DualEncoder(analyzer, terms, table, other);
        var optimizer = new Adam(learningRate).over(shared ? List.of(table) : List.of(table, other));
        var ids = List.copyOf(passages.keySet());
        var texts = new HashMap<String, int[]>();
        passages.forEach((id, text) -> texts.put(id, model.rows(text)));
        Map<String, List<String>> mined = Map.of();
        var order = new ArrayList<Pair>();
        for (int step = 0; step < steps; step++) {
            if (negatives > 0 && (step == 0 || mining == Mining.MODEL && step % refresh == 0)) mined = mined(model, answers, passages);
            if (order.size() < Math.min(batch, pairs.size())) {
                order.clear();
                order.addAll(pairs);
                for (int i = order.size() - 1; i > 0; i--) Collections.swap(order, i, rng.nextInt(i + 1));
            }
            var now = order.subList(Math.max(0, order.size() - batch), order.size());
            var candidates = new ArrayList<String>();
            for (var pair : now) candidates.add(pair.passage);
            for (var pair : now) for (int i = 0; i < negatives; i++) {
                var hard = mined.getOrDefault(pair.query, List.of());
                candidates.add(hard.isEmpty() ? ids.get(rng.nextInt(ids.size())) : hard.get(rng.nextInt(hard.size())));
            }
            int n = now.size();
            var own = new boolean[n * candidates.size()];
            for (int i = 0; i < n; i++)
                for (int j = 0; j < candidates.size(); j++)
                    own[i * candidates.size() + j] = i != j && answers.get(now.get(i).query).contains(candidates.get(j));
            var q = DualEncoder.means(table, now.stream().map(p -> model.rows(p.query)).toArray(int[][]::new));
            var p = DualEncoder.means(other, candidates.stream().map(texts::get).toArray(int[][]::new));
            now.clear();
            optimizer.zeroGrad();
            var loss = DenseRetriever.inBatchLoss(q, p.narrow(0, 0, n),
                    candidates.size() == n ? null : p.narrow(0, n, candidates.size() - n), temperature,
                    Tensor.of(own).reshape(n, candidates.size()));
            loss.backward();
            optimizer.step();
            progress.step("step", step + 1, steps, "loss", loss.item());
        }
        var queries = table.detach();
        return new DualEncoder(analyzer, terms, queries, shared ? queries : other.detach());
    }

    private Map<String, Integer> terms(List<Pair> pairs, Map<String, String> passages) {
        var terms = new LinkedHashMap<String, Integer>();
        for (var pair : pairs) for (var term : analyzer.split(pair.query)) if (!term.isEmpty()) terms.putIfAbsent(term, terms.size());
        for (var text : passages.values()) for (var term : analyzer.split(text)) if (!term.isEmpty()) terms.putIfAbsent(term, terms.size());
        return terms;
    }

    /** For each query its hardest passages, some more than are used in a step; nothing where they are drawn from all. */
    private Map<String, List<String>> mined(DualEncoder model, Map<String, Set<String>> answers, Map<String, String> passages) {
        if (mining == Mining.RANDOM) return Map.of();
        Retriever retriever;
        if (mining == Mining.BM25) {
            var index = new InvertedIndex(analyzer);
            passages.forEach(index::add);
            retriever = (query, k) -> new Bm25().search(index, query, k);
        } else {
            var dense = new DenseRetriever(model::encodeQueries, model::encodePassages, new FlatIndex(dimensions, VectorMetric.COSINE));
            dense.add(passages);
            retriever = dense;
        }
        var mined = new HashMap<String, List<String>>();
        answers.forEach((query, own) -> mined.put(query, DenseRetriever.hardNegatives(retriever, query, own, 4 * negatives)));
        return mined;
    }
}
