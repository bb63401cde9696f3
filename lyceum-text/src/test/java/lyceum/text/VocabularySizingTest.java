package lyceum.text;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.FlopCounter;
import lyceum.data.corpus.Corpora;
import lyceum.nn.Embedding;
import lyceum.nn.GptBlock;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class VocabularySizingTest {
    private static final int[] SIZES = {256, 512, 1000, 2000, 4000, 8000};

    private static class Swept {
        static final List<VocabularySizing> ALL = VocabularySizing.sweep(Given.byteLevel8000(), Given.verses(), SIZES);
    }

    /** Vocabulary-size, clause 1. */
    @Acceptance(topic = "vocabulary-size", clause = 1)
    @Test void tokensPerWordFallStrictly() {
        var sweep = VocabularySizing.sweep(Given.byteLevel8000(), Given.verses(), 300, 1000, 2000, 4000, 8000);
        long words = Given.verses().stream().mapToLong(v -> v.split(" +").length).sum();
        int rises = 0;
        for (int i = 0; i < sweep.size(); i++) {
            assertThat(sweep.get(i).words()).isEqualTo(words);
            if (i > 0 && sweep.get(i).tokensPerWord() >= sweep.get(i - 1).tokensPerWord()) rises++;
        }
        Evidence.of("sizes", sweep.size(), exactly(5));
        Evidence.of("sizes without a fall", rises, exactly(0));
    }

    /** Vocabulary-size, clause 2: against the parameters of real layers. */
    @Acceptance(topic = "vocabulary-size", clause = 2)
    @Test void embeddingParametersAreThoseOfTheLayers() {
        long wrong = 0;
        for (var s : Swept.ALL) for (int d : new int[] {1, 7, 64}) {
            var table = new Embedding(s.size(), d, Rng.of(1));
            long tied = table.parameterCount();
            var head = new Linear(d, s.size(), false, DType.F32, Init.torchLinear(d), Rng.of(2));
            long untied = tied + head.parameterCount();
            wrong += Math.abs(s.embeddingParameters(d, true) - tied) + Math.abs(s.embeddingParameters(d, false) - untied);
        }
        Evidence.of("parameters off", wrong, exactly(0));
        assertThatThrownBy(() -> Swept.ALL.get(0).embeddingParameters(Long.MAX_VALUE, true)).isInstanceOf(ArithmeticException.class);
    }

    /** Nats of each byte of a text under one fixed model: a bigram of bytes with a count added to all. */
    private static double[] nats(byte[] text) {
        var counts = new double[256][256];
        var sums = new double[256];
        for (int i = 0; i < text.length; i++) {
            int before = i == 0 ? 0 : text[i - 1] & 0xFF;
            counts[before][text[i] & 0xFF]++;
            sums[before]++;
        }
        var nats = new double[text.length];
        for (int i = 0; i < text.length; i++) {
            int before = i == 0 ? 0 : text[i - 1] & 0xFF;
            nats[i] = -Math.log((counts[before][text[i] & 0xFF] + 1) / (sums[before] + 256));
        }
        return nats;
    }

    private static double bitsPerByte(TokenizerPipeline tokenizer, String text, double[] nats) {
        var encoding = tokenizer.encode(text);
        double sum = 0;
        for (int i = 0; i < encoding.size(); i++) for (int b = encoding.byteStart(i); b < encoding.byteEnd(i); b++) sum += nats[b];
        return VocabularySizing.of(tokenizer, List.of(text)).bitsPerByte(sum / encoding.size());
    }

    /** Vocabulary-size, clause 3; vocab-sizing, clause 3. */
    @Acceptance(topic = "vocabulary-size", clause = 3)
    @Acceptance(topic = "vocab-sizing", clause = 3)
    @Test void bitsPerByteDoNotDependOnTheSegmentation() {
        var text = String.join("\n", Given.verses().subList(0, 2000)) + " \u6f22\u5b57 caf\u00e9";
        double[] nats = nats(text.getBytes(StandardCharsets.UTF_8));
        double sum = 0;
        for (double n : nats) sum += n;
        double expected = sum / nats.length / Math.log(2), worst = 0, spread = 0;
        var perToken = new ArrayList<Double>();
        for (int size : new int[] {256, 512, 1000, 4000, 8000}) {
            var tokenizer = VocabularySizing.cut(Given.byteLevel8000(), size);
            worst = Math.max(worst, Math.abs(bitsPerByte(tokenizer, text, nats) - expected));
            perToken.add(sum / tokenizer.count(text));
        }
        for (double p : perToken) spread = Math.max(spread, p / perToken.get(0));
        Evidence.of("gap of bits per byte over five segmentations", worst, atMost(1e-9));
        Evidence.of("nats per token meanwhile grow by the factor", spread, above(2));
    }

    /** Vocabulary-size, clause 4. */
    @Acceptance(topic = "vocabulary-size", clause = 4)
    @Test void computePerByteIsLeastInBetween() {
        var cost = new TransformerCost(64, 2, 64);
        int least = 0;
        for (int i = 0; i < SIZES.length; i++) if (cost.flopsPerByte(Swept.ALL.get(i)) < cost.flopsPerByte(Swept.ALL.get(least))) least = i;
        Evidence.of("place of the cheapest of six sizes", least, between(1, SIZES.length - 2));
        Evidence.of("cost at 256 over the least", cost.flopsPerByte(Swept.ALL.get(0)) / cost.flopsPerByte(Swept.ALL.get(least)),
                above(1.05));
        Evidence.of("cost at 8,000 over the least", cost.flopsPerByte(Swept.ALL.getLast()) / cost.flopsPerByte(Swept.ALL.get(least)),
                above(1.05));
    }

    /** Vocab-sizing, clause 4: merges are learned one by one. */
    @Acceptance(topic = "vocab-sizing", clause = 4)
    @Test void theMergesOfASmallerVocabularyAreABeginning() {
        var small = (Bpe) BpeTrainer.byteLevel(4000, PreTokenizer.GPT4).train(Corpora.kingJames()).spec().model();
        var large = (Bpe) Given.byteLevel8000().spec().model();
        int different = 0;
        for (int i = 0; i < small.merges().size(); i++) if (!small.merges().get(i).equals(large.merges().get(i))) different++;
        Evidence.of("merges at 4,000", small.merges().size(), exactly(4000 - 256));
        Evidence.of("merges at 8,000", large.merges().size(), exactly(8000 - 256));
        Evidence.of("merges that differ", different, exactly(0));
        assertThat(VocabularySizing.cut(Given.byteLevel8000(), 4000).spec().model()).isEqualTo(small);
    }

    /** Vocab-sizing, clause 5: the cost against a model that is run, and the size it suggests. */
    @Acceptance(topic = "vocab-sizing", clause = 5)
    @Test void costsAreThoseOfARunningModel() {
        double worst = 0;
        int context = 48, width = 32;
        for (var s : Swept.ALL) {
            var rng = Rng.of(3);
            var embedding = new Embedding(s.size(), width, rng);
            var blocks = List.of(new GptBlock(width, 4, rng), new GptBlock(width, 4, rng));
            var ids = Tensor.of(rng.permutation(s.size())).narrow(0, 0, context).reshape(1, context);
            long products = FlopCounter.count(() -> {
                var x = embedding.forward(ids);
                for (var block : blocks) x = block.forward(x, null, Pass.inference());
                embedding.tiedHead().forward(x).compute();
            }).products();
            double measured = (double) products / context * s.tokens() / s.bytes();
            worst = Math.max(worst, Math.abs(new TransformerCost(width, 2, context).flopsPerByte(s) / measured - 1));
        }
        Evidence.of("largest relative gap of FLOPs per byte over six sizes", worst, atMost(0.01));
        int last = 0, wrong = 0, falls = 0;
        for (int d : new int[] {32, 128, 512}) {
            var cost = new TransformerCost(d, 2, 64);
            VocabularySizing best = null;
            for (var s : Swept.ALL) if (best == null || flops(d, s) < flops(d, best)) best = s;
            int suggested = cost.suggest(Swept.ALL).size();
            if (suggested != best.size()) wrong++;
            if (suggested < last) falls++;
            last = suggested;
        }
        Evidence.of("widths whose suggestion is not the least of all", wrong, exactly(0));
        Evidence.of("widths at which the suggestion falls", falls, exactly(0));
        assertThat(new TransformerCost(32, 2, 64).suggest(Swept.ALL).size()).isLessThan(last);
    }

    /** Multiply-adds of two GPT blocks and a head by hand, twice, times tokens per byte. */
    private static double flops(double d, VocabularySizing s) {
        return 2.0 * s.tokens() / s.bytes() * (2 * (12 * d * d + 2 * 64 * d) + s.size() * d);
    }

    @Test void ofAllWaysToAPieceThoseOfItsPartsAreKept() {
        var merges = List.of(new Bpe.Merge("a", "b"), new Bpe.Merge("ab", "c"), new Bpe.Merge("a", "bc"), new Bpe.Merge("b", "c"));
        var all = new Bpe(Vocabulary.of("a", "b", "c", "ab", "abc", "bc"), merges).withRankByPiece(true);
        var cut = VocabularySizing.cut(new TokenizerPipeline(new TokenizerSpec(all)), 5);
        assertThat(cut.vocabulary().size()).isEqualTo(5);
        assertThat(cut.ids("abcbc")).containsExactly(4, 1, 2);
    }
}
