package lyceum.autograd;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lyceum.DType;
import lyceum.autograd.Graph.Call;
import lyceum.autograd.Graph.Constant;
import lyceum.autograd.Graph.Input;
import lyceum.autograd.Graph.Node;
import lyceum.tensor.ElementwiseOp;
import lyceum.tensor.GradMode;
import lyceum.tensor.Operation;
import lyceum.tensor.Shape;
import lyceum.tensor.Tensor;
import lyceum.tensor.Tracing;

/** The passes: each makes another graph with the same values. */
final class Rewriting {
    /** A folded constant may be larger than what it came from up to this number of elements. */
    private static final long FOLDED = 1 << 16;
    /** Constants up to this number of elements are compared by content. */
    private static final long COMPARED = 1 << 12;
    private static final int LONGEST_GROUP = 48;

    private final Graph from;
    private final List<Node> nodes = new ArrayList<>();
    /** New id of each old node, or -1. */
    private final int[] ids;

    private Rewriting(Graph from) {
        this.from = from;
        this.ids = new int[from.nodes().size()];
        Arrays.fill(ids, -1);
    }

    private Graph done() { return from.rewritten(nodes, from.outputs().stream().map(id -> ids[id]).toList()); }

    private int add(Node node) {
        int id = nodes.size();
        nodes.add(switch (node) {
            case Input input -> new Input(id, input.name(), input.dtype(), input.shape());
            case Constant constant -> new Constant(id, constant.value());
            case Call call -> new Call(id, call.operation(), call.operands(), call.dtype(), call.shape());
        });
        return id;
    }

    /** The old node with operands in new ids. */
    private Node moved(Node node) {
        return node instanceof Call call
                ? new Call(0, call.operation(), call.operands().stream().map(o -> ids[o]).toList(), call.dtype(), call.shape()) : node;
    }

    static Graph foldConstants(Graph graph) {
        var r = new Rewriting(graph);
        for (var node : graph.nodes()) {
            var moved = r.moved(node);
            if (moved instanceof Call call && r.folds(call)) {
                var operands = call.operands().stream().map(o -> ((Constant) r.nodes.get(o)).value()).toArray(Tensor[]::new);
                moved = new Constant(0, Tracing.frozen(GradMode.with(false, () -> call.operation().apply(operands))));
            }
            r.ids[node.id()] = r.add(moved);
        }
        return dropUnreadConstants(r.done());
    }

    private boolean folds(Call call) {
        long largest = FOLDED;
        for (int operand : call.operands()) {
            if (!(nodes.get(operand) instanceof Constant)) return false;
            largest = Math.max(largest, nodes.get(operand).shape().count());
        }
        return call.shape().count() <= largest;
    }

    /** Constants that were folded into others are gone; other dead nodes are the business of another pass. */
    private static Graph dropUnreadConstants(Graph graph) {
        var readers = graph.readers();
        var r = new Rewriting(graph);
        for (var node : graph.nodes()) {
            boolean unread = node instanceof Constant && readers.get(node.id()).isEmpty() && !graph.outputs().contains(node.id());
            if (!unread) r.ids[node.id()] = r.add(r.moved(node));
        }
        return r.done();
    }

    static Graph share(Graph graph) {
        var r = new Rewriting(graph);
        Map<Object, Integer> known = new HashMap<>();
        for (var node : graph.nodes()) {
            var moved = r.moved(node);
            var key = key(moved);
            Integer same = key == null ? null : known.get(key);
            r.ids[node.id()] = same != null ? same : r.add(moved);
            if (key != null) known.putIfAbsent(key, r.ids[node.id()]);
        }
        return r.done();
    }

    private record Same(Operation operation, List<Integer> operands) {}

    private record SameConstant(DType type, Shape shape, List<Long> bits) {}

    /** Equal for nodes of equal value; null for a node that equals no other. */
    private static Object key(Node node) {
        return switch (node) {
            case Input input -> null;
            case Constant constant -> constant.value().count() > COMPARED ? null
                    : new SameConstant(constant.dtype(), constant.shape(), bits(constant.value()));
            case Call call ->
                    new Same(call.operation(), call.operation().commutes() ? call.operands().stream().sorted().toList() : call.operands());
        };
    }

    private static List<Long> bits(Tensor value) {
        return value.dtype().isFloat() ? Arrays.stream(value.toDoubleArray()).mapToObj(Double::doubleToRawLongBits).toList()
                : Arrays.stream(value.toLongArray()).boxed().toList();
    }

    static Graph dropDead(Graph graph) {
        var alive = new boolean[graph.nodes().size()];
        for (int output : graph.outputs()) alive[output] = true;
        for (var node : graph.nodes().reversed()) if (alive[node.id()]) for (int operand : node.operands()) alive[operand] = true;
        var r = new Rewriting(graph);
        for (var node : graph.nodes()) if (alive[node.id()] || node instanceof Input) r.ids[node.id()] = r.add(r.moved(node));
        return r.done();
    }

    /** Fused operations become the operations that they abbreviate, as these report themselves: only ones remain that store straight into given memory. */
    static Graph lower(Graph graph) {
        if (graph.nodes().stream().noneMatch(node -> node instanceof Call call && call.operation().isComposed())) return graph;
        var tracer = new Tracer();
        var values = new Tensor[graph.nodes().size()];
        int input = 0;
        for (var node : graph.nodes()) {
            switch (node) {
                case Input in -> tracer.input(in.name(), values[in.id()] = graph.examples()[input++].detach());
                case Constant constant -> values[constant.id()] = constant.value();
                case Call call -> {
                    var operands = Graph.operands(call, values);
                    values[call.id()] = GradMode.with(false, () -> Tracing.with(tracer, () -> call.operation().composed(operands)));
                }
            }
        }
        return graph.rewritten(tracer.nodes(), graph.outputs().stream().map(id -> tracer.idOf(values[id])).toList());
    }

    static List<List<Integer>> fusionGroups(Graph graph) {
        int n = graph.nodes().size();
        var last = new int[n];
        var size = new int[n];
        Arrays.fill(last, -1);
        var readers = graph.readers();
        for (var node : graph.nodes().reversed()) {
            if (!elementwise(node)) continue;
            int id = node.id(), group = graph.outputs().contains(id) || readers.get(id).isEmpty() ? -1 : last[readers.get(id).getFirst()];
            for (int reader : readers.get(id)) if (last[reader] != group) group = -1;
            if (group >= 0 && (size[group] >= LONGEST_GROUP || !graph.node(group).shape().equals(node.shape()))) group = -1;
            last[id] = group >= 0 ? group : id;
            size[last[id]]++;
        }
        var groups = new TreeMap<Integer, List<Integer>>();
        for (int id = 0; id < n; id++) if (last[id] >= 0) groups.computeIfAbsent(last[id], g -> new ArrayList<>()).add(id);
        return List.copyOf(groups.values());
    }

    private static boolean elementwise(Node node) { return node instanceof Call call && call.operation() instanceof ElementwiseOp; }
}
