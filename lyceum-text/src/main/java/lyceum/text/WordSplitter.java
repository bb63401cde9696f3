package lyceum.text;

import java.nio.charset.StandardCharsets;
import java.text.BreakIterator;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lyceum.text.internal.IntList;
import lyceum.text.internal.Utf8;

/** A rule that cuts a text into words: nothing is learned. */
public interface WordSplitter {
    /**
     * A word.
     *
     * @param word as the rule spells it, which may differ from the slice (the Treebank's quotes)
     * @param from first {@code char}
     * @param to one past the last
     */
    record Span(String word, int from, int to) {}

    /** The words in order. */
    List<Span> split(String text);

    /** The words in order, without their places. */
    default List<String> words(String text) { return split(text).stream().map(Span::word).toList(); }

    /** Runs of what is no white space. */
    WordSplitter WHITESPACE = matching(TextPattern.of("\\S+"));

    /** Code points. */
    WordSplitter CHARACTERS = text -> {
        var spans = new ArrayList<Span>(text.length());
        for (int i = 0; i < text.length();) {
            int next = i + Character.charCount(text.codePointAt(i));
            spans.add(new Span(text.substring(i, next), i, next));
            i = next;
        }
        return spans;
    };

    /** The matches of a pattern. */
    static WordSplitter matching(TextPattern pattern) {
        return text -> {
            byte[] b = Utf8.bytes(text);
            var found = new IntList();
            pattern.find(b, 0, b.length, found);
            var spans = new ArrayList<Span>(found.size / 2);
            for (int i = 0, at = 0, chars = 0; i < found.size; i += 2) {
                chars += new String(b, at, found.get(i) - at, StandardCharsets.UTF_8).length();
                var word = new String(b, found.get(i), found.get(i + 1) - found.get(i), StandardCharsets.UTF_8);
                spans.add(new Span(word, chars, chars += word.length()));
                at = found.get(i + 1);
            }
            return spans;
        };
    }

    /** The Penn Treebank's rules for a sentence: marks apart, contractions in two, opening quotes as {@code ``}, closing ones as {@code ''}. */
    static WordSplitter treebank() { return new TreebankRules(); }

    /** Sentences by the rules of a language; what they end with is left out. */
    static WordSplitter sentences(Locale locale) {
        return text -> {
            var breaks = BreakIterator.getSentenceInstance(locale);
            breaks.setText(text);
            var spans = new ArrayList<Span>();
            for (int from = breaks.first(), to = breaks.next(); to != BreakIterator.DONE; from = to, to = breaks.next()) {
                var sentence = text.substring(from, to).stripTrailing();
                if (!sentence.isEmpty()) spans.add(new Span(sentence, from, from + sentence.length()));
            }
            return spans;
        };
    }
}
