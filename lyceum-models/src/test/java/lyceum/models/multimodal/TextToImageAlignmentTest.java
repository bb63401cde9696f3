package lyceum.models.multimodal;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import lyceum.DType;
import lyceum.data.scenes.CaptionedScenes;
import lyceum.data.scenes.Scene;
import lyceum.data.scenes.Scene.Colour;
import lyceum.data.scenes.Scene.Item;
import lyceum.data.scenes.Scene.Shape;
import lyceum.models.generative.diffusion.ConditionDropout;
import lyceum.models.generative.diffusion.FlowMatching;
import lyceum.models.generative.diffusion.VideoDiffusion;
import lyceum.models.generative.diffusion.VideoTransformer;
import lyceum.models.generative.diffusion.VideoTransformerConfig;
import lyceum.models.multimodal.TextToImageAlignment.Fault;
import lyceum.models.vision.VisionTransformer;
import lyceum.models.vision.VisionTransformerConfig;
import lyceum.nn.Pass;
import lyceum.optim.AdamW;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Test;

class TextToImageAlignmentTest {
    private static final CaptionedScenes WORLD = new CaptionedScenes(24, 5, 5, 2, 2, 1);

    @Acceptance(topic = "t2i-alignment", clause = 1)
    @Test void theScorerIsRightOnScenesAndRejectsSwaps() {
        var rng = Rng.of(1);
        int right = 0, rejected = 0, named = 0;
        for (int i = 0; i < 1000; i++) {
            var scene = WORLD.draw(1 + rng.nextInt(4), rng);
            if (TextToImageAlignment.faults(WORLD, WORLD.picture(scene, rng), scene).isEmpty()) right++;
            var items = new ArrayList<>(scene.items());
            var one = items.remove(rng.nextInt(items.size()));
            int kind = items.size() == 3 ? i % 2 : i % 3;
            Fault expected = Fault.COLOUR;
            if (kind == 0) {
                items.add(
                        new Item(Colour.values()[(one.colour().ordinal() + 1 + rng.nextInt(4)) % 5], one.shape(), one.row(), one.column()));
            } else if (kind == 1) {
                var shape = Shape.values()[(one.shape().ordinal() + 1 + rng.nextInt(4)) % 5];
                items.add(new Item(one.colour(), shape, one.row(), one.column()));
                boolean round = (shape == Shape.CIRCLE || shape == Shape.RING)
                        && (one.shape() == Shape.CIRCLE || one.shape() == Shape.RING);
                expected = round ? Fault.STYLE : Fault.SHAPE;
            } else {
                int cell = one.row() * 2 + one.column();
                do cell = (cell + 1) % 4; while (taken(scene, cell));
                items.add(new Item(one.colour(), one.shape(), cell / 2, cell % 2));
                expected = Fault.LAYOUT;
            }
            var faults = TextToImageAlignment.faults(WORLD, WORLD.picture(new Scene(items), rng), scene);
            if (!faults.isEmpty()) rejected++;
            if (faults.size() == 1 && faults.contains(expected)) named++;
        }
        Evidence.of("true scenes accepted", right, exactly(1000));
        Evidence.of("swapped ones rejected", rejected, exactly(1000));
        Evidence.of("with the right fault alone", named, exactly(1000));
        int traded = 0, tried = 0;
        while (tried < 200) {
            var scene = WORLD.draw(2, rng);
            Item a = scene.items().get(0), b = scene.items().get(1);
            if (a.colour() == b.colour() || a.shape() == b.shape()) continue;
            tried++;
            var swapped = new Scene(
                    List.of(new Item(b.colour(), a.shape(), a.row(), a.column()), new Item(a.colour(), b.shape(), b.row(), b.column())));
            if (TextToImageAlignment.faults(WORLD, WORLD.picture(swapped, rng), scene).contains(Fault.COLOUR)) traded++;
        }
        Evidence.of("of 200 pairs that trade their colours, told as a fault of colour", traded, exactly(200));
    }

    private static boolean taken(Scene scene, int cell) { return scene.items().stream().anyMatch(i -> i.row() * 2 + i.column() == cell); }

    /** Winners in the first rows: loss and gradient from what was said and what was true. */
    @Acceptance(topic = "t2i-alignment", clause = 4)
    @Test void preferencesCostWhatTorchSays() {
        double loss = 0, slope = 0;
        var cases = Golden.load("golden/t2i-alignment.json").cases("beta");
        for (var c : cases) {
            var recipe = new Recipe(c.integer("input.seed"));
            Tensor target = Tensor.of(recipe.bells(120), 10, 12), model = Tensor.of(recipe.bells(120), 10, 12).compute().requiresGrad();
            var reference = model.detach().add(Tensor.of(recipe.bells(120), 10, 12).mul(0.01)).compute();
            Tensor[] said = model.sub(target).square().mean(1).chunk(0, 2), before = reference.sub(target).square().mean(1).chunk(0, 2);
            var found = TextToImageAlignment.dpoLoss(said[0], before[0], said[1], before[1], c.number("input.beta") / 2);
            loss = Math.max(loss, Math.abs(found.item() - c.number("expected.loss")));
            found.backward();
            double[] mine = model.grad().flatten().toDoubleArray(), theirs = c.doubles("expected.grad");
            for (int i = 0; i < mine.length; i++) slope = Math.max(slope, Math.abs(mine[i] - theirs[i]));
        }
        Evidence.of("cases, beta from 0.2 to 10,000", cases.size(), exactly(6));
        Evidence.of("gap of the loss", loss, atMost(1e-6));
        Evidence.of("gap of its gradient", slope, atMost(1e-6));
    }

    @Test void wordsHavePlacesAndMapsAreHeldToThem() {
        var world = new CaptionedScenes(16, 3, 2, 1, 2, 0);
        var scene = new Scene(List.of(new Item(Colour.BLUE, Shape.SQUARE, 0, 0), new Item(Colour.RED, Shape.CIRCLE, 0, 1)));
        // the begin, a blue square left of a red circle, the end
        var places = TextToImageAlignment.places(world, List.of(scene), 10, 8);
        assertThat(places.shape().toArray()).containsExactly(1, 10, 4);
        assertThat(places.get(0, 2).toFloatArray()).containsExactly(1, 0, 1, 0);
        assertThat(places.get(0, 3).toFloatArray()).containsExactly(1, 0, 1, 0);
        assertThat(places.get(0, 7).toFloatArray()).containsExactly(0, 1, 0, 1);
        assertThat(places.get(0, 8).toFloatArray()).containsExactly(0, 1, 0, 1);
        assertThat(places.sum().item()).isEqualTo(8);
        // one head, two positions, three words: the first word is looked at from 0.5 of 0.8 in its place, the third from 0.2 of 0.6
        var maps = Tensor.of(new double[] {0.5, 0.3, 0.2, 0.3, 0.3, 0.4}, 1, 1, 2, 3);
        var held = Tensor.of(new double[] {1, 0, 0, 0, 1, 0}, 1, 3, 2);
        double first = 1 - 0.5 / 0.8, third = 1 - 0.2 / 0.6;
        assertThat(TextToImageAlignment.bindingLoss(maps, held).item()).isCloseTo((first * first + third * third) / 2, within(1e-12));
        assertThat(TextToImageAlignment.bindingLoss(maps, held.zerosLike()).item()).isZero();
        assertThatThrownBy(() -> TextToImageAlignment.bindingLoss(maps, held.transpose())).hasMessageContaining("(n, words, positions)");
        assertThatThrownBy(() -> TextToImageAlignment.places(world, List.of(scene), 5, 8)).hasMessageContaining("8 words");
        assertThatThrownBy(() -> TextToImageAlignment.places(world, List.of(scene), 10, 5)).hasMessageContaining("patches of 5");
    }

    private static VideoDiffusion painter() {
        return new VideoDiffusion(new VideoTransformer(new VideoTransformerConfig(3, 1, 4, 24, 1, 2, 0).withContextWidth(6), Rng.of(1)),
                new FlowMatching());
    }

    @Test void tuningBeginsWhereTheModelIs() {
        var model = painter();
        var tuning = new PictureTuning(model, new ConditionDropout(0.5, Tensor.zeros(4, 6)));
        Tensor x = Tensor.randn(Rng.of(2), 6, 1, 3, 8, 8).compute(), y = Tensor.randn(Rng.of(3), 6, 1, 3, 8, 8).compute(),
                texts = Tensor.randn(Rng.of(4), 6, 4, 6).compute();
        int[] rows = {0, 1, 2, 3, 4, 5};
        var pass = Pass.training(Rng.of(5));
        assertThat(tuning.preferences(painter(), x, y, texts, 100).of(rows, pass).item()).as("the same as its reference")
                .isCloseTo(Math.log(2), within(1e-6));
        double[] weights = PictureTuning.weights(new double[] {1, 2, 0, 2}, 0.5);
        assertThat(weights[1] / weights[0]).isCloseTo(Math.exp(2), within(1e-12));
        assertThat(Arrays.stream(weights).sum()).isCloseTo(4, within(1e-12));
        // equal rewards weigh nothing: what is learned is the picture
        double alike = tuning.rewards(x, texts, new double[6], 1).of(rows, Pass.training(Rng.of(6))).item();
        double plain = tuning.binding(x, texts, Tensor.zeros(6, 4, 4), 1).of(rows, Pass.training(Rng.of(6))).item();
        assertThat(alike).isCloseTo(plain, within(1e-6));
        var bound = new PictureTuning(model).binding(x, texts, Tensor.ones(6, 4, 4).compute(), 1).of(rows, Pass.training(Rng.of(6))).item();
        assertThat(bound).as("all looks are in place").isCloseTo(plain, within(1e-5));
        var look = model.network().look(x, Tensor.full(DType.F32, 0.5, 6), texts, Pass.inference());
        assertThat(look.maps()).hasSize(1);
        assertThat(look.maps().getFirst().sum(3).sub(1).abs().max().item()).isLessThan(1e-6);
        assertThat(look.answer().sub(model.network().predict(x, 0.5, texts)).abs().max().item()).isZero();
        assertThatThrownBy(() -> tuning.preferences(model, x, y.narrow(0, 0, 3), texts, 1)).hasMessageContaining("losers (3, 1, 3, 8, 8)");
        assertThatThrownBy(() -> tuning.rewards(x, texts, new double[5], 1)).hasMessageContaining("5 rewards");
        assertThatThrownBy(() -> tuning.rewards(x, texts, new double[6], 0)).hasMessageContaining("temperature is 0.0");
        assertThatThrownBy(() -> tuning.rewards(x, texts, new double[] {0, 0, Double.NaN, 0, 0, 0}, 1))
                .hasMessageContaining("reward 2 is NaN");
        assertThatThrownBy(() -> tuning.binding(x, texts, texts, -1)).hasMessageContaining("weight is -1.0");
        assertThatThrownBy(() -> tuning.rewards(x.squeeze(1), texts, new double[6], 1)).hasMessageContaining("(rows, 1, channels");
        assertThatThrownBy(() -> model.network().look(x, Tensor.zeros(6), null, Pass.inference())).hasMessageContaining("no text");
    }

    /** Pictures that are brighter than others are preferred. */
    @Test void aRewardLearnsWhatIsPreferred() {
        var reward = new PictureReward(new VisionTransformer(new VisionTransformerConfig(8, 4, 3, 8, 1, 2).withHidden(16), Rng.of(1)), 24,
                16, Rng.of(2));
        Tensor bright = Tensor.rand(Rng.of(3), DType.F32, 60, 3, 8, 8).mul(0.5).add(0.5).compute(),
                dark = Tensor.rand(Rng.of(4), DType.F32, 60, 3, 8, 8).mul(0.5).compute(),
                texts = Tensor.randn(Rng.of(5), 60, 4, 6).compute();
        new Trainer(new AdamW(5e-3), 6).withBatchSize(20).start(reward, 40, reward.over(bright, dark, texts), null, Rng.of(6))
                .finish(Progress.SILENT);
        var scorer = reward.scorer(prompts -> texts.narrow(0, 40, prompts.size()));
        var prompts = Collections.nCopies(20, "");
        double[] liked = scorer.score(bright.narrow(0, 40, 20), prompts), other = scorer.score(dark.narrow(0, 40, 20), prompts);
        for (int i = 0; i < 20; i++) assertThat(liked[i]).isGreaterThan(other[i]);
        assertThatThrownBy(() -> reward.rewards(bright, texts.narrow(1, 0, 3), Pass.inference()))
                .hasMessageContaining("text of 24 numbers");
        assertThatThrownBy(() -> reward.over(bright, dark.narrow(0, 0, 5), texts)).hasMessageContaining("a row for each");
    }

    @Test void errorsOfOtherShapesAreRefused() {
        Tensor n = Tensor.zeros(3), column = Tensor.zeros(3, 1);
        assertThatThrownBy(() -> TextToImageAlignment.dpoLoss(n, n, column, n, 1)).hasMessageContaining("errors (3,) and (3, 1)");
    }

    @Test void countsDiversityAndPreferences() {
        Scene red = Scene.of(Colour.RED, Shape.SQUARE, 0, 0),
                two = new Scene(List.of(red.only(), new Item(Colour.BLUE, Shape.CIRCLE, 1, 1)));
        var pictures = Tensor.stack(0, WORLD.picture(red), WORLD.picture(two), Tensor.zeros(3, 24, 24)).compute();
        var report = TextToImageAlignment.measure(WORLD, pictures, List.of(red, red, two));
        assertThat(report.adherence()).isCloseTo(1 / 3.0, within(1e-12));
        assertThat(report.faults()).containsEntry(Fault.COUNT, 1).containsEntry(Fault.LAYOUT, 1).containsEntry(Fault.UNREADABLE, 1)
                .containsEntry(Fault.COLOUR, 0);
        double apart = WORLD.picture(red).sub(WORLD.picture(two)).square().mean().item();
        assertThat(report.diversity()).isCloseTo(Math.sqrt(apart), within(1e-6));
        var loss = TextToImageAlignment.dpoLoss(Tensor.of(0.2, 0.5), Tensor.of(0.3, 0.4), Tensor.of(0.6, 0.1), Tensor.of(0.5, 0.2), 10);
        assertThat(loss.item()).isCloseTo((Math.log1p(Math.exp(-2)) + Math.log1p(Math.exp(2))) / 2, within(1e-9));
        assertThatThrownBy(() -> TextToImageAlignment.measure(WORLD, pictures, List.of(red))).hasMessageContaining("for 1 scenes");
        assertThatThrownBy(() -> TextToImageAlignment.dpoLoss(loss, loss, loss, loss, 0)).hasMessageContaining("beta is 0.0");
    }
}
