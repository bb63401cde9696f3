package lyceum.text;

import java.text.Normalizer.Form;
import java.util.Arrays;
import java.util.List;

/** How a text is changed before it is split: the normalizers of Hugging Face's {@code tokenizer.json}, by their names there. Offsets go through all of them. */
public sealed interface TextNormalizer {
    /**
     * BERT's: control characters away, white space to spaces, spaces around Chinese characters, without accents, in lower case.
     *
     * @param stripAccents null: as {@code lowercase}
     */
    record Bert(boolean cleanText, boolean handleChineseChars, Boolean stripAccents, boolean lowercase) implements TextNormalizer {}

    /** Unicode's forms NFC, NFD, NFKC and NFKD. */
    record Unicode(Form form) implements TextNormalizer {}

    /** Lower case, character by character. */
    record Lowercase() implements TextNormalizer {}

    /** Without white space at the ends. */
    record Strip(boolean left, boolean right) implements TextNormalizer {}

    /** Without combining marks; a decomposition goes before it. */
    record StripAccents() implements TextNormalizer {}

    /** Another text for each match. */
    record Replace(TextPattern pattern, String content) implements TextNormalizer {}

    /** A text before a text that is not empty. */
    record Prepend(String content) implements TextNormalizer {}

    /** That of Google's machine translation: control characters away, other white space to spaces. */
    record Nmt() implements TextNormalizer {}

    /** SentencePiece's map of characters, as it is in its files. */
    final class Precompiled implements TextNormalizer {
        private final byte[] charsMap;
        final CharsMap map;

        /** @throws lyceum.FormatException if the bytes are no such map */
        public Precompiled(byte[] charsMap) {
            this.charsMap = charsMap.clone();
            map = CharsMap.of(this.charsMap);
        }

        /** The bytes of the map. */
        public byte[] charsMap() { return charsMap.clone(); }

        @Override public boolean equals(Object other) { return other instanceof Precompiled p && Arrays.equals(charsMap, p.charsMap); }

        @Override public int hashCode() { return Arrays.hashCode(charsMap); }

        @Override public String toString() { return "Precompiled[" + charsMap.length + " bytes]"; }
    }

    /** Bytes as characters of GPT-2's alphabet. */
    record ByteLevel() implements TextNormalizer {}

    /** One after the other. */
    record Sequence(List<TextNormalizer> normalizers) implements TextNormalizer {
        public Sequence { normalizers = List.copyOf(normalizers); }
    }

    /** The changed text. */
    default String apply(String text) { return Normalizing.text(this, text); }
}
