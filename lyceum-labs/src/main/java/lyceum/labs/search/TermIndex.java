package lyceum.labs.search;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lyceum.labs.catalogue.EditDistance;

/**
 * An inverted index with weighted fields: BM25F (Robertson and Zaragoza, 2009, section 3.6). A word's frequency in a topic is
 * the sum over fields of weight times frequency, each divided by the field's relative length.
 */
final class TermIndex {

    private static final double K1 = 1.2;
    private static final double B = 0.4;

    /** A field's weight, and whether typing errors are forgiven against its words. */
    enum Field {
        TITLE(9, true), ALIAS(6, true), AREA(1, true), SUMMARY(2.2, true), ARTICLE(0.8, false);

        final double weight;
        final boolean forgiving;

        Field(double weight, boolean forgiving) {
            this.weight = weight;
            this.forgiving = forgiving;
        }
    }

    /** A word of the index that a word of the query may mean, and how likely. */
    record Match(int term, double weight) { }

    private final int documents;
    private final double[][] lengths;
    private final Map<String, Integer> terms = new HashMap<>();
    private final List<Map<Integer, double[]>> building = new ArrayList<>();
    private final List<Boolean> forgivingTerms = new ArrayList<>();

    /** Terms by what is left of them without their endings. */
    private final Map<String, List<Integer>> families = new HashMap<>();

    private String[] sorted;
    private int[] sortedTerm;
    private long[] letters;
    private boolean[] forgiving;
    private String[] texts;
    private int[][] postings;
    private double[][] weights;
    private double[] idf;

    TermIndex(int documents) {
        this.documents = documents;
        this.lengths = new double[Field.values().length][documents];
    }

    void add(int document, Field field, String text) {
        var words = Words.of(text);
        for (int i = 0; i < words.size(); i++) {
            count(document, field, words.get(i).text());
            boolean hyphened = i > 0 && words.get(i).start() == words.get(i - 1).end() + 1 && text.charAt(words.get(i - 1).end()) == '-';
            if (hyphened) {
                count(document, field, words.get(i - 1).text() + words.get(i).text());
            }
        }
        lengths[field.ordinal()][document] += words.size();
    }

    private void count(int document, Field field, String word) {
        int term = terms.computeIfAbsent(word, w -> {
            building.add(new HashMap<>());
            forgivingTerms.add(false);
            return building.size() - 1;
        });
        building.get(term).computeIfAbsent(document, d -> new double[Field.values().length])[field.ordinal()]++;
        if (field.forgiving) {
            forgivingTerms.set(term, true);
        }
    }

    /** Computes the weights; nothing is added afterwards. */
    void freeze() {
        int n = building.size();
        var means = Arrays.stream(lengths).mapToDouble(l -> Math.max(1, Arrays.stream(l).average().orElse(1))).toArray();
        postings = new int[n][];
        weights = new double[n][];
        idf = new double[n];
        for (int term = 0; term < n; term++) {
            var byDocument = building.get(term);
            postings[term] = byDocument.keySet().stream().mapToInt(d -> d).sorted().toArray();
            weights[term] = Arrays.stream(postings[term]).mapToDouble(d -> saturated(byDocument.get(d), d, means)).toArray();
            idf[term] = Math.log(1 + (documents - postings[term].length + 0.5) / (postings[term].length + 0.5));
        }
        terms.forEach((word, term) -> families.computeIfAbsent(Words.root(word), r -> new ArrayList<>(1)).add(term));
        sorted = terms.keySet().stream().sorted().toArray(String[]::new);
        sortedTerm = Arrays.stream(sorted).mapToInt(terms::get).toArray();
        letters = Arrays.stream(sorted).mapToLong(Letters::of).toArray();
        forgiving = new boolean[n];
        texts = new String[n];
        for (int i = 0; i < n; i++) {
            forgiving[i] = forgivingTerms.get(sortedTerm[i]);
            texts[sortedTerm[i]] = sorted[i];
        }
        building.clear();
    }

    private double saturated(double[] frequencies, int document, double[] means) {
        double frequency = 0;
        for (var field : Field.values()) {
            int f = field.ordinal();
            double longer = 1 - B + B * lengths[f][document] / means[f];
            frequency += field.weight * frequencies[f] / Math.max(0.1, longer);
        }
        return frequency / (K1 + frequency);
    }

    /** Adds each topic's share for one word of the query: its best match, not the sum of all. */
    void score(List<Match> matches, double[] best) {
        for (var match : matches) {
            var documentsOf = postings[match.term()];
            var weightsOf = weights[match.term()];
            double factor = match.weight() * idf[match.term()];
            for (int i = 0; i < documentsOf.length; i++) {
                best[documentsOf[i]] = Math.max(best[documentsOf[i]], factor * weightsOf[i]);
            }
        }
    }

    /** The words that a word of the query may mean: itself, words that begin with it, its other forms, and words that it misspells. */
    List<Match> matches(String word, boolean last) {
        var matches = new ArrayList<Match>();
        var exact = terms.get(word);
        if (exact != null) {
            matches.add(new Match(exact, 1));
        }
        if (word.length() >= (last ? 1 : 3)) {
            prefixes(word, matches);
        }
        for (int relative : families.getOrDefault(Words.root(word), List.of())) {
            matches.add(new Match(relative, 0.55));
        }
        if (exact == null && word.length() >= 4) {
            misspelt(word, matches);
        }
        return matches;
    }

    /** The word that a match stands for. */
    String text(Match match) {
        return texts[match.term()];
    }

    /** How much a word tells: the inverse document frequency of its likeliest match, 1 where there is none. */
    double rarity(List<Match> matches) {
        return matches.stream().max(java.util.Comparator.comparingDouble(Match::weight)).map(m -> 0.5 + idf[m.term()]).orElse(1.0);
    }

    /** The joined form of two words of the query, if it is a word. */
    List<Match> joined(String word) {
        var exact = terms.get(word);
        return exact == null ? List.of() : List.of(new Match(exact, 0.9));
    }

    private void prefixes(String word, List<Match> matches) {
        int at = Arrays.binarySearch(sorted, word);
        for (int i = at >= 0 ? at + 1 : -at - 1; i < sorted.length && sorted[i].startsWith(word); i++) {
            matches.add(new Match(sortedTerm[i], 0.4 + 0.5 * word.length() / sorted[i].length()));
        }
    }

    private void misspelt(String word, List<Match> matches) {
        int limit = allowed(word.length());
        long asked = Letters.of(word);
        for (int i = 0; i < sorted.length; i++) {
            var term = sorted[i];
            if (forgiving[i] && Letters.nearBeginning(asked, letters[i], limit) && term.length() >= Math.max(3, word.length() - limit)) {
                misspelt(word, asked, term, i, limit, matches);
            }
        }
    }

    private void misspelt(String word, long asked, String term, int place, int limit, List<Match> matches) {
        int distance = Letters.near(asked, letters[place], limit) ? EditDistance.within(word, term, limit) : limit + 1;
        if (distance <= limit) {
            matches.add(new Match(sortedTerm[place], weightOf(distance, word, term)));
        } else if (term.length() > word.length() && word.length() >= 5) {
            distance = EditDistance.within(word, term.substring(0, word.length()), limit);
            if (distance <= limit) {
                matches.add(new Match(sortedTerm[place], 0.6 * weightOf(distance, word, term)));
            }
        }
    }

    /** People rarely mistype the first letter. */
    private static double weightOf(int distance, String word, String term) {
        double weight = distance == 1 ? 0.7 : 0.4;
        return word.charAt(0) == term.charAt(0) ? weight : 0.6 * weight;
    }

    /** Edits forgiven in a word of this length. */
    static int allowed(int length) {
        return length >= 8 ? 2 : length >= 4 ? 1 : 0;
    }
}
