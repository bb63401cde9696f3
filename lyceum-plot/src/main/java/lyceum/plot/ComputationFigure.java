package lyceum.plot;

import java.util.ArrayList;
import java.util.Locale;
import lyceum.autograd.Graph;

/**
 * A traced computation as a picture: operations with the shapes that they make and what they cost, from the inputs to the outputs.
 *
 * {@snippet :
 * Plot picture = ComputationFigure.of("A layer", Graph.traceOne(x -> x.exp().sum(), Tensor.zeros(3, 4)));
 * }
 */
public final class ComputationFigure {
    private ComputationFigure() {}

    /** The picture; constants are left out. */
    public static Plot of(String title, Graph graph) {
        var nodes = new ArrayList<Node>();
        var edges = new ArrayList<Edge>();
        for (var node : graph.nodes()) {
            if (node instanceof Graph.Constant) continue;
            var label = node.text() + "|" + node.dtype() + " " + node.shape();
            if (node instanceof Graph.Call call)
                label += "|" + cost(graph.cost(call).operations(), "operations") + ", " + cost(graph.cost(call).bytes(), "bytes");
            nodes.add(new Node("n" + node.id(), label,
                    node instanceof Graph.Input ? "input" : graph.outputs().contains(node.id()) ? "output" : ""));
            for (int operand : node.operands())
                if (!(graph.node(operand) instanceof Graph.Constant)) edges.add(new Edge("n" + operand, "n" + node.id(), ""));
        }
        return Figure.graph(title, nodes, edges)
                .describedAs(String.format(Locale.ROOT,
                        "%d operations from the inputs to the outputs, %,d scalar operations and %,d bytes in all.", graph.calls(),
                        graph.work(), graph.traffic()));
    }

    private static String cost(long n, String what) {
        return n >= 1_000_000 ? String.format(Locale.ROOT, "%.1f M %s", n / 1e6, what)
                : n >= 10_000 ? String.format(Locale.ROOT, "%.1f k %s", n / 1e3, what) : n + " " + what;
    }
}
