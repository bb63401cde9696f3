package lyceum.text;

import java.util.List;
import java.util.function.UnaryOperator;
import lyceum.text.internal.ByteTrie;
import lyceum.text.internal.CodePointSet;
import lyceum.text.internal.Utf8;

/** Finds added tokens in a text, the leftmost, of these the longest that is allowed. */
final class AddedMatcher {
    private final ByteTrie trie = new ByteTrie();
    private final boolean[] begins = new boolean[256];
    private final List<AddedToken> tokens;
    /** Bytes of the longest. */
    final int longest;
    /** Whether a match depends on more than its own bytes. */
    final boolean looksAround;

    /** A match. */
    static final class Match {
        AddedToken token;
        int from, to;
    }

    AddedMatcher(List<AddedToken> tokens, UnaryOperator<String> spelling) {
        this.tokens = tokens;
        int longest = 0;
        boolean around = false;
        for (int i = 0; i < tokens.size(); i++) {
            byte[] key = Utf8.bytes(spelling.apply(tokens.get(i).text()));
            if (key.length == 0) continue;
            trie.put(key, i);
            begins[key[0] & 0xFF] = true;
            longest = Math.max(longest, key.length);
            around |= tokens.get(i).singleWord() || tokens.get(i).leftSpace() || tokens.get(i).rightSpace();
        }
        this.longest = longest;
        looksAround = around;
    }

    boolean isEmpty() { return longest == 0; }

    /** The next match from {@code at} on. */
    boolean find(byte[] b, int at, int to, Controls controls, Match match) {
        int from = at;
        for (; at < to; at++) {
            if (!begins[b[at] & 0xFF]) continue;
            AddedToken found = null;
            int end = at;
            for (int node = 0, i = at; i < to; i++) {
                node = trie.step(node, b[i]);
                if (node < 0) break;
                if (trie.value(node) < 0) continue;
                var token = tokens.get(trie.value(node));
                if (token.special() && !controls.allow(token.text())
                        || token.singleWord() && (isWordBefore(b, from, at) || isWordAt(b, i + 1, to)))
                    continue;
                found = token;
                end = i + 1;
            }
            if (found == null) continue;
            match.token = found;
            match.from = found.leftSpace() ? spaceBefore(b, from, at) : at;
            match.to = found.rightSpace() ? spaceBehind(b, end, to) : end;
            return true;
        }
        return false;
    }

    private static int before(byte[] b, int from, int at) {
        do at--; while (at > from && Utf8.isContinuation(b[at]));
        return at;
    }

    private static boolean isWordBefore(byte[] b, int from, int at) {
        return at > from && CodePointSet.isWord(Utf8.codePoint(b, before(b, from, at)));
    }

    private static boolean isWordAt(byte[] b, int at, int to) { return at < to && CodePointSet.isWord(Utf8.codePoint(b, at)); }

    private static int spaceBefore(byte[] b, int from, int at) {
        while (at > from) {
            int last = before(b, from, at);
            if (!CodePointSet.isSpace(Utf8.codePoint(b, last))) break;
            at = last;
        }
        return at;
    }

    private static int spaceBehind(byte[] b, int at, int to) {
        while (at < to && CodePointSet.isSpace(Utf8.codePoint(b, at))) at += Utf8.length(b[at]);
        return at;
    }
}
