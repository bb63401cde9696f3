package lyceum.labs.learn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.List;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.neighbors.KNeighborsClassifier;
import lyceum.learn.neural.MlpClassifier;
import lyceum.learn.selection.Generalization;
import lyceum.learn.selection.Population;
import lyceum.learn.tree.DecisionTreeClassifier;
import lyceum.plot.Figure;
import lyceum.stats.learner.Classifier;
import lyceum.train.MlpFit;

/** Errors on seen and unseen digits over the number of rows, then one network that learns true labels and memorises shuffled ones. */
@Lab(topics = "generalization", title = "Seen and unseen")
final class GeneralizationLab implements LabBody {
    private static final int[] SIZES = {50, 100, 200, 400, 800};

    @Override public void run(LabContext lab) {
        String name = lab.choice("learner", "five neighbours", "decision tree", "nearest neighbour", "five neighbours",
                "logistic regression");
        double noise = lab.param("label noise", 0.1, 0.0, 0.8);
        int repeats = lab.param("splits", 4, 2, 30), rows = lab.param("rows to memorise", 300, 50, 1_000);
        int width = lab.param("network's width", 256, 8, 1_024), epochs = lab.param("epochs", 120, 10, 400);

        Classifier learner = switch (name) {
            case "decision tree" -> new DecisionTreeClassifier();
            case "nearest neighbour" -> new KNeighborsClassifier(1);
            case "five neighbours" -> new KNeighborsClassifier(5);
            default -> new LogisticRegression();
        };
        var digits = Datasets.digits();
        var population = Population.rows(digits).withLabelNoise(noise, 10);
        var curve = Generalization.overSize(learner, population, repeats, 500, lab.rng(1), SIZES);
        double[] n = curve.points(), train = new double[n.length], test = new double[n.length], low = new double[n.length],
                high = new double[n.length];
        for (int k = 0; k < n.length; k++) {
            train[k] = curve.train(k);
            test[k] = curve.validation(k);
            // What one test set of 500 would have told
            var losses = new double[500];
            for (int i = 0; i < Math.round(500 * curve.validation()[k][0]); i++) losses[i] = 1;
            var interval = Generalization.heldOut(0.95, losses).exact().orElseThrow();
            low[k] = interval.low();
            high[k] = interval.high();
        }
        lab.figure(Figure.plot("Digits by " + name).band("95% interval of one test set", n, low, high).line("rows fitted", n, train)
                .line("unseen rows", n, test).limitY(0, 1).axes("rows fitted", "share wrong").describedAs(
                        "The error on unseen rows falls as rows are added, that on the rows fitted rises or stays at zero, and the gap closes."));
        lab.figure(Figure.plot("The gap").line("unseen less fitted", n, Generalization.gaps(curve))
                .axes("rows fitted", "gap in share wrong").describedAs("The difference of the two errors over the number of rows."));

        var data = digits.shuffled(lab.rng(2)).to(DType.F32);
        var network = new MlpClassifier(width)
                .withFit(new MlpFit().withEpochs(epochs).withBatchSize(64).withPenalty(0).withPatience(3).withTolerance(1e-2));
        var found = Generalization.randomLabels(network, data.range(0, rows), data.range(1_000, data.size()), lab.rng(3));
        lab.table("One network, two sets of labels", List.of("labels", "accuracy on the rows fitted", "accuracy on unseen digits"),
                List.of(List.of("true", found.train(), found.test()), List.of("shuffled", found.shuffledTrain(), found.shuffledTest())));
        lab.say("Shuffled labels are fitted to %.1f%%; on unseen digits the network then is right in %.1f%%, as a guess would be.",
                100 * found.shuffledTrain(), 100 * found.shuffledTest());
        if (width >= 256 && epochs >= 120) {
            lab.shows("train accuracy with shuffled labels", found.shuffledTrain(), exactly(1));
            lab.shows("test accuracy with true labels", found.test(), above(0.8));
            lab.shows("test accuracy with shuffled labels", found.shuffledTest(), below(0.2));
        }
    }
}
