package lyceum.models.multimodal;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.data.scenes.CaptionedScenes;
import lyceum.data.scenes.Scene;
import lyceum.models.text.TextTower;
import lyceum.models.text.TextTowerConfig;
import lyceum.models.vision.ResNet;
import lyceum.models.vision.ResNetConfig;
import lyceum.models.vision.VisionEncoder;
import lyceum.models.vision.VisionTransformer;
import lyceum.models.vision.VisionTransformerConfig;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.optim.AdamW;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ContrastiveVlmTest {
    private static final Trainer FEW = new Trainer(new AdamW(3e-3), 2).withBatchSize(16);

    private static Map<String, double[]> values(Module module) {
        var all = new LinkedHashMap<String, double[]>();
        module.state().forEach((name, t) -> all.put(name, t.toDoubleArray()));
        return all;
    }

    @Acceptance(topic = "contrastive-vlm", clause = 2)
    @Test void aLockedTowerStaysBitForBit() {
        // With batch normalisation, whose statistics a tower that is frozen alone would still move.
        for (int kind = 0; kind < 2; kind++) {
            var rng = Rng.of(1);
            VisionEncoder vision = kind == 0 ? new ResNet(ResNetConfig.cifar(8).withWidth(4).withClasses(0), rng)
                    : new VisionTransformer(new VisionTransformerConfig(16, 4, 3, 16, 1, 2).withDropout(0.3), rng);
            var encoder = new ImageTextEncoder(new ImageTextConfig(vision.width()).withProjectsImages(false), vision,
                    new TextTower(CaptionedPairs.text(), rng), rng);
            var lit = new ContrastiveVlm(new ContrastiveVlmConfig(VlmObjective.clip()).withLockedImages(true).withMicroBatch(kind * 5),
                    encoder, rng);
            var pairs = CaptionedPairs.of(CaptionedPairs.SEEN, 2, rng);
            Map<String, double[]> before = values(lit);
            var one = encoder.imageVectors(pairs.images(), 24).toDoubleArray();
            lit.fit(pairs.images(), pairs.ids(encoder.text(), false, rng), FEW, rng, Progress.SILENT);
            var after = values(lit);
            long moved = before.keySet().stream().filter(n -> n.startsWith("encoder.vision"))
                    .filter(n -> !Arrays.equals(before.get(n), after.get(n))).count(),
                    learned = before.keySet().stream().filter(n -> n.startsWith("encoder.text."))
                            .filter(n -> !Arrays.equals(before.get(n), after.get(n))).count();
            Evidence.of("picture tensors that moved, statistics among them", moved, exactly(0));
            Evidence.of("text tensors that moved", learned, above(10));
            Evidence.that("pictures have the vectors that they had",
                    Arrays.equals(one, encoder.imageVectors(pairs.images(), 24).toDoubleArray()));
        }
    }

    private static ContrastiveVlm coca(double contrast, double caption) {
        var rng = Rng.of(2);
        var text = CaptionedPairs.text().withCausal(true).withEnd(CaptionWords.END).withPool(TextTowerConfig.Pool.END).withDtype(DType.F64);
        var vision = new VisionTransformer(new VisionTransformerConfig(16, 8, 3, 16, 1, 2).withDtype(DType.F64), rng);
        return Clip.of(vision, text, 16, new ContrastiveVlmConfig(new VlmObjective.Captioned(VlmObjective.clip(), contrast, caption)), rng);
    }

    @Acceptance(topic = "contrastive-vlm", clause = 4)
    @Test void cocaIsItsWeightedPartsAndSeesNoFutureToken() {
        var pairs = CaptionedPairs.of(CaptionedPairs.UNSEEN, 1, Rng.of(3));
        var images = pairs.images().to(DType.F64);
        double gap = 0;
        for (double[] w : new double[][] {{1, 2}, {0.3, 1.7}, {0, 1}}) {
            var vlm = coca(w[0], w[1]);
            var ids = pairs.ids(vlm.encoder().text(), false, Rng.of(4));
            var encoder = vlm.encoder();
            // The parts by the definitions: CLIP's loss of the same vectors, and minus the mean log-probability of each id that follows.
            double clip = Clip.loss(encoder.images(images, Pass.inference()), encoder.texts(ids, Pass.inference()), encoder.logScale())
                    .item(), sum = 0;
            double[] p = vlm.captionLogits(images, ids, Pass.inference()).logSoftmax(2).toDoubleArray();
            int[] id = ids.toIntArray();
            int told = 0, length = (int) ids.size(1), vocabulary = encoder.text().config().vocabulary();
            for (int i = 0; i < 8; i++)
                for (int t = 1; t < length && id[i * length + t] != 0; t++, told++)
                    sum -= p[(i * length + t - 1) * vocabulary + id[i * length + t]];
            var parts = vlm.parts(images, ids, Pass.inference());
            gap = Math.max(gap, Math.abs(parts.total().item() - (w[0] * clip + w[1] * sum / told)));
            assertThat(parts.caption().item()).isGreaterThan(1);
        }
        Evidence.of("gap of the total to its weighted parts", gap, below(1e-9));

        // The slope of the logits at t by the embedding of each id, one text: those behind t are not seen.
        var vlm = coca(1, 2);
        var tower = vlm.encoder().text();
        var ids = Tensor.of(new int[] {1, 3, 4, 5, 6, 2}, 1, 6);
        double future = 0, least = Double.MAX_VALUE;
        for (int t = 0; t < 5; t++) {
            vlm.zeroGrad();
            vlm.captionLogits(images.narrow(0, 0, 1), ids, Pass.inference()).select(1, t).square().sum().backward();
            double[][] slope = tower.parameters().get("token_embedding.weight").grad().toRows();
            for (int j = 0; j < 6; j++) {
                double size = Arrays.stream(slope[ids.toIntArray()[j]]).map(Math::abs).max().orElse(0);
                if (j > t) future = Math.max(future, size);
                else least = Math.min(least, size);
            }
        }
        Evidence.of("largest slope by a future token", future, exactly(0));
        Evidence.of("least slope by the present and past ones", least, above(1e-8));
        assertThatThrownBy(() -> Clip.of(CaptionedPairs.vision(Rng.of(1)), CaptionedPairs.text(), 16,
                new ContrastiveVlmConfig(VlmObjective.coca()), Rng.of(1))).hasMessageContaining("causal");
    }

    @Test void captionsAreWritten() {
        var rng = Rng.of(5);
        var text = CaptionedPairs.text().withCausal(true).withEnd(CaptionWords.END).withPool(TextTowerConfig.Pool.END);
        var vlm = Clip.of(CaptionedPairs.vision(rng), text, 16, new ContrastiveVlmConfig(VlmObjective.coca()).withCaptionDepth(1), rng);
        var pairs = CaptionedPairs.of(CaptionedPairs.UNSEEN, 16, rng);
        vlm.fit(pairs.images(), pairs.ids(vlm.encoder().text(), false, rng), new Trainer(new AdamW(4e-3), 20).withBatchSize(32), rng,
                Progress.SILENT);
        var test = CaptionedPairs.of(CaptionedPairs.UNSEEN, 1, Rng.of(6));
        int[][] written = new int[8][];
        var ids = vlm.caption(test.images(), CaptionWords.BEGIN, 8).toRows();
        int right = 0;
        for (int i = 0; i < 8; i++) {
            written[i] = Arrays.stream(ids[i]).mapToInt(d -> (int) d).toArray();
            if (CaptionedPairs.WORDS.text(written[i]).endsWith(CaptionedPairs.name(test.scenes()[i]))) right++;
        }
        assertThat(right).isGreaterThanOrEqualTo(6);
        assertThat(Arrays.stream(written[0]).filter(id -> id == CaptionWords.END).count()).isEqualTo(1);
    }

    /** Zero-shot accuracy over the 8 prompts of unseen combinations by the ALIGN recipe, a share of whose captions are another picture's. */
    private static double align(double shuffled) {
        var rng = Rng.of(7);
        var vlm = Clip.of(CaptionedPairs.vision(rng), CaptionedPairs.text(), 32, new ContrastiveVlmConfig(VlmObjective.align()), rng);
        var pairs = CaptionedPairs.of(CaptionedPairs.SEEN, 64, rng);
        int[] scenes = pairs.scenes().clone(), order = rng.permutation(scenes.length);
        int wrong = (int) (shuffled * scenes.length);
        for (int i = 0; i < wrong; i++) scenes[order[i]] = pairs.scenes()[order[(i + 1) % wrong]];
        var ids = new CaptionedPairs(pairs.images(), scenes).ids(vlm.encoder().text(), false, rng);
        var trainer = new Trainer(new AdamW(3e-3), 8).withBatchSize(32).withSchedule(new Schedule.Cosine(364).warmedUp(20));
        vlm.fit(pairs.images(), ids, trainer, rng, Progress.SILENT);
        return CaptionedPairs.zeroShot(vlm.encoder(), CaptionedPairs.of(CaptionedPairs.UNSEEN, 40, Rng.of(8)), CaptionedPairs.UNSEEN);
    }

    @Acceptance(topic = "contrastive-vlm", clause = 5)
    @Tag("heavy")
    @Test void aThirdOfShuffledCaptionsCostsAlignLittle() {
        double clean = align(0), noisy = align(0.3);
        Evidence.of("zero-shot accuracy over 8 prompts of unseen combinations, clean", clean, atLeast(0.8));
        Evidence.of("points lost by 30% shuffled captions", 100 * (clean - noisy), atMost(10));
    }

    /** Two things of different colours and shapes: 252 scenes, half of which are learned. */
    private static final CaptionedScenes TWO = new CaptionedScenes(16, 7, 3, 1, 2, 0);

    private static List<Scene> pairsOfThings() {
        var all = new LinkedHashMap<String, Scene>();
        var rng = Rng.of(77);
        while (all.size() < 252) {
            var s = TWO.draw(2, rng);
            if (s.items().get(0).colour() != s.items().get(1).colour() && s.items().get(0).shape() != s.items().get(1).shape())
                all.putIfAbsent(TWO.caption(s), s);
        }
        return List.copyOf(all.values());
    }

    /** The same colours on the other shapes. */
    private static Scene swapped(Scene s) {
        var a = s.items().get(0);
        var b = s.items().get(1);
        return new Scene(List.of(new Scene.Item(b.colour(), a.shape(), 0, 0), new Scene.Item(a.colour(), b.shape(), 0, 1)));
    }

    private static Tensor pictures(List<Scene> scenes, Rng rng) {
        var clean = Tensor.stack(0, scenes.stream().map(TWO::picture).toArray(Tensor[]::new));
        return clean.add(Tensor.randn(rng, clean.shape().toArray()).mul(0.1)).compute();
    }

    /** Share of unseen scenes of two things that are nearer to their caption than to the one with colours swapped, after 320 steps. */
    private static double binding(VlmObjective objective, int seed) {
        var rng = Rng.of(seed);
        var all = pairsOfThings();
        var words = CaptionWords.of(all.stream().map(TWO::caption).toList());
        var train = IntStream.range(0, 32 * 320).mapToObj(i -> all.get(rng.nextInt(126))).toList();
        var vision = new VisionTransformer(new VisionTransformerConfig(16, 4, 3, 32, 2, 2).withHidden(64)
                .withPool(VisionTransformerConfig.Pool.MEAN).withClassToken(false), rng);
        var vlm = Clip.of(vision, new TextTowerConfig(words.vocabulary(), 10, 32, 1, 2).withHidden(64), 32,
                new ContrastiveVlmConfig(objective), rng);
        var tower = vlm.encoder().text();
        var trainer = new Trainer(new AdamW(3e-3), 1).withBatchSize(32).withSchedule(new Schedule.Cosine(300).warmedUp(20));
        vlm.fit(pictures(train, rng), tower.ids(train.stream().map(TWO::caption).toList(), words), trainer, rng, Progress.SILENT);
        var test = all.subList(126, 252);
        var images = pictures(test, Rng.of(98));
        int right = 0;
        for (int i = 0; i < 126; i++) {
            var texts = List.of(TWO.caption(test.get(i)), TWO.caption(swapped(test.get(i))));
            double[] s = vlm.similarities(images.narrow(0, i, 1), tower.ids(texts, words)).toDoubleArray();
            if (s[0] > s[1]) right++;
        }
        return right / 126.0;
    }

    @Acceptance(topic = "contrastive-vlm", clause = 6)
    @Tag("heavy")
    @Test void filipBindsColoursToShapesBetterThanClip() {
        double clip = 0, filip = 0;
        for (int seed = 1; seed <= 3; seed++) {
            clip += binding(VlmObjective.clip(), seed) / 3;
            filip += binding(VlmObjective.filip(), seed) / 3;
        }
        Evidence.of("CLIP's share of captions before those with colours swapped", clip, above(0.4));
        Evidence.of("points by which FILIP is better, 3 seeds", 100 * (filip - clip), atLeast(5));
    }
}
