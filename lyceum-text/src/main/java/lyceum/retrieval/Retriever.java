package lyceum.retrieval;

import java.util.List;

/** Anything that ranks documents for a query: {@code (query, k) -> new Bm25().search(index, query, k)}, or a {@link DenseRetriever}. */
@FunctionalInterface
public interface Retriever {
    /** At most k documents, the best first. */
    List<SearchHit> search(String query, int k);
}
