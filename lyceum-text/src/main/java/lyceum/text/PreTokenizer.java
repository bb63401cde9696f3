package lyceum.text;

import java.util.List;

/** How a text is cut into words before the model cuts the words: the pre-tokenizers of Hugging Face's {@code tokenizer.json}, by their names there. */
public sealed interface PreTokenizer {
    /** GPT-2's pattern: contractions, words, numbers and marks with the space before them. */
    String GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
    /** GPT-4's pattern (cl100k). */
    String GPT4 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    /** GPT-4o's pattern (o200k). */
    String GPT4O = "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
            + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
            + "|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    /** What becomes of a match. */
    enum Behavior {
        /** It is left out. */
        REMOVED,
        /** It is a word of its own. */
        ISOLATED,
        /** It ends the word before it. */
        MERGED_WITH_PREVIOUS,
        /** It begins the word behind it. */
        MERGED_WITH_NEXT,
        /** Neighbouring matches are one word. */
        CONTIGUOUS
    }

    /** White space left out, each mark a word. */
    record Bert() implements PreTokenizer {}

    /** Bytes as characters of GPT-2's alphabet, cut by GPT-2's pattern if so asked. */
    record ByteLevel(boolean addPrefixSpace, boolean trimOffsets, boolean useRegex) implements PreTokenizer {}

    /** Cut at a character, which is left out. */
    record CharDelimiterSplit(String delimiter) implements PreTokenizer {
        public CharDelimiterSplit {
            if (delimiter.codePointCount(0, delimiter.length()) != 1)
                throw new IllegalArgumentException("CharDelimiterSplit: the delimiter is one character, not \"" + delimiter + "\"");
        }
    }

    /** Digits apart from all else, each alone or together. */
    record Digits(boolean individual) implements PreTokenizer {}

    /** Every so many characters. */
    record FixedLength(int length) implements PreTokenizer {
        public FixedLength { if (length < 1) throw new IllegalArgumentException("FixedLength: " + length + " characters; at least 1"); }
    }

    /** Spaces as a visible mark, one more before the text ({@code always}), before its first part only ({@code first}) or not ({@code never}). */
    record Metaspace(String replacement, PrependScheme prepend, boolean split) implements PreTokenizer {
        /** SentencePiece's mark, before every text, cut at spaces. */
        public Metaspace() { this("\u2581", PrependScheme.ALWAYS, true); }
    }

    /** When a mark of space is put before a text. */
    enum PrependScheme {
        ALWAYS, FIRST, NEVER
    }

    /** Cut at marks. */
    record Punctuation(Behavior behavior) implements PreTokenizer {}

    /** Cut at matches. */
    record Split(TextPattern pattern, Behavior behavior, boolean invert) implements PreTokenizer {
        /** Each match a word, and what is between. */
        public Split(TextPattern pattern) { this(pattern, Behavior.ISOLATED, false); }
    }

    /** Cut where the script changes; Japanese counts as Chinese. */
    record UnicodeScripts() implements PreTokenizer {}

    /** Runs of word characters and runs of marks. */
    record Whitespace() implements PreTokenizer {}

    /** Cut at white space, which is left out. */
    record WhitespaceSplit() implements PreTokenizer {}

    /** One after the other, each on the words of the one before it. */
    record Sequence(List<PreTokenizer> preTokenizers) implements PreTokenizer {
        public Sequence { preTokenizers = List.copyOf(preTokenizers); }
    }

    /** A pattern, then bytes: what GPT-2 and its successors do. */
    static PreTokenizer byteLevel(String pattern) {
        return new Sequence(List.of(new Split(TextPattern.of(pattern)), new ByteLevel(false, true, false)));
    }
}
