package lyceum.llm;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.autograd.FlopCounter;
import lyceum.memory.Scope;
import lyceum.nn.Embedding;
import lyceum.nn.Gru;
import lyceum.nn.LatentAttentionConfig;
import lyceum.nn.Linear;
import lyceum.nn.LinearAttentionConfig;
import lyceum.nn.Lstm;
import lyceum.nn.MixerConfig;
import lyceum.nn.Pass;
import lyceum.nn.PositionalEncoding;
import lyceum.nn.RetentionConfig;
import lyceum.nn.Rnn;
import lyceum.nn.RnnConfig;
import lyceum.nn.SequenceLayout;
import lyceum.nn.TransformerConfig;
import lyceum.nn.loss.CausalLmLoss;
import lyceum.optim.AdamW;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.text.lm.RecurrentLanguageModel;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What every model that reads from left to right keeps to: all families, mixers in the place of attention, recurrent networks. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CausalLMTest {
    private static final int V = 23, T = 12;
    private final SequencedMap<String, CausalLM> models = new LinkedHashMap<>();

    @BeforeAll void everyArchitecture() throws IOException {
        for (var family : TinyFamilies.all()) models.put(family.name(), family.model());
        models.put("alibi",
                new DecoderLM(DecoderConfig.gpt2(V, 16, 2, 16, 4).eachBlock(b -> b.positioned(PositionalEncoding.alibi())), Rng.of(1)));
        mixed("retention", new RetentionConfig(16, 2));
        mixed("linear attention", new LinearAttentionConfig(16, 2).withCausal(true));
        mixed("latent attention", new LatentAttentionConfig(16, 2, 8, 4, 4));
        recurrent("rnn", new Rnn(new RnnConfig(8, 16), Rng.of(3)));
        recurrent("gru", new Gru(new RnnConfig(8, 16), Rng.of(3)));
        recurrent("lstm", new Lstm(new RnnConfig(8, 16).withLayers(2), Rng.of(3)));
    }

    private void mixed(String name, MixerConfig mixer) {
        var config = DecoderConfig.llama(V, 16, 2, 16, 4, 2, 24).withDeviation(0.3).eachBlock(b -> b.withMixer(mixer));
        models.put(name, new DecoderLM(config, Rng.of(2)));
    }

    private void recurrent(String name, Rnn network) {
        models.put(name,
                new RecurrentLM(new RecurrentLanguageModel(new Embedding(V, 8, Rng.of(4)), network, new Linear(16, V, Rng.of(5)), -1, -1)));
    }

    private static Tensor ids(long seed, long... shape) { return Tensor.randint(Rng.of(seed), 0, V, shape); }

    @Acceptance(topic = "causal-language-model", clause = 1)
    @Test void editsOfLaterTokensLeaveEarlierLogitsAsTheyAreToTheBit() {
        int edits = 0, changedBits = 0, changedLater = 0;
        for (var model : models.entrySet()) {
            var first = ids(7, 2, T);
            double[][] before = rows(model.getValue(), first);
            for (int t = 1; t < T; t++) {
                int[] edited = first.to(DType.I32).toIntArray();
                for (int row = 0; row < 2; row++)
                    for (int s = t; s < T; s++) edited[row * T + s] = (edited[row * T + s] + 1 + (s + row) % (V - 1)) % V;
                double[][] after = rows(model.getValue(), Tensor.of(edited, 2, T));
                for (int row = 0; row < 2; row++) {
                    for (int s = 0; s < t; s++) if (!Arrays.equals(before[row * T + s], after[row * T + s])) changedBits++;
                    if (!Arrays.equals(before[row * T + t], after[row * T + t])) changedLater++;
                }
                edits++;
            }
        }
        Evidence.of("earlier positions changed", changedBits, exactly(0));
        Evidence.of("edits that changed their own position, of both rows", changedLater, exactly(2 * edits));
        Evidence.of("edits over 24 architectures", edits, exactly(24 * (T - 1)));
    }

    @Test void ofUnequalPromptsOnlyTheLastPlacesAreUnembedded() {
        var config = DecoderConfig.llama(V, 32, 1, 16, 2, 2, 24);
        var counted = new DecoderLM(config.eachBlock(b -> b.withMixer(new RetentionConfig(16, 2))), Rng.of(1));
        long one = FlopCounter.count(() -> counted.begin().next(ids(1, 3, 7)).compute()).products();
        long any = FlopCounter.count(() -> counted.begin().at(ids(1, 3, 7), 6, 1, 0).compute()).products();
        assertThat(any).isEqualTo(one).isPositive();
        int[][] prompts = {{1, 2, 3, 4, 5, 6, 7}, {8, 9}, {10}};
        var model = new DecoderLM(config.withDeviation(0.3), Rng.of(1));
        var together = model.begin().next(prompts);
        for (int r = 0; r < 3; r++) {
            var alone = model.begin().next(prompts[r]).get(0).toDoubleArray();
            assertThat(together.get(r).toDoubleArray()).containsExactly(alone, within(1e-5));
        }
    }

    private static double[][] rows(CausalLM model, Tensor ids) {
        return Autograd.noGrad(() -> model.logits(ids, Pass.inference())).reshape(-1, V).toRows();
    }

    @Acceptance(topic = "causal-language-model", clause = 2)
    @Test void paddedAndPackedBatchesEqualSingleRuns() {
        int[] lengths = {12, 5, 9, 1};
        Gap left = Gap.absolute(), right = Gap.absolute(), packed = Gap.absolute();
        for (var model : models.entrySet()) {
            compare(model, SequenceLayout.leftPadded(T, lengths), left);
            compare(model, SequenceLayout.rightPadded(T, lengths), right);
            compare(model, SequenceLayout.packed(5, 3, 4), packed);
            compare(model, SequenceLayout.packed(T, new int[] {5, 7}, new int[] {1, 4, 6}), packed);
        }
        Evidence.of("left-padded against single runs", left, atMost(1e-5));
        Evidence.of("right-padded against single runs", right, atMost(1e-5));
        Evidence.of("packed against single runs", packed, atMost(1e-5));
        Evidence.of("numbers compared", left.seen() + right.seen() + packed.seen(), exactly(24 * V * (27 + 27 + 12 + 23)));
    }

    private static void compare(Map.Entry<String, CausalLM> model, SequenceLayout layout, Gap gap) {
        var batch = ids(8, layout.rows(), layout.columns());
        var z = Autograd.noGrad(() -> model.getValue().logits(batch, layout, Pass.inference()));
        for (var span : layout.spans()) {
            var own = batch.narrow(0, span.row(), 1).narrow(1, span.start(), span.length());
            var alone = Autograd.noGrad(() -> model.getValue().logits(own, Pass.inference()));
            gap.see(model.getKey() + " " + span, z.get(span.row()).narrow(0, span.start(), span.length()).toDoubleArray(),
                    alone.toDoubleArray());
        }
    }

    @Acceptance(topic = "causal-language-model", clause = 3)
    @Test void aPrefixSeesItselfBothWaysAndTheRestIsCausal() {
        int n = 8, prefix = 4, wrong = 0, seen = 0, checked = 0;
        for (var entry : models.entrySet()) {
            if (!(entry.getValue() instanceof DecoderLM model) || model.config().blocks().getFirst().mixer() != null) continue;
            var layout = SequenceLayout.whole(1, n).prefixed(prefix);
            boolean[][] expected = reach(model.config().blocks(), n, prefix);
            var x = Tensor.randn(Rng.of(9), 1, n, 16);
            var weights = Tensor.randn(Rng.of(10), V);
            for (int t = 0; t < n; t++) {
                int at = t;
                double[][] gradient = Autograd.grad(h -> model
                        .unembedded(model.decoder().forward(h, layout, Pass.inference()), Pass.inference()).get(0, at).mul(weights).sum())
                        .apply(x).reshape(n, 16).toRows();
                for (int s = 0; s < n; s++) {
                    boolean depends = Arrays.stream(gradient[s]).anyMatch(v -> v != 0);
                    if (depends != expected[t][s]) wrong++;
                    if (depends) seen++;
                    checked++;
                }
            }
        }
        Evidence.of("entries of the Jacobian that are zero, or not, against the rule", wrong, exactly(0));
        Evidence.of("pairs of positions looked at", checked, exactly(18 * 64));
        Evidence.of("pairs that depend", seen, atLeast(18 * 36));
    }

    /** From which positions each depends, through all blocks, windows included: by the rule alone. */
    private static boolean[][] reach(List<TransformerConfig> blocks, int n, int prefix) {
        var reach = new boolean[n][n];
        for (int i = 0; i < n; i++) reach[i][i] = true;
        for (var block : blocks) {
            long window = block.attention().attention().window();
            var next = new boolean[n][n];
            for (int i = 0; i < n; i++) for (int k = 0; k < n; k++) {
                boolean sees = (k <= i || k < prefix && i < prefix) && (window == 0 || Math.abs(i - k) < window);
                for (int j = 0; sees && j < n; j++) next[i][j] |= reach[k][j];
            }
            reach = next;
        }
        return reach;
    }

    @Acceptance(topic = "causal-language-model", clause = 4)
    @Test void theLossIsTheMeanOfTheShiftedLogProbabilities() {
        var gap = Gap.absolute();
        for (var model : models.entrySet()) {
            var batch = ids(11, 3, T);
            int[] id = batch.to(DType.I32).toIntArray();
            double[][] z = rows(model.getValue(), batch);
            double sum = 0;
            for (int row = 0; row < 3; row++) for (int t = 0; t + 1 < T; t++) sum -= logSoftmax(z[row * T + t], id[row * T + t + 1]);
            gap.see(model.getKey(), model.getValue().loss(batch, Pass.inference()).item(), sum / (3 * (T - 1)));
            // Of a packed batch: no document foretells the next.
            var layout = SequenceLayout.packed(T, new int[] {5, 7}, new int[] {4, 3}, new int[] {12});
            double packed = 0;
            int count = 0;
            for (var span : layout.spans()) {
                var own = batch.narrow(0, span.row(), 1).narrow(1, span.start(), span.length());
                double[][] rows = rows(model.getValue(), own);
                for (int t = 0; t + 1 < span.length(); t++, count++)
                    packed -= logSoftmax(rows[t], id[span.row() * T + span.start() + t + 1]);
            }
            gap.see(model.getKey() + " packed", model.getValue().loss(batch, layout, Pass.inference()).item(), packed / count);
        }
        Evidence.of("loss against its definition in F64", gap, atMost(1e-6));
    }

    private static double logSoftmax(double[] z, int id) {
        double top = Arrays.stream(z).max().orElseThrow();
        return z[id] - top - Math.log(Arrays.stream(z).map(v -> Math.exp(v - top)).sum());
    }

    @Acceptance(topic = "causal-language-model", clause = 5)
    @Test void onUniformTokensAModelThatPeeksFallsBelowTheEntropyAndACausalOneNever() {
        double[] causal = losses(false), peeking = losses(true);
        Evidence.of("lowest loss on fresh tokens of the causal model, less log V", Arrays.stream(causal).min().orElseThrow() - Math.log(8),
                atLeast(-0.01));
        Evidence.of("last loss of the unmasked twin, less log V", peeking[peeking.length - 1] - Math.log(8), below(-1));
        Evidence.of("batches of fresh tokens", causal.length, exactly(STEPS));
    }

    private static final int STEPS = 90;

    /** On each batch before it is learned from: no token was seen before. */
    private static double[] losses(boolean peeks) {
        var model = new DecoderLM(DecoderConfig.gpt2(8, 16, 2, 32, 4), Rng.of(1));
        var adam = new AdamW(3e-3).over(model.parameters());
        var layout = SequenceLayout.whole(64, 16);
        var seen = peeks ? layout.prefixed(16) : layout;
        var losses = new double[STEPS];
        for (int step = 0; step < STEPS; step++) try (var scope = Scope.open()) {
            var batch = Tensor.randint(Rng.of(100 + step), 0, 8, 64, 16);
            var loss = new CausalLmLoss().of(model.logits(batch, seen, Pass.training(Rng.of(step))), batch);
            losses[step] = loss.item();
            model.zeroGrad();
            loss.backward();
            adam.step();
        }
        return losses;
    }
}
