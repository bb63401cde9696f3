package lyceum.nn.onnx;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import lyceum.format.OnnxFile;
import lyceum.format.OnnxFile.Type;
import lyceum.plot.Edge;
import lyceum.plot.Figure;
import lyceum.plot.Node;

/**
 * Types and shapes of all values of a graph, found before anything runs, and what its nodes cost. Open sizes keep their names: {@code (batch, 12, sequence, 32)},
 * {@code floor((width + 1)/2)}; {@code ?} is what cannot be known without running.
 *
 * {@snippet :
 * var model = OnnxModel.load(Path.of("model.onnx"));
 * OnnxShapes shapes = model.shapes();
 * System.out.println(shapes.text("logits"));               // FLOAT (batch, 10)
 * System.out.println(shapes.contradictions());             // nodes whose inputs cannot go together
 * model.shapes(Map.of("batch", 32L)).operations();         // multiply-adds of a batch of 32
 * }
 *
 * @param types by the names of values: inputs, constants, results of nodes; where the rank is not known the shape is null
 * @param work the nodes in order
 * @param contradictions a sentence for each node whose inputs cannot go together, or whose result the file says otherwise
 */
public record OnnxShapes(SequencedMap<String, Type> types, List<Work> work, List<String> contradictions) {
    private static final int WIDEST = 24, LONGEST = 60;

    /**
     * What a node does.
     *
     * @param outputs types and shapes
     * @param operations multiply-adds of products, elements that all else computes; as a text, since they may hang on open sizes; "?" if they are not known, ".." if the text is long
     * @param count of the operations, -1 if it is no number
     */
    public record Work(OnnxFile.Node node, String outputs, String operations, long count) {}

    /** Of a file, even one with operators that cannot be run. @param sizes of open dimensions, by their names */
    public static OnnxShapes of(OnnxFile file, Map<String, Long> sizes) {
        var found = ShapeInference.of(file, sizes);
        var types = new LinkedHashMap<String, Type>();
        found.values().forEach((name, value) -> types.put(name, value.toType()));
        var work = new ArrayList<Work>();
        for (var seen : found.seen()) {
            var outputs = new ArrayList<String>();
            for (var out : seen.out()) outputs.add(out.toString());
            var cost = seen.cost();
            boolean isNumber = cost != null && cost.isNumber();
            var text = cost == null ? "?" : isNumber ? String.format(Locale.ROOT, "%,d", cost.number()) : cost.toString();
            work.add(new Work(seen.node(), String.join(", ", outputs), text.length() > LONGEST ? ".." : text,
                    isNumber ? cost.number() : -1));
        }
        return new OnnxShapes(Collections.unmodifiableSequencedMap(types), List.copyOf(work), List.copyOf(found.contradictions()));
    }

    /** Type and shape of a value, as {@code FLOAT (batch, 10)}. @throws IllegalArgumentException if there is none of that name */
    public String text(String value) {
        if (!(types.get(value) instanceof Type.OfTensor type))
            throw new IllegalArgumentException("OnnxShapes: there is no value \"" + value + "\"");
        return type.element() + " " + (type.shape() == null ? "(..)" : type.shape().toString().replace('[', '(').replace(']', ')'));
    }

    /** Operations of all nodes, or -1 if those of one are no number: then some size is open. */
    public long operations() {
        long sum = 0;
        for (var each : work) {
            if (each.count < 0) return -1;
            sum += each.count;
        }
        return sum;
    }

    /**
     * The graph from its inputs to its outputs: each node with what it costs, each edge with the shape of the value on it. Weights are left out, and what is
     * worked out of constants alone.
     *
     * @param most nodes that are drawn; of a longer graph its beginning
     */
    public Figure figure(OnnxFile.Graph graph, int most) {
        var makers = new HashMap<String, String>();
        var nodes = new ArrayList<Node>();
        var edges = new LinkedHashSet<Edge>();
        for (var port : graph.inputs()) {
            if (graph.initializers().containsKey(port.name())) continue;
            makers.put(port.name(), "in " + nodes.size());
            nodes.add(new Node("in " + nodes.size(), cut(port.name()) + "|" + text(port.name()), "input"));
        }
        double all = work.stream().mapToLong(w -> Math.max(0, w.count)).sum();
        int drawn = 0;
        for (var each : work) {
            var id = "node " + drawn;
            if (each.node.inputs().stream().noneMatch(makers::containsKey)) continue;
            if (drawn++ == most) break;
            boolean dear = each.count > 0 && each.count > 0.1 * all;
            nodes.add(new Node(id, each.node.operator() + (each.count == 0 ? "" : "|" + cut(each.operations)),
                    dear ? "a tenth of the work or more" : ""));
            for (var input : each.node.inputs()) if (makers.containsKey(input)) edges.add(new Edge(makers.get(input), id, shape(input)));
            for (var output : each.node.outputs()) if (!output.isEmpty()) makers.put(output, id); // what is left out has no name
        }
        for (var port : graph.outputs()) {
            if (!makers.containsKey(port.name())) continue;
            var id = "out " + nodes.size();
            nodes.add(new Node(id, cut(port.name()) + "|" + text(port.name()), "output"));
            edges.add(new Edge(makers.get(port.name()), id, ""));
        }
        return Figure.tree(graph.name().isBlank() ? "Graph" : cut(graph.name()), nodes, List.copyOf(edges)).describedAs(
                "Operators from the inputs to the outputs with the multiply-adds or elements that they compute; on the edges the shapes of the values.");
    }

    private String shape(String value) {
        return types.get(value) instanceof Type.OfTensor type && type.shape() != null
                ? cut(type.shape().toString().replace('[', '(').replace(']', ')')) : "";
    }

    private static String cut(String text) { return text.length() > WIDEST ? text.substring(0, WIDEST - 2) + ".." : text; }
}
