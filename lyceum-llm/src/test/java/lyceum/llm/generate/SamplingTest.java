package lyceum.llm.generate;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class SamplingTest {
    private static final String TOPIC = "sampling";
    private static final int V = 24;
    private static final int[] PROMPT = {3, 3, 7}, SAID = {5, 5, 5, 7, 9};

    private record Setting(SamplingOptions options, UnaryOperator<double[]> reference) {}

    private static final SamplingOptions PLAIN = SamplingOptions.DEFAULT;

    private static List<Setting> settings() {
        var bias = Map.of(2, 1.5, 11, -2.0);
        var both = Penalties.repetition(1.4).withPrompt(false).withPresence(0.3).withFrequency(0.2);
        var all = new int[PROMPT.length + SAID.length];
        System.arraycopy(PROMPT, 0, all, 0, PROMPT.length);
        System.arraycopy(SAID, 0, all, PROMPT.length, SAID.length);
        var settings = new ArrayList<Setting>();
        settings.add(new Setting(PLAIN, z -> z));
        settings.add(new Setting(PLAIN.withTemperature(0.5), z -> SamplingReference.divided(z, 0.5)));
        settings.add(new Setting(PLAIN.withTemperature(2), z -> SamplingReference.divided(z, 2)));
        settings.add(new Setting(PLAIN.withTopK(1), z -> SamplingReference.topK(z, 1)));
        settings.add(new Setting(PLAIN.withTopK(5), z -> SamplingReference.topK(z, 5)));
        settings.add(new Setting(PLAIN.withTopK(V), z -> z));
        settings.add(new Setting(PLAIN.withTopP(0.5), z -> SamplingReference.topP(z, 0.5)));
        settings.add(new Setting(PLAIN.withTopP(0.95), z -> SamplingReference.topP(z, 0.95)));
        settings.add(new Setting(PLAIN.withMinP(0.1), z -> SamplingReference.minP(z, 0.1)));
        settings.add(new Setting(PLAIN.withTypicalP(0.6), z -> SamplingReference.typical(z, 0.6)));
        settings.add(new Setting(PLAIN.withBias(bias), z -> SamplingReference.biased(z, bias)));
        settings.add(new Setting(PLAIN.withBans(Set.of(0, 5, 23)), z -> {
            var banned = z.clone();
            for (int id : new int[] {0, 5, 23}) banned[id] = Double.NEGATIVE_INFINITY;
            return banned;
        }));
        settings.add(new Setting(PLAIN.withPenalty(both), z -> SamplingReference.penalised(z, SAID, 1.4, 0.3, 0.2)));
        settings.add(new Setting(PLAIN.withPenalty(Penalties.repetition(1.7)), z -> SamplingReference.penalised(z, all, 1.7, 0, 0)));
        settings.add(
                new Setting(PLAIN.withTemperature(1.5).withTopP(0.8), z -> SamplingReference.topP(SamplingReference.divided(z, 1.5), 0.8)));
        settings.add(new Setting(
                PLAIN.withTemperature(1.5).withTopP(0.8).withOrder(List.of(SamplingOptions.Step.TOP_P, SamplingOptions.Step.TEMPERATURE)),
                z -> SamplingReference.divided(SamplingReference.topP(z, 0.8), 1.5)));
        settings.add(new Setting(PLAIN.withTopK(8).withTopP(0.9).withMinP(0.05).withTemperature(0.8), z -> SamplingReference
                .minP(SamplingReference.topP(SamplingReference.topK(SamplingReference.divided(z, 0.8), 8), 0.9), 0.05)));
        settings.add(new Setting(PLAIN.withTopK(12).withTypicalP(0.7), z -> SamplingReference.typical(SamplingReference.topK(z, 12), 0.7)));
        settings.add(new Setting(PLAIN.withBias(bias).withPenalty(both).withTemperature(1.2).withTopK(10),
                z -> SamplingReference.topK(
                        SamplingReference.divided(SamplingReference.penalised(SamplingReference.biased(z, bias), SAID, 1.4, 0.3, 0.2), 1.2),
                        10)));
        settings.add(new Setting(PLAIN.withPenalty(Penalties.frequency(0.7)).withTopP(0.7).withTemperature(0.9),
                z -> SamplingReference.topP(SamplingReference.divided(SamplingReference.penalised(z, SAID, 1, 0, 0.7), 0.9), 0.7)));
        return settings;
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void drawsFollowTheProcessedDistributionOfEverySetting() {
        var settings = settings();
        var row = new LogitRow(V);
        double least = 1;
        int draws = 0, seed = 0;
        for (var setting : settings) {
            var rng = Rng.of(2260 + seed++);
            var logits = new double[V];
            for (int i = 0; i < V; i++) logits[i] = 1.5 * rng.nextGaussian();
            logits[4] = logits[9]; // a tie
            var sampler = new TokenSampler(setting.options, rng.split(1), PROMPT);
            for (int id : SAID) sampler.history().add(id);
            var stream = rng.split(2);
            var seen = new double[V];
            for (int i = 0; i < 100_000; i++, draws++) {
                if (i % 20 == 0) sampler.process(row.load(logits));
                seen[row.draw(stream)]++;
            }
            least = Math.min(least, Toys.chiSquare(seen, SamplingReference.softmax(setting.reference.apply(logits)), 100_000));
        }
        Evidence.of("settings", settings.size(), exactly(20));
        Evidence.of("draws", draws, exactly(2_000_000));
        Evidence.of("smallest p-value", least, above(0.0005));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void aRequestSaysTheSameAloneAndAmongFifteenOthers() {
        var model = Toys.transformer(40, 1);
        var generator = new CausalGenerator(model);
        var rng = Rng.of(226);
        var requests = new ArrayList<GenerationRequest>();
        for (int i = 0; i < 16; i++) {
            var options = PLAIN.withTemperature(0.7 + 0.05 * i).withTopK(i % 3 == 0 ? 10 : Integer.MAX_VALUE).withTopP(i % 2 == 0 ? 0.9 : 1)
                    .withPenalties(i % 4 == 1 ? List.of(Penalties.frequency(0.4)) : List.of())
                    .withXtc(i % 5 == 2 ? new Xtc(0.5, 0.1) : Xtc.OFF).withMirostat(i == 7 ? new Mirostat(3, 0.1) : Mirostat.OFF);
            var prompt = new int[1 + i % 6];
            for (int t = 0; t < prompt.length; t++) prompt[t] = rng.nextInt(40);
            requests.add(new GenerationRequest(prompt, options, new StopCriteria(20 + i), rng.split(i)));
        }
        var together = generator.run(requests, Progress.SILENT);
        int tokens = 0, different = 0;
        for (int i = 0; i < 16; i++) {
            var alone = generator.run(List.of(requests.get(i)), Progress.SILENT).getFirst();
            tokens += alone.ids().length;
            if (!Arrays.equals(alone.ids(), together.get(i).ids())) different++;
        }
        Evidence.of("tokens", tokens, exactly(16 * 20 + 120));
        Evidence.of("requests that differ", different, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void atTemperaturesTowardsZeroTheLargestLogitIsDrawn() {
        var row = new LogitRow(50);
        var rng = Rng.of(3);
        int different = 0, draws = 0;
        for (int r = 0; r < 1000; r++) {
            var logits = new double[50];
            for (int i = 0; i < 50; i++) logits[i] = r % 2 == 0 ? rng.nextInt(5) : rng.nextGaussian(); // ties in every other row
            int largest = 0;
            for (int i = 1; i < 50; i++) if (logits[i] > logits[largest]) largest = i;
            for (double t : new double[] {0, Double.MIN_VALUE, 1e-300, 1e-9}) {
                int id = new TokenSampler(PLAIN.withTemperature(t), rng.split(r)).next(row.load(logits));
                different += t == 0 ? id == largest ? 0 : 1 : logits[id] == logits[largest] ? 0 : 1;
                draws++;
            }
        }
        Evidence.of("draws", draws, exactly(4000));
        Evidence.of("draws of another than the largest", different, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void hotterSamplesAreMoreDiverse() {
        var row = new LogitRow(V);
        double leastStep = Double.POSITIVE_INFINITY;
        for (int seed = 0; seed < 3; seed++) {
            var rng = Rng.of(seed);
            var logits = new double[V];
            for (int i = 0; i < V; i++) logits[i] = 2 * rng.nextGaussian();
            double before = -1;
            for (int t = 1; t <= 10; t++) {
                var sampler = new TokenSampler(PLAIN.withTemperature(0.2 * t), rng.split(t));
                var seen = new double[V];
                for (int i = 0; i < 20_000; i++) seen[sampler.next(row.load(logits))]++;
                double entropy = 0;
                for (double n : seen) if (n > 0) entropy -= n / 20_000 * Math.log(n / 20_000);
                leastStep = Math.min(leastStep, entropy - before);
                before = entropy;
            }
        }
        Evidence.of("least rise of the entropy from one temperature to the next, nats", leastStep, above(0));
    }

    @Test void stepsDoAsTheySay() {
        var row = new LogitRow(4);
        double[] z = Toys.logs(0.5, 0.3, 0.15, 0.05);
        var xtc = new TokenSampler(PLAIN.withXtc(new Xtc(1, 0.12)), Rng.of(1));
        xtc.process(row.load(z));
        assertThat(row.probabilities()).containsExactly(new double[] {0, 0, 0.75, 0.25}, within(1e-12));
        var one = new TokenSampler(PLAIN.withXtc(new Xtc(1, 0.4)), Rng.of(1)); // a single top choice stays
        one.process(row.load(z));
        assertThat(row.probabilities()).containsExactly(shares(z), within(1e-12));
        var dry = new TokenSampler(PLAIN.withDry(Dry.USUAL), Rng.of(1), 0, 1, 2, 3, 0, 1, 2); // 3 would go on with a run of three
        dry.process(row.load(z));
        assertThat(row.logit(3)).isCloseTo(z[3] - 0.8 * 1.75, within(1e-12));
        assertThat(row.logit(0)).isEqualTo(z[0]);
        var broken = new TokenSampler(PLAIN.withDry(Dry.USUAL.withBreakers(Set.of(1))), Rng.of(1), 0, 1, 2, 3, 0, 1, 2);
        broken.process(row.load(z));
        assertThat(row.logit(3)).isEqualTo(z[3]); // a run of one is free
    }

    private static double[] shares(double[] logs) { return Arrays.stream(logs).map(Math::exp).toArray(); }

    /** The surprise that Mirostat steers is that before truncation, and its mean comes to the target. */
    @Test void mirostatHoldsTheSurprise() {
        var row = new LogitRow(200);
        var rng = Rng.of(4);
        var z = new double[200];
        for (int i = 0; i < 200; i++) z[i] = -1.1 * Math.log(i + 1);
        var p = SamplingReference.softmax(z);
        for (double target : new double[] {3, 4}) {
            var sampler = new TokenSampler(PLAIN.withMirostat(new Mirostat(target, 0.1)), rng);
            double sum = 0;
            for (int i = 0; i < 3000; i++) sum -= Math.log(p[sampler.next(row.load(z))]) / Math.log(2);
            assertThat(sum / 3000).isCloseTo(target, within(0.05));
        }
    }

    /** Partial selection and fast sums at a size where neither is small, against sorting. */
    @Test void largeVocabulariesAreCutAsByASort() {
        int v = 5000;
        var row = new LogitRow(v);
        for (int seed = 0; seed < 6; seed++) {
            var rng = Rng.of(seed);
            var z = new double[v];
            double scale = new double[] {0.1, 1, 3, 8, 1, 0}[seed];
            for (int i = 0; i < v; i++) z[i] = seed == 4 ? rng.nextInt(7) : 0.0 + scale * rng.nextGaussian(); // no -0.0
            for (int k : new int[] {1, 50, 128, 129, 2000}) {
                row.load(z).keepLargest(k);
                assertThat(row.probabilities()).isEqualTo(SamplingReference.softmax(SamplingReference.topK(z, k)));
            }
            for (double p : new double[] {0, 0.3, 0.9, 0.9999}) {
                row.load(z).keepNucleus(p);
                if (seed == 5) assertThat(row.count()).isEqualTo(Math.max(1, (int) Math.round(p * v))); // a running sum of the shares would be off by one
                else assertThat(row.probabilities()).isEqualTo(SamplingReference.softmax(SamplingReference.topP(z, p)));
            }
            new TokenSampler(PLAIN.withTypicalP(0.5), Rng.of(1)).process(row.load(z));
            var expected = SamplingReference.softmax(SamplingReference.typical(z, 0.5));
            if (seed != 4 && seed != 5) assertThat(row.probabilities()).isEqualTo(expected);
        }
    }

    @Test void whatDrawsByChanceIsNotGreedy() {
        assertThat(SamplingOptions.greedy().isGreedy()).isTrue();
        assertThat(SamplingOptions.topK(1).isGreedy()).isTrue();
        assertThat(SamplingOptions.greedy().withXtc(new Xtc(0.5, 0.1)).isGreedy()).isFalse();
        LogitProcessor noise = (row, _, rng) -> row.add(0, rng.nextGaussian());
        assertThat(SamplingOptions.topK(1).withOwn(List.of(() -> noise)).isGreedy()).isFalse();
    }

    @Test void whatIsWrongIsNamed() {
        var row = new LogitRow(3);
        assertThatThrownBy(() -> row.load(1, Double.NaN, 2)).hasMessageContaining("the logit of id 1 is NaN");
        assertThatThrownBy(() -> row.load(1, 2)).hasMessageContaining("2 logits for a vocabulary of 3");
        assertThatThrownBy(() -> new TokenSampler(PLAIN.withBans(Set.of(0, 1, 2)), Rng.of(1)).next(row.load(1, 2, 3)))
                .hasMessageContaining("every one of 3 ids is banned");
        assertThatThrownBy(() -> new TokenSampler(PLAIN.withBias(Map.of(3, 1.0)), Rng.of(1)).next(row.load(1, 2, 3)))
                .hasMessageContaining("bias names id 3 of a vocabulary of 3");
        assertThatThrownBy(() -> PLAIN.withTemperature(-1)).hasMessageContaining("temperature is -1.0");
        assertThatThrownBy(() -> PLAIN.withTopK(0)).hasMessageContaining("topK is 0");
        assertThatThrownBy(() -> PLAIN.withTopP(1.1)).hasMessageContaining("topP is 1.1");
        assertThatThrownBy(() -> PLAIN.withOrder(List.of(SamplingOptions.Step.TOP_K, SamplingOptions.Step.TOP_K)))
                .hasMessageContaining("twice");
        var steered = PLAIN.withMirostat(new Mirostat(3, 0.1));
        var behind = List.of(SamplingOptions.Step.MIROSTAT, SamplingOptions.Step.TEMPERATURE);
        assertThatThrownBy(() -> steered.withOrder(behind)).hasMessageContaining("TEMPERATURE after MIROSTAT");
        assertThatThrownBy(() -> PLAIN.withOrder(behind).withMirostat(new Mirostat(3, 0.1)))
                .hasMessageContaining("TEMPERATURE after MIROSTAT");
        assertThat(PLAIN.withOrder(behind).mirostat()).isEqualTo(Mirostat.OFF);
        assertThatThrownBy(() -> Penalties.repetition(0)).hasMessageContaining("repetition is 0.0");
        assertThatThrownBy(() -> new Xtc(2, 0.1)).hasMessageContaining("probability 2.0");
    }
}
