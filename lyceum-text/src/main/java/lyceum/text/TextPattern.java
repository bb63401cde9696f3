package lyceum.text;

import java.nio.charset.StandardCharsets;
import java.util.Objects;
import lyceum.text.internal.IntList;
import lyceum.text.internal.PatternMatcher;

/**
 * What to look for in a text: a literal or a pattern. A pattern runs in time linear in the text, whatever it is, so that one out of a file is harmless; it is written in
 * the common syntax of Oniguruma, Rust and Python ({@code \p{L}}, {@code \s+(?!\S)}, {@code (?i:...)}, looks ahead and behind, possessive classes). Back references and
 * atomic groups, which no such matcher can do, are refused by name.
 *
 * @see <a href="https://doi.org/10.1007/978-3-540-27836-8_53">Frisch and Cardelli (2004), Greedy regular expression matching</a>
 */
public final class TextPattern {
    private final String source;
    private final boolean regex;
    private final PatternMatcher matcher;
    private final byte[] literal;

    private TextPattern(String source, boolean regex) {
        this.source = Objects.requireNonNull(source, "source");
        this.regex = regex;
        matcher = regex ? new PatternMatcher(source) : null;
        literal = source.getBytes(StandardCharsets.UTF_8);
        if (literal.length == 0) throw new IllegalArgumentException("TextPattern: an empty text would be found everywhere");
    }

    /** A pattern. @throws lyceum.FormatException if it is none, or one that no linear matcher can run: names what */
    public static TextPattern of(String pattern) { return new TextPattern(pattern, true); }

    /** A literal. */
    public static TextPattern literal(String text) { return new TextPattern(text, false); }

    /** The pattern or the literal. */
    public String source() { return source; }

    /** Whether it is a pattern. */
    public boolean isRegex() { return regex; }

    /** Appends start and end of all matches; gives the end of the last one that no later text can change. */
    int find(byte[] b, int from, int to, IntList out) {
        if (regex) return matcher.find(b, from, to, out);
        int settled = from;
        byte first = literal[0];
        for (int at = from; at + literal.length <= to;) {
            if (b[at] != first) {
                at++;
                continue;
            }
            int k = 1;
            while (k < literal.length && b[at + k] == literal[k]) k++;
            if (k < literal.length) at++;
            else {
                out.add(at);
                out.add(at += k);
                settled = at;
            }
        }
        return settled;
    }

    @Override public boolean equals(Object other) { return other instanceof TextPattern p && regex == p.regex && source.equals(p.source); }

    @Override public int hashCode() { return source.hashCode(); }

    @Override public String toString() { return regex ? "/" + source + "/" : "\"" + source + "\""; }
}
