package lyceum.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.nn.Embedding;
import lyceum.nn.Linear;
import lyceum.nn.Lstm;
import lyceum.nn.Pass;
import lyceum.nn.RnnConfig;
import lyceum.nn.SequenceLayout;
import lyceum.random.Rng;
import lyceum.tensor.Temperature;
import lyceum.tensor.Tensor;
import lyceum.text.lm.RecurrentLanguageModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DecoderLMTest {
    static List<DecoderConfig> families() {
        return List.of(DecoderConfig.gpt2(40, 32, 2, 16, 4), DecoderConfig.llama(40, 32, 2, 16, 4, 2, 24),
                DecoderConfig.gpt2(40, 32, 2, 16, 4).withTied(false).withHeadBias(true).withLogitCap(5).withEmbeddingScale(4));
    }

    @Test void skeletonsCountPublishedModels() {
        assertThat(DecoderLM.skeleton(DecoderConfig.gpt2()).parameterCount()).isEqualTo(124_439_808L);
        assertThat(DecoderLM.skeleton(DecoderConfig.llama(32_000, 4096, 32, 4096, 32, 32, 11_008)).parameterCount())
                .isEqualTo(6_738_415_616L);
    }

    @ParameterizedTest
    @MethodSource("families") void decodingGivesTheLogitsOfTheWholeSequence(DecoderConfig config) {
        var model = new DecoderLM(config, Rng.of(1));
        var ids = Tensor.randint(Rng.of(2), 0, 40, 3, 12);
        var whole = model.logits(ids, Pass.inference());
        var decoding = model.begin();
        near(decoding.all(ids.narrow(1, 0, 5)), whole.narrow(1, 0, 5));
        for (int t = 5; t < 12; t++) near(decoding.next(ids.narrow(1, t, 1)), whole.select(1, t));
        decoding.truncate(7);
        near(decoding.fork(2, 0).next(ids.rows(2, 0).narrow(1, 7, 2)), whole.rows(2, 0).select(1, 8));
    }

    @ParameterizedTest
    @MethodSource("families") void promptsOfUnequalLengthsAreReadAsEachAlone(DecoderConfig config) {
        var model = new DecoderLM(config, Rng.of(1));
        int[][] prompts = {{3, 5, 9, 1}, {7}, {2, 2, 30, 39, 0, 12}};
        var together = model.begin();
        var first = together.next(prompts);
        var second = together.next(Tensor.of(new int[] {4, 5, 6}, 3, 1));
        for (int r = 0; r < 3; r++) {
            var alone = model.begin();
            near(first.narrow(0, r, 1), alone.next(prompts[r]));
            near(second.narrow(0, r, 1), alone.next(new int[] {4 + r}));
        }
    }

    @Test void statesAreValues() {
        var model = new DecoderLM(DecoderConfig.llama(40, 32, 2, 16, 4, 2, 24).withStartMark(0).withEndMark(0), Rng.of(1));
        var root = model.start();
        var a = root.next(5);
        var b = a.next(6).next(7);
        var c = a.next(9); // another way on from the same state
        int[] text = {5, 6, 7, 8}, other = {5, 9, 8};
        assertThat(b.logProbability(8)).isCloseTo(model.logProbabilities(text)[3], within(1e-5));
        assertThat(c.logProbability(8)).isCloseTo(model.logProbabilities(other)[2], within(1e-5));
        assertThat(model.score(text)).isCloseTo(model.scores(List.of(other, text))[1], within(1e-5));
        assertThat(model.sample(new int[0], 5, new Temperature(1), Rng.of(3))).hasSizeLessThanOrEqualTo(5);
    }

    @Test void whatDoesNotFitTheContextIsRefused() {
        var model = new DecoderLM(DecoderConfig.llama(40, 8, 1, 16, 4, 2, 24), Rng.of(1));
        assertThatThrownBy(() -> model.logits(Tensor.zeros(DType.I64, 1, 9), Pass.inference())).isInstanceOf(ShapeException.class)
                .hasMessageContaining("9 positions; the context has 8");
        assertThatThrownBy(() -> model.begin().next(new int[] {1}, new int[0])).hasMessageContaining("empty prompt");
    }

    @ParameterizedTest
    @MethodSource("families") void aResizedVocabularyKeepsWhatItKnows(DecoderConfig config) {
        var model = new DecoderLM(config.withDeviation(0.3), Rng.of(1));
        var ids = Tensor.randint(Rng.of(2), 0, 30, 2, 6);
        var before = model.logits(ids, Pass.inference());
        var more = model.resized(43, Rng.of(3));
        near(more.logits(ids, Pass.inference()).narrow(2, 0, 40), before);
        near(model.resized(30, Rng.of(3)).logits(ids, Pass.inference()), before.narrow(2, 0, 30));
        // Ids about the mean of all take log(1 + m / n) at most from the old ones' log-probability, but for what is drawn.
        double taken = before.logSoftmax(-1).sub(more.logits(ids, Pass.inference()).logSoftmax(-1).narrow(2, 0, 40)).max().item();
        assertThat(taken).isBetween(0.0, Math.log(1 + 3 / 40.0) + 0.02);
        assertThat(more.config().vocabulary()).isEqualTo(43);
        assertThat(more.parameters()).hasSameSizeAs(model.parameters());
        assertThatThrownBy(() -> new DecoderLM(config.withEndMark(39), Rng.of(1)).resized(30, Rng.of(1))).hasMessageContaining("39");
    }

    @ParameterizedTest
    @MethodSource("families") void recomputedBlocksGiveTheSameGradients(DecoderConfig config) {
        var dropping = config.eachBlock(b -> b.withDropout(0.2));
        var ids = Tensor.randint(Rng.of(2), 0, 40, 2, 6);
        var model = new DecoderLM(dropping, Rng.of(1));
        var other = new DecoderLM(dropping.withRecomputed(true), Rng.of(1));
        model.loss(ids, Pass.training(Rng.of(5))).backward();
        other.loss(ids, Pass.training(Rng.of(5))).backward();
        var theirs = other.parameters();
        model.parameters().forEach((name, p) -> near(theirs.get(name).grad(), p.grad()));
    }

    @Test void packedRowsMayBeLongerThanTheContextAndASequenceMayNot() {
        var model = new DecoderLM(DecoderConfig.gpt2(40, 8, 1, 16, 4), Rng.of(1));
        var ids = Tensor.randint(Rng.of(2), 0, 40, 1, 14);
        var z = model.logits(ids, SequenceLayout.packed(8, 6), Pass.inference());
        near(z.narrow(1, 8, 6), model.logits(ids.narrow(1, 8, 6), Pass.inference()));
        assertThatThrownBy(() -> model.logits(ids, SequenceLayout.packed(9, 5), Pass.inference()))
                .hasMessageContaining("9 positions; the context has 8");
        assertThatThrownBy(() -> model.logits(ids, SequenceLayout.packed(8, 5), Pass.inference())).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> SequenceLayout.of(Tensor.of(new int[] {1, 0, 1}, 1, 3))).hasMessageContaining("hole at 1");
        assertThat(SequenceLayout.of(Tensor.of(new int[] {0, 1, 1, 1, 1, 0}, 2, 3)).spans()).hasSize(2);
    }

    @Test void aRecurrentModelDecodesForksAndTruncates() {
        var model = new RecurrentLM(new RecurrentLanguageModel(new Embedding(40, 8, Rng.of(1)), new Lstm(new RnnConfig(8, 16), Rng.of(2)),
                new Linear(16, 40, Rng.of(3)), -1, -1));
        var ids = Tensor.randint(Rng.of(2), 0, 40, 3, 9);
        var whole = model.logits(ids, Pass.inference());
        var decoding = model.begin();
        near(decoding.all(ids.narrow(1, 0, 5)), whole.narrow(1, 0, 5));
        near(decoding.next(ids.narrow(1, 5, 4)), whole.select(1, 8));
        decoding.truncate(7);
        near(decoding.fork(2, 0).next(ids.rows(2, 0).narrow(1, 7, 2)), whole.rows(2, 0).select(1, 8));
        int[][] prompts = {{3, 5, 9, 1}, {7}, {2, 2, 30}};
        var together = model.begin();
        var first = together.next(prompts);
        var second = together.next(Tensor.of(new int[] {4, 5, 6}, 3, 1));
        for (int r = 0; r < 3; r++) {
            var alone = model.begin();
            near(first.narrow(0, r, 1), alone.next(prompts[r]));
            near(second.narrow(0, r, 1), alone.next(new int[] {4 + r}));
        }
        assertThatThrownBy(() -> model.logits(ids, SequenceLayout.whole(3, 9).prefixed(3), Pass.inference()))
                .hasMessageContaining("one direction");
    }

    @Test void answersAreScoredAsTheModelScoresThem() {
        var model = new DecoderLM(DecoderConfig.llama(40, 32, 2, 16, 4, 2, 24).withDeviation(0.3), Rng.of(1));
        var task = new PromptedTask(new int[] {9}, new int[] {1}, new int[] {2}, PromptedTask.Scoring.SUM);
        int[] prompt = task.prompt(List.of(new PromptedTask.Example(new int[] {5}, new int[] {6, 7})), new int[] {8});
        assertThat(prompt).containsExactly(9, 5, 1, 6, 7, 2, 8, 1);
        var answers = List.of(new int[] {3}, new int[] {4, 11, 12});
        double[] sums = task.scores(model, prompt, answers);
        assertThat(sums[1]).isCloseTo(model.score(9, 5, 1, 6, 7, 2, 8, 1, 4, 11, 12) - model.score(prompt), within(1e-4));
        assertThat(task.withScoring(PromptedTask.Scoring.MEAN).scores(model, prompt, answers)[1]).isCloseTo(sums[1] / 3, within(1e-9));
        assertThat(task.withScoring(PromptedTask.Scoring.GAIN).scores(model, prompt, answers)[1])
                .isCloseTo(sums[1] - model.score(1, 4, 11, 12), within(1e-4));
        assertThat(task.choose(model, prompt, answers)).isEqualTo(sums[0] >= sums[1] ? 0 : 1);
        assertThatThrownBy(() -> task.scores(model, prompt, List.of(new int[0]))).hasMessageContaining("none is empty");
    }

    private static void near(Tensor got, Tensor expected) {
        assertThat(got.shape()).isEqualTo(expected.shape());
        assertThat(got.sub(expected).abs().max().item()).isLessThan(1e-5);
    }
}
