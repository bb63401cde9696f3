package lyceum.text;

import java.util.List;
import java.util.Objects;

/**
 * An encoded input: ids and, token by token, where they are from. Immutable.
 *
 * <p>Spans are half open. Those of characters ({@link #start}, {@link #end}) count Java's {@code char}s, so that {@code text.substring(start, end)} is the slice, the
 * smallest of whole code points that covers the token; those of bytes ({@link #byteStart}, {@link #byteEnd}) count the text's UTF-8, so that byte-level tokens are cut
 * exactly. Tokens that are in no text (template, padding) have the span (0, 0).
 */
public final class Encoding {
    final int[] ids, typeIds, words, starts, ends, byteStarts, byteEnds;
    final byte[] sequences, attention;
    private final boolean[] special;
    private final List<Encoding> overflow;
    private final Vocabulary vocabulary;

    Encoding(Vocabulary vocabulary, Columns c, List<Encoding> overflow) {
        this.vocabulary = vocabulary;
        ids = c.ids;
        typeIds = c.typeIds;
        words = c.words;
        starts = c.starts;
        ends = c.ends;
        byteStarts = c.byteStarts;
        byteEnds = c.byteEnds;
        sequences = c.sequences;
        attention = c.attention;
        special = c.special;
        this.overflow = List.copyOf(overflow);
    }

    /** What an encoding is made of. */
    static final class Columns {
        final int[] ids, typeIds, words, starts, ends, byteStarts, byteEnds;
        final byte[] sequences, attention;
        final boolean[] special;

        Columns(int n) {
            ids = new int[n];
            typeIds = new int[n];
            words = new int[n];
            starts = new int[n];
            ends = new int[n];
            byteStarts = new int[n];
            byteEnds = new int[n];
            sequences = new byte[n];
            attention = new byte[n];
            special = new boolean[n];
        }

        void control(int at, int id, int typeId, boolean attended) {
            ids[at] = id;
            typeIds[at] = typeId;
            words[at] = -1;
            sequences[at] = -1;
            attention[at] = (byte) (attended ? 1 : 0);
            special[at] = true;
        }
    }

    /** Number of tokens, template and padding included. */
    public int size() { return ids.length; }

    /** The ids, copied. */
    public int[] ids() { return ids.clone(); }

    public int id(int token) { return ids[token]; }

    /** The token's text in the vocabulary. */
    public String token(int token) { return vocabulary.token(ids[token]); }

    /** All tokens' texts in the vocabulary. */
    public List<String> tokens() {
        var tokens = new String[ids.length];
        for (int i = 0; i < tokens.length; i++) tokens[i] = token(i);
        return List.of(tokens);
    }

    /** First {@code char} of the token in its text. */
    public int start(int token) { return starts[token]; }

    /** One past the last {@code char}. */
    public int end(int token) { return ends[token]; }

    /** First byte of the token in its text's UTF-8. */
    public int byteStart(int token) { return byteStarts[token]; }

    /** One past the last byte. */
    public int byteEnd(int token) { return byteEnds[token]; }

    /** The number of the word the token is in, from 0 in each text; -1 for control tokens and padding. */
    public int word(int token) { return words[token]; }

    /** Which text it is from: 0 or 1; -1 for template and padding. */
    public int sequence(int token) { return sequences[token]; }

    /** The type ids (segment ids), copied. */
    public int[] typeIds() { return typeIds.clone(); }

    /** 1 for tokens, 0 for padding; copied. */
    public int[] attentionMask() {
        var mask = new int[ids.length];
        for (int i = 0; i < mask.length; i++) mask[i] = attention[i];
        return mask;
    }

    /** Whether the token is a control token: template, padding, or one that was allowed in the text. */
    public boolean isSpecial(int token) { return special[token]; }

    /** What was cut off, part by part, each as the options truncate and pad; empty where nothing was. */
    public List<Encoding> overflow() { return overflow; }

    /** The slice of the text that the token covers. */
    public String slice(String text, int token) { return text.substring(starts[token], ends[token]); }

    @Override public String toString() { return tokens().toString(); }

    void copyTo(Columns c, int at) {
        int n = ids.length;
        System.arraycopy(ids, 0, c.ids, at, n);
        System.arraycopy(typeIds, 0, c.typeIds, at, n);
        System.arraycopy(words, 0, c.words, at, n);
        System.arraycopy(starts, 0, c.starts, at, n);
        System.arraycopy(ends, 0, c.ends, at, n);
        System.arraycopy(byteStarts, 0, c.byteStarts, at, n);
        System.arraycopy(byteEnds, 0, c.byteEnds, at, n);
        System.arraycopy(sequences, 0, c.sequences, at, n);
        System.arraycopy(attention, 0, c.attention, at, n);
        System.arraycopy(special, 0, c.special, at, n);
    }

    Vocabulary vocabulary() { return Objects.requireNonNull(vocabulary); }
}
