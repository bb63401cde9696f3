package lyceum.nn.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.backend.Op;
import lyceum.format.OnnxFile.Attribute;
import lyceum.format.OnnxFile.Constant;
import lyceum.format.OnnxFile.Dim;
import lyceum.format.OnnxFile.Graph;
import lyceum.format.OnnxFile.Node;
import lyceum.format.OnnxFile.Port;
import lyceum.format.OnnxFile.Type;
import lyceum.format.OnnxType;
import lyceum.nn.onnx.Recording.Made;
import lyceum.tensor.ConcatOp;
import lyceum.tensor.ConvolveOp;
import lyceum.tensor.CustomOp;
import lyceum.tensor.ElementwiseOp;
import lyceum.tensor.PoolOps;
import lyceum.tensor.Shape;
import lyceum.tensor.Tensor;
import lyceum.tensor.ViewOps;

/** Collects the nodes and constants of a graph that is exported. */
final class GraphWriter {
    /** What is done is not the same for another batch. */
    static final class OtherOperations extends LyceumException {
        OtherOperations() { super("Onnx.export: other operations are done for another batch; export with a fixed one (withBatch(\"\"))"); }
    }

    private final Recording recording;
    private final Recording twin;
    private final OnnxExport options;
    private final Map<Tensor, String> parameters;
    private final List<Node> nodes = new ArrayList<>();
    private final LinkedHashMap<String, Constant> constants = new LinkedHashMap<>();
    private final Map<Tensor, String> constantNames = new IdentityHashMap<>();
    private final Map<List<Long>, String> numberNames = new HashMap<>();
    private final Map<Made, String> pooled = new IdentityHashMap<>();
    private final String[] names;
    private int fresh;
    private String batch;
    private boolean hasRules;

    /** @param twin a run with another batch; the recording itself where the batch is fixed @param parameters names of tensors */
    GraphWriter(Recording recording, Recording twin, OnnxExport options, Map<Tensor, String> parameters) {
        this.recording = recording;
        this.twin = twin;
        this.options = options;
        this.parameters = parameters;
        this.names = new String[recording.values().size()];
    }

    Graph graph() {
        var values = recording.values();
        if (values.size() != twin.values().size()) throw new OtherOperations();
        var rows = new ExportRows(this);
        var inputs = new ArrayList<Port>();
        for (int i = 0; i < values.size(); i++) {
            Made made = values.get(i), other = twin.values().get(i);
            if (i < recording.inputs()) {
                names[i] = options.input(i);
                inputs.add(port(names[i], made, other));
            } else if (made.operation() == null) names[i] = leaf(made, other);
            else {
                if (!isSame(made, other)) throw new OtherOperations();
                names[i] = rows.write(made, other);
            }
        }
        var outputs = new ArrayList<Port>();
        for (int i = 0; i < recording.outputs().size(); i++) {
            int value = recording.outputs().get(i);
            nodes.add(
                    new Node(options.output(i), "", "Identity", List.of(names[value]), List.of(options.output(i)), new LinkedHashMap<>()));
            outputs.add(port(options.output(i), values.get(value), twin.values().get(twin.outputs().get(i))));
        }
        return new Graph("lyceum", needed(outputs), constants, inputs, outputs, List.of());
    }

    /** Whether a tensor was found to follow the batch by a {@link BatchRule}, which two runs do not prove. */
    boolean hasRules() { return hasRules; }

    /** The same operation on the same values; sizes within it may follow the batch. */
    private static boolean isSame(Made made, Made other) {
        if (other.operation() == null || !made.operands().equals(other.operands())) return false;
        return switch (made.operation()) {
            case ViewOps.Reshape r -> other.operation() instanceof ViewOps.Reshape;
            case ViewOps.Expand e -> other.operation() instanceof ViewOps.Expand;
            case ViewOps.Slice s -> other.operation() instanceof ViewOps.Slice slice && slice.axis() == s.axis();
            case ConvolveOp c -> other.operation() instanceof ConvolveOp same && same.place() == c.place();
            case PoolOps.Average p ->
                    other.operation() instanceof PoolOps.Average same && same.how().equals(p.how()) && same.back() == p.back();
            case CustomOp c -> other.operation() instanceof CustomOp same && same.name().equals(c.name()); // refused by name
            default -> made.operation().equals(other.operation());
        };
    }

    /** Nodes that outputs need; constants that no node reads are dropped. */
    private List<Node> needed(List<Port> outputs) {
        var read = new HashSet<String>();
        for (var port : outputs) read.add(port.name());
        var kept = new ArrayList<Node>();
        for (var node : nodes.reversed()) {
            if (node.outputs().stream().noneMatch(read::contains)) continue;
            read.addAll(node.inputs());
            kept.add(node);
        }
        constants.keySet().retainAll(read);
        return List.copyOf(kept.reversed());
    }

    private Port port(String name, Made made, Made other) {
        var dims = new ArrayList<Dim>();
        for (int i = 0; i < made.shape().rank(); i++) {
            long size = made.shape().size(i);
            dims.add(size == other.shape().size(i) ? new Dim(size, "")
                    : size == batchSize() ? new Dim(-1, options.batch()) : new Dim(-1, ""));
        }
        return new Port(name, new Type.OfTensor(OnnxType.of(made.type()), dims));
    }

    private long batchSize() { return recording.values().getFirst().shape().size(0); }

    private long otherBatchSize() { return twin.values().getFirst().shape().size(0); }

    private String leaf(Made made, Made other) {
        if (made.shape().equals(other.shape())) return constant(made.tensor());
        if (isOneNumber(made.tensor(), other.tensor())) {
            var one = made.tensor().flatten().select(0, 0).copy().compute();
            return node("Expand", constant(one), sizes(made, other));
        }
        var rule = BatchRule.of(made.tensor(), batchSize(), other.tensor(), otherBatchSize());
        if (rule == null) throw new LyceumException("Onnx.export: a tensor of shape " + made.shape()
                + " that was there before depends on the batch; export with a fixed one (withBatch(\"\"))");
        hasRules = true;
        return node("Reshape", blocks(rule, made.type()), sizes(made, other));
    }

    /** (batch, elements of a block). */
    private String blocks(BatchRule rule, DType type) {
        var block = constant(rule.base());
        if (rule.grow() != null) block = node("Add", block, node("Mul", constant(rule.grow()), multiple(1)));
        if (rule.step() == null) {
            var sizes = node("Concat", new String[] {multiple(1), numbers(rule.base().count())}, new Attribute("axis", 0L));
            block = node("Expand", block, sizes);
        } else {
            var turns = node("Range", constant(Tensor.full(DType.I64, 0)), node("Squeeze", multiple(1)),
                    constant(Tensor.full(DType.I64, 1)));
            block = node("Add", block, node("Mul", node("Reshape", turns, numbers(-1, 1)), constant(rule.step())));
        }
        return rule.base().dtype() == type ? block : cast(block, type);
    }

    /** Such as the zeros in which a recurrent state begins. */
    private static boolean isOneNumber(Tensor a, Tensor b) {
        if (a.count() == 0 || b.count() == 0) return false;
        double first = a.flatten().select(0, 0).to(DType.F64).item();
        return a.eq(first).all().item() != 0 && b.eq(first).all().item() != 0;
    }

    String name(int value) {
        if (pooled.containsKey(recording.values().get(value)))
            throw new LyceumException("Onnx.export: the places of a pooling's largest elements are not exported");
        return names[value];
    }

    Shape shape(int value) { return recording.values().get(value).shape(); }

    /** Whether the size of an axis is another for another batch. */
    boolean followsBatch(int value, int axis) { return shape(value).size(axis) != twin.values().get(value).shape().size(axis); }

    DType type(int value) { return recording.values().get(value).type(); }

    String node(String operator, String... inputs) { return node(operator, inputs, new Attribute[0]); }

    String node(String operator, String[] inputs, Attribute... attributes) { return nodes(operator, 1, inputs, attributes)[0]; }

    String[] nodes(String operator, int outputs, String[] inputs, Attribute... attributes) {
        var settings = new LinkedHashMap<String, Attribute>();
        for (var attribute : attributes) settings.put(attribute.name(), attribute);
        var results = new String[outputs];
        for (int i = 0; i < outputs; i++) results[i] = operator.toLowerCase(Locale.ROOT) + "_" + fresh++;
        nodes.add(new Node(results[0], "", operator, List.of(inputs), List.of(results), settings));
        return results;
    }

    String cast(String x, DType type) { return node("Cast", new String[] {x}, new Attribute("to", (long) OnnxType.of(type).code())); }

    String constant(Tensor x) {
        var known = constantNames.get(x);
        if (known != null) return known;
        var name = parameters.getOrDefault(x, "constant_" + constants.size());
        constants.put(name, Constant.of(name, x.detach()));
        constantNames.put(x, name);
        return name;
    }

    /** A vector of numbers, one constant for all that are equal. */
    String numbers(long... values) {
        return numberNames.computeIfAbsent(Arrays.stream(values).boxed().toList(), v -> constant(Tensor.of(values)));
    }

    /** The shape of a value as a vector: constant, or with multiples of the batch in it. */
    String sizes(Made made, Made other) {
        long[] a = made.shape().toArray(), b = other.shape().toArray();
        if (Arrays.equals(a, b)) return a.length == 0 ? constant(Tensor.of(new long[0])) : numbers(a);
        if (a.length != b.length) throw new LyceumException("Onnx.export: a rank depends on the batch");
        var parts = new String[a.length];
        for (int i = 0; i < a.length; i++) {
            if (a[i] == b[i]) parts[i] = numbers(a[i]);
            else if (a[i] % batchSize() == 0 && a[i] / batchSize() * otherBatchSize() == b[i]) parts[i] = multiple(a[i] / batchSize());
            else throw new LyceumException("Onnx.export: sizes " + made.shape() + " and " + other.shape() + " of batches " + batchSize()
                    + " and " + otherBatchSize() + " are not multiples of them; export with a fixed one (withBatch(\"\"))");
        }
        return node("Concat", parts, new Attribute("axis", 0L));
    }

    /** The operand of a concatenation that a slice of it is, in both runs, or null. */
    String joined(Made made, Made other) {
        ViewOps.Slice slice = (ViewOps.Slice) made.operation(), second = (ViewOps.Slice) other.operation();
        Made whole = recording.values().get(made.operands().getFirst()), large = twin.values().get(other.operands().getFirst());
        if (!(whole.operation() instanceof ConcatOp concat) || concat.axis() != slice.axis() || slice.step() != 1 || second.step() != 1)
            return null;
        long at = 0, there = 0;
        for (int i = 0; i < whole.operands().size(); i++) {
            int part = whole.operands().get(i);
            long end = at + shape(part).size(slice.axis()),
                    stop = there + twin.values().get(large.operands().get(i)).shape().size(slice.axis());
            if (at == slice.start() && end == slice.stop() && there == second.start() && stop == second.stop()) return name(part);
            at = end;
            there = stop;
        }
        return null;
    }

    private String multiple(long factor) {
        if (batch == null) batch = node("Shape", new String[] {options.input(0)}, new Attribute("start", 0L), new Attribute("end", 1L));
        return factor == 1 ? batch : node("Mul", batch, numbers(factor));
    }

    /** The vector that was stretched to an index of all elements along an axis, or null. */
    String stretchedVector(int index, int axis) {
        var made = recording.values().get(index);
        long count = made.shape().size(axis);
        while (made.operation() instanceof ViewOps.Expand || made.operation() instanceof ViewOps.Slice
                || made.operation() instanceof ElementwiseOp(var op, var type) && op == Op.CAST) {
            if (made.operation() instanceof ViewOps.Slice slice && slice.axis() == axis) return null;
            made = recording.values().get(made.operands().getFirst());
            if (made.shape().rank() <= axis || made.shape().size(axis) != count) return null;
        }
        if (!(made.operation() instanceof ViewOps.Reshape) || made.shape().count() != count) return null;
        int vector = made.operands().getFirst();
        return shape(vector).rank() == 1 ? names[vector] : null;
    }

    void remember(Made places, String values) { pooled.put(places, values); }

    /** The pooled values whose places these are, if they are those of x. */
    String remembered(int places, int x) {
        var made = recording.values().get(places);
        return made.operands().contains(x) ? pooled.get(made) : null;
    }
}
