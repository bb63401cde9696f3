package lyceum.labs.nn;

import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.function.ToDoubleFunction;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Linear;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;
import lyceum.train.NeuralCollapse;

/** Four digits seen through three features: their means move to the corners of a tetrahedron while four measures fall. */
@Lab(topics = "neural-collapse", title = "Four classes, one tetrahedron")
final class NeuralCollapseLab implements LabBody {
    @Override public void run(LabContext lab) {
        int steps = lab.param("steps", 400, 50, 3000);
        double decay = lab.param("decay", 0.003, 0.0003, 0.03);
        var data = Datasets.digits().to(DType.F32).scaled(1.0 / 16).onlyClasses(0, 1, 2, 3).shuffled(lab.rng(1)).head(300);
        var body = new Mlp(MlpConfig.regressor(64, 3, 64), lab.rng(2));
        var head = new Linear(3, 4, lab.rng(3));
        var parameters = body.parameters();
        head.parameters().forEach((name, p) -> parameters.put("head." + name, p));
        var optimizer = new Adam(0.01).over(parameters);
        var trace = new ArrayList<NeuralCollapse>();
        var at = new ArrayList<Integer>();
        for (int step : lab.progress("steps", steps)) {
            if (step % 10 == 0) {
                trace.add(NeuralCollapse.of(body.forward(data.x()), data.y(), head.weight(), head.bias()));
                at.add(step + 1);
            }
            optimizer.zeroGrad();
            var h = body.forward(data.x());
            Loss.crossEntropy(head.forward(h), data.y()).add(head.weight().square().sum().mul(decay))
                    .add(h.square().sum(1).mean().mul(decay)).backward();
            optimizer.step();
        }
        double[] x = at.stream().mapToDouble(i -> i).toArray();
        lab.figure(Figure.line("Four measures", x, of(trace, NeuralCollapse::variability)).named("NC1, scatter within over between")
                .line("NC2, cosines off -1/3", x, of(trace, NeuralCollapse::meanAngles))
                .line("NC3, head off means", x, of(trace, NeuralCollapse::selfDuality))
                .line("NC4, disagreement with the nearest mean", x, of(trace, c -> Math.max(1e-4, 1 - c.agreement()))).logX().logY()
                .axes("step", "measure").describedAs("All four measures fall together, long after the training error has reached zero."));
        var h = Autograd.noGrad(() -> body.forward(data.x()).compute());
        lab.figure(Figure.row("The three features at the end", view(h, data.labels(), 0, 1), view(h, data.labels(), 0, 2))
                .describedAs("Two views of the features of 300 digits: four tight clusters at the corners of a tetrahedron."));
        NeuralCollapse first = trace.getFirst(), last = trace.getLast();
        lab.say("Scatter within classes fell from %.3f to %.5f, the cosines' distance from -1/3 from %.3f to %.4f.", first.variability(),
                last.variability(), first.meanAngles(), last.meanAngles());
        lab.shows("NC1 at the end over the start", last.variability() / first.variability(), atMost(0.1));
        lab.shows("cosines, distance from -1/3 at the end", last.meanAngles(), atMost(0.1));
    }

    private static Plot view(Tensor h, int[] labels, int i, int j) {
        return Figure.scatter("Features " + (i + 1) + " and " + (j + 1), h.select(1, i).toDoubleArray(), h.select(1, j).toDoubleArray(),
                labels, "0", "1", "2", "3").axes("feature " + (i + 1), "feature " + (j + 1));
    }

    private static double[] of(ArrayList<NeuralCollapse> trace, ToDoubleFunction<NeuralCollapse> f) {
        return trace.stream().mapToDouble(f).toArray();
    }
}
