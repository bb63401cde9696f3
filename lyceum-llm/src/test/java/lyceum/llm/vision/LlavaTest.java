package lyceum.llm.vision;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lyceum.autograd.Autograd;
import lyceum.data.scenes.SceneQuestions;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.chat.ChatFormat;
import lyceum.llm.chat.ChatMessage;
import lyceum.llm.vision.VisualInstructionTuning.Example;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.text.BpeTrainer;
import lyceum.text.PreTokenizer;
import lyceum.train.peft.Lora;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class LlavaTest {
    private static final String TOPIC = "llava";
    private static final int IMAGE = 3, IDS = 20;

    private static DecoderLM language(long seed) {
        return new DecoderLM(DecoderConfig.llama(IDS, 128, 2, 32, 4, 2, 64).withDeviation(0.3), Rng.of(seed));
    }

    private static VisionLanguageModel model(long seed) {
        return VisionLanguageModel.llava(language(seed), new PatchProjection(3, 4, 24, Rng.of(seed)), IMAGE, Rng.of(seed + 1));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void textsAreSplicedAsByHand() {
        int lengths = 0, positions = 0, masks = 0, pictures = 0;
        double gap = 0;
        for (int layout = 0; layout < 100; layout++) {
            var rng = Rng.of(layout);
            var model = model(layout % 3);
            int height = 4 * (1 + rng.nextInt(3)), width = 4 * (1 + rng.nextInt(3)), each = height / 4 * (width / 4), shown = 0;
            var texts = new ArrayList<int[]>();
            var counts = new ArrayList<boolean[]>();
            for (int r = 0; r <= rng.nextInt(4); r++) {
                var text = new int[2 + rng.nextInt(7)];
                var counted = new boolean[text.length];
                for (int t = 0; t < text.length; t++) {
                    text[t] = rng.nextInt(4) == 0 ? IMAGE : rng.nextInt(IDS);
                    counted[t] = rng.nextInt(2) == 0;
                    if (text[t] == IMAGE) shown++;
                }
                texts.add(text);
                counts.add(counted);
            }
            pictures += shown;
            var seen = shown == 0 ? null : Tensor.rand(rng, shown, 3, height, width);
            var spliced = model.spliced(texts, counts, seen);
            var padded = spliced.layout(); // null where all rows are as long
            var logits = Autograd.noGrad(() -> model.logits(texts, seen, Pass.inference()).compute());
            int picture = 0;
            double sum = 0;
            int counted = 0;
            for (int r = 0; r < texts.size(); r++) {
                var places = new ArrayList<int[]>(); // id, picture, patch, whether it counts: what a person writes down from left to right
                for (int t = 0; t < texts.get(r).length; t++) {
                    int id = texts.get(r)[t];
                    if (id != IMAGE) places.add(new int[] {id, -1, -1, counts.get(r)[t] ? 1 : 0});
                    else for (int p = 0; p < each; p++) places.add(new int[] {IMAGE, picture, p, 0});
                    if (id == IMAGE) picture++;
                }
                if (spliced.ids().get(r).length != places.size()) lengths++;
                for (int t = 0; t < places.size(); t++) {
                    var at = places.get(t);
                    if (spliced.ids().get(r)[t] != at[0] || spliced.pictures().get(r)[t] != at[1] || spliced.patches().get(r)[t] != at[2])
                        positions++;
                    if (padded != null && padded.positions().item(r, t) != t) positions++;
                    if (spliced.counted().get(r)[t] != (at[3] == 1)) masks++;
                    if (t == 0 || at[3] == 0) continue;
                    double[] z = logits.get(r, t - 1).toDoubleArray();
                    double all = 0;
                    for (double v : z) all += Math.exp(v);
                    sum += Math.log(all) - z[at[0]];
                    counted++;
                }
            }
            if (counted > 0) gap = Math.max(gap, Math.abs(sum / counted - model.loss(texts, counts, seen, Pass.inference()).item()));
        }
        Evidence.of("pictures in 100 layouts", pictures, atLeast(100));
        Evidence.of("rows of another length", lengths, exactly(0));
        Evidence.of("places of another id, picture, patch or position", positions, exactly(0));
        Evidence.of("places that count and should not, or the other way round", masks, exactly(0));
        Evidence.of("loss from that of the places that count", gap, below(1e-4));
        int bits = 0, numbers = 0;
        for (int run = 0; run < 20; run++) {
            var rng = Rng.of(500 + run);
            var model = model(run);
            var text = new int[1 + rng.nextInt(20)];
            for (int t = 0; t < text.length; t++) text[t] = 4 + rng.nextInt(IDS - 4);
            float[] own = Autograd.noGrad(() -> model.logits(List.of(text), null, Pass.inference()).toFloatArray());
            float[] plain = Autograd
                    .noGrad(() -> model.language().logits(Tensor.of(text, 1, text.length), Pass.inference()).toFloatArray());
            for (int i = 0; i < plain.length; i++, numbers++) if (Float.floatToIntBits(own[i]) != Float.floatToIntBits(plain[i])) bits++;
        }
        Evidence.of("logits of texts alone", numbers, atLeast(1000));
        Evidence.of("of them other bits than the language model's", bits, exactly(0));
    }

    private static List<Example> examples(int count, long seed) {
        var rng = Rng.of(seed);
        var all = new ArrayList<Example>();
        for (int i = 0; i < count; i++) {
            int answer = 4 + rng.nextInt(3);
            var picture = Tensor.rand(rng, 1, 3, 8, 8).add(answer - 5).compute();
            all.add(new Example(new int[] {IMAGE, 1, answer}, new boolean[] {false, false, true}, picture));
        }
        return all;
    }

    private static Map<String, float[]> values(Module module) {
        var all = new HashMap<String, float[]>();
        module.state().forEach((name, w) -> all.put(name, w.toFloatArray()));
        return all;
    }

    private static int changed(Map<String, float[]> before, Module module, String prefix) {
        int changed = 0;
        for (var entry : values(module).entrySet())
            if (entry.getKey().startsWith(prefix) && !Arrays.equals(before.get(entry.getKey()), entry.getValue())) changed++;
        return changed;
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void theFirstStageMovesTheConnectorAlone() {
        var model = model(1);
        var before = values(model);
        var recipe = new VisualInstructionTuning(25, 1e-2, 25, 1e-2, 8, null);
        var losses = recipe.align(model, examples(60, 1), Rng.of(2), Progress.SILENT);
        assertThat(losses[24]).isLessThan(losses[0]);
        Evidence.of("tensors of the encoder that changed a bit", changed(before, model, "encoder."), exactly(0));
        Evidence.of("tensors of the language model that changed a bit", changed(before, model, "language."), exactly(0));
        Evidence.of("tensors of the connector that changed", changed(before, model, "connector."), exactly(4));
        Evidence.of("tensors of encoder and language model", before.keySet().stream().filter(n -> !n.startsWith("connector.")).count(),
                atLeast(20));
    }

    @Test void theSecondStageLeavesTheEncoderAndMayBeLowRank() {
        var model = model(1);
        var before = values(model);
        var recipe = new VisualInstructionTuning(1, 1e-2, 25, 1e-2, 8, null);
        assertThat(recipe.tune(model, examples(60, 1), Rng.of(2), Progress.SILENT)).isNull();
        assertThat(changed(before, model, "encoder.")).isZero();
        assertThat(changed(before, model, "language.")).isGreaterThan(15);
        assertThat(model.parameters().keySet()).isEqualTo(before.keySet()); // nothing stays frozen
        var other = model(1);
        var tuning = recipe.withLora(new Lora(2, 8)).tune(other, examples(60, 1), Rng.of(2), Progress.SILENT);
        var picture = examples(1, 9).getFirst().pictures();
        float[] tuned = other.logits(List.of(new int[] {IMAGE, 1}), picture, Pass.inference()).toFloatArray();
        tuning.detach();
        assertThat(changed(before, other, "language.")).isZero();
        assertThat(changed(before, other, "connector.")).isEqualTo(4);
        assertThat(other.logits(List.of(new int[] {IMAGE, 1}), picture, Pass.inference()).toFloatArray()).isNotEqualTo(tuned);
        assertThatThrownBy(() -> recipe.align(other, List.of(), Rng.of(1), Progress.SILENT)).hasMessageContaining("no examples");
        assertThatThrownBy(() -> recipe.withAlignRate(0)).hasMessageContaining("positive");
        var third = model(1);
        assertThatThrownBy(() -> recipe.withLora(new Lora(2, 8)).tune(third, List.of(), Rng.of(1), Progress.SILENT))
                .hasMessageContaining("no examples");
        assertThat(third.parameters().keySet()).as("no update stays attached, nothing frozen").isEqualTo(before.keySet());
        var early = new VisionLanguageModel(language(1), new PatchProjection(3, 4, 32, Rng.of(1)), Connector.EARLY_FUSION, IMAGE,
                Rng.of(1));
        assertThatThrownBy(() -> recipe.align(early, examples(2, 1), Rng.of(1), Progress.SILENT)).hasMessageContaining("no connector");
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void theForwardIsItsPartsByHand() {
        double gap = 0, largest = 0;
        for (int run = 0; run < 10; run++) {
            var rng = Rng.of(run);
            var model = model(run);
            int[] text = {5, IMAGE, 7, 8, IMAGE, 9};
            var pictures = Tensor.rand(rng, 2, 3, 8, 12);
            var state = model.state();
            var seen = model.encoder().patches(pictures, Pass.inference());
            var inner = seen.matmul(state.get("connector.0.weight").transpose()).add(state.get("connector.0.bias"));
            var gelu = inner.mul(inner.div(Math.sqrt(2)).erf().add(1)).mul(0.5); // x Phi(x)
            var tokens = gelu.matmul(state.get("connector.1.weight").transpose()).add(state.get("connector.1.bias"));
            var table = state.get("language.embed.weight");
            var rows = new ArrayList<Tensor>();
            int picture = 0;
            for (int id : text) {
                if (id != IMAGE) rows.add(table.narrow(0, id, 1));
                else rows.add(tokens.get(picture++));
            }
            var x = Tensor.concat(0, rows.toArray(Tensor[]::new)).unsqueeze(0);
            var hidden = model.language().decoder().forward(x, Pass.inference());
            var expected = hidden.matmul(state.getOrDefault("language.head.weight", table).transpose());
            var own = model.logits(List.of(text), pictures, Pass.inference());
            assertThat(own.shape()).isEqualTo(expected.shape());
            gap = Math.max(gap, own.sub(expected).abs().max().item());
            largest = Math.max(largest, expected.abs().max().item());
        }
        Evidence.of("largest logit", largest, above(0.1));
        Evidence.of("largest gap to the parts by hand", gap, atMost(1e-5));
    }

    @Tag("heavy")
    @Acceptance(topic = TOPIC, clause = 4)
    @Test void itAnswersFromThePictureAndNotFromTheQuestion() {
        var world = new LlavaWorld(1);
        var model = world.trained(Progress.SILENT);
        var asked = world.questions(1000, 99);
        double blind = world.right(world.blind(), asked, null), right = world.right(model, asked, i -> i),
                permuted = world.right(model, asked, i -> (i + 333) % 1000);
        double chance = 0;
        for (var kind : SceneQuestions.Kind.values()) {
            var counts = new HashMap<String, Integer>();
            for (var one : asked) if (one.kind() == kind) counts.merge(one.answer(), 1, Integer::sum);
            double all = counts.values().stream().mapToInt(n -> n).sum();
            for (int n : counts.values()) chance += n / all * (n / all) / 3;
        }
        Evidence.of("questions", asked.size(), exactly(1000));
        Evidence.of("right", right, atLeast(0.9));
        Evidence.of("right of the language model without pictures, which knows what answers there are", blind, between(0.15, 0.5));
        Evidence.of("right with pictures permuted, less the mean of sum p_a^2", Math.abs(permuted - chance), atMost(0.05));
        Evidence.of("questions whose permuted picture is another scene", world.others(asked, i -> (i + 333) % 1000), atLeast(950));
    }

    @Test void largePicturesAreCut() {
        var tiles = new PictureTiles(4, 6);
        assertThat(tiles.grid(4, 4)).containsExactly(1, 1);
        assertThat(tiles.grid(8, 12)).containsExactly(2, 3);
        assertThat(tiles.grid(4, 20)).containsExactly(1, 5);
        assertThat(tiles.grid(100, 10)).containsExactly(6, 1);
        assertThat(tiles.count(4, 4)).isEqualTo(1);
        assertThat(tiles.count(8, 12)).isEqualTo(7);
        var picture = Tensor.rand(Rng.of(1), 3, 8, 12);
        var cut = tiles.of(picture);
        assertThat(cut.shape().toArray()).containsExactly(7, 3, 4, 4);
        for (int t = 0; t < 6; t++) // at its own size each tile is the picture's own pixels
            assertThat(cut.get(1 + t).sub(picture.narrow(1, t / 3 * 4, 4).narrow(2, t % 3 * 4, 4)).abs().max().item()).isLessThan(1e-6);
        var flat = tiles.of(Tensor.ones(3, 8, 16)).get(0); // the whole in the upper half, 0 below
        assertThat(flat.narrow(1, 0, 2).sub(1).abs().max().item()).isLessThan(1e-6);
        assertThat(flat.narrow(1, 2, 2).abs().max().item()).isZero();
        assertThatThrownBy(() -> tiles.of(Tensor.ones(4, 4))).hasMessageContaining("(channels, height, width)");
        assertThatThrownBy(() -> new PictureTiles(0, 1)).hasMessageContaining("at least 1");
    }

    @Test void aConversationShowsSeveralPictures() {
        var tokenizer = BpeTrainer.byteLevel(300, PreTokenizer.GPT4).withSpecials(List.of("<image>", "<|im_start|>", "<|im_end|>"))
                .train(List.of("what is this and that"));
        int image = tokenizer.specials().find("<image>").id();
        var language = new DecoderLM(DecoderConfig.llama(tokenizer.vocabulary().size(), 160, 1, 32, 4, 2, 64).withDeviation(0.3),
                Rng.of(1));
        var model = VisionLanguageModel.llava(language, new PatchProjection(3, 4, 24, Rng.of(1)), image, Rng.of(2));
        var chat = new VisionChat(model, tokenizer, ChatFormat.CHATML, new PictureTiles(8, 2), 3);
        Tensor small = Tensor.rand(Rng.of(3), 3, 8, 8), wide = Tensor.rand(Rng.of(4), 3, 8, 16);
        var first = chat.say("<image>what is this?", small);
        var second = chat.say("and <image>?", wide);
        assertThat(chat.messages()).hasSize(4);
        assertThat(chat.messages().get(2).content()).isEqualTo("and <image><image><image>?"); // the whole and two tiles
        assertThat(chat.messages().get(3).content()).isEqualTo(second);
        var again = new VisionChat(model, tokenizer, ChatFormat.CHATML, new PictureTiles(8, 2), 3);
        assertThat(again.say("<image>what is this?", small)).isEqualTo(first);
        int[] prompt = ChatFormat.CHATML.encode(tokenizer, List.of(ChatMessage.user("<image>what is this?")), true, Set.of("<image>"))
                .ids();
        assertThat(tokenizer.decode(model.answer(prompt, small.unsqueeze(0), 3))).isEqualTo(first);
        assertThatThrownBy(() -> chat.say("no picture", small)).hasMessageContaining("0 times <image> for 1 pictures");
        assertThatThrownBy(() -> chat.say("long ".repeat(60))).hasMessageContaining("for a context of 160");
        assertThat(chat.messages()).hasSize(4);
    }
}
