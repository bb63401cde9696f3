package lyceum.nn.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.format.OnnxFile;
import lyceum.format.OnnxFile.Attribute;
import lyceum.format.OnnxFile.Constant;
import lyceum.format.OnnxFile.Dim;
import lyceum.format.OnnxFile.Function;
import lyceum.format.OnnxFile.Graph;
import lyceum.format.OnnxFile.Node;
import lyceum.format.OnnxFile.Port;
import lyceum.format.OnnxFile.Type;
import lyceum.format.OnnxType;
import lyceum.tensor.Tensor;

/** Small models put together by hand. */
final class Models {
    private Models() {}

    /** A node from a line such as {@code "y = Add(a, b)"}. */
    static Node node(String line, Attribute... attributes) {
        int equals = line.indexOf(" = "), open = line.indexOf('(');
        var settings = new LinkedHashMap<String, Attribute>();
        for (var attribute : attributes) settings.put(attribute.name(), attribute);
        var operator = line.substring(equals + 3, open);
        int dot = operator.lastIndexOf('.');
        return new Node("", dot < 0 ? "" : operator.substring(0, dot), operator.substring(dot + 1),
                names(line.substring(open + 1, line.length() - 1)), names(line.substring(0, equals)), settings);
    }

    private static List<String> names(String list) {
        return list.isBlank() ? List.of() : Arrays.stream(list.split(",", -1)).map(String::strip).toList();
    }

    /** An input of floats: numbers are sizes, words symbols. */
    static Port port(String name, Object... sizes) { return port(name, OnnxType.FLOAT, sizes); }

    static Port port(String name, OnnxType type, Object... sizes) {
        var dims = new ArrayList<Dim>();
        for (var size : sizes) dims.add(size instanceof Integer n ? new Dim(n, "") : new Dim(-1, size.toString()));
        return new Port(name, new Type.OfTensor(type, dims));
    }

    static Port open(String name) { return new Port(name, null); }

    static Graph graph(List<Port> inputs, List<Port> outputs, Map<String, Tensor> weights, Node... nodes) {
        var constants = new LinkedHashMap<String, Constant>();
        weights.forEach((name, x) -> constants.put(name, Constant.of(name, x)));
        return new Graph("g", List.of(nodes), constants, inputs, outputs, List.of());
    }

    static OnnxFile file(Graph graph, Function... functions) {
        return new OnnxFile(8, "test", Map.of("", 18L, "mine", 1L), graph, List.of(functions), Map.of());
    }

    /** Written, read and ready to run. */
    static OnnxModel model(Graph graph, Function... functions) { return OnnxModel.load(file(graph, functions).toBytes()); }
}
