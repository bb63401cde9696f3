package lyceum.retrieval;

import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * What a search returned for one query, and what people said of the documents: the measures of trec_eval.
 *
 * <p>As there, only scores order a ranking, whatever order it comes in, and equals stand with the greater id first; a document that nobody judged, or
 * whose grade is not above 0, is not relevant. A measure of a query without relevant documents, or without hits, is 0.
 *
 * {@snippet :
 * var ranking = new JudgedRanking(List.of(new SearchHit("d7", 3.1), new SearchHit("d8", 2.9)), Map.of("d7", 2, "d9", 1));
 * ranking.ndcg(10);
 * JudgedRanking.mean(List.of(ranking), JudgedRanking::averagePrecision);            // MAP, 0.5
 * }
 *
 * @param hits a document once
 * @param grades of judged documents, all relevant ones among them
 * @see <a href="https://nlp.stanford.edu/IR-book/">Manning, Raghavan and Schütze (2008), chapter 8</a>
 * @see <a href="https://doi.org/10.1145/582415.582418">Järvelin and Kekäläinen (2002): nDCG</a>
 */
public record JudgedRanking(List<SearchHit> hits, Map<String, Integer> grades) {
    public JudgedRanking {
        hits = hits.stream().sorted(Comparator.<SearchHit>comparingDouble(h -> h.score() + 0.0).thenComparing(SearchHit::id).reversed())
                .toList();
        grades = Map.copyOf(grades);
        var seen = new HashSet<String>();
        for (var hit : hits) {
            if (Double.isNaN(hit.score())) throw new IllegalArgumentException("JudgedRanking: the score of '" + hit.id() + "' is NaN");
            if (!seen.add(hit.id())) throw new IllegalArgumentException("JudgedRanking: '" + hit.id() + "' occurs twice");
        }
    }

    /** The ranking in which the hits come, whatever their scores: what a reranker that leaves scores alone means. */
    public static JudgedRanking inOrder(List<SearchHit> hits, Map<String, Integer> grades) {
        var ordered = new SearchHit[hits.size()];
        for (int i = 0; i < ordered.length; i++) ordered[i] = new SearchHit(hits.get(i).id(), -i);
        return new JudgedRanking(List.of(ordered), grades);
    }

    /** A measure's mean over queries, each counting alike. */
    public static double mean(Collection<JudgedRanking> queries, ToDoubleFunction<JudgedRanking> measure) {
        if (queries.isEmpty()) throw new IllegalArgumentException("JudgedRanking.mean: no queries");
        return queries.stream().mapToDouble(measure).sum() / queries.size();
    }

    /** The rankings of a run. @param judgements grades by query; a query that the run lacks has an empty ranking */
    public static Collection<JudgedRanking> of(Map<String, List<SearchHit>> run, Map<String, Map<String, Integer>> judgements) {
        var all = new HashMap<String, JudgedRanking>();
        judgements.forEach((query, grades) -> all.put(query, new JudgedRanking(run.getOrDefault(query, List.of()), grades)));
        return all.values();
    }

    private int grade(int i) { return Math.max(0, grades.getOrDefault(hits.get(i).id(), 0)); }

    /** Relevant documents that were judged. */
    public int relevant() { return (int) grades.values().stream().filter(g -> g > 0).count(); }

    private int found(int k) {
        if (k < 1) throw new IllegalArgumentException("JudgedRanking: k is " + k + "; it is at least 1");
        int found = 0;
        for (int i = 0; i < Math.min(k, hits.size()); i++) if (grade(i) > 0) found++;
        return found;
    }

    /** Relevant ones of the first k, over k. */
    public double precisionAt(int k) { return found(k) / (double) k; }

    /** Relevant ones of the first k, over all relevant ones. */
    public double recallAt(int k) { return relevant() == 0 ? 0 : found(k) / (double) relevant(); }

    /** Precision at as many as are relevant. */
    public double rPrecision() { return relevant() == 0 ? 0 : precisionAt(relevant()); }

    /** The mean, over relevant documents, of the precision where each stands; 0 for one that is not there. */
    public double averagePrecision() {
        double sum = 0;
        int found = 0;
        for (int i = 0; i < hits.size(); i++) if (grade(i) > 0) sum += ++found / (i + 1.0);
        return relevant() == 0 ? 0 : sum / relevant();
    }

    /** One over the place of the first relevant document. */
    public double reciprocalRank() {
        for (int i = 0; i < hits.size(); i++) if (grade(i) > 0) return 1.0 / (i + 1);
        return 0;
    }

    /** {@code sum_i g_i / log2(i + 1)} over the first k places, over the same of the best order of all judged documents. */
    public double ndcg(int k) {
        if (k < 1) throw new IllegalArgumentException("JudgedRanking: k is " + k + "; it is at least 1");
        int[] ideal = grades.values().stream().mapToInt(g -> Math.max(0, g)).sorted().toArray();
        double best = 0, sum = 0;
        for (int i = 0; i < Math.min(k, ideal.length); i++) best += discounted(ideal[ideal.length - 1 - i], i);
        for (int i = 0; i < Math.min(k, hits.size()); i++) sum += discounted(grade(i), i);
        return best == 0 ? 0 : sum / best;
    }

    private static double discounted(int grade, int i) { return grade * Math.log(2) / Math.log(i + 2); }
}
