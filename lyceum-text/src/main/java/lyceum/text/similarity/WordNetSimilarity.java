package lyceum.text.similarity;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import lyceum.data.WordNet;

/**
 * How near two meanings stand in WordNet's tree of kinds, and two words by the nearest two of their meanings.
 *
 * {@snippet :
 * static double howAlike(lyceum.data.WordNet wordnet) {
 *     var measure = new WordNetSimilarity(wordnet, WordNetSimilarity.Measure.WU_PALMER, null);
 *     return measure.ofMeanings("n02084071", "n02121620") + measure.similarity("dog", "cat");
 * }
 * }
 *
 * <p>With d the steps between two meanings over a common ancestor, D the tree's depth, dep(c) the nodes from the root to c on the longest way, IC the {@link InformationContent} and c
 * the common ancestor with most of it:
 * <pre>
 * PATH               1 / (1 + d)
 * LEACOCK_CHODOROW   -ln((d + 1) / (2 D))
 * WU_PALMER          the greatest 2 dep(c) / (d + 2 dep(c)) over all common ancestors c, d by way of c
 * WU_PALMER_NLTK     the same of one ancestor: of those with the longest shortest way to the root the first by name
 * RESNIK             IC(c)
 * LIN                2 IC(c) / (IC(a) + IC(b))
 * JIANG_CONRATH      1 / (IC(a) + IC(b) - 2 IC(c)), infinite for a meaning with itself
 * </pre>
 * Verbs have many roots; a common one is thought above them, a step over the farthest ancestor, as in nltk.
 *
 * @see <a href="https://doi.org/10.1162/coli.2006.32.1.13">Budanitsky and Hirst (2006)</a>
 */
public final class WordNetSimilarity implements SemanticSimilarity {
    /** What is compared. */
    public enum Measure {
        PATH, LEACOCK_CHODOROW, WU_PALMER, WU_PALMER_NLTK, RESNIK, LIN, JIANG_CONRATH;

        boolean asksForContent() { return compareTo(RESNIK) >= 0; }
    }

    /** The root above all verbs. */
    private static final String ROOT = "*";

    private final WordNet wordnet;
    private final Measure measure;
    private final InformationContent content;
    /** Steps to the root, filled as synsets are met: {longest way, shortest way}. */
    private final Map<String, int[]> rises = new ConcurrentHashMap<>();
    private final Map<Character, Integer> depths = new HashMap<>();

    /** @param content for the last three measures; null for others */
    public WordNetSimilarity(WordNet wordnet, Measure measure, InformationContent content) {
        this.wordnet = wordnet;
        this.measure = Objects.requireNonNull(measure, "measure");
        this.content = content;
        if (measure.asksForContent() && content == null)
            throw new IllegalArgumentException("WordNetSimilarity: " + measure + " asks for information content; count it in a corpus");
        rises.put(ROOT, new int[2]);
        if (measure != Measure.LEACOCK_CHODOROW) return;
        wordnet.synsets().forEach(synset -> depths.merge(synset.id().charAt(0), rise(synset.id())[0], Math::max));
        depths.computeIfPresent('v', (part, depth) -> depth + 1);
    }

    private int[] rise(String id) {
        var known = rises.get(id);
        if (known != null) return known;
        int most = -1, least = Integer.MAX_VALUE;
        for (var up : wordnet.synset(id).hypernyms()) {
            most = Math.max(most, rise(up)[0]);
            least = Math.min(least, rise(up)[1]);
        }
        var found = new int[] {most + 1, most < 0 ? 0 : least + 1};
        rises.put(id, found);
        return found;
    }

    /** The greatest over all pairs of meanings of one part of speech; minus infinity where a word is unknown or the parts differ. */
    @Override public double similarity(String a, String b) {
        double best = Double.NEGATIVE_INFINITY;
        for (var left : wordnet.senses(a))
            for (var right : wordnet.senses(b))
                if (left.id().charAt(0) == right.id().charAt(0)) best = Math.max(best, ofMeanings(left.id(), right.id()));
        return best;
    }

    /** Of two synsets. @throws IllegalArgumentException if one is of another part of speech, or unknown */
    public double ofMeanings(String a, String b) {
        if (a.charAt(0) != b.charAt(0)) throw new IllegalArgumentException(
                "WordNetSimilarity: " + a + " and " + b + " are of different parts of speech; no way leads from one to the other");
        return switch (measure) {
            case PATH -> 1.0 / (1 + distance(a, b));
            case LEACOCK_CHODOROW -> -Math.log((distance(a, b) + 1) / (2.0 * depths.get(a.charAt(0))));
            case WU_PALMER -> wuPalmer(a, b);
            case WU_PALMER_NLTK -> wuPalmerOfNltk(a, b);
            case RESNIK -> common(a, b);
            case LIN -> lin(a, b);
            case JIANG_CONRATH -> jiangConrath(a, b);
        };
    }

    /** Every ancestor with the least steps up to it, the synset itself at 0. */
    private Map<String, Integer> ancestors(String id) {
        var steps = new LinkedHashMap<String, Integer>();
        if (id.equals(ROOT)) return Map.of(ROOT, 0);
        var next = new ArrayDeque<String>();
        steps.put(id, 0);
        next.add(id);
        int most = 0;
        while (!next.isEmpty()) {
            var at = next.remove();
            most = steps.get(at);
            for (var up : wordnet.synset(at).hypernyms()) if (steps.putIfAbsent(up, most + 1) == null) next.add(up);
        }
        if (id.startsWith("v")) steps.put(ROOT, most + 1);
        return steps;
    }

    /** Steps from one to the other over a common ancestor. */
    private int distance(String a, String b) {
        if (a.equals(b)) return 0;
        Map<String, Integer> up = ancestors(a), other = ancestors(b);
        int least = Integer.MAX_VALUE;
        for (var each : up.entrySet()) {
            var there = other.get(each.getKey());
            if (there != null) least = Math.min(least, each.getValue() + there);
        }
        return least;
    }

    private double wuPalmer(String a, String b) {
        Map<String, Integer> up = ancestors(a), other = ancestors(b);
        double best = 0;
        for (var each : up.entrySet()) {
            var there = other.get(each.getKey());
            if (there == null) continue;
            double twice = 2.0 * (rise(each.getKey())[0] + 1);
            best = Math.max(best, twice / (each.getValue() + there + twice));
        }
        return best;
    }

    private double wuPalmerOfNltk(String a, String b) {
        Map<String, Integer> up = ancestors(a), other = ancestors(b);
        int deepest = -1;
        String chosen = null;
        for (var each : up.keySet()) {
            if (!other.containsKey(each)) continue;
            int depth = rise(each)[1];
            boolean first = depth == deepest && !chosen.equals(a) && (each.equals(a) || name(each).compareTo(name(chosen)) < 0);
            if (depth > deepest || first) chosen = each;
            deepest = Math.max(deepest, depth);
        }
        double depth = rise(chosen)[0] + 1;
        return 2 * depth / (distance(a, chosen) + distance(b, chosen) + 2 * depth);
    }

    private String name(String id) { return id.equals(ROOT) ? "*ROOT*" : wordnet.name(id); }

    /** The most information of a common ancestor; 0 where there is none. */
    private double common(String a, String b) {
        var other = ancestors(b).keySet();
        double most = Double.NEGATIVE_INFINITY;
        for (var each : ancestors(a).keySet()) if (!each.equals(ROOT) && other.contains(each)) most = Math.max(most, content.of(each));
        return most == Double.NEGATIVE_INFINITY ? 0 : most;
    }

    private double lin(String a, String b) {
        double both = content.of(a) + content.of(b);
        return a.equals(b) ? 1 : both == 0 ? 0 : 2 * common(a, b) / both;
    }

    private double jiangConrath(String a, String b) {
        if (a.equals(b)) return Double.POSITIVE_INFINITY;
        double own = content.of(a), other = content.of(b);
        return own == 0 || other == 0 ? 0 : 1 / (own + other - 2 * common(a, b));
    }
}
