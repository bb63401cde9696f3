package lyceum.labs.models;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import lyceum.data.scenes.ShapeScenes;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.vision.ResNet;
import lyceum.models.vision.ResNetConfig;
import lyceum.models.vision.detect.AnchorGrid;
import lyceum.models.vision.detect.RegionDetectorConfig;
import lyceum.models.vision.segment.InstanceSegmenter.Instance;
import lyceum.models.vision.segment.MaskRcnn;
import lyceum.models.vision.segment.PanopticScore;
import lyceum.models.vision.segment.Segmentation;
import lyceum.models.vision.segment.SemanticSegmenter;
import lyceum.nn.Module;
import lyceum.nn.loss.Loss;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;

/** Two discs that touch, as a semantic map, as instances and as a panoptic map. */
@Lab(topics = "segmentation", title = "How many coins?")
final class SegmentationLab implements LabBody {
    private static final int SIDE = 32, PIXELS = SIDE * SIDE;
    private static final ShapeScenes SHAPES = new ShapeScenes(SIDE).withSmallest(8).withLargest(14).withGap(0);

    @Override public void run(LabContext lab) {
        int count = lab.param("scenes", 32, 8, 400), epochs = lab.param("epochs", 12, 1, 30), width = lab.param("width", 8, 4, 24);
        var pictures = new ArrayList<Tensor>();
        var truths = new ArrayList<List<Instance>>();
        var kinds = new int[count * PIXELS];
        for (int i = 0; i < count; i++) { // every second is two discs; the first is what we look at
            var scene = i % 2 == 0 ? SHAPES.touchingDiscs(lab.rng(1).split(i)) : SHAPES.draw(lab.rng(1).split(i));
            pictures.add(scene.picture());
            truths.add(scene.objects().stream().map(o -> new Instance(o.kind() + 1, o.mask())).toList());
            for (var o : truths.get(i)) for (int p = 0; p < PIXELS; p++) if (o.mask()[p]) kinds[i * PIXELS + p] = o.kind();
        }
        Tensor images = Tensor.stack(0, pictures.toArray(Tensor[]::new)).compute(), labels = Tensor.of(kinds, count, SIDE, SIDE);

        var fcn = new SemanticSegmenter(backbone(lab, width, 1, 1, 1), new SemanticSegmenter.Fcn(), 4, lab.rng(2));
        train(lab, fcn, count, epochs, (rows, pass) -> Loss.crossEntropy(fcn.forward(images.rows(rows), pass), labels.rows(rows)));
        var config = new RegionDetectorConfig(4, new AnchorGrid(2, 8.0, 12.0)).withCrop(SIDE);
        var masks = new MaskRcnn(backbone(lab, width, 1, 1), config, lab.rng(3));
        train(lab, masks, count, epochs,
                (rows, pass) -> masks.loss(images.rows(rows), IntStream.of(rows).mapToObj(truths::get).toList(), pass));

        var one = images.narrow(0, 0, 1);
        int[] semantic = fcn.kinds(one).flatten().toIntArray();
        var found = masks.segment(one).getFirst().stream().filter(f -> f.kind() > 0 && f.score() >= 0.4).toList();
        var logits = fcn.forward(one).detach().select(0, 0);
        Segmentation map = Segmentation.merge(logits, found, Set.of(0), 0.5),
                truth = Segmentation.merge(logits, truths.getFirst(), Set.of(0), 0.5);
        int[] instances = new int[PIXELS];
        for (int k = 0; k < found.size(); k++) for (int p = 0; p < PIXELS; p++) if (found.get(k).mask()[p]) instances[p] = k + 1;
        lab.figure(Figure.images("One scene, three questions", 4, Image.gray("picture", one.get(0, 1)), shades("semantic", semantic),
                shades("instances", instances), shades("panoptic", map.segmentOf()))
                .describedAs("Two discs that touch: one blob to the semantic map, then a shade for each mask and for each segment."));
        int[] trueKinds = Arrays.copyOf(kinds, PIXELS);
        lab.say("The semantic map has %d blob(s) of discs; %d masks were found.", Segmentation.components(semantic, 1, SIDE), found.size());
        lab.shows("components of the true semantic map", Segmentation.components(trueKinds, 1, SIDE), exactly(1));
        var quality = new PanopticScore().add(map, truth);
        lab.table("Panoptic quality of this scene", List.of("class", "SQ", "RQ", "PQ"),
                List.of(row("ground", quality.of(0)), row("disc", quality.of(1))));
        lab.shows("PQ of the ground", quality.of(0).quality(), above(count < 32 || epochs < 12 || width < 8 ? -1 : 0.5));
    }

    private static List<?> row(String name, PanopticScore.Tally t) { return List.of(name, t.segmentation(), t.recognition(), t.quality()); }

    private static ResNet backbone(LabContext lab, int width, Integer... blocks) {
        return new ResNet(ResNetConfig.cifar(8).withBlocks(List.of(blocks)).withWidth(width).withClasses(0), lab.rng(4));
    }

    private static void train(LabContext lab, Module net, int rows, int epochs, BatchLoss loss) {
        new Trainer(new AdamW(4e-3), epochs).withBatchSize(4).withClip(Clip.norm(5)).start(net, rows, loss, null, lab.rng(5))
                .finish(lab.progress());
    }

    private static Image shades(String caption, int[] numbers) {
        int most = Math.max(1, Arrays.stream(numbers).max().orElse(1));
        return Image.gray(caption, SIDE, Arrays.stream(numbers).mapToDouble(n -> (double) n / most).toArray());
    }
}
