package lyceum.nn.onnx;

import java.util.List;
import java.util.Map;
import lyceum.format.OnnxFile.Node;
import lyceum.format.OnnxType;

/** A node whose shapes are asked for: what is known of its inputs, and its attributes. */
final class ShapeCall {
    final Node node;
    final int version;
    /** Attributes alone. */
    final Call set;
    private final Shaped[] in;

    ShapeCall(Node node, int version, Shaped[] in) {
        this.node = node;
        this.version = version;
        this.in = in;
        this.set = new Call(node, version, new OnnxValue[0], Map.of(), null, new OnnxLimits());
    }

    int inputs() { return in.length; }

    boolean has(int i) { return i < in.length && in[i] != null; }

    Shaped x(int i) { return has(i) ? in[i] : Shaped.UNKNOWN; }

    OnnxType type(int i) { return x(i).type(); }

    /** Numbers of an input, or of the attribute that older operator sets have in its place; null if they are not known. */
    long[] numbers(int i, String attribute) {
        if (set.sets(attribute)) return set.integers(attribute);
        if (!has(i)) return null;
        var content = x(i).content();
        if (content == null) return null;
        var numbers = new long[content.size()];
        for (int k = 0; k < numbers.length; k++) {
            if (content.get(k) == null || !content.get(k).isNumber()) return null;
            numbers[k] = content.get(k).number();
        }
        return numbers;
    }

    /** Whether neither input nor attribute is there. */
    boolean lacks(int i, String attribute) { return !has(i) && !set.sets(attribute); }

    List<Extent> content(int i) { return x(i).content(); }
}
