package lyceum.text;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.TreeSet;
import lyceum.data.corpus.Corpus;
import lyceum.progress.Progress;
import lyceum.withers.Withers;

/**
 * Learns WordPiece: the pair of neighbours is merged whose merging raises the likelihood of the text most, by count(ab) / (count(a) count(b)). Pieces inside a word
 * begin with {@code ##}. Deterministic for any number of threads.
 *
 * @param vocabularySize pieces in all
 * @param minFrequency pairs seen less often are not merged; 2 by default, since the ratio favours what is rare
 * @param specials control tokens, which get the first ids; they must hold {@code unknown}
 * @param normalizer how texts are changed first; null: not
 * @param preTokenizer how they are cut into words
 * @param unknown the piece for words that cannot be spelled
 * @param byFrequency whether the most frequent pair is merged instead, as Hugging Face's trainer does
 * @see <a href="https://doi.org/10.1109/ICASSP.2012.6289079">Schuster and Nakajima (2012)</a>
 */
@Withers
public record WordPieceTrainer(int vocabularySize, long minFrequency, List<String> specials, TextNormalizer normalizer,
        PreTokenizer preTokenizer, String unknown, boolean byFrequency) implements WordPieceTrainerWithers {
    private static final String PREFIX = "##";

    public WordPieceTrainer {
        specials = List.copyOf(specials);
        if (vocabularySize < 1 || minFrequency < 1) throw new IllegalArgumentException(
                "WordPieceTrainer: vocabularySize " + vocabularySize + ", minFrequency " + minFrequency + "; both are at least 1");
        if (!specials.contains(unknown))
            throw new IllegalArgumentException("WordPieceTrainer: the unknown piece " + unknown + " is none of " + specials);
    }

    /** BERT's conventions, cased. */
    public WordPieceTrainer(int vocabularySize) {
        this(vocabularySize, 2, List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"), new TextNormalizer.Bert(true, true, false, false),
                new PreTokenizer.Bert(), "[UNK]", false);
    }

    /** Learns from the documents of a corpus. */
    public TokenizerPipeline train(Corpus corpus) { return train(Texts.of(corpus), Progress.SILENT); }

    /** Learns from texts. */
    public TokenizerPipeline train(Iterable<String> texts) { return train(texts, Progress.SILENT); }

    /** Learns from texts, reporting a step a merge. */
    public TokenizerPipeline train(Iterable<String> texts, Progress progress) {
        var words = WordTally.of(texts, normalizer, preTokenizer);
        var pieces = new LinkedHashSet<>(specials);
        var learner = new MergeLearner(byFrequency);
        var alphabet = new TreeSet<String>();
        words.forEach((word, count) -> {
            var symbols = new ArrayList<String>();
            word.codePoints().forEach(c -> symbols.add(symbols.isEmpty() ? Character.toString(c) : PREFIX + Character.toString(c)));
            alphabet.addAll(symbols);
            learner.add(symbols, count);
        });
        pieces.addAll(alphabet);
        if (pieces.size() > vocabularySize) throw new IllegalArgumentException("WordPieceTrainer: vocabularySize " + vocabularySize
                + " is less than the " + pieces.size() + " pieces of the alphabet; raise it");
        learner.index();
        while (pieces.size() < vocabularySize) {
            int pair = byFrequency ? learner.mostFrequent(minFrequency) : learner.mostBound(minFrequency);
            if (pair < 0) break;
            var joined = learner.left(pair) + learner.right(pair).substring(PREFIX.length());
            learner.merge(pair, joined);
            pieces.add(joined);
            progress.step("merges", pieces.size(), vocabularySize);
        }
        var builder = new Vocabulary.Builder();
        for (var piece : pieces) builder.add(piece);
        var model = new WordPiece(builder.unknown(unknown).build(), unknown, PREFIX, 100);
        var named = Texts.specials(specials, model);
        PostProcessor around = named.find("[CLS]") == null || named.find("[SEP]") == null ? null
                : new PostProcessor.Bert(new PostProcessor.Control("[SEP]", named.sep()), new PostProcessor.Control("[CLS]", named.cls()));
        return new TokenizerPipeline(
                new TokenizerSpec(normalizer, preTokenizer, model, around, new TokenDecoder.WordPiece(PREFIX, true), named, null, null));
    }
}
