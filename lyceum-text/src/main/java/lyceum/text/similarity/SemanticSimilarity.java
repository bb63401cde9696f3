package lyceum.text.similarity;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import lyceum.DType;
import lyceum.stats.Correlation;
import lyceum.text.count.TermSplitter;
import lyceum.text.encoder.TextEncoder;
import lyceum.text.vector.EmbeddingEvaluation.JudgedPair;
import lyceum.text.vector.EmbeddingEvaluation.Score;

/**
 * How alike two texts are in meaning, the greater the more. The number itself says little: measures have scales of their own, and only the order that they give to
 * pairs can be held against people's.
 *
 * <pre>
 * {@link #overlap}             texts       words that both have: blind to meaning, a baseline
 * {@link AveragedWords}        texts       cosine of the mean of word vectors, rare words counting more (SIF)
 * {@link WordMover}            texts       how far the words of one have to travel to be those of the other
 * {@link #encoded}             texts       cosine of a trained encoder's vectors
 * {@link WordNetSimilarity}    words       paths in WordNet, and what two meanings have in common
 * </pre>
 *
 * <p>Symmetric, and nothing is more like a text than itself. Safe for threads.
 *
 * @see <a href="https://doi.org/10.1162/coli.2006.32.1.13">Budanitsky and Hirst (2006)</a>
 */
@FunctionalInterface
public interface SemanticSimilarity {
    double similarity(String a, String b);

    /** Of one text with each of many. */
    default double[] similarities(String text, List<String> others) {
        return others.stream().mapToDouble(other -> similarity(text, other)).toArray();
    }

    /** Different words that both texts have over those that either has (Jaccard); 0 where neither has one. */
    static SemanticSimilarity overlap(TermSplitter splitter) {
        return (a, b) -> {
            var both = new HashSet<>(splitter.split(a));
            var other = new HashSet<>(splitter.split(b));
            int sum = both.size() + other.size();
            both.retainAll(other);
            return sum == 0 ? 0 : (double) both.size() / (sum - both.size());
        };
    }

    /** Cosine of an encoder's vectors, in [-1, 1]. */
    static SemanticSimilarity encoded(TextEncoder encoder) {
        return new SemanticSimilarity() {
            @Override public double similarity(String a, String b) { return similarities(a, List.of(b))[0]; }

            @Override public double[] similarities(String text, List<String> others) {
                var all = new ArrayList<>(others);
                all.add(text);
                double[][] vectors = encoder.encode(all).to(DType.F64).toRows();
                var scores = new double[others.size()];
                for (int i = 0; i < scores.length; i++) scores[i] = AveragedWords.cosine(vectors[i], vectors[scores.length]);
                return scores;
            }
        };
    }

    /** Rank correlation (Spearman) with people's judgements. */
    default Score correlation(List<JudgedPair> pairs) {
        if (pairs.size() < 3) throw new IllegalArgumentException("correlation: " + pairs.size() + " pairs; at least 3");
        double[] scores = pairs.stream().mapToDouble(p -> similarity(p.first(), p.second())).toArray();
        return new Score(Correlation.spearman(scores, pairs.stream().mapToDouble(JudgedPair::judgement).toArray()).statistic(),
                scores.length, 0);
    }

    /**
     * A sentence, another that means the same, and one that does not though it looks alike.
     *
     * @param foil shares words with the sentence and has another meaning
     */
    record Triple(String sentence, String paraphrase, String foil) {}

    /** Share of triples whose paraphrase is more alike than the foil; a tie is half of one. */
    default double ranking(List<Triple> triples) {
        if (triples.isEmpty()) throw new IllegalArgumentException("ranking: no triple");
        double right = 0;
        for (var triple : triples) {
            double[] scores = similarities(triple.sentence, List.of(triple.paraphrase, triple.foil));
            right += scores[0] > scores[1] ? 1 : scores[0] == scores[1] ? 0.5 : 0;
        }
        return right / triples.size();
    }
}
