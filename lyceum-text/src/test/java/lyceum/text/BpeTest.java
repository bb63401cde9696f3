package lyceum.text;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lyceum.backend.Parallel;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class BpeTest {
    /** Clause 1: the example of Sennrich and others. */
    @Acceptance(topic = "bpe", clause = 1)
    @Test void lowLowerNewestWidest() {
        Map<List<String>, Long> words = new LinkedHashMap<>();
        words.put(List.of("l", "o", "w", "</w>"), 5L);
        words.put(List.of("l", "o", "w", "e", "r", "</w>"), 2L);
        words.put(List.of("n", "e", "w", "e", "s", "t", "</w>"), 6L);
        words.put(List.of("w", "i", "d", "e", "s", "t", "</w>"), 3L);
        var merges = BpeTrainer.learn(words, 5).toString();
        Evidence.that("first merges: " + merges, merges.equals("[e s, es t, est </w>, l o, lo w]"));
    }

    /** Counts everything anew before each merge. */
    private static List<Bpe.Merge> naive(Map<List<String>, Long> words, int merges) {
        var learned = new ArrayList<Bpe.Merge>();
        var now = new ArrayList<Map.Entry<List<String>, Long>>();
        words.forEach((word, count) -> now.add(Map.entry(word, count)));
        while (learned.size() < merges) {
            var counts = new TreeMap<List<String>, Long>(
                    (a, b) -> a.get(0).equals(b.get(0)) ? a.get(1).compareTo(b.get(1)) : a.get(0).compareTo(b.get(0)));
            for (var e : now)
                for (int i = 0; i + 1 < e.getKey().size(); i++)
                    counts.merge(List.copyOf(e.getKey().subList(i, i + 2)), e.getValue(), Long::sum);
            List<String> best = null;
            for (var pair : counts.keySet()) if (best == null || counts.get(pair) > counts.get(best)) best = pair;
            if (best == null) break;
            learned.add(new Bpe.Merge(best.get(0), best.get(1)));
            for (int k = 0; k < now.size(); k++)
                now.set(k, Map.entry(merged(now.get(k).getKey(), best.get(0), best.get(1)), now.get(k).getValue()));
        }
        return learned;
    }

    private static List<String> merged(List<String> word, String left, String right) {
        var out = new ArrayList<String>();
        for (int i = 0; i < word.size(); i++) {
            if (i + 1 < word.size() && word.get(i).equals(left) && word.get(i + 1).equals(right)) {
                out.add(left + right);
                i++;
            } else out.add(word.get(i));
        }
        return out;
    }

    /** Clause 2: merges and encodings against counting anew and merging by the list. */
    @Acceptance(topic = "bpe", clause = 2)
    @Test void mergesAndEncodingsEqualNaiveOnes() {
        var rng = Rng.of(12);
        int lists = 0, wrongMerges = 0, wrongEncodings = 0, encodings = 0, merges = 0;
        for (int list = 0; list < 500; list++) {
            String letters = list % 3 == 0 ? "ab" : list % 3 == 1 ? "abcde" : "aé漢😀z";
            int[] alphabet = letters.codePoints().toArray();
            Map<List<String>, Long> words = new LinkedHashMap<>();
            for (int w = 2 + rng.nextInt(20); w > 0; w--) {
                var word = new ArrayList<String>();
                for (int k = 1 + rng.nextInt(list % 5 == 0 ? 60 : 10); k > 0; k--)
                    word.add(Character.toString(alphabet[rng.nextInt(alphabet.length)]));
                words.put(List.copyOf(word), 1L + rng.nextInt(9));
            }
            var expected = naive(words, 30);
            if (!BpeTrainer.learn(words, 30).equals(expected)) wrongMerges++;
            merges += expected.size();
            var pieces = new ArrayList<String>();
            letters.codePoints().forEach(c -> pieces.add(Character.toString(c)));
            var known = new HashSet<>(pieces);
            for (var merge : expected) if (known.add(merge.left() + merge.right())) pieces.add(merge.left() + merge.right());
            var tokenizer = new TokenizerPipeline(new TokenizerSpec(new Bpe(Vocabulary.of(pieces), expected)));
            for (int k = 0; k < 5; k++, encodings++) {
                List<String> word = new ArrayList<>();
                for (int i = 1 + rng.nextInt(k == 0 ? 300 : 12); i > 0; i--)
                    word.add(Character.toString(alphabet[rng.nextInt(alphabet.length)]));
                var text = String.join("", word);
                for (var merge : expected) word = merged(word, merge.left(), merge.right());
                if (!tokenizer.encode(text).tokens().equals(word)) wrongEncodings++;
            }
            lists++;
        }
        Evidence.of("word lists", lists, exactly(500));
        Evidence.of("merges compared", merges, atLeast(8000));
        Evidence.of("lists with other merges", wrongMerges, exactly(0));
        Evidence.of("encodings compared", encodings, exactly(2500));
        Evidence.of("encodings that differ", wrongEncodings, exactly(0));
    }

    /** Clause 3: decoding gives the text back. */
    @Acceptance(topic = "bpe", clause = 3)
    @Acceptance(topic = "vocab-sizing", clause = 2)
    @Test void byteLevelGivesEveryTextBack() {
        var tokenizer = Given.byteLevel8000();
        int wrong = 0, texts = 0;
        for (var text : RandomTexts.of(31, 10_000)) {
            if (!tokenizer.decode(tokenizer.ids(text)).equals(text)) wrong++;
            texts++;
        }
        Evidence.of("texts", texts, exactly(10_000));
        Evidence.of("texts that do not come back", wrong, exactly(0));
        Evidence.of("tokens that stand for the unknown", tokenizer.vocabulary().unknown(), exactly(-1));
    }

    /** Clause 4: neither the cache nor threads change an id. */
    @Acceptance(topic = "bpe", clause = 4)
    @Test void cacheAndThreadsChangeNothing() {
        var verses = Given.verses();
        var spec = Given.byteLevel8000().spec();
        TokenizerPipeline cold = new TokenizerPipeline(spec), back = new TokenizerPipeline(spec), shared = new TokenizerPipeline(spec),
                bare = new TokenizerPipeline(spec);
        var first = new ArrayList<int[]>();
        for (var verse : verses) first.add(cold.ids(verse));
        int reversed = 0, threaded = 0, uncached = 0;
        for (int i = verses.size() - 1; i >= 0; i--) if (!Arrays.equals(back.ids(verses.get(i)), first.get(i))) reversed++;
        var all = shared.encodeAll(verses);
        for (int i = 0; i < all.size(); i++) if (!Arrays.equals(all.get(i).ids(), first.get(i))) threaded++;
        var rng = Rng.of(1);
        for (int i = 0; i < verses.size(); i++) if (!Arrays.equals(bare.sample(verses.get(i), 0, rng), first.get(i))) uncached++; // merging anew each time
        Evidence.of("verses", first.size(), exactly(31_102));
        Evidence.of("verses that differ when read backwards with another cache", reversed, exactly(0));
        Evidence.of("verses that differ on many threads", threaded, exactly(0));
        Evidence.of("verses that differ without a cache", uncached, exactly(0));
    }

    @Test void trainingIsTheSameOnOneThread() {
        var verses = Given.verses().subList(0, 3000);
        var many = BpeTrainer.byteLevel(700, PreTokenizer.GPT4).train(verses).toJson();
        var one = new byte[1][];
        Parallel.sequentially(() -> one[0] = BpeTrainer.byteLevel(700, PreTokenizer.GPT4).train(verses).toJson());
        assertThat(many).isEqualTo(one[0]);
    }

    @Test void aMillionBytesWithoutASpaceAreNoMatter() {
        var word = "abcdefghij".repeat(100_000);
        var tokenizer = Given.byteLevel8000();
        assertThat(tokenizer.decode(tokenizer.ids(word))).isEqualTo(word);
    }

    @Test void characterBpeMarksEndsOfWordsAndSaysWhatItDoesNotKnow() {
        var tokenizer = BpeTrainer.characters(60).train(List.of("low low low lower newest newest widest"));
        assertThat(tokenizer.decode(tokenizer.ids("low newest lowest"))).isEqualTo("low newest lowest");
        assertThat(tokenizer.encode("lox").tokens()).contains("<unk>");
        var again = TokenizerPipeline.read(tokenizer.toJson());
        assertThat(again.encode("lowest").tokens()).isEqualTo(tokenizer.encode("lowest").tokens());
        var bpe = (Bpe) tokenizer.spec().model();
        assertThat(Bpe.readMerges(bpe.writeMerges())).isEqualTo(bpe.merges());
    }

    @Test void dropoutCutsFinerAndDecodesAlike() {
        var tokenizer = Given.byteLevel8000();
        var text = Given.verses().get(0);
        var rng = Rng.of(3);
        int finer = 0;
        for (int k = 0; k < 20; k++) {
            int[] ids = tokenizer.sample(text, 0.2, rng);
            assertThat(tokenizer.decode(ids)).isEqualTo(text);
            if (ids.length > tokenizer.count(text)) finer++;
        }
        assertThat(finer).isGreaterThan(15);
        assertThat(tokenizer.sample(text, 1, rng)).hasSize(text.length());
        assertThatThrownBy(() -> tokenizer.sample(text, 1.5, rng)).hasMessageContaining("[0, 1]");
    }

    @Test void refusesMergesOfUnknownPieces() {
        assertThatThrownBy(() -> new Bpe(Vocabulary.of("a", "b"), List.of(new Bpe.Merge("a", "b")))).hasMessageContaining("\"ab\"");
        assertThatThrownBy(() -> BpeTrainer.byteLevel(100, PreTokenizer.GPT2).train(List.of("a"))).hasMessageContaining("256");
    }
}
