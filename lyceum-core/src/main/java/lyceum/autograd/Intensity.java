package lyceum.autograd;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.LyceumException;
import lyceum.autograd.Graph.Call;
import lyceum.autograd.Graph.Constant;
import lyceum.autograd.Graph.Node;
import lyceum.backend.Roofline;
import lyceum.tensor.GatherOp;
import lyceum.tensor.MatmulOp;
import lyceum.tensor.Operation.Form;
import lyceum.tensor.Shape;
import lyceum.tensor.ShapesOnly;
import lyceum.tensor.Tensor;
import lyceum.tensor.Tracing;

/**
 * Arithmetic intensity: the operations that a computation does for each byte which it must move, operator by operator, with every operation for itself or
 * fused, in the types it has or in another; and what that means on a machine.
 *
 * {@snippet :
 * var step = Intensity.ofShapes(() -> model.forward(tokens)).in(DType.BF16);
 * step.intensity();                                                 // every operation reads and writes memory
 * step.fused().intensity();                                         // chains run as one pass
 * step.fused().seconds(Accelerator.H100_SXM.roofline(DType.BF16)); // no implementation is faster
 * System.out.println(step);                                         // operators, the lowest intensity first
 * }
 *
 * <p><b>Operations</b> are counted as {@link FlopCounter} does: a multiply-add is two, a function such as {@code exp} one, a copy none. <b>Bytes</b> are the fewest
 * possible: each operand is read once and the result is written once, whatever caches do; of a view no more than it shows, of a broadcast operand what it
 * stores, of a table that is looked up no more than is looked up; a number known when the program is written costs nothing. A product of (m, k) and (k, n) in s
 * bytes an element has {@code 2mnk / (s (mk + kn + mn))}.
 *
 * <p><b>Fused</b>, element-wise operations that only the next one reads, and the product before them, move only what comes from outside and what leaves, as in
 * {@link Graph#fusionGroups}. Immutable.
 *
 * @see <a href="https://doi.org/10.1145/1498765.1498785">Williams, Waterman and Patterson (2009)</a>
 */
public final class Intensity {
    /**
     * An operator, or a chain of them that runs as one.
     *
     * @param operation  {@code matmul+add+relu}
     * @param shape      of its result
     * @param calls      how often; of {@link #rows} once
     * @param operations arithmetic, in all calls
     * @param bytes      that have to move, in all calls
     */
    public record Row(String operation, Shape shape, long calls, long operations, long bytes) {
        /** Operations a byte; 0 for what moves nothing. */
        public double intensity() { return bytes == 0 ? 0 : (double) operations / bytes; }

        /** The least seconds for all calls. */
        public double seconds(Roofline on) { return on.seconds(operations, bytes); }

        public Roofline.Bound bound(Roofline on) { return on.bound(intensity()); }

        private Row plus(Row more) {
            return new Row(operation, shape, calls + more.calls, Math.addExact(operations, more.operations),
                    Math.addExact(bytes, more.bytes));
        }
    }

    private record Kind(String operation, Shape shape) {}

    private final Graph graph;
    /** Of all floats; null for their own. */
    private final DType type;
    private final boolean isFused;
    private final List<Row> rows;

    private Intensity(Graph graph, DType type, boolean isFused) {
        this.graph = graph;
        this.type = type;
        this.isFused = isFused;
        this.rows = (isFused ? fusedGroups() : singles()).stream().map(this::row).toList();
    }

    /** Of a graph's operations, each for itself. */
    public static Intensity of(Graph graph) { return new Intensity(graph, null, false); }

    /**
     * Of what {@code body} would do, gradients included, by {@linkplain ShapesOnly shape alone}: nothing is computed, and no tensor made in it takes memory.
     *
     * @throws LyceumException if {@code body} reads a value out of a tensor
     */
    public static Intensity ofShapes(Runnable body) {
        return ShapesOnly.run(() -> {
            var tracer = new Tracer() {
                /** A leaf is there already; a copy would only be another name for it. */
                @Override Tensor constant(Tensor tensor) { return tensor; }

                @Override public void read(String what, Tensor tensor) {
                    throw new LyceumException("Intensity.ofShapes: " + what + " of a tensor of shape " + tensor.shape()
                            + " is read, and there are no values; trace a Graph, or leave it out");
                }
            };
            Tracing.with(tracer, () -> {
                body.run();
                return null;
            });
            return of(Graph.of(tracer.nodes(), List.of()));
        });
    }

    /** The same with element-wise chains, and what follows a product, in one pass. */
    public Intensity fused() { return new Intensity(graph, type, true); }

    /** The same with every float stored in {@code type}. @throws DTypeException if that is no float */
    public Intensity in(DType type) {
        if (!type.isFloat()) throw new DTypeException("Intensity.in: " + type + " is not a float type; integers need no conversion");
        return new Intensity(graph, type, isFused);
    }

    /** In the order of the graph, a row an operation or fused chain; views have none. */
    public List<Row> rows() { return rows; }

    /** Rows of one operator and shape together, the lowest intensity first. */
    public List<Row> byOperator() {
        var sums = new LinkedHashMap<Kind, Row>();
        for (var row : rows) sums.merge(new Kind(row.operation, row.shape), row, Row::plus);
        return sums.values().stream().sorted(Comparator.comparingDouble(Row::intensity)).toList();
    }

    public long operations() { return rows.stream().mapToLong(Row::operations).sum(); }

    /** Bytes that all operations move. */
    public long bytes() { return rows.stream().mapToLong(Row::bytes).sum(); }

    /** Operations a byte, over all. */
    public double intensity() { return (double) operations() / bytes(); }

    /** The least seconds, one operation after the other: a sum, for while one waits for memory no other computes. */
    public double seconds(Roofline on) { return rows.stream().mapToDouble(r -> r.seconds(on)).sum(); }

    private List<List<Integer>> singles() {
        return graph.nodes().stream().filter(Intensity::moves).map(node -> List.of(node.id())).collect(Collectors.toList());
    }

    private static boolean moves(Node node) { return node instanceof Call call && !call.operation().isView(); }

    /** Chains in the graph's order, each by its last node. */
    private List<List<Integer>> fusedGroups() {
        var inside = new HashSet<Integer>();
        var groups = new ArrayList<List<Integer>>();
        for (var chain : graph.fusionGroups()) {
            var group = new ArrayList<>(chain);
            int product = productBefore(chain);
            if (product >= 0) group.addFirst(product);
            inside.addAll(group);
            groups.add(group);
        }
        for (var single : singles()) if (!inside.contains(single.getFirst())) groups.add(single);
        groups.sort(Comparator.comparingInt(List::getLast));
        return groups;
    }

    /** The first product that this chain alone reads, element by element, or -1. */
    private int productBefore(List<Integer> chain) {
        var members = new HashSet<>(chain);
        var shape = graph.node(chain.getLast()).shape();
        for (int id : chain) {
            for (int operand : graph.node(id).operands()) {
                boolean isProduct = graph.node(operand) instanceof Call call && call.operation() instanceof MatmulOp
                        && call.shape().equals(shape);
                if (isProduct && !graph.outputs().contains(operand) && members.containsAll(graph.readers().get(operand))) return operand;
            }
        }
        return -1;
    }

    private Row row(List<Integer> group) {
        long operations = 0;
        var outside = new LinkedHashSet<Integer>();
        long bytes = stored(graph.node(group.getLast()));
        for (int id : group) {
            var call = (Call) graph.node(id);
            var forms = call.operands().stream().map(o -> form(graph.node(o))).toArray(Form[]::new);
            operations = Math.addExact(operations, FlopCounter.operations(call.operation(), form(call), forms));
            if (call.operation() instanceof GatherOp) { // reads as many as it gives
                bytes += Math.min(stored(call), stored(graph.node(call.operands().getFirst())));
                outside.addAll(call.operands().subList(1, call.operands().size()));
            } else for (int operand : call.operands()) if (!group.contains(operand)) outside.add(operand);
        }
        var name = group.stream().map(id -> FlopCounter.name(((Call) graph.node(id)).operation())).collect(Collectors.joining("+"));
        return new Row(name, graph.node(group.getLast()).shape(), 1, operations, Math.addExact(bytes, read(outside)));
    }

    /** Of several views on one tensor no more than all of it. */
    private long read(Set<Integer> operands) {
        Map<Integer, Long> ofRoots = new HashMap<>();
        for (int operand : operands) ofRoots.merge(root(operand), stored(graph.node(operand)), Long::sum);
        long sum = 0;
        for (var read : ofRoots.entrySet()) sum = Math.addExact(sum, Math.min(read.getValue(), stored(graph.node(read.getKey()))));
        return sum;
    }

    private int root(int id) {
        while (graph.node(id) instanceof Call call && call.operation().isView()) id = call.operands().getFirst();
        return id;
    }

    /** Bytes in memory that a value consists of: a stretched view has those of its origin, a slice its own. */
    private long stored(Node node) {
        if (node instanceof Constant && node.shape().rank() == 0) return 0;
        long own = Math.multiplyExact(node.shape().count(), type != null && node.dtype().isFloat() ? type.bytes() : node.dtype().bytes());
        return node instanceof Call call && call.operation().isView() ? Math.min(own, stored(graph.node(call.operands().getFirst()))) : own;
    }

    private static Form form(Node node) { return new Form(node.dtype(), node.shape()); }

    /** A table of operators, the lowest intensity first. */
    @Override public String toString() {
        var text = new StringBuilder(String.format(Locale.ROOT, "%-40s %-24s %6s %12s %12s %10s%n", "operation", "shape", "calls",
                "operations", "bytes", "intensity"));
        for (var row : byOperator()) text.append(line(row.operation, row.shape.toString(), row.calls, row.operations, row.bytes));
        return text.append(line("all", "", rows.size(), operations(), bytes())).toString();
    }

    private static String line(String operation, String shape, long calls, long operations, long bytes) {
        return String.format(Locale.ROOT, "%-40s %-24s %6d %12.4g %12.4g %10.3g%n", operation, shape, calls, (double) operations,
                (double) bytes, (double) operations / bytes);
    }
}
