package lyceum.retrieval;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lyceum.withers.Withers;

/**
 * A weighted sum of features, fitted so that of any two judged candidates of a query the better one scores higher: it minimises
 * {@code mean ln(1 + exp(-(s_better - s_worse))) + l2 |w|^2 / 2} over such pairs, each query counting alike, features standardised.
 *
 * @param features of query and candidate
 * @param weights of the features as they come
 * @see <a href="https://doi.org/10.1145/1102351.1102363">Burges et al. (2005): RankNet</a>
 */
public record LearnedReranker(List<Feature> features, double[] weights) implements Reranker {
    /** A number that may tell a good candidate from a bad one; its score by the stage before among them. */
    @FunctionalInterface
    public interface Feature {
        double of(String query, SearchHit candidate);
    }

    /** A query with candidates as the stage before gives them, and their grades; who has none has 0. */
    public record Judged(String query, List<SearchHit> candidates, Map<String, Integer> grades) {}

    /**
     * How weights are fitted.
     *
     * @param l2 penalty, at least 0
     * @param steps of gradient descent
     */
    @Withers
    public record Options(double l2, int steps) implements LearnedRerankerOptionsWithers {
        public Options {
            if (!(l2 >= 0) || steps < 1)
                throw new IllegalArgumentException("LearnedReranker: l2 " + l2 + " is at least 0, steps " + steps + " at least 1");
        }

        /** 0.001, 300 steps. */
        public Options() { this(1e-3, 300); }
    }

    public LearnedReranker {
        features = List.copyOf(features);
        weights = weights.clone();
        if (weights.length != features.size())
            throw new IllegalArgumentException("LearnedReranker: " + weights.length + " weights of " + features.size() + " features");
    }

    /** @throws IllegalArgumentException if no query has two candidates of different grades, or a feature is not finite */
    public static LearnedReranker fit(Options options, List<Feature> features, List<Judged> queries) {
        int d = features.size();
        var gaps = new ArrayList<double[]>();
        var shares = new ArrayList<Double>();
        for (var judged : queries) {
            var rows = judged.candidates.stream().map(c -> row(features, judged.query, c)).toList();
            int first = gaps.size();
            for (int i = 0; i < rows.size(); i++) for (int j = 0; j < rows.size(); j++) {
                if (grade(judged, i) <= grade(judged, j)) continue;
                var gap = new double[d];
                for (int f = 0; f < d; f++) gap[f] = rows.get(i)[f] - rows.get(j)[f];
                gaps.add(gap);
            }
            for (int i = first; i < gaps.size(); i++) shares.add(1.0 / (gaps.size() - first));
        }
        if (gaps.isEmpty()) throw new IllegalArgumentException("LearnedReranker.fit: no query has two candidates of different grades");
        double all = shares.stream().mapToDouble(s -> s).sum();
        var scale = new double[d];
        for (int f = 0; f < d; f++) {
            for (int p = 0; p < gaps.size(); p++) scale[f] += shares.get(p) / all * gaps.get(p)[f] * gaps.get(p)[f];
            scale[f] = scale[f] > 0 ? 1 / Math.sqrt(scale[f]) : 0;
        }
        // the loss is smooth with a constant of at most d / 4 + l2 in standardised features
        double rate = 1 / (d / 4.0 + options.l2);
        var w = new double[d];
        for (int step = 0; step < options.steps; step++) {
            var gradient = new double[d];
            for (int p = 0; p < gaps.size(); p++) {
                double margin = 0;
                for (int f = 0; f < d; f++) margin += w[f] * scale[f] * gaps.get(p)[f];
                double pull = -shares.get(p) / all / (1 + Math.exp(margin));
                for (int f = 0; f < d; f++) gradient[f] += pull * scale[f] * gaps.get(p)[f];
            }
            for (int f = 0; f < d; f++) w[f] -= rate * (gradient[f] + options.l2 * w[f]);
        }
        for (int f = 0; f < d; f++) w[f] *= scale[f];
        return new LearnedReranker(features, w);
    }

    private static int grade(Judged judged, int i) { return judged.grades.getOrDefault(judged.candidates.get(i).id(), 0); }

    private static double[] row(List<Feature> features, String query, SearchHit candidate) {
        var row = new double[features.size()];
        for (int f = 0; f < row.length; f++) {
            row[f] = features.get(f).of(query, candidate);
            if (!Double.isFinite(row[f])) throw new IllegalArgumentException(
                    "LearnedReranker: feature " + f + " of '" + candidate.id() + "' is " + row[f] + " for '" + query + "'");
        }
        return row;
    }

    @Override public List<SearchHit> rerank(String query, List<SearchHit> candidates) {
        var hits = new ArrayList<SearchHit>();
        for (var candidate : candidates) {
            double[] row = row(features, query, candidate);
            double sum = 0;
            for (int f = 0; f < row.length; f++) sum += weights[f] * row[f];
            hits.add(new SearchHit(candidate.id(), sum));
        }
        hits.sort((a, b) -> Double.compare(b.score(), a.score()));
        return hits;
    }
}
