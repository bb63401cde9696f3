package lyceum.llm;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.function.Function;
import lyceum.FormatException;
import lyceum.autograd.Autograd;
import lyceum.llm.train.Masking;
import lyceum.memory.Scope;
import lyceum.nn.BertConfig;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.text.encoder.SentenceEncoder;
import org.junit.jupiter.api.Test;

class MaskedLMTest {
    private static final String TOPIC = "masked-language-model";
    private static final BertConfig TINY = new BertConfig(24, 32, 2, 2, 64, 12).withDropout(0).withAttentionDropout(0);

    /** Clause 1: of 10^6 tokens 15% are selected, 80/10/10 of these, and no special is. */
    @Acceptance(topic = TOPIC, clause = 1)
    @Test void fifteenInAHundredAreSelectedAndSpecialsNever() {
        var shares = MaskingShares.of(new Masking(1000, 4, 0, 1, 2, 3), 1_000_000, 5);
        Evidence.of("ordinary tokens", shares.ordinary(), exactly(1_000_000));
        Evidence.of("share selected", shares.selected(), between(0.148, 0.152));
        Evidence.of("of these masked", shares.masked(), between(0.795, 0.805));
        Evidence.of("replaced", shares.replaced(), between(0.095, 0.105));
        Evidence.of("kept", shares.kept(), between(0.095, 0.105));
        Evidence.of("specials selected or changed, specials drawn", shares.specials(), exactly(0));
        Evidence.of("positions changed without a label", shares.silent(), exactly(0));
    }

    /** Clause 2: gradients at positions without a label are exactly 0. */
    @Acceptance(topic = TOPIC, clause = 2)
    @Test void unmaskedPositionsGetNoGradient() {
        var model = new MaskedLM(TINY, Rng.of(1));
        var states = Tensor.randn(Rng.of(2), 4, 10, 32).requiresGrad();
        var labels = new Masking(24, 23, 0).withRate(0.3).batch(Tensor.of(Rng.of(3).ints(40, 1, 23).toArray(), 4, 10), Rng.of(4)).labels();
        var loss = model.head().loss(states, labels, Pass.inference());
        loss.backward();
        double[] size = states.grad().abs().sum(2).flatten().toDoubleArray();
        int[] label = labels.toIntArray();
        double unasked = 0, least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < 40; i++) if (label[i] < 0) unasked = Math.max(unasked, size[i]);
        else least = Math.min(least, size[i]);
        Evidence.of("largest gradient where nothing is asked", unasked, exactly(0));
        Evidence.of("smallest where something is", least, atLeast(1e-9));
        // the same by hand, over the logits of all positions
        double[][] z = Autograd.noGrad(() -> model.head().forward(states.detach(), Pass.inference())).reshape(40, 24).toRows();
        double sum = 0;
        int count = 0;
        for (int i = 0; i < 40; i++) {
            if (label[i] < 0) continue;
            sum += Math.log(Arrays.stream(z[i]).map(Math::exp).sum()) - z[i][label[i]];
            count++;
        }
        Evidence.of("loss less the mean over labelled positions", Math.abs(loss.item() - sum / count), atMost(1e-5));
        assertThat(model.head().loss(states, Tensor.of(label, 4, 10).mul(0).sub(100), Pass.inference()).item()).isZero();
    }

    /** Clause 3: MiniLM's hidden states are ONNX Runtime's to 1e-4. */
    @Acceptance(topic = TOPIC, clause = 3)
    @Test void miniLmsStatesAreOnnxRuntimes() {
        var model = new MaskedLM(SentenceEncoder.miniLm().model(), Rng.of(1));
        var golden = MiniLmStates.read();
        double worst = golden.worst(10, ids -> Autograd.noGrad(() -> model.encoder().hiddenStates(ids, null, null, Pass.inference())));
        Evidence.of("sentences", golden.compared(), exactly(20));
        Evidence.of("largest gap of a hidden state, or of a token's signed sum", worst, atMost(1e-4));
    }

    private static void train(Module model, int steps, double rate, Function<Rng, Tensor> loss) {
        var adam = new Adam(rate).over(new ArrayList<>(model.parameters().values()));
        var rng = Rng.of(7);
        for (int step = 0; step < steps; step++) try (var scope = Scope.open()) {
            model.zeroGrad();
            loss.apply(rng).backward();
            adam.step();
        }
    }

    /** Rows of a gap (1 to 10) and the neighbour behind (11 to 20) that fixes it: 3 n + 1 modulo 10; four such pairs. */
    private static int[] pairs(int rows, Rng rng) {
        var ids = new int[rows * 8];
        for (int i = 0; i < ids.length; i += 2) {
            int n = rng.nextInt(10);
            ids[i] = 1 + (3 * n + 1) % 10;
            ids[i + 1] = 11 + n;
        }
        return ids;
    }

    /** Clause 4: where the right neighbour fixes the gap, both sides fill it and the left one alone does not. */
    @Acceptance(topic = TOPIC, clause = 4)
    @Test void aGapFixedByItsRightNeighbourIsFilledFromBothSidesOnly() {
        var masked = new MaskedLM(TINY, Rng.of(1));
        train(masked, 250, 3e-3, rng -> {
            int[] ids = pairs(32, rng), labels = new int[ids.length];
            Arrays.fill(labels, Masking.IGNORED);
            for (int i = 0; i < ids.length; i += 2) if (rng.nextDouble() < 0.5) {
                labels[i] = ids[i];
                ids[i] = 23;
            }
            return masked.loss(Tensor.of(ids, 32, 8), Tensor.of(labels, 32, 8), null, Pass.training(rng));
        });
        var causal = new DecoderLM(DecoderConfig.llama(24, 12, 2, 32, 2, 2, 64).withTied(true), Rng.of(1));
        train(causal, 250, 3e-3, rng -> causal.loss(Tensor.of(pairs(32, rng), 32, 8), Pass.training(rng)));
        int n = 500, right = 0, guessed = 0;
        int[] held = pairs(n, Rng.of(99));
        for (int r = 0; r < n; r++) {
            int[] ids = Arrays.copyOfRange(held, r * 8, r * 8 + 8);
            int gap = 2 + 2 * (r % 3);
            var hidden = ids.clone();
            hidden[gap] = 23;
            if (masked.fill(hidden, gap, 1).getFirst().id() == ids[gap]) right++;
            double[] z = Autograd.noGrad(() -> causal.logits(Tensor.of(Arrays.copyOf(ids, gap), 1, gap), Pass.inference())).get(0)
                    .get(gap - 1).toDoubleArray();
            int best = 0;
            for (int id = 1; id < 24; id++) if (z[id] > z[best]) best = id;
            if (best == ids[gap]) guessed++;
        }
        Evidence.of("gaps filled from both sides", (double) right / n, atLeast(0.99));
        Evidence.of("foretold from the left, chance being 0.1", (double) guessed / n, between(0.05, 0.15));
        Evidence.of("parameters, masked over causal", (double) masked.parameterCount() / causal.parameterCount(), between(0.8, 1.25));
    }

    /** "the noun (near the noun) verb ." with numbers: 1 the, 2 near, 3 dot, 4..11 nouns (odd plural), 12..19 verbs (odd plural), 22 end. */
    private static int[] sentence(Rng rng, boolean held) {
        while (true) {
            int number = rng.nextInt(2), noun = 4 + 2 * rng.nextInt(4) + number, verb = 12 + 2 * rng.nextInt(4) + number,
                    other = 4 + rng.nextInt(8);
            if (((noun / 2 + verb / 2) % 4 == 0) == held) return new int[] {1, noun, 2, 1, other, verb, 3};
        }
    }

    /** Clause 5: the pseudo-log-likelihood prefers the sentence whose verb agrees with its subject, across a noun in between. */
    @Acceptance(topic = TOPIC, clause = 5)
    @Test void pseudoLikelihoodPrefersTheGrammatical() {
        var model = new MaskedLM(TINY, Rng.of(3));
        var masking = new Masking(24, 23, 0, 20, 21, 22).withRate(0.25);
        train(model, 400, 3e-3, rng -> {
            var ids = new int[32 * 7];
            for (int r = 0; r < 32; r++) System.arraycopy(sentence(rng, false), 0, ids, r * 7, 7);
            var batch = masking.batch(Tensor.of(ids, 32, 7), rng);
            return model.loss(batch.ids(), batch.labels(), null, Pass.training(rng));
        });
        var scoring = model.scoring(23);
        var rng = Rng.of(5);
        int preferred = 0;
        for (int i = 0; i < 200; i++) {
            int[] good = sentence(rng, true), bad = good.clone();
            bad[5] ^= 1;
            if (scoring.pseudoLogLikelihood(good) > scoring.pseudoLogLikelihood(bad)) preferred++;
        }
        Evidence.of("of 200 pairs, subjects and verbs never seen together", preferred / 200.0, atLeast(0.9));
    }

    @Test void wordsAndSpansAreSelectedWhole() {
        var ids = new int[60_000];
        var words = new int[ids.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = 5 + i % 900;
            words[i] = i / 3;
        }
        var masking = new Masking(1000, 4, 0, 1, 2, 3);
        int[] whole = masking.withUnit(Masking.Unit.WORD).of(ids, words, Rng.of(1)).labels();
        for (int i = 0; i < ids.length; i += 3)
            assertThat(new int[] {whole[i + 1] < 0 ? 0 : 1, whole[i + 2] < 0 ? 0 : 1}).containsOnly(whole[i] < 0 ? 0 : 1);
        var spans = masking.withUnit(Masking.Unit.SPAN).of(ids, Rng.of(2));
        assertThat(spans.selected() / 60_000.0).isBetween(0.14, 0.16);
        assertThat(Arrays.stream(whole).filter(l -> l >= 0).count() / 60_000.0).isBetween(0.14, 0.16);
        int begun = 0;
        for (int i = 1; i < ids.length; i++) if (spans.labels()[i] >= 0 && spans.labels()[i - 1] < 0) begun++;
        assertThat((double) spans.selected() / begun).isBetween(3.3, 4.5);
        assertThat(masking.of(ids, Rng.of(1).split(0)).labels()).isEqualTo(masking.of(ids, Rng.of(1).split(0)).labels())
                .isNotEqualTo(masking.of(ids, Rng.of(1).split(1)).labels());
        assertThatThrownBy(() -> masking.withRate(1.0)).hasMessageContaining("0 < rate < 1");
        assertThatThrownBy(() -> new Masking(4, 9)).hasMessageContaining("ids below its size");
    }

    @Test void checkpointsComeBackAndLackOfAHeadIsNamed() {
        var model = new MaskedLM(TINY, Rng.of(1));
        var saved = model.checkpoint();
        assertThat(saved).containsKeys("bert.encoder.layer.1.output.dense.weight", "cls.predictions.transform.LayerNorm.weight",
                "cls.predictions.bias");
        var back = MaskedLM.of(TINY, saved);
        var ids = new int[] {1, 5, 23, 7};
        assertThat(back.fill(ids, 2, 3)).isEqualTo(model.fill(ids, 2, 3));
        var bare = new LinkedHashMap<>(saved);
        bare.remove("cls.predictions.bias");
        assertThatThrownBy(() -> MaskedLM.of(TINY, bare)).isInstanceOf(FormatException.class)
                .hasMessageContaining("cls.predictions.bias is missing");
        assertThatThrownBy(() -> model.fill(ids, 4, 1)).hasMessageContaining("place 4 of 4 ids");
        var whole = new int[] {1, 5, 9, 7};
        double one = model.scoring(23).pseudoLogLikelihood(whole);
        assertThat(model.wordLogLikelihood(whole, new int[] {0, 1, 2, 3}, 23)).isCloseTo(one, within(1e-5));
        var rest = new int[] {1, 5, 23, 7};
        double later = one - model.scoring(23).logProbabilities(whole, 1)[5] + model.scoring(23).logProbabilities(rest, 1)[5];
        assertThat(model.wordLogLikelihood(whole, new int[] {0, 1, 1, 3}, 23)).isCloseTo(later, within(1e-5)).isNotEqualTo(one);
        assertThat(model.fill(ids, 2, 24).stream().mapToDouble(MaskedLM.Filler::probability).sum()).isCloseTo(1, within(1e-5));
    }
}
