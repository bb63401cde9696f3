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
import lyceum.models.ssl.BlockMasks;
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
        int steps = lab.param("steps", 100, 10, 1000), targets = lab.param("target blocks", 2, 1, 6), draw = lab.param("draw", 1, 1, 1000);
        double momentum = lab.param("teacher's momentum", 0.9, 0.0, 1.0);
        var digits = Datasets.digits().to(DType.F32).scaled(1.0 / 16).shuffled(lab.rng(1));
        var data = digits.x().reshape(digits.size(), 1, 8, 8).sub(0.305).div(0.376).compute();
        Tensor train = data.narrow(0, 0, 1000), test = data.narrow(0, 1000, 500);
        var vit = new VisionTransformerConfig(8, 1, 1, 24, 1, 4).withHidden(48).withPool(Pool.MEAN).withClassToken(false);
        var config = new JepaConfig(vit).withWidth(16).withMomentum(momentum);
        var masks = config.masks().withTargets(targets);
        var jepa = new Jepa(config.withMasks(masks), lab.rng(2));
        double rank = jepa.diagnose(test).centredRank();
        var run = new Trainer(new AdamW(8e-3), 1000).withBatchSize(16).withListener(jepa.following(steps)).start(jepa, 1000,
                jepa.objective(train), null, lab.rng(3));
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
        lab.figure(Figure
                .row("One digit",
                        Figure.images("The picture", 1, Image.gray("pixels", one.get(0, 0).mul(0.376).add(0.305).clamp(0, 1))).pixels(0, 1),
                        Figure.heatmap("0 unused, 1 context, 2 target", role).axes("column", "row"),
                        Figure.heatmap("Error of predicted features", wrong).axes("column", "row"))
                .describedAs("A digit of 8 by 8 patches; which of them the encoder sees and which the predictor is asked for; "
                        + "mean absolute error of the features there."));
        var after = jepa.diagnose(test);
        lab.figure(Figure.plot("Spread of features").axes("number of the direction", "singular value").logY()
                .line("after training", 1, Arrays.stream(after.spectrum()).map(v -> Math.max(v, 1e-9)).toArray())
                .describedAs("Singular values of the centred features of 500 held-out digits: a steep fall is collapse."));
        lab.table("Effective rank of 24 (RankMe, centred)", List.of("encoder", "rank"),
                List.of(List.of("before", rank), List.of("after", after.centredRank())));
        double share = overTheMean(jepa, test.narrow(0, 0, 200), masks.draw(200, 8, 8, 1, lab.rng(4)));
        lab.say("The encoder sees %d of 64 patches. Over 200 digits the predictor's error is %.2f of what the mean feature of each place would have. %s",
                seen.length, share, after);
        lab.shows("patches both seen and asked for", both, exactly(0));
        boolean usual = steps >= 100 && targets == 2 && momentum >= 0.9 && momentum < 1;
        lab.shows("spread of features, which is 0 where all digits get one vector", after.spread(), above(usual ? 0.05 : -1));
        lab.shows("error of told features over that of each place's mean", share, below(usual ? 1 : 100));
    }

    /** Absolute error at target positions over that of somebody who tells the mean feature of each place, whatever the digit. */
    private static double overTheMean(Jepa jepa, Tensor digits, BlockMasks.Draw blocks) {
        var told = Autograd.noGrad(() -> jepa.predict(digits, blocks, Pass.inference()));
        double[] plain = told.wanted().sub(told.wanted().mean(0, true)).abs().mean(2, false).toDoubleArray();
        long[] asked = blocks.targets().toLongArray();
        double sum = 0;
        for (int i = 0, each = asked.length / (int) digits.size(0); i < asked.length; i++)
            sum += plain[i / each * 64 + (int) asked[i]] / asked.length;
        return told.errors().mean().item() / sum;
    }
}
