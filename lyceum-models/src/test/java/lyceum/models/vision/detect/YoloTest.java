package lyceum.models.vision.detect;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.data.scenes.ShapeScenes;
import lyceum.models.vision.DetectionScore;
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
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One stage on pictures of shapes. */
class YoloTest {
    private static final ShapeScenes SHAPES = new ShapeScenes(64).withSmallest(6);

    private record Scenes(Tensor images, List<Detector.Truth> truths) {
        static Scenes of(ShapeScenes scenes, int count, long seed) {
            var pictures = new ArrayList<Tensor>();
            var truths = new ArrayList<Detector.Truth>();
            for (int i = 0; i < count; i++) {
                var scene = scenes.draw(Rng.of(seed).split(i));
                pictures.add(scene.picture());
                truths.add(new Detector.Truth(scene.boxes(), scene.kinds()));
            }
            return new Scenes(Tensor.stack(0, pictures.toArray(Tensor[]::new)).compute(), truths);
        }
    }

    private static Yolo trained(YoloConfig config) {
        var scenes = Scenes.of(SHAPES, 320, 1);
        var yolo = new Yolo(config, Rng.of(3));
        BatchLoss loss = (rows, pass) -> yolo.loss(scenes.images.rows(rows), IntStream.of(rows).mapToObj(scenes.truths::get).toList(),
                pass);
        new Trainer(new AdamW(4e-3), 12).withBatchSize(8).withClip(Clip.norm(10)).start(yolo, 320, loss, null, Rng.of(4))
                .finish(Progress.SILENT);
        return yolo;
    }

    private static Yolo dual;

    private static synchronized Yolo dual() {
        if (dual == null) dual = trained(new YoloConfig(3, YoloCoding.ANCHOR_FREE).withLevels(2).withDual(true));
        return dual;
    }

    @Acceptance(topic = "yolo", clause = 1)
    @Test void codesBringBoxesBack() {
        for (var coding : YoloCoding.values()) {
            var config = coding == YoloCoding.ANCHORS
                    ? new YoloConfig(3, YoloCoding.GRID).anchored(List.of(new Prior(10, 20), new Prior(30, 25)), 1)
                    : new YoloConfig(3, coding);
            var places = new Yolo(config, Rng.of(1)).places(64, 96);
            double[][] p = places.toRows();
            var rng = Rng.of(7);
            var wanted = new ArrayList<double[]>();
            var rows = new ArrayList<Integer>();
            for (int b = 0; b < 1000; b++) {
                double w = 9 + 40 * rng.nextDouble(), h = 9 + 40 * rng.nextDouble(), x = 96 * rng.nextDouble(), y = 64 * rng.nextDouble();
                int row = -1;
                for (int i = 0; i < p.length; i++) if (Math.floor(x / 8) == p[i][0] && Math.floor(y / 8) == p[i][1]) row = i;
                rows.add(row);
                wanted.add(new double[] {x - w / 2, y - h / 2, x + w / 2, y + h / 2});
            }
            Tensor truth = Tensor.of(wanted.toArray(double[][]::new)), at = places.rows(rows.stream().mapToInt(r -> r).toArray());
            var codes = coding.encode(truth, at);
            double worst = coding.decode(codes, at).sub(truth).abs().max().item();
            Evidence.of("largest distance of 1,000 boxes encoded and decoded, " + coding, worst, atMost(1e-5));
            assertThat(codes.sub(truth).abs().max().item()).isGreaterThan(1);
        }
    }

    @Acceptance(topic = "yolo", clause = 3)
    @Tag("heavy")
    @Test void gridAndAnchorFreeFindShapesAndAPyramidFindsSmallOnes() {
        Scenes test = Scenes.of(SHAPES, 100, 2), small = Scenes.of(SHAPES.withLargest(9), 100, 5);
        Evidence.of("mAP50 of the v1-style model on 100 new scenes",
                trained(new YoloConfig(3, YoloCoding.GRID)).score(test.images, test.truths).at(0.5), atLeast(0.75));
        var free = trained(new YoloConfig(3, YoloCoding.ANCHOR_FREE));
        Evidence.of("mAP50 of the anchor-free model", free.score(test.images, test.truths).at(0.5), atLeast(0.75));
        double one = free.score(small.images, small.truths).at(0.5);
        var score = new DetectionScore();
        var found = dual().detect(small.images, Branch.ONE_TO_MANY, true);
        for (int i = 0; i < 100; i++)
            score.add(found.get(i).boxes(), found.get(i).scores(), found.get(i).kinds(), small.truths.get(i).boxes(),
                    small.truths.get(i).kinds());
        Evidence.of("mAP50 on objects of 6 to 9 pixels with a pyramid less that without", score.at(0.5) - one, above(0));
    }

    @Acceptance(topic = "yolo", clause = 4)
    @Tag("heavy")
    @Test void theOneToOneHeadTellsEachObjectOnce() {
        var test = Scenes.of(SHAPES, 100, 2);
        double objects = test.truths.stream().mapToInt(t -> t.kinds().length).sum();
        double once = sure(Branch.ONE_TO_ONE, test) / objects;
        Evidence.of("boxes an object above 0.5 without suppression, one-to-one", once, atMost(1.1));
        Evidence.of("the same: it is not silent", once, atLeast(0.7));
        Evidence.of("boxes an object above 0.5 without suppression, one-to-many", sure(Branch.ONE_TO_MANY, test) / objects, atLeast(1.5));
        Evidence.of("mAP50 of the one-to-one head without suppression", dual().score(test.images, test.truths).at(0.5), atLeast(0.5));
    }

    private static double sure(Branch branch, Scenes test) {
        return dual().detect(test.images, branch, false).stream().mapToInt(f -> f.above(0.5).kinds().length).sum();
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
            var loss = yolo.loss(scenes.images, List.of(scenes.truths.get(0), none, scenes.truths.get(2)), pass);
            loss.backward();
            assertThat(loss.item()).isPositive().isFinite();
            assertThat(yolo.parameters().values()).allMatch(p -> p.grad() != null);
            var found = yolo.detect(scenes.images);
            yolo.save(folder.resolve("net.safetensors"));
            yolo.load(folder.resolve("net.safetensors"));
            assertThat(yolo.detect(scenes.images).get(1).boxes().toDoubleArray()).isEqualTo(found.get(1).boxes().toDoubleArray());
            assertThat(yolo.loss(scenes.images, List.of(none, none, none), pass).item()).isFinite();
            assertThatThrownBy(() -> yolo.loss(scenes.images, List.of(none), pass)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> yolo.detect(Tensor.zeros(1, 3, 30, 32))).hasMessageContaining("multiples of 8");
        }
        assertThatThrownBy(() -> small.withDual(true)).hasMessageContaining("ANCHOR_FREE");
        assertThatThrownBy(() -> new YoloConfig(3, YoloCoding.GRID).withLevels(2)).hasMessageContaining("GRID on 2 levels");
        assertThatThrownBy(() -> new Yolo(small, Rng.of(1)).detect(scenes.images, Branch.ONE_TO_ONE, false)).hasMessageContaining("dual");
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
