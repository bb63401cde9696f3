package lyceum.train.peft;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.memory.Scope;
import lyceum.nn.AttentionConfig;
import lyceum.nn.KvCache;
import lyceum.nn.Module;
import lyceum.nn.MultiHeadAttention;
import lyceum.nn.Pass;
import lyceum.nn.PositionalEncoding;
import lyceum.nn.RotaryEmbedding;
import lyceum.nn.TransformerBlock;
import lyceum.nn.TransformerConfig;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class PrefixTuningTest {
    private static final int D = 16, LAYERS = 3;

    private static TinyText model(TransformerConfig config) { return new TinyText(config, LAYERS, 11, 24, 5, false, Rng.of(1)); }

    private static TransformerConfig plain() { return TinyText.config(D, 2, 24); }

    private static Tensor tokens(int rows) { return Tensor.randint(Rng.of(8), 0, 11, rows, 9).compute(); }

    private static Peft randomised(Peft tuning, long seed) {
        var rng = Rng.of(seed);
        Autograd.noGrad(() -> tuning.parameters().values().forEach(t -> t.copy_(Tensor.randn(rng, t.dtype(), t.shape().toArray()))));
        return tuning;
    }

    @Acceptance(topic = "prefix-prompt-tuning", clause = 1)
    @Test void trainingLeavesTheBackbone() {
        var data = new Dataset(tokens(32), Tensor.randint(Rng.of(3), 0, 5, 32).compute(), List.of(), List.of("a", "b", "c", "d", "e"),
                "random");
        for (var method : List.of(new PrefixTuning(4), new PrefixTuning(4).withHidden(6), new PromptTuning(4))) {
            var model = new TinyText(plain(), LAYERS, 11, 24, 5, true, Rng.of(1));
            var before = TinyText.bits(model);
            var tuning = Peft.of(model, method, "a", Rng.of(2));
            var first = TinyText.bits(tuning.parameters().firstEntry().getValue());
            new Trainer(new Adam(0.05), 5).fit(model, Loss::crossEntropy, data, Rng.of(4));
            Evidence.of(method + ": backbone tensors that changed", TinyText.changed(before, model), exactly(0));
            assertThat(TinyText.bits(tuning.parameters().firstEntry().getValue())).isNotEqualTo(first);
        }
    }

    @Acceptance(topic = "prefix-prompt-tuning", clause = 2)
    @Test void theCountsAreThoseOfKeysValuesAndInputs() {
        long wrong = 0;
        for (int p : new int[] {1, 3, 8}) {
            var prefixed = model(plain());
            Peft.of(prefixed, new PrefixTuning(p), "a", Rng.of(2));
            var prompted = model(plain());
            Peft.of(prompted, new PromptTuning(p), "a", Rng.of(2));
            wrong += prefixed.parameterCount() == 2L * LAYERS * p * D && prompted.parameterCount() == (long) p * D ? 0 : 1;
        }
        Evidence.of("lengths whose counts are not 2 L p d and p d, of three", wrong, exactly(0));
    }

    @Acceptance(topic = "prefix-prompt-tuning", clause = 3)
    @Test void zeroLengthChangesNothing() {
        long differ = 0;
        for (var config : List.of(plain(), plain().causal(),
                plain().withAttention(plain().attention().withPositions(new RotaryEmbedding(D / 2, 10_000)))))
            for (var method : List.of(new PrefixTuning(0), new PromptTuning(0))) {
                var model = model(config);
                byte[] before = TinyText.bits(model.forward(tokens(4)));
                Peft.of(model, method, "a", Rng.of(2));
                differ += Arrays.equals(before, TinyText.bits(model.forward(tokens(4)))) ? 0 : 1;
            }
        Evidence.of("logits that differ in a bit, prefixes and prompts in three models", differ, exactly(0));
    }

    @Acceptance(topic = "prefix-prompt-tuning", clause = 4)
    @Test void aPrefixEqualsACacheThatHoldsIt() {
        double gap = 0, effect = 10;
        for (boolean rotary : new boolean[] {false, true}) for (boolean grouped : new boolean[] {false, true}) {
            var attention = plain().attention().withAttention(new Attention().withCausal(true))
                    .withPositions(rotary ? new RotaryEmbedding(D / 2, 10_000) : PositionalEncoding.none()).withKeyHeads(grouped ? 1 : 2);
            var model = model(plain().withAttention(attention));
            var x = tokens(3);
            var base = model.forward(x).compute();
            var tuning = randomised(Peft.of(model, new PrefixTuning(5), "a", Rng.of(2)), 6);
            var prefixed = model.forward(x).compute();
            var parameters = tuning.parameters();
            tuning.detach();
            var y = model.embed(x, Pass.inference());
            int heads = grouped ? 1 : 2;
            for (int l = 0; l < LAYERS; l++) {
                var cache = KvCache.contiguous();
                var name = "encoder.layers." + l + ".attention.prefix_";
                cache.append(rows(parameters.get(name + "key.weight"), heads, 3), rows(parameters.get(name + "value.weight"), heads, 3));
                y = model.encoder().layers().get(l).forward(y, new TransformerBlock.Context().withCache(cache), Pass.inference());
            }
            var norm = (Module) model.encoder().modules().get("norm");
            gap = Math.max(gap, model.read(norm.forward(y), Pass.inference()).sub(prefixed).abs().max().item());
            effect = Math.min(effect, prefixed.sub(base).abs().max().item());
        }
        Evidence.of("gap of logits, with and without rotary positions and grouped keys", gap, below(1e-6));
        Evidence.of("least effect of a prefix", effect, above(0.01));
    }

    /** (p, heads d) by hand to (batch, heads, p, d). */
    private static Tensor rows(Tensor t, int heads, int batch) {
        int p = (int) t.size(0), d = (int) t.size(1) / heads;
        double[] from = t.toDoubleArray();
        var to = new float[batch * heads * p * d];
        for (int b = 0, at = 0; b < batch; b++)
            for (int h = 0; h < heads; h++)
                for (int i = 0; i < p; i++) for (int j = 0; j < d; j++) to[at++] = (float) from[(i * heads + h) * d + j];
        return Tensor.of(to).reshape(batch, heads, p, d);
    }

    /** Eight ciphers of the sum of a digit and the one before it; the first token names the cipher, or (blank) withholds it. */
    private static final class Ciphers {
        static final int DIGITS = 10, TASKS = 8, BLANK = DIGITS + TASKS, LENGTH = 6;
        final int[][] cipher = new int[TASKS][];

        /** No two ciphers agree anywhere, so that who does not know the task is right once in eight. */
        Ciphers() {
            int[] order = Rng.of(900).permutation(DIGITS);
            for (int k = 0; k < TASKS; k++) {
                cipher[k] = new int[DIGITS];
                for (int i = 0; i < DIGITS; i++) cipher[k][i] = order[(i + k) % DIGITS];
            }
        }

        /** Sequences and targets of given tasks; each row's task is named with that probability. */
        Tensor[] draw(Rng rng, int rows, int only, double named) {
            var x = new int[rows * (LENGTH + 1)];
            var y = new int[rows * LENGTH];
            for (int row = 0; row < rows; row++) {
                int task = only >= 0 ? only : rng.nextInt(TASKS), before = 0, at = row * (LENGTH + 1);
                x[at] = rng.nextDouble() < named ? DIGITS + task : BLANK;
                for (int t = 0; t < LENGTH; t++) {
                    int digit = x[at + 1 + t] = rng.nextInt(DIGITS);
                    y[row * LENGTH + t] = cipher[task][(digit + before) % DIGITS];
                    before = digit;
                }
            }
            return new Tensor[] {Tensor.of(x).reshape(rows, LENGTH + 1), Tensor.of(y).to(DType.I64)};
        }

        void train(Module model, int steps, double rate, int only, double named, Rng rng) {
            var optimizer = new Adam(rate).over(model.parameters()).scheduledBy(new Schedule.Cosine(steps));
            for (int step = 0; step < steps; step++) {
                try (var scope = Scope.open("step")) {
                    var batch = draw(rng, 64, only, named);
                    optimizer.zeroGrad();
                    Loss.crossEntropy(logits(model, batch[0]), batch[1]).backward();
                    optimizer.step();
                    optimizer.zeroGrad();
                }
            }
        }

        private static Tensor logits(Module model, Tensor x) { return model.forward(x).narrow(1, 1, LENGTH).reshape(-1, DIGITS); }

        /** The share of right answers when each is drawn as the model's probabilities say. */
        double drawn(Module model, int task) {
            var batch = draw(Rng.of(5000 + task), 300, task, 0);
            return Autograd.noGrad(() -> {
                double[][] p = logits(model, batch[0]).softmax(-1).toRows();
                long[] right = batch[1].toLongArray();
                var rng = Rng.of(6000 + task);
                double sum = 0;
                for (int i = 0; i < p.length; i++) {
                    double u = rng.nextDouble();
                    int answer = 0;
                    while (answer < DIGITS - 1 && (u -= p[i][answer]) >= 0) answer++;
                    if (answer == right[i]) sum += 1.0 / p.length;
                }
                return sum;
            });
        }

        double accuracy(Module model, int task, double named) {
            var batch = draw(Rng.of(5000 + task), 300, task, named);
            return Autograd.noGrad(() -> logits(model, batch[0]).argmax(1).eq(batch[1]).to(DType.F64).mean().item());
        }
    }

    @Tag("heavy")
    @Acceptance(topic = "prefix-prompt-tuning", clause = 5)
    @Test void aLearnedPrefixStandsForTheTaskToken() {
        var tasks = new Ciphers();
        var config = TinyText.config(48, 4, 96).causal();
        var model = new TinyText(config.withAttention(config.attention().withPositions(new RotaryEmbedding(12, 100))), 2, 19, 0, 10, false,
                Rng.of(1));
        tasks.train(model, 2500, 3e-3, -1, 0.8, Rng.of(2));
        double named = 1, withheld = 0, prefixed = 0, prompted = 0, worst = 1;
        for (int k = 0; k < Ciphers.TASKS; k++) {
            named = Math.min(named, tasks.accuracy(model, k, 1));
            withheld = Math.max(withheld, Math.abs(tasks.drawn(model, k) - 1.0 / Ciphers.TASKS));
        }
        Evidence.of("least accuracy of a task that is named", named, atLeast(0.95));
        // The mean over tasks is one in eight whatever the model answers; that no single task is favoured is what can fail.
        Evidence.of("largest distance from chance, one in eight, of a task that is not, answers drawn", withheld, below(0.05));
        for (int k = 0; k < Ciphers.TASKS; k++) {
            var prefix = Peft.of(model, new PrefixTuning(4).withStart(0.5), "prefix", Rng.of(k));
            tasks.train(model, 400, 0.03, k, 0, Rng.of(10 + k));
            double accuracy = tasks.accuracy(model, k, 0);
            worst = Math.min(worst, accuracy);
            prefixed += accuracy / Ciphers.TASKS;
            prefix.detach();
            var prompt = Peft.of(model, new PromptTuning(4), "prompt", Rng.of(k));
            tasks.train(model, 400, 0.03, k, 0, Rng.of(10 + k));
            prompted += tasks.accuracy(model, k, 0) / Ciphers.TASKS;
            prompt.detach();
        }
        Evidence.of("accuracy with a learned prefix on unseen inputs, worst of eight tasks", worst, atLeast(0.9));
        Evidence.of("mean accuracy with a prefix less that with a prompt of as many positions", prefixed - prompted, atLeast(-0.01));
    }

    @Acceptance(topic = "prefix-prompt-tuning", clause = 6)
    @Test void aBatchOfThreePrefixesEqualsThreeRuns() {
        for (boolean prompt : new boolean[] {false, true}) {
            var model = model(plain().causal());
            var registry = new AdapterRegistry(model);
            for (int i = 0; i < 3; i++)
                registry.add(randomised(Peft.of(model, prompt ? new PromptTuning(4) : new PrefixTuning(4), "p" + i, Rng.of(i)), 30 + i));
            var rows = List.of("p1", "p0", "p2", "p2", "p0", "p1", "p1");
            var x = tokens(rows.size());
            var mixed = registry.mixing(rows, () -> model.forward(x).compute());
            double gap = 0;
            var sums = new double[3];
            for (int i = 0; i < 3; i++) {
                registry.use("p" + i);
                var alone = model.forward(x).compute();
                sums[i] = alone.square().sum().item();
                for (int row = 0; row < rows.size(); row++)
                    if (rows.get(row).equals("p" + i)) gap = Math.max(gap, alone.rows(row).sub(mixed.rows(row)).abs().max().item());
            }
            Evidence.of("different answers of three " + (prompt ? "prompts" : "prefixes"), Arrays.stream(sums).distinct().count(),
                    exactly(3));
            Evidence.of("gap of seven rows of three " + (prompt ? "prompts" : "prefixes"), gap, below(1e-5));
        }
    }

    @Test void prefixesStackAndMasksGoWithThem() {
        var layer = new MultiHeadAttention(new AttentionConfig(D, 2), Rng.of(1));
        var x = Tensor.randn(Rng.of(2), 2, 5, D).compute();
        randomised(Peft.of(layer, new PrefixTuning(2).withTargets(List.of("*")), "a", Rng.of(3)), 4);
        randomised(Peft.of(layer, new PrefixTuning(1).withTargets(List.of("*")), "b", Rng.of(5)), 6);
        var lengths = new Attention().withKeyLengths(Tensor.of(3, 5));
        var bias = new Attention()
                .withBias(Tensor.of(new boolean[] {true, true, true, false, false, true, true, true, true, true}, 2, 1, 1, 5));
        Tensor short1 = layer.forward(x, x, lengths, Pass.inference()).compute(),
                short2 = layer.forward(x, x, bias, Pass.inference()).compute();
        assertThat(short1.sub(short2).abs().max().item()).isLessThan(1e-6);
        var alone = layer.forward(x.narrow(0, 0, 1).narrow(1, 0, 3)).compute();
        assertThat(short1.narrow(0, 0, 1).narrow(1, 0, 3).sub(alone).abs().max().item()).isLessThan(1e-6);
        assertThatThrownBy(() -> layer.forward(x, x, new Attention().withCausal(true).withWindow(2), Pass.inference()))
                .hasMessageContaining("a prefix of 3 positions");
    }

    @Test void differentLengthsDoNotMix() {
        var model = model(plain());
        var registry = new AdapterRegistry(model).add(Peft.of(model, new PrefixTuning(2), "two", Rng.of(1)))
                .add(Peft.of(model, new PrefixTuning(3), "three", Rng.of(1)));
        assertThatThrownBy(() -> registry.mixing(List.of("two", "three"), () -> model.forward(tokens(2))))
                .hasMessageContaining("prefixes of [2, 3] positions in one batch");
    }

    @Test void promptsBeginWithTokens() {
        var model = model(plain());
        var tuning = Peft.of(model, new PromptTuning(3, List.of(4, 7), "embedding"), "a", Rng.of(1));
        var table = model.state().get("embedding.weight");
        assertThat(tuning.parameters().get("embedding.prompt_embeddings.weight").toDoubleArray())
                .isEqualTo(table.rows(4, 7, 4).toDoubleArray());
        assertThat(model.forward(tokens(2)).shape().toArray()).containsExactly(2, 9, 5);
    }
}
