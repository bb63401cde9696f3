package lyceum.llm;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import lyceum.memory.Scope;
import lyceum.nn.Pass;
import lyceum.nn.loss.CausalLabels;
import lyceum.nn.loss.CausalLmLoss;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.optim.Schedule;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** GPT-3: sizes, banded layers, and maps that are learned from the prompt alone. */
class Gpt3Test {

    /** {@code 12 L d^2 + 13 L d + (V + n) d + 2 d}, with heads that are as wide together as the width; else as much as they are. */
    private static double formula(int layers, double width, double inner, double vocabulary, double context) {
        double attention = 4 * width * inner + 3 * inner + width, feed = 8 * width * width + 5 * width, norms = 4 * width;
        return layers * (attention + feed + norms) + (vocabulary + context) * width + 2 * width;
    }

    @Acceptance(topic = "gpt-3", clause = 1)
    @Test void theFormulaCountsEverySize() {
        Evidence.of("the largest, by the configuration's formula", DecoderConfig.gpt3(Gpt3Size.B175).parameterCount(),
                exactly(174_604_259_328L));
        double worst = 0;
        int built = 0;
        for (var size : Gpt3Size.values()) {
            var config = DecoderConfig.gpt3(size);
            double actual = DecoderLM.skeleton(config).parameterCount();
            worst = Math.max(worst, Math.abs(config.parameterCount() / actual - 1));
            worst = Math.max(worst,
                    Math.abs(formula(size.layers(), size.width(), size.heads() * size.headWidth(), 50_257, 2048) / actual - 1));
            built++;
        }
        var rng = Rng.of(3);
        for (; built < 30; built++) {
            int heads = 1 + rng.nextInt(4), head = 2 * (1 + rng.nextInt(8)), width = 8 + rng.nextInt(40), layers = 1 + rng.nextInt(4);
            var config = DecoderConfig.gpt3(10 + rng.nextInt(90), 8 + rng.nextInt(50), layers, width, heads, head, 4);
            double actual = new DecoderLM(config, Rng.of(1)).parameterCount();
            worst = Math.max(worst, Math.abs(config.parameterCount() / actual - 1));
            worst = Math.max(worst,
                    Math.abs(formula(layers, width, heads * head, config.vocabulary(), config.contextLength()) / actual - 1));
        }
        Evidence.of("formula over what is built, less 1", worst, atMost(0.01));
        Evidence.of("configurations built", built, exactly(30));
    }

    @Acceptance(topic = "gpt-3", clause = 2)
    @Test void aBandedLayerIsDenseAttentionUnderTheSameMask() {
        var gap = Gap.absolute();
        var causes = new double[2];
        for (int band : new int[] {1, 3, 8, 64, 100}) {
            var config = DecoderConfig.gpt3(40, 100, 2, 32, 4, 8, band);
            var banded = new DecoderLM(config.withDeviation(0.3), Rng.of(4)).decoder().layers().get(1).attention();
            assertThat(config.blocks().get(0).attention().attention().window()).isZero();
            var x = Tensor.randn(Rng.of(5), 2, 100, 32);
            var seen = new boolean[100 * 100];
            for (int i = 0; i < 100; i++) for (int j = 0; j <= i; j++) seen[i * 100 + j] = i - j < band;
            var mask = new Attention().withBias(Tensor.of(seen).reshape(1, 1, 100, 100));
            Tensor own = banded.forward(x), dense = banded.forward(x, x, mask, Pass.inference());
            gap.see("band " + band, own.toDoubleArray(), dense.toDoubleArray());
            causes[0] = Math.max(causes[0],
                    own.sub(banded.forward(x, x, new Attention().withCausal(true), Pass.inference())).abs().max().item());
        }
        Evidence.of("banded against dense with a mask", gap, atMost(1e-5));
        Evidence.of("banded against plain causal: the band does something", causes[0], atLeast(0.01));
    }

    private static final int SYMBOLS = 8, SHOWN = 16, STEPS = 660;
    private static final int V = 16; // inputs are 0 to 7, outputs 8 to 15

    /** A random map: of each symbol its image. */
    private static int[] map(Rng rng) {
        var map = new int[SYMBOLS];
        for (int i = 0; i < SYMBOLS; i++) map[i] = SYMBOLS + rng.nextInt(SYMBOLS);
        return map;
    }

    /** Every symbol twice in random order. */
    private static List<PromptedTask.Example> demonstrations(int[] map, Rng rng) {
        int[] order = rng.permutation(2 * SYMBOLS);
        var shown = new ArrayList<PromptedTask.Example>();
        for (int i : order) shown.add(new PromptedTask.Example(new int[] {i % SYMBOLS}, new int[] {map[i % SYMBOLS]}));
        return shown;
    }

    /** As many, of three of the symbols alone: what is shown more often is easier to find. */
    private static List<PromptedTask.Example> easier(int[] map, Rng rng) {
        int[] some = rng.permutation(SYMBOLS);
        var shown = new ArrayList<PromptedTask.Example>();
        for (int i = 0; i < 2 * SYMBOLS; i++) {
            int symbol = some[rng.nextInt(3)];
            shown.add(new PromptedTask.Example(new int[] {symbol}, new int[] {map[symbol]}));
        }
        return shown;
    }

    private static long hash(DecoderLM model) {
        var crc = new CRC32C();
        model.state().forEach((name, t) -> { for (float v : t.toFloatArray()) crc.update(Float.floatToIntBits(v)); });
        return crc.getValue();
    }

    @Acceptance(topic = "gpt-3", clause = 3)
    @Tag("slow")
    @Test void mapsAreLearnedFromThePromptWithFrozenWeights() {
        var task = new PromptedTask(new int[0], new int[0]);
        int context = 2 * (SHOWN + 1);
        var weights = new float[32 * context];
        for (int i = 1; i < weights.length; i += 2) weights[i] = 1; // outputs are foretold, inputs are chance
        var alternating = DecoderConfig.gpt3(V, context, 2, 64, 4, 16, 2).withDeviation(0.1);
        var model = new DecoderLM(alternating.withBlocks(alternating.blocks().reversed()), Rng.of(1)); // the banded layer first: it tells each output its input
        var adam = new AdamW(2e-3).over(model.parameters()).scheduledBy(new Schedule.Cosine(STEPS)).clippedBy(Clip.norm(1));
        var rng = Rng.of(2);
        for (int step = 0; step < STEPS; step++) try (var scope = Scope.open()) {
            var ids = new int[32 * context];
            for (int row = 0; row < 32; row++) {
                int[] map = map(rng);
                var shown = step < 2 * STEPS / 3 ? easier(map, rng) : demonstrations(map, rng);
                int asked = step < 2 * STEPS / 3 ? shown.get(rng.nextInt(SHOWN)).question()[0] : rng.nextInt(SYMBOLS);
                int[] text = task.prompt(shown, new int[] {asked});
                System.arraycopy(text, 0, ids, row * context, text.length);
                ids[row * context + text.length] = map[text[text.length - 1]];
            }
            model.zeroGrad();
            var batch = Tensor.of(ids, 32, context);
            var labels = CausalLabels.of(batch).withWeights(Tensor.of(weights, 32, context));
            var loss = new CausalLmLoss().tokens(model.logits(batch, Pass.training(rng)), labels).mean();
            loss.backward();
            adam.step();
        }
        long before = hash(model);
        var fresh = Rng.of(99);
        List<PromptedTask.Example> questions = new ArrayList<>();
        List<List<PromptedTask.Example>> shown = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            int[] map = map(fresh);
            int asked = fresh.nextInt(SYMBOLS);
            shown.add(demonstrations(map, fresh));
            questions.add(new PromptedTask.Example(new int[] {asked}, new int[] {map[asked]}));
        }
        double none = task.accuracy(model, List.of(List.of()), questions), sixteen = task.accuracy(model, shown, questions);
        Evidence.of("accuracy on 500 unseen maps, K = 0", none, atMost(0.2));
        Evidence.of("accuracy on 500 unseen maps, K = 16", sixteen, atLeast(0.9));
        Evidence.of("weights unchanged, by their hash", hash(model) - before, exactly(0));
    }
}
