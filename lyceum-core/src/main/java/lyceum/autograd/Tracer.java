package lyceum.autograd;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import lyceum.autograd.Graph.Node;
import lyceum.tensor.Operation;
import lyceum.tensor.Tensor;
import lyceum.tensor.Tracing;
import lyceum.tensor.ViewOps;

/** Writes down operations as they are made. Tensors that it did not see being made are constants. */
class Tracer implements Tracing.Recorder {
    private final List<Node> nodes = new ArrayList<>();
    private final Map<Tensor, Integer> ids = new IdentityHashMap<>();

    void input(String name, Tensor tensor) { add(tensor, new Graph.Input(nodes.size(), name, tensor.dtype(), tensor.shape())); }

    @Override public void made(Operation operation, boolean stopped, Tensor result, Tensor... operands) {
        if (operation instanceof ViewOps.Stop && !ids.containsKey(operands[0])) return;
        var from = new ArrayList<Integer>();
        for (var operand : operands) from.add(idOf(operand));
        add(result, new Graph.Call(nodes.size(), operation, from, result.dtype(), result.shape()));
        if (stopped && !(operation instanceof ViewOps.Stop))
            add(result, new Graph.Call(nodes.size(), new ViewOps.Stop(), List.of(nodes.size() - 1), result.dtype(), result.shape()));
    }

    void add(Tensor tensor, Node node) {
        ids.put(tensor, node.id());
        nodes.add(node);
    }

    int idOf(Tensor tensor) {
        var known = ids.get(tensor);
        if (known != null) return known;
        add(tensor, new Graph.Constant(nodes.size(), constant(tensor)));
        return nodes.size() - 1;
    }

    /** What is kept of a tensor that was there before. */
    Tensor constant(Tensor tensor) { return Tracing.frozen(tensor); }

    /** The node of a tensor that was seen being made, or null. */
    Node known(Tensor tensor) {
        var id = ids.get(tensor);
        return id == null ? null : nodes.get(id);
    }

    List<Node> nodes() { return nodes; }
}
