package lyceum.labs.nn;

import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.train.BatchLoss;
import lyceum.train.MixedPrecision;
import lyceum.train.Trainer;

/** A reader of digits in F32, BF16 and F16: where its gradients lie in the range of F16, and how the loss scale finds its place. */
@Lab(topics = "mixed-precision", title = "Half the bits")
final class MixedPrecisionLab implements LabBody {
    @Override public void run(LabContext lab) {
        int epochs = lab.param("epochs", 6, 1, 40), interval = lab.param("steps before the scale grows", 10, 1, 2000);
        double scale = Math.pow(2, lab.param("first scale, power of two", 30, 0, 40));
        var digits = Datasets.digits().to(DType.F32).scaled(1 / 16.0);
        var kinds = new MixedPrecision[] {null, MixedPrecision.bf16(), MixedPrecision.fp16().withScale(scale).withInterval(interval)};
        String[] names = {"F32", "BF16", "F16, scaled"};
        var curves = Figure.plot("Loss").axes("epoch", "cross-entropy (nats)");
        var last = new double[3];
        var scales = new ArrayList<Double>();
        Mlp trained = null;
        long skipped = 0;
        for (int k : lab.progress("precisions", 3)) {
            var model = new Mlp(MlpConfig.classifier(64, 10, 48), lab.rng(1));
            var run = new Trainer(new Adam(3e-3), epochs).withBatchSize(64).withPrecision(kinds[k]).start(model, digits.size(),
                    BatchLoss.of(model, Loss::crossEntropy, digits), null, lab.rng(2));
            while (run.step()) if (k == 2) scales.add(Math.log(run.lossScale().value()) / Math.log(2));
            var history = run.history();
            last[k] = history.losses()[epochs - 1];
            curves = curves.line(names[k], 1, history.losses());
            skipped = run.lossScale().skipped();
            trained = model;
        }
        var network = trained;
        Loss.crossEntropy(network.forward(digits.x()), digits.y()).backward();
        double[] sizes = network.parameters().values().stream().flatMapToDouble(p -> Arrays.stream(p.grad().toDoubleArray()))
                .filter(g -> g != 0).map(g -> Math.log(Math.abs(g)) / Math.log(2)).toArray();
        network.zeroGrad();
        lab.figure(Figure
                .row("Mixed precision",
                        Figure.histogram("Gradients of all weights", sizes).verticalLine(-24, "least of F16")
                                .verticalLine(-14, "least normal").axes("log2 of the size", "weights"),
                        Figure.plot(
                                "Loss scale").line("scale", 1, scales.stream().mapToDouble(d -> d).toArray())
                                .axes("step", "log2 of the scale"),
                        curves)
                .describedAs(
                        "Many gradients lie below the least normal number of F16, some below its least number. The scale falls by halves from too high a start, then rises until the next overflow. The three loss curves lie together."));
        lab.say("F16 left out %d steps. Last losses: F32 %.4f, BF16 %.4f, F16 %.4f.", skipped, last[0], last[1], last[2]);
        lab.shows("BF16: loss over that of F32, less 1", Math.abs(last[1] / last[0] - 1), atMost(0.1));
    }
}
