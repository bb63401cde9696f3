package lyceum.learn.metrics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.ToDoubleFunction;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * How well scores order the items of queries. Every measure is taken query by query and then averaged: pooled rows would let one query with 900 items drown ninety
 * small ones.
 *
 * {@snippet :
 * var relevance = Tensor.of(3.0, 0.0, 2.0, 0.0, 1.0, 0.0, 1.0);
 * var scores = Tensor.of(5.0, 4.0, 3.0, 2.0, 1.0, 0.3, 0.1);
 * var ranking = Ranking.of(relevance, scores, new int[] {7, 7, 7, 7, 7, 9, 9});      // the query of each row
 * ranking.ndcg(5);
 * ranking.reciprocalRank();
 * ranking.each(q -> q.precisionAt(1));
 * }
 *
 * <p>A measure is NaN for a query where it is not defined, such as one without relevant items; means leave those out, unless {@link #countingUndefinedAs} says otherwise.
 *
 * @param queries in the order of their first rows
 * @param undefined what a query counts where the measure is NaN; NaN leaves it out
 */
public record Ranking(List<RankedQuery> queries, double undefined) {
    public Ranking { queries = List.copyOf(queries); }

    /**
     * @param relevance (n), at least 0; items above 0 are relevant
     * @param scores (n)
     * @param query the query of each row, any numbers
     */
    public static Ranking of(Tensor relevance, Tensor scores, int[] query) {
        double[] r = relevance.toDoubleArray(), s = scores.toDoubleArray();
        if (r.length != s.length || query.length != s.length) throw new ShapeException(
                "Ranking: " + r.length + " relevances, " + s.length + " scores and " + query.length + " query numbers");
        var rows = new LinkedHashMap<Integer, List<Integer>>();
        for (int i = 0; i < query.length; i++) rows.computeIfAbsent(query[i], q -> new ArrayList<>()).add(i);
        var queries = new ArrayList<RankedQuery>();
        for (var of : rows.values())
            queries.add(new RankedQuery(of.stream().mapToDouble(i -> r[i]).toArray(), of.stream().mapToDouble(i -> s[i]).toArray()));
        return new Ranking(queries, Double.NaN);
    }

    /** The same with another rule for queries where a measure is not defined: 0 or 1, as some libraries count them. */
    public Ranking countingUndefinedAs(double value) { return new Ranking(queries, value); }

    /** A measure of each query. */
    public double[] each(ToDoubleFunction<RankedQuery> measure) { return queries.stream().mapToDouble(measure).toArray(); }

    /** The mean of a measure over queries; NaN if there is none that counts. */
    public double mean(ToDoubleFunction<RankedQuery> measure) {
        return Arrays.stream(each(measure)).map(v -> Double.isNaN(v) ? undefined : v).filter(v -> v == v).average().orElse(Double.NaN);
    }

    /** Mean {@link RankedQuery#ndcg(int, RankedQuery.Gain)} with linear gains. */
    public double ndcg(int k) { return mean(q -> q.ndcg(k, RankedQuery.Gain.LINEAR)); }

    /** Mean average precision. */
    public double averagePrecision() { return mean(RankedQuery::averagePrecision); }

    /** Mean reciprocal rank. */
    public double reciprocalRank() { return mean(RankedQuery::reciprocalRank); }

    public double precisionAt(int k) { return mean(q -> q.precisionAt(k)); }

    public double recallAt(int k) { return mean(q -> q.recallAt(k)); }

    /** Mean tau-b of scores and relevance. */
    public double kendall() { return mean(RankedQuery::kendall); }

    /** Mean rank correlation of scores and relevance. */
    public double spearman() { return mean(RankedQuery::spearman); }
}
