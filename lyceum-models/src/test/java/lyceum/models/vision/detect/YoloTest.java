package lyceum.models.vision.detect;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;
import lyceum.data.scenes.ShapeScenes;
import lyceum.models.vision.detect.Yolo.Branch;
import lyceum.models.vision.detect.YoloConfig.Prior;
import lyceum.nn.Pass;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One stage on pictures of shapes. */
class YoloTest {
    private static final ShapeScenes SHAPES = new ShapeScenes(64).withSmallest(6);

    private static Yolo trained(YoloConfig config) {
        var scenes = Scenes.of(SHAPES, 320, 1);
        var yolo = new Yolo(config, Rng.of(3));
        new Trainer(new AdamW(4e-3), 12).withBatchSize(8).withClip(Clip.norm(10)).start(yolo, 320, scenes.loss(yolo), null, Rng.of(4))
                .finish(Progress.SILENT);
        return yolo;
    }

    @Acceptance(topic = "yolo", clause = 1)
    @Test void codesBringBoxesBack() {
        // In a picture of 96 x 64, the box of 24 x 36 about (18, 30) lies in cell (2, 3) of stride 8, whose middle is (20, 28).
        var box = Tensor.of(new double[] {6, 12, 30, 48}, 1, 4);
        for (var coding : YoloCoding.values()) {
            double[][] hand = switch (coding) {
                case GRID -> new double[][] {{0.25, 0.75, 0.5, 0.75}};
                case ANCHORS -> new double[][] {{-Math.log(3), Math.log(3), Math.log(24 / 10.0), Math.log(36 / 20.0)},
                        {-Math.log(3), Math.log(3), Math.log(24 / 30.0), Math.log(36 / 25.0)}};
                case ANCHOR_FREE -> new double[][] {DoubleStream.of(1.75, 2, 1.25, 2.5).map(d -> Math.log(Math.expm1(d))).toArray()};
            };
            var config = coding == YoloCoding.ANCHORS
                    ? new YoloConfig(3, YoloCoding.GRID).anchored(List.of(new Prior(10, 20), new Prior(30, 25)), 1)
                    : new YoloConfig(3, coding);
            int each = hand.length;
            var places = new Yolo(config, Rng.of(1)).places(64, 96);
            double far = 0;
            for (int k = 0; k < each; k++) {
                Tensor at = places.narrow(0, (3 * 12 + 2) * each + k, 1), code = Tensor.of(hand[k], 1, 4);
                far = Math.max(far, coding.encode(box, at).sub(code).abs().max().item());
                far = Math.max(far, coding.decode(code, at).sub(box).abs().max().item());
            }
            Evidence.of("largest distance of a box's codes, and of their box, from those worked by hand, " + coding, far, atMost(1e-12));

            var rng = Rng.of(7);
            var wanted = new double[1000][];
            var rows = new int[1000];
            for (int b = 0; b < 1000; b++) {
                double w = 9 + 40 * rng.nextDouble(), h = 9 + 40 * rng.nextDouble(), x = 96 * rng.nextDouble(), y = 64 * rng.nextDouble();
                rows[b] = ((int) (y / 8) * 12 + (int) (x / 8)) * each + b % each;
                wanted[b] = new double[] {x - w / 2, y - h / 2, x + w / 2, y + h / 2};
            }
            Tensor truth = Tensor.of(wanted), at = places.rows(rows);
            double worst = coding.decode(coding.encode(truth, at), at).sub(truth).abs().max().item();
            Evidence.of("largest distance of 1,000 boxes encoded and decoded, " + coding, worst, atMost(1e-5));
        }
    }

    @Acceptance(topic = "yolo", clause = 3)
    @Tag("heavy")
    @Test void gridAndAnchorFreeFindShapesAndAPyramidFindsSmallOnes() {
        Scenes test = Scenes.of(SHAPES, 100, 2), small = Scenes.of(SHAPES.withLargest(9), 100, 5);
        Evidence.of("mAP50 of the v1-style model on 100 new scenes",
                trained(new YoloConfig(3, YoloCoding.GRID)).score(test.images(), test.truths()).at(0.5), atLeast(0.75));
        var config = new YoloConfig(3, YoloCoding.ANCHOR_FREE);
        Yolo free = trained(config), pyramid = trained(config.withLevels(2));
        Evidence.of("mAP50 of the anchor-free model", free.score(test.images(), test.truths()).at(0.5), atLeast(0.75));
        Evidence.of("mAP50 on objects of 6 to 9 pixels with a pyramid less that without",
                pyramid.score(small.images(), small.truths()).at(0.5) - free.score(small.images(), small.truths()).at(0.5), above(0));
    }

    @Acceptance(topic = "yolo", clause = 4)
    @Tag("heavy")
    @Test void theOneToOneHeadTellsEachObjectOnce() {
        var dual = trained(new YoloConfig(3, YoloCoding.ANCHOR_FREE).withLevels(2).withDual(true));
        var test = Scenes.of(SHAPES, 100, 2);
        double objects = test.truths().stream().mapToInt(t -> t.kinds().length).sum(), once = sure(dual, Branch.ONE_TO_ONE, test) / objects;
        Evidence.of("boxes an object above 0.5 without suppression, one-to-one", once, atMost(1.1));
        Evidence.of("the same: it is not silent", once, atLeast(0.7));
        Evidence.of("boxes an object above 0.5 without suppression, one-to-many", sure(dual, Branch.ONE_TO_MANY, test) / objects,
                atLeast(1.5));
        Evidence.of("mAP50 of the one-to-one head without suppression", dual.score(test.images(), test.truths()).at(0.5), atLeast(0.5));
    }

    private static double sure(Yolo dual, Branch branch, Scenes test) {
        return dual.detect(test.images(), branch, false).stream().mapToInt(f -> f.above(0.5).kinds().length).sum();
    }

    @Test void allGenerationsTrainDetectAndComeBack(@TempDir Path folder) throws Exception {
        var scenes = Scenes.of(new ShapeScenes(32), 3, 7);
        var none = new Detector.Truth(Tensor.zeros(0, 4), new int[0]);
        var small = new YoloConfig(3, YoloCoding.GRID).withWidth(4);
        var priors = List.of(new Prior(5, 5), new Prior(8, 8), new Prior(10, 10), new Prior(14, 14));
        for (var config : List.of(small, small.anchored(priors, 2),
                small.withCoding(YoloCoding.ANCHOR_FREE).withLevels(2).withDual(true))) {
            var yolo = new Yolo(config, Rng.of(1));
            var pass = Pass.training(Rng.of(2));
            var loss = yolo.loss(scenes.images(), List.of(scenes.truths().get(0), none, scenes.truths().get(2)), pass);
            loss.backward();
            assertThat(loss.item()).isPositive().isFinite();
            assertThat(yolo.parameters().values()).allMatch(p -> p.grad() != null);
            var found = yolo.detect(scenes.images());
            yolo.save(folder.resolve("net.safetensors"));
            yolo.load(folder.resolve("net.safetensors"));
            assertThat(yolo.detect(scenes.images()).get(1).boxes().toDoubleArray()).isEqualTo(found.get(1).boxes().toDoubleArray());
            assertThat(yolo.loss(scenes.images(), List.of(none, none, none), pass).item()).isFinite();
            assertThatThrownBy(() -> yolo.loss(scenes.images(), List.of(none), pass)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> yolo.detect(Tensor.zeros(1, 3, 30, 32))).hasMessageContaining("multiples of 8");
        }
        assertThatThrownBy(() -> small.withDual(true)).hasMessageContaining("ANCHOR_FREE");
        assertThatThrownBy(() -> new YoloConfig(3, YoloCoding.GRID).withLevels(2)).hasMessageContaining("GRID on 2 levels");
        assertThatThrownBy(() -> new Yolo(small, Rng.of(1)).detect(scenes.images(), Branch.ONE_TO_ONE, false)).hasMessageContaining("dual");
    }

    @Test void priorsAreMeansOfAlikeSizes() {
        var sizes = new ArrayList<Prior>();
        for (int i = -2; i <= 2; i++)
            for (var p : List.of(new Prior(10, 10), new Prior(40, 20), new Prior(20, 60)))
                sizes.add(new Prior(p.width() + i, p.height() - i));
        assertThat(Prior.clustered(sizes, 3, Rng.of(3))).containsExactly(new Prior(10, 10), new Prior(40, 20), new Prior(20, 60));
        assertThatThrownBy(() -> Prior.clustered(sizes, 99, Rng.of(1))).isInstanceOf(IllegalArgumentException.class);
    }
}
