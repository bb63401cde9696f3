package lyceum.labs.search;

import java.util.regex.Pattern;
import org.tartarus.snowball.ext.EnglishStemmer;

/**
 * English words without their endings: {@code exploding}, {@code explodes} and {@code exploded} are all {@code explod}. Lucene's Snowball English;
 * {@code -ise} is read as {@code -ize} before.
 */
final class Stemmer {
    private static final Pattern BRITISH = Pattern.compile("(\\w{3,})is(e|ed|es|ing|ation|ations|er|ers)");

    private Stemmer() {}

    /** The stem of a word in lower case. */
    static String stem(String word) {
        var snowball = new EnglishStemmer();
        snowball.setCurrent(american(word));
        snowball.stem();
        return snowball.getCurrent();
    }

    private static String american(String word) {
        if (word.indexOf("is", 3) < 0) return word;
        var british = BRITISH.matcher(word);
        return british.matches() ? british.group(1) + "iz" + british.group(2) : word;
    }
}
