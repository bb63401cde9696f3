package lyceum.text;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import lyceum.data.corpus.Corpus;
import lyceum.progress.Progress;
import lyceum.text.internal.ByteAlphabet;
import lyceum.withers.Withers;

/**
 * Learns byte pair encoding: the most frequent pair of neighbours becomes a piece, counts are brought up to date, again and again. Ties go to the pair that comes first in
 * the order of its texts, so that a text gives the same merges on every machine and with any number of threads.
 *
 * {@snippet :
 * var tokenizer = BpeTrainer.byteLevel(8000, PreTokenizer.GPT4).train(Corpora.kingJames());
 * }
 *
 * @param vocabularySize pieces in all: control tokens, alphabet and merges
 * @param minFrequency pairs seen less often are not merged; 1 by default
 * @param specials control tokens, which get the first ids
 * @param normalizer how texts are changed first; null: not
 * @param preTokenizer how they are cut into words; no piece crosses a word's border
 * @param byteLevel whether the alphabet is the 256 bytes, spelled visibly
 * @param byteFallback whether what the alphabet lacks is spelled in bytes; {@code byteLevel} needs none
 * @param unknown the piece for what the alphabet lacks, null for none; it gets the id behind the specials
 * @param alphabet at most so many characters, the most frequent ones; 0: all
 * @param endSuffix what the last piece of a word ends with; empty: nothing
 * @see <a href="https://arxiv.org/abs/1508.07909">Sennrich, Haddow and Birch (2016), algorithm 1</a>
 */
@Withers
public record BpeTrainer(int vocabularySize, long minFrequency, List<String> specials, TextNormalizer normalizer, PreTokenizer preTokenizer,
        boolean byteLevel, boolean byteFallback, String unknown, int alphabet, String endSuffix) implements BpeTrainerWithers {
    public BpeTrainer {
        specials = List.copyOf(specials);
        if (vocabularySize < 1 || minFrequency < 1 || alphabet < 0) throw new IllegalArgumentException("BpeTrainer: vocabularySize "
                + vocabularySize + ", minFrequency " + minFrequency + ", alphabet " + alphabet + "; the first two are at least 1");
    }

    /** Over bytes, with a pattern such as {@link PreTokenizer#GPT4} for the words: nothing is unknown, and decoding gives the text back. */
    public static BpeTrainer byteLevel(int vocabularySize, String pattern) {
        return new BpeTrainer(vocabularySize, 1, List.of(), null, PreTokenizer.byteLevel(pattern), true, false, null, 0, "");
    }

    /** Over characters, words cut at white space and marks, their last pieces ending with {@code </w>}. */
    public static BpeTrainer characters(int vocabularySize) {
        return new BpeTrainer(vocabularySize, 1, List.of(), null, new PreTokenizer.Whitespace(), false, false, "<unk>", 0, "</w>");
    }

    /** Over characters, a space at the beginning of a piece, bytes for characters that the text does not have: decoding gives the text back. */
    public static BpeTrainer spaced(int vocabularySize) {
        return new BpeTrainer(vocabularySize, 1, List.of(), null, Texts.SPACED, false, true, "<unk>", 0, "");
    }

    /** Learns from the documents of a corpus. */
    public TokenizerPipeline train(Corpus corpus) { return train(Texts.of(corpus), Progress.SILENT); }

    /** Learns from texts. */
    public TokenizerPipeline train(Iterable<String> texts) { return train(texts, Progress.SILENT); }

    /** Learns from texts, reporting a step a merge. */
    public TokenizerPipeline train(Iterable<String> texts, Progress progress) {
        var words = WordTally.of(texts, normalizer, preTokenizer);
        var first = new LinkedHashSet<>(specials);
        if (unknown != null) first.add(unknown);
        if (byteFallback) for (int b = 0; b < 256; b++) first.add(Decoding.byteToken(b));
        var reserved = Set.copyOf(first);
        var alphabet = alphabet(words);
        var builder = new Vocabulary.Builder();
        for (var piece : first) builder.add(piece);
        var learner = new MergeLearner(true);
        for (var character : alphabet) {
            if (first.add(character)) builder.add(character);
            if (!endSuffix.isEmpty() && first.add(character + endSuffix)) builder.add(character + endSuffix);
        }
        if (builder.size() > vocabularySize) throw new IllegalArgumentException("BpeTrainer: vocabularySize " + vocabularySize
                + " is less than the " + builder.size() + " pieces of the alphabet; raise it or limit the alphabet");
        var kept = new HashSet<>(alphabet);
        words.forEach((word, count) -> {
            for (var run : runs(word, kept)) learner.add(run, count);
        });
        learner.index();
        var merges = new ArrayList<Bpe.Merge>();
        while (builder.size() < vocabularySize) {
            int pair = learner.mostFrequent(minFrequency);
            if (pair < 0) break;
            var merge = new Bpe.Merge(learner.left(pair), learner.right(pair));
            var joined = merge.left() + merge.right();
            // what text spells must never be a control token
            if (reserved.contains(joined)) {
                learner.forget(pair);
                continue;
            }
            learner.merge(pair, joined);
            merges.add(merge);
            if (first.add(joined)) builder.add(joined);
            progress.step("merges", builder.size(), vocabularySize);
        }
        var model = new Bpe(builder.unknown(unknown).build(), merges, unknown, "", endSuffix, false, byteFallback, false, false);
        return new TokenizerPipeline(
                new TokenizerSpec(normalizer, preTokenizer, model, null, decoder(), Texts.specials(specials, model), null, null));
    }

    /**
     * The merges of words that are given as symbols, without vocabulary or alphabet: what the algorithm is.
     *
     * @param words the words' symbols and counts
     * @param merges at most so many
     */
    public static List<Bpe.Merge> learn(Map<List<String>, Long> words, int merges) {
        var learner = new MergeLearner(true);
        words.forEach(learner::add);
        learner.index();
        var learned = new ArrayList<Bpe.Merge>();
        while (learned.size() < merges) {
            int pair = learner.mostFrequent(1);
            if (pair < 0) break;
            var merge = new Bpe.Merge(learner.left(pair), learner.right(pair));
            learned.add(merge);
            learner.merge(pair, merge.left() + merge.right());
        }
        return learned;
    }

    /**
     * A tokenizer that goes on learning on other texts: the old pieces and merges stay as they are, ids included, and what is learned stands behind them, so that a text
     * without any new piece is cut as before.
     *
     * @param merges at most so many new ones
     * @throws IllegalArgumentException if it is no BPE, or if it has control tokens behind its pieces, where the new ones would stand
     */
    public static TokenizerPipeline extended(TokenizerPipeline base, Iterable<String> texts, int merges) {
        if (!(base.spec().model() instanceof Bpe bpe))
            throw new IllegalArgumentException("BpeTrainer.extended: only BPE is a chain of merges; train anew");
        int size = bpe.vocabulary().size();
        for (var added : base.spec().specials().added())
            if (added.id() >= size) throw new IllegalArgumentException("BpeTrainer.extended: the control token \"" + added.text()
                    + "\" has the id " + added.id() + " behind " + size + " pieces");
        var words = new TreeMap<String, Long>();
        for (var text : texts) {
            var encoding = base.encode(text);
            for (int t = 0; t < encoding.size();) {
                var word = new StringBuilder();
                int first = t;
                for (; t < encoding.size() && encoding.word(t) == encoding.word(first); t++) {
                    if (t > first) word.append(BETWEEN);
                    word.append(encoding.token(t));
                }
                if (!encoding.isSpecial(first)) words.merge(word.toString(), 1L, Long::sum);
            }
        }
        var pieces = new LinkedHashMap<List<String>, Long>();
        words.forEach((word, count) -> pieces.put(List.of(word.split(String.valueOf(BETWEEN))), count));
        var all = new ArrayList<>(bpe.merges());
        var added = new LinkedHashSet<String>();
        for (var merge : learn(pieces, merges)) {
            all.add(merge);
            if (!bpe.vocabulary().contains(bpe.joined(merge))) added.add(bpe.joined(merge));
        }
        var larger = new Bpe(bpe.vocabulary().extendedBy(List.copyOf(added)), all, bpe.unknown(), bpe.continuingPrefix(), bpe.endSuffix(),
                bpe.fuseUnknown(), bpe.byteFallback(), bpe.ignoreMerges(), bpe.rankByPiece(), bpe.userDefined());
        return new TokenizerPipeline(base.spec().withModel(larger));
    }

    private static final char BETWEEN = '\0';

    private TokenDecoder decoder() {
        if (byteLevel) return new TokenDecoder.ByteLevel();
        if (byteFallback) return Texts.pieces(normalizer, true);
        return endSuffix.isEmpty() ? new TokenDecoder.Fuse() : new TokenDecoder.Bpe(endSuffix);
    }

    /** The characters that become pieces, in order. */
    private List<String> alphabet(TreeMap<String, Long> words) {
        var counts = new TreeMap<String, Long>();
        if (byteLevel) for (int b = 0; b < 256; b++) counts.put(String.valueOf(ByteAlphabet.character((byte) b)), 0L);
        else words.forEach((word, count) -> word.codePoints().forEach(c -> counts.merge(Character.toString(c), count, Long::sum)));
        if (alphabet == 0 || counts.size() <= alphabet || byteLevel) return List.copyOf(counts.keySet());
        var byCount = new LinkedHashMap<String, Long>();
        counts.entrySet().stream().sorted(Map.Entry.<String, Long>comparingByValue().reversed().thenComparing(Map.Entry.comparingByKey()))
                .limit(alphabet).forEach(e -> byCount.put(e.getKey(), e.getValue()));
        return byCount.keySet().stream().sorted().toList();
    }

    /** A word's characters, cut where one is not in the alphabet. */
    private List<List<String>> runs(String word, HashSet<String> kept) {
        var runs = new ArrayList<List<String>>();
        List<String> run = new ArrayList<>();
        for (int i = 0; i < word.length();) {
            int c = word.codePointAt(i);
            i += Character.charCount(c);
            var symbol = Character.toString(c);
            if (kept.contains(symbol)) run.add(i == word.length() ? symbol + endSuffix : symbol);
            else if (!run.isEmpty()) {
                runs.add(run);
                run = new ArrayList<>();
            }
        }
        if (!run.isEmpty()) runs.add(run);
        return runs;
    }
}
