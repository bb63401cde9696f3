package lyceum.text;

import java.util.Arrays;

/**
 * A token of a text, to look at. Encoding makes none of these; it makes arrays.
 *
 * @param id in the vocabulary
 * @param bytes that it stands for
 * @param text of it in the vocabulary
 * @param start first {@code char} in the text
 * @param end one past the last
 * @param kind what it is
 */
public record Token(int id, byte[] bytes, String text, int start, int end, Kind kind) {
    /** What a token is. */
    public enum Kind {
        /** A whole word, with or without the space before it. */
        WORD,
        /** A part of a word. */
        SUBWORD,
        /** Bytes that are no whole character. */
        BYTE,
        /** Marks, digits and spaces. */
        PUNCTUATION,
        /** A control token. */
        SPECIAL
    }

    public Token { bytes = bytes.clone(); }

    @Override public byte[] bytes() { return bytes.clone(); }

    @Override public boolean equals(Object other) {
        return other instanceof Token t && id == t.id && Arrays.equals(bytes, t.bytes) && text.equals(t.text) && start == t.start
                && end == t.end && kind == t.kind;
    }

    @Override public int hashCode() { return 31 * id + start; }
}
