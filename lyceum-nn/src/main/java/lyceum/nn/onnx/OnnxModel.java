package lyceum.nn.onnx;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import lyceum.format.OnnxFile;
import lyceum.format.OnnxFile.Graph;
import lyceum.format.OnnxFile.Port;
import lyceum.format.OnnxFile.Type;
import lyceum.tensor.Tensor;

/**
 * An ONNX model that runs as tensor operations: {@code OnnxModel.load(path).run(Map.of("input", x))}.
 *
 * <p>Immutable and safe to share between threads. Results are differentiable by the inputs wherever the operations are. Operator sets 7 to 22 of
 * the standard are known, and those of {@code ai.onnx.ml}: trees, linear models, support vectors, scalers, encoders and maps; one that is missing is named at loading,
 * before anything runs.
 *
 * <p>A run gives back, while it goes on, what no later node reads; where gradients are recorded everything stays.
 *
 * <p>Random operators (dropout in training, RandomNormal, Bernoulli) draw from a seed of their node, so that a run repeats.
 *
 * @see <a href="https://onnx.ai/onnx/operators/">the operators</a>
 */
public final class OnnxModel {
    private final OnnxFile file;
    private final Plan plan;
    private final List<Port> inputs;
    private final OnnxLimits limits;

    private OnnxModel(OnnxFile file, OnnxLimits limits) {
        this.file = file;
        this.limits = limits;
        var context = new Planner.Context(file.functions(), limits);
        this.plan = Planner.plan(file.graph(), file.opsets(), context);
        context.refuseMissing();
        this.inputs = file.graph().inputs().stream().filter(port -> !file.graph().initializers().containsKey(port.name())).toList();
    }

    /** Maps a file. @throws lyceum.FormatException if it is malformed, or an operator is missing: names all that are */
    public static OnnxModel load(Path path) throws IOException { return of(OnnxFile.read(path), new OnnxLimits()); }

    /** Reads a file's bytes. */
    public static OnnxModel load(byte[] bytes) { return of(OnnxFile.read(bytes), new OnnxLimits()); }

    /** A model of a file that was read, within limits. */
    public static OnnxModel of(OnnxFile file, OnnxLimits limits) { return new OnnxModel(file, limits); }

    /** What the file says. */
    public OnnxFile file() { return file; }

    /** Names, types and sizes (numbers or symbols) of the inputs that a run needs. */
    public List<Port> inputs() { return inputs; }

    /** Names, types and sizes of the outputs. */
    public List<Port> outputs() { return file.graph().outputs(); }

    /** Operators that can be run, with their domains ({@code :Add} is the standard's). */
    public static List<String> operators() { return Operators.names(); }

    /**
     * Outputs by name.
     *
     * @throws IllegalArgumentException if inputs do not fit: names all that do not at once; or a node fails: names it
     */
    public SequencedMap<String, Tensor> run(Map<String, Tensor> inputs) {
        var values = new HashMap<String, OnnxValue>();
        inputs.forEach((name, x) -> values.put(name, carried(name, x)));
        var results = new LinkedHashMap<String, Tensor>();
        runValues(values).forEach((name, value) -> results.put(name, value.tensor()));
        return Collections.unmodifiableSequencedMap(results);
    }

    /** A tensor as the type that the input has, if it is what carries it. */
    private OnnxValue carried(String name, Tensor x) {
        for (var port : file.graph().inputs())
            if (port.name().equals(name) && port.type() instanceof Type.OfTensor(var type, var shape) && type.carrier() == x.dtype())
                return new OnnxValue.Array(type, x);
        return OnnxValue.of(x);
    }

    /** Outputs by name, where inputs or outputs are strings, sequences, optional, or of types that no tensor has here. */
    public SequencedMap<String, OnnxValue> runValues(Map<String, OnnxValue> inputs) { return run(inputs, null); }

    private SequencedMap<String, OnnxValue> run(Map<String, OnnxValue> inputs, Plan.Observer observer) {
        var all = file.graph().inputs();
        refuseWrong(inputs);
        var values = new OnnxValue[all.size()];
        for (int i = 0; i < values.length; i++) values[i] = inputs.get(all.get(i).name());
        var out = plan.run(values, null, limits, observer);
        var results = new LinkedHashMap<String, OnnxValue>();
        for (int i = 0; i < out.length; i++) results.put(outputs().get(i).name(), out[i]);
        return Collections.unmodifiableSequencedMap(results);
    }

    /** Types and shapes of all values, open sizes by their names, and what nodes cost: found without a run. */
    public OnnxShapes shapes() { return shapes(Map.of()); }

    /** The same where open sizes are known, by their names. */
    public OnnxShapes shapes(Map<String, Long> sizes) { return OnnxShapes.of(file, sizes); }

    /** The same model with weights that can be trained. */
    public OnnxModule asModule() { return new OnnxModule(file, limits); }

    /** How long a node took. @param outputs types and shapes */
    public record NodeTime(String node, String operator, long nanoseconds, String outputs) {}

    /** One run with its time by node, in their order. Nodes are computed one by one, so that what is fused otherwise takes longer here. */
    public List<NodeTime> profile(Map<String, OnnxValue> inputs) {
        var times = new ArrayList<NodeTime>();
        run(inputs, (node, out, time) -> times.add(new NodeTime(node.label(), node.operator(), time, Arrays.toString(out))));
        return times;
    }

    /** Outputs and the values inside the graph that are asked for, by name; those of inner graphs and functions are not seen. */
    public SequencedMap<String, OnnxValue> values(Map<String, OnnxValue> inputs, Collection<String> names) {
        var graph = file.graph();
        var outputs = new ArrayList<>(graph.outputs());
        for (var name : names) if (outputs.stream().noneMatch(port -> port.name().equals(name))) outputs.add(new Port(name, null));
        var wider = new Graph(graph.name(), graph.nodes(), graph.initializers(), graph.inputs(), outputs, graph.values());
        return new OnnxModel(new OnnxFile(file.irVersion(), file.producer(), file.opsets(), wider, file.functions(), file.metadata()),
                limits).runValues(inputs);
    }

    private void refuseWrong(Map<String, OnnxValue> given) {
        var problems = new ArrayList<String>();
        var symbols = new HashMap<String, Long>();
        for (var port : inputs) if (!given.containsKey(port.name())) problems.add("\"" + port.name() + "\" is missing");
        for (var entry : given.entrySet()) {
            var port = file.graph().inputs().stream().filter(p -> p.name().equals(entry.getKey())).findFirst();
            if (port.isEmpty()) problems.add("\"" + entry.getKey() + "\" is not an input");
            else if (port.get().type() instanceof Type.OfTensor type) wrong(entry.getKey(), type, entry.getValue(), symbols, problems);
        }
        if (!problems.isEmpty()) throw new IllegalArgumentException("OnnxModel: inputs that do not fit: " + String.join("; ", problems)
                + "; it takes " + inputs.stream().map(p -> "\"" + p.name() + "\" " + text(p.type())).toList());
    }

    private static String text(Type type) {
        return type instanceof Type.OfTensor t ? t.element() + " " + (t.shape() == null ? "(..)" : t.shape()) : String.valueOf(type);
    }

    private static void wrong(String name, Type.OfTensor type, OnnxValue value, Map<String, Long> symbols, List<String> problems) {
        if (value.type() != type.element()) {
            problems.add("\"" + name + "\" is " + value + ", not " + type.element());
            return;
        }
        if (type.shape() == null) return;
        var shape = value instanceof OnnxValue.Strings s ? s.shape() : value.tensor().shape();
        boolean fits = shape.rank() == type.shape().size();
        for (int i = 0; fits && i < shape.rank(); i++) {
            var dim = type.shape().get(i);
            long size = shape.size(i);
            var before = dim.size() < 0 && !dim.name().isEmpty() ? symbols.putIfAbsent(dim.name(), size) : null;
            fits = dim.size() >= 0 ? dim.size() == size : before == null || before == size;
        }
        if (!fits)
            problems.add("\"" + name + "\" has shape " + shape + ", not " + type.shape() + (symbols.isEmpty() ? "" : " where " + symbols));
    }
}
