package lyceum.data.corpus;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import lyceum.linalg.LeastSquares;

/**
 * What a corpus is made of, from one pass over it: size, languages, lengths, exact copies, growth of the vocabulary. Memory grows with the vocabulary and
 * with 32 bytes a document, not with the text.
 *
 * @param documents  how many
 * @param bytes      of their texts in UTF-8
 * @param words      running words, as {@link Words} finds them
 * @param types      different words, case aside
 * @param duplicates documents whose text an earlier one has too
 * @param domains    documents by domain
 * @param licences   documents by licence
 * @param languages  documents by language, {@code "?"} where there is no letter
 * @param lengths    documents by their number of words
 * @param growth     different words after 1,000, 2,000, 4,000, ... running ones, and after all
 */
public record CorpusCard(long documents, long bytes, long words, long types, long duplicates, Map<String, Long> domains,
        Map<String, Long> licences, Map<String, Long> languages, Map<Integer, Long> lengths, List<Growth> growth) {

    /** So many different words after so many running ones. */
    public record Growth(long words, long types) {}

    /** Reads a corpus; languages by {@link LanguageId#bundled}. */
    public static CorpusCard of(Corpus corpus) {
        var languages = LanguageId.bundled();
        return of(corpus, text -> languages.identify(text).language());
    }

    /** Reads a corpus. @param language names the language of a text */
    public static CorpusCard of(Corpus corpus, Function<String, String> language) {
        var count = new Counting(language);
        corpus.forEach(count::add);
        return count.card();
    }

    /** The least number of words that at least the share {@code q} of the documents does not exceed. */
    public int lengthQuantile(double q) {
        if (!(q >= 0 && q <= 1)) throw new IllegalArgumentException("lengthQuantile: q is " + q + "; it lies between 0 and 1");
        long seen = 0;
        int last = 0;
        for (var entry : lengths.entrySet()) {
            seen += entry.getValue();
            last = entry.getKey();
            if (seen >= q * documents) break;
        }
        return last;
    }

    /** Share of the documents that repeat an earlier one exactly. */
    public double duplicateShare() { return documents == 0 ? 0 : (double) duplicates / documents; }

    /**
     * Heaps' exponent (1978): the slope of log types over log running words by least squares; English is often at 0.4 to 0.6. NaN below three points.
     */
    public double heapsExponent() {
        if (growth.size() < 3) return Double.NaN;
        return LeastSquares.slope(growth.stream().mapToDouble(point -> Math.log(point.words)).toArray(),
                growth.stream().mapToDouble(point -> Math.log(point.types)).toArray());
    }

    @Override public String toString() {
        return String.format(Locale.ROOT,
                "%,d documents, %,d bytes, %,d words of %,d types (Heaps %.2f), median length %,d words, %.1f%% exact copies%nlanguages %s%ndomains %s%nlicences %s",
                documents, bytes, words, types, heapsExponent(), lengthQuantile(0.5), 100 * duplicateShare(), languages, domains, licences);
    }

    private static final class Counting {
        private final Function<String, String> language;
        private final Map<String, Long> domains = new TreeMap<>(), licences = new TreeMap<>(), languages = new TreeMap<>();
        private final Map<Integer, Long> lengths = new TreeMap<>();
        private final HashSet<String> hashes = new HashSet<>();
        private final HashSet<String> vocabulary = new HashSet<>();
        private final List<Growth> growth = new ArrayList<>();
        private long documents, bytes, running, duplicates, mark = 1000;

        Counting(Function<String, String> language) { this.language = language; }

        void add(Document document) {
            documents++;
            bytes += document.bytes();
            if (!hashes.add(document.hash())) duplicates++;
            domains.merge(document.domain(), 1L, Long::sum);
            licences.merge(document.licence(), 1L, Long::sum);
            var guess = language.apply(document.text());
            languages.merge(guess.isEmpty() ? "?" : guess, 1L, Long::sum);
            var words = Words.of(document.text());
            lengths.merge(words.count(), 1L, Long::sum);
            for (int i = 0; i < words.count(); i++) {
                vocabulary.add(words.word(i).toLowerCase(Locale.ROOT));
                if (++running == mark) {
                    growth.add(new Growth(running, vocabulary.size()));
                    mark *= 2;
                }
            }
        }

        CorpusCard card() {
            if (growth.isEmpty() || growth.getLast().words < running) growth.add(new Growth(running, vocabulary.size()));
            return new CorpusCard(documents, bytes, running, vocabulary.size(), duplicates, domains, licences, languages, lengths,
                    List.copyOf(growth));
        }
    }
}
