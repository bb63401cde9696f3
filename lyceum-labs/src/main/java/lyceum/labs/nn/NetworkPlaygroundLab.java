package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Activation;
import lyceum.nn.ForwardReport;
import lyceum.nn.GraphNetwork;
import lyceum.nn.Join;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Pass;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Optimizer;
import lyceum.plot.Figure;
import lyceum.tensor.BackwardPass;
import lyceum.tensor.Shape;
import lyceum.tensor.Tensor;

/** Layers are stacked, followed one by one, wired as a graph, and trained until two spirals come apart. */
@Lab(topics = {"neural-network", "forward-pass", "feedforward-network", "fully-connected-layer"},
        title = "A network, taken apart and trained")
final class NetworkPlaygroundLab implements LabBody {

    @Override public void run(LabContext lab) {
        int layers = lab.param("hidden layers", 2, 1, 5), units = lab.param("units", 24, 2, 64), steps = lab.param("steps", 250, 10, 3000);
        spirals(lab, layers, units, steps);
        digit(lab);
        graph(lab, units);
        dense(lab);
    }

    private static void spirals(LabContext lab, int layers, int units, int steps) {
        var data = Datasets.spirals(lab.rng(1), 200, 1, 0.02);
        Tensor x = data.x().to(DType.F32).compute(), y = data.y();
        var stack = new ArrayList<Layer>();
        for (int i = 0; i < layers; i++) {
            stack.add(new Linear(i == 0 ? 2 : units, units, lab.rng(10 + i)));
            stack.add(Activation.TANH);
        }
        stack.add(new Linear(units, 2, lab.rng(30)));
        var net = new Sequential(stack);
        var optimizer = new Optimizer(List.of(new Optimizer.Group(new Adam(0.02), net.parameters())));
        var losses = new double[steps];
        for (int step : lab.progress("steps", steps)) {
            optimizer.zeroGrad();
            var loss = Loss.crossEntropy(net.forward(x), y);
            losses[step] = loss.item();
            loss.backward();
            optimizer.step();
        }
        lab.figure(Figure.plot("Two spirals, and the border that was learned")
                .regions(-1.2, 1.2, -1.2, 1.2, at -> net.forward(at.to(DType.F32)).argmax(1), "one", "other")
                .points(x, y.toIntArray(), "one", "other").axes("x", "y")
                .describedAs("Points of two spirals over the regions that the network assigns to each."));
        lab.figure(Figure.line("The loss falls", losses).axes("step", "cross-entropy, nats")
                .describedAs("The mean cross-entropy at each step of training."));
        lab.shows("neural-network", "loss at the end over the loss at the start", losses[steps - 1] / losses[0], below(0.9));
    }

    private static void digit(LabContext lab) {
        var net = new Sequential(new Linear(64, 32, lab.rng(40)), Activation.RELU, new Linear(32, 10, lab.rng(41)));
        var x = Datasets.digits().x().to(DType.F32).narrow(0, 0, 1).div(16).compute();
        var report = ForwardReport.of(net, x, Pass.inference());
        lab.table("One digit, layer by layer", List.of("layer", "shape", "parameters", "operations", "bytes kept"),
                report.rows().stream().map(row -> List.<Object>of(row.name() + " " + row.type(), row.output().toString(), row.parameters(),
                        row.flops(), row.keptBytes())).toList());
        lab.shows("forward-pass", "operations of the first layer", report.row("0").flops(), exactly(2 * 64 * 32 + 32));
        lab.shows("forward-pass", "bytes kept, beyond those of the tape", report.keptBytes() - BackwardPass.savedBytes(net.forward(x)),
                exactly(0));
        lab.shows("forward-pass", "bytes kept without recording", BackwardPass.savedBytes(Autograd.noGrad(() -> net.forward(x))),
                exactly(0));
        lab.figure(Figure
                .bar("Hidden units for this digit", Figure.numbered(1, 32), net.layers().get(0).forward(x).relu().detach().flatten())
                .axes("unit", "activation").describedAs("What the 32 rectified units of the hidden layer make of the first digit."));
    }

    private static void graph(LabContext lab, int units) {
        var net = GraphNetwork.from("x").node("narrow", new Linear(2, units, lab.rng(50)), "x")
                .node("wide", new Linear(2, units, lab.rng(51)), "x").node("gate", Activation.SIGMOID, "wide")
                .join("gated", Join.product(), "narrow", "gate").join("both", Join.concat(1), "gated", "wide")
                .node("out", new Linear(2L * units, 1, lab.rng(52)), "both").build("out");
        var shapes = net.shapes(DType.F32, Shape.of(8, 2));
        lab.table("In the order in which it runs", List.of("node", "reads", "shape"), net.arrows().entrySet().stream()
                .map(e -> List.<Object>of(e.getKey(), String.join(", ", e.getValue()), shapes.get(e.getKey()).toString())).toList());
        var x = Tensor.randn(lab.rng(53), DType.F32, 8, 2).compute();
        lab.shows("feedforward-network", "difference of a second call", net.forward(x).sub(net.forward(x)).abs().max().item(), exactly(0));
        String refused = "";
        try {
            GraphNetwork.from("x").join("a", Join.sum(), "x", "b").node("b", Activation.TANH, "a").build("b");
        } catch (IllegalArgumentException e) {
            refused = e.getMessage();
        }
        lab.say("An arrow back is refused: %s.", refused);
        lab.shows("feedforward-network", "length of the refusal", refused.length(), above(0));
    }

    private static void dense(LabContext lab) {
        var layer = new Linear(12, 8, lab.rng(60));
        var x = Tensor.randn(lab.rng(61), DType.F32, 1, 12).compute();
        layer.forward(x).mul(Tensor.arange(8).sub(3.5).to(DType.F32)).sum().backward();
        lab.figure(Figure
                .row("A weight, and the outer product that is its gradient",
                        Figure.heatmap("W", layer.weight().detach(), Figure.numbered(1, 8), Figure.numbered(1, 12)).diverging()
                                .axes("input", "output"),
                        Figure.heatmap("G' x", layer.weight().grad(), Figure.numbered(1, 8), Figure.numbered(1, 12)).diverging()
                                .axes("input", "output"))
                .describedAs("The weight matrix, and beside it the product of the outputs' gradients with the input."));
        lab.shows("fully-connected-layer", "largest weight times the root of the inputs",
                layer.weight().detach().abs().max().item() * Math.sqrt(12), below(1 + 1e-6));
    }
}
