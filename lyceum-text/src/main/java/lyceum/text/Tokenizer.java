package lyceum.text;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import lyceum.backend.Parallel;

/**
 * Text to ids and back. Every kind of tokenizer is one: learned subwords, words by rule, characters, bytes.
 *
 * {@snippet :
 * Tokenizer tokenizer = new ByteTokenizer();
 * var encoding = tokenizer.encode("hello world");
 * String slice = encoding.slice("hello world", 1);
 * String text = tokenizer.decode(encoding.ids(), true);      // without control tokens
 * }
 *
 * <p>Text of a user is data: a literal {@code "<|im_end|>"} in it stays text, unless {@link EncodeOptions#controls} allows it to become the control token.
 * What the tokenizer itself adds (a {@code [CLS]}) comes from its {@link #template}.
 *
 * <p>A text with half a surrogate pair has no UTF-8 and is refused: {@link IllegalArgumentException} names the character. Tokenizers are immutable and safe to
 * share between threads.
 */
public interface Tokenizer {
    /** The tokens, by id. */
    Vocabulary vocabulary();

    /** The control tokens and who plays which role. */
    SpecialTokens specials();

    /**
     * The one method under all others: appends the tokens of a text to a buffer, without template, truncation or padding, and without an object per token.
     *
     * @param controls which control strings of the text become control tokens
     * @throws IllegalArgumentException if the text has a lone surrogate
     */
    void tokenize(String text, Controls controls, TokenBuffer out);

    /**
     * The text of these ids; of tokens that a tokenizer cannot restore exactly, its usual spelling.
     *
     * @param skipSpecials without control tokens
     * @throws IllegalArgumentException if an id is none of this vocabulary
     */
    String decode(int[] ids, boolean skipSpecials);

    /** What is put around a text, such as a start token; nothing by default. */
    default Template template() { return Template.NONE; }

    /** How {@link #encode(String)} encodes: with template, user text as data, whole, not padded, unless the tokenizer's file says otherwise. */
    default EncodeOptions options() { return EncodeOptions.DEFAULT; }

    /** The bytes that a token stands for inside a text: for {@code "Ġthe"} of a byte-level vocabulary {@code " the"}. */
    default byte[] bytes(int id) { return vocabulary().token(id).getBytes(StandardCharsets.UTF_8); }

    /**
     * How many characters of a beginning of a text are settled: no text that follows changes their tokens, and what follows may be encoded on its own. 0 where the
     * tokenizer looks at a text as a whole.
     */
    default int settled(String beginning, Controls controls) { return 0; }

    /** Ids, offsets and masks of a text. */
    default Encoding encode(String text) { return encode(text, options()); }

    /** Ids, offsets and masks of a text. */
    default Encoding encode(String text, EncodeOptions options) { return Assembly.of(this, options).encode(text, null); }

    /** Two texts as one input, such as question and passage. */
    default Encoding encodePair(String first, String second) { return encodePair(first, second, options()); }

    /** Two texts as one input, such as question and passage. */
    default Encoding encodePair(String first, String second, EncodeOptions options) {
        return Assembly.of(this, options).encode(first, second);
    }

    /** Encodes many texts on all threads; padded to the longest of them where the options pad. */
    default List<Encoding> encodeAll(List<String> texts) { return encodeAll(texts, options()); }

    /** Encodes many texts on all threads; padded to the longest of them where the options pad. */
    default List<Encoding> encodeAll(List<String> texts, EncodeOptions options) {
        var assembly = Assembly.of(this, options);
        var all = new Encoding[texts.size()];
        Parallel.range(all.length, 16, (from, to) -> {
            for (int i = (int) from; i < to; i++) all[i] = assembly.unpadded(texts.get(i), null);
        });
        return assembly.padded(Arrays.asList(all));
    }

    /** The ids of {@link #encode(String)} without its offsets: no object per token. */
    default int[] ids(String text) { return ids(text, options()); }

    /** The ids of {@link #encode(String, EncodeOptions)} without its offsets: no object per token. */
    default int[] ids(String text, EncodeOptions options) { return Assembly.of(this, options).ids(text); }

    /** How many ids {@link #encode(String)} gives. */
    default int count(String text) { return ids(text).length; }

    /**
     * Whether ids that end in a whole character are the same text whatever follows or stands before them: then ids that come one by one are decoded each by itself. False
     * by default; true where tokens are bytes.
     */
    default boolean decodesApart() { return false; }

    /** The text of these ids, control tokens included. */
    default String decode(int... ids) { return decode(ids, false); }

    /** Encodes a text that comes in pieces: the ids are those of the whole text, without template. */
    default EncodeStream encoder() { return new EncodeStream(this, Controls.TEXT); }

    /** Decodes ids that come one by one, such as those of a model that speaks. */
    default DecodeStream decoder() { return new DecodeStream(this, true); }
}
