package lyceum.llm.generate;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import lyceum.llm.CausalLM;
import lyceum.llm.Continuation;
import lyceum.llm.Continuation.Ending;
import lyceum.llm.SteppedLM;
import lyceum.llm.TokenConstraint;
import lyceum.nn.BeamSearch;
import lyceum.nn.Pass;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.text.ByteTokenizer;
import org.junit.jupiter.api.Test;

class AutoregressiveTest {
    private static final String TOPIC = "autoregressive-language-model";

    /** Each beginning has probabilities of its own. */
    private static CausalLM ofWholePrefixes(int vocabulary, int seed) {
        var known = new HashMap<List<Integer>, double[]>();
        return Toys.model(vocabulary, 0, -1, ids -> known.computeIfAbsent(Arrays.stream(ids).boxed().toList(), prefix -> {
            var rng = Rng.of(31L * prefix.hashCode() + seed);
            var p = new double[vocabulary];
            for (int i = 1; i < vocabulary; i++) p[i] = Math.exp(1.2 * rng.nextGaussian());
            return Toys.logs(p); // id 0 is the start mark and never comes
        }));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void sampledStringsHaveTheProductOfTheirConditionals() {
        var model = ofWholePrefixes(6, 147); // five tokens and the start mark
        var generator = new CausalGenerator(model).withStop(new StopCriteria(3));
        double[] exact = new double[125], seen = new double[125];
        for (int s = 0; s < 125; s++) {
            int[] text = {1 + s / 25, 1 + s / 5 % 5, 1 + s % 5};
            double p = 1;
            for (int t = 0; t < 3; t++) {
                var logits = model.logits(Tensor.of(prefixed(text, t), 1, t + 1), Pass.inference()).get(0, t).toDoubleArray();
                p *= Math.exp(logits[text[t]]);
            }
            exact[s] = p;
        }
        for (var text : generator.generate(List.of(new int[0]), 20_000, Rng.of(1)))
            seen[25 * (text.ids()[0] - 1) + 5 * (text.ids()[1] - 1) + text.ids()[2] - 1]++;
        Evidence.of("draws", Arrays.stream(seen).sum(), exactly(20_000));
        Evidence.of("sum of the products", Math.abs(1 - Arrays.stream(exact).sum()), atMost(1e-12));
        Evidence.of("p-value", Toys.chiSquare(seen, exact, 20_000), above(0.01));
    }

    private static int[] prefixed(int[] text, int n) {
        var ids = new int[n + 1];
        System.arraycopy(text, 0, ids, 1, n);
        return ids;
    }

    private static List<int[]> prompts(int n, int vocabulary) {
        var rng = Rng.of(5);
        var prompts = new ArrayList<int[]>();
        for (int i = 0; i < n; i++) {
            var prompt = new int[1 + i % 9];
            for (int t = 0; t < prompt.length; t++) prompt[t] = rng.nextInt(vocabulary);
            prompts.add(prompt);
        }
        return prompts;
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void reportedLogProbabilitiesAreThoseOfTeacherForcing() {
        var model = Toys.transformer(40, 3);
        var prompts = prompts(24, 40);
        var sampling = SamplingOptions.topK(12).withTemperature(1.3).withPenalty(Penalties.repetition(1.2));
        var generator = new CausalGenerator(model).withSampling(sampling).withStop(new StopCriteria(25).withEnds(Set.of(3, 17)));
        var texts = generator.generate(prompts, 1, Rng.of(1));
        var scored = generator.scores(prompts, texts.stream().map(Continuation::ids).toList());
        double worst = 0, own = 0;
        int tokens = 0;
        for (int i = 0; i < texts.size(); i++) {
            int[] prompt = prompts.get(i), ids = texts.get(i).ids(), all = Arrays.copyOf(prompt, prompt.length + ids.length);
            System.arraycopy(ids, 0, all, prompt.length, ids.length);
            double[][] logs = model.logits(Tensor.of(all, 1, all.length), Pass.inference()).get(0).logSoftmax(1).toRows(); // the whole text in one pass
            for (int t = 0; t < ids.length; t++, tokens++) {
                worst = Math.max(worst, Math.abs(texts.get(i).logProbabilities()[t] - logs[prompt.length + t - 1][ids[t]]));
                own = Math.max(own, Math.abs(scored.get(i)[t] - logs[prompt.length + t - 1][ids[t]]));
            }
        }
        Evidence.of("tokens", tokens, above(200));
        Evidence.of("reported less teacher-forced, nats", worst, atMost(1e-5));
        Evidence.of("scores of given texts less teacher-forced, nats", own, atMost(1e-5));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void aBatchSaysWhatItsPromptsSayAlone() {
        var model = Toys.transformer(40, 4);
        var prompts = prompts(24, 40);
        var generator = new CausalGenerator(model).withSampling(SamplingOptions.topP(0.95))
                .withStop(new StopCriteria(25).withEnds(Set.of(3, 17)));
        var rng = Rng.of(147);
        var together = generator.generate(prompts, 2, rng);
        int different = 0, tokens = 0, ended = 0;
        for (int i = 0; i < together.size(); i++) {
            var alone = generator.generate(prompts.get(i / 2), rng.split(i));
            tokens += alone.ids().length;
            if (alone.ending() == Ending.END_MARK) ended++;
            if (!Arrays.equals(alone.ids(), together.get(i).ids())) different++;
        }
        Evidence.of("tokens", tokens, above(500));
        Evidence.of("texts that ended before the limit", ended, above(5));
        Evidence.of("texts that differ", different, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void greedyIsNotAlwaysTheMostProbableStringAndScoresAreExact() {
        int missed = 0, models = 0, stepwise = 0;
        double worst = 0;
        for (int seed = 0; seed < 200; seed++, models++) {
            var model = ofWholePrefixes(5, seed);
            var generator = new CausalGenerator(model).withSampling(SamplingOptions.greedy()).withStop(new StopCriteria(3));
            var greedy = generator.generate(new int[0], Rng.of(1)).ids();
            var likeliest = new int[3];
            var at = model.start();
            for (int t = 0; t < 3; at = at.next(likeliest[t++]))
                for (int id = 1; id < 5; id++)
                    if (likeliest[t] == 0 || at.logProbability(id) > at.logProbability(likeliest[t])) likeliest[t] = id;
            if (Arrays.equals(greedy, likeliest)) stepwise++;
            var all = new ArrayList<int[]>();
            var exact = new double[64];
            for (int s = 0; s < 64; s++) {
                int[] text = {1 + s / 16, 1 + s / 4 % 4, 1 + s % 4};
                all.add(text);
                for (int t = 0; t < 3; t++) {
                    var state = model.start();
                    for (int u = 0; u < t; u++) state = state.next(text[u]);
                    exact[s] += state.logProbability(text[t]);
                }
            }
            var scores = generator.scores(Collections.nCopies(64, new int[0]), all);
            int best = 0;
            for (int s = 0; s < 64; s++) {
                worst = Math.max(worst, Math.abs(Arrays.stream(scores.get(s)).sum() - exact[s]));
                if (exact[s] > exact[best]) best = s;
            }
            if (!Arrays.equals(greedy, all.get(best))) missed++;
        }
        Evidence.of("models", models, exactly(200));
        Evidence.of("models of 200 whose greedy text is the largest at each step", stepwise, exactly(200));
        Evidence.of("models whose most probable string greedy misses", missed, above(0));
        Evidence.of("scores less the products, nats", worst, atMost(1e-12));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void stopStringsOverTokenBordersAreNeverEmitted() {
        var cuts = new StopCuts(1470);
        cuts.run(300);
        Evidence.of("texts with a stop string", cuts.texts(), exactly(300));
        Evidence.of("of which the stop string lies over a token border", cuts.overBorders(), above(100));
        Evidence.of("streams that emit a part of it", cuts.wrongStreams(), exactly(0));
        Evidence.of("texts that hold a part of it", cuts.wrongTexts(), exactly(0));
    }

    /** Says one script, whatever was drawn. */
    static CausalLM script(int vocabulary, int... ids) {
        return Toys.model(vocabulary, -1, -1, prefix -> {
            var p = new double[vocabulary];
            p[ids[Math.min(prefix.length - 1, ids.length - 1)]] = 1;
            return Toys.logs(p);
        });
    }

    @Test void charactersAreNeverSplit() {
        byte[] bytes = "naïve 日本 🙂".getBytes(StandardCharsets.UTF_8);
        var ids = new int[bytes.length];
        for (int i = 0; i < ids.length; i++) ids[i] = bytes[i] & 0xFF;
        var pieces = new ArrayList<String>();
        var text = new CausalGenerator(script(256, ids), new ByteTokenizer()).withStop(new StopCriteria(ids.length)).write("x", Rng.of(1),
                p -> pieces.add(p.text()));
        assertThat(text.text()).isEqualTo("naïve 日本 🙂");
        assertThat(String.join("", pieces)).isEqualTo(text.text());
        assertThat(pieces).hasSize(ids.length).noneMatch(p -> p.contains("\uFFFD"));
    }

    @Test void endings() {
        var model = Toys.bigram(Toys.bigrams(6, 1, Rng.of(1)), -1, -1);
        var one = new GenerationRequest(new int[] {1}, SamplingOptions.DEFAULT, new StopCriteria(50), Rng.of(1));
        var generator = new CausalGenerator(model);
        var all = generator.run(List.of(one, one.withStop(one.stop().withTime(Duration.ZERO)),
                one.withStop(one.stop().withOwn(h -> h.size() == 9)), one.withStop(one.stop().withEnds(Set.of(0, 1, 2)).withLeast(7))),
                Progress.SILENT);
        assertThat(all).extracting(Continuation::ending).containsExactly(Ending.LENGTH, Ending.TIME, Ending.PREDICATE, Ending.END_MARK);
        assertThat(all).extracting(c -> c.ids().length).startsWith(50, 1, 8);
        assertThat(all.getLast().ids().length).isGreaterThan(7);
        var small = new CausalGenerator(new SteppedLM(model, 12)).run(List.of(one), Progress.SILENT).getFirst();
        assertThat(small.ending()).isEqualTo(Ending.CONTEXT);
        assertThat(small.ids()).hasSize(12); // the prompt's one and eleven are read, the last is not
        assertThatThrownBy(() -> generator.generate(new int[0], Rng.of(1))).hasMessageContaining("empty prompt");
        assertThatThrownBy(() -> generator.withStop(new StopCriteria(5).withStrings(List.of("x"))))
                .hasMessageContaining("need a tokenizer");
        assertThatThrownBy(() -> new StopCriteria(0)).hasMessageContaining("0 to 0 ids");
    }

    /** A constraint of even and odd ids in turn. */
    @Test void constraintsAreAsked() {
        TokenConstraint inTurn = () -> new TokenConstraint.State() {
            private int said;

            @Override public boolean allowed(long[] allowed) {
                allowed[0] = said % 2 == 0 ? 0x5555555555555555L : 0xAAAAAAAAAAAAAAAAL;
                return true;
            }

            @Override public void accept(int id) { said++; }

            @Override public TokenConstraint.State fork() { throw new UnsupportedOperationException(); }
        };
        var model = Toys.transformer(40, 9);
        var request = new GenerationRequest(new int[] {1}, SamplingOptions.DEFAULT, new StopCriteria(20), Rng.of(1)).withConstraint(inTurn);
        int[] ids = new CausalGenerator(model).run(List.of(request), Progress.SILENT).getFirst().ids();
        for (int t = 0; t < 20; t++) assertThat(ids[t] % 2).isEqualTo(t % 2);
        var found = new BeamSearch(3, 0, 6).withRule(CausalBeams.rule(inTurn)).search(new CausalBeams(model, new int[] {1}), -1).getFirst();
        for (int t = 0; t < 6; t++) assertThat(found.getFirst().tokens().get(t) % 2).isEqualTo(t % 2);
    }
}
