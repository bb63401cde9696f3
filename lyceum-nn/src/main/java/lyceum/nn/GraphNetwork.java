package lyceum.nn;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.SequencedMap;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Shape;
import lyceum.tensor.ShapesOnly;
import lyceum.tensor.Tensor;

/**
 * A network drawn as named nodes and arrows without a cycle: each node is computed once, after all that it reads, and nothing is remembered between calls.
 *
 * {@snippet :
 * var block = GraphNetwork.from("x")
 *         .node("narrow", new Linear(64, 16, rng), "x")
 *         .node("wide", new Linear(16, 64, rng), "narrow")
 *         .join("sum", Join.sum(), "x", "wide")
 *         .build("sum");
 * Tensor y = block.forward(x);
 * block.shapes(DType.F32, Shape.of(32, 64));               // of every node, nothing computed
 * }
 *
 * <p>Nodes may be declared in any order; parameters are named by the node. Hooks find each node under its name.
 */
public final class GraphNetwork extends Module {

    /** @param layer of one input, or null for a {@code join} */
    private record Node(String name, Layer layer, Join join, List<String> reads) {}

    private final List<String> inputs, outputs;
    private final List<Node> order;
    private final Map<String, Layer> layers;

    private GraphNetwork(List<String> inputs, List<String> outputs, List<Node> order, Map<String, Layer> layers) {
        this.inputs = inputs;
        this.outputs = outputs;
        this.order = order;
        this.layers = layers;
    }

    /** A drawing that begins with these inputs. */
    public static Builder from(String... inputs) { return new Builder(List.of(inputs)); }

    /** A drawing in progress; see {@link GraphNetwork}. */
    public static final class Builder {
        private final List<String> inputs;
        private final Map<String, Node> nodes = new LinkedHashMap<>();

        private Builder(List<String> inputs) {
            if (inputs.isEmpty()) throw new IllegalArgumentException("GraphNetwork: there are no inputs; name one at least");
            if (new HashSet<>(inputs).size() < inputs.size())
                throw new IllegalArgumentException("GraphNetwork: an input's name is repeated in " + inputs);
            this.inputs = inputs;
        }

        /** A layer that reads one node or input. */
        public Builder node(String name, Layer layer, String reads) {
            return add(new Node(name, Objects.requireNonNull(layer, "layer"), null, List.of(reads)));
        }

        /** What several nodes or inputs are together. */
        public Builder join(String name, Join join, String... reads) {
            if (reads.length == 0) throw new IllegalArgumentException("GraphNetwork: " + name + " joins nothing");
            return add(new Node(name, null, Objects.requireNonNull(join, "join"), List.of(reads)));
        }

        private Builder add(Node node) {
            if (node.name.isEmpty() || node.name.contains("."))
                throw new IllegalArgumentException("GraphNetwork: a node is named '" + node.name + "'; names have no dots");
            if (inputs.contains(node.name) || nodes.putIfAbsent(node.name, node) != null)
                throw new IllegalArgumentException("GraphNetwork: the name " + node.name + " is taken; names are unique");
            return this;
        }

        /**
         * The network with these outputs.
         *
         * @throws IllegalArgumentException if a node reads what is not there, if nodes read one another in a circle (it is named: {@code a -> b -> a}), or
         *         if a node leads to no output
         */
        public GraphNetwork build(String... outputs) {
            if (outputs.length == 0) throw new IllegalArgumentException("GraphNetwork: there are no outputs; name one at least");
            for (var node : nodes.values()) for (var read : node.reads) known(read, node.name + " reads");
            for (var output : outputs) known(output, "an output is");
            var order = sorted();
            used(outputs);
            var layers = new LinkedHashMap<String, Layer>();
            nodes.values().forEach(node -> { if (node.layer instanceof Module) layers.put(node.name, node.layer); });
            return new GraphNetwork(inputs, List.of(outputs), order, layers);
        }

        private void known(String name, String what) {
            if (!inputs.contains(name) && !nodes.containsKey(name)) throw new IllegalArgumentException(
                    "GraphNetwork: " + what + " " + name + ", which does not exist; there are " + inputs + " and " + nodes.keySet());
        }

        /** Each after all that it reads, in the order of declaration where that is free (Kahn 1962). */
        private List<Node> sorted() {
            var all = List.copyOf(nodes.values());
            var number = new HashMap<String, Integer>();
            for (int i = 0; i < all.size(); i++) number.put(all.get(i).name, i);
            var waiting = new int[all.size()];
            var readers = new ArrayList<List<Integer>>();
            for (int i = 0; i < all.size(); i++) readers.add(new ArrayList<>());
            for (int i = 0; i < all.size(); i++) {
                for (var read : all.get(i).reads) {
                    if (!number.containsKey(read)) continue;
                    readers.get(number.get(read)).add(i);
                    waiting[i]++;
                }
            }
            var ready = new PriorityQueue<Integer>();
            for (int i = 0; i < waiting.length; i++) if (waiting[i] == 0) ready.add(i);
            var order = new ArrayList<Node>();
            while (!ready.isEmpty()) {
                int next = ready.poll();
                order.add(all.get(next));
                for (int reader : readers.get(next)) if (--waiting[reader] == 0) ready.add(reader);
            }
            if (order.size() < all.size()) {
                all.forEach(node -> { if (waiting[number.get(node.name)] == 0) number.remove(node.name); });
                throw new IllegalArgumentException("GraphNetwork: nodes read one another in a circle: " + circle(number));
            }
            return List.copyOf(order);
        }

        /** From a node that waits back along what it waits for, until one comes again; told in the direction of the arrows. */
        private String circle(Map<String, Integer> waiting) {
            var path = new ArrayList<String>();
            var at = waiting.keySet().stream().min((a, b) -> waiting.get(a) - waiting.get(b)).orElseThrow();
            while (!path.contains(at)) {
                path.add(at);
                at = nodes.get(at).reads.stream().filter(waiting::containsKey).findFirst().orElseThrow();
            }
            var circle = new ArrayList<>(path.subList(path.indexOf(at), path.size()));
            circle.add(at);
            return String.join(" -> ", circle.reversed());
        }

        private void used(String[] outputs) {
            var open = new ArrayList<>(List.of(outputs));
            var seen = new HashSet<String>();
            while (!open.isEmpty()) {
                var name = open.removeLast();
                if (seen.add(name) && nodes.containsKey(name)) open.addAll(nodes.get(name).reads);
            }
            var idle = new LinkedHashSet<>(nodes.keySet());
            idle.removeAll(seen);
            if (!idle.isEmpty())
                throw new IllegalArgumentException("GraphNetwork: " + idle + " lead to no output; join them, or leave them out");
        }
    }

    /** Names of the nodes, in the order in which they are computed. */
    public List<String> order() { return order.stream().map(Node::name).toList(); }

    /** What each node reads, by name. */
    public SequencedMap<String, List<String>> arrows() {
        var arrows = new LinkedHashMap<String, List<String>>();
        order.forEach(node -> arrows.put(node.name, node.reads));
        return arrows;
    }

    /** The first output, of the one input. */
    @Override protected Tensor compute(Tensor x, Pass pass) {
        if (inputs.size() != 1) throw new ShapeException("GraphNetwork: one tensor for the inputs " + inputs + "; use forward(Map, Pass)");
        return values(Map.of(inputs.getFirst(), x), pass).get(outputs.getFirst());
    }

    /** The outputs by name, of inputs by name. */
    public SequencedMap<String, Tensor> forward(Map<String, Tensor> given, Pass pass) {
        if (!given.keySet().equals(new HashSet<>(inputs)))
            throw new IllegalArgumentException("GraphNetwork: given are " + given.keySet() + ", the inputs are " + inputs);
        var values = values(given, pass);
        var found = new LinkedHashMap<String, Tensor>();
        outputs.forEach(name -> found.put(name, values.get(name)));
        return found;
    }

    private SequencedMap<String, Tensor> values(Map<String, Tensor> given, Pass pass) {
        var values = new LinkedHashMap<String, Tensor>(given);
        for (var node : order) {
            var reads = node.reads.stream().map(values::get).toList();
            var layer = layers.getOrDefault(node.name, node.layer);
            if (!(layer instanceof Module)) pass.begin(this, node.name);
            var y = layer == null ? node.join.of(reads) : layer.forward(reads.getFirst(), pass);
            values.put(node.name, layer instanceof Module ? y : pass.point(this, node.name, y));
        }
        return values;
    }

    /** The shape of every input and node for inputs of these shapes, in their order: nothing is computed. @throws ShapeException where shapes do not fit */
    public SequencedMap<String, Shape> shapes(DType type, Shape... given) {
        if (given.length != inputs.size())
            throw new ShapeException("GraphNetwork.shapes: " + given.length + " shapes for the inputs " + inputs);
        return ShapesOnly.run(() -> {
            var hollow = new LinkedHashMap<String, Tensor>();
            for (int i = 0; i < given.length; i++) hollow.put(inputs.get(i), Tensor.zeros(type, given[i].toArray()));
            var shapes = new LinkedHashMap<String, Shape>();
            values(hollow, Pass.inference()).forEach((name, value) -> shapes.put(name, value.shape()));
            return shapes;
        });
    }

    @Override protected String nameOf(String field) { return ""; }
}
