package lyceum.labs.core;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.Worst;
import lyceum.plot.Edge;
import lyceum.plot.Figure;
import lyceum.plot.Node;
import lyceum.tensor.Tensor;

/** One input, three hidden units, one output: values flow to the loss, blame flows back, with numbers on every edge. */
@Lab(topics = "backpropagation", title = "Values forward, blame backward")
final class BackpropagationLab implements LabBody {
    private static final int UNITS = 3;

    @Override public void run(LabContext lab) {
        double x = lab.param("x", 1.5, -3, 3), target = lab.param("target", 0.8, -2, 2), rate = lab.param("learningRate", 0.2, 0.01, 1);
        var w = Tensor.of(0.5, -0.3, 1.2).requiresGrad();
        var v = Tensor.of(0.7, -0.6, 0.4).requiresGrad();
        var h = w.mul(x).tanh();
        var y = h.dot(v);
        var loss = y.sub(target).square().mul(0.5);
        loss.backward();

        var pass = new Pass(x, w.toDoubleArray(), h.toDoubleArray(), v.toDoubleArray(), y.item(), loss.item(), w.grad().toDoubleArray(),
                v.grad().toDoubleArray(), y.item() - target);
        var frames = new ArrayList<Figure>();
        for (int step = 0; step <= 6; step++) frames.add(pass.drawn(step));
        lab.figure(Figure.frames("One forward and one backward pass", "step", frames).describedAs(
                "Steps 1 to 3 carry products to the loss (blue); steps 4 to 6 carry the derivative of the loss back to every weight (orange). Edges show the product w x; once blamed, d loss / d w."));
        double after = w.detach().sub(w.grad().mul(rate)).mul(x).tanh().dot(v.detach().sub(v.grad().mul(rate))).sub(target).square()
                .mul(0.5).item();
        lab.say("The loss is %.4f. One step of %.2f against these gradients makes it %.4f.", loss.item(), rate, after);

        lab.check(4, "sweep against the delta rule", delta(lab, pass), below(1e-12));
        // What is used twice is blamed twice: overwriting instead of adding would lose half of it.
        var shared = Tensor.randn(lab.rng(1), DType.F64, 5).compute();
        var both = Autograd.grad(t -> t.square().add(t.mul(3)).sum()).apply(shared);
        lab.shows("a value used twice collects 2x + 3", Worst.gap(both, shared.mul(2).add(3)), below(1e-14));
    }

    /** The textbook's rule, written out: delta of the output, then delta of each hidden unit. */
    private static double delta(LabContext lab, Pass pass) {
        var rows = new ArrayList<List<?>>();
        var worst = new Worst();
        for (int j = 0; j < UNITS; j++) {
            double hidden = pass.error * pass.v[j] * (1 - pass.h[j] * pass.h[j]);
            worst.see(Math.abs(pass.dv[j] - pass.error * pass.h[j])).see(Math.abs(pass.dw[j] - hidden * pass.x));
            rows.add(List.of("h" + (j + 1), pass.h[j], pass.error, hidden, hidden * pass.x, pass.error * pass.h[j]));
        }
        lab.table("The delta rule by hand",
                List.of("unit", "value", "delta of the output", "delta of the unit", "d loss / d w", "d loss / d v"), rows);
        return worst.value();
    }

    /** All numbers of one pass, and the picture after each of its steps. */
    private record Pass(double x, double[] w, double[] h, double[] v, double y, double loss, double[] dw, double[] dv, double error) {

        Figure drawn(int step) {
            var nodes = new ArrayList<Node>(List.of(node("x", x, 0, 0, 9, step)));
            var edges = new ArrayList<Edge>();
            for (int j = 0; j < UNITS; j++) {
                var unit = "h" + (j + 1);
                nodes.add(node(unit, h[j], error * v[j], 1, 5, step));
                edges.add(new Edge("x", unit, carried(x * w[j], dw[j], 1, 6, step)));
                edges.add(new Edge(unit, "y", carried(h[j] * v[j], dv[j], 2, 5, step)));
            }
            nodes.add(node("y", y, error, 2, 4, step));
            nodes.add(node("loss", loss, 1, 3, 4, step));
            edges.add(new Edge("y", "loss", carried(y, error, 3, 4, step)));
            var titles = List.of("The input", "Forward: hidden units", "Forward: output", "Forward: loss", "Backward: output",
                    "Backward: hidden units, second weights", "Backward: first weights");
            return Figure.graph(titles.get(step), nodes, edges);
        }

        /** Shows the value from step {@code known} on, the gradient instead from step {@code blamed} on. */
        private static Node node(String name, double value, double gradient, int known, int blamed, int step) {
            return new Node(name, name + "|" + carried(value, gradient, known, blamed, step), step >= blamed ? "gradient" : "value");
        }

        private static String carried(double value, double gradient, int known, int blamed, int step) {
            return step >= blamed ? "d " + number(gradient) : step >= known ? number(value) : "";
        }

        private static String number(double value) { return String.format(Locale.ROOT, "%.2f", value); }
    }
}
