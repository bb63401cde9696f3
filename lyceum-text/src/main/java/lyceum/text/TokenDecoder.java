package lyceum.text;

import java.util.List;

/** How tokens become a text: the decoders of Hugging Face's {@code tokenizer.json}, by their names there. */
public sealed interface TokenDecoder {
    /** A mark at a word's end becomes a space. */
    record Bpe(String suffix) implements TokenDecoder {}

    /** Tokens such as {@code <0xE2>} become bytes. */
    record ByteFallback() implements TokenDecoder {}

    /** Characters of GPT-2's alphabet become bytes. */
    record ByteLevel() implements TokenDecoder {}

    /** Connectionist temporal classification: repeats once, blanks not at all. */
    record Ctc(String padToken, String wordDelimiterToken, boolean cleanup) implements TokenDecoder {}

    /** All tokens as one. */
    record Fuse() implements TokenDecoder {}

    /** The mark of space becomes a space, not the first one where one was put before. */
    record Metaspace(String replacement, PreTokenizer.PrependScheme prepend, boolean split) implements TokenDecoder {}

    /** Another text for each match. */
    record Replace(TextPattern pattern, String content) implements TokenDecoder {}

    /** So many of a character away at the start and at the end. */
    record Strip(String content, int start, int stop) implements TokenDecoder {}

    /** Words joined by spaces, their parts without. */
    record WordPiece(String prefix, boolean cleanup) implements TokenDecoder {}

    /** One after the other. */
    record Sequence(List<TokenDecoder> decoders) implements TokenDecoder {
        public Sequence { decoders = List.copyOf(decoders); }
    }
}
