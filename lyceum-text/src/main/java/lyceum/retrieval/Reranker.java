package lyceum.retrieval;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;

/** Orders the few documents that a search has found by something dearer and better: query and text read together. */
@FunctionalInterface
public interface Reranker {
    /** The same documents, the best first, with scores of its own. */
    List<SearchHit> rerank(String query, List<SearchHit> candidates);

    /**
     * By scores of pairs of query and text, as a cross-encoder gives them.
     *
     * @param texts of documents by id
     * @param scores of a query with each of some texts, greater is better
     */
    static Reranker by(Function<String, String> texts, BiFunction<String, List<String>, double[]> scores) {
        return (query, candidates) -> {
            double[] all = scores.apply(query, candidates.stream().map(h -> texts.apply(h.id())).toList());
            if (all.length != candidates.size())
                throw new IllegalArgumentException("Reranker: " + all.length + " scores of " + candidates.size() + " texts");
            var hits = new ArrayList<SearchHit>();
            for (var hit : candidates) hits.add(new SearchHit(hit.id(), all[hits.size()]));
            hits.sort((a, b) -> Double.compare(b.score(), a.score()));
            return hits;
        };
    }
}
