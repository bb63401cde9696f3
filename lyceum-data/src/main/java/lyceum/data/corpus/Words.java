package lyceum.data.corpus;

import java.util.Arrays;

/**
 * The words of a text: longest runs of letters, marks and digits, with apostrophes and hyphens inside. Held as positions, so that no word is copied
 * before somebody asks for it.
 */
public final class Words {
    private final String text;
    private final int[] bounds;
    private final int count;

    private Words(String text, int[] bounds, int count) {
        this.text = text;
        this.bounds = bounds;
        this.count = count;
    }

    /** Finds the words of a text. */
    public static Words of(String text) {
        var bounds = new int[Math.max(8, text.length() / 3)];
        int count = 0, i = 0, n = text.length();
        while (i < n) {
            int c = text.codePointAt(i);
            if (!isLetter(c)) {
                i += Character.charCount(c);
                continue;
            }
            int from = i;
            while (i < n) {
                c = text.codePointAt(i);
                if (isLetter(c)) i += Character.charCount(c);
                else if ((c == '\'' || c == '-' || c == '\u2019') && i + 1 < n && isLetter(text.codePointAt(i + 1))) i++;
                else break;
            }
            if (2 * count + 2 > bounds.length) bounds = Arrays.copyOf(bounds, 2 * bounds.length);
            bounds[2 * count] = from;
            bounds[2 * count++ + 1] = i;
        }
        return new Words(text, bounds, count);
    }

    private static boolean isLetter(int c) {
        if (c < 128) return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
        int type = Character.getType(c);
        return Character.isLetterOrDigit(c) || type == Character.NON_SPACING_MARK || type == Character.COMBINING_SPACING_MARK;
    }

    public int count() { return count; }

    /** Where word {@code i} begins in the text. */
    public int begin(int i) { return bounds[2 * i]; }

    /** Where word {@code i} ends in the text, exclusively. */
    public int end(int i) { return bounds[2 * i + 1]; }

    public String word(int i) { return text.substring(begin(i), end(i)); }

    /** A 64-bit hash of word {@code i} without regard to case. */
    public long hash(int i) {
        long hash = 0xCBF29CE484222325L;
        for (int at = begin(i), end = end(i); at < end; at++) hash = (hash ^ Character.toLowerCase(text.charAt(at))) * 0x100000001B3L;
        return mixed(hash);
    }

    /** SplitMix64's finaliser (Steele, Lea and Flood 2014). */
    private static long mixed(long z) {
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }
}
