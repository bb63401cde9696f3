package lyceum.text.lm;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import lyceum.text.vector.EmbeddingTable.Neighbour;
import lyceum.train.Regularizer;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NeuralProbabilisticLanguageModelTest {
    private static final String TOPIC = "neural-probabilistic-lm";

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void logitsAreThoseOfPyTorch() {
        var gap = Gap.absolute();
        for (var c : Golden.load("golden/neural-probabilistic-lm.json").cases("model")) {
            int n = c.integer("input.order"), v = c.integer("input.vocabulary"), m = c.integer("input.width"),
                    h = c.integer("input.hidden");
            boolean direct = c.flag("input.direct");
            var model = new NeuralProbabilisticLanguageModel(
                    new NeuralProbabilisticConfig(n, v).withWidth(m).withDirect(direct).withHidden(h).withDtype(DType.F64), Rng.of(1));
            var r = new Recipe(c.integer("input.seed"));
            int x = (n - 1) * m;
            var given = new LinkedHashMap<String, Tensor>();
            given.put("vectors.weight", Tensor.of(r.bells(v * m), v, m));
            if (h > 0) {
                given.put("hidden.weight", Tensor.of(r.bells(h * x), h, x));
                given.put("hidden.bias", Tensor.of(r.bells(h), h));
                given.put("output.weight", Tensor.of(r.bells(v * h), v, h));
            }
            given.put(h > 0 ? "output.bias" : "direct.bias", Tensor.of(r.bells(v), v));
            if (direct) given.put("direct.weight", Tensor.of(r.bells(v * x), v, x));
            model.load(given);
            int[] contexts = r.belows(v, 12 * (n - 1));
            gap.see(c, "expected.logits", model.forward(Tensor.of(contexts, 12, n - 1)).flatten().toDoubleArray());
        }
        Evidence.of("logits compared", gap.seen(), exactly(12 * (5 + 11 + 23 + 17 + 9)));
        Evidence.of("largest gap", gap, atMost(1e-6));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void conditionalsAddUpToOne() {
        double worst = 0, apart = 0;
        int states = 0;
        for (var config : List.of(new NeuralProbabilisticConfig(2, 40), new NeuralProbabilisticConfig(4, 300).withDirect(true),
                new NeuralProbabilisticConfig(6, 90).withDirect(true).withHidden(0),
                new NeuralProbabilisticConfig(3, 12).withEndMark(-1))) {
            var rng = Rng.of(states);
            var model = new NeuralProbabilisticLanguageModel(config, rng);
            Autograd.noGrad(() -> model.vectors().weight().copy_(Tensor.randn(rng, DType.F32, config.vocabulary(), config.width()).mul(4)));
            for (int i = 0; i < 50; i++) {
                var ids = new int[i % 9];
                var state = model.start();
                double sum = 0;
                for (int t = 0; t < ids.length; t++) {
                    ids[t] = 1 + rng.nextInt(config.vocabulary() - 1);
                    sum += state.logProbability(ids[t]);
                    state = state.next(ids[t]);
                }
                double[] logs = state.logProbabilities();
                assertThat(logs).hasSize(config.vocabulary());
                worst = Math.max(worst, Math.abs(1 - Arrays.stream(logs).map(Math::exp).sum()));
                apart = Math.max(apart, Math.abs(sum - model.score(ids)));
                assertThat(logs[0]).isEqualTo(Double.NEGATIVE_INFINITY);
                states++;
            }
        }
        Evidence.of("histories", states, exactly(200));
        Evidence.of("largest |sum - 1|", worst, atMost(1e-6));
        Evidence.of("carried state less whole sequence, nats", apart, atMost(1e-4));
    }

    /**
     * Six classes of 12 words, sentences of five words by one of six class patterns; of all pairs of words that patterns allow, a quarter is withheld.
     */
    record ClassLanguage(List<int[]> train, List<int[]> withheld) {
        static final int CLASSES = 6, WORDS = 12, VOCABULARY = 2 + CLASSES * WORDS;
        static final int[][] PATTERNS = {{0, 1, 2, 0, 1}, {3, 0, 1, 4, 5}, {1, 2, 3, 4, 0}, {5, 3, 1, 2, 0}, {2, 4, 5, 3, 1},
                {4, 0, 5, 1, 3}};

        static ClassLanguage draw(int sentences, int others, Rng rng) {
            List<int[]> train = new ArrayList<>(), withheld = new ArrayList<>();
            while (train.size() < sentences) train.add(sentence(rng, false));
            while (withheld.size() < others) withheld.add(sentence(rng, true));
            return new ClassLanguage(train, withheld);
        }

        static boolean isWithheld(int a, int b) { return (5 * a + 3 * b) % 4 == 0; }

        private static int[] sentence(Rng rng, boolean withheld) {
            int[] pattern = PATTERNS[rng.nextInt(PATTERNS.length)], ids = new int[pattern.length];
            for (int t = 0; t < ids.length; t++)
                do ids[t] = 2 + pattern[t] * WORDS + rng.nextInt(WORDS); while (t > 0 && isWithheld(ids[t - 1], ids[t]) != withheld);
            return ids;
        }
    }

    static NGramLanguageModel trigram(List<int[]> texts, int vocabulary) {
        return new NGramEstimator(3, vocabulary).withMarks(0, 1).fit(texts);
    }

    private static Trainer trainer(int epochs, double decay) {
        return new Trainer(new Adam(5e-3), epochs).withBatchSize(128).withRegularizer(Regularizer.l2(decay).on("*.weight"));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void combinationsNeverSeenAreForetoldByClass() {
        var language = ClassLanguage.draw(2000, 300, Rng.of(3));
        var model = new NeuralProbabilisticLanguageModel(
                new NeuralProbabilisticConfig(3, ClassLanguage.VOCABULARY).withWidth(8).withHidden(24), Rng.of(1));
        model.fit(language.train, List.of(), trainer(3, 1e-5), Rng.of(2), Progress.SILENT);
        var kneserNey = trigram(language.train, ClassLanguage.VOCABULARY);
        double own = model.evaluate(language.withheld).perplexity(), counted = kneserNey.evaluate(language.withheld).perplexity();
        Evidence.of("perplexity of withheld combinations over that of the Kneser-Ney trigram, " + counted, own / counted, atMost(0.7));
        var words = new ArrayList<>(List.of("<s>", "</s>"));
        for (int i = 2; i < ClassLanguage.VOCABULARY; i++) words.add((i - 2) / ClassLanguage.WORDS + "." + i);
        long like = model.table(words).nearest("0.2", 5).stream().map(Neighbour::name).filter(n -> n.startsWith("0.")).count();
        assertThat(like).isGreaterThanOrEqualTo(4);
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void halfAndHalfBeatsTheTrigramOnBrown() {
        var news = CommonWords.brownNews(2000);
        var model = new NeuralProbabilisticLanguageModel(new NeuralProbabilisticConfig(4, 2000).withWidth(30).withHidden(40), Rng.of(1));
        model.fit(news.train(), List.of(), trainer(1, 1e-6), Rng.of(2), Progress.SILENT);
        var trigram = trigram(news.train(), 2000);
        double counted = trigram.evaluate(news.heldOut()).perplexity(),
                mixed = MixtureLanguageModel.evenly(model, trigram).evaluate(news.heldOut()).perplexity();
        Evidence.of("perplexity, half and half over the trigram's " + counted, mixed / counted, below(1));
    }

    @Test void weightDecaySavingCancellingAndRefusals(@TempDir Path folder) throws Exception {
        var texts = ClassLanguage.draw(100, 1, Rng.of(4)).train;
        var config = new NeuralProbabilisticConfig(3, ClassLanguage.VOCABULARY).withWidth(4).withHidden(6);
        var norms = new ArrayList<Double>();
        for (double decay : new double[] {0, 1e-2}) {
            var model = new NeuralProbabilisticLanguageModel(config, Rng.of(1));
            var history = model.fit(texts, texts, trainer(2, decay), Rng.of(2), Progress.SILENT);
            assertThat(history.epochs()).hasSize(2);
            norms.add(model.vectors().weight().square().sum().item());
            model.save(folder.resolve("model"));
            var again = new NeuralProbabilisticLanguageModel(config, Rng.of(9));
            again.load(folder.resolve("model"));
            assertThat(again.score(texts.getFirst())).isEqualTo(model.score(texts.getFirst()));
        }
        assertThat(norms.get(1)).isLessThan(0.8 * norms.get(0));
        var model = new NeuralProbabilisticLanguageModel(config, Rng.of(1));
        assertThatThrownBy(() -> model.fit(texts, List.of(), trainer(2, 0), Rng.of(2), Progress.SILENT.stoppedBy(() -> true)))
                .isInstanceOf(CancelledException.class);
        assertThatThrownBy(() -> model.fit(List.of(), List.of(), trainer(1, 0), Rng.of(2), Progress.SILENT))
                .hasMessageContaining("no token");
        assertThatThrownBy(() -> model.forward(Tensor.of(new int[] {1, 2, 3}, 1, 3), Pass.inference()))
                .hasMessageContaining("2 ids before");
        assertThatThrownBy(() -> config.withOrder(1)).hasMessageContaining("order is 1");
        assertThatThrownBy(() -> config.withHidden(0)).hasMessageContaining("direct connections");
        assertThatThrownBy(() -> config.withStartMark(-1)).hasMessageContaining("start mark");
        assertThatThrownBy(() -> config.withDtype(DType.I32)).hasMessageContaining("F32 or F64");
    }

    @Test void mixturesFindTheirWeights() {
        var language = ClassLanguage.draw(400, 100, Rng.of(5));
        var estimator = new NGramEstimator(2, ClassLanguage.VOCABULARY).withMarks(0, 1);
        LanguageModel bigram = estimator.fit(language.train.subList(0, 300)), unigram = estimator.withOrder(1).fit(language.train);
        var validation = new ArrayList<>(language.train.subList(300, 400));
        validation.addAll(language.withheld.subList(0, 50));
        var fitted = MixtureLanguageModel.fitted(validation, bigram, unigram);
        double best = 0, bestAt = 0;
        for (int i = 0; i <= 100; i++) {
            double p = new MixtureLanguageModel(List.of(bigram, unigram), i / 100.0, 1 - i / 100.0).evaluate(validation).perplexity();
            if (i == 0 || p < best) {
                best = p;
                bestAt = i / 100.0;
            }
        }
        assertThat(fitted.weights()[0]).isCloseTo(bestAt, org.assertj.core.data.Offset.offset(0.01));
        assertThat(bestAt).isBetween(0.01, 0.99);
        var state = fitted.start().next(5);
        double sum = 0;
        for (int id = 0; id < ClassLanguage.VOCABULARY; id++) {
            double own = 0;
            for (int m = 0; m < 2; m++) own += fitted.weights()[m] * Math.exp(fitted.models().get(m).start().next(5).logProbability(id));
            assertThat(Math.exp(state.logProbability(id))).isCloseTo(own, org.assertj.core.data.Offset.offset(1e-12));
            sum += own;
        }
        assertThat(sum).isCloseTo(1, org.assertj.core.data.Offset.offset(1e-9));
        assertThatThrownBy(() -> new MixtureLanguageModel(List.of(bigram, unigram), 0.5, 0.6)).hasMessageContaining("add up to 1");
        assertThatThrownBy(() -> new MixtureLanguageModel(List.of(bigram), 0.5, 0.5)).hasMessageContaining("2 weights for 1");
        assertThatThrownBy(() -> MixtureLanguageModel.evenly(bigram, new NGramEstimator(2, 9).withMarks(0, 1).fit(List.of(new int[] {3}))))
                .hasMessageContaining("share vocabulary");
    }
}
