package lyceum.models.vision.segment;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import lyceum.autograd.Autograd;
import lyceum.backend.Convolution;
import lyceum.data.scenes.ShapeScenes;
import lyceum.models.vision.ResNet;
import lyceum.models.vision.ResNetConfig;
import lyceum.models.vision.detect.AnchorGrid;
import lyceum.models.vision.detect.DetrConfig;
import lyceum.models.vision.detect.RegionDetectorConfig;
import lyceum.models.vision.segment.InstanceSegmenter.Instance;
import lyceum.models.vision.segment.Segmentation.Segment;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
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

class SegmentationTest {
    private static final int SIDE = 32;
    private static final ShapeScenes SHAPES = new ShapeScenes(SIDE).withSmallest(6).withLargest(14).withGap(0);

    /** @param kinds of pixels, (n, side, side): 0 the ground, shapes from 1 on */
    private record Scenes(Tensor images, List<List<Instance>> truths, Tensor kinds) {
        static Scenes of(List<ShapeScenes.Labelled> scenes) {
            var truths = new ArrayList<List<Instance>>();
            var kinds = new int[scenes.size() * SIDE * SIDE];
            for (int i = 0; i < scenes.size(); i++) {
                truths.add(scenes.get(i).objects().stream().map(o -> new Instance(o.kind(), o.mask())).toList());
                for (var object : truths.get(i))
                    for (int p = 0; p < SIDE * SIDE; p++) if (object.mask()[p]) kinds[i * SIDE * SIDE + p] = object.kind() + 1;
            }
            return new Scenes(Tensor.stack(0, scenes.stream().map(ShapeScenes.Labelled::picture).toArray(Tensor[]::new)).compute(), truths,
                    Tensor.of(kinds, scenes.size(), SIDE, SIDE));
        }

        static List<ShapeScenes.Labelled> drawn(int count, long seed) {
            return IntStream.range(0, count).mapToObj(i -> SHAPES.draw(Rng.of(seed).split(i))).toList();
        }

        static List<ShapeScenes.Labelled> touching(int count, long seed) {
            return IntStream.range(0, count).mapToObj(i -> SHAPES.touchingDiscs(Rng.of(seed).split(i))).toList();
        }
    }

    private static ResNet backbone(int width, Integer... blocks) {
        return new ResNet(ResNetConfig.cifar(8).withBlocks(List.of(blocks)).withWidth(width).withClasses(0), Rng.of(3));
    }

    private static void train(Module net, int rows, BatchLoss loss, int epochs) {
        new Trainer(new AdamW(4e-3), epochs).withBatchSize(8).withClip(Clip.norm(5)).start(net, rows, loss, null, Rng.of(4))
                .finish(Progress.SILENT);
    }

    @Acceptance(topic = "segmentation", clause = 1)
    @Test void atrousConvolutionsAreDenseOnesWithZerosBetween() {
        var rates = List.of(1, 2, 3, 6);
        var pyramid = new Aspp(5, 7, rates, Rng.of(1));
        var x = Tensor.randn(Rng.of(2), 2, 5, 17, 14).compute();
        double worst = 0;
        Tensor plain = Tensor.zeros(1);
        for (int i = 0; i < rates.size(); i++) {
            int r = rates.get(i), side = 2 * r + 1;
            var kernel = pyramid.state().get("convs." + (i + 1) + ".weight");
            var inflated = new double[7 * 5 * side * side];
            for (int o = 0; o < 7; o++)
                for (int c = 0; c < 5; c++)
                    for (int y = 0; y < 3; y++)
                        for (int z = 0; z < 3; z++) inflated[((o * 5 + c) * side + y * r) * side + z * r] = kernel.item(o, c, y, z);
            var dense = x.conv(Tensor.of(inflated, 7, 5, side, side).to(x.dtype()), null, new Convolution().withPadding(r), null);
            var atrous = pyramid.branches(x, Pass.inference()).get(i + 1);
            worst = Math.max(worst, atrous.sub(dense).abs().max().item());
            if (i == 0) plain = atrous;
            else assertThat(atrous.sub(plain).abs().max().item()).isGreaterThan(0.1);
        }
        Evidence.of("largest distance from dense convolution with a zero-inflated kernel, rates 1, 2, 3, 6", worst, atMost(1e-6));
    }

    private static Instance strip(int kind, double score, int from, int to) {
        var mask = new boolean[50];
        Arrays.fill(mask, from, to, true);
        return new Instance(kind, score, mask);
    }

    @Acceptance(topic = "segmentation", clause = 2)
    @Test void scoresOfFiveInstancesAreThoseOfTheHand() {
        // Fifty pixels in a row: four things of class 1 and one of class 2, then ground. IoUs are 9/10, 8/10, 7/10, 2/5 and 1.
        var truth = List.of(strip(1, 1, 0, 10), strip(1, 1, 10, 20), strip(1, 1, 20, 30), strip(1, 1, 30, 35), strip(2, 1, 35, 40));
        var found = List.of(strip(1, 0.9, 0, 9), strip(1, 0.8, 10, 18), strip(1, 0.6, 20, 27), strip(1, 0.7, 30, 32),
                strip(2, 0.5, 35, 40));
        var ground = Tensor.zeros(3, 1, 50);
        var score = new PanopticScore().add(Segmentation.merge(ground, found, Set.of(0), 0.5),
                Segmentation.merge(ground, truth, Set.of(0), 0.5));
        double[][] hand = {{10 / 19.0, 1, 10 / 19.0}, {0.8, 0.75, 0.6}, {1, 1, 1}}; // the ground has 19 pixels where 10 are right
        double worst = 0;
        for (int kind = 0; kind < 3; kind++) {
            var tally = score.of(kind);
            worst = Math.max(worst, Math.abs(tally.segmentation() - hand[kind][0]));
            worst = Math.max(worst, Math.abs(tally.recognition() - hand[kind][1]));
            worst = Math.max(worst, Math.abs(tally.quality() - hand[kind][2]));
        }
        worst = Math.max(worst, Math.abs(score.quality() - (10 / 19.0 + 1.6) / 3));
        Evidence.of("largest distance of SQ, RQ and PQ from those worked by hand", worst, atMost(1e-15));
        // From the surest of class 1: right, right, wrong, right of four: precisions 1, 1, 3/4, 3/4 at recalls 1/4, 1/2, 1/2, 3/4.
        var ap = InstanceSegmenter.score(List.of(found), List.of(truth));
        double gap = Math.max(Math.abs(ap.at(0.5) - ((51 + 25 * 0.75) / 101 + 1) / 2), Math.abs(ap.at(0.75) - (51 / 101.0 + 1) / 2));
        Evidence.of("distance of mask AP at 0.5 and 0.75 from that worked by hand", gap, atMost(1e-15));
        double product = 0;
        int paired = 0;
        for (int seed = 1; seed <= 20; seed++) {
            var some = new PanopticScore().add(random(seed), random(seed + 1000));
            for (int kind = 0; kind < 5; kind++) {
                var t = some.of(kind);
                if (t.right() > 0) paired++;
                if (t.right() + t.wrong() + t.missed() > 0)
                    product = Math.max(product, Math.abs(t.quality() - t.segmentation() * t.recognition()));
            }
        }
        Evidence.of("largest distance of PQ from SQ RQ, random maps", product, atMost(1e-15));
        Evidence.of("classes of random maps that have pairs", paired, atLeast(30));
    }

    @Test void voidPixelsCountNeitherWay() {
        // Of ten pixels the last four are void. Of class 1 one is right and goes on into them; one lies there by 2/3, one by 1/2.
        var truth = new Segmentation(new int[] {0, 0, 0, 0, 1, 1, 2, 2, 2, 2},
                List.of(new Segment(1, true), new Segment(0, false), new Segment(7, false)));
        var found = new Segmentation(new int[] {0, 0, 0, 1, 2, 3, 0, 1, 2, 1},
                List.of(new Segment(1, true), new Segment(1, true), new Segment(1, true), new Segment(0, false)));
        assertThat(new PanopticScore(7).add(found, truth).of(1)).isEqualTo(new PanopticScore.Tally(0.75, 1, 1, 0));
        assertThat(new PanopticScore(7).add(found, truth).of(7)).isEqualTo(new PanopticScore.Tally(0, 0, 0, 0));
        assertThat(new PanopticScore().add(found, truth).of(1)).isEqualTo(new PanopticScore.Tally(0.6, 1, 2, 0));
        assertThat(new PanopticScore().add(found, truth).of(7).missed()).isEqualTo(1);
    }

    private static Segmentation random(int seed) {
        Rng rng = Rng.of(seed % 1000), moves = Rng.of(seed);
        var base = new ArrayList<Instance>();
        for (int i = 0; i < 4; i++) {
            int from = rng.nextInt(40) + (seed > 1000 ? moves.nextInt(3) : 0);
            base.add(strip(2 + rng.nextInt(3), rng.nextDouble(), from, from + 8));
        }
        return Segmentation.merge(Tensor.randn(rng, 5, 1, 50), base, Set.of(0, 1), 0.3);
    }

    @Acceptance(topic = "segmentation", clause = 4)
    @Test void everyPixelHasOneLabel() {
        int wrong = 0, contested = 0, dropped = 0;
        for (int seed = 1; seed <= 50; seed++) {
            var rng = Rng.of(seed);
            var logits = Tensor.randn(rng, 5, 12, 9).compute();
            var instances = new ArrayList<Instance>();
            for (int i = 0; i < 6; i++) {
                var mask = new boolean[108];
                int top = rng.nextInt(8), left = rng.nextInt(6), h = 1 + rng.nextInt(6), w = 1 + rng.nextInt(6);
                for (int p = 0; p < 108; p++) mask[p] = p / 9 >= top && p / 9 < top + h && p % 9 >= left && p % 9 < left + w;
                instances.add(new Instance(2 + rng.nextInt(3), rng.nextDouble(), mask));
            }
            var map = Segmentation.merge(logits, instances, Set.of(0, 1), 0.4);
            var masks = IntStream.range(0, map.segments().size()).mapToObj(map::mask).toList();
            int things = (int) map.segments().stream().filter(Segment::thing).count();
            dropped += 6 - things;
            for (int p = 0; p < 108; p++) {
                int at = p;
                if (masks.stream().filter(m -> m[at]).count() != 1) wrong++;
                var over = instances.stream().filter(o -> o.mask()[at]).toList();
                if (over.size() > 1) contested++;
                int stuff = logits.item(1, p / 9, p % 9) > logits.item(0, p / 9, p % 9) ? 1 : 0;
                var segment = map.segments().get(map.segmentOf()[p]);
                if (segment.thing() ? over.stream().noneMatch(o -> o.kind() == segment.kind()) : segment.kind() != stuff) wrong++;
                var surest = instances.stream().max((a, b) -> Double.compare(a.score(), b.score())).orElseThrow();
                if (surest.mask()[p] && !(segment.thing() && segment.kind() == surest.kind())) wrong++;
            }
        }
        Evidence.of("pixels of 50 maps with no label, two, or one that is not theirs", wrong, exactly(0));
        assertThat(contested).isGreaterThan(300);
        assertThat(dropped).isGreaterThan(10);
    }

    @Acceptance(topic = "segmentation", clause = 3)
    @Tag("heavy")
    @Test void shapesAreFoundAndTouchingDiscsAreTwo() {
        var mixed = new ArrayList<>(Scenes.drawn(180, 1));
        mixed.addAll(Scenes.touching(60, 2));
        Scenes train = Scenes.of(mixed), test = Scenes.of(Scenes.drawn(60, 11)), discs = Scenes.of(Scenes.touching(100, 12));
        var fcn = new SemanticSegmenter(backbone(12, 1, 1, 1), new SemanticSegmenter.Fcn(), 4, Rng.of(5));
        train(fcn, 240, (rows, pass) -> Loss.crossEntropy(fcn.forward(train.images.rows(rows), pass), train.kinds.rows(rows)), 8);
        var semantic = new SemanticScore(4);
        semantic.add(fcn.kinds(test.images).flatten().toIntArray(), test.kinds.flatten().toIntArray());
        Evidence.of("mIoU of the FCN on 60 new scenes", semantic.mean(), atLeast(0.85));
        var anchors = new AnchorGrid(2, 7.0, 10.0, 14.0);
        var masks = new MaskRcnn(backbone(12, 1, 1), new RegionDetectorConfig(3, anchors).withCrop(SIDE), Rng.of(6));
        train(masks, 240,
                (rows, pass) -> masks.loss(train.images.rows(rows), IntStream.of(rows).mapToObj(train.truths::get).toList(), pass), 8);
        Evidence.of("mask AP50 on 60 new scenes", InstanceSegmenter.score(masks.segment(test.images), test.truths).at(0.5), atLeast(0.75));
        var found = masks.segment(discs.images);
        int both = 0, whole = 0, told = 0;
        for (int i = 0; i < 100; i++) {
            var sure = found.get(i).stream().filter(f -> f.score() >= 0.5).toList();
            boolean two = sure.size() == 2
                    && discs.truths.get(i).stream().allMatch(disc -> sure.stream().anyMatch(f -> f.kind() == 0 && f.iou(disc) > 0.5));
            int[] truth = discs.kinds.select(0, i).flatten().toIntArray();
            boolean one = Segmentation.components(fcn.kinds(discs.images.narrow(0, i, 1)).flatten().toIntArray(), 1, SIDE) == 1;
            if (Segmentation.components(truth, 1, SIDE) == 1) whole++;
            if (two) told++;
            if (two && one) both++;
        }
        Evidence.of("true semantic maps of one component, of 100 pairs of touching discs", whole, exactly(100));
        Evidence.of("pairs told as two masks", told, atLeast(80));
        Evidence.of("pairs told as two masks while the FCN's map has one component", both, atLeast(80));
    }

    @Test void mIoUPoolsThePictures() {
        var score = new SemanticScore(2);
        score.add(new int[] {1, 1, 0, 0, 0}, new int[] {1, 1, 1, 0, 9}); // the last pixel is ignored
        score.add(new int[] {1, 0}, new int[] {0, 0});
        assertThat(score.iou(1)).isEqualTo(2 / 4.0);
        assertThat(score.mean()).isEqualTo((2 / 4.0 + 2 / 4.0) / 2);
        assertThat(score.accuracy()).isEqualTo(4 / 6.0);
        assertThat(Segmentation.components(new int[] {1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1}, 1, 3)).isEqualTo(2);
    }

    @Test void headsLearnComeBackAndRefuse(@TempDir Path folder) throws Exception {
        var scenes = Scenes.of(Scenes.drawn(2, 7));
        for (var head : List.of(new SemanticSegmenter.Fcn(1), new SemanticSegmenter.DeepLab(6, List.of(1, 2)))) {
            var net = new SemanticSegmenter(backbone(4, 1, 1), head, 4, Rng.of(1));
            var pass = Pass.training(Rng.of(2));
            Loss.crossEntropy(net.forward(scenes.images, pass), scenes.kinds).backward();
            assertThat(net.parameters().values()).allMatch(p -> p.grad() != null);
            assertThat(net.forward(scenes.images).shape().toArray()).containsExactly(2, 4, SIDE, SIDE);
            net.save(folder.resolve("net.safetensors"));
            net.load(folder.resolve("net.safetensors"));
        }
        var config = new RegionDetectorConfig(3, new AnchorGrid(2, 8.0)).withCrop(SIDE);
        InstanceSegmenter[] segmenters = {new MaskRcnn(backbone(4, 1, 1), config, Rng.of(1)),
                new MaskTransformer(backbone(4, 1, 1, 1), 4, DetrConfig.small(3).withWidth(16), Rng.of(1))};
        for (var net : segmenters) {
            var loss = net.loss(scenes.images, scenes.truths, Pass.training(Rng.of(2)));
            loss.backward();
            assertThat(loss.item()).isPositive().isFinite();
            assertThat(net.module().parameters().values()).allMatch(p -> p.grad() != null);
            assertThat(net.loss(scenes.images, List.of(List.of(), List.of()), Pass.training(Rng.of(2))).item()).isFinite();
            assertThat(net.segment(scenes.images)).hasSize(2);
            assertThatThrownBy(() -> net.loss(scenes.images, List.of(), Pass.training(Rng.of(2))))
                    .isInstanceOf(IllegalArgumentException.class);
            var odd = List.of(new Instance(3, scenes.truths.getFirst().getFirst().mask()));
            assertThatThrownBy(() -> net.loss(scenes.images, List.of(odd, List.of()), Pass.training(Rng.of(2))))
                    .hasMessageContaining("picture 0 has an object of class 3");
        }
        assertThatThrownBy(() -> new MaskRcnn(backbone(4, 1, 1), config.withGeneration(RegionDetectorConfig.Generation.FAST), Rng.of(1)))
                .hasMessageContaining("FASTER");
        assertThatThrownBy(() -> Segmentation.merge(Tensor.zeros(2, 3, 3), List.of(), Set.of(), 0.5)).hasMessageContaining("stuff");
        assertThatThrownBy(() -> Segmentation.merge(Tensor.zeros(2, 1, 50), List.of(strip(0, 1, 2, 5)), Set.of(0), 0.5))
                .hasMessageContaining("class 0 of 2");
        assertThatThrownBy(() -> new Segmentation(new int[] {1}, List.of(new Segment(0, true)))).hasMessageContaining("segment 1 of 1");
    }

    @Test void queriesOfMasksDoNotKnowTheOrderAndLearn() {
        var scenes = Scenes.of(Scenes.drawn(2, 9));
        var net = new MaskTransformer(backbone(6, 1, 1, 1), 6, DetrConfig.small(3).withQueries(5), Rng.of(1));
        var turned = scenes.truths.stream().map(List::reversed).toList();
        Autograd.noGrad(() -> {
            double loss = net.loss(scenes.images, scenes.truths, Pass.inference()).item();
            assertThat(net.loss(scenes.images, turned, Pass.inference()).item() / loss - 1).isBetween(-1e-6, 1e-6);
            return null;
        });
        double before = net.loss(scenes.images, scenes.truths, Pass.training(Rng.of(1))).item();
        train(net, 2, (rows, pass) -> net.loss(scenes.images.rows(rows), IntStream.of(rows).mapToObj(scenes.truths::get).toList(), pass),
                25);
        assertThat(net.loss(scenes.images, scenes.truths, Pass.training(Rng.of(1))).item()).isLessThan(0.6 * before);
    }
}
