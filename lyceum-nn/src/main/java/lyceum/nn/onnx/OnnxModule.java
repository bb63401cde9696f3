package lyceum.nn.onnx;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SequencedMap;
import java.util.TreeSet;
import lyceum.format.OnnxFile;
import lyceum.format.OnnxFile.Constant;
import lyceum.format.OnnxFile.Graph;
import lyceum.format.OnnxFile.Port;
import lyceum.format.OnnxType;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/**
 * An ONNX model whose weights are parameters: to be trained further, and written again. Parameters are the initialisers of floats with at least one
 * axis, under their names; running statistics of batch norms are buffers, and what our own export says; all else stays as it is in the file.
 *
 * {@snippet :
 * var module = OnnxModel.load(path).asModule();
 * Map<String, Tensor> trained = module.parameters();
 * module.file().write(path.resolveSibling("tuned.onnx"));
 * }
 */
public final class OnnxModule extends Module {
    /** The metadata in which our own exports name the tensors that are no parameters, a line each. */
    static final String BUFFERS = "lyceum.buffers";

    /** One tensor, as a module so that it has a name of its own. */
    private static final class Weight extends Module {
        private final Tensor value;

        Weight(Tensor value) { this.value = value; }

        @Override protected Tensor compute(Tensor x, Pass pass) { throw new UnsupportedOperationException("a weight is not a layer"); }
    }

    private final Map<String, Weight> weights = new LinkedHashMap<>();
    private final OnnxFile file;
    private final Plan plan;
    private final List<String> places;
    private final OnnxLimits limits;

    OnnxModule(OnnxFile file, OnnxLimits limits) {
        this.file = file;
        this.limits = limits;
        var graph = file.graph();
        var statistics = statistics(graph);
        file.metadata().getOrDefault(BUFFERS, "").lines().forEach(statistics::add);
        var inputs = new ArrayList<>(graph.inputs());
        for (var constant : graph.initializers().values()) {
            if (constant.dims().length == 0 || !isParameter(constant.type())) continue;
            var own = constant.tensor().copy().compute();
            weights.put(constant.name(), new Weight(statistics.contains(constant.name()) ? own : own.requiresGrad()));
            if (inputs.stream().noneMatch(port -> port.name().equals(constant.name()))) inputs.add(new Port(constant.name(), null));
        }
        places = inputs.stream().map(Port::name).toList();
        var open = new Graph(graph.name(), graph.nodes(), graph.initializers(), inputs, graph.outputs(), graph.values());
        plan = Planner.plan(open, file.opsets(), new Planner.Context(file.functions(), limits));
    }

    private static boolean isParameter(OnnxType type) { return type.isNative() && type.carrier().isFloat(); }

    private static Set<String> statistics(Graph graph) {
        var names = new TreeSet<String>();
        for (var node : graph.nodes())
            if (node.operator().equals("BatchNormalization"))
                names.addAll(node.inputs().subList(Math.min(3, node.inputs().size()), node.inputs().size()));
        return names;
    }

    /** The first output for the first input. @throws IllegalArgumentException if the model takes more than one */
    @Override protected Tensor compute(Tensor x, Pass pass) {
        var open = file.graph().inputs().stream().map(Port::name).filter(name -> !file.graph().initializers().containsKey(name)).toList();
        if (open.size() != 1) throw new IllegalArgumentException("OnnxModule: the model takes " + open + "; give them by name to run");
        return run(Map.of(open.getFirst(), x)).firstEntry().getValue();
    }

    /** Outputs by name, differentiable by inputs and parameters. */
    public SequencedMap<String, Tensor> run(Map<String, Tensor> inputs) {
        var values = new OnnxValue[places.size()];
        for (int i = 0; i < values.length; i++) {
            var weight = weights.get(places.get(i));
            var x = weight != null ? weight.value : inputs.get(places.get(i));
            if (x == null && !file.graph().initializers().containsKey(places.get(i)))
                throw new IllegalArgumentException("OnnxModule: input \"" + places.get(i) + "\" is missing");
            values[i] = x == null ? null : OnnxValue.of(x);
        }
        var out = plan.run(values, null, limits);
        var results = new LinkedHashMap<String, Tensor>();
        for (int i = 0; i < out.length; i++) results.put(file.graph().outputs().get(i).name(), out[i].tensor());
        return Collections.unmodifiableSequencedMap(results);
    }

    /** The file with the weights as they are now. */
    public OnnxFile file() {
        var graph = file.graph();
        var constants = new LinkedHashMap<>(graph.initializers());
        weights.forEach((name, weight) -> constants.put(name, Constant.of(name, weight.value.detach().copy().compute())));
        var now = new Graph(graph.name(), graph.nodes(), constants, graph.inputs(), graph.outputs(), graph.values());
        return new OnnxFile(file.irVersion(), file.producer(), file.opsets(), now, file.functions(), file.metadata());
    }

    @Override protected String nameOf(String field) { return ""; }

    @Override protected String nameOf(String child, String tensor) { return child; }
}
