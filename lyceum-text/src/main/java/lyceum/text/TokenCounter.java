package lyceum.text;

import java.util.ArrayList;
import java.util.List;

/**
 * Counts tokens and keeps within budgets of them.
 *
 * {@snippet :
 * var counter = new TokenCounter(new ByteTokenizer());
 * int tokens = counter.count("In the beginning");
 * String fits = counter.head("In the beginning", 6);
 * }
 *
 * <p>Counts are of the text alone, without the tokenizer's template, and control strings in it are text. Counts of parts do not add up to that of the whole: pieces merge
 * and split at the seam; so a budget is checked against the whole.
 *
 * @param tokenizer that counts
 */
public record TokenCounter(Tokenizer tokenizer) {
    private static final int OPEN = 256;

    /** Number of tokens; none of them is kept. */
    public int count(String text) { return tokenizer.ids(text, EncodeOptions.PLAIN).length; }

    /** The tokens one by one, to show them. */
    public List<Token> tokens(String text) {
        var e = tokenizer.encode(text, EncodeOptions.PLAIN);
        var tokens = new ArrayList<Token>(e.size());
        for (int i = 0; i < e.size(); i++)
            tokens.add(new Token(e.id(i), tokenizer.bytes(e.id(i)), e.token(i), e.start(i), e.end(i), kind(e, i, text)));
        return tokens;
    }

    private Token.Kind kind(Encoding e, int i, String text) {
        if (e.isSpecial(i)) return Token.Kind.SPECIAL;
        boolean shared = i > 0 && e.end(i - 1) > e.start(i) || i + 1 < e.size() && e.start(i + 1) < e.end(i);
        if (shared) return Token.Kind.BYTE;
        var slice = e.slice(text, i);
        if (slice.codePoints().noneMatch(Character::isLetter)) return Token.Kind.PUNCTUATION;
        int start = e.start(i), end = e.end(i);
        boolean begins = !Character.isLetter(text.codePointAt(start)) || start == 0 || !Character.isLetter(text.codePointBefore(start));
        boolean ends = end == text.length() || !Character.isLetter(text.codePointAt(end));
        return begins && ends ? Token.Kind.WORD : Token.Kind.SUBWORD;
    }

    /**
     * The longest beginning of a text that has at most {@code n} tokens; it ends between characters. Where a tokenizer settles nothing in more than 256 characters, a
     * beginning that fits and that none of the next 256 characters makes a longer one that fits: counts there rise nearly always.
     */
    public String head(String text, int n) {
        checked(n);
        if (count(text) <= n) return text;
        // what is settled never becomes fewer, so no longer beginning can fit
        int low = 0, high = text.length();
        while (low < high) {
            int middle = border(text, low + high + 1 >>> 1, high), settled = tokenizer.settled(text.substring(0, middle), Controls.TEXT);
            if (count(text.substring(0, settled)) <= n) low = middle;
            else high = text.offsetByCodePoints(middle, -1);
        }
        int settled = tokenizer.settled(text.substring(0, low), Controls.TEXT);
        if (low - settled > OPEN) {
            // where a tokenizer looks at a text as a whole, counts nearly rise: halve, and look a little further
            int fits = settled;
            for (int most = low; fits < most;) {
                int middle = border(text, fits + most + 1 >>> 1, most);
                if (count(text.substring(0, middle)) <= n) fits = middle;
                else most = text.offsetByCodePoints(middle, -1);
            }
            low = border(text, Math.min(low, fits + OPEN), low);
        }
        for (int to = low;; to = text.offsetByCodePoints(to, -1)) {
            var part = text.substring(0, to);
            if (to == 0 || count(part) <= n) return part;
        }
    }

    private static int border(String text, int at, int most) {
        return at < most && Character.isLowSurrogate(text.charAt(at)) ? at + 1 : at;
    }

    /** A long end of a text that has at most {@code n} tokens; it begins between characters, not before the word that the n-th token from the end is in. */
    public String tail(String text, int n) {
        checked(n);
        var e = tokenizer.encode(text, EncodeOptions.PLAIN);
        if (e.size() <= n) return text;
        if (n == 0) return "";
        int first = e.size() - n;
        while (first > 0 && e.word(first - 1) == e.word(first)) first--;
        for (int from = e.start(first); from < text.length(); from = text.offsetByCodePoints(from, 1)) {
            var part = text.substring(from);
            if (count(part) <= n) return part;
        }
        return "";
    }

    /** Beginning and end of a text with a mark between, at most {@code n} tokens in all; the text itself where it fits. */
    public String ends(String text, int n, String mark) {
        if (count(text) <= checked(n)) return text;
        int room = n - count(mark);
        if (room < 0) throw new IllegalArgumentException(
                "TokenCounter.ends: the mark \"" + mark + "\" alone has " + count(mark) + " tokens; the budget is " + n);
        for (;; room--) {
            var part = head(text, (room + 1) / 2) + mark + tail(text, room / 2);
            if (room == 0 || count(part) <= n) return part;
        }
    }

    private static int checked(int n) {
        if (n < 0) throw new IllegalArgumentException("TokenCounter: a budget of " + n + " tokens; it is not negative");
        return n;
    }

    /** A count that goes along with a text that comes in pieces. */
    public Running running() { return new Running(new EncodeStream(tokenizer, Controls.TEXT)); }

    /** The count of a text that comes in pieces, the same as that of the whole. For one thread. */
    public static final class Running {
        private final EncodeStream stream;
        private long count;

        private Running(EncodeStream stream) { this.stream = stream; }

        /** The next piece; the tokens that are sure so far. */
        public long append(String piece) {
            count += stream.push(piece).length;
            return count;
        }

        /** The final count. */
        public long finish() {
            count += stream.finish().length;
            return count;
        }
    }
}
