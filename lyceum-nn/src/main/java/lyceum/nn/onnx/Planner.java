package lyceum.nn.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lyceum.FormatException;
import lyceum.LyceumException;
import lyceum.format.OnnxFile.Attribute;
import lyceum.format.OnnxFile.Constant;
import lyceum.format.OnnxFile.Function;
import lyceum.format.OnnxFile.Graph;
import lyceum.format.OnnxFile.Node;
import lyceum.format.OnnxFile.Port;
import lyceum.tensor.Tensor;

/** Turns the names of one graph into places, and finds each node's operator. */
final class Planner {
    /** What holds for the whole of a model. */
    static final class Context {
        private final Map<String, Function> functions = new HashMap<>();
        private final OnnxLimits limits;
        private final Set<String> missing = new HashSet<>();
        private final List<String> problems = new ArrayList<>();
        private long nodes;
        private int depth;

        Context(Collection<Function> functions, OnnxLimits limits) {
            for (var f : functions) this.functions.put(f.domain() + ":" + f.name(), f);
            this.limits = limits;
        }

        /** @throws FormatException naming every operator that is missing */
        void refuseMissing() {
            if (!problems.isEmpty()) throw new FormatException("ONNX: operators that are not known: " + String.join("; ", problems));
        }
    }

    private static final int DEEPEST = 32;

    private final Map<String, Long> opsets;
    private final Context context;
    private final Planner around;
    private final Map<String, Attribute> settings;
    private final Map<String, Integer> names = new HashMap<>();
    private final Map<Integer, OnnxValue> constants = new HashMap<>();
    private final Map<Integer, Integer> captures = new LinkedHashMap<>();
    /** Places of inputs, which a run may give even where there is a constant. */
    private final Set<Integer> replaceable = new HashSet<>();
    private final List<Plan.Step> steps = new ArrayList<>();
    private int places;

    private Planner(Map<String, Long> opsets, Context context, Planner around, Map<String, Attribute> settings) {
        this.opsets = opsets;
        this.context = context;
        this.around = around;
        this.settings = settings;
    }

    /** The plan of a model's graph. @throws FormatException where a name is read before it is given, or given twice */
    static Plan plan(Graph graph, Map<String, Long> opsets, Context context) { return plan(graph, opsets, context, null, Map.of()); }

    private static Plan plan(Graph graph, Map<String, Long> opsets, Context context, Planner around, Map<String, Attribute> settings) {
        var planner = new Planner(opsets, context, around, settings);
        var inputs = graph.inputs().stream().map(Port::name).mapToInt(planner::define).toArray();
        for (int place : inputs) planner.replaceable.add(place);
        for (Constant constant : graph.initializers().values()) {
            var place = planner.names.get(constant.name());
            planner.constants.put(place == null ? planner.define(constant.name()) : place, OnnxValue.of(constant));
        }
        for (var node : graph.nodes()) planner.add(node);
        var outputs = graph.outputs().stream().mapToInt(port -> planner.place(port.name(), "the outputs of graph \"" + graph.name() + "\""))
                .toArray();
        return planner.finish(inputs, outputs);
    }

    private static Plan plan(Function function, Context context, Map<String, Attribute> settings) {
        if (context.depth == DEEPEST)
            throw new FormatException("ONNX: functions call each other more than " + DEEPEST + " deep, at " + function.name());
        context.depth++;
        var planner = new Planner(function.opsets(), context, null, settings);
        var inputs = function.inputs().stream().mapToInt(planner::define).toArray();
        for (var node : function.nodes()) planner.add(node);
        var outputs = function.outputs().stream().mapToInt(name -> planner.place(name, "the outputs of function " + function.name()))
                .toArray();
        context.depth--;
        return planner.finish(inputs, outputs);
    }

    private int define(String name) {
        if (names.putIfAbsent(name, places) != null) throw new FormatException("ONNX: two values have the name \"" + name + "\"");
        return places++;
    }

    private int place(String name, Node reader) {
        var place = find(name);
        return place == null ? place(name, reader.label()) : place;
    }

    private int place(String name, String reader) {
        var place = find(name);
        if (place == null) throw new FormatException("ONNX: \"" + name + "\" is read by " + reader + " and given by nothing before it");
        return place;
    }

    private Integer find(String name) {
        var place = names.get(name);
        if (place != null || around == null) return place;
        var outer = around.find(name);
        if (outer == null) return null;
        int inner = define(name);
        var constant = around.replaceable.contains(outer) ? null : around.constants.get(outer);
        if (constant != null) constants.put(inner, constant);
        else captures.put(inner, outer);
        return inner;
    }

    private void add(Node given) {
        if (++context.nodes > context.limits.nodes())
            throw new FormatException("ONNX: the model has more than " + context.limits.nodes() + " nodes");
        // Plain loops: a stream a node is a tenth of what a new process takes to its first answer.
        boolean refers = false;
        for (var attribute : given.attributes().values()) refers |= !attribute.reference().isEmpty();
        var node = refers ? substituted(given) : given;
        var in = new int[node.inputs().size()];
        for (int i = 0; i < in.length; i++) in[i] = node.inputs().get(i).isEmpty() ? -1 : place(node.inputs().get(i), node);
        var bodies = new HashMap<String, Plan>();
        for (var attribute : node.attributes().values())
            if (attribute.value() instanceof Graph body) bodies.put(attribute.name(), plan(body, opsets, context, this, settings));
        var function = context.functions.get(node.domain() + ":" + node.operator());
        long version = opsets.getOrDefault(node.domain(), 0L);
        var operator = function == null ? Operators.find(node.domain(), node.operator(), version) : null;
        Plan plan = null;
        if (function != null) {
            var own = new HashMap<>(function.defaults());
            own.putAll(node.attributes());
            plan = plan(function, context, own);
        } else if (operator == null && context.missing.add(node.domain() + ":" + node.operator())) context.problems
                .add(node.label() + (version == 0 ? ", of a domain that the model does not import" : " of operator set " + version));
        var out = new int[node.outputs().size()];
        for (int i = 0; i < out.length; i++) out[i] = node.outputs().get(i).isEmpty() ? -1 : define(node.outputs().get(i));
        if (operator != null && isConstant(node, operator, version, out)) return;
        steps.add(new Plan.Step(node, (int) Math.min(version, Integer.MAX_VALUE), operator, plan, in, out, new int[0], Map.copyOf(bodies)));
    }

    /** Constants among the nodes are known at once, to graphs within this one too. */
    private boolean isConstant(Node node, Operator operator, long version, int[] out) {
        if (!operator.domain().isEmpty() || !operator.name().equals("Constant") || out.length != 1 || out[0] < 0) return false;
        try {
            var value = operator.meaning().of(new Call(node, (int) version, new OnnxValue[0], Map.of(), null, context.limits));
            constants.put(out[0], value instanceof OnnxValue v ? v : OnnxValue.of((Tensor) value));
            return true;
        } catch (IllegalArgumentException | LyceumException e) {
            return false; // the run will tell, if it comes to that
        }
    }

    /** Attributes that a function's caller sets; what neither sets is left out. */
    private Node substituted(Node node) {
        var attributes = new LinkedHashMap<String, Attribute>();
        for (var attribute : node.attributes().values()) {
            var value = attribute.reference().isEmpty() ? attribute : settings.get(attribute.reference());
            if (value != null) attributes.put(attribute.name(), new Attribute(attribute.name(), "", value.value()));
        }
        return new Node(node.name(), node.domain(), node.operator(), node.inputs(), node.outputs(), attributes);
    }

    /** Finds out after which step each place is read no more. */
    private Plan finish(int[] inputs, int[] outputs) {
        var open = new HashSet<Integer>();
        for (int place : inputs) open.add(place);
        for (int place : outputs) open.add(place);
        var steps = context.problems.isEmpty() ? new Preparation(constants, open, context.limits).of(this.steps) : this.steps;
        var last = new int[places];
        Arrays.fill(last, -1);
        for (int s = 0; s < steps.size(); s++) {
            for (int place : steps.get(s).in()) if (place >= 0) last[place] = s;
            for (int place : steps.get(s).out()) if (place >= 0) last[place] = s;
            for (var body : steps.get(s).bodies().values()) for (int place : body.origin()) last[place] = s;
        }
        for (int place : outputs) last[place] = -1;
        var dying = new int[steps.size()][];
        var count = new int[steps.size()];
        for (int step : last) if (step >= 0) count[step]++;
        for (int s = 0; s < dying.length; s++) dying[s] = new int[count[s]];
        for (int place = 0; place < places; place++) if (last[place] >= 0) dying[last[place]][--count[last[place]]] = place;
        var initial = new OnnxValue[places];
        constants.forEach((place, value) -> initial[place] = value);
        var planned = new ArrayList<Plan.Step>();
        for (int s = 0; s < steps.size(); s++) {
            var step = steps.get(s);
            planned.add(new Plan.Step(step.node(), step.version(), step.operator(), step.function(), step.in(), step.out(), dying[s],
                    step.bodies()));
        }
        return new Plan(inputs, outputs, initial, List.copyOf(planned), ints(captures.keySet()), ints(captures.values()));
    }

    private static int[] ints(Collection<Integer> values) { return values.stream().mapToInt(Integer::intValue).toArray(); }
}
