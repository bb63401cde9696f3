package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.memory.Scope;
import lyceum.nn.Activation;
import lyceum.nn.Highway;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.plot.Series;
import lyceum.tensor.Tensor;

/** The same stack of layers, with gates and without, deeper and deeper. */
@Lab(topics = "highway-network", title = "A way through fifty layers")
final class HighwayLab implements LabBody {
    @Override public void run(LabContext lab) {
        int width = lab.param("width", 16, 8, 64), steps = lab.param("steps", 40, 20, 600);
        double bias = lab.param("gate bias", -3.0, -6.0, 2.0), rate = lab.param("learning rate", 0.01, 0.0005, 0.05);
        int[] depths = {10, 20, 50};
        var x = Datasets.digits().x().to(DType.F32).div(16).compute();
        Plot curves = Figure.plot("Loss while learning digits"), openness = Figure.plot("How open the gates are");
        var last = new double[2][depths.length];
        for (int i : lab.progress("depths", depths.length)) {
            int depth = depths[i];
            for (int way = 0; way < 2; way++) {
                var layers = new ArrayList<Layer>(List.of(new Linear(64, width, lab.rng(1))));
                for (int l = 0; l < depth; l++)
                    layers.add(way == 0 ? Highway.dense(width, Activation.TANH, bias, DType.F32, lab.rng(10 + l))
                            : new Linear(width, width, lab.rng(10 + l)).activated(Activation.TANH));
                layers.add(new Linear(width, 10, lab.rng(2)));
                var network = new Sequential(layers);
                double[] losses = losses(lab, network, x, steps, rate);
                curves = curves.line((way == 0 ? "highway, " : "plain, ") + depth, 0, losses);
                last[way][i] = losses[steps - 1];
                if (way == 0) openness = openness.line(depth + " layers", 1,
                        Highway.gates(network, x).stream().mapToDouble(Highway.Gates::mean).toArray());
            }
        }
        lab.figure(curves.axes("step", "cross-entropy").describedAs(
                "Ten plain layers still learn; at fifty they stay at the loss of guessing, while the gated stack of that depth learns."));
        lab.figure(openness.axes("layer", "mean of T")
                .describedAs("The mean of the transform gate over all digits, layer by layer: which layers compute, and which let pass."));
        lab.figure(Figure
                .bars("Loss at the end", new String[] {"10", "20", "50"}, Series.of("highway", last[0]), Series.of("plain", last[1]))
                .axes("layers", "cross-entropy").describedAs("Depth costs the plain network everything and the highway network little."));
        lab.say("At 50 layers the highway network has a loss of %.2f, the plain one %.2f; guessing has %.2f.", last[0][2], last[1][2],
                Math.log(10));
        lab.shows("highway, 50 layers: loss", last[0][2], below(2));
        lab.shows("plain over highway at 50 layers", last[1][2] / last[0][2], above(1.2));
    }

    private static double[] losses(LabContext lab, Sequential network, Tensor x, int steps, double rate) {
        var digits = Datasets.digits();
        var optimizer = new Adam(rate).over(network.parameters());
        var losses = new double[steps];
        for (int step = 0; step < steps; step++) {
            try (var scope = Scope.open("step")) {
                int[] rows = lab.rng(1000 + step).sample(digits.size(), 64);
                optimizer.zeroGrad();
                var loss = Loss.crossEntropy(network.forward(x.rows(rows)), digits.y().rows(rows));
                losses[step] = loss.item();
                loss.backward();
                optimizer.step();
            }
        }
        return losses;
    }
}
