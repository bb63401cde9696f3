package lyceum.retrieval;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import lyceum.withers.Withers;

/**
 * A funnel: several retrievers, their rankings made one, and the first of that read again by a reranker.
 *
 * {@snippet :
 * static SearchEngine engine(InvertedIndex words, DenseRetriever meaning, Map<String, String> texts) {
 *     var retrievers = new LinkedHashMap<String, Retriever>();
 *     retrievers.put("words", SearchEngine.shares(words, new Bm25()));
 *     retrievers.put("words, expanded", new Rm3().over(words, new Bm25(), texts::get));
 *     retrievers.put("meaning", meaning);
 *     return new SearchEngine(retrievers);
 * }
 * }
 *
 * <p>A stage can lose relevant documents and never regain them: {@link Answer#stages} shows each, and {@link JudgedRanking} measures it.
 *
 * @param retrievers by name, in the order in which the fusion weighs them
 * @param fusion of their rankings
 * @param depth that each retriever is asked for; more if more hits are wanted
 * @param reranker of the first ones; null for none
 * @param reranked how many it reads; those behind keep their order
 * @see <a href="https://nlp.stanford.edu/IR-book/">Manning, Raghavan and Schütze (2008)</a>
 * @see <a href="https://arxiv.org/abs/1901.04085">Nogueira and Cho (2019)</a>
 */
@Withers
public record SearchEngine(SequencedMap<String, Retriever> retrievers, RankFusion fusion, int depth, Reranker reranker, int reranked)
        implements SearchEngineWithers, Retriever {
    /** The names of the stages behind the retrievers. */
    public static final String FUSED = "fused", RERANKED = "reranked";

    /**
     * What came out, and the ranking of every stage by its name.
     *
     * @param hits of the last stage; the scores of those that were not reranked are the fusion's and cannot be compared with the others'
     */
    public record Answer(List<SearchHit> hits, Map<String, List<SearchHit>> stages) {
        public Answer {
            hits = List.copyOf(hits);
            stages = Collections.unmodifiableMap(new LinkedHashMap<>(stages));
        }

        /** The place of a document in a stage's ranking, from 1; 0 where it is not there. */
        public int place(String stage, String id) {
            var ranking = stages.getOrDefault(stage, List.of());
            for (int i = 0; i < ranking.size(); i++) if (ranking.get(i).id().equals(id)) return i + 1;
            return 0;
        }
    }

    public SearchEngine {
        if (retrievers.isEmpty()) throw new IllegalArgumentException("SearchEngine: no retrievers");
        if (depth < 1 || reranked < 1)
            throw new IllegalArgumentException("SearchEngine: depth " + depth + ", reranked " + reranked + "; both are at least 1");
        for (var name : retrievers.keySet())
            if (name.equals(FUSED) || name.equals(RERANKED))
                throw new IllegalArgumentException("SearchEngine: '" + name + "' is the name of a later stage");
        retrievers = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(retrievers));
    }

    /** Reciprocal ranks of the first 100 of each, no reranker. */
    public SearchEngine(SequencedMap<String, Retriever> retrievers) { this(retrievers, RankFusion.reciprocal(), 100, null, 50); }

    /** {@link #shares(InvertedIndex, Bm25, double)} with a power of 2. */
    public static Retriever shares(InvertedIndex index, Bm25 bm25) { return shares(index, bm25, 2); }

    /**
     * BM25 on a scale of its own: the share of {@link Bm25#coverage} to a power, so that a {@link RankFusion.Sum} can add it to cosines. Every query has texts that hold
     * a word of it by chance; a power above 1 keeps these from outweighing what is near in meaning.
     */
    public static Retriever shares(InvertedIndex index, Bm25 bm25, double power) {
        if (!(power > 0)) throw new IllegalArgumentException("shares: power is " + power + "; it is above 0");
        return (query, k) -> {
            double whole = bm25.coverage(index, query);
            return bm25.search(index, query, k).stream()
                    .map(h -> new SearchHit(h.id(), whole > 0 ? Math.pow(Math.max(0, h.score()) / whole, power) : 0)).toList();
        };
    }

    @Override public List<SearchHit> search(String query, int k) { return answer(query, k).hits(); }

    /** @throws IllegalStateException if the reranker adds or loses a document */
    public Answer answer(String query, int k) {
        if (k < 1) throw new IllegalArgumentException("search: k is " + k + "; it is at least 1");
        var stages = new LinkedHashMap<String, List<SearchHit>>();
        int deep = Math.max(depth, k);
        retrievers.forEach((name, retriever) -> stages.put(name, List.copyOf(retriever.search(query, deep))));
        var hits = fusion.fuse(List.copyOf(stages.values()), deep);
        stages.put(FUSED, hits);
        if (reranker != null && !hits.isEmpty()) {
            var first = hits.subList(0, Math.min(reranked, hits.size()));
            var ordered = reranker.rerank(query, first);
            if (ordered.size() != first.size() || !ids(ordered).equals(ids(first)))
                throw new IllegalStateException("SearchEngine: the reranker made " + ordered.size() + " documents of " + first.size()
                        + ", or others; it orders what it is given");
            var all = new ArrayList<>(ordered);
            all.addAll(hits.subList(first.size(), hits.size()));
            stages.put(RERANKED, hits = List.copyOf(all));
        }
        return new Answer(hits.subList(0, Math.min(k, hits.size())), stages);
    }

    private static HashSet<String> ids(List<SearchHit> hits) { return new HashSet<>(hits.stream().map(SearchHit::id).toList()); }
}
