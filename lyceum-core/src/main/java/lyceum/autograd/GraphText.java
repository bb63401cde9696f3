package lyceum.autograd;

import java.util.LinkedHashMap;
import java.util.Locale;
import lyceum.autograd.Graph.Call;
import lyceum.autograd.Graph.Constant;
import lyceum.autograd.Graph.Input;
import lyceum.autograd.Graph.Node;
import lyceum.tensor.Tensor;
import tools.jackson.databind.json.JsonMapper;

/** A graph for readers: as a listing, for Graphviz, as JSON. */
final class GraphText {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private GraphText() {}

    static String number(Tensor value) {
        double v = value.item();
        return v == Math.rint(v) && Math.abs(v) < 1e15 ? Long.toString((long) v) : String.format(Locale.ROOT, "%.4g", v);
    }

    static String listing(Graph graph) {
        var text = new StringBuilder();
        for (var node : graph.nodes()) {
            text.append('%').append(node.id()).append(" = ").append(kind(node)).append(node.text());
            for (int operand : node.operands()) text.append(" %").append(operand);
            text.append(" : ").append(node.dtype()).append(' ').append(node.shape()).append('\n');
        }
        text.append("return");
        for (int output : graph.outputs()) text.append(" %").append(output);
        return text.append('\n').toString();
    }

    private static String kind(Node node) {
        return switch (node) {
            case Input input -> "input ";
            case Constant constant -> constant.value().count() == 1 ? "constant " : "";
            case Call call -> "";
        };
    }

    static String dot(Graph graph) {
        var text = new StringBuilder("digraph {\n  rankdir=LR;\n  node [shape=box];\n");
        for (var node : graph.nodes()) {
            var form = node instanceof Call ? "" : node instanceof Input ? ", shape=ellipse" : ", shape=plaintext";
            var end = graph.outputs().contains(node.id()) ? ", peripheries=2" : "";
            text.append("  n").append(node.id()).append(" [label=\"").append(quoted(node.text())).append("\\n").append(node.dtype())
                    .append(' ').append(node.shape()).append(cost(graph, node)).append('"').append(form).append(end).append("];\n");
            for (int operand : node.operands()) text.append("  n").append(operand).append(" -> n").append(node.id()).append(";\n");
        }
        return text.append("}\n").toString();
    }

    /** Operations and bytes moved, where there are any. */
    private static String cost(Graph graph, Node node) {
        if (!(node instanceof Call call)) return "";
        var cost = graph.cost(call);
        return cost.operations() == 0 && cost.bytes() == 0 ? "" : "\\n" + cost.operations() + " operations, " + cost.bytes() + " bytes";
    }

    private static String quoted(String text) { return text.replace("\\", "\\\\").replace("\"", "\\\""); }

    static String json(Graph graph) {
        var whole = new LinkedHashMap<String, Object>();
        whole.put("formatVersion", 1);
        whole.put("nodes", graph.nodes().stream().map(node -> fields(graph, node)).toList());
        whole.put("inputs", graph.inputs());
        whole.put("outputs", graph.outputs());
        return JSON.writeValueAsString(whole);
    }

    private static LinkedHashMap<String, Object> fields(Graph graph, Node node) {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("id", node.id());
        fields.put("kind", node.getClass().getSimpleName().toLowerCase(Locale.ROOT));
        fields.put("text", node.text());
        fields.put("operands", node.operands());
        fields.put("dtype", node.dtype().name());
        fields.put("shape", node.shape().toArray());
        if (node instanceof Call call) {
            fields.put("operations", graph.cost(call).operations());
            fields.put("bytes", graph.cost(call).bytes());
        }
        return fields;
    }
}
