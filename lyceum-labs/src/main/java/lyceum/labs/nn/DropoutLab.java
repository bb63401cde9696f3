package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Dropout;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** Few digits, many units: train with and without dropout, compare the curves, the weights of the units, and how sure the network is of its answers. */
@Lab(topics = "dropout", title = "Units that cannot rely on each other")
final class DropoutLab implements LabBody {

    @Override public void run(LabContext lab) {
        double p = lab.param("p", 0.5, 0.1, 0.9);
        int units = lab.param("units", 96, 16, 512), rows = lab.param("training digits", 200, 50, 1000),
                epochs = lab.param("epochs", 20, 5, 200);
        var all = Datasets.digits().to(DType.F32).scaled(1.0 / 16).shuffled(lab.rng(1));
        Dataset train = all.range(0, rows), test = all.range(rows, all.size());
        var losses = Figure.plot("Loss").axes("epoch", "cross-entropy").logY();
        var accuracies = Figure.plot("Accuracy on new digits").axes("epoch", "share");
        var maps = new ArrayList<Figure>();
        var end = new double[2];
        Mlp dropping = null;
        for (int with : lab.progress("without and with dropout", 2)) {
            var name = with == 0 ? "p = 0" : "p = " + p;
            var network = new Mlp(MlpConfig.classifier(64, 10, units, units).withDropout(with * p), lab.rng(2));
            double[] own = new double[epochs], other = new double[epochs], right = new double[epochs];
            var optimizer = new Adam(0.001).over(network.parameters());
            var rng = lab.rng(3);
            for (int epoch = 0; epoch < epochs; epoch++) {
                for (int step = 0; step < rows / 25; step++) {
                    var batch = train.rows(rng.sample(rows, 25));
                    optimizer.zeroGrad();
                    Loss.crossEntropy(network.forward(batch.x(), Pass.training(rng)), batch.y()).backward();
                    optimizer.step();
                }
                own[epoch] = Loss.crossEntropy(network.forward(train.x()), train.y()).item();
                var logits = network.forward(test.x()).detach();
                other[epoch] = Loss.crossEntropy(logits, test.y()).item();
                right[epoch] = logits.argmax(1).eq(test.y()).to(DType.F64).mean().item();
            }
            losses = losses.line("training, " + name, 1, own).line("new, " + name, 1, other);
            accuracies = accuracies.line(name, 1, right);
            maps.add(Figure.heatmap(name, correlations(network.layers().get(1).weight())).axes("hidden unit", "hidden unit").diverging()
                    .measuring("correlation"));
            end[with] = own[epochs - 1];
            dropping = network;
        }
        lab.figure(Figure.row("With and without", losses, accuracies).describedAs(
                "Without dropout the training loss goes to nothing; with it the network, all units present, fits its own digits less closely."));
        lab.figure(Figure.row("How alike the second layer's units are", maps.toArray(Figure[]::new))
                .describedAs("Correlation of the incoming weights of each pair of the first 32 units of the second hidden layer."));
        lab.shows("training loss without over with dropout", end[0] / end[1], below(1));

        // Dropout left on while predicting: the entropy of the mean answer is the network's doubt.
        var answer = Dropout.sample(dropping, test.x(), 20, lab.rng(4)).softmax(-1).mean(0);
        var doubt = answer.mul(answer.add(1e-12).log()).sum(1).neg();
        var wrong = answer.argmax(1).ne(test.y()).to(DType.F32);
        var right = wrong.neg().add(1);
        double mistaken = doubt.mul(wrong).sum().item() / Math.max(1, wrong.sum().item()),
                correct = doubt.mul(right).sum().item() / Math.max(1, right.sum().item());
        lab.table("Twenty draws a digit", List.of("digits", "entropy of the mean answer, nats"),
                List.of(List.of("read rightly", correct), List.of("misread", mistaken)));
        lab.shows("doubt on misread digits over doubt on others", mistaken / correct, above(1.1));
    }

    private static Tensor correlations(Tensor weight) {
        var w = weight.detach().narrow(0, 0, Math.min(32, weight.size(0)));
        var centred = w.sub(w.mean(1, true));
        var unit = centred.div(centred.square().sum(1, true).sqrt());
        return unit.matmul(unit.transpose());
    }
}
