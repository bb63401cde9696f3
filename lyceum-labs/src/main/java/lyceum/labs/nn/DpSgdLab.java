package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.train.TransferLearning;
import lyceum.train.privacy.DpSgd;
import lyceum.train.privacy.PerExampleClipping;
import lyceum.train.privacy.PrivacyAccountant;

/** Digits learned under a promise: the smaller epsilon, the more noise, the lower the accuracy; and how epsilon grows with each step. */
@Lab(topics = "dp-sgd", title = "The price of not being noticed")
final class DpSgdLab implements LabBody {
    private static final double DELTA = 1e-4;

    @Override public void run(LabContext lab) {
        int lot = lab.param("expected rows of a step", 100, 20, 400), steps = lab.param("steps", 60, 20, 400);
        double clip = lab.param("largest gradient", 1.0, 0.1, 10.0), rate = lab.param("rate", 0.02, 0.001, 0.1);

        var digits = Datasets.digits().scaled(1 / 16.0).to(DType.F32).shuffled(lab.rng(1));
        Dataset train = digits.range(0, 1_200), test = digits.range(1_200, digits.size());
        double[] targets = {0.5, 1, 2, 4, 8}, accuracy = new double[targets.length];
        var curves = Figure.plot("Privacy spent");
        var rows = new ArrayList<List<Object>>();
        double most = 0;
        for (int i : lab.progress("promises", targets.length)) {
            var settings = DpSgd.within(targets[i], DELTA, train.size(), new Adam(rate), clip, lot, steps)
                    .withMethod(PerExampleClipping.GHOST);
            var network = new Mlp(MlpConfig.classifier(64, 10, 32), lab.rng(2));
            var run = settings.fit(network, Loss::crossEntropy, train, lab.rng(10 + i), lab.progress());
            accuracy[i] = TransferLearning.accuracy(network, test);
            most = Math.max(most, run.epsilon(DELTA) / targets[i]);
            rows.add(List.of(targets[i], settings.noise(), run.clippedShare(), accuracy[i]));
            double[] spent = new double[20], at = new double[20];
            for (int s = 0; s < 20; s++) {
                at[s] = steps * (s + 1) / 20;
                spent[s] = PrivacyAccountant.start().sampledGaussian((double) lot / train.size(), settings.noise(), (long) at[s])
                        .epsilon(DELTA);
            }
            curves = curves.line("promise " + targets[i], at, spent);
        }
        var open = new Mlp(MlpConfig.classifier(64, 10, 32), lab.rng(2));
        new DpSgd(new Adam(rate), clip, 0, lot, steps).withMethod(PerExampleClipping.GHOST).fit(open, Loss::crossEntropy, train,
                lab.rng(20), lab.progress());
        double without = TransferLearning.accuracy(open, test);
        lab.figure(Figure.plot("Accuracy under a promise").line("private", targets, accuracy).horizontalLine(without, "without noise")
                .axes("epsilon at delta = 1e-4", "accuracy on test digits")
                .describedAs("Accuracy rises with epsilon towards what the same training reaches without noise."));
        lab.figure(curves.axes("steps", "epsilon spent").describedAs("A training spends its promise step by step, the first most."));
        lab.table("Five promises", List.of("epsilon", "noise sigma", "share of gradients shortened", "accuracy"), rows);
        lab.say("Without noise, with the same shortening, the network reads %.1f%% of the test digits.", 100 * without);
        lab.shows("epsilon spent over the promise, most", most, atMost(1));
        lab.shows("accuracy at epsilon 8 less that at 0.5", accuracy[4] - accuracy[0], above(0));
    }
}
