package lyceum.llm.vision;

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
import lyceum.data.scenes.CaptionedScenes;
import lyceum.data.scenes.Scene;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.memory.Scope;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class VisionLanguageModelTest {
    private static final String TOPIC = "vlm";
    /** Ids: the placeholder, three questions, four colours, three shapes, four places. */
    private static final int IMAGE = 0, COLOUR = 1, SHAPE = 2, PLACE = 3, FIRST_COLOUR = 4, FIRST_SHAPE = 8, FIRST_PLACE = 11, IDS = 15;
    private static final CaptionedScenes SCENES = CaptionedScenes.of(32).withJitter(1);

    private static DecoderLM language(long seed) { return new DecoderLM(DecoderConfig.llama(IDS, 64, 2, 48, 4, 4, 96), Rng.of(seed)); }

    private static VisionLanguageModel model(Connector kind, long seed) {
        var rng = Rng.of(seed);
        PatchEncoder encoder = kind == Connector.EARLY_FUSION ? new PatchProjection(3, 8, 48, rng) : new SmallEncoder(32, 8, 32, 1, rng);
        return new VisionLanguageModel(language(seed + 10), encoder, kind, IMAGE, rng);
    }

    private static boolean isHeldOut(Scene scene) {
        var item = scene.only();
        return (item.colour().ordinal() + item.shape().ordinal()) % 4 == 2 * item.row() + item.column(); // each colour three times, each shape four times, each place three times
    }

    private static int[] question(Scene scene, int which) {
        var item = scene.only();
        int answer = which == COLOUR ? FIRST_COLOUR + item.colour().ordinal()
                : which == SHAPE ? FIRST_SHAPE + item.shape().ordinal() : FIRST_PLACE + 2 * item.row() + item.column();
        return new int[] {IMAGE, which, answer};
    }

    private static void train(VisionLanguageModel model, int steps, double rate, long seed) {
        var seen = SCENES.singles().stream().filter(s -> !isHeldOut(s)).toList();
        var rng = Rng.of(seed);
        var optimizer = new Adam(rate).over(new ArrayList<>(model.parameters().values()));
        for (int step = 0; step < steps; step++) {
            try (var scope = Scope.open("step")) {
                optimizer.zeroGrad();
                var texts = new ArrayList<int[]>();
                var counts = new ArrayList<boolean[]>();
                var pictures = new Tensor[24];
                for (int i = 0; i < pictures.length; i++) {
                    var one = seen.get(rng.nextInt(seen.size()));
                    pictures[i] = SCENES.picture(one, rng);
                    texts.add(question(one, 1 + rng.nextInt(3)));
                    counts.add(new boolean[] {false, false, true});
                }
                model.loss(texts, counts, Tensor.stack(0, pictures), Pass.training(rng)).backward();
                optimizer.step();
            }
        }
    }

    /** What a model is shown of a scene that it is asked about. */
    private enum Shown {
        ITSELF, BLANK, ANOTHER
    }

    /** Share of right answers about held-out scenes, every question of each. */
    private static double right(VisionLanguageModel model, Shown shown) {
        var rng = Rng.of(99);
        var held = SCENES.singles().stream().filter(VisionLanguageModelTest::isHeldOut).toList();
        int right = 0, asked = 0;
        for (int s = 0; s < held.size(); s++) for (int copy = 0; copy < 3; copy++) {
            int other = (s + 1 + rng.nextInt(held.size() - 1)) % held.size();
            var picture = SCENES.picture(held.get(shown == Shown.ANOTHER ? other : s), rng).unsqueeze(0);
            if (shown == Shown.BLANK) picture = picture.zerosLike();
            for (int which = COLOUR; which <= PLACE; which++, asked++) {
                int[] text = question(held.get(s), which);
                if (model.answer(new int[] {IMAGE, which}, picture, 1)[0] == text[2]) right++;
            }
        }
        return (double) right / asked;
    }

    private static void judged(Connector kind, int steps) {
        var model = model(kind, 2);
        double chance = (1 / 4.0 + 1 / 3.0 + 1 / 4.0) / 3;
        Evidence.of(kind + " untrained", right(model, Shown.ITSELF), below(0.5));
        train(model, steps, 3e-3, 6);
        train(model, steps / 4, 5e-4, 7);
        Evidence.of(kind + ", right about held-out scenes", right(model, Shown.ITSELF), atLeast(0.9));
        Evidence.of(kind + ", right with the picture blanked", right(model, Shown.BLANK), atMost(chance + 0.05));
        Evidence.of(kind + ", right with another scene's picture", right(model, Shown.ANOTHER), atMost(chance + 0.05)); // a model that said one word would pass with a blank
    }

    @Test void aShortTrainingLearnsToLook() {
        var model = model(Connector.EARLY_FUSION, 1);
        double before = right(model, Shown.ITSELF);
        train(model, 200, 3e-3, 5);
        assertThat(right(model, Shown.ITSELF)).isGreaterThan(0.5).isGreaterThan(before + 0.3);
    }

    @Tag("heavy")
    @Acceptance(topic = TOPIC, clause = 1)
    @Test void answersComeFromThePicture() {
        judged(Connector.LINEAR, 700);
        judged(Connector.MLP, 700);
        judged(Connector.CROSS_ATTENTION, 700);
        judged(Connector.EARLY_FUSION, 700);
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void closedGatesLeaveTheLanguageModelAsItIs() {
        int different = 0, multiplied = 0, numbers = 0, opened = 0;
        for (int run = 0; run < 10; run++) { // five with rotary positions, five with a learned table
            int seed = 1 + run % 5;
            var rng = Rng.of(seed);
            var model = run < 5 ? model(Connector.CROSS_ATTENTION, seed)
                    : new VisionLanguageModel(new DecoderLM(DecoderConfig.gpt2(IDS, 64, 2, 48, 4).withDeviation(0.3), Rng.of(seed + 10)),
                            new SmallEncoder(32, 8, 32, 1, rng), Connector.CROSS_ATTENTION, IMAGE, rng);
            var text = new int[8];
            for (int t = 0; t < 8; t++) text[t] = 1 + rng.nextInt(IDS - 1);
            text[2] = IMAGE;
            var picture = Tensor.rand(rng, 1, 3, 32, 32);
            float[] seen = Autograd.noGrad(() -> flat(model.logits(List.of(text), picture, Pass.inference())));
            float[] plain = Autograd.noGrad(() -> flat(model.language().logits(Tensor.of(text, 1, 8), Pass.inference())));
            float[] learning = flat(model.logits(List.of(text), picture, Pass.inference())); // gates are multiplied where they may learn
            float[] alone = flat(model.language().logits(Tensor.of(text, 1, 8), Pass.inference()));
            for (int i = 0; i < seen.length; i++, numbers++) {
                if (Float.floatToIntBits(seen[i]) != Float.floatToIntBits(plain[i])) different++;
                if (Float.floatToIntBits(learning[i]) != Float.floatToIntBits(alone[i])) multiplied++;
            }
            Autograd.noGrad(() -> model.parameters().forEach((name, w) -> { if (name.endsWith("gate")) w.fill_(0.5); }));
            float[] open = flat(model.logits(List.of(text), picture, Pass.inference()));
            for (int i = 2 * IDS; i < open.length; i++) if (Math.abs(open[i] - plain[i]) > 1e-4) opened++;
            for (int i = 0; i < 2 * IDS; i++) assertThat(open[i]).isCloseTo(plain[i], Offset.offset(1e-6f)); // before the picture nothing is seen
        }
        Evidence.of("logits", numbers, exactly(2 * 5 * 8 * IDS));
        Evidence.of("logits that differ in a bit", different, exactly(0));
        Evidence.of("logits that differ in a bit where gates of 0 are multiplied, since they may learn", multiplied, exactly(0));
        Evidence.of("logits that differ once the gates are open", opened, above(800));
    }

    private static float[] flat(Tensor x) { return x.toFloatArray(); }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void aPictureTakesAPlaceForEachPatchAndBatchesAreSingles() {
        int wrong = 0, counted = 0;
        for (int[] c : new int[][] {{32, 32, 8}, {16, 40, 8}, {24, 8, 4}, {28, 28, 14}}) {
            var projection = new PatchProjection(3, c[2], 48, Rng.of(1));
            var pictures = Tensor.rand(Rng.of(2), 2, 3, c[0], c[1]);
            int each = c[0] / c[2] * (c[1] / c[2]);
            for (var kind : List.of(Connector.LINEAR, Connector.MLP, Connector.EARLY_FUSION)) {
                var own = new VisionLanguageModel(language(1), projection, kind, IMAGE, Rng.of(1));
                if (own.visual(pictures, Pass.inference()).size(1) != each) wrong++;
                if (own.logits(List.of(new int[] {5, IMAGE, 6, IMAGE}), pictures, Pass.inference()).size(1) != 2 * each + 2) wrong++;
                counted++;
            }
        }
        double worst = 0, swapped = 0;
        for (var kind : Connector.values()) {
            var model = model(kind, 3);
            Autograd.noGrad(() -> model.parameters().forEach((name, w) -> { if (name.endsWith("gate")) w.fill_(0.7); }));
            var rng = Rng.of(4);
            List<int[]> texts = List.of(new int[] {IMAGE, 1, 5}, new int[] {4, 3, 2, 1, 6, 7}, new int[] {IMAGE, 2, IMAGE, 3},
                    new int[] {9, IMAGE});
            int[] counts = {1, 0, 2, 1};
            var pictures = Tensor.rand(rng, 4, 3, 32, 32);
            var together = model.logits(texts, pictures, Pass.inference());
            for (int r = 0, at = 0; r < 4; at += counts[r++]) {
                var alone = model.logits(List.of(texts.get(r)), counts[r] == 0 ? null : pictures.narrow(0, at, counts[r]), Pass.inference())
                        .get(0);
                var own = together.get(r).narrow(0, 0, alone.size(0));
                worst = Math.max(worst, own.sub(alone).abs().max().item());
                if (r == 2) {
                    var turned = model.logits(List.of(texts.get(r)),
                            Tensor.concat(0, pictures.narrow(0, at + 1, 1), pictures.narrow(0, at, 1)), Pass.inference()).get(0);
                    swapped = Math.max(swapped, turned.sub(alone).abs().max().item());
                }
            }
        }
        Evidence.of("sizes of pictures, by connectors with a place for each patch", counted, exactly(12));
        Evidence.of("counts that are not (H/p)(W/p)", wrong, exactly(0));
        Evidence.of("largest difference of a row of a mixed batch to the row alone", worst, below(1e-5));
        Evidence.of("difference when a row's pictures change places", swapped, above(1e-3));
    }

    @Test void partsAreTrainedOrLeftAlone() {
        var model = model(Connector.MLP, 1);
        var all = model.parameters().keySet();
        var chosen = model.parameters(Set.of(VisionLanguageModel.Part.CONNECTOR)).keySet();
        assertThat(chosen).hasSize(4).allMatch(n -> n.startsWith("connector."));
        assertThat(model.parameters(Set.of(VisionLanguageModel.Part.values())).keySet()).isEqualTo(all);
        assertThat(model.parameters(Set.of(VisionLanguageModel.Part.ENCODER)).keySet()).allMatch(n -> n.startsWith("encoder."))
                .isNotEmpty();
    }

    /** A placeholder in an answer would ask for a picture that is not there. */
    @Test void answersNameNoPictureAndAreTheLikeliest() {
        int would = 0;
        for (int seed = 1; seed <= 30; seed++) {
            var model = model(Connector.values()[seed % 4], seed);
            var picture = Tensor.rand(Rng.of(seed), 1, 3, 32, 32);
            int[] prompt = {IMAGE, 1 + seed % 3}, answer = model.answer(prompt, picture, 4);
            assertThat(answer).doesNotContain(IMAGE);
            var logits = model.logits(List.of(prompt), picture, Pass.inference());
            float[] last = flat(logits.get(0, (int) logits.size(1) - 1));
            int best = 0;
            for (int i = 1; i < last.length; i++) if (last[i] > last[best]) best = i;
            if (best == IMAGE) would++;
            else if (answer.length > 0) assertThat(answer[0]).isEqualTo(best);
        }
        assertThat(would).as("models that would have named one").isPositive();
    }

    /** Reading on from keys and values gives what reading the whole text for every id gave. */
    @Test void answersAreThoseOfReadingTheWholeTextForEachId() {
        for (var kind : Connector.values()) {
            var model = model(kind, 3);
            Autograd.noGrad(() -> model.parameters().forEach((name, w) -> { if (name.endsWith("gate")) w.fill_(0.7); }));
            var pictures = Tensor.rand(Rng.of(4), 2, 3, 32, 32);
            int[] text = {5, IMAGE, 2, IMAGE, 3}, answer = model.answer(text, pictures, 6);
            assertThat(answer).as("%s", kind).hasSize(6);
            for (int id : answer) {
                var logits = model.logits(List.of(text), pictures, Pass.inference());
                float[] last = flat(logits.get(0, (int) logits.size(1) - 1));
                int best = 1;
                for (int i = 2; i < last.length; i++) if (last[i] > last[best]) best = i;
                assertThat(last[id]).as("%s behind %s ids", kind, text.length).isCloseTo(last[best], Offset.offset(1e-4f));
                text = Arrays.copyOf(text, text.length + 1);
                text[text.length - 1] = id;
            }
        }
        var model = model(Connector.LINEAR, 3);
        var picture = Tensor.rand(Rng.of(4), 1, 3, 32, 32);
        assertThatThrownBy(() -> model.answer(new int[] {IMAGE, 2}, picture, 60)).hasMessageContaining("the context has 64");
    }

    @Test void whatDoesNotFitIsRefused() {
        var model = model(Connector.LINEAR, 1);
        var picture = Tensor.rand(Rng.of(1), 1, 3, 32, 32);
        assertThatThrownBy(() -> model.logits(List.of(new int[] {1, 2}), picture, Pass.inference()))
                .hasMessageContaining("0 placeholders for 1 pictures");
        assertThatThrownBy(() -> model.logits(List.of(new int[] {IMAGE, 2}), null, Pass.inference()))
                .hasMessageContaining("1 placeholders for 0");
        assertThatThrownBy(() -> model.logits(List.of(new int[] {IMAGE, 2}), Tensor.rand(Rng.of(1), 1, 3, 30, 32), Pass.inference()))
                .hasMessageContaining("30 x 32");
        assertThatThrownBy(() -> new VisionLanguageModel(language(1), new PatchProjection(3, 8, 40, Rng.of(1)), Connector.EARLY_FUSION,
                IMAGE, Rng.of(1))).hasMessageContaining("40");
        assertThatThrownBy(
                () -> new VisionLanguageModel(language(1), new PatchProjection(3, 8, 48, Rng.of(1)), Connector.LINEAR, 15, Rng.of(1)))
                .hasMessageContaining("15");
    }
}
