package lyceum.text.count;

import java.util.ArrayList;
import java.util.List;

/** How a text becomes terms; any function will do, such as the pieces of a tokenizer. Called by several threads. */
@FunctionalInterface
public interface TermSplitter {
    /** Longest runs of two letters, digits or underscores and more, as scikit-learn's default pattern {@code \b\w\w+\b}. */
    TermSplitter WORDS = text -> runs(text, 2);
    /** The same from one character on. */
    TermSplitter ALL_WORDS = text -> runs(text, 1);
    /** At blanks. */
    TermSplitter BLANKS = text -> text.isBlank() ? List.of() : List.of(text.strip().split("\\s+"));

    List<String> split(String text);

    private static List<String> runs(String text, int least) {
        var found = new ArrayList<String>();
        WordRuns.find(text, least, (from, to) -> found.add(text.substring(from, to)));
        return found;
    }
}
