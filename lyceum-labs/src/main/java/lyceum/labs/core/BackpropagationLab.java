package lyceum.labs.core;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Edge;
import lyceum.plot.Figure;
import lyceum.plot.Node;
import lyceum.tensor.Tensor;

/** Two inputs, two hidden units, one output: values flow to the loss, blame flows back, with a number on every edge. */
@Lab(topics = "backpropagation", title = "Values forward, blame backward")
final class BackpropagationLab implements LabBody {
    private static final int CHAIN = 20_000;

    @Override public void run(LabContext lab) {
        double x1 = lab.param("x1", 1.0, -3, 3), x2 = lab.param("x2", -0.5, -3, 3), target = lab.param("target", 0.8, -2, 2);
        double rate = lab.param("learningRate", 0.2, 0.01, 1);
        var x = Tensor.of(x1, x2);
        var w = Tensor.of(new double[][] {{0.5, -0.3}, {0.8, 0.2}}).requiresGrad();
        var v = Tensor.of(0.7, -0.6).requiresGrad();
        var h = x.matmul(w).tanh();
        var y = h.dot(v);
        var loss = y.sub(target).square().mul(0.5);
        loss.backward();

        Tensor dw = w.grad(), dv = v.grad();
        lab.figure(Figure.row("One forward and one backward pass", forward(x, w, h, v, y, loss), backward(dw, dv, y.item() - target))
                .describedAs("On the left the products that each edge carries towards the loss; on the right, with arrows turned round, the derivative of the loss by each weight."));
        double step = loss.item(), after = x.matmul(w.detach().sub(dw.mul(rate))).tanh().dot(v.detach().sub(dv.mul(rate))).sub(target).square().mul(0.5).item();
        lab.say("The loss is %.4f. One step of %.2f against these gradients makes it %.4f.", step, rate, after);

        delta(lab, x, w.detach(), v.detach(), target, dw, dv);
        UnaryOperator<Tensor> f = p -> x.matmul(p.narrow(0, 0, 4).reshape(2, 2)).tanh().dot(p.narrow(0, 4, 2)).sub(target).square().mul(0.5);
        lab.check("backpropagation", 1, "gradient against central differences", differences(f, Tensor.concat(0, w.detach().flatten(), v.detach())), below(1e-6));
        var start = Tensor.of(0.5).requiresGrad();
        Tensor end = start;
        for (int i = 0; i < CHAIN; i++) end = end.add(1e-6);
        end.sum().backward();
        lab.check("backpropagation", "gradient through a chain of %d additions".formatted(CHAIN), start.grad().item(), exactly(1));
        fanOut(lab);
    }

    /** The textbook's rule, written out: delta of the output, then delta of each hidden unit. */
    private static void delta(LabContext lab, Tensor x, Tensor w, Tensor v, double target, Tensor dw, Tensor dv) {
        var h = new double[2];
        double y = 0, worst = 0;
        for (int j = 0; j < 2; j++) {
            h[j] = Math.tanh(x.item(0) * w.item(0, j) + x.item(1) * w.item(1, j));
            y += h[j] * v.item(j);
        }
        var rows = new ArrayList<List<?>>();
        for (int j = 0; j < 2; j++) {
            double hidden = (y - target) * v.item(j) * (1 - h[j] * h[j]);
            worst = Math.max(worst, Math.abs(dv.item(j) - (y - target) * h[j]));
            for (int i = 0; i < 2; i++) worst = Math.max(worst, Math.abs(dw.item(i, j) - hidden * x.item(i)));
            rows.add(List.of("h" + (j + 1), h[j], y - target, hidden));
        }
        lab.table("The delta rule by hand", List.of("unit", "value", "delta of the output", "delta of the unit"), rows);
        lab.check("backpropagation", 4, "sweep against the delta rule", worst, below(1e-12));
    }

    /** What is used twice is blamed twice: overwriting instead of adding would give half of it. */
    private static void fanOut(LabContext lab) {
        var shared = Tensor.randn(lab.rng(1), DType.F64, 5).compute();
        var both = Autograd.grad(t -> t.square().add(t.mul(3)).sum()).apply(shared);
        lab.check("backpropagation", "a value used twice collects 2x + 3", both.sub(shared.mul(2).add(3)).abs().max().item(), below(1e-14));
    }

    private static double differences(UnaryOperator<Tensor> f, Tensor at) {
        var gradient = Autograd.grad(f).apply(at);
        double step = 1e-5, worst = 0;
        for (int i = 0; i < at.count(); i++) {
            var nudge = Tensor.arange(at.count()).eq(i).to(DType.F64).mul(step);
            double slope = (f.apply(at.add(nudge)).item() - f.apply(at.sub(nudge)).item()) / (2 * step);
            worst = Math.max(worst, Math.abs(slope - gradient.item(i)));
        }
        return worst;
    }

    private static Figure forward(Tensor x, Tensor w, Tensor h, Tensor v, Tensor y, Tensor loss) {
        var nodes = new ArrayList<Node>();
        var edges = new ArrayList<Edge>();
        for (int i = 0; i < 2; i++) nodes.add(node("x" + (i + 1), x.item(i), "forward"));
        for (int j = 0; j < 2; j++) {
            nodes.add(node("h" + (j + 1), h.item(j), "forward"));
            for (int i = 0; i < 2; i++) edges.add(new Edge("x" + (i + 1), "h" + (j + 1), number(x.item(i) * w.item(i, j))));
            edges.add(new Edge("h" + (j + 1), "y", number(h.item(j) * v.item(j))));
        }
        nodes.add(node("y", y.item(), "forward"));
        nodes.add(node("loss", loss.item(), "forward"));
        edges.add(new Edge("y", "loss", number(y.item())));
        return Figure.graph("Forward: value carried by each edge", nodes, edges);
    }

    private static Figure backward(Tensor dw, Tensor dv, double error) {
        var nodes = new ArrayList<Node>(List.of(new Node("loss", "loss|blame 1", "gradient"), node("y", error, "gradient")));
        var edges = new ArrayList<Edge>(List.of(new Edge("loss", "y", number(error))));
        for (int j = 0; j < 2; j++) {
            nodes.add(new Node("h" + (j + 1), "h" + (j + 1), "gradient"));
            edges.add(new Edge("y", "h" + (j + 1), number(dv.item(j))));
            for (int i = 0; i < 2; i++) edges.add(new Edge("h" + (j + 1), "x" + (i + 1), number(dw.item(i, j))));
        }
        for (int i = 0; i < 2; i++) nodes.add(new Node("x" + (i + 1), "x" + (i + 1), "gradient"));
        return Figure.graph("Backward: d loss / d weight of each edge", nodes, edges);
    }

    private static Node node(String name, double value, String group) { return new Node(name, name + "|" + number(value), group); }

    private static String number(double value) { return String.format(Locale.ROOT, "%.3f", value); }
}
