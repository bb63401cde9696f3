package lyceum.labs.models;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.autograd.FlopCounter;
import lyceum.data.scenes.ShapeScenes;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.vision.ResNet;
import lyceum.models.vision.ResNetConfig;
import lyceum.models.vision.detect.AnchorGrid;
import lyceum.models.vision.detect.Detector;
import lyceum.models.vision.detect.Detr;
import lyceum.models.vision.detect.DetrConfig;
import lyceum.models.vision.detect.RegionDetector;
import lyceum.models.vision.detect.RegionDetectorConfig;
import lyceum.models.vision.detect.RegionDetectorConfig.Generation;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;

/** The same scene through three generations: what each region costs, what is proposed, and what a set of queries tells. */
@Lab(topics = "object-detection", title = "One scene, three detectors")
final class DetectionLab implements LabBody {
    private static final int SIDE = 48;

    @Override public void run(LabContext lab) {
        int count = lab.param("scenes", 16, 4, 400), epochs = lab.param("epochs of Faster R-CNN", 6, 1, 20),
                steps = lab.param("steps of DETR", 40, 10, 600), width = lab.param("width", 6, 4, 16);
        var pictures = new ArrayList<Tensor>();
        var truths = new ArrayList<Detector.Truth>();
        for (int i = 0; i < count; i++) {
            var scene = new ShapeScenes(SIDE).withLeast(2).draw(lab.rng(1).split(i));
            pictures.add(scene.picture());
            truths.add(new Detector.Truth(scene.boxes(), scene.kinds()));
        }
        Tensor images = Tensor.stack(0, pictures.toArray(Tensor[]::new)).compute(), one = images.narrow(0, 0, 1);

        var faster = regions(Generation.FASTER, width, lab);
        train(lab, faster, images, truths, epochs, 4e-3);
        var proposals = faster.propose(one);
        var detr = new Detr(backbone(width, lab), DetrConfig.small(ShapeScenes.CLASSES), lab.rng(2));
        train(lab, detr, images.narrow(0, 0, 4), truths.subList(0, 4), steps, 2e-3);

        RegionDetector first = regions(Generation.R_CNN, width, lab), second = regions(Generation.FAST, width, lab);
        double[] costs = {cost(() -> first.detect(one, proposals)), cost(() -> second.detect(one, proposals)),
                cost(() -> faster.detect(one)), cost(() -> detr.detect(one))};
        lab.figure(Figure.bar("What one picture costs", new String[] {"R-CNN", "Fast", "Faster", "DETR"}, costs)
                .axes("generation", "operations in products (millions)")
                .describedAs("R-CNN sends every region through the network; the others look at the picture once."));
        long each = proposals.getFirst().size(0);
        lab.shows("operations a proposal, R-CNN over shared features", costs[0] / costs[1], atLeast(each < 10 ? 1 : 5));

        Tensor found = faster.detect(one).getFirst().above(0.5).boxes(), told = detr.detect(one).getFirst().above(0.5).boxes();
        lab.figure(Figure
                .images("One scene", 4, Image.rgb("truth", images.get(0)).framed(truths.getFirst().boxes()),
                        Image.rgb("proposals", images.get(0)).framed(proposals.getFirst()),
                        Image.rgb("Faster R-CNN", images.get(0)).framed(found), Image.rgb("DETR", images.get(0)).framed(told))
                .describedAs("The objects' boxes, Faster R-CNN's proposals, what it tells with a score above a half, and DETR's."));
        lab.shows("mAP50 of Faster R-CNN on its scenes", faster.score(images, truths).at(0.5), above(count < 16 || epochs < 6 ? -1 : 0.02));
    }

    private static double cost(Runnable work) { return FlopCounter.count(work).products() / 1e6; }

    private static ResNet backbone(int width, LabContext lab) {
        return new ResNet(ResNetConfig.cifar(8).withWidth(width).withClasses(0), lab.rng(2));
    }

    private static RegionDetector regions(Generation generation, int width, LabContext lab) {
        var config = new RegionDetectorConfig(ShapeScenes.CLASSES, new AnchorGrid(4, 8.0, 12.0, 17.0));
        return new RegionDetector(backbone(width, lab), config.withGeneration(generation), lab.rng(2));
    }

    private static void train(LabContext lab, Detector detector, Tensor images, List<Detector.Truth> truths, int epochs, double rate) {
        BatchLoss loss = (rows, pass) -> detector.loss(images.rows(rows), IntStream.of(rows).mapToObj(truths::get).toList(), pass);
        new Trainer(new AdamW(rate), epochs).withBatchSize(4).withClip(Clip.norm(5))
                .start(detector.module(), truths.size(), loss, null, lab.rng(3)).finish(lab.progress());
    }
}
