package lyceum.learn.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import lyceum.format.OnnxFile;
import lyceum.format.OnnxFile.Attribute;
import lyceum.format.OnnxFile.Constant;
import lyceum.format.OnnxFile.Dim;
import lyceum.format.OnnxFile.Graph;
import lyceum.format.OnnxFile.Node;
import lyceum.format.OnnxFile.Port;
import lyceum.format.OnnxFile.Type;
import lyceum.format.OnnxType;
import lyceum.tensor.Tensor;

/** Collects the nodes of a learner that is written: one input of rows, and outputs by name. */
final class LearnerGraph {
    static final String INPUT = "input";
    private static final String CLASSICAL = "ai.onnx.ml";
    private static final Map<String, Long> SETS = Map.of("", 18L, CLASSICAL, 3L);

    private final List<Node> nodes = new ArrayList<>();
    private final LinkedHashMap<String, Constant> constants = new LinkedHashMap<>();
    private final List<Port> outputs = new ArrayList<>();
    private int fresh;

    /** A node of the standard's operators; the name of its result. */
    String node(String operator, List<String> inputs, Attribute... attributes) { return nodes("", operator, 1, inputs, attributes)[0]; }

    String node(String operator, String... inputs) { return node(operator, List.of(inputs)); }

    /** A node of {@code ai.onnx.ml}; the names of its results. */
    String[] classical(String operator, int results, String input, Attribute... attributes) {
        return nodes(CLASSICAL, operator, results, List.of(input), attributes);
    }

    private String[] nodes(String domain, String operator, int results, List<String> inputs, Attribute... attributes) {
        var settings = new LinkedHashMap<String, Attribute>();
        for (var attribute : attributes) settings.put(attribute.name(), attribute);
        var names = new String[results];
        for (int i = 0; i < results; i++) names[i] = operator.toLowerCase(Locale.ROOT) + "_" + fresh++;
        nodes.add(new Node(names[0], domain, operator, inputs, List.of(names), settings));
        return names;
    }

    String constant(Tensor x) {
        var name = "constant_" + constants.size();
        constants.put(name, Constant.of(name, x.detach().copy().compute()));
        return name;
    }

    /** Gives a value its name outside. @param sizes after the batch */
    void output(String name, String value, OnnxType type, long... sizes) {
        nodes.add(new Node(name, "", "Identity", List.of(value), List.of(name), new LinkedHashMap<>()));
        outputs.add(new Port(name, type(type, sizes)));
    }

    private static Type type(OnnxType type, long... sizes) {
        var dims = new ArrayList<>(List.of(new Dim(-1, "batch")));
        for (long size : sizes) dims.add(new Dim(size, ""));
        return new Type.OfTensor(type, dims);
    }

    OnnxFile file(int features) {
        var input = new Port(INPUT, type(OnnxType.FLOAT, features));
        return new OnnxFile(8, "lyceum", SETS,
                new Graph("lyceum", List.copyOf(nodes), constants, List.of(input), List.copyOf(outputs), List.of()), List.of(), Map.of());
    }

    static Attribute set(String name, long... values) { return new Attribute(name, values); }

    static Attribute set(String name, long value) { return new Attribute(name, (Long) value); }

    static Attribute set(String name, String value) { return new Attribute(name, value.getBytes()); }

    static Attribute set(String name, List<String> values) { return new Attribute(name, values.stream().map(String::getBytes).toList()); }

    /** Single precision, as these operators have. */
    static Attribute set(String name, double... values) {
        var floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) floats[i] = (float) values[i];
        return new Attribute(name, floats);
    }

    static Attribute set(String name, Tensor values) { return set(name, values.flatten().toDoubleArray()); }

    static double[] negated(double[] values) { return Arrays.stream(values).map(v -> -v).toArray(); }
}
