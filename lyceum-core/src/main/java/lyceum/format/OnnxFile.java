package lyceum.format;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import lyceum.FormatException;
import lyceum.tensor.Tensor;

/**
 * What an ONNX file says: its graph, functions and tensors, nothing run and nothing resolved. {@code lyceum.nn.onnx.OnnxModel} runs it.
 *
 * <p>{@link #read(Path)} maps the file, and tensors of our types are on it without a copy. External data is read from the model's own
 * folder and from nowhere else.
 *
 * {@snippet :
 * var file = OnnxFile.read(path);
 * Tensor embeddings = file.graph().initializers().get("embeddings.word_embeddings.weight").tensor();
 * }
 *
 * @param irVersion version of the file format
 * @param producer name and version of the program that wrote it
 * @param opsets version of each operator set by domain, the standard's under ""
 * @param functions the model's own
 * @param metadata strings by name
 * @see <a href="https://github.com/onnx/onnx/blob/main/docs/IR.md">Open Neural Network Exchange, intermediate representation</a>
 */
public record OnnxFile(long irVersion, String producer, Map<String, Long> opsets, Graph graph, List<Function> functions,
        Map<String, String> metadata) {
    private static final String FORMAT = "ONNX";

    /** Nodes in an order in which each comes after those that it reads. */
    public record Graph(String name, List<Node> nodes, SequencedMap<String, Constant> initializers, List<Port> inputs, List<Port> outputs,
            List<Port> values) {}

    /** One application of an operator. An optional input or output that is left out has the name "". */
    public record Node(String name, String domain, String operator, List<String> inputs, List<String> outputs,
            SequencedMap<String, Attribute> attributes) {
        /** For messages: operator, and name or first output. */
        public String label() {
            var shown = !name.isEmpty() ? name : outputs.isEmpty() ? "" : outputs.getFirst();
            return (domain.isEmpty() ? "" : domain + ".") + operator + " \"" + shown + "\"";
        }
    }

    /**
     * A setting of a node.
     *
     * @param reference the attribute of the function around it whose value this one takes, or ""
     * @param value a Long, Float, byte[], Constant, Graph, Type, long[], float[], or a List of byte[], Constant, Graph or Type
     */
    public record Attribute(String name, String reference, Object value) {
        public Attribute(String name, Object value) { this(name, "", value); }

        /** The value as a text. */
        public String text() { return new String((byte[]) value, StandardCharsets.UTF_8); }
    }

    /** A tensor in a file. @param tensor null for strings @param strings null for all else */
    public record Constant(String name, OnnxType type, long[] dims, Tensor tensor, String[] strings) {
        /** A tensor of one of our types. */
        public static Constant of(String name, Tensor x) {
            return new Constant(name, OnnxType.of(x.dtype()), x.shape().toArray(), x, null);
        }
    }

    /** An operator whose meaning is a graph. */
    public record Function(String domain, String name, List<String> inputs, List<String> outputs, List<String> attributes,
            SequencedMap<String, Attribute> defaults, List<Node> nodes, Map<String, Long> opsets) {}

    /** A named input, output or value of a graph. @param type null where the file does not say */
    public record Port(String name, Type type) {}

    /** The type of a value. */
    public sealed interface Type {
        /** Tensors. @param shape null where even the rank is open */
        record OfTensor(OnnxType element, List<Dim> shape) implements Type {}

        /** Lists of values of one type. */
        record OfSequence(Type element) implements Type {}

        /** A value or none. */
        record OfOptional(Type element) implements Type {}

        /** Values by key. */
        record OfMap(OnnxType key, Type value) implements Type {}
    }

    /** The size of an axis. @param size -1 where it is open @param name "" if it has none */
    public record Dim(long size, String name) {
        @Override public String toString() { return size >= 0 ? Long.toString(size) : name.isEmpty() ? "?" : name; }
    }

    /** Maps a file. @throws FormatException if it is malformed: names the byte */
    public static OnnxFile read(Path path) throws IOException {
        var folder = path.toAbsolutePath().normalize().getParent();
        return read(MappedFile.open(FORMAT, path).memory(), new OnnxTensorReader(folder));
    }

    /** Reads bytes; external data is refused. */
    public static OnnxFile read(byte[] bytes) { return read(MemorySegment.ofArray(bytes)); }

    /** Reads what is in memory; external data is refused. Tensors may lie in that memory, which must stay for as long. */
    public static OnnxFile read(MemorySegment memory) { return read(memory, new OnnxTensorReader(null)); }

    /** Writes the file whole or not at all. Weights are inside, so that it is at most 2 GB. */
    public void write(Path path) throws IOException {
        var target = path.toAbsolutePath();
        var part = Files.createTempFile(target.getParent(), target.getFileName().toString(), ".part");
        try {
            Files.write(part, toBytes());
            Durable.move(part, target);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    /** What {@link #write} writes. */
    public byte[] toBytes() { return OnnxWriter.bytes(this); }

    /** Reads one tensor's file, as conformance suites keep them. */
    public static Constant readTensor(byte[] bytes) { return new OnnxTensorReader(null).read(new ProtoReader(FORMAT + " tensor", bytes)); }

    private static OnnxFile read(MemorySegment memory, OnnxTensorReader tensors) {
        var in = new ProtoReader(FORMAT, memory);
        long version = 0;
        String name = "", release = "";
        var opsets = new LinkedHashMap<String, Long>();
        var functions = new ArrayList<Function>();
        var metadata = new LinkedHashMap<String, String>();
        Graph graph = null;
        while (in.hasNext()) {
            int tag = in.tag();
            switch (tag) {
                case 1 << 3 -> version = in.varint();
                case 2 << 3 | 2 -> name = in.text();
                case 3 << 3 | 2 -> release = in.text();
                case 7 << 3 | 2 -> graph = graph(in.message(), tensors);
                case 8 << 3 | 2 -> opset(in.message(), opsets);
                case 14 << 3 | 2 -> entry(in.message(), metadata);
                case 25 << 3 | 2 -> functions.add(function(in.message(), tensors));
                default -> in.skip(tag);
            }
        }
        if (graph == null) throw in.wrong("the file has no graph");
        if (opsets.isEmpty()) opsets.put("", 1L);
        return new OnnxFile(version, (name + " " + release).strip(), Collections.unmodifiableMap(opsets), graph, List.copyOf(functions),
                Collections.unmodifiableMap(metadata));
    }

    private static void opset(ProtoReader in, Map<String, Long> opsets) {
        String domain = "";
        long version = 0;
        while (in.hasNext()) {
            int tag = in.tag();
            switch (tag) {
                case 1 << 3 | 2 -> domain = in.text();
                case 2 << 3 -> version = in.varint();
                default -> in.skip(tag);
            }
        }
        opsets.put(standard(domain), version);
    }

    private static String standard(String domain) { return domain.equals("ai.onnx") ? "" : domain; }

    static void entry(ProtoReader in, Map<String, String> entries) {
        String key = "", value = "";
        while (in.hasNext()) {
            int tag = in.tag();
            switch (tag) {
                case 1 << 3 | 2 -> key = in.text();
                case 2 << 3 | 2 -> value = in.text();
                default -> in.skip(tag);
            }
        }
        entries.put(key, value);
    }

    private static Graph graph(ProtoReader in, OnnxTensorReader tensors) {
        String name = "";
        var nodes = new ArrayList<Node>();
        var constants = new LinkedHashMap<String, Constant>();
        var inputs = new ArrayList<Port>();
        var outputs = new ArrayList<Port>();
        var values = new ArrayList<Port>();
        while (in.hasNext()) {
            int tag = in.tag();
            switch (tag) {
                case 1 << 3 | 2 -> nodes.add(node(in.message(), tensors));
                case 2 << 3 | 2 -> name = in.text();
                case 5 << 3 | 2, 15 << 3 | 2 -> {
                    var constant = tag == (5 << 3 | 2) ? tensors.read(in.message()) : tensors.readSparse(in.message());
                    if (constants.put(constant.name(), constant) != null)
                        throw in.wrong("two tensors have the name \"" + constant.name() + "\"");
                }
                case 11 << 3 | 2 -> inputs.add(port(in.message()));
                case 12 << 3 | 2 -> outputs.add(port(in.message()));
                case 13 << 3 | 2 -> values.add(port(in.message()));
                default -> in.skip(tag);
            }
        }
        return new Graph(name, List.copyOf(nodes), Collections.unmodifiableSequencedMap(constants), List.copyOf(inputs),
                List.copyOf(outputs), List.copyOf(values));
    }

    private static Node node(ProtoReader in, OnnxTensorReader tensors) {
        String name = "", domain = "", operator = "";
        var inputs = new ArrayList<String>();
        var outputs = new ArrayList<String>();
        var attributes = new LinkedHashMap<String, Attribute>();
        while (in.hasNext()) {
            int tag = in.tag();
            switch (tag) {
                case 1 << 3 | 2 -> inputs.add(in.text());
                case 2 << 3 | 2 -> outputs.add(in.text());
                case 3 << 3 | 2 -> name = in.text();
                case 4 << 3 | 2 -> operator = in.text();
                case 5 << 3 | 2 -> attribute(in.message(), tensors, attributes);
                case 7 << 3 | 2 -> domain = standard(in.text());
                default -> in.skip(tag);
            }
        }
        return new Node(name, domain, operator, List.copyOf(inputs), List.copyOf(outputs),
                Collections.unmodifiableSequencedMap(attributes));
    }

    private static void attribute(ProtoReader in, OnnxTensorReader tensors, Map<String, Attribute> attributes) {
        String name = "", reference = "";
        Object value = null;
        long kind = 0;
        var integers = new OnnxTensorReader.Numbers();
        var floats = new OnnxTensorReader.Numbers();
        var others = new ArrayList<Object>();
        while (in.hasNext()) {
            int tag = in.tag();
            switch (tag) {
                case 1 << 3 | 2 -> name = in.text();
                case 2 << 3 | 5 -> value = in.float32();
                case 3 << 3 -> value = in.varint();
                case 4 << 3 | 2 -> value = in.bytes();
                case 5 << 3 | 2 -> value = tensors.read(in.message());
                case 6 << 3 | 2 -> value = graph(in.message(), tensors);
                case 14 << 3 | 2 -> value = type(in.message());
                case 22 << 3 | 2 -> value = tensors.readSparse(in.message());
                case 7 << 3 | 5, 7 << 3 | 2 -> floats.read(in, tag, 4);
                case 8 << 3, 8 << 3 | 2 -> integers.read(in, tag, 0);
                case 9 << 3 | 2 -> others.add(in.bytes());
                case 10 << 3 | 2 -> others.add(tensors.read(in.message()));
                case 11 << 3 | 2 -> others.add(graph(in.message(), tensors));
                case 15 << 3 | 2 -> others.add(type(in.message()));
                case 20 << 3 -> kind = in.varint();
                case 21 << 3 | 2 -> reference = in.text();
                default -> in.skip(tag);
            }
        }
        if (floats.n > 0 || kind == 6) value = floats(floats);
        else if (integers.n > 0 || kind == 7) value = Arrays.copyOf(integers.bits, integers.n);
        else if (!others.isEmpty() || kind > 7 && kind != 13) value = List.copyOf(others);
        else if (value == null) value = kind == 1 ? (Object) 0f : kind == 3 ? (Object) new byte[0] : kind == 2 ? (Object) 0L : null;
        if (value == null && reference.isEmpty()) throw in.wrong("attribute \"" + name + "\" of kind " + kind + " has no value");
        if (attributes.put(name, new Attribute(name, reference, value)) != null)
            throw in.wrong("two attributes have the name \"" + name + "\"");
    }

    private static float[] floats(OnnxTensorReader.Numbers numbers) {
        var array = new float[numbers.n];
        for (int i = 0; i < array.length; i++) array[i] = Float.intBitsToFloat((int) numbers.bits[i]);
        return array;
    }

    private static Function function(ProtoReader in, OnnxTensorReader tensors) {
        String name = "", domain = "";
        var inputs = new ArrayList<String>();
        var outputs = new ArrayList<String>();
        var names = new ArrayList<String>();
        var defaults = new LinkedHashMap<String, Attribute>();
        var nodes = new ArrayList<Node>();
        var opsets = new LinkedHashMap<String, Long>();
        while (in.hasNext()) {
            int tag = in.tag();
            switch (tag) {
                case 1 << 3 | 2 -> name = in.text();
                case 4 << 3 | 2 -> inputs.add(in.text());
                case 5 << 3 | 2 -> outputs.add(in.text());
                case 6 << 3 | 2 -> names.add(in.text());
                case 7 << 3 | 2 -> nodes.add(node(in.message(), tensors));
                case 9 << 3 | 2 -> opset(in.message(), opsets);
                case 10 << 3 | 2 -> domain = standard(in.text());
                case 11 << 3 | 2 -> attribute(in.message(), tensors, defaults);
                default -> in.skip(tag);
            }
        }
        return new Function(domain, name, List.copyOf(inputs), List.copyOf(outputs), List.copyOf(names),
                Collections.unmodifiableSequencedMap(defaults), List.copyOf(nodes), Collections.unmodifiableMap(opsets));
    }

    private static Port port(ProtoReader in) {
        String name = "";
        Type type = null;
        while (in.hasNext()) {
            int tag = in.tag();
            switch (tag) {
                case 1 << 3 | 2 -> name = in.text();
                case 2 << 3 | 2 -> type = type(in.message());
                default -> in.skip(tag);
            }
        }
        return new Port(name, type);
    }

    private static Type type(ProtoReader in) {
        Type type = null;
        while (in.hasNext()) {
            int tag = in.tag();
            switch (tag) {
                case 1 << 3 | 2 -> type = tensorType(in.message());
                case 4 << 3 | 2 -> type = new Type.OfSequence(element(in.message()));
                case 5 << 3 | 2 -> type = mapType(in.message());
                case 9 << 3 | 2 -> type = new Type.OfOptional(element(in.message()));
                default -> in.skip(tag);
            }
        }
        return type;
    }

    private static Type element(ProtoReader in) {
        Type type = null;
        while (in.hasNext()) {
            int tag = in.tag();
            if (tag == (1 << 3 | 2)) type = type(in.message());
            else in.skip(tag);
        }
        return type;
    }

    private static Type mapType(ProtoReader in) {
        OnnxType key = null;
        Type value = null;
        while (in.hasNext()) {
            int tag = in.tag();
            switch (tag) {
                case 1 << 3 -> key = OnnxType.of(in.varint());
                case 2 << 3 | 2 -> value = type(in.message());
                default -> in.skip(tag);
            }
        }
        return new Type.OfMap(key, value);
    }

    private static Type tensorType(ProtoReader in) {
        OnnxType element = OnnxType.UNDEFINED;
        List<Dim> shape = null;
        while (in.hasNext()) {
            int tag = in.tag();
            switch (tag) {
                case 1 << 3 -> element = OnnxType.of(in.varint());
                case 2 << 3 | 2 -> shape = shape(in.message());
                default -> in.skip(tag);
            }
        }
        return new Type.OfTensor(element, shape);
    }

    private static List<Dim> shape(ProtoReader in) {
        var dims = new ArrayList<Dim>();
        while (in.hasNext()) {
            int tag = in.tag();
            if (tag == (1 << 3 | 2)) dims.add(dim(in.message()));
            else in.skip(tag);
        }
        return List.copyOf(dims);
    }

    private static Dim dim(ProtoReader in) {
        long size = -1;
        String name = "";
        while (in.hasNext()) {
            int tag = in.tag();
            switch (tag) {
                case 1 << 3 -> size = in.varint();
                case 2 << 3 | 2 -> name = in.text();
                default -> in.skip(tag);
            }
        }
        return new Dim(size, name);
    }
}
