package lyceum.labs.models;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.decomposition.Pca;
import lyceum.models.ssl.DinoV2;
import lyceum.models.ssl.DinoV2Config;
import lyceum.models.ssl.MultiCrop;
import lyceum.models.ssl.PrototypeBalance;
import lyceum.models.vision.VisionFeatures;
import lyceum.models.vision.VisionTransformerConfig;
import lyceum.optim.AdamW;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;

/** Self-distillation of digits with a monitor of collapse, and what the patches' features look like as colours. */
@Lab(topics = "dinov2", title = "A student and its own average")
final class DinoLab implements LabBody {
    private static final int EVERY = 10;

    @Override public void run(LabContext lab) {
        int steps = lab.param("steps", 120, 10, 1000), prototypes = lab.param("prototypes", 8, 4, 256),
                balance = lab.param("balance: 0 none, 1 centring, 2 Sinkhorn", 2, 0, 2);
        double sharp = lab.param("teacher's temperature", 0.01, 0.005, 1);
        var digits = Datasets.digits().to(DType.F32).scaled(1.0 / 16).shuffled(lab.rng(1));
        var data = digits.x().reshape(digits.size(), 1, 8, 8).sub(0.305).div(0.376).compute(); // of mean 0 and deviation 1
        Tensor train = data.narrow(0, 0, 1000), test = data.narrow(0, 1000, 200);
        PrototypeBalance how = switch (balance) {
            case 0 -> new PrototypeBalance.None();
            case 1 -> new PrototypeBalance.Centring(0.9);
            default -> new PrototypeBalance.SinkhornKnopp(3);
        };
        var vit = new VisionTransformerConfig(8, 2, 1, 24, 1, 4).withHidden(48);
        var dino = new DinoV2(new DinoV2Config(vit, prototypes).withHidden(48).withBalance(how).withBottleneck(12).withMomentum(0.9)
                .withTeacherTemperature(sharp), lab.rng(2));
        var objective = dino.objective(train, new MultiCrop(8, 4, 0).withBorder(0.7));
        double[] each = new double[steps / EVERY + 1], all = new double[each.length];
        int[] step = {0};
        BatchLoss watched = (rows, pass) -> {
            if (step[0] % EVERY == 0) {
                var seen = DinoV2.Entropies.of(dino.targets(test));
                each[step[0] / EVERY] = seen.perPicture();
                all[step[0] / EVERY] = seen.ofMean();
            }
            step[0]++;
            return objective.of(rows, pass);
        };
        var run = new Trainer(new AdamW(5e-3), 1000).withBatchSize(32).withListener(dino.following(steps)).start(dino, 1000, watched, null,
                lab.rng(3));
        while (run.steps() < steps && !lab.cancelled()) run.step();
        var last = DinoV2.Entropies.of(dino.targets(test));
        each[steps / EVERY] = last.perPicture();
        all[steps / EVERY] = last.ofMean();
        double[] at = IntStream.range(0, each.length).mapToDouble(i -> i * EVERY).toArray();
        lab.figure(Figure.plot("Collapse monitor").axes("step", "entropy of targets over log K").line("of each picture, mean", at, each)
                .line("of the mean target", at, all)
                .describedAs("Two curves by step: how unsure the teacher is of a picture, and how evenly all prototypes are used."));

        var map = dino.encoder().frozen(test, 200, VisionFeatures::map);
        var patches = map.permute(0, 2, 3, 1).reshape(-1, 24).to(DType.F64).compute();
        var colours = new Pca(3).fit(patches).transform(patches);
        var low = colours.min(0);
        var scaled = colours.sub(low).div(colours.max(0).sub(low)).reshape(200, 4, 4, 3).compute();
        var pictures = new ArrayList<Image>();
        for (int i = 0; i < 8; i++) {
            pictures.add(Image.gray("digit " + digits.labels()[1000 + i], test.get(i, 0).mul(0.376).add(0.305).clamp(0, 1)));
            var one = scaled.get(i);
            pictures.add(Image.rgb("patches", one.select(2, 0).toRows(), one.select(2, 1).toRows(), one.select(2, 2).toRows()));
        }
        lab.figure(Figure.images("Patch features as colours", 8, pictures).pixels(0, 1).describedAs(
                "Eight digits, and beside each its 16 patches coloured by the first three principal components of their features: "
                        + "like patches have like colours."));
        lab.say("After %d steps the teacher's targets have %.2f of the largest entropy a picture; their mean has %.2f. "
                + "Healthy is the first lower than the second: " + "sure of each, fair to all prototypes.", steps, last.perPicture(),
                last.ofMean());
        boolean usual = balance == 2 && sharp == 0.01 && steps >= 120 && prototypes == 8;
        lab.shows("entropy of the mean target over log K", last.ofMean(), above(usual ? 0.5 : -1));
        lab.shows("mean entropy of a picture's target over log K", last.perPicture(), below(usual ? 0.9 : 1.001));
    }
}
