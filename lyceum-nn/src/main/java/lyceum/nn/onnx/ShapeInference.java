package lyceum.nn.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.TreeSet;
import lyceum.LyceumException;
import lyceum.format.OnnxFile;
import lyceum.format.OnnxFile.Attribute;
import lyceum.format.OnnxFile.Function;
import lyceum.format.OnnxFile.Graph;
import lyceum.format.OnnxFile.Node;
import lyceum.format.OnnxFile.Port;
import lyceum.format.OnnxFile.Type;
import lyceum.format.OnnxType;
import lyceum.nn.onnx.Shaped.Contradiction;
import lyceum.tensor.Tensor;

/** Goes through a graph in order and finds the shapes of its values from those of its inputs, nothing run. */
final class ShapeInference {
    /** A node of the graph, and multiply-adds or elements that it computes; null if that is not known. */
    record Seen(Node node, Shaped[] out, Extent cost) {}

    private static final int DEEPEST = 32, MOST = 1_000_000;
    private static final Set<String> FREE = Set.of("Reshape", "Squeeze", "Unsqueeze", "Flatten", "Identity", "Constant", "Shape", "Size",
            "Dropout");

    private final Map<String, Long> opsets;
    private final Map<String, Function> functions;
    private final Map<String, Long> symbols;
    private final ShapeInference around;
    private final List<String> contradictions;
    private final int[] looked;
    private final int depth;
    private final Map<String, Shaped> values = new LinkedHashMap<>();
    private final List<Seen> seen = new ArrayList<>();

    private ShapeInference(Map<String, Long> opsets, Map<String, Function> functions, Map<String, Long> symbols, ShapeInference around,
            List<String> contradictions, int[] looked, int depth) {
        this.opsets = opsets;
        this.functions = functions;
        this.symbols = symbols;
        this.around = around;
        this.contradictions = contradictions;
        this.looked = looked;
        this.depth = depth;
    }

    /** @param symbols sizes of named dimensions that are known */
    static ShapeInference of(OnnxFile file, Map<String, Long> symbols) {
        require(file, symbols);
        var functions = new HashMap<String, Function>();
        for (var f : file.functions()) functions.put(f.domain() + ":" + f.name(), f);
        var inference = new ShapeInference(file.opsets(), functions, symbols, null, new ArrayList<>(), new int[1], 0);
        inference.graph(file.graph());
        return inference;
    }

    /** A misspelt name would leave its size open without a word. */
    private static void require(OnnxFile file, Map<String, Long> symbols) {
        var open = new TreeSet<String>();
        for (var port : file.graph().inputs())
            if (port.type() instanceof Type.OfTensor(var _, var dims) && dims != null) for (int axis = 0; axis < dims.size(); axis++)
                if (dims.get(axis).size() < 0)
                    open.add(dims.get(axis).name().isEmpty() ? port.name() + "[" + axis + "]" : dims.get(axis).name());
        symbols.forEach((name, size) -> {
            if (!open.contains(name))
                throw new IllegalArgumentException("OnnxShapes: '" + name + "' is not an open size; there are " + open);
            if (size == null || size < 0) throw new IllegalArgumentException("OnnxShapes: " + name + " is " + size + "; it is at least 0");
        });
    }

    Map<String, Shaped> values() { return values; }

    List<Seen> seen() { return seen; }

    List<String> contradictions() { return contradictions; }

    private Shaped find(String name) {
        var value = values.get(name);
        return value != null ? value : around == null ? Shaped.UNKNOWN : around.find(name);
    }

    /** @param given of the inputs, or none where the graph says their types */
    private Shaped[] graph(Graph graph, Shaped... given) {
        for (int i = 0; i < graph.inputs().size(); i++) {
            var said = Shaped.of(graph.inputs().get(i).type(), symbols);
            if (depth == 0 && said.isRanked()) said = named(graph.inputs().get(i).name(), said);
            values.put(graph.inputs().get(i).name(), i >= given.length || given[i] == null ? said : given[i].isRanked() ? given[i] : said);
        }
        graph.initializers().forEach((name, constant) -> values.put(name, Shaped.of(OnnxValue.of(constant))));
        var said = new HashMap<String, Type>();
        for (var list : List.of(graph.values(), graph.outputs()))
            for (var port : list) if (port.type() != null) said.put(port.name(), port.type());
        for (var node : graph.nodes()) node(node, said);
        return graph.outputs().stream().map(Port::name).map(this::find).toArray(Shaped[]::new);
    }

    /** Sizes without a name have the input's, as {@code input[0]}. */
    private Shaped named(String input, Shaped said) {
        var dims = new ArrayList<>(said.dims());
        for (int axis = 0; axis < dims.size(); axis++) if (dims.get(axis) == null) {
            var name = input + "[" + axis + "]";
            dims.set(axis, symbols.containsKey(name) ? Extent.of(symbols.get(name)) : Extent.symbol(name));
        }
        return said.with(dims);
    }

    private void node(Node node, Map<String, Type> said) {
        var in = new Shaped[node.inputs().size()];
        for (int i = 0; i < in.length; i++) in[i] = node.inputs().get(i).isEmpty() ? null : find(node.inputs().get(i));
        var out = new Shaped[node.outputs().size()];
        Arrays.fill(out, Shaped.UNKNOWN);
        Extent cost = null;
        try {
            var found = outputs(node, in);
            System.arraycopy(found.out, 0, out, 0, Math.min(out.length, found.out.length));
            cost = found.cost;
            for (int i = 0; i < out.length; i++) out[i] = agreed(node.outputs().get(i), out[i], said.get(node.outputs().get(i)));
        } catch (Contradiction e) {
            var all = new ArrayList<String>();
            for (var x : in) if (x != null) all.add(x.text());
            contradictions.add(node.label() + " of " + String.join(", ", all) + ": " + e.getMessage());
        } catch (ArithmeticException e) { // beyond what is followed
            Arrays.fill(out, Shaped.UNKNOWN);
        } catch (IllegalArgumentException | LyceumException e) {
            contradictions.add(node.label() + ": " + e.getMessage());
        } catch (IndexOutOfBoundsException | NoSuchElementException e) { // rules read ranks and counts that the operator asks for
            contradictions.add(node.label() + ": its inputs or attributes have other ranks or numbers than the operator takes");
        }
        for (int i = 0; i < out.length; i++) if (!node.outputs().get(i).isEmpty()) values.put(node.outputs().get(i), out[i]);
        seen.add(new Seen(node, out, cost));
    }

    private record Found(Shaped[] out, Extent cost) {}

    private Found outputs(Node node, Shaped[] in) {
        if (++looked[0] > MOST) throw new ArithmeticException("more nodes than are followed");
        var function = functions.get(node.domain() + ":" + node.operator());
        if (function != null) return called(function, node, in);
        switch (node.operator()) {
            case "If" -> {
                var no = body(node, "else_branch");
                var yes = body(node, "then_branch");
                var out = new Shaped[Math.min(yes.out.length, no.out.length)];
                for (int i = 0; i < out.length; i++) out[i] = Shaped.either(yes.out[i], no.out[i]);
                return new Found(out, yes.cost != null && yes.cost.equals(no.cost) ? yes.cost : null);
            }
            case "Loop" -> { return loop(node, in); }
            case "Scan" -> { return opsets.getOrDefault("", 1L) < 9 ? new Found(new Shaped[0], null) : scan(node, in); }
            default -> {
                var c = new ShapeCall(node, (int) Math.min(Integer.MAX_VALUE, opsets.getOrDefault(node.domain(), 1L)), in);
                if (node.domain().isEmpty() && node.operator().equals("Constant"))
                    return new Found(new Shaped[] {constant(c)}, Extent.of(0));
                var rule = ShapeRules.find(node.domain(), node.operator());
                if (rule == null) return new Found(new Shaped[0], null);
                var result = rule.of(c);
                var out = result instanceof Shaped[] all ? all : new Shaped[] {(Shaped) result};
                return new Found(out, cost(c, out));
            }
        }
    }

    private static Shaped constant(ShapeCall c) {
        var row = Operators.find("", "Constant", c.version);
        var value = row.meaning().of(c.set);
        return Shaped.of(value instanceof OnnxValue v ? v : OnnxValue.of((Tensor) value));
    }

    private ShapeInference inner(Map<String, Long> opsets, ShapeInference around) {
        if (depth == DEEPEST) throw new IllegalArgumentException("graphs more than " + DEEPEST + " deep");
        return new ShapeInference(opsets, functions, symbols, around, contradictions, looked, depth + 1);
    }

    private Found body(Node node, String name, Shaped... given) {
        if (!node.attributes().containsKey(name) || !(node.attributes().get(name).value() instanceof Graph graph))
            return new Found(new Shaped[0], null);
        var inner = inner(opsets, this);
        var out = inner.graph(graph, given);
        return new Found(out, inner.total());
    }

    private Extent total() {
        var sum = Extent.of(0);
        for (var s : seen) {
            if (s.cost == null) return null;
            sum = sum.plus(s.cost);
        }
        return sum;
    }

    private Found called(Function function, Node node, Shaped[] in) {
        var settings = new HashMap<>(function.defaults());
        settings.putAll(node.attributes());
        var inner = inner(function.opsets(), null);
        for (int i = 0; i < Math.min(in.length, function.inputs().size()); i++)
            if (in[i] != null) inner.values.put(function.inputs().get(i), in[i]);
        for (var each : function.nodes()) {
            var attributes = new LinkedHashMap<String, Attribute>();
            for (var attribute : each.attributes().values()) {
                var value = attribute.reference().isEmpty() ? attribute : settings.get(attribute.reference());
                if (value != null) attributes.put(attribute.name(), new Attribute(attribute.name(), "", value.value()));
            }
            inner.node(new Node(each.name(), each.domain(), each.operator(), each.inputs(), each.outputs(), attributes), Map.of());
        }
        return new Found(function.outputs().stream().map(inner::find).toArray(Shaped[]::new), inner.total());
    }

    /** What a turn changes is not known after it: the body is looked at again until nothing changes, or nothing of the states is taken as known. */
    private Found settled(Node node, Shaped[] given, int first, int states, int before) {
        for (int turn = 0;; turn++) {
            int said = contradictions.size();
            var found = body(node, "body", given);
            boolean same = true;
            for (int i = 0; i < states && before + i < found.out.length; i++) {
                var joined = Shaped.either(given[first + i].bare(), found.out[before + i]);
                same &= joined.equals(given[first + i]);
                given[first + i] = joined;
            }
            if (same || turn == 3) return found;
            if (turn == 2) for (int i = 0; i < states; i++) given[first + i] = new Shaped(given[first + i].type(), null);
            while (contradictions.size() > said) contradictions.removeLast();
        }
    }

    private Found loop(Node node, Shaped[] in) {
        int states = Math.max(0, in.length - 2);
        var given = new Shaped[states + 2];
        given[0] = new Shaped(OnnxType.INT64, List.of());
        given[1] = new Shaped(OnnxType.BOOL, List.of());
        for (int i = 0; i < states; i++) given[i + 2] = in[i + 2] == null ? Shaped.UNKNOWN : in[i + 2].bare();
        var found = settled(node, given, 2, states, 1);
        var out = new Shaped[Math.max(0, found.out.length - 1)];
        for (int i = 0; i < out.length; i++) out[i] = i < states ? given[i + 2] : stacked(found.out[i + 1], null, 0);
        return new Found(out, null);
    }

    private Found scan(Node node, Shaped[] in) {
        var set = new ShapeCall(node, 9, in).set;
        int scans = (int) set.integer("num_scan_inputs", 1), states = in.length - scans;
        if (states < 0) return new Found(new Shaped[0], null);
        long[] axes = set.integers("scan_input_axes"), outAxes = set.integers("scan_output_axes");
        var given = new Shaped[in.length];
        Extent length = null;
        for (int i = 0; i < in.length; i++) {
            given[i] = in[i] == null ? Shaped.UNKNOWN : in[i].bare();
            if (i < states || !given[i].isRanked() || given[i].rank() == 0) continue;
            var dims = new ArrayList<>(given[i].dims());
            length = Shaped.same("lengths of sequences", length,
                    dims.remove(Call.axis(i - states < axes.length ? axes[i - states] : 0, dims.size())));
            given[i] = given[i].with(dims);
        }
        var found = settled(node, given, 0, states, 0);
        var out = found.out.clone();
        for (int i = 0; i < out.length; i++)
            out[i] = i < states ? given[i] : stacked(out[i], length, i - states < outAxes.length ? outAxes[i - states] : 0);
        return new Found(out, found.cost == null || length == null ? null : found.cost.times(length));
    }

    private static Shaped stacked(Shaped x, Extent length, long axis) {
        if (!x.isRanked()) return x.bare();
        var dims = new ArrayList<>(x.dims());
        dims.add(Call.axis(axis, x.rank() + 1), length);
        return x.with(dims);
    }

    /** What the node gives, where the file says more than that. @throws Contradiction if it says something else */
    private Shaped agreed(String name, Shaped found, Type said) {
        if (said == null) return found;
        var told = Shaped.of(said, symbols);
        var type = found.type() == OnnxType.UNDEFINED ? told.type() : found.type();
        if (!told.isRanked()) return new Shaped(type, found.dims(), found.content(), found.constant());
        if (!found.isRanked()) return new Shaped(type, told.dims());
        if (told.rank() != found.rank())
            throw new Contradiction("\"" + name + "\" is " + found.text() + ", and the file says " + told.text());
        var dims = new ArrayList<Extent>();
        for (int i = 0; i < told.rank(); i++) {
            Extent a = found.size(i), b = told.size(i);
            if (a != null && b != null && a.isNumber() && b.isNumber() && !a.equals(b))
                throw new Contradiction("\"" + name + "\" is " + found.text() + ", and the file says " + told.text());
            dims.add(a == null ? b : a);
        }
        return new Shaped(type, dims, found.content(), found.constant());
    }

    private static Extent cost(ShapeCall c, Shaped[] out) {
        var y = out.length == 0 ? null : out[0].count();
        return switch (c.node.operator()) {
            case "MatMul", "FusedMatMul", "MatMulInteger", "QLinearMatMul", "Gemm" ->
                    times(y, c.x(0).isRanked() && c.x(0).rank() > 0 ? c.x(0).size(c.set.flag("transA") ? -2 : -1) : null);
            case "Conv", "ConvInteger" -> times(y, weights(c.x(1)));
            case "QLinearConv" -> times(y, weights(c.x(3)));
            case "ConvTranspose" -> times(c.x(0).count(), weights(c.x(1)));
            case "LSTM", "GRU", "RNN" -> {
                int gates = c.node.operator().equals("LSTM") ? 4 : c.node.operator().equals("GRU") ? 3 : 1;
                var x = c.x(0);
                Extent width = x.isRanked() ? x.size(2) : null, hidden = y == null ? null : out[0].size(-1);
                yield width == null || hidden == null ? null : times(y, width.plus(hidden).times(gates));
            }
            default -> FREE.contains(c.node.operator()) ? Extent.of(0) : y;
        };
    }

    private static Extent weights(Shaped w) {
        return w.isRanked() ? Shaped.product(w.dims().subList(Math.min(1, w.rank()), w.rank())) : null;
    }

    private static Extent times(Extent a, Extent b) { return a == null || b == null ? null : a.times(b); }
}
