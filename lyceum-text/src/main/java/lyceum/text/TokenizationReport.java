package lyceum.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import lyceum.text.internal.Utf8;

/**
 * Tokenizers side by side on the same texts.
 *
 * @param rows a tokenizer each
 */
public record TokenizationReport(List<Row> rows) {
    /**
     * One tokenizer.
     *
     * @param name of the tokenizer
     * @param vocabulary number of its tokens
     * @param tokens of all texts
     * @param bytes of all texts in UTF-8
     * @param words of all texts, between white space
     * @param unknown tokens that stand for what the vocabulary does not have
     * @param seconds that encoding took on one thread
     */
    public record Row(String name, int vocabulary, long tokens, long bytes, long words, long unknown, double seconds) {
        /** Tokens a word: the fertility. */
        public double fertility() { return (double) tokens / words; }

        public double bytesPerToken() { return (double) bytes / tokens; }

        /** The share of tokens that are unknown. */
        public double unknownRate() { return (double) unknown / tokens; }

        /** Speed, in millions of bytes a second. */
        public double megabytesPerSecond() { return bytes / seconds / 1e6; }
    }

    public TokenizationReport { rows = List.copyOf(rows); }

    /** Encodes the texts with each tokenizer, in the order of the map. */
    public static TokenizationReport of(Map<String, Tokenizer> tokenizers, Iterable<String> texts) {
        var rows = new ArrayList<Row>();
        tokenizers.forEach((name, tokenizer) -> rows.add(row(name, tokenizer, texts)));
        return new TokenizationReport(rows);
    }

    private static Row row(String name, Tokenizer tokenizer, Iterable<String> texts) {
        long tokens = 0, bytes = 0, words = 0, unknown = 0, nanos = 0;
        var buffer = TokenBuffer.ofIds();
        int unk = tokenizer.vocabulary().unknown();
        for (var text : texts) {
            buffer.clear();
            long begin = System.nanoTime();
            tokenizer.tokenize(text, Controls.TEXT, buffer);
            nanos += System.nanoTime() - begin;
            tokens += buffer.size();
            bytes += Utf8.bytes(text).length;
            words += words(text);
            for (int i = 0; unk >= 0 && i < buffer.size(); i++) if (buffer.id(i) == unk) unknown++;
        }
        return new Row(name, tokenizer.vocabulary().size(), tokens, bytes, words, unknown, nanos / 1e9);
    }

    /** Runs of what is no white space. */
    static long words(String text) {
        long words = 0;
        boolean inside = false;
        for (int i = 0; i < text.length(); i++) {
            boolean space = Character.isWhitespace(text.charAt(i));
            if (!space && !inside) words++;
            inside = !space;
        }
        return words;
    }

    /** The row of that name. */
    public Row row(String name) {
        for (var row : rows) if (row.name.equals(name)) return row;
        throw new IllegalArgumentException("TokenizationReport: no row " + name + "; there are " + rows.stream().map(Row::name).toList());
    }

    @Override public String toString() {
        var text = new StringBuilder(String.format(Locale.ROOT, "%-24s %10s %10s %10s %10s %8s%n", "tokenizer", "vocabulary", "tokens",
                "per word", "bytes each", "unknown"));
        for (var r : rows)
            text.append(String.format(Locale.ROOT, "%-24s %10d %10d %10.3f %10.2f %7.2f%%%n", r.name, r.vocabulary, r.tokens, r.fertility(),
                    r.bytesPerToken(), 100 * r.unknownRate()));
        return text.toString();
    }
}
