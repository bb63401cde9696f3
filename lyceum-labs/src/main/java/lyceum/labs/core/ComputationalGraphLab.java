package lyceum.labs.core;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.autograd.Graph;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.Worst;
import lyceum.plot.Edge;
import lyceum.plot.Figure;
import lyceum.plot.Node;
import lyceum.tensor.Tensor;

/** A small loss with some waste in it, as a drawing: before the passes, after them, and with its gradient appended. */
@Lab(topics = "computational-graph", title = "A function one can look at")
final class ComputationalGraphLab implements LabBody {
    @Override public void run(LabContext lab) {
        int batch = lab.param("batch", 64, 1, 1000), width = lab.param("width", 8, 1, 200);
        double penalty = lab.param("penalty", 0.01, 0, 1);
        Tensor x = Tensor.randn(lab.rng(1), DType.F64, batch, 4).compute(), w = Tensor.randn(lab.rng(2), DType.F64, 4, width).compute();
        var v = Tensor.randn(lab.rng(3), DType.F64, width).compute();
        Function<Tensor[], Tensor[]> loss = in -> {
            var half = Tensor.of(4.0).sqrt().reciprocal(); // known beforehand
            var error = in[0].matmul(in[1]).tanh().matmul(in[2]).sub(1);
            var again = in[0].matmul(in[1]).tanh().matmul(in[2]).sub(1); // written twice
            again.exp().sum(); // read by nobody
            return new Tensor[] {error.mul(again).mul(half).mean().add(in[1].square().sum().mul(penalty))};
        };

        var traced = Graph.trace(loss, x, w, v);
        var simplified = traced.simplified();
        var training = simplified.withGradient();
        var both = training.simplified();
        lab.figure(drawing("As traced", traced, 0)
                .describedAs("Every call is a box: one part stands twice, one leads nowhere, one reads only a constant."));
        lab.figure(drawing("After the passes", simplified, 0).describedAs("The copy, the dead end and the constant arithmetic are gone."));
        lab.figure(drawing("With the gradient", both, simplified.nodes().size())
                .describedAs("The gradient is more boxes of the same kinds, appended; it reads values of the forward part."));
        var rows = new ArrayList<List<?>>();
        rows.add(row("as traced", traced));
        rows.add(row("after the passes", simplified));
        rows.add(row("with gradient", training));
        rows.add(row("with gradient, after the passes", both));
        lab.table("What the passes save",
                List.of("graph", "operations", "scalar work", "longest path", "element-wise passes", "planned bytes", "eager bytes"), rows);
        lab.say("Of %d traced operations %d remain. Loss and gradients need %d.", traced.calls(), simplified.calls(), both.calls());

        // Other values than those that were traced.
        Tensor[] other = {Tensor.randn(lab.rng(4), DType.F64, batch, 4).compute(), Tensor.randn(lab.rng(5), DType.F64, 4, width).compute(),
                v.mul(2).compute()};
        lab.shows("replay against eager, on new inputs", gap(traced.run(other), loss.apply(other)), exactly(0));
        lab.shows("after the passes, relative", gap(simplified.run(other), loss.apply(other)) / Math.max(1, loss.apply(other)[0].item()),
                below(1e-6));
        var plan = both.plan();
        lab.shows("poisoned memory changes a value by", gap(plan.runPoisoned(other), plan.run(other)), exactly(0));
        lab.shows("planned bytes over eager bytes", (double) plan.peakBytes() / plan.eagerBytes(), atMost(1));
        var leaves = new Tensor[] {other[0].requiresGrad(), other[1].requiresGrad(), other[2].requiresGrad()};
        var tape = Autograd.gradients(loss.apply(leaves)[0], leaves, false);
        lab.shows("gradient graph against the tape", gap(simplified.gradient().run(other), tape), below(1e-10));
    }

    private static List<?> row(String name, Graph graph) {
        var plan = graph.plan();
        return List.of(name, graph.calls(), graph.work(), graph.depth(), graph.fusionGroups().size(), plan.peakBytes(), plan.eagerBytes());
    }

    private static double gap(Tensor[] a, Tensor[] b) {
        var gap = new Worst();
        for (int i = 0; i < a.length; i++) gap.see(a[i], b[i]);
        return gap.value();
    }

    /** Nodes from {@code gradientFrom} on, if that is not 0, were appended by differentiation. */
    private static Figure drawing(String title, Graph graph, int gradientFrom) {
        var nodes = new ArrayList<Node>();
        var edges = new ArrayList<Edge>();
        for (var node : graph.nodes()) {
            var group = switch (node) {
                case Graph.Input input -> "input";
                case Graph.Constant constant -> "constant";
                case Graph.Call call -> gradientFrom > 0 && call.id() >= gradientFrom ? "gradient" : "operation";
            };
            nodes.add(new Node(Integer.toString(node.id()), node.text() + "|" + node.shape(), group));
            for (int operand : node.operands()) edges.add(Edge.of(Integer.toString(operand), Integer.toString(node.id())));
        }
        var order = List.of("input", "constant", "operation", "gradient"); // so that a group has one colour in all drawings
        nodes.sort(Comparator.comparingInt(n -> order.indexOf(n.group())));
        return Figure.graph(title, nodes, edges);
    }
}
