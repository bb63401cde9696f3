package lyceum.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Temperature;
import lyceum.tensor.Tensor;
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
        assertThat(DecoderLM.skeleton(DecoderConfig.llama(32_000, 4096, 32, 4096, 32, 32, 11_008)).parameterCount()).isEqualTo(6_738_415_616L);
    }

    @ParameterizedTest @MethodSource("families") void decodingGivesTheLogitsOfTheWholeSequence(DecoderConfig config) {
        var model = new DecoderLM(config, Rng.of(1));
        var ids = Tensor.randint(Rng.of(2), 0, 40, 3, 12);
        var whole = model.logits(ids, Pass.inference());
        var decoding = model.begin();
        near(decoding.all(ids.narrow(1, 0, 5)), whole.narrow(1, 0, 5));
        for (int t = 5; t < 12; t++) near(decoding.next(ids.narrow(1, t, 1)), whole.select(1, t));
        decoding.truncate(7);
        near(decoding.fork(2, 0).next(ids.rows(2, 0).narrow(1, 7, 2)), whole.rows(2, 0).select(1, 8));
    }

    @ParameterizedTest @MethodSource("families") void promptsOfUnequalLengthsAreReadAsEachAlone(DecoderConfig config) {
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

    private static void near(Tensor got, Tensor expected) {
        assertThat(got.shape()).isEqualTo(expected.shape());
        assertThat(got.sub(expected).abs().max().item()).isLessThan(1e-5);
    }
}
