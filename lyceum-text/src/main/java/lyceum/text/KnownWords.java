package lyceum.text;

import java.util.Arrays;
import lyceum.text.internal.ByteTable;

/** Remembers how words are cut, for most of them come again and again. Of words that share a place the last one stays. What is in it never changes, so that threads may share it. */
final class KnownWords {
    private static final int PLACES = 1 << 14, LONGEST = 48;

    /**
     * A word and its pieces.
     *
     * @param ids -1 for what no piece spells
     * @param ends where each piece ends in the word, and the next begins
     */
    record Known(byte[] word, int[] ids, int[] ends) {}

    private final Known[] known = new Known[PLACES];

    private static int place(byte[] b, int from, int to) { return ByteTable.hash(b, from, to) & PLACES - 1; }

    /** Gives the pieces of bytes {@code from} to {@code to} to the sink; false if they are not known. */
    boolean cut(byte[] b, int from, int to, Pieces.Sink sink) {
        if (to - from > LONGEST) return false;
        var word = known[place(b, from, to)];
        if (word == null || !Arrays.equals(word.word, 0, word.word.length, b, from, to)) return false;
        emit(word.ids, word.ends, word.ids.length, from, sink);
        return true;
    }

    /** Remembers {@code n} pieces, if the word is short, and gives them to the sink. */
    void learn(byte[] b, int from, int to, int[] ids, int[] ends, int n, Pieces.Sink sink) {
        if (to - from <= LONGEST)
            known[place(b, from, to)] = new Known(Arrays.copyOfRange(b, from, to), Arrays.copyOf(ids, n), Arrays.copyOf(ends, n));
        emit(ids, ends, n, from, sink);
    }

    /** Gives pieces of a word that begins at {@code from} to the sink. */
    static void emit(int[] ids, int[] ends, int n, int from, Pieces.Sink sink) {
        for (int i = 0, at = from; i < n; i++) {
            if (ids[i] >= 0) sink.add(ids[i], at, from + ends[i]);
            at = from + ends[i];
        }
    }
}
