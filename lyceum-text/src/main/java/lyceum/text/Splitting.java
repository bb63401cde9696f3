package lyceum.text;

import java.nio.charset.StandardCharsets;
import java.util.function.IntPredicate;
import lyceum.text.PreTokenizer.Behavior;
import lyceum.text.internal.AlignedText;
import lyceum.text.internal.ByteAlphabet;
import lyceum.text.internal.CodePointSet;
import lyceum.text.internal.IntList;
import lyceum.text.internal.Splits;
import lyceum.text.internal.Utf8;

/** Runs {@link PreTokenizer}s. */
final class Splitting {
    private static final TextPattern GPT2 = TextPattern.of(PreTokenizer.GPT2), WORDS = TextPattern.of("\\w+|[^\\w\\s]+");

    private Splitting() {}

    /**
     * Cuts.
     *
     * @param raw whether the model works on bytes as they are, so that the last step need not spell them
     * @param first whether the text begins the input
     */
    static void apply(PreTokenizer step, Splits splits, boolean raw, boolean first) {
        switch (step) {
            case PreTokenizer.Bert bert -> bert(splits);
            case PreTokenizer.WhitespaceSplit w -> each(splits, CodePointSet::isSpace, Behavior.REMOVED);
            case PreTokenizer.Whitespace w -> matches(splits, WORDS, Behavior.REMOVED, true);
            case PreTokenizer.Punctuation p -> each(splits, CodePointSet::isPunctuation, p.behavior());
            case PreTokenizer.Digits d -> each(splits, Splitting::isNumber, d.individual() ? Behavior.ISOLATED : Behavior.CONTIGUOUS);
            case PreTokenizer.CharDelimiterSplit c -> {
                int delimiter = c.delimiter().codePointAt(0);
                each(splits, x -> x == delimiter, Behavior.REMOVED);
            }
            case PreTokenizer.Split s -> matches(splits, s.pattern(), s.behavior(), s.invert());
            case PreTokenizer.ByteLevel b -> {
                if (b.addPrefixSpace()) prefixed(splits, " ", " ", " ", first, PreTokenizer.PrependScheme.ALWAYS);
                if (b.useRegex()) matches(splits, GPT2, Behavior.ISOLATED, false);
                if (!raw) spelled(splits);
            }
            case PreTokenizer.Metaspace m -> {
                prefixed(splits, " ", m.replacement(), m.replacement(), first, m.prepend());
                if (m.split()) matches(splits, TextPattern.literal(m.replacement()), Behavior.MERGED_WITH_NEXT, false);
            }
            case PreTokenizer.UnicodeScripts u -> scripts(splits);
            case PreTokenizer.FixedLength f -> fixed(splits, f.length());
            case PreTokenizer.Sequence s -> {
                int n = s.preTokenizers().size();
                for (int i = 0; i < n; i++) apply(s.preTokenizers().get(i), splits, raw && i == n - 1, first);
            }
        }
    }

    static boolean isNumber(int c) {
        int type = Character.getType(c);
        return type == Character.DECIMAL_DIGIT_NUMBER || type == Character.LETTER_NUMBER || type == Character.OTHER_NUMBER;
    }

    /** White space left out and marks apart, in one pass. */
    private static void bert(Splits splits) {
        var out = new IntList();
        var b = splits.text.b;
        for (int i = 0; i < splits.count(); i++) {
            int to = splits.to(i), begin = splits.from(i);
            for (int at = begin; at < to;) {
                int c = b[at], next = at + 1;
                if (c < 0) {
                    c = Utf8.codePoint(b, at);
                    next = at + Utf8.length(b[at]);
                }
                boolean space = c == ' ' || CodePointSet.isSpace(c);
                if (space || CodePointSet.isPunctuation(c)) {
                    add(out, begin, at);
                    if (!space) add(out, at, next);
                    begin = next;
                }
                at = next;
            }
            add(out, begin, to);
        }
        splits.spans = out;
    }

    private static void add(IntList out, int from, int to) {
        if (to <= from) return;
        out.add(from);
        out.add(to);
    }

    private static void each(Splits splits, IntPredicate matches, Behavior behavior) {
        var out = new IntList();
        var found = new IntList();
        for (int i = 0; i < splits.count(); i++) {
            found.size = 0;
            for (int at = splits.from(i), next; at < splits.to(i); at = next) {
                next = at + Utf8.length(splits.text.b[at]);
                if (!matches.test(Utf8.codePoint(splits.text.b, at))) continue;
                found.add(at);
                found.add(next);
            }
            cut(splits.from(i), splits.to(i), found, behavior, false, out);
        }
        splits.spans = out;
    }

    private static void matches(Splits splits, TextPattern pattern, Behavior behavior, boolean invert) {
        var out = new IntList();
        var found = new IntList();
        for (int i = 0; i < splits.count(); i++) {
            found.size = 0;
            pattern.find(splits.text.b, splits.from(i), splits.to(i), found);
            cut(splits.from(i), splits.to(i), found, behavior, invert, out);
        }
        splits.spans = out;
    }

    /** Cuts a word at what was found in it. */
    private static void cut(int from, int to, IntList found, Behavior behavior, boolean invert, IntList out) {
        if (behavior == Behavior.ISOLATED) {
            int at = from;
            for (int i = 0; i < found.size; i += 2) {
                add(out, at, found.get(i));
                add(out, found.get(i), found.get(i + 1));
                at = found.get(i + 1);
            }
            add(out, at, to);
            return;
        }
        var pieces = new IntList(); // start, end, whether it is a match
        int at = from;
        for (int i = 0; i < found.size; i += 2) {
            if (found.get(i) > at) piece(pieces, at, found.get(i), invert);
            piece(pieces, found.get(i), found.get(i + 1), !invert);
            at = found.get(i + 1);
        }
        if (at < to) piece(pieces, at, to, invert);
        int n = pieces.size / 3, begin = out.size;
        boolean previous = false;
        switch (behavior) {
            case REMOVED ->
                    { for (int i = 0; i < n; i++) if (pieces.get(3 * i + 2) == 0) add(out, pieces.get(3 * i), pieces.get(3 * i + 1)); }
            case MERGED_WITH_NEXT -> {
                // a match belongs to what comes after it, unless that is a match itself
                for (int i = 0; i < n; i++) {
                    boolean match = pieces.get(3 * i + 2) != 0, next = i + 1 < n && pieces.get(3 * i + 5) == 0;
                    int start = pieces.get(3 * i);
                    if (match && next) i++;
                    add(out, start, pieces.get(3 * i + 1));
                }
            }
            default -> {
                for (int i = 0; i < n; i++) {
                    boolean match = pieces.get(3 * i + 2) != 0,
                            joins = behavior == Behavior.CONTIGUOUS ? match == previous : match && !previous;
                    if (joins && out.size > begin) out.items[out.size - 1] = pieces.get(3 * i + 1);
                    else add(out, pieces.get(3 * i), pieces.get(3 * i + 1));
                    previous = match;
                }
            }
        }
    }

    private static void piece(IntList pieces, int from, int to, boolean match) {
        pieces.add(from);
        pieces.add(to);
        pieces.add(match ? 1 : 0);
    }

    /** Replaces one character by a text everywhere and puts a text before each word that does not start with it. */
    private static void prefixed(Splits splits, String from, String to, String prefix, boolean first, PreTokenizer.PrependScheme scheme) {
        var text = splits.text;
        var out = new AlignedText.Builder(text);
        var spans = new IntList();
        byte wanted = (byte) from.charAt(0);
        byte[] mark = prefix.getBytes(StandardCharsets.UTF_8);
        boolean same = from.equals(to);
        for (int i = 0; i < splits.count(); i++) {
            int start = splits.from(i), end = splits.to(i), begin = out.size();
            boolean has = text.b[start] == wanted || text.part(start, end).startsWith(mark);
            if (!has && (scheme == PreTokenizer.PrependScheme.ALWAYS || scheme == PreTokenizer.PrependScheme.FIRST && first && i == 0))
                out.put(prefix, start, start);
            int at = start;
            if (!same) for (int k = start; k < end; k++) {
                if (text.b[k] != wanted) continue;
                out.copy(at, k);
                out.put(to, k, k + 1);
                at = k + 1;
            }
            out.copy(at, end);
            spans.add(begin);
            spans.add(out.size());
        }
        splits.text = out.build();
        splits.spans = spans;
    }

    private static void spelled(Splits splits) {
        var out = new AlignedText.Builder(splits.text);
        var spans = new IntList();
        for (int i = 0; i < splits.count(); i++) {
            spans.add(out.size());
            for (int at = splits.from(i); at < splits.to(i); at++) out.put(ByteAlphabet.character(splits.text.b[at]), at, at + 1);
            spans.add(out.size());
        }
        splits.text = out.build();
        splits.spans = spans;
    }

    private static void scripts(Splits splits) {
        var out = new IntList();
        for (int i = 0; i < splits.count(); i++) {
            int begin = splits.from(i);
            Character.UnicodeScript last = null;
            for (int at = begin; at < splits.to(i); at += Utf8.length(splits.text.b[at])) {
                int c = Utf8.codePoint(splits.text.b, at);
                var script = c == 0x30FC ? Character.UnicodeScript.HAN : c == ' ' ? null : Character.UnicodeScript.of(c);
                if (script == Character.UnicodeScript.HIRAGANA || script == Character.UnicodeScript.KATAKANA)
                    script = Character.UnicodeScript.HAN;
                if (script == null || script == Character.UnicodeScript.UNKNOWN) continue;
                if (last != null && script != last) {
                    add(out, begin, at);
                    begin = at;
                }
                last = script;
            }
            add(out, begin, splits.to(i));
        }
        splits.spans = out;
    }

    private static void fixed(Splits splits, int length) {
        var out = new IntList();
        for (int i = 0; i < splits.count(); i++) {
            int begin = splits.from(i), n = 0;
            for (int at = begin; at < splits.to(i); at += Utf8.length(splits.text.b[at])) {
                if (n > 0 && n % length == 0) {
                    add(out, begin, at);
                    begin = at;
                }
                n++;
            }
            add(out, begin, splits.to(i));
        }
        splits.spans = out;
    }
}
