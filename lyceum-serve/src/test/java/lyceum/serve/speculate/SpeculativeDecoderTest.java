package lyceum.serve.speculate;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import lyceum.autograd.Autograd;
import lyceum.llm.CausalLM;
import lyceum.llm.Continuation;
import lyceum.llm.generate.CausalGenerator;
import lyceum.llm.generate.GenerationRequest;
import lyceum.llm.generate.Penalties;
import lyceum.llm.generate.SamplingOptions;
import lyceum.llm.generate.StopCriteria;
import lyceum.nn.Pass;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.text.ByteTokenizer;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class SpeculativeDecoderTest {
    private static final String TOPIC = "speculative-decoding";

    /** What a setting leaves of a row, by its definition: temperature, then the k likeliest, then the shortest likeliest that reach p. */
    private static double[] left(double[] p, double temperature, int k, double nucleus) {
        var order = new Integer[p.length];
        var power = new double[p.length];
        double sum = 0;
        for (int i = 0; i < p.length; i++) {
            order[i] = i;
            power[i] = Math.pow(p[i], 1 / temperature);
        }
        Arrays.sort(order, (a, b) -> Double.compare(power[b], power[a]));
        for (int i = 0; i < k; i++) sum += power[order[i]];
        var out = new double[p.length];
        double mass = 0, kept = 0;
        for (int i = 0; i < k && mass < nucleus; i++) {
            mass += power[order[i]] / sum;
            kept += out[order[i]] = power[order[i]];
        }
        for (int i = 0; i < p.length; i++) out[i] /= kept;
        return out;
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void samplesFollowTheTarget() {
        int v = 5;
        double[][] p = KnownModels.random(v, 1, Rng.of(1)), q = KnownModels.random(v, 1, Rng.of(2));
        var target = KnownModels.bigrams(p);
        var draft = new ModelDraft(KnownModels.bigrams(q));
        Object[][] settings = {{SamplingOptions.DEFAULT, 1.0, v, 1.0, draft, 2, false},
                {SamplingOptions.DEFAULT.withTemperature(0.7), 0.7, v, 1.0, draft, 3, true},
                {SamplingOptions.topK(3), 1.0, 3, 1.0, draft, 1, false}, {SamplingOptions.topP(0.8), 1.0, v, 0.8, draft, 4, false},
                {SamplingOptions.DEFAULT, 1.0, v, 1.0, new NGramDraft(1, 1), 2, false}};
        double worst = 1, fewest = Double.MAX_VALUE;
        for (var s : settings) {
            var expected = new double[v * v * v];
            double[][] rows = new double[v][];
            for (int i = 0; i < v; i++) rows[i] = left(p[i], (double) s[1], (int) s[2], (double) s[3]);
            for (int i = 0; i < expected.length; i++) expected[i] = rows[2][i / 25] * rows[i / 25][i / 5 % 5] * rows[i / 5 % 5][i % 5];
            var decoder = new SpeculativeDecoder(target, (DraftSource) s[4]).withGuesses((int) s[5]).withAdaptive((boolean) s[6])
                    .withSampling((SamplingOptions) s[0]).withStop(new StopCriteria(3));
            var seen = new double[v * v * v];
            int accepted = 0;
            for (int batch = 0; batch < 20; batch++) {
                var requests = new ArrayList<GenerationRequest>();
                for (int i = 0; i < 1000; i++)
                    requests.add(new GenerationRequest(new int[] {2, 4, 2}, (SamplingOptions) s[0], new StopCriteria(3),
                            Rng.of(3).split(1000L * batch + i)));
                var round = decoder.run(requests, Progress.SILENT);
                accepted += round.statistics().accepted();
                for (var text : round.texts()) seen[25 * text.ids()[0] + 5 * text.ids()[1] + text.ids()[2]]++;
            }
            worst = Math.min(worst, KnownModels.chiSquare(seen, expected, 20_000));
            fewest = Math.min(fewest, accepted);
        }
        Evidence.of("p of the worst of five settings, 20,000 samples each", worst, above(0.01));
        Evidence.of("guesses taken, at least", fewest, above(2000));
        var own = new double[v * v * v]; // of the draft: the test sees the difference
        for (int i = 0; i < own.length; i++) own[i] = 20_000 * q[2][i / 25] * q[i / 25][i / 5 % 5] * q[i / 5 % 5][i % 5];
        var law = new double[v * v * v];
        for (int i = 0; i < law.length; i++) law[i] = p[2][i / 25] * p[i / 25][i / 5 % 5] * p[i / 5 % 5][i % 5];
        Evidence.of("p of the draft's own texts", KnownModels.chiSquare(own, law, 20_000), below(1e-6));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void greedyTextsArePlainGreedyTexts() {
        var target = KnownModels.transformer(40, 2, 8);
        int[][] prompts = KnownModels.prompts(200, 40, 1);
        var greedy = new CausalGenerator(target).withSampling(SamplingOptions.greedy()).withStop(new StopCriteria(30));
        var plain = greedy.generate(Arrays.asList(prompts), 1, Rng.of(1));
        int different = 0;
        long accepted = 0, refused = 0;
        var near = KnownModels.transformer(40, 2, 8); // the target's weights, moved a little, are a draft that is right at times
        near.parameters()
                .forEach((name, w) -> Autograd.noGrad(() -> w.copy_(w.add(Tensor.randn(Rng.of(5), w.shape().toArray()).mul(0.02)))));
        for (var draft : List.of(new ModelDraft(near), new ModelDraft(KnownModels.transformer(40, 1, 9)), new NGramDraft(3, 1))) {
            var decoder = new SpeculativeDecoder(target, draft).withSampling(SamplingOptions.greedy()).withStop(new StopCriteria(30));
            for (int from = 0; from < 200; from += 25) {
                var requests = new ArrayList<GenerationRequest>();
                for (int i = from; i < from + 25; i++)
                    requests.add(new GenerationRequest(prompts[i], SamplingOptions.greedy(), new StopCriteria(30), Rng.of(i)));
                var round = decoder.run(requests, Progress.SILENT);
                for (int i = 0; i < 25; i++) if (!Arrays.equals(round.texts().get(i).ids(), plain.get(from + i).ids())) different++;
                accepted += round.statistics().accepted();
                refused += round.statistics().tested() - round.statistics().accepted();
            }
        }
        Evidence.of("prompts", prompts.length, exactly(200));
        Evidence.of("texts of three drafts that differ from plain greedy", different, exactly(0));
        Evidence.of("guesses taken", accepted, above(1000));
        Evidence.of("guesses refused", refused, above(1000));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void acceptanceIsOneMinusTheTotalVariation() {
        double[][] pairs = {{0.5, 0.3, 0.2, 0.7, 0.2, 0.1}, {0.1, 0.6, 0.3, 0.3, 0.3, 0.4}, {0.05, 0.05, 0.9, 0.1, 0.1, 0.8}};
        double acceptanceGap = 0, passGap = 0;
        for (var pair : pairs) {
            double overlap = 0;
            for (int i = 0; i < 3; i++) overlap += Math.min(pair[i], pair[3 + i]);
            for (int guesses : new int[] {1, 4, 7}) {
                var decoder = new SpeculativeDecoder(KnownModels.bigrams(KnownModels.constant(Arrays.copyOf(pair, 3))),
                        new ModelDraft(KnownModels.bigrams(KnownModels.constant(Arrays.copyOfRange(pair, 3, 6))))).withGuesses(guesses);
                var requests = new ArrayList<GenerationRequest>();
                for (int i = 0; i < 40; i++)
                    requests.add(new GenerationRequest(new int[] {0}, SamplingOptions.DEFAULT, new StopCriteria(1000), Rng.of(1).split(i)));
                var s = decoder.run(requests, Progress.SILENT).statistics();
                assertThat(s.tokens()).isEqualTo(40_000);
                acceptanceGap = Math.max(acceptanceGap, Math.abs(s.acceptance() - overlap));
                double formula = (1 - Math.pow(overlap, guesses + 1)) / (1 - overlap);
                passGap = Math.max(passGap, Math.abs(s.tokensPerPass() / formula - 1));
            }
        }
        Evidence.of("largest gap of mean acceptance to 1 - TV", acceptanceGap, below(0.01));
        Evidence.of("largest gap of tokens a pass to the formula, relative", passGap, below(0.02));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void aDistilledDraftOfHalfTheDepthSavesPasses() {
        var target = BibleLetters.target();
        var draft = BibleLetters.fresh(1, 7);
        BibleLetters.train(draft, 200, 5e-3, Rng.of(3), (ids, rng) -> {
            var soft = Autograd.noGrad(() -> target.logits(ids, Pass.inference()).softmax(-1));
            return soft.mul(draft.logits(ids, Pass.training(rng)).logSoftmax(-1)).sum(-1, false).mean().neg();
        });
        var requests = new ArrayList<GenerationRequest>();
        for (var prompt : BibleLetters.prompts(20, 30, 1))
            requests.add(new GenerationRequest(prompt, SamplingOptions.DEFAULT, new StopCriteria(100), Rng.of(requests.size() + 1)));
        double saved = 1 - 1 / passes(target, draft, requests), untrained = 1 - 1 / passes(target, BibleLetters.fresh(1, 7), requests);
        Evidence.of("target passes saved", saved, atLeast(0.3));
        Evidence.of("with the draft as it began", untrained, atMost(0.2));
    }

    private static double passes(CausalLM target, CausalLM draft, List<GenerationRequest> requests) {
        return new SpeculativeDecoder(target, new ModelDraft(draft)).run(requests, Progress.SILENT).statistics().tokensPerPass();
    }

    @Test void textsOfABatchKeepTheirOwnSettings() {
        var target = KnownModels.transformer(256, 2, 4);
        var tokenizer = new ByteTokenizer();
        var heard = new StringBuilder();
        var stop = new StopCriteria(20).withEnds(Set.of(7));
        var requests = List.of(
                new GenerationRequest(new int[] {1, 2, 3}, SamplingOptions.greedy().withPenalty(Penalties.repetition(1.3)), stop,
                        Rng.of(1)),
                new GenerationRequest(new int[] {9}, SamplingOptions.greedy(), new StopCriteria(3), Rng.of(2))
                        .withListener(piece -> heard.append(piece.id()).append(' ')),
                new GenerationRequest(new int[] {5, 5, 5, 5, 5, 5, 5, 5}, SamplingOptions.greedy(), new StopCriteria(200), Rng.of(3)));
        var plain = new CausalGenerator(target, tokenizer).run(requests, Progress.SILENT);
        heard.setLength(0);
        for (var draft : List.of(new ModelDraft(KnownModels.transformer(256, 1, 5)), new ModelDraft(target), new NGramDraft(2, 1))) {
            heard.setLength(0);
            var texts = new SpeculativeDecoder(target, draft).withTokenizer(tokenizer).run(requests, Progress.SILENT).texts();
            for (int i = 0; i < 3; i++) {
                assertThat(texts.get(i).ids()).isEqualTo(plain.get(i).ids());
                assertThat(texts.get(i).ending()).isEqualTo(plain.get(i).ending());
                assertThat(texts.get(i).logProbabilities()).containsExactly(plain.get(i).logProbabilities(), Offset.offset(1e-4));
            }
            assertThat(heard.toString().split(" ")).hasSize(3);
        }
        assertThat(plain.get(2).ending()).isEqualTo(Continuation.Ending.CONTEXT);
    }

    @Test void numbersOfGuessesFollowTheAcceptance() {
        assertThat(SpeculationStatistics.expectedTokens(0.8, 4)).isCloseTo(3.3616, Offset.offset(1e-12));
        assertThat(SpeculationStatistics.speedUp(0.8, 4, 0.1)).isCloseTo(2.4011, Offset.offset(1e-4));
        assertThat(SpeculationStatistics.bestGuesses(0.8, 0.1, 20)).isEqualTo(6);
        assertThat(SpeculationStatistics.bestGuesses(0.05, 0.5, 20)).isZero();
        var target = KnownModels.bigrams(KnownModels.constant(0.98, 0.01, 0.01));
        var good = new SpeculativeDecoder(target, new ModelDraft(target)).withGuesses(12).withAdaptive(true)
                .withStop(new StopCriteria(300));
        var bad = good.withDraft(new ModelDraft(KnownModels.bigrams(KnownModels.constant(0.01, 0.01, 0.98))));
        var request = List.of(new GenerationRequest(new int[] {0}, SamplingOptions.DEFAULT, new StopCriteria(300), Rng.of(1)));
        SpeculationStatistics right = good.run(request, Progress.SILENT).statistics(),
                wrong = bad.run(request, Progress.SILENT).statistics();
        assertThat((double) right.drafted() / right.passes()).isGreaterThan(9);
        assertThat((double) wrong.drafted() / wrong.passes()).isLessThan(2);
    }

    @Test void whatDoesNotFitIsRefused() {
        var target = KnownModels.transformer(40, 1, 1);
        assertThatThrownBy(() -> new SpeculativeDecoder(target, new ModelDraft(KnownModels.transformer(41, 1, 1))))
                .hasMessageContaining("41").hasMessageContaining("40");
        assertThatThrownBy(() -> new SpeculativeDecoder(target, new NGramDraft(2, 1)).withGuesses(0)).hasMessageContaining("0 guesses");
        assertThatThrownBy(() -> new NGramDraft(1, 2)).hasMessageContaining("2");
        assertThatThrownBy(() -> new SpeculativeDecoder(target, new NGramDraft(2, 1)).generate(List.of(new int[97]), 1, Rng.of(1)))
                .hasMessageContaining("97");
    }
}
