package lyceum.models.multimodal;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;

import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lyceum.data.scenes.CaptionedScenes;
import lyceum.data.scenes.Scene;
import lyceum.data.scenes.Scene.Colour;
import lyceum.data.scenes.Scene.Item;
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

/** Two shapes side by side, drawn by diffusion: what guidance, choice, preferences and binding do to obedience. */
@Tag("heavy")
class PictureTuningTest {
    private static final CaptionedScenes SCENES = new CaptionedScenes(16, 3, 2, 1, 2, 0);
    private static final CaptionWords WORDS = CaptionWords.of(pairs(500, 1).captions());
    private static final CaptionedScenes MANY = SCENES.withColours(4);
    private static final CaptionWords MANY_WORDS = CaptionWords.of(pairs(MANY, 500, 1).captions());
    private static final int TEXT = 32, LENGTH = 12, PATCH = 4;
    /** Words and their places, no meaning: all binding is left to the painter. */
    private static final PromptEncoder PLAIN = PromptEncoder
            .of(new TextTower(new TextTowerConfig(WORDS.vocabulary(), LENGTH, TEXT, 1, 2).withHidden(32), Rng.of(5)), WORDS);

    private record Pairs(Tensor clips, List<String> captions) {
        Tensor pictures() { return clips.select(1, 0).add(1).div(2).compute(); }
    }

    private static Pairs pairs(int n, long seed) { return pairs(SCENES, n, seed); }

    private static Pairs pairs(CaptionedScenes world, int n, long seed) {
        var rng = Rng.of(seed);
        var scenes = IntStream.range(0, n).mapToObj(_ -> world.draw(2, rng)).toList();
        var pictures = scenes.stream().map(s -> world.picture(s, rng).mul(2).sub(1).unsqueeze(0)).toArray(Tensor[]::new);
        return new Pairs(Tensor.stack(0, pictures).compute(), scenes.stream().map(world::caption).toList());
    }

    private static List<Scene> asked(int n, long seed) {
        var rng = Rng.of(seed);
        return IntStream.range(0, n).mapToObj(_ -> SCENES.draw(2, rng)).toList();
    }

    private static VideoDiffusion fresh(long seed) {
        var config = new VideoTransformerConfig(3, 1, PATCH, 60, 3, 4, 0).withContextWidth(TEXT);
        return new VideoDiffusion(new VideoTransformer(config, Rng.of(seed)), new FlowMatching());
    }

    private static void train(VideoDiffusion model, int rows, BatchLoss loss, double rate, int epochs, long seed) {
        new Trainer(new AdamW(rate), epochs).withBatchSize(40).withClip(Clip.norm(1)).withAveraging(0.98)
                .start(model.network(), rows, loss, null, Rng.of(seed)).finish(Progress.SILENT);
    }

    /** One whose captions lie in three of ten cases, as those of the web do: so it draws some of its pictures as it was falsely told. */
    private static final class Painter {
        static final Tensor NONE = PLAIN.encode(List.of("")).get(0).compute();
        static final VideoDiffusion MODEL = fresh(7);
        static final PictureReward REWARD = new PictureReward(
                new VisionTransformer(new VisionTransformerConfig(16, 4, 3, 32, 2, 2).withHidden(64), Rng.of(45)), LENGTH * TEXT, 64,
                Rng.of(46));
        static {
            var data = pairs(1600, 21);
            var rng = Rng.of(6);
            var captions = data.captions.stream().map(c -> rng.nextDouble() < 0.3 ? data.captions.get(rng.nextInt(1600)) : c).toList();
            train(MODEL, 1600, MODEL.over(data.clips, PLAIN.encode(captions), new ConditionDropout(0.1, NONE), 0), 3e-3, 32, 8);
            // Pictures are preferred to those of other scenes: the checker is not asked
            var known = pairs(1200, 44);
            Tensor better = known.pictures(), others = pairs(1200, 45).pictures();
            new Trainer(new AdamW(2e-3), 12).withBatchSize(40)
                    .start(REWARD, 1200, REWARD.over(better, others, PLAIN.encode(known.captions)), null, Rng.of(47))
                    .finish(Progress.SILENT);
        }

        static TextToImage by(VideoDiffusion model, double guidance) {
            return TextToImage.of(model, PLAIN, new VideoOptions(1, 16).withSolver(new FlowModel.Solver.Euler(12))
                    .withGuidance(ClassifierFreeGuidance.of(guidance, NONE)));
        }
    }

    private static Tensor drawn(TextToImage painter, List<Scene> scenes, long seed) {
        return painter.draw(scenes.stream().map(SCENES::caption).toList(), NoiseStreams.of(Rng.of(seed), scenes.size()), Progress.SILENT);
    }

    @Acceptance(topic = "t2i-alignment", clause = 2)
    @Test void guidanceBuysObedienceWithVariety() {
        var asked = asked(360, 30);
        var reports = DoubleStream.of(0, 1, 3)
                .mapToObj(w -> TextToImageAlignment.measure(SCENES, drawn(Painter.by(Painter.MODEL, w), asked, 9), asked)).toList();
        for (var report : reports) {
            Evidence.of("adherence", report.adherence(), between(0, 1));
            Evidence.of("root mean squared difference of pictures of one prompt", report.diversity(), above(0));
        }
        for (int i = 0; i < 2; i++) {
            Evidence.of("rise of adherence", reports.get(i + 1).adherence() - reports.get(i).adherence(), above(0.05));
            Evidence.of("diversity over the one before", reports.get(i + 1).diversity() / reports.get(i).diversity(), below(0.95));
        }
    }

    @Acceptance(topic = "t2i-alignment", clause = 3)
    @Test void theBestOfEightByAReward() {
        var asked = asked(240, 50);
        var painter = Painter.by(Painter.MODEL, 1);
        var chosen = drawn(painter.best(8, Painter.REWARD.scorer(PLAIN)), asked, 51);
        double alone = TextToImageAlignment.measure(SCENES, drawn(painter, asked, 51), asked).adherence(),
                best = TextToImageAlignment.measure(SCENES, chosen, asked).adherence();
        Evidence.of("adherence of one picture, so that more than 10 points remain", alone, below(0.9));
        Evidence.of("points that the best of eight adds", 100 * (best - alone), atLeast(5));
    }

    @Acceptance(topic = "t2i-alignment", clause = 4)
    @Test void preferencesWinMatches() {
        int n = 400;
        var scenes = asked(n, 41);
        var captions = scenes.stream().map(SCENES::caption).toList();
        var painter = Painter.by(Painter.MODEL, 1);
        Tensor first = drawn(painter, scenes, 42), second = drawn(painter, scenes, 43);
        var scorer = Painter.REWARD.scorer(PLAIN);
        double[] a = scorer.score(first, captions), b = scorer.score(second, captions);
        Tensor[] won = new Tensor[n], lost = new Tensor[n];
        for (int i = 0; i < n; i++) {
            won[i] = (a[i] > b[i] ? first : second).get(i).mul(2).sub(1).unsqueeze(0);
            lost[i] = (a[i] > b[i] ? second : first).get(i).mul(2).sub(1).unsqueeze(0);
        }
        var tuned = new VideoDiffusion(Module.copy(Painter.MODEL.network()), Painter.MODEL.matching());
        new Trainer(new AdamW(2e-4), 6)
                .withBatchSize(40).withClip(Clip.norm(1)).start(tuned.network(), n, new PictureTuning(tuned).preferences(Painter.MODEL,
                        Tensor.stack(0, won).compute(), Tensor.stack(0, lost).compute(), PLAIN.encode(captions), 100), null, Rng.of(62))
                .finish(Progress.SILENT);
        var asked = asked(n, 60);
        Tensor before = drawn(painter, asked, 61), after = drawn(Painter.by(tuned, 1), asked, 61);
        int wins = 0, losses = 0;
        for (int i = 0; i < n; i++) {
            boolean then = SCENES.shows(before.get(i), asked.get(i)), now = SCENES.shows(after.get(i), asked.get(i));
            if (now && !then) wins++;
            if (then && !now) losses++;
        }
        Evidence.of("match-ups", n, exactly(400));
        Evidence.of("that are not tied", wins + losses, atLeast(20));
        Evidence.of("share of them that the tuned model wins", wins / (double) (wins + losses), atLeast(0.6));
        Evidence.of("p of the sign test", signTest(wins, wins + losses), below(0.05));
    }

    /** The probability of so many heads or more of a fair coin. */
    private static double signTest(int heads, int tosses) {
        double sum = 0, ways = Math.pow(0.5, tosses);
        for (int k = 0; k <= tosses; k++) {
            if (k >= heads) sum += ways;
            ways *= (tosses - k) / (k + 1.0);
        }
        return sum;
    }

    /** Pictures in which an item has the other's colour, those in which both have, and those that can be read at all. */
    private static int[] traded(Tensor pictures, List<Scene> asked) {
        int[] traded = new int[3];
        for (int i = 0; i < asked.size(); i++) {
            Colour left = asked.get(i).items().get(0).colour(), right = asked.get(i).items().get(1).colour();
            var read = MANY.read(pictures.get(i));
            if (left == right || read.isEmpty()) continue;
            traded[2]++;
            int wrong = 0;
            for (var item : read.get().items()) if (item.colour() == (item.column() == 0 ? right : left)) wrong++;
            for (int k = 0; k < wrong; k++) traded[k]++;
        }
        return traded;
    }

    /** Of two colours in two shapes one assignment is learned, the other asked for: whoever knows the words alone draws what has been seen. */
    private static boolean seen(Scene scene) {
        Item left = scene.items().get(0), right = scene.items().get(1);
        int a = left.colour().ordinal(), b = right.colour().ordinal();
        long pair = Math.min(a, b) * 64L + Math.max(a, b) * 8L + left.shape().ordinal() * 2L + right.shape().ordinal();
        return a == b || Rng.of(pair).nextInt(2) == 0 == a < b;
    }

    /** Words, and faintly where they stand: what a text encoder says that hardly reads their order. */
    private static Tensor faint(List<String> prompts) {
        var all = new float[prompts.size() * LENGTH * TEXT];
        for (int i = 0; i < prompts.size(); i++) {
            int[] ids = MANY_WORDS.apply(prompts.get(i));
            for (int t = 0; t < LENGTH; t++) {
                int at = (i * LENGTH + t) * TEXT;
                all[at + (t < ids.length ? ids[t] : 0)] = 3;
                for (int k = 0; k < 4; k++) {
                    all[at + TEXT - 8 + 2 * k] = (float) (0.04 * Math.sin(t / Math.pow(3, k)));
                    all[at + TEXT - 7 + 2 * k] = (float) (0.04 * Math.cos(t / Math.pow(3, k)));
                }
            }
        }
        return Tensor.of(all, prompts.size(), LENGTH, TEXT);
    }

    @Acceptance(topic = "t2i-alignment", clause = 5)
    @Test void boundWordsTradeColoursLess() {
        var rng = Rng.of(22);
        List<Scene> learned = Stream.generate(() -> MANY.draw(2, rng)).filter(PictureTuningTest::seen).limit(1600).toList(),
                asked = Stream.generate(() -> MANY.draw(2, rng)).filter(s -> !seen(s)).limit(400).toList();
        var clips = Tensor.stack(0, learned.stream().map(s -> MANY.picture(s).mul(2).sub(1).unsqueeze(0)).toArray(Tensor[]::new)).compute();
        var texts = faint(learned.stream().map(MANY::caption).toList());
        var places = TextToImageAlignment.places(MANY, learned, LENGTH, PATCH);
        var prompts = asked.stream().map(MANY::caption).toList();
        int[][] traded = new int[2][3];
        // Two painters that are not done learning: then the colours' places are what they know least
        for (int bound = 0; bound < 2; bound++) for (int seed = 7; seed < 9; seed++) {
            var model = fresh(seed);
            train(model, 1600, new PictureTuning(model).binding(clips, texts, places, 0.3 * bound), 3e-3, 18, seed + 1);
            var pictures = TextToImage.of(model, PictureTuningTest::faint, new VideoOptions(1, 16)).draw(prompts,
                    NoiseStreams.of(Rng.of(9), 400), Progress.SILENT);
            int[] more = traded(pictures, asked);
            for (int k = 0; k < 3; k++) traded[bound][k] += more[k];
        }
        Evidence.of("pictures of 800 that can be read, learned without binding", traded[0][2], atLeast(200));
        Evidence.of("with it, as a share of those", traded[1][2] / (double) traded[0][2], atLeast(0.9));
        for (int k = 0; k < 2; k++) {
            var what = k == 0 ? "an item in the other's colour" : "traded colours";
            Evidence.of("pictures of 800 with " + what + ", learned without binding", traded[0][k], atLeast(k == 0 ? 20 : 5));
            Evidence.of("their share of what can be read, with binding over without",
                    (double) traded[1][k] / traded[1][2] / ((double) traded[0][k] / traded[0][2]), atMost(0.8));
        }
    }
}
