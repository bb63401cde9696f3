package lyceum.text;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import lyceum.data.corpus.Corpora;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Subwords: lattices, what is unknown, how long words get; the trained tokenizers on the King James Bible. */
class SubwordTest {
    private static class Trained {
        static final TokenizerPipeline BPE = BpeTrainer.characters(4000).train(Given.verses());
        static final TokenizerPipeline BYTES = BpeTrainer.byteLevel(4000, PreTokenizer.GPT4).train(Given.verses());
        static final TokenizerPipeline UNIGRAM = new UnigramTrainer(4000).withSeedSize(30_000).train(Given.verses());
        static final TokenizerPipeline WORD_PIECE = new WordPieceTrainer(4000).train(Given.verses());
    }

    /** Every way to cut a word, by the bits of a number. */
    private static List<List<String>> cuts(Vocabulary v, String word) {
        var cuts = new ArrayList<List<String>>();
        for (int bits = 0; bits < 1 << word.length() - 1; bits++) {
            var pieces = new ArrayList<String>();
            int from = 0;
            for (int i = 1; i <= word.length(); i++) if (i == word.length() || (bits >> i - 1 & 1) == 1) {
                pieces.add(word.substring(from, i));
                from = i;
            }
            if (pieces.stream().allMatch(v::contains)) cuts.add(pieces);
        }
        return cuts;
    }

    /** Subword, clause 1. */
    @Acceptance(topic = "subword", clause = 1)
    @Test void allSegmentationsAreFound() {
        var rng = Rng.of(1);
        int words = 0, wrong = 0, torn = 0;
        long ways = 0;
        for (int round = 0; round < 300; round++) {
            var pieces = new TreeSet<String>(List.of("a", "b", "c"));
            for (int k = rng.nextInt(25); k > 0; k--) {
                var piece = new StringBuilder();
                for (int i = 1 + rng.nextInt(5); i > 0; i--) piece.append((char) ('a' + rng.nextInt(3)));
                pieces.add(piece.toString());
            }
            if (round % 4 == 0) pieces.remove("c");
            var v = Vocabulary.of(List.copyOf(pieces));
            var word = new StringBuilder();
            for (int i = 1 + rng.nextInt(12); i > 0; i--) word.append((char) ('a' + rng.nextInt(3)));
            var lattice = SubwordLattice.of(v, word.toString());
            var found = lattice.all().stream().map(SubwordLattice.Segmentation::pieces).collect(Collectors.toSet());
            var expected = cuts(v, word.toString());
            if (!found.equals(new HashSet<>(expected)) || lattice.count() != expected.size() || lattice.all().size() != expected.size())
                wrong++;
            for (var way : found) if (!String.join("", way).equals(word.toString())) torn++;
            ways += expected.size();
            words++;
        }
        Evidence.of("words", words, exactly(300));
        Evidence.of("segmentations", ways, atLeast(1000));
        Evidence.of("words whose segmentations are not all and only those of brute force", wrong, exactly(0));
        Evidence.of("segmentations that do not rejoin to the word", torn, exactly(0));
    }

    private static List<String> chapters(boolean held) {
        var lines = new ArrayList<String>();
        int[] n = {0};
        Corpora.kingJames().forEach(d -> { if (n[0]++ % 10 == 9 == held) lines.addAll(d.text().lines().toList()); });
        return lines;
    }

    /** Subword, clause 2. */
    @Acceptance(topic = "subword", clause = 2)
    @Tag("slow")
    @Test void byteFallbackKnowsEveryWord() {
        List<String> train = chapters(false), held = chapters(true);
        for (int size : new int[] {2000, 8000}) {
            var subwords = TokenizationReport.of(Map.of("t", UnigramTrainer.spaced(size).withSeedSize(30_000).train(train)), held).row("t");
            var words = TokenizationReport.of(Map.of("t", WordTokenizer.of(WordSplitter.treebank(), train, size)), held).row("t");
            // a tenth of a percent of the characters has no piece
            var trainer = UnigramTrainer.spaced(size).withSeedSize(30_000).withCoverage(0.999);
            Tokenizer covered = trainer.train(train), bare = trainer.withByteFallback(false).train(train);
            int bytes = 0, unknown = 0, without = 0;
            for (var verse : held) {
                for (int id : covered.ids(verse)) {
                    if (id == covered.vocabulary().unknown()) unknown++;
                    if (covered.vocabulary().token(id).matches("<0x[0-9A-F]{2}>")) bytes++;
                }
                for (int id : bare.ids(verse)) if (id == bare.vocabulary().unknown()) without++;
                assertThat(covered.decode(covered.ids(verse))).isEqualTo(verse);
            }
            Evidence.of("bytes that spell what no piece spells at " + size, bytes, above(0));
            Evidence.of("unknown tokens where bytes were needed at " + size, unknown, exactly(0));
            Evidence.of("unknown tokens of the same without bytes at " + size, without, above(0));
            Evidence.of("unknown rate with byte fallback at " + size, subwords.unknownRate(), exactly(0));
            Evidence.of("unknown rate of words at " + size, words.unknownRate(), above(size == 2000 ? 0.03 : 0.01));
            assertThat(subwords.vocabulary()).isEqualTo(words.vocabulary());
        }
    }

    /** Subword, clause 3. */
    @Acceptance(topic = "subword", clause = 3)
    @Test void tokensPerWordFallBetweenCharactersAndWords() {
        int[] sizes = {300, 1000, 2000, 4000, 8000};
        var sweep = VocabularySizing.sweep(Given.byteLevel8000(), Given.verses(), sizes);
        var characters = VocabularySizing.of(WordTokenizer.of(WordSplitter.CHARACTERS, Given.verses(), 200), Given.verses());
        int rises = 0, outside = 0;
        for (int i = 0; i < sizes.length; i++) {
            double here = sweep.get(i).tokensPerWord();
            if (i > 0 && here >= sweep.get(i - 1).tokensPerWord()) rises++;
            if (here <= 1 || here >= characters.tokensPerWord()) outside++;
        }
        Evidence.of("sizes without a fall", rises, exactly(0));
        Evidence.of("sizes not strictly between one token a word and characters", outside, exactly(0));
        Evidence.of("tokens per word at 8,000", sweep.getLast().tokensPerWord(), above(1));
    }

    /** Subword, clause 4: stems and suffixes that were put together. */
    @Acceptance(topic = "subword", clause = 4)
    @Test void bordersFallBetweenMorphemes() {
        var rng = Rng.of(11);
        var stems = new ArrayList<String>();
        for (int k = 0; k < 300; k++) {
            var stem = new StringBuilder();
            for (int i = 0; i < 2 + rng.nextInt(2); i++)
                stem.append("ptkbdgmnlrs".charAt(rng.nextInt(11))).append("aeiou".charAt(rng.nextInt(5)));
            stems.add(stem.toString());
        }
        List<String> suffixes = List.of("zing", "zed", "xer", "vuly", "fest", "hus", "wack", "yon", "jiff", "qoth", "cesh", "zu");
        var text = new StringBuilder();
        for (int i = 0; i < 4000; i++) text.append(stems.get(rng.nextInt(300))).append(suffixes.get(rng.nextInt(12))).append(' ');
        var tokenizer = new UnigramTrainer(400).withNormalizer(null).withPreTokenizer(new PreTokenizer.WhitespaceSplit())
                .train(List.of(text.toString()));
        int borders = 0, right = 0;
        for (var stem : stems) for (var suffix : suffixes) {
            var encoding = tokenizer.encode(stem + suffix);
            for (int i = 1; i < encoding.size(); i++) {
                borders++;
                if (encoding.start(i) == stem.length()) right++;
            }
        }
        Evidence.of("piece borders", borders, atLeast(300));
        Evidence.of("share on morpheme borders", (double) right / borders, atLeast(0.8));
    }

    /** Subword-tokenization, clause 1. */
    @Acceptance(topic = "subword-tokenization", clause = 1)
    @Test void everyTextComesBackWithoutUnknownTokens() {
        var train = Given.verses().subList(0, 3000);
        var tokenizers = List.of(Given.byteLevel8000(), BpeTrainer.spaced(1500).train(train), UnigramTrainer.spaced(1500).train(train));
        var texts = new ArrayList<>(RandomTexts.of(61, 9_990));
        texts.addAll(List.of("\u2581", " \u2581 a\u2581b", "  leading", " a", "trailing ", "trailing  ", "two  spaces", "\u2581\u2581",
                "   ", " \u2581"));
        int wrong = 0, unknown = 0, marks = 0, spaces = 0;
        for (var text : texts) {
            if (text.contains("\u2581")) marks++;
            if (text.contains("  ") || text.startsWith(" ") || text.endsWith(" ")) spaces++;
            for (var tokenizer : tokenizers) {
                int[] ids = tokenizer.ids(text);
                if (!tokenizer.decode(ids).equals(text)) wrong++;
                for (int id : ids) if (id == tokenizer.vocabulary().unknown()) unknown++;
            }
        }
        Evidence.of("texts", texts.size(), exactly(10_000));
        Evidence.of("texts with a literal mark of space", marks, atLeast(500));
        Evidence.of("texts with leading, doubled or trailing spaces", spaces, atLeast(500));
        Evidence.of("texts that do not come back", wrong, exactly(0));
        Evidence.of("unknown tokens", unknown, exactly(0));
    }

    /** Subword-tokenization, clause 2. */
    @Acceptance(topic = "subword-tokenization", clause = 2)
    @Test void commonWordsStayWholeAndRareOnesComeApart() {
        var counts = new HashMap<String, Long>();
        for (var verse : Given.verses()) for (var word : verse.split("[^\\p{L}]+")) if (!word.isEmpty()) counts.merge(word, 1L, Long::sum);
        var byCount = Vocabulary.ofCounts(counts);
        List<String> common = byCount.tokens().subList(0, 500), once = byCount.tokens().stream().filter(w -> counts.get(w) == 1).toList();
        double bpe = 0;
        for (var entry : Map.of("BPE", Trained.BPE, "byte-level BPE", Trained.BYTES, "Unigram", Trained.UNIGRAM).entrySet()) {
            double pieces = pieces(entry.getValue(), common);
            if (entry.getKey().equals("BPE")) bpe = pieces;
            Evidence.of(entry.getKey() + ": pieces of the 500 commonest words", pieces, atMost(1.2));
            Evidence.of(entry.getKey() + ": pieces of words seen once", pieces(entry.getValue(), once), atLeast(2));
        }
        Evidence.of("words seen once", once.size(), atLeast(3000));
        Evidence.of("WordPiece over BPE on the commonest", pieces(Trained.WORD_PIECE, common) / bpe, above(1));
    }

    /** Pieces a word, each word as it stands inside a text: behind a space where the tokenizer counts that in. */
    private static double pieces(TokenizerPipeline tokenizer, List<String> words) {
        double pieces = 0;
        for (var word : words) pieces += tokenizer.ids(tokenizer.isByteLevel() ? " " + word : word, EncodeOptions.PLAIN).length;
        return pieces / words.size();
    }

    /** Subword-tokenization, clause 3. */
    @Acceptance(topic = "subword-tokenization", clause = 3)
    @Test void sampledSegmentationsDecodeAlike() {
        var rng = Rng.of(2);
        int wrong = 0, different = 0, samples = 0;
        for (var tokenizer : List.of(Trained.BYTES, UnigramTrainer.spaced(1500).train(Given.verses().subList(0, 3000))))
            for (int i = 0; i < 300; i++) {
                var text = Given.verses().get(100 * i);
                int[] ids = tokenizer.sample(text, tokenizer == Trained.BYTES ? 0.1 : 0.3, rng);
                if (!tokenizer.decode(ids).equals(text)) wrong++;
                if (!Arrays.equals(ids, tokenizer.ids(text))) different++;
                samples++;
            }
        Evidence.of("samples", samples, exactly(600));
        Evidence.of("samples unlike the usual segmentation", different, atLeast(500));
        Evidence.of("samples that do not decode to the text", wrong, exactly(0));
    }

    /** Subword-tokenization, clause 4. */
    @Acceptance(topic = "subword-tokenization", clause = 4)
    @Test void bestPathEqualsBruteForce() {
        var v = Trained.UNIGRAM.spec().model().vocabulary();
        int words = 0, wrong = 0;
        double worst = 0;
        var seen = new HashSet<String>();
        for (var verse : Given.verses()) for (var word : verse.split("[^\\p{L}]+")) {
            var marked = "\u2581" + word;
            if (word.isEmpty() || word.length() > 10 || words == 200 || !seen.add(word)) continue;
            double best = Double.NEGATIVE_INFINITY;
            for (var cut : cuts(v, marked)) best = Math.max(best, cut.stream().mapToDouble(p -> v.score(v.id(p))).sum());
            var encoding = Trained.UNIGRAM.encode(word);
            double ours = 0;
            for (int i = 0; i < encoding.size(); i++) ours += v.score(encoding.id(i));
            worst = Math.max(worst, Math.abs(ours - best));
            if (!String.join("", encoding.tokens()).equals(marked)) wrong++;
            words++;
        }
        Evidence.of("words", words, exactly(200));
        Evidence.of("gap of the score to the best of all", worst, below(1e-9));
        Evidence.of("words whose pieces do not spell them", wrong, exactly(0));
    }
}
