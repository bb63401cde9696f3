package lyceum.text.lm;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.optim.Clip;
import lyceum.optim.Schedule;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.text.lm.NGramSmoothing.AddK;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NeuralLanguageModelTest {
    private static final String TOPIC = "neural-language-model";

    private static List<NeuralLanguageModelConfig> kinds(int vocabulary) {
        return List.of(NeuralLanguageModelConfig.window(vocabulary), NeuralLanguageModelConfig.rnn(vocabulary).withLayers(2),
                NeuralLanguageModelConfig.lstm(vocabulary).withUnits(32).withTied(true).withDropout(0.1),
                NeuralLanguageModelConfig.transformer(vocabulary).withLayers(2).withTied(true));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void conditionalsAddUpToOne() {
        double worst = 0, apart = 0;
        int states = 0;
        for (var config : kinds(60)) {
            var rng = Rng.of(states);
            var model = new NeuralLanguageModel(config, rng);
            for (int i = 0; i < 50; i++, states++) {
                var ids = new int[i % 12];
                var state = model.start();
                double sum = 0;
                for (int t = 0; t < ids.length; t++) {
                    ids[t] = 1 + rng.nextInt(59);
                    sum += state.logProbability(ids[t]);
                    state = state.next(ids[t]);
                }
                worst = Math.max(worst, Math.abs(1 - Arrays.stream(state.logProbabilities()).map(Math::exp).sum()));
                apart = Math.max(apart, Math.abs(sum - model.score(ids)));
            }
        }
        Evidence.of("histories of four kinds", states, exactly(200));
        Evidence.of("largest |sum - 1|", worst, atMost(1e-6));
        Evidence.of("carried state less whole sequence, nats", apart, atMost(1e-4));
    }

    private static final int GROUPS = 10, WORDS = 10, VOCABULARY = 2 + 2 * GROUPS * WORDS;

    private static int first(int group, int word) { return 2 + group * WORDS + word; }

    private static int second(int group, int word) { return 2 + (GROUPS + group) * WORDS + word; }

    /** Two of each ten, in no order that a network could learn. */
    private static boolean isHeldOut(int group, int a, int b) {
        int[] order = Rng.of(7).split(group).permutation(WORDS);
        return (order[a] + b) % 5 == 0;
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void pairsNeverSeenAreForetoldByTheirClassesAndByNothingElse() {
        var rng = Rng.of(1);
        var texts = new ArrayList<int[]>();
        while (texts.size() < 10_000) {
            int group = rng.nextInt(GROUPS), a = rng.nextInt(WORDS), b = rng.nextInt(WORDS);
            if (!isHeldOut(group, a, b)) texts.add(new int[] {first(group, a), second(group, b)});
        }
        var kneserNey = new NGramEstimator(2, VOCABULARY).withMarks(0, 1).fit(texts);
        var model = new NeuralLanguageModel(NeuralLanguageModelConfig.lstm(VOCABULARY).withWidth(10).withUnits(20), Rng.of(2));
        model.fit(texts, List.of(), new Trainer(new Adam(0.03), 5).withBatchSize(64).withSchedule(new Schedule.Cosine(785)), Rng.of(3),
                Progress.SILENT);
        double least = Double.POSITIVE_INFINITY, most = 0;
        int consistent = 0, violating = 0;
        for (int g = 0; g < GROUPS; g++) {
            for (int a = 0; a < WORDS; a++) {
                double[] own = model.start().next(first(g, a)).logProbabilities(),
                        counted = kneserNey.start().next(first(g, a)).logProbabilities();
                for (int h = 0; h < GROUPS; h++) {
                    for (int b = 0; b < WORDS; b++) {
                        double ratio = Math.exp(own[second(h, b)] - counted[second(h, b)]);
                        if (g != h) {
                            most = Math.max(most, ratio);
                            violating++;
                        } else if (isHeldOut(g, a, b)) {
                            least = Math.min(least, ratio);
                            consistent++;
                        }
                    }
                }
            }
        }
        Evidence.of("pairs held out", consistent, exactly(GROUPS * WORDS * WORDS / 5));
        Evidence.of("least ratio to Kneser-Ney of a pair of classes that go together", least, atLeast(10));
        Evidence.of("pairs of classes that never do", violating, exactly(GROUPS * (GROUPS - 1) * WORDS * WORDS));
        Evidence.of("largest ratio of one", most, below(10));
    }

    /** 2,000 words of every sixth verse: of ten verses eight to learn from, one to choose by, one to judge by. */
    private static CommonWords bible;
    private static List<int[]> validation, test;
    private static NeuralLanguageModel lstm;

    private static void trained() {
        if (lstm != null) return;
        List<String> train = new ArrayList<>(), rest = new ArrayList<>();
        var lines = Verses.lines();
        for (int i = 0; i < lines.size() / 6; i++) (i % 10 < 8 ? train : rest).add(lines.get(6 * i));
        bible = CommonWords.of(train, rest, 2000);
        validation = IntStream.range(0, rest.size() / 2).mapToObj(i -> bible.heldOut().get(2 * i)).toList();
        test = IntStream.range(0, rest.size() / 2).mapToObj(i -> bible.heldOut().get(2 * i + 1)).toList();
        var model = new NeuralLanguageModel(NeuralLanguageModelConfig.lstm(2000).withWidth(32).withUnits(40).withCut(30), Rng.of(1));
        model.fit(bible.train(), List.of(), new Trainer(new Adam(1.5e-2), 1).withBatchSize(24).withClip(Clip.norm(1)), Rng.of(2),
                Progress.SILENT);
        lstm = model;
    }

    @Tag("slow")
    @Acceptance(topic = TOPIC, clause = 3)
    @Test void secondsOfTrainingBeatTheLaplaceBigramOnTheKingJamesBible() {
        trained();
        List<String> lines = Verses.lines(), all = new ArrayList<>(); // of which the network saw an eighth, in seconds
        for (int i = 0; i < lines.size(); i++) if (i % 6 != 0 || i / 6 % 10 < 8) all.add(lines.get(i));
        var laplace = new NGramEstimator(2, 2000).withMarks(0, 1).withSmoothing(new AddK(1)).fit(bible.ids(all));
        double own = lstm.evaluate(test).perplexity(), counted = laplace.evaluate(test).perplexity();
        Evidence.of("perplexity over the Laplace bigram's " + counted, own / counted, below(1));
    }

    @Tag("slow")
    @Acceptance(topic = TOPIC, clause = 4)
    @Test void theFittedMixtureBeatsBoth() {
        trained();
        var kneserNey = new NGramEstimator(3, 2000).withMarks(0, 1).fit(bible.train());
        var mixture = MixtureLanguageModel.fitted(validation, lstm, kneserNey);
        double own = lstm.evaluate(test).perplexity(), counted = kneserNey.evaluate(test).perplexity(),
                mixed = mixture.evaluate(test).perplexity();
        Evidence.of("perplexity over the network's " + own, mixed / own, below(1));
        Evidence.of("perplexity over Kneser-Ney's " + counted, mixed / counted, below(1));
    }

    @Test void everyKindLearnsSavesAndForgetsNothing(@TempDir Path folder) throws Exception {
        var texts = new ArrayList<int[]>();
        for (int i = 0; i < 32; i++) {
            int word = 2 + i % 4; // and then its partner, in turns
            texts.add(IntStream.range(0, 11).map(t -> t % 2 == 0 ? word : word + 4).toArray());
        }
        for (var config : kinds(10)) {
            var cut = config.withCut(7);
            var model = new NeuralLanguageModel(cut, Rng.of(1));
            double before = model.evaluate(texts).perplexity();
            var history = model.fit(texts, texts, new Trainer(new Adam(2e-2), 8).withBatchSize(8), Rng.of(2), Progress.SILENT);
            assertThat(history.epochs()).hasSize(8);
            assertThat(history.epochs().getLast().validation()).isEqualTo(Math.log(model.evaluate(texts).perplexity()), within(1e-9));
            assertThat(model.evaluate(texts).perplexity()).as(config.kind().toString()).isLessThan(0.5 * before);
            model.save(folder.resolve("model"));
            var again = new NeuralLanguageModel(cut, Rng.of(9));
            again.load(folder.resolve("model"));
            assertThat(again.score(3, 7, 3)).isEqualTo(model.score(3, 7, 3));
            assertThat(model.forward(Tensor.of(new int[] {0, 3, 7}, 1, 3), Pass.inference()).shape().toArray()).containsExactly(1, 3, 10);
            assertThatThrownBy(
                    () -> model.fit(texts, List.of(), new Trainer(new Adam(1e-2), 1), Rng.of(2), Progress.SILENT.stoppedBy(() -> true)))
                    .isInstanceOf(CancelledException.class);
        }
        var lstm = NeuralLanguageModelConfig.lstm(10);
        assertThatThrownBy(() -> lstm.withTied(true)).hasMessageContaining("both agree");
        assertThatThrownBy(() -> lstm.withStartMark(-1)).hasMessageContaining("start mark");
        assertThatThrownBy(() -> lstm.withDropout(1)).hasMessageContaining("dropout is 1.0");
        assertThatThrownBy(() -> NeuralLanguageModelConfig.transformer(10).withHeads(3)).hasMessageContaining("even parts");
        assertThatThrownBy(() -> NeuralLanguageModelConfig.window(10).withOrder(1)).hasMessageContaining("order 1");
    }
}
