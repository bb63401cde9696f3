package lyceum.retrieval;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import lyceum.text.count.Stems;
import lyceum.text.count.TermSplitter;
import lyceum.withers.Withers;

/**
 * How a text becomes the terms of an index: split, put in lower case, stop words taken out, English endings taken off. Texts and queries go through the same one.
 *
 * <p>A stop word leaves its place empty (an empty term), so that a phrase with it still wants the same distance.
 *
 * @param splitter into words
 * @param lowerCase by {@link Locale#ROOT}, whatever the machine's language
 * @param stopWords that are not kept, in lower case if {@code lowerCase}
 * @param stemmed by Porter's stemmer of 1980
 */
@Withers
public record TextAnalyzer(TermSplitter splitter, boolean lowerCase, Set<String> stopWords, boolean stemmed)
        implements TermSplitter, TextAnalyzerWithers {
    public TextAnalyzer { stopWords = Set.copyOf(stopWords); }

    /** Words of two letters and more, in lower case, all of them kept as they are. */
    public TextAnalyzer() { this(TermSplitter.WORDS, true, Set.of(), false); }

    @Override public List<String> split(String text) {
        return splitter.split(lowerCase ? text.toLowerCase(Locale.ROOT) : text).stream().map(this::term).toList();
    }

    private String term(String word) {
        if (stopWords.contains(word)) return "";
        return stemmed ? Stems.of(word) : word;
    }
}
