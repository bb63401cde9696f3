package lyceum.models.vision.detect;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.autograd.Autograd;
import lyceum.autograd.FlopCounter;
import lyceum.data.scenes.ShapeScenes;
import lyceum.models.vision.ResNet;
import lyceum.models.vision.ResNetConfig;
import lyceum.models.vision.detect.RegionDetectorConfig.Generation;
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

/** R-CNN to DETR on pictures of shapes. */
class DetectorTest {
    private static ResNet backbone(int width, Rng rng) { return new ResNet(ResNetConfig.cifar(8).withWidth(width).withClasses(0), rng); }

    private static RegionDetector regions(Generation generation, Rng rng) {
        var config = new RegionDetectorConfig(ShapeScenes.CLASSES, new AnchorGrid(4, 8.0, 12.0, 17.0)).withGeneration(generation);
        return new RegionDetector(backbone(8, rng), config, rng);
    }

    @Acceptance(topic = "object-detection", clause = 5)
    @Tag("heavy")
    @Test void fasterRcnnFindsShapes() {
        Scenes train = Scenes.of(new ShapeScenes(48), 240, 1), test = Scenes.of(new ShapeScenes(48), 100, 2);
        var detector = regions(Generation.FASTER, Rng.of(3));
        new Trainer(new AdamW(4e-3), 6).withBatchSize(8).withClip(Clip.norm(5)).start(detector, 240, train.loss(detector), null, Rng.of(4))
                .finish(Progress.SILENT);
        Evidence.of("mAP50 of Faster R-CNN on 100 new scenes", detector.score(test.images(), test.truths()).at(0.5), atLeast(0.7));
    }

    @Acceptance(topic = "object-detection", clause = 6)
    @Tag("heavy")
    @Test void detrLearnsEightScenes() {
        var scenes = Scenes.of(new ShapeScenes(48), 8, 1);
        var detector = new Detr(backbone(8, Rng.of(3)), DetrConfig.small(ShapeScenes.CLASSES), Rng.of(3));
        new Trainer(new AdamW(2e-3), 300).withBatchSize(8).withClip(Clip.norm(1)).start(detector, 8, scenes.loss(detector), null, Rng.of(4))
                .finish(Progress.SILENT);
        Evidence.of("mAP50 of all queries' boxes on the 8 scenes", detector.score(scenes.images(), scenes.truths()).at(0.5), atLeast(0.9));
    }

    @Acceptance(topic = "object-detection", clause = 6)
    @Test void detrsLossDoesNotKnowTheOrderOfObjects() {
        var scenes = Scenes.of(new ShapeScenes(48).withLeast(3), 6, 5);
        var detector = new Detr(backbone(4, Rng.of(3)), DetrConfig.small(ShapeScenes.CLASSES), Rng.of(3));
        double[] worst = {0, 0};
        Autograd.noGrad(() -> {
            double loss = detector.loss(scenes.images(), scenes.truths(), Pass.inference()).item();
            for (int seed = 1; seed <= 5; seed++) {
                var rng = Rng.of(seed);
                var turned = scenes.truths().stream().map(t -> permuted(t, rng.permutation(t.kinds().length), false)).toList();
                worst[0] = Math.max(worst[0], Math.abs(detector.loss(scenes.images(), turned, Pass.inference()).item() / loss - 1));
                var torn = scenes.truths().stream()
                        .map(t -> permuted(t, IntStream.range(0, t.kinds().length).map(i -> (i + 1) % t.kinds().length).toArray(), true))
                        .toList();
                worst[1] = Math.max(worst[1], Math.abs(detector.loss(scenes.images(), torn, Pass.inference()).item() / loss - 1));
            }
            return null;
        });
        Evidence.of("largest relative change of the loss by permuted targets", worst[0], below(1e-6));
        assertThat(worst[1]).as("boxes permuted without their classes").isGreaterThan(1e-5);
    }

    private static Detector.Truth permuted(Detector.Truth truth, int[] order, boolean boxesAlone) {
        return new Detector.Truth(truth.boxes().rows(order),
                boxesAlone ? truth.kinds() : IntStream.of(order).map(i -> truth.kinds()[i]).toArray());
    }

    @Acceptance(topic = "object-detection", clause = 7)
    @Test void sharedFeaturesCostLessForEachProposal() {
        var image = Scenes.of(new ShapeScenes(48), 1, 1).images();
        int count = 64;
        var corners = Tensor.rand(Rng.of(2), count, 2).mul(30);
        var proposals = List.of(Tensor.concat(1, corners, corners.add(Tensor.rand(Rng.of(3), count, 2).mul(10)).add(6)));
        var each = new double[2];
        for (var generation : List.of(Generation.R_CNN, Generation.FAST)) {
            var detector = regions(generation, Rng.of(4));
            var counted = FlopCounter.count(() -> detector.detect(image, proposals));
            each[generation.ordinal()] = (double) counted.products() / count;
        }
        Evidence.of("operations a proposal, R-CNN over shared features, 64 proposals", each[0] / each[1], atLeast(5));
        double features = FlopCounter.count(() -> Autograd.noGrad(() -> regions(Generation.FAST, Rng.of(4)).forward(image))).products();
        assertThat(each[0]).isGreaterThan(features); // R-CNN sends each through the backbone
    }

    @Test void proposalsMayBeNoneButAreOfEachPicture() {
        var images = Scenes.of(new ShapeScenes(24), 2, 7).images();
        for (var generation : List.of(Generation.R_CNN, Generation.FAST)) {
            var detector = regions(generation, Rng.of(1));
            assertThat(detector.detect(images, List.of(Tensor.zeros(0, 4), Tensor.zeros(0, 4)))).allMatch(f -> f.kinds().length == 0);
            assertThatThrownBy(() -> detector.detect(images.narrow(0, 0, 1), List.of(Tensor.zeros(0, 4), Tensor.zeros(0, 4))))
                    .hasMessageContaining("of 2 pictures and 1");
        }
    }

    @Test void pooledRegionsAreTheMaximaOfTheirBins() {
        var rng = Rng.of(1);
        var maps = Tensor.randn(rng, 2, 3, 9, 11).compute();
        double[][] regions = {{0, 0, 40, 32}, {5, 9, 21, 30}, {30, 2, 31, 3}, {-20, -9, 12, 70}};
        int[] pictures = {0, 1, 1, 0};
        var y = new RoiPool(2, 3, 0.25).of(maps, Tensor.of(regions), pictures);
        for (int k = 0; k < 4; k++) for (int c = 0; c < 3; c++) for (int i = 0; i < 2; i++) for (int j = 0; j < 3; j++) {
            long left = Math.round(regions[k][0] / 4), top = Math.round(regions[k][1] / 4);
            double w = Math.max(1, Math.round(regions[k][2] / 4) - left + 1) / 3.0,
                    h = Math.max(1, Math.round(regions[k][3] / 4) - top + 1) / 2.0;
            double best = Double.NEGATIVE_INFINITY;
            for (int row = 0; row < 9; row++) for (int column = 0; column < 11; column++) {
                boolean in = row >= top + Math.floor(i * h) && row < top + Math.ceil((i + 1) * h - 1e-9)
                        && column >= left + Math.floor(j * w + 1e-9) && column < left + Math.ceil((j + 1) * w - 1e-9);
                if (in) best = Math.max(best, maps.item(pictures[k], c, row, column));
            }
            assertThat(y.item(k, c, i, j)).isEqualTo(best == Double.NEGATIVE_INFINITY ? 0 : best);
        }
        assertThatThrownBy(() -> new RoiPool(0, 3, 1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test void allGenerationsTrainDetectAndComeBack(@TempDir Path folder) throws Exception {
        var scenes = Scenes.of(new ShapeScenes(24), 3, 7);
        var none = new Detector.Truth(Tensor.zeros(0, 4), new int[0]);
        var detectors = new ArrayList<Detector>();
        for (var generation : Generation.values()) {
            var config = new RegionDetectorConfig(3, new AnchorGrid(4, 8.0)).withGeneration(generation).withCrop(16).withBins(3);
            detectors.add(new RegionDetector(backbone(4, Rng.of(1)), config.withAligned(generation != Generation.FAST), Rng.of(1)));
        }
        detectors.add(new Detr(backbone(4, Rng.of(1)), DetrConfig.small(3), Rng.of(1)));
        for (var detector : detectors) {
            var pass = Pass.training(Rng.of(2));
            var loss = detector.loss(scenes.images(), List.of(scenes.truths().get(0), none, scenes.truths().get(2)), pass);
            loss.backward();
            assertThat(loss.item()).isPositive().isFinite();
            assertThat(detector.module().parameters().values()).allMatch(p -> p.grad() != null);
            var found = detector.detect(scenes.images());
            assertThat(found).hasSize(3);
            detector.module().save(folder.resolve("net.safetensors"));
            detector.module().load(folder.resolve("net.safetensors"));
            assertThat(detector.detect(scenes.images()).get(1).boxes().toDoubleArray()).isEqualTo(found.get(1).boxes().toDoubleArray());
            for (var f : found) assertThat(f.above(2).kinds()).isEmpty();
            assertThatThrownBy(() -> detector.loss(scenes.images(), List.of(none), pass)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("1 truths");
            var odd = new Detector.Truth(Tensor.of(new double[] {0, 0, 9, 9}, 1, 4), new int[] {3});
            assertThatThrownBy(() -> detector.loss(scenes.images(), List.of(none, none, odd), pass)).hasMessageContaining("class 3");
            var sides = new Detector.Truth(Tensor.of(new double[] {9, 2, 4, 8}, 1, 4), new int[] {0}); // as COCO's files tell boxes
            assertThatThrownBy(() -> detector.loss(scenes.images(), List.of(none, none, sides), pass)).hasMessageContaining("[9.0, 2.0");
        }
        assertThat(new AnchorGrid(4, List.of(8.0), List.of(1.0, 4.0)).boxes(1, 2).toRows())
                .isEqualTo(new double[][] {{-2, -2, 6, 6}, {0, -6, 4, 10}, {2, -2, 10, 6}, {4, -6, 8, 10}});
        assertThatThrownBy(() -> DetrConfig.small(3).withWidth(30)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new RegionDetector(backbone(4, Rng.of(1)), new RegionDetectorConfig(3, new AnchorGrid(8, 8.0)), Rng.of(1)))
                .hasMessageContaining("stride 4");
    }
}
