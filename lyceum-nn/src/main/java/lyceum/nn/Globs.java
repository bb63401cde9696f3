package lyceum.nn;

import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Names by pattern: {@code *} is any text, {@code ?} a character. */
public final class Globs {
    private Globs() {}

    /** Whether a whole name matches. */
    public static Predicate<String> of(String glob) {
        var regex = new StringBuilder();
        for (char c : glob.toCharArray()) regex.append(c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(String.valueOf(c)));
        return Pattern.compile(regex.toString()).asMatchPredicate();
    }
}
