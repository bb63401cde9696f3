package lyceum.text;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import lyceum.data.corpus.Corpus;
import lyceum.text.internal.Utf8;

/**
 * Words by a rule and their ids by a vocabulary: white space, a pattern, the Penn Treebank's rules, sentences, characters.
 *
 * {@snippet :
 * var words = WordTokenizer.of(WordSplitter.treebank(), List.of("It can't be."), 1000);
 * }
 *
 * @param splitter the rule
 * @param vocabulary the words; its unknown token stands for all others
 * @param separator what goes between words when they are decoded: a space, or nothing for characters
 */
public record WordTokenizer(WordSplitter splitter, Vocabulary vocabulary, String separator) implements Tokenizer {
    private static final String UNKNOWN = "<unk>";

    public WordTokenizer {
        if (vocabulary.unknown() < 0)
            throw new IllegalArgumentException("WordTokenizer: the vocabulary names no unknown token; words outside it need one");
    }

    /** With the most frequent words of texts: {@code size} in all, the unknown token among them. */
    public static WordTokenizer of(WordSplitter splitter, Iterable<String> texts, int size) {
        if (size < 1) throw new IllegalArgumentException("WordTokenizer: a vocabulary of " + size + "; at least 1");
        var counts = new TreeMap<String, Long>();
        for (var text : texts) for (var word : splitter.words(text)) counts.merge(word, 1L, Long::sum);
        var builder = new Vocabulary.Builder().addCounted(UNKNOWN, 0);
        var byCount = Vocabulary.ofCounts(counts);
        for (int id = 0; id < Math.min(size - 1, byCount.size()); id++) builder.addCounted(byCount.token(id), byCount.count(id));
        return new WordTokenizer(splitter, builder.unknown(UNKNOWN).build(), splitter == WordSplitter.CHARACTERS ? "" : " ");
    }

    /** With the most frequent words of a corpus. */
    public static WordTokenizer of(WordSplitter splitter, Corpus corpus, int size) { return of(splitter, Texts.of(corpus), size); }

    @Override public SpecialTokens specials() {
        var unknown = vocabulary.token(vocabulary.unknown());
        return new SpecialTokens(List.of(AddedToken.control(unknown, vocabulary.unknown()))).with(SpecialTokens.Role.UNK, unknown);
    }

    @Override public void tokenize(String text, Controls controls, TokenBuffer out) {
        Utf8.bytes(text);
        var cursor = new int[2];
        int word = 0;
        for (var span : splitter.split(text)) {
            int id = vocabulary.idOrUnknown(span.word());
            if (out.keepsSpans()) out.add(id, bytesTo(text, span.from(), cursor), bytesTo(text, span.to(), cursor), word++);
            else out.add(id);
        }
    }

    /** Bytes of UTF-8 before a character; goes on from where it was asked last. */
    private static int bytesTo(String text, int to, int[] cursor) {
        for (; cursor[0] < to; cursor[0]++) {
            char c = text.charAt(cursor[0]);
            cursor[1] += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
        }
        return cursor[1];
    }

    @Override public String decode(int[] ids, boolean skipSpecials) {
        var words = new ArrayList<String>(ids.length);
        for (int id : ids) {
            var word = vocabulary.token(id);
            if (!skipSpecials || id != vocabulary.unknown()) words.add(word);
        }
        return String.join(separator, words);
    }
}
