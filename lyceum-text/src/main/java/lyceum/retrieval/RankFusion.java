package lyceum.retrieval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Several rankings to one.
 *
 * {@snippet :
 * static List<SearchHit> hybrid(List<SearchHit> words, List<SearchHit> vectors) { return RankFusion.reciprocal().fuse(List.of(words, vectors), 10); }
 * }
 *
 * <p>A document that a ranking lacks gets nothing from it. Equals stay in the order in which they first occur, the first ranking's documents before those of others.
 */
public sealed interface RankFusion {
    /** The k best of all documents of the rankings, each of which has its best first and a document once. */
    default List<SearchHit> fuse(List<List<SearchHit>> rankings, int k) {
        if (k < 1) throw new IllegalArgumentException("fuse: k is " + k + "; it is at least 1");
        var scores = new LinkedHashMap<String, Double>();
        for (int r = 0; r < rankings.size(); r++) add(rankings.get(r), r, scores);
        var hits = new ArrayList<SearchHit>();
        scores.forEach((id, score) -> hits.add(new SearchHit(id, score)));
        hits.sort((a, b) -> Double.compare(b.score(), a.score()));
        return List.copyOf(hits.subList(0, Math.min(k, hits.size())));
    }

    /** Adds what the documents of ranking number r get. */
    void add(List<SearchHit> ranking, int r, Map<String, Double> scores);

    /** Reciprocal rank with the constant 60, all rankings alike. */
    static Reciprocal reciprocal() { return new Reciprocal(60, List.of()); }

    /**
     * The weights, among a number of even steps that sum to 1, with which a {@link Sum} has the greatest mean reciprocal rank; of equals those nearest to even.
     *
     * @param rankings of each query, as many for every one
     * @param grades of each query's documents; above 0 is relevant
     * @param steps from 0 to 1
     */
    static Sum fitted(List<List<List<SearchHit>>> rankings, List<Map<String, Integer>> grades, int steps) {
        if (rankings.isEmpty() || rankings.size() != grades.size() || steps < 1)
            throw new IllegalArgumentException("fitted: " + rankings.size() + " queries with " + grades.size() + " judgements, steps "
                    + steps + "; there is one of each, and a step");
        int n = rankings.getFirst().size();
        double[] best = {-1, 0};
        var chosen = new Sum[1];
        var parts = new int[n];
        Runnable measure = () -> {
            var sum = new Sum(Arrays.stream(parts).mapToObj(p -> p / (double) steps).toList());
            double mean = 0, uneven = 0;
            for (int q = 0; q < rankings.size(); q++) {
                int deep = Math.max(1, rankings.get(q).stream().mapToInt(List::size).sum());
                mean += JudgedRanking.inOrder(sum.fuse(rankings.get(q), deep), grades.get(q)).reciprocalRank() / rankings.size();
            }
            for (int p : parts) uneven += Math.pow(p - steps / (double) n, 2);
            if (mean > best[0] + 1e-12 || mean > best[0] - 1e-12 && uneven < best[1]) {
                best[0] = mean;
                best[1] = uneven;
                chosen[0] = sum;
            }
        };
        divide(parts, 0, steps, measure);
        return chosen[0];
    }

    private static void divide(int[] parts, int at, int left, Runnable each) {
        if (at == parts.length - 1) {
            parts[at] = left;
            each.run();
        } else for (parts[at] = 0; parts[at] <= left; parts[at]++) divide(parts, at + 1, left - parts[at], each);
    }

    private static double weight(List<Double> weights, int r) {
        if (weights.isEmpty()) return 1;
        if (r >= weights.size())
            throw new IllegalArgumentException("fuse: ranking number " + r + " has no weight; there are " + weights.size());
        return weights.get(r);
    }

    private static List<Double> checked(List<Double> weights) {
        for (double w : weights)
            if (!(w >= 0 && w < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException("RankFusion: a weight is " + w + "; weights are not negative");
        return List.copyOf(weights);
    }

    /**
     * {@code sum_r w_r / (constant + rank_r)}, ranks from 1: of scores that cannot be compared, only their order counts.
     *
     * @param constant the greater, the less a first place counts beside a tenth
     * @param weights of the rankings; empty for all alike
     * @see <a href="https://doi.org/10.1145/1571941.1572114">Cormack, Clarke and Büttcher (2009)</a>
     */
    record Reciprocal(double constant, List<Double> weights) implements RankFusion {
        public Reciprocal {
            if (!(constant >= 0)) throw new IllegalArgumentException("RankFusion: the constant is " + constant + "; it is not negative");
            weights = checked(weights);
        }

        @Override public void add(List<SearchHit> ranking, int r, Map<String, Double> scores) {
            for (int i = 0; i < ranking.size(); i++)
                scores.merge(ranking.get(i).id(), weight(weights, r) / (constant + i + 1), Double::sum);
        }
    }

    /**
     * {@code sum_r w_r s}, of scores on one scale.
     *
     * @param weights of the rankings; empty for all alike
     */
    record Sum(List<Double> weights) implements RankFusion {
        public Sum { weights = checked(weights); }

        @Override public void add(List<SearchHit> ranking, int r, Map<String, Double> scores) {
            for (var hit : ranking) scores.merge(hit.id(), weight(weights, r) * hit.score(), Double::sum);
        }
    }

    /**
     * {@code sum_r w_r (s - least_r) / (greatest_r - least_r)} over the scores of each ranking; 1 where all are equal.
     *
     * @param weights of the rankings; empty for all alike
     */
    record Scores(List<Double> weights) implements RankFusion {
        public Scores { weights = checked(weights); }

        @Override public void add(List<SearchHit> ranking, int r, Map<String, Double> scores) {
            double least = Double.POSITIVE_INFINITY, most = Double.NEGATIVE_INFINITY;
            for (var hit : ranking) {
                least = Math.min(least, hit.score());
                most = Math.max(most, hit.score());
            }
            for (var hit : ranking)
                scores.merge(hit.id(), weight(weights, r) * (most > least ? (hit.score() - least) / (most - least) : 1), Double::sum);
        }
    }
}
