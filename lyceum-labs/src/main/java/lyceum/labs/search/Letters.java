package lyceum.labs.search;

/** Which letters a word has, as a bit set; a quick test for two words too different to compare. */
final class Letters {

    private Letters() {}

    static long of(String word) {
        long letters = 0;
        for (int i = 0; i < word.length(); i++) {
            letters |= 1L << (word.charAt(i) & 63);
        }
        return letters;
    }

    /** Whether words with these letters may be {@code edits} apart: one edit takes one letter away and brings one at most. */
    static boolean near(long a, long b, int edits) { return Long.bitCount(a & ~b) <= edits && Long.bitCount(b & ~a) <= edits; }

    /** Whether a word with letters {@code a} may be {@code edits} away from the beginning of one with letters {@code b}. */
    static boolean nearBeginning(long a, long b, int edits) { return Long.bitCount(a & ~b) <= edits; }
}
