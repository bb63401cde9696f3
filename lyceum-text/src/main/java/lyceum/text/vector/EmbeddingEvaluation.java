package lyceum.text.vector;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lyceum.DType;
import lyceum.data.WordNet;
import lyceum.stats.Correlation;
import lyceum.stats.learner.Clusterer;
import lyceum.tensor.Tensor;
import lyceum.text.vector.EmbeddingTable.Neighbour;

/**
 * How good a table of word vectors is, whoever made it: by judgements of people, by clusters, by WordNet, and by what a classifier can do with averaged vectors. Analogies are
 * {@link EmbeddingGeometry#analogyAccuracy}. Each number says on how many words it stands: tables that lack the hard ones look better.
 */
public final class EmbeddingEvaluation {
    private EmbeddingEvaluation() {}

    /** A score and the words, pairs or questions that it is of. */
    public record Score(double value, int counted, int missing) {}

    /** Two words and how alike people find them. */
    public record JudgedPair(String first, String second, double judgement) {}

    /** Rank correlation (Spearman) of cosines with judgements, of the pairs that the table has. */
    public static Score similarity(EmbeddingTable table, List<JudgedPair> pairs) {
        var known = pairs.stream().filter(p -> table.contains(p.first) && table.contains(p.second)).toList();
        if (known.size() < 3) throw new IllegalArgumentException(
                "similarity: the table has both words of " + known.size() + " of " + pairs.size() + " pairs");
        double[] cosines = known.stream().mapToDouble(p -> table.similarity(p.first, p.second)).toArray();
        double[] judged = known.stream().mapToDouble(JudgedPair::judgement).toArray();
        return new Score(Correlation.spearman(cosines, judged).statistic(), known.size(), pairs.size() - known.size());
    }

    /**
     * Categorisation: purity of clusters of the unit vectors, the share of words that are of the commonest category in their cluster.
     *
     * @param categories of words; those that the table lacks are counted as missing and left out
     */
    public static Score categorisation(EmbeddingTable table, Map<String, String> categories, Clusterer clusterer) {
        var words = categories.keySet().stream().filter(table::contains).sorted().toList();
        if (words.size() < 2)
            throw new IllegalArgumentException("categorisation: the table has " + words.size() + " of " + categories.size() + " words");
        int[] clusters = clusterer.fit(table.only(words).normalised().vectors().to(DType.F64)).labels().to(DType.I32).toIntArray();
        var counts = new HashMap<Integer, Map<String, Integer>>();
        for (int i = 0; i < clusters.length; i++)
            counts.computeIfAbsent(clusters[i], _ -> new HashMap<>()).merge(categories.get(words.get(i)), 1, Integer::sum);
        int pure = 0;
        for (var cluster : counts.values()) pure += cluster.values().stream().mapToInt(c -> c).max().orElseThrow();
        return new Score((double) pure / words.size(), words.size(), categories.size() - words.size());
    }

    /** Whether the first noun senses of two words share a direct hypernym; false where one has none. */
    public static boolean siblings(WordNet wordNet, String a, String b) {
        var shared = new HashSet<>(firstHypernyms(wordNet, a));
        shared.retainAll(firstHypernyms(wordNet, b));
        return !shared.isEmpty();
    }

    private static List<String> firstHypernyms(WordNet wordNet, String word) {
        var senses = wordNet.senses(word);
        return senses.isEmpty() || !senses.getFirst().id().startsWith("n") ? List.of() : senses.getFirst().hypernyms();
    }

    /** WordNet neighbour agreement: share of words that have a sibling among their k nearest, of the given words that WordNet knows. */
    public static Score wordNetAgreement(EmbeddingTable table, WordNet wordNet, Set<String> words, int k) {
        int hits = 0, counted = 0;
        for (var word : words) {
            if (!table.contains(word) || firstHypernyms(wordNet, word).isEmpty()) continue;
            counted++;
            if (table.nearest(word, k).stream().map(Neighbour::name).anyMatch(near -> siblings(wordNet, word, near))) hits++;
        }
        if (counted == 0)
            throw new IllegalArgumentException("wordNetAgreement: none of the " + words.size() + " words is in both the table and WordNet");
        return new Score((double) hits / counted, counted, words.size() - counted);
    }

    /**
     * What a probe is fitted on: the mean of the unit vectors of each text's words, F64 (texts, dimension); zeros where the table has none of them.
     */
    public static Tensor averages(EmbeddingTable table, List<? extends List<String>> texts) {
        var unit = table.normalised();
        var rows = new ArrayList<double[]>();
        for (var text : texts) {
            var mean = new double[table.dimension()];
            int n = 0;
            for (var word : text) {
                int row = unit.index(word);
                if (row < 0) continue;
                float[] v = unit.values(row);
                for (int j = 0; j < mean.length; j++) mean[j] += v[j];
                n++;
            }
            for (int j = 0; n > 0 && j < mean.length; j++) mean[j] /= n;
            rows.add(mean);
        }
        return Tensor.of(rows.toArray(double[][]::new));
    }
}
