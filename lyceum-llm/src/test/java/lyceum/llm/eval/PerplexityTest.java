package lyceum.llm.eval;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.corpus.Corpora;
import lyceum.llm.DecoderLM;
import lyceum.llm.SteppedLM;
import lyceum.llm.TinyBible;
import lyceum.nn.Pass;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import lyceum.text.lm.CausalLanguageModel;
import lyceum.text.lm.LanguageModel;
import lyceum.text.lm.MaskedLanguageModel;
import lyceum.text.lm.NGramEstimator;
import lyceum.text.lm.NGramLanguageModel;
import lyceum.text.lm.NGramSmoothing;
import org.junit.jupiter.api.Test;

class PerplexityTest {
    private static final String TOPIC = "perplexity";
    private static final Golden GOLDEN = Golden.load("golden/perplexity.json");

    /** A model by what it says after some ids. */
    private interface Table {
        double[] after(int... ids);
    }

    private static LanguageModel model(int vocabulary, int start, Table table) {
        record Read(Table table, int... ids) implements LanguageModel.State {
            @Override public double[] logProbabilities() { return table.after(ids); }

            @Override public LanguageModel.State next(int id) {
                var longer = Arrays.copyOf(ids, ids.length + 1);
                longer[ids.length] = id;
                return new Read(table, longer);
            }
        }
        return new LanguageModel() {
            @Override public int vocabulary() { return vocabulary; }

            @Override public int startMark() { return start; }

            @Override public int endMark() { return -1; }

            @Override public State start() { return new Read(table); }
        };
    }

    /** Clause 1: a uniform model scores V for V = 2..1000 and 50,257; one that is sure and right scores exactly 1. */
    @Acceptance(topic = TOPIC, clause = 1)
    @Test void aUniformModelScoresItsVocabularyAndAProphetOne() {
        double worst = 0;
        var sizes = IntStream.concat(IntStream.rangeClosed(2, 1000), IntStream.of(50_257)).toArray();
        for (int v : sizes) {
            var even = new double[v];
            Arrays.fill(even, -Math.log(v));
            var uniform = model(v, -1, _ -> even);
            var text = ScoredText.of(0, v - 1, v / 2, 1, 0);
            var flat = new CausalLanguageModel(x -> Tensor.zeros(x.size(0), x.size(1), v), v, -1, -1);
            for (var each : List.of(uniform, flat))
                for (var protocol : List.of(new Perplexity(), Perplexity.sliding(2, 1)))
                    worst = Math.max(worst, Math.abs(protocol.of(each, List.of(text, text)).perplexity() / v - 1));
        }
        Evidence.of("vocabularies", sizes.length, exactly(1000));
        Evidence.of("relative gap of the uniform models", worst, atMost(1e-12));
        var counting = model(5, -1, ids -> {
            var sure = new double[5];
            Arrays.fill(sure, Double.NEGATIVE_INFINITY);
            sure[(ids[ids.length - 1] + 1) % 5] = 0;
            return sure;
        });
        Evidence.of("the prophet's",
                new Perplexity().of(counting, List.of(ScoredText.of(3, 4, 0, 1, 2, 3), ScoredText.of(1, 2))).perplexity(), exactly(1));
        var wrong = new Perplexity().of(counting, List.of(ScoredText.of(3, 4, 1)));
        assertThat(wrong.perplexity()).isInfinite();
        assertThat(wrong.evaluation().impossible()).isEqualTo(1);
    }

    private static List<ScoredText> texts(int[][] ids) { return Arrays.stream(ids).map(ScoredText::of).toList(); }

    /** Clause 2: exp of PyTorch's cross_entropy to 1e-6, and nltk.lm's perplexity to 1e-9. */
    @Acceptance(topic = TOPIC, clause = 2)
    @Test void equalsPyTorchsCrossEntropyAndNltk() {
        double[][] table = new Recipe(151).matrix(121, 11);
        var net = new CausalLanguageModel(x -> {
            int rows = (int) x.size(0), length = (int) x.size(1);
            int[] ids = x.toIntArray();
            var z = new float[rows * length * 11];
            for (int i = 0; i < ids.length; i++) {
                int row = i % length == 0 ? ids[i] : ids[i - 1] * 11 + ids[i];
                for (int j = 0; j < 11; j++) z[i * 11 + j] = (float) (3 * table[row][j]);
            }
            return Tensor.of(z, rows, length, 11);
        }, 11, -1, -1);
        var torch = GOLDEN.named("torch");
        var scored = texts(torch.intMatrix("input.texts"));
        double expected = torch.number("expected.perplexity");
        Evidence.of("relative gap to PyTorch", Math.abs(new Perplexity().of(net, scored).perplexity() / expected - 1), atMost(1e-6));
        Evidence.of("the same of an incremental model",
                Math.abs(new Perplexity().of(new SteppedLM(net), scored).perplexity() / expected - 1), atMost(1e-6));

        double worst = 0;
        for (int order : new int[] {2, 3}) {
            var golden = GOLDEN.named("order" + order);
            var train = Arrays.stream(golden.intMatrix("input.train")).map(s -> padded(s, order)).toList();
            var held = texts(Arrays.stream(golden.intMatrix("input.heldOut"))
                    .map(s -> Arrays.copyOfRange(padded(s, order), order - 1, s.length + 2 * (order - 1))).toArray(int[][]::new));
            var kinds = List.of("laplace", "lidstone", "absolute");
            var smoothings = List.of(new NGramSmoothing.AddK(1), new NGramSmoothing.AddK(0.3),
                    new NGramSmoothing.AbsoluteDiscount(0.75, true));
            for (int k = 0; k < 3; k++) {
                var counted = new NGramEstimator(order, 13).withSmoothing(smoothings.get(k)).withUniformBase(false).fit(train);
                var marked = model(13, 9, ids -> counted.after(padded(ids, order)).logProbabilities());
                // what the table reads begins with order - 1 marks; those that padded() puts behind are cut off
                var front = model(13, 9,
                        ids -> counted.after(Arrays.copyOf(padded(ids, order), ids.length + order - 1)).logProbabilities());
                double nltk = golden.number("expected." + kinds.get(k));
                worst = Math.max(worst, Math.abs(new Perplexity().of(front, held).perplexity() / nltk - 1));
                assertThat(new Perplexity().of(marked, held).perplexity()).isNotEqualTo(nltk);
            }
        }
        Evidence.of("relative gap to nltk's perplexity of six models", worst, atMost(1e-9));
    }

    private static int[] padded(int[] ids, int order) {
        var all = new int[ids.length + 2 * (order - 1)];
        Arrays.fill(all, 0, order - 1, 9);
        System.arraycopy(ids, 0, all, order - 1, ids.length);
        Arrays.fill(all, order - 1 + ids.length, all.length, 10);
        return all;
    }

    /** Clause 3: a stride of 1 is full-window scoring by definition, and no worse than windows side by side. */
    @Acceptance(topic = TOPIC, clause = 3)
    @Test void aStrideOfOneIsFullWindowScoring() {
        var model = TinyBible.trained(32, 160, 3);
        int[] letters = TinyBible.letters(Corpora.kingJames(), 1_000_000, 1200);
        var texts = List.of(ScoredText.of(Arrays.copyOf(letters, 200)), ScoredText.of(Arrays.copyOfRange(letters, 200, 217)),
                ScoredText.of(Arrays.copyOfRange(letters, 217, 1200)));
        double sum = 0;
        int count = 0;
        for (var text : texts) for (int t = 1; t < text.ids().length; t++, count++) sum -= brute(model, text.ids(), t, 16);
        double sliding = Perplexity.sliding(16, 1).of(model, texts).perplexity(),
                blocks = Perplexity.sliding(16, 16).of(model, texts).perplexity();
        Evidence.of("relative gap to brute force", Math.abs(sliding / Math.exp(sum / count) - 1), atMost(1e-5));
        Evidence.of("stride 1 less windows side by side", sliding - blocks, atMost(0));
        Evidence.of("trained: less than half of the 128 letters", sliding, atMost(64));
        var half = Perplexity.sliding(16, 8).of(model, texts);
        assertThat(half.evaluation().tokens()).isEqualTo(count);
        assertThat(half.perplexity()).isBetween(sliding * 0.99, blocks * 1.01).isNotEqualTo(blocks);
        assertThatThrownBy(() -> new Perplexity().of(model, texts)).hasMessageContaining("document 0 asks for 199 positions")
                .hasMessageContaining("sliding(64");
    }

    /** log p of id t given at most {@code window} ids before it, those alone having been read. */
    private static double brute(DecoderLM model, int[] ids, int t, int window) {
        var read = Arrays.copyOfRange(ids, Math.max(0, t - window), t);
        var z = Autograd.noGrad(() -> model.logits(Tensor.of(read, 1, read.length), Pass.inference())).select(1, read.length - 1).get(0)
                .to(DType.F64);
        return z.get(ids[t]).item() - Math.log(z.exp().sum().item());
    }

    private static int[] letters(String text) { return text.chars().map(c -> c < 127 ? c : ' ').toArray(); }

    private static NGramLanguageModel trigrams(List<String> texts) {
        return new NGramEstimator(3, 128).withMarks(127, -1).withSmoothing(new NGramSmoothing.WittenBell())
                .fit(texts.stream().map(PerplexityTest::letters).toList());
    }

    /** Two letters as one token, of the same probability: {@code p(ab) = p(a) p(b | a)}. */
    private record Pairs(LanguageModel letters, State read) implements LanguageModel, LanguageModel.State {
        static int[] ids(String text) {
            int[] one = PerplexityTest.letters(text);
            return IntStream.range(0, one.length / 2).map(i -> one[2 * i] * 128 + one[2 * i + 1]).toArray();
        }

        @Override public int vocabulary() { return 128 * 128; }

        @Override public int startMark() { return 127 * 128 + 127; }

        @Override public int endMark() { return -1; }

        @Override public State start() { return new Pairs(letters, letters.start()); }

        @Override public double[] logProbabilities() {
            return IntStream.range(0, vocabulary()).mapToDouble(this::logProbability).toArray();
        }

        @Override public double logProbability(int id) {
            return read.logProbability(id / 128) + read.next(id / 128).logProbability(id % 128);
        }

        @Override public State next(int id) { return new Pairs(letters, read.next(id / 128).next(id % 128)); }

        @Override public double[] logProbabilities(int... ids) {
            var terms = new double[ids.length];
            State state = start();
            for (int t = 0; t < ids.length; state = state.next(ids[t++])) terms[t] = state.logProbability(ids[t]);
            return terms;
        }
    }

    private static final List<String> CHAPTERS = Corpora.kingJames().stream().map(d -> d.text()).toList();

    /** Clause 4: bits per byte do not change with an exact tokenisation, the perplexity of a token does. */
    @Acceptance(topic = TOPIC, clause = 4)
    @Test void bitsPerByteDoNotDependOnTheTokenisation() {
        var model = trigrams(CHAPTERS.subList(0, 20));
        var held = CHAPTERS.subList(500, 510).stream().map(t -> t.substring(0, Math.min(400, t.length() / 2 * 2))).toList();
        var single = new Perplexity().of(model, held.stream().map(t -> ScoredText.of(t, "", PerplexityTest::letters)).toList());
        var pairs = new Perplexity().of(new Pairs(model, null), held.stream().map(t -> ScoredText.of(t, "", Pairs::ids)).toList());
        Evidence.of("bits per byte, gap", Math.abs(single.bitsPerByte() - pairs.bitsPerByte()), atMost(1e-9));
        Evidence.of("perplexity of a pair over that of a letter", pairs.perplexity() / single.perplexity(), atLeast(1.5));
        Evidence.of("bits per byte by the definition, gap",
                Math.abs(single.bitsPerByte() + held.stream().mapToDouble(t -> model.score(letters(t))).sum() / Math.log(2)
                        / held.stream().mapToInt(String::length).sum()),
                atMost(1e-9));
        assertThat(pairs.perWord()).isCloseTo(single.perWord(), within(1e-6 * single.perWord()));
        assertThat(pairs.perCharacter()).isCloseTo(single.perCharacter(), within(1e-9)).isCloseTo(single.perplexity(), within(1e-9));
    }

    /** Clause 5: the interval by documents holds the value of the full set in 92 to 98 of a hundred samples. */
    @Acceptance(topic = TOPIC, clause = 5)
    @Test void theDocumentIntervalCoversTheFullSet() {
        var model = trigrams(CHAPTERS.subList(0, 20));
        var texts = new ArrayList<ScoredText>();
        for (int i = 0; i < CHAPTERS.size(); i++)
            texts.add(ScoredText.of(CHAPTERS.get(i).substring(0, Math.min(CHAPTERS.get(i).length(), 40 + i * 37 % 160)), "",
                    PerplexityTest::letters));
        var full = new Perplexity().of(model, texts);
        int covered = 0;
        for (int s = 0; s < 1000; s++) {
            var rng = Rng.of(s);
            var sample = full.at(rng.ints(200, 0, texts.size()).toArray());
            if (sample.interval(0.95, 200, rng.split(1)).contains(full.perplexity())) covered++;
        }
        Evidence.of("documents in the full set", texts.size(), atLeast(1000));
        Evidence.of("share of 1,000 intervals that hold the full set's value", covered / 1000.0, between(0.92, 0.98));
    }

    @Test void modelsAreComparedInPairsAndByDomain() {
        LanguageModel good = trigrams(CHAPTERS.subList(0, 40)), poor = new NGramEstimator(1, 128).withMarks(127, -1)
                .withSmoothing(new NGramSmoothing.AddK(1)).fit(CHAPTERS.subList(0, 10).stream().map(PerplexityTest::letters).toList());
        var texts = IntStream.range(0, 30)
                .mapToObj(
                        i -> ScoredText.of(CHAPTERS.get(i * 35 + 100).substring(0, 100), i < 10 ? "law" : "rest", PerplexityTest::letters))
                .toList();
        PerplexityReport a = new Perplexity().of(good, texts), b = new Perplexity().of(poor, texts);
        var difference = a.comparedTo(b, 0.95, 500, Rng.of(1));
        assertThat(difference.bits()).isCloseTo(a.bitsPerByte() - b.bitsPerByte(), within(1e-12)).isNegative();
        assertThat(difference.differ()).isTrue();
        assertThat(a.comparedTo(a, 0.95, 100, Rng.of(1)).differ()).isFalse();
        var domains = a.byDomain();
        assertThat(domains.keySet()).containsExactly("law", "rest");
        double nats = domains.values().stream().mapToDouble(r -> r.evaluation().logLikelihood()).sum();
        assertThat(nats).isCloseTo(a.evaluation().logLikelihood(), within(1e-9));
        assertThat(a.surprisals(3)).hasSize(100);
        assertThatThrownBy(() -> a.comparedTo(b.at(1, 2), 0.95, 100, Rng.of(1))).hasMessageContaining("same documents");
        assertThat(new Perplexity().of(good, texts).perplexity())
                .isCloseTo(good.evaluate(texts.stream().map(ScoredText::ids).toList()).perplexity(), within(1e-9));
        Progress stopped = Progress.SILENT.stoppedBy(() -> true);
        assertThatThrownBy(() -> new Perplexity().of(good, texts, stopped)).isInstanceOf(CancelledException.class);
    }

    @Test void pseudoPerplexityHidesEachTokenAlone() {
        var even = new MaskedLanguageModel(x -> Tensor.zeros(x.size(0), x.size(1), 7), 7, 6, 4);
        var report = Perplexity.pseudo(even, List.of(ScoredText.of(0, 1, 2, 0), ScoredText.of(0, 3, 0)), id -> id == 0);
        assertThat(report.evaluation().tokens()).isEqualTo(3);
        assertThat(report.perplexity()).isCloseTo(7, within(1e-9));
    }

    @Test void badProtocolsAndTextsAreNamed() {
        assertThatThrownBy(() -> Perplexity.sliding(4, 5)).hasMessageContaining("1 <= stride <= window");
        assertThatThrownBy(() -> new Perplexity().of(model(2, -1, _ -> new double[2]), List.of(ScoredText.of(1))))
                .hasMessageContaining("no token");
        assertThat(new ScoredText(new int[1], "", 0, 0, 0).bytes()).isZero();
        var text = ScoredText.of("Two  wörds ", "d", s -> new int[] {1, 2});
        assertThat(new long[] {text.words(), text.characters(), text.bytes()}).containsExactly(2, 11, 12);
    }
}
