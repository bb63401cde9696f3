package lyceum.text.vector;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import lyceum.DType;
import lyceum.data.WordNet;
import lyceum.random.Rng;
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

    /** What the first noun sense of each word is a kind of, by WordNet; words without one are left out. */
    public static Map<String, Set<String>> hypernyms(WordNet wordNet, Collection<String> words) {
        var above = new TreeMap<String, Set<String>>();
        for (var word : words) {
            var kinds = firstHypernyms(wordNet, word);
            if (!kinds.isEmpty()) above.put(word, Set.copyOf(kinds));
        }
        return above;
    }

    /**
     * Whether cosines tell siblings from others: pairs of words that share a hypernym, drawn at random, against the same words paired anew so that no pair
     * shares one. The score is the area under the ROC curve, the chance that a pair of siblings is nearer than another; since words are the same,
     * frequency alone gives 0.5.
     *
     * @param hypernyms by word, of {@link #hypernyms} or any other taxonomy; words that the table lacks are counted as missing
     * @param pairs at most
     * @return the area, and the pairs that it is of
     * @throws IllegalArgumentException if there are not two pairs that can be paired anew
     */
    public static Score siblingAuroc(EmbeddingTable table, Map<String, Set<String>> hypernyms, int pairs, Rng rng) {
        var byKind = new TreeMap<String, TreeSet<String>>();
        int missing = 0;
        for (var word : hypernyms.keySet()) {
            if (!table.contains(word)) missing++;
            else for (var kind : hypernyms.get(word)) byKind.computeIfAbsent(kind, _ -> new TreeSet<>()).add(word);
        }
        var siblings = new LinkedHashSet<List<String>>();
        for (var kin : byKind.values()) for (var a : kin) for (var b : kin.tailSet(a, false)) siblings.add(List.of(a, b));
        var all = List.copyOf(siblings);
        var own = Arrays.stream(rng.permutation(all.size())).limit(pairs).mapToObj(all::get).toList();
        int n = own.size();
        int[] partner = rng.permutation(n);
        for (int i = 0; i < n; i++) {
            for (int tries = 0; kin(hypernyms, own.get(i).get(0), own.get(partner[i]).get(1)); tries++) {
                if (tries == 1000) throw new IllegalArgumentException(
                        "siblingAuroc: " + n + " pairs of siblings cannot be paired anew without siblings; give words of more kinds");
                int j = rng.nextInt(n), p = partner[i], q = partner[j];
                if (kin(hypernyms, own.get(i).get(0), own.get(q).get(1)) || j < i && kin(hypernyms, own.get(j).get(0), own.get(p).get(1)))
                    continue;
                partner[i] = q;
                partner[j] = p;
            }
        }
        if (n < 2) throw new IllegalArgumentException("siblingAuroc: " + n + " pairs of siblings in the table; at least two are needed");
        double above = 0;
        double[] others = new double[n];
        for (int i = 0; i < n; i++) others[i] = table.similarity(own.get(i).get(0), own.get(partner[i]).get(1));
        for (var pair : own) {
            double x = table.similarity(pair.get(0), pair.get(1));
            for (double y : others) above += x > y ? 1 : x == y ? 0.5 : 0;
        }
        return new Score(above / n / n, n, missing);
    }

    private static boolean kin(Map<String, Set<String>> hypernyms, String a, String b) {
        return a.equals(b) || !Collections.disjoint(hypernyms.get(a), hypernyms.get(b));
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
