package lyceum.labs.core;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.optim.Adam;
import lyceum.optim.AdamW;
import lyceum.optim.Optimizer;
import lyceum.optim.Sgd;
import lyceum.optim.WeightDecay;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** One decay in two places: inside the gradient Adam divides it away, outside it shrinks every weight alike. */
@Lab(topics = {"weight-decay", "adamw"}, title = "Decay that Adam divides away")
final class WeightDecayLab implements LabBody {
    private static final double[] START = {-4, 2};

    private record Way(String name, Function<Tensor, Optimizer> over) {}

    @Override public void run(LabContext lab) {
        double decay = lab.param("decay", 0.1, 0.0, 0.5), scale = lab.param("gradientScale", 100, 0.1, 1000.0);
        int steps = lab.param("steps", 300, 50, 1000);
        double rate = 0.01;
        var ways = List.of(new Way("SGD", x -> new Sgd(rate / scale).over(x).decayedBy(WeightDecay.decoupled(decay * scale).onAll())),
                new Way("Adam + L2", x -> new Adam(rate).withWeightDecay(decay).over(x)),
                new Way("AdamW", x -> new AdamW(rate).withWeightDecay(decay).over(x)));

        var plane = Figure.plot("Two weights under noise of scale 1 and " + Math.round(scale));
        for (var way : ways.subList(1, 3)) {
            double[][] path = path(lab, way, scale, 4 * steps);
            plane = plane.line(way.name, path[0], path[1]);
        }
        lab.figure(plane.points("no weight", new double[] {0}, new double[] {0})
                .axes("weight whose gradients are of scale 1", "weight whose gradients are of scale " + Math.round(scale)).describedAs(
                        "From (-4, 2) AdamW shrinks both weights by one share and so moves towards the origin, apart from the noise; Adam with an L2 penalty shrinks the one with small gradients and leaves the other to the noise."));

        var norms = Figure.plot("Norm of 200 weights whose gradients are noise of scale " + Math.round(scale));
        var ends = new ArrayList<Double>();
        for (var way : ways) {
            var rng = lab.rng(1);
            var w = Tensor.randn(rng, DType.F64, 200).copy().requiresGrad();
            var optimizer = way.over.apply(w);
            var norm = new double[steps + 1];
            for (int t = 0; t <= steps; t++) {
                norm[t] = w.detach().square().sum().sqrt().item();
                if (t < steps) optimizer.step(Tensor.randn(rng, DType.F64, 200).mul(scale));
            }
            norms = norms.line(way.name, 0, norm);
            ends.add(norm[steps] / norm[0]);
        }
        double start = Tensor.randn(lab.rng(1), DType.F64, 200).square().sum().sqrt().item();
        norms = norms.line("(1 - rate decay)^t", 0, steps, t -> start * Math.pow(1 - rate * decay, t)).dashed();
        lab.figure(norms.axes("step", "norm of the weights").describedAs(
                "AdamW's weights shrink at the rate of the dashed curve apart from the noise of the steps; under Adam with L2 the noise in the denominator leaves nothing of the decay."));
        lab.say("After %d steps AdamW has %.0f%% of the norm, Adam with the same L2 penalty %.0f%%.", steps, 100 * ends.get(2),
                100 * ends.get(1));
        lab.shows("adamw", "norm under Adam + L2 over that under AdamW", ends.get(1) / ends.get(2), above(1.05));

        double sgd = gap(lab, x -> new Sgd(rate).withWeightDecay(decay).over(x),
                x -> new Sgd(rate).over(x).decayedBy(WeightDecay.decoupled(decay).onAll()));
        lab.shows("weight-decay", "SGD: coupled against decoupled after 200 steps, relative", sgd, below(1e-12));
    }

    /** Gradients are noise, of scale 1 for the first weight and of {@code scale} for the second. */
    private static double[][] path(LabContext lab, Way way, double scale, int steps) {
        var rng = lab.rng(4);
        var w = Tensor.of(START).requiresGrad();
        var optimizer = way.over.apply(w);
        var path = new double[2][steps + 1];
        for (int t = 0; t <= steps; t++) {
            path[0][t] = w.item(0);
            path[1][t] = w.item(1);
            if (t < steps) optimizer.step(Tensor.randn(rng, DType.F64, 2).mul(Tensor.of(1, scale)));
        }
        return path;
    }

    private static double gap(LabContext lab, Function<Tensor, Optimizer> a, Function<Tensor, Optimizer> b) {
        var start = Tensor.randn(lab.rng(2), DType.F64, 50).compute();
        Tensor x = start.copy().requiresGrad(), y = start.copy().requiresGrad();
        Optimizer ofX = a.apply(x), ofY = b.apply(y);
        var rng = lab.rng(3);
        for (int t = 0; t < 200; t++) {
            var g = Tensor.randn(rng, DType.F64, 50).compute();
            ofX.step(g);
            ofY.step(g);
        }
        return x.detach().sub(y.detach()).square().sum().sqrt().item() / y.detach().square().sum().sqrt().item();
    }
}
