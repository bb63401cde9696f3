package lyceum.labs.models;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.ssl.Jepa;
import lyceum.models.ssl.JepaConfig;
import lyceum.models.vision.VisionTransformerConfig;
import lyceum.models.vision.VisionTransformerConfig.Pool;
import lyceum.nn.Pass;
import lyceum.optim.AdamW;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** Blocks of a digit are told as features: what was seen, what was asked for, and where the answer was wrong. */
@Lab(topics = "jepa", title = "Not the leaves")
final class JepaLab implements LabBody {
    @Override public void run(LabContext lab) {
        int steps = lab.param("steps", 120, 10, 1000), targets = lab.param("target blocks", 3, 1, 6), draw = lab.param("draw", 1, 1, 1000);
        double momentum = lab.param("teacher's momentum", 0.98, 0.0, 1.0);
        var digits = Datasets.digits().to(DType.F32).scaled(1.0 / 16).shuffled(lab.rng(1));
        var data = digits.x().reshape(digits.size(), 1, 8, 8).compute();
        Tensor train = data.narrow(0, 0, 1000), test = data.narrow(0, 1000, 500);
        var vit = new VisionTransformerConfig(8, 1, 1, 24, 2, 4).withHidden(48).withPool(Pool.MEAN).withClassToken(false);
        var config = new JepaConfig(vit).withWidth(16).withMomentum(momentum);
        var masks = config.masks().withTargets(targets);
        var jepa = new Jepa(config.withMasks(masks), lab.rng(2));
        double rank = jepa.diagnose(test).centredRank();
        var run = new Trainer(new AdamW(2e-3), 1000).withBatchSize(25).withListener(jepa.following(steps))
                .start(jepa, 1000, jepa.objective(train), null, lab.rng(3));
        while (run.steps() < steps && !lab.cancelled()) run.step();

        var one = test.narrow(0, draw % 500, 1);
        var blocks = masks.draw(1, 8, 8, 1, lab.rng(draw));
        var told = Autograd.noGrad(() -> jepa.predict(one, blocks, Pass.inference()));
        double[] errors = told.errors().toDoubleArray();
        double[][] role = new double[8][8], wrong = new double[8][8];
        for (double[] row : wrong) Arrays.fill(row, Double.NaN);
        long[] asked = blocks.targets().toLongArray(), seen = blocks.context().toLongArray();
        int both = 0;
        for (long place : seen) role[(int) place / 8][(int) place % 8] = 1;
        for (int i = 0; i < asked.length; i++) {
            int row = (int) asked[i] / 8, column = (int) asked[i] % 8;
            if (role[row][column] == 1) both++;
            role[row][column] = 2;
            wrong[row][column] = Double.isNaN(wrong[row][column]) ? errors[i] : Math.max(wrong[row][column], errors[i]);
        }
        lab.figure(Figure.row("One digit", Figure.images("The picture", 1, Image.gray("pixels", one.get(0, 0))).pixels(0, 1),
                Figure.heatmap("0 unused, 1 context, 2 target", role).axes("column", "row"),
                Figure.heatmap("Error of predicted features", wrong).axes("column", "row")).describedAs(
                        "A digit of 8 by 8 patches; which of them the encoder sees and which the predictor is asked for; "
                                + "mean absolute error of the features there."));
        var after = jepa.diagnose(test);
        lab.figure(Figure.plot("Spread of features").axes("number of the direction", "singular value").logY()
                .line("after training", 1, Arrays.stream(after.spectrum()).map(v -> Math.max(v, 1e-9)).toArray())
                .describedAs("Singular values of the centred features of 500 held-out digits: a steep fall is collapse."));
        lab.table("Effective rank of 24 (RankMe, centred)", List.of("encoder", "rank"),
                List.of(List.of("before", rank), List.of("after", after.centredRank())));
        lab.say("The encoder sees %d of 64 patches. %s", seen.length, after);
        lab.shows("patches both seen and asked for", both, exactly(0));
        lab.shows("effective rank after training", after.centredRank(), above(1));
        lab.shows("mean error of the told features, whose deviation is 1", Arrays.stream(errors).average().orElseThrow(), below(1));
    }
}
