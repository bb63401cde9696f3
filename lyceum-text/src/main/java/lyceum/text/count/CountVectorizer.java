package lyceum.text.count;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import lyceum.withers.Withers;

/**
 * Texts to rows of counts of their terms: the bag of words.
 *
 * {@snippet :
 * var texts = List.of("Dog bites man", "Man bites dog");
 * var bags = new CountVectorizer().fit(texts).transform(texts);           // two equal rows: bites 1, dog 1, man 1
 * var pairs = new CountVectorizer().withNGrams(2, 2).fit(texts);          // rows that differ
 * var letters = new CountVectorizer().withUnit(CountVectorizer.Unit.CHARACTERS_IN_WORDS).withNGrams(2, 4);
 * }
 *
 * <p>Texts are read once, so that a stream longer than memory will do. The vocabulary is sorted; where {@code maxFeatures} cuts among equal
 * counts the earlier terms stay. {@link #hashing} needs no vocabulary. Defaults are those of scikit-learn.
 *
 * @param splitter of texts into words
 * @param unit what a term is made of
 * @param least length of the shortest n-grams
 * @param most length of the longest
 * @param lowerCase whether case is dropped first, true by default
 * @param stripAccents whether accents are
 * @param stopWords left out before n-grams are made
 * @param minDocuments terms of fewer documents are left out: a count from 1, or below 1 a share
 * @param maxDocuments terms of more are: likewise; 1 is all of them, as a share
 * @param maxFeatures so many of the commonest terms stay; 0 for all
 * @param binary whether counts are cut to 1
 * @param vocabulary a fixed one, in its order; empty for that of the texts
 * @see <a href="https://nlp.stanford.edu/IR-book/">Manning, Raghavan and Schutze (2008)</a>, chapter 6
 */
@Withers
public record CountVectorizer(TermSplitter splitter, Unit unit, int least, int most, boolean lowerCase, boolean stripAccents,
        Set<String> stopWords, double minDocuments, double maxDocuments, int maxFeatures, boolean binary, List<String> vocabulary)
        implements CountVectorizerWithers {
    /** What n-grams are made of. */
    public enum Unit {
        WORDS,
        /** Characters of the text, runs of blanks as one. */
        CHARACTERS,
        /** Characters within a word that has a blank at each side. */
        CHARACTERS_IN_WORDS
    }

    public CountVectorizer {
        stopWords = Set.copyOf(stopWords);
        vocabulary = List.copyOf(vocabulary);
        if (least < 1 || most < least) throw new IllegalArgumentException("CountVectorizer: n-grams from " + least + " to " + most);
        if (!(minDocuments >= 0) || !(maxDocuments > 0)) throw new IllegalArgumentException(
                "CountVectorizer: terms of at least " + minDocuments + " and at most " + maxDocuments + " documents");
        if (maxFeatures < 0) throw new IllegalArgumentException("CountVectorizer: maxFeatures is " + maxFeatures + "; 0 is for all");
    }

    public CountVectorizer() {
        this(TermSplitter.WORDS, Unit.WORDS, 1, 1, true, false, Set.of(), 1, Double.POSITIVE_INFINITY, 0, false, List.of());
    }

    public CountVectorizer withNGrams(int least, int most) {
        return new CountVectorizer(splitter, unit, least, most, lowerCase, stripAccents, stopWords, minDocuments, maxDocuments, maxFeatures,
                binary, vocabulary);
    }

    public CountVectorizer withStopWords(String... words) { return withStopWords(Set.of(words)); }

    /** The terms of a text, in order. */
    public List<String> terms(String text) {
        var s = prepared(text);
        return switch (unit) {
            case WORDS -> words(s);
            case CHARACTERS -> characters(s.replaceAll("\\s\\s+", " "));
            case CHARACTERS_IN_WORDS -> withinWords(s);
        };
    }

    /** The text that is split. */
    String prepared(String text) {
        var s = lowerCase ? text.toLowerCase(Locale.ROOT) : text;
        return stripAccents ? Normalizer.normalize(s, Normalizer.Form.NFKD).replaceAll("\\p{M}", "") : s;
    }

    /** Of words that are terms as they stand the fewest characters; 0 if terms are something else. */
    int plainWords() {
        if (unit != Unit.WORDS || most > 1 || !stopWords.isEmpty() || stripAccents) return 0;
        return splitter == TermSplitter.WORDS ? 2 : splitter == TermSplitter.ALL_WORDS ? 1 : 0;
    }

    private List<String> words(String text) {
        var words = splitter.split(text);
        if (!stopWords.isEmpty()) words = words.stream().filter(w -> !stopWords.contains(w)).toList();
        if (most == 1) return words;
        var terms = new ArrayList<String>();
        for (int n = least; n <= most; n++)
            for (int i = 0; i + n <= words.size(); i++) terms.add(n == 1 ? words.get(i) : String.join(" ", words.subList(i, i + n)));
        return terms;
    }

    private List<String> characters(String text) {
        int[] points = text.codePoints().toArray();
        var terms = new ArrayList<String>();
        for (int n = least; n <= most; n++) for (int i = 0; i + n <= points.length; i++) terms.add(new String(points, i, n));
        return terms;
    }

    private List<String> withinWords(String text) {
        var terms = new ArrayList<String>();
        for (var word : TermSplitter.BLANKS.split(text)) {
            int[] points = (" " + word + " ").codePoints().toArray();
            for (int n = least; n <= most; n++) {
                // a word shorter than n counts once as a whole, and no longer n-grams of it are made
                terms.add(new String(points, 0, Math.min(n, points.length)));
                for (int i = 1; i + n <= points.length; i++) terms.add(new String(points, i, n));
                if (points.length <= n) break;
            }
        }
        return terms;
    }

    /** Learns the vocabulary. @throws IllegalArgumentException if no term is left */
    public CountVectorizerModel fit(Iterable<String> texts) {
        return vocabulary.isEmpty() ? new TermCounting(this).count(texts).model() : new CountVectorizerModel(this, vocabulary);
    }

    /** Learns the vocabulary and counts, reading the texts once. */
    public DocumentTermMatrix fitTransform(Iterable<String> texts) {
        return vocabulary.isEmpty() ? new TermCounting(this).count(texts).matrix() : fit(texts).transform(texts);
    }

    /**
     * Rows of {@code features} columns without a vocabulary: a term goes to the column of its hash, with the hash's sign, so that collisions cancel on average.
     *
     * @see <a href="https://arxiv.org/abs/0902.2206">Weinberger and others (2009)</a>
     */
    public FeatureHashing hashing(int features) { return new FeatureHashing(this, features, true); }
}
