package lyceum.retrieval;

import java.util.List;

/**
 * The answer to a ranked query and what it cost.
 *
 * @param hits the best first; of equal scores the document that was added first
 * @param scored postings whose score was computed
 * @param postings of all the query's terms
 */
public record RankedHits(List<SearchHit> hits, long scored, long postings) {
    public RankedHits { hits = List.copyOf(hits); }
}
