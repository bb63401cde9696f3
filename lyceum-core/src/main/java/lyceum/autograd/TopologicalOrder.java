package lyceum.autograd;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.stream.Collectors;
import lyceum.autograd.Graph.Call;
import lyceum.autograd.Graph.Constant;
import lyceum.autograd.Graph.Input;
import lyceum.autograd.Graph.Node;

/** Sorts nodes so that each comes after its operands, and numbers them in that order. */
final class TopologicalOrder {
    private final List<Node> sorted = new ArrayList<>();
    private final Map<Integer, Integer> places = new HashMap<>();

    TopologicalOrder(List<? extends Node> nodes) {
        var at = new HashMap<Integer, Integer>();
        for (int i = 0; i < nodes.size(); i++) {
            if (at.put(nodes.get(i).id(), i) != null)
                throw new IllegalArgumentException("graph: id " + nodes.get(i).id() + " is repeated; ids are unique");
        }
        var waiting = new int[nodes.size()];
        var readers = new ArrayList<List<Integer>>();
        for (int i = 0; i < nodes.size(); i++) readers.add(new ArrayList<>());
        for (int i = 0; i < nodes.size(); i++) {
            for (int operand : nodes.get(i).operands()) {
                var from = at.get(operand);
                if (from == null) throw new IllegalArgumentException(
                        "graph: node " + nodes.get(i).id() + " reads node " + operand + ", which does not exist");
                readers.get(from).add(i);
                waiting[i]++;
            }
        }
        var ready = new PriorityQueue<Integer>();
        for (int i = 0; i < waiting.length; i++) if (waiting[i] == 0) ready.add(i);
        while (!ready.isEmpty()) {
            int next = ready.poll();
            place(nodes.get(next));
            for (int reader : readers.get(next)) if (--waiting[reader] == 0) ready.add(reader);
        }
        if (sorted.size() < nodes.size())
            throw new IllegalArgumentException("graph: nodes depend on one another in a circle: " + circle(nodes, at, waiting));
    }

    private void place(Node node) {
        int id = sorted.size();
        places.put(node.id(), id);
        sorted.add(switch (node) {
            case Input input -> new Input(id, input.name(), input.dtype(), input.shape());
            case Constant constant -> new Constant(id, constant.value());
            case Call call ->
                    new Call(id, call.operation(), call.operands().stream().map(places::get).toList(), call.dtype(), call.shape());
        });
    }

    /** Walks back from a node that waits to one that it has seen: {@code 3 -> 5 -> 4 -> 3}. */
    private static String circle(List<? extends Node> nodes, Map<Integer, Integer> at, int[] waiting) {
        int start = 0;
        while (waiting[start] == 0) start++;
        var path = new ArrayList<Integer>();
        int here = start;
        while (!path.contains(here)) {
            path.add(here);
            for (int operand : nodes.get(here).operands()) {
                if (waiting[at.get(operand)] == 0) continue;
                here = at.get(operand);
                break;
            }
        }
        var circle = new ArrayList<>(path.subList(path.indexOf(here), path.size()).reversed());
        circle.addFirst(here);
        return circle.stream().map(i -> Integer.toString(nodes.get(i).id())).collect(Collectors.joining(" -> "));
    }

    List<Node> nodes() { return sorted; }

    List<Integer> renumbered(List<Integer> ids) {
        for (int id : ids) if (!places.containsKey(id)) throw new IllegalArgumentException("graph: output " + id + " does not exist");
        return ids.stream().map(places::get).toList();
    }
}
