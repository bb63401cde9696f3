package lyceum.labs.search;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import lyceum.text.compare.EditDistance;

/**
 * An inverted index with weighted fields: BM25F (Robertson and Zaragoza, 2009, section 3.6). A word's frequency in what names a
 * topic is the sum over fields of weight times frequency, each divided by the field's relative length. Articles are weighed
 * apart: they hold so many words that to be among them says little, and a topic must not win because its article is longer.
 */
final class TermIndex {

    private static final double K1 = 1.2;
    private static final double B = 0.4;

    /** Lengths of articles differ by design, so they count for more. */
    private static final double ARTICLE_B = 0.75;

    /** A field and its weight; typing errors are forgiven against the words of these, and not against those of articles. */
    enum Field {
        TITLE(9), ALIAS(6), AREA(1), SUMMARY(2.2);

        final double weight;

        Field(double weight) { this.weight = weight; }
    }

    /** A word of the index that a word of the query may mean, and how likely. */
    record Match(int term, double weight) {}

    private final int documents;
    private final double[][] lengths;
    private final Map<String, Integer> terms = new HashMap<>();
    private final List<Map<Integer, double[]>> building = new ArrayList<>();
    private final List<Postings> told = new ArrayList<>();
    private final double[] articleLengths;

    /** Terms by their stems. */
    private final Map<String, List<Integer>> families = new HashMap<>();

    private String[] sorted;
    private int[] sortedTerm;
    private long[] letters;
    private boolean[] forgiving;
    private String[] texts;
    private Postings[] named;
    private double[] idf;

    /** The topics that have a word, and what it weighs in each. */
    static final class Postings {
        private int[] documents = new int[2];
        private float[] weights = new float[2];
        private int size;

        void add(int document, double weight) {
            if (size == documents.length) {
                documents = Arrays.copyOf(documents, 2 * size);
                weights = Arrays.copyOf(weights, 2 * size);
            }
            documents[size] = document;
            weights[size++] = (float) weight;
        }

        int size() { return size; }

        void sum(double factor, double[] total) {
            for (int i = 0; i < size; i++) {
                total[documents[i]] += factor * weights[i];
            }
        }

        void raise(double factor, double[] best) {
            for (int i = 0; i < size; i++) {
                best[documents[i]] = Math.max(best[documents[i]], factor * weights[i]);
            }
        }
    }

    TermIndex(int documents) {
        this.documents = documents;
        this.articleLengths = new double[documents];
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
        building.get(term(word)).computeIfAbsent(document, d -> new double[Field.values().length])[field.ordinal()]++;
    }

    /** The words of a topic's article; called once a topic. */
    void addArticle(int document, List<Words.Word> words) {
        var count = new HashMap<String, Integer>();
        words.forEach(w -> count.merge(w.text(), 1, Integer::sum));
        count.forEach((word, times) -> told.get(term(word)).add(document, times));
        articleLengths[document] = words.size();
    }

    private int term(String word) {
        return terms.computeIfAbsent(word, w -> {
            building.add(new HashMap<>());
            told.add(new Postings());
            return building.size() - 1;
        });
    }

    /** Computes the weights; nothing is added afterwards. @param stem of a word */
    void freeze(UnaryOperator<String> stem) {
        int n = building.size();
        var means = Arrays.stream(lengths).mapToDouble(l -> Math.max(1, Arrays.stream(l).average().orElse(1))).toArray();
        double mean = Math.max(1, Arrays.stream(articleLengths).filter(l -> l > 0).average().orElse(1));
        named = new Postings[n];
        idf = new double[n];
        for (int term = 0; term < n; term++) {
            named[term] = new Postings();
            for (var entry : building.get(term).entrySet()) {
                named[term].add(entry.getKey(), saturated(entry.getValue(), entry.getKey(), means));
            }
            var articles = told.get(term);
            for (int i = 0; i < articles.size; i++) {
                double frequency = articles.weights[i] / (1 - ARTICLE_B + ARTICLE_B * articleLengths[articles.documents[i]] / mean);
                articles.weights[i] = (float) (frequency / (K1 + frequency));
            }
            int found = Math.max(named[term].size, articles.size);
            idf[term] = Math.log(1 + (documents - found + 0.5) / (found + 0.5));
        }
        terms.forEach((word, term) -> families.computeIfAbsent(stem.apply(word), r -> new ArrayList<>(1)).add(term));
        sorted = terms.keySet().stream().sorted().toArray(String[]::new);
        sortedTerm = Arrays.stream(sorted).mapToInt(terms::get).toArray();
        letters = Arrays.stream(sorted).mapToLong(Letters::of).toArray();
        forgiving = new boolean[n];
        texts = new String[n];
        for (int i = 0; i < n; i++) {
            forgiving[i] = named[sortedTerm[i]].size > 0;
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

    /** Raises each topic's score for one word of the query, by what names it and by its article: the best match counts, not the sum of all. */
    void score(List<Match> matches, double[] byName, double[] byArticle) {
        for (var match : matches) {
            double factor = match.weight() * idf[match.term()];
            named[match.term()].raise(factor, byName);
            told.get(match.term()).raise(factor, byArticle);
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
        for (int relative : families.getOrDefault(Stemmer.stem(word), List.of())) {
            matches.add(new Match(relative, 0.55));
        }
        if (exact == null && word.length() >= 4) {
            misspelt(word, matches);
        }
        return matches;
    }

    /** The word that a match stands for. */
    String text(Match match) { return texts[match.term()]; }

    /** How much a word tells: the inverse document frequency of its likeliest match, 1 where there is none. */
    double rarity(List<Match> matches) {
        return matches.stream().max(Comparator.comparingDouble(Match::weight)).map(m -> 0.5 + idf[m.term()]).orElse(1.0);
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
        int distance = Letters.near(asked, letters[place], limit) ? EditDistance.atMostWithSwaps(word, term, limit) : limit + 1;
        if (distance <= limit) {
            matches.add(new Match(sortedTerm[place], weightOf(distance, word, term)));
        } else if (term.length() > word.length() && word.length() >= 5) {
            distance = EditDistance.atMostWithSwaps(word, term.substring(0, word.length()), limit);
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
    static int allowed(int length) { return length >= 8 ? 2 : length >= 4 ? 1 : 0; }
}
