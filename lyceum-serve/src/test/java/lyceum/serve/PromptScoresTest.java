package lyceum.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.LyceumException;
import lyceum.autograd.Autograd;
import lyceum.llm.generate.CausalGenerator;
import lyceum.random.Rng;
import lyceum.serve.schedule.SchedulerOptions;
import org.junit.jupiter.api.Test;

class PromptScoresTest {
    /** In chunks, beside other texts, with a beginning that is known already, and with memory that others take away. */
    @Test void promptsAreScoredByTheEngineAsByOnePass() {
        var model = Tiny.llama(96);
        var scheduler = new SchedulerOptions().withMaxRunning(12).withTokenBudget(24).withChunk(7);
        try (var engine = new Engine(model, null, new EngineOptions().withScheduler(scheduler).withBlocks(40).withBlockSize(4))) {
            var prompts = new ArrayList<int[]>();
            for (int i = 0; i < 6; i++) prompts.add(Tiny.prompt(i == 0 ? 1 : 20 + 13 * i, Rng.of(i)));
            engine.submit(prompts.stream().map(p -> Request.greedy(p, 3)).toList()).forEach(Reply::get); // beginnings are kept
            var requests = new ArrayList<Request>();
            for (int i = 0; i < prompts.size(); i++) {
                requests.add(Request.greedy(prompts.get(i), 9).withScored(true).withLikeliest(i % 3));
                requests.add(Request.greedy(Tiny.prompt(5 + i, Rng.of(50 + i)), 60));
            }
            var replies = engine.submit(requests);
            var scorer = new CausalGenerator(model);
            for (int i = 0; i < prompts.size(); i++) {
                int[] prompt = prompts.get(i);
                var scores = replies.get(2 * i).promptScores();
                double[] expected = scorer.scores(Arrays.copyOf(prompt, 1), Arrays.copyOfRange(prompt, 1, prompt.length));
                assertThat(scores.logProbabilities()).containsExactly(expected, within(1e-4));
                for (int at = 0; at < expected.length; at++) {
                    var likeliest = scores.likeliest().get(at);
                    assertThat(likeliest).hasSize(i % 3);
                    if (i % 3 > 0) assertThat(likeliest.getFirst().logProbability()).isGreaterThan(expected[at] - 1e-4);
                }
            }
            for (int i = 0; i < requests.size(); i++)
                assertThat(replies.get(i).get().ids()).isEqualTo(Tiny.solo(model, requests.get(i)).ids());
            assertThatThrownBy(() -> replies.get(1).promptScores()).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("withScored");
            var metrics = engine.metrics();
            assertThat(metrics.preemptions()).isPositive();
            assertThat(metrics.freeBlocks() + metrics.keptBlocks()).isEqualTo(metrics.blocks());
        }
    }

    @Test void aPromptThatTheModelBreaksOnFailsAlone() {
        var model = Tiny.llama(64);
        Autograd.noGrad(() -> model.embedding().weight().narrow(0, 7, 1).fill_(Double.NaN));
        try (var engine = new Engine(model, null, new EngineOptions().withBlocks(40))) {
            var broken = engine.submit(Request.greedy(new int[] {1, 7, 2, 3}, 5).withScored(true));
            assertThatThrownBy(broken::promptScores).isInstanceOf(LyceumException.class).hasMessageContaining("NaN")
                    .hasMessageContaining("is that of embed");
            assertThat(engine.submit(Request.greedy(new int[] {1, 2, 3}, 5).withScored(true)).promptScores().logProbabilities()).hasSize(2);
            assertThat(engine.metrics().failed()).isEqualTo(1);
        }
    }
}
