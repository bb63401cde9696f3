package lyceum.text;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import lyceum.text.internal.CodePointSet;

/**
 * The Penn Treebank's conventions, after Robert MacIntyre's script of 1995: substitutions one after the other that put spaces where words end.
 *
 * @see <a href="https://aclanthology.org/J93-2004/">Marcus, Santorini and Marcinkiewicz (1993)</a>
 */
final class TreebankRules implements WordSplitter {
    private record Rule(Pattern pattern, String replacement) {}

    private static final List<Rule> BEFORE = List.of(
            // opening quotes
            rule("^\"", "``"), rule("(``)", " $1 "), rule("([ (\\[{<])(\"|'{2})", "$1 `` "),
            // marks; a full stop only where the sentence ends
            rule("([:,])([^\\d])", " $1 $2"), rule("([:,])$", " $1 "), rule("\\.\\.\\.", " ... "), rule("[;@#$%&]", " $0 "),
            rule("([^.])(\\.)([\\])}>\"']*)\\s*$", "$1 $2$3 "), rule("[?!]", " $0 "), rule("([^'])' ", "$1 ' "),
            rule("[\\]\\[(){}<>]", " $0 "), rule("--", " -- "));
    private static final List<Rule> AFTER = List.of(
            // closing quotes and what hangs on a word
            rule("''", " '' "), rule("\"", " '' "), rule("([^' ])('[sS]|'[mM]|'[dD]|') ", "$1 $2 "),
            rule("([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) ", "$1 $2 "),
            // words written together
            rule("(?i)\\b(can)(not)\\b", " $1 $2 "), rule("(?i)\\b(d)('ye)\\b", " $1 $2 "), rule("(?i)\\b(gim)(me)\\b", " $1 $2 "),
            rule("(?i)\\b(gon)(na)\\b", " $1 $2 "), rule("(?i)\\b(got)(ta)\\b", " $1 $2 "), rule("(?i)\\b(lem)(me)\\b", " $1 $2 "),
            rule("(?i)\\b(more)('n)\\b", " $1 $2 "), rule("(?i)\\b(wan)(na)(?=\\s)", " $1 $2 "), rule("(?i) ('t)(is)\\b", " $1 $2 "),
            rule("(?i) ('t)(was)\\b", " $1 $2 "));

    private static Rule rule(String pattern, String replacement) {
        return new Rule(Pattern.compile(pattern, Pattern.UNICODE_CHARACTER_CLASS), replacement);
    }

    @Override public List<Span> split(String text) {
        var spaced = text;
        for (var rule : BEFORE) spaced = rule.pattern.matcher(spaced).replaceAll(rule.replacement);
        spaced = " " + spaced + " ";
        for (var rule : AFTER) spaced = rule.pattern.matcher(spaced).replaceAll(rule.replacement);
        var spans = new ArrayList<Span>();
        int at = 0;
        for (var word : spaced.split("(?U)\\s+")) {
            if (word.isEmpty()) continue;
            while (at < text.length() && CodePointSet.isSpace(text.charAt(at))) at++;
            // quotes are rewritten; all else is as it was
            boolean rewritten = (word.equals("``") || word.equals("''")) && text.startsWith("\"", at);
            int to = Math.min(text.length(), at + (rewritten ? 1 : word.length()));
            spans.add(new Span(word, at, to));
            at = to;
        }
        return spans;
    }
}
