package lyceum.labs.models;

import static lyceum.labs.Bounds.atMost;

import java.util.Arrays;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.memory.Scope;
import lyceum.models.sequence.ContinuousThoughtMachine;
import lyceum.models.sequence.ThoughtConfig;
import lyceum.nn.Pass;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Neurons move while the input stands still; a clear input is settled sooner than a noisy one. */
@Lab(topics = "continuous-thought-machine", title = "Thinking until it is sure")
final class ThoughtLab implements LabBody {

    @Override public void run(LabContext lab) {
        int updates = lab.param("updates", 60, 20, 1000), ticks = lab.param("ticks", 6, 3, 20);
        double enough = lab.param("certainty", 0.8, 0.1, 1);
        var machine = new ContinuousThoughtMachine(new ThoughtConfig(2, 2, 12, ticks), lab.rng(1));
        var optimizer = new AdamW(0.01).over(machine.parameters()).clippedBy(Clip.norm(1));
        var rng = lab.rng(2);
        for (int i : lab.progress("updates", updates)) {
            try (var scope = Scope.open("update")) {
                var labels = labels(rng, 32);
                optimizer.zeroGrad();
                machine.loss(looks(rng, labels, 3), Tensor.of(labels), Pass.inference()).backward();
                optimizer.step();
            }
        }
        long[] one = {1};
        Plot certain = Figure.plot("Certainty, tick by tick");
        for (double noise : new double[] {0, 3}) {
            var thought = machine.think(looks(lab.rng(5), one, -noise), Pass.inference());
            var name = noise == 0 ? "a clear input" : "a noisy input";
            certain = certain.line(name, 1, thought.certainties().stream().mapToDouble(c -> c.item(0)).toArray());
            Plot traces = Figure.plot("Four neurons on " + name);
            for (int d = 0; d < 4; d++) {
                int neuron = d;
                traces = traces.line("neuron " + d, 1, thought.traces().stream().mapToDouble(z -> z.item(0, neuron)).toArray());
            }
            lab.figure(traces.axes("tick", "post-activation").describedAs("The input does not change; what moves is the thought."));
        }
        lab.figure(certain.horizontalLine(enough, "enough").axes("tick", "certainty")
                .describedAs("It may stop where the line of enough is crossed."));
        var means = new double[7];
        for (int noise = 0; noise < 7; noise++) {
            var labels = labels(lab.rng(6), 200);
            means[noise] = Arrays.stream(machine.answer(looks(lab.rng(7), labels, -noise), enough).ticks()).average().orElseThrow();
        }
        lab.figure(Figure.line("How long it thinks", 0, means).axes("noise of a look", "ticks")
                .describedAs("Four looks at a point; the more they differ, the later it is sure."));
        lab.shows("ticks without noise over those with most of it", means[0] / means[6], atMost(1));
    }

    private static long[] labels(Rng rng, int n) {
        var labels = new long[n];
        for (int i = 0; i < n; i++) labels[i] = rng.nextInt(2);
        return labels;
    }

    /** Four looks at (-1, -1) or (1, 1). @param noise up to that much, each input its own; or, negative, exactly so much */
    private static Tensor looks(Rng rng, long[] labels, double noise) {
        var x = new float[labels.length * 8];
        for (int i = 0; i < labels.length; i++) {
            double size = noise <= 0 ? -noise : noise * rng.nextDouble();
            for (int k = 0; k < 8; k++) x[i * 8 + k] = (float) (2 * labels[i] - 1 + size * rng.nextGaussian());
        }
        return Tensor.of(x, labels.length, 4, 2);
    }
}
