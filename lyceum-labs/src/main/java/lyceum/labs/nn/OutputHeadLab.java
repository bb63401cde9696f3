package lyceum.labs.nn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Activation;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.OutputHead;
import lyceum.nn.OutputKind;
import lyceum.nn.Sequential;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** One trunk under five heads: what the same inputs are answered as a number, a number with a spread, quantiles, a mixture, and a class. */
@Lab(topics = "output-layer", title = "Five ways to answer")
final class OutputHeadLab implements LabBody {
    @Override public void run(LabContext lab) {
        int n = lab.param("points", 200, 50, 1000), steps = lab.param("steps", 120, 10, 2000);
        double noise = lab.param("noise", 0.5, 0.05, 1.0);
        // Noise grows from left to right.
        double[] x = new double[n], y = new double[n];
        var high = new long[n];
        var rng = lab.rng(1);
        for (int i = 0; i < n; i++) {
            x[i] = 4 * rng.nextDouble() - 2;
            y[i] = Math.sin(2 * x[i]) + noise * (x[i] + 2) / 2 * rng.nextGaussian();
            high[i] = y[i] > 0.5 ? 1 : 0;
        }
        Tensor inputs = Tensor.of(x).unsqueeze(1), targets = Tensor.of(y), classes = Tensor.of(high);
        var trunk = new Sequential(new Linear(1, 24, true, DType.F64, Init.heUniform(), lab.rng(2)), Activation.TANH,
                new Linear(24, 24, true, DType.F64, Init.glorotUniform(), lab.rng(3)), Activation.TANH);
        var kinds = List.of(OutputKind.numbers(1), OutputKind.meanVariance(), OutputKind.quantiles(0.1, 0.5, 0.9), OutputKind.mixture(2),
                OutputKind.classes(2));
        var heads = new ArrayList<OutputHead>();
        var parameters = new LinkedHashMap<>(trunk.parameters());
        for (var kind : kinds) {
            var head = new OutputHead(kind, 24, Init.normal(0.1), DType.F64, lab.rng(4 + heads.size()))
                    .beginAt(kind instanceof OutputKind.Classes ? classes : targets);
            head.parameters().forEach((name, tensor) -> parameters.put("head " + heads.size() + "." + name, tensor));
            heads.add(head);
        }
        var optimizer = new Adam(0.02).over(parameters);
        var losses = new double[kinds.size()][steps];
        for (int step : lab.progress("steps", steps)) {
            optimizer.zeroGrad();
            var hidden = trunk.forward(inputs);
            Tensor sum = null;
            for (int k = 0; k < kinds.size(); k++) {
                var loss = kinds.get(k).loss(heads.get(k).forward(hidden), kinds.get(k) instanceof OutputKind.Classes ? classes : targets);
                losses[k][step] = loss.item();
                sum = sum == null ? loss : sum.add(loss);
            }
            sum.backward();
            optimizer.step();
        }
        var at = Tensor.linspace(-2, 2, 81);
        var hidden = trunk.forward(at.unsqueeze(1)).detach();
        var said = new Tensor[kinds.size()];
        for (int k = 0; k < said.length; k++) said[k] = kinds.get(k).prediction(heads.get(k).forward(hidden)).detach().compute();
        Tensor spread = said[1].select(1, 1).sqrt().mul(1.28), mean = said[1].select(1, 0);
        var points = Figure.plot("A number, and a number with its spread").points("data", inputs.flatten(), targets);
        lab.figure(Figure.row("Answers",
                points.line("number", at, said[0].select(1, 0)).line("mean", at, mean)
                        .band("mean and spread, 80%", at, mean.sub(spread), mean.add(spread)).axes("x", "y"),
                Figure.plot("Quantiles and the mixture's mean").points("data", inputs.flatten(), targets)
                        .line("10%", at, said[2].select(1, 0)).line("50%", at, said[2].select(1, 1)).line("90%", at, said[2].select(1, 2))
                        .line("mixture", at, kinds.get(3).decision(heads.get(3).forward(hidden)).detach()).axes("x", "y"),
                Figure.plot("Is y above 1/2?").line("probability", at, said[4].select(1, 1)).limitY(0, 1).axes("x", "probability"))
                .describedAs(
                        "The same inputs answered by five heads on one trunk: a curve, a curve with a band that widens to the right, three curves that never cross, and a probability."));
        var table = new ArrayList<List<?>>();
        for (int k = 0; k < kinds.size(); k++) table.add(List.of(kinds.get(k).toString(), losses[k][0], losses[k][steps - 1]));
        lab.table("Each head's own loss; they do not compare", List.of("head", "at the start", "at the end"), table);
        double left = spread.item(4), right = spread.item(76);
        lab.say("The number's head says nothing of the noise. The spread's head gives %.2f at the left and %.2f at the right.", left,
                right);
        lab.shows("least step from one quantile to the next", said[2].narrow(1, 1, 2).sub(said[2].narrow(1, 0, 2)).min().item(),
                atLeast(0));
        lab.shows("spread at the left over that at the right", left / right, below(1));
    }
}
