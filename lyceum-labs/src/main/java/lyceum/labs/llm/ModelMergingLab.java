package lyceum.labs.llm;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.weights.MergeMethod;
import lyceum.llm.weights.ModelMerger;
import lyceum.nn.Mlp;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;
import lyceum.train.HiddenUnits;

/** The way between two networks: siblings, strangers, and strangers whose units were brought into one order. */
@Lab(topics = "model-merging", title = "Halfway between two models")
final class ModelMergingLab implements LabBody {
    @Override public void run(LabContext lab) {
        int width = lab.param("width", 64, 8, 128), points = lab.param("points on the way", 11, 3, 21);
        int together = lab.param("epochs together, of the siblings", 3, 0, 10);
        var data = DigitTasks.of(lab);
        var base = DigitTasks.fresh(width, lab.rng(1));
        if (together > 0) base = DigitTasks.tuned(base, data.train().head(300), 5e-3, together, lab.rng(2));
        Mlp first = DigitTasks.tuned(base, data.train(), 3e-3, 6, lab.rng(3)),
                sibling = DigitTasks.tuned(base, data.train(), 3e-3, 6, lab.rng(4));
        var stranger = DigitTasks.tuned(DigitTasks.fresh(width, lab.rng(5)), data.train(), 3e-3, 9, lab.rng(6));
        var aligned = HiddenUnits.matchWeights(first, stranger, lab.rng(7)).apply(stranger);
        double[] t = Tensor.linspace(0, 1, points).toDoubleArray(), near = way(data, first, sibling, t),
                far = way(data, first, stranger, t), like = way(data, first, aligned, t);
        lab.figure(Figure.line("Accuracy along the straight way between two networks", t, near).named("a sibling")
                .line("a stranger", t, far).line("the stranger, units in like order", t, like)
                .axes("share of the second network", "test accuracy, per cent").describedAs(
                        "Fine-tunes of one start merge without loss; networks trained apart have a hole between them, most of which goes when units are matched."));
        int middle = points / 2;
        lab.say("Halfway: %.1f%% between siblings, %.1f%% between strangers, %.1f%% after alignment.", near[middle], far[middle],
                like[middle]);
        lab.shows("siblings, points lost halfway", Math.min(near[0], near[points - 1]) - near[middle], below(3));
        lab.shows("share of the strangers' hole that alignment fills",
                (like[middle] - far[middle]) / (Math.min(far[0], far[points - 1]) - far[middle]), atLeast(0.5));
    }

    private static double[] way(DigitTasks data, Mlp first, Mlp second, double[] t) {
        var accuracy = new double[t.length];
        for (int i = 0; i < t.length; i++) {
            var mean = new ModelMerger(new MergeMethod.Mean(List.of(1 - t[i], t[i])));
            accuracy[i] = DigitTasks.accuracy(Mlp.of(first.config(), mean.merge(null, List.of(first.state(), second.state()))),
                    data.test());
        }
        return accuracy;
    }
}
