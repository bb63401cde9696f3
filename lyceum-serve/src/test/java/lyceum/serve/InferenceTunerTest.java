package lyceum.serve;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lyceum.data.corpus.Corpora;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.generate.TokenHistory;
import lyceum.memory.Scope;
import lyceum.nn.Pass;
import lyceum.nn.loss.CausalLmLoss;
import lyceum.optim.Adam;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.serve.InferenceTuner.Measured;
import lyceum.serve.InferenceTuner.Switch;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class InferenceTunerTest {
    private static final int PROMPT = 24, MOST = 16;
    private static DecoderLM model;
    private static List<int[]> prompts, held;
    private static Measured naive, cache;

    /** A decoder over letters, trained for 300 steps. */
    @BeforeAll static void train() {
        var text = new int[60_000];
        int at = 0;
        try (var documents = Corpora.kingJames().open()) {
            for (var d = documents.next(); d != null && at < text.length; d = documents.next())
                for (int i = 0; i < d.text().length() && at < text.length; i++)
                    text[at++] = d.text().charAt(i) < 128 ? d.text().charAt(i) : ' ';
        }
        model = new DecoderLM(DecoderConfig.llama(128, 64, 2, 32, 4, 4, 64).withTied(true), Rng.of(1));
        var rng = Rng.of(2);
        var optimizer = new Adam(4e-3).over(new ArrayList<>(model.parameters().values()));
        for (int step = 0; step < 300; step++) {
            try (var scope = Scope.open("step")) {
                optimizer.zeroGrad();
                var ids = new int[8 * 48];
                for (int r = 0; r < 8; r++) System.arraycopy(text, rng.nextInt(50_000 - 48), ids, r * 48, 48);
                var batch = Tensor.of(ids, 8, 48);
                new CausalLmLoss().of(model.forward(batch, Pass.training(rng)), batch).backward();
                optimizer.step();
            }
        }
        prompts = new ArrayList<>();
        held = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            var prompt = Arrays.copyOfRange(text, 50_000 + 90 * i, 50_000 + 90 * i + PROMPT);
            System.arraycopy(text, 50_000 + 90 * (i % 5), prompt, 0, 16); // one of five beginnings, a page long
            prompts.add(prompt);
            if (i < 40) held.add(Arrays.copyOfRange(text, 50_000 + 90 * i, 50_000 + 90 * i + 64));
        }
        naive = tuner().run(Set.of());
        cache = with();
    }

    private static InferenceTuner tuner() { return new InferenceTuner(model, prompts, MOST); }

    private static final Map<Set<Switch>, Measured> RUNS = new HashMap<>();

    /** Each set of switches runs once for the class. */
    private static Measured run(Set<Switch> on) { return RUNS.computeIfAbsent(EnumSet.copyOf(on), set -> tuner().run(set)); }

    private static Measured with(Switch... more) { return run(EnumSet.of(Switch.KV_CACHE, more)); }

    @Acceptance(topic = "inference-optimization", clause = 1)
    @Test void losslessSwitchesChangeNoTextAndQuantisationHardlyThePerplexity() {
        var on = EnumSet.of(Switch.KV_CACHE);
        int different = naive.different(cache), runs = 1;
        different += naive.different(run(Set.of(Switch.BATCHING))) + naive.different(run(Set.of(Switch.FUSION)));
        for (var one : Switch.values()) {
            if (!one.isLossless()) continue;
            different += naive.different(with(one));
            on.add(one);
            runs += 2;
        }
        different += naive.different(run(on)) + naive.different(run(EnumSet.of(Switch.KV_CACHE, Switch.BATCHING, Switch.FUSION)));
        Evidence.of("prompts", prompts.size(), exactly(100));
        Evidence.of("runs with lossless switches", runs + 2, atLeast(9));
        Evidence.of("texts that differ from the naive run's", different, exactly(0));
        assertThat(naive.texts().stream().map(Arrays::toString).distinct().count()).isGreaterThan(15);
        double full = tuner().perplexity(held, Set.of(Switch.FUSION));
        Evidence.of("perplexity of the trained model, of 128 letters", full, below(15));
        for (var one : List.of(Switch.QUANTISED_WEIGHTS, Switch.QUANTISED_CACHE)) {
            double changed = tuner().perplexity(held, Set.of(one, Switch.FUSION)) / full;
            Evidence.of("perplexity over full precision, " + one, changed, between(0.98, 1.02));
            assertThat(changed).isNotEqualTo(1);
        }
    }

    /** Predictions from lengths, formats and texts alone. */
    @Acceptance(topic = "inference-optimization", clause = 3)
    @Test void everySwitchLowersItsCounterAsPredicted() {
        double texts = prompts.size();
        double recomputed = texts * (MOST * PROMPT + MOST * (MOST - 1) / 2.0), once = texts * (PROMPT + MOST - 1);
        Evidence.of("ids computed without a cache, over the prediction", naive.computedTokens() / recomputed, between(0.98, 1.02));
        Evidence.of("ids computed with it, over the prediction", cache.computedTokens() / once, between(0.98, 1.02));
        assertThat(once).isLessThan(recomputed / 10);
        var batched = with(Switch.BATCHING);
        Evidence.of("passes one by one, over the prediction", cache.passes() / (texts * MOST), between(0.98, 1.02));
        Evidence.of("passes of batches of 16, over the prediction", batched.passes() / (Math.ceil(texts / 16) * MOST), between(0.98, 1.02));
        var reused = with(Switch.PREFIX_REUSE);
        double fresh = once - (texts - 5) * 16; // all but the first of each beginning find a page of it
        Evidence.of("ids computed with reuse, over the prediction", reused.computedTokens() / fresh, between(0.98, 1.02));
        var guessed = with(Switch.SPECULATION);
        long passes = 0;
        for (int i = 0; i < prompts.size(); i++) passes += passes(prompts.get(i), naive.texts().get(i), tuner().guesses());
        Evidence.of("passes with guesses, over the prediction", (double) guessed.passes() / passes, between(0.98, 1.02));
        Evidence.of("passes with guesses, over those without", (double) guessed.passes() / cache.passes(), below(0.9));
        var weights = with(Switch.QUANTISED_WEIGHTS);
        // 34 bytes for 32 weights against 4 bytes each: four projections of 32 x 32 and three of 32 x 64 a layer, and the head
        double numbers = 2 * (4 * 32 * 32 + 3 * 32 * 64) + 128 * 32;
        Evidence.of("bytes of weights a pass, over the prediction", cache.weightBytes() / (4 * numbers), between(0.98, 1.02));
        Evidence.of("bytes of quantised weights a pass, over the prediction", weights.weightBytes() / (34.0 / 32 * numbers),
                between(0.98, 1.02));
        var packed = with(Switch.QUANTISED_CACHE);
        // the prompt's pass looks at 24 positions, the others at 25 to 39; a position has 2 x 2 layers x 4 heads x 8 numbers
        double positions = texts * (PROMPT + (MOST - 1) * (PROMPT + MOST / 2.0));
        Evidence.of("bytes of keys and values read, over the prediction", cache.cacheBytes() / (positions * 2 * 2 * 4 * 8 * 4),
                between(0.98, 1.02));
        Evidence.of("bytes of quantised ones, over the prediction", packed.cacheBytes() / (positions * 2 * 2 * 4 * (8 + 4)),
                between(0.98, 1.02));
    }

    /** Passes that a drafter needs for a text that is known: each gives the ids up to and with the first wrong guess. */
    private static int passes(int[] prompt, int[] text, int guesses) {
        var history = new TokenHistory(prompt);
        int at = 1, passes = 1;
        history.add(text[0]);
        while (at < text.length) {
            int[] guess = Drafter.repeating(3).guess(history, guesses);
            int right = 0;
            while (right < guess.length && at + right < text.length && guess[right] == text[at + right]) right++;
            int taken = Math.min(right + 1, text.length - at);
            for (int i = 0; i < taken; i++) history.add(text[at + i]);
            at += taken;
            passes++;
        }
        return passes;
    }

    @Test void showsAWaterfallAndWhatIsLostWithoutEach() {
        var small = new InferenceTuner(model, prompts.subList(0, 6), 4);
        var falls = small.waterfall(Progress.SILENT);
        assertThat(falls).hasSize(Switch.values().length + 1);
        assertThat(falls.getLast().on()).hasSize(Switch.values().length);
        assertThat(falls.getLast().bytesRead()).isLessThan(falls.get(1).bytesRead());
        assertThat(small.leaveOneOut(Progress.SILENT)).hasSize(Switch.values().length);
        assertThatThrownBy(() -> small.run(Set.of(Switch.SPECULATION))).hasMessageContaining("goes with KV_CACHE");
        assertThatThrownBy(() -> new InferenceTuner(model, prompts, 100)).hasMessageContaining("context of 64");
    }
}
