package lyceum.labs.models;

import static lyceum.labs.Bounds.above;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.autograd.FlopCounter;
import lyceum.data.scenes.ShapeScenes;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.vision.detect.Detector;
import lyceum.models.vision.detect.Yolo;
import lyceum.models.vision.detect.Yolo.Branch;
import lyceum.models.vision.detect.YoloCoding;
import lyceum.models.vision.detect.YoloConfig;
import lyceum.models.vision.detect.YoloConfig.Prior;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;

/** Three generations on one scene: what each costs and finds, and the duplicates that a second head does without. */
@Lab(topics = "yolo", title = "You only look once, three times")
final class YoloLab implements LabBody {
    private static final int SIDE = 32;

    @Override public void run(LabContext lab) {
        int count = lab.param("scenes", 48, 16, 400), epochs = lab.param("epochs", 8, 1, 30), width = lab.param("width", 8, 4, 24);
        double sure = lab.param("score", 0.3, 0.05, 0.9);
        var pictures = new ArrayList<Tensor>();
        var truths = new ArrayList<Detector.Truth>();
        var sizes = new ArrayList<Prior>();
        for (int i = 0; i < count; i++) {
            var scene = new ShapeScenes(SIDE, 2, 3, 7, 14, 1, 0.03).draw(lab.rng(1).split(i));
            pictures.add(scene.picture());
            truths.add(new Detector.Truth(scene.boxes(), scene.kinds()));
            for (double[] b : scene.boxes().toRows()) sizes.add(new Prior(b[2] - b[0], b[3] - b[1]));
        }
        Tensor images = Tensor.stack(0, pictures.toArray(Tensor[]::new)).compute(), one = images.narrow(0, 0, 1);
        var grid = new YoloConfig(ShapeScenes.CLASSES, YoloCoding.GRID).withWidth(width);
        var priors = Prior.clustered(sizes, 3, lab.rng(2));
        var names = List.of("v1: grid", "v3: anchors", "v10: dual heads");
        var configs = List.of(grid, grid.anchored(priors, 1), grid.withCoding(YoloCoding.ANCHOR_FREE).withLevels(2).withDual(true));
        var nets = new ArrayList<Yolo>();
        var table = new ArrayList<List<?>>();
        var shown = new ArrayList<Image>();
        shown.add(Image.rgb("truth", images.get(0)).framed(truths.getFirst().boxes()));
        for (int g = 0; g < 3; g++) {
            var yolo = new Yolo(configs.get(g), lab.rng(3));
            BatchLoss loss = (rows, pass) -> yolo.loss(images.rows(rows), IntStream.of(rows).mapToObj(truths::get).toList(), pass);
            new Trainer(new AdamW(4e-3), epochs).withBatchSize(8).withClip(Clip.norm(10)).start(yolo, count, loss, null, lab.rng(4))
                    .finish(lab.progress());
            nets.add(yolo);
            double cost = FlopCounter.count(() -> yolo.detect(one)).products() / 1e6;
            table.add(List.of(names.get(g), yolo.places(SIDE, SIDE).size(0), cost, yolo.score(images, truths).at(0.5)));
            shown.add(Image.rgb(names.get(g), images.get(0)).framed(yolo.detect(one).getFirst().above(sure).boxes()));
        }
        lab.table("Cost and accuracy on the scenes they learned from",
                List.of("generation", "boxes told", "operations (millions)", "mAP50"), table);
        lab.figure(Figure.images("One scene", 4, shown).describedAs("True boxes, and those that each generation is sure of."));
        lab.say("Anchors by k-means: %s.", priors);

        double objects = truths.stream().mapToInt(t -> t.kinds().length).sum();
        double[] told = Arrays.stream(Branch.values()).mapToDouble(
                branch -> nets.getLast().detect(images, branch, false).stream().mapToInt(f -> f.above(sure).kinds().length).sum() / objects)
                .toArray();
        lab.figure(Figure.bar("Boxes before any suppression", new String[] {"one-to-many", "one-to-one"}, told)
                .axes("head", "boxes an object")
                .describedAs("The head that learns several boxes an object tells each object several times; the other about once."));
        lab.shows("boxes an object, one-to-many less one-to-one", told[0] - told[1],
                above(count < 48 || epochs < 8 || sure > 0.3 ? -1e9 : 0));
    }
}
