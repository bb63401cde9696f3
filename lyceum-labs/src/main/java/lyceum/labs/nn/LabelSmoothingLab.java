package lyceum.labs.nn;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.calibration.ReliabilityBins;
import lyceum.nn.Init;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.loss.CrossEntropy;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** How sure is sure enough: the gap between the best logit and the rest, and whether confidence comes true, with and without smoothing. */
@Lab(topics = "label-smoothing", title = "Sure enough")
final class LabelSmoothingLab implements LabBody {
    @Override public void run(LabContext lab) {
        double epsilon = lab.param("epsilon", 0.1, 0.01, 0.5), noise = lab.param("pixel noise", 6.0, 0.0, 16.0);
        int images = lab.param("training images", 300, 100, 1200), epochs = lab.param("epochs", 60, 10, 300);
        var digits = Datasets.digits().shuffled(lab.rng(1)).to(DType.F32).scaled(1 / 16.0);
        var x = digits.x().add(Tensor.randn(lab.rng(2), DType.F32, digits.size(), 64).mul(noise / 16));
        Dataset noisy = digits.withX(x.compute()), train = noisy.head(images), test = noisy.range(images, noisy.size());

        var reliability = Figure.plot("Reliability").line("as promised", 0, 1, p -> p).dashed();
        var gaps = new ArrayList<double[]>();
        var rows = new ArrayList<List<?>>();
        var errors = new double[2];
        for (int s : lab.progress("networks", 2)) {
            double e = s * epsilon;
            var loss = new CrossEntropy().withLabelSmoothing(e);
            var net = new Mlp(MlpConfig.classifier(64, 10, 64), Init.heUniform(), lab.rng(3));
            new Trainer(new Adam(3e-3), epochs).withBatchSize(50).fit(net, loss, train, lab.rng(4));
            Tensor fitted = Autograd.noGrad(() -> net.forward(train.x())), logits = Autograd.noGrad(() -> net.forward(test.x()));
            gaps.add(gaps(fitted));
            double[] sure = logits.softmax(1).max(1).toDoubleArray();
            var right = logits.argmax(1).eq(test.y()).toBooleanArray();
            var bins = ReliabilityBins.uniform(right, sure, 10);
            errors[s] = bins.expectedError();
            reliability = reliability.line("epsilon " + e, bins.confidence(), bins.accuracy());
            rows.add(List.of(e, new CrossEntropy().of(logits, test.y()).item(), loss.of(fitted, train.y()).item(), 100 * share(right),
                    errors[s]));
        }
        double wanted = Math.log((1 - epsilon + epsilon / 10) / (epsilon / 10));
        lab.figure(Figure.row("Logits and confidence",
                Figure.histogram("Gap of the best logit to the others' mean, epsilon 0", gaps.get(0)).axes("gap", "images"),
                Figure.histogram("The same, epsilon " + epsilon, gaps.get(1)).axes("gap", "images").verticalLine(wanted,
                        "ln((1-e+e/K)/(e/K))"),
                reliability.axes("confidence", "share right")).describedAs(
                        "Without smoothing the gaps spread far to the right; with it they gather at the gap that the smoothed target asks for, and confidence lies nearer to the share of right answers."));
        lab.table("Noisy digits", List.of("epsilon", "test loss (nats)", "training loss it minimises", "right (%)", "calibration error"),
                rows);
        double floor = -(1 - 0.9 * epsilon) * Math.log(1 - 0.9 * epsilon) - 0.9 * epsilon * Math.log(epsilon / 10);
        lab.say("The smoothed loss cannot go below %.3f, the entropy of its target; it stands at %.3f.", floor, rows.get(1).get(2));
        lab.shows("calibration error with smoothing less that without", errors[1] - errors[0], below(0));
    }

    private static double[] gaps(Tensor logits) {
        var best = logits.max(1);
        return best.sub(logits.sum(1).sub(best).div(9)).toDoubleArray();
    }

    private static double share(boolean[] right) {
        int n = 0;
        for (boolean r : right) if (r) n++;
        return (double) n / right.length;
    }
}
