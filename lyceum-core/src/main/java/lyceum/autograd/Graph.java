package lyceum.autograd;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.tensor.GradMode;
import lyceum.tensor.Operation;
import lyceum.tensor.Shape;
import lyceum.tensor.Tensor;
import lyceum.tensor.Tracing;

/**
 * A function as data: a directed acyclic graph of typed operations, which allows what a closure does not: print it, rewrite it,
 * differentiate it into another graph, plan its memory, and run it many times.
 *
 * {@snippet :
 * Graph loss = Graph.trace(in -> new Tensor[] {in[0].matmul(in[1]).tanh().square().mean()}, x, w);
 * Graph both = loss.withGradient().simplified();     // outputs: the loss, d loss / d x, d loss / d w
 * Tensor[] values = both.run(x2, w2);                // as often as you like, with other values of the same shapes
 * MemoryPlan plan = both.plan();                     // where every value lives; the peak is known before anything runs
 * }
 *
 * <p><b>What tracing sees.</b> The function runs once, on examples. Branches on values, lengths of loops and numbers read out of tensors are
 * decided in that run and stay fixed; tensors that were not passed as inputs become constants, copied at that moment; random draws become
 * constants too. {@link #agrees} detects this. Work on other threads and in-place writes are not traced.
 *
 * <p>Immutable, and safe to run from many threads. Nodes are in topological order: every node after its operands. See Bauer (1974),
 * <i>SIAM Journal on Numerical Analysis</i> 11.
 */
public final class Graph {

    /** A value: where it comes from, its type and its shape. {@link #id()} is the node's place in the order. */
    public sealed interface Node {
        int id();

        DType dtype();

        Shape shape();

        /** Ids of the nodes it is computed from. */
        default List<Integer> operands() { return List.of(); }

        /** A short readable description. */
        String text();
    }

    /** An input given by the caller. */
    public record Input(int id, String name, DType dtype, Shape shape) implements Node {
        @Override public String text() { return name; }
    }

    /** A value known in advance. */
    public record Constant(int id, Tensor value) implements Node {
        @Override public DType dtype() { return value.dtype(); }

        @Override public Shape shape() { return value.shape(); }

        @Override public String text() { return value.count() == 1 ? GraphText.number(value) : "constant"; }
    }

    /** An operation on earlier nodes. */
    public record Call(int id, Operation operation, List<Integer> operands, DType dtype, Shape shape) implements Node {
        public Call {
            operands = List.copyOf(operands);
        }

        @Override public String text() { return operation.text(); }
    }

    private final List<Node> nodes;
    private final List<Integer> inputs;
    private final List<Integer> outputs;
    /** Values on which the inputs are known to make sense; null where the graph was not traced. */
    private final Tensor[] examples;

    private Graph(List<Node> nodes, List<Integer> outputs, Tensor[] examples) {
        this.nodes = List.copyOf(nodes);
        this.inputs = nodes.stream().filter(n -> n instanceof Input).map(Node::id).toList();
        this.outputs = List.copyOf(outputs);
        this.examples = examples;
    }

    /**
     * A graph from nodes in any order. They are sorted topologically (Kahn, 1962; the given order where there is a choice) and renumbered.
     *
     * @param outputs ids of the values that {@link #run} returns
     * @throws IllegalArgumentException if an id is repeated or missing, or if nodes form a cycle; names them
     */
    public static Graph of(List<? extends Node> nodes, List<Integer> outputs) {
        var sorted = new TopologicalOrder(nodes);
        return new Graph(sorted.nodes(), sorted.renumbered(outputs), null);
    }

    /** The graph of a function of one tensor. */
    public static Graph traceOne(UnaryOperator<Tensor> f, Tensor example) { return trace(in -> new Tensor[] {f.apply(in[0])}, example); }

    /**
     * Runs {@code f} once on {@code examples} and records what it does.
     *
     * @param examples define number, types and shapes of the inputs; kept, since {@link #gradient} runs the operations again
     */
    public static Graph trace(Function<Tensor[], Tensor[]> f, Tensor... examples) {
        var tracer = new Tracer();
        var kept = new Tensor[examples.length];
        var inputs = new Tensor[examples.length];
        for (int i = 0; i < inputs.length; i++) {
            kept[i] = examples[i].detach();
            // Tracked, so that derivatives inside f are themselves made of operations that can be differentiated.
            inputs[i] = examples[i].dtype().isFloat() ? kept[i].requiresGrad() : kept[i].detach();
            tracer.input("x" + i, inputs[i]);
        }
        var results = GradMode.with(true, () -> Tracing.with(tracer, () -> f.apply(inputs.clone())));
        var outputs = new ArrayList<Integer>();
        for (var result : results) outputs.add(tracer.idOf(result));
        return new Graph(tracer.nodes(), outputs, kept);
    }

    /** All nodes, each after its operands; the node with id i is at index i. */
    public List<Node> nodes() { return nodes; }

    /** Ids of the inputs, in the order of {@link #run}'s arguments. */
    public List<Integer> inputs() { return inputs; }

    public List<Integer> outputs() { return outputs; }

    public Node node(int id) { return nodes.get(id); }

    /** Number of operations. */
    public int calls() { return (int) nodes.stream().filter(n -> n instanceof Call).count(); }

    /** For each node the ids of the nodes that read it, once for each time. */
    public List<List<Integer>> readers() {
        var readers = new ArrayList<List<Integer>>();
        for (var node : nodes) {
            readers.add(new ArrayList<>());
            for (int operand : node.operands()) readers.get(operand).add(node.id());
        }
        return readers;
    }

    /** Number of operations on the longest path: no schedule has fewer steps. */
    public int depth() {
        int deepest = 0;
        for (int level : levels()) deepest = Math.max(deepest, level);
        return deepest;
    }

    private int[] levels() {
        var levels = new int[nodes.size()];
        for (var node : nodes) {
            if (!(node instanceof Call)) continue;
            for (int operand : node.operands()) levels[node.id()] = Math.max(levels[node.id()], levels[operand]);
            levels[node.id()]++;
        }
        return levels;
    }

    /** Scalar operations of one run: a product of (m, k) and (k, n) counts m k n, an element-wise operation one an element. */
    public long work() { return calls(Operation.Cost::operations); }

    /** Bytes that one run reads and writes, if every operation reads its operands from memory and writes its result there. */
    public long traffic() { return calls(Operation.Cost::bytes); }

    private long calls(ToLongFunction<Operation.Cost> count) {
        long sum = 0;
        for (var node : nodes) if (node instanceof Call call) sum += count.applyAsLong(cost(call));
        return sum;
    }

    /** What one operation of this graph costs. @see #work @see #traffic */
    public Operation.Cost cost(Call call) {
        return call.operation.cost(form(call), call.operands.stream().map(id -> form(node(id))).toArray(Operation.Form[]::new));
    }

    private static Operation.Form form(Node node) { return new Operation.Form(node.dtype(), node.shape()); }

    /**
     * The outputs for these inputs, node after node.
     *
     * @throws ShapeException or DTypeException if an input's shape or type is not that of the graph: names it
     */
    public Tensor[] run(Tensor... arguments) {
        var values = start(arguments);
        for (var node : nodes) if (node instanceof Call call) values[call.id] = call(call, values);
        return outputs(values);
    }

    /** The same values, bit for bit; independent operations run in parallel. */
    public Tensor[] runParallel(Tensor... arguments) {
        var values = start(arguments);
        var levels = levels();
        var byLevel = new ArrayList<List<Call>>();
        for (var node : nodes) {
            if (!(node instanceof Call call)) continue;
            while (byLevel.size() < levels[call.id]) byLevel.add(new ArrayList<>());
            byLevel.get(levels[call.id] - 1).add(call);
        }
        for (var level : byLevel) {
            Parallel.range(level.size(), 1, (from, to) -> {
                for (int i = (int) from; i < to; i++) values[level.get(i).id] = call(level.get(i), values).compute();
            });
        }
        return outputs(values);
    }

    Tensor[] start(Tensor[] arguments) {
        if (arguments.length != inputs.size())
            throw new IllegalArgumentException("graph: " + arguments.length + " arguments for " + inputs.size() + " inputs");
        var values = new Tensor[nodes.size()];
        for (int i = 0; i < arguments.length; i++) {
            var input = (Input) node(inputs.get(i));
            if (!arguments[i].shape().equals(input.shape))
                throw new ShapeException("graph: input " + input.name + " has shape " + input.shape + ", not " + arguments[i].shape());
            if (arguments[i].dtype() != input.dtype)
                throw new DTypeException("graph: input " + input.name + " is " + input.dtype + ", not " + arguments[i].dtype());
            values[input.id] = arguments[i];
        }
        for (var node : nodes) if (node instanceof Constant constant) values[constant.id] = constant.value;
        return values;
    }

    static Tensor call(Call call, Tensor[] values) { return call.operation.apply(operands(call, values)); }

    static Tensor[] operands(Call call, Tensor[] values) {
        var operands = new Tensor[call.operands.size()];
        for (int i = 0; i < operands.length; i++) operands[i] = values[call.operands.get(i)];
        return operands;
    }

    Tensor[] outputs(Tensor[] values) { return outputs.stream().map(id -> values[id]).toArray(Tensor[]::new); }

    /** True if {@code f} gives the same numbers as this graph on other arguments: false where tracing froze something that varies. */
    public boolean agrees(Function<Tensor[], Tensor[]> f, Tensor... arguments) {
        Tensor[] expected = f.apply(arguments.clone()), actual = run(arguments);
        if (expected.length != actual.length) return false;
        for (int i = 0; i < expected.length; i++) {
            if (!expected[i].shape().equals(actual[i].shape()) || !Arrays.equals(expected[i].toDoubleArray(), actual[i].toDoubleArray()))
                return false;
        }
        return true;
    }

    /** The gradients of the one scalar output with respect to every float input, in the order of the inputs, as a graph. */
    public Graph gradient() { return differentiated(false); }

    /** The output followed by its gradients: what a training step needs. */
    public Graph withGradient() { return differentiated(true); }

    private Graph differentiated(boolean withValue) {
        if (outputs.size() != 1 || node(outputs.getFirst()).shape().count() != 1) throw new ShapeException("gradient: the graph has "
                + outputs.size() + " outputs, the first of shape " + node(outputs.getFirst()).shape() + "; it needs one scalar");
        return trace(in -> {
            var y = run(in)[0];
            var floats = Arrays.stream(in).filter(t -> t.dtype().isFloat()).toArray(Tensor[]::new);
            var gradients = y.isTracked() ? Autograd.gradients(y, floats, true)
                    : Arrays.stream(floats).map(Tensor::zerosLike).toArray(Tensor[]::new);
            if (!withValue) return gradients;
            var all = new Tensor[gradients.length + 1];
            all[0] = y;
            System.arraycopy(gradients, 0, all, 1, gradients.length);
            return all;
        }, examples());
    }

    /** The traced examples, or zeros. */
    Tensor[] examples() {
        if (examples != null) return examples;
        return inputs.stream().map(id -> Tensor.zeros(node(id).dtype(), node(id).shape().toArray())).toArray(Tensor[]::new);
    }

    /** Another list of nodes for the same inputs. */
    Graph rewritten(List<Node> nodes, List<Integer> outputs) { return new Graph(nodes, outputs, examples); }

    /** Every operation on constants alone becomes a constant. */
    public Graph withConstantsFolded() { return Rewriting.foldConstants(this); }

    /** Equal operations on equal operands become one; {@code a + b} and {@code b + a} are equal. */
    public Graph withCommonPartsShared() { return Rewriting.share(this); }

    /** Without nodes that no output depends on. Inputs stay, used or not. */
    public Graph withoutDeadNodes() { return Rewriting.dropDead(this); }

    /** Constants folded, common parts shared, dead nodes dropped. Can still be differentiated. */
    public Graph simplified() { return withConstantsFolded().withCommonPartsShared().withoutDeadNodes(); }

    /**
     * Element-wise operations that can run as one pass over memory: each group is a list of ids in order, whose last is the only one that
     * others read. An operation that fuses with no other is a group of its own.
     */
    public List<List<Integer>> fusionGroups() { return Rewriting.fusionGroups(this); }

    /** Where every value lives during a run. */
    public MemoryPlan plan() { return MemoryPlan.of(this); }

    /** One node a line: {@code %3 = matmul %0 %1 : F32 (2, 5)}. */
    @Override public String toString() { return GraphText.listing(this); }

    /** For Graphviz. */
    public String toDot() { return GraphText.dot(this); }

    /** Nodes with id, kind, text, operands, dtype and shape; inputs and outputs by id. Constants are described, not stored. */
    public String toJson() { return GraphText.json(this); }
}
