package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;

import java.util.ArrayList;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.loss.Loss;
import lyceum.optim.Sgd;
import lyceum.plot.Figure;
import lyceum.train.GradientNoiseScale;
import lyceum.train.Trainer;

/** How large a batch is worth its examples: measured while a reader of digits learns. */
@Lab(topics = "gradient-noise-scale", title = "Signal and noise of a gradient")
final class GradientNoiseScaleLab implements LabBody {
    @Override public void run(LabContext lab) {
        int micro = lab.param("rows of a micro-batch", 32, 4, 128), parts = lab.param("micro-batches", 4, 2, 16);
        int epochs = lab.param("epochs", 10, 2, 60);
        double rate = lab.param("learning rate", 0.1, 0.001, 1.0), decay = lab.param("decay", 0.98, 0.0, 0.999);
        var digits = Datasets.digits().to(DType.F32).scaled(1 / 16.0);
        var model = new Mlp(MlpConfig.classifier(64, 10, 32), lab.rng(1));
        var tracker = new GradientNoiseScale.Tracker(decay);
        var scales = new ArrayList<Double>();
        new Trainer(new Sgd(rate), epochs).withBatchSize(micro).withAccumulated(parts).withListener(tracker)
                .withListener((run, epoch) -> scales.add(tracker.scale().value()))
                .fit(model, Loss::crossEntropy, digits, null, lab.rng(2), lab.progress());
        var now = tracker.scale();
        double[] by = new double[21], steps = new double[21], examples = new double[21];
        for (int i = 0; i < by.length; i++) {
            by[i] = i * 0.3 - 3;
            double b = now.value() * Math.pow(10, by[i]);
            steps[i] = Math.log10(now.steps(b));
            examples[i] = Math.log10(now.examples(b));
        }
        lab.figure(Figure
                .row("Batch size",
                        Figure.plot("The noise scale grows").line("smoothed", 1, scales.stream().mapToDouble(d -> d).toArray())
                                .axes("epoch", "examples"),
                        Figure.plot("The trade").line("steps, over the fewest", by, steps).line("examples, over the fewest", by, examples)
                                .verticalLine(0, "noise scale").axes("log10 of batch over noise scale", "log10 of the ratio"))
                .describedAs(
                        "The noise scale rises while the network learns. Against the batch size, steps fall and examples rise; both curves bend at the noise scale, where each is twice its least."));
        lab.say("In the end |G|^2 is %.4f and tr(Sigma) %.3f: batches of about %d, where half of a step's progress is lost to noise.",
                now.signal(), now.noise(), now.suggestedBatch());
        lab.shows("noise scale in the end over that after an epoch", scales.getLast() / scales.getFirst(), above(1));
    }
}
