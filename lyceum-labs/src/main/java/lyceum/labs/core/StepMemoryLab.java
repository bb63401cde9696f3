package lyceum.labs.core;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.equalTo;

import java.util.Arrays;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.optim.AdaGrad;
import lyceum.optim.RmsProp;
import lyceum.optim.UpdateRule;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** Two memories of squared gradients: a sum that never forgets, and an average that does. */
@Lab(topics = {"rmsprop", "adagrad"}, title = "What a step remembers of past gradients")
final class StepMemoryLab implements LabBody {
    private static final int FEATURES = 40;

    @Override public void run(LabContext lab) {
        double alpha = lab.param("alpha", 0.99, 0.5, 0.999), rate = lab.param("learningRate", 0.01, 0.001, 0.1);
        int before = lab.param("steps", 1_000, 200, 3_000), after = (int) Math.ceil(12 / (1 - alpha));
        double[] rms = lengths(new RmsProp(rate).withAlpha(alpha), before, before + after),
                ada = lengths(new AdaGrad(rate), before, before + after);
        lab.figure(Figure.plot("Step length when the gradient falls a hundredfold").line("RMSProp", 0, rms).line("AdaGrad", 0, ada)
                .verticalLine(before, "gradient falls from 1 to 0.01").axes("step", "length of the step").logY().describedAs(
                        "Both steps drop with the gradient. RMSProp forgets the large ones and is back at its old pace; AdaGrad's sum keeps them for good."));
        int back = before;
        while (back < rms.length && rms[back] < 0.9 * rms[before - 1]) back++;
        double expected = Math.log(1e4 / 0.2346) / -Math.log(alpha);
        lab.say("RMSProp is back at 90%% of its step after %d updates; the formula says %.0f. AdaGrad stands at %.1f%% then.",
                back - before + 1, expected, 100 * ada[Math.min(back, ada.length - 1)] / ada[before - 1]);
        lab.shows("rmsprop", "updates until 90% again, over the formula", (back - before + 1) / expected, equalTo(1, 0.02));

        double[] occurred = new double[FEATURES], effective = new double[FEATURES];
        features(lab, rate, occurred, effective);
        lab.figure(Figure.plot("Effective learning rate of features by how often they occur").points("a feature", occurred, effective)
                .line("rate / sqrt(occurrences)", occurred, Arrays.stream(occurred).map(n -> rate / Math.sqrt(n)).toArray())
                .axes("times the feature occurred", "length of its last step").logX().logY().describedAs(
                        "A feature seen ten times still takes steps ten times as long as one seen a thousand times: AdaGrad keeps a clock for each."));
        double worst = 0;
        for (int i = 0; i < FEATURES; i++) worst = Math.max(worst, Math.abs(effective[i] * Math.sqrt(occurred[i]) / rate - 1));
        lab.shows("adagrad", "largest relative gap of a last step to rate / sqrt(occurrences)", worst, below(1e-6));
    }

    private static double[] lengths(UpdateRule rule, int before, int steps) {
        var x = Tensor.zeros(DType.F64, 1).copy().requiresGrad();
        var optimizer = rule.over(x);
        var lengths = new double[steps];
        for (int t = 0; t < steps; t++) {
            double last = x.item();
            optimizer.step(Tensor.of(new double[] {t < before ? 1 : 0.01}));
            lengths[t] = last - x.item();
        }
        return lengths;
    }

    /** Features that occur with probability 1/rank, each with a gradient of 1 when it does. */
    private static void features(LabContext lab, double rate, double[] occurred, double[] effective) {
        var rng = lab.rng(1);
        var x = Tensor.zeros(DType.F64, FEATURES).copy().requiresGrad();
        var optimizer = new AdaGrad(rate).over(x);
        for (int t = 0; t < 2_000; t++) {
            var gradient = new double[FEATURES];
            for (int i = 0; i < FEATURES; i++) if (t == 0 || rng.nextDouble() < 1.0 / (i + 1)) gradient[i] = 1;
            double[] last = x.toDoubleArray();
            optimizer.step(Tensor.of(gradient));
            double[] now = x.toDoubleArray();
            for (int i = 0; i < FEATURES; i++) {
                if (gradient[i] == 0) continue;
                occurred[i]++;
                effective[i] = last[i] - now[i];
            }
        }
    }
}
