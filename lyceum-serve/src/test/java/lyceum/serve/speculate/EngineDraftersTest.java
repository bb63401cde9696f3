package lyceum.serve.speculate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import lyceum.autograd.Autograd;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.generate.CausalGenerator;
import lyceum.llm.generate.GenerationRequest;
import lyceum.llm.generate.SamplingOptions;
import lyceum.llm.generate.TokenHistory;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.serve.Drafter;
import lyceum.serve.Engine;
import lyceum.serve.EngineMetrics;
import lyceum.serve.EngineOptions;
import lyceum.serve.Request;
import org.junit.jupiter.api.Test;

/** Guessing changes how many passes a text takes and none of its ids. */
class EngineDraftersTest {
    private static final int IDS = 61;

    private static DecoderLM model(int layers, long seed) {
        return new DecoderLM(DecoderConfig.llama(IDS, 96, layers, 16, 4, 2, 24).withDeviation(0.4), Rng.of(seed));
    }

    /** @param drawn whether some are drawn, not the likeliest */
    private static List<Request> requests(boolean drawn) {
        var all = new ArrayList<Request>();
        for (int i = 0; i < 12; i++) {
            var prompt = new int[3 + i];
            for (int j = 0; j < prompt.length; j++) prompt[j] = Rng.of(i).split(j).nextInt(IDS);
            var request = Request.greedy(prompt, 30 + i);
            all.add(drawn && i % 3 == 2 ? request.withSampling(SamplingOptions.topP(0.9).withTemperature(0.7)).withStream(Rng.of(i))
                    : request);
        }
        return all;
    }

    private static int[] solo(DecoderLM model, Request request) {
        var one = new GenerationRequest(request.prompt(), request.sampling(), request.stop(), request.stream().copy(), null, _ -> {});
        return new CausalGenerator(model).run(List.of(one), Progress.SILENT).getFirst().ids();
    }

    private static EngineMetrics same(DecoderLM model, Drafter drafter, boolean drawn) {
        try (var engine = new Engine(model, null, new EngineOptions().withBlocks(96).withGuesses(4), null, drafter)) {
            var requests = requests(drawn);
            var replies = engine.submit(requests.stream().map(r -> r.withStream(r.stream().copy())).toList());
            for (int i = 0; i < requests.size(); i++) assertThat(replies.get(i).get().ids()).isEqualTo(solo(model, requests.get(i)));
            return engine.metrics();
        }
    }

    @Test void aDraftThatIsTheModelIsRightAboutGreedyTexts() {
        var model = model(2, 1);
        var drafter = new ModelDrafter(model, IDS);
        var metrics = same(model, drafter, false);
        assertThat(metrics.accepted()).isGreaterThan(metrics.guessed() * 8 / 10);
        assertThat(drafter.texts()).isZero();
        assertThat(same(model, new ModelDrafter(model, IDS), true).accepted()).isPositive();
        var small = same(model, new ModelDrafter(model(1, 1), IDS), true);
        assertThat(small.guessed()).isPositive();
        assertThat(small.accepted()).isLessThan(metrics.accepted());
    }

    @Test void aDraftReadsOnlyWhatIsNew() {
        var model = model(2, 1);
        var text = new TokenHistory(5, 9, 2);
        var drafter = new ModelDrafter(model, IDS);
        for (int round = 0; round < 6; round++) {
            var fresh = new ModelDrafter(model, IDS).guess(text, 4);
            assertThat(drafter.guess(text, 4)).isEqualTo(fresh);
            assertThat(drafter.guess(text, 4)).isEqualTo(fresh); // as where a step had no room for it
            for (int i = 0; i < round % 5; i++) text.add(fresh[i]); // some guesses were right
            text.add(round % 2 == 0 ? 7 : fresh[Math.min(3, round % 5)]);
        }
        while (text.size() < 95) text.add(1);
        assertThat(drafter.guess(text, 4)).hasSize(1); // to the end of the context
        text.add(1);
        assertThat(drafter.guess(text, 4)).isEmpty();
        drafter.ended(text);
        assertThat(drafter.texts()).isZero();
    }

    @Test void lookingAheadFindsWhatRepeats() {
        var model = model(2, 1);
        var metrics = same(model, new LookaheadDrafter(3), true);
        assertThat(metrics.guessed()).isPositive();
        var loops = new LookaheadDrafter(3);
        var text = new TokenHistory(1, 2, 3, 1);
        assertThat(loops.guess(text, 4)).startsWith(2, 3); // a run of the text
        loops.checked(text, new int[] {2, 3, 1, 2}, new int[] {9, 8, 7, 6, 5});
        text.add(9);
        assertThat(loops.guess(text, 3)).containsExactly(8, 7, 6); // what was likeliest at the places ahead
        loops.checked(text, new int[] {8, 7, 6}, new int[] {8, 7, 4, 0});
        assertThat(loops.guess(new TokenHistory(5, 8), 2)).containsExactly(5, 8); // another text knows none of it
        text.add(8);
        assertThat(loops.guess(text, 2)).containsExactly(7, 4); // a run 8, 7, 4 of two passes
    }

    /** Embeddings are filled up to round sizes, each model's to its own. */
    @Test void onlyIdsThatBothModelsKnowAreGuessed() {
        var model = model(2, 1);
        var padded = model.resized(IDS + 7, Rng.of(3));
        Autograd.noGrad(() -> padded.head().weight().narrow(0, IDS, 7).copy_(padded.head().weight().narrow(0, 0, 7).mul(50)));
        int filling = 0;
        for (int i = 0; i < 20; i++) {
            var text = new TokenHistory(i, 2 * i, 3);
            assertThat(new ModelDrafter(padded, IDS).guess(text, 4)).isEqualTo(new ModelDrafter(model, IDS).guess(text, 4));
            for (int id : new ModelDrafter(padded, IDS + 7).guess(text, 4)) if (id >= IDS) filling++;
        }
        assertThat(filling).as("ids that would have been guessed").isPositive();
        var wider = new TokenHistory(5, IDS + 2);
        assertThat(new ModelDrafter(model, IDS).guess(wider, 4)).isEmpty();
        wider.add(3);
        assertThat(new ModelDrafter(model, IDS).guess(wider, 4)).isEmpty();
    }

    @Test void aDraftKeepsToItsMemory() {
        var model = model(2, 1);
        long position = 2L * 2 * 2 * 4 * Float.BYTES; // layers, keys and values, heads, width
        var drafter = new ModelDrafter(model, IDS).withMemory(40 * position);
        var texts = new ArrayList<TokenHistory>();
        for (int i = 0; i < 5; i++) texts.add(new TokenHistory(i, 7, 9, 30 + i, 4, 1, 2, 8, 3, 5));
        for (int round = 0; round < 4; round++) for (var text : texts) {
            var fresh = new ModelDrafter(model, IDS).guess(text, 4);
            assertThat(drafter.guess(text, 4)).isEqualTo(fresh);
            assertThat(drafter.bytes()).isPositive().isLessThanOrEqualTo(40 * position);
            text.add(fresh[0]);
        }
        var large = new TokenHistory(new int[60]);
        assertThat(drafter.guess(large, 4)).hasSize(4);
        assertThat(drafter.bytes()).isLessThanOrEqualTo(40 * position);
        assertThat(drafter.guess(large, 4)).as("what never fits is not read again and again").isEmpty();
        assertThat(drafter.guess(texts.getFirst(), 4)).isEqualTo(new ModelDrafter(model, IDS).guess(texts.getFirst(), 4));
        assertThatThrownBy(() -> drafter.withMemory(0)).hasMessageContaining("0 bytes");
    }

    @Test void draftsThatDoNotFitAreRefused() {
        assertThatThrownBy(() -> new ModelDrafter(model(1, 1), 70)).hasMessageContaining("61 ids for a model of 70");
        assertThatThrownBy(() -> new LookaheadDrafter(1)).hasMessageContaining("runs of 1");
    }
}
