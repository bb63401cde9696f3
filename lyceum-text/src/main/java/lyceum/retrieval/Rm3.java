package lyceum.retrieval;

import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import lyceum.withers.Withers;

/**
 * A query and the frequent terms of the documents that it found first, as though these were relevant (RM3): term t weighs
 * {@code w P(t|Q) + (1 - w) P(t|R)} with {@code P(t|R) = sum_D P(t|D) s(D) / sum_D s(D)} over the first documents, {@code s} their scores, cut to the
 * heaviest terms and scaled to sum to 1.
 *
 * @param documents that are taken as relevant
 * @param terms that are added at most
 * @param originalWeight w of the query itself, in [0, 1]
 * @see <a href="https://doi.org/10.1145/383952.383972">Lavrenko and Croft (2001)</a>
 */
@Withers
public record Rm3(int documents, int terms, double originalWeight) implements Rm3Withers {
    public Rm3 {
        if (documents < 1 || terms < 1)
            throw new IllegalArgumentException("Rm3: documents " + documents + ", terms " + terms + "; both are at least 1");
        if (!(originalWeight >= 0 && originalWeight <= 1))
            throw new IllegalArgumentException("Rm3: originalWeight is " + originalWeight + "; it lies between 0 and 1");
    }

    /** Ten documents, ten terms, half and half. */
    public Rm3() { this(10, 10, 0.5); }

    /**
     * Weights of terms, the heaviest first.
     *
     * @param query counts of its terms
     * @param found what it found, with scores that are not negative
     * @param counts of the terms of a document by its id
     */
    public Map<String, Double> expand(Map<String, Integer> query, List<SearchHit> found, Function<String, Map<String, Integer>> counts) {
        var first = found.subList(0, Math.min(documents, found.size()));
        double all = first.stream().mapToDouble(SearchHit::score).sum();
        var relevance = new HashMap<String, Double>();
        for (var hit : first) {
            if (!(hit.score() >= 0))
                throw new IllegalArgumentException("Rm3: the score of '" + hit.id() + "' is " + hit.score() + "; it is at least 0");
            var own = counts.apply(hit.id());
            double length = own.values().stream().mapToInt(c -> c).sum();
            own.forEach((term, count) -> relevance.merge(term, all > 0 ? count / length * hit.score() / all : 0, Double::sum));
        }
        var heaviest = relevance.entrySet().stream()
                .sorted(Map.Entry.<String, Double>comparingByValue().reversed().thenComparing(Map.Entry.comparingByKey())).limit(terms)
                .toList();
        double kept = heaviest.stream().mapToDouble(Map.Entry::getValue).sum(), length = query.values().stream().mapToInt(c -> c).sum();
        double own = kept > 0 ? originalWeight : 1;
        var weights = new HashMap<String, Double>();
        query.forEach((term, count) -> weights.merge(term, own * count / length, Double::sum));
        if (kept > 0) for (var each : heaviest) weights.merge(each.getKey(), (1 - own) * each.getValue() / kept, Double::sum);
        var sorted = new LinkedHashMap<String, Double>();
        weights.entrySet().stream()
                .sorted(Map.Entry.<String, Double>comparingByValue(Comparator.reverseOrder()).thenComparing(Map.Entry.comparingByKey()))
                .filter(e -> e.getValue() > 0).forEach(e -> sorted.put(e.getKey(), e.getValue()));
        return sorted;
    }

    /**
     * Searches twice, the second time with the expanded query. Documents of a score below 0, which Okapi's idf can give, expand nothing.
     *
     * @param texts of documents by id
     */
    public Retriever over(InvertedIndex index, Bm25 bm25, Function<String, String> texts) {
        return (query, k) -> {
            var found = bm25.search(index, query, documents).stream().filter(hit -> hit.score() >= 0).toList();
            var weights = expand(index.terms(query), found, id -> index.terms(texts.apply(id)));
            return bm25.search(index, weights, k);
        };
    }
}
