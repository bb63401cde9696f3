package lyceum.text;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.TreeSet;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.nn.Embedding;
import lyceum.nn.Linear;
import lyceum.nn.loss.CrossEntropy;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class VocabularyTest {
    private static List<String> words() {
        var words = new ArrayList<String>();
        for (var verse : Given.verses()) words.addAll(List.of(verse.split(" ")));
        return words;
    }

    /** Clause 1: id to token to id is the identity for all entries, ids are dense. */
    @Acceptance(topic = "vocabulary", clause = 1)
    @Test void idsAndTokensAreABijection() {
        int entries = 0, wrong = 0;
        for (var v : List.of(Given.miniLm().vocabulary(), Given.byteLevel8000().vocabulary(), Vocabulary.counting(words()))) {
            var ids = new TreeSet<Integer>();
            for (int id = 0; id < v.size(); id++) if (v.id(v.token(id)) != id) wrong++;
            for (var token : v.tokens()) ids.add(v.id(token));
            entries += v.size();
            if (ids.size() != v.size() || ids.first() != 0 || ids.last() != v.size() - 1) wrong++;
        }
        Evidence.of("entries", entries, atLeast(50_000));
        Evidence.of("entries that do not come back, or gaps", wrong, exactly(0));
        assertThat(Given.miniLm().vocabulary().id("no such token")).isEqualTo(-1);
    }

    /** Clause 2: coverage at size k is the cumulative frequency by brute force. */
    @Acceptance(topic = "vocabulary", clause = 2)
    @Test void coverageIsTheCumulativeFrequency() {
        var words = words();
        var v = Vocabulary.counting(words);
        var counts = new HashMap<String, Integer>();
        for (var word : words) counts.merge(word, 1, Integer::sum);
        var falling = counts.values().stream().sorted((a, b) -> b - a).mapToInt(Integer::intValue).toArray();
        var gap = Gap.absolute();
        long sum = 0;
        for (int k = 0; k <= falling.length; k++) {
            gap.see("coverage at " + k, (double) sum / words.size(), v.coverage(k));
            if (k < falling.length) sum += falling[k];
        }
        Evidence.of("largest gap over all k", gap, atMost(1e-12));
    }

    /** Clause 3: growing a model with its vocabulary. */
    @Acceptance(topic = "vocabulary", clause = 3)
    @Test void extensionKeepsOldRowsAndTakesWhatItMust() {
        var old = Vocabulary.counting(words()).mostFrequent(500);
        var more = old.extendedBy(List.of("<a>", "<b>", "<c>", "<d>", "<e>", "<f>", "<g>"));
        int moved = 0;
        for (int id = 0; id < old.size(); id++) if (more.id(old.token(id)) != id) moved++;
        Evidence.of("old ids that moved", moved, exactly(0));

        int v = old.size(), w = more.size(), d = 24;
        var rng = Rng.of(5);
        var embedding = new Embedding(v, d, rng);
        var head = new Linear(d, v, rng);
        var grown = VocabularyRows.grown(embedding, w);
        var grownHead = VocabularyRows.grown(head, w);
        Evidence.of("changed embedding numbers", changed(embedding.weight(), grown.weight().narrow(0, 0, v)), exactly(0));
        Evidence.of("changed head numbers",
                changed(head.weight(), grownHead.weight().narrow(0, 0, v)) + changed(head.bias(), grownHead.bias().narrow(0, 0, v)),
                exactly(0));

        var ids = Tensor.of(rng.permutation(v)).narrow(0, 0, 200);
        var target = Tensor.of(rng.permutation(v)).narrow(0, 0, 200);
        var logits = head.forward(embedding.forward(ids)).to(DType.F64);
        var grownLogits = grownHead.forward(grown.forward(ids)).to(DType.F64);
        Evidence.of("gap of old logits", grownLogits.narrow(1, 0, v).sub(logits).abs().max().item(), atMost(1e-6));
        var loss = new CrossEntropy();
        double before = loss.of(logits, target).item(), after = loss.of(grownLogits, target).item();
        var mask = Tensor.concat(0, Tensor.zeros(DType.F64, v), Tensor.full(DType.F64, Double.NEGATIVE_INFINITY, w - v));
        Evidence.of("change of the loss with new ids masked out", Math.abs(loss.of(grownLogits.add(mask), target).item() - before),
                atMost(1e-6));
        double[][] p = grownLogits.softmax(1).toRows();
        double rise = 0;
        for (var row : p) rise -= Math.log(Arrays.stream(row, 0, v).sum()) / p.length;
        Evidence.of("rise of the loss against -log P(old)", Math.abs(after - before - rise), atMost(1e-6));
        Evidence.of("that rise itself", rise, above(1e-3));
    }

    private static int changed(Tensor a, Tensor b) {
        float[] x = a.toFloatArray(), y = b.toFloatArray();
        int changed = Math.abs(x.length - y.length);
        for (int i = 0; i < Math.min(x.length, y.length); i++)
            if (Float.floatToRawIntBits(x[i]) != Float.floatToRawIntBits(y[i])) changed++;
        return changed;
    }

    /** Clause 4: vocab.txt byte for byte; a tokenizer.json keeps tokens, ids, scores and marks, and is written alike twice. */
    @Acceptance(topic = "vocabulary", clause = 4)
    @Test void filesKeepEverything() {
        var vocab = JsonMapper.shared().readTree(Given.miniLmJson()).get("model").get("vocab");
        var lines = new String[vocab.size()];
        vocab.properties().forEach(e -> lines[e.getValue().asInt()] = e.getKey());
        byte[] text = (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
        Evidence.of("tokens of vocab.txt", Vocabulary.readText(text).size(), exactly(30_522));
        Evidence.that("vocab.txt comes back byte for byte", Arrays.equals(text, Vocabulary.readText(text).toText()));

        var scored = new UnigramTrainer(400).withSpecials(List.of("<s>", "</s>", "<pad>")).train(Given.verses().subList(0, 500));
        int wrong = 0, specials = 0, scores = 0;
        for (var tokenizer : List.of(Given.miniLm(), scored)) {
            byte[] json = tokenizer.toJson();
            var again = TokenizerPipeline.read(json);
            Evidence.that("written twice alike", Arrays.equals(json, tokenizer.toJson()) && Arrays.equals(json, again.toJson()));
            Vocabulary a = tokenizer.vocabulary(), b = again.vocabulary();
            if (a.size() != b.size()) wrong++;
            for (int id = 0; id < a.size(); id++) {
                boolean same = Arrays.equals(tokenizer.bytes(id), again.bytes(id)) && b.id(a.token(id)) == id
                        && a.isSpecial(id) == b.isSpecial(id)
                        && Double.doubleToRawLongBits(a.score(id)) == Double.doubleToRawLongBits(b.score(id));
                if (!same) wrong++;
                if (a.isSpecial(id)) specials++;
                if (a.score(id) != 0) scores++;
            }
        }
        Evidence.of("entries that changed", wrong, exactly(0));
        Evidence.of("control tokens compared", specials, exactly(8));
        Evidence.of("scores compared", scores, atLeast(390));
        assertThat(TokenizerPipeline.read(scored.toJson()).specials().roles()).isEqualTo(scored.specials().roles());
    }

    /** Clause 5: tokens per byte fall with the size, the table grows with it. */
    @Acceptance(topic = "vocabulary", clause = 5)
    @Acceptance(topic = "vocab-sizing", clause = 1)
    @Test void largerVocabulariesMeanFewerTokens() {
        int[] sizes = {256, 512, 1000, 2000, 4000, 8000};
        var sweep = VocabularySizing.sweep(Given.byteLevel8000(), Given.verses(), sizes);
        int rises = 0;
        for (int i = 1; i < sizes.length; i++) if (sweep.get(i).tokensPerByte() >= sweep.get(i - 1).tokensPerByte()) rises++;
        Evidence.of("sizes without a fall of tokens per byte", rises, exactly(0));
        Evidence.of("tokens per byte at 256", sweep.get(0).tokensPerByte(), exactly(1));
        long bend = 0;
        for (int i = 0; i < sizes.length; i++)
            bend = Math.max(bend,
                    Math.abs(new Embedding(sweep.get(i).size(), 16, Rng.of(1)).weight().toFloatArray().length - 16L * sizes[i]));
        Evidence.of("embedding parameters off the line 16 V", bend, exactly(0));
    }

    /** Token-id, clause 1. */
    @Acceptance(topic = "token-id", clause = 1)
    @Test void everyIdDecodesAndEncodesToItself() {
        var v = Given.miniLm().vocabulary();
        var seen = new boolean[v.size()];
        int wrong = 0;
        for (int id = 0; id < v.size(); id++) {
            int back = v.id(v.token(id));
            if (back != id) wrong++;
            else seen[back] = true;
        }
        Evidence.of("entries", v.size(), exactly(30_522));
        Evidence.of("entries that do not come back", wrong, exactly(0));
        int gaps = 0;
        for (boolean there : seen) if (!there) gaps++;
        Evidence.of("gaps", gaps, exactly(0));
    }

    /** Token-id, clause 2. */
    @Acceptance(topic = "token-id", clause = 2)
    @Test void helloWorld() {
        Evidence.that("ids are 101, 7592, 2088, 102",
                Arrays.equals(Given.miniLm().encode("hello world").ids(), new int[] {101, 7592, 2088, 102}));
        assertThat(Given.miniLm().ids("hello world")).containsExactly(101, 7592, 2088, 102);
    }

    /** Token-id, clause 3. */
    @Acceptance(topic = "token-id", clause = 3)
    @Test void lookUpIsTheProductWithOneHot() {
        int v = 300, d = 40;
        var table = Tensor.randn(Rng.of(2), v, d);
        var ids = Given.byteLevel8000().ids("In the beginning God created the heaven and the earth.");
        var small = Arrays.stream(ids).map(id -> id % v).toArray();
        var oneHot = new float[small.length * v];
        for (int i = 0; i < small.length; i++) oneHot[i * v + small[i]] = 1;
        Evidence.of("tokens", small.length, atLeast(10));
        Evidence.of("numbers that differ in a bit",
                changed(Tensor.of(oneHot, small.length, v).matmul(table), new Embedding(table).forward(Tensor.of(small))), exactly(0));
    }

    /** Token-id, clause 4: ten million look-ups. */
    @Acceptance(topic = "token-id", clause = 4)
    @Test void lookUpsAllocateNothing() {
        var v = Given.miniLm().vocabulary();
        var tokens = v.tokens().toArray(String[]::new);
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE, sum = 0;
        for (int round = 0; round < 2; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 10_000_000; i++) sum += v.id(tokens[i % tokens.length]);
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertThat(sum).isPositive();
        Evidence.of("bytes allocated by ten million look-ups", least, atMost(100_000));
    }

    @Test void countsCutsAndMerges() {
        var v = Vocabulary.counting(List.of("b", "a", "b", "c", "c", "c"));
        assertThat(v.tokens()).containsExactly("c", "b", "a");
        assertThat(v.withAtLeast(2).tokens()).containsExactly("c", "b");
        assertThat(v.mergedWith(Vocabulary.counting(List.of("d", "a", "d"))).tokens()).containsExactly("c", "b", "a", "d");
        assertThat(v.mergedWith(Vocabulary.counting(List.of("a"))).count(2)).isEqualTo(2);
        var unk = v.toBuilder().add("<unk>").unknown("<unk>").build();
        assertThat(unk.mostFrequent(1).tokens()).containsExactly("c", "<unk>");
        assertThat(unk.idOrUnknown("?")).isEqualTo(3);
        assertThat(v.hash()).isEqualTo(Vocabulary.of("c", "b", "a").hash()).isNotEqualTo(Vocabulary.of("c", "a", "b").hash());
        assertThatThrownBy(() -> v.idOrUnknown("?")).isInstanceOf(IllegalStateException.class).hasMessageContaining("?");
        assertThatThrownBy(() -> Vocabulary.of("a", "b", "a")).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ids 0 and 2");
        assertThatThrownBy(() -> v.token(3)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("0 to 2");
        assertThatThrownBy(() -> Vocabulary.readText(new byte[] {'a', '\n', (byte) 0xC3, '(', '\n'})).isInstanceOf(FormatException.class)
                .hasMessageContaining("byte 2");
        assertThatThrownBy(() -> VocabularyRows.grown(Tensor.zeros(3, 2), 2)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("fewer than 3");
    }
}
