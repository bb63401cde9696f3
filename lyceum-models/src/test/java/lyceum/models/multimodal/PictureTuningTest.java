package lyceum.models.multimodal;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.data.scenes.CaptionedScenes;
import lyceum.data.scenes.Scene;
import lyceum.data.scenes.Scene.Colour;
import lyceum.models.generative.diffusion.ClassifierFreeGuidance;
import lyceum.models.generative.diffusion.ConditionDropout;
import lyceum.models.generative.diffusion.FlowMatching;
import lyceum.models.generative.diffusion.FlowModel;
import lyceum.models.generative.diffusion.NoiseStreams;
import lyceum.models.generative.diffusion.VideoDiffusion;
import lyceum.models.generative.diffusion.VideoOptions;
import lyceum.models.generative.diffusion.VideoTransformer;
import lyceum.models.generative.diffusion.VideoTransformerConfig;
import lyceum.models.generative.latent.PromptEncoder;
import lyceum.models.text.TextTower;
import lyceum.models.text.TextTowerConfig;
import lyceum.models.vision.VisionTransformer;
import lyceum.models.vision.VisionTransformerConfig;
import lyceum.nn.Module;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two shapes side by side, each up to a pixel off its place, drawn by diffusion: what guidance, choice, preferences and binding do to obedience. */
@Tag("heavy")
class PictureTuningTest {
    private static final CaptionedScenes SCENES = new CaptionedScenes(16, 3, 2, 1, 2, 1);
    private static final CaptionWords WORDS = CaptionWords.of(pairs(500, 1).captions());
    private static final int TEXT = 32, LENGTH = 12, PATCH = 4;
    /** Words and their places, no meaning: all binding is left to the painter. */
    private static final PromptEncoder PLAIN = PromptEncoder
            .of(new TextTower(new TextTowerConfig(WORDS.vocabulary(), LENGTH, TEXT, 1, 2).withHidden(32), Rng.of(5)), WORDS);

    private record Pairs(List<Scene> scenes, Tensor clips, List<String> captions) {}

    private static Pairs pairs(int n, long seed) {
        var rng = Rng.of(seed);
        var scenes = IntStream.range(0, n).mapToObj(_ -> SCENES.draw(2, rng)).toList();
        var pictures = scenes.stream().map(s -> SCENES.picture(s, rng).mul(2).sub(1).unsqueeze(0)).toArray(Tensor[]::new);
        return new Pairs(scenes, Tensor.stack(0, pictures).compute(), scenes.stream().map(SCENES::caption).toList());
    }

    private static List<Scene> asked(int n, long seed) {
        var rng = Rng.of(seed);
        return IntStream.range(0, n).mapToObj(_ -> SCENES.draw(2, rng)).toList();
    }

    private static VideoDiffusion fresh(long seed) {
        return new VideoDiffusion(new VideoTransformer(new VideoTransformerConfig(3, 1, PATCH, 60, 3, 4, 0).withContextWidth(TEXT), Rng.of(seed)),
                new FlowMatching());
    }

    private static void train(VideoDiffusion model, int rows, BatchLoss loss, double rate, int epochs, long seed) {
        new Trainer(new AdamW(rate), epochs).withBatchSize(40).withClip(Clip.norm(1)).withAveraging(0.98)
                .start(model.network(), rows, loss, null, Rng.of(seed)).finish(Progress.SILENT);
    }

    private static Tensor drawn(VideoDiffusion model, List<Scene> scenes, double guidance, long seed) {
        var options = new VideoOptions(1, 16).withSolver(new FlowModel.Solver.Euler(12))
                .withGuidance(ClassifierFreeGuidance.of(guidance, Painter.NONE));
        return TextToImage.of(model, PLAIN, options).draw(scenes.stream().map(SCENES::caption).toList(),
                NoiseStreams.of(Rng.of(seed), scenes.size()), Progress.SILENT);
    }

    /** One that has learned for a while. */
    private static final class Painter {
        static final Tensor NONE = PLAIN.encode(List.of("")).get(0).compute();
        static final Pairs DATA = pairs(1600, 21);
        static final VideoDiffusion MODEL = fresh(7);
        static {
            long begin = System.nanoTime();
            train(MODEL, 1600, MODEL.over(DATA.clips, PLAIN.encode(DATA.captions), new ConditionDropout(0.1, NONE), 0), 3e-3, 20, 8);
            System.out.println("DBG painter " + (System.nanoTime() - begin) / 1e9);
        }
    }

    @Test void look() {
        var asked = asked(240, 30);
        for (double w : new double[] {0, 1, 3}) {
            var report = TextToImageAlignment.measure(SCENES, drawn(Painter.MODEL, asked, w, 9), asked);
            System.out.println("DBG " + w + " " + report);
        }
        System.out.println("DBG swaps " + swaps(drawn(Painter.MODEL, asked, 1, 9), asked));
    }

    /** Pictures in which both shapes are right and the colours are each other's. */
    private static int swaps(Tensor pictures, List<Scene> asked) {
        int swaps = 0;
        for (int i = 0; i < asked.size(); i++) {
            var scene = asked.get(i);
            Colour left = scene.items().get(0).colour(), right = scene.items().get(1).colour();
            if (left == right) continue;
            var read = SCENES.read(pictures.get(i));
            if (read.isEmpty() || read.get().items().size() != 2) continue;
            var items = read.get().items();
            if (items.get(0).colour() == right && items.get(1).colour() == left) swaps++;
        }
        return swaps;
    }

    @Test void bindingTry() {
        var data = Painter.DATA;
        var texts = PLAIN.encode(data.captions);
        var places = TextToImageAlignment.places(SCENES, data.scenes, LENGTH, PATCH);
        var asked = asked(300, 31);
        for (int epochs : new int[] {8}) for (double weight : new double[] {0, 0.3}) {
            long begin = System.nanoTime();
            var model = fresh(7);
            train(model, 1600, new PictureTuning(model).binding(data.clips, texts, places, weight), 3e-3, epochs, 8);
            var pictures = drawn(model, asked, 1, 9);
            System.out.println("DBG binding " + epochs + " " + weight + " swaps " + swaps(pictures, asked) + " "
                    + TextToImageAlignment.measure(SCENES, pictures, asked) + " s " + (System.nanoTime() - begin) / 1e9);
        }
    }
}
