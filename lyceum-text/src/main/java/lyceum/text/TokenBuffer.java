package lyceum.text;

import java.util.Arrays;

/**
 * Tokens as they are found: ids and, where asked for, spans of bytes in the UTF-8 of the text and the number of the word they are in. Grows; made for reuse by one
 * thread.
 */
public final class TokenBuffer {
    private final boolean spans;
    private int[] ids = new int[64], starts, ends, words;
    private int size;

    private TokenBuffer(boolean spans) {
        this.spans = spans;
        if (!spans) return;
        starts = new int[64];
        ends = new int[64];
        words = new int[64];
    }

    /** For ids alone. */
    public static TokenBuffer ofIds() { return new TokenBuffer(false); }

    /** For ids and spans. */
    public static TokenBuffer withSpans() { return new TokenBuffer(true); }

    /** Whether spans are kept; a tokenizer that need not know them works faster. */
    public boolean keepsSpans() { return spans; }

    public int size() { return size; }

    public int id(int token) { return ids[token]; }

    /** The first byte of a token in the text's UTF-8. */
    public int start(int token) { return starts[token]; }

    /** One past the last byte. */
    public int end(int token) { return ends[token]; }

    /** The number of the word, from 0; -1 for a control token. */
    public int word(int token) { return words[token]; }

    /** Appends a token without a span. */
    public void add(int id) { add(id, 0, 0, -1); }

    /**
     * Appends a token.
     *
     * @param start first byte in the UTF-8 of the text
     * @param end one past the last
     * @param word the number of the word it is in, -1 for none
     */
    public void add(int id, int start, int end, int word) {
        if (size == ids.length) grow();
        ids[size] = id;
        if (spans) {
            starts[size] = start;
            ends[size] = end;
            words[size] = word;
        }
        size++;
    }

    /** Forgets the tokens from this one on. */
    public void truncate(int size) { this.size = size; }

    /** Forgets all tokens. */
    public void clear() { size = 0; }

    /** The ids, copied. */
    public int[] toIds() { return Arrays.copyOf(ids, size); }

    private void grow() {
        int more = Math.max(64, 2 * size);
        ids = Arrays.copyOf(ids, more);
        if (!spans) return;
        starts = Arrays.copyOf(starts, more);
        ends = Arrays.copyOf(ends, more);
        words = Arrays.copyOf(words, more);
    }
}
