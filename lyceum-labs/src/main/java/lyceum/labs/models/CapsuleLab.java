package lyceum.labs.models;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Locale;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.vision.CapsuleNetwork;
import lyceum.models.vision.CapsuleNetworkConfig;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;

/** Capsules learn digits; then who votes for whom, round by round, and what one number of a pose does to the digit that is redrawn. */
@Lab(topics = "capsule-network", title = "Votes that agree")
final class CapsuleLab implements LabBody {
    @Override public void run(LabContext lab) {
        int images = lab.param("images", 800, 100, 1297), epochs = lab.param("epochs", 6, 1, 40),
                rounds = lab.param("rounds of routing", 3, 1, 8), digit = lab.param("digit", 5, 0, 9),
                dimension = lab.param("number of the pose", 1, 0, 7);
        var digits = Datasets.digits().to(DType.F32).scaled(1.0 / 16).shuffled(lab.rng(1));
        var data = digits.withX(digits.x().reshape(digits.size(), 1, 8, 8).compute());
        var train = data.head(images);
        var test = data.range(1297, 1797);
        var net = new CapsuleNetwork(CapsuleNetworkConfig.digits().withIterations(rounds), lab.rng(2));
        BatchLoss loss = (rows, pass) -> net.loss(train.x().rows(rows), train.y().rows(rows), pass);
        new Trainer(new Adam(3e-3), epochs).withBatchSize(32).start(net, images, loss, null, lab.rng(3)).finish(lab.progress());
        double right = net.forward(test.x()).argmax(1).eq(test.y()).countNonZero().item() / test.size();

        int row = 0;
        while (test.labels()[row] != digit) row++;
        var one = test.x().narrow(0, row, 1);
        var seen = net.capsules(one, Pass.inference());
        var plot = Figure.plot("Where the primary capsules send their votes").axes("class", "mean coupling");
        for (int r = 0; r < rounds; r++) plot = plot.line("round " + (r + 1), 0, seen.couplings().get(r).get(0).mean(0).detach());
        lab.figure(plot.describedAs(
                "Mean coupling of all primary capsules to each class, a line a round: flat at first, then leaning to the digit that is shown."));
        lab.figure(
                Figure.bar("Length of each class's capsule", Figure.numbered(0, 9), CapsuleNetwork.lengths(seen.outputs()).get(0).detach())
                        .axes("class", "length").describedAs("Ten lengths between 0 and 1; the longest is the answer."));

        var pictures = new ArrayList<Image>();
        pictures.add(Image.gray("shown", one.get(0, 0)));
        for (int step = -3; step <= 3; step++) {
            var moved = CapsuleNetwork.perturbed(seen.outputs(), dimension, 0.1 * step);
            pictures.add(Image.gray(String.format(Locale.ROOT, "%+.1f", 0.1 * step),
                    net.reconstruct(moved, test.y().narrow(0, row, 1), Pass.inference()).get(0, 0).detach()));
        }
        lab.figure(Figure.images("Number " + dimension + " of the pose, swept", 8, pictures).pixels(0, 1).describedAs(
                "The digit that was shown, and seven that the decoder draws as one number of its pose goes from -0.3 to 0.3."));
        lab.say("%.1f%% of 500 digits are told rightly.", 100 * right);
        lab.shows("test accuracy", right, atLeast(epochs < 6 || images < 800 ? 0.05 : 0.9));
        double off = seen.couplings().getLast().sum(2).sub(1).abs().max().item();
        lab.shows("largest distance of a child's couplings from a sum of 1", off, below(1e-5));
    }
}
