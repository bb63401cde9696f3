package lyceum.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lyceum.progress.Progress;

/**
 * A tokenizer to be learned, by a word: the settings that usually serve.
 *
 * {@snippet :
 * var tokenizer = TokenizerKind.named("bpe").learn(8000, List.of("<|endoftext|>"), texts, Progress.SILENT);
 * }
 */
public enum TokenizerKind {
    /** {@link BpeTrainer#byteLevel} with GPT-4's words. */
    BPE,
    /** {@link WordPieceTrainer}. */
    WORDPIECE,
    /** {@link UnigramTrainer#spaced}. */
    UNIGRAM,
    /** A piece for each character of the texts, {@code <unk>} for others; the vocabulary's size is not read. */
    CHARACTERS;

    /** @throws IllegalArgumentException naming the four */
    public static TokenizerKind named(String word) {
        for (var kind : values()) if (kind.word().equals(word)) return kind;
        throw new IllegalArgumentException("the kind of tokenizer is " + word + "; it is bpe, wordpiece, unigram or characters");
    }

    private String word() { return name().toLowerCase(Locale.ROOT); }

    /**
     * Learns from texts; the same texts give the same pieces.
     *
     * @param vocabulary pieces in all
     * @param specials control tokens beside those that the kind has itself
     */
    public TokenizerPipeline learn(int vocabulary, List<String> specials, List<String> texts, Progress progress) {
        return switch (this) {
            case BPE -> BpeTrainer.byteLevel(vocabulary, PreTokenizer.GPT4).withSpecials(specials).train(texts, progress);
            case WORDPIECE -> {
                var trainer = new WordPieceTrainer(vocabulary);
                yield trainer.withSpecials(joined(trainer.specials(), specials)).train(texts, progress);
            }
            case UNIGRAM -> {
                var trainer = UnigramTrainer.spaced(vocabulary);
                yield trainer.withSpecials(joined(trainer.specials(), specials)).run(texts, progress).tokenizer();
            }
            // an alphabet, and no pair is frequent enough to be merged
            case CHARACTERS -> new BpeTrainer(Integer.MAX_VALUE, Long.MAX_VALUE, specials, null, null, false, false, "<unk>", 0, "")
                    .train(texts, progress);
        };
    }

    private static List<String> joined(List<String> first, List<String> second) {
        var all = new ArrayList<>(first);
        second.stream().filter(s -> !all.contains(s)).forEach(all::add);
        return all;
    }
}
