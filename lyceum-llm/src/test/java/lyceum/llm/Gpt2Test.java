package lyceum.llm;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import lyceum.memory.Scope;
import lyceum.nn.Pass;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.optim.Schedule;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** GPT-2: sizes, first weights, and a task that the training text mentions only in passing. */
class Gpt2Test {

    @Acceptance(topic = "gpt-2", clause = 1)
    @Test void theSmallSizeCountsAndLogitsAreThoseOfPyTorch() throws IOException {
        Evidence.of("GPT-2 small", DecoderLM.skeleton(DecoderConfig.gpt2()).parameterCount(), exactly(124_439_808));
        var family = new TinyFamilies("gpt2"); // Conv1D weights, which lie transposed
        var expected = family.expected();
        var gap = Gap.absolute().see("gpt2", family.model().logits(expected.get("ids"), Pass.inference()).toDoubleArray(),
                expected.get("logits").toDoubleArray());
        Evidence.of("logits against PyTorch on one checkpoint", gap, atMost(1e-4));
        Evidence.of("logits compared", gap.seen(), exactly(2 * 12 * 23));
    }

    @Test void theOtherSizesCountAsPublished() {
        assertThat(DecoderConfig.gpt2Medium().parameterCount()).isEqualTo(354_823_168L);
        assertThat(DecoderConfig.gpt2Large().parameterCount()).isEqualTo(774_030_080L);
        assertThat(DecoderConfig.gpt2Xl().parameterCount()).isEqualTo(1_557_611_200L);
    }

    @Acceptance(topic = "gpt-2", clause = 2)
    @Test void projectionsOntoTheResidualStreamBeginNarrower() {
        int layers = 12;
        var model = new DecoderLM(DecoderConfig.gpt2(50, 16, layers, 192, 6), Rng.of(1));
        double worst = 0, others = 0;
        int residual = 0;
        for (var entry : model.parameters("decoder.layers.*weight").entrySet()) {
            if (entry.getValue().rank() != 2) continue;
            double deviation = entry.getValue().square().mean().sqrt().item();
            boolean writes = entry.getKey().endsWith("attention.o_proj.weight") || entry.getKey().endsWith("mlp.fc2.weight");
            double off = Math.abs(deviation / (writes ? 0.02 / Math.sqrt(2 * layers) : 0.02) - 1);
            if (writes) {
                worst = Math.max(worst, off);
                residual++;
            } else others = Math.max(others, off);
        }
        Evidence.of("relative gap of the deviation of 24 residual projections", worst, atMost(0.02));
        Evidence.of("of the other matrices, to 0.02", others, atMost(0.02));
        Evidence.of("residual projections", residual, exactly(2 * layers));
    }

    private static final String ALPHABET = "abcdefgh";
    private static final int CONTEXT = 64, STEPS = 750;

    /** Chatter about words of three letters; a share of its sentences reverses one. No word of the test occurs in any of those. */
    private static String text(Rng rng, int sentences, boolean passing, List<String> held) {
        var text = new StringBuilder();
        var forbidden = new HashSet<>(held);
        while (sentences > 0) {
            var word = word(rng);
            double kind = rng.nextDouble();
            if (kind < 0.5) {
                if (!passing || forbidden.contains(word)) continue;
                text.append(word).append(" backwards is ").append(new StringBuilder(word).reverse());
            } else if (kind < 0.7) text.append("he said ").append(word).append(" to ").append(word(rng));
            else if (kind < 0.85) text.append("the ").append(word).append(" is a ").append(word(rng));
            else text.append("no ").append(word).append(" backwards");
            text.append(".\n");
            sentences--;
        }
        return text.toString();
    }

    private static String word(Rng rng) {
        var word = new char[3];
        for (int i = 0; i < 3; i++) word[i] = ALPHABET.charAt(rng.nextInt(ALPHABET.length()));
        return new String(word);
    }

    private static DecoderLM trained(String text) {
        var model = new DecoderLM(DecoderConfig.gpt2(128, CONTEXT, 2, 64, 4), Rng.of(1));
        var adam = new AdamW(3e-3).over(model.parameters()).scheduledBy(new Schedule.Cosine(STEPS)).clippedBy(Clip.norm(1));
        var rng = Rng.of(2);
        for (int step = 0; step < STEPS; step++) try (var scope = Scope.open()) {
            var ids = new int[32 * CONTEXT];
            for (int row = 0; row < 32; row++) {
                int from = rng.nextInt(text.length() - CONTEXT);
                for (int t = 0; t < CONTEXT; t++) ids[row * CONTEXT + t] = text.charAt(from + t);
            }
            model.zeroGrad();
            var loss = model.loss(Tensor.of(ids, 32, CONTEXT), Pass.training(rng));
            loss.backward();
            adam.step();
        }
        return model;
    }

    @Acceptance(topic = "gpt-2", clause = 3)
    @Tag("heavy")
    @Test void aTaskMentionedInPassingIsSolvedWithoutFineTuning() {
        var rng = Rng.of(5);
        var held = new ArrayList<String>();
        while (held.size() < 60) {
            var word = word(rng);
            if (!held.contains(word) && !new StringBuilder(word).reverse().toString().equals(word)) held.add(word);
        }
        var task = new PromptedTask(ids(" backwards is "), ids(".\n"));
        var questions = held.stream().map(w -> new PromptedTask.Example(ids("\n" + w), ids(new StringBuilder(w).reverse().toString())))
                .toList();
        double with = task.accuracy(trained(text(Rng.of(6), 6000, true, held)), List.of(List.of()), questions);
        double without = task.accuracy(trained(text(Rng.of(6), 6000, false, held)), List.of(List.of()), questions);
        Evidence.of("held-out words reversed on being asked", with, atLeast(0.9));
        Evidence.of("the same where the sentences were left out of the text", without, atMost(0.1));
    }

    private static int[] ids(String text) { return text.chars().toArray(); }
}
