package lyceum.nn.onnx;

import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.format.OnnxFile;
import lyceum.format.OnnxFile.Node;
import lyceum.format.OnnxType;
import lyceum.tensor.Tensor;

/** One run of a node: what its operator sees. */
final class Call {
    final Node node;
    final int version;
    private final OnnxValue[] in;
    private final Map<String, Plan> bodies;
    private final OnnxValue[] frame;
    private final OnnxLimits limits;

    Call(Node node, int version, OnnxValue[] in, Map<String, Plan> bodies, OnnxValue[] frame, OnnxLimits limits) {
        this.node = node;
        this.version = version;
        this.in = in;
        this.bodies = bodies;
        this.frame = frame;
        this.limits = limits;
    }

    int inputs() { return in.length; }

    int outputs() { return node.outputs().size(); }

    boolean has(int i) { return i < in.length && in[i] != null; }

    OnnxValue value(int i) {
        if (!has(i)) throw new IllegalArgumentException("input " + i + " is missing");
        return in[i];
    }

    OnnxValue[] values() { return in.clone(); }

    Tensor x(int i) { return value(i).tensor(); }

    /** The input, or null where it is left out. */
    Tensor optional(int i) { return has(i) ? x(i) : null; }

    Tensor[] tensors() {
        var all = new Tensor[in.length];
        for (int i = 0; i < all.length; i++) all[i] = x(i);
        return all;
    }

    OnnxType type(int i) { return value(i).type(); }

    OnnxValue.Strings strings(int i) {
        if (value(i) instanceof OnnxValue.Strings strings) return strings;
        throw new IllegalArgumentException("input " + i + " is " + value(i) + ", strings are expected");
    }

    List<OnnxValue> sequence(int i) {
        var value = value(i) instanceof OnnxValue.Maybe maybe && maybe.value() != null ? maybe.value() : value(i);
        if (value instanceof OnnxValue.Sequence sequence) return sequence.values();
        throw new IllegalArgumentException("input " + i + " is " + value + ", a sequence is expected");
    }

    /** Numbers of an integer input. */
    long[] longs(int i) { return x(i).to(DType.I64).toLongArray(); }

    long item(int i) {
        long[] values = longs(i);
        if (values.length != 1) throw new IllegalArgumentException("input " + i + " has " + values.length + " elements, one is expected");
        return values[0];
    }

    double number(int i) { return x(i).to(DType.F64).reshape(-1).select(0, 0).item(); }

    private <T> T attribute(String name, Class<T> kind) {
        var attribute = node.attributes().get(name);
        if (attribute == null) return null;
        if (!kind.isInstance(attribute.value())) throw new FormatException("ONNX: attribute \"" + name + "\" of " + node.label() + " is a "
                + attribute.value().getClass().getSimpleName() + ", a " + kind.getSimpleName() + " is expected");
        return kind.cast(attribute.value());
    }

    boolean sets(String name) { return node.attributes().containsKey(name); }

    long integer(String name, long otherwise) {
        var value = attribute(name, Long.class);
        return value == null ? otherwise : value;
    }

    boolean flag(String name) { return integer(name, 0) != 0; }

    double number(String name, double otherwise) {
        var value = attribute(name, Float.class);
        return value == null ? otherwise : value;
    }

    String text(String name, String otherwise) {
        return attribute(name, byte[].class) == null ? otherwise : node.attributes().get(name).text();
    }

    long[] integers(String name, long... otherwise) {
        var value = attribute(name, long[].class);
        return value == null ? otherwise : value.clone();
    }

    float[] numbers(String name) {
        var value = attribute(name, float[].class);
        return value == null ? new float[0] : value;
    }

    List<String> texts(String name) {
        var value = attribute(name, List.class);
        if (value == null) return List.of();
        return ((List<?>) value).stream().map(b -> new OnnxFile.Attribute(name, "", b).text()).toList();
    }

    OnnxValue constant(String name) {
        var value = attribute(name, OnnxFile.Constant.class);
        return value == null ? null : OnnxValue.of(value);
    }

    /** The element type that an attribute names. */
    OnnxType type(String name, OnnxType otherwise) {
        if (!sets(name)) return otherwise;
        var type = OnnxType.of(integer(name, 0));
        if (type == null || type.carrier() == null && type != OnnxType.STRING) throw new IllegalArgumentException(
                name + " names the type " + (type == null ? integer(name, 0) : type) + ", which is not supported");
        return type;
    }

    /** An axis counted from the front. */
    int axis(String name, long otherwise, int rank) { return axis(integer(name, otherwise), rank); }

    static int axis(long axis, int rank) {
        if (axis < -rank || axis >= rank) throw new IllegalArgumentException("axis " + axis + " is none of rank " + rank);
        return (int) (axis < 0 ? axis + rank : axis);
    }

    static int[] axes(long[] axes, int rank) {
        var found = new int[axes.length];
        for (int i = 0; i < found.length; i++) found[i] = axis(axes[i], rank);
        return found;
    }

    /** Refuses results beyond the model's limit before they are made. */
    long[] sized(long... shape) {
        long count = 1;
        for (long size : shape) {
            if (size < 0) throw new IllegalArgumentException("a size of " + size);
            if (size > 0 && count > limits.elements() / size)
                throw new IllegalArgumentException("a result of more than " + limits.elements() + " elements, the model's limit");
            count *= size == 0 ? 1 : size;
        }
        return shape;
    }

    OnnxLimits limits() { return limits; }

    /** Runs a graph that an attribute holds. */
    OnnxValue[] run(String body, OnnxValue... inputs) {
        var plan = bodies.get(body);
        if (plan == null) throw new FormatException("ONNX: " + node.label() + " has no graph \"" + body + "\"");
        return plan.run(inputs, frame, limits);
    }

    boolean hasBody(String body) { return bodies.containsKey(body); }
}
